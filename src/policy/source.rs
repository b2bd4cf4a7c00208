//! Source that reads differently to programs and people: a misleading encoding, names that a compiler folds into
//! others, look-alike names.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

use super::text::Visible;
use super::words::{Family, each_word, is_odd_letter};
use crate::model::{FileChange, Finding, FindingKind, LineKind, Severity};

/// Returns the findings in the new text of a file that concern its added lines.
pub fn source_findings(file: &FileChange, text: &[u8]) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(family) = Family::of(file.path.raw()) else { return found };
    found.extend(cookie(file, text));
    if text.is_ascii() {
        return found;
    }
    let text = String::from_utf8_lossy(text);
    let lines = file.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind == LineKind::Added);
    let added: HashSet<u32> = lines.filter_map(|line| line.new).collect();
    let words = SourceWords::of(&text, family, &added);
    let mut add = |severity, kind, line, message| {
        found.push(Finding { severity, kind, path: Some(file.path.clone()), line: Some(line), message });
    };
    if let Some((line, word, plain)) = words.folded() {
        let severity = if plain.is_ascii() { Severity::Critical } else { Severity::Warning };
        let message = format!("`{}` is `{}` to Python (NFKC)", Visible::of(word), Visible::of(&plain));
        add(severity, FindingKind::LookAlike, line, message);
    }
    if let Some((line, word)) = words.added.iter().find(|(_, word)| word.chars().any(is_odd_letter)) {
        let message = format!("`{}` is one name: what looks like punctuation in it is a letter", Visible::of(word));
        add(Severity::Warning, FindingKind::LookAlike, *line, message);
    }
    if let Some((line, word, other)) = words.alike() {
        let message =
            format!("`{}` and `{}` in this file look alike but are different names", escaped(word), escaped(other));
        add(Severity::Critical, FindingKind::LookAlike, line, message);
    }
    found
}

/// Returns a name with its non-ASCII letters as numbers, which distinguishes look-alikes.
fn escaped(word: &str) -> String {
    let letter = |c: char| if c.is_ascii() { c.to_string() } else { format!("⟨U+{:04X}⟩", c as u32) };
    word.chars().map(letter).collect()
}

/// Words outside of comments and strings.
struct SourceWords<'a> {
    /// Words of added lines that are not plain, with their lines.
    added: Vec<(u32, &'a str)>,
    /// All words of the file by their appearance, including the plain ones of added lines.
    alike: HashMap<String, Vec<(u32, &'a str)>>,
    lines: &'a HashSet<u32>,
}

impl<'a> SourceWords<'a> {
    fn of(text: &'a str, family: Family, lines: &'a HashSet<u32>) -> Self {
        let mut all: HashMap<&str, u32> = HashMap::new();
        let mut odd = false;
        let mut added = Vec::new();
        each_word(text, family, |line, word| {
            odd |= !word.is_ascii();
            let is_added = lines.contains(&line);
            if is_added && !word.is_ascii() {
                added.push((line, word));
            }
            // Of several lines prefer an added one.
            let known = all.entry(word).or_insert(line);
            if is_added && !lines.contains(known) {
                *known = line;
            }
        });
        let mut alike: HashMap<String, Vec<(u32, &str)>> = HashMap::new();
        if odd {
            for (word, line) in all {
                alike.entry(skeleton(word).collect()).or_default().push((line, word));
            }
        }
        Self { added, alike, lines }
    }

    /// Returns the first name that Python reads as a different one.
    fn folded(&self) -> Option<(u32, &'a str, String)> {
        let folded = self.added.iter().map(|(line, word)| (*line, *word, word.nfkc().collect::<String>()));
        folded.filter(|(_, word, plain)| word != plain).min_by_key(|(line, _, plain)| (!plain.is_ascii(), *line))
    }

    /// Returns the first two names that look the same, or the first name that looks like a plain one.
    fn alike(&self) -> Option<(u32, &'a str, &'a str)> {
        let mut found: Vec<(u32, &str, &str)> = Vec::new();
        for same in self.alike.values() {
            // Programmers can distinguish two names of ASCII letters, such as `l1` and `ll`.
            let odd = same.iter().filter(|(_, word)| !word.is_ascii() && !is_plain_greek(word));
            for (line, word) in odd {
                let others = same
                    .iter()
                    .filter(|(at, other)| other != word && (self.lines.contains(line) || self.lines.contains(at)));
                found.extend(others.map(|(at, other)| {
                    if self.lines.contains(line) { (*line, *word, *other) } else { (*at, *other, *word) }
                }));
            }
        }
        found.into_iter().min()
    }
}

/// True for a single Greek letter: as a mathematical symbol it is common next to `a` and `p`.
fn is_plain_greek(word: &str) -> bool {
    word.chars().count() == 1 && word.chars().all(|c| matches!(c, '\u{0370}'..='\u{03FF}'))
}

/// Returns a line that makes Python read the whole file in a different encoding than people expect: comments may be
/// code.
fn cookie(file: &FileChange, text: &[u8]) -> Option<Finding> {
    let is_near = |line: Option<u32>| line.is_some_and(|line| line <= 2);
    let changed = file
        .hunks
        .iter()
        .flat_map(|hunk| &hunk.lines)
        .any(|line| line.kind != LineKind::Context && (is_near(line.new) || is_near(line.old)));
    let name = file.path.raw().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let reads_it = [".py", ".pyw", ".pyi", ".pyx", ".pxd", ".rb"].iter().any(|ending| name.ends_with(ending));
    if !changed || !reads_it && name.contains('.') {
        return None;
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    for (at, line) in first_lines(text).into_iter().enumerate() {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_start_matches([' ', '\t', '\u{c}']);
        if let Some(name) = line.starts_with('#').then(|| named_encoding(line)).flatten() {
            let message = format!("makes Python read the file as {}: comments may be code", Visible::name(name));
            let (severity, kind, path) = (Severity::Critical, FindingKind::Encoding, Some(file.path.clone()));
            return (!is_usual(name)).then_some(Finding { severity, kind, path, line: Some(at as u32 + 1), message });
        }
        // The second line counts only after a comment or an empty line.
        if !line.is_empty() && !line.starts_with('#') {
            return None;
        }
    }
    None
}

/// Returns the first two lines, split as Python does: also at a carriage return.
fn first_lines(text: &[u8]) -> [&[u8]; 2] {
    let cut = |text: &'_ [u8]| text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
    let (first, rest) = text.split_at(cut(text));
    let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.get(1..)).unwrap_or_default();
    [first, rest.split_at(cut(rest)).0]
}

/// Returns the name after `coding:` or `coding=`, as PEP 263 defines it.
fn named_encoding(line: &str) -> Option<&str> {
    let places = line.match_indices("coding").map(|(at, word)| at + word.len());
    places.filter_map(|at| line.get(at..)?.strip_prefix([':', '='])).find_map(|rest| {
        let rest = rest.trim_start_matches([' ', '\t']);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
        Some(rest.split_at(end).0).filter(|name| !name.is_empty())
    })
}

/// True for encodings in which comments are what they look like.
fn is_usual(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
    let known = [
        "utf-8",
        "utf8",
        "u8",
        "utf-8-sig",
        "ascii",
        "us-ascii",
        "646",
        "latin-1",
        "latin1",
        "latin",
        "l1",
        "iso-8859-1",
        "iso8859-1",
        "iso-latin-1",
    ];
    // A suffix of a usual name tells editors how lines end.
    let name = ["-unix", "-dos", "-mac"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    known.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Content, DiffLine, FileKind, Hunk, Nature};

    fn change(path: &str, text: &str, added: &[u32]) -> FileChange {
        let lines = text.lines().enumerate().map(|(at, line)| {
            let number = at as u32 + 1;
            let kind = if added.contains(&number) { LineKind::Added } else { LineKind::Context };
            DiffLine { kind, old: None, new: Some(number), text: line.into(), cut: 0, no_newline: false }
        });
        FileChange {
            path: path.into(),
            old: FileKind::Regular,
            new: FileKind::Regular,
            content: Content::Text,
            added: added.len(),
            removed: 0,
            hunks: vec![Hunk { lines: lines.collect() }],
            hunks_left_out: 0,
            nature: Nature::default(),
        }
    }

    fn of(path: &str, text: &str, added: &[u32]) -> Vec<(Severity, FindingKind, u32)> {
        let found = source_findings(&change(path, text, added), text.as_bytes());
        found.iter().map(|one| (one.severity, one.kind, one.line.unwrap_or(0))).collect()
    }

    #[test]
    fn an_encoding_that_turns_comments_into_code_must_be_acknowledged() {
        let bad = |text: &str| of("a.py", text, &[1, 2, 3]) == [(Severity::Critical, FindingKind::Encoding, 1)];
        for name in ["unicode_escape", "utf-7", "raw_unicode_escape", "rot13", "utf_16", "hz", "punycode", "koi8-r"] {
            assert!(bad(&format!("# -*- coding: {name} -*-\nx = 1\n")), "{name}");
        }
        assert!(bad("\u{feff}# vim: set fileencoding=utf-7 :\n"));
        assert!(bad("  #coding=cp037\n"));
        let below = |text: &str| of("a.py", text, &[1, 2, 3]) == [(Severity::Critical, FindingKind::Encoding, 2)];
        assert!(below("#!/usr/bin/python\n# coding: utf-7\n") && below("\n# coding: utf-7\n"));
        assert!(below("#!/usr/bin/python\r\n# coding: utf-7\r\n"));
        assert!(below("#!/usr/bin/python\r# coding: utf-7\n"), "Python ends lines at a carriage return, too");
        for good in [
            "# coding: utf-8\n",
            "# -*- coding: UTF_8-unix -*-\n",
            "# coding: latin-1\n",
            "x = 1\n# coding: utf-7\n",
            "# a\n\n# coding: utf-7\n",
            "# a\r\n# b\r\n# coding: utf-7\r\n",
            "# coding: utf-8\n# coding: utf-7\n",
            "# decoding is slow\n",
            "print('coding: utf-7')\n",
        ] {
            assert!(of("a.py", good, &[1, 2, 3]).is_empty(), "{good:?}");
        }
        assert!(of("notes.md", "# coding: utf-7\n", &[1]).is_empty());
        assert!(of("a.py", "# coding: utf-7\n\n\nx = 1\n", &[4]).is_empty(), "nothing at the head changes");
        // The former fourth line becomes the first when those above are deleted.
        let mut moved = change("a.py", "# coding: utf-7\nx = 1\n", &[]);
        let gone = DiffLine { kind: LineKind::Removed, old: Some(1), new: None, ..moved.hunks[0].lines[0].clone() };
        moved.hunks[0].lines.insert(0, gone);
        assert_eq!(source_findings(&moved, b"# coding: utf-7\nx = 1\n").len(), 1);
    }

    #[test]
    fn names_that_python_reads_as_others() {
        for text in
            ["ｅｖａｌ('x')\n", "import oſ\n", "𝐞𝐯𝐚𝐥('x')\n", "e\u{212a}\n", "x = ﬁle\n", "a = b if nªme else 1\n"]
        {
            let found = of("a.py", text, &[1]);
            assert_eq!(found.first(), Some(&(Severity::Critical, FindingKind::LookAlike, 1)), "{text}");
        }
        assert_eq!(of("a.py", "cafe\u{301} = 1\n", &[1]), [(Severity::Warning, FindingKind::LookAlike, 1)]);
        assert_eq!(of("a.py", "strict· = 1\n", &[1]), [(Severity::Warning, FindingKind::LookAlike, 1)]);
        for text in
            ["x = 'ｅｖａｌ'\n", "x = 1  # ｅｖａｌ oſ ℝ\n", "größe = 1\n", "損失 = 1\n", "\"\"\"\nｅｖａｌ\n\"\"\"\n"]
        {
            assert!(of("a.py", text, &[1, 2, 3]).is_empty(), "{text}");
        }
    }

    #[test]
    fn two_names_that_look_alike() {
        let alike = |text: &str, added: &[u32]| of("a.py", text, added);
        let critical = |line| vec![(Severity::Critical, FindingKind::LookAlike, line)];
        assert_eq!(alike("copy = 1\nx = 2\nсору = 3\n", &[3]), critical(3));
        assert_eq!(alike("сору = 1\nx = 2\ncopy = 3\n", &[3]), critical(3), "the plain one may be the new one");
        assert_eq!(alike("сору = 1\ncopy = 3\nx = 2\n", &[3]), [], "both were there before");
        assert_eq!(alike("a = 1\nа = 2\n", &[2]), critical(2));
        assert_eq!(alike("l1 = 1\nll = 2\nO = 0\né = 1\n", &[1, 2, 3, 4]), [], "distinguished by programmers");
        assert_eq!(alike("a = 1\nα = 2\nρ = p\n", &[1, 2, 3]), [], "signs of mathematics");
        assert_eq!(alike("copy = 1  # сору\nx = 'сору'\n", &[1, 2]), []);
        let found = source_findings(&change("a.rs", "fn copy\nfn сору", &[2]), "fn copy\nfn сору".as_bytes());
        assert_eq!(
            found[0].message,
            "`⟨U+0441⟩⟨U+043E⟩⟨U+0440⟩⟨U+0443⟩` and `copy` in this file look alike but are different names"
        );
    }

    /// `PYTHON_FILES` names directories, separated by `:`; by default those of the system are used. Run it with
    /// `--ignored --nocapture`.
    #[test]
    #[allow(clippy::print_stdout)]
    #[ignore = "reads a thousand files of the machine"]
    fn no_name_in_public_sources_is_misread() {
        let mut files: Vec<std::path::PathBuf> = Vec::new();
        let mut dirs: Vec<std::path::PathBuf> = match std::env::var("PYTHON_FILES") {
            Ok(dirs) => dirs.split(':').map(Into::into).collect(),
            Err(_) => vec!["/usr/lib".into(), "/usr/local/lib".into()],
        };
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => dirs.push(path),
                    Ok(kind) if kind.is_file() && path.extension().is_some_and(|ending| ending == "py") => {
                        files.push(path);
                    }
                    _ => {}
                }
            }
        }
        assert!(files.len() >= 1000, "{} Python files are here", files.len());
        let (mut odd, mut alike) = (0, 0);
        for path in &files {
            let Ok(bytes) = std::fs::read(path) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            odd += usize::from(!text.is_ascii());
            let lines: Vec<u32> = (1..=text.lines().count() as u32).collect();
            for one in source_findings(&change("a.py", &text, &lines), &bytes) {
                println!("{}:{}: {}", path.display(), one.line.unwrap_or(0), one.message);
                alike += usize::from(one.message.contains("look alike"));
            }
        }
        println!(
            "{} files, {odd} of them with other letters than ASCII, {alike} with names that look alike",
            files.len()
        );
        assert_eq!(alike, 0);
    }
}
