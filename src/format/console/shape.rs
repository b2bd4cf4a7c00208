//! Shapes: lines of one shape differ in their numbers only and have the same meaning.

use std::hash::{DefaultHasher, Hasher as _};

use super::super::along::ProgressQuantity;
use super::digits::is_plain;
use super::level::is_level;
use super::lexer::{self, Token, TokenKind};
use super::meaning::{Meaning, Use};
use super::parts::DataSplit;
use super::prefix::Prefix;
use super::units::{self, LogUnit};
use super::words;

/// A place of a line where lines of one shape differ.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Slot {
    /// A number, and its use.
    Number(Use),
    /// Minutes or seconds of a clock: two digits.
    Minutes(Use),
    /// A fixed number of digits without a meaning: a date in front.
    Fixed(usize),
    /// Digits without a meaning.
    Digits,
    /// A bar that grows.
    Bar,
    /// `nan`, which is part of the text before.
    Const(Use, f64),
    End,
}

/// Constant text, and the place after it.
#[derive(Clone, Debug)]
struct FixedText {
    text: (usize, usize),
    /// True if two spaces or more precede the text.
    has_gap: bool,
    slot: Slot,
    /// True for a number right after another one, without a point: one with a point is neither a total nor decimals.
    is_whole_behind: bool,
}

/// Lines of one shape.
#[derive(Clone, Debug)]
pub(super) struct LineShape {
    pieces: Vec<FixedText>,
    text: Vec<u8>,
    pub(super) meaning: Meaning,
    pub(super) rank: Option<u32>,
    /// True if the step has no point, sign or exponent.
    has_whole_step: bool,
    /// The part from a heading above.
    pub(super) section: Option<DataSplit>,
    /// The metric indices of the values, once they are known.
    pub(super) places: Vec<Option<usize>>,
    /// The progress quantity of each value, with the number of seconds in its unit.
    pub(super) quantities: Vec<Option<(ProgressQuantity, Option<f64>)>>,
    /// The factor of each value: tokens are printed in thousands and in millions.
    pub(super) scales: Vec<f64>,
    /// The unit of each value, if its scale does not cover it.
    pub(super) units: Vec<LogUnit>,
    /// A hash of all words except the names of numbers and units. Two shapes of one speaker are two forms of the same
    /// report; `(train)` and `(val)`, `[G]` and `[D]` are two speakers.
    pub(super) speaker: u64,
}

impl LineShape {
    /// Returns the shape of a line.
    pub(super) fn of(line: &[u8], prefix: Prefix, tokens: &[Token], meaning: Meaning) -> Self {
        let rank = prefix.rank.or_else(|| {
            let token = tokens.get(meaning.first_is_rank?)?;
            std::str::from_utf8(token.text(line)).ok()?.parse().ok()
        });
        let columns = meaning.names.len();
        let mut shape = Self {
            pieces: Vec::new(),
            text: Vec::new(),
            meaning,
            rank,
            has_whole_step: true,
            section: None,
            places: vec![None; columns],
            quantities: vec![None; columns],
            scales: vec![1.0; columns],
            units: vec![LogUnit::NONE; columns],
            speaker: 0,
        };
        shape.speaker = speaker(line, prefix, tokens, &shape.meaning);
        let mut at = 0;
        let is_separate = |digit: usize| {
            [prefix.rank_at, prefix.process, prefix.learner]
                .into_iter()
                .flatten()
                .any(|(first, end)| (first..end).contains(&digit))
        };
        shape.digits(line, 0, prefix.end, &mut at, true, |digit| !is_separate(digit));
        for (place, token) in tokens.iter().enumerate() {
            let used = shape.meaning.uses.iter().find(|(at, _)| *at == place).map_or(Use::Ignored, |(_, used)| *used);
            let in_name = shape.meaning.named.iter().any(|(first, last)| (*first..=*last).contains(&place));
            // Part of a bar.
            if token.start < at {
                continue;
            }
            match token.kind {
                TokenKind::Number if in_name || shape.meaning.first_is_rank == Some(place) => {}
                TokenKind::Number => {
                    shape.has_whole_step &= used != Use::Step || is_plain(token.text(line));
                    if let Use::Value(column) = used {
                        let column = usize::from(column);
                        let name = &shape.meaning.names[column];
                        let behind = tokens.get(place + 1).filter(|next| next.kind == TokenKind::Word && !next.gap);
                        let is_tokens = name.to_ascii_lowercase().contains("tok")
                            || behind.is_some_and(|next| next.text(line).starts_with(b"tok"));
                        shape.scales[column] = if is_tokens {
                            units::scale("tok", LogUnit::named(token.unit_text(line))).unwrap_or(1.0)
                        } else {
                            1.0
                        };
                        if !is_tokens {
                            shape.units[column] = LogUnit::at(line, tokens, place);
                        }
                        let quantity = ProgressQuantity::of(name);
                        shape.quantities[column] = quantity.map(|quantity| (quantity, seconds_of(line, tokens, place)));
                    }
                    if let Use::Part(column, _) = used {
                        let column = usize::from(column);
                        shape.units[column] = LogUnit::SECOND;
                        shape.quantities[column] =
                            ProgressQuantity::of(&shape.meaning.names[column]).map(|quantity| (quantity, Some(1.0)));
                    }
                    shape.piece(&line[at..token.start], Slot::Number(used));
                    if let Some(piece) = shape.pieces.last_mut() {
                        piece.is_whole_behind =
                            matches!(line[..token.start].last(), Some(b'/' | b',')) && is_plain(token.text(line));
                    }
                    at = token.end;
                }
                TokenKind::Clock if matches!(used, Use::Remaining(_)) => shape.clock(line, token, &mut at),
                TokenKind::Word if used != Use::Ignored => {
                    let value = words::not_finite(token.text(line)).unwrap_or(f64::NAN);
                    shape.piece(&line[at..token.end], Slot::Const(used, value));
                    at = token.end;
                }
                TokenKind::Clock | TokenKind::Junk | TokenKind::Quoted if !in_name => {
                    shape.digits(line, token.start, token.end, &mut at, false, |_| true);
                }
                TokenKind::Divider if token.start >= at && bar(&line[token.start..token.end]) > 0 => {
                    shape.piece(&line[at..token.start], Slot::Bar);
                    at = token.start + bar(&line[token.start..]);
                }
                _ => {}
            }
        }
        let end = line.trim_ascii_end().len().max(at);
        shape.piece(&line[at..end], Slot::End);
        shape
    }

    fn digits(
        &mut self,
        line: &[u8],
        from: usize,
        to: usize,
        at: &mut usize,
        is_fixed: bool,
        counts: impl Fn(usize) -> bool,
    ) {
        let mut place = from;
        while place < to {
            if line[place].is_ascii_digit() && counts(place) {
                let digits = line[place..to].iter().take_while(|byte| byte.is_ascii_digit()).count();
                let is_minutes = place > from && line[place - 1] == b':';
                self.piece(&line[*at..place], if is_fixed || is_minutes { Slot::Fixed(digits) } else { Slot::Digits });
                place += digits;
                *at = place;
            } else {
                place += 1;
            }
        }
    }

    /// Reads the hours, minutes and seconds of the time left.
    fn clock(&mut self, line: &[u8], token: &Token, at: &mut usize) {
        let text = token.text(line);
        let mut weight = 60f64.powi(memchr::memchr_iter(b':', text).count() as i32);
        let mut place = token.start;
        while let Some((_, end)) = lexer::number(line, place).filter(|(_, end)| *end <= token.end) {
            let used = Use::Remaining(weight);
            self.piece(&line[*at..place], if place == token.start { Slot::Number(used) } else { Slot::Minutes(used) });
            weight /= 60.0;
            *at = end;
            place = end + 1;
            if place >= token.end {
                break;
            }
        }
    }

    fn piece(&mut self, text: &[u8], slot: Slot) {
        let is_first = self.pieces.is_empty();
        let has_gap = !is_first && text.starts_with(b"  ");
        let mut text = if is_first || has_gap { text.trim_ascii_start_spaces() } else { text };
        // A padded number may follow any number of spaces.
        if matches!(slot, Slot::Number(_)) {
            while text.ends_with(b"  ") {
                text = &text[..text.len() - 1];
            }
        }
        let start = self.text.len();
        self.text.extend_from_slice(text);
        self.pieces.push(FixedText { text: (start, self.text.len()), has_gap, slot, is_whole_behind: false });
    }

    /// True if a line without a value had no other effect either: it has no step, no part of the data, no rank, and no
    /// time left.
    pub(super) fn may_be_silent(&self) -> bool {
        let Meaning { count, part, .. } = self.meaning;
        let has_step = count.is_some() && (self.meaning.is_whole || !self.meaning.names.is_empty());
        let is_training = part.is_none_or(|part| part == DataSplit::Train);
        let says_rest = self.meaning.uses.iter().any(|(_, used)| matches!(used, Use::Remaining(_)));
        !has_step && is_training && !says_rest && !self.meaning.is_ambiguous && self.rank.is_none()
    }

    /// True for a line that only reports durations.
    pub(super) fn has_times_only(&self) -> bool {
        let says_time = |name: &String| {
            let last = name.rsplit('_').next().unwrap_or(name);
            ["time", "elapsed", "duration", "took"].iter().any(|one| last.eq_ignore_ascii_case(one))
        };
        self.meaning.names.iter().zip(&self.units).all(|(name, unit)| says_time(name) || unit.is_time())
    }

    /// Reads a line of this shape: returns the uses and values of its numbers, in order. False when it has another
    /// shape.
    pub(super) fn read(&self, line: &[u8], values: &mut Vec<(Use, f64)>) -> bool {
        values.clear();
        let mut at = spaces(line);
        for piece in &self.pieces {
            if piece.has_gap {
                let gap = spaces(&line[at..]);
                if gap < 2 {
                    return false;
                }
                at += gap;
            }
            let text = &self.text[piece.text.0..piece.text.1];
            if line.get(at) != text.first() && !text.is_empty() || !line[at..].starts_with(text) {
                return false;
            }
            at += text.len();
            match piece.slot {
                Slot::Number(used) => {
                    // One space equals many, but `loss:3` is not `loss: 3`.
                    if text.ends_with(b" ") {
                        at += spaces(&line[at..]);
                    }
                    let Some((value, end)) = lexer::number(line, at) else { return false };
                    let is_whole = || line[at..end].iter().all(u8::is_ascii_digit);
                    let has_point = || !is_plain(&line[at..end]);
                    // Counts and indices are integers, or the line means something else.
                    if matches!(used, Use::Which(_)) && !is_whole()
                        || matches!(used, Use::Step) && self.has_whole_step && has_point()
                        // `[1,200/300]` may be an epoch and a position.
                        || matches!(used, Use::Step) && text.ends_with(b"[") && line[at..end].contains(&b',')
                        || piece.is_whole_behind && has_point()
                        || matches!(used, Use::Epoch) && !self.meaning.is_epoch_rounded && has_point()
                    {
                        return false;
                    }
                    match (used, values.last_mut()) {
                        (Use::Ignored, _) => {}
                        (Use::Part(column, seconds), Some((Use::Value(last), sum))) if *last == column => {
                            *sum += value * seconds;
                        }
                        (Use::Part(column, seconds), _) => values.push((Use::Value(column), value * seconds)),
                        _ => values.push((used, value)),
                    }
                    at = end;
                }
                Slot::Minutes(used) => {
                    let digits = line[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                    let Some((value, end)) = lexer::number(line, at).filter(|_| digits == 2) else { return false };
                    values.push((used, value));
                    at = end;
                }
                Slot::Fixed(digits) => {
                    let there = line[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                    if there != digits {
                        return false;
                    }
                    at += digits;
                }
                Slot::Digits => {
                    let digits = line[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                    if digits == 0 {
                        return false;
                    }
                    at += digits;
                }
                Slot::Bar => at += bar(&line[at..]),
                Slot::Const(used, value) => values.push((used, value)),
                Slot::End => return at + spaces(&line[at..]) == line.len(),
            }
        }
        false
    }
}

/// Returns the speaker of a line.
fn speaker(line: &[u8], prefix: Prefix, tokens: &[Token], meaning: &Meaning) -> u64 {
    let mut hasher = DefaultHasher::new();
    let in_front = line[..prefix.end].split(|byte| !byte.is_ascii_alphabetic());
    in_front
        .filter(|word| !word.is_empty() && !is_level(word) && !words::is_summary_word(word))
        .for_each(|word| hasher.write(word));
    let apart = [prefix.process, prefix.learner].into_iter().flatten();
    apart.for_each(|(first, end)| hasher.write(&line[first..end]));
    // `teacher loss 0.4 acc 0.9`: the name of the first value applies to the others, too.
    let is_value = |(_, last): &&(usize, usize)| words::count(tokens[*last].text(line)).is_none();
    let whose = meaning.named.iter().find(is_value).filter(|(first, last)| last > first).map(|(first, _)| *first);
    let whose = whose.filter(|first| DataSplit::of(tokens[*first].text(line)).is_none());
    for (at, token) in tokens.iter().enumerate() {
        let is_named = meaning.named.iter().any(|(first, last)| (*first..=*last).contains(&at)) && whose != Some(at);
        let text = token.text(line);
        let is_apart = !is_named && !words::is_unit(text) && !words::is_summary_word(text);
        if matches!(token.kind, TokenKind::Word | TokenKind::Quoted) && is_apart {
            hasher.write(text);
            hasher.write_u8(0);
        }
    }
    hasher.finish()
}

trait Spaces {
    fn trim_ascii_start_spaces(&self) -> &[u8];
}

impl Spaces for [u8] {
    fn trim_ascii_start_spaces(&self) -> &[u8] {
        &self[spaces(self)..]
    }
}

#[inline]
fn spaces(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| **byte == b' ').count()
}

/// Returns the length of a bar: the characters that bars are drawn with, and spaces between them.
pub(super) fn bar(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match &bytes[at..] {
            [b' ', ..] => at += 1,
            [0xe2, 0x94..=0x96 | 0xa0..=0xa3, 0x80..=0xbf, ..] => at += 3,
            _ => return at,
        }
    }
}

/// Returns the seconds in the unit of a number.
fn seconds_of(line: &[u8], tokens: &[Token], place: usize) -> Option<f64> {
    let token = &tokens[place];
    // Megatron: `elapsed time per iteration (ms): 310.5`.
    if let [.., word, close, sep] = &tokens[..place]
        && (close.kind, sep.kind) == (TokenKind::Close, TokenKind::Sep)
    {
        return words::seconds(word.text(line));
    }
    if token.unit > token.end {
        return words::seconds(token.unit_text(line));
    }
    let next = tokens.get(place + 1).filter(|next| next.kind == TokenKind::Word && !next.gap)?;
    words::seconds(next.text(line))
}
