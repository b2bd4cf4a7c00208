//! The list of waiting changes.

use ratatui::Frame;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::app::{Area, InboxOrder, State};
use crate::model::{Built, Claim, Experiment, ExperimentId, Finding, NoChange, Severity, counted};
use crate::policy::text::Visible;
use crate::ui::evidence::related;
use crate::ui::{Theme, curves, frame, numbers};

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    let listed = state.inbox();
    let progress = state.queue().map(|(done, all)| format!("{done} of {all} decided · ")).unwrap_or_default();
    let order = match (state.inbox.order, &state.inbox.shortlist) {
        (InboxOrder::Shortlist, Some(few)) if !few.chosen.is_empty() => {
            let share = if few.total > 0.0 { few.gain / few.total * 100.0 } else { 0.0 };
            format!("★ {} of {} give {share:.0} % of the claimed gain", few.chosen.len(), few.considered)
        }
        (InboxOrder::Shortlist, Some(_)) => "no waiting change claims a gain".to_owned(),
        (InboxOrder::Shortlist, None) => "finding the few that matter …".to_owned(),
        (order, _) => order.word().to_owned(),
    };
    // The summary of the shortlist comes first: a narrow list cuts the end.
    let title = match state.inbox.order {
        InboxOrder::Shortlist => format!("{order} · {progress}{} waiting", listed.len()),
        _ => format!("waiting {} · {progress}{order}", listed.len()),
    };
    frame::title(frame, area, &title, theme);
    let body = area.below_title();
    let selected = state.selected_row();
    let each = state.layout().row_height.max(1);
    let height = usize::from(body.height / each);
    let top = state.list_top(height);
    for (at, index) in listed.iter().skip(top).take(height).enumerate() {
        let experiment = &state.snapshot.experiments[*index];
        let is_selected = selected == Some(top + at);
        let row = InboxRow::of(state, experiment, is_selected, theme);
        let lines = if each == 1 { vec![row.in_one(body.width.into())] } else { row.in_two(body.width.into()) };
        for (line, pieces) in lines.iter().enumerate() {
            frame::list_row(frame, body, at as u16 * each + line as u16, pieces, is_selected, theme);
        }
    }
}

/// Explains an empty inbox, across the whole body.
pub(super) fn draw_empty(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    frame::title(frame, area, "nothing to decide", theme);
    let body = area.below_title();
    let mut row = 1;
    for text in empty(state) {
        for part in frame::sentence(&text, (body.width as usize).saturating_sub(2).min(100)) {
            frame::line(frame, body, row, &[(format!(" {part}"), theme.text)]);
            row += 1;
        }
        row += 1;
    }
    // The running trial fills the rest.
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
            "No experiments yet.".to_owned(),
            "They appear here as the loop writes its results; there is nothing to do.".to_owned(),
        ];
    }
    let mut lines = vec![if decided > 0 {
        format!("Nothing to decide: {decided} decided. 4 shows the lineage, 3 the progress.")
    } else {
        let all = counted(snapshot.counts.total, "experiment");
        format!("Nothing to decide: {all}, none kept with a change to review.")
    }];
    if snapshot.counts.commit_gone > 0 {
        let rows = counted(snapshot.counts.commit_gone, "kept row");
        let these = if snapshot.counts.commit_gone == 1 { "names a commit that is" } else { "name commits that are" };
        lines.push(format!(
            "{rows} {these} gone: not on a branch, in a reflog or pinned. Open countersign while the loop runs, so that they are pinned in time."
        ));
    }
    let without = snapshot.kept_without(&[NoChange::NoCommit]).len();
    if without > 0 {
        let (these, their) = if without == 1 { ("names", "its") } else { ("name", "their") };
        let rows = counted(without, "kept row");
        lines.push(format!(
            "{rows} {these} no commit: {their} changes cannot be shown. `countersign doctor` shows the remedy."
        ));
    }
    let is_on_trunk =
        |kept: &&std::sync::Arc<Experiment>| kept.claim == Claim::Keep && kept.on_trunk && kept.change.is_some();
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
            "{changes} cannot be reviewed: this clone is shallow. `git fetch --unshallow` fetches the rest."
        ));
    }
    if let Some(trouble) = snapshot.trouble() {
        lines.push(Visible::of(trouble).to_string());
    }
    lines
}

/// A waiting change: name and gain, then the description, then details that are read less often.
struct InboxRow<'a> {
    /// Marker, severity, name and gain.
    head: Vec<(String, Style)>,
    description: String,
    /// Unapproved changes it needs, the gate of its proposal, then files and line counts.
    tail: String,
    age: String,
    theme: &'a Theme,
}

/// Stands between the details of a row.
const DETAILS_APART: &str = "  ";
/// Columns reserved for the description before the details get any.
const DESCRIPTION: usize = 28;

impl<'a> InboxRow<'a> {
    fn of(state: &State, experiment: &Experiment, is_selected: bool, theme: &'a Theme) -> Self {
        let snapshot = &state.snapshot;
        let judged = state.assessments.known.get(&experiment.id);
        let worst = judged.and_then(|judged| worst(&judged.findings));
        let is_on_shortlist = state.inbox.order == InboxOrder::Shortlist && state.is_on_shortlist(&experiment.id);
        let marker = match (is_selected, is_on_shortlist) {
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
        let head = vec![
            (marker.to_owned(), theme.key),
            (format!("{glyph} "), glyph_style),
            (format!("{} ", frame::cell(name.as_str(), 8)), theme.title),
            (frame::right(&gain_text, 10), gain_style(gain.map(|(gain, _)| gain), theme)),
            ("  ".to_owned(), theme.text),
        ];
        // The files come last: where there is little room they are cut, and no count is.
        let mut tail: Vec<String> = judged.and_then(|judged| needs(state, &judged.depends_on)).into_iter().collect();
        if state.is_skipped(&experiment.id) {
            tail.push("later".to_owned());
        }
        if let Some(proposal) = snapshot.pending(&experiment.id) {
            tail.push(format!("{}?", proposal.gate.word()));
            let round = snapshot.round(proposal);
            if round > 1 {
                tail.push(format!("round {round}"));
            }
        }
        tail.push(judged.map_or_else(|| "…".to_owned(), |judged| files_text(&judged.built)));
        Self {
            head,
            description: Visible::line(&experiment.row.description).to_string(),
            tail: tail.join(DETAILS_APART),
            age: numbers::age(state, experiment.at_ms),
            theme,
        }
    }

    /// Formats the row as one line; the details are cut before the description is.
    fn in_one(mut self, width: usize) -> Vec<(String, Style)> {
        let used: usize = self.head.iter().map(|(text, _)| text.width()).sum();
        let room = width.saturating_sub(used + self.age.width() + 2);
        let wanted = self.description.width().max(1);
        self.tail = whole_details(&self.tail, room.saturating_sub(DESCRIPTION.min(wanted) + 2));
        let tail = self.tail.width();
        let room = room.saturating_sub(if tail > 0 { tail + 2 } else { 0 });
        self.head.push((frame::cell(&self.description, room), self.theme.text));
        if tail > 0 {
            self.head.push((format!("  {}", frame::right(&self.tail, tail)), self.theme.muted));
        }
        self.head.push((format!(" {} ", self.age), self.theme.muted));
        self.head
    }

    /// Formats the row as two lines; the description continues on the second.
    fn in_two(mut self, width: usize) -> Vec<Vec<(String, Style)>> {
        const INDENT: usize = 12;
        let used: usize = self.head.iter().map(|(text, _)| text.width()).sum();
        let first = width.saturating_sub(used + 1);
        let behind = format!("{}  {}", self.tail, self.age);
        let second = width.saturating_sub(INDENT + behind.width() + 3);
        let mut rows = frame::sentence(&self.description, first).into_iter();
        let begin = rows.next().unwrap_or_default();
        let rest = rows.collect::<Vec<_>>().join(" ");
        self.head.push((begin, self.theme.text));
        let mut below = vec![(" ".repeat(INDENT), self.theme.text)];
        if rest.is_empty() {
            let tail = width.saturating_sub(INDENT + self.age.width() + 3);
            below.push((format!("{}  {} ", frame::cell(&self.tail, tail), self.age), self.theme.muted));
        } else {
            below.push((frame::cell(&rest, second), self.theme.text));
            let behind = frame::right(&behind, width.saturating_sub(INDENT + second + 3));
            below.push((format!("  {behind} "), self.theme.muted));
        }
        vec![self.head, below]
    }
}

/// Returns as many of the details as fit into a number of cells, each of them whole: half a count is useless.
fn whole_details(details: &str, cells: usize) -> String {
    let ends = details.match_indices(DETAILS_APART).map(|(at, _)| at).chain([details.len()]);
    let whole = ends.filter_map(|end| details.get(..end)).filter(|part| part.width() <= cells).last();
    whole.unwrap_or_default().to_owned()
}

/// Counts the unapproved changes it needs, by their state if one is not waiting: vetoed, reverted.
fn needs(state: &State, below: &[ExperimentId]) -> Option<String> {
    let mut fates: Vec<(&str, usize)> = Vec::new();
    for fate in below.iter().filter_map(|id| related::not_approved(state, id)) {
        match fates.iter_mut().find(|(known, _)| *known == fate) {
            Some((_, count)) => *count += 1,
            None => fates.push((fate, 1)),
        }
    }
    let counted: Vec<String> = match fates.as_slice() {
        [(related::WAITING, count)] => vec![count.to_string()],
        fates => fates.iter().map(|(fate, count)| format!("{count} {fate}")).collect(),
    };
    (!counted.is_empty()).then(|| format!("needs {}", counted.join(", ")))
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
