//! The known candidates and findings, and the pending requests for more.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::{Amendment, ExperimentId};
use crate::query::{Assessment, Related};

/// Candidates and findings of changes, for the current approved tip.
#[derive(Debug, Default)]
pub struct Assessments {
    /// Assessments by change.
    pub known: HashMap<ExperimentId, Arc<Assessment>>,
    /// Errors of failed assessments, by change.
    pub failures: HashMap<ExperimentId, String>,
    /// Assessments with the person's amendments, by change.
    pub amended: HashMap<ExperimentId, Vec<Arc<Assessment>>>,
    /// Experiments that touch the same lines, by change.
    pub related: HashMap<ExperimentId, Arc<Related>>,
    pub(in crate::app) asked: HashSet<ExperimentId>,
    pub(in crate::app) amend_asked: Option<(ExperimentId, Arc<Amendment>)>,
    pub(in crate::app) related_asked: Option<(ExperimentId, usize)>,
}
