//! The parts of the data that a line is about: training, validation, a test.

/// The data that a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum DataSplit {
    Train,
    Val,
    Test,
    Eval,
    Dev,
}

impl DataSplit {
    pub(in crate::format) fn of(word: &[u8]) -> Option<Self> {
        let is = |all: &[&str]| all.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()));
        // Most words are none of them.
        let begins = word.first().is_some_and(|first| b"tvedihp".contains(&(first | 0x20)));
        if !begins || !(3..=10).contains(&word.len()) {
            return None;
        }
        if is(&["train", "training"]) {
            Some(Self::Train)
        } else if is(&["val", "valid", "validation", "validate", "validating", "held-out", "heldout", "holdout"]) {
            Some(Self::Val)
        } else if is(&["test", "testing"]) {
            Some(Self::Test)
        } else if is(&["eval", "evaluation", "evaluating", "evaluate", "inference", "infer", "predicting"]) {
            Some(Self::Eval)
        } else if is(&["dev"]) {
            Some(Self::Dev)
        } else {
            None
        }
    }

    /// Returns the part of a named subset: `dev_clean`, `valid1`; `None` for the plain word, and for training.
    pub(in crate::format) fn of_subset(word: &[u8]) -> Option<Self> {
        let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let is_own = word.get(letters).is_some_and(|next| next.is_ascii_digit() || matches!(next, b'_' | b'-'));
        Self::of(&word[..letters]).filter(|part| is_own && *part != Self::Train)
    }

    /// Returns the prefix of metric names for this part.
    pub(in crate::format) fn prefix(self) -> &'static str {
        match self {
            Self::Train => "train_",
            Self::Val => "val_",
            Self::Test => "test_",
            Self::Eval => "eval_",
            Self::Dev => "dev_",
        }
    }

    /// True for a name that contains a part other than training.
    pub(super) fn is_evaluated_in(name: &str) -> bool {
        let words = || name.split(|one: char| !one.is_ascii_alphanumeric());
        words().filter_map(|word| Self::of(word.as_bytes())).any(|part| part != Self::Train)
    }

    /// True when a name already contains the part: `val_loss`, `Validation bpb`, `eval/mean_reward`.
    pub(in crate::format) fn is_in_name(self, name: &str) -> bool {
        name.split(|one: char| !one.is_ascii_alphanumeric()).any(|word| Self::of(word.as_bytes()) == Some(self))
    }
}

/// Returns the names of two values after a name with two parts: `train/valid loss: 2.5/2.4`, `loss (train/val)`.
pub(super) fn both(name: &str) -> Option<[(String, DataSplit); 2]> {
    let bare = |word: &str| word.trim_matches(['(', ')', '[', ']']).to_owned();
    let two = |word: &str| {
        let word = bare(word);
        let (one, other) = word.split_once('/')?;
        Some([(one.to_owned(), DataSplit::of(one.as_bytes())?), (other.to_owned(), DataSplit::of(other.as_bytes())?)])
    };
    let words = || name.split([' ', '_']).filter(|word| !word.is_empty());
    let parts = words().find_map(two)?;
    let rest: Vec<&str> = words().filter(|word| two(word).is_none()).collect();
    let is_two = parts[0].1 != parts[1].1 && !rest.is_empty();
    is_two.then(|| parts.map(|(word, part)| (format!("{word}_{}", rest.join("_")), part)))
}
