//! Findings: what stands out in a change. Worded "look", never "cheat".

use super::Policy;
use super::path::refuse_path;
use super::text::{Visible, is_hidden, mixes_scripts};
use crate::model::{
    AgentText, Candidate, Combined, Content, DiffLine, FileChange, FileKind, Finding, FindingKind, LineKind, Severity,
    digits,
};

/// Lines changed beyond which a change is very large.
const VERY_LARGE_LINES: usize = 2_000;
/// Findings of one kind that are told one by one.
const MOST_OF_A_KIND: usize = 50;
/// A gain this many times the largest earlier one is far beyond it.
const FAR_BEYOND: f64 = 3.0;
/// Earlier gains that must be known before one can be called far beyond them.
const ENOUGH_GAINS: usize = 3;

/// What is known beside the files themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Judged<'a> {
    /// Gain the agent claims, in the metric's unit, positive is better; `None` when not known.
    pub claimed_gain: Option<f64>,
    /// Claimed gains of earlier kept experiments, oldest first.
    pub earlier_gains: &'a [f64],
    /// Whether the tree that would be committed is the one that was measured; `None` when there is
    /// no candidate.
    pub measured_as_is: Option<bool>,
    /// How close to the approved branch's own edits the change was put.
    pub combined: Combined,
    /// New paths that some systems take for another one: both.
    pub collisions: &'a [(AgentText, AgentText)],
    /// What the agent wrote beside the change, and what each is: its description, its name.
    pub words: &'a [(&'static str, &'a AgentText)],
    /// How far the reported value lies beyond the bound of the policy, in the metric's unit; `None`
    /// when it does not, or there is no bound.
    pub beyond_bound: Option<f64>,
}

impl<'a> Judged<'a> {
    /// Takes what a candidate knows of itself.
    pub fn of(candidate: &'a Candidate, claimed_gain: Option<f64>, earlier_gains: &'a [f64]) -> Self {
        Self {
            claimed_gain,
            earlier_gains,
            measured_as_is: Some(candidate.measured.is_some()),
            combined: candidate.combined,
            collisions: &candidate.collisions,
            words: &[],
            beyond_bound: None,
        }
    }
}

/// Everything that stands out in a change, most severe first.
pub fn findings(policy: &Policy, files: &[FileChange], judged: Judged<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, other) in judged.collisions {
        found.push(Finding {
            severity: Severity::Critical,
            kind: FindingKind::OddPath,
            path: Some(path.clone()),
            line: None,
            message: format!("some systems take this path and {} for one file", Visible::line(other)),
        });
    }
    for file in files {
        of_path(policy, file, &mut found);
        of_kind(file, &mut found);
        of_lines(file, &mut found);
    }
    of_whole(files, judged, &mut found);
    found.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.kind));
    few_of_a_kind(&found)
}

/// Of many findings of one kind and severity the first are told and the others counted: nobody reads a
/// hundred thousand, and every frame would draw them.
fn few_of_a_kind(found: &[Finding]) -> Vec<Finding> {
    let mut few: Vec<Finding> = Vec::new();
    for same in found.chunk_by(|a, b| (a.severity, a.kind) == (b.severity, b.kind)) {
        few.extend(same.iter().take(MOST_OF_A_KIND).cloned());
        if let Some(more) = same.len().checked_sub(MOST_OF_A_KIND).filter(|more| *more > 0) {
            let message = format!("and {more} more of this kind");
            few.push(Finding { path: None, line: None, message, ..same[0].clone() });
        }
    }
    few
}

fn of_path(policy: &Policy, file: &FileChange, found: &mut Vec<Finding>) {
    let path = file.path.raw();
    let mut add = |severity, kind, message: &str| {
        found.push(Finding { severity, kind, path: Some(file.path.clone()), line: None, message: message.to_owned() });
    };
    if let Some(why) = refuse_path(path) {
        add(Severity::Critical, FindingKind::OddPath, &format!("this path {why}; it cannot be approved"));
    } else if !path.is_ascii() && (path.chars().any(is_hidden) || mixes_scripts(path)) {
        add(
            Severity::Critical,
            FindingKind::OddPath,
            "this path holds characters that look like others or like nothing",
        );
    }
    if path.rsplit('/').next() == Some("countersign.yaml") {
        add(Severity::Critical, FindingKind::PolicyTouched, "touches the policy itself");
    } else if let Some(what) = later_executed(path) {
        add(Severity::Critical, FindingKind::LaterExecuted, what);
    } else if policy.protects(path) {
        add(Severity::Critical, FindingKind::Protected, "touches a file that the policy protects");
    } else if is_evaluation(path) {
        add(Severity::Warning, FindingKind::EvaluationTouched, "touches evaluation or data: look at what is measured");
    } else if !policy.allows(path) {
        add(Severity::Warning, FindingKind::NotEditable, "outside the files that the policy lets the agent edit");
    }
}

fn of_kind(file: &FileChange, found: &mut Vec<Finding>) {
    let mut add = |severity, kind, message: String| {
        found.push(Finding { severity, kind, path: Some(file.path.clone()), line: None, message });
    };
    match (file.old, file.new) {
        (_, FileKind::Symlink) | (FileKind::Symlink, _) => {
            add(Severity::Critical, FindingKind::Symlink, "a symbolic link: later writes go where it points".into());
        }
        (_, FileKind::Gitlink) | (FileKind::Gitlink, _) => {
            add(Severity::Critical, FindingKind::Gitlink, "a submodule: its content is not in this change".into());
        }
        (FileKind::Absent | FileKind::Regular, FileKind::Executable) => {
            add(Severity::Warning, FindingKind::ModeChange, "becomes executable".into());
        }
        (FileKind::Executable, FileKind::Regular) => {
            add(Severity::Note, FindingKind::ModeChange, "is not executable any more".into());
        }
        _ => {}
    }
    match file.content {
        Content::Text => {}
        Content::Binary => {
            add(Severity::Critical, FindingKind::Binary, "not text: its content cannot be read here".into());
        }
        // Told once for the whole change.
        Content::Beyond => {}
        Content::TooLarge(bytes) => {
            add(Severity::Critical, FindingKind::VeryLarge, format!("{bytes} bytes: its content is not shown here"));
        }
    }
}

fn of_lines(file: &FileChange, found: &mut Vec<Finding>) {
    let added = file.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind == LineKind::Added);
    let mut hidden: Vec<&DiffLine> = Vec::new();
    let mut mixed = Vec::new();
    for line in added {
        let text = line.text.raw();
        if text.is_ascii() && !text.bytes().any(|byte| byte < 0x20 && byte != b'\t' || byte == 0x7f) {
            continue;
        }
        // A carriage return at the very end is an old line end, not an attack.
        let text = text.strip_suffix('\r').unwrap_or(text);
        // U+FFFD stands for bytes that are no UTF-8: what is shown is not what is there.
        if text.chars().any(|c| is_hidden(c) || c == char::REPLACEMENT_CHARACTER) {
            hidden.push(line);
        } else if mixes_scripts(text) {
            mixed.push(line);
        }
    }
    let cut: Vec<&DiffLine> = file
        .hunks
        .iter()
        .flat_map(|hunk| &hunk.lines)
        .filter(|line| line.cut > 0 && line.kind == LineKind::Added)
        .collect();
    if let Some(first) = cut.first() {
        let bytes: usize = cut.iter().map(|line| line.cut).sum();
        found.push(Finding {
            severity: Severity::Critical,
            kind: FindingKind::VeryLarge,
            path: Some(file.path.clone()),
            line: first.new,
            message: format!("{bytes} bytes at the end of {} are not shown here", lines(cut.len())),
        });
    }
    let mut add = |severity, line: &DiffLine, message: String| {
        let kind = FindingKind::HiddenCharacters;
        found.push(Finding { severity, kind, path: Some(file.path.clone()), line: line.new, message });
    };
    if let Some(first) = hidden.first() {
        add(Severity::Critical, first, format!("hidden or unreadable characters in {}", lines(hidden.len())));
    }
    if let Some(first) = mixed.first() {
        add(Severity::Warning, first, format!("letters of look-alike scripts in one word, in {}", lines(mixed.len())));
    }
}

fn lines(count: usize) -> String {
    if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }
}

fn of_whole(files: &[FileChange], judged: Judged<'_>, found: &mut Vec<Finding>) {
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
            format!("{changed} lines changed, of which {left_out} whole hunks are too large to be shown here"),
        );
    } else if changed > VERY_LARGE_LINES {
        add(Severity::Warning, FindingKind::VeryLarge, format!("{changed} lines changed"));
    }
    if is_seed_only(files) {
        add(
            Severity::Warning,
            FindingKind::SeedOnly,
            "nothing but a random seed changes: look whether the gain is luck".into(),
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
            format!("claims {times:.1} times the largest earlier gain: look at how it was measured"),
        );
    }
    if let Some(beyond) = judged.beyond_bound {
        add(
            Severity::Warning,
            FindingKind::BeyondBound,
            format!("reports {} beyond the bound that the policy names: look at how it was measured", digits(beyond)),
        );
    }
    match judged.combined {
        Combined::Apart => {}
        Combined::Lines => {
            add(Severity::Warning, FindingKind::Merged, "neighbouring lines were combined line by line".into());
        }
        Combined::Tokens => add(
            Severity::Warning,
            FindingKind::Merged,
            "lines that both sides changed were combined token by token: read them".into(),
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

/// True when every changed line is a pair that differs in digits only and speaks of a seed.
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

/// Why a file is dangerous beyond this change: other programs will run or load it.
fn later_executed(path: &str) -> Option<&'static str> {
    let lower = path.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split('/').collect();
    let name = parts.last().copied().unwrap_or_default();
    let in_folder = |folders: &[&str]| parts.iter().any(|part| folders.contains(part));
    let ending = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if in_folder(&[".claude", ".codex", ".cursor", ".gemini", ".vscode", ".devcontainer"])
        || [".mcp.json", "agents.md", "claude.md", ".aider.conf.yml"].contains(&name)
    {
        Some("configures an agent or editor: it will act on this")
    } else if in_folder(&[".github", ".circleci", ".ci", ".husky"])
        || [".gitlab-ci.yml", "jenkinsfile", ".pre-commit-config.yaml", ".travis.yml"].contains(&name)
    {
        Some("runs in continuous integration or as a hook")
    } else if [
        ".envrc",
        "conftest.py",
        "setup.py",
        "sitecustomize.py",
        "usercustomize.py",
        "makefile",
        ".gitattributes",
        ".gitmodules",
        ".bashrc",
        ".profile",
        "pyproject.toml",
        "requirements.txt",
        "environment.yml",
        "package.json",
        ".npmrc",
        "dockerfile",
        "noxfile.py",
        "tox.ini",
    ]
    .contains(&name)
    {
        Some("is run or obeyed by other programs later")
    } else if name.ends_with(".pth") && !in_folder(&["checkpoints", "weights", "models"]) {
        Some("is loaded by programs, or run by Python at its start")
    } else if ending(&[
        ".pkl",
        ".pickle",
        ".pt",
        ".pth",
        ".ckpt",
        ".joblib",
        ".npy",
        ".npz",
        ".safetensors",
        ".so",
        ".pyc",
        ".pth.tar",
    ]) {
        Some("is loaded by programs and cannot be read here")
    } else {
        None
    }
}

/// True for names that speak of evaluation, metrics or data.
fn is_evaluation(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        matches!(
            word,
            "eval"
                | "evaluate"
                | "evaluation"
                | "evaluator"
                | "metric"
                | "metrics"
                | "scorer"
                | "benchmark"
                | "data"
                | "dataset"
                | "datasets"
                | "prepare"
                | "tokenizer"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hunk;

    fn file(path: &str, lines: &[(LineKind, &str)]) -> FileChange {
        let lines = lines.iter().map(|(kind, text)| DiffLine {
            kind: *kind,
            old: None,
            new: Some(7),
            text: (*text).into(),
            cut: 0,
            no_newline: false,
        });
        FileChange {
            path: path.into(),
            old: FileKind::Regular,
            new: FileKind::Regular,
            content: Content::Text,
            added: 1,
            removed: 1,
            hunks: vec![Hunk { lines: lines.collect() }],
            hunks_left_out: 0,
        }
    }

    fn kinds(files: &[FileChange]) -> Vec<FindingKind> {
        findings(&Policy::standard(), files, Judged::default()).iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn seed_only_is_seen_and_an_honest_edit_is_not() {
        use LineKind::{Added, Removed};
        let seed = file("train.py", &[(Removed, "torch.manual_seed(42)"), (Added, "torch.manual_seed(1337)")]);
        assert_eq!(kinds(std::slice::from_ref(&seed)), [FindingKind::SeedOnly]);
        let rate = file("train.py", &[(Removed, "LR = 0.1"), (Added, "LR = 0.2")]);
        assert!(kinds(std::slice::from_ref(&rate)).is_empty());
        assert!(kinds(&[seed, rate]).is_empty(), "a seed beside a real change is not seed-only");
        let comment = file("train.py", &[(Removed, "LR = 1  # seed 3"), (Added, "LR = 2  # seed 3")]);
        assert!(kinds(&[comment]).is_empty());
    }

    #[test]
    fn paths_that_matter() {
        let of = |path: &str| kinds(&[file(path, &[])]);
        assert_eq!(of("prepare.py"), [FindingKind::Protected]);
        assert_eq!(of(".claude/settings.json"), [FindingKind::LaterExecuted]);
        assert_eq!(of("countersign.yaml"), [FindingKind::PolicyTouched]);
        assert_eq!(of("src/evaluate.py"), [FindingKind::EvaluationTouched]);
        assert_eq!(of("a/.GIT/hooks/x"), [FindingKind::OddPath]);
        assert!(of("train.py").is_empty());
    }

    #[test]
    fn hidden_characters_are_critical_and_located() {
        let bidi = file("train.py", &[(LineKind::Added, "x = 1 \u{202e}# ok")]);
        let found = findings(&Policy::standard(), &[bidi], Judged::default());
        assert_eq!((found[0].severity, found[0].line), (Severity::Critical, Some(7)));
        let crlf = file("train.py", &[(LineKind::Added, "x = 1\r")]);
        assert!(kinds(&[crlf]).is_empty());
    }

    #[test]
    fn what_is_cut_must_be_acknowledged() {
        let mut long = file("train.py", &[(LineKind::Added, "x = 1")]);
        long.hunks[0].lines[0].cut = 9;
        let found = findings(&Policy::standard(), &[long], Judged::default());
        assert_eq!((found[0].severity, found[0].kind), (Severity::Critical, FindingKind::VeryLarge));
    }

    #[test]
    fn a_value_beyond_the_bound() {
        let judged = Judged { beyond_bound: Some(0.001), ..Judged::default() };
        assert_eq!(findings(&Policy::standard(), &[], judged)[0].kind, FindingKind::BeyondBound);
    }

    #[test]
    fn a_gain_far_beyond_any_earlier_one() {
        let judged =
            |gain| Judged { claimed_gain: Some(gain), earlier_gains: &[0.01, 0.02, 0.005], ..Judged::default() };
        assert!(findings(&Policy::standard(), &[], judged(0.05)).is_empty());
        assert_eq!(findings(&Policy::standard(), &[], judged(0.5))[0].kind, FindingKind::LargeGain);
    }
}
