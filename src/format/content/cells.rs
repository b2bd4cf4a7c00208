//! Compares two notebooks cell by cell: matches their cells and lists the changes of each.

use std::collections::{HashMap, HashSet, VecDeque};

use imara_diff::{Algorithm, Diff, InternedInput};
use serde_json::{Map, Value};

use super::mime;
use super::notebook::{Notebook, NotebookCell, read};
use crate::model::{
    AgentText, CellRow, DiffLine, LineKind, MOST_CELL_ROWS, NotebookChange, NotebookCounts, Unread, alike, counted,
    paired,
};

/// Maximum size in bytes of both sides; larger notebooks are not read.
const LARGEST: usize = 32 << 20;
/// Lines of unchanged source around a change.
const CONTEXT: usize = 3;
/// Bytes shown of one line.
const LONGEST_LINE: usize = 4096;
/// Maximum number of outputs of a cell that are listed.
const MOST_OUTPUTS: usize = 8;
/// Maximum number of metadata keys that are listed.
const MOST_KEYS: usize = 6;
/// Characters shown of a name that an agent chose.
const LONGEST_NAME: usize = 40;
/// Lines of a cell beyond which they are compared by Myers' algorithm; see the diff of files.
const MOST_BY_HISTOGRAM: usize = 10_000;

/// Returns the changes of a notebook.
pub(super) fn change(old: &[u8], new: &[u8]) -> NotebookChange {
    let unread = |why| NotebookChange { unread: Some(why), ..NotebookChange::default() };
    if old.len() + new.len() > LARGEST {
        return unread(Unread::TooLarge);
    }
    let Some(new) = read(new) else { return unread(Unread::New) };
    let Some(old) = read(old) else { return unread(Unread::Old) };
    let ran: HashSet<String> = mime::running(&old).into_iter().map(|(text, _)| text).collect();
    let mut runs: Vec<&'static str> =
        mime::running(&new).into_iter().filter(|(text, _)| !ran.contains(text)).map(|(_, place)| place).collect();
    runs.sort_unstable();
    runs.dedup();
    let mut showing = Showing::default();
    showing.cells(&old, &new);
    showing.notebook(&old, &new);
    if showing.rows.len() > MOST_CELL_ROWS {
        let left_out = showing.rows.len() - MOST_CELL_ROWS;
        showing.rows.truncate(MOST_CELL_ROWS);
        showing.note(&format!("... {left_out} more rows are not shown; see the raw JSON"));
    }
    let Showing { rows, counts, is_other_kernel, .. } = showing;
    NotebookChange { rows, counts, runs, is_other_kernel, unread: None }
}

/// Returns for each new cell the index of its old cell.
fn matched(old: &[NotebookCell], new: &[NotebookCell]) -> Vec<Option<usize>> {
    let mut was: Vec<Option<usize>> = vec![None; new.len()];
    let mut taken = vec![false; old.len()];
    // By id, if it is unique on each side.
    let by_id = |cells: &[NotebookCell]| {
        let mut by_id: HashMap<String, Option<usize>> = HashMap::new();
        for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.id.is_empty()) {
            by_id.entry(cell.id.clone()).and_modify(|known| *known = None).or_insert(Some(at));
        }
        by_id
    };
    let (old_ids, new_ids) = (by_id(old), by_id(new));
    for (id, at) in &new_ids {
        if let (Some(at), Some(Some(from))) = (at, old_ids.get(id)) {
            was[*at] = Some(*from);
            taken[*from] = true;
        }
    }
    // By identical source, in order.
    let mut by_source: HashMap<(&str, &str), VecDeque<usize>> = HashMap::new();
    for (at, cell) in old.iter().enumerate().filter(|(at, cell)| !taken[*at] && !cell.source.trim().is_empty()) {
        by_source.entry((&cell.kind, &cell.source)).or_default().push_back(at);
    }
    for (at, cell) in new.iter().enumerate() {
        if was[at].is_none()
            && let Some(from) = by_source.get_mut(&(&*cell.kind, &*cell.source)).and_then(VecDeque::pop_front)
        {
            was[at] = Some(from);
            taken[from] = true;
        }
    }
    // The rest between the same two neighbours, by similarity.
    let mut at = 0;
    while at < new.len() {
        if was[at].is_some() {
            at += 1;
            continue;
        }
        let gap: Vec<usize> = (at..new.len()).take_while(|at| was[*at].is_none()).collect();
        let from = at.checked_sub(1).and_then(|before| was[before]).map_or(0, |before| before + 1);
        let left: Vec<usize> = (from..old.len()).take_while(|from| !taken[*from]).collect();
        let olds: Vec<&[u8]> = left.iter().map(|at| old[*at].source.as_bytes()).collect();
        let news: Vec<&[u8]> = gap.iter().map(|at| new[*at].source.as_bytes()).collect();
        for (from, to) in paired(&olds, &news) {
            if let (Some(from), Some(to)) = (from, to)
                && may_be_same(&old[left[from]], &new[gap[to]])
            {
                was[gap[to]] = Some(left[from]);
                taken[left[from]] = true;
            }
        }
        at += gap.len();
    }
    was
}

/// True if two unmatched cells in the same place may be one edited cell: cells with ids must be similar for it.
fn may_be_same(old: &NotebookCell, new: &NotebookCell) -> bool {
    if old.kind != new.kind {
        return false;
    }
    if old.id.is_empty() || new.id.is_empty() || alike(old.source.as_bytes(), new.source.as_bytes()) {
        return true;
    }
    let known: HashSet<&str> = lines(&old.source).into_iter().collect();
    let all = lines(&new.source);
    let kept = all.iter().filter(|line| known.contains(*line)).count();
    kept * 2 > all.len().max(known.len())
}

/// Returns the new cells that have moved: all but the longest run of them that kept their order.
fn moved(was: &[Option<usize>]) -> HashSet<usize> {
    let pairs: Vec<(usize, usize)> = was.iter().enumerate().filter_map(|(at, from)| Some((at, (*from)?))).collect();
    // For each length the run that ends lowest, and each cell's predecessor.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (at, (_, from)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *from);
        before[at] = length.checked_sub(1).map(|shorter| ends[shorter]);
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut kept = HashSet::new();
    let mut next = ends.last().copied();
    while let Some(at) = next {
        kept.insert(pairs[at].0);
        next = before[at];
    }
    pairs.iter().map(|(at, _)| *at).filter(|at| !kept.contains(at)).collect()
}

#[derive(Default)]
struct Showing {
    rows: Vec<CellRow>,
    counts: NotebookCounts,
    is_other_kernel: bool,
    renumbered: usize,
    renamed: usize,
}

impl Showing {
    fn note(&mut self, text: &str) {
        self.rows.push(CellRow::Note(AgentText::from(text)));
    }

    fn heading(&mut self, text: &str) {
        self.rows.push(CellRow::Heading(AgentText::from(text)));
    }

    fn cells(&mut self, old: &Notebook, new: &Notebook) {
        let was = matched(&old.cells, &new.cells);
        let moved = moved(&was);
        let kept: HashSet<usize> = was.iter().flatten().copied().collect();
        // Deleted cells are listed after the one before them.
        let mut listed = 0;
        let mut gone = |showing: &mut Self, until: usize| {
            for at in listed..until {
                if !kept.contains(&at) {
                    showing.gone(at, &old.cells[at]);
                }
            }
            listed = listed.max(until);
        };
        // For each position the old index of the next cell that stays.
        let mut next_stays = vec![None; new.cells.len() + 1];
        for at in (0..new.cells.len()).rev() {
            let stays = was[at].filter(|_| !moved.contains(&at));
            next_stays[at] = stays.or(next_stays[at + 1]);
        }
        for (at, cell) in new.cells.iter().enumerate() {
            match was[at] {
                Some(from) => {
                    if !moved.contains(&at) {
                        gone(self, from);
                    }
                    let moved_from = moved.contains(&at).then_some(from);
                    self.cell(at, moved_from, &old.cells[from], cell);
                }
                None => {
                    // A cell that it may replace is listed before it.
                    gone(self, next_stays[at].unwrap_or(old.cells.len()));
                    self.added(at, cell);
                }
            }
        }
        gone(self, old.cells.len());
    }

    fn count(&mut self, cell: &NotebookCell) {
        if cell.is_code() {
            self.counts.code += 1;
        } else {
            self.counts.text += 1;
        }
    }

    fn added(&mut self, at: usize, cell: &NotebookCell) {
        self.count(cell);
        self.heading(&format!("cell {} {}, added", at + 1, short(&cell.kind)));
        self.source("", &cell.source);
        self.outputs(&[], &cell.outputs);
        self.rest(&Map::new(), &cell.rest, false);
    }

    fn gone(&mut self, at: usize, cell: &NotebookCell) {
        self.count(cell);
        self.heading(&format!("cell {} {} before, deleted", at + 1, short(&cell.kind)));
        self.source(&cell.source, "");
        self.outputs(&cell.outputs, &[]);
    }

    fn cell(&mut self, at: usize, moved_from: Option<usize>, old: &NotebookCell, new: &NotebookCell) {
        let is_same_kind = old.kind == new.kind;
        let is_same_source = is_same_kind && old.source == new.source;
        if !is_same_source || moved_from.is_some() {
            self.count(if old.is_code() { old } else { new });
        }
        self.renumbered += usize::from(old.count != new.count);
        self.renamed += usize::from(old.id != new.id);
        let mut title = format!("cell {} {}", at + 1, short(&new.kind));
        if !is_same_kind {
            title.push_str(&format!(", was {}", short(&old.kind)));
        }
        if let Some(from) = moved_from {
            title.push_str(&format!(", moved from {}", from + 1));
        }
        let heading = self.rows.len();
        self.heading(&title);
        if old.source != new.source {
            self.source(&old.source, &new.source);
        }
        self.outputs(&old.outputs, &new.outputs);
        self.rest(&old.rest, &new.rest, true);
        if self.rows.len() == heading + 1 && is_same_kind && moved_from.is_none() {
            self.rows.pop();
        }
    }

    /// Lists the differing lines of a source, with context.
    fn source(&mut self, old: &str, new: &str) {
        let (old, new) = (lines(old), lines(new));
        let edits = edits(&old, &new);
        let mut shown = 0;
        for (at, (before, after)) in edits.iter().enumerate() {
            let from = before.start.saturating_sub(CONTEXT).max(shown);
            if from > shown {
                self.note(&format!("... {}", counted(from - shown, "line")));
            }
            let shift = after.start as isize - before.start as isize;
            self.context(&old, from..before.start, shift);
            for at in before.clone() {
                self.rows.push(CellRow::Line(line(LineKind::Removed, Some(at), None, old[at])));
            }
            for at in after.clone() {
                self.rows.push(CellRow::Line(line(LineKind::Added, None, Some(at), new[at])));
            }
            let next = edits.get(at + 1).map_or(old.len(), |(before, _)| before.start);
            let until = (before.end + CONTEXT).min(next);
            self.context(&old, before.end..until, after.end as isize - before.end as isize);
            shown = until;
        }
        if shown > 0 && shown < old.len() {
            self.note(&format!("... {}", counted(old.len() - shown, "line")));
        }
    }

    fn context(&mut self, old: &[&str], range: std::ops::Range<usize>, shift: isize) {
        for at in range {
            let new_at = at.saturating_add_signed(shift);
            self.rows.push(CellRow::Line(line(LineKind::Context, Some(at), Some(new_at), old[at])));
        }
    }

    fn outputs(&mut self, old: &[Value], new: &[Value]) {
        let differing: Vec<usize> = (0..old.len().max(new.len()))
            .filter(|at| old.get(*at).map(without_count) != new.get(*at).map(without_count))
            .collect();
        self.counts.outputs += usize::from(!differing.is_empty());
        for at in differing.iter().take(MOST_OUTPUTS) {
            let number = at + 1;
            let text = match (old.get(*at), new.get(*at)) {
                (None, Some(new)) => format!("output {number} added: {}", described(new)),
                (Some(old), None) => format!("output {number} deleted: {}", described(old)),
                (Some(old), Some(new)) => format!("output {number}: {}", compared(old, new)),
                (None, None) => continue,
            };
            self.note(&text);
        }
        if differing.len() > MOST_OUTPUTS {
            self.note(&format!("and {} more", counted(differing.len() - MOST_OUTPUTS, "output")));
        }
    }

    /// Lists other differences: metadata and attachments by their differing keys.
    fn rest(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, counts: bool) {
        let mut found = false;
        for key in differing(old, new) {
            let within = match (old.get(&key), new.get(&key)) {
                (Some(Value::Object(old)), Some(Value::Object(new))) => differing(old, new),
                (None, Some(Value::Object(new))) => new.keys().cloned().collect(),
                (Some(Value::Object(old)), None) => old.keys().cloned().collect(),
                _ => Vec::new(),
            };
            // `"metadata": {}` and no metadata are the same.
            if within.is_empty() && [old.get(&key), new.get(&key)].into_iter().flatten().all(is_bare) {
                continue;
            }
            let name = short(&key);
            let within = if within.is_empty() { String::new() } else { format!(": {}", named(&within)) };
            self.note(&format!("{name} changed{within}"));
            found = true;
        }
        self.counts.metadata += usize::from(found && counts);
    }

    fn notebook(&mut self, old: &Notebook, new: &Notebook) {
        let heading = self.rows.len();
        self.heading("notebook");
        self.rest(&old.rest, &new.rest, true);
        let kernel = |notebook: &Notebook| {
            notebook.rest.get("metadata").and_then(|all| all.get("kernelspec")?.get("name")).cloned()
        };
        // A notebook that is new, deleted or renamed has no kernel on one side.
        let are_both_there = !old.cells.is_empty() && !new.cells.is_empty();
        self.is_other_kernel = are_both_there && kernel(old) != kernel(new);
        if self.renumbered > 0 {
            self.note(&format!("execution count of {} changed", counted(self.renumbered, "cell")));
        }
        if self.renamed > 0 {
            self.note(&format!("id of {} changed", counted(self.renamed, "cell")));
        }
        if self.rows.len() == heading + 1 {
            self.rows.pop();
        }
    }
}

/// Splits a text into lines, losslessly: different texts have different lines.
fn lines(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('\n').collect() }
}

type CellEdit = (std::ops::Range<usize>, std::ops::Range<usize>);

fn edits(old: &[&str], new: &[&str]) -> Vec<CellEdit> {
    let mut input = InternedInput::default();
    input.update_before(old.iter().copied());
    input.update_after(new.iter().copied());
    let is_long = old.len().max(new.len()) > MOST_BY_HISTOGRAM;
    let diff = Diff::compute(if is_long { Algorithm::Myers } else { Algorithm::Histogram }, &input);
    let range = |range: std::ops::Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| (range(hunk.before), range(hunk.after))).collect()
}

fn line(kind: LineKind, old: Option<usize>, new: Option<usize>, text: &str) -> DiffLine {
    let mut end = text.len().min(LONGEST_LINE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    DiffLine {
        kind,
        old: old.map(|at| at as u32 + 1),
        new: new.map(|at| at as u32 + 1),
        text: AgentText::from(&text[..end]),
        cut: text.len() - end,
        no_newline: false,
    }
}

/// Returns the keys whose values differ.
fn differing(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<String> {
    let mut keys: Vec<&String> = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect();
    keys.retain(|key| old.get(*key) != new.get(*key));
    keys.into_iter().cloned().collect()
}

fn is_bare(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}

/// Returns an output without its execution count, which does not affect the display.
fn without_count(output: &Value) -> Value {
    let mut output = output.clone();
    if let Value::Object(fields) = &mut output {
        fields.remove("execution_count");
        fields.remove("prompt_number");
    }
    output
}

fn described(output: &Value) -> String {
    let parts = mime::parts(output);
    let part = |(mime, text): &(&str, String)| format!("{} {}", short(mime), amount(mime, text));
    if parts.is_empty() { "nothing".to_owned() } else { parts.iter().map(part).collect::<Vec<_>>().join(", ") }
}

/// Describes the difference between two outputs in the same place.
fn compared(old: &Value, new: &Value) -> String {
    let (olds, news) = (mime::parts(old), mime::parts(new));
    let kinds = |parts: &[(&str, String)]| parts.iter().map(|(mime, _)| (*mime).to_owned()).collect::<Vec<_>>();
    if kinds(&olds) != kinds(&news) {
        return format!("{}, was {}", described(new), described(old));
    }
    let part = |((mime, old), (_, new)): (&(&str, String), &(&str, String))| {
        if old == new {
            return None;
        }
        if mime::is_lines(mime) {
            let changed: usize =
                edits(&lines(old), &lines(new)).iter().map(|(old, new)| old.len().max(new.len())).sum();
            return Some(format!("{} {} changed", short(mime), counted(changed, "line")));
        }
        Some(format!("{} {}, was {}", short(mime), amount(mime, new), amount(mime, old)))
    };
    let parts: Vec<String> = olds.iter().zip(&news).filter_map(part).collect();
    if parts.is_empty() { "changed, but not in what it shows".to_owned() } else { parts.join(", ") }
}

fn amount(mime: &str, text: &str) -> String {
    if mime::is_lines(mime) {
        return counted(text.trim_end_matches('\n').split('\n').count(), "line");
    }
    match mime::size(mime, text) {
        bytes @ 0..1000 => counted(bytes, "byte"),
        bytes @ 1000..1_000_000 => format!("{} kB", (bytes + 500) / 1000),
        bytes => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// Shortens a name that an agent chose to fit a heading.
fn short(name: &str) -> String {
    let mut short: String = name.chars().take(LONGEST_NAME).collect();
    if short.len() < name.len() {
        short.push_str("...");
    }
    short
}

fn named(keys: &[String]) -> String {
    let mut text = keys.iter().take(MOST_KEYS).map(|key| short(key)).collect::<Vec<_>>().join(", ");
    if keys.len() > MOST_KEYS {
        text.push_str(&format!(" and {} more", keys.len() - MOST_KEYS));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(old: &Value, new: &Value) -> NotebookChange {
        change(old.to_string().as_bytes(), new.to_string().as_bytes())
    }

    fn code(id: &str, source: &str) -> Value {
        json!({"cell_type": "code", "id": id, "source": source, "outputs": [], "metadata": {}, "execution_count": null})
    }

    fn notebook(cells: &[Value]) -> Value {
        json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    }

    fn shown(change: &NotebookChange) -> Vec<String> {
        let row = |row: &CellRow| match row {
            CellRow::Heading(text) => format!("# {}", text.raw()),
            CellRow::Note(text) => format!("· {}", text.raw()),
            CellRow::Line(line) => {
                let sign = match line.kind {
                    LineKind::Context => ' ',
                    LineKind::Added => '+',
                    LineKind::Removed => '-',
                };
                format!("{sign}{}", line.text.raw())
            }
        };
        change.rows.iter().map(row).collect()
    }

    #[test]
    fn a_changed_line_is_shown_in_its_cell() {
        let old = notebook(&[code("a", "import torch"), code("b", "LR = 1\nWD = 2")]);
        let new = notebook(&[code("a", "import torch"), code("b", "LR = 3\nWD = 2")]);
        let found = of(&old, &new);
        assert_eq!(shown(&found), ["# cell 2 code", "-LR = 1", "+LR = 3", " WD = 2"]);
        assert_eq!((found.counts.code, found.counts.outputs), (1, 0));
    }

    #[test]
    fn cells_are_matched_by_id_and_by_source() {
        let (a, b, c) = (code("a", "a = 1"), code("b", "b = 2"), code("c", "c = 3"));
        let moved = of(&notebook(&[a.clone(), b.clone(), c.clone()]), &notebook(&[c.clone(), a.clone(), b.clone()]));
        assert_eq!(shown(&moved), ["# cell 1 code, moved from 3"]);
        let gone = of(&notebook(&[a.clone(), b.clone(), c.clone()]), &notebook(&[a.clone(), c.clone()]));
        assert_eq!(shown(&gone), ["# cell 2 code before, deleted", "-b = 2"]);
        let added = of(&notebook(&[a.clone(), c.clone()]), &notebook(&[a.clone(), b, c]));
        assert_eq!(shown(&added), ["# cell 2 code, added", "+b = 2"]);
        // Without ids, or with new ones, by source.
        let renamed = of(&notebook(std::slice::from_ref(&a)), &notebook(&[code("z", "a = 1")]));
        assert_eq!(shown(&renamed), ["# notebook", "· id of 1 cell changed"]);
        assert_eq!(renamed.counts, NotebookCounts::default());
        // An id of two cells identifies neither.
        let twice = notebook(&[code("a", "x = 1"), code("a", "y = 2")]);
        assert!(of(&twice, &twice).rows.is_empty());
    }

    #[test]
    fn outputs_are_described_and_not_printed() {
        let with = |outputs: Value, count: u32| {
            let mut cell = code("a", "plot()");
            cell["outputs"] = outputs;
            cell["execution_count"] = json!(count);
            notebook(&[cell])
        };
        let png = |size: usize| json!({"output_type": "display_data", "data": {"image/png": "A".repeat(size)}, "metadata": {}});
        let text = |text: &str| json!({"output_type": "stream", "name": "stdout", "text": [text]});
        let old = with(json!([text("a\nb\n"), png(40_000)]), 1);
        let new = with(json!([text("a\nc\n"), png(45_336)]), 2);
        let found = of(&old, &new);
        assert_eq!(
            shown(&found),
            [
                "# cell 1 code",
                "· output 1: stdout 1 line changed",
                "· output 2: image/png 34 kB, was 30 kB",
                "# notebook",
                "· execution count of 1 cell changed",
            ]
        );
        assert_eq!((found.counts.code, found.counts.outputs), (0, 1));
        let cleared = of(&old, &with(json!([]), 1));
        assert_eq!(shown(&cleared)[1..], ["· output 1 deleted: stdout 2 lines", "· output 2 deleted: image/png 30 kB"]);
    }

    #[test]
    fn metadata_is_listed_by_key_and_another_kernel_is_detected() {
        let mut old = notebook(&[code("a", "x")]);
        let mut new = old.clone();
        old["metadata"]["kernelspec"] = json!({"name": "python3"});
        new["metadata"]["kernelspec"] = json!({"name": "evil"});
        new["cells"][0]["metadata"] = json!({"tags": ["parameters"]});
        let found = of(&old, &new);
        assert_eq!(
            shown(&found),
            ["# cell 1 code", "· metadata changed: tags", "# notebook", "· metadata changed: kernelspec"]
        );
        assert!(found.is_other_kernel);
        for (one, other) in [(&old, &json!({"nbformat": 4, "cells": []})), (&json!({"nbformat": 4, "cells": []}), &old)]
        {
            assert!(!of(one, other).is_other_kernel, "where one side is missing");
        }
        assert_eq!(found.counts.metadata, 2);
    }

    #[test]
    fn new_active_content_is_found() {
        let html = |html: &str| {
            let mut cell = code("a", "x");
            cell["outputs"] = json!([{"output_type": "display_data", "data": {"text/html": [html]}, "metadata": {}}]);
            notebook(&[cell])
        };
        let (plain, active) = (html("<b>1</b>"), html("<script>steal()</script>"));
        assert_eq!(of(&plain, &active).runs, ["script in the HTML of an output"]);
        assert!(of(&active, &active).runs.is_empty(), "it is not new");
        assert!(of(&active, &plain).runs.is_empty());
        let mut script = notebook(&[code("a", "x")]);
        script["cells"][0]["outputs"] =
            json!([{"output_type": "display_data", "data": {"application/javascript": "x()"}, "metadata": {}}]);
        assert_eq!(of(&plain, &script).runs, ["JavaScript in an output"]);
        let mut hidden = notebook(&[code("a", "x")]);
        hidden["metadata"]["widgets"] = json!({"state": {"value": "<img src=x onerror=x()>"}});
        assert_eq!(of(&plain, &hidden).runs, ["script in the notebook's metadata"]);
        let old_format = json!({"worksheets": [{"cells": [{"cell_type": "code", "input": ["x"], "outputs":
            [{"output_type": "display_data", "javascript": ["x()"]}]}]}], "nbformat": 3});
        assert_eq!(of(&plain, &old_format).runs, ["JavaScript in an output"]);
    }

    #[test]
    fn an_invalid_notebook_is_reported_and_an_absent_one_has_no_cells() {
        let good = notebook(&[code("a", "x = 1")]).to_string();
        for bad in
            ["{", "[]", "{}", "\u{0}", "{\"cells\": 3}", "{\"cells\": [{\"source\": \"x\"}]}", "<<<<<<< HEAD\n{}"]
        {
            assert_eq!(change(good.as_bytes(), bad.as_bytes()).unread, Some(Unread::New), "{bad}");
            assert_eq!(change(bad.as_bytes(), good.as_bytes()).unread, Some(Unread::Old), "{bad}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(change(b"", deep.as_bytes()).unread, Some(Unread::New));
        assert_eq!(shown(&change(b"", good.as_bytes()))[..2], ["# cell 1 code, added", "+x = 1"]);
        assert_eq!(shown(&change(good.as_bytes(), b""))[..2], ["# cell 1 code before, deleted", "-x = 1"]);
        let pretty = serde_json::to_string_pretty(&notebook(&[code("a", "x = 1")])).unwrap_or_default();
        assert!(change(good.as_bytes(), pretty.as_bytes()).rows.is_empty(), "only the JSON formatting differs");
    }

    fn cells() -> impl Strategy<Value = Vec<Value>> {
        let kind = prop_oneof!["code", "markdown"];
        let cell = (kind, "[abc]{0,2}", "([ab]\n?){0,6}", 0u8..3).prop_map(|(kind, id, source, outputs)| {
            let outputs: Vec<Value> = (0..outputs)
                .map(|at| json!({"output_type": "stream", "name": "stdout", "text": [at.to_string()]}))
                .collect();
            json!({"cell_type": kind, "id": id, "source": source, "outputs": outputs, "metadata": {}})
        });
        proptest::collection::vec(cell, 0..6)
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let keys =
            ["cells", "cell_type", "source", "outputs", "data", "metadata", "text/html", "worksheets", "id", "text"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "code|stream|<script>|(?s).{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 48, 6, move |inner| {
            let key = proptest::sample::select(keys.to_vec()).prop_map(str::to_owned);
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((key, inner), 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Whatever cells are matched with each other: added minus removed is the difference.
        #[test]
        fn every_changed_line_of_a_source_is_shown(old in cells(), new in cells()) {
            let found = of(&notebook(&old), &notebook(&new));
            let mut balance: HashMap<String, i64> = HashMap::new();
            for (cells, sign) in [(&old, 1), (&new, -1)] {
                for cell in cells {
                    for line in lines(cell["source"].as_str().unwrap_or_default()) {
                        *balance.entry(line.to_owned()).or_default() += sign;
                    }
                }
            }
            for row in &found.rows {
                if let CellRow::Line(line) = row {
                    *balance.entry(line.text.raw().to_owned()).or_default() += match line.kind {
                        LineKind::Added => 1,
                        LineKind::Removed => -1,
                        LineKind::Context => 0,
                    };
                }
            }
            prop_assert!(balance.values().all(|left| *left == 0), "{balance:?}\n{:?}", shown(&found));
            prop_assert_eq!(found.rows.is_empty(), old == new);
        }

        #[test]
        fn any_json_and_any_bytes_are_read_or_refused(old in json_value(), new in json_value(), bytes: Vec<u8>) {
            let found = of(&old, &new);
            prop_assert!(found.unread.is_none() || found.rows.is_empty());
            let wrapped = of(&json!({"cells": [old]}), &json!({"cells": [new]}));
            prop_assert!(wrapped.unread.is_none() || wrapped.rows.is_empty());
            change(&bytes, &bytes);
        }
    }
}
