//! The list of what waits.

use ratatui::Frame;
use ratatui::style::Style;

use crate::app::{Area, InboxOrder, State, main_metric};
use crate::model::{Built, Claim, Experiment, ExperimentId, Finding, NoChange, Severity, counted};
use crate::policy::text::Visible;
use crate::ui::chart::sparkline;
use crate::ui::evidence::related;
use crate::ui::{Theme, curves, frame, numbers};

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    let listed = state.inbox();
    let progress = state.queue().map(|(done, all)| format!("{done} of {all} decided · ")).unwrap_or_default();
    let order = match (state.inbox.order, &state.inbox.shortlist) {
        (InboxOrder::Few, Some(few)) if !few.chosen.is_empty() => {
            let share = if few.total > 0.0 { few.gain / few.total * 100.0 } else { 0.0 };
            format!("★ {} of {} hold {share:.0} % of the claimed gain", few.chosen.len(), few.of)
        }
        (InboxOrder::Few, Some(_)) => "no gain is claimed by what waits".to_owned(),
        (InboxOrder::Few, None) => "working out the few that matter …".to_owned(),
        (order, _) => order.word().to_owned(),
    };
    // What the few are is told first: a narrow list cuts the end.
    let title = match state.inbox.order {
        InboxOrder::Few => format!("{order} · {progress}{} waiting", listed.len()),
        _ => format!("waiting {} · {progress}{order}", listed.len()),
    };
    frame::title(frame, area, &title, theme);
    let body = area.below_title();
    let selected = state.selected_row();
    let height = body.height as usize;
    let top = state.list_top(height);
    for (row, index) in listed.iter().skip(top).take(height).enumerate() {
        let experiment = &state.snapshot.experiments[*index];
        let is_selected = selected == Some(top + row);
        let pieces = pieces(state, experiment, is_selected, body.width as usize, theme);
        let under = if is_selected { theme.selected } else { Style::default() };
        frame::styled_line(frame, body, row as u16, &pieces, under);
    }
}

/// What to read when nothing waits, over the whole body.
pub(super) fn draw_empty(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    frame::title(frame, area, "nothing waits", theme);
    let body = area.below_title();
    let mut row = 1;
    for text in empty(state) {
        for part in frame::sentence(&text, (body.width as usize).saturating_sub(2).min(100)) {
            frame::line(frame, body, row, &[(format!(" {part}"), theme.text)]);
            row += 1;
        }
        row += 1;
    }
    // What runs now is worth looking at meanwhile.
    let rest = Area { y: body.y + row, height: body.height.saturating_sub(row), ..body };
    if state.snapshot.running.is_some() && rest.height >= 6 {
        curves::draw(frame, rest, state, theme);
    }
}

fn empty(state: &State) -> Vec<String> {
    let snapshot = &state.snapshot;
    let decided = snapshot.decided.len();
    if snapshot.experiments.is_empty() {
        return vec![
            "No rows yet: the results hold no experiment.".to_owned(),
            "They appear here as the loop writes them; nothing needs doing.".to_owned(),
        ];
    }
    let mut lines = vec![if decided > 0 {
        format!("Nothing waits: {decided} decided. 4 shows the lineage, 3 the progress.")
    } else {
        let all = counted(snapshot.counts.total, "experiment");
        format!("Nothing waits: {all}, none kept with a change that can be judged.")
    }];
    if snapshot.counts.commit_gone > 0 {
        let rows = counted(snapshot.counts.commit_gone, "kept row");
        let these = if snapshot.counts.commit_gone == 1 { "names a commit that is" } else { "name commits that are" };
        lines.push(format!(
            "{rows} {these} gone: on no branch, in no reflog, under no pin. Open countersign while the loop runs and they are pinned in time."
        ));
    }
    let without = snapshot.kept_without(&[NoChange::NoCommit]).len();
    if without > 0 {
        let (these, their) = if without == 1 { ("names", "its") } else { ("name", "their") };
        let rows = counted(without, "kept row");
        lines.push(format!(
            "{rows} {these} no commit: {their} changes cannot be shown. `countersign doctor` says what to do."
        ));
    }
    let is_on_trunk =
        |one: &&std::sync::Arc<Experiment>| one.claim == Claim::Keep && one.on_trunk && one.change.is_some();
    let on_trunk = snapshot.experiments.iter().filter(is_on_trunk).count();
    let cut = snapshot.kept_without(&[NoChange::BeyondShallow]).len();
    if on_trunk > 0 {
        let trunk = Visible::of(snapshot.trunk_name()).fit(40);
        let (changes, were) = (counted(on_trunk, "kept change"), if on_trunk == 1 { "was" } else { "were" });
        lines.push(format!("{changes} {were} already on {trunk} when this session began."));
    }
    if cut > 0 {
        let changes = counted(cut, "kept change");
        lines.push(format!(
            "{changes} cannot be judged: this clone's history is cut. `git fetch --unshallow` fetches the rest."
        ));
    }
    if let Some(trouble) = snapshot.trouble() {
        lines.push(Visible::of(trouble).to_string());
    }
    lines
}

fn pieces(
    state: &State,
    experiment: &Experiment,
    is_selected: bool,
    width: usize,
    theme: &Theme,
) -> Vec<(String, Style)> {
    let snapshot = &state.snapshot;
    let judged = state.assessments.known.get(&experiment.id);
    let worst = judged.and_then(|judged| worst(&judged.findings));
    let is_of_few = state.inbox.order == InboxOrder::Few && state.is_of_few(&experiment.id);
    let marker = match (is_selected, is_of_few) {
        (true, _) => "▸",
        (false, true) => "★",
        (false, false) => " ",
    };
    let (glyph, glyph_style) = match (judged.map(|judged| &judged.built), worst) {
        (Some(Built::Conflict(_)), _) => ("≠", theme.bad),
        (_, Some(Severity::Critical)) => (Severity::Critical.glyph(), theme.critical),
        (_, Some(Severity::Warning)) => (Severity::Warning.glyph(), theme.warning),
        _ => (" ", theme.text),
    };
    let name = Visible::line(&experiment.name());
    let goal = snapshot.goal_of(experiment);
    let gain = experiment.claimed_gain.zip(goal);
    let gain_text = gain.map_or_else(|| "-".to_owned(), |(gain, goal)| numbers::gain(gain, goal));
    let mut pieces = vec![
        (marker.to_owned(), theme.key),
        (glyph.to_owned(), glyph_style),
        (format!("{} ", frame::cell(name.as_str(), 8)), theme.title),
        (frame::right(&gain_text, 10), gain_style(gain.map(|(gain, _)| gain), theme)),
        (" ".to_owned(), theme.text),
    ];
    if width >= 60 {
        let objective = snapshot.objective_of(experiment).map(|one| &*one.metric);
        let trial = snapshot.trial(&experiment.id);
        let spark = trial.and_then(|trial| Some(sparkline(trial, main_metric(trial, objective)?)));
        pieces.push((frame::cell(&spark.unwrap_or_default(), 7), theme.curve));
        pieces.push((" ".to_owned(), theme.text));
    }
    let files = judged.map_or_else(|| "…".to_owned(), |judged| files_text(&judged.built));
    let age = numbers::age(state, experiment.at_ms);
    let mut tail = judged.map(|judged| builds_on(state, &judged.depends_on)).unwrap_or_default();
    if state.is_skipped(&experiment.id) {
        tail.push_str(" later");
    }
    if let Some(proposal) = snapshot.pending(&experiment.id) {
        // Somebody waits for it, and where.
        tail.push_str(&format!(" {}?", proposal.gate.word()));
        let round = snapshot.round(proposal);
        if round > 1 {
            tail.push_str(&format!(" round {round}"));
        }
    }
    let used = 2 + 9 + 11 + if width >= 60 { 8 } else { 0 };
    let room = width.saturating_sub(used + age.len() + 2);
    pieces.push((
        frame::cell(&format!("{files}{tail}  {}", Visible::line(&experiment.row.description)), room),
        theme.text,
    ));
    pieces.push((format!(" {age} "), theme.muted));
    pieces
}

/// What it builds on that is not on the approved branch: how much of it is open, vetoed, reverted.
fn builds_on(state: &State, below: &[ExperimentId]) -> String {
    let mut fates: Vec<(&str, usize)> = Vec::new();
    for fate in below.iter().filter_map(|id| related::not_approved(state, id)) {
        match fates.iter_mut().find(|(known, _)| *known == fate) {
            Some((_, count)) => *count += 1,
            None => fates.push((fate, 1)),
        }
    }
    let counted: Vec<String> = fates.iter().map(|(fate, count)| format!("{count} {fate}")).collect();
    if counted.is_empty() { String::new() } else { format!(" on {}", counted.join(", ")) }
}

fn worst(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|finding| finding.severity).max()
}

fn files_text(built: &Built) -> String {
    let files = built.files();
    let added: usize = files.iter().map(|file| file.added).sum();
    let removed: usize = files.iter().map(|file| file.removed).sum();
    match files {
        [] => "no files".to_owned(),
        [one] => format!("{} +{added} −{removed}", Visible::line(&one.path).fit(18)),
        many => format!("{} files +{added} −{removed}", many.len()),
    }
}

fn gain_style(gain: Option<f64>, theme: &Theme) -> Style {
    match gain {
        Some(gain) if gain > 0.0 => theme.good,
        Some(gain) if gain < 0.0 => theme.bad,
        _ => theme.muted,
    }
}
