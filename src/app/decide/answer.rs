//! Answers to an agent: a veto, requested changes, a question, a re-measurement, a comment on a line. All but the veto
//! need an agent that uses the mailbox.

use tui_input::Input;

use crate::app::inbox::queue::leave_decided;
use crate::app::notice::{say, say_nothing_selected};
use crate::app::prompt::Pressed;
use crate::app::{AnswerKind, AnswerPrompt, CommentPrompt, Effect, KeyPress, Modal, NoticeKind, State, TypedReply};
use crate::model::Failure;
use crate::model::{Answer, Questions};
use crate::model::{
    Command, Comment, CommentKind, CommitId, DecisionKind, ExperimentId, FileSide, FindingKind, LineText,
};
use crate::policy::text::Visible;
use crate::query::{NOT_WAITING, Request};

/// The reason of a request for a new measurement without a reason of the person's own.
pub fn remeasure_reason(tip: CommitId) -> String {
    format!("measure it again on the approved tip {} and propose the result", tip.short())
}

/// Opens the window for an answer.
pub(in crate::app) fn open(state: &mut State, kind: AnswerKind, effects: &mut Vec<Effect>) {
    let Some(index) = state.shown() else { return say_nothing_selected(state) };
    let id = state.snapshot.experiments[index].id.clone();
    if !state.snapshot.waiting.contains(&index) || state.decisions.under_way.contains(&id) {
        return say(state, NoticeKind::Bad, NOT_WAITING);
    }
    if kind != AnswerKind::Veto && state.snapshot.pending(&id).is_none() {
        return say(state, NoticeKind::Bad, Answer::NO_AGENT);
    }
    if kind != AnswerKind::Question
        && let Some(trouble) = &state.snapshot.approved.trouble
    {
        return say(state, NoticeKind::Bad, trouble.clone());
    }
    if kind == AnswerKind::Veto {
        effects.push(Effect::Ask(Request::Consequences(id.clone())));
    }
    let at_hand = if kind == AnswerKind::Veto { reasons(state, index) } else { Vec::new() };
    let prompt = AnswerPrompt {
        kind,
        experiment: id,
        reply: TypedReply::new(Vec::new()),
        suggestions: at_hand,
        suggestion: None,
        what_if: None,
    };
    state.open(Modal::Answer(Box::new(prompt)));
}

/// Maximum number of suggested reasons.
const MOST_AT_HAND: usize = 6;

/// Returns suggested reasons for a veto: from the findings, then the person's earlier ones.
fn reasons(state: &State, index: usize) -> Vec<String> {
    let experiment = &state.snapshot.experiments[index];
    let mut found: Vec<String> = Vec::new();
    let is_small = |gain: f64| state.policy.smallest_gain.is_some_and(|least| gain.abs() < least);
    if experiment.claimed_gain.is_some_and(is_small) {
        found.push("below the smallest gain: within noise".to_owned());
    }
    let judged = state.assessments.known.get(&experiment.id);
    if judged.is_some_and(|judged| judged.findings.iter().any(|finding| finding.kind == FindingKind::SeedOnly)) {
        found.push("only the seed differs".to_owned());
    }
    let newest_first = state.snapshot.decisions.iter().rev();
    let own = newest_first.filter(|decision| decision.kind == DecisionKind::Vetoed && !decision.by_policy);
    for reason in own.map(|decision| Visible::of(&decision.reason).to_string()) {
        if !found.contains(&reason) {
            found.push(reason);
        }
        if found.len() == MOST_AT_HAND {
            break;
        }
    }
    found
}

pub(in crate::app) fn key_in_answer(
    state: &mut State,
    mut prompt: AnswerPrompt,
    key: KeyPress,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    match prompt.reply.key(key, &mut state.window.drawn) {
        Pressed::Cancelled => {
            say(state, NoticeKind::Good, "nothing was decided");
            return None;
        }
        Pressed::Entered(text) => match send(state, &prompt, text, effects) {
            Ok(()) => return None,
            Err(complaint) => prompt.reply.complaint = Some(complaint),
        },
        Pressed::NotMine if key == KeyPress::Tab && !prompt.suggestions.is_empty() => {
            let next = prompt.suggestion.map_or(0, |at| (at + 1) % prompt.suggestions.len());
            prompt.suggestion = Some(next);
            prompt.reply.input = Input::new(prompt.suggestions[next].clone());
        }
        Pressed::Edited | Pressed::NotMine => {}
    }
    Some(Modal::Answer(Box::new(prompt)))
}

/// Sends the answer; an error is a message for the person.
fn send(state: &mut State, prompt: &AnswerPrompt, text: String, effects: &mut Vec<Effect>) -> Result<(), String> {
    let id = prompt.experiment.clone();
    let drafts = state.decisions.drafts.comments(&id).to_vec();
    let proposal = state.snapshot.pending(&id).map(|proposal| proposal.asked());
    if prompt.kind == AnswerKind::Question {
        let proposal = proposal.ok_or(Answer::NO_AGENT)?;
        // The typed question stays a draft until it is on disk.
        let own = &mut state.draft(&id).comments;
        if !text.is_empty() {
            own.push(whole(CommentKind::Question, text));
        }
        let comments: Vec<Comment> = own.iter().filter(|draft| draft.kind == CommentKind::Question).cloned().collect();
        if comments.is_empty() {
            return Err(Questions::EMPTY.to_owned());
        }
        effects.push(Effect::Decide(Command::Question(Questions { proposal, comments })));
        return Ok(());
    }
    let mut comments = drafts;
    let kind = match prompt.kind {
        AnswerKind::Veto => DecisionKind::Vetoed,
        _ => DecisionKind::ChangesRequested,
    };
    match prompt.kind {
        AnswerKind::Veto if text.is_empty() => {
            return Err(Answer::NO_REASON.to_owned());
        }
        AnswerKind::Changes if text.is_empty() && comments.is_empty() => {
            return Err(Answer::NO_CHANGES.to_owned());
        }
        AnswerKind::Remeasure => {
            let tip = state.snapshot.tip().ok_or("no approved tip to measure on")?;
            comments.push(whole(CommentKind::Remeasure, tip.to_string()));
        }
        _ => {}
    }
    let reason = match (prompt.kind, state.snapshot.tip()) {
        (AnswerKind::Remeasure, Some(tip)) if text.is_empty() => remeasure_reason(tip),
        _ => text,
    };
    let index = state.snapshot.index_of(&id);
    let head = index.and_then(|index| state.snapshot.experiments[index].head());
    let on_screen_s = state.decisions.drafts.on_screen_s(&id);
    state.decisions.under_way.insert(id.clone());
    leave_decided(state, &id);
    effects.push(Effect::Decide(Command::Answer(Box::new(Answer {
        experiment: id,
        head,
        proposal,
        kind,
        reason,
        comments,
        acknowledged: Vec::new(),
        on_screen_s,
    }))));
    say(state, NoticeKind::Good, "writing to disk …");
    Ok(())
}

/// Handles the outcome of sending questions; after an error they are still drafts.
pub(in crate::app) fn asked(state: &mut State, result: Result<(ExperimentId, u64), Failure>) {
    match result {
        Ok((id, seq)) => {
            state.draft(&id).comments.retain(|draft| draft.kind != CommentKind::Question);
            say(
                state,
                NoticeKind::Good,
                format!("question sent, record {seq}, on disk; the change stays in the inbox"),
            );
        }
        Err(why) => say(state, NoticeKind::Bad, why),
    }
}

fn whole(kind: CommentKind, body: String) -> Comment {
    Comment { path: None, side: None, line: None, kind, body }
}

/// Opens the line at the bottom for writing a comment.
pub(in crate::app) fn open_comment(state: &mut State) {
    let Some(index) = state.shown() else { return say_nothing_selected(state) };
    let id = state.snapshot.experiments[index].id.clone();
    if state.snapshot.pending(&id).is_none() {
        return say(state, NoticeKind::Bad, Answer::NO_AGENT);
    }
    let rows = state.diff_height();
    let Some(doc) = &state.review.doc else { return };
    // Prefers the first new line on the screen, then the first changed one, then any.
    let on_screen = state.review.scroll..(state.review.scroll + rows).min(doc.rows.len());
    let first = |wanted: fn(&crate::app::LineAt) -> bool| {
        on_screen.clone().find(|row| doc.line_at(*row).is_some_and(|at| wanted(&at)))
    };
    let changed = first(|at| at.is_changed && at.side == FileSide::New).or_else(|| first(|at| at.is_changed));
    let under_cursor =
        Some(state.review.view.cursor).filter(|row| state.review.open.is_some() && doc.text_at(*row).is_some());
    let Some(row) = under_cursor.or(changed).or_else(|| on_screen.clone().find(|row| doc.line_at(*row).is_some()))
    else {
        return say(state, NoticeKind::Bad, "no line of the change is on the screen");
    };
    let (Some(on), Some((.., line))) = (doc.text_at(row), doc.place(row)) else {
        return say(state, NoticeKind::Bad, "only lines of a hunk can be commented on");
    };
    let prompt = CommentPrompt {
        experiment: id,
        row,
        target: on,
        line,
        kind: CommentKind::Issue,
        reply: TypedReply::new(Vec::new()),
    };
    state.open(Modal::Comment(Box::new(prompt)));
}

pub(in crate::app) fn key_in_comment(state: &mut State, mut prompt: CommentPrompt, key: KeyPress) -> Option<Modal> {
    let pressed = prompt.reply.key(key, &mut state.window.drawn);
    match (pressed, key) {
        (Pressed::Cancelled, _) => return None,
        (Pressed::NotMine, KeyPress::Tab) => {
            prompt.kind = match prompt.kind {
                CommentKind::Issue => CommentKind::Question,
                _ => CommentKind::Issue,
            };
        }
        (Pressed::NotMine, KeyPress::Down | KeyPress::Up) => {
            let Some(doc) = &state.review.doc else { return Some(Modal::Comment(Box::new(prompt))) };
            let is_first = |row: &usize| doc.text_at(*row).is_some() && doc.is_first_part(*row);
            let next = match key {
                KeyPress::Down => (prompt.row + 1..doc.rows.len()).find(is_first),
                _ => (0..prompt.row).rev().find(is_first),
            };
            prompt.row = next.unwrap_or(prompt.row);
            if let (Some(on), Some((.., line))) = (doc.text_at(prompt.row), doc.place(prompt.row)) {
                (prompt.target, prompt.line) = (on, line);
            }
            let height = state.diff_height().max(1);
            state.review.scroll = state.review.scroll.clamp((prompt.row + 1).saturating_sub(height), prompt.row);
        }
        (Pressed::Entered(body), _) => {
            if body.is_empty() {
                return None;
            }
            let Some(at) = state.review.doc.as_ref().and_then(|doc| doc.line_at(prompt.row)) else {
                say(state, NoticeKind::Bad, "one moment: the change is being recomputed");
                return Some(Modal::Comment(Box::new(prompt)));
            };
            let comment =
                Comment { path: Some(at.path), side: Some(at.side), line: Some(at.line), kind: prompt.kind, body };
            let (path, side, text) = prompt.target;
            let draft = state.draft(&prompt.experiment);
            draft.lines.push(LineText { path, side, line: at.line, text });
            draft.comments.push(comment);
            let count = draft.comments.len();
            let text = format!("{count} drafted; c requests changes with them, e sends the questions");
            say(state, NoticeKind::Good, text);
            return None;
        }
        (Pressed::Edited | Pressed::NotMine, _) => {}
    }
    Some(Modal::Comment(Box::new(prompt)))
}

/// Shows what changed since the previous round.
pub(in crate::app) fn compare_rounds(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(index) = state.shown() else { return say_nothing_selected(state) };
    let experiment = &state.snapshot.experiments[index];
    let id = experiment.id.clone();
    let shown = state.snapshot.proposal_about(experiment);
    let before = shown.and_then(|proposal| state.snapshot.round_before(proposal)).map(|before| before.id.clone());
    match before {
        None => say(state, NoticeKind::Bad, "no round before this one"),
        Some(before) if before == id => {
            say(state, NoticeKind::Good, "the same change as in the previous round; only the agent's text differs");
        }
        Some(before) => {
            effects.push(Effect::Ask(Request::Compare(before.clone(), id.clone())));
            state.review.open = Some(crate::app::Review { experiment: id, against: Some(before) });
            state.review.scroll = 0;
        }
    }
}

/// Returns the place of a comment, in words.
pub fn comment_location(comment: &Comment) -> String {
    match (&comment.path, comment.line) {
        (Some(path), Some(line)) => {
            let side = if comment.side == Some(FileSide::Old) { " (before)" } else { "" };
            format!("{}:{line}{side}", Visible::line(path))
        }
        (Some(path), None) => Visible::line(path).to_string(),
        (None, _) => "the change".to_owned(),
    }
}
