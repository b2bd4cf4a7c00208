//! Fields of a row that identify its subject: the process, the part of the data, the run or task; and the field that
//! names what its value measures.

use super::console::DataSplit;

/// A field that may distinguish rows. The order is that of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowKey(u8);

/// Numbers of processes that all report the same run.
const PROCESSES: [&str; 18] = [
    "rank",
    "worker",
    "process",
    "globalrank",
    "localrank",
    "noderank",
    "hostrank",
    "processrank",
    "processindex",
    "processid",
    "procid",
    "workerid",
    "workerrank",
    "hostid",
    "replicaid",
    "dprank",
    "tprank",
    "pprank",
];
/// The first so many of them may mean something else: the rank of a matrix.
const UNSURE_PROCESSES: u8 = 3;
/// Things that have curves of their own and are named by numbers.
const THINGS: [&str; 59] = [
    "run",
    "runid",
    "runname",
    "experiment",
    "experimentname",
    "experimentid",
    "expname",
    "trial",
    "trialid",
    "trialname",
    "job",
    "jobid",
    "seed",
    "fold",
    "agent",
    "agentid",
    "agentname",
    "player",
    "policy",
    "policyid",
    "env",
    "envid",
    "envname",
    "environment",
    "task",
    "taskid",
    "taskname",
    "model",
    "modelname",
    "learner",
    "layer",
    "module",
    "param",
    "parameter",
    "component",
    "head",
    "host",
    "hostname",
    "node",
    "device",
    "gpu",
    "gpuid",
    "client",
    "clientid",
    "clientname",
    "bucket",
    "method",
    "algorithm",
    "algo",
    "optimizer",
    "paramgroup",
    "class",
    "classid",
    "classname",
    "expert",
    "chain",
    "width",
    "variant",
    "threshold",
];
/// Parts of the data, of training, and kinds of rows.
const PARTS: [&str; 33] = [
    "split",
    "subset",
    "set",
    "evalset",
    "partition",
    "part",
    "datasplit",
    "dataset",
    "datasetname",
    "data",
    "dataloader",
    "loader",
    "mode",
    "phase",
    "stage",
    "type",
    "event",
    "kind",
    "eventtype",
    "category",
    "group",
    "domain",
    "source",
    "corpus",
    "benchmark",
    "suite",
    "language",
    "lang",
    "scope",
    "prefix",
    "name",
    "tag",
    "metric",
];
/// Fields that name what the value in the same row measures, the first of them preferred.
const NAMES: [&str; 8] = ["metric", "metricname", "tag", "key", "scalar", "measure", "variable", "name"];
const VALUES: [&str; 5] = ["value", "val", "metricvalue", "scalarvalue", "y"];

/// Fields of logging libraries, unrelated to the measurement.
const OF_THE_LOG: [&str; 10] =
    ["level", "levelname", "loglevel", "severity", "status", "message", "msg", "logger", "time", "date"];

/// Length of the longest field name.
const LONGEST: usize = 14;
/// First key of all other fields, in order of appearance.
const FREE: u8 = 192;
/// Maximum number of other fields.
pub(super) const MOST_FREE: usize = 16;

/// Copies a name to the buffer in lower case without separators; returns its length.
fn plain(name: &str, buffer: &mut [u8; LONGEST]) -> Option<usize> {
    let name = ["context.", "meta.", "metadata.", "tags.", "labels."]
        .iter()
        .find_map(|object| name.strip_prefix(object))
        .unwrap_or(name);
    let mut len = 0;
    for byte in name.trim().bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b' ')) {
        *buffer.get_mut(len)? = byte.to_ascii_lowercase();
        len += 1;
    }
    Some(len)
}

fn place(name: &str, among: &[&str]) -> Option<usize> {
    let mut buffer = [0; LONGEST];
    let len = plain(name, &mut buffer)?;
    among.iter().position(|known| known.as_bytes() == &buffer[..len])
}

impl RowKey {
    /// Returns the key of a field by its name, in any case and with any separators.
    pub(super) fn of(name: &str) -> Option<Self> {
        let mut buffer = [0; LONGEST];
        let len = plain(name, &mut buffer)?;
        let mut all = PROCESSES.iter().chain(&THINGS).chain(&PARTS);
        all.position(|known| known.as_bytes() == &buffer[..len]).map(|at| Self(at as u8))
    }

    /// Returns the key of an unlisted field.
    pub(super) fn free(nth: usize) -> Self {
        Self(FREE + nth as u8)
    }

    /// True for an unlisted field: it may mean anything, and distinguishes rows only where the rows show it.
    pub(super) fn is_free(self) -> bool {
        self.0 >= FREE
    }

    /// True for one of several things that are named by numbers.
    pub(super) fn is_thing(self) -> bool {
        (PROCESSES.len()..PROCESSES.len() + THINGS.len()).contains(&usize::from(self.0))
    }

    /// True for a field whose numbers name things although they are fractions.
    pub(super) fn is_of_fractions(self) -> bool {
        usize::from(self.0) == PROCESSES.len() + THINGS.len() - 1
    }

    /// True for a field that numbers processes of one run.
    pub(super) fn is_process(self) -> bool {
        usize::from(self.0) < PROCESSES.len()
    }

    /// True where a new number of the field cannot be a measurement that changed.
    pub(super) fn is_sure(self) -> bool {
        (UNSURE_PROCESSES..(PROCESSES.len() + THINGS.len()) as u8).contains(&self.0)
    }

    /// Returns the part of the data if the text names nothing else: `val`, `Validation`, `eval_step`.
    fn part(self, text: &str) -> Option<DataSplit> {
        const AROUND: [&str; 15] = [
            "step", "steps", "epoch", "end", "set", "split", "data", "loop", "phase", "metrics", "results", "log",
            "iter", "batch", "on",
        ];
        let is_run = self == Self(PROCESSES.len() as u8);
        if usize::from(self.0) < PROCESSES.len() + THINGS.len() && !is_run || self.is_free() {
            return None;
        }
        let mut found = None;
        for word in text.split(|one: char| !one.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            match DataSplit::of(word.as_bytes()) {
                Some(part) if found.is_none_or(|known| known == part) => found = Some(part),
                None if AROUND.iter().any(|known| word.eq_ignore_ascii_case(known)) => {}
                _ => return None,
            }
        }
        found
    }

    /// True for a named dataset that is not trained on: `val_clean`, `heldout`.
    fn is_own_set(self, text: &str) -> bool {
        let is_of_data = usize::from(self.0) >= PROCESSES.len() + THINGS.len() && !self.is_free();
        let plain: String = text.chars().filter(|one| one.is_alphanumeric()).collect();
        let is_held_out = ["heldout", "holdout"].iter().any(|known| plain.eq_ignore_ascii_case(known));
        is_of_data && (is_held_out || DataSplit::of_subset(text.as_bytes()).is_some())
    }
}

/// Returns the part of the data that a flag indicates: `"is_train": false`, `"validation": true`.
fn part_of_flag(name: &str, flag: bool) -> Option<DataSplit> {
    let part = DataSplit::of(name.strip_prefix("is_").unwrap_or(name).as_bytes())?;
    match (part, flag) {
        (DataSplit::Train, false) => Some(DataSplit::Eval),
        (DataSplit::Train, true) | (_, false) => None,
        (part, true) => Some(part),
    }
}

/// True for the name of the measured number, where another field names it.
pub(super) fn is_value(name: &str) -> bool {
    place(name, &VALUES).is_some()
}

/// True for the header of a long table: one column names what another one measures.
pub(super) fn is_long(names: &[String]) -> bool {
    names.iter().any(|name| place(name, &NAMES).is_some()) && names.iter().any(|name| is_value(name))
}

/// True for a field that distinguishes rows, or names what they measure.
pub(super) fn is_field(name: &str) -> bool {
    RowKey::of(name).is_some() || place(name, &NAMES).is_some()
}

/// The text fields of a row that describe it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Description {
    /// Fields that name what the value measures, in order of preference: rank, field, text.
    pub(super) names: Vec<(usize, String, String)>,
    /// Fields that distinguish the row: key, field, text.
    pub(super) texts: Vec<(RowKey, String, String)>,
    /// The same for unlisted fields.
    pub(super) others: Vec<(String, String)>,
    /// The part of the data, if it is not the training data.
    pub(super) part: Option<DataSplit>,
    /// The name of the dataset, if it has its own: `val_clean`.
    pub(super) own_set: Option<String>,
    /// True if mmcv's `mode` field gave the part; mmcv counts the batches of its validation separately.
    pub(super) is_mode: bool,
}

impl Description {
    /// Length of the longest name.
    const LONGEST: usize = 80;
    /// Length of the longest text of an unlisted field: anything longer is a sentence, or a time with more digits.
    const LONGEST_LABEL: usize = 32;
    const MOST_DIGITS: usize = 3;

    /// Begins a row.
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.texts.clear();
        self.others.clear();
        (self.part, self.own_set, self.is_mode) = (None, None, false);
    }

    /// True for a row that names its part of the data or one of several subjects.
    pub(super) fn has_subject(&self) -> bool {
        self.part.is_some() || self.own_set.is_some() || !self.texts.is_empty()
    }

    /// Records a boolean field.
    pub(super) fn flag(&mut self, name: &str, flag: bool) {
        const LONGEST: usize = 24;
        self.part = self.part.or(part_of_flag(name, flag));
        if name.len() <= LONGEST {
            self.others.push((name.to_owned(), format!("{name}_{flag}")));
        }
    }

    /// Records a text field.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() || text.len() > Self::LONGEST {
            return;
        }
        if let Some(rank) = place(name, &NAMES) {
            self.names.push((rank, name.to_owned(), text.to_owned()));
        } else if let Some(key) = RowKey::of(name) {
            self.key(key, name, text);
        } else if text.len() <= Self::LONGEST_LABEL
            && text.bytes().filter(u8::is_ascii_digit).count() <= Self::MOST_DIGITS
            && place(name, &OF_THE_LOG).is_none()
        {
            self.others.push((name.to_owned(), text.to_owned()));
        }
    }

    /// Returns the name of what the row's value measures. Other fields that could name it distinguish rows instead.
    pub(super) fn name(&mut self, has_value: bool) -> Option<String> {
        let mut names = std::mem::take(&mut self.names);
        names.sort_unstable();
        let best = (has_value && !names.is_empty()).then(|| names.remove(0).2);
        for (_, name, text) in names {
            if let Some(key) = RowKey::of(&name) {
                self.key(key, &name, &text);
            }
        }
        best
    }

    fn key(&mut self, key: RowKey, name: &str, text: &str) {
        match key.part(text) {
            Some(DataSplit::Train) => {}
            Some(part) => {
                self.part = self.part.or(Some(part));
                self.is_mode |= name == "mode";
            }
            None if key.is_own_set(text) => {
                self.part = self.part.or_else(|| DataSplit::of_subset(text.as_bytes())).or(Some(DataSplit::Eval));
                self.own_set = Some(text.to_owned());
            }
            None => self.texts.push((key, name.to_owned(), text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_by_their_names() {
        for name in ["rank", "local_rank", "Process Index", "node-rank", "worker_id", "hostId"] {
            assert!(RowKey::of(name).is_some_and(RowKey::is_process), "{name}");
        }
        for name in ["split", "Dataset_Name", "context.subset", "task", "run_id", "fold"] {
            assert!(RowKey::of(name).is_some_and(|key| !key.is_process()), "{name}");
        }
        for name in ["loss", "level", "status", "message", "time", "host_memory_usage_in_bytes", "effective_rank"] {
            assert!(RowKey::of(name).is_none(), "{name}");
        }
        assert!(
            RowKey::of("local_rank").is_some_and(RowKey::is_sure) && !RowKey::of("rank").is_some_and(RowKey::is_sure)
        );
        assert!(RowKey::of("rank") < RowKey::of("run") && RowKey::of("run") < RowKey::of("split"));
        assert!(is_value("Value") && is_value("metric_value") && !is_value("values"));
    }

    #[test]
    fn parts_of_the_data_and_other_words() {
        let part = |name: &str, text: &str| RowKey::of(name).and_then(|key| key.part(text));
        for (name, text, wanted) in [
            ("split", "train", Some(DataSplit::Train)),
            ("split", "Validation", Some(DataSplit::Val)),
            ("mode", "VAL", Some(DataSplit::Val)),
            ("event", "eval_step", Some(DataSplit::Eval)),
            ("phase", "on_validation_epoch_end", Some(DataSplit::Val)),
            ("run", "validation", Some(DataSplit::Val)),
            ("dataset", "test-dev", None),
            ("dataset", "mnist_test", None),
            ("env", "dev", None),
            ("event", "step", None),
        ] {
            assert_eq!(part(name, text), wanted, "{name} {text}");
        }
    }

    #[test]
    fn the_field_that_names_the_value() {
        let mut about = Description::default();
        about.text("name", "run1");
        about.text("metric", "loss");
        assert_eq!(about.name(true).as_deref(), Some("loss"));
        assert_eq!(about.texts.len(), 1, "the other one distinguishes rows");
        about.clear();
        about.text("name", "a");
        assert_eq!((about.name(false), about.texts.len()), (None, 1));
    }
}
