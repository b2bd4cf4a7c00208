//! The approved branch of a loop according to ledger and policy: its name, its recorded tip, the decisions, and the
//! policy they follow. Read-only.

mod baseline;
mod branch;
mod decisions;
mod ground;
mod held;
mod other_branches;
mod policy;
mod renamed;

pub use baseline::{joined_loops, read_baselines, write_baseline};
pub use branch::{approved_branch, approved_branch_here, branch_trouble, expected_tip, is_under_way, loop_branch};
pub use decisions::{decision_of, decisions, own_records, paused, questions};
pub use ground::Lineage;
pub use held::{HeldLedger, held_ledger};
pub use other_branches::{branches_gone, has_strayed, moved_elsewhere};
pub use policy::{
    PolicySourceError, bookkeeping, bookkeeping_at, policy_change, policy_text, read_own_policy, read_policy,
    recorded_policy, usual_editable, usual_editable_here,
};
pub use renamed::{earlier_name, said_of_earlier, warn_of_earlier};
