//! The threads beside the screen: the desk, where decisions are serial, and looks at the machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use color_eyre::eyre::WrapErr as _;
use tokio::sync::mpsc;

use super::given_up::{CarryOut, failure_of, longest, serve};
use super::opening::Opening;
use crate::app::{Event, NoticeKind, State};
use crate::decide::{Decider, Stuck};
use crate::disk::remedy;
use crate::export::{ExportedView, FileFormat};
use crate::model::{Command, Drafts, Host, LoopIdentity, SettleDiverged, Spent};
use crate::policy::text::Visible;
use crate::ui::Theme;
use crate::user_state::keep_drafts;
use crate::watch::HostWatch;

/// Commands that wait for the desk: a person decides one thing at a time.
const MOST_COMMANDS: usize = 64;

/// Sends work to the desk's own thread.
pub(super) struct DecideWorker {
    work: SyncSender<(Command, LoopIdentity)>,
    done: mpsc::Sender<Event>,
}

impl DecideWorker {
    /// Starts the desk's thread: decisions are serial, and never wait behind a diff.
    pub(super) fn start(opening: &Opening) -> color_eyre::Result<(Self, mpsc::Receiver<Event>)> {
        // A person decides one thing at a time: the bound is never reached.
        let (done, decided) = mpsc::channel(16);
        let (send, work) = sync_channel::<(Command, LoopIdentity)>(MOST_COMMANDS);
        let (told, notice) = (done.clone(), done.clone());
        let (dir, places, who) = (opening.dir.clone(), opening.places.clone(), opening.who.clone());
        let stuck = Stuck::default();
        let carry_out: Arc<CarryOut> = Arc::new(move |command, identity, task| {
            let decider = Decider::open(&dir, &places, identity).map_err(|error| error.to_string());
            let decider =
                decider.map(|decider| decider.with_stuck(&stuck).unless(&task.is_over)).map(|decider| match &who {
                    Some(who) => decider.for_person(who.clone()),
                    None => decider,
                });
            if decider.as_ref().is_ok_and(Decider::will_sign) {
                // It may take as long as a person takes to touch a key.
                task.signs();
                if let Command::Approve(_) = &command {
                    let text = "signing: touch your key, if it waits for that …".to_owned();
                    let _ = notice.blocking_send(Event::Notice(NoticeKind::Good, text));
                }
            }
            carry_out(decider, command)
        });
        std::thread::Builder::new()
            .name("desk".to_owned())
            .spawn(move || serve(work, &done, longest(), &carry_out))
            .wrap_err("the desk's thread could not be started")?;
        Ok((Self { work: send, done: told }, decided))
    }

    pub(super) fn send(&self, command: Command, identity: &LoopIdentity) {
        // The thread lives as long as this sender. Full it is only where the desk hangs and somebody goes on deciding.
        if let Err(TrySendError::Full((command, _))) = self.work.try_send((command, identity.clone())) {
            let why = "nothing was done: what was decided before has not ended yet";
            let _ = self.done.try_send(failure_of(&command)(why.to_owned()));
        }
    }

    /// Where what is told to the screen goes.
    pub(super) fn telling(&self) -> mpsc::Sender<Event> {
        self.done.clone()
    }

    /// Writes what the view shows to a file; what came of it is told on the screen.
    pub(super) fn save(&self, state: &State, theme: &Theme, path: PathBuf) {
        let done = self.done.clone();
        // The ending was asked for.
        let Some(kind) = FileFormat::of(&path) else { return };
        let shown = ExportedView::of(state, theme, kind);
        let told = move || match shown.write(&path) {
            Ok(bytes) => {
                let name = Visible::of(&path.to_string_lossy()).to_string();
                Event::Notice(NoticeKind::Good, format!("saved {name}, {} KB", bytes.div_ceil(1000)))
            }
            Err(error) => Event::Notice(NoticeKind::Bad, error.to_string()),
        };
        let started = std::thread::Builder::new().name("save".to_owned()).spawn(move || {
            let _ = done.blocking_send(told());
        });
        if let Err(error) = started {
            let _ = self.done.try_send(Event::Notice(NoticeKind::Bad, format!("it could not be saved: {error}")));
        }
    }

    /// Runs the person's program beside everything else; why it failed is told on the screen.
    pub(super) fn call(&self, command: Vec<String>, json: String) {
        let done = self.done.clone();
        let started = std::thread::Builder::new().name("call".to_owned()).spawn(move || {
            if let Err(why) = crate::alerts::run(&command, &json) {
                let _ = done.blocking_send(Event::Notice(NoticeKind::Bad, why));
            }
        });
        // Without a thread for it nobody is called; the screen shows what waits all the same.
        drop(started);
    }
}

/// Does what the desk is wanted for, and says what came of it; nothing when there is nothing to tell.
pub fn carry_out(decider: Result<Decider, String>, command: Command) -> Vec<Event> {
    let decider = match decider {
        Ok(decider) => decider,
        Err(why) => return vec![Event::Decided(Err(why))],
    };
    let mut events: Vec<Event> = made(&decider, command).into_iter().collect();
    events.extend(decider.untold().map(|why| Event::Notice(NoticeKind::Bad, why)));
    events
}

fn made(decider: &Decider, command: Command) -> Option<Event> {
    let decided = |result: Result<_, crate::decide::DecideError>| {
        Event::Decided(result.map(Box::new).map_err(|error| error.to_string()))
    };
    let told = |result: Result<String, crate::decide::DecideError>| match result {
        Ok(text) => Event::Notice(NoticeKind::Good, text),
        Err(error) => Event::Notice(NoticeKind::Bad, error.to_string()),
    };
    Some(match command {
        Command::Approve(approval) => decided(decider.approve(&approval)),
        Command::Answer(answer) => decided(decider.answer(&answer)),
        Command::Question(questions) => {
            let asked = decider.ask(&questions).map(|seq| (questions.proposal.head.into(), seq));
            Event::Asked(asked.map_err(|error| error.to_string()))
        }
        Command::TakeIn(spent) => Event::TakenIn(decider.take(spent).map_err(|error| error.to_string())),
        Command::TellAgain => match decider.tell_again() {
            Ok(()) => return None,
            Err(error) => Event::Notice(NoticeKind::Bad, format!("the agent could not be told: {error}")),
        },
        Command::Tell(text) => told(
            decider
                .tell(&text)
                .map(|seq| format!("the note is out, record {seq}: the agent's next call takes it along")),
        ),
        Command::Hold { reason } => {
            let held = decider.pause(true, &reason, Spent::default());
            told(held.map(|seq| format!("the loop is held up, record {seq}, on disk")))
        }
        Command::Resume { reason, spent } => {
            let let_go = decider.pause(false, &reason, spent);
            told(let_go.map(|seq| format!("the loop is let go on, record {seq}, on disk")))
        }
        Command::StopTrial => told(decider.stop_trial()),
        Command::PickDirection(metric, goal) => {
            let written = decider.write_direction(&metric, goal).map(|()| "the direction is in your policy now");
            Event::PolicyWritten(written.map_err(|error| error.to_string()))
        }
        Command::PickTable(path) => {
            let written = decider.write_table(&path).map(|()| "your policy names the table that is read from now on");
            Event::PolicyWritten(written.map_err(|error| error.to_string()))
        }
        Command::FindDiverged => {
            Event::DivergedFound(decider.diverged().map(|found| found.map(Box::new)).map_err(|error| error.to_string()))
        }
        Command::SettleForeign(settle) => {
            let SettleDiverged { shown, remedy, reason, typed } = *settle;
            let settled = decider.settle_diverged(&shown, remedy, &reason, &typed);
            told(settled.map(|seq| format!("{} {}, record {seq}, on disk", shown.branch, remedy.word())))
        }
        Command::Recover => match decider.recover() {
            Ok(ended) if ended.is_empty() => return None,
            ended => told(ended.map(|all| format!("{} interrupted decisions were finished or put back", all.len()))),
        },
    })
}

/// Drafts that wait for the disk.
const MOST_DRAFTS: usize = 1024;

/// Keeps drafts on a thread of its own: a slow disk must not hold a key up.
pub(super) struct DraftWriter {
    work: Option<SyncSender<(LoopIdentity, Arc<Drafts>)>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl DraftWriter {
    pub(super) fn start(state: &Path, told: mpsc::Sender<Event>) -> color_eyre::Result<Self> {
        // The newest takes the place of all that wait.
        let (send, work) = sync_channel::<(LoopIdentity, Arc<Drafts>)>(MOST_DRAFTS);
        let state = state.to_owned();
        let thread = std::thread::Builder::new()
            .name("drafts".to_owned())
            .spawn(move || {
                while let Ok(mut newest) = work.recv() {
                    // Only the newest is worth writing.
                    while let Ok(newer) = work.try_recv() {
                        newest = newer;
                    }
                    if let Err(error) = keep_drafts(&state, &newest.0, &newest.1) {
                        let text = format!("what you wrote could not be kept: {error}; {}", remedy(&error));
                        let _ = told.try_send(Event::Notice(NoticeKind::Bad, text));
                    }
                }
            })
            .wrap_err("the thread that keeps drafts could not be started")?;
        Ok(Self { work: Some(send), thread: Some(thread) })
    }

    pub(super) fn keep(&self, identity: &LoopIdentity, drafts: Arc<Drafts>) {
        if let Some(work) = &self.work {
            // The thread lives as long as this sender. On a disk that hangs the ones after these are kept with the next
            // key, or on leaving.
            let _ = work.try_send((identity.clone(), drafts));
        }
    }

    /// Waits until the last is written.
    pub(super) fn finish(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Asks for looks at the machine, on a thread of their own: a driver may take its time.
pub(super) struct HostSampler(std::sync::mpsc::SyncSender<()>);

impl HostSampler {
    pub(super) fn start() -> color_eyre::Result<(Self, mpsc::Receiver<Host>)> {
        // One look at a time: asking again while one is under way asks for nothing new.
        let (done, looked) = mpsc::channel(1);
        let (send, asked) = std::sync::mpsc::sync_channel::<()>(1);
        std::thread::Builder::new()
            .name("host".to_owned())
            .spawn(move || {
                let mut watch = None;
                for () in asked {
                    // The driver is looked for when somebody wants to know, not at the start.
                    let host = watch.get_or_insert_with(HostWatch::default).look();
                    if done.blocking_send(host).is_err() {
                        break;
                    }
                }
            })
            .wrap_err("the thread that looks at the machine could not be started")?;
        Ok((Self(send), looked))
    }

    pub(super) fn look(&self) {
        let _ = self.0.try_send(());
    }
}
