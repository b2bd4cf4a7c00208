//! The evidence of the selected experiment, in a few lines.

pub(in crate::ui) mod related;

use ratatui::Frame;
use ratatui::style::Style;

use crate::app::{Area, EVERYTHING_EXCLUDED, NOTHING_SELECTED, State, Subjects, ViewKind, comment_location};
use crate::instrument::{MedianTrial, TIP_NOT_MEASURED, duration_text, is_budget_used_up, median_trial};
use crate::model::{
    Asker, Built, Candidate, Claim, CommitState, Experiment, FindingKind, Gate, MailboxState, Severity, TrialEnd,
    counted,
};
use crate::policy::text::Visible;
use crate::policy::{Answerer, objection};
use crate::ui::prompt::StyledRow;
use crate::ui::{Theme, frame, numbers, runs};

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    if area.height == 0 {
        return;
    }
    if let Some(run) = state.main_run() {
        return runs::draw_run(frame, area, state, run, theme);
    }
    if let Some(subjects) = state.subjects().filter(|subjects| subjects.is_running && state.view == ViewKind::Curves) {
        return running(frame, area, state, &subjects, theme);
    }
    let Some(experiment) = state.shown().map(|index| &state.snapshot.experiments[index]) else {
        frame::title(frame, area, NOTHING_SELECTED, theme);
        return;
    };
    let name = Visible::line(&experiment.name());
    frame::title(frame, area, &format!("{name}  {}", Visible::line(&experiment.row.description)), theme);
    let body = area.below_title();
    let mut rows: Vec<Vec<(String, Style)>> = asks(state, experiment, theme);
    rows.push(claim(state, experiment, theme));
    rows.push(built(state, experiment, theme));
    rows.extend(related::lost(state, experiment, theme));
    let findings = findings(state, experiment, theme);
    let let_run = let_run(state, experiment, theme);
    let decision = decision(state, experiment, theme);
    let crash = crash(state, experiment, theme);
    rows.extend(let_run.into_iter().chain(decision).chain(crash));
    if body.height as usize > rows.len() + findings.len() {
        rows.extend(findings);
    } else {
        // Little room: all findings on one line, the most severe first.
        rows.push(one_line(findings));
    }
    rows.retain(|pieces| !pieces.is_empty());
    // Further evidence, as far as it fits; the most relevant first.
    let (needed, height) = (rows.len(), body.height as usize);
    if height > needed {
        rows.extend(related::below(state, experiment, theme));
        rows.extend(related::rows(state, experiment, theme));
    }
    let wrapped = |rows: &[StyledRow]| -> Vec<StyledRow> {
        rows.iter().flat_map(|pieces| frame::wrapped(pieces, body.width as usize)).collect()
    };
    // Rows are wrapped if all of the needed ones fit then; the evidence window shows the rest.
    let fitting = (0..=rows.len()).rev().find(|count| wrapped(&rows[..*count]).len() <= height).unwrap_or(0);
    let rows = if fitting >= needed { wrapped(&rows[..fitting]) } else { rows };
    for (at, pieces) in rows.iter().enumerate() {
        frame::line(frame, body, at as u16, pieces);
    }
}

/// Draws all evidence in a window.
pub(super) fn draw_all(frame: &mut Frame<'_>, state: &State, theme: &Theme, top: usize) {
    let Some(experiment) = state.shown().map(|index| &state.snapshot.experiments[index]) else { return };
    let mut rows: Vec<StyledRow> = asks(state, experiment, theme);
    rows.push(claim(state, experiment, theme));
    rows.push(built(state, experiment, theme));
    rows.extend(related::lost(state, experiment, theme));
    rows.extend(related::below(state, experiment, theme));
    rows.extend(let_run(state, experiment, theme));
    rows.extend(decision(state, experiment, theme));
    rows.extend(crash(state, experiment, theme));
    rows.extend(findings(state, experiment, theme));
    rows.extend(related::rows(state, experiment, theme));
    rows.extend(related::message(state, experiment, theme));
    rows.extend(related::text(experiment, theme));
    rows.extend(related::also_measured(state, experiment, theme));
    rows.retain(|pieces| !pieces.is_empty());
    let width = (frame.area().width.saturating_sub(8)).min(92) as usize;
    let rows: Vec<StyledRow> = rows.iter().flat_map(|pieces| frame::wrapped(pieces, width)).collect();
    let title = format!("evidence, {}", Visible::line(&experiment.name()));
    crate::ui::prompt::help::scrolled(frame, &title, &rows, top, theme);
}

/// Returns the agent's proposal, and the answers and questions to it.
fn asks(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<Vec<(String, Style)>> {
    let snapshot = &state.snapshot;
    let pending = snapshot.pending(&experiment.id);
    let Some(proposal) = snapshot.proposal_about(experiment) else { return Vec::new() };
    let agent = &proposal.agent;
    let agent = match (Visible::named(&agent.name).fit(32), Visible::named(&agent.model).fit(24)) {
        (name, _) if name.is_empty() => Asker::UNNAMED.to_owned(),
        (name, model) if model.is_empty() => name,
        (name, model) => format!("{name} ({model})"),
    };
    let (verb, style) = if pending.is_some() { ("asks", theme.title) } else { ("asked", theme.muted) };
    let mut first = vec![
        (format!(" {verb} at the {} gate", proposal.gate.word()), style),
        (format!("  {agent}, {} ago", numbers::age(state, Some(proposal.collected_ms))), theme.muted),
    ];
    if proposal.gate == Gate::Run && pending.is_some() {
        first.insert(1, (format!("  costs {}", cost(state)), theme.label));
    }
    if proposal.from_patch {
        first.push(("  from a patch".to_owned(), theme.muted));
    }
    let mut rows = vec![first];
    if pending.is_some() && state.policy.gates.answerer(proposal.gate) == Answerer::Auto {
        let text = format!(" this gate is auto, but {}", why_it_waits(state, experiment));
        rows.push(vec![(text, theme.warning)]);
    }
    if !proposal.rationale.is_blank() {
        rows.push(vec![
            (" why  ".to_owned(), theme.muted),
            (Visible::line(&proposal.rationale.on_one_line()).to_string(), theme.text),
        ]);
    }
    for other in experiment.proposals.iter().filter(|other| other.id != proposal.id && snapshot.is_pending(&other.id)) {
        let name = Visible::named(&other.agent.name).fit(32);
        let name = if name.is_empty() { Asker::UNNAMED.to_owned() } else { name };
        let text = format!(" also asked at the {} gate by {name}: ", other.gate.word());
        rows.push(vec![(text, theme.muted), (Visible::line(&other.title).to_string(), theme.text)]);
    }
    if let Some(before) = snapshot.round_before(proposal) {
        let answer = snapshot
            .decision_at(&before.id, proposal.gate)
            .map(|decision| format!(", {}: {}", decision.kind.word(), Visible::of(&decision.reason)));
        let text = format!(
            " round {}, after {}{}  (d: what changed)",
            snapshot.round(proposal),
            Visible::line(&before.name()),
            answer.unwrap_or_default()
        );
        rows.push(vec![(text, theme.label)]);
    }
    for question in snapshot.questions(&proposal.id) {
        for comment in &question.comments {
            let text = format!(" you asked about {}: {}", comment_location(comment), Visible::of(&comment.body));
            rows.push(vec![(text, theme.warning)]);
        }
    }
    if let Some(count) = Some(state.decisions.drafts.comments(&experiment.id).len()).filter(|count| *count > 0) {
        rows.push(vec![(format!(" {} written, not sent yet", counted(count, "comment")), theme.warning)]);
    }
    rows
}

/// Returns the reason why an `auto` gate did not answer.
fn why_it_waits(state: &State, experiment: &Experiment) -> String {
    let judged = state.assessments.known.get(&experiment.id);
    let found = judged.map_or(&[] as &[_], |judged| judged.findings.as_slice());
    let files = judged.map_or(&[] as &[_], |judged| judged.built.files());
    let why = if found.iter().any(|finding| finding.severity == Severity::Critical) {
        "there is a critical finding"
    } else if state.snapshot.mailbox.paused {
        MailboxState::PAUSED
    } else if state.snapshot.approved.diverged {
        "the approved branch has diverged"
    } else if is_budget_used_up(&state.snapshot, &state.policy.budget) {
        "the budget is spent"
    } else if !state.snapshot.is_joined {
        "no baseline is set (countersign init)"
    } else if let Some(objection) = objection(&state.policy, state.policy.editable.as_deref(), files) {
        let path = objection.path.map(|path| format!("{} ", Visible::line(&path).fit(40))).unwrap_or_default();
        return format!("{path}{}", objection.why);
    } else if found.iter().any(|finding| finding.kind == FindingKind::UnapprovedBase) {
        "its base was not approved"
    } else {
        "it did not pass when it was proposed, so you answer it"
    };
    why.to_owned()
}

/// Returns the expected cost of a trial: the median of the trials so far.
pub(super) fn cost(state: &State) -> String {
    let Some(MedianTrial { seconds, trials }) = median_trial(&state.snapshot) else {
        return "unknown: no trial was recorded yet".to_owned();
    };
    let budget = &state.policy.budget;
    let hours = seconds / 3600.0 * budget.gpus.unwrap_or(1.0);
    let money = budget.usd_per_gpu_hour.map(|price| format!(", {:.2} $", hours * price)).unwrap_or_default();
    format!("about {}, {hours:.3} GPU·h{money} (median of {trials})", duration_text(seconds))
}

/// Returns the decision at the run gate; `None` if there was none.
fn let_run(state: &State, experiment: &Experiment, theme: &Theme) -> Option<Vec<(String, Style)>> {
    let decision = state.snapshot.decision_at(&experiment.id, Gate::Run)?;
    let reason =
        if decision.reason.is_empty() { String::new() } else { format!(": {}", Visible::of(&decision.reason)) };
    let text = format!(
        " run gate: {} by {}, {} ago{reason}",
        decision.kind.word(),
        Visible::of(&decision.reviewer),
        numbers::age(state, Some(decision.at_ms))
    );
    Some(vec![(text, theme.label)])
}

/// Draws the running trial, which has no row yet: its progress, and its base's value at the same step.
fn running(frame: &mut Frame<'_>, area: Area, state: &State, subjects: &Subjects<'_>, theme: &Theme) {
    let trial = subjects.main.trial;
    frame::title(frame, area, &subjects.main.name, theme);
    let mut facts = Vec::new();
    if let Some(started) = trial.started_ms {
        facts.push(format!("started {} ago", numbers::clock((state.now_ms - started) as f64 / 1000.0)));
    }
    facts.extend(trial.progress.map(|share| format!("{:.0} % done", share * 100.0)));
    facts.extend(trial.remaining_s.map(|left| format!("{} left", numbers::clock(left))));
    facts.push("no row yet".to_owned());
    let mut rows = vec![vec![(format!(" {}", facts.join(", ")), theme.text)]];
    let metric = state.main_series(subjects);
    if let Some((name, last)) = metric.and_then(|(name, series)| Some((name, series.last()?))) {
        let own =
            format!(" {} {} at step {}", Visible::name(name), numbers::value(last.value), numbers::amount(last.step));
        let mut pieces = vec![(own, theme.text)];
        let base = subjects.base.as_ref().and_then(|base| {
            let there = base.curves?.series.get(name)?.last_until(last.step)?;
            Some((base, there))
        });
        if let Some((base, there)) = base {
            let text = format!("; {} {}: {} there", subjects.base_word, base.name, numbers::value(there.value));
            pieces.push((text, theme.muted));
        }
        rows.push(pieces);
    }
    let body = area.below_title();
    for (at, pieces) in rows.iter().enumerate() {
        frame::line(frame, body, at as u16, pieces);
    }
}

fn claim(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<(String, Style)> {
    let snapshot = &state.snapshot;
    let at_run_gate = snapshot.pending(&experiment.id).is_some_and(|proposal| proposal.gate == Gate::Run);
    let word = match experiment.claim {
        // A run may be asked for at a commit that was measured before.
        _ if at_run_gate && experiment.outcome.value().is_none() => Candidate::NOT_TRAINED.to_owned(),
        Claim::Other if !experiment.has_row() => "no row yet".to_owned(),
        _ if experiment.is_baseline && experiment.change.is_none() => "baseline".to_owned(),
        Claim::Keep if experiment.is_baseline => "claims keep, the first value of its segment".to_owned(),
        Claim::Keep => "claims keep".to_owned(),
        Claim::Discard => "discarded by the agent".to_owned(),
        Claim::Crash => "crashed".to_owned(),
        Claim::Other => format!("status `{}`", Visible::line(&experiment.row.word).fit(16)),
    };
    let base = experiment.change.as_ref().map(|change| format!("base {}  ", change.base.short())).unwrap_or_default();
    let mut pieces = vec![
        (format!(" {base}"), theme.muted),
        (format!("{word}  "), theme.label),
        (
            if at_run_gate && experiment.outcome.value().is_none() {
                String::new()
            } else {
                numbers::outcome(experiment)
            },
            theme.text,
        ),
    ];
    if let (Some(gain), Some(goal)) = (experiment.claimed_gain, snapshot.goal_of(experiment)) {
        let style = if gain > 0.0 { theme.good } else { theme.bad };
        pieces.push((format!("  {} {}", numbers::gain(gain, goal), numbers::better(gain)), style));
        if state.policy.smallest_gain.is_some_and(|least| gain.abs() < least) {
            pieces.push((" (below the smallest gain)".to_owned(), theme.warning));
        }
    }
    if experiment.outcome.value().is_some() {
        pieces.push(("  self-reported".to_owned(), theme.muted));
    }
    if matches!(experiment.commit, CommitState::Edits(_)) {
        pieces.push(("  never committed: the edits at the start of its run".to_owned(), theme.warning));
    }
    if let Some(found) = experiment.found_as {
        let text = format!("  matched to {} after a rewrite", found.commit.short());
        pieces.push((text, theme.warning));
    }
    if experiment.on_trunk && experiment.change.is_some() {
        pieces.push((format!("  already on {}", Visible::of(snapshot.trunk_name()).fit(24)), theme.muted));
    }
    if experiment.left_behind {
        pieces.push(("  left behind by the loop".to_owned(), theme.warning));
    }
    pieces
}

fn built(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<(String, Style)> {
    let snapshot = &state.snapshot;
    let judged = state.judged_result(&experiment.id).or_else(|| state.assessments.known.get(&experiment.id));
    let Some(judged) = judged else {
        let text = match state.assessments.failures.get(&experiment.id) {
            Some(why) => Visible::of(why).to_string(),
            None if experiment.no_change.is_some() => {
                Visible::of(&snapshot.why_no_change(experiment).unwrap_or_default()).to_string()
            }
            None => "computing what would be committed …".to_owned(),
        };
        return vec![(format!(" {text}"), theme.muted)];
    };
    let also = experiment.change.as_ref().map_or(0, |change| change.also_contains.len());
    let also = if also > 0 { format!("  also contains {}", counted(also, "commit")) } else { String::new() };
    match &judged.built {
        Built::Ready(candidate) if judged.gate == Gate::Run => {
            vec![
                (format!(" would be trained, compared with {}", candidate.tip.short()), theme.text),
                (also, theme.muted),
            ]
        }
        Built::Ready(candidate) => {
            let mut pieces = if candidate.measured.is_some() && experiment.outcome.value().is_none() {
                vec![(" the loop's own tree; no value was reported".to_owned(), theme.warning)]
            } else if candidate.measured.is_some() {
                vec![(" measured as is".to_owned(), theme.good)]
            } else {
                vec![(format!(" {} not measured as is", Severity::Warning.glyph()), theme.warning)]
            };
            let on_branch = candidate.measured.as_ref().and_then(|id| snapshot.gain_over_tip(id));
            let goal = snapshot.goal_of(experiment);
            let is_measured = candidate.measured.is_some() && experiment.outcome.value().is_some();
            let text = match (on_branch, goal) {
                _ if snapshot.decision(&experiment.id).is_some() => String::new(),
                (Some(gain), Some(goal)) => {
                    format!("  on the approved branch {} {}", numbers::gain(gain, goal), numbers::better(gain))
                }
                (_, None) if is_measured => format!("  {}", numbers::NO_DIRECTION),
                (None, _) if is_measured => format!("  {TIP_NOT_MEASURED}"),
                // The text before this one shows that it was not measured.
                _ => String::new(),
            };
            if !candidate.amendment.is_empty() {
                pieces.insert(0, (" as amended by you:".to_owned(), theme.warning));
            }
            pieces.push((text, theme.text));
            pieces.push((also, theme.muted));
            if !candidate.ignored.is_empty() {
                pieces.push((format!("  {} unchanged", counted(candidate.ignored.len(), "ignored path")), theme.muted));
            }
            pieces
        }
        Built::Conflict(conflict) => {
            let places = counted(conflict.places.len(), "place");
            let needs = match conflict.waits_on.as_slice() {
                [] => String::new(),
                below => format!(", needs {}", numbers::names_of(state, below, usize::MAX)),
            };
            let mut pieces = vec![
                (format!(" conflicts with the approved branch in {places}{needs}"), theme.bad),
                (also, theme.muted),
            ];
            if conflict.by_tokens {
                pieces.push(("  M merges tokens".to_owned(), theme.key));
            }
            if conflict.places.iter().any(|place| place.line.is_some()) {
                pieces.push(("  E resolves".to_owned(), theme.key));
            }
            pieces
        }
        Built::Contained(_) if !judged.amendment.is_empty() => {
            vec![(format!(" {EVERYTHING_EXCLUDED}"), theme.warning)]
        }
        Built::Contained(_) => vec![(format!(" {}", Built::CONTAINED), theme.muted)],
    }
}

fn findings(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<Vec<(String, Style)>> {
    let judged = state.judged_result(&experiment.id).or_else(|| state.assessments.known.get(&experiment.id));
    let Some(judged) = judged else { return Vec::new() };
    if judged.findings.is_empty() {
        return vec![vec![(" no findings".to_owned(), theme.muted)]];
    }
    judged
        .findings
        .iter()
        // The line about the candidate shows that.
        .filter(|finding| finding.kind != FindingKind::NotMeasuredAsIs)
        .map(|finding| {
            let style = match finding.severity {
                Severity::Critical => theme.critical,
                Severity::Warning => theme.warning,
                Severity::Note => theme.muted,
            };
            let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
            let place =
                finding.path.as_ref().map(|path| format!("{}{line}: ", Visible::line(path))).unwrap_or_default();
            vec![
                (format!(" {} {}", finding.severity.glyph(), finding.kind.word()), style),
                (format!(": {place}{}", finding.message), theme.text),
            ]
        })
        .collect()
}

fn one_line(findings: Vec<Vec<(String, Style)>>) -> Vec<(String, Style)> {
    let many = findings.len() > 1;
    let mut line: Vec<_> = findings
        .into_iter()
        .flat_map(|pieces| if many { pieces.into_iter().take(1).collect::<Vec<_>>() } else { pieces })
        .collect();
    // Findings of one kind are adjacent: their word appears once.
    line.dedup();
    line.push((" ".to_owned(), Style::default()));
    line
}

fn decision(state: &State, experiment: &Experiment, theme: &Theme) -> Option<Vec<(String, Style)>> {
    let decision = state.snapshot.decision(&experiment.id)?;
    // The decision at the run gate is shown above.
    if decision.gate == Gate::Run {
        return None;
    }
    let commit = decision.commit.map(|commit| format!(" as {}", commit.short())).unwrap_or_default();
    let reason =
        if decision.reason.is_empty() { String::new() } else { format!(": {}", Visible::of(&decision.reason)) };
    let text = format!(
        " {}{commit} by {}, {} ago",
        decision.kind.word(),
        Visible::of(&decision.reviewer),
        numbers::age(state, Some(decision.at_ms))
    );
    Some(vec![(text, theme.label), (reason, theme.text)])
}

/// Returns the last line of a crashed trial's log.
fn crash(state: &State, experiment: &Experiment, theme: &Theme) -> Option<Vec<(String, Style)>> {
    let TrialEnd::Crashed(lines) = &state.snapshot.trial(&experiment.id)?.end else { return None };
    let last = lines.iter().rev().find(|line| !line.is_blank())?;
    Some(vec![(" log ends with ".to_owned(), theme.muted), (Visible::line(last).to_string(), theme.bad)])
}
