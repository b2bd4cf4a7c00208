//! Keys to actions, in one table that the help reads too.

use super::{Action, Context};

/// A key press, as the terminal reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A character, with Shift already in it.
    Char(char),
    /// A character with Ctrl.
    Ctrl(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// An arrow.
    Up,
    /// An arrow.
    Down,
    /// An arrow.
    Left,
    /// An arrow.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
}

/// One line of the keymap.
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// The keys, any of them.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// What the help says.
    pub help: &'static str,
}

use Key::{Char, Ctrl};

const TABLE: &[Binding] = &[
    bind(Context::Inbox, &[Char('a')], Action::Approve, "approve: shows what would be committed first"),
    bind(Context::Inbox, &[Char('v')], Action::Veto, "veto, with a reason; shows what would follow"),
    bind(Context::Inbox, &[Char('s')], Action::Skip, "skip: leave it for later"),
    bind(Context::Inbox, &[Key::Enter], Action::OpenReview, "review full screen"),
    bind(Context::Inbox, &[Char('J'), Ctrl('e')], Action::ScrollDown, "scroll the diff down"),
    bind(Context::Inbox, &[Char('K'), Ctrl('y')], Action::ScrollUp, "scroll the diff up"),
    bind(Context::Inbox, &[Char('n')], Action::NextHunk, "next hunk"),
    bind(Context::Inbox, &[Char('N')], Action::PreviousHunk, "previous hunk"),
    bind(Context::Inbox, &[Char('o')], Action::CycleOrder, "order: lineage, findings, gain, age"),
    bind(Context::Review, &[Char('a')], Action::Approve, "approve: shows what would be committed first"),
    bind(Context::Review, &[Char('v')], Action::Veto, "veto, with a reason; shows what would follow"),
    bind(Context::Review, &[Char('s')], Action::Skip, "skip: go to the next that waits"),
    bind(Context::Review, &[Char('u')], Action::Revert, "offer a commit that undoes it, when approved"),
    bind(Context::Review, &[Char('n'), Char('}')], Action::NextHunk, "next hunk"),
    bind(Context::Review, &[Char('N'), Char('{')], Action::PreviousHunk, "previous hunk"),
    bind(Context::Review, &[Key::Tab, Char('f')], Action::NextFile, "next file"),
    bind(Context::Review, &[Char('F')], Action::PreviousFile, "previous file"),
    bind(Context::Review, &[Key::Esc, Char('q'), Key::Backspace], Action::Back, "back to where you were"),
    bind(Context::Lineage, &[Key::Enter], Action::OpenReview, "open the diff"),
    bind(Context::Lineage, &[Char('u')], Action::Revert, "offer a commit that undoes the selected one"),
    bind(Context::Lineage, &[Char('a')], Action::Approve, "approve the selected one, when it waits"),
    bind(Context::Lineage, &[Char('v')], Action::Veto, "veto the selected one, when it waits"),
    bind(Context::Progress, &[Key::Enter], Action::OpenReview, "open the diff of the selected one"),
    bind(Context::Curves, &[Char('m'), Key::Tab], Action::NextMetric, "next metric"),
    bind(Context::Curves, &[Char('M')], Action::PreviousMetric, "previous metric"),
    bind(Context::Curves, &[Key::Enter], Action::OpenReview, "open the diff of the selected one"),
    bind(Context::Everywhere, &[Char('j'), Key::Down], Action::MoveDown, "down"),
    bind(Context::Everywhere, &[Char('k'), Key::Up], Action::MoveUp, "up"),
    bind(Context::Everywhere, &[Key::PageDown, Ctrl('d'), Char(' ')], Action::PageDown, "page down"),
    bind(Context::Everywhere, &[Key::PageUp, Ctrl('u')], Action::PageUp, "page up"),
    bind(Context::Everywhere, &[Char('g'), Key::Home], Action::GoFirst, "first"),
    bind(Context::Everywhere, &[Char('G'), Key::End], Action::GoLast, "last"),
    bind(Context::Everywhere, &[Char(']'), Key::Right, Char('l')], Action::NextExperiment, "next experiment"),
    bind(Context::Everywhere, &[Char('['), Key::Left, Char('h')], Action::PreviousExperiment, "previous experiment"),
    bind(Context::Everywhere, &[Char('1')], Action::ShowInbox, "inbox"),
    bind(Context::Everywhere, &[Char('2')], Action::ShowCurves, "curves"),
    bind(Context::Everywhere, &[Char('3')], Action::ShowProgress, "progress"),
    bind(Context::Everywhere, &[Char('4')], Action::ShowLineage, "lineage"),
    bind(Context::Everywhere, &[Char('p')], Action::TogglePause, "hold the screen still, or let it go on"),
    bind(Context::Everywhere, &[Char('w')], Action::ShowWarnings, "what could not be read"),
    bind(Context::Everywhere, &[Char('<')], Action::PickLower, "lower is better, when the direction is not known"),
    bind(Context::Everywhere, &[Char('>')], Action::PickHigher, "higher is better, when the direction is not known"),
    bind(Context::Everywhere, &[Char('?')], Action::ShowHelp, "this help"),
    bind(Context::Everywhere, &[Key::Esc], Action::Back, "close what is open"),
    bind(Context::Everywhere, &[Char('q'), Ctrl('c')], Action::Quit, "leave"),
];

const fn bind(context: Context, keys: &'static [Key], action: Action, help: &'static str) -> Binding {
    Binding { context, keys, action, help }
}

/// Bindings that hold in a context, its own before those that hold everywhere.
pub fn bindings(context: Context) -> impl Iterator<Item = &'static Binding> {
    let own = TABLE.iter().filter(move |binding| binding.context == context && context != Context::Everywhere);
    own.chain(TABLE.iter().filter(|binding| binding.context == Context::Everywhere))
}

/// What a key means in a context.
pub(super) fn action(context: Context, key: Key) -> Option<Action> {
    bindings(context).find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
}

/// The name of a key for people.
pub fn key_name(key: Key) -> String {
    match key {
        Key::Char(' ') => "Space".to_owned(),
        Key::Char(c) => c.to_string(),
        Key::Ctrl(c) => format!("Ctrl-{c}"),
        Key::Up => "↑".to_owned(),
        Key::Down => "↓".to_owned(),
        Key::Left => "←".to_owned(),
        Key::Right => "→".to_owned(),
        Key::PageUp => "PgUp".to_owned(),
        Key::PageDown => "PgDn".to_owned(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        for context in [Context::Inbox, Context::Curves, Context::Progress, Context::Lineage, Context::Review] {
            let mut seen = std::collections::HashMap::new();
            for binding in TABLE.iter().filter(|binding| binding.context == context) {
                for key in binding.keys {
                    assert!(seen.insert(*key, binding.action).is_none(), "{context:?} {key:?}");
                }
            }
        }
    }
}
