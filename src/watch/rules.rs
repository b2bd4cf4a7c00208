//! The rules by which the policy in force has the results table read.

use std::sync::Arc;

use crate::format::TableRules;
use crate::policy::Policy;

/// Derives the rules for the results table; `instructions` are the loop's own (`program.md`).
pub(super) fn table_rules(policy: &Policy, instructions: Arc<str>) -> TableRules {
    let columns = policy.columns.clone();
    TableRules {
        commit: columns.commit,
        status: columns.status,
        description: columns.description,
        time: columns.time,
        statuses: policy.statuses.clone(),
        instructions,
    }
}
