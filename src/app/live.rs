//! State that is updated while the loop is watched.

use crate::instrument::Since;
use crate::model::{Host, Visit};
use crate::watch::View;

/// State that is updated while the loop is watched, besides its snapshot.
#[derive(Debug, Default)]
pub struct Live {
    /// The newest view while the screen is frozen; `None` when live.
    pub pending_view: Option<View>,
    /// True while the screen is frozen.
    pub frozen: bool,
    /// Index of the shown segment of the results; `None` follows the newest.
    pub segment: Option<usize>,
    /// The load of the host; `None` until it was sampled.
    pub host: Option<Host>,
    /// Changes since the last visit; `None` on the first one.
    pub since: Option<Since>,
    /// True where the last visit ended long ago: the person comes back to the inbox, not to the place they left.
    pub(in crate::app) was_absent: bool,
    /// The last visit, until there is a snapshot to compare it with.
    pub visit: Option<Visit>,
}
