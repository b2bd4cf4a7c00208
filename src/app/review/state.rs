//! State of the change on the screen.

use std::sync::Arc;

use super::{ChangedWords, Colouring, DiffDoc, DiffView, SeenLines};
use crate::model::{ExperimentId, ScreenPlace, TreeId};
use crate::query::Texts;

/// The review, full screen over a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The experiment.
    pub experiment: ExperimentId,
    /// The experiment it is compared with; `None` for a review.
    pub against: Option<ExperimentId>,
}

/// State of the change on the screen, in the review and next to the inbox.
#[derive(Debug, Default)]
pub struct ReviewState {
    /// The review, if it is open.
    pub open: Option<Review>,
    /// First visible row of the diff.
    pub scroll: usize,
    /// Settings for showing changes: columns, wrapping, context, cursor.
    pub view: DiffView,
    /// The rows of the shown diff.
    pub doc: Option<DiffDoc>,
    /// The whole files of the shown change; `None` until they are loaded.
    pub texts: Option<Arc<Texts>>,
    /// The syntax of its lines.
    pub colouring: Colouring,
    /// The words that differ in its lines.
    pub wording: ChangedWords,
    /// The lines that were on the screen.
    pub seen: SeenLines,
    /// The review that `view` belongs to.
    pub(in crate::app) of: Option<Review>,
    /// The place to put the cursor when the change is available again.
    pub(in crate::app) place_wanted: Option<ScreenPlace>,
    pub(in crate::app) texts_asked: Option<(TreeId, TreeId)>,
}
