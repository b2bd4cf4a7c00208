//! Draws the screen from the state alone; text of the agent arrives with all characters made visible.

mod advice;
mod canvas;
mod chart;
mod curves;
mod evidence;
mod footer;
mod frame;
mod header;
mod inbox;
mod instruments;
mod knobs;
mod labels;
mod lineage;
mod marks;
mod numbers;
mod plain;
mod progress;
mod prompt;
mod review;
mod runs;
mod theme;
mod vector;

use ratatui::Frame;

pub use marks::MARKS;
pub use plain::{chart, comparison};
pub use review::compare::{ComparedMetric, measures};
pub use theme::{Depth, SHIPPED, Theme, ThemeError};
pub use vector::picture;

use prompt::{answer, confirm, diverged, help, palette, summary};
use review::{compare, diff, files};

use crate::app::{Area, Drawn, Modal, State, ViewKind};

/// Minimum size of a useful screen, in columns and rows.
const SMALLEST: (u16, u16) = (40, 10);

/// Draws the whole screen; returns which rows of the diff are visible, and whether a window was cut.
pub fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme) -> Drawn {
    let mut drawn = Drawn::default();
    let area = frame.area();
    frame.buffer_mut().set_style(area, theme.screen);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("{}x{} is too small: at least {}x{}", area.width, area.height, SMALLEST.0, SMALLEST.1);
        for (row, part) in frame::sentence(&text, area.width as usize).into_iter().enumerate() {
            frame::line(frame, frame::whole(area), row as u16, &[(part, theme.warning)]);
        }
        return drawn;
    }
    let shape = state.layout();
    header::draw(frame, shape.header, state, theme);
    if state.snapshot.format.is_none() {
        let body = Area { y: 3, height: area.height.saturating_sub(4), width: area.width, x: 0 };
        frame::line(frame, body, 0, &[(" reading the loop's results and history …".to_owned(), theme.muted)]);
    } else if let Some(review) = &state.review.open {
        files::draw(frame, shape.list, state, theme);
        match &review.against {
            Some(against) => compare::draw(frame, shape.evidence, state, against, theme),
            None => {
                evidence::draw(frame, shape.evidence, state, theme);
                if shape.chart.height > 0 {
                    curves::draw(frame, shape.chart, state, theme);
                }
            }
        }
        drawn.diff_rows = diff::draw(frame, shape.diff, state, theme);
    } else {
        match state.view {
            ViewKind::Inbox if state.inbox().is_empty() => {
                let body = Area { x: 0, y: 2, width: area.width, height: area.height.saturating_sub(3) };
                inbox::draw_empty(frame, body, state, theme);
            }
            ViewKind::Inbox => {
                inbox::draw(frame, shape.list, state, theme);
                evidence::draw(frame, shape.evidence, state, theme);
                drawn.diff_rows = diff::draw(frame, shape.diff, state, theme);
                curves::draw(frame, shape.chart, state, theme);
            }
            ViewKind::Curves => {
                evidence::draw(frame, shape.evidence, state, theme);
                curves::draw(frame, shape.chart, state, theme);
            }
            ViewKind::Progress => {
                evidence::draw(frame, shape.evidence, state, theme);
                progress::draw(frame, shape.chart, state, theme);
            }
            ViewKind::Instruments => instruments::draw(frame, shape.list, state, theme),
            ViewKind::Knobs => knobs::draw(frame, shape.list, state, theme),
            ViewKind::Runs => {
                runs::draw(frame, shape.list, state, theme);
                curves::draw(frame, shape.chart, state, theme);
            }
            ViewKind::Lineage => {
                lineage::draw(frame, shape.list, state, theme);
                evidence::draw(frame, shape.evidence, state, theme);
            }
        }
    }
    let covered = footer::draw(frame, shape.footer, state, theme);
    // Rows under a long notice were not on the screen either.
    drawn.diff_rows = drawn.diff_rows.map(|(from, to)| (from, to.saturating_sub(covered).max(from)));
    if let Some(modal) = &state.window.modal {
        // Rows under a window were not on the screen.
        if !matches!(
            modal,
            Modal::Search(..)
                | Modal::Seek(..)
                | Modal::Filter(..)
                | Modal::Save(_)
                | Modal::Comment(_)
                | Modal::RunFilter(_)
                | Modal::Rename(..)
        ) {
            drawn.diff_rows = None;
        }
        drawn.window = Some(state.window.drawn.number());
        match modal {
            Modal::Help(top) => help::draw(frame, state, theme, *top),
            Modal::Warnings(top) => help::draw_warnings(frame, state, theme, *top),
            Modal::Since(top) => help::draw_since(frame, state, theme, *top),
            Modal::Palette(palette) => palette::draw(frame, palette, theme),
            Modal::Files(at) => files::draw_window(frame, state, *at, theme),
            Modal::Evidence(top) => evidence::draw_all(frame, state, theme, *top),
            Modal::Summary(top) => summary::draw(frame, state, theme, *top),
            Modal::Seek(input, _) => palette::draw_seek(frame, shape.footer, state, input, theme),
            Modal::ComparedRuns(top) => runs::draw_compared(frame, state, *top, theme),
            Modal::RunFilter(input) => palette::draw_run_filter(frame, shape.footer, state, input, theme),
            Modal::Rename(input, _) => palette::draw_rename(frame, shape.footer, input, theme),
            Modal::Save(input) => palette::draw_save(frame, shape.footer, input, theme),
            Modal::Filter(input, _) => palette::draw_filter(frame, shape.footer, state, input, theme),
            Modal::Search(input, _) => palette::draw_search(frame, shape.footer, state, input, theme),
            Modal::Confirm(confirm) => drawn.is_cut = confirm::draw(frame, state, confirm, theme),
            Modal::Diverged(prompt) => drawn.is_cut = diverged::draw(frame, state, prompt, theme),
            Modal::Answer(prompt) => drawn.is_cut = answer::draw(frame, state, prompt, theme),
            Modal::Comment(prompt) => answer::draw_comment(frame, shape.footer, state, prompt, theme),
            Modal::Steer(prompt) => drawn.is_cut = answer::draw_steer(frame, state, prompt, theme),
            Modal::Policy(prompt) => drawn.is_cut = answer::draw_policy(frame, state, prompt, theme),
            Modal::Waiting(waiting) => answer::draw_waiting(frame, *waiting, theme),
        }
    }
    drawn
}
