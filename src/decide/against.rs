//! The loop and the settings to verify against.

use std::path::Path;

use crate::model::LoopIdentity;
use crate::policy::Policy;
use crate::signature::Settings;

/// The loop and the settings to verify against.
pub struct Against<'a> {
    /// The person's state directory, where the anchor is.
    pub state: &'a Path,
    /// The loop.
    pub identity: &'a LoopIdentity,
    /// Its approved branch.
    pub branch: &'a str,
    /// The policy in force, or why it cannot be read.
    pub policy: Result<&'a Policy, &'a str>,
    /// Settings that define the accepted signers.
    pub signing: &'a Settings,
    /// True if a missing signature is an objection, whatever the policy says.
    pub all_signed: bool,
    /// True if every object is hashed again, including unchanged ones.
    pub rehash: bool,
}
