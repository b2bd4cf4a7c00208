//! `countersign completions` and `countersign man`: generated from the command line's definition.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use color_eyre::eyre::WrapErr as _;

use super::{Args, Code, StdoutBuffer};

pub(super) fn completions(out: &mut StdoutBuffer, shell: Shell) -> color_eyre::Result<Code> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "countersign", &mut script);
    out.bytes(&script)?;
    Ok(Code::Good)
}

/// Prints the program's manual page, or writes one page per command into a directory.
pub(super) fn man(out: &mut StdoutBuffer, target: Option<&Path>) -> color_eyre::Result<Code> {
    if let Some(target) = target {
        std::fs::create_dir_all(target).wrap_err_with(|| target.display().to_string())?;
        clap_mangen::generate_to(Args::command(), target).wrap_err_with(|| target.display().to_string())?;
        return Ok(Code::Good);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut page)?;
    out.bytes(&page)?;
    Ok(Code::Good)
}
