//! The starts of loops when a person joined them: gates compare with them until something is approved. The results name
//! a start too, but the agent writes those. The list is used until the ledger begins, which then records it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::disk::{Dir, replace};
use crate::model::{Baselines, CommitId};

/// Size limit of the list in bytes.
const LARGEST: usize = 1 << 20;

#[derive(PartialEq, Serialize, Deserialize)]
struct BaselineLine {
    #[serde(rename = "loop")]
    loop_key: String,
    commit: CommitId,
}

/// Returns the starts of a loop. Without a readable list nothing is known.
pub fn read_baselines(path: &Path, loop_key: &str) -> Baselines {
    let lines = lines(path);
    let own = lines.iter().rev().find(|line| line.loop_key == loop_key).map(|line| line.commit);
    Baselines { own, last: lines.last().map(|line| line.commit) }
}

/// Returns the loops of the list, each by its [key](crate::model::LoopIdentity::key), with its start.
pub fn joined_loops(path: &Path) -> Vec<(String, CommitId)> {
    let mut joined: Vec<(String, CommitId)> = Vec::new();
    for line in lines(path) {
        joined.retain(|(key, _)| *key != line.loop_key);
        joined.push((line.loop_key, line.commit));
    }
    joined
}

/// Writes the start of a loop to the list; it is on disk when this returns.
pub fn write_baseline(path: &Path, loop_key: &str, commit: CommitId) -> std::io::Result<()> {
    let mut lines = lines(path);
    lines.retain(|line| line.loop_key != loop_key);
    lines.push(BaselineLine { loop_key: loop_key.to_owned(), commit });
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
    }
    replace(path, &text)
}

fn lines(path: &Path) -> Vec<BaselineLine> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let read = Dir::open(dir).and_then(|dir| dir.read(name, LARGEST)).ok().flatten();
    let text = read.unwrap_or_default();
    text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}
