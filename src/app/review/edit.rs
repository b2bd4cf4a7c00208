//! Opens a file in the person's editor: read-only, to amend the change, or to resolve a conflict.

use crate::app::notice::say;
use crate::app::review::ShownText;
use crate::app::review::amend::may_amend;
use crate::app::{Editing, Effect, NoticeKind, Shell, State};
use crate::editor::EditOutcome;
use crate::model::Failure;
use crate::model::{AgentText, Built, EditedFile, ExperimentId, FileSide};
use crate::query::Request;

/// Maximum size of a file from the editor, in bytes.
const LARGEST: usize = 4 << 20;
/// Beginning of an unresolved conflict.
const MARKER: &str = "<<<<<<< ";

/// Opens the file under the cursor at its line, read-only.
pub(in crate::app) fn open_file(state: &mut State, effects: &mut Vec<Effect>) {
    match under_cursor(state) {
        Ok(editing) => effects.push(Effect::Shell(Shell::Edit(Box::new(editing)))),
        Err(why) => say(state, NoticeKind::Bad, why),
    }
}

/// Returns the file under the cursor as it is shown: the new one, or the old one if the cursor is on a removed line.
fn under_cursor(state: &State) -> Result<Editing, &'static str> {
    let doc = state.review.doc.as_ref().ok_or("no change is on the screen")?;
    let row = if state.review.open.is_some() { state.review.view.cursor } else { state.review.scroll };
    let (file, side, line) =
        doc.place(row).or_else(|| Some((doc.file_of(row)?, FileSide::New, 1))).ok_or("no file under the cursor")?;
    let texts = state.review.texts.as_ref().ok_or("one moment: the file is still being read")?;
    let both = texts.both(file).ok_or("this file is not text, or too large")?;
    let text = both.side(if both.new.is_empty() { FileSide::Old } else { side });
    Ok(Editing { amends: None, path: both.path.clone(), text: text.whole().raw().into(), line })
}

/// Opens the proposed file under the cursor for editing, or a conflicting file for resolving.
pub(in crate::app) fn edit_file(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(id) = state.shown_id() else { return };
    let in_result = state.review.view.shown == ShownText::Result;
    if let (Err(why), false) = (may_amend(state, &id), in_result) {
        return say(state, NoticeKind::Bad, why);
    }
    if let Some(Built::Conflict(conflict)) = state.judged_change(&id).map(|judged| &judged.built) {
        let cursor = state
            .review
            .doc
            .as_ref()
            .and_then(|doc| Some(doc.files().get(doc.file_of(state.review.view.cursor)?)?.path.clone()));
        let mut paths = conflict.places.iter().filter(|place| place.line.is_some()).map(|place| &place.path);
        let path = paths.clone().find(|path| Some(*path) == cursor.as_ref()).or_else(|| paths.next()).cloned();
        let Some(path) = path else {
            return say(state, NoticeKind::Bad, "this conflict is not in a text file and cannot be edited");
        };
        return effects.push(Effect::Ask(Request::Unresolved(id, path)));
    }
    let editing = match under_cursor(state) {
        Ok(editing) => editing,
        Err(why) => return say(state, NoticeKind::Bad, why),
    };
    let texts = state.review.texts.iter().flat_map(|texts| texts.files.iter().flatten());
    let new = texts.map(|both| (&both.path, &both.new)).find(|(path, _)| **path == editing.path);
    let Some((_, new)) = new.filter(|(_, new)| new.is_exact && !new.is_empty()) else {
        return say(state, NoticeKind::Bad, "this file is deleted or not UTF-8 and cannot be edited here");
    };
    let text = new.whole().raw().into();
    if !in_result && is_in_part(state, &id, &editing.path) {
        return say(state, NoticeKind::Bad, "lines of this file are excluded; R shows the result, edit it there");
    }
    let amends = state.assessments.known.get(&id).map(|judged| (id, judged.tip));
    effects.push(Effect::Shell(Shell::Edit(Box::new(Editing { amends, text, ..editing }))));
}

/// True if parts of a file are excluded.
fn is_in_part(state: &State, id: &ExperimentId, path: &AgentText) -> bool {
    let (Some(draft), Some(judged)) = (state.decisions.drafts.of.get(id), state.judged_change(id)) else {
        return false;
    };
    let at = judged.built.files().iter().position(|file| file.path == *path);
    let keys = at.and_then(|at| judged.keys.get(at));
    draft.excluded_files.contains(path)
        || keys.is_some_and(|keys| keys.iter().any(|key| draft.excluded.contains_key(key)))
}

/// Handles the closed editor: the new text makes a new candidate.
pub(in crate::app) fn edited(state: &mut State, editing: &Editing, result: Result<EditOutcome, Failure>) {
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(why) => return say(state, NoticeKind::Bad, &why),
    };
    let (text, (id, on)) = match (outcome, &editing.amends) {
        (EditOutcome::Changed(text), Some(amends)) => (text, amends),
        (EditOutcome::Unchanged, Some(_)) => {
            return say(state, NoticeKind::Good, "nothing was changed in the editor");
        }
        (EditOutcome::Changed(_), None) => {
            let why = "that was a read-only copy; nothing was changed (E edits the proposal)";
            return say(state, NoticeKind::Bad, why);
        }
        (EditOutcome::Unchanged, None) => return,
    };
    if text.len() > LARGEST {
        return say(
            state,
            NoticeKind::Bad,
            format!("the edited file is too large ({} bytes); nothing was changed", text.len()),
        );
    }
    if text.lines().any(|line| line.starts_with(MARKER)) {
        let why = "conflict markers (<<<<<<<) remain; the edit is discarded, E opens it again";
        return say(state, NoticeKind::Bad, why);
    }
    // Exclusions in this file are dropped: they are not in the edited text any more, or were edited as well.
    let keys: Vec<_> = state
        .judged_change(id)
        .map(|judged| {
            let at = judged.built.files().iter().position(|file| file.path == editing.path);
            at.and_then(|at| judged.keys.get(at).cloned()).unwrap_or_default()
        })
        .unwrap_or_default();
    let now = state.assessments.known.get(id).map(|judged| judged.tip);
    if now.is_some_and(|now| now != *on) {
        return say(state, NoticeKind::Bad, "the approved branch moved; the edit is discarded, E opens it again");
    }
    let draft = state.draft(id);
    draft.excluded.retain(|key, _| !keys.contains(key));
    draft.excluded_files.remove(&editing.path);
    draft.edited.insert(editing.path.clone(), EditedFile { text, on: *on });
    if state.review.view.shown == ShownText::Result {
        state.review.view.shown = ShownText::Change;
    }
    say(state, NoticeKind::Good, "edited: a new, unmeasured candidate with you as co-author; read it");
}
