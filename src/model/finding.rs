//! What policy saw in a change.

use serde::Serialize;

use super::AgentText;

/// How much a finding wants attention.
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
    /// The glyph that stands beside the colour.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Note => "·",
            Self::Warning => "!",
            Self::Critical => "‼",
        }
    }
}

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A path the policy protects.
    Protected,
    /// A path outside the editable ones.
    NotEditable,
    /// The policy file itself.
    PolicyTouched,
    /// A file that other programs execute later.
    LaterExecuted,
    /// Evaluation or data.
    EvaluationTouched,
    /// Nothing but a random seed changed.
    SeedOnly,
    /// Characters that are not seen in ordinary text.
    HiddenCharacters,
    /// Content that is not text.
    Binary,
    /// A file that only points to content which lies elsewhere.
    Pointer,
    /// A notebook.
    Notebook,
    /// The executable bit changed.
    ModeChange,
    /// A symbolic link.
    Symlink,
    /// A submodule.
    Gitlink,
    /// Larger than a person reads.
    VeryLarge,
    /// A path that some systems would read differently.
    OddPath,
    /// A gain far beyond any earlier one.
    LargeGain,
    /// A value better than the policy says any can be.
    BeyondBound,
    /// Names that a person or a compiler takes for others.
    LookAlike,
    /// Text that a program reads in another encoding than it looks.
    Encoding,
    /// A name of the agent's commit is that of the person who decides.
    Author,
    /// The tree that would be committed was not measured.
    NotMeasuredAsIs,
    /// Edits of two sides were combined line by line, or token by token.
    Merged,
    /// What it stands on was not approved.
    UnapprovedBase,
}

/// Words that must be typed before what was found is approved: those of critical findings, each once.
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
    /// The word a person types to acknowledge it, and reads in lists.
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

/// One thing that policy saw, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is.
    pub kind: FindingKind,
    /// Path in the tree; `None` when it is about the whole change.
    pub path: Option<AgentText>,
    /// Line in the new file, from 1; `None` when it is about the whole file.
    pub line: Option<u32>,
    /// One sentence, in plain words. Holds nothing the agent wrote.
    pub message: String,
}
