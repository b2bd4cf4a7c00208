//! Findings: what stands out in a change. Worded "look", never "cheat".

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
use crate::model::{AgentText, Candidate, Combined, FileChange, Finding, FindingKind, Ground, Severity};

/// Findings of one kind that are told one by one.
const MOST_OF_A_KIND: usize = 50;

/// What is known beside the files themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChangeContext<'a> {
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
    /// What its base holds that was not approved; `None` where that is nothing.
    pub ground: Option<&'a Ground>,
    /// What of the agent's commit names the person who decides: its author, a trailer.
    pub posing: &'a [&'static str],
}

impl<'a> ChangeContext<'a> {
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
            ground: None,
            posing: &[],
        }
    }
}

/// Everything that stands out in a change, most severe first.
pub fn findings(policy: &Policy, files: &[FileChange], judged: ChangeContext<'_>) -> Vec<Finding> {
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
        of_notebook(file, &mut found);
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
        let found = findings(&Policy::standard(), &[bidi], ChangeContext::default());
        assert_eq!((found[0].severity, found[0].line), (Severity::Critical, Some(7)));
        let crlf = file("train.py", &[(LineKind::Added, "x = 1\r")]);
        assert!(kinds(&[crlf]).is_empty());
    }

    #[test]
    fn what_is_cut_must_be_acknowledged() {
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
    fn what_only_points_elsewhere_must_be_acknowledged() {
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
            "only a pointer: the content (7 bytes) lies in Git LFS and cannot be read here; before a pointer to 5 bytes in Git LFS"
        );
        assert!(
            of([pointer(PointerStore::Lfs, Some(5)), pointer(PointerStore::Lfs, Some(5))]).contains("another content")
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
    fn what_a_notebook_changes_decides_how_much_it_matters() {
        let of = |notebook: NotebookChange| {
            let mut file = file("a.ipynb", &[]);
            file.nature.notebook = Some(std::sync::Arc::new(notebook));
            let found = findings(&Policy::standard(), &[file], ChangeContext::default());
            found.iter().map(|one| (one.severity, one.message.clone())).collect::<Vec<_>>()
        };
        let counts = |code, outputs| NotebookCounts { code, outputs, ..NotebookCounts::default() };
        let only = |counts| NotebookChange { counts, ..NotebookChange::default() };
        let told = |severity, text: &str| vec![(severity, text.to_owned())];
        assert_eq!(of(only(counts(0, 2))), told(Severity::Note, "a notebook: 2 cells' outputs"));
        assert_eq!(
            of(only(counts(1, 1))),
            told(Severity::Warning, "a notebook: 1 cell of code, 1 cell's outputs: read its cells")
        );
        let kernel = of(NotebookChange { is_other_kernel: true, ..only(counts(0, 0)) });
        assert_eq!(kernel[0].0, Severity::Warning);
        let script = of(NotebookChange { runs: vec!["JavaScript in an output"], ..only(counts(0, 1)) });
        assert_eq!(script[0].0, Severity::Critical);
        let broken = of(NotebookChange { unread: Some(crate::model::Unread::New), ..NotebookChange::default() });
        assert_eq!((broken.len(), broken[0].0), (1, Severity::Warning));
    }
}
