//! The prompt for the file name to save a view to.

use std::path::{Path, PathBuf};

use tui_input::Input;

use crate::app::keymap::KeyPress;
use crate::app::notice::say;
use crate::app::prompt::line::type_key;
use crate::app::{Effect, Modal, NoticeKind, Shell, State};
use crate::policy::text::Visible;

/// The supported file extensions, in words.
pub const EXTENSIONS: &str = ".svg or .png for an image, .csv for the numbers";

/// Opens the prompt with a suggested name that most likely does not exist yet.
pub(in crate::app) fn open(state: &mut State) {
    let view = state.context().name();
    let directory = state.snapshot.identity.work_tree.rsplit('/').next().unwrap_or_default();
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).collect::<String>();
    let at = jiff::Timestamp::from_millisecond(state.now_ms).map(|at| at.strftime("%Y%m%d-%H%M%S").to_string());
    let name = format!("{}-{}-{}.svg", plain(directory), view, at.unwrap_or_default());
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
        KeyPress::Enter if !has_supported_extension(input.value()) => Some(Modal::Save(input)),
        KeyPress::Enter => {
            let typed = input.value().trim();
            let below_home =
                typed.strip_prefix("~/").zip(state.screen.home.as_ref()).map(|(rest, home)| home.join(rest));
            // A name without a directory goes to the directory used last, not to the working directory.
            let path = below_home.unwrap_or_else(|| state.screen.save_in.join(typed));
            if let Some(directory) = path.parent() {
                directory.clone_into(&mut state.screen.save_in);
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

/// True if the file name has a supported extension.
pub fn has_supported_extension(name: &str) -> bool {
    let extension =
        Path::new(name.trim()).extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| ["svg", "png", "csv"].contains(&extension.as_str()))
}

/// Returns the directory to save to at first: the working directory, unless it is in the loop's own directory, where an
/// agent would commit the files; then the home directory.
pub fn directory_for(here: &Path, work_tree: &Path, home: Option<&Path>) -> PathBuf {
    if here.starts_with(work_tree) { home.unwrap_or(here).to_owned() } else { here.to_owned() }
}
