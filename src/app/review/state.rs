//! The change on the screen.

use std::sync::Arc;

use super::{Colouring, DiffDoc, DiffView, SeenLines, Wording};
use crate::model::{ExperimentId, ScreenPlace, TreeId};
use crate::query::Texts;

/// The review, full screen over a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The experiment.
    pub experiment: ExperimentId,
    /// The one it is compared with, instead of judged; `None` for a review.
    pub against: Option<ExperimentId>,
}

/// The change on the screen, in the review and beside the inbox.
#[derive(Debug, Default)]
pub struct ReviewState {
    /// The review, when it is open.
    pub open: Option<Review>,
    /// First visible row of the diff.
    pub scroll: usize,
    /// How changes are shown: columns, wrapping, context, cursor.
    pub view: DiffView,
    /// The rows of the diff that is shown.
    pub doc: Option<DiffDoc>,
    /// The whole files of the change that is shown; `None` until they came.
    pub texts: Option<Arc<Texts>>,
    /// The syntax of its lines.
    pub colouring: Colouring,
    /// The words that differ in its lines.
    pub wording: Wording,
    /// The lines of changes that were on the screen.
    pub seen: SeenLines,
    /// The review that `view` belongs to.
    pub(in crate::app) of: Option<Review>,
    /// Where the cursor goes when the change is there again.
    pub(in crate::app) place_wanted: Option<ScreenPlace>,
    pub(in crate::app) texts_asked: Option<(TreeId, TreeId)>,
}
