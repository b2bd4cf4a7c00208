//! The terminal UI: wires the rooms together and runs the event loop.

mod drawing;
mod outside;
mod pace;

use std::collections::VecDeque;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{WrapErr as _, bail, eyre};
use ratatui::Terminal;
use ratatui::buffer::Cell;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::alerts::When;
use crate::app::{Drawn, Editing, Event, NoticeKind, State, ViewKind, directory_for, update};
use crate::config::Preferences;
use crate::decide::{Decider, Intake, recovered};
use crate::editor::EditOutcome;
use crate::editor::{Editor, EditorPurpose, Open};
use crate::model::Failure;
use crate::model::{Drafts, Host};
use crate::policy::text::Visible;
use crate::query::Pool;
use crate::repo::core_editor;
use crate::runtime::input::events_of;
use crate::runtime::keyboard::{Keyboard, Typed};
use crate::runtime::opening::Opening;
use crate::runtime::signals::{SignalAction, Signals, stop_here};
use crate::runtime::themes::ThemeFiles;
use crate::runtime::tui::outside::Threads;
use crate::runtime::tui::pace::FrameClock;
use crate::runtime::workers::{DecideWorker, DraftWriter, HostSampler};
use crate::runtime::{config_dir, state_dir};
use crate::terminal::{self, Guard, PlacedTerminal, TerminalFeatures, TerminalWriter};
use crate::user_state;
use crate::watch::{Method, Options, View, Watched, Watcher, now_ms};

/// Interval of host samples while the instruments view is open.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(2);
/// Time allowed on exit for a decision that is still being written.
const FINISH: Duration = Duration::from_secs(5);

/// Time limit for leaving, even if something hangs.
const LEAVE: Duration = Duration::from_secs(8);
/// Keys queued while the terminal takes a frame.
const MOST_TYPED: usize = 256;

/// Fails unless standard input and output are terminals.
pub(crate) fn need_terminal() -> color_eyre::Result<()> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        bail!("the terminal UI needs a terminal; `countersign status` prints the loop's status without one");
    }
    Ok(())
}

pub(crate) fn run(opening: &Opening) -> color_eyre::Result<()> {
    need_terminal()?;
    crate::runtime::descriptors::need_descriptors()?;
    let (dir, places) = (&opening.dir, &opening.places);
    let watched = Watched::open_to_record(dir, places)?;
    let (identity, store) = (watched.identity(), watched.store_path());
    let recovered = match Decider::open(dir, places, &identity) {
        Ok(decider) => decider.recover().map(|all| all.len()).map_err(Failure::of),
        // Without a repository nothing can be decided; the screen says that.
        Err(_) => Ok(0),
    };
    let method = if opening.poll { Method::Poll } else { Method::Events };
    let observer = Watcher::start(watched, &Options::new(&places.state, method))?;
    // Kept until the runtime and all threads are gone.
    let leaving = std::cell::OnceCell::new();
    let runtime = super::single_threaded()?;
    runtime
        .block_on(async {
            // Before the terminal is taken over: from then on every signal must restore it.
            let signals = Signals::new()?;
            let mut screen = TerminalUi::open(opening, observer, store.as_deref(), signals)?;
            if let Some(greeting) = &opening.greeting {
                screen.take(Event::Notice(NoticeKind::Good, greeting.clone()));
            }
            screen.say_recovered(recovered);
            let served = screen.serve().await;
            let served = served.and_then(|()| screen.limit_reached.map_or(Ok(()), |why| Err(eyre!("stopped: {why}"))));
            let _ = leaving.set(screen.guard.leave_within(LEAVE));
            screen.keep_visit();
            screen.keep_drafts();
            let unfinished = screen.finish_deciding().await;
            served.map(|()| unfinished)
        })
        .map_or_else(|error| final_result(Err(error)), |unfinished| final_result(Ok(unfinished)))
}

fn internal_error(fault: &str) -> String {
    format!("internal error, please report it: {fault}")
}

/// Returns the final result. The terminal is restored by now, so that its message can be read.
fn final_result(ended: color_eyre::Result<Option<String>>) -> color_eyre::Result<()> {
    let fault = terminal::fault().map(|fault| Visible::of(&fault).to_string());
    match (ended, fault) {
        (Ok(Some(why)), None) => bail!("the last decision was not made: {}", Visible::of(&why)),
        (Ok(Some(why)), Some(fault)) => {
            bail!("the last decision was not made: {}; please report this: {fault}", Visible::of(&why))
        }
        (Ok(None), Some(fault)) => bail!(internal_error(&fault)),
        (Ok(None), None) => Ok(()),
        // A thread's panic message is more useful than the fact that it ended.
        (Err(error), Some(fault)) => Err(error.wrap_err(internal_error(&fault))),
        (Err(error), None) => Err(error),
    }
}

struct TerminalUi {
    /// Dropped first: the terminal is restored before any thread is waited for.
    guard: Guard,
    terminal: Terminal<PlacedTerminal<TerminalWriter>>,
    signals: Signals,
    /// The resource limit that ended it, as a message.
    limit_reached: Option<&'static str>,
    /// Keys typed while the terminal took a frame.
    typed: VecDeque<Typed>,
    /// The last frame and the time since when it is on the screen; `None` once a key was read after that.
    facing: Option<(std::time::Instant, Drawn)>,
    /// The window's title; `None` if it is left alone.
    title: Option<String>,
    state: State,
    outside: Threads,
    observer: Watcher,
    answers: mpsc::Receiver<crate::query::Response>,
    intake: Intake,
    decided: mpsc::Receiver<Event>,
    host: HostSampler,
    host_samples: mpsc::Receiver<Host>,
    /// The earliest time of the next width query.
    next_ask: Instant,
    /// The last two rows as they were drawn.
    bottom: Vec<Cell>,
}

impl TerminalUi {
    fn open(opening: &Opening, observer: Watcher, store: Option<&Path>, signals: Signals) -> color_eyre::Result<Self> {
        let (pool, answers) = Pool::start(&opening.dir, opening.places.home.as_deref(), store);
        let (decider, decided) = DecideWorker::start(opening)?;
        let (host, host_samples) = HostSampler::start()?;
        let drafts = DraftWriter::start(&opening.places.state, decider.events())?;
        let mut preferences = Preferences::read(&config_dir());
        let themes = ThemeFiles::read(&mut preferences);
        let focus = preferences.notify.when == When::Away;
        let features = TerminalFeatures { mouse: preferences.mouse, title: preferences.window_title, focus };
        let guard = Guard::enter(features).wrap_err("the terminal could not be set up")?;
        let terminal = Terminal::new(PlacedTerminal::of(TerminalWriter::default()))?;
        let size = terminal.size()?;
        let view = observer.views().borrow().clone();
        let mut state = State::new((size.width, size.height), &view, now_ms());
        let wanted = preferences.theme.take().or_else(|| user_state::load_theme(&state_dir()));
        state.screen.themes = themes.known(wanted, &mut preferences.errors);
        state.screen.home = etcetera::home_dir().ok();
        let here = std::env::current_dir().unwrap_or_default();
        let own = opening.dir.canonicalize().unwrap_or_else(|_| opening.dir.clone());
        state.screen.save_in = directory_for(&here, &own, state.screen.home.as_deref());
        state.screen.keymap = preferences.keymap;
        state.review.view.tab_width = preferences.tab_width;
        state.alerts.settings = preferences.notify;
        state.screen.config_errors = preferences.errors;
        match user_state::load_drafts(&opening.places.state, &state.snapshot.identity) {
            Ok(drafts) => state.restore_drafts(drafts),
            Err(why) => state.screen.config_errors.push(why.to_string()),
        }
        state.runs.names = Arc::new(user_state::load_run_names(&opening.places.state, &state.snapshot.identity));
        state.live.visit = user_state::load_visit(&opening.places.state, &state.snapshot.identity);
        if !state.screen.config_errors.is_empty() {
            let text = format!("configuration: {} (w lists all warnings)", state.screen.config_errors[0]);
            update(&mut state, Event::Notice(NoticeKind::Bad, text));
        }
        Ok(Self {
            terminal,
            signals,
            limit_reached: None,
            typed: VecDeque::new(),
            facing: None,
            title: features.title.then(String::new),
            state,
            outside: Threads {
                pool,
                decider,
                drafts,
                themes,
                user_state: opening.places.state.clone(),
                writing: 0,
                editing: None,
                measuring: None,
                is_leaving: false,
            },
            observer,
            answers,
            intake: Intake::default(),
            decided,
            host,
            host_samples,
            guard,
            next_ask: Instant::now(),
            bottom: Vec::new(),
        })
    }

    fn say_recovered(&mut self, found: Result<usize, Failure>) {
        let event = match found {
            Ok(0) => return,
            Ok(count) => {
                let text = format!("{} (see lineage)", recovered(count));
                Event::Notice(NoticeKind::Good, text)
            }
            Err(why) => Event::Decided(Err(why)),
        };
        self.take(event);
    }

    async fn serve(&mut self) -> color_eyre::Result<()> {
        let mut keyboard = Keyboard::start(std::time::Instant::now()).wrap_err(Keyboard::UNREADABLE)?;
        let mut views = self.observer.views();
        // A burst of resize signals is merged: the size is queried each time, not taken from an event.
        let mut resized = signal(SignalKind::window_change())?;
        self.take(Event::Tick(now_ms()));
        let mut pace = FrameClock::begin();
        let mut next_sample = pace.next;
        let mut dirty = true;
        loop {
            if let Some(editing) = self.outside.editing.take() {
                let Some(again) = self.hand_over(keyboard, editing).await? else { return Ok(()) };
                (keyboard, dirty) = (again, true);
            }
            if dirty && pace.is_due() {
                // Leave if the terminal is gone, instead of spinning.
                let Ok(action) = self.draw(&mut keyboard).await else { return Ok(()) };
                dirty = action.is_some();
                if self.handle_signal(action)? {
                    return Ok(());
                }
                pace.drawn();
            }
            // The terminal took the frame: handle the keys typed meanwhile.
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
            let ticking = self.state.snapshot.running.is_some() && !self.state.live.frozen;
            // Proposals expire by the clock, without any other event.
            let expiring = self.state.policy.gates.expire_hours.is_some() && !self.state.snapshot.proposals.is_empty();
            let sampling = self.state.view == ViewKind::Instruments && !self.state.live.frozen;
            if sampling && Instant::now() >= next_sample {
                self.host.sample();
                next_sample = Instant::now() + SAMPLE_INTERVAL;
            }
            tokio::select! {
                biased;
                action = self.signals.next() => {
                    if self.handle_signal(Some(action))? {
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
                    let text = internal_error(&Visible::of(&fault).to_string());
                    self.take(Event::Notice(NoticeKind::Bad, text));
                    dirty = true;
                }
                changed = views.changed() => {
                    changed.wrap_err("the watcher thread ended")?;
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
                    self.outside.writing = self.outside.writing.saturating_sub(usize::from(matches!(event, Event::Decided(_))));
                    self.take(event);
                    self.observer.poll_now();
                    pace.change();
                    dirty = true;
                }
                Some(host) = self.host_samples.recv() => {
                    // The instruments show ages, too, which grow while nothing else happens.
                    self.state.now_ms = now_ms();
                    self.take(Event::Host(host));
                    dirty = true;
                }
                () = sleep_until(next_sample), if sampling => {}
                () = sleep_until(pace.next), if dirty => {}
                () = sleep_until(self.next_ask), if self.outside.measuring.is_some() => {}
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

    /// Waits for a decision that is being written; returns the reason if it was not made.
    async fn finish_deciding(&mut self) -> Option<String> {
        if self.outside.writing == 0 {
            return None;
        }
        let end = Instant::now() + FINISH;
        loop {
            match tokio::time::timeout_at(end, self.decided.recv()).await {
                Ok(Some(Event::Decided(Ok(_))) | None) => return None,
                Ok(Some(Event::Decided(Err(why)))) => return Some(why.to_string()),
                Ok(Some(_)) => {}
                Err(_) => return Some("it took too long; the next start finishes it or rolls it back".to_owned()),
            }
        }
    }

    /// Handles a key; true if it is time to leave.
    fn take_typed(&mut self, typed: Typed) -> bool {
        // A key responds to the frame that was on the screen before the key was read.
        if let Some((_, drawn)) = self.facing.take_if(|(at, _)| *at <= typed.read_at) {
            self.take(Event::SeenUntil(drawn));
        }
        self.state.now_ms = now_ms();
        events_of(typed.input).any(|event| self.take(event))
    }

    /// Handles a signal; true if it is time to leave.
    fn handle_signal(&mut self, action: Option<SignalAction>) -> color_eyre::Result<bool> {
        match action {
            None => return Ok(false),
            Some(SignalAction::Leave) => return Ok(true),
            Some(SignalAction::LimitReached(why)) => {
                self.limit_reached = Some(why);
                return Ok(true);
            }
            Some(SignalAction::Stop) => {
                self.guard.give();
                stop_here();
                self.guard.take_back()?;
            }
            // After a SIGSTOP the terminal was not restored, and another program may have used it since.
            Some(SignalAction::Continue) => self.guard.resume()?,
        }
        // The screen's content is unknown now.
        self.terminal = Terminal::new(PlacedTerminal::of(TerminalWriter::default()))?;
        Ok(false)
    }

    /// Saves where this visit ended. Errors are ignored, since this is only a convenience.
    fn keep_visit(&self) {
        if self.state.snapshot.format.is_some() {
            let visit = self.state.visit(String::new());
            let _ = user_state::save_visit(&self.outside.user_state, &self.state.snapshot.identity, &visit);
        }
    }

    /// Saves drafts and the person's position. Failures are reported by the draft writer.
    fn keep_drafts(&mut self) {
        let drafts = self.state.drafts_now();
        // Without drafts, no file is written.
        if self.state.snapshot.format.is_some() && drafts != Drafts::default() {
            self.outside.drafts.keep(&self.state.snapshot.identity, Arc::new(drafts));
        }
        self.outside.drafts.finish();
    }

    /// Lends the terminal to the person's editor; `None` if it is time to leave.
    async fn hand_over(&mut self, keyboard: Keyboard, editing: Box<Editing>) -> color_eyre::Result<Option<Keyboard>> {
        // Only one reader may use the terminal, and keys typed after the editor key were meant for the editor.
        keyboard.stop().await;
        self.typed.clear();
        if self.edit(editing).await? {
            return Ok(None);
        }
        Ok(Some(Keyboard::start(std::time::Instant::now()).wrap_err("the keyboard can no longer be read")?))
    }

    /// Runs the person's editor in the terminal until it is closed; true if it is time to leave.
    async fn edit(&mut self, editing: Box<Editing>) -> color_eyre::Result<bool> {
        let mut child_ended = signal(SignalKind::child())?;
        self.guard.give();
        let path = Visible::line(&editing.path).to_string();
        let purpose = if editing.amends.is_some() { EditorPurpose::Edit } else { EditorPurpose::Read };
        let opened = Editor::of_person(core_editor())
            .and_then(|program| Open::new(&program, &path, &editing.text, editing.line, purpose));
        let mut leave = false;
        let result = match opened {
            Err(why) => Err(why),
            Ok(mut open) => loop {
                if let Some(result) = open.ended() {
                    break result;
                }
                tokio::select! {
                    _ = child_ended.recv() => {}
                    action = self.signals.next() => match action {
                        SignalAction::Leave | SignalAction::LimitReached(_) => {
                            if let SignalAction::LimitReached(why) = action {
                                self.limit_reached = Some(why);
                            }
                            open.end_now();
                            leave = true;
                            break Ok(EditOutcome::Unchanged);
                        }
                        // The editor stopped along with everything in this terminal.
                        SignalAction::Stop => stop_here(),
                        SignalAction::Continue => {}
                    }
                }
            },
        };
        self.guard.take_back()?;
        // The screen is empty, and so is the new buffer: everything is redrawn.
        self.terminal = Terminal::new(PlacedTerminal::of(TerminalWriter::default()))?;
        self.state.now_ms = now_ms();
        self.take(Event::Edited(editing, result.map_err(Failure::of)));
        Ok(leave)
    }

    /// Applies an event; true if it is time to leave.
    fn take(&mut self, event: Event) -> bool {
        super::apply(&mut self.state, Some(&mut self.intake), &mut self.outside, event);
        std::mem::take(&mut self.outside.is_leaving)
    }

    /// Handles a new view of the loop, and schedules the next frame.
    fn see(&mut self, view: View, is_dirty: bool, pace: &mut FrameClock) {
        // Everything but a new log line rebuilds the experiments.
        let is_log_line = Arc::ptr_eq(&view.snapshot.experiments, &self.state.newest().experiments);
        self.state.now_ms = now_ms();
        self.take(Event::Observed(view));
        match (is_log_line, is_dirty) {
            (true, false) => pace.line(),
            (true, true) => {}
            (false, _) => pace.change(),
        }
    }
}
