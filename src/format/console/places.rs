//! The grammar of positions: totals, bars, and text after a number that is not part of it.

use super::cells::{CellItem, Parser};
use super::lexer::{Token, TokenKind};
use super::meaning::names_result;
use super::parts::DataSplit;
use super::{units, words};

impl Parser<'_> {
    /// True if the entire line is a step, the name of a metric or a part, and a value.
    pub(super) fn is_bare_triple(&self) -> bool {
        let &[step, name, value] = self.tokens else { return false };
        let name = (name.kind == TokenKind::Word).then(|| name.text(self.line));
        let is_plain = |token: Token| token.kind == TokenKind::Number && token.unit == token.end;
        is_plain(step)
            && is_plain(value)
            && value.text(self.line).contains(&b'.')
            && step.is_whole(self.line)
            && name.is_some_and(|name| DataSplit::of(name).is_some() || words::is_measured(name) || name == b"hella")
    }

    /// Reads a pair whose value comes first. True when it was one.
    pub(super) fn name_behind(&mut self) -> bool {
        let mut last = self.at;
        while last - self.at < 4
            && self.token(last + 1).is_some_and(|token| token.kind == TokenKind::Word && !(token.gap && last > self.at))
        {
            last += 1;
        }
        let mut first = self.at + 1;
        if last < first || !self.ends_at(last + 1) || last - first > 2 {
            return false;
        }
        if (first..=last).any(|at| words::is_prose(self.text(at))) || words::is_remaining(self.text(last)) {
            return false;
        }
        // `10 loss  2.3`: whichever number is the loss, it is not the first.
        if self.kind(last + 1) == Some(TokenKind::Number) && words::is_measured(self.text(last)) {
            return false;
        }
        // The precision in a utilisation: `bf16 MFU`.
        if last > first && matches!(self.text(first), b"bf16" | b"fp16" | b"fp32" | b"fp8" | b"tf32") {
            first += 1;
        }
        self.push(first, last, self.at, None, false, true);
        self.at = last + 1;
        self.after_value = true;
        self.is_fresh = false;
        true
    }

    /// Returns the total after a number: `/ 1103`.
    pub(super) fn total(&self, at: usize) -> Option<usize> {
        let is_plain = self.tokens[at].unit == self.tokens[at].end;
        (is_plain && self.kind(at + 1) == Some(TokenKind::Slash) && self.kind(at + 2) == Some(TokenKind::Number))
            .then_some(at + 2)
    }

    pub(super) fn is_bracketed_clock(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| token.kind == TokenKind::Open && self.line[token.start] == b'[')
            && (self.kind(at + 1) == Some(TokenKind::Clock)
                || self.token(at + 1).is_some_and(|token| self.line[token.start] == b'?'))
    }

    /// `20/? [00:01<00:00`, `20it [00:01`: returns the position of the bracket of a bar without a known end.
    pub(super) fn without_end(&self, token: Token, behind: usize) -> Option<usize> {
        let unit = token.unit_text(self.line);
        let is_asked = unit.is_empty()
            && self.kind(behind) == Some(TokenKind::Slash)
            && self.token(behind + 1).is_some_and(|token| self.line[token.start] == b'?');
        // Keras: `10/Unknown 1s 100ms/step`.
        if unit == b"/Unknown" {
            return Some(behind);
        }
        let bracket = if is_asked {
            behind + 2
        } else if unit == b"it" || words::count(unit).is_some() {
            behind
        } else {
            return None;
        };
        self.is_bracketed_clock(bracket).then_some(bracket)
    }

    /// `epoch 1 it 30`: a word between a step's number and another number is not a unit.
    pub(super) fn counts_on(&self, word: &[u8]) -> bool {
        self.kind(self.at + 1) == Some(TokenKind::Number)
            && words::count(word).is_some()
            && matches!(self.cells.items.last(), Some(CellItem::Pair(pair)) if words::count(self.last_words(pair)).is_some())
    }

    /// `loss 2.5 tokens 1000`, `loss 2.5 m 0.9 s 0.1`: a loss has no unit, and a word before a number is its name.
    pub(super) fn names_next(&self, word: &[u8]) -> bool {
        self.kind(self.at + 1) == Some(TokenKind::Number)
            && matches!(self.cells.items.last(), Some(CellItem::Pair(pair)) if !pair.is_value_first
                && !pair.has_sep
                && (word == b"tokens" || names_result(&pair.name) || words::is_unit(pair.name.as_bytes())))
    }

    /// `0,512`: one comma between digits that does not separate thousands.
    pub(super) fn is_decimal_comma(&self, token: Token) -> bool {
        let whole = |at: usize| {
            self.token(at).is_some_and(|token| {
                token.kind == TokenKind::Number
                    && !token.spaced
                    && !token.text(self.line).iter().any(|byte| matches!(byte, b'.' | b'+' | b'-'))
            })
        };
        token.unit == token.end
            && !token.text(self.line).iter().any(|byte| matches!(byte, b'.' | b'e' | b'E' | b','))
            && self.line.get(token.end) == Some(&b',')
            && whole(self.at + 2)
            && self.line.get(self.tokens[self.at + 2].end) != Some(&b',')
    }

    /// `train loss: 0.5`, `loss: 0.5`
    pub(super) fn is_signed_result(&self, at: usize) -> bool {
        let is_part = DataSplit::of(self.text(at)).is_some();
        let name = at + usize::from(is_part);
        let kinds = [name, name + 1, name + 2].map(|at| self.kind(at));
        kinds == [Some(TokenKind::Word), Some(TokenKind::Sep), Some(TokenKind::Number)]
            && words::is_result(self.text(name))
    }

    /// `37.9,58.8,41.0`: returns the token after a row of fractions with only commas between them.
    pub(super) fn list_of_fractions(&self, token: Token) -> Option<usize> {
        if token.unit != token.end || !token.text(self.line).contains(&b'.') {
            return None;
        }
        let is_glued =
            |at: usize, kind: TokenKind| self.token(at).is_some_and(|token| token.kind == kind && !token.spaced);
        let is_comma = |at: usize| self.token(at).is_some_and(|token| self.line[token.start] == b',' && !token.spaced);
        let mut behind = self.at + 1;
        while is_comma(behind) && is_glued(behind + 1, TokenKind::Number) {
            behind += 2;
        }
        (behind > self.at + 1).then_some(behind)
    }

    /// `1m 12s`, `0 min 14 sec`: returns the last token of a time in several parts, each present only once.
    pub(super) fn time_in_parts(&self, at: usize) -> Option<usize> {
        let part = |at| units::time_part(self.line, self.tokens, at);
        let (mut end, mut weight) = part(at)?;
        let (first, mut number) = (end, at);
        // `2.5 m 0.9 s`: only the last part has a fraction.
        while !self.text(number).contains(&b'.') {
            // `1 hour, 2 minutes`
            let is_comma = self.token(end + 1).is_some_and(|token| self.line[token.start] == b',');
            number = end + 1 + usize::from(is_comma);
            let Some((next, smaller)) = part(number).filter(|(_, smaller)| *smaller < weight) else { break };
            (end, weight) = (next, smaller);
        }
        (end > first).then_some(end)
    }

    pub(super) fn clock(&mut self) {
        if let Some((first, last)) = self.name {
            let name = &self.line[self.tokens[first].start..self.tokens[last].end];
            if words::is_remaining(name) || words::is_remaining(self.text(last)) {
                self.cells.items.push(CellItem::Remaining { first: self.at, last: self.at });
            }
            self.name = None;
            self.has_sep = false;
        }
        self.is_fresh = false;
        self.after_value = true;
        self.at += 1;
    }
}
