//! `countersign record`: the recorder, without a screen.

use std::path::Path;
use std::time::Duration;

use color_eyre::eyre::{WrapErr as _, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::status::undecidable;
use crate::cli::{Code, StdoutBuffer, places};
use crate::decide::{Decider, Intake, Stuck, not_updated};
use crate::model::{Binding, Command, Failure, IntakeReport, Recorder, Snapshot, Trial, TrialEnd, TrialId, counted};
use crate::policy::text::Visible;
use crate::watch::{Method, Options, View, Watched, Watcher, now_ms};

/// Prints a systemd unit that runs the recorder of a loop.
pub(super) fn print_unit(out: &mut StdoutBuffer, dir: &Path) -> color_eyre::Result<Code> {
    let dir = dir.canonicalize().wrap_err_with(|| dir.display().to_string())?;
    let program = std::env::current_exe().wrap_err("the path of this program is unknown")?;
    let (dir, program) = (dir.display().to_string(), program.display().to_string());
    // systemd reads a unit line by line.
    if [&dir, &program].iter().any(|path| path.chars().any(char::is_control)) {
        bail!("a systemd unit cannot name {}: the path contains control characters", Visible::of(&dir));
    }
    let watched = Watched::open(Path::new(&dir), places())?;
    let tag: String =
        watched.identity().tag().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    out.line("# Save as a file and enable it, so that it also runs while you are logged out:")?;
    out.line(format!("#   mkdir -p ~/.config/systemd/user && countersign record --print-systemd {} \\", shell(&dir)))?;
    out.line(format!("#     > ~/.config/systemd/user/countersign-{tag}.service"))?;
    out.line(format!("#   systemctl --user enable --now countersign-{tag}"))?;
    out.line("#   loginctl enable-linger")?;
    out.line("[Unit]")?;
    out.line(format!("Description=Countersign records the loop in {}", dir.replace('%', "%%")))?;
    out.line("[Service]")?;
    out.line(format!("ExecStart={} record {}", quoted(&program), quoted(&dir)))?;
    out.line("Restart=on-failure")?;
    out.line("RestartSec=10")?;
    out.line("[Install]")?;
    out.line("WantedBy=default.target")?;
    Ok(Code::Good)
}

/// Quotes a word for a command line in a unit.
fn quoted(word: &str) -> String {
    let word = word.replace('%', "%%").replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$");
    format!("\"{word}\"")
}

/// Quotes a word for a shell.
fn shell(word: &str) -> String {
    shell_words::quote(word).into_owned()
}

/// Records until SIGTERM or SIGINT. Losing the terminal does not stop it.
pub(super) fn run(dir: &Path, poll: bool) -> color_eyre::Result<Code> {
    crate::runtime::descriptors::need_descriptors()?;
    let places = places();
    let watched = Watched::open_to_record(dir, places.clone())?.as_recorder();
    if watched.store_path().is_none() {
        bail!(
            "{} is not in a git work tree, so there is nowhere to store the recording: run git init there first",
            dir.display()
        );
    }
    let method = if poll { Method::Poll } else { Method::Events };
    let name = Visible::of(&watched.dir().display().to_string()).to_string();
    let observer = Watcher::start(watched, &Options::new(&places.state, method))?;
    let runtime = crate::runtime::single_threaded()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // The end of an SSH session sends SIGHUP, which is ignored.
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut views = observer.views();
        let mut reported = Reported::default();
        let mut intake = RecordIntake::new(dir);
        loop {
            tokio::select! {
                biased;
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => {}
                changed = views.changed() => {
                    if changed.is_err() {
                        let why = observer.fault().unwrap_or_else(|| "no panic message".to_owned());
                        bail!("internal error in the watcher, please report it: {}", Visible::of(&why));
                    }
                    let view = views.borrow_and_update().clone();
                    reported.about(&view.snapshot, &name);
                    if intake.poll(&view, now_ms()) {
                        observer.poll_now();
                    }
                }
                // Proposals expire by the clock, without any other event.
                () = tokio::time::sleep(Duration::from_secs(60)) => {
                    let view = views.borrow().clone();
                    if intake.poll(&view, now_ms()) {
                        observer.poll_now();
                    }
                }
            }
        }
        log("stopped; the recorded curves are in archive.db");
        Ok(Code::Good)
    })
}

/// Receives agents' proposals, and answers those that the policy answers.
struct RecordIntake<'a> {
    dir: &'a Path,
    intake: Intake,
    stuck: Stuck,
    /// Rejected messages not yet reported. They are reported at most once a minute, so that an agent cannot fill a
    /// journal.
    rejected: usize,
    /// The time of the last report, in milliseconds since the epoch.
    reported_ms: i64,
    trouble: Option<String>,
}

impl<'a> RecordIntake<'a> {
    fn new(dir: &'a Path) -> Self {
        Self { dir, intake: Intake::default(), stuck: Stuck::default(), rejected: 0, reported_ms: 0, trouble: None }
    }

    /// Carries out the due commands; true if there were any.
    fn poll(&mut self, view: &View, now_ms: i64) -> bool {
        let mut is_done = false;
        loop {
            let mut has_more = false;
            for command in self.intake.due(&view.snapshot, &view.policy, now_ms) {
                is_done = true;
                let decider = Decider::open(self.dir, places(), &view.snapshot.identity);
                let decider = decider.map(|decider| decider.with_stuck(&self.stuck)).map_err(Failure::of);
                if let Command::CollectProposals(spent) = command {
                    let result = decider
                        .as_ref()
                        .map_err(Clone::clone)
                        .and_then(|decider| decider.collect_proposals(spent).map_err(Failure::of));
                    self.intake.finished(&result);
                    has_more = result.as_ref().is_ok_and(|taken| taken.more);
                    self.report(result, now_ms);
                    if let Some(why) = decider.ok().and_then(|decider| decider.untold()) {
                        self.report_trouble(Some(why));
                    }
                } else if let Err(why) = decider.and_then(|decider| decider.republish().map_err(Failure::of)) {
                    self.report_trouble(Some(not_updated(&why)));
                }
            }
            if !has_more {
                return is_done;
            }
        }
    }

    /// Reports the result of an intake; the same trouble once, and rejections once a minute.
    fn report(&mut self, result: Result<IntakeReport, Failure>, now_ms: i64) {
        let taken = match result {
            Ok(taken) => taken,
            Err(why) => return self.report_trouble(Some(why.to_string())),
        };
        self.rejected += taken.refused.len();
        let is_due = self.rejected > 0 && (now_ms - self.reported_ms).abs() >= 60_000;
        if taken.accepted + taken.answered > 0 || is_due {
            let (received, answered) = (counted(taken.accepted, "proposal"), taken.answered);
            log(&format!(
                "{received} received, {answered} answered by policy, {} rejected",
                std::mem::take(&mut self.rejected)
            ));
            self.reported_ms = now_ms;
        }
        if let Some(why) = &taken.unsigned {
            log(&IntakeReport::unsigned_text(Visible::of(why)));
        }
        let left = taken.left.last().map(|(name, why)| format!("{} not received: {name}: {why}", taken.stuck));
        self.report_trouble(left.or(self.trouble.clone().filter(|_| taken.stuck > 0)));
    }

    fn report_trouble(&mut self, trouble: Option<String>) {
        if let Some(why) = trouble.as_ref().filter(|_| trouble != self.trouble) {
            log(&Visible::of(why).to_string());
        }
        self.trouble = trouble;
    }
}

/// The news already reported.
#[derive(Default)]
struct Reported {
    recorder: Option<Recorder>,
    running: Vec<TrialId>,
    newest: Option<TrialId>,
    trouble: Option<String>,
    warnings: Vec<String>,
}

impl Reported {
    /// Reports news, one line each: a journal should show that recording works, and what went wrong.
    fn about(&mut self, snapshot: &Snapshot, dir: &str) {
        if snapshot.format.is_none() {
            return;
        }
        if self.recorder != Some(snapshot.recorder) {
            self.recorder = Some(snapshot.recorder);
            log(&match snapshot.recorder {
                Recorder::Here => format!("recording {dir}"),
                Recorder::Other(Some(process)) => {
                    format!("process {process} records {dir}; this one takes over when it ends")
                }
                Recorder::Other(None) => format!("another process records {dir}; this one takes over when it ends"),
                Recorder::Absent => format!("{dir} cannot be recorded"),
            });
            self.newest = snapshot.trials.iter().map(|trial| trial.id).max();
        }
        if self.trouble.as_deref() != snapshot.trouble() {
            self.trouble = snapshot.trouble().map(str::to_owned);
            if let Some(trouble) = &self.trouble {
                log(&undecidable(trouble));
            }
        }
        if snapshot.recorder != Recorder::Here {
            return;
        }
        for trial in &snapshot.trials {
            let is_running = trial.end == TrialEnd::Running;
            let was_running = self.running.contains(&trial.id);
            if is_running && !was_running {
                self.running.push(trial.id);
                log(&format!("{}: trial started{}", name(trial), on(trial)));
            } else if !is_running && was_running {
                self.running.retain(|id| *id != trial.id);
                log(&format!("{}: trial {}", name(trial), end_word(trial)));
            } else if !is_running && self.newest.is_none_or(|newest| trial.id > newest) {
                log(&format!("{}: trial read, {}", name(trial), end_word(trial)));
            }
        }
        self.newest = self.newest.max(snapshot.trials.iter().map(|trial| trial.id).max());
        let warnings = snapshot.warnings.iter().filter(|warning| warning.line == 0);
        let warnings: Vec<String> = warnings
            .map(|warning| format!("{}: {}", Visible::of(&warning.path), Visible::of(&warning.message)))
            .collect();
        for warning in warnings.iter().filter(|warning| !self.warnings.contains(warning)) {
            log(warning);
        }
        self.warnings = warnings;
    }
}

fn name(trial: &Trial) -> Visible {
    Visible::of(&trial.log)
}

fn on(trial: &Trial) -> String {
    match trial.binding {
        Binding::Head(head) => format!(" on {}", head.short()),
        Binding::Unknown => String::new(),
    }
}

fn end_word(trial: &Trial) -> &'static str {
    match trial.end {
        TrialEnd::Running => "running",
        TrialEnd::Finished => "finished",
        TrialEnd::Crashed(_) => "crashed",
        TrialEnd::Overwritten => "overwritten by the next run",
        TrialEnd::Silent => "stopped writing its log",
    }
}

/// Prints a line with a timestamp; a closed standard output is ignored.
fn log(text: &str) {
    let mut out = StdoutBuffer::new();
    let _ = out.line(format!("{} {text}", crate::disk::timestamp_now().strftime("%Y-%m-%dT%H:%M:%SZ")));
    let _ = out.flush();
}
