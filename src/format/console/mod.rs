//! Console output of training programs. The grammar is in `docs/formats/console.md`.
//!
//! A line's shape is parsed once; all lines of that shape are read by it, and differ in their numbers only. The effect
//! of a line on the curves depends on the lines before it: see [`state`].

mod blocks;
mod brackets;
mod cells;
mod digits;
mod drawing;
mod gathered;
mod headings;
mod labels;
mod level;
mod lexer;
mod meaning;
mod numbers;
mod origins;
mod parts;
mod places;
mod prefix;
mod ranks;
mod recent;
mod section;
mod segments;
mod shape;
mod silent;
mod speakers;
mod state;
mod step_columns;
mod table;
mod units;
mod unread;
mod words;

use memchr::{memchr_iter, memmem};

use self::cells::Parser;
use self::gathered::{Gathered, Gathering};
use self::labels::LineLabels;
use self::lexer::{Token, TokenKind};
use self::meaning::{Meaning, Use};
pub(super) use self::parts::DataSplit;
use self::prefix::Prefix;
use self::recent::Recent;
use self::segments::Segments;
use self::shape::LineShape;
use self::silent::Silent;
use self::state::LogState;
use self::table::is_bar_behind;
pub(super) use self::units::LogUnit;
use self::words::Count;
use super::{Located, LogContents, LogReader};

/// Maximum number of different metrics of a log; a log of free text must not grow without bound.
const MOST_METRICS: usize = 256;
/// Number of shapes that are kept.
const MOST_SHAPES: usize = 24;
/// Length beyond which a line is parsed each time.
const LONGEST_SHAPE: usize = 4096;

const TRACEBACK: &[u8] = b"Traceback (most recent call last)";

/// Reader of `run.log` and similar files.
pub struct RunLog {
    segments: Segments,
    reading: SegmentReader,
}

/// Everything but the splitting into segments.
struct SegmentReader {
    /// The number of the last line.
    number: u64,
    contents: LogContents,
    state: LogState,
    shapes: Vec<LineShape>,
    /// The shape of the last line, and the successor of each shape.
    last: usize,
    after: Vec<usize>,
    /// The shape that is dropped next.
    oldest: usize,
    silent: Silent,
    labels: LineLabels,
    gathered: Gathered,
    recent: Recent,
    tokens: Vec<Token>,
    values: Vec<(Use, f64)>,
    traceback: memmem::Finder<'static>,
    nan: memmem::Finder<'static>,
    inf: memmem::Finder<'static>,
    best: memmem::Finder<'static>,
    gap: memmem::Finder<'static>,
}

impl Default for RunLog {
    fn default() -> Self {
        Self {
            segments: Segments::default(),
            reading: SegmentReader {
                number: 0,
                contents: LogContents::with_most(MOST_METRICS),
                state: LogState::default(),
                shapes: Vec::new(),
                last: 0,
                after: Vec::new(),
                oldest: 0,
                silent: Silent::default(),
                labels: LineLabels::default(),
                gathered: Gathered::default(),
                recent: Recent::default(),
                tokens: Vec::new(),
                values: Vec::new(),
                traceback: memmem::Finder::new(TRACEBACK),
                nan: memmem::Finder::new(b"nan"),
                inf: memmem::Finder::new(b"inf"),
                best: memmem::Finder::new(b"est iteration"),
                gap: memmem::Finder::new(b"  "),
            },
        }
    }
}

impl LogReader for RunLog {
    fn push(&mut self, bytes: &[u8]) {
        let reading = &mut self.reading;
        self.segments.push(bytes, |line, segment| reading.segment(line, segment));
        self.reading.recent.show(&mut self.reading.contents.view);
    }

    fn at_end(&self) -> Vec<Located> {
        let text = "the table at the end is read once a line follows it";
        let has_open = self.reading.state.has_rows();
        has_open.then(|| Located::at(self.reading.number, text)).into_iter().collect()
    }

    fn contents(&self) -> &LogContents {
        &self.reading.contents
    }
}

impl SegmentReader {
    fn segment(&mut self, number: u64, segment: &[u8]) {
        let line = segment.trim_ascii_end();
        if line.is_empty() {
            // In CRLF the end of a line is one more segment, which is empty.
            if number != self.number {
                self.state.end_paragraph(&mut self.contents);
            }
            return;
        }
        self.number = number;
        match self.gathered.take(number, line) {
            Gathering::Not => self.line(number, line),
            Gathering::Part => {}
            Gathering::Last => self.dictionary(),
            Gathering::Broken => {
                let lines = self.gathered.lines();
                let is_last = lines.last().is_some_and(|(last, text)| *last == number && text == line);
                self.lines(&lines);
                if !is_last {
                    self.segment(number, line);
                }
            }
        }
    }

    /// Reads a dictionary that was printed over several lines.
    fn dictionary(&mut self) {
        let lines = self.gathered.lines();
        let Some(whole) = gathered::joined(&lines, self.state.expects_values()) else {
            return self.lines(&lines);
        };
        self.state.close_table(&mut self.contents);
        for (_, line) in &lines {
            self.recent.remember(line);
        }
        self.silent.next();
        let number = lines.first().map_or(self.number, |(number, _)| *number);
        if !self.known(number, &whole) {
            self.unknown(number, &whole);
        }
    }

    fn lines(&mut self, lines: &[(u64, Vec<u8>)]) {
        for (number, line) in lines {
            self.line(*number, line);
        }
    }

    /// Reads a single line.
    fn line(&mut self, number: u64, line: &[u8]) {
        self.silent.next();
        // A line without a digit has no number: its shape is not looked up.
        let has_digit = has_digit(line);
        if has_digit && !self.state.is_in_table() && self.known(number, line) {
            self.recent.remember(line);
            return;
        }
        // A traceback may be attached to the last progress line, which had no line end.
        if let Some(at) = self.traceback.find(line) {
            if !line[..at].trim_ascii().is_empty() {
                self.line(number, &line[..at]);
            }
            self.state.close_table(&mut self.contents);
            self.state.restart();
            self.recent.begin_trace();
            self.recent.remember(&line[at..]);
            return;
        }
        self.recent.remember(line);
        if line.trim_ascii() == b"---" {
            self.state.close_table(&mut self.contents);
            self.state.begin_summary();
            return;
        }
        if self.state.table(&mut self.contents, &mut self.recent, number, line) {
            return;
        }
        if has_digit || self.nan.find(line).is_some() || self.inf.find(line).is_some() {
            self.unknown(number, line);
        } else {
            // LightGBM repeats the best step when it stops.
            if self.best.find(line).is_some() {
                self.state.repeat();
            }
            self.state.is_marker(line);
            self.head(line);
        }
    }

    /// Reads a line of a known shape, or of a kind known to be silent. False when it is neither.
    fn known(&mut self, number: u64, line: &[u8]) -> bool {
        let first = self.after.get(self.last).copied();
        if let Some(first) = first
            && self.is_of_shape(first, line)
        {
            self.take(first, number, line);
            return true;
        }
        if self.silent.knows(line, self.state.stage()) {
            self.head(line);
            return true;
        }
        for at in 0..self.shapes.len() {
            if Some(at) != first && self.is_of_shape(at, line) {
                self.take(at, number, line);
                return true;
            }
        }
        false
    }

    /// Reads the numbers of a line by a shape, under the same heading.
    fn is_of_shape(&mut self, at: usize, line: &[u8]) -> bool {
        self.shapes[at].section == self.state.section() && self.shapes[at].read(line, &mut self.values)
    }

    fn take(&mut self, at: usize, number: u64, line: &[u8]) {
        if self.state.resumes(&self.shapes[at], &self.values) {
            return self.line(number, line);
        }
        self.after[self.last] = at;
        self.last = at;
        let is_taken =
            self.state.take(&mut self.contents, &mut self.recent, &mut self.shapes[at], &self.values, number, line);
        self.state.count_if_left_out(&mut self.contents, number, line);
        if !is_taken {
            lexer::tokens(line, self.prefix(line).end, &mut self.tokens);
            self.state.count_if_measured(&mut self.contents, &self.tokens, number, line);
        }
    }

    /// Reads a line of an unknown shape.
    fn unknown(&mut self, number: u64, line: &[u8]) {
        let prefix = self.prefix(line);
        if prefix.is_complaint {
            return;
        }
        lexer::tokens(line, prefix.end, &mut self.tokens);
        if self.state.row(&mut self.contents, &mut self.recent, number, line) {
            return;
        }
        if !self.state.expects_values() && self.is_prose(line) {
            self.head(line);
            if !self.state.heads(&line[prefix.end..]) {
                self.pass_over(number, line, true);
            }
            return;
        }
        let mut meaning = self.meaning(line);
        if let Some((first, end)) = prefix.learner {
            meaning.belongs_to(&String::from_utf8_lossy(&line[first..end]));
        }
        if meaning.is_refused {
            self.head(line);
            if self.state.is_marker(&line[prefix.end..]) {
                return;
            }
            self.silent.remember(self.state.stage());
            return;
        }
        if meaning.is_sentence {
            self.head(line);
            if !self.state.heads(&line[prefix.end..]) {
                self.pass_over(number, line, true);
            }
            return;
        }
        // `Class  Images  mAP50): 100%|███| 2/2`: a bar after a header.
        if meaning.names.is_empty() && is_bar_behind(line) && self.head(line) {
            return;
        }
        if let Some((label, in_brackets)) = meaning.label
            && self.labels.learn(self.tokens[label].text(line), in_brackets)
        {
            self.forget();
            return self.line(number, line);
        }
        let is_useful = !meaning.is_unclear
            && (!meaning.names.is_empty()
                || meaning
                    .count
                    .is_some_and(|count| count != Count::InEpoch || meaning.has_epoch || !meaning.named.is_empty())
                || meaning.is_ambiguous
                || meaning.uses.iter().any(|(_, used)| matches!(used, Use::Remaining(_))));
        if !is_useful {
            if !self.head(line) && !self.state.heads(&line[prefix.end..]) {
                self.pass_over(number, line, true);
            }
            return;
        }
        let mut shape = LineShape::of(line, prefix, &self.tokens, meaning);
        shape.section = self.state.section();
        if !shape.read(line, &mut self.values) {
            return;
        }
        if self.state.resumes(&shape, &self.values) {
            return self.line(number, line);
        }
        let is_taken = self.state.take(&mut self.contents, &mut self.recent, &mut shape, &self.values, number, line);
        self.state.count_if_left_out(&mut self.contents, number, line);
        if self.state.counts_by_label() && self.labels.refute() {
            self.forget();
            let lines = self.state.forget_labels();
            return self.lines(&lines);
        }
        if !is_taken && self.state.heads(&line[prefix.end..]) {
            return;
        }
        let is_silent = !is_taken && self.pass_over(number, line, shape.may_be_silent());
        if !is_silent && line.len() <= LONGEST_SHAPE {
            self.keep(shape);
        }
    }

    /// Reads the prefix of a line.
    fn prefix(&self, line: &[u8]) -> Prefix {
        self.labels.with_label(line, prefix::prefix(line))
    }

    /// Discards the shapes and silent kinds: lines are parsed differently from now on.
    fn forget(&mut self) {
        self.shapes.clear();
        self.after.clear();
        (self.last, self.oldest) = (0, 0);
        self.silent = Silent::default();
    }

    /// Keeps a shape as that of the last line.
    fn keep(&mut self, shape: LineShape) {
        let at = if self.shapes.len() < MOST_SHAPES {
            self.shapes.push(shape);
            self.after.push(self.shapes.len() - 1);
            self.shapes.len() - 1
        } else {
            let at = self.oldest;
            self.oldest = (at + 1) % MOST_SHAPES;
            self.shapes[at] = shape;
            at
        };
        self.after[self.last] = at;
        self.last = at;
    }

    /// Records a line without a value. True when lines of its kind need not be read again.
    fn pass_over(&mut self, number: u64, line: &[u8], may_be_silent: bool) -> bool {
        let is_measured = self.state.count_if_measured(&mut self.contents, &self.tokens, number, line);
        !is_measured && may_be_silent && self.silent.remember(self.state.stage())
    }

    /// Reads a line that may be a header of columns. True when it is.
    fn head(&mut self, line: &[u8]) -> bool {
        let text = line.trim_ascii_start();
        let has_columns = self.gap.find_iter(text).take(2).count() + memchr_iter(b'\t', text).take(2).count() >= 2
            || memchr_iter(b'|', text).take(2).count() == 2;
        self.state.head(line, has_columns)
    }

    /// True for a line without measurements: no sign, no position, no step and no part of the data.
    fn is_prose(&self, line: &[u8]) -> bool {
        let is_nth = self.tokens.first().is_some_and(|token| token.is_nth(line));
        let is_triple = self.tokens.len() == 3 && self.tokens[0].kind == TokenKind::Number;
        !is_nth
            && !is_triple
            && self.tokens.iter().all(|token| match token.kind {
                TokenKind::Sep | TokenKind::Slash => false,
                TokenKind::Open => line[token.start] == b'(',
                TokenKind::Word => {
                    let word = token.text(line);
                    // `test_acc   0.91`
                    let begins = word.split(|byte| *byte == b'_').next().unwrap_or(word);
                    words::count(word).is_none() && DataSplit::of(begins).is_none()
                }
                _ => true,
            })
    }

    /// Returns the meaning of the tokens.
    fn meaning(&self, line: &[u8]) -> Meaning {
        Meaning::of(line, &self.tokens, &Parser::read(line, &self.tokens), self.state.section())
    }
}

fn has_digit(line: &[u8]) -> bool {
    line.chunks(32).any(|chunk| chunk.iter().fold(false, |any, byte| any | byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
