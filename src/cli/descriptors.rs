//! Checks that enough files can be open at once: libraries abort the program if they run out of descriptors.

use std::fs::File;

use color_eyre::eyre::bail;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors needed to watch and show a loop, apart from the curve files it reads.
const NEEDED: usize = 64;

/// Raises the limit as far as allowed; fails with a remedy if too few files can still be opened.
pub(super) fn need_descriptors() -> color_eyre::Result<()> {
    if free() >= NEEDED {
        return Ok(());
    }
    let limit = getrlimit(Resource::Nofile);
    // A failure changes nothing: the free descriptors are counted again.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let free = free();
    if free >= NEEDED {
        return Ok(());
    }
    let limit = limit.maximum.map_or_else(|| "unlimited".to_owned(), |most| most.to_string());
    bail!(
        "only {free} more files can be opened, but watching a loop needs {NEEDED}: `ulimit -Hn` is {limit}; raise it, for example with `ulimit -n 1024`, before you start this"
    )
}

/// Returns the number of files that can still be opened, up to the number needed.
fn free() -> usize {
    let opened: Vec<File> =
        std::iter::repeat_with(|| File::open("/dev/null")).take(NEEDED).map_while(Result::ok).collect();
    opened.len()
}
