//! What goes back to an agent: a veto, changes, a question, another measurement, a comment on a line. The
//! last four exist only where somebody listens.

use tui_input::Input;

use crate::app::inbox::queue::leave_decided;
use crate::app::notice::say;
use crate::app::prompt::line::type_key;
use crate::app::{Effect, KeyPress, Modal, NoticeKind, State};
use crate::model::{
    AgentText, Command, Comment, CommentKind, DecisionKind, ExperimentId, FileSide, FindingKind, LineText,
};
use crate::model::{Answer, Questions};
use crate::policy::text::Visible;
use crate::query::{Request, WhatIf};

/// What is being written to an agent, or into the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// The change is refused.
    Veto,
    /// It is sent back, with what should change.
    Changes,
    /// Something is asked; it stays pending.
    Question,
    /// It is sent back to be measured on the approved tip.
    Remeasure,
}

impl AnswerKind {
    /// What the window is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Veto => "veto",
            Self::Changes => "request changes to",
            Self::Question => "ask about",
            Self::Remeasure => "have measured again:",
        }
    }
}

/// An answer being written.
#[derive(Clone, Debug)]
pub struct AnswerPrompt {
    /// What it will be.
    pub kind: AnswerKind,
    /// What it is about.
    pub experiment: ExperimentId,
    /// The line being typed.
    pub input: Input,
    /// Reasons at hand for a veto: what was found here, then what was said before; visible text.
    pub at_hand: Vec<String>,
    /// Which of them stands in the line; `None` before one was taken.
    pub taken: Option<usize>,
    /// What would follow from a veto; `None` while it is being worked out.
    pub what_if: Option<WhatIf>,
    /// What was wrong with the last Enter.
    pub complaint: Option<String>,
}

/// A comment on a line being written; the line is chosen with the arrows meanwhile.
#[derive(Clone, Debug)]
pub struct CommentPrompt {
    /// The change.
    pub experiment: ExperimentId,
    /// Row of the diff.
    pub row: usize,
    /// What stands there: the file, which side of it, and the text of the line.
    pub on: (AgentText, FileSide, AgentText),
    /// Its number when it was chosen.
    pub line: u32,
    /// What it is.
    pub kind: CommentKind,
    /// The line being typed.
    pub input: Input,
}

/// Opens the window of an answer.
pub(in crate::app) fn open(state: &mut State, kind: AnswerKind, effects: &mut Vec<Effect>) {
    let Some(index) = state.shown() else { return };
    let id = state.snapshot.experiments[index].id.clone();
    if !state.snapshot.waiting.contains(&index) || state.decisions.under_way.contains(&id) {
        return say(state, NoticeKind::Bad, "it does not wait for a decision");
    }
    if kind != AnswerKind::Veto && state.snapshot.pending(&id).is_none() {
        return say(state, NoticeKind::Bad, "nobody listens: the agent did not ask about this change");
    }
    if kind != AnswerKind::Question
        && let Some(trouble) = &state.snapshot.approved.trouble
    {
        return say(state, NoticeKind::Bad, trouble.clone());
    }
    if kind == AnswerKind::Veto {
        effects.push(Effect::Ask(Request::WhatIf(id.clone())));
    }
    let at_hand = if kind == AnswerKind::Veto { reasons(state, index) } else { Vec::new() };
    let prompt = AnswerPrompt {
        kind,
        experiment: id,
        input: Input::default(),
        at_hand,
        taken: None,
        what_if: None,
        complaint: None,
    };
    state.open(Modal::Answer(Box::new(prompt)));
}

/// Reasons that are at hand, at most.
const MOST_AT_HAND: usize = 6;

/// Reasons for a veto that need no typing: what is known of this change, then the person's own of before.
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
    let said = state.snapshot.decisions.iter().rev();
    let own = said.filter(|decision| decision.kind == DecisionKind::Vetoed && !decision.by_policy);
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
    match key {
        KeyPress::Esc => {
            say(state, NoticeKind::Good, "nothing was decided");
            return None;
        }
        KeyPress::Enter => match send(state, &prompt, effects) {
            Ok(()) => return None,
            Err(complaint) => prompt.complaint = Some(complaint),
        },
        KeyPress::Tab if !prompt.at_hand.is_empty() => {
            let next = prompt.taken.map_or(0, |at| (at + 1) % prompt.at_hand.len());
            prompt.taken = Some(next);
            prompt.input = Input::new(prompt.at_hand[next].clone());
            prompt.complaint = None;
        }
        _ => {
            type_key(&mut prompt.input, key);
            prompt.complaint = None;
        }
    }
    Some(Modal::Answer(Box::new(prompt)))
}

/// Sends what was written on its way; says why not, when it says too little.
fn send(state: &mut State, prompt: &AnswerPrompt, effects: &mut Vec<Effect>) -> Result<(), String> {
    let text = prompt.input.value().trim().to_owned();
    let id = prompt.experiment.clone();
    let drafts = state.decisions.drafts.comments(&id).to_vec();
    let proposal = state.snapshot.pending(&id).map(|proposal| proposal.asked());
    if prompt.kind == AnswerKind::Question {
        let proposal = proposal.ok_or("nobody waits for it any more")?;
        // What is typed is a draft until it is on disk.
        let own = &mut state.draft(&id).comments;
        if !text.is_empty() {
            own.push(whole(CommentKind::Question, text));
        }
        let comments: Vec<Comment> = own.iter().filter(|draft| draft.kind == CommentKind::Question).cloned().collect();
        if comments.is_empty() {
            return Err("type the question; the change stays pending".to_owned());
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
            return Err("a veto needs a reason: the next reader will ask why".to_owned());
        }
        AnswerKind::Changes if text.is_empty() && comments.is_empty() => {
            return Err("say what should change: the agent will read it".to_owned());
        }
        AnswerKind::Remeasure => {
            let tip = state.snapshot.tip().ok_or("there is no approved tip to measure on")?;
            comments.push(whole(CommentKind::Remeasure, tip.to_string()));
        }
        _ => {}
    }
    let reason = match (prompt.kind, state.snapshot.tip()) {
        (AnswerKind::Remeasure, Some(tip)) if text.is_empty() => {
            format!("measure it again on the approved tip {tip}, and propose that")
        }
        _ => text,
    };
    let index = state.snapshot.index_of(&id);
    let head = index.and_then(|index| state.snapshot.experiments[index].head());
    let on_screen_s = state.decisions.drafts.on_screen_s(&id);
    state.decisions.follows = prompt.what_if.clone().filter(|_| prompt.kind == AnswerKind::Veto);
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

/// The questions are out, or why not: then they are still drafts.
pub(in crate::app) fn asked(state: &mut State, result: Result<(ExperimentId, u64), String>) {
    match result {
        Ok((id, seq)) => {
            state.draft(&id).comments.retain(|draft| draft.kind != CommentKind::Question);
            say(state, NoticeKind::Good, format!("asked, record {seq}, on disk; the change stays pending"));
        }
        Err(why) => say(state, NoticeKind::Bad, why),
    }
}

fn whole(kind: CommentKind, body: String) -> Comment {
    Comment { path: None, side: None, line: None, kind, body }
}

/// Opens the line at the bottom in which a comment is written.
pub(in crate::app) fn open_comment(state: &mut State) {
    let Some(index) = state.shown() else { return };
    let id = state.snapshot.experiments[index].id.clone();
    if state.snapshot.pending(&id).is_none() {
        return say(state, NoticeKind::Bad, "nobody listens: the agent did not ask about this change");
    }
    let rows = state.diff_height();
    let Some(doc) = &state.review.doc else { return };
    // The first new line on the screen, else the first changed one, else the first.
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
        return say(state, NoticeKind::Bad, "comments stand on lines of the hunks: this one is beyond them");
    };
    let prompt = CommentPrompt { experiment: id, row, on, line, kind: CommentKind::Issue, input: Input::default() };
    state.open(Modal::Comment(Box::new(prompt)));
}

pub(in crate::app) fn key_in_comment(state: &mut State, mut prompt: CommentPrompt, key: KeyPress) -> Option<Modal> {
    match key {
        KeyPress::Esc => return None,
        KeyPress::Tab => {
            prompt.kind = match prompt.kind {
                CommentKind::Issue => CommentKind::Question,
                _ => CommentKind::Issue,
            };
        }
        KeyPress::Down | KeyPress::Up => {
            let Some(doc) = &state.review.doc else { return Some(Modal::Comment(Box::new(prompt))) };
            let is_first = |row: &usize| doc.text_at(*row).is_some() && doc.is_first_part(*row);
            let next = match key {
                KeyPress::Down => (prompt.row + 1..doc.rows.len()).find(is_first),
                _ => (0..prompt.row).rev().find(is_first),
            };
            prompt.row = next.unwrap_or(prompt.row);
            if let (Some(on), Some((.., line))) = (doc.text_at(prompt.row), doc.place(prompt.row)) {
                (prompt.on, prompt.line) = (on, line);
            }
            let height = state.diff_height().max(1);
            state.review.scroll = state.review.scroll.clamp((prompt.row + 1).saturating_sub(height), prompt.row);
        }
        KeyPress::Enter => {
            let body = prompt.input.value().trim().to_owned();
            if body.is_empty() {
                return None;
            }
            let Some(at) = state.review.doc.as_ref().and_then(|doc| doc.line_at(prompt.row)) else {
                say(state, NoticeKind::Bad, "one moment: the change is being worked out again");
                return Some(Modal::Comment(Box::new(prompt)));
            };
            let comment =
                Comment { path: Some(at.path), side: Some(at.side), line: Some(at.line), kind: prompt.kind, body };
            let (path, side, text) = prompt.on;
            let draft = state.draft(&prompt.experiment);
            draft.lines.push(LineText { path, side, line: at.line, text });
            draft.comments.push(comment);
            let count = draft.comments.len();
            let text = format!("{count} written; c sends them with what should change, e asks the questions");
            say(state, NoticeKind::Good, text);
            return None;
        }
        _ => type_key(&mut prompt.input, key),
    }
    Some(Modal::Comment(Box::new(prompt)))
}

/// Shows what changed since the round before.
pub(in crate::app) fn compare_rounds(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(index) = state.shown() else { return };
    let experiment = &state.snapshot.experiments[index];
    let id = experiment.id.clone();
    let shown = state.snapshot.proposal_about(experiment);
    let before = shown.and_then(|proposal| state.snapshot.round_before(proposal)).map(|before| before.id.clone());
    match before {
        None => say(state, NoticeKind::Bad, "there was no round before this one"),
        Some(before) if before == id => {
            say(state, NoticeKind::Good, "the change is the same as in the round before; what the agent says differs");
        }
        Some(before) => {
            effects.push(Effect::Ask(Request::Compare(before.clone(), id.clone())));
            state.review.open = Some(crate::app::Review { experiment: id, against: Some(before) });
            state.review.scroll = 0;
        }
    }
}

/// Where a comment stands, in words.
pub fn place_of(comment: &Comment) -> String {
    match (&comment.path, comment.line) {
        (Some(path), Some(line)) => {
            let side = if comment.side == Some(FileSide::Old) { " (before)" } else { "" };
            format!("{}:{line}{side}", Visible::line(path))
        }
        (Some(path), None) => Visible::line(path).to_string(),
        (None, _) => "the change".to_owned(),
    }
}
