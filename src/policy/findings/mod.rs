//! Findings: the notable aspects of a change. They say "look", never "cheat".

mod content;
mod lines;
mod notebook;
mod paths;
mod whole;

use content::of_kind;
use lines::of_lines;
use notebook::of_notebook;
use paths::of_path;
use whole::of_whole;

use super::Policy;
use super::text::Visible;
use crate::model::{AgentText, Candidate, FileChange, Finding, FindingKind, MergeKind, ProposalBase, Severity};

/// Maximum number of findings of one kind that are listed individually.
const MOST_OF_A_KIND: usize = 50;

/// Facts beyond the files themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChangeContext<'a> {
    /// Gain that the agent claims, in the metric's unit, positive is better; `None` if unknown.
    pub claimed_gain: Option<f64>,
    /// Claimed gains of earlier kept experiments, oldest first.
    pub earlier_gains: &'a [f64],
    /// True if the tree that would be committed is the measured one; `None` without a candidate.
    pub measured_as_is: Option<bool>,
    /// Degree to which the change was combined with the approved branch's own edits.
    pub combined: MergeKind,
    /// New paths that collide with another path on some systems: both paths.
    pub collisions: &'a [(AgentText, AgentText)],
    /// Other texts of the agent, each with its kind: description, name.
    pub words: &'a [(&'static str, &'a AgentText)],
    /// Amount by which the reported value exceeds the bound of the policy, in the metric's unit; `None` if it does not, or
    /// without a bound.
    pub beyond_bound: Option<f64>,
    /// The unapproved part of its base; `None` if there is none.
    pub ground: Option<&'a ProposalBase>,
    /// The parts of the agent's commit that name the deciding person: author, trailer.
    pub posing: &'a [&'static str],
}

impl<'a> ChangeContext<'a> {
    /// Creates the context of a candidate.
    pub fn of(candidate: &'a Candidate, claimed_gain: Option<f64>, earlier_gains: &'a [f64]) -> Self {
        Self {
            claimed_gain,
            earlier_gains,
            measured_as_is: Some(candidate.measured.is_some()),
            combined: candidate.combined,
            collisions: &candidate.collisions,
            words: &[],
            beyond_bound: None,
            ground: None,
            posing: &[],
        }
    }
}

/// Returns all findings of a change, most severe first.
pub fn findings(policy: &Policy, files: &[FileChange], judged: ChangeContext<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, other) in judged.collisions {
        found.push(Finding {
            severity: Severity::Critical,
            kind: FindingKind::OddPath,
            path: Some(path.clone()),
            line: None,
            message: format!("on some systems this path and {} are the same file", Visible::line(other)),
        });
    }
    for file in files {
        of_path(policy, file, &mut found);
        of_kind(file, &mut found);
        of_lines(file, &mut found);
        of_notebook(file, &mut found);
    }
    of_whole(files, judged, &mut found);
    found.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.kind));
    few_of_a_kind(&found)
}

/// Lists the first findings of one kind and severity, and counts the rest: nobody reads a hundred thousand, and each
/// frame would draw them.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Content, DiffLine, FileKind, Hunk, LineKind, NotebookChange, NotebookCounts, Pointer, PointerStore,
    };

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
            nature: crate::model::Nature::default(),
        }
    }

    fn kinds(files: &[FileChange]) -> Vec<FindingKind> {
        findings(&Policy::standard(), files, ChangeContext::default()).iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn seed_only_is_seen_and_an_honest_edit_is_not() {
        use LineKind::{Added, Removed};
        let seed = file("train.py", &[(Removed, "torch.manual_seed(42)"), (Added, "torch.manual_seed(1337)")]);
        assert_eq!(kinds(std::slice::from_ref(&seed)), [FindingKind::SeedOnly]);
        let rate = file("train.py", &[(Removed, "LR = 0.1"), (Added, "LR = 0.2")]);
        assert!(kinds(std::slice::from_ref(&rate)).is_empty());
        assert!(kinds(&[seed, rate]).is_empty(), "a seed next to a real change is not seed-only");
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
        let found = findings(&Policy::standard(), &[bidi], ChangeContext::default());
        assert_eq!((found[0].severity, found[0].line), (Severity::Critical, Some(7)));
        let crlf = file("train.py", &[(LineKind::Added, "x = 1\r")]);
        assert!(kinds(&[crlf]).is_empty());
    }

    #[test]
    fn cut_content_must_be_acknowledged() {
        let mut long = file("train.py", &[(LineKind::Added, "x = 1")]);
        long.hunks[0].lines[0].cut = 9;
        let found = findings(&Policy::standard(), &[long], ChangeContext::default());
        assert_eq!((found[0].severity, found[0].kind), (Severity::Critical, FindingKind::VeryLarge));
    }

    #[test]
    fn a_value_beyond_the_bound() {
        let judged = ChangeContext { beyond_bound: Some(0.001), ..ChangeContext::default() };
        assert_eq!(findings(&Policy::standard(), &[], judged)[0].kind, FindingKind::BeyondBound);
    }

    #[test]
    fn a_gain_far_beyond_any_earlier_one() {
        let judged = |gain| ChangeContext {
            claimed_gain: Some(gain),
            earlier_gains: &[0.01, 0.02, 0.005],
            ..ChangeContext::default()
        };
        assert!(findings(&Policy::standard(), &[], judged(0.05)).is_empty());
        assert_eq!(findings(&Policy::standard(), &[], judged(0.5))[0].kind, FindingKind::LargeGain);
    }

    #[test]
    fn pointers_must_be_acknowledged() {
        let pointer = |store, size| Some(Pointer { store, size });
        let of = |points_to| {
            let mut file = file("assets/table.bin", &[]);
            file.nature.points_to = points_to;
            let found = findings(&Policy::standard(), &[file], ChangeContext::default());
            assert_eq!((found[0].severity, found[0].kind), (Severity::Critical, FindingKind::Pointer));
            assert_eq!(found.len(), 1);
            found[0].message.clone()
        };
        assert_eq!(
            of([pointer(PointerStore::Lfs, Some(5)), pointer(PointerStore::Lfs, Some(7))]),
            "only a pointer: the content (7 bytes) is in Git LFS and cannot be read here; before, a pointer to 5 bytes in Git LFS"
        );
        assert!(
            of([pointer(PointerStore::Lfs, Some(5)), pointer(PointerStore::Lfs, Some(5))])
                .contains("different content")
        );
        assert!(of([None, pointer(PointerStore::Dvc, None)]).contains("size not given"));
        assert!(of([pointer(PointerStore::Annex, Some(5)), None]).contains("the content itself"));
    }

    #[test]
    fn a_long_line_hides_code_unless_a_notebook_shows_its_cells() {
        let severity = |notebook: Option<NotebookChange>| {
            let mut file = file("a.ipynb", &[(LineKind::Added, "\"image/png\": \"iVBOR")]);
            file.hunks[0].lines[0].cut = 9000;
            file.nature.notebook = notebook.map(std::sync::Arc::new);
            let found = findings(&Policy::standard(), &[file], ChangeContext::default());
            found.iter().find(|finding| finding.kind == FindingKind::VeryLarge).map(|finding| finding.severity)
        };
        assert_eq!(severity(None), Some(Severity::Critical));
        assert_eq!(severity(Some(NotebookChange::default())), Some(Severity::Warning));
        let unread = NotebookChange { unread: Some(crate::model::Unread::New), ..NotebookChange::default() };
        assert_eq!(severity(Some(unread)), Some(Severity::Critical));
        let line = DiffLine { cut: 1, ..file("x", &[(LineKind::Added, "x")]).hunks[0].lines[0].clone() };
        let cut = NotebookChange { rows: vec![crate::model::CellRow::Line(line)], ..NotebookChange::default() };
        assert_eq!(severity(Some(cut)), Some(Severity::Critical));
    }

    #[test]
    fn the_severity_of_a_notebook_depends_on_its_changes() {
        let of = |notebook: NotebookChange| {
            let mut file = file("a.ipynb", &[]);
            file.nature.notebook = Some(std::sync::Arc::new(notebook));
            let found = findings(&Policy::standard(), &[file], ChangeContext::default());
            found.iter().map(|one| (one.severity, one.message.clone())).collect::<Vec<_>>()
        };
        let counts = |code, outputs| NotebookCounts { code, outputs, ..NotebookCounts::default() };
        let only = |counts| NotebookChange { counts, ..NotebookChange::default() };
        let described = |severity, text: &str| vec![(severity, text.to_owned())];
        assert_eq!(of(only(counts(0, 2))), described(Severity::Note, "a notebook: 2 cells' outputs"));
        assert_eq!(
            of(only(counts(1, 1))),
            described(Severity::Warning, "a notebook: 1 cell of code, 1 cell's outputs: read its cells")
        );
        let kernel = of(NotebookChange { is_other_kernel: true, ..only(counts(0, 0)) });
        assert_eq!(kernel[0].0, Severity::Warning);
        let script = of(NotebookChange { runs: vec!["JavaScript in an output"], ..only(counts(0, 1)) });
        assert_eq!(script[0].0, Severity::Critical);
        let broken = of(NotebookChange { unread: Some(crate::model::Unread::New), ..NotebookChange::default() });
        assert_eq!((broken.len(), broken[0].0), (1, Severity::Warning));
    }
}
