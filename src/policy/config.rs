//! The person's policy, with a default for everything.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::imports::shadows_module;
use crate::model::{Claim, Gate, Goal, Spent, StatusWords, path_matches};

/// Size limit in bytes, checked before parsing.
const LARGEST: usize = 256 * 1024;

/// The policy in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// The deciding metric; `None` leaves it to the loop's own files.
    pub metric: Option<String>,
    /// Direction; `None` leaves it to the loop's own files or the metric's name.
    pub goal: Option<Goal>,
    /// Gains below this are marked as small, in the metric's unit; `None` if not set.
    pub smallest_gain: Option<f64>,
    /// The best possible value of the objective, in the metric's unit; `None` if not set.
    pub bound: Option<f64>,
    /// Limits of what the loop may spend.
    pub budget: Budget,
    /// Branch that the loop works on; `None` for the one its work tree is on.
    pub loop_branch: Option<String>,
    /// Branch that approvals move; `None` for the default.
    pub approved_branch: Option<String>,
    /// Paths that a change may touch, and the only ones that an automatic gate lets change. With `None`, all but
    /// protected paths are without a finding, and automatic gates use the defaults of the format.
    pub editable: Option<Vec<String>>,
    /// Paths that are critical to touch.
    pub protected: Vec<String>,
    /// The results table, below the run directory; `None` for automatic detection.
    pub results: Option<String>,
    /// Columns of the results table that cannot be guessed.
    pub columns: ColumnNames,
    /// Meanings of status words in the results table, by the word in lower case.
    pub statuses: StatusWords,
    /// Logs and metrics files in addition to the detected ones, below the run directory.
    pub logs: Vec<String>,
    /// True if decisions must be signed.
    pub signing_required: bool,
    /// File of the public key that signs automatic answers at the run gate; the secret key is next to it, without
    /// `.pub`. `None`: where signatures are required, a person answers.
    pub automatic_key: Option<String>,
    /// The answerer at each gate.
    pub gates: Gates,
    /// The person's way to stop the running trial; `None` if not set.
    pub stop_trial: Option<StopTrial>,
    /// True if the agent may read what was refused and why, in the person's words.
    pub lessons: bool,
    /// Limits of the stored curves.
    pub archive: StorePart,
    /// Units of metrics by name, for names that do not include them.
    pub units: BTreeMap<String, String>,
}

/// Errors of reading a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not YAML, or not a valid policy; the message has line and column.
    #[error("{0}")]
    Unreadable(String),
    /// Larger than any honest policy.
    #[error("the policy is larger than 256 KiB")]
    TooLarge,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PolicyFile {
    objective: ObjectivePart,
    loop_branch: Option<String>,
    approved_branch: Option<String>,
    gates: Gates,
    editable: Option<Vec<String>>,
    protected: Option<Vec<String>>,
    logs: Vec<String>,
    results: Option<String>,
    columns: ColumnNames,
    statuses: BTreeMap<String, StatusWord>,
    budget: Budget,
    signing: Signing,
    stop_trial: Option<StopTrialPart>,
    lessons: bool,
    archive: StorePart,
    units: BTreeMap<String, String>,
}

/// Names of the columns of the results table. `None` detects a column by its name and its cells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnNames {
    /// Commit of the row.
    pub commit: Option<String>,
    /// Status: kept or not.
    pub status: Option<String>,
    /// Description of the change.
    pub description: Option<String>,
    /// Time.
    pub time: Option<String>,
}

/// The meaning of a status word.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusWord {
    Keep,
    Discard,
    Crash,
    Other,
}

impl From<StatusWord> for Claim {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Keep => Self::Keep,
            StatusWord::Discard => Self::Discard,
            StatusWord::Crash => Self::Crash,
            StatusWord::Other => Self::Other,
        }
    }
}

/// Limits of the stored curves. Final values and the curves of approved changes are always kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorePart {
    /// Days after the last byte of a trial; `None` for ever.
    pub keep_days: Option<f64>,
    /// Megabytes of points; the oldest trials are removed first. `None` for no limit.
    pub most_mb: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ObjectivePart {
    metric: Option<String>,
    goal: Option<Goal>,
    smallest_gain: Option<f64>,
    bound: Option<f64>,
}

/// The answerer at a gate.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Answerer {
    /// The policy, unless there is a critical finding; then a person.
    Auto,
    /// A person.
    Human,
}

/// The answerer at each gate, and how long an agent waits.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gates {
    /// Before compute is spent.
    pub run: Answerer,
    /// Before a change becomes a commit, which the policy never does.
    pub keep: Answerer,
    /// Hours after which a proposal without an answer expires; `None` for never.
    pub expire_hours: Option<f64>,
}

impl Default for Gates {
    fn default() -> Self {
        Self { run: Answerer::Auto, keep: Answerer::Human, expire_hours: None }
    }
}

impl Gates {
    /// Returns the answerer at a gate.
    pub fn answerer(self, gate: Gate) -> Answerer {
        match gate {
            Gate::Run => self.run,
            Gate::Keep => self.keep,
        }
    }
}

/// The ways to stop the running trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopTrial {
    /// A file below the run directory with the process id, which gets SIGTERM.
    PidFile(String),
    /// A file below the run directory that is created, and that the training checks for.
    Touch(String),
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct StopTrialPart {
    pid_file: Option<String>,
    touch: Option<String>,
}

impl StopTrialPart {
    fn read(self) -> Result<StopTrial, PolicyError> {
        let how = match (self.pid_file, self.touch) {
            (Some(path), None) => Some(StopTrial::PidFile(path)),
            (None, Some(path)) => Some(StopTrial::Touch(path)),
            _ => None,
        };
        let stays = |how: &StopTrial| match how {
            StopTrial::PidFile(path) | StopTrial::Touch(path) => super::refuse_path(path).is_none(),
        };
        let what = "stop_trial must name one file below the run directory: pid_file or touch";
        how.filter(stays).ok_or_else(|| PolicyError::Unreadable(what.to_owned()))
    }
}

/// Limits of what a loop may spend, and its price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// GPU hours; `None` for no limit.
    pub gpu_hours: Option<f64>,
    /// GPUs per trial; `None` counts as one.
    pub gpus: Option<f64>,
    /// Price of a GPU hour in US dollars; `None` if not set.
    pub usd_per_gpu_hour: Option<f64>,
    /// Number of experiments; `None` for no limit.
    pub experiments: Option<u64>,
}

impl Budget {
    /// True if this amount reaches a limit.
    pub fn is_used_up_by(&self, spent: Spent) -> bool {
        let hours = self.gpu_hours.is_some_and(|most| spent.gpu_s > 0 && spent.gpu_s as f64 / 3600.0 >= most);
        hours || self.experiments.is_some_and(|most| spent.experiments >= most)
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Signing {
    required: bool,
    automatic: Option<String>,
}

impl Policy {
    /// Returns the defaults without a file: the evaluation and the agent's instructions are protected.
    pub fn standard() -> Self {
        Self { protected: vec!["prepare.py".into(), "program.md".into()], ..Self::default() }
    }

    /// Parses the person's policy. Errors name line and column.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > LARGEST {
            return Err(PolicyError::TooLarge);
        }
        let options = serde_yaml::options! {
            budget: serde_yaml::budget! { max_nodes: 10_000, max_anchors: 32, max_depth: 32 },
        };
        let file: Option<PolicyFile> = serde_yaml::from_str_with_options(text, options)
            .map_err(|error| PolicyError::Unreadable(error.to_string()))?;
        let file = file.unwrap_or_default();
        let numbers = [
            ("objective.smallest_gain", file.objective.smallest_gain),
            ("budget.gpu_hours", file.budget.gpu_hours),
            ("budget.gpus", file.budget.gpus),
            ("budget.usd_per_gpu_hour", file.budget.usd_per_gpu_hour),
            ("gates.expire_hours", file.gates.expire_hours),
            ("archive.keep_days", file.archive.keep_days),
            ("archive.most_mb", file.archive.most_mb),
        ];
        for (name, number) in numbers {
            if number.is_some_and(|number| !number.is_finite() || number < 0.0) {
                return Err(PolicyError::Unreadable(format!("{name} must be a finite number, not below 0")));
            }
        }
        if file.results.as_deref().is_some_and(|path| super::refuse_path(path).is_some()) {
            return Err(PolicyError::Unreadable("results must name a file below the run directory".to_owned()));
        }
        if file.objective.bound.is_some_and(|bound| !bound.is_finite()) {
            return Err(PolicyError::Unreadable("objective.bound must be a finite number".to_owned()));
        }
        Ok(Self {
            metric: file.objective.metric,
            goal: file.objective.goal,
            smallest_gain: file.objective.smallest_gain,
            bound: file.objective.bound,
            budget: file.budget,
            loop_branch: file.loop_branch,
            approved_branch: file.approved_branch,
            editable: file.editable,
            protected: file.protected.unwrap_or_else(|| Self::standard().protected),
            logs: file.logs,
            results: file.results,
            columns: file.columns,
            statuses: file
                .statuses
                .into_iter()
                .map(|(word, claim)| (word.trim().to_lowercase(), claim.into()))
                .collect(),
            signing_required: file.signing.required,
            automatic_key: file.signing.automatic,
            gates: file.gates,
            stop_trial: file.stop_trial.map(StopTrialPart::read).transpose()?,
            lessons: file.lessons,
            archive: file.archive,
            units: file.units,
        })
    }

    /// Adds the protected paths of a policy that is committed on the approved branch. The rest of it is ignored,
    /// because it could loosen this one.
    pub fn with_protected_of(mut self, committed: &Self) -> Self {
        for path in &committed.protected {
            if !self.protected.contains(path) {
                self.protected.push(path.clone());
            }
        }
        self
    }

    /// True if touching `path` is critical.
    pub fn protects(&self, path: &str) -> bool {
        self.protected.iter().any(|rule| path_matches(rule, path))
    }

    /// Returns the protected path that a file would shadow in the module search of Python or Node; `None` if there is
    /// none.
    pub fn shadowed(&self, path: &str) -> Option<&str> {
        self.protected.iter().find(|rule| shadows_module(path, rule)).map(String::as_str)
    }

    /// True if no rule forbids editing `path`.
    pub fn allows(&self, path: &str) -> bool {
        self.editable.as_ref().is_none_or(|rules| rules.iter().any(|rule| path_matches(rule, path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_policy_reads() -> Result<(), PolicyError> {
        let policy = Policy::parse(
            "objective: {metric: val_bpb, goal: minimize, smallest_gain: 0.0005}\nloop_branch: autoresearch/mar8\napproved_branch: countersign/approved\ngates: {run: auto, keep: human}\neditable: [train.py]\nprotected: [prepare.py, program.md]\nbudget: {gpu_hours: 80, usd_per_gpu_hour: 2.5, experiments: 500}\nsigning: {required: false}\n",
        )?;
        assert_eq!(policy.goal, Some(Goal::Minimize));
        assert!(policy.protects("prepare.py") && policy.allows("train.py") && !policy.allows("x.py"));
        assert_eq!(Policy::parse("")?.protected, Policy::standard().protected);
        Ok(())
    }

    #[test]
    fn mistakes_are_located() {
        for bad in [
            "objective: {smallest_gain: .nan}",
            "protectd: [x]",
            "editable: [a]\neditable: [b]",
            "signing:\n\trequired: true",
            "objective: {goal: lowest}",
        ] {
            assert!(Policy::parse(bad).is_err(), "{bad}");
        }
        let message = Policy::parse("a: 1\nprotectd: [x]\n").map_err(|error| error.to_string());
        assert!(message.is_err_and(|message| message.contains("line 1")), "place is named");
        let bomb = format!(
            "a: &a [x,x,x,x,x,x,x,x,x]\n{}",
            (0..9).map(|i| format!("b{i}: &b{i} [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n")).collect::<String>()
        );
        assert!(Policy::parse(&bomb).is_err());
    }

    #[test]
    fn a_committed_policy_adds_protected_paths_and_nothing_else() -> Result<(), PolicyError> {
        let mine = Policy::parse("protected: [prepare.py]\ngates: {run: auto}")?;
        let theirs = Policy::parse(
            "editable: [lib/, evil.py]\nprotected: [eval/]\nsigning: {required: true}\ngates: {run: human, keep: auto}",
        )?;
        let both = mine.clone().with_protected_of(&theirs);
        assert!(both.protects("prepare.py") && both.protects("eval/x.py"));
        let protected = both.protected.clone();
        assert_eq!(both, Policy { protected, ..mine });
        Ok(())
    }

    #[test]
    fn rules_match_files_directories_and_names() {
        assert!(path_matches("data/", "data/a/b.txt") && path_matches("*.pkl", "models/x.pkl"));
        assert!(path_matches("src/*.py", "src/a.py") && !path_matches("src/*.py", "src/a/b.py"));
        assert!(!path_matches("train.py", "train.pyc"));
    }
}
