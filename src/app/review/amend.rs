//! The person's amendments to a change: from their drafts to the resulting candidate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::app::notice::say;
use crate::app::review::ShownText;
use crate::app::show::open_review;
use crate::app::{DocRow, Effect, NoticeKind, State};
use crate::model::{
    AgentText, Amendment, Built, CommitId, Draft, Edited, ExperimentId, Hunk, HunkKey, LeftOut, LineKind, LineSet,
};
use crate::query::{Assessment, NOT_WAITING, Request};

const SHOWS_RESULT: &str = "this is what would be committed; R goes back to the change";

/// The included share of a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HunkShare {
    /// All of it.
    Whole,
    /// All but some of its changed lines: the number excluded, and the number in total.
    AllBut(usize, usize),
    /// Nothing.
    Nothing,
}

/// Returns the share of a hunk that a draft includes.
pub fn included_share(draft: Option<&Draft>, key: HunkKey, hunk: &Hunk) -> HunkShare {
    let Some(left) = draft.and_then(|draft| draft.excluded.get(&key)) else { return HunkShare::Whole };
    let changed = changed_lines(hunk);
    match changed.iter().filter(|line| left.contains(line)).count() {
        0 => HunkShare::Whole,
        all if all == changed.len() => HunkShare::Nothing,
        some => HunkShare::AllBut(some, changed.len()),
    }
}

/// Returns the indices of the changed lines of a hunk.
fn changed_lines(hunk: &Hunk) -> Vec<u32> {
    let lines = hunk.lines.iter().enumerate().filter(|(_, line)| line.kind != LineKind::Context);
    lines.map(|(at, _)| at as u32).collect()
}

/// Returns the amendment before exclusions: the edits made on this tip, and whether lines are merged by tokens.
fn edits(draft: &Draft, tip: CommitId) -> Amendment {
    let edited = draft.edited.iter().filter(|(_, edit)| edit.on == tip);
    let edited = edited.map(|(path, edit)| Edited { path: path.clone(), content: edit.text.as_bytes().into() });
    Amendment { edited: edited.collect(), excluded: Vec::new(), by_tokens: draft.by_tokens }
}

/// Returns the exclusions, with line numbers of the change that they apply to.
fn left_out(draft: &Draft, judged: &Assessment) -> Vec<LeftOut> {
    let mut found = Vec::new();
    for (file, keys) in judged.built.files().iter().zip(&judged.keys) {
        if draft.excluded_files.contains(&file.path) {
            found.push(LeftOut { path: file.path.clone(), lines: None });
            continue;
        }
        let mut lines = LineSet::default();
        let mut is_whole = file.hunks_left_out == 0 && !file.hunks.is_empty();
        for (hunk, key) in file.hunks.iter().zip(keys) {
            is_whole &= included_share(Some(draft), *key, hunk) == HunkShare::Nothing;
            for at in draft.excluded.get(key).into_iter().flatten() {
                match hunk.lines.get(*at as usize) {
                    Some(line) if line.kind == LineKind::Removed => lines.removed.extend(line.old),
                    Some(line) if line.kind == LineKind::Added => lines.added.extend(line.new),
                    _ => {}
                }
            }
        }
        if is_whole || !lines.is_empty() {
            found.push(LeftOut { path: file.path.clone(), lines: (!is_whole).then_some(lines) });
        }
    }
    found
}

impl State {
    /// Returns the change as it is shown and marked: as proposed, with the person's edits. `None` while it is being
    /// computed.
    pub fn judged_change(&self, id: &ExperimentId) -> Option<&Arc<Assessment>> {
        match self.edits(id).filter(|amendment| *amendment != Amendment::default()) {
            None => self.assessments.known.get(id),
            Some(amendment) => self.amended_as(id, &amendment),
        }
    }

    /// Returns what approving would commit: the change with all edits and exclusions. `None` while it is being
    /// computed.
    pub fn judged_result(&self, id: &ExperimentId) -> Option<&Arc<Assessment>> {
        match self.amendment(id)? {
            amendment if amendment == Amendment::default() => self.assessments.known.get(id),
            amendment => self.amended_as(id, &amendment),
        }
    }

    fn amended_as(&self, id: &ExperimentId, amendment: &Amendment) -> Option<&Arc<Assessment>> {
        self.assessments.amended.get(id)?.iter().find(|judged| *judged.amendment == *amendment)
    }

    /// Returns the person's whole amendment of a change; `None` while the change is being computed.
    fn amendment(&self, id: &ExperimentId) -> Option<Amendment> {
        let Some(draft) = self.decisions.drafts.of.get(id) else { return Some(Amendment::default()) };
        let judged = self.judged_change(id)?;
        Some(Amendment { excluded: left_out(draft, judged), ..edits(draft, judged.tip) })
    }

    fn edits(&self, id: &ExperimentId) -> Option<Amendment> {
        Some(edits(self.decisions.drafts.of.get(id)?, self.assessments.known.get(id)?.tip))
    }

    /// Returns the files that were edited on another tip; those edits are not applied.
    pub fn stale_edits(&self, id: &ExperimentId) -> Vec<&AgentText> {
        let (Some(draft), Some(judged)) = (self.decisions.drafts.of.get(id), self.assessments.known.get(id)) else {
            return Vec::new();
        };
        draft.edited.iter().filter(|(_, edit)| edit.on != judged.tip).map(|(path, _)| path).collect()
    }

    /// True if the commit would differ from the change as proposed.
    pub fn is_amended(&self, id: &ExperimentId) -> bool {
        self.decisions.drafts.of.get(id).is_some_and(Draft::amends)
    }

    /// Returns the number of excluded hunks that disappeared from the change.
    pub fn lost_exclusions(&self, id: &ExperimentId) -> usize {
        let (Some(draft), Some(judged)) = (self.decisions.drafts.of.get(id), self.judged_change(id)) else { return 0 };
        draft.excluded.keys().filter(|key| !judged.keys.iter().flatten().any(|known| known == *key)).count()
    }
}

/// Requests the amended candidate of the shown change.
pub(in crate::app) fn ask_for_amended(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(id) = state.shown_id() else { return };
    if !state.is_amended(&id) || !state.assessments.known.contains_key(&id) {
        return;
    }
    let wanted = match state.judged_change(&id) {
        None => state.edits(&id),
        Some(_) if state.judged_result(&id).is_none() => state.amendment(&id),
        Some(_) => None,
    };
    let Some(wanted) = wanted else { return };
    if state.assessments.amend_asked.as_ref().is_some_and(|(asked, amendment)| *asked == id && **amendment == wanted) {
        return;
    }
    let wanted = Arc::new(wanted);
    state.assessments.amend_asked = Some((id.clone(), Arc::clone(&wanted)));
    effects.push(Effect::Ask(Request::Amend(id, wanted)));
}

/// Handles the assessment of an amended change.
pub(in crate::app) fn amended(state: &mut State, judged: Arc<Assessment>) {
    if state.assessments.amend_asked.as_ref().is_some_and(|(_, amendment)| **amendment == *judged.amendment) {
        state.assessments.amend_asked = None;
    }
    let id = judged.experiment.clone();
    let known = state.assessments.amended.entry(id.clone()).or_default();
    known.retain(|other| other.amendment != judged.amendment);
    known.push(judged);
    // The edited change and the final result are kept; older assessments are not needed.
    let (change, result) = (state.judged_change(&id).cloned(), state.judged_result(&id).cloned());
    let kept: Vec<_> = [change, result].into_iter().flatten().collect();
    if let Some(known) = state.assessments.amended.get_mut(&id) {
        known.retain(|known| kept.iter().any(|kept| Arc::ptr_eq(kept, known)));
    }
}

/// The unit that an exclusion applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Reach {
    /// The hunk under the cursor, the file if the cursor is on its name, or the marked lines.
    Hunk,
    /// The line under the cursor, or the marked lines.
    Line,
}

/// Excludes what is under the cursor, or includes it again.
pub(in crate::app) fn exclude(state: &mut State, reach: Reach) {
    let Some(id) = state.shown_id() else { return };
    if let Err(why) = may_amend(state, &id) {
        return say(state, NoticeKind::Bad, why);
    }
    let Some(doc) = &state.review.doc else { return };
    let Some(judged) = doc.assessment().cloned() else { return };
    let cursor = state.review.view.cursor;
    if state.review.view.range_from.is_none()
        && let Some(DocRow::File(file)) = doc.rows.get(cursor)
    {
        return leave_file_out(state, &id, &judged, *file);
    }
    let range = match state.review.view.range_from {
        Some(from) => from.min(cursor)..=from.max(cursor),
        None => cursor..=cursor,
    };
    let mut wanted: BTreeMap<HunkKey, BTreeSet<u32>> = BTreeMap::new();
    let key_of = |(file, hunk): (usize, usize)| judged.keys.get(file)?.get(hunk).copied();
    for row in range {
        let Some(at) = doc.hunk_of(row) else { continue };
        let Some(key) = key_of(at) else { continue };
        let lines: Vec<u32> = if state.review.view.range_from.is_none() && reach == Reach::Hunk {
            doc.hunk(at.0, at.1).map(changed_lines).unwrap_or_default()
        } else {
            doc.changed(row).into_iter().map(|line| line as u32).collect()
        };
        wanted.entry(key).or_default().extend(lines);
    }
    wanted.retain(|_, lines| !lines.is_empty());
    if wanted.is_empty() {
        let why = if matches!(doc.rows.get(cursor), Some(DocRow::Cell { .. })) {
            "this notebook is shown by cell; J shows the JSON, where lines can be excluded"
        } else {
            "no changed line here; x excludes the hunk under the cursor, V marks lines"
        };
        return say(state, NoticeKind::Bad, why);
    }
    state.review.view.range_from = None;
    let count: usize = wanted.values().map(BTreeSet::len).sum();
    let draft = state.draft(&id);
    let is_out =
        |(key, lines): (&HunkKey, &BTreeSet<u32>)| draft.excluded.get(key).is_some_and(|left| lines.is_subset(left));
    let back = wanted.iter().all(is_out);
    for (key, lines) in wanted {
        let left = draft.excluded.entry(key).or_default();
        if back {
            left.retain(|line| !lines.contains(line));
        } else {
            left.extend(lines);
        }
    }
    draft.excluded.retain(|_, lines| !lines.is_empty());
    let verb = if back { "included again" } else { "excluded" };
    let lines = if count == 1 { "line" } else { "lines" };
    say(state, NoticeKind::Good, format!("{count} changed {lines} {verb}; R shows what would be committed"));
}

fn leave_file_out(state: &mut State, id: &ExperimentId, judged: &Assessment, file: usize) {
    let (Some(change), Some(keys)) = (judged.built.files().get(file), judged.keys.get(file)) else { return };
    let path = change.path.clone();
    let draft = state.draft(id);
    // An exclusion of the whole file replaces those of its hunks.
    draft.excluded.retain(|key, _| !keys.contains(key));
    let verb = if draft.excluded_files.remove(&path) {
        "included again"
    } else {
        draft.excluded_files.insert(path);
        "excluded"
    };
    say(state, NoticeKind::Good, format!("the file is {verb}; R shows what would be committed"));
}

/// Returns why a change cannot be amended here.
pub(in crate::app) fn may_amend(state: &State, id: &ExperimentId) -> Result<(), &'static str> {
    let Some(index) = state.snapshot.index_of(id) else { return Err("no change is shown") };
    if state.review.open.is_none() {
        return Err("changes are amended in the review; Enter opens it");
    }
    if !state.snapshot.waiting.contains(&index) || state.decisions.under_way.contains(id) {
        return Err(NOT_WAITING);
    }
    if state.snapshot.pending(id).is_some_and(|proposal| proposal.gate == crate::model::Gate::Run) {
        return Err("a run gate approves the proposal as is or not at all; c requests changes");
    }
    match state.review.view.shown {
        ShownText::Result => Err(SHOWS_RESULT),
        ShownText::Revert => Err("this is what the revert would commit; Esc leaves it"),
        ShownText::Whole(..) => Err("this is the whole file; o goes back to the diff"),
        ShownText::Change => Ok(()),
    }
}

/// Shows what would be committed, or the change again.
pub(in crate::app) fn show_result(state: &mut State) {
    let Some(id) = state.shown_id() else { return };
    if state.review.view.shown == ShownText::Result {
        state.review.view.shown = ShownText::Change;
        return say(state, NoticeKind::Good, "the change as proposed; exclusions are marked ×");
    }
    if !state.is_amended(&id) {
        return say(state, NoticeKind::Bad, "nothing is excluded or edited; this is what would be committed");
    }
    if state.review.open.is_none() {
        open_review(state);
    }
    state.review.view.shown = ShownText::Result;
    say(state, NoticeKind::Good, SHOWS_RESULT);
}

/// Toggles merging token by token for lines that both sides changed.
pub(in crate::app) fn merge_tokens(state: &mut State) {
    let Some(id) = state.shown_id() else { return };
    if let Err(why) = may_amend(state, &id) {
        return say(state, NoticeKind::Bad, why);
    }
    if state.draft(&id).by_tokens {
        state.draft(&id).by_tokens = false;
        return say(state, NoticeKind::Good, "no longer merged token by token");
    }
    let offered = state.assessments.known.get(&id).is_some_and(|judged| match &judged.built {
        Built::Conflict(conflict) => conflict.by_tokens,
        _ => false,
    });
    if !offered {
        return say(state, NoticeKind::Bad, "nothing here can be merged token by token");
    }
    state.draft(&id).by_tokens = true;
    say(state, NoticeKind::Good, "merged token by token: a new, unmeasured candidate; read it");
}

/// Discards all edits and exclusions of the shown change.
pub(in crate::app) fn discard_edits(state: &mut State) {
    let Some(id) = state.shown_id() else { return };
    if !state.is_amended(&id) {
        return say(state, NoticeKind::Bad, "nothing was excluded or edited");
    }
    let draft = state.draft(&id);
    *draft = Draft {
        comments: std::mem::take(&mut draft.comments),
        lines: std::mem::take(&mut draft.lines),
        on_screen_ms: draft.on_screen_ms,
        ..Draft::default()
    };
    state.review.view.shown = ShownText::Change;
    say(state, NoticeKind::Good, "the change is as proposed again; comments are kept");
}
