//! Settings of the curves view: metrics, axes, visible range, smoothing.

use std::sync::Arc;

use regex_lite::Regex;

use crate::model::{Curves, ExperimentId, TrialId};
use crate::series::Ruler;

/// The quantity along the x axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum XAxis {
    /// Steps, as the log counts them.
    #[default]
    Step,
    /// Tokens seen.
    Tokens,
    /// Seconds of training.
    Seconds,
}

impl XAxis {
    /// Returns the next quantity, cyclically.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Step => Self::Tokens,
            Self::Tokens => Self::Seconds,
            Self::Seconds => Self::Step,
        }
    }

    /// Returns the word next to the axis.
    pub fn word(self) -> &'static str {
        match self {
            Self::Step => "steps",
            Self::Tokens => "tokens",
            Self::Seconds => "seconds",
        }
    }

    /// Returns the map from a trial's steps to this axis; `Ok(None)` for the steps themselves, an error if the trial's
    /// log does not contain the quantity.
    pub fn ruler(self, curves: &Curves) -> Result<Option<Ruler<'_>>, NotLogged> {
        let of = |measure| Ruler::new(measure).map(Some).ok_or(NotLogged);
        match self {
            Self::Step => Ok(None),
            Self::Tokens => of(&curves.along.tokens),
            Self::Seconds => of(&curves.along.seconds),
        }
    }
}

/// The log does not contain the quantity of the x axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLogged;

/// Weights of the past in the smoothed curve; the first means no smoothing.
pub const SMOOTHINGS: [f64; 6] = [0.0, 0.6, 0.8, 0.9, 0.97, 0.99];

/// The range of the y axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum YRange {
    /// Everything except a warm-up that would flatten the rest.
    #[default]
    Usual,
    /// The middle 98 % of the values; values beyond are marked at the edge.
    Middle,
    /// Everything.
    All,
}

impl YRange {
    /// Returns the next range.
    pub fn next(self) -> Self {
        match self {
            Self::Usual => Self::Middle,
            Self::Middle => Self::All,
            Self::All => Self::Usual,
        }
    }
}

/// The experiment that a curve is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reference {
    /// The experiment it was built on; for the running trial, the last kept one.
    #[default]
    Base,
    /// The best approved experiment; the best kept one if none is approved.
    Incumbent,
    /// Nothing.
    None,
}

/// The trial shown when the newest experiment is selected while a trial runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewestShows {
    /// The running trial, which is newer still.
    #[default]
    Running,
    /// The experiment itself: the person chose it by name.
    Itself,
}

/// A filter of metrics by a regular expression.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    regex: Regex,
}

impl Filter {
    /// Returns the filter for a regular expression; `None` if the text is blank. An error is the parser's message.
    pub fn parse(text: &str) -> Result<Option<Self>, regex_lite::Error> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let regex = Regex::new(text)?;
        Ok(Some(Self { text: text.to_owned(), regex }))
    }

    /// Returns the expression as typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True if the filter accepts a metric.
    pub fn accepts(&self, metric: &str) -> bool {
        self.regex.is_match(metric)
    }
}

/// An overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// An experiment: its newest run, with its other runs.
    Experiment(ExperimentId),
    /// A single run.
    Run(TrialId),
}

/// Settings of the curves view.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// The range of the y axis.
    pub heights: YRange,
    /// The experiment that the main curve is compared with.
    pub reference: Reference,
    /// Draw the difference to the reference instead of the values.
    pub difference: bool,
    /// The trial that the newest experiment stands for.
    pub newest: NewestShows,
    /// The accepted metrics; `None` for all.
    pub filter: Option<Filter>,
    /// The run opened from the list of runs, until another experiment is selected.
    pub run: Option<TrialId>,
    /// The overlays, in the order in which they were added.
    pub overlays: Vec<Overlay>,
    /// The chosen metric; `None` for the most informative one.
    pub metric: Option<Arc<str>>,
    /// Show all metrics of the trial in a grid.
    pub grid: bool,
    /// Index into [`SMOOTHINGS`].
    pub smoothing: usize,
    /// Use a logarithmic y axis.
    pub log: bool,
    /// The quantity along the x axis.
    pub measure: XAxis,
    /// The visible range of the x axis, in its unit; `None` for all of it.
    pub window: Option<(f64, f64)>,
    /// Position of the cursor on the x axis, in its unit; `None` without a cursor.
    pub cursor: Option<f64>,
}

/// Maximum number of overlays: more could not be distinguished.
pub const MOST_OVERLAYS: usize = 6;
