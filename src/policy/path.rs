//! Checks of the paths that an agent may put into a tree.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

use super::text::{is_hidden, is_right_to_left, mixes_scripts};
use crate::model::Severity;

/// Returns why a path must not be committed; `None` for a valid one.
///
/// Git itself refuses some of these at checkout; a tree object can contain all of them.
pub fn refuse_path(path: &str) -> Option<&'static str> {
    if path.is_empty() || path.starts_with('/') || path.contains('\\') {
        return Some("is absolute, empty or has a backslash");
    }
    for part in path.split('/') {
        // Characters that file systems ignore must not hide a `.git`.
        let plain: String = part.chars().filter(|c| !super::text::is_hidden(*c)).flat_map(char::to_lowercase).collect();
        let plain = plain.trim_end_matches(['.', ' ']);
        if part.is_empty() || part == "." || part == ".." {
            return Some("has an empty, `.` or `..` part");
        }
        let stem = plain.split(':').next().unwrap_or(plain);
        if stem == ".git" || is_short_name(stem) {
            return Some("leads into .git");
        }
        if part.chars().any(char::is_control) {
            return Some("has a control character");
        }
    }
    None
}

/// Normalizes a path for the least strict system: without case, invisible characters, endings that names cannot have
/// there and stream names, and with composed letters.
pub fn plain_path(path: &str) -> String {
    let part = |part: &str| {
        let seen: String = part.nfkc().filter(|c| !super::text::is_hidden(*c)).collect();
        // Both ways: `ß` is `ss`, and a long s is an `s`.
        let lower = seen.to_uppercase().to_lowercase();
        let stem = lower.split(':').next().filter(|stem| !stem.is_empty()).unwrap_or(&lower);
        stem.trim_end_matches(['.', ' ']).to_owned()
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Returns how some systems misread a path; `None` for one that is the same everywhere.
pub(super) fn odd_path(path: &str) -> Option<(Severity, &'static str)> {
    let critical = |why| Some((Severity::Critical, why));
    if !path.is_ascii() {
        let looks: String = skeleton(path).collect();
        if path.chars().any(|c| is_hidden(c) || is_right_to_left(c)) || mixes_scripts(path) {
            return critical("has characters that look like others or are invisible");
        }
        if looks.matches('/').count() != path.matches('/').count() || looks.is_ascii() {
            return critical("has characters that look like others");
        }
        if path.nfc().ne(path.chars()) || path.nfkc().any(|c| c.is_ascii()) && path.nfkc().ne(path.chars()) {
            return critical("is normalized by some systems, and is a different file there");
        }
    }
    for part in path.split('/') {
        if part.ends_with(['.', ' ']) || part.starts_with(' ') {
            return critical("begins or ends with a space or ends with a dot, and is a different file on some systems");
        }
        if is_any_short_name(part) {
            return critical("is the short name that Windows gives to a different file");
        }
    }
    let of_windows = |part: &str| {
        let stem = part.split('.').next().unwrap_or(part).trim_end().to_ascii_uppercase();
        let numbered = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
        matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
            || numbered.is_some_and(|rest| matches!(rest, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"))
    };
    if path.contains(':') {
        return Some((Severity::Warning, "has a `:`, which separates a stream or a path on some systems"));
    }
    if path.split('/').any(of_windows) {
        return Some((Severity::Warning, "is the name of a device on some systems"));
    }
    if path.split('/').any(|part| part.starts_with(['-', '~'])) {
        return Some((
            Severity::Warning,
            "begins like an option or a home directory, and programs may treat it as one",
        ));
    }
    None
}

/// True for `GITMOD~1`, `GI7EBA~1`, `TRAIN~2.PY`: names by which Windows shortens longer ones.
fn is_any_short_name(part: &str) -> bool {
    let (stem, ending) = part.split_once('.').unwrap_or((part, ""));
    let Some((name, number)) = stem.rsplit_once('~') else { return false };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && !name.is_empty() && stem.chars().count() <= 8 && ending.chars().count() <= 3 && !ending.contains('.')
}

/// True for `git~1`: the name Windows gives `.git` for old programs.
fn is_short_name(part: &str) -> bool {
    part.strip_prefix("git~").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_into_git_are_refused() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            ".git/hooks/x",
            "a/.GIT/x",
            "git~1/x",
            ".git\u{200d}/x",
            ".git./x",
            ".git /x",
            ".git::$INDEX_ALLOCATION/x",
            "a\\b",
            "a\nb",
            "./x",
        ] {
            assert!(refuse_path(bad).is_some(), "{bad:?}");
        }
        for good in ["train.py", "a/b.py", ".gitignore", ".github/x", "日本.py", "git~x"] {
            assert!(refuse_path(good).is_none(), "{good:?}");
        }
    }

    #[test]
    fn names_that_differ_on_other_systems() {
        let of = |path: &str| odd_path(path).map(|(severity, _)| severity);
        for path in [
            "train.py.",
            "train.py ",
            " train.py",
            "a./b",
            "a /b",
            "a...",
            "GI7EBA~1",
            "GI7D29~1",
            "GITMOD~1",
            "x/TRAIN~2.PY",
            "cafe\u{301}.py",
            "ｔrain.py",
            "ｔｒａｉｎ.py",
            "ſrc.py",
            "a\u{2215}b",
            "a\u{2044}b",
            "а.py",
            "сору.py",
            "\u{5d0}.py",
            "a\u{3000}b",
            "\u{212a}.py",
            "x\u{2800}",
        ] {
            assert_eq!(of(path), Some(Severity::Critical), "{path:?}");
        }
        for path in ["C:evil", "a.py::$DATA", "aux.py", "logs/NUL", "com1.txt", "-rf", "--output=x", "~root"] {
            assert_eq!(of(path), Some(Severity::Warning), "{path:?}");
        }
        for path in [
            "train.py",
            "a b.txt",
            "日本語.py",
            "größe.py",
            "naïve/é.md",
            "file~",
            "a~b.py",
            "привет.txt",
            ".x",
            "com.py",
        ] {
            assert_eq!(of(path), None, "{path:?}");
        }
    }

    #[test]
    fn one_file_has_one_plain_path() {
        for path in
            ["Train.PY", "train.py.", "train.py ", "train.py::$DATA", "tra\u{200d}in.py", "ｔrain.py", "train.py. ."]
        {
            assert_eq!(plain_path(path), "train.py", "{path:?}");
        }
        assert_eq!(plain_path("STRASSE/ſ"), plain_path("straße/S"));
        assert_eq!(plain_path("caf\u{e9}"), plain_path("CAFE\u{301}"));
        assert_ne!(plain_path("a/b"), plain_path("ab"));
    }
}
