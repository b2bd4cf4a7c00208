//! Results tables of the karpathy family: tab-separated, read by header name.

use std::sync::Arc;

use super::lines::{Line, Lines, row_hash, text};
use super::number::parse_strict;
use super::table::{Located, SegmentView, TableReader, TableView};
use crate::model::{AgentText, Basis, Claim, Goal, MetricChoice, Row};

/// Reader of a results table.
#[derive(Default)]
pub struct Tsv {
    lines: Lines,
    header: Option<Header>,
    rows: Vec<Arc<Row>>,
    warnings: Vec<Located>,
    comment_goal: Option<Goal>,
}

#[derive(Clone)]
struct Header {
    columns: Vec<Arc<str>>,
    commit: Option<usize>,
    status: Option<usize>,
    description: Option<usize>,
    time: Option<usize>,
}

enum Reading {
    Nothing,
    Header(Header, Option<Located>),
    /// A first line that is a row: the canonical header is assumed, and said.
    Headerless(Header, Located, Row),
    Goal(Goal),
    Row(Row),
    Warning(Located),
    /// A line without any cell boundary: prose that spilled out of a description.
    Spilled(u64),
}

impl TableReader for Tsv {
    fn push(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(bytes, |line| {
            let reading = self.read(&line);
            self.take(reading);
        });
        self.lines = lines;
    }

    fn view(&self) -> TableView {
        let mut view = TableView {
            rows: self.rows.clone(),
            finished: self.rows.len(),
            warnings: self.warnings.clone(),
            segments: vec![SegmentView { choice: self.choice(), ..SegmentView::default() }],
        };
        if let Some(line) = self.lines.open() {
            match self.read(&line) {
                Reading::Row(row) => view.rows.push(Arc::new(row)),
                Reading::Warning(_) | Reading::Spilled(_) => {
                    view.warnings.push(Located::at(line.number, "the last line is not finished; it counts when it is"));
                }
                _ => {}
            }
        }
        view
    }
}

impl Tsv {
    fn choice(&self) -> Option<MetricChoice> {
        let metric = self.metric()?;
        let (goal, goal_basis) = match (self.comment_goal, Goal::of_metric(&metric)) {
            (Some(goal), _) => (Some(goal), Basis::stated("the comment above the table")),
            (None, Some(goal)) => (Some(goal), Basis::guess("a known name")),
            (None, None) => (None, Basis::default()),
        };
        Some(MetricChoice {
            metric,
            metric_basis: Basis::guess("the first column that looks like a metric"),
            goal,
            goal_basis,
        })
    }

    fn take(&mut self, reading: Reading) {
        match reading {
            Reading::Nothing => {}
            Reading::Header(header, warning) => {
                self.header = Some(header);
                self.warnings.extend(warning);
            }
            Reading::Headerless(header, warning, row) => {
                self.header = Some(header);
                self.warnings.push(warning);
                self.rows.push(Arc::new(row));
            }
            Reading::Goal(goal) => self.comment_goal = Some(goal),
            Reading::Row(row) => self.rows.push(Arc::new(row)),
            Reading::Warning(warning) => self.warnings.push(warning),
            Reading::Spilled(line) => match self.warnings.last_mut() {
                Some(last) if last.end_line + 1 == line && last.message.starts_with("text without") => {
                    last.end_line = line;
                }
                _ => self
                    .warnings
                    .push(Located::at(line, "text without cells, probably spilled from a description; passed over")),
            },
        }
    }

    fn read(&self, line: &Line<'_>) -> Reading {
        let text = text(line);
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Reading::Nothing;
        }
        if line.cut {
            return Reading::Warning(Located::at(line.number, "a line of more than 1 MiB; passed over"));
        }
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| trimmed.starts_with(marker)) {
            return Reading::Warning(Located::at(line.number, "a merge marker; passed over"));
        }
        let cells: Vec<&str> = text.split('\t').collect();
        if trimmed.starts_with('#') && cells.len() == 1 {
            let direction = trimmed.trim_start_matches('#').trim().strip_prefix("metric_direction:");
            return direction.and_then(Goal::parse).map_or(Reading::Nothing, Reading::Goal);
        }
        let Some(header) = &self.header else {
            return Self::read_header(line, &text, &cells);
        };
        if cells.len() == header.columns.len() {
            if is_header(&cells) {
                return Reading::Header(Header::new(&cells), None);
            }
            return Reading::Row(header.row(line, &cells));
        }
        if cells.len() == 1 && !text.contains("\\t") {
            return Reading::Spilled(line.number);
        }
        let message = if cells.len() == 1 {
            "the characters \\t where tabs were meant; passed over".to_owned()
        } else {
            format!("{} cells where the header has {}", cells.len(), header.columns.len())
        };
        Reading::Warning(Located::at(line.number, message))
    }

    fn read_header(line: &Line<'_>, text: &str, cells: &[&str]) -> Reading {
        if cells.len() == 1 && text.contains("\\t") {
            let cells: Vec<&str> = text.split("\\t").collect();
            let warning = Located::at(line.number, "the header has the characters \\t where tabs were meant");
            return Reading::Header(Header::new(&cells), Some(warning));
        }
        let is_canonical_row = cells.len() == 5 && !is_header(cells) && Claim::of_word(cells[3]) != Claim::Other;
        if is_canonical_row {
            let header = Header::new(&["commit", "val_bpb", "memory_gb", "status", "description"]);
            let what = "no header; read as commit, val_bpb, memory_gb, status, description";
            let row = header.row(line, cells);
            return Reading::Headerless(header, Located::at(line.number, what), row);
        }
        if cells.len() == 1 {
            return Reading::Spilled(line.number);
        }
        Reading::Header(Header::new(cells), None)
    }

    /// The first column that looks like a metric: by what stands in it, and by its name.
    fn metric(&self) -> Option<Arc<str>> {
        let header = self.header.as_ref()?;
        let mut candidates = header.columns.iter().enumerate().filter(|(at, name)| {
            let special = [header.commit, header.status, header.description, header.time];
            !special.contains(&Some(*at)) && !is_bystander(name)
        });
        let measured = |name: &str| self.rows.iter().filter(|row| row.metric(name).is_some()).count();
        let often = |name: &str| self.rows.is_empty() || measured(name) * 4 >= self.rows.len();
        let after = candidates.clone().find(|(_, name)| &***name == "metric_after");
        after
            .or_else(|| candidates.clone().find(|(_, name)| often(name)))
            .or_else(|| candidates.find(|(_, name)| measured(name) > 0))
            // A table of nothing but speed or memory: then that is what its loop improves.
            .or_else(|| {
                header.columns.iter().enumerate().find(|(at, name)| {
                    let special = [header.commit, header.status, header.description, header.time];
                    !special.contains(&Some(*at)) && !is_identity(name) && measured(name) > 0
                })
            })
            .map(|(_, name)| Arc::clone(name))
    }
}

/// True for columns that describe, count or parametrise, by the words of their name.
fn is_bystander(name: &str) -> bool {
    const WORDS: [&str; 63] = [
        "commit",
        "hash",
        "sha",
        "id",
        "status",
        "state",
        "description",
        "summary",
        "notes",
        "note",
        "timestamp",
        "date",
        "time",
        "iteration",
        "iter",
        "run",
        "trial",
        "step",
        "steps",
        "epoch",
        "epochs",
        "seed",
        "branch",
        "kind",
        "thread",
        "attempt",
        "thesis",
        "budget",
        "memory",
        "mem",
        "vram",
        "gb",
        "mb",
        "params",
        "num",
        "n",
        "count",
        "tokens",
        "samples",
        "inputs",
        "temperature",
        "top",
        "lr",
        "delta",
        "guard",
        "duration",
        "seconds",
        "sec",
        "ms",
        "mfu",
        "size",
        "lines",
        "line",
        "old",
        "new",
        "tier",
        "regressed",
        "severity",
        "positions",
        "before",
        "baseline",
        "experiment",
        "parent",
    ];
    name.to_ascii_lowercase().split(|c: char| !c.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
        && Goal::of_metric(name).is_none()
        || name.eq_ignore_ascii_case("baseline")
}

/// True for columns that name or number a row.
fn is_identity(name: &str) -> bool {
    const WORDS: [&str; 12] =
        ["id", "hash", "sha", "iteration", "iter", "run", "trial", "attempt", "seed", "step", "epoch", "experiment"];
    name.to_ascii_lowercase().split(|c: char| !c.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
}

fn is_header(cells: &[&str]) -> bool {
    let has = |name: &str| cells.iter().any(|cell| cell.trim().eq_ignore_ascii_case(name));
    has("status") && (has("commit") || has("description") || has("summary"))
}

impl Header {
    fn new(cells: &[&str]) -> Self {
        let columns: Vec<Arc<str>> = cells.iter().map(|cell| cell.trim().into()).collect();
        let find = |names: &[&str]| {
            names.iter().find_map(|name| columns.iter().position(|column| column.eq_ignore_ascii_case(name)))
        };
        Self {
            commit: find(&["commit", "commit_hash", "git_commit", "head_commit", "sha", "hash"]),
            status: find(&["status", "decision", "verdict"]),
            description: find(&["description", "summary", "desc", "notes", "hypothesis"]),
            time: find(&["timestamp", "time", "date"]),
            columns,
        }
    }

    fn row(&self, line: &Line<'_>, cells: &[&str]) -> Row {
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim());
        let special = [self.commit, self.status, self.description, self.time];
        let metrics = self.columns.iter().zip(cells).enumerate().filter(|(at, _)| !special.contains(&Some(*at)));
        Row {
            line: line.number,
            segment: 0,
            hash: row_hash(line.bytes),
            cell: AgentText::bounded(cell(self.commit)),
            word: AgentText::bounded(cell(self.status)),
            description: AgentText::bounded(cell(self.description)),
            more: AgentText::default(),
            metrics: metrics.filter_map(|(_, (name, cell))| Some((Arc::clone(name), parse_strict(cell)?))).collect(),
            at_ms: time_ms(cell(self.time)),
            says_baseline: cells.iter().any(|cell| cell.trim().eq_ignore_ascii_case("baseline")),
        }
    }
}

/// A time as rows write it, in milliseconds since the epoch; a date alone is its midnight in UTC.
fn time_ms(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    let midnight = date.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?;
    Some(midnight.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> TableView {
        let mut reader = Tsv::default();
        reader.push(text.as_bytes());
        reader.view()
    }

    const HEAD: &str = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n";

    #[test]
    fn a_crash_is_no_measurement() {
        let view = read(&format!("{HEAD}abc1234\t0.000000\t0.0\tcrash\toom\nabc1235\t0.99\t44\tkeep\tok\n"));
        assert_eq!(view.metric().map(|metric| &**metric), Some("val_bpb"));
        assert_eq!(view.rows[0].outcome("val_bpb"), crate::model::Outcome::Crashed);
        assert_eq!(view.rows[1].outcome("val_bpb").value(), Some(0.99));
    }

    #[test]
    fn irregular_rows_are_located_and_the_good_ones_count() {
        let text = format!(
            "{HEAD}a\t1\t2\tkeep\tx\nb\t1\t2\n spilled\nprose\nc\t1\t2\tdiscard\ty\r\n<<<<<<< HEAD\n#4\t1\t2\tkeep\tz\nd\\t1\\t2\n"
        );
        let view = read(&text);
        let names: Vec<_> = view.rows.iter().map(|row| row.cell.raw()).collect();
        assert_eq!(names, ["a", "c", "#4"]);
        assert_eq!(view.rows[1].description.raw(), "y", "CRLF leaves nothing behind");
        let places: Vec<_> = view.warnings.iter().map(|w| (w.line, w.end_line)).collect();
        assert_eq!(places, [(3, 3), (4, 5), (7, 7), (9, 9)]);
        assert_eq!(view.warnings[0].message, "3 cells where the header has 5");
    }

    #[test]
    fn a_half_written_row_is_no_row() {
        let view = read(&format!("{HEAD}a\t0.99\t44"));
        assert!(view.rows.is_empty());
        assert_eq!(view.warnings[0].line, 2);
        let view = read(&format!("{HEAD}a\t0.99\t44\tkeep\tdone"));
        assert_eq!(view.rows.len(), 1, "complete but for its line end");
    }

    #[test]
    fn the_objective_is_the_first_metric_like_column() {
        let metric = |header: &str, row: &str| read(&format!("{header}\n{row}\n")).metric().map(ToString::to_string);
        assert_eq!(
            metric("commit\tmetric_before\tmetric_after\tdelta\tstatus\tdescription", "none\t1\t2\t1\tkeep\tx")
                .as_deref(),
            Some("metric_after")
        );
        assert_eq!(
            metric("thesis\tattempt\tmetric\tbaseline\tstatus\tsummary", "#1\tt\t2.5\t1\taccepted\tx").as_deref(),
            Some("metric")
        );
        assert_eq!(
            metric("commit\tworst_test\trobustness_gap\tstatus\tdescription", "a\twindow\t1.5\tkeep\tx").as_deref(),
            Some("robustness_gap")
        );
        assert_eq!(
            metric("run_id\tcommit\tseed\tmax_new_tokens\ttop_p\tmean_accuracy\tstatus", "1\ta\t7\t12\t0.9\t0.5\tkeep")
                .as_deref(),
            Some("mean_accuracy")
        );
    }

    #[test]
    fn a_table_of_speed_alone_has_speed_for_its_objective() {
        let view = read("iteration\tcommit\ttok_per_sec\tstatus\tdescription\n1\ta\t37700\tkeep\tx\n");
        assert_eq!((view.metric().map(|metric| &**metric), view.goal()), (Some("tok_per_sec"), None));
    }

    #[test]
    fn direction_comes_from_the_comment_first() {
        let view = read("# metric_direction: higher_is_better\ncommit\tval_bpb\tstatus\n");
        assert_eq!(view.goal(), Some(Goal::Maximize));
        assert_eq!(read("commit\toob\tstatus\n").goal(), None);
    }

    proptest! {
        #[test]
        fn any_chunks_equal_the_whole(
            text in "([a-z0-9.\\\\#<é]{0,6}[\t\n\r]{1,2}){0,60}",
            cuts in proptest::collection::vec(0usize..400, 0..8),
        ) {
            let text = format!("{HEAD}{text}");
            let whole = read(&text);
            let mut reader = Tsv::default();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut at = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                reader.push(&text.as_bytes()[at..cut]);
                reader.view();
                at = cut;
            }
            let parts = reader.view();
            prop_assert_eq!(whole.rows, parts.rows);
            prop_assert_eq!(whole.warnings, parts.warnings);
        }

        #[test]
        fn every_line_is_a_row_or_in_a_warning(lines in proptest::collection::vec("[a-z\t ]{1,12}", 0..40)) {
            let view = read(&format!("{HEAD}{}\n", lines.join("\n")));
            for (at, line) in lines.iter().enumerate() {
                let number = at as u64 + 2;
                let is_row = view.rows.iter().any(|row| row.line == number);
                let warned = view.warnings.iter().any(|w| (w.line..=w.end_line).contains(&number));
                prop_assert!(line.trim().is_empty() || is_row || warned, "line {}: {:?}", number, line);
                prop_assert!(!(is_row && warned));
            }
        }
    }
}
