//! Fields of a row that say what it is about: by which process, of which part of the data, of which run or task; and
//! the one that names what its value measures.

use super::console::Part;

/// A field that may tell rows apart. The order is the one in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u8);

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
const THINGS: [&str; 42] = [
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
];
/// Parts of the data, of training, and kinds of rows.
const PARTS: [&str; 32] = [
    "split",
    "subset",
    "set",
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

/// No name of a field is longer.
const LONGEST: usize = 14;

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

impl Key {
    /// Of a field by its name, in any case and however its words are divided.
    pub(super) fn of(name: &str) -> Option<Self> {
        let mut buffer = [0; LONGEST];
        let len = plain(name, &mut buffer)?;
        let mut all = PROCESSES.iter().chain(&THINGS).chain(&PARTS);
        all.position(|known| known.as_bytes() == &buffer[..len]).map(|at| Self(at as u8))
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
    fn part(self, text: &str) -> Option<Part> {
        const AROUND: [&str; 15] = [
            "step", "steps", "epoch", "end", "set", "split", "data", "loop", "phase", "metrics", "results", "log",
            "iter", "batch", "on",
        ];
        let is_run = self == Self(PROCESSES.len() as u8);
        if usize::from(self.0) < PROCESSES.len() + THINGS.len() && !is_run {
            return None;
        }
        let mut found = None;
        for word in text.split(|one: char| !one.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            match Part::of(word.as_bytes()) {
                Some(part) if found.is_none_or(|known| known == part) => found = Some(part),
                None if AROUND.iter().any(|known| word.eq_ignore_ascii_case(known)) => {}
                _ => return None,
            }
        }
        found
    }
}

/// True for the name of the number that is measured, where another field names it.
pub(super) fn is_value(name: &str) -> bool {
    place(name, &VALUES).is_some()
}

/// True for a field that tells rows apart, or names what they measure.
pub(super) fn is_field(name: &str) -> bool {
    Key::of(name).is_some() || place(name, &NAMES).is_some()
}

/// What a row says of itself in words.
#[derive(Default)]
pub(super) struct About {
    /// What its value measures, by how well the field is known for that; the field, and what it says.
    pub(super) names: Vec<(usize, String, String)>,
    /// What tells it apart: the field, its name, and what it says.
    pub(super) texts: Vec<(Key, String, String)>,
    /// Which data it is about, where that is not what is trained on.
    pub(super) part: Option<Part>,
    /// True where mmcv's field says so, which counts batches of its validation beside it.
    pub(super) is_mode: bool,
}

impl About {
    /// Longer ones are no names.
    const LONGEST: usize = 80;

    /// Begins a row.
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.texts.clear();
        (self.part, self.is_mode) = (None, false);
    }

    /// Takes a field with words in it.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() || text.len() > Self::LONGEST {
            return;
        }
        if let Some(rank) = place(name, &NAMES) {
            self.names.push((rank, name.to_owned(), text.to_owned()));
        } else if let Some(key) = Key::of(name) {
            self.key(key, name, text);
        }
    }

    /// What the value of the row measures. What else could name it tells rows apart.
    pub(super) fn name(&mut self, has_value: bool) -> Option<String> {
        let mut names = std::mem::take(&mut self.names);
        names.sort_unstable();
        let best = (has_value && !names.is_empty()).then(|| names.remove(0).2);
        for (_, name, text) in names {
            if let Some(key) = Key::of(&name) {
                self.key(key, &name, &text);
            }
        }
        best
    }

    fn key(&mut self, key: Key, name: &str, text: &str) {
        match key.part(text) {
            Some(Part::Train) => {}
            Some(part) => {
                self.part = self.part.or(Some(part));
                self.is_mode |= name == "mode";
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
            assert!(Key::of(name).is_some_and(Key::is_process), "{name}");
        }
        for name in ["split", "Dataset_Name", "context.subset", "task", "run_id", "fold"] {
            assert!(Key::of(name).is_some_and(|key| !key.is_process()), "{name}");
        }
        for name in ["loss", "level", "status", "message", "time", "host_memory_usage_in_bytes", "effective_rank"] {
            assert!(Key::of(name).is_none(), "{name}");
        }
        assert!(Key::of("local_rank").is_some_and(Key::is_sure) && !Key::of("rank").is_some_and(Key::is_sure));
        assert!(Key::of("rank") < Key::of("run") && Key::of("run") < Key::of("split"));
        assert!(is_value("Value") && is_value("metric_value") && !is_value("values"));
    }

    #[test]
    fn parts_of_the_data_and_other_words() {
        let part = |name: &str, text: &str| Key::of(name).and_then(|key| key.part(text));
        for (name, text, wanted) in [
            ("split", "train", Some(Part::Train)),
            ("split", "Validation", Some(Part::Val)),
            ("mode", "VAL", Some(Part::Val)),
            ("event", "eval_step", Some(Part::Eval)),
            ("phase", "on_validation_epoch_end", Some(Part::Val)),
            ("run", "validation", Some(Part::Val)),
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
        let mut about = About::default();
        about.text("name", "run1");
        about.text("metric", "loss");
        assert_eq!(about.name(true).as_deref(), Some("loss"));
        assert_eq!(about.texts.len(), 1, "the other one tells rows apart");
        about.clear();
        about.text("name", "a");
        assert_eq!((about.name(false), about.texts.len()), (None, 1));
    }
}
