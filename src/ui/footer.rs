//! The footer: the keys of the view, or a notice.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::widgets::Clear;
use unicode_width::UnicodeWidthStr;

use crate::app::{Action, Area, Context, Notice, NoticeKind, ShownText, State, ViewKind, key_name};
use crate::model::Decision;
use crate::ui::{Theme, frame};

/// Maximum rows of a notice: enough for a reason and its remedy.
const NOTICE_ROWS: usize = 6;

/// Draws the notice, if there is one, or the most useful keys. Returns the number of rows above the footer that a long
/// notice covers.
pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) -> usize {
    if let Some(notice) = &state.screen.notice {
        return draw_notice(frame, area, notice, theme);
    }
    let item = |(action, word): (Action, &str)| {
        let key = key_name(state.screen.keymap.key_of(state.context(), action)?);
        Some([(key, theme.key), (format!(" {word}  "), theme.muted)])
    };
    let width_of = |item: &[(String, Style); 2]| item[0].0.width() + item[1].0.width();
    // The palette and the help are always listed.
    let ways: Vec<_> =
        [(Action::ShowPalette, "palette"), (Action::ShowHelp, "help")].into_iter().filter_map(item).collect();
    let mut room = (area.width as usize).saturating_sub(1 + ways.iter().map(width_of).sum::<usize>());
    let mut pieces = vec![(" ".to_owned(), theme.text)];
    let actions = footer_actions(state).into_iter().filter(|(action, _)| applies(state, *action));
    for item in actions.filter_map(item) {
        let Some(left) = room.checked_sub(width_of(&item)) else { break };
        room = left;
        pieces.extend(item);
    }
    pieces.extend(ways.into_iter().flatten());
    frame::line(frame, area, 0, &pieces);
    0
}

fn draw_notice(frame: &mut Frame<'_>, area: Area, notice: &Notice, theme: &Theme) -> usize {
    let (glyph, style) = match notice.kind {
        NoticeKind::Good => ("✓", theme.good),
        NoticeKind::Bad => ("✗", theme.bad),
        NoticeKind::Plain => ("·", theme.label),
    };
    let rows = frame::sentence(&notice.text, (area.width as usize).saturating_sub(4));
    let covered = (rows.len().min(NOTICE_ROWS) - 1).min(area.y as usize);
    let over = Area { y: area.y - covered as u16, height: area.height + covered as u16, ..area };
    if covered > 0 {
        let place = frame::rect(over).intersection(frame.area());
        frame.render_widget(Clear, place);
        frame.buffer_mut().set_style(place, theme.screen);
    }
    for (at, row) in rows.iter().take(covered + 1).enumerate() {
        let mark = if at == 0 { glyph } else { " " };
        let more = if at == covered && rows.len() > covered + 1 { " …" } else { "" };
        frame::line(frame, over, at as u16, &[(format!(" {mark} {row}{more}"), style)]);
    }
    covered
}

/// True if a key of the footer has an effect on the selection.
fn applies(state: &State, action: Action) -> bool {
    let snapshot = &state.snapshot;
    match action {
        Action::Approve | Action::Veto | Action::Exclude | Action::EditFile | Action::Skip => {
            state.shown().is_some_and(|index| snapshot.waiting.contains(&index))
        }
        Action::Revert => state
            .shown()
            .is_some_and(|index| snapshot.decision(&snapshot.experiments[index].id).is_some_and(Decision::is_approval)),
        Action::OpenReview | Action::MoveDown if state.view == ViewKind::Knobs => !state.knob_rows().is_empty(),
        Action::OpenReview | Action::ScrollDown | Action::MarkViewed => state.shown().is_some(),
        Action::OpenRun | Action::RenameRun => !state.runs.rows().is_empty(),
        Action::ToggleOverlay | Action::Compare | Action::CycleOrder if state.view == ViewKind::Runs => {
            !state.runs.rows().is_empty()
        }
        _ => true,
    }
}

/// True if a trial is running and the curves show another one.
fn is_running_hidden(state: &State) -> bool {
    state.snapshot.running.is_some() && state.subjects().is_none_or(|subjects| !subjects.is_running)
}

/// Returns the keys of the review, the most useful first.
fn review_actions(state: &State, is_pending: bool) -> Vec<(Action, &'static str)> {
    if state.review.open.as_ref().is_some_and(|review| review.against.is_some()) {
        return vec![(Action::NextHunk, "hunk"), (Action::NextFile, "file"), (Action::Back, "back")];
    }
    if state.review.view.shown == ShownText::Revert {
        return vec![(Action::Revert, "confirm revert"), (Action::NextHunk, "hunk"), (Action::Back, "back")];
    }
    if is_pending {
        return vec![
            (Action::Approve, "approve"),
            (Action::Veto, "veto"),
            (Action::RequestChanges, "changes"),
            (Action::AskAgent, "ask"),
            (Action::CommentLine, "comment"),
            (Action::Exclude, "exclude"),
            (Action::MarkViewed, "viewed"),
            (Action::Back, "back"),
        ];
    }
    vec![
        (Action::Approve, "approve"),
        (Action::Veto, "veto"),
        (Action::Exclude, "exclude"),
        (Action::Revert, "revert"),
        (Action::MarkViewed, "viewed"),
        (Action::Back, "back"),
        (Action::NextHunk, "hunk"),
        (Action::EditFile, "edit"),
        (Action::NextExperiment, "next"),
    ]
}

/// Returns the keys of the context, the most useful first.
fn footer_actions(state: &State) -> Vec<(Action, &'static str)> {
    let is_pending =
        state.shown().is_some_and(|index| state.snapshot.pending(&state.snapshot.experiments[index].id).is_some());
    let mut actions = match state.context() {
        Context::View(ViewKind::Inbox) if is_pending => vec![
            (Action::Approve, "approve"),
            (Action::Veto, "veto"),
            (Action::RequestChanges, "changes"),
            (Action::AskAgent, "ask"),
            (Action::Skip, "skip"),
            (Action::OpenReview, "review"),
            (Action::ScrollDown, "scroll"),
        ],
        Context::View(ViewKind::Inbox) => vec![
            (Action::Approve, "approve"),
            (Action::Veto, "veto"),
            (Action::Skip, "skip"),
            (Action::OpenReview, "review"),
            (Action::ScrollDown, "scroll"),
            (Action::CycleOrder, "order"),
        ],
        Context::Review => review_actions(state, is_pending),
        Context::View(ViewKind::Lineage) => vec![
            (Action::OpenReview, "diff"),
            (Action::Search, "search"),
            (Action::Compare, "compare"),
            (Action::GoToParent, "parent"),
            (Action::Revert, "revert"),
        ],
        Context::View(ViewKind::Curves) if !state.snapshot.has_loop() => vec![
            (Action::NextExperiment, "next run"),
            (Action::NextMetric, "metric"),
            (Action::ToggleOverlay, "overlay"),
            (Action::ToggleTiles, "tiles"),
            (Action::SmoothMore, "smooth"),
            (Action::ToggleLog, "log"),
            (Action::ZoomIn, "zoom"),
        ],
        Context::View(ViewKind::Curves) if is_running_hidden(state) => {
            vec![
                (Action::FollowRunning, "running trial"),
                (Action::NextMetric, "metric"),
                (Action::ToggleOverlay, "overlay"),
            ]
        }
        Context::View(ViewKind::Curves) => vec![
            (Action::NextMetric, "metric"),
            (Action::ToggleOverlay, "overlay"),
            (Action::ToggleTiles, "tiles"),
            (Action::SmoothMore, "smooth"),
            (Action::ToggleLog, "log"),
            (Action::CycleXAxis, "x axis"),
            (Action::ZoomIn, "zoom"),
        ],
        Context::View(ViewKind::Progress) => vec![
            (Action::NextExperiment, "next"),
            (Action::OpenReview, "diff"),
            (Action::ZoomIn, "zoom"),
            (Action::Search, "search"),
        ],
        Context::View(ViewKind::Runs) => vec![
            (Action::OpenRun, "curves"),
            (Action::ToggleOverlay, "overlay"),
            (Action::CycleOrder, "order"),
            (Action::Search, "filter"),
            (Action::Compare, "compare"),
            (Action::RenameRun, "rename"),
            (Action::NextMetric, "metric"),
        ],
        Context::View(ViewKind::Knobs) => vec![(Action::MoveDown, "down"), (Action::OpenReview, "best")],
        Context::View(ViewKind::Instruments) | Context::Everywhere => vec![(Action::MoveDown, "down")],
    };
    if state.context() != Context::Review {
        actions.push((Action::Quit, "quit"));
    }
    actions
}
