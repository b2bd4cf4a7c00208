//! The windows in which a person writes: vetoes, requests for changes, questions, comments and notes.

use ratatui::Frame;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::app::{
    AnswerKind, AnswerPrompt, Area, CommentPrompt, PolicyLine, PolicyPrompt, State, Steer, SteerPrompt, Waiting,
    comment_location, remeasure_reason,
};
use crate::model::{CommentKind, ExperimentId, FileSide, Gate, Goal, counted};
use crate::policy::StopTrial;
use crate::policy::text::Visible;
use crate::ui::prompt::{End, StyledRow, WindowPart, decide, inner, input, labelled, typed, window};
use crate::ui::{Theme, frame, numbers};

/// Draws an answer; true if the screen is too small for it.
pub(in crate::ui) fn draw(frame: &mut Frame<'_>, state: &State, prompt: &AnswerPrompt, theme: &Theme) -> bool {
    let snapshot = &state.snapshot;
    let name = numbers::name_of(state, &prompt.experiment);
    let inner = inner(frame);
    let mut rows: Vec<StyledRow> = Vec::new();
    let asked = snapshot.pending(&prompt.experiment);
    match prompt.kind {
        AnswerKind::Veto if asked.is_some_and(|proposal| proposal.gate == Gate::Run) => {
            rows.extend(sentence(
                "It is not trained. The agent reads your reason, but not the findings.",
                inner,
                theme,
            ));
        }
        AnswerKind::Veto => rows.extend(consequences(state, prompt, inner, theme)),
        AnswerKind::Changes => {
            rows.extend(sentence("The agent reads this and may propose another round.", inner, theme));
        }
        AnswerKind::Question => {
            rows.extend(sentence(
                "The agent reads this at its next call; the change stays in the inbox.",
                inner,
                theme,
            ));
        }
        AnswerKind::Remeasure => {
            let text = snapshot.tip().map(|tip| format!("Asks the agent to {}.", remeasure_reason(tip)));
            rows.extend(sentence(&text.unwrap_or_default(), inner, theme));
        }
    }
    for draft in state.decisions.drafts.comments(&prompt.experiment) {
        if prompt.kind != AnswerKind::Question || draft.kind == CommentKind::Question {
            let text = format!("{}: {}", comment_location(draft), Visible::of(&draft.body));
            rows.extend(labelled(
                if draft.kind == CommentKind::Question { "?  " } else { "✎  " },
                &text,
                inner,
                theme.text,
                theme,
            ));
        }
    }
    let (question, enter) = match prompt.kind {
        AnswerKind::Veto => ("reason: ", "vetoes; the change stays pinned   "),
        AnswerKind::Changes => ("what should change: ", "requests changes   "),
        AnswerKind::Question => ("question: ", "asks   "),
        AnswerKind::Remeasure => ("reason (optional): ", "requests it   "),
    };
    let mut typed: Vec<StyledRow> = Vec::new();
    input(&mut typed, question, prompt.reply.input.value(), prompt.reply.input.cursor(), inner, theme);
    let mut last = keys(enter, "decides nothing", theme);
    if let Some(next) = next_suggestion(prompt) {
        last.extend([
            ("   Tab ".to_owned(), theme.key),
            (format!("“{}”", crate::policy::text::fit(next, 40)), theme.muted),
        ]);
    }
    let parts = rows.into_iter().map(|row| WindowPart::extra(vec![row])).collect::<Vec<_>>();
    let end = End { input: typed, complaint: prompt.reply.complaint.as_deref(), keys: last };
    decide(frame, &format!("{} {name}?", prompt.kind.title()), &parts, end, &state.window.drawn, theme)
}

/// Returns the reason that Tab would insert.
fn next_suggestion(prompt: &AnswerPrompt) -> Option<&str> {
    let next = prompt.suggestion.map_or(0, |at| (at + 1) % prompt.suggestions.len().max(1));
    prompt.suggestions.get(next).filter(|_| prompt.suggestion != Some(next)).map(String::as_str)
}

fn sentence(text: &str, width: usize, theme: &Theme) -> Vec<StyledRow> {
    frame::sentence(text, width).into_iter().map(|row| vec![(row, theme.muted)]).collect()
}

fn keys(enter: &str, esc: &str, theme: &Theme) -> StyledRow {
    vec![
        ("Enter ".to_owned(), theme.key),
        (enter.to_owned(), theme.muted),
        ("Esc ".to_owned(), theme.key),
        (esc.to_owned(), theme.muted),
    ]
}

/// Returns the consequences of a veto.
fn consequences(state: &State, prompt: &AnswerPrompt, inner: usize, theme: &Theme) -> Vec<StyledRow> {
    let mut rows: Vec<StyledRow> = Vec::new();
    match &prompt.what_if {
        None => rows.push(vec![("computing the consequences …".to_owned(), theme.muted)]),
        Some(found) if found.tried == 0 => {
            rows.push(vec![("No later change is waiting: nothing else is affected.".to_owned(), theme.text)]);
        }
        Some(found) => {
            let names = |ids: &[ExperimentId]| match ids {
                [] => String::new(),
                ids => format!(" ({})", numbers::names_of(state, ids, 8)),
            };
            let later = counted(found.tried, "later change");
            if found.conflicts.is_empty() && found.unmeasured.is_empty() {
                let text = format!("Approving the {later} in order does not depend on this one.");
                rows.extend(frame::sentence(&text, inner).into_iter().map(|row| vec![(row, theme.good)]));
            } else {
                let text = format!("If you approve the {later} in order, without this one:");
                rows.extend(frame::sentence(&text, inner).into_iter().map(|row| vec![(row, theme.text)]));
            }
            let mut lose = |ids: &[ExperimentId], verb: &str, style: Style| {
                if !ids.is_empty() {
                    let text = format!("  {} {verb}{}", ids.len(), names(ids));
                    rows.extend(frame::sentence(&text, inner).into_iter().map(|row| vec![(row, style)]));
                }
            };
            let conflict = if found.conflicts.len() == 1 { "conflicts" } else { "conflict" };
            lose(&found.conflicts, conflict, theme.bad);
            lose(&found.unmeasured, "no longer measured as is", theme.warning);
            if found.untried > 0 {
                rows.push(vec![(format!("  {} more were not checked", found.untried), theme.muted)]);
            }
        }
    }
    rows
}

/// Draws the input of a comment on the last line of the screen, so that the diff stays visible.
pub(in crate::ui) fn draw_comment(
    frame: &mut Frame<'_>,
    area: Area,
    state: &State,
    prompt: &CommentPrompt,
    theme: &Theme,
) {
    // Its place is known even while the change is being rebuilt.
    let (path, side, _) = &prompt.target;
    let side = if *side == FileSide::Old { " (before)" } else { "" };
    let place = format!("{}:{}{side}", Visible::line(path).fit(24), prompt.line);
    let (kind, other) = match prompt.kind {
        CommentKind::Question => ("question", "issue"),
        _ => ("issue", "question"),
    };
    let label = format!(" {kind} {place}: ");
    let hint = match state.window.drawn.changed() {
        Some(changed) => format!("  ✗ {changed}: Esc"),
        None => format!("  ↑↓ line  Tab {other}"),
    };
    let room = (area.width as usize).saturating_sub(label.width() + hint.width() + 2).max(8);
    let mut line = vec![(label, theme.key)];
    line.extend(typed(prompt.reply.input.value(), prompt.reply.input.cursor(), room, theme));
    line.push((hint, theme.muted));
    frame::line(frame, area, 0, &[(" ".repeat(area.width as usize), theme.text)]);
    frame::line(frame, area, 0, &line);
}

/// Draws a note, pause, resume or stop; true if the screen is too small for it.
pub(in crate::ui) fn draw_steer(frame: &mut Frame<'_>, state: &State, prompt: &SteerPrompt, theme: &Theme) -> bool {
    let inner = inner(frame);
    let (title, text, question, enter) = match prompt.steer {
        Steer::Note => (
            "a note to the agent",
            "The agent gets it on its next call (propose, wait, get_feedback). It is in the ledger.".to_owned(),
            "note: ",
            "saves it   ",
        ),
        Steer::Pause => (
            "pause the loop?",
            "Auto gates ask a person until the loop is resumed. The running trial continues; earlier answers stand."
                .to_owned(),
            "reason (optional; the agent reads it): ",
            "pauses it   ",
        ),
        Steer::Resume => (
            "resume the loop?",
            "Auto gates answer by the policy again, also for waiting proposals.".to_owned(),
            "reason (optional): ",
            "resumes it   ",
        ),
        Steer::StopTrial => {
            let name = state.snapshot.running_name().map(|name| Visible::line(&name).fit(40)).unwrap_or_default();
            let how = match &state.policy.stop_trial {
                Some(StopTrial::PidFile(file)) => format!("SIGTERM to the process in {}", Visible::of(file)),
                Some(StopTrial::Touch(file)) => format!("the file {} is created", Visible::of(file)),
                None => String::new(),
            };
            ("stop the trial?", format!("{name} is stopped: {how}, as the policy defines."), "", "stops it   ")
        }
    };
    let mut parts = vec![WindowPart::must(sentence(&text, inner, theme))];
    if prompt.steer == Steer::Note && state.snapshot.mailbox.notes_waiting > 0 {
        let waiting = counted(state.snapshot.mailbox.notes_waiting, "earlier note");
        parts.push(WindowPart::extra(sentence(&format!("{waiting} not delivered yet."), inner, theme)));
    }
    let mut typed: Vec<StyledRow> = Vec::new();
    if !question.is_empty() {
        input(&mut typed, question, prompt.reply.input.value(), prompt.reply.input.cursor(), inner, theme);
    }
    let end =
        End { input: typed, complaint: prompt.reply.complaint.as_deref(), keys: keys(enter, "changes nothing", theme) };
    decide(frame, title, &parts, end, &state.window.drawn, theme)
}

/// Draws the line to add to the policy; true if the screen is too small for it.
pub(in crate::ui) fn draw_policy(frame: &mut Frame<'_>, state: &State, prompt: &PolicyPrompt, theme: &Theme) -> bool {
    let text = match &prompt.line {
        PolicyLine::Direction(metric, goal) => {
            let way = if *goal == Goal::Minimize { "lower" } else { "higher" };
            format!("From now on {way} is better for {}, and changes are judged by that.", Visible::of(metric))
        }
        PolicyLine::Table(path) => format!("From now on results are read from {}.", Visible::of(path)),
    };
    let parts = [WindowPart::must(sentence(&text, inner(frame), theme))];
    let end =
        End { input: Vec::new(), complaint: None, keys: keys("adds it to your policy   ", "changes nothing", theme) };
    decide(frame, "add this to your policy?", &parts, end, &state.window.drawn, theme)
}

/// Draws a window for a key whose result is still being computed.
pub(in crate::ui) fn draw_waiting(frame: &mut Frame<'_>, waiting: Waiting, theme: &Theme) {
    let text = match waiting {
        Waiting::Revert => "computing what the revert would commit …",
        Waiting::Branch => "checking how the branch diverged …",
    };
    let area = window(frame, "one moment", 1, 60, theme);
    frame::line(
        frame,
        area,
        0,
        &[(text.to_owned(), theme.muted), ("   Esc ".to_owned(), theme.key), ("cancels".to_owned(), theme.muted)],
    );
}
