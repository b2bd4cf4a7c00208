//! The terminal UI: wires the rooms together and runs the one loop that draws.

use std::io::{IsTerminal as _, Stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{WrapErr as _, bail};
use crossterm::event::EventStream;
use futures_util::StreamExt as _;
use ratatui::Terminal;
use ratatui::backend::Backend as _;
use ratatui::buffer::Cell;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::input::event_of;
use super::lanes::{Deciding, Keeping, Looking};
use super::measuring::{Asked, REST, ask};
use super::themes::Themes;
use super::{Code, config_dir, places, state_dir};
use crate::app::{Editing, Effect, Event, NoticeKind, State, ViewKind, folder_for, update};
use crate::call::{Call, When};
use crate::config::Preferences;
use crate::desk::Desk;
use crate::editor::{Open, Program};
use crate::model::{Drafts, Host};
use crate::observe::{Method, Observer, Options, Watched, now_ms};
use crate::policy::text::Visible;
use crate::query::Pool;
use crate::remembered;
use crate::repo::{Person, Places, core_editor};
use crate::terminal::{self, Guard, Placed, Taken};
use crate::ui::draw;

/// The machine is looked at this often, while somebody reads the instruments.
const LOOK: Duration = Duration::from_secs(2);
/// Frames are this far apart on the average, however much comes.
const FRAME: Duration = Duration::from_millis(33);
/// The answer to a key comes sooner: a held key repeats no faster than this.
const KEY_FRAME: Duration = Duration::from_millis(12);

/// It is looked this often whether the terminal is still there.
const GONE: Duration = Duration::from_secs(1);

/// A decision that is being written when the person leaves has this long.
const FINISH: Duration = Duration::from_secs(5);

/// What the terminal UI opens on.
pub(super) struct Opening {
    /// The run directory.
    pub(super) dir: PathBuf,
    /// Where what is the person's is kept.
    pub(super) places: Places,
    /// True when changes are noticed by polling alone.
    pub(super) poll: bool,
    /// Who decides; `None` for the person in the git configuration.
    pub(super) who: Option<Person>,
    /// What is said first; `None` for nothing.
    pub(super) greeting: Option<String>,
}

impl Opening {
    /// The usual way.
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), places: places(), poll: false, who: None, greeting: None }
    }
}

/// Fails where there is no terminal.
pub(super) fn need_terminal() -> color_eyre::Result<()> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        bail!("the terminal UI needs a terminal; `countersign status` prints how the loop stands");
    }
    Ok(())
}

pub(super) fn run(opening: &Opening) -> color_eyre::Result<Code> {
    need_terminal()?;
    let (dir, places) = (&opening.dir, &opening.places);
    let watched = Watched::open(dir, places, true)?;
    let (identity, archive) = (watched.identity(), watched.archive_path());
    let recovered = match Desk::open(dir, places, &identity) {
        Ok(desk) => desk.recover().map(|all| all.len()).map_err(|error| error.to_string()),
        // Without a repository nothing can be decided, and the screen says so.
        Err(_) => Ok(0),
    };
    let method = if opening.poll { Method::Poll } else { Method::Events };
    let observer = Observer::start(watched, &Options::new(&places.state, method))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .wrap_err("the runtime could not be started")?;
    runtime
        .block_on(async {
            let mut screen = Screen::open(opening, observer, archive.as_deref())?;
            if let Some(greeting) = &opening.greeting {
                screen.take(Event::Notice(NoticeKind::Good, greeting.clone()));
            }
            screen.say_recovered(recovered);
            let served = screen.serve().await;
            screen.keep_visit();
            screen.keep_drafts();
            let unfinished = screen.finish_deciding().await;
            served.map(|()| unfinished)
        })
        .and_then(|unfinished| match (unfinished, terminal::fault()) {
            // The terminal is restored by now: this is read.
            (Some(why), _) => bail!("the last decision was not made: {}", Visible::said(&why)),
            (None, Some(fault)) => {
                bail!("a fault of countersign's was met, please report it: {}", Visible::said(&fault))
            }
            (None, None) => Ok(Code::Good),
        })
}

struct Screen {
    /// First of all to be dropped: nobody waits for a thread on a screen that is over.
    guard: Guard,
    terminal: Terminal<Placed<Stdout>>,
    themes: Themes,
    /// The title that the window has; `None` when it is left alone.
    title: Option<String>,
    /// The person's state directory.
    remembered: PathBuf,
    state: State,
    observer: Observer,
    pool: Pool,
    answers: mpsc::Receiver<crate::query::Answer>,
    desk: Deciding,
    decided: mpsc::Receiver<Event>,
    /// Decisions that the desk has not answered yet.
    writing: usize,
    host: Looking,
    looked: mpsc::Receiver<Host>,
    keeping: Keeping,
    /// A file that the person's editor is wanted for.
    editing: Option<Box<Editing>>,
    /// Signs that the terminal is to be asked about.
    measuring: Option<Vec<String>>,
    /// Not before then is it asked.
    next_ask: Instant,
    /// The last two rows as they were drawn.
    bottom: Vec<Cell>,
}

impl Screen {
    fn open(opening: &Opening, observer: Observer, archive: Option<&Path>) -> color_eyre::Result<Self> {
        let (pool, answers) = Pool::start(&opening.dir, opening.places.home.as_deref(), archive);
        let (desk, decided) = Deciding::start(opening)?;
        let (host, looked) = Looking::start()?;
        let keeping = Keeping::start(&opening.places.state, desk.telling())?;
        let mut preferences = Preferences::read(&config_dir());
        let themes = Themes::read(&mut preferences);
        let focus = preferences.notify.when == When::Away;
        let taken = Taken { mouse: preferences.mouse, title: preferences.window_title, focus };
        let guard = Guard::enter(taken).wrap_err("the terminal could not be taken over")?;
        let terminal = Terminal::new(Placed::stdout())?;
        let size = terminal.size()?;
        let view = observer.views().borrow().clone();
        let mut state = State::new((size.width, size.height), &view, now_ms());
        let wanted = preferences.theme.take().or_else(|| remembered::last_theme(&state_dir()));
        state.themes = themes.known(wanted, &mut preferences.troubles);
        state.home = etcetera::home_dir().ok();
        let here = std::env::current_dir().unwrap_or_default();
        let own = opening.dir.canonicalize().unwrap_or_else(|_| opening.dir.clone());
        state.save_in = folder_for(&here, &own, state.home.as_deref());
        state.keymap = preferences.keymap;
        state.reading.tab_width = preferences.tab_width;
        state.called.calling = preferences.notify;
        state.troubles = preferences.troubles;
        match remembered::last_drafts(&opening.places.state, &state.snapshot.identity) {
            Ok(drafts) => state.take_up(drafts),
            Err(why) => state.troubles.push(why),
        }
        state.runs.names = Arc::new(remembered::last_run_names(&opening.places.state, &state.snapshot.identity));
        state.visit = remembered::last_visit(&opening.places.state, &state.snapshot.identity);
        if !state.troubles.is_empty() {
            let text = format!("your configuration: {} (w shows all)", state.troubles[0]);
            update(&mut state, Event::Notice(NoticeKind::Bad, text));
        }
        Ok(Self {
            terminal,
            themes,
            title: taken.title.then(String::new),
            remembered: opening.places.state.clone(),
            state,
            observer,
            pool,
            answers,
            desk,
            decided,
            writing: 0,
            host,
            looked,
            guard,
            keeping,
            editing: None,
            measuring: None,
            next_ask: Instant::now(),
            bottom: Vec::new(),
        })
    }

    fn say_recovered(&mut self, recovered: Result<usize, String>) {
        let event = match recovered {
            Ok(0) => return,
            Ok(count) => {
                let text = format!("{count} interrupted decisions were finished or put back (lineage shows which)");
                Event::Notice(NoticeKind::Good, text)
            }
            Err(why) => Event::Decided(Err(why)),
        };
        self.take(event);
    }

    async fn serve(&mut self) -> color_eyre::Result<()> {
        let mut keys = EventStream::new();
        let mut views = self.observer.views();
        let mut signals = Signals::new()?;
        // Resizes in a burst are merged on their way here: the size is asked for, not believed.
        let mut resized = signal(SignalKind::window_change())?;
        self.take(Event::Tick(now_ms()));
        let mut last_frame: Option<Instant> = None;
        let mut next_frame = Instant::now();
        let mut next_look = next_frame;
        let mut dirty = true;
        loop {
            if let Some(editing) = self.editing.take() {
                // Two must not read one terminal.
                drop(keys);
                if self.edit(editing, &mut signals).await? {
                    return Ok(());
                }
                keys = EventStream::new();
                dirty = true;
            }
            if dirty && Instant::now() >= next_frame {
                // A terminal that is gone is a reason to leave, not to spin.
                if self.draw().is_err() {
                    return Ok(());
                }
                // Two in a row may come soon after each other: what comes first after a rest is seen at once, and so
                // is the loop after the screen that said that it is being read.
                let now = Instant::now();
                let soonest = now + KEY_FRAME;
                next_frame = last_frame.replace(now).map_or(soonest, |before| soonest.max(before + 2 * FRAME));
                dirty = false;
            }
            if self.is_to_measure() {
                // Two must not read one terminal.
                drop(keys);
                if self.measure(&mut signals).await {
                    return Ok(());
                }
                keys = EventStream::new();
                dirty = true;
                continue;
            }
            let ticking = self.state.snapshot.running.is_some() && !self.state.paused;
            // What is over by the policy's time is found by the clock alone.
            let expiring = self.state.policy.gates.expire_hours.is_some() && !self.state.snapshot.proposals.is_empty();
            let looking = self.state.view == ViewKind::Instruments && !self.state.paused;
            if looking && Instant::now() >= next_look {
                self.host.look();
                next_look = Instant::now() + LOOK;
            }
            tokio::select! {
                biased;
                () = signals.leave() => return Ok(()),
                _ = resized.recv() => dirty = true,
                input = keys.next() => match input {
                    None | Some(Err(_)) => return Ok(()),
                    Some(Ok(input)) => {
                        let Some(event) = event_of(input) else { continue };
                        self.state.now_ms = now_ms();
                        if self.take(event) {
                            return Ok(());
                        }
                        next_frame = last_frame.map_or(next_frame, |last| last + KEY_FRAME);
                        dirty = true;
                    }
                },
                changed = views.changed() => {
                    if changed.is_err() {
                        bail!("the watching thread ended; its log may say why");
                    }
                    let view = views.borrow_and_update().clone();
                    self.state.now_ms = now_ms();
                    self.take(Event::Observed(view));
                    dirty = true;
                }
                Some(answer) = self.answers.recv() => {
                    self.take(Event::Answered(answer));
                    dirty = true;
                }
                Some(event) = self.decided.recv() => {
                    if matches!(event, Event::Decided(_)) {
                        self.writing = self.writing.saturating_sub(1);
                    }
                    self.take(event);
                    self.observer.look_now();
                    dirty = true;
                }
                Some(host) = self.looked.recv() => {
                    // The instruments tell ages, too: those grow while nothing else happens.
                    self.state.now_ms = now_ms();
                    self.take(Event::Host(host));
                    dirty = true;
                }
                () = sleep_until(next_look), if looking => {}
                () = sleep_until(next_frame), if dirty => {}
                () = sleep_until(self.next_ask), if self.measuring.is_some() => {}
                () = tokio::time::sleep(Duration::from_secs(60)), if expiring && !ticking => {
                    self.take(Event::Tick(now_ms()));
                }
                () = tokio::time::sleep(Duration::from_secs(1)), if ticking => {
                    self.take(Event::Tick(now_ms()));
                    dirty = true;
                }
            }
        }
    }

    /// Waits for a decision that is being written; says why when it was not made.
    async fn finish_deciding(&mut self) -> Option<String> {
        if self.writing == 0 {
            return None;
        }
        let end = Instant::now() + FINISH;
        loop {
            match tokio::time::timeout_at(end, self.decided.recv()).await {
                Ok(Some(Event::Decided(Ok(_))) | None) => return None,
                Ok(Some(Event::Decided(Err(why)))) => return Some(why),
                Ok(Some(_)) => {}
                Err(_) => return Some("it took too long; the next start ends it or puts it back".to_owned()),
            }
        }
    }

    fn draw(&mut self) -> std::io::Result<()> {
        let size = self.terminal.size()?;
        if (size.width, size.height) != self.state.size {
            self.take(Event::Resize(size.width, size.height));
        }
        let theme = self.themes.get(self.state.themes.shown());
        let (state, theme) = (&self.state, &theme);
        #[cfg(debug_assertions)]
        panic_for_tests();
        let mut drawn = crate::ui::Drawn::default();
        let completed = self.terminal.draw(|frame| drawn = draw(frame, state, theme))?;
        let width = usize::from(completed.area.width);
        let cells = &completed.buffer.content;
        self.bottom = cells[cells.len().saturating_sub(2 * width)..].to_vec();
        if let Some((from, to)) = drawn.diff_rows {
            self.take(Event::Drawn(from, to));
        }
        self.draw_title()
    }

    /// True when there are signs to ask the terminal about, and keys had their time.
    fn is_to_measure(&self) -> bool {
        self.measuring.is_some() && Instant::now() >= self.next_ask
    }

    /// Asks the terminal how wide signs are; true when it is time to leave.
    async fn measure(&mut self, signals: &mut Signals) -> bool {
        let signs = self.measuring.take().unwrap_or_default();
        let Asked::Answered(found) = ask(signs, self.state.size.1, signals.leave()).await else { return true };
        self.next_ask = Instant::now() + REST;
        self.take(Event::Measured(found));
        self.put_back_bottom().is_err()
    }

    /// Draws the last two rows again, where the terminal was asked how wide signs are.
    fn put_back_bottom(&mut self) -> std::io::Result<()> {
        let (width, height) = self.state.size;
        let places = (height.saturating_sub(2)..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        self.terminal.backend_mut().draw(places.zip(&self.bottom).map(|((x, y), cell)| (x, y, cell)))?;
        self.terminal.backend_mut().flush()
    }

    /// The window's title, when it became another one.
    fn draw_title(&mut self) -> std::io::Result<()> {
        let Some(before) = &mut self.title else { return Ok(()) };
        let snapshot = &self.state.snapshot;
        let tag = Visible::of(snapshot.identity.tag()).fit(40);
        let title = match snapshot.format {
            Some(_) if !snapshot.has_loop() => {
                let folder = snapshot.identity.work_tree.rsplit('/').next().unwrap_or_default();
                format!("countersign {}", Visible::of(folder).fit(40))
            }
            Some(_) => format!("countersign {tag}: {} waiting", self.state.inbox().len()),
            None => format!("countersign {tag}"),
        };
        if *before != title {
            terminal::set_title(&title)?;
            *before = title;
        }
        Ok(())
    }

    /// Remembers where this visit ended. It is a convenience: what fails here is passed over.
    fn keep_visit(&self) {
        if self.state.snapshot.format.is_some() {
            let visit = self.state.visit(String::new());
            let _ = remembered::keep_visit(&self.remembered, &self.state.snapshot.identity, &visit);
        }
    }

    /// Keeps what was written, and where the person is. It is told on the way when that fails.
    fn keep_drafts(&mut self) {
        let drafts = self.state.drafts_now();
        // Who wrote nothing leaves nothing behind.
        if self.state.snapshot.format.is_some() && drafts != Drafts::default() {
            self.keeping.keep(&self.state.snapshot.identity, Arc::new(drafts));
        }
        self.keeping.finish();
    }

    /// Hands the terminal to the person's editor until it is closed; true when it is time to leave.
    async fn edit(&mut self, editing: Box<Editing>, signals: &mut Signals) -> color_eyre::Result<bool> {
        let mut child_ended = signal(SignalKind::child())?;
        self.guard.give();
        let path = Visible::line(&editing.path).to_string();
        let opened = Program::of_person(core_editor())
            .and_then(|program| Open::new(&program, &path, &editing.text, editing.line, editing.amends.is_none()));
        let mut leave = false;
        let result = match opened {
            Err(why) => Err(why),
            Ok(mut open) => loop {
                if let Some(result) = open.ended() {
                    break result;
                }
                tokio::select! {
                    _ = child_ended.recv() => {}
                    () = signals.leave() => {
                        open.end_now();
                        leave = true;
                        break Ok(None);
                    }
                }
            },
        };
        self.guard.take_back()?;
        // The screen is empty, and so is what this one knows of it: everything is drawn anew.
        self.terminal = Terminal::new(Placed::stdout())?;
        self.state.now_ms = now_ms();
        self.take(Event::Edited(editing, result));
        Ok(leave)
    }

    /// Calls the person who is elsewhere.
    fn call(&mut self, call: Call) {
        let calling = &self.state.called.calling;
        // A terminal that is gone is noticed by the next frame.
        let _ = terminal::call(calling.bell, calling.desktop, &call.words());
        if !calling.command.is_empty() {
            self.desk.call(calling.command.clone(), call.json);
        }
    }

    /// Takes an event in and sends its effects on their way; true when it is time to leave.
    fn take(&mut self, event: Event) -> bool {
        let mut leave = false;
        for effect in update(&mut self.state, event) {
            match effect {
                Effect::Quit => leave = true,
                Effect::Call(call) => self.call(call),
                // A clipboard that does not take it cannot say so.
                Effect::Copy(text) => drop(terminal::copy(&text)),
                Effect::Save(path) => {
                    let theme = self.themes.get(self.state.themes.shown());
                    self.desk.save(&self.state, &theme, path);
                }
                Effect::Edit(editing) => self.editing = Some(editing),
                Effect::Measure(signs) => self.measuring = Some(signs),
                Effect::KeepDrafts(drafts) => self.keeping.keep(&self.state.snapshot.identity, drafts),
                Effect::KeepRunNames(names) => {
                    let identity = &self.state.snapshot.identity;
                    if let Err(error) = remembered::keep_run_names(&self.remembered, identity, &names) {
                        let text = format!("the name could not be remembered: {error}");
                        self.take(Event::Notice(NoticeKind::Bad, text));
                    }
                }
                Effect::KeepTheme(name) => {
                    if let Err(error) = remembered::keep_theme(&state_dir(), &name) {
                        let text = format!("the theme could not be remembered: {error}");
                        self.take(Event::Notice(NoticeKind::Bad, text));
                    }
                }
                Effect::Ask(question) => self.pool.ask(question, &self.state.snapshot, &self.state.policy),
                // The loop as it is shown: it may have gone to another branch since the start.
                decide => {
                    self.writing += usize::from(matches!(decide, Effect::Approve(_) | Effect::Answer(_)));
                    self.desk.send(decide, &self.state.snapshot.identity);
                }
            }
        }
        leave
    }
}

/// The signals that say that it is time to leave.
struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    look: tokio::time::Interval,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            look: tokio::time::interval(GONE),
        })
    }

    async fn leave(&mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.hang_up.recv() => return,
                _ = self.interrupt.recv() => return,
                // Only the leader of a session is told that its terminal is gone, and that may be somebody else: what
                // reads the keys would spin on their end for ever.
                _ = self.look.tick() => if terminal::is_gone() { return },
            }
        }
    }
}

/// Lets a terminal test see that a panic restores the terminal.
#[cfg(debug_assertions)]
fn panic_for_tests() {
    assert!(std::env::var_os("COUNTERSIGN_PANIC_ON_DRAW").is_none(), "asked to panic while drawing");
}
