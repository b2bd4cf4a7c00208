//! Plays a test that drives the screen in this terminal, slowly enough to watch:
//!
//! `cargo run --example watch-test windows::a_held_screen_does_not_hide_that_the_subject_changed [MILLISECONDS]`
//!
//! `cargo test --test it -- --list` lists the tests. See `tests/it/support/drive.rs` for how it works.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::{Command, ExitCode, Stdio};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(test), pause) = (args.next(), args.next().unwrap_or_else(|| "400".to_owned())) else {
        eprintln!("usage: cargo run --example watch-test NAME [MILLISECONDS]");
        return ExitCode::from(2);
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut run = Command::new(cargo);
    run.args(["test", "--quiet", "--test", "it", "--", "--exact", &test, "--nocapture"]);
    // The harness's output would be written over the screen.
    run.env("COUNTERSIGN_WATCH", pause).stdout(Stdio::piped());
    let out = match run.spawn().and_then(std::process::Child::wait_with_output) {
        Ok(out) => out,
        Err(error) => {
            eprintln!("cargo test: {error}");
            return ExitCode::FAILURE;
        }
    };
    let said = String::from_utf8_lossy(&out.stdout);
    print!("{said}");
    if said.contains("running 0 tests") {
        eprintln!("there is no test {test}: `cargo test --test it -- --list` names them");
        return ExitCode::from(2);
    }
    if out.status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
