//! Loads themes and selects the one in use.

use crate::app;
use crate::config::Preferences;
use crate::terminal::Colours;
use crate::ui::{Depth, SHIPPED, Theme};

/// All themes, fitted to the terminal's colours.
pub(crate) struct ThemeFiles(Vec<(String, Theme)>);

impl ThemeFiles {
    /// Reads the shipped themes and the person's own, which replace shipped ones of the same name. Errors are added to
    /// the warnings with their line.
    pub(crate) fn read(preferences: &mut Preferences) -> Self {
        let depth = match Colours::from_environment() {
            Colours::Refused | Colours::Dumb => return Self(vec![("mono".to_owned(), Theme::mono())]),
            Colours::Sixteen => Depth::Sixteen,
            Colours::Indexed => Depth::Indexed,
            Colours::Full => Depth::Full,
        };
        let mut all: Vec<(String, Theme)> = Vec::new();
        for (name, text) in &preferences.themes {
            match Theme::parse(text) {
                Ok(theme) => all.push((name.clone(), theme.fitted(depth))),
                Err(error) => preferences.errors.push(format!("themes/{name}.yaml: {error}")),
            }
        }
        for (name, text) in SHIPPED {
            if !all.iter().any(|(known, _)| known == name) {
                all.push((name.to_owned(), Theme::parse(text).unwrap_or_default().fitted(depth)));
            }
        }
        Self(all)
    }

    /// Returns the themes' names and the one in use.
    pub(crate) fn known(&self, wanted: Option<String>, troubles: &mut Vec<String>) -> app::Themes {
        let names: Vec<String> = self.0.iter().map(|(name, _)| name.clone()).collect();
        let standard = if names.iter().any(|name| name == "dark") { "dark" } else { "mono" };
        let has = |name: &String| names.contains(name);
        if let Some(name) = wanted.as_ref().filter(|name| !has(name) && names.len() > 1) {
            troubles.push(format!("unknown theme `{name}`; available: {}", names.join(", ")));
        }
        let chosen = wanted.filter(has).unwrap_or_else(|| standard.to_owned());
        app::Themes { names, chosen, tried: None }
    }

    /// Returns the theme of a name.
    pub(crate) fn get(&self, name: &str) -> Theme {
        self.0.iter().find(|(known, _)| known == name).map_or_else(Theme::mono, |(_, theme)| *theme)
    }
}
