//! The windows that end in a decision.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear};

use super::{Theme, frame};
use crate::app::{Area, Confirm, State};
use crate::model::{Candidate, CandidateKind, Finding, Gate, Severity, counted};
use crate::policy::text::Visible;

pub(super) type Row = Vec<(String, Style)>;

/// A window in the middle of the screen; gives the area inside its border.
pub(super) fn window(frame: &mut Frame<'_>, title: &str, rows: usize, widest: u16, theme: &Theme) -> Area {
    let screen = frame.area();
    let width = screen.width.saturating_sub(4).min(widest).max(20);
    let height = (rows as u16 + 2).min(screen.height.saturating_sub(2)).max(3);
    let area = Area {
        x: (screen.width - width.min(screen.width)) / 2,
        y: (screen.height - height.min(screen.height)) / 2,
        width,
        height,
    };
    let place = frame::rect(area).intersection(screen);
    frame.render_widget(Clear, place);
    frame.buffer_mut().set_style(place, theme.screen);
    frame.render_widget(Block::bordered().title(format!(" {title} ")).border_style(theme.title), place);
    Area { x: area.x + 2, y: area.y + 1, width: width.saturating_sub(4), height: height.saturating_sub(2) }
}

pub(super) fn draw_confirm(frame: &mut Frame<'_>, state: &State, confirm: &Confirm, theme: &Theme) {
    let Some(candidate) = confirm.candidate() else { return };
    let revert = matches!(candidate.kind, CandidateKind::Revert(_));
    let name = super::numbers::name_of(state, &candidate.experiment);
    let inner = (frame.area().width.saturating_sub(8)).min(92) as usize;
    let mut rows: Vec<Row> = Vec::new();
    let at_run_gate = confirm.judgement.gate == Gate::Run;
    let branch = Visible::of(&candidate.branch);
    rows.extend(gate(state, confirm, candidate, inner, theme));
    rows.push(vec![("tree    ".to_owned(), theme.label), (candidate.tree.to_string(), theme.text)]);
    if let Some(place) = state.snapshot.approved.checked_out_in.as_ref().filter(|_| !at_run_gate) {
        let place = Visible::of(place);
        let text = format!("checked out in {place}, which falls behind; afterwards there: git reset --keep {branch}");
        rows.extend(labelled("        ", &text, inner, theme.warning, theme));
    }
    let paths: Vec<String> = candidate.files.iter().take(6).map(|file| Visible::line(&file.path).to_string()).collect();
    let more =
        if candidate.files.len() > 6 { format!(" and {} more", candidate.files.len() - 6) } else { String::new() };
    rows.extend(labelled(
        "files   ",
        &format!("{} ({}{more})", candidate.files.len(), paths.join(", ")),
        inner,
        theme.text,
        theme,
    ));
    rows.extend(amended(confirm, candidate, inner, theme));
    let never = if revert { None } else { never_seen(confirm, candidate) };
    let style = if never.is_some() { theme.warning } else { theme.text };
    let hunks = format!("{}{}", candidate.hunk_count(), never.unwrap_or_default());
    rows.extend(labelled("hunks   ", &hunks, inner, style, theme));
    rows.push(if at_run_gate {
        vec![
            ("metric  ".to_owned(), theme.label),
            ("not trained yet: that is what is asked for".to_owned(), theme.text),
        ]
    } else if candidate.measured.is_some() && confirm.judgement.text.value.is_none() {
        let text = "no value was reported for this tree".to_owned();
        vec![("metric  ".to_owned(), theme.label), (text, theme.warning)]
    } else if candidate.measured.is_some() {
        vec![("metric  ".to_owned(), theme.label), ("measured as is (self-reported)".to_owned(), theme.good)]
    } else {
        vec![
            ("metric  ".to_owned(), theme.label),
            ("not measured as is: nobody has measured this tree".to_owned(), theme.warning),
        ]
    });
    if !candidate.bookkeeping.is_empty() {
        let paths: Vec<String> = candidate.bookkeeping.iter().map(|path| Visible::line(path).to_string()).collect();
        rows.extend(labelled(
            "kept    ",
            &format!("bookkeeping stays as it is on the branch: {}", paths.join(", ")),
            inner,
            theme.muted,
            theme,
        ));
    }
    if let Some(count) = Some(state.drafts.comments(&candidate.experiment).len()).filter(|count| *count > 0) {
        rows.push(vec![
            ("says    ".to_owned(), theme.label),
            (format!("with it to the agent: {}", counted(count, "comment")), theme.text),
        ]);
    }
    rows.extend(found(&confirm.judgement.findings, inner, theme));
    rows.push(Vec::new());
    let prompt = match confirm.to_type.first() {
        Some(word) => format!("type `{word}` and Enter to go on: "),
        None if revert => "why (may be empty), then Enter commits the revert: ".to_owned(),
        None if at_run_gate => "why (may be empty), then Enter lets it run: ".to_owned(),
        None => "why (may be empty), then Enter commits: ".to_owned(),
    };
    input(&mut rows, &prompt, confirm.input.value(), confirm.input.cursor(), inner, theme);
    complaint(&mut rows, confirm.complaint.as_deref(), theme);
    rows.push(vec![
        ("Enter ".to_owned(), theme.key),
        ("goes on   ".to_owned(), theme.muted),
        ("Esc ".to_owned(), theme.key),
        ("decides nothing".to_owned(), theme.muted),
    ]);
    let title = match (revert, at_run_gate) {
        (true, _) => format!("revert {name}?"),
        (_, true) => format!("let {name} run?"),
        _ if !candidate.amendment.left_out.is_empty() => format!("approve {name} in part?"),
        _ if !candidate.amendment.edited.is_empty() => format!("approve {name} as you edited it?"),
        _ => format!("approve {name}?"),
    };
    put(frame, &title, &rows, theme);
}

/// Hunks that are named one by one.
const MOST_NAMED: usize = 8;

/// What of the change was never on the screen, by name.
fn never_seen(confirm: &Confirm, candidate: &Candidate) -> Option<String> {
    let left_out: usize = candidate.files.iter().map(|file| file.hunks_left_out).sum();
    let unseen = confirm.unseen.len() + left_out;
    if unseen == 0 {
        return None;
    }
    let name = |(file, hunk): &(usize, usize)| {
        let file = candidate.files.get(*file)?;
        let first = file.hunks.get(*hunk)?.lines.first()?;
        Some(format!("{}:{}", Visible::line(&file.path).fit(48), first.new.or(first.old)?))
    };
    let names: Vec<String> = confirm.unseen.iter().take(MOST_NAMED).filter_map(name).collect();
    let more = unseen.saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!(", {unseen} of them never wholly on the screen: {}{more}", names.join(", ")))
}

/// What the person changed of what was proposed.
fn amended(confirm: &Confirm, candidate: &Candidate, inner: usize, theme: &Theme) -> Vec<Row> {
    let amendment = &candidate.amendment;
    let names = |paths: Vec<String>| paths.join(", ");
    let mut rows = Vec::new();
    if !amendment.left_out.is_empty() {
        let paths = amendment.left_out.iter().take(MOST_NAMED).map(|left| {
            let how = if left.lines.is_none() { "all of " } else { "lines of " };
            format!("{how}{}", Visible::line(&left.path).fit(48))
        });
        let text = format!("in part: {} stay as they are", names(paths.collect()));
        rows.extend(labelled("takes   ", &text, inner, theme.warning, theme));
    }
    if !amendment.edited.is_empty() {
        let paths = amendment.edited.iter().take(MOST_NAMED).map(|edited| Visible::line(&edited.path).fit(48));
        let text = format!("{}, with you as co-author", names(paths.collect()));
        rows.extend(labelled("edited  ", &text, inner, theme.warning, theme));
    }
    if confirm.lost > 0 {
        let text = format!(
            "{} that you left out earlier changed since, and would be taken as they are now",
            counted(confirm.lost, "hunk")
        );
        rows.extend(labelled("look    ", &text, inner, theme.warning, theme));
    }
    rows
}

/// What an approval does, and where.
fn gate(state: &State, confirm: &Confirm, candidate: &Candidate, inner: usize, theme: &Theme) -> Vec<Row> {
    let branch = Visible::of(&candidate.branch);
    let at_run_gate = confirm.judgement.gate == Gate::Run;
    let mut rows = Vec::new();
    if let Some(proposal) = &confirm.proposal {
        let text = match proposal.gate {
            Gate::Run => "run: the agent may train this; nothing is committed, and it asks again with the result",
            Gate::Keep => "keep: the change becomes a commit, and the agent is told",
        };
        rows.extend(labelled("gate    ", text, inner, theme.text, theme));
    }
    if at_run_gate {
        rows.extend(labelled("costs   ", &super::evidence::cost(state), inner, theme.text, theme));
        rows.push(vec![
            ("on      ".to_owned(), theme.label),
            (format!("{}, the commit it was made on", candidate.tip.short()), theme.text),
        ]);
    } else {
        rows.push(vec![
            ("branch  ".to_owned(), theme.label),
            (format!("{branch} at {}", candidate.tip.short()), theme.text),
        ]);
    }
    if candidate.creates_branch && !at_run_gate {
        rows.push(vec![
            ("        ".to_owned(), theme.label),
            ("this branch is created there first".to_owned(), theme.warning),
        ]);
    }
    rows
}

/// What stands out, before a decision: the warnings and what is critical.
pub(super) fn found(findings: &[Finding], width: usize, theme: &Theme) -> Vec<Row> {
    let mut rows = Vec::new();
    for finding in findings.iter().filter(|finding| finding.severity >= Severity::Warning) {
        let style = if finding.severity == Severity::Critical { theme.critical } else { theme.warning };
        let place = finding.path.as_ref().map(|path| format!("{}: ", Visible::line(path))).unwrap_or_default();
        let text = format!("{} {} — {place}{}", finding.severity.glyph(), finding.kind.word(), finding.message);
        rows.extend(labelled("look    ", &text, width, style, theme));
    }
    rows
}

pub(super) fn labelled(label: &str, text: &str, width: usize, style: Style, theme: &Theme) -> Vec<Row> {
    let parts = frame::sentence(text, width.saturating_sub(label.len()));
    parts
        .into_iter()
        .enumerate()
        .map(|(at, part)| {
            vec![(if at == 0 { label.to_owned() } else { " ".repeat(label.len()) }, theme.label), (part, style)]
        })
        .collect()
}

/// A line being typed, with its cursor; the part around the cursor when it is long.
pub(super) fn input(rows: &mut Vec<Row>, prompt: &str, value: &str, cursor: usize, width: usize, theme: &Theme) {
    let prompt_rows = frame::sentence(prompt.trim_end(), width);
    let last = prompt_rows.len() - 1;
    for (at, row) in prompt_rows.iter().enumerate() {
        if at < last {
            rows.push(vec![(row.clone(), theme.label)]);
        }
    }
    let used = unicode_width::UnicodeWidthStr::width(prompt_rows[last].as_str());
    let mut row = vec![(format!("{} ", prompt_rows[last]), theme.label)];
    row.extend(typed(value, cursor, width.saturating_sub(used + 2), theme));
    rows.push(row);
}

/// A line being typed, with its cursor; the part around the cursor when it is longer than the room.
pub(super) fn typed(value: &str, cursor: usize, room: usize, theme: &Theme) -> Vec<(String, Style)> {
    let shown = |text: &mut dyn Iterator<Item = char>| Visible::part(&text.collect::<String>()).to_string();
    let before = shown(&mut value.chars().take(cursor));
    let skip = before.chars().count().saturating_sub(room.max(8) - 1);
    let under = shown(&mut value.chars().skip(cursor).take(1));
    let under = if under.is_empty() { " ".to_owned() } else { under };
    let rest = shown(&mut value.chars().skip(cursor + 1));
    vec![(before.chars().skip(skip).collect(), theme.text), (under, theme.selected), (rest, theme.text)]
}

pub(super) fn complaint(rows: &mut Vec<Row>, complaint: Option<&str>, theme: &Theme) {
    rows.push(complaint.map(|text| vec![(format!("✗ {text}"), theme.bad)]).unwrap_or_default());
}

pub(super) fn put(frame: &mut Frame<'_>, title: &str, rows: &[Row], theme: &Theme) {
    let area = window(frame, title, rows.len(), 100, theme);
    // Too many rows: the last ones are the ones to act on.
    let height = area.height as usize;
    let (head, tail) = if rows.len() > height { (height.saturating_sub(5), 4) } else { (rows.len(), 0) };
    for (row, pieces) in rows.iter().take(head).enumerate() {
        frame::line(frame, area, row as u16, pieces);
    }
    if tail > 0 {
        let hidden = rows.len() - head - tail;
        frame::line(
            frame,
            area,
            head as u16,
            &[(format!("… {hidden} more lines: enlarge the terminal to see them"), theme.warning)],
        );
        for (row, pieces) in rows[rows.len() - tail..].iter().enumerate() {
            frame::line(frame, area, (head + 1 + row) as u16, pieces);
        }
    }
}
