//! Names under which files have the step, the epoch, and other counters of rows.

/// The rank of a column among those that can be the step: the smallest one present is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StepRank(u8);

/// The usual names of the step. Where two of them are present, they are the same number, or one of them restarts with
/// each epoch.
const STEPS: [&str; 7] = ["step", "_step", "iteration", "global_step", "trainer/global_step", "iter", "train_step"];

/// Names that mean the step where none of [`STEPS`] is present, and are a metric otherwise.
const OTHERS: [&str; 33] = [
    "current_steps",
    "current_step",
    "global_step/max_steps",
    "train/global_step",
    "train/step",
    "train/iteration",
    "train_iter",
    "training_step",
    "global_iter",
    "global_iteration",
    "optimizer_step",
    "update_step",
    "n_iter",
    "iter_num",
    "num_iter",
    "num_iters",
    "iters",
    "iterations",
    "training_iteration",
    "timesteps_total",
    "time/total_timesteps",
    "total_timesteps",
    "num_timesteps",
    "num_updates",
    "update",
    "updates",
    "total_env_steps",
    "env_step",
    "env_steps",
    "environment_steps",
    "totalenvinteracts",
    "timestep",
    "num_env_steps_sampled",
];

/// Names that count rows where there is neither a step nor an epoch.
const COUNTS: [&str; 10] = [
    "episode",
    "episodes",
    "round",
    "boosting_round",
    "generation",
    "timesteps",
    // Next to an epoch they may be its number of steps.
    "steps",
    "global_steps",
    "training_steps",
    "time_step",
];

/// The rank of an epoch, which is a metric next to a step.
const EPOCH: StepRank = StepRank(100);
/// Length of the longest known name.
const LONGEST: usize = 24;

impl StepRank {
    /// Returns the rank of a column by its name, in any case and with spaces for underscores; `None` for a metric.
    pub(super) fn of(name: &str) -> Option<Self> {
        let name = name.trim();
        // Most names are not a step's: the last letter rules them out.
        let last = name.bytes().next_back()?.to_ascii_lowercase();
        if name.len() > LONGEST || !matches!(last, b'p' | b's' | b'n' | b'r' | b'h' | b'e' | b'm' | b'd') {
            return None;
        }
        let mut plain = [0; LONGEST];
        for (to, from) in plain.iter_mut().zip(name.bytes()) {
            *to = if matches!(from, b' ' | b'-') { b'_' } else { from.to_ascii_lowercase() };
        }
        let plain = &plain[..name.len()];
        let among = |names: &[&str], first: u8| {
            names.iter().position(|known| known.as_bytes() == plain).map(|at| Self(first + at as u8))
        };
        match plain {
            b"epoch" | b"epochs" | b"current_epoch" => Some(EPOCH),
            _ => among(&STEPS, 0).or_else(|| among(&OTHERS, 20)).or_else(|| among(&COUNTS, 110)),
        }
    }

    /// True for a name that is another name of the step wherever there is a step.
    pub(super) fn is_step_itself(self) -> bool {
        self < Self(20)
    }

    /// Returns the run's step of the two in a row: the global one where it is ahead of one that restarted, else the one
    /// whose name is preferred.
    pub(super) fn of_run(one: (Self, f64), other: (Self, f64)) -> (Self, f64) {
        let (first, second) = if one.0 <= other.0 { (one, other) } else { (other, one) };
        let restarts = matches!(first.0, Self(0 | 2 | 5 | 6));
        if second.0.is_global() && restarts && second.1 > first.1 { second } else { first }
    }

    /// True for the step of the entire run.
    pub(super) fn is_global(self) -> bool {
        matches!(self, Self(3 | 4))
    }

    /// True for `iter`, which mmcv restarts in each epoch.
    pub(super) fn is_iter(self) -> bool {
        self == Self(5)
    }

    /// True for the step of a writer that adds the total number of steps.
    pub(super) fn counts_to_a_total(self) -> bool {
        self == Self(20)
    }

    /// True for an epoch.
    pub(super) fn is_epoch(self) -> bool {
        self == EPOCH
    }

    /// True for a name that is a counter only without an epoch.
    pub(super) fn is_count(self) -> bool {
        self > EPOCH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_case_and_their_order() {
        for step in ["Step", "STEP", "global step", "Global_Step", "Iteration", "iter", "trainer/global_step"] {
            assert!(StepRank::of(step).is_some_and(StepRank::is_step_itself), "{step}");
        }
        for other in ["current_steps", "time/total_timesteps", "Training Iteration", "TotalEnvInteracts", "num_updates"]
        {
            assert!(StepRank::of(other).is_some_and(|rank| !rank.is_step_itself() && rank < EPOCH), "{other}");
        }
        assert!(StepRank::of("Epoch").is_some_and(StepRank::is_epoch));
        let [step, global, wandb] = ["step", "global_step", "_step"].map(|name| StepRank::of(name).unwrap_or(EPOCH));
        assert_eq!(StepRank::of_run((global, 150.0), (step, 50.0)), (global, 150.0), "a step that restarted");
        assert_eq!(StepRank::of_run((step, 4.0), (global, 1.0)), (step, 4.0), "several steps per update");
        assert_eq!(StepRank::of_run((wandb, 1.0), (global, 50.0)), (wandb, 1.0), "a step of its own");
        assert!(StepRank::of("step") < StepRank::of("epoch") && StepRank::of("epoch") < StepRank::of("episode"));
        assert!(StepRank::of("Steps").is_some_and(StepRank::is_count));
        for metric in ["loss", "total_steps", "max_steps", "time/iterations", "train/n_updates", "lr", "", "val_loss"] {
            assert_eq!(StepRank::of(metric), None, "{metric}");
        }
    }
}
