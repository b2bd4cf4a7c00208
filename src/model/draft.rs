//! A person's unsent work: comments, edits and exclusions. It is kept between visits; no decision depends on it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{AgentText, Comment, CommitId, ExperimentId, FileChange, FileSide};

/// A hunk identified by its content: the same hunk in another round, or on another tip, has the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HunkKey(pub u128);

impl Serialize for HunkKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for HunkKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A file as the person edited it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedFile {
    /// The complete file.
    pub text: String,
    /// The approved tip that it was edited on: on another tip it would undo the changes in between.
    pub on: CommitId,
}

/// A line of a change, with its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineText {
    /// The file.
    pub path: AgentText,
    /// The side of the diff.
    pub side: FileSide,
    /// The line number, from 1.
    pub line: u32,
    /// The text of the line.
    pub text: AgentText,
}

/// The unsent work on one change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Comments that have not been sent.
    pub comments: Vec<Comment>,
    /// The texts of the lines they are on: on another tip a line has another number.
    pub lines: Vec<LineText>,
    /// Changed lines that are left out, by hunk: each by its index among the hunk's lines, from 0.
    #[serde(rename = "left_out")]
    pub excluded: BTreeMap<HunkKey, BTreeSet<u32>>,
    /// Files that are left out entirely.
    #[serde(rename = "left_out_files")]
    pub excluded_files: BTreeSet<AgentText>,
    /// Files as the person edited them.
    pub edited: BTreeMap<AgentText, EditedFile>,
    /// True if lines that both sides changed should be merged token by token.
    pub by_tokens: bool,
    /// Milliseconds the change was shown on the screen.
    pub on_screen_ms: u64,
}

impl Draft {
    /// True if the draft would change what is committed.
    pub fn amends(&self) -> bool {
        !(self.excluded.is_empty() && self.excluded_files.is_empty() && self.edited.is_empty()) || self.by_tokens
    }

    /// Moves the comments to their lines in another form of the change: to the nearest line with the same text; a
    /// comment without one keeps its number. True if any moved.
    pub fn follow(&mut self, files: &[FileChange]) -> bool {
        let mut moved = Vec::new();
        for known in &mut self.lines {
            let lines = files.iter().filter(|file| file.path == known.path).flat_map(|file| &file.hunks);
            let numbers = lines.flat_map(|hunk| &hunk.lines).filter(|line| line.text == known.text);
            let numbers = numbers.filter_map(|line| if known.side == FileSide::New { line.new } else { line.old });
            let nearest = numbers.min_by_key(|number| number.abs_diff(known.line));
            if let Some(to) = nearest.filter(|to| *to != known.line) {
                moved.push((known.path.clone(), known.side, known.line, to));
                known.line = to;
            }
        }
        for comment in &mut self.comments {
            let is_on = |(path, side, from, _): &&(AgentText, FileSide, u32, u32)| {
                comment.path.as_ref() == Some(path) && comment.side == Some(*side) && comment.line == Some(*from)
            };
            if let Some((.., to)) = moved.iter().find(is_on) {
                comment.line = Some(*to);
            }
        }
        !moved.is_empty()
    }

    /// True if a file was edited on this tip.
    pub fn is_edited(&self, path: &AgentText, tip: CommitId) -> bool {
        self.edited.get(path).is_some_and(|edit| edit.on == tip)
    }
}

/// A position on the screen to return to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenPlace {
    /// The change under review.
    pub experiment: ExperimentId,
    /// The file; `None` at the top of the change.
    #[serde(default)]
    pub path: Option<AgentText>,
    /// The side of the diff.
    pub side: FileSide,
    /// The line, from 1.
    pub line: u32,
}

/// One review session through the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// Start time in milliseconds since the epoch; 0 before anything was decided or skipped.
    pub begun_ms: i64,
    /// Experiments decided in it, in order.
    pub decided: Vec<ExperimentId>,
    /// Experiments left for later.
    pub skipped: BTreeSet<ExperimentId>,
}

/// All unsent work on one loop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drafts {
    /// By change.
    pub of: BTreeMap<ExperimentId, Draft>,
    /// Hunks that are marked as viewed.
    pub viewed: BTreeSet<HunkKey>,
    /// The current session.
    pub session: Session,
    /// The person's position; `None` outside a review.
    pub place: Option<ScreenPlace>,
}

impl Drafts {
    /// The comments on a change.
    pub fn comments(&self, id: &ExperimentId) -> &[Comment] {
        self.of.get(id).map_or(&[], |draft| &draft.comments)
    }

    /// The draft of a change, created if there is none.
    pub fn edit(&mut self, id: &ExperimentId) -> &mut Draft {
        self.of.entry(id.clone()).or_default()
    }

    /// Seconds a change was shown on the screen; `None` if it never was.
    pub fn on_screen_s(&self, id: &ExperimentId) -> Option<u32> {
        self.of.get(id).map(|draft| draft.on_screen_ms).filter(|ms| *ms > 0).map(|ms| ms.div_ceil(1000) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_are_read_back_and_missing_parts_are_empty() -> serde_json::Result<()> {
        let mut drafts = Drafts::default();
        let draft = drafts.edit(&ExperimentId::new("e"));
        draft.excluded.insert(HunkKey(7), [1, 4].into());
        draft
            .edited
            .insert("train.py".into(), EditedFile { text: "x\n".to_owned(), on: CommitId::from_bytes([7; 20]) });
        drafts.viewed.insert(HunkKey(u128::MAX));
        let text = serde_json::to_string(&drafts)?;
        assert_eq!(serde_json::from_str::<Drafts>(&text)?, drafts);
        assert_eq!(serde_json::from_str::<Drafts>("{}")?, Drafts::default());
        Ok(())
    }
}
