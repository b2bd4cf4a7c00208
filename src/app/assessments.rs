//! Candidates and findings as they are known, and what was asked for.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::{Amendment, ExperimentId};
use crate::query::{Assessment, Related};

/// Candidates and findings of changes, for the current approved tip.
#[derive(Debug, Default)]
pub struct Assessments {
    /// By change.
    pub known: HashMap<ExperimentId, Arc<Assessment>>,
    /// Why a change cannot be shown.
    pub failures: HashMap<ExperimentId, String>,
    /// The same with the person's amendments.
    pub amended: HashMap<ExperimentId, Vec<Arc<Assessment>>>,
    /// Other experiments in the same lines, by change.
    pub related: HashMap<ExperimentId, Arc<Related>>,
    pub(in crate::app) asked: HashSet<ExperimentId>,
    pub(in crate::app) amend_asked: Option<(ExperimentId, Arc<Amendment>)>,
    pub(in crate::app) related_asked: Option<(ExperimentId, usize)>,
}
