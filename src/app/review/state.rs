//! State of the change on the screen.

use std::ops::Range;
use std::sync::Arc;

use super::{ChangedWords, Colouring, DiffDoc, DiffView, DocOf, SeenLines};
use crate::model::{ExperimentId, ScreenPlace, TreeId};
use crate::query::{LineSyntax, Request, Stretch, Texts};

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

impl ReviewState {
    /// Returns the rows of the diff on a screen with room for `height` rows.
    fn on_screen(&self, doc: &DiffDoc, height: usize) -> Range<usize> {
        self.scroll..(self.scroll + height).min(doc.rows.len())
    }

    /// Records that rows of the diff, from and to (exclusive), were on the screen.
    pub(in crate::app) fn drawn(&mut self, (from, to): (usize, usize)) {
        let Some(doc) = &self.doc else { return };
        self.seen.drawn(doc, from..to.min(doc.rows.len()), self.view.pan > 0);
    }

    /// Computes the differing words of the rows on the screen.
    pub(in crate::app) fn find_differing_words(&mut self, height: usize) {
        let Some(doc) = &self.doc else { return };
        let rows = self.on_screen(doc, height);
        self.wording.find(doc, rows);
    }

    /// Returns the request for the whole files of the shown change, once.
    pub(in crate::app) fn ask_for_texts(&mut self) -> Option<Request> {
        let doc = self.doc.as_ref()?;
        let wanted = doc.recipe.of.between();
        if self.texts.as_ref().is_some_and(|texts| texts.between == wanted) || self.texts_asked == Some(wanted) {
            return None;
        }
        let (id, amendment) = match &doc.recipe.of {
            DocOf::Judged(assessment) => (assessment.experiment.clone(), Arc::clone(&assessment.amendment)),
            DocOf::Compared(comparison) => (comparison.to.clone(), Arc::default()),
        };
        self.texts = None;
        self.colouring = Colouring::default();
        self.texts_asked = Some(wanted);
        Some(Request::Texts(id, wanted, amendment))
    }

    /// Returns the requests for the syntax of the lines on the screen, once each.
    pub(in crate::app) fn ask_for_colours(&mut self, height: usize) -> Vec<Request> {
        let (Some(doc), Some(texts)) = (&self.doc, &self.texts) else { return Vec::new() };
        if doc.recipe.of.between() != texts.between {
            return Vec::new();
        }
        let rows = self.on_screen(doc, height);
        let stretches = self.colouring.ask(doc, texts, rows).into_iter();
        stretches.map(|stretch| Request::Colours(Arc::clone(texts), stretch)).collect()
    }

    /// Stores the syntax of some lines, if their files are still shown.
    pub(in crate::app) fn coloured(&mut self, texts: &Arc<Texts>, stretch: Stretch, lines: Vec<LineSyntax>) {
        if self.texts.as_ref().is_some_and(|own| Arc::ptr_eq(own, texts)) {
            self.colouring.put(stretch, lines);
        }
    }
}
