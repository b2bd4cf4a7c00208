//! Patches as `git diff` prints them: files, modes, hunks. Read strictly: hunks are never searched for at another line,
//! and anything irregular is an error with its line.

use std::collections::HashSet;

/// One file of a patch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePatch {
    /// Path before; `None` for a new file.
    pub old: Option<String>,
    /// Path after; `None` for a deleted file.
    pub new: Option<String>,
    /// Mode after, as git writes it (`100755`); `None` when the patch does not contain it.
    pub mode: Option<u32>,
    /// Hunks in order.
    pub hunks: Vec<PatchHunk>,
}

/// A hunk: lines and their replacement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchHunk {
    /// First line in the old file, from 1; 0 when the old side is empty.
    pub old_start: usize,
    /// Lines of the old file, with their line ends.
    pub old: Vec<Vec<u8>>,
    /// Lines of the new file, with their line ends.
    pub new: Vec<Vec<u8>>,
    /// Line of the patch, from 1, for errors.
    pub patch_line: usize,
}

/// An error in a patch, with its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("change.patch, line {line}: {problem}")]
pub struct BadPatch {
    /// Line, from 1.
    pub line: usize,
    /// The error.
    pub problem: &'static str,
}

/// Maximum number of files in a patch.
const MOST_FILES: usize = 10_000;
const EXTRA_LINE: &str = "a line beyond the hunk's line count";

/// Reads a patch. Errors name the line of the patch.
pub fn read_patch(bytes: &[u8]) -> Result<Vec<FilePatch>, BadPatch> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let mut reader = PatchReader { lines: &lines, at: 0 };
    let mut files = Vec::new();
    let mut paths = HashSet::new();
    while let Some(file) = reader.file()? {
        for path in [&file.old, &file.new].into_iter().flatten().collect::<HashSet<_>>() {
            if !paths.insert(path.clone()) {
                return Err(reader.bad("the patch already contains a path of this file"));
            }
        }
        files.push(file);
        if files.len() > MOST_FILES {
            return Err(reader.bad("more than 10,000 files"));
        }
    }
    if files.is_empty() {
        return Err(BadPatch { line: 1, problem: "the patch changes no file" });
    }
    Ok(files)
}

struct PatchReader<'a> {
    lines: &'a [&'a [u8]],
    at: usize,
}

impl<'a> PatchReader<'a> {
    fn bad(&self, what: &'static str) -> BadPatch {
        BadPatch { line: (self.at + 1).min(self.lines.len().max(1)), problem: what }
    }

    /// Returns the current line without its line end.
    fn peek(&self) -> Option<&'a [u8]> {
        let line = self.lines.get(self.at)?;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Returns the next file; text before its first line (a mail, a message) is skipped.
    fn file(&mut self) -> Result<Option<FilePatch>, BadPatch> {
        while let Some(line) = self.peek() {
            if line.starts_with(b"diff --git ") || line.starts_with(b"--- ") {
                break;
            }
            if line.starts_with(b"@@ ") {
                return Err(self.bad("a hunk without a file"));
            }
            self.at += 1;
        }
        let Some(line) = self.peek() else { return Ok(None) };
        let mut file = FilePatch::default();
        let mut named = false;
        if let Some(names) = line.strip_prefix(b"diff --git ") {
            // If nothing else names the file, both names are the same.
            let same = same_name(names);
            self.at += 1;
            named = self.header(&mut file)?;
            if !named && let Some(name) = same {
                let (is_new, is_gone) = (file.old.is_some(), file.new.is_some());
                file.old = (!is_new).then(|| name.clone());
                file.new = (!is_gone).then_some(name);
                named = true;
            }
        }
        if self.peek().is_some_and(|line| line.starts_with(b"--- ")) {
            file.old = self.name(b"--- ", "a/")?;
            file.new = self.name(b"+++ ", "b/")?;
            named = true;
        }
        if !named || (file.old.is_none() && file.new.is_none()) {
            return Err(self.bad("the file's name is missing"));
        }
        while self.peek().is_some_and(|line| line.starts_with(b"@@ ")) {
            let hunk = self.hunk()?;
            file.hunks.push(hunk);
        }
        // After the hunks there is another file, or the end of a mail.
        if let Some(line) = self.peek()
            && matches!(line.first(), Some(b'+' | b'-' | b' ' | b'\\'))
            && !line.starts_with(b"--- ")
            && line != b"-- "
            && !file.hunks.is_empty()
        {
            return Err(self.bad(EXTRA_LINE));
        }
        Ok(Some(file))
    }

    /// Reads git's header lines; true when they name the file on both sides. For the time being an empty old name marks
    /// a new file, an empty new one a deleted file.
    fn header(&mut self, file: &mut FilePatch) -> Result<bool, BadPatch> {
        let (mut from, mut to) = (None, None);
        while let Some(line) = self.peek() {
            let text = std::str::from_utf8(line).unwrap_or_default();
            if let Some(mode) = text.strip_prefix("new file mode ").or_else(|| text.strip_prefix("new mode ")) {
                file.mode = Some(self.mode(mode)?);
                if text.starts_with("new file") {
                    file.old = Some(String::new());
                }
            } else if text.starts_with("deleted file mode ") {
                file.new = Some(String::new());
            } else if let Some(name) = line.strip_prefix(b"rename from ") {
                from = Some(self.path(name)?);
            } else if let Some(name) = line.strip_prefix(b"rename to ") {
                to = Some(self.path(name)?);
            } else if line.starts_with(b"copy from ") || line.starts_with(b"copy to ") {
                return Err(self.bad("copies are not supported: make the patch with git diff --no-renames"));
            } else if line.starts_with(b"GIT binary patch") || line.starts_with(b"Binary files ") {
                return Err(self.bad("binary patches are not supported: propose a commit (--head)"));
            } else if !["old mode ", "index ", "similarity index ", "dissimilarity index "]
                .iter()
                .any(|known| text.starts_with(known))
            {
                break;
            }
            self.at += 1;
        }
        match (from, to) {
            (Some(from), Some(to)) => {
                (file.old, file.new) = (Some(from), Some(to));
                Ok(true)
            }
            (None, None) => Ok(false),
            _ => Err(self.bad("incomplete rename")),
        }
    }

    fn mode(&self, text: &str) -> Result<u32, BadPatch> {
        u32::from_str_radix(text.trim(), 8).map_err(|_| self.bad("the mode is not an octal number"))
    }

    fn name(&mut self, mark: &[u8], side: &str) -> Result<Option<String>, BadPatch> {
        let line = self.peek().and_then(|line| line.strip_prefix(mark));
        let Some(line) = line else { return Err(self.bad("`---` is not followed by `+++`")) };
        // A plain diff has a time after a tab.
        let line = line.split(|byte| *byte == b'\t').next().unwrap_or(line);
        let name = self.path(line)?;
        self.at += 1;
        if name == "/dev/null" {
            return Ok(None);
        }
        Ok(Some(name.strip_prefix(side).map(str::to_owned).unwrap_or(name)))
    }

    fn path(&self, text: &[u8]) -> Result<String, BadPatch> {
        unquoted(text).ok_or_else(|| self.bad("a name is not UTF-8, or badly quoted"))
    }

    fn hunk(&mut self) -> Result<PatchHunk, BadPatch> {
        let head = self.peek().and_then(hunk_head);
        let Some((old_start, mut old_left, mut new_left)) = head else {
            return Err(self.bad("a hunk must begin with `@@ -start,count +start,count @@`"));
        };
        let mut hunk = PatchHunk { old_start, patch_line: self.at + 1, ..PatchHunk::default() };
        self.at += 1;
        let mut last = b' ';
        while let Some(line) = self.lines.get(self.at).copied() {
            let (mark, text) = match line.split_first() {
                // Mailers strip the space of an empty context line.
                Some((b'\n', _)) if old_left > 0 && new_left > 0 => (b' ', line),
                Some((mark, text)) => (*mark, text),
                None => break,
            };
            if mark == b'\\' {
                // Of the previous line: it has no line end.
                let cut = |lines: &mut Vec<Vec<u8>>| {
                    if let Some(line) = lines.last_mut()
                        && line.last() == Some(&b'\n')
                    {
                        line.pop();
                    }
                };
                if last != b'+' {
                    cut(&mut hunk.old);
                }
                if last != b'-' {
                    cut(&mut hunk.new);
                }
                self.at += 1;
                continue;
            }
            if old_left == 0 && new_left == 0 {
                break;
            }
            let (is_old, is_new) = (matches!(mark, b' ' | b'-'), matches!(mark, b' ' | b'+'));
            if !is_old && !is_new {
                return Err(self.bad("a line of a hunk must begin with ` `, `+`, `-` or `\\`"));
            }
            if (is_old && old_left == 0) || (is_new && new_left == 0) {
                return Err(self.bad(EXTRA_LINE));
            }
            old_left -= usize::from(is_old);
            new_left -= usize::from(is_new);
            if is_old {
                hunk.old.push(text.to_vec());
            }
            if is_new {
                hunk.new.push(text.to_vec());
            }
            last = mark;
            self.at += 1;
        }
        if old_left > 0 || new_left > 0 {
            return Err(self.bad("the hunk is shorter than its line count"));
        }
        Ok(hunk)
    }
}

/// Reads `@@ -1,3 +1,4 @@`: first old line, old lines, new lines.
fn hunk_head(line: &[u8]) -> Option<(usize, usize, usize)> {
    let text = std::str::from_utf8(line.get(..line.len().min(80))?).ok()?;
    let (ranges, _) = text.strip_prefix("@@ -")?.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let range = |text: &str| -> Option<(usize, usize)> {
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number <= 100_000_000);
        Some((number(start)?, number(count)?))
    };
    let ((start, old), (_, new)) = (range(old)?, range(new)?);
    Some((start, old, new))
}

/// Returns the common name of `a/NAME b/NAME`; `None` when they differ or are quoted.
fn same_name(names: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(names).ok()?;
    let half = text.len().checked_sub(1)? / 2;
    let (a, b) = (text.get(..half)?, text.get(half + 1..)?);
    let name = a.strip_prefix("a/")?;
    (b.strip_prefix("b/") == Some(name)).then(|| name.to_owned())
}

/// Returns a name with git's quoting undone.
fn unquoted(text: &[u8]) -> Option<String> {
    let Some(inner) = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")) else {
        return String::from_utf8(text.to_vec()).ok();
    };
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < inner.len() {
        if inner[at] != b'\\' {
            bytes.push(inner[at]);
            at += 1;
            continue;
        }
        let escaped = *inner.get(at + 1)?;
        at += 2;
        bytes.push(match escaped {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'v' => 11,
            b'f' => 12,
            b'"' | b'\\' => escaped,
            b'0'..=b'3' => {
                let digits = inner.get(at - 1..at + 2)?;
                at += 2;
                u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?
            }
            _ => return None,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        read_patch(text.as_bytes()).map_or_else(|error| error.to_string(), |files| format!("{} files", files.len()))
    }

    #[test]
    fn a_patch_of_git_reads() -> Result<(), BadPatch> {
        let text = "diff --git a/train.py b/train.py\nindex 1..2 100644\n--- a/train.py\n+++ b/train.py\n@@ -1,2 +1,2 @@ def x\n-LR = 1\n+LR = 2\n \n\\ No newline at end of file\ndiff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\ndiff --git a/new b/new\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\ndiff --git a/e b/e\ndeleted file mode 100644\nindex 1..0\n";
        let files = read_patch(text.as_bytes())?;
        assert_eq!(files.len(), 4);
        assert_eq!(files[0].hunks[0].new, [b"LR = 2\n".to_vec(), b"".to_vec()]);
        assert_eq!((files[1].mode, files[1].hunks.len()), (Some(0o100_755), 0));
        assert_eq!((files[2].old.as_deref(), files[2].new.as_deref()), (None, Some("new")));
        assert_eq!((files[3].old.as_deref(), files[3].new.as_deref()), (Some("e"), None));
        Ok(())
    }

    #[test]
    fn errors_have_their_line() {
        for (text, wanted) in [
            ("", "line 1: the patch changes no file"),
            ("@@ -1 +1 @@\n-a\n+b\n", "line 1: a hunk without"),
            ("--- a/x\n@@ -1 +1 @@\n", "line 2: `---` is not followed"),
            ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+c\n", "line 6: a line beyond"),
            ("--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n+b\n", "the hunk is shorter"),
            (
                "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-b\n+c\n",
                "the patch already contains",
            ),
            ("--- a/x\n+++ b/x\n@@ x @@\n", "line 3: a hunk must begin"),
            ("diff --git a/x b/x\nGIT binary patch\nliteral 3\n", "line 2: binary"),
            ("diff --git a/x b/y\nrename from x\nindex 1..2\n", "incomplete rename"),
            ("--- \"a/\\400\"\n+++ b/x\n", "badly quoted"),
            ("--- /dev/null\n+++ /dev/null\n", "name is missing"),
        ] {
            let found = error_of(text);
            assert!(found.contains(wanted), "{text:?}: {found}");
        }
    }
}
