//! Findings about a change as a whole.

use super::super::text::{is_hidden, mixes_scripts};
use super::ChangeContext;
use crate::model::{
    AgentText, CommitId, Content, FileChange, Finding, FindingKind, LineKind, MergeKind, ProposalBase, Severity,
    counted, digits,
};

/// Number of changed lines above which a change is very large.
const VERY_LARGE_LINES: usize = 2_000;
/// Multiple of the largest earlier gain above which a gain is suspicious.
const FAR_BEYOND: f64 = 3.0;
/// Minimum number of known earlier gains for that comparison.
const ENOUGH_GAINS: usize = 3;

pub(super) fn of_whole(files: &[FileChange], judged: ChangeContext<'_>, found: &mut Vec<Finding>) {
    let mut add = |severity, kind, message: String| {
        found.push(Finding { severity, kind, path: None, line: None, message });
    };
    for (what, text) in judged.words {
        if text.raw().chars().any(is_hidden) {
            add(Severity::Critical, FindingKind::HiddenCharacters, format!("hidden characters in the {what}"));
        } else if mixes_scripts(text.raw()) {
            let message = format!("letters of look-alike scripts in one word of the {what}");
            add(Severity::Warning, FindingKind::HiddenCharacters, message);
        }
    }
    if let Some((severity, message)) = judged.ground.and_then(of_ground) {
        add(severity, FindingKind::UnapprovedBase, message);
    }
    if !judged.posing.is_empty() {
        let (whose, name) = (judged.posing.join(" and "), if judged.posing.len() == 1 { "names" } else { "name" });
        let message = format!("{whose} {name} you, the reviewer: the agent wrote this");
        add(Severity::Warning, FindingKind::Author, message);
    }
    let changed: usize = files.iter().map(|file| file.added + file.removed).sum();
    let beyond = files.iter().filter(|file| file.content == Content::Beyond).count();
    if beyond > 0 {
        let message = format!("{} files change; the content of {beyond} is not shown here", files.len());
        add(Severity::Critical, FindingKind::VeryLarge, message);
    }
    let left_out: usize = files.iter().map(|file| file.hunks_left_out).sum();
    if left_out > 0 {
        add(
            Severity::Critical,
            FindingKind::VeryLarge,
            format!("{changed} lines changed; {left_out} whole hunks are too large to show here"),
        );
    } else if changed > VERY_LARGE_LINES {
        add(Severity::Warning, FindingKind::VeryLarge, format!("{changed} lines changed"));
    }
    if is_seed_only(files) {
        add(
            Severity::Warning,
            FindingKind::SeedOnly,
            "only a random seed changes: check whether the gain is luck".into(),
        );
    }
    let largest = judged.earlier_gains.iter().copied().filter(|gain| *gain > 0.0).fold(0.0, f64::max);
    let known = judged.earlier_gains.iter().filter(|gain| **gain > 0.0).count();
    if let Some(gain) = judged.claimed_gain
        && known >= ENOUGH_GAINS
        && gain > largest * FAR_BEYOND
    {
        let times = gain / largest;
        add(
            Severity::Warning,
            FindingKind::LargeGain,
            format!("claims {times:.1} times the largest earlier gain: check how it was measured"),
        );
    }
    if let Some(beyond) = judged.beyond_bound {
        add(
            Severity::Warning,
            FindingKind::BeyondBound,
            format!("reports {} beyond the bound in the policy: check how it was measured", digits(beyond)),
        );
    }
    match judged.combined {
        MergeKind::Apart => {}
        MergeKind::Lines => {
            add(Severity::Warning, FindingKind::Merged, "neighbouring edits were merged line by line".into());
        }
        MergeKind::Tokens => add(
            Severity::Warning,
            FindingKind::Merged,
            "lines that both sides changed were merged token by token: read them".into(),
        ),
    }
    if judged.measured_as_is == Some(false) {
        add(
            Severity::Note,
            FindingKind::NotMeasuredAsIs,
            "nobody has measured the tree that would be committed".into(),
        );
    }
}

/// Maximum number of commits of a base that are listed.
const MOST_NAMED: usize = 6;

/// Describes a base that was not approved.
fn of_ground(ground: &ProposalBase) -> Option<(Severity, String)> {
    if let Some((commit, kind)) = ground.refused {
        let part = if ground.is_part { "; the unapproved part of its base is included below" } else { "" };
        return Some((Severity::Critical, format!("builds on {}: {}{part}", commit.short(), kind.word())));
    }
    if ground.count == 0 {
        return None;
    }
    let names: Vec<String> = ground.unapproved.iter().take(MOST_NAMED).map(CommitId::short).collect();
    let more = ground.count.saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = counted(ground.count, "unapproved commit");
    let names = format!("{}{more}", names.join(", "));
    Some(if ground.is_part {
        (Severity::Warning, format!("includes {what} of its base: {names}"))
    } else {
        (Severity::Note, format!("made on {what} not shown here: {names}"))
    })
}

/// True if every changed line is a pair that differs only in digits and mentions a seed.
fn is_seed_only(files: &[FileChange]) -> bool {
    let mut pairs = 0;
    for file in files {
        if file.content != Content::Text || file.old != file.new || file.hunks_left_out > 0 {
            return false;
        }
        let of = |kind: LineKind| -> Vec<&AgentText> {
            let all = file.hunks.iter().flat_map(|hunk| &hunk.lines);
            all.filter(|line| line.kind == kind).map(|line| &line.text).collect()
        };
        let (removed, added) = (of(LineKind::Removed), of(LineKind::Added));
        if removed.len() != added.len() {
            return false;
        }
        for (old, new) in removed.iter().zip(&added) {
            let (old, new) = (old.raw(), new.raw());
            let code = new.split('#').next().unwrap_or(new).to_ascii_lowercase();
            if !code.contains("seed") || without_digits(old) != without_digits(new) {
                return false;
            }
            pairs += 1;
        }
    }
    pairs > 0
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}
