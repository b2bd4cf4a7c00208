//! A program of the person's own: argv, never a shell line; JSON on its standard input.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// It has this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs it, in a folder that is nobody's repository. What it says is thrown away; why it could not do
/// its work comes back.
pub fn run(command: &[String], json: &str) -> Result<(), String> {
    let Some((program, args)) = command.split_first() else { return Ok(()) };
    let told = |what: String| format!("notify.command, {program}: {what}");
    let mut child = Command::new(program)
        .args(args)
        .current_dir(Path::new("/"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| told(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        let json = json.to_owned();
        // One that does not read must not hold us up.
        let _ = std::thread::Builder::new().spawn(move || drop(writeln!(stdin, "{json}")));
    }
    let end = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(told(format!("it failed ({status})"))),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(20)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(told(format!("it had not ended after {} seconds", PATIENCE.as_secs())));
            }
            Err(error) => return Err(told(error.to_string())),
        }
    }
}
