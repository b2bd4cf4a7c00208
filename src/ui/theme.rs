//! Styles by meaning. The only file that names a colour.

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// A style for each meaning.
#[derive(Clone, Copy, Debug, Default)]
pub struct Theme {
    /// Ordinary text.
    pub text: Style,
    /// Less important text.
    pub muted: Style,
    /// Titles.
    pub title: Style,
    /// Names of values.
    pub label: Style,
    /// The selected row.
    pub selected: Style,
    /// Something went well.
    pub good: Style,
    /// Look.
    pub warning: Style,
    /// Something went wrong.
    pub bad: Style,
    /// Look before anything else.
    pub critical: Style,
    /// An added line.
    pub added: Style,
    /// A removed line.
    pub removed: Style,
    /// The words of an added line that are new.
    pub added_word: Style,
    /// The words of a removed line that are gone.
    pub removed_word: Style,
    /// The head of a hunk.
    pub hunk: Style,
    /// The head of a file.
    pub file: Style,
    /// The curve in question.
    pub curve: Style,
    /// The curve it is compared with.
    pub base_curve: Style,
    /// Kept experiments.
    pub kept: Style,
    /// Discarded experiments.
    pub discarded: Style,
    /// The running best.
    pub best: Style,
    /// Keys.
    pub key: Style,
}

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// Not YAML of a theme's shape; the message has line and column.
    #[error("theme: {0}")]
    Unreadable(String),
    /// A word that is no colour and no modifier.
    #[error("theme: `{0}` is no colour and no modifier")]
    UnknownWord(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    text: Vec<String>,
    muted: Vec<String>,
    title: Vec<String>,
    label: Vec<String>,
    selected: Vec<String>,
    good: Vec<String>,
    warning: Vec<String>,
    bad: Vec<String>,
    critical: Vec<String>,
    added: Vec<String>,
    removed: Vec<String>,
    added_word: Vec<String>,
    removed_word: Vec<String>,
    hunk: Vec<String>,
    #[serde(rename = "file")]
    path: Vec<String>,
    curve: Vec<String>,
    base_curve: Vec<String>,
    kept: Vec<String>,
    discarded: Vec<String>,
    best: Vec<String>,
    key: Vec<String>,
}

impl Theme {
    /// The theme for a terminal that shows colours, or does not.
    pub fn standard(colours: bool) -> Self {
        let text =
            if colours { include_str!("../../themes/dark.yaml") } else { include_str!("../../themes/mono.yaml") };
        // Both are read by a test; without styles everything is still told by glyph and word.
        Self::parse(text).unwrap_or_default()
    }

    /// Reads a theme file.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        let file: File = serde_yaml::from_str(text).map_err(|error| ThemeError::Unreadable(error.to_string()))?;
        Ok(Self {
            text: style(&file.text)?,
            muted: style(&file.muted)?,
            title: style(&file.title)?,
            label: style(&file.label)?,
            selected: style(&file.selected)?,
            good: style(&file.good)?,
            warning: style(&file.warning)?,
            bad: style(&file.bad)?,
            critical: style(&file.critical)?,
            added: style(&file.added)?,
            removed: style(&file.removed)?,
            added_word: style(&file.added_word)?,
            removed_word: style(&file.removed_word)?,
            hunk: style(&file.hunk)?,
            file: style(&file.path)?,
            curve: style(&file.curve)?,
            base_curve: style(&file.base_curve)?,
            kept: style(&file.kept)?,
            discarded: style(&file.discarded)?,
            best: style(&file.best)?,
            key: style(&file.key)?,
        })
    }
}

fn style(words: &[String]) -> Result<Style, ThemeError> {
    words.iter().try_fold(Style::default(), |style, word| {
        let modifier = match word.as_str() {
            "bold" => Some(Modifier::BOLD),
            "dim" => Some(Modifier::DIM),
            "italic" => Some(Modifier::ITALIC),
            "underlined" => Some(Modifier::UNDERLINED),
            "reversed" => Some(Modifier::REVERSED),
            _ => None,
        };
        if let Some(modifier) = modifier {
            return Ok(style.add_modifier(modifier));
        }
        let unknown = || ThemeError::UnknownWord(word.clone());
        let colour = |name: &str| name.replace('_', "").parse::<Color>().map_err(|_| unknown());
        match word.strip_prefix("on_") {
            Some(name) => Ok(style.bg(colour(name)?)),
            None => Ok(style.fg(colour(word)?)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_themes_read_and_mono_has_no_colour() -> Result<(), ThemeError> {
        let dark = Theme::parse(include_str!("../../themes/dark.yaml"))?;
        assert!(dark.bad.fg.is_some());
        let mono = Theme::parse(include_str!("../../themes/mono.yaml"))?;
        let styles = [mono.bad, mono.selected, mono.added, mono.removed_word, mono.curve, mono.key, mono.critical];
        assert!(styles.iter().all(|style| style.fg.is_none() && style.bg.is_none()));
        assert!(Theme::parse("text: [nocolour]").is_err());
        Ok(())
    }
}
