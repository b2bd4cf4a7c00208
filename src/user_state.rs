//! State kept between visits in the person's state directory: the last position in each loop, drafts, run names and the
//! theme. Losing it loses no decision.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::disk::{read_text, replace};
use crate::model::{Drafts, LoopIdentity, Visit, hex};

/// Larger files are not read, in bytes.
const LARGEST: u64 = 64 << 20;

/// Returns the path of the last visit to a loop.
fn visit_path(state: &Path, identity: &LoopIdentity) -> PathBuf {
    let digest = Sha256::digest(identity.key().as_bytes());
    state.join("visits").join(format!("{}.json", hex(&digest[..12])))
}

/// Returns the last visit to a loop; `None` on the first one, or if it cannot be read.
pub fn load_visit(state: &Path, identity: &LoopIdentity) -> Option<Visit> {
    let text = read_text(&visit_path(state, identity), LARGEST).ok()?;
    let visit: Visit = serde_json::from_str(&text).ok()?;
    Some(Visit { at: local_time(visit.at_ms), ..visit })
}

/// Saves a visit, replacing the last one atomically.
pub fn save_visit(state: &Path, identity: &LoopIdentity, visit: &Visit) -> std::io::Result<()> {
    replace(&visit_path(state, identity), &serde_json::to_vec(visit).map_err(std::io::Error::other)?)
}

/// An error of reading drafts.
#[derive(Debug, thiserror::Error)]
pub enum UserStateError {
    /// The file cannot be read, and stays where it is.
    #[error("drafts, {}: {problem}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        problem: String,
    },
    /// The file cannot be parsed, and was renamed.
    #[error("drafts, {}: {problem}; the file was moved there, and drafts start empty", aside.display())]
    SetAside {
        /// Its new name.
        aside: PathBuf,
        /// The reason.
        problem: String,
    },
}

/// Returns the path of a loop's drafts.
fn drafts_path(state: &Path, identity: &LoopIdentity) -> PathBuf {
    let digest = Sha256::digest(identity.key().as_bytes());
    state.join("drafts").join(format!("{}.json", hex(&digest[..12])))
}

/// Returns a loop's drafts: edits, comments and reasons not yet submitted. Fails with a message if they cannot be
/// read; they are then not overwritten.
pub fn load_drafts(state: &Path, identity: &LoopIdentity) -> Result<Drafts, UserStateError> {
    let path = drafts_path(state, identity);
    let text = match read_text(&path, LARGEST) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Drafts::default()),
        Err(error) => return Err(UserStateError::Unreadable { path, problem: error.to_string() }),
    };
    serde_json::from_str(&text).map_err(|error| {
        let aside = path.with_extension("unreadable");
        match std::fs::rename(&path, &aside) {
            Ok(()) => UserStateError::SetAside { aside, problem: error.to_string() },
            Err(_) => UserStateError::Unreadable { path, problem: error.to_string() },
        }
    })
}

/// Saves a loop's drafts, replacing the last ones atomically.
pub fn save_drafts(state: &Path, identity: &LoopIdentity, drafts: &Drafts) -> std::io::Result<()> {
    replace(&drafts_path(state, identity), &serde_json::to_vec(drafts).map_err(std::io::Error::other)?)
}

/// Returns the path of the names given to runs.
fn run_names_path(state: &Path, identity: &LoopIdentity) -> PathBuf {
    let digest = Sha256::digest(identity.work_tree.as_bytes());
    state.join("runs").join(format!("{}.json", hex(&digest[..12])))
}

/// Returns the names that the person gave to runs, by log path; empty if they cannot be read.
pub fn load_run_names(state: &Path, identity: &LoopIdentity) -> BTreeMap<String, String> {
    let text = read_text(&run_names_path(state, identity), LARGEST).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Saves the names that the person gave to runs, replacing the last ones atomically.
pub fn save_run_names(state: &Path, identity: &LoopIdentity, names: &BTreeMap<String, String>) -> std::io::Result<()> {
    replace(&run_names_path(state, identity), &serde_json::to_vec(names).map_err(std::io::Error::other)?)
}

/// Returns the theme chosen last.
pub fn load_theme(state: &Path) -> Option<String> {
    let name = read_text(&state.join("theme"), LARGEST).ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Saves the chosen theme.
pub fn save_theme(state: &Path, name: &str) -> std::io::Result<()> {
    replace(&state.join("theme"), name.as_bytes())
}

/// Formats a local time: `23:10` if within the last 20 hours, else with the day or date.
fn local_time(at_ms: i64) -> String {
    let Ok(at) = jiff::Timestamp::from_millisecond(at_ms) else { return String::new() };
    let local = at.to_zoned_datetime(jiff::tz::TimeZone::system());
    let hours = (crate::disk::timestamp_now().as_millisecond() - at_ms) / 3_600_000;
    let form = match hours {
        ..20 => "%H:%M",
        20..144 => "%a %H:%M",
        _ => "%Y-%m-%d",
    };
    local.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs_come_back() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let identity = LoopIdentity { work_tree: "/w".into(), ..LoopIdentity::default() };
        assert!(load_run_names(directory.path(), &identity).is_empty());
        let names = BTreeMap::from([("runs/a/x.csv".to_owned(), "the \u{202e} good one".to_owned())]);
        save_run_names(directory.path(), &identity, &names)?;
        assert_eq!(load_run_names(directory.path(), &identity), names);
        let other = LoopIdentity { work_tree: "/v".into(), ..identity };
        assert!(load_run_names(directory.path(), &other).is_empty(), "each directory has its own");
        Ok(())
    }

    #[test]
    fn a_visit_comes_back() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let identity = LoopIdentity { work_tree: "/w".into(), branch: "b".into(), results: "r".into() };
        assert_eq!(load_visit(directory.path(), &identity), None);
        let visit = Visit {
            at_ms: 1_773_032_400_000,
            experiments: 7,
            best: Some(0.5),
            view: "Curves".into(),
            ..Visit::default()
        };
        save_visit(directory.path(), &identity, &visit)?;
        let back = load_visit(directory.path(), &identity).unwrap_or_default();
        assert_eq!(Visit { at: String::new(), ..back.clone() }, visit);
        assert!(back.at.starts_with("2026-03-0"), "{}", back.at);
        let other = LoopIdentity { branch: "c".into(), ..identity };
        assert_eq!(load_visit(directory.path(), &other), None, "each loop has its own");
        Ok(())
    }
}
