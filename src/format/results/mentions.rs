//! Finds the names of columns in a text.

use std::sync::Arc;

use super::names::{bare_name, is_generic};
use crate::model::rank_of_metric;

/// Last parts of dotted names that are common words, or meaningless without the parts before them.
const COMMON: &str =
    "mean median avg average min max std total sum count value values name all best last first final current";

/// Spellings of the columns' names.
#[derive(Default)]
pub(super) struct Spellings {
    forms: Vec<Spelling>,
}

/// One spelling of a column's name, in lower case.
struct Spelling {
    column: usize,
    text: String,
    /// For the last part of a dotted name: the words before it. One of them has to occur in the clause if several
    /// columns end alike.
    heads: Option<Vec<String>>,
}

/// A mention of a column in a clause.
#[derive(Clone, Copy)]
pub(super) struct Mention {
    pub(super) column: usize,
    pub(super) from: usize,
    pub(super) to: usize,
    /// True for an ordinary word that is not marked as a name and does not measure anything: `house`, `compiles`.
    pub(super) is_plain: bool,
}

impl Spellings {
    /// Collects the spellings of these columns: as they are, with spaces, and by the last part of a dotted or nested
    /// name.
    pub(super) fn of(columns: &[Arc<str>]) -> Self {
        let names: Vec<String> = columns.iter().map(|name| bare_name(name).to_lowercase()).collect();
        let last = |name: &str| name.rsplit(['.', '/']).next().unwrap_or_default().to_owned();
        let mut forms = Vec::new();
        for (column, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let mut add = |text: String, heads| forms.push(Spelling { column, text, heads });
            add(name.clone(), None);
            for other in [name.replace('_', " "), name.replace(' ', "_")] {
                if other != *name {
                    add(other, None);
                }
            }
            for text in as_rate(name).into_iter().filter(|text| !names.contains(text)) {
                add(text, None);
            }
            let part = last(name);
            let is_common = || COMMON.split(' ').any(|word| word == part);
            if part.len() == name.len() || part.len() < 3 || is_common() || names.contains(&part) {
                continue;
            }
            add(name.replace(['.', '/', '_'], " "), None);
            let is_alone = names.iter().filter(|name| last(name) == part).count() == 1;
            let before = &name[..name.len() - part.len()];
            let words = || before.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
            let heads = if is_alone { Vec::new() } else { words().map(str::to_owned).collect() };
            if is_alone || !heads.is_empty() {
                add(part.replace('_', " "), Some(heads.clone()));
                add(part, Some(heads));
            }
        }
        Self { forms }
    }

    /// Finds the mentions in a text in lower case: entire names, the longest at each position.
    pub(super) fn found_in(&self, text: &str) -> Vec<Mention> {
        let mut found: Vec<Mention> = Vec::new();
        for form in &self.forms {
            // Two letters are a word in some language, unless they are marked as a name.
            let name = form.text.as_str();
            let is_short = name.chars().count() < 3 && !name.bytes().any(|byte| byte.is_ascii_digit());
            let is_meant = |from: usize| {
                form.heads.as_ref().is_none_or(|heads| {
                    // `train.loss` is not `val.loss`.
                    let is_of_other = text[..from].ends_with(['.', '/']);
                    !is_of_other && (heads.is_empty() || heads.iter().any(|head| text.contains(head)))
                })
            };
            found.extend(
                text.match_indices(name)
                    .map(|(from, name)| (from, from + name.len()))
                    .filter(|(from, to)| stands_alone(text, *from, *to) && is_meant(*from))
                    .filter(|(from, to)| !is_short || is_quoted(text, *from, *to))
                    .map(|(from, to)| Mention { column: form.column, from, to, is_plain: is_plain(text, from, to) }),
            );
        }
        let inside = |one: &Mention| {
            found
                .iter()
                .any(|other| other.from <= one.from && one.to <= other.to && other.to - other.from > one.to - one.from)
        };
        let mut whole: Vec<Mention> = found.iter().filter(|one| !inside(one)).copied().collect();
        whole.sort_by_key(|one| one.from);
        whole.dedup_by_key(|one| one.from);
        whole
    }
}

/// True for a name between backticks, alone or before its definition: `S`, `S = a + b`.
fn is_quoted(text: &str, from: usize, to: usize) -> bool {
    let rest = &text[to..];
    text[..from].ends_with('`') && (rest.starts_with('`') || rest.trim_start().starts_with('=') && rest.contains('`'))
}

fn is_plain(text: &str, from: usize, to: usize) -> bool {
    let name = &text[from..to];
    let is_marked = text[..from].ends_with(['`', '"', '\'', '*', '“']);
    !is_marked
        && name.bytes().all(|byte| byte.is_ascii_lowercase())
        && rank_of_metric(name).is_none()
        && !is_generic(name)
}

/// Returns spellings of a rate's name: `tok_s` and `tokens_per_sec` are both tokens per second.
fn as_rate(name: &str) -> Vec<String> {
    const SECOND: [&str; 8] = ["_per_second", "_per_sec", "_per_s", "_second", "_sec", "_s", "/s", "/sec"];
    const TOKENS: [&str; 4] = ["tok", "toks", "token", "tokens"];
    let Some(what) = SECOND.iter().find_map(|end| name.strip_suffix(end)) else { return Vec::new() };
    let (before, last) = what.rsplit_once('_').map_or(("", what), |(before, last)| (before, last));
    let is_counted = [
        "img", "imgs", "image", "images", "sample", "samples", "it", "iter", "step", "steps", "example", "examples",
        "frame", "frames", "req", "request", "requests",
    ]
    .contains(&last);
    let counted: Vec<&str> = if TOKENS.contains(&last) {
        TOKENS.to_vec()
    } else if is_counted {
        vec![last]
    } else {
        return Vec::new();
    };
    let before = if before.is_empty() { String::new() } else { format!("{} ", before.replace('_', " ")) };
    let ways = ["/s", "/sec", "/second", " per second", " per sec", "_per_second", "_per_sec", "_per_s", "_s"];
    counted
        .iter()
        .flat_map(|one| ways.iter().map(move |way| format!("{one}{way}")))
        .map(|text| format!("{before}{text}"))
        .collect()
}

/// Returns the position of the `=` of a definition: `total = a + b`. `accuracy = 0.9` is a bound, and `the objective =
/// latency` names the objective.
pub(super) fn definition(text: &str, found: &[Mention]) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_alone = |at: &usize| {
        let before = at.checked_sub(1).map_or(b' ', |before| bytes[before]);
        !matches!(before, b'<' | b'>' | b'!' | b'=' | b'~') && !matches!(bytes.get(at + 1), Some(b'=' | b'>'))
    };
    let at = text.match_indices('=').map(|(at, _)| at).find(is_alone)?;
    let name = text[..at].trim_end_matches([' ', '`', '*', ':']).len();
    let is_column = found.iter().any(|one| one.to == name);
    let is_expression = || {
        let defines = text[..name].ends_with(|c: char| c.is_alphanumeric()) && text[..at].trim_end().ends_with('`');
        defines && [" + ", " - ", " * ", " / ", " × ", " − "].iter().any(|sign| text[at..].contains(sign))
    };
    (!is_number_set(&text[at..]) && (is_column || is_expression())).then_some(at)
}

/// True for the assignment of a number: `= 0.9`.
pub(super) fn is_number_set(text: &str) -> bool {
    let rest = text.trim_start_matches(['=', ' ', '`', '~', '+', '-']);
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    // `= 0.3 * a` continues.
    text.starts_with('=') && behind.len() < rest.len() && !behind.trim_start().starts_with(['*', '/', '×', '·', '+'])
}

/// True if a name is not part of a longer word, of a file's name or of a path.
fn stands_alone(text: &str, from: usize, to: usize) -> bool {
    // Chinese and Japanese are written without spaces.
    let is_part = |c: char| c == '_' || c.is_alphanumeric() && c < '\u{2e80}';
    let before = text[..from].chars().next_back();
    let mut after = text[to..].chars();
    let (next, second) = (after.next(), after.next());
    let continues = matches!(next, Some('.' | '-')) && second.is_some_and(char::is_alphabetic);
    !before.is_some_and(is_part) && !next.is_some_and(is_part) && !continues
}
