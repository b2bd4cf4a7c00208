//! Fields of a row that say what it is about: by which process, of which part of the data, of which run or task; and
//! the one that names what its value measures.

use super::console::DataSplit;

/// A field that may tell rows apart. The order is the one in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowKey(u8);

/// Processes that all tell of the same run.
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
/// So many of them may be something else: the rank of a matrix.
const UNSURE_PROCESSES: u8 = 3;
/// Things that have curves of their own, whose numbers name them.
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
/// Fields that name what the value beside them measures, the first of them preferred.
const NAMES: [&str; 8] = ["metric", "metricname", "tag", "key", "scalar", "measure", "variable", "name"];
const VALUES: [&str; 5] = ["value", "val", "metricvalue", "scalarvalue", "y"];

/// Fields of those who write logs, which say nothing of what is measured.
const OF_THE_LOG: [&str; 10] =
    ["level", "levelname", "loglevel", "severity", "status", "message", "msg", "logger", "time", "date"];

/// No name of a field is longer.
const LONGEST: usize = 14;
/// The keys of all other fields, in the order in which they were seen.
const FREE: u8 = 192;
/// So many of them at most.
pub(super) const MOST_FREE: usize = 16;

/// A name in small letters without what divides its words, at a place of its own.
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
    /// Of a field by its name, in any case and however its words are divided.
    pub(super) fn of(name: &str) -> Option<Self> {
        let mut buffer = [0; LONGEST];
        let len = plain(name, &mut buffer)?;
        let mut all = PROCESSES.iter().chain(&THINGS).chain(&PARTS);
        all.position(|known| known.as_bytes() == &buffer[..len]).map(|at| Self(at as u8))
    }

    /// Of a field that no list here knows.
    pub(super) fn free(nth: usize) -> Self {
        Self(FREE + nth as u8)
    }

    /// True for a field that no list here knows: it may be anything, and tells rows apart only where the rows show it.
    pub(super) fn is_free(self) -> bool {
        self.0 >= FREE
    }

    /// True for one of several things, whose numbers name them.
    pub(super) fn is_thing(self) -> bool {
        (PROCESSES.len()..PROCESSES.len() + THINGS.len()).contains(&usize::from(self.0))
    }

    /// True for one whose numbers name things though they are fractions.
    pub(super) fn is_of_fractions(self) -> bool {
        usize::from(self.0) == PROCESSES.len() + THINGS.len() - 1
    }

    /// True for one that numbers processes of one run.
    pub(super) fn is_process(self) -> bool {
        usize::from(self.0) < PROCESSES.len()
    }

    /// True where another number of it than the rows before have is no measurement that changed.
    pub(super) fn is_sure(self) -> bool {
        (UNSURE_PROCESSES..(PROCESSES.len() + THINGS.len()) as u8).contains(&self.0)
    }

    /// The part of the data that a text of it names and nothing else: `val`, `Validation`, `eval_step`.
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

    /// True for a set of data with a name of its own that is not trained on: `val_clean`, `heldout`.
    fn is_own_set(self, text: &str) -> bool {
        let is_of_data = usize::from(self.0) >= PROCESSES.len() + THINGS.len() && !self.is_free();
        let plain: String = text.chars().filter(|one| one.is_alphanumeric()).collect();
        let is_held_out = ["heldout", "holdout"].iter().any(|known| plain.eq_ignore_ascii_case(known));
        is_of_data && (is_held_out || DataSplit::of_subset(text.as_bytes()).is_some())
    }
}

/// The part of the data that a flag says a row is about: `"is_train": false`, `"validation": true`.
fn part_of_flag(name: &str, flag: bool) -> Option<DataSplit> {
    let part = DataSplit::of(name.strip_prefix("is_").unwrap_or(name).as_bytes())?;
    match (part, flag) {
        (DataSplit::Train, false) => Some(DataSplit::Eval),
        (DataSplit::Train, true) | (_, false) => None,
        (part, true) => Some(part),
    }
}

/// True for the name of the number that is measured, where another field names it.
pub(super) fn is_value(name: &str) -> bool {
    place(name, &VALUES).is_some()
}

/// True for the header of a long table: one column names what another one measures.
pub(super) fn is_long(names: &[String]) -> bool {
    names.iter().any(|name| place(name, &NAMES).is_some()) && names.iter().any(|name| is_value(name))
}

/// True for a field that tells rows apart, or names what they measure.
pub(super) fn is_field(name: &str) -> bool {
    RowKey::of(name).is_some() || place(name, &NAMES).is_some()
}

/// What a row says of itself in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Description {
    /// What its value measures, by how well the field is known for that; the field, and what it says.
    pub(super) names: Vec<(usize, String, String)>,
    /// What tells it apart: the field, its name, and what it says.
    pub(super) texts: Vec<(RowKey, String, String)>,
    /// The same of fields that no list here knows.
    pub(super) others: Vec<(String, String)>,
    /// Which data it is about, where that is not what is trained on.
    pub(super) part: Option<DataSplit>,
    /// The name of its own that the set of data has which it is about: `val_clean`.
    pub(super) own_set: Option<String>,
    /// True where mmcv's field says so, which counts batches of its validation beside it.
    pub(super) is_mode: bool,
}

impl Description {
    /// Longer ones are no names.
    const LONGEST: usize = 80;
    /// What stands in a field that may be anything is a sentence where it is longer, and a time with more digits.
    const LONGEST_LABEL: usize = 32;
    const MOST_DIGITS: usize = 3;

    /// Begins a row.
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.texts.clear();
        self.others.clear();
        (self.part, self.own_set, self.is_mode) = (None, None, false);
    }

    /// True for a row that says of which data or of which of several it is.
    pub(super) fn is_of_one(&self) -> bool {
        self.part.is_some() || self.own_set.is_some() || !self.texts.is_empty()
    }

    /// Takes a field that is true or false.
    pub(super) fn flag(&mut self, name: &str, flag: bool) {
        const LONGEST: usize = 24;
        self.part = self.part.or(part_of_flag(name, flag));
        if name.len() <= LONGEST {
            self.others.push((name.to_owned(), format!("{name}_{flag}")));
        }
    }

    /// Takes a field with words in it.
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

    /// What the value of the row measures. What else could name it tells rows apart.
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
        assert_eq!(about.texts.len(), 1, "the other one tells rows apart");
        about.clear();
        about.text("name", "a");
        assert_eq!((about.name(false), about.texts.len()), (None, 1));
    }
}
