//! The layout of the screen as plain arithmetic, shared by `update` and drawing.

use crate::app::ViewKind;

/// A rectangle in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Column of its left edge.
    pub x: u16,
    /// Row of its top edge.
    pub y: u16,
    /// Width in columns.
    pub width: u16,
    /// Height in rows.
    pub height: u16,
}

/// The areas of the screen. An area without rows is not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScreenLayout {
    /// The two lines at the top.
    pub header: Area,
    /// The list: inbox, lineage, or the review's files.
    pub list: Area,
    /// The evidence about the selected experiment.
    pub evidence: Area,
    /// The diff.
    pub diff: Area,
    /// The curves, or the whole chart in the curves and progress views.
    pub chart: Area,
    /// The last line.
    pub footer: Area,
    /// Rows that an experiment has in the list.
    pub row_height: u16,
}

/// Width of the y-axis labels of a chart, in columns.
pub const AXIS: u16 = 10;

/// Minimum screen width to put the list next to the diff.
pub(super) const WIDE: u16 = 110;
/// Minimum screen width for full words in the tabs.
pub(super) const NARROW: u16 = 90;
/// Minimum screen height to show a curve in the inbox.
const TALL: u16 = 34;
/// Columns of a row of the inbox that are not its description: name and gain before it, files and age behind it.
const BESIDE_DESCRIPTION: u16 = 50;
/// Heights of a list above which an experiment has two rows in it.
const TWO_LINES: usize = 20;

/// Rows for the numbers of a comparison, with their title.
const COMPARED: u16 = 12;

/// The full-screen page over the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FullScreen {
    /// No page.
    None,
    /// A review.
    Review,
    /// A comparison of two experiments.
    Comparison,
}

/// Rows above the list of runs: its title and the column headings.
pub const RUN_HEAD: usize = 2;
/// Rows around the list of knobs: its title, the column headings, and the marks below.
pub(super) const KNOB_FRAME: usize = 3;
/// Minimum screen width to put the curve next to the list of runs.
const BESIDE: u16 = 150;

/// Rows for the text of an agent's proposal.
pub(super) const PROPOSAL_ROWS: u16 = 3;

/// The inputs of a layout, besides the size of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayoutOf {
    /// The view.
    pub view: ViewKind,
    /// The full-screen sheet over it.
    pub full_screen: FullScreen,
    /// Rows of an agent's message, or of the list of runs.
    pub rows: u16,
    /// True where a curve was recorded: without one its pane is one line.
    pub has_curves: bool,
    /// Bytes of the longest description in the inbox: short ones need no second row.
    pub longest: usize,
    /// Number of changes in the inbox.
    pub waiting: usize,
}

/// Returns the layout of a screen of `width` by `height` cells.
pub fn layout(width: u16, height: u16, of: LayoutOf) -> ScreenLayout {
    let LayoutOf { view, full_screen: sheet, rows, has_curves, longest, waiting } = of;
    let body = Area { x: 0, y: 2.min(height), width, height: height.saturating_sub(3) };
    let mut shape = ScreenLayout {
        header: Area { x: 0, y: 0, width, height: 2.min(height) },
        footer: Area { x: 0, y: height.saturating_sub(1), width, height: 1.min(height) },
        row_height: 1,
        ..ScreenLayout::default()
    };
    match sheet {
        FullScreen::None => {}
        FullScreen::Review => {
            review_shape(body, rows, has_curves, &mut shape);
            return shape;
        }
        FullScreen::Comparison => {
            let (evidence, diff) = split_rows(body, COMPARED.min(body.height / 3));
            shape.evidence = evidence;
            shape.diff = diff;
            return shape;
        }
    }
    match view {
        ViewKind::Inbox => {
            inbox_shape(body, rows, has_curves, &mut shape);
            let room = usize::from(shape.list.width.saturating_sub(BESIDE_DESCRIPTION));
            let height = usize::from(shape.list.height);
            // Two rows each where they fit, or where the list is high enough to scan it that way.
            let has_room = height > TWO_LINES || height > 2 * waiting;
            shape.row_height = if has_room && longest > room { 2 } else { 1 };
        }
        ViewKind::Curves | ViewKind::Progress => {
            let (evidence, chart) = split_rows(body, 4.min(body.height / 3));
            shape.evidence = evidence;
            shape.chart = chart;
        }
        ViewKind::Instruments | ViewKind::Knobs => shape.list = body,
        ViewKind::Runs => runs_shape(body, rows, &mut shape),
        ViewKind::Lineage => {
            let (list, evidence) = split_rows(body, body.height.saturating_sub(5 + rows));
            shape.list = list;
            shape.evidence = evidence;
        }
    }
    shape
}

fn runs_shape(body: Area, rows: u16, shape: &mut ScreenLayout) {
    if body.width >= BESIDE {
        let (list, chart) = split_columns(body, (body.width / 2).min(100));
        shape.list = Area { width: list.width - 1, ..list };
        shape.chart = chart;
    } else if body.height < 13 {
        // Too low for both.
        shape.list = body;
    } else {
        let wanted = rows.saturating_add(RUN_HEAD as u16).max(RUN_HEAD as u16 + 1);
        let (list, chart) = split_rows(body, wanted.min(body.height * 9 / 20));
        shape.list = list;
        shape.chart = chart;
    }
}

fn inbox_shape(body: Area, asks: u16, has_curves: bool, shape: &mut ScreenLayout) {
    let (body, chart) = if body.height >= TALL - 3 {
        let rows = if has_curves { (body.height / 4).clamp(8, 14) } else { 1 };
        split_rows(body, body.height - rows)
    } else {
        (body, Area::default())
    };
    shape.chart = chart;
    let (list, rest) = if body.width >= WIDE {
        let (list, rest) = split_columns(body, (body.width * 12 / 25).clamp(52, 100));
        (Area { width: list.width - 1, ..list }, rest)
    } else {
        split_rows(body, (body.height / 4).clamp(4, 12).min(body.height))
    };
    shape.list = list;
    let (evidence, diff) = split_rows(rest, (4 + asks).min(rest.height / 2));
    shape.evidence = evidence;
    shape.diff = diff;
}

fn review_shape(body: Area, asks: u16, has_curves: bool, shape: &mut ScreenLayout) {
    if body.width >= WIDE {
        let (left, right) = split_columns(body, (body.width / 4).clamp(28, 44));
        let left = Area { width: left.width - 1, ..left };
        // The curve stands below the evidence where the screen is high enough for both.
        let (left, chart) = if left.height >= TALL - 3 && has_curves {
            split_rows(left, left.height - (left.height / 4).clamp(8, 12))
        } else {
            (left, Area::default())
        };
        let (list, evidence) = split_rows(left, left.height * 2 / 5);
        shape.list = list;
        shape.evidence = evidence;
        shape.chart = chart;
        shape.diff = right;
    } else {
        let (evidence, diff) = split_rows(body, (5 + asks).min(body.height / 3 + asks));
        shape.evidence = evidence;
        shape.diff = diff;
    }
}

/// Returns the first row to show so that the selected one is visible with rows around it.
pub fn top_row(selected: usize, rows: usize, height: usize) -> usize {
    selected.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

fn split_rows(area: Area, first: u16) -> (Area, Area) {
    let first = first.min(area.height);
    (Area { height: first, ..area }, Area { y: area.y + first, height: area.height - first, ..area })
}

fn split_columns(area: Area, first: u16) -> (Area, Area) {
    let first = first.min(area.width);
    (Area { width: first, ..area }, Area { x: area.x + first, width: area.width - first, ..area })
}

impl Area {
    /// Returns the area below a title line.
    pub fn below_title(self) -> Self {
        Self { y: self.y + 1.min(self.height), height: self.height.saturating_sub(1), ..self }
    }
}
