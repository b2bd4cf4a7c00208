//! `countersign status`: the state of the loop.

use std::path::Path;

use serde::Serialize;

use crate::cli::{Code, StdoutBuffer, poll};
use crate::model::{
    AgentText, ColumnUse, DecisionKind, Experiment, Gate, Goal, MAILBOX_DIR, MailboxState, NoChange, Objective,
    PassedOver, SegmentSummary, Snapshot, Warning, counted,
};
use crate::policy::text::Visible;
use crate::watch::Watched;

/// The JSON of `status`. Stable: fields are added, never changed.
#[derive(Serialize)]
struct StatusJson<'a> {
    v: u32,
    run: &'a str,
    format: Option<&'static str>,
    objective: Option<ObjectiveStatus<'a>>,
    experiments: Experiments,
    baseline: Option<NamedJson<'a>>,
    best: Option<NamedJson<'a>>,
    /// Oldest first; `objective`, `baseline` and `best` are those of the last one.
    segments: Vec<SegmentStatus<'a>>,
    decisions: Decisions,
    /// The agent's mailbox; omitted if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox: Option<MailboxJson>,
    running: Option<RunningJson>,
    runs: RunsJson,
    reading: ReadingJson<'a>,
    warnings: Vec<WarningStatus<'a>>,
    not_read: &'a [PassedOver],
}

#[derive(Serialize)]
struct ObjectiveStatus<'a> {
    metric: &'a str,
    goal: Option<Goal>,
    metric_because: &'a str,
    goal_because: &'a str,
    /// True if metric or direction is inferred.
    is_guess: bool,
}

/// The interpretation of the results.
#[derive(Serialize)]
struct ReadingJson<'a> {
    columns: Vec<ColumnJson<'a>>,
    unknown_statuses: Vec<UnknownStatus<'a>>,
    notes: &'a [String],
    /// Other results tables in the directory.
    other_tables: Vec<&'a str>,
}

#[derive(Serialize)]
struct ColumnJson<'a> {
    name: &'a str,
    used_as: &'static str,
    why: &'a str,
}

#[derive(Serialize)]
struct UnknownStatus<'a> {
    word: &'a str,
    rows: usize,
}

#[derive(Serialize)]
struct SegmentStatus<'a> {
    name: &'a AgentText,
    objective: Option<ObjectiveStatus<'a>>,
    baseline: Option<NamedJson<'a>>,
    best: Option<NamedJson<'a>>,
    experiments: usize,
}

#[derive(Serialize)]
struct Experiments {
    total: usize,
    kept: usize,
    discarded: usize,
    crashed: usize,
    other: usize,
    with_change: usize,
}

#[derive(Serialize)]
struct NamedJson<'a> {
    id: &'a str,
    label: &'a AgentText,
    value: Option<f64>,
}

#[derive(Serialize)]
struct Decisions {
    pending: usize,
    approved: usize,
    partial: usize,
    vetoed: usize,
    changes_requested: usize,
    stale: usize,
    expired: usize,
    commit_gone: usize,
    no_commit: usize,
}

/// The agent's mailbox.
#[derive(Serialize)]
struct MailboxJson {
    untaken: usize,
    /// Rejected messages that were set aside, counted up to a thousand.
    rejected: usize,
    pending: usize,
    paused: bool,
    notes_waiting: usize,
}

#[derive(Serialize)]
struct RunningJson {
    label: AgentText,
    log: String,
    progress: Option<f64>,
    remaining_s: Option<f64>,
}

#[derive(Serialize)]
struct WarningStatus<'a> {
    path: &'a str,
    line: u64,
    end_line: u64,
    message: &'a str,
}

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, json: bool, short: bool) -> color_eyre::Result<Code> {
    let (watched, snapshot) = poll(dir)?;
    let runs = RunsJson::of(&watched, &snapshot);
    if short {
        out.line(in_short(&snapshot, &runs))?;
    } else if json {
        out.json(&status(&snapshot, runs))?;
    } else {
        print(out, &snapshot, &runs)?;
    }
    Ok(Code::Good)
}

/// The runs that have curves.
#[derive(Serialize)]
pub(super) struct RunsJson {
    pub(super) total: usize,
    /// Name of the run that changed last.
    pub(super) newest: Option<String>,
}

impl RunsJson {
    pub(super) fn of(watched: &Watched, snapshot: &Snapshot) -> Self {
        Self {
            total: snapshot.trials.len() + watched.unread_runs(),
            newest: snapshot.trials.last().map(|trial| trial.run_name().to_owned()),
        }
    }

    /// `3 runs, the newest runs/a`.
    pub(super) fn in_words(&self) -> String {
        let newest = self.newest.as_ref().map(|name| format!(", the newest {}", Visible::of(name))).unwrap_or_default();
        format!("{}{newest}", counted(self.total, "run"))
    }
}

/// Returns a summary such as `mar8 3 waiting, 1 at the run gate, 2 at the mailbox`.
fn in_short(snapshot: &Snapshot, runs: &RunsJson) -> String {
    let tag = Visible::of(snapshot.identity.tag()).fit(40);
    if !snapshot.has_loop() {
        return format!("{tag} {}", counted(runs.total, "run"));
    }
    let mut parts = vec![format!("{} waiting", snapshot.waiting.len())];
    let pending = snapshot.waiting.iter().filter_map(|index| snapshot.pending(&snapshot.experiments[*index].id));
    let at_run_gate = pending.filter(|proposal| proposal.gate == Gate::Run).count();
    for (count, words) in [(at_run_gate, "at the run gate"), (snapshot.mailbox.unread, "at the mailbox")] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    if snapshot.mailbox.paused {
        parts.push("paused".to_owned());
    }
    if snapshot.trouble().is_some() {
        parts.push("decisions stopped".to_owned());
    }
    format!("{tag} {}", parts.join(", "))
}

fn named(experiment: &Experiment) -> NamedJson<'_> {
    NamedJson { id: experiment.id.as_str(), label: &experiment.label, value: experiment.outcome.value() }
}

fn reading(snapshot: &Snapshot) -> ReadingJson<'_> {
    let reading = &snapshot.reading;
    let column = |column| -> ColumnJson<'_> {
        let column: &ColumnUse = column;
        ColumnJson { name: &column.name, used_as: column.used_as, why: &column.why }
    };
    ReadingJson {
        columns: reading.columns.iter().map(column).collect(),
        unknown_statuses: reading
            .unknown_words
            .iter()
            .map(|(word, rows)| UnknownStatus { word, rows: *rows })
            .collect(),
        notes: &reading.notes,
        other_tables: reading.other_tables.iter().map(String::as_str).collect(),
    }
}

fn objective(objective: &Objective) -> ObjectiveStatus<'_> {
    ObjectiveStatus {
        metric: &objective.metric,
        goal: objective.goal,
        metric_because: &objective.metric_basis.why,
        goal_because: &objective.goal_basis.why,
        is_guess: objective.metric_basis.is_guess || objective.goal_basis.is_guess,
    }
}

fn segment<'a>(snapshot: &'a Snapshot, summary: &'a SegmentSummary) -> SegmentStatus<'a> {
    let named_at = |index: Option<usize>| index.map(|index| named(&snapshot.experiments[index]));
    SegmentStatus {
        name: &summary.name,
        objective: summary.objective.as_ref().map(objective),
        baseline: named_at(summary.baseline),
        best: named_at(summary.best),
        experiments: summary.experiments.len(),
    }
}

fn status(snapshot: &Snapshot, runs: RunsJson) -> StatusJson<'_> {
    let counts = snapshot.counts;
    let decided = |kind| snapshot.count_decided(kind);
    StatusJson {
        v: 1,
        run: snapshot.identity.tag(),
        format: snapshot.format.map(crate::model::LoopFormat::name),
        objective: snapshot.objective.as_ref().map(objective),
        experiments: Experiments {
            total: counts.total,
            kept: counts.kept,
            discarded: counts.discarded,
            crashed: counts.crashed,
            other: counts.other,
            with_change: counts.with_change,
        },
        baseline: snapshot.baseline.map(|index| named(&snapshot.experiments[index])),
        best: snapshot.best.map(|index| named(&snapshot.experiments[index])),
        segments: snapshot.segments.iter().map(|summary| segment(snapshot, summary)).collect(),
        decisions: Decisions {
            pending: snapshot.waiting.len(),
            approved: decided(DecisionKind::Approved),
            partial: decided(DecisionKind::Partial),
            vetoed: decided(DecisionKind::Vetoed),
            changes_requested: decided(DecisionKind::ChangesRequested),
            stale: decided(DecisionKind::Stale),
            expired: decided(DecisionKind::Expired),
            commit_gone: counts.commit_gone,
            no_commit: snapshot.kept_without(&[NoChange::NoCommit]).len(),
        },
        mailbox: snapshot.mailbox.is_there.then(|| MailboxJson {
            untaken: snapshot.mailbox.unread,
            rejected: snapshot.mailbox.rejected,
            pending: snapshot.proposals.iter().filter(|proposal| snapshot.is_pending(&proposal.id)).count(),
            paused: snapshot.mailbox.paused,
            notes_waiting: snapshot.mailbox.notes_waiting,
        }),
        running: snapshot.running.and_then(|index| {
            let trial = snapshot.trials.get(index)?;
            Some(RunningJson {
                label: snapshot.running_name()?,
                log: trial.log.to_string(),
                progress: trial.progress,
                remaining_s: trial.remaining_s,
            })
        }),
        runs,
        reading: reading(snapshot),
        warnings: snapshot.warnings.iter().map(warning).collect(),
        not_read: &snapshot.unread_files,
    }
}

fn warning(warning: &Warning) -> WarningStatus<'_> {
    WarningStatus { path: &warning.path, line: warning.line, end_line: warning.end_line, message: &warning.message }
}

fn print(out: &mut StdoutBuffer, snapshot: &Snapshot, runs: &RunsJson) -> color_eyre::Result<()> {
    if snapshot.has_loop() {
        print_loop(out, snapshot)?;
    } else {
        out.line(format!("runs       {}; no loop here", runs.in_words()))?;
    }
    print_unread(out, snapshot)
}

/// Prints the state of the loop.
fn print_loop(out: &mut StdoutBuffer, snapshot: &Snapshot) -> color_eyre::Result<()> {
    let counts = snapshot.counts;
    let format = snapshot.format.map_or("unknown", crate::model::LoopFormat::name);
    out.line(format!("loop       {} ({format})", Visible::of(&snapshot.identity.branch)))?;
    let (arrow, metric) = match &snapshot.objective {
        Some(objective) => (objective.goal.map_or("direction unknown", Goal::arrow), Visible::name(&objective.metric)),
        None => ("", Visible::of("no metric found")),
    };
    let is_guess = |objective: &Objective| objective.metric_basis.is_guess || objective.goal_basis.is_guess;
    let guess = if snapshot.objective.as_ref().is_some_and(is_guess) { " (a guess; see doctor)" } else { "" };
    out.line(format!("objective  {metric} {arrow}{guess}"))?;
    if snapshot.segments.len() > 1 {
        let names: Vec<String> = snapshot
            .segments
            .iter()
            .enumerate()
            .map(|(at, summary)| {
                format!("{} ({})", Visible::line(&summary.display_name(at)).fit(40), summary.experiments.len())
            })
            .collect();
        out.line(format!("segments   {}; baseline and best are from the last", names.join(", ")))?;
    }
    for (name, index) in [("baseline", snapshot.baseline), ("best", snapshot.best)] {
        if let Some(experiment) = index.map(|index| &snapshot.experiments[index]) {
            let value = experiment.outcome.text();
            out.line(format!("{name:<10} {value}  {}", Visible::line(&experiment.name())))?;
        }
    }
    out.line(format!(
        "rows       {}: {} kept, {} discarded, {} crashed, {} other; {} with a change",
        counted(counts.total, "experiment"),
        counts.kept,
        counts.discarded,
        counts.crashed,
        counts.other,
        counts.with_change
    ))?;
    let in_part = match snapshot.count_decided(DecisionKind::Partial) {
        0 => String::new(),
        count => format!(", {count} approved in part"),
    };
    out.line(format!(
        "decisions  {} waiting, {} approved{in_part}, {} vetoed, {} kept with the commit gone",
        snapshot.waiting.len(),
        snapshot.count_decided(DecisionKind::Approved),
        snapshot.count_decided(DecisionKind::Vetoed),
        counts.commit_gone
    ))?;
    let without = snapshot.kept_without(&[NoChange::NoCommit]).len();
    if without > 0 {
        let verb = if without == 1 { "names" } else { "name" };
        out.line(format!("! {} {verb} no commit: see `countersign doctor`", counted(without, "kept row")))?;
    }
    if !snapshot.reading.unknown_words.is_empty() {
        let words =
            snapshot.reading.unknown_words.iter().take(8).map(|(word, _)| format!("`{}`", Visible::of(word).fit(24)));
        let words = words.collect::<Vec<_>>().join(", ");
        out.line(format!("! {}: {words}", snapshot.reading.unknown_words_text()))?;
    }
    for other in &snapshot.reading.other_tables {
        out.line(format!("not read   {}: another results table in this directory", Visible::of(other)))?;
    }
    if snapshot.mailbox.is_there {
        let paused = if snapshot.mailbox.paused { format!("; {}", MailboxState::PAUSED) } else { String::new() };
        let rejected = match snapshot.mailbox.rejected {
            0 => String::new(),
            many => format!("; {many} rejected, in {MAILBOX_DIR}/inbox/rejected"),
        };
        out.line(format!(
            "mailbox    {} pending, {} not read yet, {} unread by the agent{rejected}{paused}",
            snapshot.proposals.iter().filter(|proposal| snapshot.is_pending(&proposal.id)).count(),
            snapshot.mailbox.unread,
            counted(snapshot.mailbox.notes_waiting, "note")
        ))?;
    }
    if let Some(trouble) = snapshot.trouble() {
        out.line(format!("! {}", undecidable(trouble)))?;
    }
    Ok(())
}

/// The reason why no decision can be made, for the terminal.
pub(super) fn undecidable(trouble: &str) -> String {
    format!("{}: {}", Snapshot::UNDECIDABLE, Visible::of(trouble))
}

/// Prints files that are not read, and warnings.
fn print_unread(out: &mut StdoutBuffer, snapshot: &Snapshot) -> color_eyre::Result<()> {
    const MOST_NAMED: usize = 3;
    if snapshot.unread_files.len() <= MOST_NAMED {
        for seen in snapshot.unread_files.iter() {
            out.line(format!("not read   {}: {}", Visible::of(&seen.path), Visible::of(&seen.why)))?;
        }
    } else {
        let count = snapshot.unread_files.len();
        out.line(format!("not read   {count} files and directories; `countersign doctor` lists them"))?;
    }
    for warning in snapshot.warnings.iter() {
        let lines = match (warning.line, warning.end_line) {
            (0, _) => String::new(),
            (from, to) if from == to => format!(":{from}"),
            (from, to) => format!(":{from}-{to}"),
        };
        out.line(format!("! {}{lines}: {}", Visible::of(&warning.path), Visible::of(&warning.message)))?;
    }
    Ok(())
}
