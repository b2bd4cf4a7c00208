//! Runs a program of the person: without a shell, without a terminal, with a timeout.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::SignatureError;
use crate::policy::text::Visible;

/// Time for a person to find and touch a key.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the timeout; tests can shorten it.
fn patience() -> Duration {
    #[cfg(debug_assertions)]
    if let Some(seconds) = std::env::var("COUNTERSIGN_FAULT_PATIENCE_S").ok().and_then(|text| text.parse().ok()) {
        return Duration::from_secs(seconds);
    }
    PATIENCE
}

/// Size limit of a program's output in bytes.
const MOST: u64 = 1 << 20;

/// A program, with the details for its error messages.
pub(super) struct SignatureProgram<'a> {
    pub(super) name: &'a str,
    /// The configuration key that names it.
    pub(super) key: &'static str,
    /// Suggestion to try by hand if it fails.
    pub(super) hint: &'static str,
}

/// The output of a program.
pub(super) struct ProgramOutput {
    pub(super) good: bool,
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

impl SignatureProgram<'_> {
    /// Runs it with `input` on its standard input, in a directory that is not a repository.
    pub(super) fn run(&self, args: &[&str], input: &[u8]) -> Result<ProgramOutput, SignatureError> {
        let mut command = Command::new(self.name);
        command
            .args(args)
            .current_dir(Path::new("/"))
            // We own the screen: a program that needs a passphrase must ask elsewhere, or fail.
            .env_remove("GPG_TTY")
            .env("SSH_ASKPASS_REQUIRE", "force")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if std::env::var_os("SSH_ASKPASS").is_none() {
            command.env("SSH_ASKPASS", "false");
        }
        let mut child = command.spawn().map_err(|source| SignatureError::NoProgram {
            program: self.name.to_owned(),
            key: self.key,
            source,
        })?;
        let output = self.hear(&mut child, input);
        if output.is_err() {
            // The child is ours, and nothing waits for it any longer.
            let _ = child.kill();
            let _ = child.wait();
        }
        output
    }

    fn hear(&self, child: &mut Child, input: &[u8]) -> Result<ProgramOutput, SignatureError> {
        let out = collect(child.stdout.take());
        let err = collect(child.stderr.take());
        if let Some(mut stdin) = child.stdin.take() {
            // A program that fails early does not read its input; its output gives the reason.
            let input = input.to_vec();
            let _ = std::thread::Builder::new().spawn(move || drop(stdin.write_all(&input)));
        }
        let patience = patience();
        let end = Instant::now() + patience;
        let too_slow =
            || SignatureError::TooSlow { program: self.name.to_owned(), seconds: patience.as_secs(), hint: self.hint };
        let wait = |receive: mpsc::Receiver<Vec<u8>>| {
            receive.recv_timeout(end.saturating_duration_since(Instant::now())).map_err(|_| too_slow())
        };
        let (out, err) = (wait(out)?, wait(err)?);
        loop {
            match child.try_wait()? {
                Some(status) => return Ok(ProgramOutput { good: status.success(), out, err }),
                None if Instant::now() >= end => return Err(too_slow()),
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    /// Returns an error with the last output lines of the program.
    pub(super) fn refused(&self, output: &ProgramOutput) -> SignatureError {
        SignatureError::Refused { program: self.name.to_owned(), said: output.last_words(), hint: self.hint }
    }
}

impl ProgramOutput {
    /// Returns the last lines of its error output.
    pub(super) fn last_words(&self) -> Visible {
        let words = String::from_utf8_lossy(&self.err);
        let lines = words.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("[GNUPG:]"));
        let last: Vec<&str> = lines.collect();
        let last = last[last.len().saturating_sub(3)..].join("; ");
        let last = if last.is_empty() { "it gave no reason".to_owned() } else { last };
        Visible::message(&Visible::of(&last).fit(300))
    }
}

/// Reads a pipe to its end on a separate thread: a full pipe would block the program.
fn collect(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    // One message, whose receiver may have timed out by then.
    let (send, receive) = mpsc::channel();
    // If no thread can be started, the output counts as empty.
    let _ = std::thread::Builder::new().spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(MOST).read_to_end(&mut bytes);
        }
        let _ = send.send(bytes);
    });
    receive
}
