//! Selects the Hugging Face Trainer state of a run: its own, or that of a checkpoint.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::directory::{FollowedDir, Passed, head_of};
use crate::disk::open_plain;
use crate::format::{checkpoint_step, is_checkpoint_directory};

const NAME: &str = "trainer_state.json";
const BROKEN: &str = "the document breaks off here and may still be written; the earlier state is read instead";

/// Data from the beginning and the end of a state.
#[derive(Clone, Copy)]
struct StateEnds {
    /// The step comes before the history.
    step: Option<u64>,
    is_whole: bool,
}

/// The states that were read, with their modification times.
#[derive(Default)]
pub(super) struct StateFiles {
    known: HashMap<PathBuf, (SystemTime, u64, StateEnds)>,
}

impl StateFiles {
    /// The state of a run. Each checkpoint contains everything that the earlier ones contain, so the one with the most
    /// steps is read, whatever the modification times, unless it is half written.
    pub(super) fn newest(
        &mut self,
        path: &Path,
        directory: &FollowedDir,
        known: &BTreeMap<PathBuf, FollowedDir>,
        passed_over: &mut Vec<Passed>,
    ) -> Option<PathBuf> {
        let has = |directory: &FollowedDir, file: &PathBuf| directory.files.contains_key(file);
        let of_checkpoint = |directory: &PathBuf| {
            let file = directory.join(NAME);
            (is_checkpoint(directory) && has(known.get(directory)?, &file)).then_some(file)
        };
        let own = Some(path.join(NAME)).filter(|file| has(directory, file));
        let mut all: Vec<PathBuf> = directory.directories.iter().filter_map(of_checkpoint).chain(own).collect();
        if all.len() > 1 {
            // A resumed run has checkpoints after its last end.
            all.sort_by_cached_key(|file| {
                let is_own = file.parent() == Some(path);
                (self.step(file).unwrap_or(if is_own { u64::MAX } else { 0 }), is_own, file.clone())
            });
        }
        let at = all.iter().rposition(|file| all.len() == 1 || self.seen(file).is_some_and(|seen| seen.is_whole));
        let Some(at) = at else { return all.pop() };
        passed_over.extend(all.drain(at + 1..).map(|file| (4, file, BROKEN.to_owned())));
        all.pop()
    }

    fn step(&mut self, file: &Path) -> Option<u64> {
        let named = file.parent().and_then(Path::file_name).and_then(|name| checkpoint_step(&name.to_string_lossy()));
        named.or_else(|| self.seen(file)?.step)
    }

    fn seen(&mut self, file: &Path) -> Option<StateEnds> {
        let meta = std::fs::metadata(file).ok()?;
        let (modified, length) = (meta.modified().ok()?, meta.len());
        match self.known.get(file) {
            Some((then, known, seen)) if (*then, *known) == (modified, length) => Some(*seen),
            _ => {
                let seen = look_into(file).ok()?;
                self.known.insert(file.to_owned(), (modified, length, seen));
                Some(seen)
            }
        }
    }
}

/// True for the directory of a checkpoint, or of an incomplete one.
pub(super) fn is_checkpoint(path: &Path) -> bool {
    path.file_name().is_some_and(|name| is_checkpoint_directory(&name.to_string_lossy()))
}

fn look_into(file: &Path) -> std::io::Result<StateEnds> {
    const STEP: &[u8] = b"\"global_step\":";
    const END: u64 = 64;
    let mut file = open_plain(file)?;
    let head = head_of(&mut file)?;
    let at = head.windows(STEP.len()).position(|part| part == STEP);
    let digits = at.map(|at| head[at + STEP.len()..].trim_ascii_start());
    let digits = digits.map(|rest| &rest[..rest.iter().take_while(|byte| byte.is_ascii_digit()).count()]);
    let step = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    file.seek(SeekFrom::Start(file.metadata()?.len().saturating_sub(END)))?;
    let mut end = Vec::new();
    file.take(END).read_to_end(&mut end)?;
    Ok(StateEnds { step, is_whole: end.trim_ascii_end().ends_with(b"}") })
}
