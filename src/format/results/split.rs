//! Splits a line of a results table into its cells.

use std::borrow::Cow;

use super::role_names::{is_column_name, is_commit_name, is_description_name, is_status_name};

/// The separator between the cells of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    Tab,
    /// The two characters `\t`, written where a tab was meant.
    WrittenTab,
    Comma,
    Semicolon,
    /// A Markdown table.
    Bar,
    /// Spaces: two and more, or single ones where only the last cell has any.
    Spaces {
        /// Number of columns of the header.
        columns: usize,
    },
}

impl Separator {
    /// Returns the separator of a table by its first line; `None` where that is prose.
    pub(super) fn of(line: &str) -> Option<Self> {
        let count = |c: char| line.matches(c).count();
        if line.contains('\t') {
            Some(Self::Tab)
        } else if line.trim_start().starts_with('|') && count('|') >= 3 || barred_header(line) {
            Some(Self::Bar)
        } else if line.contains("\\t") {
            Some(Self::WrittenTab)
        } else {
            // A sentence has commas, too; a header has no space after each.
            let of_names = |c: char| {
                let cells: Vec<&str> = line.split(c).collect();
                let short = |cell: &&str| cell.trim().len() <= 40 && cell.split_whitespace().count() <= 3;
                (cells.len() >= 3 && cells.iter().all(short)).then_some(cells.len())
            };
            match (of_names(','), of_names(';')) {
                (Some(commas), semicolons) if semicolons.is_none_or(|count| commas >= count) => Some(Self::Comma),
                (_, Some(_)) => Some(Self::Semicolon),
                (_, None) => spaced_header(line).map(|columns| Self::Spaces { columns }),
            }
        }
    }

    /// Returns the cells of a line, trimmed and unquoted.
    pub(super) fn split(self, line: &str) -> Vec<Cow<'_, str>> {
        match self {
            Self::Tab => line.split('\t').map(|cell| unquoted(cell.trim())).collect(),
            Self::WrittenTab => line.split("\\t").map(|cell| Cow::Borrowed(cell.trim())).collect(),
            Self::Comma => quoted_cells(line, ',').0,
            // With semicolons as separators, a comma is decimal.
            Self::Semicolon => quoted_cells(line, ';').0.into_iter().map(with_point).collect(),
            Self::Bar => {
                let inner = line.trim();
                let inner = inner.strip_prefix('|').unwrap_or(inner);
                let inner = inner.strip_suffix('|').unwrap_or(inner);
                barred(inner)
            }
            Self::Spaces { columns } => spaced(line, columns).into_iter().map(Cow::Borrowed).collect(),
        }
    }

    /// True for the line of dashes below the header of a Markdown table.
    pub(super) fn is_rule(self, line: &str) -> bool {
        self == Self::Bar
            && line.contains("--")
            && line.chars().all(|c| matches!(c, '|' | '-' | ':') || c.is_whitespace())
    }

    /// The same for a given number of columns: if quotes change the number of cells, they may be part of the words
    /// (`"half`), or hold separators (`"two<TAB>words"`).
    pub(super) fn split_for(self, line: &str, wanted: usize) -> Vec<Cow<'_, str>> {
        let cells = self.split(line);
        if cells.len() == wanted || !line.contains('"') {
            return cells;
        }
        let other = match self {
            Self::Tab => {
                let (cells, is_open) = quoted_cells(line, '\t');
                if is_open { Vec::new() } else { cells }
            }
            Self::Comma if self.is_open(line) => line.split(',').map(|cell| Cow::Borrowed(cell.trim())).collect(),
            Self::Semicolon if self.is_open(line) => {
                line.split(';').map(|cell| with_point(Cow::Borrowed(cell.trim()))).collect()
            }
            _ => Vec::new(),
        };
        if other.len() == wanted { other } else { cells }
    }

    /// True if the quote of a cell is not closed, so that the cell may continue in the next line.
    pub(super) fn is_open(self, line: &str) -> bool {
        match self {
            Self::Tab => quoted_cells(line, '\t').1,
            Self::Comma => quoted_cells(line, ',').1,
            Self::Semicolon => quoted_cells(line, ';').1,
            _ => false,
        }
    }
}

/// True for a header between bars without one at its edges: `commit|val_bpb|status`.
fn barred_header(line: &str) -> bool {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let known = cells.iter().filter(|cell| is_column_name(cell)).count();
    cells.len() >= 3
        && known >= 2
        && cells.iter().any(|cell| is_status_name(cell))
        && cells.iter().all(|cell| cell.len() <= 40)
}

/// Returns cells between bars; `\|` is a bar within a cell.
fn barred(line: &str) -> Vec<Cow<'_, str>> {
    if !line.contains("\\|") {
        return line.split('|').map(|cell| Cow::Borrowed(cell.trim())).collect();
    }
    let mut cells = Vec::new();
    let mut open = String::new();
    for part in line.split('|') {
        if let Some(before) = part.strip_suffix('\\') {
            open.push_str(before);
            open.push('|');
        } else {
            open.push_str(part);
            cells.push(std::mem::take(&mut open));
        }
    }
    if !open.is_empty() {
        cells.push(open);
    }
    cells.into_iter().map(|cell| Cow::Owned(cell.trim().to_owned())).collect()
}

/// Returns the number of columns of a header separated by spaces; `None` for prose. It must contain a decision, with
/// single spaces a commit too, and no name may have punctuation.
fn spaced_header(line: &str) -> Option<usize> {
    let is_plain =
        |name: &&str| name.len() <= 32 && !name.contains([',', ';', ':', '`', '"', '{', '=']) && !name.ends_with('.');
    let is_header = |names: &[&str]| {
        let known = names.iter().filter(|name| is_column_name(name)).count();
        names.len() >= 3 && known >= 2 && names.iter().any(|name| is_status_name(name)) && names.iter().all(is_plain)
    };
    let apart = by_gaps(line);
    let words: Vec<&str> = line.split_whitespace().collect();
    // One-word names, with a description last if there is one.
    let are_words = || {
        let described = words.iter().position(|name| is_description_name(name));
        words.iter().any(|name| is_commit_name(name))
            && described.is_none_or(|at| at + 1 == words.len())
            && !words.iter().any(|word| is_of_a_sentence(word))
    };
    [(is_header(&apart), apart.len()), (is_header(&words) && are_words(), words.len())]
        .into_iter()
        .find_map(|(is_header, count)| is_header.then_some(count))
}

fn is_of_a_sentence(word: &str) -> bool {
    ["the", "a", "an", "of", "and", "is", "are", "in", "for", "to", "with"].contains(&word.to_lowercase().as_str())
}

fn by_gaps(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

/// Returns the cells of a line separated by spaces. If a wide cell leaves only one space to the next, its words are the
/// cells, if that leaves the last one intact.
fn spaced(line: &str, columns: usize) -> Vec<&str> {
    let apart = by_gaps(line);
    if apart.len() == columns {
        return apart;
    }
    let mut words = Vec::with_capacity(columns);
    let mut rest = line.trim();
    while words.len() + 1 < columns
        && let Some((word, more)) = rest.split_once(char::is_whitespace)
    {
        words.push(word);
        rest = more.trim_start();
    }
    words.push(rest);
    if apart.len() <= 1 || words.len() == columns && words.last() == apart.last() { words } else { apart }
}

/// Returns a cell without the quotes that a CSV writer puts around one with quotes, tabs or line ends in it.
fn unquoted(cell: &str) -> Cow<'_, str> {
    match cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')) {
        Some(inner) if !inner.replace("\"\"", "").contains('"') => Cow::Owned(inner.replace("\"\"", "\"")),
        _ => Cow::Borrowed(cell),
    }
}

/// Returns `0,95` as `0.95`; anything else unchanged.
fn with_point(cell: Cow<'_, str>) -> Cow<'_, str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match cell.split_once(',') {
        Some((whole, rest))
            if digits(whole.trim_start_matches(['-', '+'])) && digits(rest.trim_end_matches(['%', ' '])) =>
        {
            Cow::Owned(format!("{whole}.{rest}"))
        }
        _ => cell,
    }
}

/// Returns the cells of a line, and whether the last one has an unclosed quote. A quote opens a cell only at its start:
/// one in the middle (`6" lens`) is text.
fn quoted_cells(line: &str, separator: char) -> (Vec<Cow<'_, str>>, bool) {
    let mut cells = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        if c == '"' {
            quoted = if quoted { false } else { opens(line, start, at) };
        } else if c == separator && !quoted {
            cells.push(unquoted(line[start..at].trim()));
            start = at + separator.len_utf8();
        }
    }
    cells.push(unquoted(line[start..].trim()));
    (cells, quoted)
}

/// True for a quote at the start of its cell, or one of two in a quoted cell.
fn opens(line: &str, start: usize, at: usize) -> bool {
    let before = line[start..at].trim_start();
    before.is_empty() || before.starts_with('"') && before.ends_with('"') && before.len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_between_cells() {
        assert_eq!(Separator::of("commit\tval_bpb\tstatus"), Some(Separator::Tab));
        assert_eq!(Separator::of("commit,val_bpb,status,description"), Some(Separator::Comma));
        assert_eq!(Separator::of("commit;val;status"), Some(Separator::Semicolon));
        assert_eq!(Separator::of("| commit | val |"), Some(Separator::Bar));
        assert_eq!(Separator::of("commit\\tval\\tstatus"), Some(Separator::WrittenTab));
        assert_eq!(Separator::of("We tried this, which was long enough to be prose, and that"), None);
        assert_eq!(Separator::of("one word"), None);
    }

    #[test]
    fn cells_between_spaces() {
        let header = "commit  val_bpb  memory_gb  status  description";
        assert_eq!(Separator::of(header), Some(Separator::Spaces { columns: 5 }));
        assert_eq!(Separator::of(&header.replace("  ", " ")), Some(Separator::Spaces { columns: 5 }));
        assert_eq!(Separator::of("commit   val bpb   status"), Some(Separator::Spaces { columns: 3 }));
        for prose in [
            "The commit and its status: a description",
            "commit status of the run",
            "git commit the description status",
            "step loss acc",
        ] {
            assert_eq!(Separator::of(prose), None, "{prose}");
        }
        let of = |line| Separator::Spaces { columns: 5 }.split(line);
        let row = ["a1b2c3d", "0.9979", "44.0", "keep", "a lower rate"];
        assert_eq!(of("a1b2c3d  0.9979  44.0  keep  a lower rate"), row);
        assert_eq!(of("a1b2c3d 0.9979 44.0 keep a lower rate"), row);
        assert_eq!(of("a1b2c3d 0.9979   44.0     keep     a lower rate"), row);
        // A cell is missing: the words of the last one do not replace it.
        assert_eq!(of("a1b2c3d   0.9979   keep   a lower rate").len(), 4);
    }

    #[test]
    fn quotes_are_removed() {
        assert_eq!(Separator::Comma.split("a,\"b, \"\"c\"\"\",d"), ["a", "b, \"c\"", "d"]);
        assert_eq!(Separator::Tab.split("a\t\"say \"\"hi\"\"\"\t\"half"), ["a", "say \"hi\"", "\"half"]);
        assert_eq!(Separator::Bar.split("| a | b |"), ["a", "b"]);
        assert_eq!(Separator::Bar.split("| use a \\| b | c |"), ["use a | b", "c"]);
        assert!(Separator::Comma.is_open("a,\"b") && Separator::Tab.is_open("a\t\"b"));
        assert!(Separator::Comma.is_open("a,\"b \"\"c") && !Separator::Comma.is_open("a,\"b \"\"c\"\"\""));
        assert_eq!(Separator::Tab.split_for("a\t\"b\tc\"\td", 3), ["a", "b\tc", "d"]);
        assert_eq!(Separator::Comma.split_for("a,\"b,c,d", 4), ["a", "\"b", "c", "d"]);
        assert_eq!(Separator::Comma.split("a,a 6\" lens,d"), ["a", "a 6\" lens", "d"]);
        assert!(!Separator::Comma.is_open("a,a 6\" lens,d"));
    }
}
