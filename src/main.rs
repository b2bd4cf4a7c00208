//! Parses the command line, runs it, and maps the result to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    countersign::cli::run().into()
}
