//! The complete text of a file, by lines.

use super::AgentText;

/// A file's text and the start of each line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileText {
    text: AgentText,
    /// Byte offset of the start of each line.
    starts: Vec<u32>,
    /// True if it is UTF-8; otherwise each invalid byte is a character of its own.
    pub is_exact: bool,
}

impl FileText {
    /// Reads the bytes of a file smaller than 4 GiB.
    pub fn new(bytes: &[u8]) -> Self {
        let text = AgentText::from_bytes(bytes);
        let mut starts = Vec::new();
        if !text.raw().is_empty() {
            starts.push(0);
        }
        let ends = text.raw().bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        starts.extend(ends.filter(|at| *at < text.raw().len()).map(|at| at as u32));
        let is_exact = std::str::from_utf8(bytes).is_ok();
        Self { text, starts, is_exact }
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// True if the file is empty.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The complete text.
    pub fn whole(&self) -> &AgentText {
        &self.text
    }

    /// A line by its number, from 1, without its line end; raw, for code that makes text visible. `None` past the end.
    pub fn line(&self, number: u32) -> Option<&str> {
        let at = (number as usize).checked_sub(1)?;
        let from = *self.starts.get(at)? as usize;
        let to = self.starts.get(at + 1).map_or(self.text.raw().len(), |to| *to as usize);
        let line = self.text.raw().get(from..to)?;
        Some(line.strip_suffix('\n').unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_file() {
        for text in ["", "\n", "a", "a\n", "a\n\nb", "a\nb\n"] {
            let file = FileText::new(text.as_bytes());
            let lines: Vec<&str> = (1..).map_while(|number| file.line(number)).collect();
            assert_eq!(lines, text.split_terminator('\n').collect::<Vec<_>>(), "{text:?}");
            assert_eq!(file.len(), lines.len());
        }
        assert!(!FileText::new(b"a\xff\nb").is_exact);
    }
}
