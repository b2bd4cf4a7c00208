//! Standard output and standard error; nothing else in the program prints.

use std::io::{self, BufWriter, Stdout, Write};

use crate::policy::text::{Visible, json_for_terminals};

/// The error of a file that could not be read.
pub(super) fn not_read(file: impl std::fmt::Display) -> String {
    format!("{file} could not be read")
}

/// The error of a file that could not be written.
pub(super) fn not_written(file: impl std::fmt::Display) -> String {
    format!("{file} could not be written")
}

/// Buffered standard output. A closed pipe is not an error.
pub(super) struct StdoutBuffer(BufWriter<Stdout>);

impl StdoutBuffer {
    pub(super) fn new() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    /// Prints one line of visible text.
    pub(super) fn line(&mut self, text: impl AsRef<str>) -> color_eyre::Result<()> {
        writeln!(self.0, "{}", text.as_ref())?;
        Ok(())
    }

    /// Prints bytes that this program generated.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> color_eyre::Result<()> {
        self.0.write_all(bytes)?;
        Ok(())
    }

    /// Prints one line of JSON, with terminal control characters escaped.
    pub(super) fn json(&mut self, value: &impl serde::Serialize) -> color_eyre::Result<()> {
        self.line(json_for_terminals(&serde_json::to_string(value)?))
    }

    pub(super) fn flush(&mut self) -> color_eyre::Result<()> {
        self.0.flush()?;
        Ok(())
    }
}

/// True if the error is only a closed pipe.
pub(super) fn is_broken_pipe(error: &color_eyre::Report) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints a warning on standard error.
pub(super) fn warn(message: &str) {
    complain_lines(visible(&format!("countersign: {message}")));
}

/// Returns lines that are safe for a terminal: errors may quote paths and text of the agent's. Lines after the first
/// are indented, so that none can pass for one of ours.
fn visible(text: &str) -> impl Iterator<Item = String> {
    let line = |(at, line): (usize, &str)| format!("{}{}", if at > 0 { "    " } else { "" }, Visible::message(line));
    text.lines().enumerate().map(line).collect::<Vec<_>>().into_iter()
}

/// Prints an error and its causes on standard error.
pub(super) fn complain(error: &color_eyre::Report) {
    let mut message = error.to_string();
    complain_lines(visible(&format!("countersign: {message}")));
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Most messages already contain their cause.
        if !message.ends_with(&cause) {
            complain_lines(visible(&format!("  because: {cause}")));
            message = cause;
        }
    }
}

/// Prints lines on standard error.
pub(super) fn complain_lines(lines: impl Iterator<Item = String>) {
    for line in lines {
        let _ = writeln!(io::stderr(), "{line}");
    }
}
