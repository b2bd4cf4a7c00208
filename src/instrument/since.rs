//! A summary of what happened since the last visit.

use std::collections::HashMap;

use super::duration_text;
use super::pace::last_gain;
use crate::model::{Claim, Experiment, Goal, Outcome, Snapshot, TrialEnd, Visit, counted, digits, row_id};
use crate::policy::text::Visible;

/// Number of crashes whose last lines are shown; more are only counted.
const MOST_CRASHES: usize = 8;
/// Number of last lines shown of each crash.
const CRASH_LINES: usize = 3;
/// After this many experiments without a gain the loop may be stuck.
const STUCK_AFTER: usize = 20;
/// A time without a new experiment counts as a gap if it is this many times as long as the usual time between experiments.
const GAP: f64 = 3.0;

/// A summary for a person who comes back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Since {
    /// One line; visible text.
    pub line: String,
    /// The full page: headings and the sentences below them; visible text.
    pub page: Vec<(&'static str, Vec<String>)>,
}

/// Compares a visit with the current state of the loop.
pub fn since(visit: &Visit, snapshot: &Snapshot, now_ms: i64) -> Since {
    let new = new_since(visit, snapshot);
    let count = |claim: Claim| new.iter().filter(|experiment| experiment.claim == claim).count();
    let (kept, crashed) = (count(Claim::Keep), count(Claim::Crash));
    let gain = gain_since(visit, snapshot);
    let gap = longest_gap(visit, &new, snapshot, now_ms);
    let mut parts = vec![match new.len() {
        0 => "no new experiments".to_owned(),
        1 => "+1 experiment".to_owned(),
        many => format!("+{many} experiments"),
    }];
    if let Some((gain, goal)) = gain.filter(|(gain, _)| *gain > 0.0) {
        let sign = if goal == Goal::Minimize { "−" } else { "+" };
        parts.push(format!("best {sign}{}", digits(gain)));
    }
    if crashed > 0 {
        parts.push(format!("{crashed} crashed"));
    }
    if let Some(gap) = &gap {
        parts.push(format!("a gap of {}", duration_text(gap.seconds)));
    }
    let stuck = stuck(snapshot, now_ms);
    if !stuck.is_empty() {
        parts.push("stuck?".to_owned());
    }
    parts.push(format!("{} waiting", snapshot.waiting.len()));
    let mut page = vec![("new experiments", ran(&new, kept, crashed)), ("best", best(snapshot, gain))];
    if crashed > 0 {
        page.push(("crashes", crashes(&new, snapshot)));
    }
    page.push((
        "gaps",
        match gap {
            Some(gap) => vec![gap.sentence],
            None if new.len() < 3 => vec!["not enough new experiments".to_owned()],
            None => vec!["none longer than usual".to_owned()],
        },
    ));
    page.push(("is it stuck?", if stuck.is_empty() { vec!["no sign of it".to_owned()] } else { stuck }));
    page.push(("your review", review(visit, snapshot)));
    Since { line: format!("since {}: {}", visit.at, parts.join(", ")), page }
}

/// The experiments that are new since the visit: those after its newest one, or else by their time.
fn new_since<'a>(visit: &Visit, snapshot: &'a Snapshot) -> Vec<&'a Experiment> {
    let newest = visit.newest.as_ref();
    // An experiment that was only proposed is counted under what is waiting.
    let ran = |experiment: &&Experiment| experiment.has_row();
    let after = snapshot.experiments.iter().rposition(|experiment| newest == Some(&row_id(&experiment.row)));
    match after {
        Some(at) => snapshot.experiments[at + 1..].iter().map(|experiment| &**experiment).filter(ran).collect(),
        None => {
            let all = snapshot.experiments.iter().map(|experiment| &**experiment);
            all.filter(ran).filter(|experiment| experiment.at_ms.is_some_and(|at| at > visit.at_ms)).collect()
        }
    }
}

fn gain_since(visit: &Visit, snapshot: &Snapshot) -> Option<(f64, Goal)> {
    let goal = snapshot.objective.as_ref()?.goal?;
    let first = snapshot.experiments.get(snapshot.in_segment().start)?;
    if snapshot.shown > 0 && first.at_ms.is_none_or(|at| at > visit.at_ms) {
        // The best of that visit belongs to the segment before.
        return None;
    }
    let best = snapshot.experiments[snapshot.best?].outcome.value()?;
    Some((goal.gain(visit.best?, best), goal))
}

fn ran(new: &[&Experiment], kept: usize, crashed: usize) -> Vec<String> {
    if new.is_empty() {
        return vec!["no new experiments".to_owned()];
    }
    let discarded = new.iter().filter(|experiment| experiment.claim == Claim::Discard).count();
    let other = new.len() - kept - crashed - discarded;
    let other = if other > 0 { format!(", {other} other") } else { String::new() };
    let all = counted(new.len(), "experiment");
    vec![format!("{all}: {kept} kept, {discarded} discarded, {crashed} crashed{other}")]
}

fn best(snapshot: &Snapshot, gain: Option<(f64, Goal)>) -> Vec<String> {
    let Some(index) = snapshot.best else {
        return vec!["no best yet: the metric's direction or a kept value is missing".to_owned()];
    };
    let experiment = &snapshot.experiments[index];
    let (name, what) = (Visible::line(&experiment.name()), Visible::line(&experiment.row.description));
    let value = experiment.outcome.value().map(digits).unwrap_or_default();
    let gained = match gain {
        Some((gain, _)) if gain > 0.0 => format!(", {} better than when you left", digits(gain)),
        Some(_) => ", no better than when you left".to_owned(),
        None => String::new(),
    };
    vec![format!("{name} {value} {what} (claimed{gained})")]
}

fn crashes(new: &[&Experiment], snapshot: &Snapshot) -> Vec<String> {
    let all: Vec<_> = new.iter().filter(|experiment| experiment.outcome == Outcome::Crashed).collect();
    let mut lines = Vec::new();
    for experiment in all.iter().rev().take(MOST_CRASHES) {
        lines.push(format!("{} {}", Visible::line(&experiment.name()), Visible::line(&experiment.row.description)));
        match snapshot.trial(&experiment.id).map(|trial| &trial.end) {
            Some(TrialEnd::Crashed(last)) => {
                let printed: Vec<_> = last.iter().filter(|line| !line.is_blank()).collect();
                let from = printed.len().saturating_sub(CRASH_LINES);
                lines.extend(printed[from..].iter().map(|line| format!("    {}", Visible::line(line))));
            }
            _ => lines.push("    its log was not recorded".to_owned()),
        }
    }
    if all.len() > MOST_CRASHES {
        lines.push(format!("and {} more", all.len() - MOST_CRASHES));
    }
    lines
}

struct Gap {
    seconds: f64,
    sentence: String,
}

/// The longest time in which no experiment began, if it is much longer than usual.
fn longest_gap(visit: &Visit, new: &[&Experiment], snapshot: &Snapshot, now_ms: i64) -> Option<Gap> {
    let mut times: Vec<i64> =
        new.iter().filter_map(|experiment| experiment.at_ms).filter(|at| *at > visit.at_ms).collect();
    if times.len() < 3 {
        return None;
    }
    times.sort_unstable();
    let last = *times.last()?;
    let mut gaps: Vec<(i64, i64)> = times.windows(2).map(|pair| (pair[1] - pair[0], pair[0])).collect();
    let mut sorted: Vec<i64> = gaps.iter().map(|(gap, _)| *gap).collect();
    sorted.sort_unstable();
    let usual = sorted[sorted.len() / 2].max(1) as f64;
    if snapshot.running.is_none() {
        gaps.push((now_ms - last, last));
    }
    let (gap, from) = gaps.into_iter().max()?;
    (gap as f64 > GAP * usual && gap > 60_000).then(|| {
        let (seconds, ago) = (gap as f64 / 1000.0, (now_ms - from) as f64 / 1000.0);
        let end = if from == last { ", until now" } else { "" };
        Gap {
            seconds,
            sentence: format!(
                "no experiment began for {} (from {} ago{end}); usually one every {}",
                duration_text(seconds),
                duration_text(ago),
                duration_text(usual / 1000.0)
            ),
        }
    })
}

/// Signs that the loop is going in circles; empty if there are none.
fn stuck(snapshot: &Snapshot, now_ms: i64) -> Vec<String> {
    let mut signs = Vec::new();
    let all = &snapshot.experiments;
    if let Some(gained) = last_gain(snapshot) {
        let after = all.len() - gained - 1;
        if after >= STUCK_AFTER {
            let ago =
                all[gained].at_ms.map(|at| format!(", {}", duration_text(((now_ms - at) as f64 / 1000.0).max(0.0))));
            signs.push(format!("no gain in the last {after} experiments{}", ago.unwrap_or_default()));
        }
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let from = all.len().saturating_sub(STUCK_AFTER);
    let mut repeats = 0;
    for (index, experiment) in all.iter().enumerate() {
        let description = experiment.row.description.raw().trim();
        let times = seen.entry(description).or_default();
        repeats += usize::from(index >= from && *times > 0 && !description.is_empty());
        *times += 1;
    }
    if repeats * 4 >= STUCK_AFTER {
        signs.push(format!("{repeats} of the last {STUCK_AFTER} experiments repeat an earlier description"));
    }
    let crashed = all[from..].iter().filter(|experiment| experiment.claim == Claim::Crash).count();
    if crashed * 2 >= STUCK_AFTER {
        signs.push(format!("{crashed} of the last {STUCK_AFTER} experiments crashed"));
    }
    signs
}

fn review(visit: &Visit, snapshot: &Snapshot) -> Vec<String> {
    let decided = snapshot.decisions.iter().filter(|decision| decision.at_ms > visit.at_ms).count();
    let mut lines = vec![format!("{} waited when you left, {} wait now", visit.waiting, snapshot.waiting.len())];
    if decided > 0 {
        lines.push(format!("{decided} decisions were made since, in another session"));
    }
    let stopped = visit.selection.get("Inbox").and_then(|id| snapshot.index_of(id));
    if let Some(index) = stopped {
        let experiment = &snapshot.experiments[index];
        let (name, what) = (Visible::line(&experiment.name()), Visible::line(&experiment.row.description));
        lines.push(match snapshot.decision(&experiment.id) {
            Some(decision) => format!("you stopped at {name} {what}, now {}", decision.kind.word()),
            None => format!("you stopped at {name} {what}"),
        });
    }
    lines
}
