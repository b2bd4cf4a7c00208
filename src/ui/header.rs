//! The two header lines and the footer.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::widgets::Clear;
use unicode_width::UnicodeWidthStr;

use crate::app::{Action, Area, Context, Notice, NoticeKind, State, ViewKind, key_name, tabs};
use crate::instrument::budget_used;
use crate::model::{Goal, Snapshot, TrialEnd, counted};
use crate::policy::text::Visible;
use crate::ui::{Theme, frame, numbers};

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    let pieces = loop_pieces(state, area.width, theme);
    let used: usize = pieces.iter().map(|(text, _)| text.width()).sum();
    frame::line(frame, area, 0, &pieces);
    // The budget is right-aligned, if there is one and it fits.
    if let Some(budget) = budget_used(&state.snapshot, &state.policy.budget) {
        let text = format!("budget {budget} ");
        let x = (area.width as usize).saturating_sub(text.width());
        if x > used {
            frame::line(
                frame,
                Area { x: area.x + x as u16, width: text.width() as u16, ..area },
                0,
                &[(text, theme.muted)],
            );
        }
    }
    // The running trial is right of the tabs, and is cut before they are.
    let tabs = tab_pieces(state, theme);
    let used: usize = tabs.iter().map(|(text, _)| text.width()).sum();
    frame::line(frame, area, 1, &tabs);
    let room = (area.width as usize).saturating_sub(used);
    let running = running(state, room.saturating_sub(1), theme);
    let text = crate::policy::text::fit(&running.0, room.saturating_sub(1));
    let x = area.width - (text.width() as u16).min(area.width);
    frame::line(frame, Area { x: area.x + x, width: area.width - x, ..area }, 1, &[(text, running.1)]);
}

fn loop_pieces(state: &State, width: u16, theme: &Theme) -> Vec<(String, Style)> {
    let snapshot = &state.snapshot;
    if !snapshot.has_loop() {
        return directory_pieces(state, theme);
    }
    let directory = snapshot.identity.work_tree.rsplit('/').next().unwrap_or_default();
    let mut pieces = vec![(" ".to_owned(), theme.text)];
    if width >= 100 {
        pieces.push((format!("{}  ", Visible::of(directory).fit(20)), theme.title));
    }
    // On a narrow screen, the last part of the branch identifies the loop.
    let branch = if width >= 100 { &snapshot.identity.branch } else { snapshot.identity.tag() };
    pieces.push((format!("{}  ", Visible::of(branch).fit(28)), theme.label));
    if snapshot.format.is_none() {
        return pieces;
    }
    if let Some(segment) = snapshot.segment().filter(|_| snapshot.segments.len() > 1) {
        let name = if width >= 100 {
            format!(" {}", Visible::line(&segment.display_name(snapshot.shown)).fit(24))
        } else {
            String::new()
        };
        let at = format!("§{}/{}{name}  ", snapshot.shown + 1, snapshot.segments.len());
        pieces.push((at, if state.live.segment.is_some() { theme.warning } else { theme.muted }));
    }
    match &snapshot.objective {
        None => pieces.push(("no metric found  ".to_owned(), theme.warning)),
        Some(objective) => {
            let name = Visible::name(&objective.metric).fit(24);
            let arrow = objective.goal.map_or("?", Goal::arrow);
            // A direction that was inferred from the kept experiments is marked: `<` and `>` set it.
            let guess = if objective.goal.is_some() && objective.goal_basis.is_guess { "?" } else { "" };
            pieces.push((format!("{name} {arrow}{guess} "), theme.text));
            if objective.goal.is_none() {
                pieces.push(("direction unknown: < lower, > higher is better  ".to_owned(), theme.warning));
            }
        }
    }
    if let Some(best) = snapshot.best {
        pieces.push((numbers::outcome(&snapshot.experiments[best]), theme.good));
        if let Some(percent) = numbers::percent_of_baseline(snapshot) {
            let sign = if percent < 0.0 { "−" } else { "+" };
            pieces.push((format!(" {sign}{} %", numbers::percent(percent.abs())), theme.muted));
        }
        pieces.push(("  ".to_owned(), theme.text));
    }
    let counts = snapshot.segment().map_or(snapshot.counts, |segment| segment.counts);
    let gap = if width >= 100 { "  " } else { " " };
    pieces.push((
        format!(
            "{} exp{gap}{} kept{gap}{} disc{gap}{} crash",
            counts.total, counts.kept, counts.discarded, counts.crashed
        ),
        theme.muted,
    ));
    if counts.other > 0 {
        pieces.push((format!("  {} other", counts.other), theme.muted));
    }
    if counts.commit_gone > 0 {
        pieces.push((format!("  {} gone", counts.commit_gone), theme.warning));
    }
    pieces
}

/// Returns the header of a directory without a loop: its name, and how many runs it has and are running.
fn directory_pieces(state: &State, theme: &Theme) -> Vec<(String, Style)> {
    let directory = state.snapshot.identity.work_tree.rsplit('/').next().unwrap_or_default();
    let running = match state.running_count() {
        0 => "none running now".to_owned(),
        some => format!("{some} running now"),
    };
    vec![
        (format!(" {}  ", Visible::of(directory).fit(40)), theme.title),
        (counted(state.snapshot.trials.len(), "run"), theme.text),
        (format!("  {running}"), theme.muted),
    ]
}

/// Returns the state of the screen and of the loop, and the progress of the running trial, in `room` columns.
fn running(state: &State, room: usize, theme: &Theme) -> (String, Style) {
    let snapshot = &state.snapshot;
    if state.live.frozen {
        // Next to all tabs, 80 columns have room for the short form only.
        let more = match state.live.pending_view {
            Some(_) if room >= 26 => ", updates pending",
            Some(_) => ", updates",
            None => "",
        };
        return (format!("‖ frozen{more} "), theme.warning);
    }
    if snapshot.mailbox.paused {
        return ("‖ loop paused: H ".to_owned(), theme.warning);
    }
    let Some(trial) = snapshot.running.and_then(|index| snapshot.trials.get(index)) else {
        let text = match state.newest_run().map(|trial| &trial.end) {
            _ if !snapshot.has_loop() => "○ live, idle ",
            Some(TrialEnd::Crashed(_)) => "○ live, last run crashed ",
            Some(TrialEnd::Silent) => "○ live, last run: no end ",
            _ => "○ live, idle ",
        };
        return (text.to_owned(), theme.muted);
    };
    let name = match snapshot.running_name() {
        Some(name) if snapshot.has_loop() => Visible::line(&name).fit(12),
        _ => crate::policy::text::fit(state.run_name(trial), 24),
    };
    let mut text = format!("● {name}");
    let clock = trial.started_ms.map(|at| format!(" {}", numbers::clock((state.now_ms - at) as f64 / 1000.0)));
    let share = trial.progress.map(|progress| format!(" {:.0} %", progress * 100.0));
    let left = trial.remaining_s.map(|left| format!(", {} left", numbers::clock(left)));
    for part in [clock, share, left].into_iter().flatten() {
        if text.width() + part.width() < room {
            text.push_str(&part);
        }
    }
    (format!("{text} "), theme.good)
}

fn tab_pieces(state: &State, theme: &Theme) -> Vec<(String, Style)> {
    let tab = |(view, text)| (text, if view == state.view { theme.selected } else { theme.text });
    let mut pieces: Vec<_> = tabs(state).into_iter().map(tab).collect();
    if let Some(review) = &state.review.open {
        let text = if review.against.is_some() { " Compare " } else { " Review " };
        pieces.push((text.to_owned(), theme.selected));
    }
    let snapshot = &state.snapshot;
    if snapshot.trouble().is_some() {
        pieces.push((" ! stopped: w ".to_owned(), theme.bad));
    } else if !snapshot.warnings.is_empty() {
        pieces.push((format!(" ! {} unread: w ", snapshot.warnings.len()), theme.warning));
    }
    pieces
}

/// Maximum rows of a notice: enough for a reason and its remedy.
const NOTICE_ROWS: usize = 6;

/// Draws the notice, if there is one, or the most useful keys. Returns the number of rows above the footer that a long
/// notice covers.
pub(super) fn draw_footer(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) -> usize {
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
    for item in footer_actions(state).into_iter().filter_map(item) {
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

/// True if a trial is running and the curves show another one.
fn is_running_hidden(state: &State) -> bool {
    state.snapshot.running.is_some() && state.subjects().is_none_or(|subjects| !subjects.is_running)
}

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
        Context::Review if state.review.open.as_ref().is_some_and(|review| review.against.is_some()) => {
            vec![(Action::NextHunk, "hunk"), (Action::NextFile, "file"), (Action::Back, "back")]
        }
        Context::Review if is_pending => vec![
            (Action::Approve, "approve"),
            (Action::Veto, "veto"),
            (Action::RequestChanges, "changes"),
            (Action::AskAgent, "ask"),
            (Action::CommentLine, "comment"),
            (Action::LeaveOut, "exclude"),
            (Action::MarkViewed, "viewed"),
            (Action::Back, "back"),
        ],
        Context::Review => vec![
            (Action::Approve, "approve"),
            (Action::Veto, "veto"),
            (Action::LeaveOut, "exclude"),
            (Action::MarkViewed, "viewed"),
            (Action::Back, "back"),
            (Action::EditFile, "edit"),
            (Action::NextExperiment, "next"),
        ],
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
            (Action::ToggleGrid, "tiles"),
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
            (Action::ToggleGrid, "tiles"),
            (Action::SmoothMore, "smooth"),
            (Action::ToggleLog, "log"),
            (Action::CycleMeasure, "x axis"),
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

/// Returns the segment and the keys that show the others, for a title; empty if there is only one segment.
pub(super) fn which_segment(snapshot: &Snapshot) -> String {
    let Some(segment) = snapshot.segment().filter(|_| snapshot.segments.len() > 1) else { return String::new() };
    let name = Visible::line(&segment.display_name(snapshot.shown)).fit(40);
    format!(" · segment {} of {}, {name}: ( and ) show others", snapshot.shown + 1, snapshot.segments.len())
}
