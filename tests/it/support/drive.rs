//! The application without a terminal: key scripts through keymap, update and draw.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign::app::{Drawn, Editing, Effect, Event, Key, State, update};
use countersign::cli::carry_out;
use countersign::model::Drafts;
use countersign::observe::{View, now_ms};
use countersign::query::{Memory, Request, answer, archived};
use countersign::ui::{Theme, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::Loop;

/// Seven hours after every commit that tests make.
pub const MORNING_MS: i64 = 1_773_032_400_000;

/// What a person does with a file in their editor.
pub type Editor = fn(&Editing) -> Result<Option<String>, String>;

/// A person at a screen, on a real repository.
pub struct Driver<'a> {
    pub a_loop: &'a Loop,
    pub state: State,
    pub left: bool,
    pub copied: Option<String>,
    pub calls: Vec<countersign::call::Call>,
    /// What was handed to the editor.
    pub edits: Vec<Editing>,
    /// What the person writes there; `None` when it stays open.
    pub editor: Option<Editor>,
    /// Drafts that were kept last.
    pub kept: Drafts,
    /// Names of runs that were kept last.
    pub run_names: BTreeMap<String, String>,
    /// What stands on the screen.
    pub drawn: Drawn,
    terminal: Terminal<TestBackend>,
    theme: Theme,
}

impl<'a> Driver<'a> {
    pub fn new(a_loop: &'a Loop, width: u16, height: u16) -> Self {
        Self::at(a_loop, width, height, MORNING_MS)
    }

    /// The same at another time.
    pub fn at(a_loop: &'a Loop, width: u16, height: u16, now_ms: i64) -> Self {
        let view = view(a_loop);
        let state = State::new((width, height), &view, now_ms);
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut driver = Self {
            a_loop,
            state,
            left: false,
            copied: None,
            calls: Vec::new(),
            edits: Vec::new(),
            editor: None,
            kept: Drafts::default(),
            run_names: BTreeMap::new(),
            drawn: Drawn::default(),
            terminal,
            theme: Theme::dark(),
        };
        driver.take(Event::Tick(now_ms));
        driver.draw();
        driver
    }

    /// Runs an event and all its effects to rest.
    pub fn take(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in update(&mut self.state, event) {
                events.extend(self.carry_out(effect));
            }
        }
    }

    pub fn carry_out(&mut self, effect: Effect) -> Vec<Event> {
        match effect {
            Effect::Quit => {
                self.left = true;
                Vec::new()
            }
            Effect::Copy(text) => {
                self.copied = Some(text);
                Vec::new()
            }
            Effect::KeepTheme(_) => Vec::new(),
            Effect::KeepDrafts(drafts) => {
                self.kept = drafts.as_ref().clone();
                Vec::new()
            }
            Effect::Edit(editing) => {
                let written = self.editor.map(|editor| editor(&editing));
                self.edits.push(*editing.clone());
                written.map(|result| Event::Edited(editing, result)).into_iter().collect()
            }
            Effect::Call(call) => {
                self.calls.push(call);
                Vec::new()
            }
            Effect::KeepRunNames(names) => {
                self.run_names = (*names).clone();
                Vec::new()
            }
            Effect::Ask(Request::Curves(trial)) => {
                let memory = Memory::with_archive(self.a_loop.watched().archive_path());
                vec![Event::Answered(archived(&memory, trial))]
            }
            Effect::Ask(question) => {
                let watched = self.a_loop.watched();
                let Ok(repo) = watched.repo() else { return Vec::new() };
                let scratch = repo.scratch().unwrap();
                let mut memory = Memory::with_archive(watched.archive_path());
                vec![Event::Answered(answer(
                    &scratch,
                    &mut memory,
                    &self.state.snapshot,
                    &self.state.policy,
                    &question,
                ))]
            }
            decide => {
                // Taken from the end: what was told first comes first.
                let mut events = carry_out(Ok(self.a_loop.desk()), decide);
                events.insert(0, Event::Observed(view(self.a_loop)));
                events[1..].reverse();
                events
            }
        }
    }

    /// Draws with another theme from now on.
    pub fn with_theme(&mut self, theme: &Theme) -> &mut Self {
        self.theme = *theme;
        self.draw();
        self
    }

    pub fn draw(&mut self) {
        let (state, theme) = (&self.state, &self.theme);
        let mut drawn = Drawn::default();
        self.terminal.draw(|frame| drawn = draw(frame, state, theme)).unwrap();
        self.drawn = drawn;
        self.take(Event::Drawn(drawn));
        // Nothing is typed before it stands there.
        self.take(Event::Faced(drawn));
    }

    /// Types keys as in `jj<enter>a`, drawing after each.
    pub fn keys(&mut self, script: &str) -> &mut Self {
        let mut rest = script;
        while let Some(first) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
            let (key, after) = match named.and_then(|(name, after)| Some((key_of(name)?, after))) {
                Some(found) => found,
                None => (Key::Char(first), &rest[first.len_utf8()..]),
            };
            self.take(Event::Key(key));
            self.draw();
            rest = after;
        }
        self
    }

    /// Looks at the loop again, as the watching thread does.
    pub fn observe(&mut self) {
        let view = view(self.a_loop);
        self.take(Event::Observed(view));
        self.draw();
        self.look();
    }

    /// A person looks at what came before they press a key.
    pub fn look(&mut self) -> &mut Self {
        self.take(Event::Tick(self.state.now_ms + 1000));
        self
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        self.terminal.backend_mut().resize(width, height);
        self.take(Event::Resize(width, height));
        self.draw();
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += (unicode_width::UnicodeWidthStr::width(symbol) as u16).max(1);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Runs of one style, a line each, for the rows that have any.
    pub fn styles(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut run: Option<(String, String)> = None;
            let mut finish = |run: &mut Option<(String, String)>| {
                if let Some((style, words)) =
                    run.take().filter(|(style, words)| !style.is_empty() && !words.trim().is_empty())
                {
                    text.push_str(&format!("{y:>2} {style}: {}\n", words.trim()));
                }
            };
            for x in 0..buffer.area.width {
                let cell = &buffer[(x, y)];
                let style = [(cell.fg, "fg"), (cell.bg, "bg")]
                    .iter()
                    .filter(|(colour, _)| *colour != ratatui::style::Color::Reset)
                    .map(|(colour, name)| format!("{name} {colour}"))
                    .chain((!cell.modifier.is_empty()).then(|| format!("{:?}", cell.modifier)))
                    .collect::<Vec<_>>()
                    .join(" ");
                match &mut run {
                    Some((same, words)) if *same == style => words.push_str(cell.symbol()),
                    _ => {
                        finish(&mut run);
                        run = Some((style, cell.symbol().to_owned()));
                    }
                }
            }
            finish(&mut run);
        }
        text
    }
}

fn key_of(name: &str) -> Option<Key> {
    Some(match name {
        "enter" => Key::Enter,
        "esc" => Key::Esc,
        "tab" => Key::Tab,
        "up" => Key::Up,
        "down" => Key::Down,
        "pgdn" => Key::PageDown,
        "pgup" => Key::PageUp,
        "backspace" => Key::Backspace,
        "c-c" => Key::Ctrl('c'),
        _ => return None,
    })
}

pub fn view(a_loop: &Loop) -> View {
    let mut watched = countersign::observe::Watched::open(a_loop.dir(), &a_loop.state(), true).unwrap();
    watched.look(now_ms());
    View { snapshot: Arc::new(watched.snapshot()), policy: Arc::new(watched.policy().clone()) }
}
