//! The palette: everything that can be done or opened, by a few letters of its name.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use crate::app::Action;
use crate::model::ExperimentId;

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
    pub hint: String,
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
    /// Finds the entries among all offers that match the input.
    pub(super) fn find(&mut self, offers: Vec<PaletteEntry>) {
        self.selected = 0;
        self.entries = matching(offers, self.input.value());
    }

    /// Returns the selected entry.
    pub fn entry(&self) -> Option<&PaletteEntry> {
        self.entries.get(self.selected)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_filter_and_rank() {
        let entry =
            |text: &str| PaletteEntry { offer: PaletteTarget::File(0), text: text.to_owned(), hint: String::new() };
        let found = matching(vec![entry("show lineage"), entry("toggle log"), entry("clear overlays")], "log");
        assert_eq!(found[0].text, "toggle log");
        assert!(found.iter().all(|entry| entry.text != "clear overlays"));
        assert_eq!(matching(vec![entry("a"), entry("b")], " ").len(), 2);
    }
}
