//! The application without a terminal: keys go through keymap, update and draw, and a test reads as what a person does
//! and sees. `driver.press("a").confirm().shows("Enter commits").press("Enter")`, then
//! `driver.screen().inbox().row(2).shows("warmup")`: an assertion names the part of the screen that it is about, and a
//! failure prints all of it.
//!
//! To watch a test, play it in your own terminal: `cargo run --example watch-test windows::NAME` runs the test of that
//! name with a pause of 400 ms after each screen (another number of milliseconds may follow the name), in the colours
//! of the program, with the name of the test and the keys below. It does nothing else than to set
//! `COUNTERSIGN_WATCH`, which has each driver write what it draws to `/dev/tty`: any test that has a driver can be
//! watched, and there is no script that could differ from the test. A screen larger than your terminal is cut.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign::app::{Drawn, Editing, Effect, Event, KeyPress, Modal, ScreenLayout, Shell, State, key_of_name};
use countersign::decide::Intake;
use countersign::editor::EditOutcome;
use countersign::model::{Command, Drafts, Failure};
use countersign::query::{QueryCache, Request, answer, stored};
use countersign::runtime::{Outside, apply, carry_out};
use countersign::ui::{Theme, draw};
use countersign::watch::{View, now_ms};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::Loop;
use super::screen::Screen;
use super::watch::Watch;

/// Seven hours after every commit that tests make.
pub const MORNING_MS: i64 = 1_773_032_400_000;

/// What a person does with a file in their editor.
pub type Editor = fn(&Editing) -> Result<Option<String>, String>;

/// A person at a screen, on a real repository.
pub struct Driver<'a> {
    pub state: State,
    /// Answers, decisions, and what the state asked of the terminal and the disk.
    pub outside: Beside<'a>,
    /// What stands on the screen.
    pub drawn: Drawn,
    terminal: Terminal<TestBackend>,
    theme: Theme,
    /// Where things are on it.
    shape: ScreenLayout,
    watch: Option<Watch>,
    /// When what lies at the door is taken in.
    intake: Intake,
}

/// The repository that answers and decides, and a record of everything else.
pub struct Beside<'a> {
    pub a_loop: &'a Loop,
    pub left: bool,
    pub copied: Option<String>,
    pub calls: Vec<countersign::alerts::Alert>,
    /// Files handed to the editor.
    pub edits: Vec<Editing>,
    /// The person's edit; `None` leaves the editor open.
    pub editor: Option<Editor>,
    /// The drafts kept last.
    pub kept: Drafts,
    /// The names of runs kept last.
    pub run_names: BTreeMap<String, String>,
}

impl Outside for Beside<'_> {
    fn ask(&mut self, request: Request, state: &State) -> Vec<Event> {
        let watched = self.a_loop.watched();
        let mut memory = QueryCache::with_store(watched.store_path());
        if let Request::Curves(trial) = request {
            return vec![Event::Answered(stored(&memory, trial))];
        }
        let Ok(repo) = watched.repo() else { return Vec::new() };
        let scratch = repo.scratch().unwrap();
        vec![Event::Answered(answer(&scratch, &mut memory, &state.snapshot, &state.policy, &request))]
    }

    fn decide(&mut self, command: Command, _: &State) -> Vec<Event> {
        let results = carry_out(Ok(self.a_loop.decider()), command);
        // The watcher looks again when the answer has come, as in the terminal.
        results.into_iter().chain(std::iter::once(Event::Observed(view(self.a_loop)))).collect()
    }

    fn shell(&mut self, shell: Shell, _: &State) -> Vec<Event> {
        match shell {
            Shell::Quit => self.left = true,
            Shell::Copy(text) => self.copied = Some(text),
            Shell::KeepDrafts(drafts) => self.kept = drafts.as_ref().clone(),
            Shell::Edit(editing) => {
                let written = self.editor.map(|editor| editor(&editing));
                self.edits.push(*editing.clone());
                let outcome = |text: Option<String>| text.map_or(EditOutcome::Unchanged, EditOutcome::Changed);
                let result = written.map(|result| result.map(outcome).map_err(Failure::of));
                return result.map(|result| Event::Edited(editing, result)).into_iter().collect();
            }
            Shell::Alert(call) => self.calls.push(call),
            Shell::KeepRunNames(names) => self.run_names = (*names).clone(),
            Shell::KeepTheme(_) | Shell::Measure(_) | Shell::Save(_) => {}
        }
        Vec::new()
    }
}

/// The open window, to be read and answered.
pub struct Window<'d, 'a>(&'d mut Driver<'a>);

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
            state,
            outside: Beside {
                a_loop,
                left: false,
                copied: None,
                calls: Vec::new(),
                edits: Vec::new(),
                editor: None,
                kept: Drafts::default(),
                run_names: BTreeMap::new(),
            },
            drawn: Drawn::default(),
            terminal,
            theme: Theme::dark(),
            shape: ScreenLayout::default(),
            watch: Watch::wanted(),
            intake: Intake::default(),
        };
        driver.take(Event::Tick(now_ms));
        driver.draw();
        driver
    }

    /// Runs an event and all its effects to rest.
    pub fn take(&mut self, event: Event) {
        apply(&mut self.state, Some(&mut self.intake), &mut self.outside, event);
    }

    /// Carries out one effect that a test held back.
    pub fn carry_out(&mut self, effect: Effect) -> Vec<Event> {
        match effect {
            Effect::Ask(request) => self.outside.ask(request, &self.state),
            Effect::Decide(command) => self.outside.decide(command, &self.state),
            Effect::Shell(shell) => self.outside.shell(shell, &self.state),
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
        self.shape = state.layout();
        self.terminal.draw(|frame| drawn = draw(frame, state, theme)).unwrap();
        self.drawn = drawn;
        if let Some(watch) = &mut self.watch {
            watch.show(self.terminal.backend().buffer());
        }
        self.take(Event::Drawn(drawn));
        // Nothing is typed before it stands there.
        self.take(Event::SeenUntil(drawn));
    }

    /// Types keys as in `jj<enter>a`, drawing after each.
    pub fn keys(&mut self, script: &str) -> &mut Self {
        let mut rest = script;
        while let Some(first) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
            let (key, after) = match named.and_then(|(name, after)| Some((key_of(name)?, after))) {
                Some(found) => found,
                None => (KeyPress::Char(first), &rest[first.len_utf8()..]),
            };
            self.strike(key);
            rest = after;
        }
        self
    }

    /// Presses a key by the name that tables of keys give it: `a`, `Enter`, `Ctrl-c`.
    pub fn press(&mut self, name: &str) -> &mut Self {
        self.strike(key_of_name(name).unwrap_or_else(|| panic!("unknown key `{name}`")));
        self
    }

    /// Types a text, seeing each letter.
    pub fn types(&mut self, text: &str) -> &mut Self {
        text.chars().for_each(|letter| self.strike(KeyPress::Char(letter)));
        self
    }

    /// Types before the next screen is there; `\r` is Enter.
    pub fn types_ahead(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.hit(if letter == '\r' { KeyPress::Enter } else { KeyPress::Char(letter) });
        }
        self
    }

    fn strike(&mut self, key: KeyPress) {
        self.hit(key);
        self.draw();
    }

    fn hit(&mut self, key: KeyPress) {
        if let Some(watch) = &mut self.watch {
            watch.key(key);
        }
        self.take(Event::Key(key));
    }

    /// The window that lies over the others.
    pub fn window(&mut self) -> Window<'_, 'a> {
        assert!(self.state.window.modal.is_some(), "no window is open:\n{}", self.screen());
        Window(self)
    }

    /// The window that ends in a commit.
    pub fn confirm(&mut self) -> Window<'_, 'a> {
        let is_open = matches!(self.state.window.modal, Some(Modal::Confirm(_)));
        assert!(is_open, "nothing is to be confirmed:\n{}", self.screen());
        Window(self)
    }

    /// Looks at the loop again, as the watching thread does.
    pub fn observe(&mut self) {
        let view = view(self.outside.a_loop);
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

    /// The screen, in parts and as text.
    pub fn screen(&self) -> Screen {
        Screen::new(self.terminal.backend().buffer(), self.shape, self.state.screen.notice.is_some())
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

impl<'d, 'a> Window<'d, 'a> {
    /// Fails unless these words stand in it; they may go on in the next row.
    #[track_caller]
    pub fn shows(self, words: &str) -> Self {
        self.0.screen().window().shows(words);
        self
    }

    /// Fails where these words stand in it.
    #[track_caller]
    pub fn lacks(self, words: &str) -> Self {
        self.0.screen().window().lacks(words);
        self
    }

    /// Presses a key, which may close it.
    pub fn press(self, name: &str) -> &'d mut Driver<'a> {
        self.0.press(name)
    }

    /// Types a text into it.
    pub fn types(self, text: &str) -> &'d mut Driver<'a> {
        self.0.types(text)
    }
}

fn key_of(name: &str) -> Option<KeyPress> {
    Some(match name {
        "enter" => KeyPress::Enter,
        "esc" => KeyPress::Esc,
        "tab" => KeyPress::Tab,
        "up" => KeyPress::Up,
        "down" => KeyPress::Down,
        "pgdn" => KeyPress::PageDown,
        "pgup" => KeyPress::PageUp,
        "backspace" => KeyPress::Backspace,
        "c-c" => KeyPress::Ctrl('c'),
        _ => return None,
    })
}

pub fn view(a_loop: &Loop) -> View {
    let mut watched = countersign::watch::Watched::open_to_record(a_loop.dir(), &a_loop.state()).unwrap();
    watched.poll(now_ms());
    View { snapshot: Arc::new(watched.snapshot()), policy: Arc::new(watched.policy().clone()) }
}
