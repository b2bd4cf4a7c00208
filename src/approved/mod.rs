//! The approved branch of a loop according to ledger and policy: its name, its recorded tip, the decisions, and the
//! policy they follow. Read-only.

mod baseline;
mod branch;
mod decisions;
mod ground;
mod held;
mod other_branches;
mod own_policy;
mod policy;
mod renamed;

pub use baseline::{joined_loops, read_baselines, write_baseline};
pub use branch::{approved_branch, approved_branch_here, branch_problem, expected_tip, is_in_progress, loop_branch};
pub use decisions::{decision_of, decisions, own_records, paused, questions};
pub use ground::Lineage;
pub use held::{CheckedLedger, read_checked_ledger};
pub use other_branches::{any_diverged, branches_gone, moved_elsewhere};
pub use own_policy::{PolicySourceError, is_same_policy, policy_change, policy_text, read_own_policy, recorded_policy};
pub use policy::{default_editable, ignored_paths, ignored_paths_at, read_policy, usual_editable_here};
pub use renamed::{describe_earlier_loop, earlier_name, renamed_warning};
