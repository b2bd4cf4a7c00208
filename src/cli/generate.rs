//! `countersign completions` and `countersign man`: made from the command line's own definition.

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

/// The page of the program to standard output, or a page a verb into a folder.
pub(super) fn man(out: &mut StdoutBuffer, folder: Option<&Path>) -> color_eyre::Result<Code> {
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).wrap_err_with(|| folder.display().to_string())?;
        clap_mangen::generate_to(Args::command(), folder).wrap_err_with(|| folder.display().to_string())?;
        return Ok(Code::Good);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut page)?;
    out.bytes(&page)?;
    Ok(Code::Good)
}
