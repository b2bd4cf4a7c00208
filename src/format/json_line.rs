//! Parses a line of JSON lines as an object, as Python writes them too.

use serde_json::{Map, Value};

use super::json::{NOT_JSON, TOO_DEEP};

/// The warning about a line with another JSON value.
pub(super) const NOT_AN_OBJECT: &str = "not a JSON object; skipped";

/// Returns the object in a line; Python's words for non-finite numbers (`NaN`, `Infinity`) are missing values. Errors
/// describe what is wrong with the line.
pub(super) fn object(text: &str) -> Result<Map<String, Value>, String> {
    let parsed = serde_json::from_str::<Value>(text).or_else(|error| {
        // Few lines have any, and those are read twice.
        let plain = without_words(text);
        plain.map_or(Err(error), |plain| serde_json::from_str(&plain))
    });
    match parsed {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(NOT_AN_OBJECT.to_owned()),
        Err(error) => {
            let (message, column) = (error.to_string(), error.column());
            let is_half = ["surrogate", "end of hex escape"].iter().any(|part| message.contains(part));
            Err(if message.contains("recursion") {
                format!("{TOO_DEEP} (column {column}); skipped")
            } else if is_half && text.contains("\\u") {
                format!("unpaired surrogate such as `\\ud800` (column {column}); skipped")
            } else {
                format!("{NOT_JSON} (column {column}); skipped")
            })
        }
    }
}

/// Returns the text with `null` for each word that Python writes in place of a number; `None` where there is none.
fn without_words(text: &str) -> Option<String> {
    const WORDS: [&str; 5] = ["-Infinity", "Infinity", "NaN", "-inf", "nan"];
    let mut plain = String::with_capacity(text.len());
    let (mut is_quoted, mut is_escaped, mut from) = (false, false, 0);
    for (at, c) in text.char_indices() {
        if is_quoted {
            is_quoted = is_escaped || c != '"';
            is_escaped = !is_escaped && c == '\\';
            continue;
        }
        is_quoted = c == '"';
        if at < from {
            continue;
        }
        let starts = !text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_'));
        let ends = |word: &&&str| !text[at + word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let word = WORDS.iter().filter(|word| starts && text[at..].starts_with(**word)).find(ends);
        if let Some(word) = word {
            plain.push_str(&text[from..at]);
            plain.push_str("null");
            from = at + word.len();
        }
    }
    plain.push_str(&text[from..]);
    (from > 0).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_as_python_writes_it_is_missing() {
        let read = |text: &str| object(text).map(|object| Value::Object(object).to_string());
        assert_eq!(
            read(r#"{"a":NaN,"b":[Infinity, -Infinity],"c":"NaN \" Infinity","d":{"e":nan}}"#),
            Ok(r#"{"a":null,"b":[null,null],"c":"NaN \" Infinity","d":{"e":null}}"#.to_owned())
        );
        for no in [r#"{"a":NaNo}"#, r#"{"a":-NaN}"#, "{NaN:1}", r#"{"a":1"#, "{nan"] {
            assert!(read(no).is_err_and(|why| why.starts_with("not JSON")), "{no}");
        }
        assert_eq!(read("[NaN]"), Err("not a JSON object; skipped".to_owned()));
    }

    #[test]
    fn an_unread_line_has_a_reason() {
        let why = |text: &str| object(text).err().unwrap_or_default();
        assert!(why(r#"{"a":"x\ud800y"}"#).starts_with("unpaired surrogate"), "{}", why(r#"{"a":"x\ud800y"}"#));
        assert!(why(r#"{"a":"\udc00"}"#).starts_with("unpaired surrogate"));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
        assert!(why(&deep).starts_with("JSON nested too deep"), "{}", why(&deep));
        assert!(why("{a}").starts_with("not JSON (column 2)"));
    }
}
