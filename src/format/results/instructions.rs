//! Reads what a loop's own instructions say about the columns: which one is optimised, which ones are guarded, and which
//! direction is better.
//!
//! Instructions are prose, so they are read by clause: "the objective is latency, accuracy must stay above 0.9" names
//! two columns in one sentence, and only one of them is optimised.

use std::sync::Arc;

use super::clauses::{ClauseVerb, PAST, asked, better_around, better_in, clauses, goal_in, sentences};
use super::denied::{forbids, in_plain_words, is_former, is_turned};
use super::mentions::{Mention, Spellings, definition, is_number_set};
use super::names::{is_cost_of_agent, name_prior};
use super::visible::visible;
use crate::model::Goal;

/// The emphasis that instructions give a column, in increasing order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Emphasis {
    /// Guarded: a constraint, something secondary.
    Guarded,
    #[default]
    None,
    /// Mentioned.
    Named,
    /// Given a direction.
    Directed,
    /// To be changed: minimise it, raise it.
    Optimised,
    /// Called the objective.
    Primary,
}

/// Instructions for one column.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnNotes {
    pub(super) level: Emphasis,
    pub(super) goal: Option<Goal>,
    /// Position of the strongest mention: of two objectives the first is the main one.
    pub(super) at: usize,
    is_guarded: bool,
    goals: Vec<(Emphasis, Goal)>,
}

/// Instructions for all columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Instructions {
    notes: Vec<ColumnNotes>,
    /// A direction without a column's name.
    pub(super) unbound: Option<Goal>,
}

/// The effect of a heading or a label on the words below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Heading {
    #[default]
    None,
    Primary,
    Guard,
    Direction,
    /// Ideas, outputs, results so far: no request.
    Aside,
}

/// Words for the objective.
const PRIMARY: &str = "objective|primary|the metric|your metric|our metric|target metric|main metric|key metric|headline|north star|goal|\
    what to optimi|we target|still target|success metric|optimization target|optimisation target|metric to optimi|zielgröße|ziel|目标|目標|\
    主要指标|目的|objectif|objetivo";
/// Headings and labels of guarded columns.
const GUARD_LABELS: &str = "constraint|secondary|guard|tie break|tiebreak|tie-break|limits|for information|\
    informational|sanity|diagnostic|other metrics|requirement|non-goal|not the ";
/// Headings and labels under which nothing is requested.
const ASIDES: &str = "idea|output|column|log|logging|format|history|hint|suggestion|background|example|baseline|try";
/// Words that make a column guarded, whatever else the clause contains.
const HELD: &str = "without|subject to|provided that|as long as|so long as|rather than|instead of|at the expense|\
    at the cost|no worse|for information|informational|only logged|no longer|no need|ignor|secondary|constraint|guard";
/// Words that do so unless the clause has a verb for it.
const KEPT: &str = "must|keep|stay|remain|hold |maintain|preserve|at least|at most|no more than|no less than|\
    within|unchanged|threshold|budget|limit";
/// Words before a setting that is searched: `find the shortest max_words`.
const SEARCHES: &str = "find|search|sweep|tune|try |trying|choose|pick|via|shortest|vary|set |test ";
/// Maximum number of words between the word for an objective and a name that is an ordinary word.
const NEAR: usize = 3;
/// Words and signs of a bound right after a name.
const BOUNDS: &str = ">|<|≥|≤|above|below|under |over |at least|at most|higher than|lower than|no lower|\
    no higher|no worse|must stay|stays|within|constraint";

impl Instructions {
    /// Reads the instructions in a text about these columns.
    pub(super) fn read(text: &str, columns: &[Arc<str>]) -> Self {
        let text = visible(text);
        let is_quote = |line: &&str| line.trim_start().starts_with('>');
        let unquoted: Vec<&str> = text.lines().filter(|line| !is_quote(line)).collect();
        let mut own = Self::of_text(&unquoted.join("\n"), columns);
        if own.most() >= Emphasis::Optimised || !text.lines().any(|line| is_quote(&line)) {
            return own;
        }
        // A quote may be somebody else's text: it only counts where nothing else does.
        let mut all = Self::of_text(&text, columns);
        for (notes, own) in all.notes.iter_mut().zip(&mut own.notes).filter(|(_, own)| own.goal.is_some()) {
            notes.goal = own.goal;
        }
        all.unbound = own.unbound.or(all.unbound);
        all
    }

    fn of_text(text: &str, columns: &[Arc<str>]) -> Self {
        let mut reader = InstructionReader::of(columns);
        if !text.trim().is_empty() {
            reader.text(text);
        }
        for notes in &mut reader.notes {
            let most = notes.goals.iter().map(|(level, _)| *level).max();
            let mut goals = notes.goals.iter().filter(|(level, _)| Some(*level) == most).map(|(_, goal)| *goal);
            let first = goals.next();
            notes.goal = first.filter(|first| goals.all(|goal| goal == *first));
            if notes.is_guarded && notes.level <= Emphasis::Directed {
                notes.level = Emphasis::Guarded;
            }
        }
        let first = reader.unbound.first().copied();
        let unbound = first.filter(|first| reader.unbound.iter().all(|goal| goal == first));
        Self { notes: reader.notes, unbound }
    }

    /// True if the instructions were read for as many columns.
    pub(super) fn is_about(&self, columns: usize) -> bool {
        self.notes.len() == columns
    }

    /// Returns the columns that a text names.
    pub(super) fn columns_in(text: &str, columns: &[Arc<str>]) -> Vec<usize> {
        InstructionReader::of(columns).names.found_in(&text.to_lowercase()).iter().map(|found| found.column).collect()
    }

    /// Returns the instructions for a column.
    pub(super) fn of(&self, column: usize) -> ColumnNotes {
        self.notes.get(column).cloned().unwrap_or_default()
    }

    /// Reduces a column to a mere mention; if `wholly`, to nothing.
    pub(super) fn demote(&mut self, column: usize, wholly: bool) {
        if let Some(notes) = self.notes.get_mut(column) {
            let most = if wholly { Emphasis::None } else { Emphasis::Named };
            if notes.level < Emphasis::Primary || wholly {
                notes.level = notes.level.min(most);
            }
        }
    }

    /// Returns the strongest emphasis of any column.
    pub(super) fn most(&self) -> Emphasis {
        self.notes.iter().map(|notes| notes.level).max().unwrap_or_default()
    }

    /// Returns the columns with the strongest emphasis, in text order.
    pub(super) fn foremost(&self) -> Vec<usize> {
        let most = self.most();
        let mut columns: Vec<usize> =
            (0..self.notes.len()).filter(|column| self.notes[*column].level == most).collect();
        columns.sort_by_key(|column| self.notes[*column].at);
        columns
    }
}

/// The state while a text is read.
#[derive(Default)]
struct InstructionReader {
    names: Spellings,
    /// For each column, whether its name is that of a parameter or a count.
    settings: Vec<bool>,
    notes: Vec<ColumnNotes>,
    unbound: Vec<Goal>,
    /// The effect of the heading; true while a heading of the objective has no column yet.
    heading: Heading,
    /// The effect of a label that ended in a colon, for the list below it.
    list: Heading,
    is_in_list: bool,
    /// The last column that was mentioned alone.
    subject: Option<usize>,
    /// A direction that preceded its column.
    pending: Option<Goal>,
    clauses: usize,
}

impl InstructionReader {
    fn of(columns: &[Arc<str>]) -> Self {
        Self {
            names: Spellings::of(columns),
            settings: columns.iter().map(|name| name_prior(name).0 <= -1.0 && !is_cost_of_agent(name)).collect(),
            notes: vec![ColumnNotes::default(); columns.len()],
            ..Self::default()
        }
    }

    /// Reads a text. Lines of a paragraph belong together; items of a list, rows of a table and lines with a label are
    /// separate.
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
                // A heading may be complete: `# Objective: minimise latency`.
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
            // The list has ended, and so has the effect of its label.
            self.list = Heading::None;
        }
        let label = label_of(text);
        let own = label.map_or(Heading::None, |(label, _)| classify(label));
        if label.is_some_and(|(_, rest)| rest.is_empty()) || label.is_none() && is_title(text) {
            // It precedes its subject.
            self.list = if own == Heading::None { classify(text) } else { own };
            self.is_in_list = false;
            return;
        }
        if own == Heading::Direction {
            if let Some(goal) = label.and_then(|(_, rest)| Goal::parse(rest).or_else(|| goal_in(rest))) {
                match self.subject {
                    Some(column) => self.notes[column].goals.push((Emphasis::Primary, goal)),
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
                // `The objective is not this but that`: wait for that.
                is_waiting = is_primary && !named;
                if named && label == Heading::Primary {
                    label = Heading::None;
                    if own == Heading::None && above == Heading::Primary {
                        // A heading names one objective; later columns need their own.
                        (self.heading, self.list) = (Heading::None, Heading::None);
                    }
                }
            }
        }
    }

    /// Reads one clause; returns whether something in it is optimised or the objective, and whether it mentions an
    /// objective.
    fn clause(&mut self, clause: &str, label: Heading, is_waiting: bool) -> (bool, bool) {
        let text = clause.to_lowercase();
        if is_former(&text) {
            return (false, false);
        }
        let mut found = self.names.found_in(&text);
        if let Some(sign) = definition(&text, &found) {
            // `total = a + b` names the total; its parts are not objectives.
            found.retain(|name| name.from < sign);
        }
        let has = |list: &str| list.split('|').any(|word| text.contains(word));
        let primary_at = PRIMARY.split('|').filter_map(|word| text.find(word).map(|at| at + word.len())).min();
        if found.is_empty() {
            return (self.unnamed(&text, label, primary_at.is_some()), primary_at.is_some());
        }
        let is_past = has(PAST);
        let is_held = has(HELD) || forbids(&text) || label == Heading::Guard || text.starts_with(", not ");
        // The objective of a clause is named after the word for it, else before it. An ordinary word has to be close to
        // count, and a searched name is a setting.
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
            // `Lower score is better`: the name is in between.
            let within = || {
                if at == 0 && is_last { better_in(&format!("{before}it{after}")) } else { better_around(before, after) }
            };
            let ahead = || if at == 0 { better_in(before) } else { None };
            let better = better_in(after).or_else(ahead).or_else(within);
            // `A higher foo is worse` does not request a higher foo.
            let is_worse = |verb: &ClauseVerb| text.contains("worse") && better == verb.goal.map(Goal::reversed);
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
            // An ordinary word in passing means nothing.
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
                goal.map(|goal| if is_turned(before) { goal.reversed() } else { goal }).or(last.filter(|_| joined));
            last = goal;
            named |= level >= Emphasis::Optimised;
            let notes = &mut self.notes[name.column];
            notes.is_guarded |= is_guarded;
            if level > notes.level {
                (notes.level, notes.at) = (level, self.clauses * 64 + at.min(63));
            }
            let goal = goal.or_else(|| if level == Emphasis::Primary { self.pending.take() } else { None });
            notes.goals.extend(goal.map(|goal| (level.max(Emphasis::Directed), goal)));
        }
        self.subject = match &found[..] {
            [one] => Some(one.column),
            _ => None,
        };
        (named, primary_at.is_some())
    }

    /// Reads a clause without columns; returns whether it names the objective by a name that no column has. The text
    /// after it names none then.
    fn unnamed(&mut self, text: &str, label: Heading, is_primary: bool) -> bool {
        match (better_in(text), self.subject) {
            (Some(goal), Some(column)) => self.notes[column].goals.push((Emphasis::Directed, goal)),
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

/// True if the text after a name bounds it. `over all shows` is not a bound, `over 0.9` is.
fn is_bounded(behind: &str) -> bool {
    let spans = ["over ", "under ", "within "].iter().find_map(|word| behind.strip_prefix(word));
    let is_span = spans.is_some_and(|rest| {
        rest.split(' ').take(2).all(|word| !word.contains(|c: char| c.is_ascii_digit() || c == '`'))
    });
    !is_span && BOUNDS.split('|').any(|word| behind.starts_with(word)) || is_number_set(behind)
}

/// Returns the content words of a text.
fn words_in(text: &str) -> impl Iterator<Item = &str> {
    const FILLERS: &str = "the a an is are to of be it as our your get in on this that its";
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| FILLERS.split(' ').all(|filler| filler != *word))
}

/// Returns the end of a text with at most `count` content words.
fn last_words(text: &str, count: usize) -> &str {
    let words: Vec<&str> = words_in(text).collect();
    let first = words.len().checked_sub(count).map(|at| words[at]);
    first.and_then(|word| text.rfind(word)).map_or(text, |at| &text[at..])
}

/// Returns the text of a list entry.
fn list_entry(line: &str) -> Option<&str> {
    let bullet = ["- ", "* ", "+ ", "• "].iter().find_map(|bullet| line.strip_prefix(bullet));
    bullet.or_else(|| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < line.len()).then(|| rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))).flatten()
    })
}

/// Returns the label that a text begins with, and the rest.
fn label_of(text: &str) -> Option<(&str, &str)> {
    let text = list_entry(text).unwrap_or(text);
    let (label, rest) = text.split_once([':', '：'])?;
    let label = label.trim_matches(['*', '`', ' ', '_']);
    let is_label = label.split_whitespace().count() <= 4 && label.len() <= 40 && label.starts_with(char::is_alphabetic);
    (is_label && !label.contains(['.', ',', ';'])).then(|| (label, rest.trim()))
}

/// True for a few words on their own above a text.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(text: &str, columns: &[&str]) -> Vec<(Emphasis, Option<Goal>)> {
        let columns: Vec<Arc<str>> = columns.iter().map(|name| Arc::from(*name)).collect();
        let read = Instructions::read(text, &columns);
        (0..columns.len()).map(|column| (read.of(column).level, read.of(column).goal)).collect()
    }

    #[test]
    fn a_list_has_the_meaning_of_its_label() {
        let text = "# Task\n\nMinimise `foo`.\n\nConstraints:\n\n- bar: higher is better, at least 3\n- baz must not fall\n\nThe qux is printed, too.";
        let lower = Some(Goal::Minimize);
        assert_eq!(
            notes(text, &["foo", "bar", "baz", "qux", "quux"]),
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
    fn names_match_whole_words_and_the_longest_first() {
        let text = "The goal is the lowest val_loss; see loss.py and the loss-curve. Report tokens per sec.";
        assert_eq!(
            notes(text, &["loss", "val_loss", "tokens_per_sec"]).iter().map(|notes| notes.0).collect::<Vec<_>>(),
            [Emphasis::None, Emphasis::Primary, Emphasis::Named]
        );
    }

    #[test]
    fn a_direction_in_passing_does_not_count() {
        let text = "The goal is simple: get the lowest val_bpb. Some increase of memory_gb is acceptable for meaningful val_bpb gains. \
            If val_bpb improved (lower), you advance; if it is equal or worse, you reset. An increase is acceptable for large val_bpb gains.";
        assert_eq!(notes(text, &["val_bpb", "memory_gb"])[0], (Emphasis::Primary, Some(Goal::Minimize)));
        assert!(notes(text, &["val_bpb", "memory_gb"])[1].0 <= Emphasis::Optimised);
    }
}
