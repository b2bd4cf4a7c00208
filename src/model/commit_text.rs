//! What the message of an approved commit is made of.

use super::AgentText;

/// What a commit message is made of.
#[derive(Clone, Debug, Default)]
pub struct CommitText {
    /// The experiment's description.
    pub description: AgentText,
    /// Why, by the agent's words; empty when it did not say.
    pub rationale: AgentText,
    /// The metric's name; empty when there is none.
    pub metric: String,
    /// The value the loop reported; `None` when not measured.
    pub value: Option<f64>,
    /// The gain the loop claims, in the metric's unit; `None` when not known.
    pub claimed_gain: Option<f64>,
    /// Who made the change: `Name <mail>` as the agent's commit has it; empty when not known.
    pub assistant: AgentText,
}

impl CommitText {
    /// What the agent wrote of it, and what each is.
    pub fn words(&self) -> [(&'static str, &AgentText); 3] {
        [("description", &self.description), ("rationale", &self.rationale), ("author's name", &self.assistant)]
    }
}
