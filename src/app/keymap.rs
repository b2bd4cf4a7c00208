//! Keys to actions, in one table that the help reads too.

use crate::app::{Action, Context};

/// A key press, as the terminal reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyPress {
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyBinding {
    /// Where it holds.
    pub context: Context,
    /// The keys, any of them; none when a person took them away.
    pub keys: Vec<KeyPress>,
    /// What they do.
    pub action: Action,
    /// What the help says.
    pub help: &'static str,
}

use KeyPress::{Char, Ctrl};

type BindingLine = (Context, &'static [KeyPress], Action, &'static str);

const TABLE: &[BindingLine] = &[
    (Context::Inbox, &[Char('a')], Action::Approve, "approve: shows what would be committed first"),
    (Context::Inbox, &[Char('v')], Action::Veto, "veto, with a reason; shows what would follow"),
    (
        Context::Inbox,
        &[Char('c')],
        Action::RequestChanges,
        "request changes: back to the agent, with what should change",
    ),
    (Context::Inbox, &[Char('e')], Action::AskAgent, "ask the agent; the change stays pending"),
    (Context::Inbox, &[Char('r')], Action::Remeasure, "have it measured again on the approved tip"),
    (Context::Inbox, &[Char('d')], Action::CompareRounds, "what changed since the agent's round before"),
    (Context::Inbox, &[Char('s')], Action::Skip, "skip: leave it for later"),
    (Context::Inbox, &[KeyPress::Enter], Action::OpenReview, "review full screen"),
    (Context::Inbox, &[Char('J'), Ctrl('e')], Action::ScrollDown, "scroll the diff down"),
    (Context::Inbox, &[Char('K'), Ctrl('y')], Action::ScrollUp, "scroll the diff up"),
    (Context::Inbox, &[Char('n')], Action::NextHunk, "next hunk"),
    (Context::Inbox, &[Char('N')], Action::PreviousHunk, "previous hunk"),
    (
        Context::Inbox,
        &[Char('D')],
        Action::ShowEvidence,
        "all the evidence: costs, rationale, what else was tried here",
    ),
    (Context::Inbox, &[Char('I')], Action::ShowSummary, "how far this session is"),
    (Context::Inbox, &[Char('o')], Action::CycleOrder, "order: lineage, findings, gain, age, the few that matter"),
    (Context::Review, &[Char('a')], Action::Approve, "approve: shows what would be committed first"),
    (Context::Review, &[Char('v')], Action::Veto, "veto, with a reason; shows what would follow"),
    (
        Context::Review,
        &[Char('c')],
        Action::RequestChanges,
        "request changes: back to the agent, with what should change",
    ),
    (Context::Review, &[Char('e')], Action::AskAgent, "ask the agent; the change stays pending"),
    (Context::Review, &[Char('r')], Action::Remeasure, "have it measured again on the approved tip"),
    (Context::Review, &[Char('d')], Action::CompareRounds, "what changed since the agent's round before"),
    (Context::Review, &[Char('s')], Action::Skip, "skip: go to the next that waits"),
    (Context::Review, &[Char('u')], Action::Revert, "offer a commit that undoes it, when approved"),
    (Context::Review, &[Char('n')], Action::NextMatch, "next match of the search; without one, next hunk"),
    (Context::Review, &[Char('N')], Action::PreviousMatch, "previous match, or hunk"),
    (Context::Review, &[Char('}')], Action::NextHunk, "next hunk"),
    (Context::Review, &[Char('{')], Action::PreviousHunk, "previous hunk"),
    (Context::Review, &[KeyPress::Tab], Action::NextFile, "next file"),
    (Context::Review, &[Char('f')], Action::ShowFiles, "the files as a tree, with what was said of each"),
    (Context::Review, &[Char('F')], Action::PreviousFile, "previous file"),
    (Context::Review, &[KeyPress::Enter], Action::MarkViewed, "this hunk is viewed: on to the next; opens a gap"),
    (Context::Review, &[Char('x')], Action::LeaveOut, "leave the hunk (or marked lines, or file) out, or take it back"),
    (Context::Review, &[Char('X')], Action::LeaveLineOut, "leave this line out, or take it back"),
    (Context::Review, &[Char('V')], Action::MarkLines, "mark lines from here, for x"),
    (Context::Review, &[Char('R')], Action::ShowResult, "what would be committed, or the change again"),
    (Context::Review, &[Char('U')], Action::StartOver, "forget what was left out and edited"),
    (
        Context::Review,
        &[Char('E')],
        Action::EditFile,
        "edit the proposed file, or resolve what does not fit, in your editor",
    ),
    (Context::Review, &[Char('O')], Action::OpenFile, "look at the file at this line in your editor"),
    (
        Context::Review,
        &[Char('M')],
        Action::CombineTokens,
        "combine what does not fit token by token, where that is offered",
    ),
    (Context::Review, &[Char('m')], Action::CommentLine, "comment on a line, for the agent"),
    (Context::Review, &[Char('t')], Action::ToggleColumns, "one column, or old beside new"),
    (Context::Review, &[Char('W')], Action::ToggleWrap, "wrap long lines, or cut them"),
    (Context::Review, &[Char(',')], Action::PanLeft, "cut lines: to the left"),
    (Context::Review, &[Char('.')], Action::PanRight, "cut lines: to the right"),
    (Context::Review, &[Char('b')], Action::ToggleSpace, "changes of nothing but white space: quiet, or shown"),
    (Context::Review, &[Char('J')], Action::ToggleCells, "notebooks by their cells, or the raw JSON"),
    (Context::Review, &[Char('+'), Char('=')], Action::MoreContext, "more lines around the changes"),
    (Context::Review, &[Char('-')], Action::LessContext, "fewer lines around the changes"),
    (Context::Review, &[Char('z')], Action::FoldFile, "fold the file, or unfold it"),
    (Context::Review, &[Char('o')], Action::ShowWhole, "the whole file: after, before, and the diff again"),
    (Context::Review, &[Char('/')], Action::Search, "search in the diff, or in the file that is shown whole"),
    (
        Context::Review,
        &[Char('D')],
        Action::ShowEvidence,
        "all the evidence: costs, rationale, what else was tried here",
    ),
    (Context::Review, &[Char('I')], Action::ShowSummary, "how far this session is"),
    (Context::Review, &[Char('C')], Action::Compare, "compare with another: mark this one, or with the marked one"),
    (Context::Review, &[KeyPress::Esc, Char('q'), KeyPress::Backspace], Action::Back, "back to where you were"),
    (Context::Curves, &[Char('m'), KeyPress::Tab], Action::NextMetric, "next metric"),
    (Context::Curves, &[Char('M')], Action::PreviousMetric, "previous metric"),
    (
        Context::Curves,
        &[Char('x'), Char(' ')],
        Action::ToggleOverlay,
        "keep drawing this one over the others, or no more",
    ),
    (Context::Curves, &[Char('X')], Action::ClearOverlays, "no overlays"),
    (Context::Curves, &[Char('t')], Action::ToggleGrid, "tiles: all metrics of the trial, or one"),
    (Context::Curves, &[Char('s')], Action::SmoothMore, "smooth more (the raw curve stays, dim)"),
    (Context::Curves, &[Char('S')], Action::SmoothLess, "smooth less"),
    (Context::Curves, &[Char('e')], Action::ToggleLog, "logarithmic or linear axis"),
    (Context::Curves, &[Char('p')], Action::CycleHeights, "y axis: without the start, 1 to 99 %, or all"),
    (Context::Curves, &[Char('B')], Action::CycleReference, "compare with its base, the best one, or nothing"),
    (Context::Curves, &[Char('d')], Action::ToggleDifference, "the difference to that, or the values"),
    (Context::Curves, &[Char('f')], Action::FilterMetrics, "only metrics that match a regular expression"),
    (Context::Curves, &[Char('b')], Action::CycleMeasure, "x by step, tokens or time"),
    (Context::Curves, &[KeyPress::Left, Char('h')], Action::CursorLeft, "cursor to the left: reads every curve"),
    (Context::Curves, &[KeyPress::Right, Char('l')], Action::CursorRight, "cursor to the right"),
    (Context::Curves, &[Char('+'), Char('=')], Action::ZoomIn, "zoom in at the cursor"),
    (Context::Curves, &[Char('-')], Action::ZoomOut, "zoom out"),
    (Context::Curves, &[Char('0')], Action::ZoomAll, "all of it, cursor off"),
    (Context::Curves, &[Char(',')], Action::PanLeft, "earlier"),
    (Context::Curves, &[Char('.')], Action::PanRight, "later"),
    (Context::Curves, &[Char('r')], Action::FollowRunning, "what runs now"),
    (Context::Curves, &[KeyPress::Enter], Action::OpenReview, "open the diff of the selected one"),
    (Context::Progress, &[Char('+'), Char('=')], Action::ZoomIn, "zoom in at the selected one"),
    (Context::Progress, &[Char('-')], Action::ZoomOut, "zoom out"),
    (Context::Progress, &[Char('0')], Action::ZoomAll, "all experiments"),
    (Context::Progress, &[Char(',')], Action::PanLeft, "earlier"),
    (Context::Progress, &[Char('.')], Action::PanRight, "later"),
    (Context::Progress, &[Char('n')], Action::NextMatch, "next match of the search"),
    (Context::Progress, &[Char('N')], Action::PreviousMatch, "previous match"),
    (Context::Progress, &[KeyPress::Enter], Action::OpenReview, "open the diff of the selected one"),
    (Context::Lineage, &[KeyPress::Enter], Action::OpenReview, "open the diff"),
    (Context::Lineage, &[Char('c')], Action::Compare, "compare two: mark this one, or with the marked one"),
    (Context::Lineage, &[Char('P')], Action::GoToParent, "to the one it was built on"),
    (Context::Lineage, &[Char('}')], Action::NextSibling, "next one built on the same"),
    (Context::Lineage, &[Char('{')], Action::PreviousSibling, "previous one built on the same"),
    (Context::Lineage, &[Char('n')], Action::NextMatch, "next match of the search"),
    (Context::Lineage, &[Char('N')], Action::PreviousMatch, "previous match"),
    (Context::Lineage, &[Char('u')], Action::Revert, "offer a commit that undoes the selected one"),
    (Context::Lineage, &[Char('a')], Action::Approve, "approve the selected one, when it waits"),
    (Context::Lineage, &[Char('v')], Action::Veto, "veto the selected one, when it waits"),
    (Context::Knobs, &[KeyPress::Enter], Action::OpenReview, "open the experiment that did best with this value"),
    (Context::Runs, &[KeyPress::Enter], Action::OpenRun, "open its curves, with the overlays"),
    (Context::Runs, &[Char('x'), Char(' ')], Action::ToggleOverlay, "draw this run over the others, or no more"),
    (Context::Runs, &[Char('X')], Action::ClearOverlays, "no overlays"),
    (Context::Runs, &[Char('c')], Action::Compare, "compare two: mark this run, or with the marked one"),
    (Context::Runs, &[Char('o')], Action::CycleOrder, "order: newest, name, steps, last value"),
    (Context::Runs, &[Char('/')], Action::Search, "only runs whose name holds these words; Esc shows all"),
    (Context::Runs, &[Char('R')], Action::RenameRun, "call it something else, on this screen only"),
    (Context::Runs, &[Char('r')], Action::FollowRunning, "to what runs now"),
    (Context::Runs, &[Char('m'), KeyPress::Tab], Action::NextMetric, "next metric"),
    (Context::Runs, &[Char('M')], Action::PreviousMetric, "previous metric"),
    (Context::Runs, &[Char('s')], Action::SmoothMore, "smooth more (the raw curve stays, dim)"),
    (Context::Runs, &[Char('S')], Action::SmoothLess, "smooth less"),
    (Context::Runs, &[Char('e')], Action::ToggleLog, "logarithmic or linear axis"),
    (Context::Everywhere, &[Char('j'), KeyPress::Down], Action::MoveDown, "down"),
    (Context::Everywhere, &[Char('k'), KeyPress::Up], Action::MoveUp, "up"),
    (Context::Everywhere, &[KeyPress::PageDown, Ctrl('d'), Char(' ')], Action::PageDown, "page down"),
    (Context::Everywhere, &[KeyPress::PageUp, Ctrl('u')], Action::PageUp, "page up"),
    (Context::Everywhere, &[Char('g'), KeyPress::Home], Action::GoFirst, "first"),
    (Context::Everywhere, &[Char('G'), KeyPress::End], Action::GoLast, "last"),
    (Context::Everywhere, &[Char(']'), KeyPress::Right, Char('l')], Action::NextExperiment, "next experiment"),
    (Context::Everywhere, &[Char('['), KeyPress::Left, Char('h')], Action::PreviousExperiment, "previous experiment"),
    (Context::Everywhere, &[Char(')')], Action::NextSegment, "next segment of the results"),
    (Context::Everywhere, &[Char('(')], Action::PreviousSegment, "previous segment: its objective, baseline, best"),
    (Context::Everywhere, &[Char('1')], Action::ShowInbox, "inbox"),
    (Context::Everywhere, &[Char('2')], Action::ShowCurves, "curves"),
    (Context::Everywhere, &[Char('3')], Action::ShowProgress, "progress"),
    (Context::Everywhere, &[Char('4')], Action::ShowLineage, "lineage"),
    (Context::Everywhere, &[Char('5')], Action::ShowInstruments, "instruments"),
    (Context::Everywhere, &[Char('6')], Action::ShowKnobs, "knobs: every value that was tried"),
    (Context::Everywhere, &[Char('7')], Action::ShowRuns, "runs: every run that was recorded"),
    (Context::Everywhere, &[Char('i')], Action::ShowSince, "what happened since you left"),
    (Context::Everywhere, &[Char(':'), Ctrl('p')], Action::ShowPalette, "palette: actions, experiments, files, themes"),
    (Context::Everywhere, &[Char('/')], Action::Search, "search the experiments"),
    (Context::Everywhere, &[Char('y')], Action::CopyCommit, "copy the commit"),
    (Context::Everywhere, &[Char('Y')], Action::CopyDiff, "copy the diff"),
    (Context::Everywhere, &[Ctrl('s')], Action::SaveView, "save what this view shows: .svg, .png or .csv"),
    (Context::Everywhere, &[Char('p')], Action::TogglePause, "hold the screen still, or let it go on"),
    (Context::Everywhere, &[Char('w')], Action::ShowWarnings, "what could not be read"),
    (
        Context::Everywhere,
        &[Char('B')],
        Action::SettleBranch,
        "adopt or restore the approved branch, when somebody moved it",
    ),
    (Context::Everywhere, &[Char('T')], Action::TellAgent, "a note to the agent, for its next call"),
    (Context::Everywhere, &[Char('H')], Action::HoldLoop, "hold the loop up, or let it go on"),
    (Context::Everywhere, &[Char('Z')], Action::StopTrial, "end the trial that runs"),
    (Context::Everywhere, &[Char('<')], Action::PickLower, "lower is better, when the direction is not known"),
    (Context::Everywhere, &[Char('>')], Action::PickHigher, "higher is better, when the direction is not known"),
    (Context::Everywhere, &[Char('?')], Action::ShowHelp, "this help"),
    (Context::Everywhere, &[KeyPress::Esc], Action::Back, "close what is open"),
    (Context::Everywhere, &[Char('q'), Ctrl('c')], Action::Quit, "leave"),
];

/// What every key means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap(Vec<KeyBinding>);

/// What a person wants of one action, with the place where they say so.
#[derive(Clone, Debug)]
pub struct KeyChange {
    /// Where it holds.
    pub context: Context,
    /// The action.
    pub action: Action,
    /// Its keys from now on, each with its place for messages.
    pub keys: Vec<(KeyPress, String)>,
}

impl Default for Keymap {
    fn default() -> Self {
        let line = |(context, keys, action, help): &BindingLine| KeyBinding {
            context: *context,
            keys: keys.to_vec(),
            action: *action,
            help,
        };
        Self(TABLE.iter().map(line).collect())
    }
}

impl Keymap {
    /// Bindings that hold in a context, its own before those that hold everywhere.
    pub fn bindings(&self, context: Context) -> impl Iterator<Item = &KeyBinding> {
        let own = self.0.iter().filter(move |binding| binding.context == context && context != Context::Everywhere);
        own.chain(self.0.iter().filter(|binding| binding.context == Context::Everywhere))
    }

    /// What a key means in a context.
    pub fn action(&self, context: Context, key: KeyPress) -> Option<Action> {
        self.bindings(context).find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
    }

    /// The first key of an action in a context; `None` when it has none there.
    pub fn key_of(&self, context: Context, action: Action) -> Option<KeyPress> {
        self.bindings(context)
            .filter(|binding| binding.action == action)
            .find_map(|binding| binding.keys.first().copied())
    }

    /// True for an action that does something in a context.
    pub fn has(context: Context, action: Action) -> bool {
        TABLE.iter().any(|(of, _, known, _)| *known == action && (*of == context || *of == Context::Everywhere))
    }

    /// The contexts in which an action does something, by their names.
    pub fn contexts_of(action: Action) -> String {
        let of: Vec<&str> = TABLE.iter().filter(|line| line.2 == action).map(|line| line.0.name()).collect();
        of.join(", ")
    }

    /// Gives actions other keys. An action that does nothing in a context gets none there, which is told. A key that means something else in the same context keeps its old
    /// meaning, and is told, as is one that another meaning hides in some contexts.
    pub fn change(&mut self, changes: &[KeyChange]) -> Vec<String> {
        let mut told = Vec::new();
        let mut before = Vec::new();
        let (changes, idle): (Vec<&KeyChange>, Vec<&KeyChange>) =
            changes.iter().partition(|change| Self::has(change.context, change.action));
        for change in idle {
            let (action, context) = (change.action.name(), change.context.name());
            let place = change.keys.first().map_or("config.yaml", |(_, place)| place);
            let of = Self::contexts_of(change.action);
            told.push(format!("{place}: {action} does nothing in {context}; it is for {of}"));
        }
        for change in &changes {
            let at = self.place_of(change.context, change.action);
            before.push((at, std::mem::take(&mut self.0[at].keys)));
        }
        for change in &changes {
            for (key, place) in &change.keys {
                told.extend(self.give(change.context, change.action, *key, place));
            }
        }
        // An action that got none of the keys it was to have keeps its old ones, as far as they are free.
        for (change, (at, keys)) in changes.iter().zip(before) {
            if self.0[at].keys.is_empty() && !change.keys.is_empty() {
                for key in keys {
                    let _ = self.give(change.context, change.action, key, "");
                }
            }
        }
        told
    }

    /// Where an action's line is; a new line at the end for one that holds everywhere and gets keys of its own here.
    fn place_of(&mut self, context: Context, action: Action) -> usize {
        let known = self.0.iter().position(|known| known.context == context && known.action == action);
        known.unwrap_or_else(|| {
            self.0.push(KeyBinding { context, keys: Vec::new(), action, help: action.name() });
            self.0.len() - 1
        })
    }

    fn give(&mut self, context: Context, action: Action, key: KeyPress, place: &str) -> Option<String> {
        let name = key_name(key);
        let has = |binding: &&KeyBinding| binding.keys.contains(&key) && binding.action != action;
        if let Some(other) = self.0.iter().filter(|binding| binding.context == context).find(has) {
            let (context, other) = (context.name(), other.action.name());
            return Some(format!(
                "{place}: `{name}` is {other} in {context} already, and stays it; give {other} another key first"
            ));
        }
        let binding = self.0.iter_mut().find(|known| known.context == context && known.action == action)?;
        if !binding.keys.contains(&key) {
            binding.keys.push(key);
        }
        let hiding: Vec<String> = self
            .0
            .iter()
            .filter(|binding| context == Context::Everywhere && binding.context != Context::Everywhere)
            .filter(has)
            .map(|binding| format!("{} in {}", binding.action.name(), binding.context.name()))
            .collect();
        (!hiding.is_empty()).then(|| format!("{place}: `{name}` stays {}", hiding.join(", ")))
    }
}

/// The key of a name in the configuration: a character, `ctrl-` and a letter, or a word such as
/// `enter`, `esc`, `tab`, `space`, `pgdn`.
pub fn key_of_name(name: &str) -> Option<KeyPress> {
    let mut chars = name.chars();
    if let (Some(only), None) = (chars.next(), chars.next()) {
        return (!only.is_control() && only != ' ').then_some(Char(only));
    }
    let lower = name.to_ascii_lowercase();
    if let Some(letter) = lower.strip_prefix("ctrl-") {
        let mut chars = letter.chars();
        return match (chars.next(), chars.next()) {
            (Some(only), None) if only.is_ascii_lowercase() => Some(Ctrl(only)),
            _ => None,
        };
    }
    Some(match lower.as_str() {
        "space" => Char(' '),
        "enter" | "return" => KeyPress::Enter,
        "esc" | "escape" => KeyPress::Esc,
        "tab" => KeyPress::Tab,
        "backspace" => KeyPress::Backspace,
        "delete" => KeyPress::Delete,
        "up" => KeyPress::Up,
        "down" => KeyPress::Down,
        "left" => KeyPress::Left,
        "right" => KeyPress::Right,
        "pageup" | "pgup" => KeyPress::PageUp,
        "pagedown" | "pgdn" => KeyPress::PageDown,
        "home" => KeyPress::Home,
        "end" => KeyPress::End,
        _ => return None,
    })
}

/// The name of a key for people.
pub fn key_name(key: KeyPress) -> String {
    match key {
        KeyPress::Char(' ') => "Space".to_owned(),
        KeyPress::Char(c) => c.to_string(),
        KeyPress::Ctrl(c) => format!("Ctrl-{c}"),
        KeyPress::Up => "↑".to_owned(),
        KeyPress::Down => "↓".to_owned(),
        KeyPress::Left => "←".to_owned(),
        KeyPress::Right => "→".to_owned(),
        KeyPress::PageUp => "PgUp".to_owned(),
        KeyPress::PageDown => "PgDn".to_owned(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let mut seen = std::collections::HashMap::new();
        for binding in Keymap::default().0 {
            for key in binding.keys {
                assert!(seen.insert((binding.context, key), binding.action).is_none(), "{:?} {key:?}", binding.context);
            }
        }
    }

    #[test]
    fn every_name_is_one_action() {
        for action in Action::ALL {
            assert_eq!(Action::of_name(action.name()), Some(*action));
        }
    }

    #[test]
    fn a_clash_is_told_with_its_place_and_changes_nothing() {
        let mut keys = Keymap::default();
        let change = |context, action, name| KeyChange {
            context,
            action,
            keys: vec![(key_of_name(name).unwrap_or(KeyPress::Esc), format!("config.yaml line 3, {name}"))],
        };
        let told = keys.change(&[
            change(Context::Inbox, Action::Skip, "a"),
            change(Context::Inbox, Action::Veto, "X"),
            change(Context::Everywhere, Action::Quit, "o"),
        ]);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("config.yaml line 3, a: `a` is approve in inbox already"), "{}", told[0]);
        assert!(told[1].contains("stays cycle_order in inbox"), "{}", told[1]);
        assert_eq!(keys.action(Context::Inbox, Char('a')), Some(Action::Approve));
        assert_eq!(keys.action(Context::Inbox, Char('s')), Some(Action::Skip), "what got no key keeps its old one");
        assert_eq!(keys.action(Context::Inbox, Char('X')), Some(Action::Veto));
        assert_eq!(keys.action(Context::Inbox, Char('v')), None);
        assert_eq!(keys.action(Context::Lineage, Char('o')), Some(Action::Quit));
        assert_eq!(keys.action(Context::Inbox, Char('q')), None, "the old key is free");
    }

    #[test]
    fn a_key_for_what_does_nothing_there_is_told_with_its_place() {
        let mut keys = Keymap::default();
        let change = |context, action| KeyChange {
            context,
            action,
            keys: vec![(KeyPress::Char('z'), "config.yaml line 3 column 9".to_owned())],
        };
        let told = keys.change(&[
            change(Context::Inbox, Action::ZoomIn),
            change(Context::Everywhere, Action::Approve),
            change(Context::Inbox, Action::ShowHelp),
        ]);
        assert_eq!(told.len(), 2, "{told:?}");
        let wanted = "config.yaml line 3 column 9: zoom_in does nothing in inbox; it is for curves, progress";
        assert_eq!(told[0], wanted);
        assert!(told[1].contains("approve does nothing in everywhere; it is for inbox"), "{}", told[1]);
        assert_eq!(keys.action(Context::Inbox, Char('z')), Some(Action::ShowHelp), "that one is for everywhere");
    }

    #[test]
    fn two_keys_can_change_places() {
        let mut keys = Keymap::default();
        let change = |action, key| KeyChange { context: Context::Inbox, action, keys: vec![(key, String::new())] };
        let told = keys.change(&[change(Action::Approve, Char('v')), change(Action::Veto, Char('a'))]);
        assert!(told.is_empty(), "{told:?}");
        assert_eq!(keys.action(Context::Inbox, Char('a')), Some(Action::Veto));
    }
}
