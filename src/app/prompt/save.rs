//! Saving what a view shows: the name of the file is typed, everything else is done elsewhere.

use std::path::{Path, PathBuf};

use tui_input::Input;

use crate::app::keymap::KeyPress;
use crate::app::notice::say;
use crate::app::prompt::line::type_key;
use crate::app::{Effect, Modal, NoticeKind, Shell, State};
use crate::policy::text::Visible;

/// Ends of names that are understood, as they are told.
pub const ENDINGS: &str = ".svg or .png for a picture, .csv for the numbers";

/// Opens the line that asks for a name, with one that is not there yet, most likely.
pub(in crate::app) fn open(state: &mut State) {
    let view = state.context().name();
    let folder = state.snapshot.identity.work_tree.rsplit('/').next().unwrap_or_default();
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).collect::<String>();
    let at = jiff::Timestamp::from_millisecond(state.now_ms).map(|at| at.strftime("%Y%m%d-%H%M%S").to_string());
    let name = format!("{}-{}-{}.svg", plain(folder), view, at.unwrap_or_default());
    let path = state.screen.save_in.join(name);
    state.open(Modal::Save(Input::new(Visible::of(&path.to_string_lossy()).to_string())));
}

pub(in crate::app) fn key_in_save(
    state: &mut State,
    mut input: Input,
    key: KeyPress,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    match key {
        KeyPress::Esc => None,
        KeyPress::Enter if !is_understood(input.value()) => Some(Modal::Save(input)),
        KeyPress::Enter => {
            let typed = input.value().trim();
            let below_home =
                typed.strip_prefix("~/").zip(state.screen.home.as_ref()).map(|(rest, home)| home.join(rest));
            // A name without a folder goes where the others go, not to wherever the program was started.
            let path = below_home.unwrap_or_else(|| state.screen.save_in.join(typed));
            if let Some(folder) = path.parent() {
                folder.clone_into(&mut state.screen.save_in);
            }
            effects.push(Effect::Shell(Shell::Save(path)));
            say(state, NoticeKind::Good, "writing …");
            None
        }
        _ => {
            type_key(&mut input, key);
            Some(Modal::Save(input))
        }
    }
}

/// True for a name whose ending says what is wanted.
pub fn is_understood(name: &str) -> bool {
    let ending = Path::new(name.trim()).extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| ["svg", "png", "csv"].contains(&ending.as_str()))
}

/// Where pictures go first: where the person is, unless that is the loop's own, where an agent would commit them; then
/// home.
pub fn folder_for(here: &Path, work_tree: &Path, home: Option<&Path>) -> PathBuf {
    if here.starts_with(work_tree) { home.unwrap_or(here).to_owned() } else { here.to_owned() }
}
