//! Runs the person's own alert program: an argument list, never a shell line; JSON on its standard input.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Time limit of the program.
const PATIENCE: Duration = Duration::from_secs(10);

/// An error of the person's alert program.
#[derive(Debug, thiserror::Error)]
#[error("notify.command, {program}: {problem}")]
pub struct AlertError {
    /// The program.
    pub program: String,
    /// The failure.
    pub problem: AlertProblem,
}

/// A failure of an alert program.
#[derive(Debug, thiserror::Error)]
pub enum AlertProblem {
    /// It could not be started or waited for.
    #[error("{0}")]
    System(#[from] std::io::Error),
    /// It exited with an error.
    #[error("it failed ({0})")]
    Failed(std::process::ExitStatus),
    /// It took too long.
    #[error("killed after {0} seconds")]
    TimedOut(u64),
}

/// Runs the program in `/`, outside any repository, and discards its output. Fails with the reason if it cannot be
/// started, fails, or takes too long.
pub fn run(command: &[String], json: &str) -> Result<(), AlertError> {
    let Some((program, args)) = command.split_first() else { return Ok(()) };
    run_program(program, args, json).map_err(|problem| AlertError { program: program.clone(), problem })
}

fn run_program(program: &str, args: &[String], json: &str) -> Result<(), AlertProblem> {
    let mut child = Command::new(program)
        .args(args)
        .current_dir(Path::new("/"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        let json = json.to_owned();
        // A program that does not read must not block us.
        let _ = std::thread::Builder::new().spawn(move || drop(writeln!(stdin, "{json}")));
    }
    let end = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(AlertProblem::Failed(status)),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(20)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(AlertProblem::TimedOut(PATIENCE.as_secs()));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
