//! `countersign record`: the recorder, without a screen.

use std::path::Path;
use std::time::Duration;

use color_eyre::eyre::{WrapErr as _, bail};
use tokio::signal::unix::{SignalKind, signal};

use super::{Code, StdoutBuffer, places};
use crate::decide::{DecideError, Decider, Intake, Stuck};
use crate::model::{Binding, Command, Recorder, Snapshot, TakenIn, Trial, TrialEnd, TrialId};
use crate::policy::text::Visible;
use crate::watch::{Method, Options, View, Watched, Watcher, now_ms};

/// Prints a unit for systemd that runs the recorder of a loop.
pub(super) fn print_unit(out: &mut StdoutBuffer, dir: &Path) -> color_eyre::Result<Code> {
    let dir = dir.canonicalize().wrap_err_with(|| dir.display().to_string())?;
    let program = std::env::current_exe().wrap_err("where this program is")?;
    let (dir, program) = (dir.display().to_string(), program.display().to_string());
    // A unit is read line by line.
    if [&dir, &program].iter().any(|path| path.chars().any(char::is_control)) {
        bail!("a unit cannot name {}: its path holds control characters", Visible::of(&dir));
    }
    let watched = Watched::open(Path::new(&dir), places(), false)?;
    let tag: String =
        watched.identity().tag().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    out.line("# Save it as a file and let it run, also when nobody is logged in:")?;
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

/// A word of a command line in a unit.
fn quoted(word: &str) -> String {
    let word = word.replace('%', "%%").replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$");
    format!("\"{word}\"")
}

/// A word of a command line in a shell.
fn shell(word: &str) -> String {
    shell_words::quote(word).into_owned()
}

/// Records until it is told to stop. A terminal that goes away is no reason to.
pub(super) fn run(dir: &Path, poll: bool) -> color_eyre::Result<Code> {
    super::descriptors::need_descriptors()?;
    let places = places();
    let watched = Watched::open(dir, places.clone(), true)?.as_recorder();
    if watched.store_path().is_none() {
        bail!("{} is not in a git work tree: there is no place for what would be recorded", dir.display());
    }
    let method = if poll { Method::Poll } else { Method::Events };
    let name = Visible::of(&watched.dir().display().to_string()).to_string();
    let observer = Watcher::start(watched, &Options::new(&places.state, method))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .wrap_err("the runtime could not be started")?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // An SSH session that ends hangs up: this goes on.
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut views = observer.views();
        let mut told = Reported::default();
        let mut taking = RecordIntake::new(dir);
        loop {
            tokio::select! {
                biased;
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => {}
                changed = views.changed() => {
                    if changed.is_err() {
                        let why = observer.fault().unwrap_or_else(|| "it said nothing".to_owned());
                        bail!("a fault of countersign's ended the watching, please report it: {}", Visible::of(&why));
                    }
                    let view = views.borrow_and_update().clone();
                    told.about(&view.snapshot, &name);
                    if taking.look(&view, now_ms()) {
                        observer.look_now();
                    }
                }
                // What is over by the policy's time is found by the clock alone.
                () = tokio::time::sleep(Duration::from_secs(60)) => {
                    let view = views.borrow().clone();
                    if taking.look(&view, now_ms()) {
                        observer.look_now();
                    }
                }
            }
        }
        say("stopped; what was recorded is in the archive");
        Ok(Code::Good)
    })
}

/// Takes in what agents propose, and answers by policy what the policy answers.
struct RecordIntake<'a> {
    dir: &'a Path,
    intake: Intake,
    stuck: Stuck,
    /// Refused messages that nobody was told of yet, and when somebody was last, in milliseconds since the epoch: an
    /// agent must not fill a journal.
    refused: usize,
    told_ms: i64,
    trouble: Option<String>,
}

impl<'a> RecordIntake<'a> {
    fn new(dir: &'a Path) -> Self {
        Self { dir, intake: Intake::default(), stuck: Stuck::default(), refused: 0, told_ms: 0, trouble: None }
    }

    /// Does what is due; true when something was done.
    fn look(&mut self, view: &View, now_ms: i64) -> bool {
        let mut is_done = false;
        loop {
            let mut has_more = false;
            for command in self.intake.due(&view.snapshot, &view.policy, now_ms) {
                is_done = true;
                let decider = Decider::open(self.dir, places(), &view.snapshot.identity);
                let decider = decider.map(|decider| decider.with_stuck(&self.stuck)).map_err(|error| error.to_string());
                let said = |error: DecideError| error.to_string();
                if let Command::TakeIn(spent) = command {
                    let result =
                        decider.as_ref().map_err(Clone::clone).and_then(|decider| decider.take(spent).map_err(said));
                    self.intake.ended(&result);
                    has_more = result.as_ref().is_ok_and(|taken| taken.more);
                    self.tell(result, now_ms);
                    if let Some(why) = decider.ok().and_then(|decider| decider.untold()) {
                        self.tell_trouble(Some(why));
                    }
                } else if let Err(why) = decider.and_then(|decider| decider.tell_again().map_err(said)) {
                    self.tell_trouble(Some(format!("the agent could not be told: {why}")));
                }
            }
            if !has_more {
                return is_done;
            }
        }
    }

    /// Says what came of taking in; the same trouble once, and what was refused once a minute.
    fn tell(&mut self, result: Result<TakenIn, String>, now_ms: i64) {
        let taken = match result {
            Ok(taken) => taken,
            Err(why) => return self.tell_trouble(Some(why)),
        };
        self.refused += taken.refused.len();
        let is_due = self.refused > 0 && (now_ms - self.told_ms).abs() >= 60_000;
        if taken.taken + taken.answered > 0 || is_due {
            let (new, answered) = (taken.taken, taken.answered);
            say(&format!(
                "{new} proposals taken in, {answered} answered by policy, {} refused",
                std::mem::take(&mut self.refused)
            ));
            self.told_ms = now_ms;
        }
        if let Some(why) = &taken.unsigned {
            say(&format!("the gate asks a person, because its answer cannot be signed: {}", Visible::of(why)));
        }
        let left = taken.left.last().map(|(name, why)| format!("{} not taken in: {name}: {why}", taken.stuck));
        self.tell_trouble(left.or(self.trouble.clone().filter(|_| taken.stuck > 0)));
    }

    fn tell_trouble(&mut self, trouble: Option<String>) {
        if let Some(why) = trouble.as_ref().filter(|_| trouble != self.trouble) {
            say(&Visible::of(why).to_string());
        }
        self.trouble = trouble;
    }
}

/// What was said already.
#[derive(Default)]
struct Reported {
    recorder: Option<Recorder>,
    running: Vec<TrialId>,
    newest: Option<TrialId>,
    trouble: Option<String>,
    warnings: Vec<String>,
}

impl Reported {
    /// Says what is new, a line each: who reads a journal wants to know that it works, and what went wrong.
    fn about(&mut self, snapshot: &Snapshot, dir: &str) {
        if snapshot.format.is_none() {
            return;
        }
        if self.recorder != Some(snapshot.recorder) {
            self.recorder = Some(snapshot.recorder);
            say(&match snapshot.recorder {
                Recorder::Here => format!("recording {dir}"),
                Recorder::Other(Some(process)) => {
                    format!("process {process} records {dir}; this one takes over when it ends")
                }
                Recorder::Other(None) => format!("another process records {dir}; this one takes over when it ends"),
                Recorder::Nobody => format!("{dir} cannot be recorded"),
            });
            self.newest = snapshot.trials.iter().map(|trial| trial.id).max();
        }
        if self.trouble.as_deref() != snapshot.trouble() {
            self.trouble = snapshot.trouble().map(str::to_owned);
            if let Some(trouble) = &self.trouble {
                say(&format!("nothing can be decided: {}", Visible::of(trouble)));
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
                say(&format!("{}: a trial runs{}", name(trial), on(trial)));
            } else if !is_running && was_running {
                self.running.retain(|id| *id != trial.id);
                say(&format!("{}: the trial {}", name(trial), ended(trial)));
            } else if !is_running && self.newest.is_none_or(|newest| trial.id > newest) {
                say(&format!("{}: a trial was read, it {}", name(trial), ended(trial)));
            }
        }
        self.newest = self.newest.max(snapshot.trials.iter().map(|trial| trial.id).max());
        let warnings = snapshot.warnings.iter().filter(|warning| warning.line == 0);
        let warnings: Vec<String> = warnings
            .map(|warning| format!("{}: {}", Visible::of(&warning.path), Visible::of(&warning.message)))
            .collect();
        for warning in warnings.iter().filter(|warning| !self.warnings.contains(warning)) {
            say(warning);
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

fn ended(trial: &Trial) -> &'static str {
    match trial.end {
        TrialEnd::Running => "runs",
        TrialEnd::Finished => "is finished",
        TrialEnd::Crashed(_) => "crashed",
        TrialEnd::Overwritten => "was overwritten by the next run",
        TrialEnd::Silent => "says nothing any more",
    }
}

/// A line for whoever reads; nobody has to.
fn say(text: &str) {
    let mut out = StdoutBuffer::new();
    let _ = out.line(format!("{} {text}", crate::disk::timestamp_now().strftime("%Y-%m-%dT%H:%M:%SZ")));
    let _ = out.flush();
}
