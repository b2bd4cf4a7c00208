//! Preferences of the person: `$XDG_CONFIG_HOME/countersign/config.yaml` and the themes beside it.
//!
//! A mistake in it never keeps the program from opening: what can be understood is used, and each
//! mistake is told with its place.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_yaml::Spanned;

use crate::alerts::Calling;
use crate::app::{Action, Context, KeyChange, Keymap, TAB_WIDTH, key_of_name};
use crate::disk::read_text;

/// Larger files are not read.
const LARGEST: u64 = 256 * 1024;
/// The widest tab that a person may ask for.
const WIDEST_TAB: usize = 16;

/// What the person prefers.
#[derive(Clone, Debug)]
pub struct Preferences {
    /// Name of the theme; `None` for the standard one, or the one chosen last.
    pub theme: Option<String>,
    /// Where ledgers, policies and approved objects are kept; `None` for beside each loop's repository.
    pub home: Option<PathBuf>,
    /// Why it cannot be told where they are kept; nothing is decided then.
    pub home_trouble: Option<String>,
    /// Cells from one tab stop to the next where code is shown, 1 to 16.
    pub tab_width: usize,
    /// True when the mouse is used.
    pub mouse: bool,
    /// True when the terminal's window gets a title.
    pub window_title: bool,
    /// How the person is called when something new waits.
    pub notify: Calling,
    /// What keys mean.
    pub keymap: Keymap,
    /// Themes of the person's own: name and text.
    pub themes: Vec<(String, String)>,
    /// What could not be understood, a sentence each, with its place.
    pub troubles: Vec<String>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: None,
            home: None,
            home_trouble: None,
            tab_width: TAB_WIDTH,
            mouse: true,
            window_title: true,
            notify: Calling::default(),
            keymap: Keymap::default(),
            themes: Vec::new(),
            troubles: Vec::new(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ConfigFile {
    theme: Option<String>,
    home: Option<Spanned<String>>,
    tab_width: Option<Spanned<i64>>,
    mouse: Option<bool>,
    window_title: Option<bool>,
    notify: Calling,
    keys: BTreeMap<String, Spanned<BTreeMap<String, Spanned<Keys>>>>,
}

/// One key, or a list of them. A list knows the place of each; one key stands where its value does.
enum Keys {
    One(String),
    Many(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key or a list of keys")
            }

            fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Keys, E> {
                Ok(Keys::One(key.to_owned()))
            }

            // `1` is a key too, whatever YAML takes it for.
            fn visit_u64<E: serde::de::Error>(self, key: u64) -> Result<Keys, E> {
                Ok(Keys::One(key.to_string()))
            }

            fn visit_i64<E: serde::de::Error>(self, key: i64) -> Result<Keys, E> {
                Ok(Keys::One(key.to_string()))
            }

            fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Keys, E> {
                Err(E::custom(
                    "y, n, on, off, true and false are no keys in YAML but yes and no: put the key in quotes",
                ))
            }

            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Keys, E> {
                Err(E::custom("a number that is no whole one is no key"))
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Keys, E> {
                Err(E::custom("~ and nothing are the same in YAML: put the key in quotes"))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut keys: A) -> Result<Keys, A::Error> {
                let mut all = Vec::new();
                while let Some(key) = keys.next_element()? {
                    all.push(key);
                }
                Ok(Keys::Many(all))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Preferences {
    /// Reads the configuration below a folder; a missing one is no mistake.
    pub fn read(folder: &Path) -> Self {
        let mut preferences = Self::default();
        let path = folder.join("config.yaml");
        match read(&path) {
            Ok(Some(text)) => preferences.take(&text, &path.display().to_string()),
            Ok(None) => {}
            Err(error) => {
                let told = format!("{}: {error}", path.display());
                preferences.home_trouble = Some(format!("{told}; it may name a `home`, so nothing is decided"));
                preferences.troubles.push(told);
            }
        }
        preferences.read_themes(&folder.join("themes"));
        preferences
    }

    /// Takes the text of a configuration in; `name` stands before its mistakes.
    pub fn take(&mut self, text: &str, name: &str) {
        let file: Option<ConfigFile> = match serde_yaml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                let told = format!("{name}: {error}");
                self.home_trouble =
                    Some(format!("{told}; it may name a `home`, so nothing is decided until it can be read"));
                self.troubles.push(format!("{told}; everything is as without it"));
                return;
            }
        };
        let file = file.unwrap_or_default();
        self.theme = file.theme;
        if let Some(home) = file.home {
            self.take_home(&home.value, &format!("{name} line {}", home.referenced.line()));
        }
        if let Some(wanted) = file.tab_width {
            match usize::try_from(wanted.value).ok().filter(|width| (1..=WIDEST_TAB).contains(width)) {
                Some(width) => self.tab_width = width,
                None => self.troubles.push(format!(
                    "{name} line {}: `tab_width` must be from 1 to {WIDEST_TAB}, not {}; it is {TAB_WIDTH}",
                    wanted.referenced.line(),
                    wanted.value
                )),
            }
        }
        self.mouse = file.mouse.unwrap_or(true);
        self.window_title = file.window_title.unwrap_or(true);
        self.notify = file.notify;
        let mut changes = Vec::new();
        for (context, actions) in file.keys {
            let Some(known) = Context::of_name(&context) else {
                let all: Vec<_> = Context::ALL.iter().map(|(_, name)| *name).collect();
                let line = actions.referenced.line();
                self.troubles.push(format!("{name} line {line}: keys are for {}, not `{context}`", all.join(", ")));
                continue;
            };
            for (action, keys) in actions.value {
                let line = keys.referenced.line();
                match Action::of_name(&action) {
                    Some(action) => changes.push(self.change(known, action, keys, name)),
                    None => self.troubles.push(format!(
                        "{name} line {line}: there is no action `{action}`; the palette (:) lists them all"
                    )),
                }
            }
        }
        let told = self.keymap.change(&changes);
        self.troubles.extend(told);
    }

    fn take_home(&mut self, home: &str, place: &str) {
        let path = match (home.strip_prefix("~/"), std::env::var_os("HOME")) {
            (Some(below), Some(base)) => PathBuf::from(base).join(below),
            _ => PathBuf::from(home),
        };
        if path.is_absolute() {
            self.home = Some(path);
        } else {
            let told = format!("{place}: `home` must be an absolute path, or begin with ~/");
            self.home_trouble = Some(format!("{told}; nothing is decided until it is"));
            self.troubles.push(told);
        }
    }

    fn change(&mut self, context: Context, action: Action, keys: Spanned<Keys>, name: &str) -> KeyChange {
        let keys = match keys.value {
            Keys::One(key) => vec![Spanned::new(key, keys.referenced, keys.defined)],
            Keys::Many(keys) => keys,
        };
        let mut known = Vec::new();
        for key in keys {
            let place = format!("{name} line {} column {}", key.referenced.line(), key.referenced.column());
            match key_of_name(&key.value) {
                Some(found) => known.push((found, place)),
                None => self.troubles.push(format!(
                    "{place}: `{}` is no key; write one character, ctrl- and a letter, or enter, esc, tab, space, up, pgdn and so on",
                    key.value
                )),
            }
        }
        KeyChange { context, action, keys: known }
    }

    fn read_themes(&mut self, folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
        paths.sort();
        for path in paths {
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            match read(&path) {
                Ok(text) => self.themes.extend(text.map(|text| (name.to_owned(), text))),
                Err(error) => self.troubles.push(format!("{}: {error}", path.display())),
            }
        }
    }
}

/// The text of a file; `None` when it is not there.
fn read(path: &Path) -> std::io::Result<Option<String>> {
    match read_text(path, LARGEST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::KeyPress;

    fn taken(text: &str) -> Preferences {
        let mut preferences = Preferences::default();
        preferences.take(text, "config.yaml");
        preferences
    }

    #[test]
    fn what_is_understood_is_used_and_the_rest_is_told_with_its_place() {
        let all = taken(
            "theme: light\nmouse: false\nkeys:\n  inbox:\n    skip: [x, ctrl-s]\n    aprove: A\n  inbocks: {skip: s}\n  lineage:\n    compare: [C, nokey]\n    revert: a\n",
        );
        assert_eq!((all.theme.as_deref(), all.mouse, all.window_title), (Some("light"), false, true));
        assert_eq!(all.keymap.action(Context::Inbox, KeyPress::Ctrl('s')), Some(Action::Skip));
        assert_eq!(all.keymap.action(Context::Lineage, KeyPress::Char('C')), Some(Action::Compare));
        assert_eq!(all.keymap.action(Context::Lineage, KeyPress::Char('a')), Some(Action::Approve));
        let told = all.troubles.join("\n");
        for wanted in [
            "config.yaml line 6: there is no action `aprove`",
            "config.yaml line 7: keys are for everywhere, inbox",
            "config.yaml line 9 column 18: `nokey` is no key",
            "config.yaml line 10 column 13: `a` is already approve in lineage",
        ] {
            assert!(told.contains(wanted), "{wanted} in\n{told}");
        }
        assert_eq!(all.troubles.len(), 4, "{told}");
    }

    #[test]
    fn tabs_have_a_width_within_bounds() {
        assert_eq!((taken("").tab_width, taken("tab_width: 8").tab_width), (4, 8));
        for wrong in ["0", "17", "-1", "99999999999"] {
            let all = taken(&format!("mouse: true\ntab_width: {wrong}\n"));
            assert_eq!(all.tab_width, 4);
            assert_eq!(
                all.troubles,
                [format!("config.yaml line 2: `tab_width` must be from 1 to 16, not {wrong}; it is 4")]
            );
        }
    }

    #[test]
    fn a_broken_file_changes_nothing() {
        let all = taken("theme: [\n");
        assert_eq!(all.keymap, Keymap::default());
        assert!(all.troubles[0].starts_with("config.yaml: ") && all.troubles[0].contains("line"), "{:?}", all.troubles);
        assert!(taken("").troubles.is_empty());
    }
}
