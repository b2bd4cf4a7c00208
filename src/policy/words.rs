//! The words of a source file outside its comments and strings, by the two syntaxes that most languages use.

use unicode_normalization::char::is_combining_mark;

/// The syntax of comments and strings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `#` to the end of the line; strings may have triple quotes: Python and similar languages.
    Hash,
    /// `//`, and `/* */`.
    Slash,
}

impl Family {
    /// Returns the family by the extension of a path; `None` for unknown ones.
    pub(super) fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some((_, ending)) = name.rsplit_once('.') else { return Some(Self::Hash) };
        match ending.to_ascii_lowercase().as_str() {
            "py" | "pyw" | "pyi" | "pyx" | "pxd" | "rb" | "sh" | "bash" | "zsh" | "jl" | "r" | "toml" | "yaml"
            | "yml" => Some(Self::Hash),
            "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" | "c" | "cc" | "cpp" | "cxx" | "h" | "hh" | "hpp" | "cu"
            | "cuh" | "rs" | "go" | "java" | "kt" | "swift" | "scala" | "cs" => Some(Self::Slash),
            _ => None,
        }
    }
}

/// True for characters of a name. Some look like punctuation but are letters to a compiler.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_combining_mark(c) || is_odd_letter(c)
}

/// True for a letter, to a compiler, that looks like punctuation.
pub(super) fn is_odd_letter(c: char) -> bool {
    matches!(c, '\u{00B7}' | '\u{0387}' | '\u{30FB}' | '\u{FF65}' | '\u{2118}' | '\u{212E}' | '\u{309B}' | '\u{309C}')
}

/// Calls `each` with every word outside of comments and strings, and the number of its line, from 1.
pub(super) fn each_word<'a>(text: &'a str, family: Family, mut each: impl FnMut(u32, &'a str)) {
    let mut line = 1;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match (family, c) {
            (_, '\n') => 1,
            (Family::Hash, '#') => to_line_end(rest),
            (Family::Slash, '/') if rest.starts_with("//") => to_line_end(rest),
            (Family::Slash, '/') if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            (_, '"' | '\'' | '`') => string(rest, c, family),
            _ if is_part(c) => {
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                each(line, rest.split_at(length).0);
                length
            }
            _ => c.len_utf8(),
        };
        let (passed, after) = rest.split_at(taken);
        line += passed.bytes().filter(|byte| *byte == b'\n').count() as u32;
        rest = after;
    }
}

fn to_line_end(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Returns the length in bytes of the string that begins here; of the quote alone if it is not a string.
fn string(text: &str, quote: char, family: Family) -> usize {
    let three: String = std::iter::repeat_n(quote, 3).collect();
    if family == Family::Hash && text.starts_with(&three) {
        return closed(text, &three, true).unwrap_or(text.len());
    }
    let one: &str = three.split_at(1).0;
    match closed(text, one, quote == '`' && family == Family::Slash) {
        Some(end) => end,
        // A lifetime or an apostrophe: the rest is code.
        None if family == Family::Slash => 1,
        None => to_line_end(text),
    }
}

/// Returns the bytes to the end of a string between `quote`; `None` if it does not end, or not on its line.
fn closed(text: &str, quote: &str, over_lines: bool) -> Option<usize> {
    let mut at = quote.len();
    loop {
        let rest = text.get(at..)?;
        let c = rest.chars().next()?;
        if rest.starts_with(quote) {
            return Some(at + quote.len());
        }
        if c == '\n' && !over_lines {
            return None;
        }
        at += c.len_utf8();
        if c == '\\' {
            at += text.get(at..)?.chars().next()?.len_utf8();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, family: Family) -> Vec<(u32, &str)> {
        let mut found = Vec::new();
        each_word(text, family, |line, word| found.push((line, word)));
        found
    }

    #[test]
    fn comments_and_strings_are_skipped() {
        let text = "a = 'b # c'  # d\n\"\"\"e\nf 'g'\"\"\" + h\nr'\\'i' \"j\\\nk\" l·m\nn = \"o\np";
        let wanted = [(1, "a"), (3, "h"), (4, "r"), (5, "l·m"), (6, "n"), (7, "p")];
        assert_eq!(words(text, Family::Hash), wanted);
        let text = "a('b') // c\n/* d\n*/ fn e<'f>(g: &'f str) `h\n${i}` j";
        let wanted = [(1, "a"), (3, "fn"), (3, "e"), (3, "f"), (3, "g"), (3, "f"), (3, "str"), (4, "j")];
        assert_eq!(words(text, Family::Slash).len(), wanted.len() - 2, "between two quotes of one line is a string");
        assert_eq!(words("&'a x", Family::Slash), [(1, "a"), (1, "x")]);
    }
}
