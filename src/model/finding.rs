//! The findings of the policy in a change.

use serde::Serialize;

use super::AgentText;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Look before deciding.
    Warning,
    /// Must be acknowledged before approval.
    Critical,
}

impl Severity {
    /// The glyph shown with the colour.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Note => "·",
            Self::Warning => "!",
            Self::Critical => "‼",
        }
    }
}

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A path the policy protects.
    Protected,
    /// A path outside the editable ones.
    NotEditable,
    /// The policy file itself.
    PolicyTouched,
    /// A file that other programs will execute later.
    LaterExecuted,
    /// Evaluation or data.
    EvaluationTouched,
    /// Only a random seed changed.
    SeedOnly,
    /// Characters that do not occur in ordinary text.
    HiddenCharacters,
    /// Content that is not text.
    Binary,
    /// A file that only points to content stored elsewhere.
    Pointer,
    /// A notebook.
    Notebook,
    /// The executable bit changed.
    ModeChange,
    /// A symlink.
    Symlink,
    /// A submodule.
    Gitlink,
    /// Larger than a person reads.
    VeryLarge,
    /// A path that some systems would interpret differently.
    OddPath,
    /// A gain far beyond any earlier one.
    LargeGain,
    /// A value better than the policy's bound.
    BeyondBound,
    /// Names that a person or a compiler may confuse with others.
    LookAlike,
    /// Text whose encoding for a program differs from how it looks.
    Encoding,
    /// A name in the agent's commit is that of the person who decides.
    Author,
    /// The tree that would be committed was not measured.
    NotMeasuredAsIs,
    /// Edits of two sides were merged line by line, or token by token.
    Merged,
    /// Its base was not approved.
    UnapprovedBase,
}

/// Words that must be typed to approve despite these findings: those of the critical ones, each once.
pub fn critical_words(findings: &[Finding]) -> Vec<&'static str> {
    let mut words = Vec::new();
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Critical) {
        if !words.contains(&finding.kind.word()) {
            words.push(finding.kind.word());
        }
    }
    words
}

impl FindingKind {
    /// The word that a person types to acknowledge it, also shown in lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Protected => "protected",
            Self::NotEditable => "not-editable",
            Self::PolicyTouched => "policy",
            Self::LaterExecuted => "executed-later",
            Self::EvaluationTouched => "evaluation",
            Self::SeedOnly => "seed-only",
            Self::HiddenCharacters => "hidden",
            Self::Binary => "binary",
            Self::Pointer => "pointer",
            Self::Notebook => "notebook",
            Self::ModeChange => "mode",
            Self::Symlink => "symlink",
            Self::Gitlink => "gitlink",
            Self::VeryLarge => "large",
            Self::OddPath => "path",
            Self::LargeGain => "large-gain",
            Self::BeyondBound => "beyond-bound",
            Self::LookAlike => "look-alike",
            Self::Encoding => "encoding",
            Self::Author => "author",
            Self::NotMeasuredAsIs => "not-measured",
            Self::Merged => "merged",
            Self::UnapprovedBase => "base",
        }
    }
}

/// One finding, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its severity.
    pub severity: Severity,
    /// Its kind.
    pub kind: FindingKind,
    /// Path in the tree; `None` if it is about the whole change.
    pub path: Option<AgentText>,
    /// Line in the new file, from 1; `None` if it is about the whole file.
    pub line: Option<u32>,
    /// One sentence in plain words. Contains nothing the agent wrote.
    pub message: String,
}
