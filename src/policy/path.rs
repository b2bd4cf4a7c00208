//! Paths an agent may put into a tree.

/// Why a path must not be committed; `None` for a good one.
///
/// Git itself refuses some of these when it checks out; a tree object can hold all of them.
pub fn refuse_path(path: &str) -> Option<&'static str> {
    if path.is_empty() || path.starts_with('/') || path.contains('\\') {
        return Some("is absolute, empty or holds a backslash");
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
            return Some("holds a control character");
        }
    }
    None
}

/// `git~1`: the name Windows gives `.git` for old programs.
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
}
