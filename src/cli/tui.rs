//! The terminal UI: wires the rooms together and runs the one loop that draws.

mod drawing;
mod pace;

use std::collections::VecDeque;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{WrapErr as _, bail, eyre};
use ratatui::Terminal;
use ratatui::buffer::Cell;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use self::pace::FrameClock;
use super::input::event_of;
use super::keyboard::{Keyboard, Typed};
use super::lanes::{DecideWorker, DraftWriter, HostSampler};
use super::opening::Opening;
use super::signals::{Heard, Signals, stop_here};
use super::themes::ThemeFiles;
use super::{Code, config_dir, state_dir};
use crate::alerts::{Alert, When};
use crate::app::{Drawn, Editing, Effect, Event, NoticeKind, Shell, State, ViewKind, folder_for, update};
use crate::config::Preferences;
use crate::decide::{Decider, Intake};
use crate::editor::{Editor, Open};
use crate::model::{Drafts, Host};
use crate::policy::text::Visible;
use crate::query::Pool;
use crate::repo::core_editor;
use crate::terminal::{self, Guard, PlacedTerminal, TerminalFeatures, TerminalWriter};
use crate::user_state;
use crate::watch::{Method, Options, View, Watched, Watcher, now_ms};

/// The machine is looked at this often, while somebody reads the instruments.
const LOOK: Duration = Duration::from_secs(2);
/// A decision that is being written when the person leaves has this long.
const FINISH: Duration = Duration::from_secs(5);

/// Leaving takes no longer than this, whatever still hangs.
const LEAVE: Duration = Duration::from_secs(8);
/// Keys that wait while the terminal takes a frame.
const MOST_TYPED: usize = 256;

/// Fails where there is no terminal.
pub(super) fn need_terminal() -> color_eyre::Result<()> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        bail!("the terminal UI needs a terminal; `countersign status` prints how the loop stands");
    }
    Ok(())
}

pub(super) fn run(opening: &Opening) -> color_eyre::Result<Code> {
    need_terminal()?;
    super::descriptors::need_descriptors()?;
    let (dir, places) = (&opening.dir, &opening.places);
    let watched = Watched::open(dir, places, true)?;
    let (identity, store) = (watched.identity(), watched.store_path());
    let recovered = match Decider::open(dir, places, &identity) {
        Ok(decider) => decider.recover().map(|all| all.len()).map_err(|error| error.to_string()),
        // Without a repository nothing can be decided, and the screen says so.
        Err(_) => Ok(0),
    };
    let method = if opening.poll { Method::Poll } else { Method::Events };
    let observer = Watcher::start(watched, &Options::new(&places.state, method))?;
    // Until the runtime and all threads are gone.
    let leaving = std::cell::OnceCell::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .wrap_err("the runtime could not be started")?;
    runtime
        .block_on(async {
            // Before the terminal is taken over: from then on every signal has to put it back.
            let signals = Signals::new()?;
            let mut screen = TerminalUi::open(opening, observer, store.as_deref(), signals)?;
            if let Some(greeting) = &opening.greeting {
                screen.take(Event::Notice(NoticeKind::Good, greeting.clone()));
            }
            screen.say_recovered(recovered);
            let served = screen.serve().await;
            let served = served.and_then(|()| screen.spent.map_or(Ok(()), |why| Err(eyre!("ended: {why}"))));
            let _ = leaving.set(screen.guard.leave_within(LEAVE));
            screen.keep_visit();
            screen.keep_drafts();
            let unfinished = screen.finish_deciding().await;
            served.map(|()| unfinished)
        })
        .map_or_else(|error| told(Err(error)), |unfinished| told(Ok(unfinished)))
}

/// What is said at the end: the terminal is restored by now, so that it is read.
fn told(ended: color_eyre::Result<Option<String>>) -> color_eyre::Result<Code> {
    let fault = terminal::fault().map(|fault| Visible::of(&fault).to_string());
    match (ended, fault) {
        (Ok(Some(why)), None) => bail!("the last decision was not made: {}", Visible::of(&why)),
        (Ok(Some(why)), Some(fault)) => {
            bail!("the last decision was not made: {}; please report this: {fault}", Visible::of(&why))
        }
        (Ok(None), Some(fault)) => bail!("a fault of countersign's was met, please report it: {fault}"),
        (Ok(None), None) => Ok(Code::Good),
        // What a thread said when it ended says more than that it ended.
        (Err(error), Some(fault)) => {
            Err(error.wrap_err(format!("a fault of countersign's, please report it: {fault}")))
        }
        (Err(error), None) => Err(error),
    }
}

struct TerminalUi {
    /// First of all to be dropped: nobody waits for a thread on a screen that is over.
    guard: Guard,
    terminal: Terminal<PlacedTerminal<TerminalWriter>>,
    signals: Signals,
    /// Why the system ended it.
    spent: Option<&'static str>,
    /// What was typed while the terminal took a frame.
    typed: VecDeque<Typed>,
    /// The last frame, and since when it is on the screen, until a key was read after that.
    facing: Option<(std::time::Instant, Drawn)>,
    themes: ThemeFiles,
    /// The title that the window has; `None` when it is left alone.
    title: Option<String>,
    /// The person's state directory.
    remembered: PathBuf,
    state: State,
    observer: Watcher,
    pool: Pool,
    answers: mpsc::Receiver<crate::query::Response>,
    decider: DecideWorker,
    intake: Intake,
    decided: mpsc::Receiver<Event>,
    /// Decisions that the desk has not answered yet.
    writing: usize,
    host: HostSampler,
    looked: mpsc::Receiver<Host>,
    keeping: DraftWriter,
    /// A file that the person's editor is wanted for.
    editing: Option<Box<Editing>>,
    /// Signs that the terminal is to be asked about.
    measuring: Option<Vec<String>>,
    /// Not before then is it asked.
    next_ask: Instant,
    /// The last two rows as they were drawn.
    bottom: Vec<Cell>,
}

impl TerminalUi {
    fn open(opening: &Opening, observer: Watcher, store: Option<&Path>, signals: Signals) -> color_eyre::Result<Self> {
        let (pool, answers) = Pool::start(&opening.dir, opening.places.home.as_deref(), store);
        let (decider, decided) = DecideWorker::start(opening)?;
        let (host, looked) = HostSampler::start()?;
        let keeping = DraftWriter::start(&opening.places.state, decider.telling())?;
        let mut preferences = Preferences::read(&config_dir());
        let themes = ThemeFiles::read(&mut preferences);
        let focus = preferences.notify.when == When::Away;
        let taken = TerminalFeatures { mouse: preferences.mouse, title: preferences.window_title, focus };
        let guard = Guard::enter(taken).wrap_err("the terminal could not be taken over")?;
        let terminal = Terminal::new(PlacedTerminal::of(TerminalWriter::default()))?;
        let size = terminal.size()?;
        let view = observer.views().borrow().clone();
        let mut state = State::new((size.width, size.height), &view, now_ms());
        let wanted = preferences.theme.take().or_else(|| user_state::last_theme(&state_dir()));
        state.screen.themes = themes.known(wanted, &mut preferences.troubles);
        state.screen.home = etcetera::home_dir().ok();
        let here = std::env::current_dir().unwrap_or_default();
        let own = opening.dir.canonicalize().unwrap_or_else(|_| opening.dir.clone());
        state.screen.save_in = folder_for(&here, &own, state.screen.home.as_deref());
        state.screen.keymap = preferences.keymap;
        state.review.view.tab_width = preferences.tab_width;
        state.alerts.calling = preferences.notify;
        state.screen.troubles = preferences.troubles;
        match user_state::last_drafts(&opening.places.state, &state.snapshot.identity) {
            Ok(drafts) => state.take_up(drafts),
            Err(why) => state.screen.troubles.push(why),
        }
        state.runs.names = Arc::new(user_state::last_run_names(&opening.places.state, &state.snapshot.identity));
        state.live.visit = user_state::last_visit(&opening.places.state, &state.snapshot.identity);
        if !state.screen.troubles.is_empty() {
            let text = format!("your configuration: {} (w shows all)", state.screen.troubles[0]);
            update(&mut state, Event::Notice(NoticeKind::Bad, text));
        }
        Ok(Self {
            terminal,
            signals,
            spent: None,
            typed: VecDeque::new(),
            facing: None,
            themes,
            title: taken.title.then(String::new),
            remembered: opening.places.state.clone(),
            state,
            observer,
            pool,
            answers,
            decider,
            intake: Intake::default(),
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
        let mut keyboard = Keyboard::start(std::time::Instant::now()).wrap_err("the keys cannot be read")?;
        let mut views = self.observer.views();
        // Resizes in a burst are merged on their way here: the size is asked for, not believed.
        let mut resized = signal(SignalKind::window_change())?;
        self.take(Event::Tick(now_ms()));
        let mut pace = FrameClock::begin();
        let mut next_look = pace.next;
        let mut dirty = true;
        loop {
            if let Some(editing) = self.editing.take() {
                let Some(again) = self.hand_over(keyboard, editing).await? else { return Ok(()) };
                (keyboard, dirty) = (again, true);
            }
            if dirty && pace.is_due() {
                // A terminal that is gone is a reason to leave, not to spin.
                let Ok(heard) = self.draw(&mut keyboard).await else { return Ok(()) };
                dirty = heard.is_some();
                if self.obey(heard)? {
                    return Ok(());
                }
                pace.drawn();
            }
            // What was typed while the terminal took the frame is taken in now that it did.
            if let Some(typed) = self.typed.pop_front() {
                if self.take_typed(typed) {
                    return Ok(());
                }
                dirty = true;
                continue;
            }
            if self.is_to_measure() {
                let Some(again) = self.measure(keyboard).await? else { return Ok(()) };
                (keyboard, dirty) = (again, true);
                continue;
            }
            let ticking = self.state.snapshot.running.is_some() && !self.state.live.paused;
            // What is over by the policy's time is found by the clock alone.
            let expiring = self.state.policy.gates.expire_hours.is_some() && !self.state.snapshot.proposals.is_empty();
            let looking = self.state.view == ViewKind::Instruments && !self.state.live.paused;
            if looking && Instant::now() >= next_look {
                self.host.look();
                next_look = Instant::now() + LOOK;
            }
            tokio::select! {
                biased;
                heard = self.signals.hear() => {
                    if self.obey(Some(heard))? {
                        return Ok(());
                    }
                    dirty = true;
                }
                _ = resized.recv() => dirty = true,
                typed = keyboard.next() => {
                    let Some(typed) = typed else { return Ok(()) };
                    if self.take_typed(typed) {
                        return Ok(());
                    }
                    pace.key();
                    dirty = true;
                }
                fault = terminal::faulty() => {
                    let text = format!("a fault of countersign's, please report it: {}", Visible::of(&fault));
                    self.take(Event::Notice(NoticeKind::Bad, text));
                    dirty = true;
                }
                changed = views.changed() => {
                    changed.wrap_err("the thread that watches the loop ended")?;
                    let view = views.borrow_and_update().clone();
                    self.see(view, dirty, &mut pace);
                    dirty = true;
                }
                Some(answer) = self.answers.recv() => {
                    self.take(Event::Answered(answer));
                    pace.change();
                    dirty = true;
                }
                Some(event) = self.decided.recv() => {
                    self.writing = self.writing.saturating_sub(usize::from(matches!(event, Event::Decided(_))));
                    self.take(event);
                    self.observer.look_now();
                    pace.change();
                    dirty = true;
                }
                Some(host) = self.looked.recv() => {
                    // The instruments tell ages, too: those grow while nothing else happens.
                    self.state.now_ms = now_ms();
                    self.take(Event::Host(host));
                    dirty = true;
                }
                () = sleep_until(next_look), if looking => {}
                () = sleep_until(pace.next), if dirty => {}
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

    /// Takes in what was typed; true when it is time to leave.
    fn take_typed(&mut self, typed: Typed) -> bool {
        // A key answers what was on the screen before it was read.
        if let Some((_, drawn)) = self.facing.take_if(|(at, _)| *at <= typed.read_at) {
            self.take(Event::Faced(drawn));
        }
        let Some(event) = event_of(typed.input) else { return false };
        self.state.now_ms = now_ms();
        self.take(event)
    }

    /// Does what a signal asks for; true when it is time to leave.
    fn obey(&mut self, heard: Option<Heard>) -> color_eyre::Result<bool> {
        match heard {
            None => return Ok(false),
            Some(Heard::Leave) => return Ok(true),
            Some(Heard::Spent(why)) => {
                self.spent = Some(why);
                return Ok(true);
            }
            Some(Heard::Stop) => {
                self.guard.give();
                stop_here();
                self.guard.take_back()?;
            }
            // Whoever stopped it left the terminal as it was, and somebody else may have used it since.
            Some(Heard::GoOn) => self.guard.take_anew()?,
        }
        // What stands there now is not known.
        self.terminal = Terminal::new(PlacedTerminal::of(TerminalWriter::default()))?;
        Ok(false)
    }

    /// Remembers where this visit ended. It is a convenience: what fails here is passed over.
    fn keep_visit(&self) {
        if self.state.snapshot.format.is_some() {
            let visit = self.state.visit(String::new());
            let _ = user_state::keep_visit(&self.remembered, &self.state.snapshot.identity, &visit);
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

    /// Has the person's editor read the terminal for a while; `None` when it is time to leave.
    async fn hand_over(&mut self, keyboard: Keyboard, editing: Box<Editing>) -> color_eyre::Result<Option<Keyboard>> {
        // Two must not read one terminal, and what was typed after the key that hands it over was not meant for this one.
        keyboard.stop().await;
        self.typed.clear();
        if self.edit(editing).await? {
            return Ok(None);
        }
        Ok(Some(Keyboard::start(std::time::Instant::now()).wrap_err("the keys cannot be read any more")?))
    }

    /// Hands the terminal to the person's editor until it is closed; true when it is time to leave.
    async fn edit(&mut self, editing: Box<Editing>) -> color_eyre::Result<bool> {
        let mut child_ended = signal(SignalKind::child())?;
        self.guard.give();
        let path = Visible::line(&editing.path).to_string();
        let opened = Editor::of_person(core_editor())
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
                    heard = self.signals.hear() => match heard {
                        Heard::Leave | Heard::Spent(_) => {
                            if let Heard::Spent(why) = heard {
                                self.spent = Some(why);
                            }
                            open.end_now();
                            leave = true;
                            break Ok(None);
                        }
                        // It stopped with all that runs in this terminal.
                        Heard::Stop => stop_here(),
                        Heard::GoOn => {}
                    }
                }
            },
        };
        self.guard.take_back()?;
        // The screen is empty, and so is what this one knows of it: everything is drawn anew.
        self.terminal = Terminal::new(PlacedTerminal::of(TerminalWriter::default()))?;
        self.state.now_ms = now_ms();
        self.take(Event::Edited(editing, result));
        Ok(leave)
    }

    /// Calls the person who is elsewhere.
    fn call(&mut self, call: Alert) {
        let calling = &self.state.alerts.calling;
        // A terminal that is gone is noticed by the next frame.
        let _ = terminal::call(calling.bell, calling.desktop, &call.words());
        if !calling.command.is_empty() {
            self.decider.call(calling.command.clone(), call.json);
        }
    }

    /// Takes an event in and sends its effects on their way; true when it is time to leave.
    fn take(&mut self, event: Event) -> bool {
        let mut leave = false;
        if let Event::TakenIn(result) = &event {
            self.intake.ended(result);
        }
        let may_be_due = matches!(&event, Event::Observed(_) | Event::Tick(_))
            || matches!(&event, Event::TakenIn(Ok(taken)) if taken.more);
        for effect in update(&mut self.state, event) {
            match effect {
                Effect::Ask(request) => self.pool.ask(request, &self.state.snapshot, &self.state.policy),
                Effect::Decide(command) => {
                    self.writing += usize::from(command.decides());
                    // The loop as it is shown: it may have gone to another branch since the start.
                    self.decider.send(command, &self.state.snapshot.identity);
                }
                Effect::Shell(shell) => leave |= self.do_here(shell),
            }
        }
        if may_be_due {
            for command in self.intake.due(self.state.newest(), &self.state.policy, self.state.now_ms) {
                self.decider.send(command, &self.state.snapshot.identity);
            }
        }
        leave
    }

    /// Does what is done where the screen is; true when it is time to leave.
    fn do_here(&mut self, shell: Shell) -> bool {
        match shell {
            Shell::Quit => return true,
            Shell::Call(call) => self.call(call),
            // A clipboard that does not take it cannot say so.
            Shell::Copy(text) => drop(terminal::copy(&text)),
            Shell::Save(path) => {
                let theme = self.themes.get(self.state.screen.themes.shown());
                self.decider.save(&self.state, &theme, path);
            }
            Shell::Edit(editing) => self.editing = Some(editing),
            Shell::Measure(signs) => self.measuring = Some(signs),
            Shell::KeepDrafts(drafts) => self.keeping.keep(&self.state.snapshot.identity, drafts),
            Shell::KeepRunNames(names) => {
                let identity = &self.state.snapshot.identity;
                if let Err(error) = user_state::keep_run_names(&self.remembered, identity, &names) {
                    let text = format!("the name could not be remembered: {error}");
                    self.take(Event::Notice(NoticeKind::Bad, text));
                }
            }
            Shell::KeepTheme(name) => {
                if let Err(error) = user_state::keep_theme(&state_dir(), &name) {
                    let text = format!("the theme could not be remembered: {error}");
                    self.take(Event::Notice(NoticeKind::Bad, text));
                }
            }
        }
        false
    }

    /// Takes in what was seen of the loop, and says when it is drawn.
    fn see(&mut self, view: View, is_dirty: bool, pace: &mut FrameClock) {
        // Rows are folded anew with everything but a line of a log.
        let is_a_line = Arc::ptr_eq(&view.snapshot.experiments, &self.state.newest().experiments);
        self.state.now_ms = now_ms();
        self.take(Event::Observed(view));
        match (is_a_line, is_dirty) {
            (true, false) => pace.line(),
            (true, true) => {}
            (false, _) => pace.change(),
        }
    }
}
