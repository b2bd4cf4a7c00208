//! Standard output and standard error, the only two places that print.

use std::io::{self, BufWriter, Stdout, Write};

use crate::policy::text::{Visible, json_for_terminals};

/// Buffered standard output. A reader that went away is no error.
pub(super) struct StdoutBuffer(BufWriter<Stdout>);

impl StdoutBuffer {
    pub(super) fn new() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    /// One line, made of visible text.
    pub(super) fn line(&mut self, text: impl AsRef<str>) -> color_eyre::Result<()> {
        writeln!(self.0, "{}", text.as_ref())?;
        Ok(())
    }

    /// Bytes that we made ourselves.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> color_eyre::Result<()> {
        self.0.write_all(bytes)?;
        Ok(())
    }

    /// One line of JSON, with everything a terminal would act on escaped.
    pub(super) fn json(&mut self, value: &impl serde::Serialize) -> color_eyre::Result<()> {
        self.line(json_for_terminals(&serde_json::to_string(value)?))
    }

    pub(super) fn flush(&mut self) -> color_eyre::Result<()> {
        self.0.flush()?;
        Ok(())
    }
}

/// True when the error is only that nobody reads any more.
pub(super) fn is_broken_pipe(error: &color_eyre::Report) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Says what a person should know beside what was printed, on standard error.
pub(super) fn warn(message: &str) {
    complain_lines(visible(&format!("countersign: {message}")));
}

/// Lines for a terminal: errors quote paths and texts of the agent's, and what it wrote acts on no terminal. Each line
/// after the first is indented, so that none passes for one of ours.
fn visible(text: &str) -> impl Iterator<Item = String> {
    let line = |(at, line): (usize, &str)| format!("{}{}", if at > 0 { "    " } else { "" }, Visible::said(line));
    text.lines().enumerate().map(line).collect::<Vec<_>>().into_iter()
}

/// Says what went wrong.
pub(super) fn complain(error: &color_eyre::Report) {
    complain_lines(visible(&format!("countersign: {error}")));
    for cause in error.chain().skip(1) {
        complain_lines(visible(&format!("  because: {cause}")));
    }
}

/// Says what is wrong with a command line.
pub(super) fn complain_lines(lines: impl Iterator<Item = String>) {
    for line in lines {
        let _ = writeln!(io::stderr(), "{line}");
    }
}
