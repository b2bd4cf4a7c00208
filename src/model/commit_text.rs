//! The content of an approved commit's message.

use super::{AgentText, Experiment, Goal, Snapshot};

/// The parts of a commit message.
#[derive(Clone, Debug, Default)]
pub struct CommitText {
    /// The experiment's description.
    pub description: AgentText,
    /// The agent's rationale; empty if it gave none.
    pub rationale: AgentText,
    /// The metric's name; empty if there is none.
    pub metric: String,
    /// The value the loop reported; `None` if not measured.
    pub value: Option<f64>,
    /// The gain the loop claims, in the metric's unit; `None` if not known.
    pub claimed_gain: Option<f64>,
    /// The metric's better direction; `None` if not known.
    pub goal: Option<Goal>,
    /// The author of the change: `Name <mail>` as in the agent's commit; empty if not known.
    pub assistant: AgentText,
}

impl CommitText {
    /// The text for a row, or for the proposal that takes its place.
    pub fn of_row(snapshot: &Snapshot, experiment: &Experiment) -> Self {
        Self {
            description: experiment.row.description.clone(),
            metric: snapshot.objective_of(experiment).map(|objective| objective.metric.to_string()).unwrap_or_default(),
            value: experiment.outcome.value(),
            claimed_gain: experiment.claimed_gain,
            goal: snapshot.goal_of(experiment),
            ..Self::default()
        }
    }

    /// True if the experiment's row still gives the same text.
    pub fn is_of_row(&self, snapshot: &Snapshot, experiment: &Experiment) -> bool {
        let row = Self::of_row(snapshot, experiment);
        let values = |text: &Self| (text.value, text.claimed_gain, text.goal);
        values(self) == values(&row) && self.description == row.description && self.metric == row.metric
    }

    /// The texts that the agent wrote, each with its kind.
    pub fn words(&self) -> [(&'static str, &AgentText); 3] {
        [("description", &self.description), ("rationale", &self.rationale), ("author's name", &self.assistant)]
    }
}
