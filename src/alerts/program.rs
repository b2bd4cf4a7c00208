//! Runs the person's own alert program: an argument list, never a shell line; JSON on its standard input.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Time limit of the program.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the program in `/`, outside any repository, and discards its output. Fails with the reason if it cannot be
/// started, fails, or takes too long.
pub fn run(command: &[String], json: &str) -> Result<(), String> {
    let Some((program, args)) = command.split_first() else { return Ok(()) };
    let message = |problem: String| format!("notify.command, {program}: {problem}");
    let mut child = Command::new(program)
        .args(args)
        .current_dir(Path::new("/"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| message(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        let json = json.to_owned();
        // A program that does not read must not block us.
        let _ = std::thread::Builder::new().spawn(move || drop(writeln!(stdin, "{json}")));
    }
    let end = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(message(format!("it failed ({status})"))),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(20)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(message(format!("killed after {} seconds", PATIENCE.as_secs())));
            }
            Err(error) => return Err(message(error.to_string())),
        }
    }
}
