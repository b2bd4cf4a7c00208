//! JSON as training code writes it, read straight into numbers without building a tree.
//!
//! Beyond the standard it accepts what Python writes: bare `NaN`, `Infinity`, `-Infinity`, and the same as quoted
//! words.

use memchr::{memchr2, memmem};

use super::step_names::StepRank;

/// Maximum nesting depth of objects.
const DEEPEST: usize = 32;

/// The problem with a text whose objects or lists are nested too deep.
pub(super) const TOO_DEEP: &str = "JSON nested too deep";
/// The problem with any other text that is not JSON.
pub(super) const NOT_JSON: &str = "not JSON";

/// The offset, from 0, at which a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotJson(pub(super) usize);

/// The value of a field of an object.
pub(super) enum JsonField<'a> {
    Number(f64),
    Text(&'a str),
    Flag(bool),
}

/// A position in a text.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    ran_out: bool,
    /// True if objects or lists are nested too deep.
    is_deep: bool,
    /// The name of the object that is being read, with a dot after each part.
    path: String,
    /// True if the name `_type` occurs anywhere in the text; `None` before it was searched.
    has_types: Option<bool>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, ran_out: false, is_deep: false, path: String::new(), has_types: None }
    }

    /// Reads an object to its end and passes every number in it to `each`, with its name, prefixed by the names of its
    /// parent objects and dots. Lists, words and other values are skipped, and so are objects with a `_type`: tables,
    /// images and histograms of W&B are not measurements.
    pub(super) fn numbers(&mut self, each: &mut impl FnMut(&str, f64)) -> Result<(), NotJson> {
        self.fields(&mut |name, field| {
            if let JsonField::Number(number) = field {
                each(name, number);
            }
        })
    }

    /// The same, with the words that are not numbers.
    pub(super) fn fields(&mut self, each: &mut impl FnMut(&str, JsonField<'_>)) -> Result<(), NotJson> {
        self.space();
        self.object(each, 0)
    }

    /// Returns the only value of a text, if it is a number; `None` for anything else, JSON or not.
    pub(super) fn number_alone(bytes: &[u8]) -> Option<f64> {
        // Nearly always it is a number and nothing else.
        if let Some(value) = number(bytes) {
            return Some(value);
        }
        let mut scanner = Scanner::new(bytes);
        scanner.space();
        let value = scanner.value(0).ok()?;
        scanner.end().ok()?;
        value
    }

    /// Checks that only white space follows.
    pub(super) fn end(&mut self) -> Result<(), NotJson> {
        self.space();
        if self.at == self.bytes.len() { Ok(()) } else { Err(NotJson(self.at)) }
    }

    /// True if the error is an incomplete text: more of it may follow.
    pub(super) fn has_run_out(&self) -> bool {
        self.ran_out
    }

    /// True if the error is the nesting depth: the text may be JSON all the same.
    /// Returns the problem with a text that is not JSON.
    pub(super) fn problem(&self) -> &'static str {
        if self.is_deep { TOO_DEEP } else { NOT_JSON }
    }

    pub(super) fn peek(&mut self) -> Option<u8> {
        self.space();
        self.ran_out |= self.at >= self.bytes.len();
        self.bytes.get(self.at).copied()
    }

    /// Reads the entries of an object: `each` gets the name and must read the value.
    pub(super) fn entries(
        &mut self,
        mut each: impl FnMut(&mut Self, &str) -> Result<(), NotJson>,
    ) -> Result<(), NotJson> {
        self.between(b'{', b'}', |scanner| {
            let name = scanner.text()?;
            scanner.expect(b':')?;
            scanner.space();
            each(scanner, &name)
        })
    }

    /// Reads the elements of a list: `each` must read one.
    pub(super) fn elements(&mut self, each: impl FnMut(&mut Self) -> Result<(), NotJson>) -> Result<(), NotJson> {
        self.between(b'[', b']', each)
    }

    /// Reads comma-separated items between two brackets.
    fn between(
        &mut self,
        open: u8,
        close: u8,
        mut each: impl FnMut(&mut Self) -> Result<(), NotJson>,
    ) -> Result<(), NotJson> {
        self.expect(open)?;
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            each(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(NotJson(self.at)),
            }
        }
    }

    /// Reads a value and returns it if it is a number; any other is skipped.
    pub(super) fn number(&mut self) -> Result<Option<f64>, NotJson> {
        self.value(0)
    }

    /// Skips a value.
    pub(super) fn pass(&mut self) -> Result<(), NotJson> {
        self.value(0).map(|_| ())
    }

    fn object(&mut self, each: &mut impl FnMut(&str, JsonField<'_>), depth: usize) -> Result<(), NotJson> {
        if depth == DEEPEST {
            self.is_deep = true;
            return Err(NotJson(self.at));
        }
        let outer = self.path.len();
        self.entries(|scanner, name| {
            if scanner.bytes.get(scanner.at) == Some(&b'{') {
                if scanner.is_typed() {
                    return scanner.value(depth).map(|_| ());
                }
                scanner.path.truncate(outer);
                scanner.path.push_str(name);
                scanner.path.push('.');
                let inner = scanner.object(each, depth + 1);
                scanner.path.truncate(outer);
                return inner;
            }
            let text;
            let start = scanner.at;
            let field = match scanner.bytes.get(start) {
                Some(b'"') => {
                    text = scanner.text()?;
                    measured(&text, name).map_or(JsonField::Text(&text), JsonField::Number)
                }
                Some(b'[') if outer == 0 && StepRank::of(name).is_some_and(StepRank::is_step_itself) => {
                    let Some(step) = scanner.step_of_list(each)? else { return Ok(()) };
                    JsonField::Number(step)
                }
                first => match scanner.value(depth)? {
                    Some(number) => JsonField::Number(number),
                    None if matches!(first, Some(b't' | b'f')) => JsonField::Flag(scanner.bytes[start] == b't'),
                    None => return Ok(()),
                },
            };
            if outer == 0 {
                each(name, field);
            } else {
                scanner.path.push_str(name);
                each(&scanner.path, field);
                scanner.path.truncate(outer);
            }
            Ok(())
        })
    }

    /// Reads `"step": [0, 10]`, as NVIDIA's `dllogger` writes an epoch and a step.
    fn step_of_list(&mut self, each: &mut impl FnMut(&str, JsonField<'_>)) -> Result<Option<f64>, NotJson> {
        let mut numbers = Vec::new();
        self.elements(|scanner| scanner.number().map(|number| numbers.extend(number)))?;
        if let [epoch, _] = numbers[..] {
            each("epoch", JsonField::Number(epoch));
        }
        Ok(numbers.last().copied())
    }

    /// True if the object that begins here has a name `_type`.
    fn is_typed(&mut self) -> bool {
        let bytes = self.bytes;
        if !*self.has_types.get_or_insert_with(|| memmem::find(bytes, b"\"_type\"").is_some()) {
            return false;
        }
        let (at, ran_out) = (self.at, self.ran_out);
        let mut found = false;
        let read = self.entries(|scanner, name| {
            found |= name == "_type";
            scanner.value(0).map(|_| ())
        });
        (self.at, self.ran_out) = (at, ran_out);
        found && read.is_ok()
    }

    /// Reads a value; `Some` when it is a number. Objects and lists below it are skipped.
    fn value(&mut self, depth: usize) -> Result<Option<f64>, NotJson> {
        let start = self.at;
        match self.bytes.get(self.at) {
            Some(b'"') => {
                let text = self.text()?;
                Ok(named(text.as_bytes()))
            }
            Some(b'{' | b'[') if depth == DEEPEST => {
                self.is_deep = true;
                Err(NotJson(start))
            }
            Some(b'{') => {
                self.entries(|scanner, _| scanner.value(depth + 1).map(|_| ()))?;
                Ok(None)
            }
            Some(b'[') => {
                self.elements(|scanner| scanner.value(depth + 1).map(|_| ()))?;
                Ok(None)
            }
            Some(_) => {
                let rest = &self.bytes[start..];
                let len = rest
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'))
                    .unwrap_or(rest.len());
                self.ran_out |= len == rest.len();
                let word = &rest[..len];
                let value = match word {
                    b"true" | b"false" | b"null" => None,
                    _ => Some(number(word).or_else(|| named(word)).ok_or(NotJson(start))?),
                };
                self.at += len;
                Ok(value)
            }
            None => {
                self.ran_out = true;
                Err(NotJson(start))
            }
        }
    }

    /// Reads a quoted text, without the quotes.
    fn text(&mut self) -> Result<std::borrow::Cow<'a, str>, NotJson> {
        let start = self.at;
        self.expect(b'"')?;
        let inside = self.at;
        let mut escaped = false;
        loop {
            let rest = &self.bytes[self.at..];
            let Some(len) = memchr2(b'"', b'\\', rest) else {
                self.ran_out = true;
                return Err(NotJson(start));
            };
            self.at += len + 1;
            if rest[len] == b'"' {
                break;
            }
            escaped = true;
            self.at += 1;
            if self.at > self.bytes.len() {
                self.ran_out = true;
                return Err(NotJson(start));
            }
        }
        let raw = &self.bytes[inside..self.at - 1];
        if escaped {
            let whole: String = serde_json::from_slice(&self.bytes[start..self.at]).map_err(|_| NotJson(start))?;
            return Ok(whole.into());
        }
        Ok(String::from_utf8_lossy(raw))
    }

    fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        if self.peek() != Some(byte) {
            return Err(NotJson(self.at));
        }
        self.at += 1;
        Ok(())
    }

    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }
}

/// Returns the number of a text that consists of a decimal number: `"0.5"`, `"5e-05"`. Quoted digits alone are a name,
/// except for a step: `"10"`, and `"10/500"` as ms-swift writes it.
fn measured(text: &str, name: &str) -> Option<f64> {
    let digits = text.split_once('/').map_or(text, |(step, _)| step);
    let is_measured = digits.contains('.') || digits.contains("e-") || StepRank::of(name).is_some();
    let is_whole = digits.len() == text.len() || StepRank::of(name).is_some();
    let read = || number(digits.as_bytes()).filter(|_| is_measured && is_whole);
    named(text.as_bytes()).or_else(read)
}

/// Parses a JSON number.
fn number(word: &[u8]) -> Option<f64> {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    if !digits.first()?.is_ascii_digit() || !word.last()?.is_ascii_digit() {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// Parses the numbers that JSON has no digits for, as Python and its libraries spell them.
fn named(word: &[u8]) -> Option<f64> {
    match word {
        b"NaN" | b"nan" => Some(f64::NAN),
        b"Infinity" | b"inf" => Some(f64::INFINITY),
        b"-Infinity" | b"-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<(String, f64)>, NotJson> {
        let mut found = Vec::new();
        let mut scanner = Scanner::new(text.as_bytes());
        scanner.numbers(&mut |name, value| found.push((name.to_owned(), value)))?;
        scanner.end()?;
        Ok(found)
    }

    #[test]
    fn names_and_numbers() {
        let found = read(
            r#" {"a": 1, "b":{"c":-2.5e-3,"d":{"e":7}},"f":[1,{"x":2}],"g":"12","h":NaN,"i":"-Infinity","t":true,"\u0061b":3} "#,
        );
        let found = found.unwrap_or_default();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b.c", "b.d.e", "h", "i", "ab"]);
        assert_eq!((found[1].1, found[2].1, found[4].1), (-2.5e-3, 7.0, f64::NEG_INFINITY));
        assert!(found[3].1.is_nan());
        for bad in [
            "",
            "{",
            "[1]",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{\"a\":1} x",
            "{\"a\":+1}",
            "{\"a\":0x1}",
            "{\"a\":\"",
            "{\"a\":1.}",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(
            read(&("{\"a\":".repeat(5000) + "1" + &"}".repeat(5000))).is_err(),
            "deep nesting does not overflow the stack"
        );
        assert!(read(&("{\"a\":".to_owned() + &"[".repeat(5000) + &"]".repeat(5000) + "}")).is_err());
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_reads(values in proptest::collection::vec(any::<f64>().prop_filter("JSON", |v| v.is_finite()), 0..8)) {
            let text: String = values.iter().enumerate().map(|(at, value)| format!(r#""k{at}":{value:?},"#)).collect();
            let text = format!("{{{}}}", text.trim_end_matches(','));
            let found = read(&text).unwrap_or_default();
            prop_assert!(found.iter().map(|(_, value)| value.to_bits()).eq(values.iter().map(|value| value.to_bits())), "{}", text);
        }

        #[test]
        fn nothing_that_serde_rejects_is_accepted(text in "[{}\\[\\]\",:0-9.eE+ a-]{0,24}") {
            let ours = read(&text).is_ok();
            let theirs = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).is_ok();
            // Leading zeros, as in dates, are the only thing that is parsed more leniently.
            prop_assert!(!theirs || ours, "refused: {}", text);
        }
    }
}
