//! Errors and outcomes of the editor.

use std::process::ExitStatus;

/// An error of the person's editor.
#[derive(Debug, thiserror::Error)]
pub enum EditorError {
    /// The editor's command line has an open quote.
    #[error("your editor `{line}` cannot be parsed: {error}")]
    Unparsable {
        /// The command line.
        line: String,
        /// The parser's message.
        error: shell_words::ParseError,
    },
    /// The editor's command line is blank.
    #[error("your editor is an empty word: set $EDITOR")]
    Blank,
    /// The copy could not be written to the temporary directory.
    #[error("the copy for the editor could not be created: {0}")]
    Copy(std::io::Error),
    /// The program could not be started.
    #[error("{name} could not be started: {error}; set $EDITOR to an installed editor")]
    Start {
        /// The program.
        name: String,
        /// The system's message.
        error: std::io::Error,
    },
    /// The system does not say whether the program ended.
    #[error("{name} cannot be waited for: {error}")]
    Wait {
        /// The program.
        name: String,
        /// The system's message.
        error: std::io::Error,
    },
    /// The program failed.
    #[error("{name} failed ({status}): your edit is not applied")]
    Failed {
        /// The program.
        name: String,
        /// Its exit status.
        status: ExitStatus,
    },
    /// The file has other bytes than text.
    #[error("the edited file is not UTF-8: your edit is not applied")]
    NotUtf8,
    /// The edited file is gone or unreadable.
    #[error("the edited file cannot be read: {0}; your edit is not applied")]
    Unreadable(std::io::Error),
}

/// The outcome of a closed editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditOutcome {
    /// The text is as before.
    Unchanged,
    /// The new text.
    Changed(String),
}
