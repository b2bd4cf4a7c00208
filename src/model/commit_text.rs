//! What the message of an approved commit is made of.

use super::{AgentText, Experiment, Snapshot};

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
    /// What the row says, or the proposal that stands in the place of one.
    pub fn of_row(snapshot: &Snapshot, experiment: &Experiment) -> Self {
        Self {
            description: experiment.row.description.clone(),
            metric: snapshot.objective_of(experiment).map(|objective| objective.metric.to_string()).unwrap_or_default(),
            value: experiment.outcome.value(),
            claimed_gain: experiment.claimed_gain,
            ..Self::default()
        }
    }

    /// True where an experiment's row still says that.
    pub fn is_of_row(&self, snapshot: &Snapshot, experiment: &Experiment) -> bool {
        let row = Self::of_row(snapshot, experiment);
        let said = |text: &Self| (text.value, text.claimed_gain);
        said(self) == said(&row) && self.description == row.description && self.metric == row.metric
    }

    /// What the agent wrote of it, and what each is.
    pub fn words(&self) -> [(&'static str, &AgentText); 3] {
        [("description", &self.description), ("rationale", &self.rationale), ("author's name", &self.assistant)]
    }
}
