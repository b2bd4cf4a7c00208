//! The window that ends in an approval or a revert. Text of the agent is limited in length here: it must not push out
//! facts that the person needs.

use ratatui::Frame;

use crate::app::{Confirm, State};
use crate::model::{Candidate, Finding, Gate, Severity, counted};
use crate::policy::text::{Visible, fit};
use crate::ui::prompt::{End, StyledRow, WindowPart, decide, inner, input, labelled, type_word};
use crate::ui::{Theme, numbers};

/// Maximum cells of a path.
const PATH: usize = 48;
/// Maximum cells of a path in a small window.
const SHORT_PATH: usize = 20;
/// Maximum number of listed findings of one kind; more are only counted.
const MOST_ROWS: usize = 200;

/// Draws the window; true if the screen is too small for the required information.
pub(in crate::ui) fn draw(frame: &mut Frame<'_>, state: &State, confirm: &Confirm, theme: &Theme) -> bool {
    let Some(candidate) = confirm.candidate() else { return true };
    let revert = confirm.is_revert();
    let inner = inner(frame);
    let at_run_gate = confirm.assessment.gate == Gate::Run;
    let mut parts = gate(state, confirm, candidate, inner, theme);
    parts.push(WindowPart::must(vec![vec![
        ("tree    ".to_owned(), theme.label),
        (candidate.tree.to_string(), theme.text),
    ]]));
    parts.push(files(candidate, inner, theme));
    parts.extend(amended(confirm, candidate, inner, theme));
    parts.push(hunks(confirm, candidate, inner, theme));
    parts.push(WindowPart::must(metric(state, confirm, candidate, inner, theme)));
    if !candidate.ignored.is_empty() {
        let paths = candidate.ignored.iter().take(MOST_NAMED).map(|path| Visible::line(path).fit(PATH));
        let text = format!("left as on the branch: {}", paths.collect::<Vec<_>>().join(", "));
        parts.push(WindowPart::extra(labelled("ignored ", &text, inner, theme.muted, theme)));
    }
    if let Some(count) = Some(state.decisions.drafts.comments(&candidate.experiment).len()).filter(|count| *count > 0) {
        let text = format!("{} to the agent", counted(count, "comment"));
        parts.push(WindowPart::must(vec![vec![("sends   ".to_owned(), theme.label), (text, theme.text)]]));
    }
    parts.extend(found(&confirm.assessment.findings, inner, theme));
    let prompt = match confirm.reply.to_type.first() {
        Some(word) => type_word(word),
        None if revert => "reason (optional), Enter commits the revert: ".to_owned(),
        None if at_run_gate => "reason (optional), Enter lets it run: ".to_owned(),
        None => "reason (optional), Enter commits: ".to_owned(),
    };
    let mut typed: Vec<StyledRow> = Vec::new();
    input(&mut typed, &prompt, confirm.reply.input.value(), confirm.reply.input.cursor(), inner, theme);
    // The prompt shows the effect of Enter.
    let enter = if confirm.reply.to_type.is_empty() { "decides   " } else { "continues   " };
    let keys = vec![
        ("Enter ".to_owned(), theme.key),
        (enter.to_owned(), theme.muted),
        ("Esc ".to_owned(), theme.key),
        ("decides nothing".to_owned(), theme.muted),
    ];
    let known = numbers::name_of(state, &candidate.experiment);
    // The loop may be on another branch by now, without this experiment.
    let own = || candidate.experiment.as_str().chars().take(12).collect();
    let name = Some(known).filter(|known| !known.is_empty()).unwrap_or_else(own);
    let title = match (revert, at_run_gate) {
        (true, _) => format!("revert {name}?"),
        (_, true) => format!("let {name} run?"),
        _ if !candidate.amendment.excluded.is_empty() => format!("approve {name} in part?"),
        _ if !candidate.amendment.edited.is_empty() => format!("approve {name} as you edited it?"),
        _ => format!("approve {name}?"),
    };
    let end = End { input: typed, complaint: confirm.reply.complaint.as_deref(), keys };
    decide(frame, &title, &parts, end, &state.window.drawn, theme)
}

/// Returns the files, by name as far as they fit.
fn files(candidate: &Candidate, inner: usize, theme: &Theme) -> WindowPart {
    let count = candidate.files.len();
    let paths: Vec<String> = candidate.files.iter().take(6).map(|file| Visible::line(&file.path).fit(PATH)).collect();
    let more = if count > 6 { format!(" and {} more", count - 6) } else { String::new() };
    let text = format!("{count} ({}{more})", paths.join(", "));
    WindowPart::at_least(
        labelled("files   ", &text, inner, theme.text, theme),
        short("files   ", &text, inner, theme.text, theme),
    )
}

/// Returns the number of hunks, and those that were never wholly on the screen.
fn hunks(confirm: &Confirm, candidate: &Candidate, inner: usize, theme: &Theme) -> WindowPart {
    let count = candidate.hunk_count();
    let Some((unseen, names)) = never_seen(confirm, candidate) else {
        return WindowPart::must(labelled("hunks   ", &count.to_string(), inner, theme.text, theme));
    };
    // The names follow: of one hunk there is nothing to count.
    let of = if count == 1 { String::new() } else { format!("{unseen} of them ") };
    let text = format!("{count}, {of}never wholly on the screen");
    WindowPart::at_least(
        labelled("hunks   ", &format!("{text}: {names}"), inner, theme.warning, theme),
        labelled("hunks   ", &text, inner, theme.warning, theme),
    )
}

/// Returns the value measured for exactly this tree, and its gain.
fn metric(state: &State, confirm: &Confirm, candidate: &Candidate, inner: usize, theme: &Theme) -> Vec<StyledRow> {
    let label = "metric  ";
    let text = &confirm.assessment.text;
    let not_reported = format!("not measured: {}", Candidate::NO_VALUE);
    let Some(value) = text.value.filter(|_| candidate.measured.is_some()) else {
        let (text, style) = if confirm.assessment.gate == Gate::Run {
            ("not trained yet: that is the request", theme.text)
        } else if confirm.is_revert() {
            ("not measured: a revert is not compared with earlier values", theme.warning)
        } else if candidate.measured.is_some() {
            (not_reported.as_str(), theme.warning)
        } else {
            ("not measured as is: this tree was never measured", theme.warning)
        };
        return labelled(label, text, inner, style, theme);
    };
    let snapshot = &state.snapshot;
    let index = snapshot.index_of(&candidate.experiment);
    let goal = index.and_then(|index| snapshot.goal_of(&snapshot.experiments[index]));
    let on_branch = candidate.measured.as_ref().and_then(|id| snapshot.gain_over_tip(id));
    let gain = match (on_branch, text.claimed_gain, goal) {
        (_, _, None) => numbers::NO_DIRECTION.to_owned(),
        (Some(gain), _, Some(goal)) => {
            format!("{} {} than the approved tip", numbers::gain(gain, goal), numbers::better(gain))
        }
        (None, Some(gain), Some(goal)) => {
            format!("{} {} claimed, approved tip not measured", numbers::gain(gain, goal), numbers::better(gain))
        }
        (None, None, Some(_)) => "the gain is unknown: the approved tip was not measured".to_owned(),
    };
    let good = on_branch.or(text.claimed_gain).is_some_and(|gain| gain > 0.0);
    let name = Visible::of(&text.metric).fit(20);
    let text = format!("measured as is (self-reported): {name} {}, {gain}", numbers::value(value));
    labelled(label, &text, inner, if good { theme.good } else { theme.warning }, theme)
}

/// Returns one labelled row, cut to the width.
fn short(label: &str, text: &str, inner: usize, style: ratatui::style::Style, theme: &Theme) -> Vec<StyledRow> {
    let text = fit(text, inner.saturating_sub(label.len()));
    vec![vec![(label.to_owned(), theme.label), (text, style)]]
}

/// Maximum number of hunks or paths that are listed by name.
const MOST_NAMED: usize = 8;

/// Returns the number of hunks that were never wholly on the screen, and their names; `None` without any.
fn never_seen(confirm: &Confirm, candidate: &Candidate) -> Option<(usize, String)> {
    let left_out: usize = candidate.files.iter().map(|file| file.hunks_left_out).sum();
    let unseen = confirm.unseen.len() + left_out;
    if unseen == 0 {
        return None;
    }
    let name = |(file, hunk): &(usize, usize)| {
        let file = candidate.files.get(*file)?;
        let first = file.hunks.get(*hunk)?.lines.first()?;
        Some(format!("{}:{}", Visible::line(&file.path).fit(48), first.new.or(first.old)?))
    };
    let names: Vec<String> = confirm.unseen.iter().take(MOST_NAMED).filter_map(name).collect();
    let more = unseen.saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some((unseen, format!("{}{more}", names.join(", "))))
}

/// Returns the person's amendments to the proposed change.
fn amended(confirm: &Confirm, candidate: &Candidate, inner: usize, theme: &Theme) -> Vec<WindowPart> {
    let amendment = &candidate.amendment;
    let names = |paths: Vec<String>| paths.join(", ");
    let mut parts = Vec::new();
    let part = |label: &str, text: &str| {
        let full = labelled(label, text, inner, theme.warning, theme);
        WindowPart::at_least(full, short(label, text, inner, theme.warning, theme))
    };
    if !amendment.excluded.is_empty() {
        let paths = amendment.excluded.iter().take(MOST_NAMED).map(|left| {
            let how = if left.lines.is_none() { "all of " } else { "lines of " };
            format!("{how}{}", Visible::line(&left.path).fit(48))
        });
        let text = format!("excluded: {}", names(paths.collect()));
        parts.push(part("partial ", &text));
    }
    if !amendment.edited.is_empty() {
        let paths = amendment.edited.iter().take(MOST_NAMED).map(|edited| Visible::line(&edited.path).fit(48));
        let text = format!("{}, with you as co-author", names(paths.collect()));
        parts.push(part("edited  ", &text));
    }
    if confirm.lost_exclusions > 0 {
        let text = format!(
            "{} that you excluded changed since and would now be included",
            counted(confirm.lost_exclusions, "hunk")
        );
        parts.push(part("check   ", &text));
    }
    parts
}

/// Returns the effect of an approval, and its branch or base.
fn gate(state: &State, confirm: &Confirm, candidate: &Candidate, inner: usize, theme: &Theme) -> Vec<WindowPart> {
    let branch = Visible::of(&candidate.branch).fit(PATH);
    let at_run_gate = confirm.assessment.gate == Gate::Run;
    let mut parts = Vec::new();
    if let Some(proposal) = &confirm.proposal {
        let text = match proposal.gate {
            Gate::Run => "run: the agent may train this; nothing is committed, and it asks again with the result",
            Gate::Keep => "keep: the change becomes a commit, and the agent is notified",
        };
        parts.push(WindowPart::extra(labelled("gate    ", text, inner, theme.text, theme)));
    }
    if at_run_gate {
        parts.push(WindowPart::must(labelled("costs   ", &crate::ui::evidence::cost(state), inner, theme.text, theme)));
        let text = format!("{}; every difference is shown", candidate.tip.short());
        parts.push(WindowPart::must(labelled("against ", &text, inner, theme.text, theme)));
        return parts;
    }
    let text = format!("{branch} at {}", candidate.tip.short());
    parts.push(WindowPart::must(labelled("branch  ", &text, inner, theme.text, theme)));
    if candidate.creates_branch {
        let text = "the branch is created there first";
        parts.push(WindowPart::must(labelled("        ", text, inner, theme.warning, theme)));
    }
    parts
}

/// Returns the warnings and critical findings to read before a decision. In a small window, each kind gets one row with
/// its count.
pub(in crate::ui) fn found(findings: &[Finding], width: usize, theme: &Theme) -> Vec<WindowPart> {
    let mut kinds: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.severity >= Severity::Warning) {
        let same = |kind: &&mut Vec<&Finding>| {
            kind.first().is_some_and(|first| first.kind == finding.kind && first.severity == finding.severity)
        };
        match kinds.iter_mut().find(same) {
            Some(kind) => kind.push(finding),
            None => kinds.push(vec![finding]),
        }
    }
    kinds.iter().map(|kind| of_one_kind(kind, width, theme)).collect()
}

/// Returns findings of one kind: each in full, or one row with their count and the first message.
fn of_one_kind(findings: &[&Finding], width: usize, theme: &Theme) -> WindowPart {
    let row = |finding: &Finding, times: &str, cells: usize| {
        let style = if finding.severity == Severity::Critical { theme.critical } else { theme.warning };
        let place = finding.path.as_ref().map(|path| format!("{}: ", Visible::line(path).fit(cells)));
        let place = place.unwrap_or_default();
        let text = format!("{} {}{times}: {place}{}", finding.severity.glyph(), finding.kind.word(), finding.message);
        (text, style)
    };
    let times = if findings.len() > 1 { format!(", {} times", findings.len()) } else { String::new() };
    let least = findings
        .first()
        .map(|first| row(first, &times, SHORT_PATH))
        .map(|(text, style)| short("check   ", &text, width, style, theme));
    let least = least.unwrap_or_default();
    // No screen has room for more rows.
    if findings.len() > MOST_ROWS {
        return WindowPart::must(least);
    }
    let full = findings.iter().flat_map(|finding| {
        let (text, style) = row(finding, "", PATH);
        labelled("check   ", &text, width, style, theme)
    });
    WindowPart::at_least(full.collect(), least)
}
