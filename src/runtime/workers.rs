//! Worker threads beside the screen: decisions (serial), drafts and host samples.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use color_eyre::eyre::WrapErr as _;
use tokio::sync::mpsc;

use crate::app::{Event, NoticeKind, State};
use crate::decide::{DecideError, Decider, Stuck, loop_paused, loop_resumed, not_updated, note_saved, recovered};
use crate::disk::remedy;
use crate::export::{ExportedView, FileFormat};
use crate::model::{Command, Drafts, Failure, Host, LoopIdentity, MailboxState, SettleDiverged};
use crate::policy::text::Visible;
use crate::runtime::deadline::{CarryOut, failure_of, longest, serve};
use crate::runtime::opening::Opening;
use crate::ui::Theme;
use crate::user_state::save_drafts;
use crate::watch::HostReader;

/// Limit of queued commands: a person makes one decision at a time.
const MOST_COMMANDS: usize = 64;

/// Sends commands to the decide worker's thread.
pub(crate) struct DecideWorker {
    work: SyncSender<(Command, LoopIdentity)>,
    done: mpsc::Sender<Event>,
}

impl DecideWorker {
    /// Starts the decide worker: decisions are serial, and never wait for a diff.
    pub(crate) fn start(opening: &Opening) -> color_eyre::Result<(Self, mpsc::Receiver<Event>)> {
        // A person makes one decision at a time: the bound is never reached.
        let (done, decided) = mpsc::channel(16);
        let (send, work) = sync_channel::<(Command, LoopIdentity)>(MOST_COMMANDS);
        let (events, notice) = (done.clone(), done.clone());
        let (dir, places, who) = (opening.dir.clone(), opening.places.clone(), opening.who.clone());
        let stuck = Stuck::default();
        let carry_out: Arc<CarryOut> = Arc::new(move |command, identity, task| {
            let decider = Decider::open(&dir, &places, identity);
            let decider = decider.map(|decider| decider.with_stuck(&stuck).cancelled_by(&task.is_over)).map(
                |decider| match &who {
                    Some(who) => decider.for_person(who.clone()),
                    None => decider,
                },
            );
            if decider.as_ref().is_ok_and(Decider::will_sign) {
                // It may take as long as a person needs to touch a key.
                task.signs();
                if let Command::Approve(_) = &command {
                    let text = "signing: touch your key if it asks for it …".to_owned();
                    let _ = notice.blocking_send(Event::Notice(NoticeKind::Good, text));
                }
            }
            carry_out(decider, command)
        });
        std::thread::Builder::new()
            .name("decide".to_owned())
            .spawn(move || serve(work, &done, longest(), &carry_out))
            .wrap_err("the decide thread could not be started")?;
        Ok((Self { work: send, done: events }, decided))
    }

    pub(crate) fn send(&self, command: Command, identity: &LoopIdentity) {
        // The thread lives as long as this sender. The queue is full only if the worker hangs and more decisions are
        // sent.
        if let Err(TrySendError::Full((command, _))) = self.work.try_send((command, identity.clone())) {
            let why = "nothing was done: an earlier decision has not finished yet";
            let _ = self.done.try_send(failure_of(&command)(why.to_owned()));
        }
    }

    /// Returns a sender of events to the screen.
    pub(crate) fn events(&self) -> mpsc::Sender<Event> {
        self.done.clone()
    }

    /// Writes the current view to a file; the result is shown on the screen.
    pub(crate) fn save(&self, state: &State, theme: &Theme, path: PathBuf) {
        let done = self.done.clone();
        // The extension was checked before.
        let Some(kind) = FileFormat::of(&path) else { return };
        let shown = ExportedView::of(state, theme, kind);
        let result = move || match shown.write(&path) {
            Ok(bytes) => {
                let name = Visible::of(&path.to_string_lossy()).to_string();
                Event::Notice(NoticeKind::Good, format!("saved {name}, {} KB", bytes.div_ceil(1000)))
            }
            Err(error) => Event::Notice(NoticeKind::Bad, error.to_string()),
        };
        let started = std::thread::Builder::new().name("save".to_owned()).spawn(move || {
            let _ = done.blocking_send(result());
        });
        if let Err(error) = started {
            let _ = self.done.try_send(Event::Notice(NoticeKind::Bad, format!("could not save: {error}")));
        }
    }

    /// Runs the person's alert program on its own thread; a failure is shown on the screen.
    pub(crate) fn run_alert(&self, command: Vec<String>, json: String) {
        let done = self.done.clone();
        let started = std::thread::Builder::new().name("alert".to_owned()).spawn(move || {
            if let Err(why) = crate::alerts::run(&command, &json) {
                let _ = done.blocking_send(Event::Notice(NoticeKind::Bad, why.to_string()));
            }
        });
        // Without a thread, no alert is sent; the screen shows the inbox in any case.
        drop(started);
    }
}

/// Carries out a command and returns the resulting events; empty if there is nothing to report.
pub fn carry_out(decider: Result<Decider, DecideError>, command: Command) -> Vec<Event> {
    let decider = match decider {
        Ok(decider) => decider,
        Err(error) => return vec![Event::Decided(Err(Failure::of(error)))],
    };
    let name = command.name();
    let began = std::time::Instant::now();
    let mut events: Vec<Event> = event_for(&decider, command).into_iter().collect();
    tracing::info!(command = name, ms = began.elapsed().as_millis(), "carried out");
    events.extend(decider.untold().map(|why| Event::Notice(NoticeKind::Bad, why)));
    events
}

fn event_for(decider: &Decider, command: Command) -> Option<Event> {
    let decided = |result: Result<_, DecideError>| Event::Decided(result.map(Box::new).map_err(Failure::of));
    let notice = |result: Result<String, DecideError>| match result {
        Ok(text) => Event::Notice(NoticeKind::Good, text),
        Err(error) => Event::Notice(NoticeKind::Bad, error.to_string()),
    };
    Some(match command {
        Command::Approve(approval) => decided(decider.approve(&approval)),
        Command::Answer(answer) => decided(decider.answer(&answer)),
        Command::Question(questions) => {
            let asked = decider.ask(&questions).map(|seq| (questions.proposal.head.into(), seq));
            Event::Asked(asked.map_err(Failure::of))
        }
        Command::CollectProposals(spent) => {
            Event::ProposalsCollected(decider.collect_proposals(spent).map_err(Failure::of))
        }
        Command::Republish => match decider.republish() {
            Ok(()) => return None,
            Err(error) => Event::Notice(NoticeKind::Bad, not_updated(&error)),
        },
        // The screen offers it only where there is a mailbox.
        Command::Note(text) => {
            let mailbox = MailboxState { is_there: true, ..MailboxState::default() };
            notice(decider.leave_note(&text).map(|seq| note_saved(seq, &mailbox)))
        }
        Command::Pause { reason } => {
            let paused = decider.pause(&reason);
            notice(paused.map(loop_paused))
        }
        Command::Resume { reason, spent } => {
            let resumed = decider.resume(&reason, spent);
            notice(resumed.map(loop_resumed))
        }
        Command::StopTrial => notice(decider.stop_trial()),
        Command::PickDirection(metric, goal) => {
            let written = decider.write_direction(&metric, goal).map(|()| "direction added to your policy");
            Event::PolicyWritten(written.map_err(Failure::of))
        }
        Command::PickTable(path) => {
            let written =
                decider.write_table(&path).map(|()| "results table added to your policy; it is read from now on");
            Event::PolicyWritten(written.map_err(Failure::of))
        }
        Command::FindDiverged => {
            Event::DivergedFound(decider.diverged().map(|found| found.map(Box::new)).map_err(Failure::of))
        }
        Command::SettleDiverged(settle) => {
            let SettleDiverged { shown, remedy, reason, typed } = *settle;
            let settled = decider.settle_diverged(&shown, remedy, &reason, &typed);
            notice(settled.map(|seq| format!("{} {}, record {seq}, on disk", shown.branch, remedy.word())))
        }
        Command::Recover => match decider.recover() {
            Ok(ended) if ended.is_empty() => return None,
            ended => notice(ended.map(|all| recovered(all.len()))),
        },
    })
}

/// Limit of drafts queued for the disk.
const MOST_DRAFTS: usize = 1024;

/// Saves drafts on its own thread: a slow disk must not delay a key.
pub(crate) struct DraftWriter {
    work: Option<SyncSender<(LoopIdentity, Arc<Drafts>)>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl DraftWriter {
    pub(crate) fn start(state: &Path, events: mpsc::Sender<Event>) -> color_eyre::Result<Self> {
        // The newest replaces all queued ones.
        let (send, work) = sync_channel::<(LoopIdentity, Arc<Drafts>)>(MOST_DRAFTS);
        let state = state.to_owned();
        let thread = std::thread::Builder::new()
            .name("drafts".to_owned())
            .spawn(move || {
                while let Ok(mut newest) = work.recv() {
                    // Only the newest is written.
                    while let Ok(newer) = work.try_recv() {
                        newest = newer;
                    }
                    if let Err(error) = save_drafts(&state, &newest.0, &newest.1) {
                        let text = format!("your drafts could not be saved: {error}; {}", remedy(&error));
                        let _ = events.try_send(Event::Notice(NoticeKind::Bad, text));
                    }
                }
            })
            .wrap_err("the drafts thread could not be started")?;
        Ok(Self { work: Some(send), thread: Some(thread) })
    }

    pub(crate) fn keep(&self, identity: &LoopIdentity, drafts: Arc<Drafts>) {
        if let Some(work) = &self.work {
            // The thread lives as long as this sender. If the disk hangs and the queue is full, a later draft is saved
            // with the next key or on exit.
            let _ = work.try_send((identity.clone(), drafts));
        }
    }

    /// Waits until the last draft is written.
    pub(crate) fn finish(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Samples the host on its own thread: a GPU driver may be slow.
pub(crate) struct HostSampler(std::sync::mpsc::SyncSender<()>);

impl HostSampler {
    pub(crate) fn start() -> color_eyre::Result<(Self, mpsc::Receiver<Host>)> {
        // One sample at a time: a request while one is under way adds nothing.
        let (done, samples) = mpsc::channel(1);
        let (send, asked) = std::sync::mpsc::sync_channel::<()>(1);
        std::thread::Builder::new()
            .name("host".to_owned())
            .spawn(move || {
                let mut watch = None;
                for () in asked {
                    // The driver is loaded on the first request, not at the start.
                    let host = watch.get_or_insert_with(HostReader::default).sample();
                    if done.blocking_send(host).is_err() {
                        break;
                    }
                }
            })
            .wrap_err("the host sampler thread could not be started")?;
        Ok((Self(send), samples))
    }

    pub(crate) fn sample(&self) {
        let _ = self.0.try_send(());
    }
}
