//! Paths that files of git name, parsed as libgit2 parses them: in bytes, with its quotes, comments and continuation
//! lines. Parsing them differently would check one file and open another.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Returns the variables of a configuration in order: `section.key` or `section.subsection.key`, section and key in
/// lower case, and the value. Keys without a value are left out. Parsing ends where libgit2 gives up, which libgit2
/// reports itself.
pub(super) fn variables(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rest = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut section = Vec::new();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let mut line = take_line(&mut rest);
        // Headers and a variable may be on one line.
        loop {
            line = without_leading_space(line);
            match line.first() {
                None | Some(b';' | b'#') => break,
                Some(b'[') => {
                    let Some((name, after)) = header(line) else { return found };
                    section = name;
                    line = after;
                }
                Some(_) => {
                    let Some((key, value)) = variable(line, &mut rest) else { return found };
                    if let Some(value) = value {
                        found.push(([&section[..], b".", &key.to_ascii_lowercase()].concat(), value));
                    }
                    break;
                }
            }
        }
    }
    found
}

/// Returns the next line, with its line end.
fn take_line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
    let (line, after) = rest.split_at(end);
    *rest = after;
    line
}

/// Whitespace as C defines it, which is the same in every locale.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn without_leading_space(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|byte| is_space(**byte)).count()..]
}

fn without_trailing_space(text: &[u8]) -> &[u8] {
    &text[..text.len() - text.iter().rev().take_while(|byte| is_space(**byte)).count()]
}

/// Returns the section of a header line, and the rest of the line.
fn header(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut name = Vec::new();
    for (at, &byte) in line.iter().enumerate().skip(1) {
        match byte {
            b']' if at > 1 => return Some((name, &line[at + 1..])),
            byte if is_space(byte) => return subsection(name, &line[at..]),
            byte if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.' => {
                name.push(byte.to_ascii_lowercase());
            }
            _ => return None,
        }
    }
    None
}

fn subsection(mut name: Vec<u8>, line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let quoted = without_leading_space(line).strip_prefix(b"\"")?;
    name.push(b'.');
    let mut at = 0;
    loop {
        match quoted.get(at)? {
            b'"' => break,
            b'\\' => {
                name.push(*quoted.get(at + 1)?);
                at += 2;
            }
            byte => {
                name.push(*byte);
                at += 1;
            }
        }
    }
    Some((name, quoted[at + 1..].strip_prefix(b"]")?))
}

/// Returns a key and its value, including continuation lines; `None` where libgit2 gives up.
fn variable<'a>(line: &'a [u8], rest: &mut &[u8]) -> Option<(&'a [u8], Option<Vec<u8>>)> {
    let (line, quotes) = without_comment(line, 0);
    let length = line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let (key, after) = line.split_at(length);
    if key.is_empty() {
        return None;
    }
    let text = match without_leading_space(after) {
        [] => return Some((key, None)),
        [b'=', text @ ..] => without_leading_space(text),
        _ => return None,
    };
    let mut value = Vec::new();
    let mut continues = unescaped(text, &mut value)?;
    let mut in_quotes = quotes % 2;
    while continues && !rest.is_empty() {
        let (line, quotes) = without_comment(take_line(rest), in_quotes);
        // A line with only a comment does not count.
        if !line.is_empty() {
            continues = unescaped(line, &mut value)?;
        }
        in_quotes = quotes;
    }
    Some((key, Some(value)))
}

/// Returns a line without its comment, and the number of quotation marks in it. libgit2 treats any mark after a
/// backslash as escaped, even if that backslash is escaped itself.
fn without_comment(line: &[u8], in_quotes: usize) -> (&[u8], usize) {
    let (mut quotes, mut backslashes) = (in_quotes, 0);
    let mut end = line.len();
    for (at, &byte) in line.iter().enumerate() {
        if byte == b'"' && (at == 0 || line[at - 1] != b'\\') {
            quotes += 1;
        }
        if matches!(byte, b';' | b'#') && quotes % 2 == 0 && backslashes % 2 == 0 {
            end = at;
            break;
        }
        backslashes = if byte == b'\\' { backslashes + 1 } else { 0 };
    }
    (without_trailing_space(&line[..end]), quotes)
}

/// Appends a part of a value without quotation marks and escapes. True if the value continues on the next line; `None`
/// for an invalid escape.
fn unescaped(text: &[u8], value: &mut Vec<u8>) -> Option<bool> {
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        value.push(match byte {
            b'"' => continue,
            b'\\' => match bytes.next() {
                None => return Some(true),
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'b') => 8,
                Some(byte @ (b'"' | b'\\')) => *byte,
                Some(_) => return None,
            },
            byte => *byte,
        });
    }
    Some(false)
}

/// True if git reads a different name than libgit2, which strips all whitespace: git strips only line ends.
pub(super) fn has_blanks_at_its_ends(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"gitdir: ").unwrap_or(text);
    let end = text.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |at| at + 1);
    let text = &text[..end];
    without_leading_space(without_trailing_space(text)).len() != text.len()
}

/// Returns the directory that a `.git` file names: all of its text, including line ends. `None` if it names none.
pub(super) fn in_git_file(text: &[u8]) -> Option<&Path> {
    let path = without_leading_space(without_trailing_space(text).strip_prefix(b"gitdir:")?);
    (!path.is_empty()).then(|| Path::new(OsStr::from_bytes(path)))
}

/// Returns the directory that a `commondir` file names.
pub(super) fn in_common_dir(text: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(without_trailing_space(text)))
}

/// Returns the lenders that an `alternates` file names.
pub(super) fn lenders(text: &[u8]) -> impl Iterator<Item = &Path> {
    let lines = text.split(|byte| matches!(byte, b'\r' | b'\n'));
    lines.filter(|line| !line.is_empty() && line[0] != b'#').map(|line| Path::new(OsStr::from_bytes(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parser agrees with libgit2's own.
    #[test]
    fn a_configuration_is_read_as_libgit2_reads_it() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("config");
        for text in [
            "[core]\n\texcludesFile = /a # why\n",
            "[Core]excludesFile=\"/x/pi\"pe\n",
            "[core]\nexcludesfile = /x/pi\\\\pe ; why\n",
            "[core]\nexcludesfile = \"/x/pi#\"pe;\"no\"\n",
            "[core]\nexcludesfile = \"/x/a\\\\\" # not a comment here\n",
            "[core]\nexcludesfile = /x/\\\n  y\\\n# nothing\n z # end\n",
            "[core]\nexcludesfile = \"/x/\\\n# text\" # end\n",
            "[core]\nexcludesfile = /x\\ty\\\"\\bz  \\  \n  a\n",
            "[core]\n  bare\n[core][user] name = x\n[core] excludesFile = /y\r\n",
            "\u{feff}[core]\n\texcludesFile =\t/bom\n",
            "[core]\nexcludesfile = /good\nworktree = \\q\nattributesfile = /beyond\n",
            "[a.B \"c d\"]\nx = 1\n[a \"q\\\"]\\\\\"] Path = 2\n[include \"no\"] path = 3\n",
            "[core]\nexcludesfile = /ends\\",
            "[core]\n; [x]\nexcludesfile = a\u{b}b \u{c}\n",
            "[x]\n9-k = v\n",
        ] {
            std::fs::write(&path, text)?;
            let ours = variables(text.as_bytes());
            let Ok(config) = git2::Config::open(&path) else {
                assert!(text.contains("\\q"), "{text:?}");
                assert_eq!(ours, [(b"core.excludesfile".to_vec(), b"/good".to_vec())]);
                continue;
            };
            let mut theirs = Vec::new();
            let mut entries = config.entries(None)?;
            while let Some(entry) = entries.next() {
                let entry = entry?;
                if entry.has_value() {
                    theirs.push((entry.name_bytes().to_vec(), entry.value_bytes().to_vec()));
                }
            }
            assert_eq!(ours, theirs, "{text:?}");
        }
        Ok(())
    }

    #[test]
    fn files_that_name_a_directory_are_read_to_their_end() {
        assert_eq!(in_git_file(b"gitdir:  /re\nal \n\n"), Some(Path::new("/re\nal")));
        assert_eq!(in_git_file(b"gitdir: /x\xff"), Some(Path::new(OsStr::from_bytes(b"/x\xff"))));
        assert_eq!(in_git_file(b"gitdir:\n"), None);
        assert_eq!(in_common_dir(b"../..\n"), Path::new("../.."));
        let all: Vec<&Path> = lenders(b"#no\n\n/a b\r\n../c").collect();
        assert_eq!(all, [Path::new("/a b"), Path::new("../c")]);
    }
}
