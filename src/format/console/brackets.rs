//! The grammar of brackets: averages and fractions, positions, lists, dictionaries, calls.

use super::cells::{CellItem, Parser};
use super::lexer::{Token, TokenKind};
use super::parts::DataSplit;
use super::{digits, words};

impl Parser<'_> {
    /// Returns the index of the matching closing bracket, or of the line's end.
    pub(super) fn close(&self, open: usize) -> usize {
        self.closes.get(open).copied().unwrap_or(self.tokens.len())
    }

    pub(super) fn open(&mut self, token: Token) {
        let close = self.close(self.at);
        match self.line[token.start] {
            b'(' => self.parenthesis(token, close),
            b'[' => self.bracket(token, close),
            _ => {
                if self.has_sep {
                    self.enter(close);
                }
                self.end_cell();
                self.at += 1;
            }
        }
    }

    /// Text before a bracket belongs to the open name.
    fn enter(&mut self, close: usize) {
        let Some((first, last)) = self.name.take() else { return };
        let name = &self.line[self.tokens[first].start..self.tokens[last].end];
        self.within.push((String::from_utf8_lossy(name).into_owned(), close));
        self.has_sep = false;
    }

    fn parenthesis(&mut self, token: Token, close: usize) {
        let inside = self.at + 1..close;
        let has = |kind: TokenKind| inside.clone().any(|at| self.tokens[at].kind == kind);
        let has_pairs = has(TokenKind::Sep) && (has(TokenKind::Word) || has(TokenKind::Quoted));
        if let Some((first, _)) = self.name
            && !self.has_sep
        {
            // `LR (group 0)=0.1`: a sign right after the bracket makes it part of the name.
            let is_glued = self.kind(close + 1) == Some(TokenKind::Sep) && !self.tokens[close + 1].spaced;
            if is_glued
                && self.kind(self.at + 1) == Some(TokenKind::Word)
                && has(TokenKind::Number)
                && !has(TokenKind::Sep)
                && close - self.at <= 6
            {
                self.name = Some((first, close));
                self.at = close + 1;
                return;
            }
            // `step 10/100 completed (loss: 2.5)`
            if has_pairs && token.spaced && words::is_summary_word(self.text(first)) && self.has_counts_only() {
                self.drop_name();
                self.end_cell();
                self.at += 1;
                return;
            }
            if has_pairs {
                // `Namespace(lr=0.1)`, `Filter (num_proc=4)`: a call.
                self.cells.is_refused = true;
            } else if close < self.tokens.len()
                && !has(TokenKind::Number)
                && !has(TokenKind::Junk)
                && close - self.at <= 3
            {
                // `Epoch(train)`; `elapsed time per iteration (ms)`
                let part = self.token(self.at + 1).and_then(|inside| DataSplit::of(inside.text(self.line)));
                if part.is_some() {
                    self.part = part;
                } else if self.is_part_alone(first)
                    && close == self.at + 2
                    && self.kind(self.at + 1) == Some(TokenKind::Word)
                {
                    self.cells.variant = Some(self.at + 1);
                    self.drop_name();
                } else if self.kind(close + 1) == Some(TokenKind::Sep) || !token.spaced {
                    self.name = Some((first, close));
                }
                self.at = close + 1;
            } else {
                // `Loss (0.5)`: an average without its value.
                self.drop_name();
                self.at = (close + 1).min(self.tokens.len());
            }
            return;
        }
        if self.name.is_some() {
            // `betas: (0.9, 0.999)`: the first.
            return self.list(close);
        }
        // `loss=2.5 (min=1.0, max=3.0)`: about the value, not the step.
        let of_value = self.after_value
            && matches!(self.cells.items.last(), Some(CellItem::Pair(pair)) if words::count(self.last_words(pair)).is_none());
        if has_pairs && !of_value && !self.line[self.tokens[self.at + 1].start].is_ascii_digit() {
            self.end_cell();
            self.at += 1;
            return;
        }
        let is_numbered = close == self.at + 3
            && self.kind(self.at + 1) == Some(TokenKind::Word)
            && self.kind(self.at + 2) == Some(TokenKind::Number);
        // `(Epoch 1) step 100: …`: a step in parentheses is a step.
        let is_step = || {
            let count = words::count(self.text(self.at + 1)).filter(|count| *count != words::Count::Weak);
            self.cells.items.is_empty() && count.is_some()
        };
        // `loss=2.5 (proc 0)`: the process or thing of the value.
        if is_numbered && (is_step() || words::which(self.text(self.at + 1)).is_some()) {
            self.end_cell();
            self.at += 1;
            return;
        }
        // `Epoch 1 (10/100): loss 2.5`: a position in the epoch.
        if self.follows_epoch() && self.kind(self.at + 1) == Some(TokenKind::Number) && close == self.at + 4 {
            let of = self.total(self.at + 1);
            if of.is_some() {
                let value = self.at + 1;
                self.cells.items.push(CellItem::Position {
                    value,
                    of,
                    is_first: false,
                    in_brackets: true,
                    is_bar: false,
                });
            }
        }
        // An average, a percentage, a z-score.
        if let Some(value) = inside.clone().next()
            && self.tokens[value].kind == TokenKind::Number
            && self.tokens[value].unit_text(self.line) == b"%"
            && close == value + 1
            && matches!(self.cells.items.last(), Some(CellItem::Pair(pair)) if words::count(self.last_words(pair)).is_some())
        {
            self.cells.items.push(CellItem::Percent { value });
        }
        self.part_in_brackets(close);
        self.after_value = true;
        self.at = (close + 1).min(self.tokens.len());
    }

    /// `loss 2.5 (val 2.4)`: the same for another part.
    fn part_in_brackets(&mut self, close: usize) {
        let word = self.at + 1;
        let value = word + 1 + usize::from(self.kind(word + 1) == Some(TokenKind::Sep));
        let is_pair = close == value + 1
            && self.kind(word) == Some(TokenKind::Word)
            && self.kind(value) == Some(TokenKind::Number);
        let Some(part) = Some(word).filter(|_| is_pair).and_then(|at| DataSplit::of(self.text(at))) else { return };
        let Some(CellItem::Pair(pair)) = self.cells.items.last() else { return };
        if words::count(self.last_words(pair)).is_some() || DataSplit::of(pair.name.as_bytes()).is_some() {
            return;
        }
        let (name, has_sep) = (format!("{}{}", part.prefix(), pair.name), pair.has_sep);
        self.push(word, word, value, None, has_sep, false);
        if let Some(CellItem::Pair(pair)) = self.cells.items.last_mut() {
            pair.name = name;
        }
    }

    /// True if the line begins with a part of the data, and nothing else was read.
    fn is_part_alone(&self, first: usize) -> bool {
        self.name == Some((first, first)) && self.cells.items.is_empty() && DataSplit::of(self.text(first)).is_some()
    }

    /// The first number of a list is the value of the open name.
    pub(super) fn list(&mut self, close: usize) {
        let first = (self.at + 1..close).find(|at| self.tokens[*at].kind != TokenKind::Open);
        // `[(0, 4.5)]`: pairs of their own.
        let of_pairs =
            first.is_some_and(|first| (self.at + 1..first).any(|at| self.line[self.tokens[at].start] == b'('));
        match first {
            _ if of_pairs => self.drop_name(),
            Some(at) if self.tokens[at].kind == TokenKind::Number => {
                let of = self.total(at);
                self.value(at, of);
            }
            _ => self.drop_name(),
        }
        self.after_value = true;
        self.at = (close + 1).min(self.tokens.len());
    }

    fn bracket(&mut self, token: Token, close: usize) {
        let value = self.at + 1;
        // `loss[loss=0.2, simple_loss=0.3, over 12.0 frames. ]`
        let is_dictionary = !token.spaced
            && self.kind(value) == Some(TokenKind::Word)
            && self.kind(value + 1) == Some(TokenKind::Sep)
            && self.kind(close + 1) != Some(TokenKind::Sep);
        if is_dictionary && self.name.is_some() && !self.has_sep {
            self.enter(close);
            self.end_cell();
            self.at += 1;
            return;
        }
        let is_plain = |at: usize| {
            let token = self.token(at);
            token.is_some_and(|token| {
                token.kind == TokenKind::Number && token.unit == token.end && !token.text(self.line).contains(&b',')
            })
        };
        let is_whole = |at: usize| is_plain(at) && digits::is_plain(self.tokens[at].text(self.line));
        // `[1,  2000] loss: 2.17`: an epoch and a position in it, as the tutorials of PyTorch print them. A number
        // after a space may have thousands.
        let is_spaced = |at: usize| {
            self.token(at).is_some_and(|token| {
                let is_number = token.kind == TokenKind::Number && token.unit == token.end;
                is_number && token.spaced && digits::is_plain(token.text(self.line))
            })
        };
        let is_two = self.at == 0 && close == 4 && self.kind(2) == Some(TokenKind::Divider) && is_whole(1);
        // `[200, 0.0001]`: a step and a rate, above lines of values.
        if is_two && self.tokens.len() == 5 && is_plain(3) && !is_whole(3) {
            self.cells.items.push(CellItem::Position {
                value: 1,
                of: None,
                is_first: true,
                in_brackets: true,
                is_bar: false,
            });
            self.at = close + 1;
            return;
        }
        if is_two && (is_whole(3) || is_spaced(3)) {
            self.cells.items.push(CellItem::Epoch { value: 1 });
            self.cells.items.push(CellItem::Position {
                value: 3,
                of: None,
                is_first: true,
                in_brackets: true,
                is_bar: false,
            });
            self.is_fresh = true;
            self.at = close + 1;
            return;
        }
        // `[12,864/60000]`: before a total a comma separates thousands.
        let has_total = self.kind(value) == Some(TokenKind::Number) && self.total(value).is_some();
        let is_number = is_plain(value) || has_total;
        let of = if is_number { self.total(value) } else { None };
        let behind = of.unwrap_or(value) + 1;
        let is_place = is_number
            && (behind == close
                || self
                    .token(behind)
                    .is_some_and(|token| token.kind == TokenKind::Open && self.line[token.start] == b'('));
        if let Some((first, last)) = self.name {
            let only_part =
                !self.has_sep && self.part.is_none() && first == last && DataSplit::of(self.text(last)).is_some();
            let only_part = only_part || first == last && DataSplit::of(self.text(last)).is_some() && is_place;
            if is_place && !only_part {
                self.value(value, of);
                self.at = (close + 1).min(self.tokens.len());
                return;
            }
            if self.has_sep && !only_part && !is_place {
                return self.list(close);
            }
            // `Batch [0-100]`: a step that is not a number.
            if words::count(self.text(last)).is_some() && !only_part && !is_number {
                let has_words = (value..close).any(|at| self.tokens[at].kind == TokenKind::Word);
                self.cells.is_unclear |= !has_words;
            }
            self.drop_name();
        }
        if is_place {
            let is_first = self.cells.items.is_empty() && self.at == 0;
            self.cells.items.push(CellItem::Position { value, of, is_first, in_brackets: true, is_bar: false });
            self.after_value = true;
            self.is_fresh = true;
            self.at = (close + 1).min(self.tokens.len());
            return;
        }
        self.end_cell();
        self.at += 1;
    }
}
