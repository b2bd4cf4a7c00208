//! What goes into the clipboard.

use std::sync::Arc;

use crate::app::notice::say;
use crate::app::review::as_patch;
use crate::app::{Effect, NoticeKind, Shell, State};

/// Bytes that terminals take into the clipboard at once, by the smallest limit in use.
const LONGEST_COPY: usize = 74_000;

/// Something that can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    /// The commit of the shown experiment; its id where it has none.
    Commit,
    /// The diff on the screen.
    Diff,
}

/// The commit, or the diff, of what is shown. What the agent wrote goes out spelled out, as it is
/// shown: pasted into a terminal it does nothing.
pub(super) fn copy(state: &mut State, what: Copied, effects: &mut Vec<Effect>) {
    let Some(index) = state.shown() else { return say(state, NoticeKind::Bad, "no experiment is selected here") };
    let experiment = Arc::clone(&state.snapshot.experiments[index]);
    if what == Copied::Commit {
        let text = experiment.head().map_or_else(|| experiment.id.to_string(), |head| head.to_string());
        say(state, NoticeKind::Good, format!("copied {text}"));
        return effects.push(Effect::Shell(Shell::Copy(text)));
    }
    let Some(doc) = state.review.doc.as_ref().filter(|_| state.shows_diff()) else {
        return say(state, NoticeKind::Bad, "no diff is on the screen: Enter opens it");
    };
    let text = as_patch(doc.files());
    if text.len() > LONGEST_COPY {
        return say(
            state,
            NoticeKind::Bad,
            format!("the diff has {} bytes: too many for a terminal's clipboard", text.len()),
        );
    }
    say(
        state,
        NoticeKind::Good,
        format!("copied the diff, {} lines; hidden characters are spelled out", text.lines().count()),
    );
    effects.push(Effect::Shell(Shell::Copy(text)));
}
