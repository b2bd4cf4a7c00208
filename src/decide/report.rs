//! The results of a verification.

/// The results of a verification.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// False if the ledger failed its checks; nothing else was checked then.
    pub is_ledger_valid: bool,
    /// Approved branches of the ledger, the loop's own first, each with its number of checked commits.
    pub branches: Vec<(String, usize)>,
    /// Number of commits on all of them.
    pub commits: usize,
    /// Number of those that a person adopted; no decision made them.
    pub adopted: usize,
    /// Number of checked objects of the branches: commits, trees, files.
    pub objects: usize,
    /// Number of object copies hashed now; the others are unchanged since they were hashed.
    pub hashed: usize,
    /// Number of records in the ledger.
    pub records: u64,
    /// True if the anchor exists and matches; `None` if nothing was recorded yet.
    pub anchored: Option<bool>,
    /// Number of valid signatures of commits and records by known signers.
    pub signed: usize,
    /// Number of valid signatures by unknown keys.
    pub unknown_signers: usize,
    /// Number of commits and records that should or could be signed and are not.
    pub unsigned: usize,
    /// Failed checks, the most fundamental first.
    pub objections: Vec<String>,
    /// Remarks that are not objections.
    pub remarks: Vec<String>,
}
