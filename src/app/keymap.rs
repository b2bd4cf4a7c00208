//! The keymap: which key performs which action. The help reads the same table.

use crate::app::{Action, Context, ViewKind};

/// A key press as reported by the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyPress {
    /// A character, with Shift applied.
    Char(char),
    /// Ctrl and a character.
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
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
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
    /// The context it applies in.
    pub context: Context,
    /// Its keys, any of them; empty if the person's configuration removed them.
    pub keys: Vec<KeyPress>,
    /// The action.
    pub action: Action,
    /// Its description in the help and the palette.
    pub help: &'static str,
}

use Context::View;
use KeyPress::{Char, Ctrl};
use ViewKind::{Curves, Inbox, Knobs, Lineage, Progress, Runs};

/// The help of actions that several contexts have.
mod help {
    pub(super) const APPROVE: &str = "approve: shows what would be committed first";
    pub(super) const VETO: &str = "veto with a reason; shows the consequences";
    pub(super) const REQUEST_CHANGES: &str = "request changes: sends it back to the agent with comments";
    pub(super) const ASK_AGENT: &str = "ask the agent a question; the change stays in the inbox";
    pub(super) const REMEASURE: &str = "request a new measurement on the approved tip";
    pub(super) const COMPARE_ROUNDS: &str = "show what changed since the agent's previous round";
    pub(super) const NEXT_HUNK: &str = "go to the next hunk";
    pub(super) const PREVIOUS_HUNK: &str = "go to the previous hunk";
    pub(super) const SHOW_EVIDENCE: &str = "show all evidence: costs, rationale, related experiments";
    pub(super) const SHOW_SUMMARY: &str = "show the progress of this session";
    pub(super) const COMPARE: &str = "compare two: mark this one, or compare with the marked one";
    pub(super) const NEXT_METRIC: &str = "show the next metric";
    pub(super) const PREVIOUS_METRIC: &str = "show the previous metric";
    pub(super) const SMOOTH_MORE: &str = "smooth more (the raw curve stays, dim)";
    pub(super) const TOGGLE_LOG: &str = "toggle a logarithmic axis";
    pub(super) const OPEN_DIFF: &str = "open the diff of the selected experiment";
    pub(super) const NEXT_MATCH: &str = "go to the next match of the search";
    pub(super) const PREVIOUS_MATCH: &str = "go to the previous match";
}

type BindingLine = (Context, &'static [KeyPress], Action, &'static str);

const TABLE: &[BindingLine] = &[
    (View(Inbox), &[Char('a')], Action::Approve, help::APPROVE),
    (View(Inbox), &[Char('v')], Action::Veto, help::VETO),
    (View(Inbox), &[Char('c')], Action::RequestChanges, help::REQUEST_CHANGES),
    (View(Inbox), &[Char('e')], Action::AskAgent, help::ASK_AGENT),
    (View(Inbox), &[Char('r')], Action::Remeasure, help::REMEASURE),
    (View(Inbox), &[Char('d')], Action::CompareRounds, help::COMPARE_ROUNDS),
    (View(Inbox), &[Char('s')], Action::Skip, "skip: leave it for later"),
    (View(Inbox), &[KeyPress::Enter], Action::OpenReview, "review full screen"),
    (View(Inbox), &[Char('J'), Ctrl('e')], Action::ScrollDown, "scroll the diff down"),
    (View(Inbox), &[Char('K'), Ctrl('y')], Action::ScrollUp, "scroll the diff up"),
    (View(Inbox), &[Char('n')], Action::NextHunk, help::NEXT_HUNK),
    (View(Inbox), &[Char('N')], Action::PreviousHunk, help::PREVIOUS_HUNK),
    (View(Inbox), &[Char('D')], Action::ShowEvidence, help::SHOW_EVIDENCE),
    (View(Inbox), &[Char('I')], Action::ShowSummary, help::SHOW_SUMMARY),
    (View(Inbox), &[Char('o')], Action::CycleOrder, "cycle: lineage, findings, gain, age, few that matter"),
    (Context::Review, &[Char('a')], Action::Approve, help::APPROVE),
    (Context::Review, &[Char('v')], Action::Veto, help::VETO),
    (Context::Review, &[Char('c')], Action::RequestChanges, help::REQUEST_CHANGES),
    (Context::Review, &[Char('e')], Action::AskAgent, help::ASK_AGENT),
    (Context::Review, &[Char('r')], Action::Remeasure, help::REMEASURE),
    (Context::Review, &[Char('d')], Action::CompareRounds, help::COMPARE_ROUNDS),
    (Context::Review, &[Char('s')], Action::Skip, "skip: leave it for later and go to the next change"),
    (Context::Review, &[Char('u')], Action::Revert, "revert it: shows the commit first (approved changes only)"),
    (Context::Review, &[Char('n')], Action::NextMatch, "go to the next match; without a search, the next hunk"),
    (Context::Review, &[Char('N')], Action::PreviousMatch, "go to the previous match or hunk"),
    (Context::Review, &[Char('}')], Action::NextHunk, help::NEXT_HUNK),
    (Context::Review, &[Char('{')], Action::PreviousHunk, help::PREVIOUS_HUNK),
    (Context::Review, &[KeyPress::Tab], Action::NextFile, "go to the next file"),
    (Context::Review, &[Char('f')], Action::ShowFiles, "show the file tree: viewed, excluded, edited, commented"),
    (Context::Review, &[Char('F')], Action::PreviousFile, "go to the previous file"),
    (Context::Review, &[KeyPress::Enter], Action::MarkViewed, "mark the hunk viewed and go to the next; expand a gap"),
    (Context::Review, &[Char('x')], Action::Exclude, "exclude or include the hunk, the marked lines or the file"),
    (Context::Review, &[Char('X')], Action::ExcludeLine, "exclude or include this line"),
    (Context::Review, &[Char('V')], Action::MarkLines, "mark lines from here, for x"),
    (Context::Review, &[Char('R')], Action::ShowResult, "toggle between what would be committed and the change"),
    (Context::Review, &[Char('U')], Action::DiscardEdits, "discard all exclusions and edits"),
    (Context::Review, &[Char('E')], Action::EditFile, "edit the file, or resolve conflicts, in your editor"),
    (Context::Review, &[Char('O')], Action::OpenFile, "open the file at this line in your editor, read-only"),
    (Context::Review, &[Char('M')], Action::MergeTokens, "merge conflicting lines token by token, where offered"),
    (Context::Review, &[Char('m')], Action::CommentLine, "comment on a line, for the agent"),
    (Context::Review, &[Char('t')], Action::ToggleColumns, "toggle one column or two (old and new)"),
    (Context::Review, &[Char('W')], Action::ToggleWrap, "wrap or cut long lines"),
    (Context::Review, &[Char(',')], Action::PanLeft, "scroll cut lines to the left"),
    (Context::Review, &[Char('.')], Action::PanRight, "scroll cut lines to the right"),
    (Context::Review, &[Char('b')], Action::ToggleSpace, "collapse or show whitespace-only changes"),
    (Context::Review, &[Char('J')], Action::ToggleCells, "show notebooks by cell or as raw JSON"),
    (Context::Review, &[Char('+'), Char('=')], Action::MoreContext, "show more context lines"),
    (Context::Review, &[Char('-')], Action::LessContext, "show fewer context lines"),
    (Context::Review, &[Char('z')], Action::FoldFile, "fold or unfold the file"),
    (Context::Review, &[Char('o')], Action::ShowWhole, "cycle the whole file after, before, and the diff"),
    (Context::Review, &[Char('/')], Action::Search, "search the diff, or the whole file if it is shown"),
    (Context::Review, &[Char('D')], Action::ShowEvidence, help::SHOW_EVIDENCE),
    (Context::Review, &[Char('I')], Action::ShowSummary, help::SHOW_SUMMARY),
    (Context::Review, &[Char('C')], Action::Compare, help::COMPARE),
    (Context::Review, &[KeyPress::Esc, Char('q'), KeyPress::Backspace], Action::Back, "go back"),
    (View(Curves), &[Char('m'), KeyPress::Tab], Action::NextMetric, help::NEXT_METRIC),
    (View(Curves), &[Char('M')], Action::PreviousMetric, help::PREVIOUS_METRIC),
    (View(Curves), &[Char('x'), Char(' ')], Action::ToggleOverlay, "add or remove this one as an overlay"),
    (View(Curves), &[Char('X')], Action::ClearOverlays, "remove all overlays"),
    (View(Curves), &[Char('t')], Action::ToggleTiles, "toggle tiles: all metrics of the trial, or one"),
    (View(Curves), &[Char('s')], Action::SmoothMore, help::SMOOTH_MORE),
    (View(Curves), &[Char('S')], Action::SmoothLess, "smooth less"),
    (View(Curves), &[Char('e')], Action::ToggleLog, help::TOGGLE_LOG),
    (View(Curves), &[Char('p')], Action::CycleYRange, "cycle the y range: without warm-up, 1-99 %, full"),
    (View(Curves), &[Char('B')], Action::CycleReference, "compare with its base, the best one, or nothing"),
    (View(Curves), &[Char('d')], Action::ToggleDifference, "plot the difference from the reference, or the values"),
    (View(Curves), &[Char('f')], Action::FilterMetrics, "filter the metrics by a regular expression"),
    (View(Curves), &[Char('b')], Action::CycleXAxis, "cycle the x axis: step, tokens, time"),
    (
        View(Curves),
        &[KeyPress::Left, Char('h')],
        Action::CursorLeft,
        "move the cursor left: reads the value of each curve",
    ),
    (View(Curves), &[KeyPress::Right, Char('l')], Action::CursorRight, "move the cursor right"),
    (View(Curves), &[Char('+'), Char('=')], Action::ZoomIn, "zoom in at the cursor"),
    (View(Curves), &[Char('-')], Action::ZoomOut, "zoom out"),
    (View(Curves), &[Char('0')], Action::ZoomAll, "show everything and remove the cursor"),
    (View(Curves), &[Char(',')], Action::PanLeft, "pan left"),
    (View(Curves), &[Char('.')], Action::PanRight, "pan right"),
    (View(Curves), &[Char('r')], Action::FollowRunning, "follow the running trial"),
    (View(Curves), &[KeyPress::Enter], Action::OpenReview, help::OPEN_DIFF),
    (View(Progress), &[Char('+'), Char('=')], Action::ZoomIn, "zoom in at the selected experiment"),
    (View(Progress), &[Char('-')], Action::ZoomOut, "zoom out"),
    (View(Progress), &[Char('0')], Action::ZoomAll, "show all experiments"),
    (View(Progress), &[Char(',')], Action::PanLeft, "pan left"),
    (View(Progress), &[Char('.')], Action::PanRight, "pan right"),
    (View(Progress), &[Char('n')], Action::NextMatch, help::NEXT_MATCH),
    (View(Progress), &[Char('N')], Action::PreviousMatch, help::PREVIOUS_MATCH),
    (View(Progress), &[KeyPress::Enter], Action::OpenReview, help::OPEN_DIFF),
    (View(Lineage), &[KeyPress::Enter], Action::OpenReview, "open the diff"),
    (View(Lineage), &[Char('c')], Action::Compare, help::COMPARE),
    (View(Lineage), &[Char('P')], Action::GoToParent, "go to the experiment it was built on"),
    (View(Lineage), &[Char('}')], Action::NextSibling, "go to the next experiment with the same parent"),
    (View(Lineage), &[Char('{')], Action::PreviousSibling, "go to the previous experiment with the same parent"),
    (View(Lineage), &[Char('n')], Action::NextMatch, help::NEXT_MATCH),
    (View(Lineage), &[Char('N')], Action::PreviousMatch, help::PREVIOUS_MATCH),
    (View(Lineage), &[Char('u')], Action::Revert, "revert the selected experiment: shows the commit first"),
    (View(Lineage), &[Char('a')], Action::Approve, "approve the selected experiment, if it is waiting"),
    (View(Lineage), &[Char('v')], Action::Veto, "veto the selected experiment, if it is waiting"),
    (View(Knobs), &[KeyPress::Enter], Action::OpenReview, "open the best experiment with this value"),
    (View(Runs), &[KeyPress::Enter], Action::OpenRun, "open its curves, with the overlays"),
    (View(Runs), &[Char('x'), Char(' ')], Action::ToggleOverlay, "add or remove this run as an overlay"),
    (View(Runs), &[Char('X')], Action::ClearOverlays, "remove all overlays"),
    (View(Runs), &[Char('c')], Action::Compare, "compare two: mark this run, or compare with the marked one"),
    (View(Runs), &[Char('o')], Action::CycleOrder, "cycle the order: newest, name, steps, last value"),
    (View(Runs), &[Char('/')], Action::Search, "filter the runs by words of their names; Esc shows all"),
    (View(Runs), &[Char('R')], Action::RenameRun, "rename the run, on this screen only"),
    (View(Runs), &[Char('r')], Action::FollowRunning, "go to the running trial"),
    (View(Runs), &[Char('m'), KeyPress::Tab], Action::NextMetric, help::NEXT_METRIC),
    (View(Runs), &[Char('M')], Action::PreviousMetric, help::PREVIOUS_METRIC),
    (View(Runs), &[Char('s')], Action::SmoothMore, help::SMOOTH_MORE),
    (View(Runs), &[Char('S')], Action::SmoothLess, "smooth less"),
    (View(Runs), &[Char('e')], Action::ToggleLog, help::TOGGLE_LOG),
    (Context::Everywhere, &[Char('j'), KeyPress::Down], Action::MoveDown, "move down"),
    (Context::Everywhere, &[Char('k'), KeyPress::Up], Action::MoveUp, "move up"),
    (Context::Everywhere, &[KeyPress::PageDown, Ctrl('d'), Char(' ')], Action::PageDown, "move one page down"),
    (Context::Everywhere, &[KeyPress::PageUp, Ctrl('u')], Action::PageUp, "move one page up"),
    (Context::Everywhere, &[Char('g'), KeyPress::Home], Action::GoFirst, "go to the first row"),
    (Context::Everywhere, &[Char('G'), KeyPress::End], Action::GoLast, "go to the last row"),
    (
        Context::Everywhere,
        &[Char(']'), KeyPress::Right, Char('l')],
        Action::NextExperiment,
        "go to the next experiment",
    ),
    (
        Context::Everywhere,
        &[Char('['), KeyPress::Left, Char('h')],
        Action::PreviousExperiment,
        "go to the previous experiment",
    ),
    (Context::Everywhere, &[Char(')')], Action::NextSegment, "show the next segment of the results"),
    (
        Context::Everywhere,
        &[Char('(')],
        Action::PreviousSegment,
        "show the previous segment: objective, baseline, best",
    ),
    (Context::Everywhere, &[Char('1')], Action::ShowInbox, "open the inbox"),
    (Context::Everywhere, &[Char('2')], Action::ShowCurves, "open the curves"),
    (Context::Everywhere, &[Char('3')], Action::ShowProgress, "open the progress plot"),
    (Context::Everywhere, &[Char('4')], Action::ShowLineage, "open the lineage"),
    (Context::Everywhere, &[Char('5')], Action::ShowInstruments, "open the instruments"),
    (Context::Everywhere, &[Char('6')], Action::ShowKnobs, "open the knobs: every value that was tried"),
    (Context::Everywhere, &[Char('7')], Action::ShowRuns, "open the runs: every run that was recorded"),
    (Context::Everywhere, &[Char('i')], Action::ShowSince, "show what happened since you left"),
    (
        Context::Everywhere,
        &[Char(':'), Ctrl('p')],
        Action::ShowPalette,
        "open the palette: actions, experiments, files, themes",
    ),
    (Context::Everywhere, &[Char('/')], Action::Search, "search the experiments"),
    (Context::Everywhere, &[Char('y')], Action::CopyCommit, "copy the commit"),
    (Context::Everywhere, &[Char('Y')], Action::CopyDiff, "copy the diff"),
    (Context::Everywhere, &[Ctrl('s')], Action::SaveView, "save this view as .svg, .png or .csv"),
    (Context::Everywhere, &[Char('p')], Action::ToggleFreeze, "freeze or unfreeze the screen"),
    (Context::Everywhere, &[Char('w')], Action::ShowWarnings, "show what could not be read"),
    (Context::Everywhere, &[Char('B')], Action::SettleBranch, "adopt or restore the approved branch, if it diverged"),
    (Context::Everywhere, &[Char('T')], Action::TellAgent, "leave a note for the agent's next call"),
    (Context::Everywhere, &[Char('H')], Action::PauseLoop, "pause or resume the loop"),
    (Context::Everywhere, &[Char('Z')], Action::StopTrial, "stop the running trial"),
    (Context::Everywhere, &[Char('<')], Action::PickLower, "set the direction, if unknown: lower is better"),
    (Context::Everywhere, &[Char('>')], Action::PickHigher, "set the direction, if unknown: higher is better"),
    (Context::Everywhere, &[Char('?')], Action::ShowHelp, "show this help"),
    (Context::Everywhere, &[KeyPress::Esc], Action::Back, "close the topmost window"),
    (Context::Everywhere, &[Char('q'), Ctrl('c')], Action::Quit, "quit"),
];

/// The bindings of all keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap(Vec<KeyBinding>);

/// New keys for one action, with their place in the configuration.
#[derive(Clone, Debug)]
pub struct KeyChange {
    /// The context it applies in.
    pub context: Context,
    /// The action.
    pub action: Action,
    /// Its new keys, each with its place for messages.
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
    /// Returns the bindings in a context: its own, then those that apply everywhere.
    pub fn bindings(&self, context: Context) -> impl Iterator<Item = &KeyBinding> {
        let own = self.0.iter().filter(move |binding| binding.context == context && context != Context::Everywhere);
        own.chain(self.0.iter().filter(|binding| binding.context == Context::Everywhere))
    }

    /// Returns the action of a key in a context.
    pub fn action(&self, context: Context, key: KeyPress) -> Option<Action> {
        self.bindings(context).find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
    }

    /// Returns the first key of an action in a context; `None` if it has none there.
    pub fn key_of(&self, context: Context, action: Action) -> Option<KeyPress> {
        self.bindings(context)
            .filter(|binding| binding.action == action)
            .find_map(|binding| binding.keys.first().copied())
    }

    /// True if an action is available in a context.
    pub fn has(context: Context, action: Action) -> bool {
        TABLE.iter().any(|(of, _, known, _)| *known == action && (*of == context || *of == Context::Everywhere))
    }

    /// Returns the names of the contexts in which an action is available.
    pub fn contexts_of(action: Action) -> String {
        let of: Vec<&str> = TABLE.iter().filter(|line| line.2 == action).map(|line| line.0.name()).collect();
        of.join(", ")
    }

    /// Gives actions other keys, and returns warnings. An action that is not available in a context gets no key there.
    /// A key already used in the same context keeps its action. A key that another action overrides in some contexts
    /// works in the others. Each of these is a warning.
    pub fn change(&mut self, changes: &[KeyChange]) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut before = Vec::new();
        let (changes, without_effect): (Vec<&KeyChange>, Vec<&KeyChange>) =
            changes.iter().partition(|change| Self::has(change.context, change.action));
        for change in without_effect {
            let (action, context) = (change.action.name(), change.context.name());
            let place = change.keys.first().map_or("config.yaml", |(_, place)| place);
            let of = Self::contexts_of(change.action);
            warnings.push(format!("{place}: {action} has no effect in {context}, only in {of}"));
        }
        for change in &changes {
            let at = self.index_of(change.context, change.action);
            before.push((at, std::mem::take(&mut self.0[at].keys)));
        }
        for change in &changes {
            for (key, place) in &change.keys {
                warnings.extend(self.bind(change.context, change.action, *key, place));
            }
        }
        // An action that got none of its new keys keeps its old ones, as far as they are free.
        for (change, (at, keys)) in changes.iter().zip(before) {
            if self.0[at].keys.is_empty() && !change.keys.is_empty() {
                for key in keys {
                    let _ = self.bind(change.context, change.action, key, "");
                }
            }
        }
        warnings
    }

    /// Returns the index of an action's line. An action that applies everywhere and gets keys of its own in this
    /// context gets a new line at the end.
    fn index_of(&mut self, context: Context, action: Action) -> usize {
        let known = self.0.iter().position(|known| known.context == context && known.action == action);
        known.unwrap_or_else(|| {
            self.0.push(KeyBinding { context, keys: Vec::new(), action, help: action.name() });
            self.0.len() - 1
        })
    }

    fn bind(&mut self, context: Context, action: Action, key: KeyPress, place: &str) -> Option<String> {
        let name = key_name(key);
        let has = |binding: &&KeyBinding| binding.keys.contains(&key) && binding.action != action;
        if let Some(other) = self.0.iter().filter(|binding| binding.context == context).find(has) {
            let (context, other) = (context.name(), other.action.name());
            return Some(format!("{place}: `{name}` is already {other} in {context}; give {other} another key first"));
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
        (!hiding.is_empty()).then(|| format!("{place}: `{name}` still means {}", hiding.join(", ")))
    }
}

/// Parses a key name from the configuration: a character, `ctrl-` and a letter, or a word such as `enter`, `esc`,
/// `tab`, `space`, `pgdn`.
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

/// Returns the name of a key for display.
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
    fn a_clash_is_reported_with_its_place_and_changes_nothing() {
        let mut keys = Keymap::default();
        let change = |context, action, name| KeyChange {
            context,
            action,
            keys: vec![(key_of_name(name).unwrap_or(KeyPress::Esc), format!("config.yaml line 3, {name}"))],
        };
        let warnings = keys.change(&[
            change(View(Inbox), Action::Skip, "a"),
            change(View(Inbox), Action::Veto, "X"),
            change(Context::Everywhere, Action::Quit, "o"),
        ]);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(warnings[0].starts_with("config.yaml line 3, a: `a` is already approve in inbox"), "{}", warnings[0]);
        assert!(warnings[1].contains("still means cycle_order in inbox"), "{}", warnings[1]);
        assert_eq!(keys.action(View(Inbox), Char('a')), Some(Action::Approve));
        assert_eq!(
            keys.action(View(Inbox), Char('s')),
            Some(Action::Skip),
            "an action that got no new key keeps its old one"
        );
        assert_eq!(keys.action(View(Inbox), Char('X')), Some(Action::Veto));
        assert_eq!(keys.action(View(Inbox), Char('v')), None);
        assert_eq!(keys.action(View(Lineage), Char('o')), Some(Action::Quit));
        assert_eq!(keys.action(View(Inbox), Char('q')), None, "the old key is free");
    }

    #[test]
    fn a_key_for_an_action_without_effect_is_reported_with_its_place() {
        let mut keys = Keymap::default();
        let change = |context, action| KeyChange {
            context,
            action,
            keys: vec![(KeyPress::Char('z'), "config.yaml line 3 column 9".to_owned())],
        };
        let warnings = keys.change(&[
            change(View(Inbox), Action::ZoomIn),
            change(Context::Everywhere, Action::Approve),
            change(View(Inbox), Action::ShowHelp),
        ]);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        let expected = "config.yaml line 3 column 9: zoom_in has no effect in inbox, only in curves, progress";
        assert_eq!(warnings[0], expected);
        assert!(warnings[1].contains("approve has no effect in everywhere, only in inbox"), "{}", warnings[1]);
        assert_eq!(keys.action(View(Inbox), Char('z')), Some(Action::ShowHelp), "this action is available everywhere");
    }

    #[test]
    fn two_keys_can_be_swapped() {
        let mut keys = Keymap::default();
        let change = |action, key| KeyChange { context: View(Inbox), action, keys: vec![(key, String::new())] };
        let warnings = keys.change(&[change(Action::Approve, Char('v')), change(Action::Veto, Char('a'))]);
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(keys.action(View(Inbox), Char('a')), Some(Action::Veto));
    }
}
