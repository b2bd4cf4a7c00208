//! The windows in which a person writes: a veto, what goes back to the agent, a comment, a note.

use ratatui::Frame;
use unicode_width::UnicodeWidthStr as _;

use crate::app::{
    AnswerKind, AnswerPrompt, Area, CommentPrompt, PolicyLine, PolicyPrompt, State, Steer, SteerPrompt, Waiting,
    place_of,
};
use crate::model::{CommentKind, ExperimentId, FileSide, Gate, Goal, counted};
use crate::policy::StopTrial;
use crate::policy::text::Visible;
use crate::ui::prompt::{End, StyledRow, WindowPart, decide, inner, input, labelled, typed, window};
use crate::ui::{Theme, frame, numbers};

/// Draws an answer; true when the screen is too small for it.
pub(in crate::ui) fn draw(frame: &mut Frame<'_>, state: &State, prompt: &AnswerPrompt, theme: &Theme) -> bool {
    let snapshot = &state.snapshot;
    let name = numbers::name_of(state, &prompt.experiment);
    let inner = inner(frame);
    let mut rows: Vec<StyledRow> = Vec::new();
    let asked = snapshot.pending(&prompt.experiment);
    match prompt.kind {
        AnswerKind::Veto if asked.is_some_and(|proposal| proposal.gate == Gate::Run) => {
            rows.extend(sentence(
                "It is not trained. The agent reads your reason, and not what was found.",
                inner,
                theme,
            ));
        }
        AnswerKind::Veto => rows.extend(follows(state, prompt, inner, theme)),
        AnswerKind::Changes => {
            rows.extend(sentence("Back to the agent: it reads this and may propose another round.", inner, theme));
        }
        AnswerKind::Question => {
            rows.extend(sentence("The agent reads this at its next call; the change stays pending.", inner, theme));
        }
        AnswerKind::Remeasure => {
            let tip = snapshot.tip().map(|tip| tip.short()).unwrap_or_default();
            let text = format!("Back to the agent: measure it again on the approved tip {tip}, and propose that.");
            rows.extend(sentence(&text, inner, theme));
        }
    }
    for draft in state.decisions.drafts.comments(&prompt.experiment) {
        if prompt.kind != AnswerKind::Question || draft.kind == CommentKind::Question {
            let text = format!("{}: {}", place_of(draft), Visible::of(&draft.body));
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
        AnswerKind::Veto => ("why: ", "vetoes; the change stays pinned   "),
        AnswerKind::Changes => ("what should change: ", "sends it back   "),
        AnswerKind::Question => ("question: ", "asks   "),
        AnswerKind::Remeasure => ("why (may be empty): ", "sends it back   "),
    };
    let mut typed: Vec<StyledRow> = Vec::new();
    input(&mut typed, question, prompt.input.value(), prompt.input.cursor(), inner, theme);
    let mut last = keys(enter, "decides nothing", theme);
    if let Some(next) = next_at_hand(prompt) {
        last.extend([
            ("   Tab ".to_owned(), theme.key),
            (format!("“{}”", crate::policy::text::fit(next, 40)), theme.muted),
        ]);
    }
    let parts = rows.into_iter().map(|row| WindowPart::extra(vec![row])).collect::<Vec<_>>();
    let end = End { input: typed, complaint: prompt.complaint.as_deref(), keys: last };
    decide(frame, &format!("{} {name}?", prompt.kind.title()), &parts, end, &state.window.drawn, theme)
}

/// The reason that Tab puts into the line.
fn next_at_hand(prompt: &AnswerPrompt) -> Option<&str> {
    let next = prompt.taken.map_or(0, |at| (at + 1) % prompt.at_hand.len().max(1));
    prompt.at_hand.get(next).filter(|_| prompt.taken != Some(next)).map(String::as_str)
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

/// What would follow from a veto.
fn follows(state: &State, prompt: &AnswerPrompt, inner: usize, theme: &Theme) -> Vec<StyledRow> {
    let mut rows: Vec<StyledRow> = Vec::new();
    match &prompt.what_if {
        None => rows.push(vec![("working out what would follow …".to_owned(), theme.muted)]),
        Some(found) if found.tried == 0 => {
            rows.push(vec![("No later change waits: nothing else is affected.".to_owned(), theme.text)]);
        }
        Some(found) => {
            let names = |ids: &[ExperimentId]| match ids {
                [] => String::new(),
                ids => format!(" ({})", numbers::names_of(state, ids, 8)),
            };
            rows.push(vec![(format!("Of {} later changes that wait, without this one", found.tried), theme.text)]);
            let conflicts = format!("  {} would not fit any more{}", found.conflicts.len(), names(&found.conflicts));
            let style = if found.conflicts.is_empty() { theme.good } else { theme.bad };
            rows.extend(frame::sentence(&conflicts, inner).into_iter().map(|row| vec![(row, style)]));
            let unmeasured =
                format!("  {} would no longer be measured as is{}", found.unmeasured.len(), names(&found.unmeasured));
            let style = if found.unmeasured.is_empty() { theme.good } else { theme.warning };
            rows.extend(frame::sentence(&unmeasured, inner).into_iter().map(|row| vec![(row, style)]));
            if found.untried > 0 {
                rows.push(vec![(format!("  {} more were not tried", found.untried), theme.muted)]);
            }
        }
    }
    rows
}

/// A comment on a line, on the last line of the screen: the diff stays in sight.
pub(in crate::ui) fn draw_comment(
    frame: &mut Frame<'_>,
    area: Area,
    state: &State,
    prompt: &CommentPrompt,
    theme: &Theme,
) {
    // Its place is known also while the change is worked out anew.
    let (path, side, _) = &prompt.on;
    let side = if *side == FileSide::Old { " (before)" } else { "" };
    let place = format!("{}:{}{side}", Visible::line(path).fit(24), prompt.line);
    let (kind, other) = match prompt.kind {
        CommentKind::Question => ("question", "issue"),
        _ => ("issue", "question"),
    };
    let label = format!(" {kind} {place}: ");
    let told = match state.window.drawn.changed() {
        Some(changed) => format!("  ✗ {changed}: Esc"),
        None => format!("  ↑↓ line  Tab {other}"),
    };
    let room = (area.width as usize).saturating_sub(label.width() + told.width() + 2).max(8);
    let mut line = vec![(label, theme.key)];
    line.extend(typed(prompt.input.value(), prompt.input.cursor(), room, theme));
    line.push((told, theme.muted));
    frame::line(frame, area, 0, &[(" ".repeat(area.width as usize), theme.text)]);
    frame::line(frame, area, 0, &line);
}

/// Draws what steers the loop; true when the screen is too small for it.
pub(in crate::ui) fn draw_steer(frame: &mut Frame<'_>, state: &State, prompt: &SteerPrompt, theme: &Theme) -> bool {
    let inner = inner(frame);
    let (title, text, question, enter) = match prompt.steer {
        Steer::Note => (
            "a note to the agent",
            "Its next call (propose, wait, get_feedback) takes it along. It is in the ledger.".to_owned(),
            "note: ",
            "writes it   ",
        ),
        Steer::Hold => (
            "hold the loop up?",
            "Gates that are auto wait for a person until it goes on. What runs now runs on; what was answered stays answered.".to_owned(),
            "why (may be empty; the agent reads it): ",
            "holds it up   ",
        ),
        Steer::Resume => (
            "let the loop go on?",
            "Gates that are auto answer by the policy again, also what waits now.".to_owned(),
            "why (may be empty): ",
            "lets it go on   ",
        ),
        Steer::StopTrial => {
            let name = state.snapshot.running_name().map(|name| Visible::line(&name).fit(40)).unwrap_or_default();
            let how = match &state.policy.stop_trial {
                Some(StopTrial::PidFile(file)) => format!("SIGTERM to the process that {} names", Visible::of(file)),
                Some(StopTrial::Touch(file)) => format!("the file {} is made", Visible::of(file)),
                None => String::new(),
            };
            ("end the trial that runs?", format!("{name} is ended: {how}, as the policy says."), "", "ends it   ")
        }
    };
    let mut parts = vec![WindowPart::must(sentence(&text, inner, theme))];
    if prompt.steer == Steer::Note && state.snapshot.mailbox.notes_waiting > 0 {
        let waiting = counted(state.snapshot.mailbox.notes_waiting, "earlier note");
        parts.push(WindowPart::extra(sentence(&format!("{waiting} no call has taken along yet."), inner, theme)));
    }
    let mut typed: Vec<StyledRow> = Vec::new();
    if !question.is_empty() {
        input(&mut typed, question, prompt.input.value(), prompt.input.cursor(), inner, theme);
    }
    let end = End { input: typed, complaint: prompt.complaint.as_deref(), keys: keys(enter, "changes nothing", theme) };
    decide(frame, title, &parts, end, &state.window.drawn, theme)
}

/// Draws a line for the policy; true when the screen is too small for it.
pub(in crate::ui) fn draw_policy(frame: &mut Frame<'_>, state: &State, prompt: &PolicyPrompt, theme: &Theme) -> bool {
    let text = match &prompt.line {
        PolicyLine::Direction(metric, goal) => {
            let way = if *goal == Goal::Minimize { "lower" } else { "higher" };
            format!("From now on {way} is better for {}. It is judged so from then on.", Visible::of(metric).fit(40))
        }
        PolicyLine::Table(path) => format!("From now on results are read from {}.", Visible::of(path).fit(60)),
    };
    let parts = [WindowPart::must(sentence(&text, inner(frame), theme))];
    let end = End {
        input: Vec::new(),
        complaint: None,
        keys: keys("writes it into your policy   ", "changes nothing", theme),
    };
    decide(frame, "a line for your policy?", &parts, end, &state.window.drawn, theme)
}

/// Something is being worked out that a key was pressed for.
pub(in crate::ui) fn draw_waiting(frame: &mut Frame<'_>, waiting: Waiting, theme: &Theme) {
    let text = match waiting {
        Waiting::Revert => "working out what the revert would commit …",
        Waiting::Branch => "looking at what somebody did to the branch …",
    };
    let area = window(frame, "one moment", 1, 60, theme);
    frame::line(
        frame,
        area,
        0,
        &[(text.to_owned(), theme.muted), ("   Esc ".to_owned(), theme.key), ("leaves it".to_owned(), theme.muted)],
    );
}
