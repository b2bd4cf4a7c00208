//! The grammar of a line: tokens into pairs, positions and leading words. `docs/formats/console.md` describes it.

mod number;

use super::lexer::{Token, TokenKind};
use super::parts::DataSplit;
use super::words;

/// Maximum count of numbers in a line: more are a dump.
const MOST_ITEMS: usize = 512;
/// Maximum number of words in a name.
const MOST_WORDS: usize = 7;

/// An item of a line with a number.
#[derive(Clone, Debug)]
pub(super) enum CellItem {
    /// A name and its value.
    Pair(Pair),
    /// A position without a name: `[ 50/7330]`, `5/50`, `[10]`, `10:`.
    Position { value: usize, of: Option<usize>, is_first: bool, in_brackets: bool, is_bar: bool },
    /// `Train: 0 [ 50/1251]`: an epoch without a name.
    Epoch { value: usize },
    /// `(1.3%)` after a step.
    Percent { value: usize },
    /// A duration until the end.
    Remaining { first: usize, last: usize },
}

/// A name and its value; tokens are given by their indices.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) name: String,
    /// First and last token of the name.
    pub(super) words: (usize, usize),
    pub(super) value: usize,
    /// Last token of the value: `1m 12s` has two parts.
    pub(super) last: usize,
    /// The total in `250/1750`.
    pub(super) of: Option<usize>,
    /// True if there is a `:` or `=` between name and value.
    pub(super) has_sep: bool,
    /// True if the value comes first: `2050 ms`.
    pub(super) is_value_first: bool,
    /// `Epoch(val)`: the part in parentheses after the name.
    pub(super) part: Option<DataSplit>,
    /// `Val: loss 0.6, acc 0.8`: the part before it with a colon.
    pub(super) scope: Option<DataSplit>,
    pub(super) cell: u32,
}

/// The parsed items of a line.
#[derive(Default, Debug)]
pub(super) struct Cells {
    pub(super) items: Vec<CellItem>,
    /// Words at the beginning that belong to no pair: `Test:`, `Evaluating`.
    pub(super) lead: Vec<usize>,
    /// `Test (EMA):`, the word in parentheses: the tested model is not the one being trained.
    pub(super) variant: Option<usize>,
    /// Number of words elsewhere that belong to no pair.
    pub(super) strays: u32,
    /// True for a line whose numbers measure nothing: an event, a call.
    pub(super) is_refused: bool,
    /// True for a line whose step is not a number.
    pub(super) is_unclear: bool,
    /// True if an ambiguous number was skipped.
    pub(super) has_doubt: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "the position in a cell")]
pub(super) struct Parser<'a> {
    pub(super) line: &'a [u8],
    pub(super) tokens: &'a [Token],
    /// The closing token of each opening bracket.
    pub(super) closes: Vec<usize>,
    pub(super) at: usize,
    pub(super) cells: Cells,
    /// First and last token of the open name.
    pub(super) name: Option<(usize, usize)>,
    pub(super) has_sep: bool,
    pub(super) part: Option<DataSplit>,
    pub(super) scope: Option<DataSplit>,
    /// True if the last item in this cell is a value.
    pub(super) after_value: bool,
    /// True if this cell has no item yet.
    pub(super) is_fresh: bool,
    pub(super) cell: u32,
    /// The names of the enclosing dictionaries, with their closing tokens.
    pub(super) within: Vec<(String, usize)>,
    /// True if this cell has pairs without a sign, which prose after them cancels.
    pub(super) has_weak: bool,
    pub(super) is_bar: bool,
}

impl<'a> Parser<'a> {
    pub(super) fn read(line: &'a [u8], tokens: &'a [Token]) -> Cells {
        let mut parser = Self {
            line,
            tokens,
            closes: closes(tokens),
            at: 0,
            cells: Cells::default(),
            name: None,
            has_sep: false,
            part: None,
            scope: None,
            after_value: false,
            is_fresh: true,
            cell: 0,
            within: Vec::new(),
            has_weak: false,
            is_bar: false,
        };
        while parser.at < tokens.len() && !parser.cells.is_refused && !parser.cells.is_unclear {
            parser.next();
            parser.cells.is_unclear |= parser.cells.items.len() > MOST_ITEMS;
        }
        parser.end_cell();
        parser.cells
    }

    pub(super) fn token(&self, at: usize) -> Option<&'a Token> {
        self.tokens.get(at)
    }

    pub(super) fn kind(&self, at: usize) -> Option<TokenKind> {
        self.token(at).map(|token| token.kind)
    }

    pub(super) fn text(&self, at: usize) -> &'a [u8] {
        self.tokens[at].text(self.line)
    }

    fn next(&mut self) {
        let token = self.tokens[self.at];
        match token.kind {
            TokenKind::Word => self.word(token),
            TokenKind::Quoted => self.quoted(),
            TokenKind::Number => self.number(token),
            TokenKind::Clock => self.clock(),
            TokenKind::Sep => self.sep(token),
            TokenKind::Divider => {
                self.end_cell();
                if matches!(self.line[token.start], b'|' | b';') {
                    self.scope = None;
                }
                self.at += 1;
            }
            TokenKind::Slash => {
                if self.kind(self.at + 1) == Some(TokenKind::Word) && token.spaced {
                    self.end_cell();
                } else {
                    self.drop_name();
                }
                self.at += 1;
            }
            TokenKind::Junk => {
                // `[00:10<01:30`: the time after `<` is the time left.
                if self.line[token.start] == b'<' && self.kind(self.at + 1) == Some(TokenKind::Clock) && self.is_bar {
                    self.cells.items.push(CellItem::Remaining { first: self.at + 1, last: self.at + 1 });
                    self.at += 1;
                }
                // `loss: 0.9 -> 0.8`: which of them is current is ambiguous.
                let is_arrow = matches!(token.text(self.line), b"->" | b"\xe2\x86\x92");
                if is_arrow && self.after_value && matches!(self.cells.items.last(), Some(CellItem::Pair(_))) {
                    self.cells.items.pop();
                    self.cells.has_doubt = true;
                }
                // `loss: 1.#INF`
                let is_of_measure =
                    self.has_sep && self.name.is_some_and(|(_, last)| words::is_measured(self.text(last)));
                let begins = self.line[token.start];
                self.cells.has_doubt |= is_of_measure && (begins.is_ascii_digit() || matches!(begins, b'-' | b'+'));
                self.drop_name();
                self.is_fresh = false;
                self.at += 1;
            }
            TokenKind::Open => self.open(token),
            TokenKind::Close => {
                self.within.retain(|(_, close)| *close != self.at);
                self.end_cell();
                self.at += 1;
            }
        }
    }

    /// Discards the words of an open name.
    pub(super) fn drop_name(&mut self) {
        if let Some((first, last)) = self.name.take() {
            let tokens = self.tokens;
            if first == last && self.has_sep {
                self.scope = DataSplit::of(tokens[first].text(self.line)).or(self.scope);
            }
            let words = (first..=last).filter(|at| tokens[*at].kind == TokenKind::Word);
            // `epoch 1 evaluating [loss: 0.5]`
            let is_part = first == last && !self.has_sep && DataSplit::of(tokens[first].text(self.line)).is_some();
            if self.cells.items.is_empty() || is_part && self.has_counts_only() {
                self.cells.lead.extend(words);
            } else {
                self.cells.strays += words.count() as u32;
            }
        }
        self.has_sep = false;
        self.part = None;
        self.after_value = false;
    }

    /// True right after an epoch.
    pub(super) fn follows_epoch(&self) -> bool {
        matches!(self.cells.items.last(), Some(CellItem::Pair(pair)) if words::count(self.last_words(pair)) == Some(words::Count::Epoch))
    }

    /// True right after a position with its total.
    fn follows_place(&self) -> bool {
        matches!(self.cells.items.last(), Some(CellItem::Position { value, of: Some(of), is_bar: false, .. }) if *of + 1 == self.at && *value < *of)
    }

    /// True if no value was read so far.
    pub(super) fn has_counts_only(&self) -> bool {
        let is_value =
            |item: &CellItem| matches!(item, CellItem::Pair(pair) if words::count(self.last_words(pair)).is_none());
        !self.cells.items.iter().any(is_value)
    }

    pub(super) fn end_cell(&mut self) {
        // `generating 5 samples`: a number inside a sentence is not a value.
        if self.has_weak && self.name.is_some() && !self.has_sep {
            let cell = self.cell;
            let line = self.line;
            let tokens = self.tokens;
            self.cells.items.retain(|item| match item {
                CellItem::Pair(pair) => {
                    let last = tokens[pair.words.1].text(line);
                    pair.cell != cell
                        || pair.has_sep
                        || words::is_measured(last)
                        || words::count(last).is_some()
                        || words::count(pair.name.as_bytes()).is_some()
                }
                _ => true,
            });
        }
        self.drop_name();
        self.is_fresh = true;
        self.has_weak = false;
        self.cell += 1;
    }

    fn word(&mut self, token: Token) {
        let text = self.text(self.at);
        if let Some((first, last)) = self.name {
            // `loss is 0.05`, `'val_loss' reached 0.5`
            if !self.has_sep
                && matches!(text, b"is" | b"Is" | b"reached")
                && self.kind(self.at + 1) == Some(TokenKind::Number)
            {
                self.has_sep = true;
                self.at += 1;
                return;
            }
            if words::not_finite(text).is_some()
                && (self.has_sep || self.ends_at(self.at + 1) || words::is_measured(self.text(last)))
            {
                return self.value(self.at, None);
            }
            // `tensor(0.5123)`, `array(0.9)`
            if (self.has_sep || words::is_measured(self.text(last)))
                && matches!(
                    text,
                    b"tensor" | b"tf.Tensor" | b"array" | b"Array" | b"np.float32" | b"np.float64" | b"float"
                )
                && self.token(self.at + 1).is_some_and(|next| next.kind == TokenKind::Open && !next.spaced)
            {
                self.at += 1;
                let close = self.close(self.at);
                return self.list(close);
            }
            // `val: n/a`
            if self.has_sep && matches!(text, b"n/a" | b"N/A" | b"None" | b"none" | b"null" | b"--") {
                self.name = None;
                self.has_sep = false;
                self.after_value = true;
                self.at += 1;
                return;
            }
            if self.has_sep {
                // `name: word`: not a number. `recurrence:activated`: an event.
                let is_attached = !token.spaced && !self.tokens[self.at - 1].spaced;
                if is_attached
                    && first == last
                    && self.cells.items.is_empty()
                    && self.line[self.tokens[self.at - 1].start] == b':'
                    && DataSplit::of(self.text(first)).is_none()
                    && !self.cells_began_before(first)
                {
                    self.cells.is_refused = true;
                    return;
                }
                if is_attached && DataSplit::of(self.text(first)).is_none() {
                    // `mode=train`
                    self.name = None;
                    self.has_sep = false;
                    self.at += 1;
                    self.after_value = true;
                    return;
                }
                self.drop_name();
            } else if self.kind(last) == Some(TokenKind::Quoted) {
                // A quoted name ends with the quote.
                self.drop_name();
            } else if self.tokens[last].unit > self.tokens[last].end && ends_sentence(self.text(last)) {
                // `Training. ELO: 1200`: the end of a sentence.
                self.drop_name();
            } else if token.gap || last + 1 != self.at {
                if words::is_prose(text) || token.gap {
                    self.drop_name();
                }
            } else if self.at - first >= MOST_WORDS {
                self.cells.strays += 1;
                self.name = Some((first + 1, last));
            }
        } else if self.after_value
            && !token.gap
            && words::is_unit(text)
            && self.kind(self.at + 1) != Some(TokenKind::Sep)
            && !self.counts_on(text)
            && !self.names_next(text)
        {
            // `40 ms`, `5000 samples/sec`
            self.at += 1;
            return;
        }
        self.name = Some(self.name.map_or((self.at, self.at), |(first, _)| (first, self.at)));
        self.is_fresh = false;
        self.after_value = false;
        self.at += 1;
    }

    fn cells_began_before(&self, first: usize) -> bool {
        first > 0 && !self.cells.lead.is_empty()
    }

    fn quoted(&mut self) {
        if self.has_sep {
            // A text, not a number.
            self.name = None;
            self.has_sep = false;
            self.after_value = true;
        } else {
            self.drop_name();
            self.name = Some((self.at, self.at));
        }
        self.is_fresh = false;
        self.at += 1;
    }

    fn sep(&mut self, token: Token) {
        if let (true, Some(CellItem::Pair(pair))) =
            (self.after_value && self.kind(self.at + 1) == Some(TokenKind::Number), self.cells.items.last())
            && pair.of.is_some()
            && self.line[token.start] == b'='
        {
            // `HellaSwag: 2456/10042 = 0.2446`
            self.name = Some(pair.words);
            self.has_sep = true;
            self.after_value = false;
            self.cells.items.pop();
        } else if self.after_value
            && self.kind(self.at + 1) == Some(TokenKind::Number)
            && self.measured_before_its_step()
        {
            return;
        } else if self.name.is_some() && !self.has_sep {
            self.has_sep = true;
        } else if self.name.is_some() {
            self.drop_name();
        } else if self.after_value || token.spaced {
            self.end_cell();
        }
        self.at += 1;
    }

    /// `Loss at step 100: 0.5`: the name precedes the step, the value follows it. Returns true if so.
    fn measured_before_its_step(&mut self) -> bool {
        let Some(CellItem::Pair(pair)) = self.cells.items.last() else { return false };
        let (first, mut last) = pair.words;
        if pair.has_sep || last == first || words::count(self.last_words(pair)).is_none() {
            return false;
        }
        last -= 1;
        while last > first && matches!(self.text(last), b"at" | b"after" | b"for" | b"in" | b"of" | b"the" | b"on") {
            last -= 1;
        }
        if self.kind(last) != Some(TokenKind::Word) || !words::is_measured(self.text(last)) || last - first > 2 {
            return false;
        }
        let value = self.at + 1;
        self.push(first, last, value, None, true, false);
        self.at = value + 1;
        self.after_value = true;
        true
    }

    /// True if a cell ends at a token.
    pub(super) fn ends_at(&self, at: usize) -> bool {
        self.token(at).is_none_or(|token| {
            token.gap || matches!(token.kind, TokenKind::Divider | TokenKind::Close | TokenKind::Open)
        })
    }

    /// Returns the name of a pair without its part, in one or two words.
    pub(super) fn last_words(&self, pair: &Pair) -> &'a [u8] {
        let (first, last) = pair.words;
        let begin =
            if last > first && words::count(&self.line[self.tokens[last - 1].start..self.tokens[last].end]).is_some() {
                last - 1
            } else {
                last
            };
        &self.line[self.tokens[begin].start..self.tokens[last].end]
    }

    /// Gives the open name its value.
    pub(super) fn value(&mut self, at: usize, of: Option<usize>) {
        let Some((mut first, last)) = self.name else { return };
        let sep = self.has_sep;
        let name_end = self.tokens[last].end;
        if words::is_remaining(&self.line[self.tokens[first].start..name_end]) || words::is_remaining(self.text(last)) {
            let mut end = at;
            while self
                .token(end + 1)
                .is_some_and(|token| matches!(token.kind, TokenKind::Number | TokenKind::Clock) && !token.gap)
            {
                end += 1;
            }
            self.cells.items.push(CellItem::Remaining { first: at, last: end });
            self.name = None;
            self.has_sep = false;
            self.after_value = true;
            self.at = end + 1;
            return;
        }
        let is_attached = sep && !self.tokens[at].spaced && self.tokens[at - 1].end == self.tokens[at].start;
        let is_own_cell = first > 0 && self.tokens[first - 1].kind == TokenKind::Divider;
        // `Peak GPU Memory (MB)=43,210`
        let ends_in_unit = self.tokens[last].kind == TokenKind::Close;
        if is_attached && !is_own_cell && !ends_in_unit {
            // `final_int6 val_loss:1.9`: words before a name with an attached value are not part of it, unless they are
            // typical of names.
            let mut from = last;
            while from > first && joins(self.text(from - 1)) {
                from -= 1;
            }
            let before = (first..from).filter(|at| self.kind(*at) == Some(TokenKind::Word)).count();
            if before > 0 && words::count(self.text(last)).is_none() {
                if self.cells.items.is_empty() {
                    self.cells.lead.extend(first..from);
                } else {
                    self.cells.strays += before as u32;
                }
                first = from;
            }
        } else if !sep {
            let has_prose =
                (first..=last).any(|at| self.kind(at) == Some(TokenKind::Word) && words::is_prose(self.text(at)));
            let counts = words::count(self.text(last)).is_some();
            if !counts && (has_prose || last - first > 2) {
                self.drop_name();
                self.is_fresh = false;
                self.at = of.unwrap_or(at) + 1;
                return;
            }
            self.has_weak = true;
        }
        self.push(first, last, at, of, sep, false);
        self.name = None;
        self.has_sep = false;
        self.after_value = true;
        self.is_fresh = false;
        let end = of.unwrap_or(at);
        self.at = end.max(self.time_in_parts(at).unwrap_or(at)) + 1;
    }

    pub(super) fn push(
        &mut self,
        first: usize,
        last: usize,
        value: usize,
        of: Option<usize>,
        has_sep: bool,
        is_value_first: bool,
    ) {
        let text = &self.line[self.tokens[first].start..self.tokens[last].end];
        let mut name = String::new();
        for (outer, _) in &self.within {
            name.push_str(outer);
            name.push('/');
        }
        for (at, word) in String::from_utf8_lossy(text).split_whitespace().enumerate() {
            name.push_str(if at > 0 { " " } else { "" });
            name.push_str(word);
        }
        let part = self.part.take();
        self.is_fresh = false;
        self.cells.items.push(CellItem::Pair(Pair {
            name,
            words: (first, last),
            value,
            last: if is_value_first { value } else { self.time_in_parts(value).unwrap_or(value) },
            of,
            has_sep,
            is_value_first,
            part,
            scope: self.scope,
            cell: self.cell,
        }));
    }
}

/// Returns the closing token of each bracket; the end of the line for an unclosed one.
fn closes(tokens: &[Token]) -> Vec<usize> {
    let mut closes = vec![tokens.len(); tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open => open.push(at),
            TokenKind::Close => open.pop().into_iter().for_each(|opened| closes[opened] = at),
            _ => {}
        }
    }
    closes
}

/// True for a word that is not an abbreviation such as `avg.`: `Epoch 1 finished. Average loss: 2.5`.
fn ends_sentence(word: &[u8]) -> bool {
    word.ends_with(b"ing") || word.ends_with(b"ed") || matches!(word, b"done" | b"complete")
}

/// True for words that names may contain before their last one: `train/CE loss=2.5`.
fn joins(word: &[u8]) -> bool {
    let is = |all: &[&str]| all.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()));
    DataSplit::of(word).is_some()
        || word.first().is_some_and(u8::is_ascii_alphabetic) && word.contains(&b'/') && !word.contains(&b'.')
        || is(&[
            "avg", "average", "mean", "best", "min", "max", "total", "running", "d", "g", "lm", "learning", "grad",
            "gradient", "global", "time", "policy", "value", "actor", "critic",
        ])
}
