//! The two header lines.

use ratatui::Frame;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::app::{Area, State, tabs};
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
        let forms = ["‖ loop paused, H resumes ", "‖ loop paused: H ", "‖ paused: H "];
        let text = forms.into_iter().find(|text| text.width() <= room).unwrap_or("‖ ");
        return (text.to_owned(), theme.warning);
    }
    let Some(trial) = snapshot.running.and_then(|index| snapshot.trials.get(index)) else {
        // The longest that fits: a word cut in its middle says nothing.
        let forms = match state.newest_run().map(|trial| &trial.end) {
            Some(TrialEnd::Crashed(_)) if snapshot.has_loop() => {
                ["○ live, last run crashed ", "○ last run crashed ", "○ crashed "]
            }
            Some(TrialEnd::Silent) if snapshot.has_loop() => {
                ["○ live, last run unfinished ", "○ last run unfinished ", "○ unfinished "]
            }
            _ => ["○ live, idle ", "○ idle ", "○ "],
        };
        let text = forms.into_iter().find(|text| text.width() <= room).unwrap_or_default();
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
        // Narrow screens need the room for the tabs and the state of the loop.
        let words = if state.screen.size.0 < 100 { "" } else { " not read" };
        pieces.push((format!(" ! {}{words}: w ", snapshot.warnings.len()), theme.warning));
    }
    pieces
}

/// Returns the segment and the keys that show the others, for a title; empty if there is only one segment.
pub(super) fn which_segment(snapshot: &Snapshot) -> String {
    let Some(segment) = snapshot.segment().filter(|_| snapshot.segments.len() > 1) else { return String::new() };
    let name = Visible::line(&segment.display_name(snapshot.shown)).fit(40);
    format!(" · segment {} of {}, {name}: ( and ) show others", snapshot.shown + 1, snapshot.segments.len())
}
