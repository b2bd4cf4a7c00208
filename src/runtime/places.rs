//! The directories that hold the person's own files.

use std::path::PathBuf;

use crate::config::Preferences;
use crate::repo::Places;

/// Returns the person's configuration directory for this program.
pub(crate) fn config_dir() -> PathBuf {
    use etcetera::BaseStrategy as _;
    let base = etcetera::base_strategy::Xdg::new().ok();
    base.map_or_else(|| PathBuf::from(".config"), |base| base.config_dir()).join("countersign")
}

/// Returns the person's state directory for this program.
pub(crate) fn state_dir() -> PathBuf {
    use etcetera::BaseStrategy as _;
    let base = etcetera::base_strategy::Xdg::new().ok();
    let state = base.and_then(|base| base.state_dir());
    state.unwrap_or_else(|| PathBuf::from(".local/state")).join("countersign")
}

/// Returns the directories that hold the person's own files.
pub(crate) fn places() -> Places {
    let preferences = Preferences::read(&config_dir());
    Places { state: state_dir(), home: preferences.home, error: preferences.home_trouble }
}
