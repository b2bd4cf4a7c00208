//! The terminal UI: wires the rooms together and runs the one loop that draws.

use std::io::{IsTerminal as _, Stdout};
use std::path::Path;
use std::time::Duration;

use color_eyre::eyre::{WrapErr as _, bail};
use crossterm::event::{Event as Input, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt as _;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::{Code, state_dir};
use crate::app::{Effect, Event, Key, State, update};
use crate::desk::{Desk, write_direction};
use crate::model::LoopIdentity;
use crate::observe::{Method, Observer, Options, Watched, now_ms};
use crate::query::Pool;
use crate::terminal::{Colours, Guard};
use crate::ui::{Theme, draw};

/// Frames are at least this far apart.
const FRAME: Duration = Duration::from_millis(33);

pub(super) fn run(dir: &Path, poll: bool) -> color_eyre::Result<Code> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        bail!("the terminal UI needs a terminal; `countersign status` prints how the loop stands");
    }
    let watched = Watched::open(dir, &state_dir(), true)?;
    let identity = watched.identity();
    let recovered = match Desk::open(dir, &state_dir(), &identity) {
        Ok(desk) => desk.recover().map(|all| all.len()).map_err(|error| error.to_string()),
        // Without a repository nothing can be decided, and the screen says so.
        Err(_) => Ok(0),
    };
    let method = if poll { Method::Poll } else { Method::Events };
    let observer = Observer::start(watched, &Options::new(&state_dir(), method))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .wrap_err("the runtime could not be started")?;
    runtime.block_on(async {
        let mut screen = Screen::open(dir, observer)?;
        screen.say_recovered(recovered);
        screen.serve().await
    })?;
    Ok(Code::Good)
}

struct Screen {
    /// First of all to be dropped: nobody waits for a thread on a screen that is over.
    _guard: Guard,
    terminal: Terminal<CrosstermBackend<Stdout>>,
    theme: Theme,
    state: State,
    observer: Observer,
    pool: Pool,
    answers: mpsc::Receiver<crate::query::Answer>,
    desk: Deciding,
    decided: mpsc::Receiver<Event>,
}

/// Sends work to the desk's own thread.
struct Deciding(std::sync::mpsc::Sender<(Effect, LoopIdentity)>);

impl Screen {
    fn open(dir: &Path, observer: Observer) -> color_eyre::Result<Self> {
        let (pool, answers) = Pool::start(dir);
        let (desk, decided) = Deciding::start(dir)?;
        let guard = Guard::enter().wrap_err("the terminal could not be taken over")?;
        let terminal = Terminal::new(CrosstermBackend::new(std::io::stdout()))?;
        let size = terminal.size()?;
        let view = observer.views().borrow().clone();
        let state = State::new((size.width, size.height), &view, now_ms());
        let theme = Theme::standard(!Colours::from_environment().none());
        Ok(Self { terminal, theme, state, observer, pool, answers, desk, decided, _guard: guard })
    }

    fn say_recovered(&mut self, recovered: Result<usize, String>) {
        let event = match recovered {
            Ok(0) => return,
            Ok(count) => {
                Event::Notice(format!("{count} interrupted decisions were finished or put back (lineage shows which)"))
            }
            Err(why) => Event::Decided(Err(why)),
        };
        self.take(event);
    }

    async fn serve(&mut self) -> color_eyre::Result<()> {
        let mut keys = EventStream::new();
        let mut views = self.observer.views();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Resizes in a burst are merged on their way here: the size is asked for, not believed.
        let mut resized = signal(SignalKind::window_change())?;
        self.take(Event::Tick(now_ms()));
        let mut next_frame = Instant::now();
        let mut dirty = true;
        loop {
            if dirty && Instant::now() >= next_frame {
                // A terminal that is gone is a reason to leave, not to spin.
                if self.draw().is_err() {
                    return Ok(());
                }
                next_frame = Instant::now() + FRAME;
                dirty = false;
            }
            let ticking = self.state.snapshot.running.is_some() && !self.state.paused;
            tokio::select! {
                biased;
                _ = terminate.recv() => return Ok(()),
                _ = hang_up.recv() => return Ok(()),
                _ = interrupt.recv() => return Ok(()),
                _ = resized.recv() => dirty = true,
                input = keys.next() => match input {
                    None | Some(Err(_)) => return Ok(()),
                    Some(Ok(input)) => {
                        let Some(event) = event_of(input) else { continue };
                        self.state.now_ms = now_ms();
                        if self.take(event) {
                            return Ok(());
                        }
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
                    self.take(event);
                    self.observer.look_now();
                    dirty = true;
                }
                () = sleep_until(next_frame), if dirty => {}
                () = tokio::time::sleep(Duration::from_secs(1)), if ticking => {
                    self.take(Event::Tick(now_ms()));
                    dirty = true;
                }
            }
        }
    }

    fn draw(&mut self) -> std::io::Result<()> {
        let size = self.terminal.size()?;
        if (size.width, size.height) != self.state.size {
            self.take(Event::Resize(size.width, size.height));
        }
        let (state, theme) = (&self.state, &self.theme);
        #[cfg(debug_assertions)]
        panic_for_tests();
        let mut drawn = crate::ui::Drawn::default();
        self.terminal.draw(|frame| drawn = draw(frame, state, theme))?;
        if let Some((from, to)) = drawn.diff_rows {
            self.take(Event::Drawn(from, to));
        }
        Ok(())
    }

    /// Takes an event in and sends its effects on their way; true when it is time to leave.
    fn take(&mut self, event: Event) -> bool {
        let mut leave = false;
        for effect in update(&mut self.state, event) {
            match effect {
                Effect::Quit => leave = true,
                Effect::Ask(question) => self.pool.ask(question, &self.state.snapshot, &self.state.policy),
                // The loop as it is shown: it may have gone to another branch since the start.
                decide => self.desk.send(decide, &self.state.snapshot.identity),
            }
        }
        leave
    }
}

impl Deciding {
    /// Starts the desk's thread: decisions are serial, and never wait behind a diff.
    fn start(dir: &Path) -> color_eyre::Result<(Self, mpsc::Receiver<Event>)> {
        // A person decides one thing at a time: the bound is never reached.
        let (done, decided) = mpsc::channel(16);
        let (send, work) = std::sync::mpsc::channel::<(Effect, LoopIdentity)>();
        let dir = dir.to_owned();
        std::thread::Builder::new()
            .name("desk".to_owned())
            .spawn(move || {
                for (effect, identity) in work {
                    let desk = Desk::open(&dir, &state_dir(), &identity).map_err(|error| error.to_string());
                    let decided = |result: Result<_, crate::desk::DeskError>| {
                        Event::Decided(result.map(Box::new).map_err(|error| error.to_string()))
                    };
                    let event = match (desk, effect) {
                        (Err(why), _) => Event::Decided(Err(why)),
                        (Ok(desk), Effect::Approve(approval)) => decided(desk.approve(&approval)),
                        (Ok(desk), Effect::Veto(veto)) => decided(desk.veto(&veto)),
                        (Ok(desk), Effect::PickDirection(metric, goal)) => Event::DirectionPicked(
                            write_direction(&desk, &metric, goal).map_err(|error| error.to_string()),
                        ),
                        (Ok(_), Effect::Ask(_) | Effect::Quit) => continue,
                    };
                    if done.blocking_send(event).is_err() {
                        break;
                    }
                }
            })
            .wrap_err("the desk's thread could not be started")?;
        Ok((Self(send), decided))
    }

    fn send(&self, effect: Effect, identity: &LoopIdentity) {
        // The thread lives as long as this sender.
        let _ = self.0.send((effect, identity.clone()));
    }
}

/// Lets a terminal test see that a panic restores the terminal.
#[cfg(debug_assertions)]
fn panic_for_tests() {
    assert!(std::env::var_os("COUNTERSIGN_PANIC_ON_DRAW").is_none(), "asked to panic while drawing");
}

fn event_of(input: Input) -> Option<Event> {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => key_of(key).map(Event::Key),
        Input::Resize(width, height) => Some(Event::Resize(width, height)),
        Input::Paste(text) => Some(Event::Paste(text)),
        _ => None,
    }
}

fn key_of(key: KeyEvent) -> Option<Key> {
    Some(match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(_) if key.modifiers.contains(KeyModifiers::ALT) => return None,
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}
