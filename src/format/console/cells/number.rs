//! Numbers on a line: the value of the preceding name, a position, or a number followed by its name or unit.

use super::super::lexer::{Token, TokenKind};
use super::super::parts::DataSplit;
use super::super::shape::bar;
use super::super::words;
use super::{CellItem, Parser};

impl Parser<'_> {
    /// Reads a number after the name of the tokens `first` to `last`; `of` is the total of `3/10`.
    fn named_number(&mut self, token: Token, of: Option<usize>, first: usize, last: usize) {
        // `loss: 0,512`: half the world uses a decimal comma.
        let is_decimal_comma = self.is_decimal_comma(token);
        let list = if is_decimal_comma { Some(self.at + 3) } else { self.list_of_fractions(token) };
        if let Some(behind) = list {
            self.cells.is_unclear |= is_decimal_comma && words::is_measured(self.text(last));
            self.cells.has_doubt = true;
            self.name = None;
            self.has_sep = false;
            self.after_value = true;
            self.at = behind;
            return;
        }
        let is_part = first == last && DataSplit::of(self.text(last)).is_some();
        let place = self.at + 1;
        if is_part
            && of.is_none()
            && self.kind(place) == Some(TokenKind::Open)
            && self.line[self.tokens[place].start] == b'['
            && self.kind(place + 1) == Some(TokenKind::Number)
        {
            self.cells.lead.push(last);
            self.cells.items.push(CellItem::Epoch { value: self.at });
            self.name = None;
            self.has_sep = false;
            self.at += 1;
            return;
        }
        self.value(self.at, of);
    }

    /// Adds a place without a name and moves on to `behind`; `of` is `None` without a total.
    fn position(&mut self, of: Option<usize>, is_first: bool, behind: usize) {
        self.cells.items.push(CellItem::Position { value: self.at, of, is_first, in_brackets: false, is_bar: false });
        self.at = behind;
    }

    pub(super) fn number(&mut self, token: Token) {
        let of = self.total(self.at);
        if self.skips_number(token) {
            return;
        }
        if let Some((first, last)) = self.name {
            return self.named_number(token, of, first, last);
        }
        let behind = of.unwrap_or(self.at) + 1;
        let is_first = self.cells.items.is_empty() && self.cells.lead.is_empty() && self.at == 0;
        let without_end = self.without_end(token, behind);
        let behind = without_end.unwrap_or(behind);
        let is_bar = without_end.is_some() || of.is_some() && self.is_bracketed_clock(behind);
        // `10:    learn: 0.5`
        if is_first
            && of.is_none()
            && token.unit == token.end
            && self.kind(behind) == Some(TokenKind::Sep)
            && self.token(behind + 1).is_some_and(|next| next.spaced)
            && self.line[self.tokens[behind].start] == b':'
        {
            self.position(None, is_first, behind + 1);
            self.is_fresh = true;
            return;
        }
        // `#10 loss 0.5`; candle's `  10 train loss:  0.5`
        if is_first
            && of.is_none()
            && token.unit == token.end
            && self.kind(behind) == Some(TokenKind::Word)
            && (token.is_nth(self.line) || token.is_whole(self.line) && self.is_signed_result(behind))
        {
            self.position(of, is_first, behind);
            return;
        }
        // build-nanogpt's log.txt: `250 val 5.9812`.
        if is_first && self.is_bare_triple() {
            self.position(of, is_first, behind);
            return;
        }
        // `1/3 10/100 loss: 2.5`
        let follows_epoch = self.follows_epoch() || self.cells.items.len() == 1 && self.follows_place();
        let only_lead = self.has_counts_only();
        if without_end.is_some()
            || of.is_some()
                && (is_first
                    || is_bar
                    || follows_epoch && (self.is_fresh || self.follows_place())
                    || only_lead && self.is_fresh && self.kind(behind) == Some(TokenKind::Divider))
        {
            self.cells.items.push(CellItem::Position { value: self.at, of, is_first, in_brackets: false, is_bar });
            self.is_bar |= is_bar && of.is_some();
            self.at = behind;
            self.after_value = true;
            return;
        }
        // `2050.10 ms`, `45.2% bf16 MFU` `1.2k tok/s`
        let is_scaled = matches!(token.unit_text(self.line), b"k" | b"K" | b"M" | b"B")
            && self.token(self.at + 1).is_some_and(|next| next.text(self.line).starts_with(b"tok"));
        let is_plain = token.unit == token.end || token.unit_text(self.line) == b"%" || is_scaled;
        if self.is_fresh && of.is_none() && is_plain && !self.is_bar && token.spaced && self.name_behind() {
            return;
        }
        self.at = behind;
        self.after_value = true;
        self.is_fresh = false;
    }

    /// Skips a number that is neither the value of an open name nor anything else.
    fn skips_number(&mut self, token: Token) -> bool {
        // `Training:  10%|███`, `10% ━━━`: the progress of a bar.
        let is_drawn = |next: &Token| next.kind == TokenKind::Divider && bar(&self.line[next.start..]) > "━".len();
        if token.unit_text(self.line) == b"%"
            && (self.line.get(token.unit) == Some(&b'|') || self.token(self.at + 1).is_some_and(is_drawn))
        {
            self.drop_name();
            self.at += 1;
            return true;
        }
        let Some((_, last)) = self.name else { return false };
        let name = self.text(last);
        // `Test net output #0: accuracy = 0.5`: the first of them.
        if words::count(name).is_none() && token.is_nth(self.line) {
            self.end_cell();
            self.at += 1 + usize::from(self.kind(self.at + 1) == Some(TokenKind::Sep));
            return true;
        }
        // `loss 2.WARNING: …`: another line interrupted the number.
        let is_cut = matches!(self.line.get(token.end..), Some([b'.', next, ..]) if next.is_ascii_alphabetic());
        self.cells.is_unclear |= is_cut && words::is_measured(name);
        self.cells.is_unclear
    }
}
