//! What the palette offers, and its keys.

use super::line::type_key;
use super::seek::go_to_file;
use crate::app::decide::policy_line;
use crate::app::navigate::go_to;
use crate::app::segment;
use crate::app::{
    Action, Effect, KeyPress, Modal, Palette, PaletteEntry, PaletteTarget, PolicyLine, Shell, State, key_name,
};
use crate::policy::text::Visible;

/// Opens the palette.
pub(in crate::app) fn open(state: &mut State) {
    let mut palette = Palette::default();
    palette.find(offers(state));
    state.open(Modal::Palette(Box::new(palette)));
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
            text: match binding.action.name().replace('_', " ") {
                name if binding.help.starts_with(&name) => binding.help.to_owned(),
                name => format!("{name}  {}", binding.help),
            },
            hint: binding.keys.first().map(|key| key_name(*key)).unwrap_or_default(),
        });
    let themes = state.screen.themes.names.iter().map(|name| PaletteEntry {
        offer: PaletteTarget::Theme(name.clone()),
        text: format!("theme {}", Visible::of(name)),
        hint: if *name == state.screen.themes.chosen { "in use".to_owned() } else { "theme".to_owned() },
    });
    let tables = state.snapshot.reading.other_tables.iter().map(|path| PaletteEntry {
        offer: PaletteTarget::Table(path.clone()),
        text: format!("read {} instead", Visible::of(path)),
        hint: "table".to_owned(),
    });
    let segments = &state.snapshot.segments;
    let several = if segments.len() > 1 { segments.as_slice() } else { &[] };
    let segments = several.iter().enumerate().map(|(at, segment)| PaletteEntry {
        offer: PaletteTarget::Segment(at),
        text: format!("segment: {}", Visible::line(&segment.display_name(at)).fit(80)),
        hint: if at == state.snapshot.shown {
            "shown".to_owned()
        } else {
            format!("{} exp", segment.experiments.len())
        },
    });
    let files = state.review.doc.as_ref().map_or(&[] as &[_], |doc| doc.files());
    let files = files.iter().enumerate().map(|(at, file)| PaletteEntry {
        offer: PaletteTarget::File(at),
        text: Visible::line(&file.path).to_string(),
        hint: format!("+{} −{}", file.added, file.removed),
    });
    let experiments = state.snapshot.experiments.iter().rev().map(|experiment| PaletteEntry {
        offer: PaletteTarget::Experiment(experiment.id.clone()),
        text: format!("{}  {}", Visible::line(&experiment.name()), Visible::line(&experiment.row.description)),
        hint: Visible::line(&experiment.row.word).fit(12),
    });
    actions.chain(segments).chain(tables).chain(themes).chain(files).chain(experiments).collect()
}

/// Handles a key in the palette, except Enter.
pub(super) fn key_in_palette(state: &mut State, mut palette: Palette, key: KeyPress) -> Option<Modal> {
    let last = palette.entries.len().saturating_sub(1);
    match key {
        KeyPress::Esc => {
            state.screen.themes.tried = None;
            return None;
        }
        KeyPress::Down | KeyPress::Tab | KeyPress::Ctrl('n') => palette.selected = (palette.selected + 1).min(last),
        KeyPress::Up | KeyPress::Ctrl('p') => palette.selected = palette.selected.saturating_sub(1),
        KeyPress::PageDown => palette.selected = (palette.selected + 10).min(last),
        KeyPress::PageUp => palette.selected = palette.selected.saturating_sub(10),
        _ => {
            type_key(&mut palette.input, key);
            palette.find(offers(state));
        }
    }
    // A selected theme is previewed.
    state.screen.themes.tried = palette.entry().and_then(|entry| match &entry.offer {
        PaletteTarget::Theme(name) => Some(name.clone()),
        _ => None,
    });
    Some(Modal::Palette(Box::new(palette)))
}

/// Performs the selected offer; an action is returned to be performed.
pub(super) fn choose(state: &mut State, palette: &Palette, effects: &mut Vec<Effect>) -> Option<Action> {
    state.screen.themes.tried = None;
    match palette.entry()?.offer.clone() {
        PaletteTarget::Action(action) => return Some(action),
        PaletteTarget::Segment(at) => segment::show(state, at),
        PaletteTarget::Experiment(id) => go_to(state, id),
        PaletteTarget::File(at) => go_to_file(state, at),
        PaletteTarget::Table(path) => policy_line::open(state, PolicyLine::Table(path)),
        PaletteTarget::Theme(name) => {
            state.screen.themes.chosen.clone_from(&name);
            effects.push(Effect::Shell(Shell::KeepTheme(name)));
        }
    }
    None
}
