//! Whether enough files may be open at once: libraries below this program end it where a descriptor is missing.

use std::fs::File;

use color_eyre::eyre::bail;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What watching a loop and showing it takes, beside the curves that it reads.
const NEEDED: usize = 64;

/// Fails with a remedy where fewer could be opened, after raising the limit as far as this process may.
pub(super) fn need_descriptors() -> color_eyre::Result<()> {
    if free() >= NEEDED {
        return Ok(());
    }
    let limit = getrlimit(Resource::Nofile);
    // A refusal changes nothing: it is counted again.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let free = free();
    if free >= NEEDED {
        return Ok(());
    }
    let limit = limit.maximum.map_or_else(|| "not limited".to_owned(), |most| most.to_string());
    bail!(
        "only {free} more files can be opened, and {NEEDED} are needed to watch a loop: `ulimit -Hn` is {limit}; raise it, \
         for example with `ulimit -n 1024` before this is started"
    )
}

/// How many more files can be opened, up to what is needed.
fn free() -> usize {
    let opened: Vec<File> =
        std::iter::repeat_with(|| File::open("/dev/null")).take(NEEDED).map_while(Result::ok).collect();
    opened.len()
}
