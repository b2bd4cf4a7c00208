//! A sentence that a person reads stands in one place, so that a better wording is one edit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A sentence has as many words; shorter texts are labels.
const WORDS: usize = 4;

/// The source files without those that are tests.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> = vec![root.join("src")];
    let mut found = Vec::new();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let is_test = name.split('/').any(|part| matches!(part, "tests" | "tests.rs"));
        if name.ends_with(".rs") && !is_test {
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// The string literals of a source text with their lines, without those of comments and of items under `cfg(test)`.
fn literals(text: &str) -> Vec<(usize, String)> {
    let chars: Vec<char> = text.chars().collect();
    let starts = |at: usize, word: &str| word.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    // The depth of braces within a test item; `None` outside of one.
    let mut test_item: Option<usize> = None;
    while at < chars.len() {
        let from = at;
        match chars[at] {
            '/' if starts(at, "//") => at += chars[at..].iter().take_while(|c| **c != '\n').count(),
            '/' if starts(at, "/*") => at += (2..chars.len() - at).find(|i| starts(at + i, "*/")).unwrap() + 2,
            '#' if starts(at, "#[cfg(test)]") && test_item.is_none() => {
                test_item = Some(0);
                at += "#[cfg(test)]".len();
            }
            'r' if starts(at, "r\"") || starts(at, "r#") && raw_opening(&chars[at..]).is_some() => {
                let hashes = raw_opening(&chars[at..]).unwrap();
                let end = format!("\"{}", "#".repeat(hashes));
                let inside = at + 2 + hashes;
                at = (inside..chars.len()).find(|i| starts(*i, &end)).unwrap();
                if test_item.is_none() {
                    found.push((line, chars[inside..at].iter().collect()));
                }
                at += end.len();
            }
            '"' => {
                at += 1;
                let mut inside = String::new();
                while at < chars.len() && chars[at] != '"' {
                    if starts(at, "\\\n") {
                        at += 1 + chars[at + 1..].iter().take_while(|c| c.is_whitespace()).count();
                    } else {
                        let width = if chars[at] == '\\' { 2 } else { 1 };
                        inside.extend(&chars[at..at + width]);
                        at += width;
                    }
                }
                at += 1;
                if test_item.is_none() {
                    found.push((line, inside));
                }
            }
            // A letter in quotes, but not a lifetime.
            '\'' if starts(at + 1, "\\") => at += 3 + chars[at + 3..].iter().take_while(|c| **c != '\'').count() + 1,
            '\'' if chars.get(at + 2) == Some(&'\'') => at += 3,
            c => {
                test_item = match (test_item, c) {
                    (Some(depth), '{') => Some(depth + 1),
                    (Some(0), ';') | (Some(1), '}') => None,
                    (Some(depth), '}') => Some(depth - 1),
                    (depth, _) => depth,
                };
                at += 1;
            }
        }
        line += chars[from..at.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    found
}

/// The number of `#` of a raw literal that begins here.
fn raw_opening(chars: &[char]) -> Option<usize> {
    let hashes = chars[1..].iter().take_while(|c| **c == '#').count();
    (chars.get(1 + hashes) == Some(&'"')).then_some(hashes)
}

/// A literal as it is compared: one sign for each place of a value, no punctuation, small letters. `None` for what is
/// not a sentence.
fn sentence(literal: &str) -> Option<String> {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for c in literal.replace("{{", "(").replace("}}", ")").chars() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                plain.push('…');
            }
            c if depth == 0 => plain.extend(c.to_lowercase()),
            _ => {}
        }
    }
    let bare = |word: &'_ str| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '…').to_owned();
    let plain = plain.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let is_sql =
        ["SELECT ", "DELETE ", "INSERT ", "UPDATE ", "CREATE ", "PRAGMA "].iter().any(|word| literal.starts_with(word));
    let words = plain.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
    (words >= WORDS && !is_sql).then_some(plain)
}

#[test]
fn a_sentence_stands_in_one_place() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in sources() {
        for (line, literal) in literals(&text) {
            if let Some(sentence) = sentence(&literal) {
                places.entry(sentence).or_default().push(format!("{name}:{line}"));
            }
        }
    }
    assert!(places.len() > 1000, "only {} sentences were found in src", places.len());
    let twice: Vec<String> = places
        .iter()
        .filter(|(_, at)| at.len() > 1)
        .map(|(sentence, at)| format!("{}\n    {sentence}", at.join(" ")))
        .collect();
    assert!(twice.is_empty(), "each of these sentences stands in several places; write it once:\n{}", twice.join("\n"));
}

#[test]
fn literals_are_found_as_the_compiler_finds_them() {
    let text = r##"
// "a comment is not read"
#[cfg(test)]
mod tests { fn quoted() { "not { this" } }
const A: &str = "one \
    line";
const B: &[u8] = br#"raw "too" "#;
fn f<'a>(c: char) -> &'a str { if c == '"' || c == '\'' || c == '\u{2026}' { "last" } else { "{c}" } }
"##;
    let found: Vec<String> = literals(text).into_iter().map(|(_, literal)| literal).collect();
    assert_eq!(found, ["one line", "raw \"too\" ", "last", "{c}"]);
    assert_eq!(sentence("{name} cannot be read: {why}."), sentence("{0} cannot be read: {error}"));
    assert_eq!(sentence("not a sentence"), None);
}
