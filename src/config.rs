//! The person's preferences: `$XDG_CONFIG_HOME/countersign/config.yaml` and the themes next to it.
//!
//! An error in it never keeps the program from starting: valid settings are used, and each error is reported with its
//! line and column.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_yaml::Spanned;

use crate::alerts::AlertSettings;
use crate::app::{Action, Context, KeyChange, Keymap, TAB_WIDTH, key_of_name};
use crate::disk::read_text;

/// Larger files are not read.
const LARGEST: u64 = 256 * 1024;
/// The largest allowed tab width.
const WIDEST_TAB: usize = 16;

/// The person's preferences.
#[derive(Clone, Debug)]
pub struct Preferences {
    /// Name of the theme; `None` for the last chosen theme, else the default.
    pub theme: Option<String>,
    /// Directory for ledgers, policies and approved objects; `None` to keep them in each loop's repository.
    pub home: Option<PathBuf>,
    /// The reason why that directory is unknown; nothing can be decided then.
    pub home_trouble: Option<String>,
    /// Tab width for code, in cells, 1 to 16.
    pub tab_width: usize,
    /// True if the mouse is used.
    pub mouse: bool,
    /// True if the terminal window gets a title.
    pub window_title: bool,
    /// Alert settings for new changes in the inbox.
    pub notify: AlertSettings,
    /// The key bindings.
    pub keymap: Keymap,
    /// The person's own themes: name and text.
    pub themes: Vec<(String, String)>,
    /// Errors in the configuration, one sentence each, with line and column.
    pub errors: Vec<String>,
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
            notify: AlertSettings::default(),
            keymap: Keymap::default(),
            themes: Vec::new(),
            errors: Vec::new(),
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
    notify: AlertSettings,
    keys: BTreeMap<String, Spanned<BTreeMap<String, Spanned<Keys>>>>,
}

/// One key or a list of keys. A list has a position for each key; a single key has the position of its value.
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

            // `1` is also a key, although YAML parses it as a number.
            fn visit_u64<E: serde::de::Error>(self, key: u64) -> Result<Keys, E> {
                Ok(Keys::One(key.to_string()))
            }

            fn visit_i64<E: serde::de::Error>(self, key: i64) -> Result<Keys, E> {
                Ok(Keys::One(key.to_string()))
            }

            fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Keys, E> {
                Err(E::custom("YAML reads y, n, on, off, true and false as booleans: quote the key"))
            }

            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Keys, E> {
                Err(E::custom("a fractional number is not a key"))
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Keys, E> {
                Err(E::custom("YAML reads ~ as null: quote the key"))
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
    /// Reads the configuration in a directory; a missing file is not an error.
    pub fn read(directory: &Path) -> Self {
        let mut preferences = Self::default();
        let path = directory.join("config.yaml");
        match read(&path) {
            Ok(Some(text)) => preferences.apply(&text, &path.display().to_string()),
            Ok(None) => {}
            Err(error) => {
                let message = format!("{}: {error}", path.display());
                preferences.home_trouble = Some(format!("{message}; it may set `home`, so nothing can be decided"));
                preferences.errors.push(message);
            }
        }
        preferences.read_themes(&directory.join("themes"));
        preferences
    }

    /// Applies the text of a configuration; errors are prefixed with `name`.
    pub fn apply(&mut self, text: &str, name: &str) {
        let file: Option<ConfigFile> = match serde_yaml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                let message = format!("{name}: {error}");
                self.home_trouble =
                    Some(format!("{message}; it may set `home`, so nothing can be decided until it is fixed"));
                self.errors.push(format!("{message}; the whole file is ignored"));
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
                None => self.errors.push(format!(
                    "{name} line {}: `tab_width` must be from 1 to {WIDEST_TAB}, not {}; using {TAB_WIDTH}",
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
                let all: Vec<_> = Context::all().map(Context::name).collect();
                let line = actions.referenced.line();
                self.errors.push(format!(
                    "{name} line {line}: unknown context `{context}`; keys can be set for {}",
                    all.join(", ")
                ));
                continue;
            };
            for (action, keys) in actions.value {
                let line = keys.referenced.line();
                match Action::of_name(&action) {
                    Some(action) => changes.push(self.change(known, action, keys, name)),
                    None => self.errors.push(format!(
                        "{name} line {line}: unknown action `{action}`; the palette (:) lists all actions"
                    )),
                }
            }
        }
        let errors = self.keymap.change(&changes);
        self.errors.extend(errors);
    }

    fn take_home(&mut self, home: &str, place: &str) {
        let path = match (home.strip_prefix("~/"), std::env::var_os("HOME")) {
            (Some(below), Some(base)) => PathBuf::from(base).join(below),
            _ => PathBuf::from(home),
        };
        if path.is_absolute() {
            self.home = Some(path);
        } else {
            let message = format!("{place}: `home` must be an absolute path or begin with ~/");
            self.home_trouble = Some(format!("{message}; nothing can be decided until it is fixed"));
            self.errors.push(message);
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
                None => self.errors.push(format!(
                    "{place}: unknown key `{}`; use a single character, ctrl- and a letter, or a name such as enter, esc, tab, space, up or pgdn",
                    key.value
                )),
            }
        }
        KeyChange { context, action, keys: known }
    }

    fn read_themes(&mut self, directory: &Path) {
        let Ok(entries) = std::fs::read_dir(directory) else { return };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        paths.sort();
        for path in paths {
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            match read(&path) {
                Ok(text) => self.themes.extend(text.map(|text| (name.to_owned(), text))),
                Err(error) => self.errors.push(format!("{}: {error}", path.display())),
            }
        }
    }
}

/// Returns the text of a file; `None` if it does not exist.
fn read(path: &Path) -> std::io::Result<Option<String>> {
    match read_text(path, LARGEST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{KeyPress, ViewKind};

    fn parsed(text: &str) -> Preferences {
        let mut preferences = Preferences::default();
        preferences.apply(text, "config.yaml");
        preferences
    }

    #[test]
    fn valid_settings_are_used_and_errors_are_reported_with_their_place() {
        let all = parsed(
            "theme: light\nmouse: false\nkeys:\n  inbox:\n    skip: [x, ctrl-s]\n    aprove: A\n  inbocks: {skip: s}\n  lineage:\n    compare: [C, nokey]\n    revert: a\n",
        );
        assert_eq!((all.theme.as_deref(), all.mouse, all.window_title), (Some("light"), false, true));
        assert_eq!(all.keymap.action(Context::View(ViewKind::Inbox), KeyPress::Ctrl('s')), Some(Action::Skip));
        assert_eq!(all.keymap.action(Context::View(ViewKind::Lineage), KeyPress::Char('C')), Some(Action::Compare));
        assert_eq!(all.keymap.action(Context::View(ViewKind::Lineage), KeyPress::Char('a')), Some(Action::Approve));
        let messages = all.errors.join("\n");
        for wanted in [
            "config.yaml line 6: unknown action `aprove`",
            "config.yaml line 7: unknown context `inbocks`; keys can be set for everywhere, inbox",
            "config.yaml line 9 column 18: unknown key `nokey`",
            "config.yaml line 10 column 13: `a` is already approve in lineage",
        ] {
            assert!(messages.contains(wanted), "{wanted} in\n{messages}");
        }
        assert_eq!(all.errors.len(), 4, "{messages}");
    }

    #[test]
    fn tabs_have_a_width_within_bounds() {
        assert_eq!((parsed("").tab_width, parsed("tab_width: 8").tab_width), (4, 8));
        for wrong in ["0", "17", "-1", "99999999999"] {
            let all = parsed(&format!("mouse: true\ntab_width: {wrong}\n"));
            assert_eq!(all.tab_width, 4);
            assert_eq!(
                all.errors,
                [format!("config.yaml line 2: `tab_width` must be from 1 to 16, not {wrong}; using 4")]
            );
        }
    }

    #[test]
    fn a_broken_file_changes_nothing() {
        let all = parsed("theme: [\n");
        assert_eq!(all.keymap, Keymap::default());
        assert!(all.errors[0].starts_with("config.yaml: ") && all.errors[0].contains("line"), "{:?}", all.errors);
        assert!(parsed("").errors.is_empty());
    }
}
