//! What a loop's own instructions, and comments above its table, say of the columns: which one is optimised, which ones
//! are only to be held, and which direction is better.
//!
//! Instructions are prose, so they are read by clauses: "the objective is latency, accuracy must stay above 0.9" names two
//! columns in one breath, and only one of them is optimised.

use std::sync::Arc;

use super::clauses::{ClauseVerb, PAST, asked, better_around, better_in, clauses, goal_in, sentences, verb_before};
use super::denied::{forbids, in_plain_words, is_over, is_turned};
use super::mentions::{Mention, Spellings, definition, is_number_set};
use super::names::{is_cost_of_agent, name_prior};
use super::objective::Stated;
use super::sheet::plain;
use super::visible::visible;
use crate::model::{Goal, without_direction};

/// How the instructions speak of a column, from the least to the most that it says for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Emphasis {
    /// It is to be held: a constraint, something secondary.
    Guarded,
    #[default]
    None,
    /// It stands in them.
    Named,
    /// A direction is given for it.
    Directed,
    /// Something is to be done about it: minimise it, raise it.
    Optimised,
    /// It is called the objective.
    Primary,
}

/// What is said of one column.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnNotes {
    pub(super) level: Emphasis,
    pub(super) goal: Option<Goal>,
    /// Where it came to its level: of two objectives the first is the main one.
    pub(super) at: usize,
    is_guarded: bool,
    goals: Vec<(Emphasis, Goal)>,
}

/// What is said of all columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Instructions {
    told: Vec<ColumnNotes>,
    /// A direction that stands beside no column's name.
    pub(super) unbound: Option<Goal>,
}

/// What a heading or a label says of the words below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Heading {
    #[default]
    None,
    Primary,
    Guard,
    Direction,
    /// Ideas, outputs, what was reached: nothing to do.
    Aside,
}

/// What calls a column the objective.
const PRIMARY: &str = "objective|primary|the metric|your metric|our metric|target metric|main metric|key metric|headline|north star|goal|\
    what to optimi|we target|still target|success metric|optimization target|optimisation target|metric to optimi|zielgröße|ziel|目标|目標|\
    主要指标|目的|objectif|objetivo";
/// Headings and labels of what is only to be held.
const GUARD_LABELS: &str = "constraint|secondary|guard|tie break|tiebreak|tie-break|limits|for information|\
    informational|sanity|diagnostic|other metrics|requirement|non-goal|not the ";
/// Headings and labels under which nothing is asked for.
const ASIDES: &str = "idea|output|column|log|logging|format|history|hint|suggestion|background|example|baseline|try";
/// Words that make a column one to be held, whatever else the clause says.
const HELD: &str = "without|subject to|provided that|as long as|so long as|rather than|instead of|at the expense|\
    at the cost|no worse|for information|informational|only logged|no longer|no need|ignor|secondary|constraint|guard";
/// Words that do so where nothing is to be done about it.
const KEPT: &str = "must|keep|stay|remain|hold |maintain|preserve|at least|at most|no more than|no less than|\
    within|unchanged|threshold|budget|limit";
/// Words before a setting that is looked for: `find the shortest max_words`.
const SEARCHES: &str = "find|search|sweep|tune|try |trying|choose|pick|via|shortest|vary|set |test ";
/// Words that may stand between the word for an objective and a name that is a word of the language.
const NEAR: usize = 3;
/// What stands right behind a name that is bounded.
const BOUNDS: &str = ">|<|≥|≤|above|below|under |over |at least|at most|higher than|lower than|no lower|\
    no higher|no worse|must stay|stays|within|constraint";

impl Instructions {
    /// What a text says of columns.
    pub(super) fn read(text: &str, columns: &[Arc<str>]) -> Self {
        let text = visible(text);
        let is_quote = |line: &&str| line.trim_start().starts_with('>');
        let unquoted: Vec<&str> = text.lines().filter(|line| !is_quote(line)).collect();
        let mut own = Self::of_text(&unquoted.join("\n"), columns);
        if own.most() >= Emphasis::Optimised || !text.lines().any(|line| is_quote(&line)) {
            return own;
        }
        // What is quoted may be somebody else's: it says what nothing else does.
        let mut all = Self::of_text(&text, columns);
        for (told, own) in all.told.iter_mut().zip(&mut own.told).filter(|(_, own)| own.goal.is_some()) {
            told.goal = own.goal;
        }
        all.unbound = own.unbound.or(all.unbound);
        all
    }

    fn of_text(text: &str, columns: &[Arc<str>]) -> Self {
        let mut reader = InstructionReader::of(columns);
        if !text.trim().is_empty() {
            reader.text(text);
        }
        for told in &mut reader.told {
            let most = told.goals.iter().map(|(level, _)| *level).max();
            let mut goals = told.goals.iter().filter(|(level, _)| Some(*level) == most).map(|(_, goal)| *goal);
            let first = goals.next();
            told.goal = first.filter(|first| goals.all(|goal| goal == *first));
            if told.is_guarded && told.level <= Emphasis::Directed {
                told.level = Emphasis::Guarded;
            }
        }
        let first = reader.unbound.first().copied();
        let unbound = first.filter(|first| reader.unbound.iter().all(|goal| goal == first));
        Self { told: reader.told, unbound }
    }

    /// True where so many columns were asked about.
    pub(super) fn is_about(&self, columns: usize) -> bool {
        self.told.len() == columns
    }

    /// The columns that a text names.
    pub(super) fn columns_in(text: &str, columns: &[Arc<str>]) -> Vec<usize> {
        InstructionReader::of(columns).names.found_in(&text.to_lowercase()).iter().map(|found| found.column).collect()
    }

    /// What is said of a column.
    pub(super) fn of(&self, column: usize) -> ColumnNotes {
        self.told.get(column).cloned().unwrap_or_default()
    }

    /// Takes a column for one that only stands in the text; for one that is not even a number where `wholly`.
    pub(super) fn demote(&mut self, column: usize, wholly: bool) {
        if let Some(told) = self.told.get_mut(column) {
            let most = if wholly { Emphasis::None } else { Emphasis::Named };
            if told.level < Emphasis::Primary || wholly {
                told.level = told.level.min(most);
            }
        }
    }

    /// The most that is said of any column.
    pub(super) fn most(&self) -> Emphasis {
        self.told.iter().map(|told| told.level).max().unwrap_or_default()
    }

    /// The columns of which as much is said, in the order in which it is.
    pub(super) fn foremost(&self) -> Vec<usize> {
        let most = self.most();
        let mut columns: Vec<usize> = (0..self.told.len()).filter(|column| self.told[*column].level == most).collect();
        columns.sort_by_key(|column| self.told[*column].at);
        columns
    }
}

/// The state of reading a text.
#[derive(Default)]
struct InstructionReader {
    names: Spellings,
    /// Of each column, whether its name says that it is a parameter or a count.
    settings: Vec<bool>,
    told: Vec<ColumnNotes>,
    unbound: Vec<Goal>,
    /// What the heading says, and whether a heading of the objective still waits for its column.
    heading: Heading,
    /// What a label says that ended in a colon, for the list below it.
    list: Heading,
    is_in_list: bool,
    /// The column that was spoken of last, where it was one alone.
    subject: Option<usize>,
    /// A direction that came before the name it is for.
    pending: Option<Goal>,
    clauses: usize,
}

impl InstructionReader {
    fn of(columns: &[Arc<str>]) -> Self {
        Self {
            names: Spellings::of(columns),
            settings: columns.iter().map(|name| name_prior(name).0 <= -1.0 && !is_cost_of_agent(name)).collect(),
            told: vec![ColumnNotes::default(); columns.len()],
            ..Self::default()
        }
    }

    /// Lines of a paragraph belong together; items of a list, rows of a table and lines with a label stand for themselves.
    fn text(&mut self, text: &str) {
        let mut item = String::new();
        let mut is_entry = false;
        for line in text.lines().filter(|line| line.len() < 4000) {
            let line = line.trim().trim_start_matches('>').trim().replace("**", "");
            let line = line.as_str();
            let is_heading = line.starts_with('#');
            let entry = list_entry(line);
            let stands_alone = is_heading || line.is_empty() || line.starts_with("```") || line.starts_with('|');
            if stands_alone || entry.is_some() || label_of(line).is_some() {
                self.item(&std::mem::take(&mut item), is_entry);
            }
            if is_heading {
                let line = line.trim_start_matches('#').trim();
                (self.heading, self.list, self.subject) = (classify(line), Heading::None, None);
                // A heading may say all of it: `# Objective: minimise latency`.
                if !self.names.found_in(&line.to_lowercase()).is_empty() {
                    self.item(line, false);
                }
            } else if line.starts_with('|') {
                self.item(&line.replace('|', " "), true);
            } else if !stands_alone {
                if item.is_empty() {
                    is_entry = entry.is_some();
                }
                item.push_str(if item.is_empty() { "" } else { " " });
                item.push_str(entry.unwrap_or(line));
            }
        }
        self.item(&item, is_entry);
    }

    fn item(&mut self, text: &str, is_entry: bool) {
        let text = in_plain_words(text.trim());
        let text = text.as_str();
        if text.is_empty() {
            return;
        }
        if std::mem::replace(&mut self.is_in_list, is_entry) && !is_entry {
            // The list is over, and what stood above it.
            self.list = Heading::None;
        }
        let label = label_of(text);
        let own = label.map_or(Heading::None, |(label, _)| classify(label));
        if label.is_some_and(|(_, rest)| rest.is_empty()) || label.is_none() && is_title(text) {
            // It stands above what it is about.
            self.list = if own == Heading::None { classify(text) } else { own };
            self.is_in_list = false;
            return;
        }
        if own == Heading::Direction {
            if let Some(goal) = label.and_then(|(_, rest)| Goal::parse(rest).or_else(|| goal_in(rest))) {
                match self.subject {
                    Some(column) => self.told[column].goals.push((Emphasis::Primary, goal)),
                    None => self.pending = Some(goal),
                }
            }
            return;
        }
        let above = if self.list == Heading::None { self.heading } else { self.list };
        let mut label = if own == Heading::None { above } else { own };
        let mut is_waiting = false;
        for sentence in sentences(text) {
            for clause in clauses(sentence) {
                self.clauses += 1;
                let (named, is_primary) = self.clause(clause, label, is_waiting);
                // `The objective is not this but that` waits for that.
                is_waiting = is_primary && !named;
                if named && label == Heading::Primary {
                    label = Heading::None;
                    if own == Heading::None && above == Heading::Primary {
                        // A heading names one objective; what comes further down has to speak for itself.
                        (self.heading, self.list) = (Heading::None, Heading::None);
                    }
                }
            }
        }
    }

    /// Reads one clause: whether something in it is optimised or the objective, and whether it speaks of an objective.
    fn clause(&mut self, clause: &str, label: Heading, is_waiting: bool) -> (bool, bool) {
        let text = clause.to_lowercase();
        if is_over(&text) {
            return (false, false);
        }
        let mut found = self.names.found_in(&text);
        if let Some(sign) = definition(&text, &found) {
            // `total = a + b` names the total; what it is made of is no objective for that.
            found.retain(|name| name.from < sign);
        }
        let has = |list: &str| list.split('|').any(|word| text.contains(word));
        let primary_at = PRIMARY.split('|').filter_map(|word| text.find(word).map(|at| at + word.len())).min();
        if found.is_empty() {
            return (self.unnamed(&text, label, primary_at.is_some()), primary_at.is_some());
        }
        let is_past = has(PAST);
        let is_held = has(HELD) || forbids(&text) || label == Heading::Guard || text.starts_with(", not ");
        // The objective of a clause is what follows the word for it, else what comes before it.
        // A word of the language has to stand close to be meant, and what is searched for is a setting.
        let is_meant = |name: &Mention| {
            let start = primary_at.filter(|at| *at <= name.from).unwrap_or(0);
            let is_near = !name.is_plain || words_in(&text[start..name.from]).count() <= NEAR;
            is_near && !(self.settings[name.column] && SEARCHES.split('|').any(|word| text[..name.from].contains(word)))
        };
        let meant: Vec<bool> = found.iter().map(is_meant).collect();
        let by_word = primary_at.filter(|_| label != Heading::Aside).and_then(|at| {
            let after = (0..found.len()).position(|one| found[one].from >= at && meant[one]);
            after.or_else(|| meant.iter().rposition(|is_meant| *is_meant))
        });
        let is_called = label == Heading::Primary || is_waiting;
        let called = by_word.or_else(|| if is_called { meant.iter().position(|is_meant| *is_meant) } else { None });
        let mut named = false;
        let mut last: Option<Goal> = None;
        let mut was_undone = false;
        for (at, name) in found.iter().enumerate() {
            let from = if at == 0 { 0 } else { found[at - 1].to };
            let to = found.get(at + 1).map_or(text.len(), |next| next.from);
            let (before, after) = (&text[from..name.from], &text[name.to..to]);
            let near = if name.is_plain { last_words(before, 2) } else { before };
            let is_last = at + 1 == found.len();
            let joined =
                matches!(before.trim_matches(['`', ' ', '*']), "and" | "," | "&" | "/" | ", and" | "or" | "nor");
            let (verb, is_undone) = asked(before, near, after, is_past, is_last);
            let is_undone = is_undone || joined && was_undone;
            was_undone = is_undone;
            // `Lower score is better`: the name stands within.
            let within = || {
                if at == 0 && is_last { better_in(&format!("{before}it{after}")) } else { better_around(before, after) }
            };
            let ahead = || if at == 0 { better_in(before) } else { None };
            let better = better_in(after).or_else(ahead).or_else(within);
            // `A higher foo is worse` asks for no higher foo.
            let is_worse = |verb: &ClauseVerb| text.contains("worse") && better == verb.goal.map(Goal::turned);
            let verb = verb.filter(|verb| !is_worse(verb));
            let is_bound = is_bounded(after.trim_start_matches(['`', ' ', '(', '*']));
            let before_it = before.trim_end_matches([' ', '`', '*']);
            let is_denied = is_undone || [" not", " no"].iter().any(|no| format!(" {before_it}").ends_with(no));
            // `If foo improved, keep the commit` decides by it.
            let is_rule = at == 0
                && ["if ", "when ", "whenever "].iter().any(|word| text.trim_start().starts_with(word))
                && words_in(after).next().is_some_and(|word| word.starts_with("improve"));
            let is_kept = verb.is_none() && !is_rule && has(KEPT);
            // `Goal: loss below 0.9` bounds the objective, `keep the loss below 0.9` does not name one.
            let is_guarded =
                is_held || is_denied || if by_word == Some(at) { is_bound && is_kept } else { is_bound || is_kept };
            // A word in passing says nothing.
            let weak = if name.is_plain { Emphasis::None } else { Emphasis::Named };
            let level = match (called == Some(at), verb, better) {
                _ if is_guarded => Emphasis::Named,
                _ if !meant[at] && verb.is_none() => weak,
                _ if self.settings[name.column] && !meant[at] => Emphasis::Named,
                (true, ..) => Emphasis::Primary,
                (_, Some(_), _) if label != Heading::Aside => Emphasis::Optimised,
                (_, _, Some(_)) => Emphasis::Directed,
                _ if is_rule && meant[at] => Emphasis::Directed,
                _ => Emphasis::Named,
            };
            let goal = match (verb.and_then(|verb| verb.goal).filter(|_| level >= Emphasis::Optimised), better) {
                (Some(verb), Some(better)) if verb != better => None,
                (verb, better) => better.or(verb),
            };
            let goal =
                goal.map(|goal| if is_turned(before) { goal.turned() } else { goal }).or(last.filter(|_| joined));
            last = goal;
            named |= level >= Emphasis::Optimised;
            let told = &mut self.told[name.column];
            told.is_guarded |= is_guarded;
            if level > told.level {
                (told.level, told.at) = (level, self.clauses * 64 + at.min(63));
            }
            let goal = goal.or_else(|| if level == Emphasis::Primary { self.pending.take() } else { None });
            told.goals.extend(goal.map(|goal| (level.max(Emphasis::Directed), goal)));
        }
        self.subject = match &found[..] {
            [one] => Some(one.column),
            _ => None,
        };
        (named, primary_at.is_some())
    }

    /// Reads a clause that names no column: whether it names the objective, by a name that no column has. What comes
    /// after it does not name one then.
    fn unnamed(&mut self, text: &str, label: Heading, is_primary: bool) -> bool {
        match (better_in(text), self.subject) {
            (Some(goal), Some(column)) => self.told[column].goals.push((Emphasis::Directed, goal)),
            (Some(goal), None) => self.unbound.push(goal),
            (None, _) if label == Heading::Primary || is_primary => {
                let goal = goal_in(text);
                self.unbound.extend(goal);
                return goal.is_some() && label == Heading::Primary;
            }
            (None, _) => {}
        }
        false
    }
}

/// True where what stands behind a name bounds it. `over all shows` bounds nothing, `over 0.9` does.
fn is_bounded(behind: &str) -> bool {
    let spans = ["over ", "under ", "within "].iter().find_map(|word| behind.strip_prefix(word));
    let is_span = spans.is_some_and(|rest| {
        rest.split(' ').take(2).all(|word| !word.contains(|c: char| c.is_ascii_digit() || c == '`'))
    });
    !is_span && BOUNDS.split('|').any(|word| behind.starts_with(word)) || is_number_set(behind)
}

/// Words of a text that say something.
fn words_in(text: &str) -> impl Iterator<Item = &str> {
    const FILLERS: &str = "the a an is are to of be it as our your get in on this that its";
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| FILLERS.split(' ').all(|filler| filler != *word))
}

/// The end of a text with so many words that say something.
fn last_words(text: &str, count: usize) -> &str {
    let words: Vec<&str> = words_in(text).collect();
    let first = words.len().checked_sub(count).map(|at| words[at]);
    first.and_then(|word| text.rfind(word)).map_or(text, |at| &text[at..])
}

/// The text of an entry of a list.
fn list_entry(line: &str) -> Option<&str> {
    let bullet = ["- ", "* ", "+ ", "• "].iter().find_map(|bullet| line.strip_prefix(bullet));
    bullet.or_else(|| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < line.len()).then(|| rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))).flatten()
    })
}

/// The label that a text begins with, and the rest.
fn label_of(text: &str) -> Option<(&str, &str)> {
    let text = list_entry(text).unwrap_or(text);
    let (label, rest) = text.split_once([':', '：'])?;
    let label = label.trim_matches(['*', '`', ' ', '_']);
    let is_label = label.split_whitespace().count() <= 4 && label.len() <= 40 && label.starts_with(char::is_alphabetic);
    (is_label && !label.contains(['.', ',', ';'])).then(|| (label, rest.trim()))
}

/// True for a few words alone that stand above a text.
fn is_title(text: &str) -> bool {
    text.split_whitespace().count() <= 2 && classify(text) != Heading::None && !text.ends_with(['.', '!'])
}

fn classify(label: &str) -> Heading {
    let label = label.to_lowercase();
    let has = |list: &str| list.split('|').any(|word| label.contains(word));
    let label = label.trim();
    let is_ban = matches!(label, "do not" | "don't" | "never" | "avoid" | "not" | "don’t");
    let is_former = ["old ", "previous ", "former ", "earlier "].iter().any(|word| label.starts_with(word));
    if is_former {
        Heading::Aside
    } else if is_ban || has(GUARD_LABELS) {
        Heading::Guard
    } else if label.ends_with("direction") || matches!(label, "better" | "richtung" | "方向") {
        Heading::Direction
    } else if label.contains("so far")
        || label.split(' ').any(|word| ASIDES.split('|').any(|aside| aside == word.trim_end_matches('s')))
    {
        Heading::Aside
    } else if has(PRIMARY) || matches!(label, "metric" | "metric name" | "target" | "指标" | "指標" | "metrik") {
        Heading::Primary
    } else {
        Heading::None
    }
}

/// The direction that a column's own name carries: `foo ↓`, `foo (lower is better)`, `foo (min)`. `memory (max)` is the most
/// that was used: only a name that is not known is told by such a word.
pub(super) fn goal_of_header(name: &str) -> Option<Goal> {
    let (bare, marked) = without_direction(name);
    let (goal, is_plain) = marked?;
    (is_plain || Goal::of_metric(bare).is_none()).then_some(goal)
}

/// A column's name without an arrow or a remark about its direction.
pub(super) fn bare_name(name: &str) -> &str {
    without_direction(name).0
}

/// What a comment above a table says of the objective; `None` where it says nothing.
pub(super) fn comment(text: &str) -> Option<Stated> {
    const DIRECTIONS: [&str; 8] = [
        "metric_direction",
        "direction",
        "goal",
        "better",
        "optimize",
        "optimization",
        "objective_direction",
        "bestdirection",
    ];
    const METRICS: [&str; 8] =
        ["metric", "metric_name", "objective", "primary_metric", "goal", "optimize", "optimise", "target_metric"];
    let text = in_plain_words(text.trim_start_matches(['#', ' ']).trim());
    let text = text.as_str();
    // What is said of a constraint is not said of the objective.
    let first = sentences(text).into_iter().next().and_then(|sentence| clauses(sentence).into_iter().next());
    let whole = text.to_lowercase();
    if is_over(&whole) {
        return None;
    }
    let text = first.unwrap_or(text);
    let (key, value) = text.split_once([':', '=']).unwrap_or(("", text));
    let key = plain(key);
    let mut goal = goal_in(text).or_else(|| better_in(&whole));
    if DIRECTIONS.contains(&key.as_str()) {
        goal = goal.or_else(|| Goal::parse(value));
    }
    // `lower foo` is asked for, `lower is not better` is not.
    let start = value.to_lowercase().split_inclusive(' ').take(2).collect::<String>();
    let verb = key.is_empty().then(|| verb_before(&start, false).filter(|verb| verb.at == 0)).flatten();
    let mut words = value.split([' ', '(', ')', ',', ';', '`', '"', '\'']);
    let names_metric = METRICS.contains(&key.as_str()) || verb.is_some();
    let metric = words.find(|word| names_metric && names_something(word)).map(str::to_owned);
    // A column may be called `goal`, too.
    let is_key = DIRECTIONS.contains(&key.as_str()) || METRICS.contains(&key.as_str());
    let about = if is_key { value } else { text };
    let goal = goal.or_else(|| verb?.goal).map(|goal| (about.to_owned(), goal));
    let stated = Stated { metric, goals: goal.into_iter().collect() };
    (stated != Stated::default()).then_some(stated)
}

/// False for words about a direction, and those between them: `# objective: minimize it` names no metric.
fn names_something(word: &str) -> bool {
    let small = word.to_lowercase();
    let is_verb = || verb_before(&small, false).is_some();
    let is_small = matches!(
        small.as_str(),
        "the"
            | "a"
            | "an"
            | "to"
            | "of"
            | "it"
            | "is"
            | "be"
            | "as"
            | "our"
            | "value"
            | "mean"
            | "better"
            | "and"
            | "get"
            | "for"
    );
    let is_number = small.starts_with(|c: char| !c.is_alphabetic());
    !small.is_empty() && !is_small && !is_number && Goal::parse(&small).is_none() && !is_verb()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, columns: &[&str]) -> Vec<(Emphasis, Option<Goal>)> {
        let columns: Vec<Arc<str>> = columns.iter().map(|name| Arc::from(*name)).collect();
        let read = Instructions::read(text, &columns);
        (0..columns.len()).map(|column| (read.of(column).level, read.of(column).goal)).collect()
    }

    #[test]
    fn a_list_below_a_label_is_what_the_label_says() {
        let text = "# Task\n\nMinimise `foo`.\n\nConstraints:\n\n- bar: higher is better, at least 3\n- baz must not fall\n\nThe qux is printed, too.";
        let lower = Some(Goal::Minimize);
        assert_eq!(
            told(text, &["foo", "bar", "baz", "qux", "quux"]),
            [
                (Emphasis::Optimised, lower),
                (Emphasis::Guarded, Some(Goal::Maximize)),
                (Emphasis::Guarded, None),
                (Emphasis::Named, None),
                (Emphasis::None, None)
            ]
        );
    }

    #[test]
    fn names_are_whole_words_and_the_longest_of_them() {
        let text = "The goal is the lowest val_loss; see loss.py and the loss-curve. Report tokens per sec.";
        assert_eq!(
            told(text, &["loss", "val_loss", "tokens_per_sec"]).iter().map(|told| told.0).collect::<Vec<_>>(),
            [Emphasis::None, Emphasis::Primary, Emphasis::Named]
        );
    }

    #[test]
    fn what_is_said_in_passing_is_no_direction() {
        let text = "The goal is simple: get the lowest val_bpb. Some increase of memory_gb is acceptable for meaningful val_bpb gains. \
            If val_bpb improved (lower), you advance; if it is equal or worse, you reset. An increase is acceptable for large val_bpb gains.";
        assert_eq!(told(text, &["val_bpb", "memory_gb"])[0], (Emphasis::Primary, Some(Goal::Minimize)));
        assert!(told(text, &["val_bpb", "memory_gb"])[1].0 <= Emphasis::Optimised);
    }
}
