//! The meaning of the cells of a line: its step, its values, and their subject.

use std::borrow::Cow;

use super::cells::{CellItem, Cells, Pair};
use super::lexer::{Token, TokenKind};
use super::parts::{self, DataSplit};
use super::words::{self, Count, Which};
use super::{digits, units};

/// The use of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Use {
    Step,
    /// The total number of steps.
    Of,
    Epoch,
    EpochOf,
    /// The value of a column.
    Value(u16),
    /// A part of a column's value that is a time, with the number of seconds in its unit.
    Part(u16, f64),
    /// The completed percentage.
    Percent,
    /// A part of the time left, with the number of seconds in its unit.
    Remaining(f64),
    /// The process or thing that the line is about.
    Which(Which),
    Ignored,
}

/// The meaning of a line, without its numbers.
#[expect(clippy::struct_excessive_bools, reason = "facts about a line")]
#[derive(Clone, Debug, Default)]
pub(super) struct Meaning {
    /// Uses of tokens; all others are ignored.
    pub(super) uses: Vec<(usize, Use)>,
    /// Names of the values.
    pub(super) names: Vec<String>,
    /// The tokens of names: their digits are part of the shape.
    pub(super) named: Vec<(usize, usize)>,
    /// The kind of its steps; `None` when it has no step.
    pub(super) count: Option<Count>,
    pub(super) has_epoch: bool,
    /// True if the epoch has a point: many steps may share the same rounded one.
    pub(super) is_epoch_rounded: bool,
    pub(super) part: Option<DataSplit>,
    /// The part that the line itself names, whatever its heading.
    pub(super) own_part: Option<DataSplit>,
    /// The name of a subset of the part: `dev_clean`.
    subset: Option<String>,
    /// True if the line has only pairs, a step and a part.
    pub(super) is_whole: bool,
    /// True if all values have a sign between name and number.
    pub(super) is_signed: bool,
    /// True if there is hardly a word besides the pairs.
    pub(super) is_terse: bool,
    /// True for `epoch: 10` alone, which may also be a setting.
    pub(super) is_setting: bool,
    /// ` * Acc@1 76.1`: the end of an evaluation, as many programs print it.
    pub(super) is_starred: bool,
    /// `METRIC name=value`.
    pub(super) is_declared: bool,
    /// True if the same name occurred twice, and nothing distinguished them.
    pub(super) is_ambiguous: bool,
    /// A number in front of a line that has an epoch, or a bar: perhaps a task's. And whether it is in brackets.
    pub(super) label: Option<(usize, bool)>,
    /// A number next to a rank at the beginning: `3: step 10 …`.
    pub(super) first_is_rank: Option<usize>,
    /// True for a summary of the entire run, as transformers prints it at the end.
    pub(super) is_final: bool,
    pub(super) is_refused: bool,
    /// True if there are more words than values.
    pub(super) is_sentence: bool,
    pub(super) is_unclear: bool,
}

impl Meaning {
    /// Determines the meaning of a parsed line.
    ///
    /// `section` is the part from a heading above.
    pub(super) fn of(line: &[u8], tokens: &[Token], cells: &Cells, section: Option<DataSplit>) -> Self {
        let mut meaning = Self {
            is_refused: cells.is_refused || is_event(line, tokens),
            is_whole: cells.strays == 0,
            is_terse: cells.lead.len() as u32 + cells.strays <= 2,
            ..Self::default()
        };
        meaning.is_unclear = cells.is_unclear;
        meaning.is_ambiguous = cells.has_doubt;
        if meaning.is_refused || meaning.is_unclear {
            return meaning;
        }
        let text = |at: usize| tokens[at].text(line);
        meaning.part = cells.lead.iter().find_map(|at| DataSplit::of(text(*at))).or_else(|| part_aside(line, tokens));
        let is_subset = |at: &&usize| DataSplit::of_subset(text(**at)).is_some();
        if let Some(at) = cells.lead.first().filter(is_subset) {
            meaning.part = DataSplit::of_subset(text(*at));
            meaning.subset = Some(String::from_utf8_lossy(text(*at)).into_owned());
        }
        if let (Some(part), Some(at)) = (meaning.part, cells.variant) {
            meaning.subset = Some(format!("{}{}", part.prefix(), String::from_utf8_lossy(text(at))));
        }
        meaning.part = on_set(line, tokens).or(meaning.part);
        meaning.is_declared = cells.lead.first().is_some_and(|at| text(*at) == b"METRIC");
        meaning.is_whole &= cells.lead.iter().all(|at| {
            DataSplit::of(text(*at)).is_some()
                || meaning.is_declared
                || matches!(text(*at), b"Learning" | b"Starting" | b"Info" | b"TIME" | b"Time" | b"time" | b"Date")
        });
        let counts: Vec<Option<Count>> =
            cells.items.iter().map(|item| counted(line, tokens, item, &mut meaning)).collect();
        meaning.own_part = meaning.part;
        let saved = saves_results(line, tokens).then_some(DataSplit::Eval);
        meaning.part = meaning.part.or(section).or(saved);
        let begins = tokens.first().map_or(0, |token| token.start);
        meaning.is_starred = line[..begins].trim_ascii() == b"*";
        meaning.is_setting = matches!(cells.items.as_slice(), [CellItem::Pair(pair)] if pair.has_sep && pair.of.is_none() && !pair.name.contains(|one: char| one.is_ascii_uppercase()));
        meaning.steps(line, tokens, cells, &counts);
        meaning.values(line, tokens, cells, &counts);
        // A sentence with numbers in it.
        let words = cells.lead.len() + cells.strays as usize;
        meaning.is_sentence = words > 4 + 2 * meaning.names.len();
        meaning
    }

    /// Adds the learner to the names of the values, for runs with several of them.
    pub(super) fn belongs_to(&mut self, learner: &str) {
        for name in &mut self.names {
            *name = format!("{learner}/{name}");
        }
    }

    /// Finds the step and the epoch.
    fn steps(&mut self, line: &[u8], tokens: &[Token], cells: &Cells, counts: &[Option<Count>]) {
        let items = || cells.items.iter().enumerate();
        let pairs =
            || items().filter_map(|(at, item)| if let CellItem::Pair(pair) = item { Some((at, pair)) } else { None });
        let epoch = pairs()
            .find(|(at, pair)| counts[*at] == Some(Count::Epoch) && tokens[pair.value].unit == tokens[pair.value].end);
        let bare =
            cells.items.iter().find_map(|item| if let CellItem::Epoch { value } = item { Some(*value) } else { None });
        if let Some((_, pair)) = epoch {
            self.has_epoch = true;
            self.is_epoch_rounded = !digits::is_plain(tokens[pair.value].text(line));
            self.uses.push((pair.value, Use::Epoch));
            self.uses.extend(pair.of.map(|of| (of, Use::EpochOf)));
        } else if let Some(value) = bare {
            self.has_epoch = true;
            self.uses.push((value, Use::Epoch));
        } else if let Some((value, of)) = epoch_before_place(tokens, cells) {
            self.has_epoch = true;
            self.uses.push((value, Use::Epoch));
            self.uses.extend(of.map(|of| (of, Use::EpochOf)));
        }
        let has_measured = pairs()
            .any(|(at, pair)| counts[at].is_none() && (names_result(&pair.name) || pair.name.ends_with(" value")));
        self.label = label(tokens, line, cells).filter(|_| epoch.is_some() || has_bar(cells));
        let mut best: Option<(Count, usize, Option<usize>)> = None;
        let mut offer = |count: Count, value: usize, of: Option<usize>| {
            if best.is_none_or(|(known, ..)| count < known) {
                best = Some((count, value, of));
            }
        };
        // `Epoch 1 on cuda:0: loss 0.5`
        let device = pairs().find(|(_, pair)| {
            pair.has_sep && tokens[pair.words.1].text(line) == b"cuda" && tokens[pair.value].kind == TokenKind::Number
        });
        self.first_is_rank = device.map(|(_, pair)| pair.value);
        // `Batchsize: 32 | Steps: 64`: steps per epoch.
        let is_settings = self.has_epoch
            && pairs().any(|(_, pair)| {
                let name: String = pair.name.chars().filter(|one| one.is_alphanumeric()).collect();
                name.eq_ignore_ascii_case("batchsize")
            });
        let is_evaluation = self.own_part.is_some_and(|part| part != DataSplit::Train);
        // `[0] step 30`: the named number is the step, whatever precedes it.
        let names_step = pairs().any(|(at, pair)| {
            matches!(counts[at], Some(Count::Global | Count::Step | Count::InEpoch))
                && tokens[pair.value].unit == tokens[pair.value].end
        });
        for (at, item) in cells.items.iter().enumerate() {
            match item {
                CellItem::Pair(pair) => {
                    let Some(count) = counts[at] else { continue };
                    let value = &tokens[pair.value];
                    // `generation: 1.2` is a time.
                    let is_plain =
                        value.unit == value.end && (count != Count::Weak || !value.text(line).contains(&b'.'));
                    let of_evaluation = pair.part.is_some_and(|part| part != DataSplit::Train)
                        || is_evaluation && count == Count::InEpoch;
                    // `batch 32, lr 0.1` are settings.
                    let is_vouched = match count {
                        Count::Weak if self.has_epoch && pair.name.eq_ignore_ascii_case("trial") => false,
                        Count::Weak => has_measured && !is_settings,
                        Count::InEpoch => has_measured || self.has_epoch || pair.of.is_some(),
                        _ => true,
                    };
                    if is_plain && !of_evaluation && count != Count::Epoch && is_vouched {
                        offer(count, pair.value, pair.of);
                    }
                }
                &CellItem::Position { value, .. } if self.uses.contains(&(value, Use::Epoch)) => {}
                &CellItem::Position { value, of, is_first, in_brackets, is_bar } if !is_evaluation => {
                    let leads = cells.lead.iter().any(|at| DataSplit::of(tokens[*at].text(line)).is_some());
                    // `[1][ 50/7330]`: an epoch and a position in it. `loss: 2.3  [ 64/60000]`
                    let is_last = in_brackets && at + 1 == cells.items.len() && at > 0;
                    if of.is_some() && (is_bar || is_first || self.has_epoch || leads || is_last) {
                        offer(Count::InEpoch, value, of);
                    } else if of.is_none() && is_bar {
                        // `20it [00:01, …`: a bar without a known end.
                        offer(Count::InEpoch, value, None);
                    } else if of.is_none() && is_first && (in_brackets || at == 0) && !(in_brackets && names_step) {
                        let count = if bare.is_some() { Count::InEpoch } else { Count::Step };
                        if has_measured || !tokens[value].is_nth(line) {
                            offer(if in_brackets { count } else { Count::Weak }, value, None);
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some((value, true)) = label(tokens, line, cells).filter(|_| names_step) {
            self.uses.push((value, Use::Which(Which::Thing)));
        }
        if let Some((count, value, of)) = best {
            self.count = Some(count);
            self.uses.push((value, Use::Step));
            self.uses.extend(of.map(|of| (of, Use::Of)));
            if let Some(CellItem::Position { value: first, of: None, is_first: true, in_brackets: false, .. }) =
                cells.items.first()
                && *first != value
                && !tokens[*first].is_nth(line)
            {
                self.first_is_rank = Some(*first);
            }
        } else if self.has_epoch {
            self.count = Some(Count::Epoch);
        }
    }

    /// Returns a name with the part of the line in front, unless it contains one itself.
    fn in_part(&self, name: String) -> String {
        match (&self.subset, self.part) {
            (Some(subset), _) => format!("{subset}_{name}"),
            // Below a heading a name may contain its own part.
            (None, Some(_)) if self.own_part.is_none() && DataSplit::is_evaluated_in(&name) => name,
            (None, Some(part)) if part != DataSplit::Train && !part.is_in_name(&name) => {
                format!("{}{name}", part.prefix())
            }
            _ => name,
        }
    }

    /// Reads a pair with the process or thing that the line is about. True when it was one.
    fn reads_subject(&mut self, line: &[u8], tokens: &[Token], pair: &Pair) -> bool {
        let value = &tokens[pair.value];
        let is_whole = value.unit == value.end && value.is_whole(line);
        let which = words::which(pair.name.as_bytes()).filter(|_| is_whole);
        self.uses.extend(which.map(|which| (pair.value, Use::Which(which))));
        // `Trial 0 epoch 1 loss 2.5`: of trials the newest is read, as of folds.
        which.is_some() || is_whole && self.has_run_step() && pair.name.eq_ignore_ascii_case("trial")
    }

    /// True for a line that names an epoch or a step, not counting names that are only a step for lack of a better one.
    fn has_run_step(&self) -> bool {
        self.has_epoch || self.count.is_some_and(|count| count != Count::Weak)
    }

    /// Names the values.
    fn values(&mut self, line: &[u8], tokens: &[Token], cells: &Cells, counts: &[Option<Count>]) {
        self.is_signed = true;
        let has_step = self.count.is_some();
        // Optuna: `Trial 5 finished with value: 0.9 and parameters: {…}. Best is trial 3 with value: 0.95.`
        let is_trial = !self.has_run_step()
            && matches!(cells.items.first(), Some(CellItem::Pair(pair)) if pair.name.eq_ignore_ascii_case("trial"));
        let mut found: Vec<NamedPair<'_>> = Vec::new();
        let mut has_percent = false;
        for (at, item) in cells.items.iter().enumerate() {
            match item {
                CellItem::Pair(pair) => {
                    self.named.push(pair.words);
                    if self.reads_subject(line, tokens, pair) {
                        continue;
                    }
                    let is_step = self.uses.iter().any(|(used, _)| *used == pair.value);
                    if is_step
                        || counts[at].is_some_and(|count| {
                            !(count == Count::Weak || count == Count::InEpoch && !has_step)
                                || pair.of.is_some()
                                || count == Count::InEpoch && self.part.is_some()
                        })
                        || words::is_never_a_metric(pair.name.as_bytes())
                        || is_about_a_step(line, tokens, pair)
                        || self.first_is_rank == Some(pair.value)
                        || !pair.has_sep && words::is_never_a_metric(tokens[pair.words.1].text(line))
                        || pair.name.len() > 96
                    {
                        continue;
                    }
                    self.is_signed &= pair.has_sep;
                    // `Inference done 11/100`: the progress of something.
                    if pair.of.is_some() && !pair.has_sep && !names_result(&pair.name) {
                        self.part = self.part.or_else(|| DataSplit::of(tokens[pair.words.0].text(line)));
                        continue;
                    }
                    self.is_final |= pair.name == "train_runtime";
                    if let Some(both) = of_both(line, tokens, pair) {
                        self.is_ambiguous |= both.is_empty();
                        found.extend(both);
                        continue;
                    }
                    let (mut name, part) = named(line, tokens, pair);
                    if is_trial {
                        if !found.is_empty() || !name.ends_with("value") {
                            continue;
                        }
                        "value".clone_into(&mut name);
                    }
                    found.push((Cow::Borrowed(pair), name, part));
                }
                CellItem::Percent { value } if !has_percent => {
                    has_percent = true;
                    self.uses.push((*value, Use::Percent));
                }
                &CellItem::Remaining { first, last } => self.remaining(line, tokens, first, last),
                _ => {}
            }
        }
        let leading = found.first().and_then(|(_, _, part)| *part);
        let is_evaluation = leading.is_some_and(|part| part != DataSplit::Train)
            && found.iter().all(|(_, _, part)| *part != Some(DataSplit::Train));
        self.in_scope(&mut found);
        for at in 0..found.len() {
            let (pair, name, part) = &found[at];
            let twice = found.iter().enumerate().any(|(other, (_, same, _))| other != at && same == name);
            let mut name = name.clone();
            if let (true, None) = (twice, part) {
                // `train loss 1, acc 2, val loss 3, acc 4`: the last named part applies.
                match found[..at].iter().rev().find_map(|(_, _, part)| *part) {
                    Some(part) => name.insert_str(0, part.prefix()),
                    None => {
                        self.is_ambiguous = true;
                        continue;
                    }
                }
            } else if let (None, Some(leading)) = (part, leading)
                && (is_evaluation || self.count.is_none() && pair.cell == found[0].0.cell)
            {
                // `val Loss: 0.2 Acc: 0.9`, `eval loss: 0.5, acc: 0.8`
                name.insert_str(0, leading.prefix());
            } else if twice {
                self.is_ambiguous = true;
                continue;
            }
            let name = self.in_part(name);
            let name = name.replace(' ', "_");
            if let Some(at) = self.names.iter().position(|known| *known == name) {
                self.is_ambiguous = true;
                self.uses.retain(|(_, used)| !matches!(*used, Use::Value(of) | Use::Part(of, _) if of == at as u16));
                continue;
            }
            let column = self.names.len() as u16;
            if pair.last == pair.value {
                self.uses.push((pair.value, Use::Value(column)));
            } else {
                let parts = (pair.value..=pair.last).filter_map(|at| Some((at, units::time_part(line, tokens, at)?.1)));
                self.uses.extend(parts.map(|(at, seconds)| (at, Use::Part(column, seconds))));
            }
            self.names.push(name);
        }
    }

    /// `Train: loss 0.5 | Val: loss 0.6`: the word before a pair is its part.
    fn in_scope(&self, found: &mut [NamedPair<'_>]) {
        for (pair, name, part) in found {
            if let (None, Some(scope)) = (*part, pair.scope)
                && self.part != Some(scope)
                && !scope.is_in_name(name)
            {
                *part = Some(scope);
                if scope != DataSplit::Train {
                    name.insert_str(0, scope.prefix());
                }
            }
        }
    }

    fn remaining(&mut self, line: &[u8], tokens: &[Token], first: usize, last: usize) {
        for (at, token) in tokens.iter().enumerate().take(last + 1).skip(first) {
            // The parts of a clock are weighted when the shape is built.
            let weight = if token.kind == TokenKind::Clock { Some(1.0) } else { words::seconds(token.unit_text(line)) };
            self.uses.extend(weight.map(|weight| (at, Use::Remaining(weight))));
        }
    }
}

/// A pair with the name of its value, and the part in that name.
type NamedPair<'a> = (Cow<'a, Pair>, String, Option<DataSplit>);

/// Returns the number alone in front of a line: `0: …`, `[0] …`; and whether it is in brackets.
fn label(tokens: &[Token], line: &[u8], cells: &Cells) -> Option<(usize, bool)> {
    let Some(&CellItem::Position { value, of: None, is_first: true, in_brackets, .. }) = cells.items.first() else {
        return None;
    };
    let is_alone = !tokens[value].is_nth(line) && tokens[value].is_whole(line) && value == usize::from(in_brackets);
    is_alone.then_some((value, in_brackets))
}

/// `[0/25][100/782] Loss_D: 1.4`, `[1][10/20]`, `1/3 10/100`: the first of two positions is the epoch, with its total.
fn epoch_before_place(tokens: &[Token], cells: &Cells) -> Option<(usize, Option<usize>)> {
    let [
        CellItem::Position { value: epoch, of: epochs, is_bar: false, in_brackets: first, .. },
        CellItem::Position { value, of: Some(_), is_bar: false, in_brackets: second, .. },
        ..,
    ] = cells.items.as_slice()
    else {
        return None;
    };
    let between = &tokens[epochs.unwrap_or(*epoch) + 1..*value];
    let is_next = between.iter().all(|token| matches!(token.kind, TokenKind::Open | TokenKind::Close));
    (is_next && first == second).then_some((*epoch, *epochs))
}

fn has_bar(cells: &Cells) -> bool {
    cells.items.iter().any(|item| matches!(item, CellItem::Position { is_bar: true, .. }))
}

/// Returns the two values of a pair whose total is a fraction, and so not a total: `train/valid loss: 2.5/2.4`. None of
/// them if its name does not distinguish them: `loss: 2.5/2.4`.
fn of_both<'a>(line: &[u8], tokens: &[Token], pair: &Pair) -> Option<Vec<NamedPair<'a>>> {
    let is_fraction = |of: &usize| tokens[*of].text(line).contains(&b'.') || parts::both(&pair.name).is_some();
    let of = pair.of.filter(|of| is_fraction(of) && names_result(&pair.name))?;
    let own =
        |(value, (name, part))| (Cow::Owned(Pair { value, last: value, of: None, ..pair.clone() }), name, Some(part));
    Some(parts::both(&pair.name).into_iter().flat_map(|both| [pair.value, of].into_iter().zip(both)).map(own).collect())
}

/// True for a name whose last word is a result of training: `episodic_return`, `Average Score`, `train/loss`.
pub(super) fn names_result(name: &str) -> bool {
    let last = name.split([' ', '_', '/', '-', '.']).next_back().unwrap_or(name);
    // `Acc@1`, `mAP50`
    let last = last.split('@').next().unwrap_or(last).trim_end_matches(|one: char| one.is_ascii_digit());
    words::is_result(last.as_bytes()) || matches!(name, "f1" | "F1")
}

/// `validation loss at iteration 200 on test set`: the data that was measured on.
fn on_set(line: &[u8], tokens: &[Token]) -> Option<DataSplit> {
    let text = |token: &Token| token.text(line);
    let is_set = |three: &&[Token]| {
        matches!(text(&three[0]), b"on" | b"for") && matches!(text(&three[2]), b"set" | b"data" | b"split" | b"dataset")
    };
    tokens.windows(3).find(is_set).and_then(|three| DataSplit::of(text(&three[1])))
}

/// Returns the part that a line is about, if it is separate from the pairs: `Epoch 1 (val): loss=2.5`, `split=val`,
/// `loss 2.5 [val]`. `None` if another part is named.
fn part_aside(line: &[u8], tokens: &[Token]) -> Option<DataSplit> {
    const KEYS: [&[u8]; 8] = [b"split", b"mode", b"phase", b"stage", b"set", b"subset", b"type", b"event"];
    // `{'split': 'val', 'loss': 2.5}`
    let is_name = |token: &&Token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
    let part = |at: usize| tokens.get(at).filter(is_name).and_then(|token| DataSplit::of(token.text(line)));
    let kind = |at: usize| tokens.get(at).map(|token| token.kind);
    let is_alone = |at: usize| {
        kind(at + 1) == Some(TokenKind::Close)
            && at.checked_sub(1).and_then(kind) == Some(TokenKind::Open)
            && at
                .checked_sub(2)
                .and_then(kind)
                .is_none_or(|before| matches!(before, TokenKind::Number | TokenKind::Close | TokenKind::Divider))
    };
    let is_of_key = |at: usize| {
        at.checked_sub(1).and_then(kind) == Some(TokenKind::Sep)
            && at
                .checked_sub(2)
                .is_some_and(|key| KEYS.iter().any(|known| tokens[key].text(line).eq_ignore_ascii_case(known)))
    };
    let at = (0..tokens.len()).find(|at| part(*at).is_some() && (is_alone(*at) || is_of_key(*at)))?;
    let is_other = |other: usize| other != at && part(other).is_some();
    part(at).filter(|_| !(0..tokens.len()).any(is_other))
}

/// Returns the kind of step that a pair counts, and the part in its name.
fn counted(line: &[u8], tokens: &[Token], item: &CellItem, meaning: &mut Meaning) -> Option<Count> {
    let CellItem::Pair(pair) = item else { return None };
    let (first, last) = pair.words;
    if heads_dictionary(line, tokens, pair) {
        meaning.part = meaning.part.or(DataSplit::of(tokens[first].text(line)));
        return Some(Count::Step);
    }
    let text = |from: usize, to: usize| &line[tokens[from].start..tokens[to].end];
    let two = if last > first { words::count(text(last - 1, last)) } else { None };
    let (count, begins) = match two {
        Some(count) => (count, last - 1),
        None => (words::count(text(last, last))?, last),
    };
    let mut lead: Vec<&[u8]> = (first..begins).map(|at| text(at, at)).collect();
    // `eval c4 step 100`: the part, and a name of its own.
    if let &[one, own] = lead.as_slice()
        && let Some(part) = DataSplit::of(one).filter(|part| *part != DataSplit::Train)
        && !words::may_lead_to_a_step(own)
        && meaning.subset.is_none()
    {
        meaning.subset = Some(format!("{}{}", part.prefix(), String::from_utf8_lossy(own)));
        lead.truncate(1);
    }
    if pair.is_value_first || !lead.iter().all(|word| words::may_lead_to_a_step(word)) {
        return None;
    }
    // `Train epoch [1/1]`
    let in_name = two.and_then(|_| DataSplit::of(text(last - 1, last - 1)));
    meaning.part = meaning.part.or(lead.iter().find_map(|word| DataSplit::of(word))).or(pair.part).or(in_name);
    let is_plain = lead.iter().all(|word| {
        DataSplit::of(word).is_some() || matches!(*word, b"Learning" | b"Starting" | b"Current" | b"loss" | b"at")
    });
    meaning.is_whole &= is_plain;
    Some(count)
}

/// `eval 0: {'eval/aime': 0.1}`, `rollout 3: {…}`: one word and the step of the values in the dictionary.
fn heads_dictionary(line: &[u8], tokens: &[Token], pair: &Pair) -> bool {
    let (first, last) = pair.words;
    let word = tokens[first].text(line);
    let behind = tokens.get(pair.value + 1).zip(tokens.get(pair.value + 2));
    first == last
        && !pair.has_sep
        && (DataSplit::of(word).is_some() || matches!(word, b"rollout" | b"perf" | b"log"))
        && behind.is_some_and(|(sep, open)| sep.kind == TokenKind::Sep && line[open.start] == b'{')
        && tokens[pair.value].is_whole(line)
}

/// `epoch is incremented. current_epoch: 1`: a sentence about a step, not a metric of that name.
fn is_about_a_step(line: &[u8], tokens: &[Token], pair: &Pair) -> bool {
    let (first, last) = pair.words;
    words::count(tokens[last].text(line)).is_some()
        && (first..last).any(|at| matches!(tokens[at].text(line), b"is" | b"was" | b"are" | b"has" | b"will"))
}

/// Returns the name of a pair's value, and the part of the data in it.
fn named(line: &[u8], tokens: &[Token], pair: &Pair) -> (String, Option<DataSplit>) {
    let (first, last) = pair.words;
    let part = DataSplit::of(tokens[first].text(line)).filter(|_| last > first);
    let name = pair.name.as_str();
    let is_small = tokens[first].text(line).iter().all(u8::is_ascii_lowercase);
    let mut name = match name.split_once(' ') {
        Some((before, rest)) if part.is_some() && is_small && !rest.contains(' ') => format!("{before}_{rest}"),
        _ => name.to_owned(),
    };
    // LightGBM: `training's l2`.
    if let Some(at) = name.find("'s ") {
        name.replace_range(at..at + 2, "");
    }
    (name, part)
}

fn saves_results(line: &[u8], tokens: &[Token]) -> bool {
    matches!(tokens, [saving, dict, ..] if saving.text(line) == b"Saving" && dict.text(line) == b"dict")
}

/// True for `Saving checkpoint at step 1000`, `Downloading: 10%|…`.
fn is_event(line: &[u8], tokens: &[Token]) -> bool {
    let [first, rest @ ..] = tokens else { return false };
    let word = first.text(line);
    if first.kind == TokenKind::Word && word.starts_with(b"stopping") {
        return true;
    }
    // TensorFlow's estimators: `Saving dict for global step 200: accuracy = 0.91`.
    if saves_results(line, tokens) {
        return false;
    }
    let names_event = word.iter().all(u8::is_ascii_alphabetic) && words::is_event(word);
    // `Generation 10: …` is a counter.
    if first.kind != TokenKind::Word || !names_event || words::count(word).is_some() {
        return false;
    }
    let is_pair = matches!(rest, [sep, value, ..] if sep.kind == TokenKind::Sep && value.kind == TokenKind::Number && line.get(value.unit) != Some(&b'|'));
    !is_pair
}
