//! The palette: everything that can be done or opened, by a few letters of its name.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use super::line::type_key;
use super::seek::go_to_file;
use crate::app::decide::policy_line;
use crate::app::keymap::KeyPress;
use crate::app::navigate::go_to;
use crate::app::segment;
use crate::app::update::act;
use crate::app::{Action, Effect, Modal, PolicyLine, Shell, State, key_name};
use crate::model::ExperimentId;
use crate::policy::text::Visible;

/// Maximum number of entries.
const MOST: usize = 200;

/// An offer of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaletteTarget {
    /// Performs this action.
    Action(Action),
    /// Goes to this experiment.
    Experiment(ExperimentId),
    /// Goes to this file of the shown change, by its index.
    File(usize),
    /// Shows this segment of the results, by its index.
    Segment(usize),
    /// Uses this theme.
    Theme(String),
    /// Reads this results table instead.
    Table(String),
}

/// An entry of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteEntry {
    /// The offer.
    pub offer: PaletteTarget,
    /// Its name; visible text.
    pub text: String,
    /// Its key or kind, shown at the right; visible text.
    pub beside: String,
}

/// The open palette.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    /// The letters typed.
    pub input: Input,
    /// The matching entries, the best first.
    pub entries: Vec<PaletteEntry>,
    /// The selected entry.
    pub selected: usize,
}

impl Palette {
    pub(in crate::app) fn open(state: &State) -> Self {
        let mut palette = Self::default();
        palette.refresh(state);
        palette
    }

    /// Finds the entries that match the input.
    pub(in crate::app) fn refresh(&mut self, state: &State) {
        self.selected = 0;
        self.entries = matching(offers(state), self.input.value());
    }

    /// Returns the selected entry.
    pub fn entry(&self) -> Option<&PaletteEntry> {
        self.entries.get(self.selected)
    }
}

/// Returns everything that can be offered: actions first, then segments, tables, themes, files, and experiments from
/// the newest.
fn offers(state: &State) -> Vec<PaletteEntry> {
    let context = state.context();
    let mut seen = std::collections::HashSet::new();
    let actions = state
        .screen
        .keymap
        .bindings(context)
        .filter(|binding| state.offers(binding.action) && seen.insert(binding.action))
        .map(|binding| PaletteEntry {
            offer: PaletteTarget::Action(binding.action),
            text: format!("{}  {}", binding.action.name().replace('_', " "), binding.help),
            beside: binding.keys.first().map(|key| key_name(*key)).unwrap_or_default(),
        });
    let themes = state.screen.themes.names.iter().map(|name| PaletteEntry {
        offer: PaletteTarget::Theme(name.clone()),
        text: format!("theme {}", Visible::of(name)),
        beside: if *name == state.screen.themes.chosen { "in use".to_owned() } else { "theme".to_owned() },
    });
    let tables = state.snapshot.reading.other_tables.iter().map(|path| PaletteEntry {
        offer: PaletteTarget::Table(path.clone()),
        text: format!("read {} instead", Visible::of(path)),
        beside: "table".to_owned(),
    });
    let segments = &state.snapshot.segments;
    let several = if segments.len() > 1 { segments.as_slice() } else { &[] };
    let segments = several.iter().enumerate().map(|(at, segment)| PaletteEntry {
        offer: PaletteTarget::Segment(at),
        text: format!("segment: {}", Visible::line(&segment.called(at)).fit(80)),
        beside: if at == state.snapshot.shown {
            "shown".to_owned()
        } else {
            format!("{} exp", segment.experiments.len())
        },
    });
    let files = state.review.doc.as_ref().map_or(&[] as &[_], |doc| doc.files());
    let files = files.iter().enumerate().map(|(at, file)| PaletteEntry {
        offer: PaletteTarget::File(at),
        text: Visible::line(&file.path).to_string(),
        beside: format!("+{} −{}", file.added, file.removed),
    });
    let experiments = state.snapshot.experiments.iter().rev().map(|experiment| PaletteEntry {
        offer: PaletteTarget::Experiment(experiment.id.clone()),
        text: format!("{}  {}", Visible::line(&experiment.name()), Visible::line(&experiment.row.description)),
        beside: Visible::line(&experiment.row.word).fit(12),
    });
    actions.chain(segments).chain(tables).chain(themes).chain(files).chain(experiments).collect()
}

fn matching(entries: Vec<PaletteEntry>, letters: &str) -> Vec<PaletteEntry> {
    if letters.trim().is_empty() {
        return entries.into_iter().take(MOST).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(letters, CaseMatching::Smart, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, usize, PaletteEntry)> = entries
        .into_iter()
        .enumerate()
        .filter_map(|(at, entry)| {
            let score = pattern.score(Utf32Str::new(&entry.text, &mut buffer), &mut matcher)?;
            Some((score, at, entry))
        })
        .collect();
    // Ties keep the order in which they were offered.
    scored.sort_by_key(|(score, at, _)| (std::cmp::Reverse(*score), *at));
    scored.into_iter().take(MOST).map(|(_, _, entry)| entry).collect()
}

pub(in crate::app) fn key_in_palette(
    state: &mut State,
    mut palette: Palette,
    key: KeyPress,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    let last = palette.entries.len().saturating_sub(1);
    match key {
        KeyPress::Esc => {
            state.screen.themes.tried = None;
            return None;
        }
        KeyPress::Enter => {
            state.screen.themes.tried = None;
            if let Some(entry) = palette.entry() {
                perform(state, entry.offer.clone(), effects);
            }
            // The chosen action may have opened a window of its own.
            return state.window.modal.take();
        }
        KeyPress::Down | KeyPress::Tab | KeyPress::Ctrl('n') => palette.selected = (palette.selected + 1).min(last),
        KeyPress::Up | KeyPress::Ctrl('p') => palette.selected = palette.selected.saturating_sub(1),
        KeyPress::PageDown => palette.selected = (palette.selected + 10).min(last),
        KeyPress::PageUp => palette.selected = palette.selected.saturating_sub(10),
        _ => {
            type_key(&mut palette.input, key);
            palette.refresh(state);
        }
    }
    // A selected theme is previewed.
    state.screen.themes.tried = palette.entry().and_then(|entry| match &entry.offer {
        PaletteTarget::Theme(name) => Some(name.clone()),
        _ => None,
    });
    Some(Modal::Palette(Box::new(palette)))
}

fn perform(state: &mut State, offer: PaletteTarget, effects: &mut Vec<Effect>) {
    match offer {
        PaletteTarget::Action(action) => act(state, action, effects),
        PaletteTarget::Segment(at) => segment::show(state, at),
        PaletteTarget::Experiment(id) => go_to(state, id),
        PaletteTarget::File(at) => go_to_file(state, at),
        PaletteTarget::Table(path) => policy_line::open(state, PolicyLine::Table(path)),
        PaletteTarget::Theme(name) => {
            state.screen.themes.chosen.clone_from(&name);
            effects.push(Effect::Shell(Shell::KeepTheme(name)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_filter_and_rank() {
        let entry =
            |text: &str| PaletteEntry { offer: PaletteTarget::File(0), text: text.to_owned(), beside: String::new() };
        let found = matching(vec![entry("show lineage"), entry("toggle log"), entry("clear overlays")], "log");
        assert_eq!(found[0].text, "toggle log");
        assert!(found.iter().all(|entry| entry.text != "clear overlays"));
        assert_eq!(matching(vec![entry("a"), entry("b")], " ").len(), 2);
    }
}
