//! Copying to the clipboard.

use std::sync::Arc;

use crate::app::notice::{say, say_nothing_selected};
use crate::app::review::as_patch;
use crate::app::{Effect, NoticeKind, Shell, State};

/// Bytes that fit in one clipboard escape sequence, by the smallest limit of common terminals.
const LONGEST_COPY: usize = 74_000;

/// Something to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    /// The commit of the experiment on the screen; its id if it has no commit.
    Commit,
    /// The diff on the screen.
    Diff,
}

/// Copies the commit or the diff on the screen. Hidden characters in the agent's text are copied escaped, as they are
/// shown, so that pasting them into a terminal is harmless.
pub(super) fn copy(state: &mut State, what: Copied, effects: &mut Vec<Effect>) {
    let Some(index) = state.shown() else { return say_nothing_selected(state) };
    let experiment = Arc::clone(&state.snapshot.experiments[index]);
    if what == Copied::Commit {
        let text = experiment.head().map_or_else(|| experiment.id.to_string(), |head| head.to_string());
        say(state, NoticeKind::Good, format!("copied {text}"));
        return effects.push(Effect::Shell(Shell::Copy(text)));
    }
    let Some(doc) = state.review.doc.as_ref().filter(|_| state.shows_diff()) else {
        return say(state, NoticeKind::Bad, "no diff on the screen; Enter opens it");
    };
    let text = as_patch(doc.files());
    if text.len() > LONGEST_COPY {
        return say(
            state,
            NoticeKind::Bad,
            format!("the diff is too large for a terminal's clipboard ({} bytes)", text.len()),
        );
    }
    say(
        state,
        NoticeKind::Good,
        format!("copied the diff, {} lines; hidden characters are escaped", text.lines().count()),
    );
    effects.push(Effect::Shell(Shell::Copy(text)));
}
