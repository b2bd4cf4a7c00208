mod choice;
mod denied;
mod loops;
mod pages;
mod prose;
mod quoting;
mod shapes;
mod words;

use proptest::prelude::*;

use super::*;
use crate::model::{Goal, MetricChoice, Outcome};

fn read(text: &str) -> TableView {
    read_bytes(text.as_bytes())
}

fn read_bytes(bytes: &[u8]) -> TableView {
    let mut reader = ResultsTable::default();
    reader.push(bytes);
    reader.view()
}

/// Returns a table separated by tabs: `_` stands for a space, `|` for a tab.
fn table(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{}\n", line.replace('|', "\t").replace('_', " ").replace('^', "_"))).collect()
}

fn metric(view: &TableView) -> Option<&str> {
    view.metric().map(|metric| &**metric)
}

fn values(view: &TableView) -> Vec<Option<f64>> {
    let metric = metric(view).unwrap_or_default();
    view.rows.iter().map(|row| row.outcome(metric).value()).collect()
}

fn claims(view: &TableView) -> Vec<Claim> {
    view.rows.iter().map(|row| row.claim()).collect()
}

const HEAD: &str = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n";
use Claim::{Crash, Discard, Keep, Other};

#[test]
fn a_crash_is_not_a_measurement() {
    let view = read(&format!("{HEAD}abc1234\t0.000000\t0.0\tcrash\toom\nabc1235\t0.99\t44\tkeep\tok\n"));
    assert_eq!(metric(&view), Some("val_bpb"));
    assert_eq!(view.rows[0].outcome("val_bpb"), Outcome::Crashed);
    assert_eq!(view.rows[1].outcome("val_bpb").value(), Some(0.99));
    assert_eq!(view.rows[0].metric("memory_gb"), None, "a crashed run used no memory");
    assert_eq!(view.rows[1].metric("memory_gb"), Some(44.0));
}

#[test]
fn an_incomplete_row_counts_if_only_its_description_can_grow() {
    let head = "commit|status|description|loss";
    let open = |lines: &[&str]| {
        let text = table(lines);
        let view = read(text.trim_end_matches('\n'));
        (view.rows.len(), view.warnings.last().is_some_and(|last| last.message.contains("incomplete")))
    };
    assert_eq!(open(&[head, "abc1234|keep|x|1.0", "abc1235|keep|y|0."]), (1, true), "half a number");
    assert_eq!(open(&["status|loss|commit", "keep|1.0|abc1234", "keep|0.9|abc1"]), (1, true), "half a commit");
    assert_eq!(open(&["commit|loss|status", "abc1234|1.0|keep", "abc1235|0.9|keep"]), (1, true), "keep or keeper");
    assert_eq!(open(&["commit|loss|status|description", "abc1234|1|keep|half a sen"]), (1, false));
    let page = "| commit | loss | status |\n|---|---|---|\n| abc1234 | 1.0 | keep |\n| abc1235 | 0.9 | keep";
    assert_eq!(read(page).rows.len(), 1);
    assert_eq!(read(&format!("{page} |")).rows.len(), 2);
}

#[test]
fn irregular_rows_are_located_and_the_good_ones_count() {
    let text = format!(
        "{HEAD}a\t1\t2\tkeep\tx\nb\t1\t2\n spilled\nprose\nc\t1\t2\tdiscard\ty\r\n<<<<<<< HEAD\n#4\t1\t2\tkeep\tz\nd\\t1\\t2\n"
    );
    let view = read(&text);
    let names: Vec<_> = view.rows.iter().map(|row| row.cell.raw()).collect();
    assert_eq!(names, ["a", "c", "#4"]);
    assert_eq!(view.rows[1].description.raw(), "y", "CRLF leaves no trace");
    let places: Vec<_> = view.warnings.iter().map(|w| (w.line, w.end_line)).collect();
    assert_eq!(places, [(3, 3), (4, 5), (7, 7), (9, 9)]);
    assert_eq!(view.warnings[0].message, "3 cells, but the header has 5");
}

#[test]
fn a_half_written_row_is_not_a_row() {
    for part in ["a\t0.99\t44", "a\t0.99\t44\tke", "a\t0.99\t44\tkeep"] {
        let view = read(&format!("{HEAD}{part}"));
        assert!(view.rows.is_empty(), "{part}");
        assert_eq!(view.warnings[0].line, 2);
    }
    let view = read(&format!("{HEAD}a\t0.99\t44\tkeep\tdone"));
    assert_eq!(view.rows.len(), 1, "complete but for its line end");
}

#[test]
fn missing_last_cells_closing_tabs_and_tabs_in_words() {
    let view = read(&format!(
        "{HEAD}a\t0.99\t44\tkeep\nb\t0.98\t44\tkeep\tx\t\t\nc\t0.97\t44\tdiscard\ttwo\twords\nd\t0.9\t44\n"
    ));
    assert_eq!(claims(&view), [Keep, Keep, Discard]);
    assert_eq!(view.rows[2].description.raw(), "two words");
    assert_eq!(view.warnings.iter().map(|w| w.line).collect::<Vec<_>>(), [5]);
}

#[test]
fn a_header_that_grows_is_the_header_from_there_on() {
    let view = read(&table(&[
        "commit|val^bpb|status|description",
        "a1|1.0|keep|baseline",
        "commit|val^bpb|status|params|description",
        "a2|0.94|keep|12|wd",
        "commit|params|val^bpb|status|description",
        "a3|14|0.93|discard|order",
    ]));
    assert!(view.warnings.is_empty(), "{:?}", view.warnings);
    assert_eq!(values(&view), [Some(1.0), Some(0.94), Some(0.93)]);
    assert_eq!(view.rows[2].metric("params"), Some(14.0));
    assert_eq!(view.rows[2].description.raw(), "order");
}

#[test]
fn the_objective_is_chosen_by_evidence() {
    let chosen = |lines: &[&str]| {
        let view = read(&table(lines));
        (metric(&view).unwrap_or_default().to_owned(), view.goal())
    };
    use Goal::{Maximize, Minimize};
    let named = |name: &str, goal| (name.to_owned(), goal);
    assert_eq!(
        chosen(&["commit|metric^before|metric^after|delta|status|description", "none|1|2|1|keep|x"]),
        named("metric_after", None)
    );
    assert_eq!(
        chosen(&["thesis|attempt|metric|baseline|status|summary", "#1|t|2.5|1|accepted|x"]),
        named("metric", None)
    );
    assert_eq!(
        chosen(&["commit|worst^test|robustness^gap|status|description", "a|window|1.5|keep|x"]),
        named("robustness_gap", None)
    );
    assert_eq!(
        chosen(&["run^id|commit|seed|max^new^tokens|top^p|mean^accuracy|status", "1|a|7|12|0.9|0.5|keep"]),
        named("mean_accuracy", Some(Maximize))
    );
    assert_eq!(
        chosen(&["iteration|commit|tok^per^sec|status|description", "1|a|37700|keep|x"]),
        named("tok_per_sec", Some(Maximize))
    );
    // A former value, a difference, a row number: none of them is optimised.
    assert_eq!(
        chosen(&[
            "step|old^score|new^score|delta|status",
            "1|-|66.1|-|baseline",
            "2|66.1|69.1|3|keep",
            "3|69.1|70.5|1.4|keep"
        ]),
        named("new_score", Some(Maximize))
    );
    assert_eq!(
        chosen(&["gen|params|val^mse|status", "1|5|0.10|keep", "1|6|0.09|keep", "2|7|0.11|discard"]),
        named("val_mse", Some(Minimize))
    );
    // A constant column proves nothing, whatever its place.
    assert_eq!(
        chosen(&[
            "commit|cache^hit|tok^per^sec|status",
            "a|0.0|1|keep",
            "b|0.0|2|keep",
            "c|0.0|1.5|discard",
            "d|0.0|3|keep"
        ]),
        named("tok_per_sec", Some(Maximize))
    );
    // A column that stays the same while another one improves is not optimised.
    assert_eq!(
        chosen(&[
            "commit|latency^ms|accuracy|status",
            "a|80|0.9|keep",
            "b|60|0.9|keep",
            "c|70|0.91|discard",
            "d|50|0.9|keep"
        ]),
        named("latency_ms", Some(Minimize))
    );
    // Of two unknown names, the decisions follow one.
    assert_eq!(
        chosen(&[
            "commit|foo|blurb|status",
            "a|3|9|keep",
            "b|9|8|keep",
            "c|1|8.5|discard",
            "d|7|7|keep",
            "e|2|7.5|discard"
        ]),
        named("blurb", Some(Minimize))
    );
}

#[test]
fn directions_are_stated_or_shown_by_kept_rows() {
    let view = read("# metric_direction: higher_is_better\ncommit\tval_bpb\tstatus\n");
    assert_eq!(view.goal(), Some(Goal::Maximize));
    assert_eq!(read("# lower is better\ncommit\toob\tstatus\n").goal(), Some(Goal::Minimize));
    assert_eq!(read("# metric: oob (max)\n# direction: max\ncommit\toob\tstatus\n").goal(), Some(Goal::Maximize));
    assert_eq!(read("commit\toob\tstatus\n").goal(), None);
    let rows = ["a|0.9|keep", "b|0.7|keep", "c|0.8|discard", "d|0.6|keep", "e|0.75|discard"];
    let with = |header: &str| read(&table(&[&[header], &rows[..]].concat()));
    assert_eq!(with("commit|accuracy|status").goal(), None, "its name says higher, and kept values fall");
    assert_eq!(with("commit|score|status").goal(), Some(Goal::Minimize), "higher is only a convention for it");
    assert_eq!(with("commit|val^loss|status").goal(), Some(Goal::Minimize));
    let guessed = with("commit|blurb|status");
    assert_eq!(guessed.goal(), Some(Goal::Minimize));
    assert!(guessed.choice().is_some_and(|choice| choice.goal_basis.is_guess));
    let column = read(&table(&["commit|sep|metric^direction|decision", "a|0.9|max|keep", "b|0.7|max|discard"]));
    assert_eq!((metric(&column), column.goal()), (Some("sep"), Some(Goal::Maximize)));
}

#[test]
fn the_loops_instructions_name_the_metric() {
    let choice = |text: &str| -> Option<MetricChoice> {
        let mut reader = ResultsTable::new(TableRules { instructions: text.into(), ..TableRules::default() });
        reader.push(table(&["commit|foo|bar|status", "a|1|2|keep", "b|2|3|keep"]).as_bytes());
        reader.view().choice().cloned()
    };
    let chosen = choice("Each run prints foo and bar.\nThe goal is the lowest `bar`.\n");
    assert_eq!(
        chosen.map(|choice| (choice.metric.to_string(), choice.goal)),
        Some(("bar".to_owned(), Some(Goal::Minimize)))
    );
}

#[test]
fn the_status_is_found_by_name_or_by_content() {
    let of = |lines: &[&str]| claims(&read(&table(lines)));
    assert_eq!(
        of(&["iteration|metric|result|note", "0|9|baseline|x", "1|8|keep|y", "2|9|discard|z"]),
        [Other, Keep, Discard]
    );
    assert_eq!(of(&["exp|val^loss|what_came_of_it", "1|9|KEPT", "2|8|dropped", "3|0|OOM"]), [Keep, Discard, Crash]);
    assert_eq!(of(&["exp|val^loss|kept", "1|9|yes", "2|8|no"]), [Keep, Discard]);
    assert_eq!(of(&["commit|score|状态|描述", "a|1|保留|x", "b|2|丢弃|y", "c|0|失败|z"]), [Keep, Discard, Crash]);
    // A column of numbers is not a status, whatever its name.
    let view = read(&table(&["commit|result|decision", "a|1.5|keep", "b|1.4|discard"]));
    assert_eq!((metric(&view), claims(&view)), (Some("result"), vec![Keep, Discard]));
}

#[test]
fn unknown_words_are_counted_and_never_kept() {
    let view = read(&table(&["commit|val^loss|status", "a|3|keep", "b|2|floop", "c|1|floop", "d|1|wibble"]));
    assert_eq!(claims(&view), [Keep, Other, Other, Other]);
    assert_eq!(view.reading.unknown_words, [("floop".to_owned(), 2), ("wibble".to_owned(), 1)]);
    assert_eq!(view.reading.unknown_rows(), 3);
    let statuses = [("floop".to_owned(), Discard)].into();
    let mut reader = ResultsTable::new(TableRules { statuses, ..TableRules::default() });
    reader.push(table(&["commit|val^loss|status", "a|3|keep", "b|2|Floop"]).as_bytes());
    assert_eq!(claims(&reader.view()), [Keep, Discard]);
    assert!(reader.view().reading.unknown_words.is_empty());
}

#[test]
fn the_persons_columns_come_first() {
    let rules = TableRules {
        status: Some("ruling^2".replace('^', "_")),
        description: Some("idea".to_owned()),
        commit: Some("at".to_owned()),
        ..TableRules::default()
    };
    let mut reader = ResultsTable::new(rules);
    reader.push(table(&["at|status|ruling^2|val^loss|description|idea", "abc1234|done|keep|1|no|yes"]).as_bytes());
    let view = reader.view();
    let row = &view.rows[0];
    assert_eq!((row.cell.raw(), row.claim(), row.description.raw()), ("abc1234", Keep, "yes"));
}

#[test]
fn descriptions_have_many_names() {
    for name in [
        "note",
        "notes",
        "idea",
        "hypothesis",
        "title",
        "details",
        "finding",
        "change",
        "what changed",
        "message",
        "comment",
    ] {
        let view = read(&format!("commit\tval_loss\tstatus\t{name}\nabc1234\t1\tkeep\twarmup halved\n"));
        assert_eq!(view.rows[0].description.raw(), "warmup halved", "{name}");
    }
    let view = read("commit\tval_loss\tstatus\tblah\nabc1234\t1\tkeep\twarmup halved again\n");
    assert_eq!(view.rows[0].description.raw(), "warmup halved again", "the longest text");
}

#[test]
fn a_table_without_a_header_is_read_with_a_warning() {
    let view = read(&table(&[
        "HEAD|Model-4bit|397.0|17.0|3.30|5.5|keep|first_end_to_end",
        "abc1234|Model-4bit|397.0|17.0|5.74|5.5|keep|trust_the_cache",
        "HEAD|Model-4bit|397.0|17.0|5.29|5.5|discard|not_reproducible",
        "abc1235|Model-4bit|397.0|17.0|3.91|5.5|discard|async_io",
    ]));
    assert_eq!(claims(&view), [Keep, Keep, Discard, Discard]);
    assert_eq!((metric(&view), view.goal()), (Some("column 5"), Some(Goal::Maximize)));
    assert_eq!(view.rows[1].description.raw(), "trust the cache");
    assert!(view.warnings[0].message.contains("no header"));
}

#[test]
fn other_encodings_and_separators_read_the_same() {
    let text = table(&["commit|val^bpb|status|description", "abc1234|1.0|keep|baseline", "abc1235|0.9|discard|ünder"]);
    let plain = read(&text);
    let same = |view: &TableView| {
        assert_eq!((values(view), claims(view)), (values(&plain), claims(&plain)));
        assert_eq!(view.rows[1].description.raw(), "ünder");
    };
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    same(&read_bytes(&utf16));
    same(&read(&text.replace('\n', "\r\n")));
    same(&read(&text.replace('\n', "\r")));
    same(&read(&text.replace('\t', ",")));
    same(&read(&text.replace('\t', ";")));
    let bars: String = text.lines().map(|line| format!("| {} |\n", line.replace('\t', " | "))).collect();
    same(&read(&bars.replacen('\n', "\n|---|:--|---|---|\n", 1)));
    same(&read(
        "{\"commit\":\"abc1234\",\"metrics\":{\"val_bpb\":1.0},\"status\":\"keep\",\"description\":\"baseline\"}\n{\"commit\":\"abc1235\",\"metrics\":{\"val_bpb\":0.9},\"status\":\"discard\",\"description\":\"ünder\"}\n",
    ));
}

#[test]
fn quoted_cells_may_span_lines() {
    let view = read("commit,val_loss,status,description\nabc1234,1,keep,\"one,\ntwo\"\nabc1235,2,discard,x\n");
    assert_eq!(view.rows[0].description.raw(), "one,\ntwo");
    assert_eq!((view.rows[0].line, view.rows[1].line), (2, 4));
}

#[test]
fn sentinels_are_not_measurements() {
    let view = read(&table(&[
        "commit|score|status|description",
        "a|-999.000|BASELINE|no_trades",
        "b|1.079|KEEP|x",
        "c|-999.000|REVERT|y",
        "d|1.136|KEEP|z",
    ]));
    assert_eq!(values(&view), [None, Some(1.079), None, Some(1.136)]);
    assert_eq!(view.rows[0].metric("score"), Some(-999.0), "the number is kept");
    assert!(view.reading.notes.iter().any(|note| note.contains("-999")), "{:?}", view.reading.notes);
}

#[test]
fn rows_may_name_their_metric_themselves() {
    let view = read(&table(&[
        "commit|metric^name|value|status",
        "a|val^loss|1.5|keep",
        "b|val^loss|1.4|keep",
        "c|latency|80|keep",
    ]));
    assert_eq!((metric(&view), view.goal()), (Some("val_loss"), Some(Goal::Minimize)));
    assert_eq!(values(&view), [Some(1.5), Some(1.4), None], "another metric is another column");
    // The metric that they name is in the column of values, not in every column with numbers.
    let of = |lines: &[&str]| metric(&read(&table(lines))).map(str::to_owned);
    let prior = ["id|metric|value|prior|status", "E0|speed|8_items|0.5|keep", "E1|speed|about_9|0.7|keep"];
    assert_eq!(of(&prior).as_deref(), Some("prior"));
    let other = ["id|metric|note|mae|status", "E0|speed|x|0.5|keep", "E1|speed|y|0.4|keep"];
    assert_eq!(of(&other).as_deref(), Some("mae"));
    for column in ["value", "metric^value", "score", "result", "reading"] {
        let header = format!("id|metric^name|{column}|prior|status");
        let lines = [&header, "E0|speed|8|0.5|keep", "E1|speed|9|0.7|keep"];
        assert_eq!(of(&lines).as_deref(), Some("speed"), "{column}");
    }
}

/// Returns cells of tables as found in practice, in any order and shape.
fn lines() -> impl Strategy<Value = String> {
    let cell = prop::sample::select(vec![
        "a1b2c3d", "0.9", "0.95", "-999", "keep", "discard", "crash", "floop", "x y", "", "1,234", "95%", "baseline",
        "max", "commit", "val_bpb", "status", "\"q", "#", "{",
    ]);
    let line = prop::collection::vec(cell, 1..7).prop_map(|cells| cells.join("\t"));
    prop::collection::vec((line, prop::sample::select(vec!["\n", "\r\n", "\n\n"])), 0..180)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect())
}

proptest! {
    #[test]
    fn any_chunks_equal_the_whole(text in lines(), cuts in prop::collection::vec(0usize..4000, 0..8)) {
        let text = format!("{HEAD}{text}");
        let whole = read(&text);
        let mut reader = ResultsTable::default();
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        let mut at = 0;
        for cut in cuts.into_iter().chain([text.len()]) {
            reader.push(&text.as_bytes()[at..cut]);
            reader.view();
            at = cut;
        }
        let parts = reader.view();
        prop_assert_eq!(format!("{:?}", whole), format!("{:?}", parts));
    }

    #[test]
    fn every_line_is_a_row_or_in_a_warning(lines in prop::collection::vec("[a-z\t ]{1,12}", 0..40)) {
        let view = read(&format!("{HEAD}{}\n", lines.join("\n")));
        for (at, line) in lines.iter().enumerate() {
            let number = at as u64 + 2;
            let is_row = view.rows.iter().any(|row| row.line == number);
            let warned = view.warnings.iter().any(|w| (w.line..=w.end_line).contains(&number));
            prop_assert!(line.trim().is_empty() || is_row || warned, "line {}: {:?}", number, line);
            prop_assert!(!(is_row && warned));
        }
    }

    /// An unknown word is never a keep, in whatever table.
    #[test]
    fn only_known_words_keep(words in prop::collection::vec("[a-z]{1,9}", 1..20)) {
        let rows: String = words.iter().map(|word| format!("a\t0.9\t1\t{word}\tx\n")).collect();
        for row in &read(&format!("{HEAD}{rows}")).rows {
            let known = status(row.word.raw(), &crate::model::StatusWords::new());
            prop_assert_eq!(row.claim() == Keep, known == Status::Claim(Keep));
        }
    }
}

#[test]
fn a_decision_takes_precedence_over_the_end_of_a_run() {
    for (kept, discarded) in [("keep", "discard"), ("1", "0"), ("yes", "no")] {
        for name in ["decision", "kept"] {
            let text = format!(
                "commit\tstatus\t{name}\tacc\tdesc\n1a2b3c4\tdone\t{kept}\t0.5\tb\n1a2b3c5\tdone\t{kept}\t0.6\tx\n1a2b3c6\tdone\t{discarded}\t0.55\ty\n1a2b3c7\tfailed\t\t\tz\n"
            );
            let claims: Vec<Claim> = read(&text).rows.iter().map(|row| row.claim()).collect();
            let expected = [Claim::Keep, Claim::Keep, Claim::Discard, Claim::Crash];
            if name == "decision" && kept != "keep" {
                continue;
            }
            assert_eq!(claims, expected, "{name} {kept}");
        }
    }
}

#[test]
fn values_in_several_units_are_compared_in_one() {
    let text = "commit\tlatency\tstatus\tdescription\n1a2b3c4\t1.2 s\tkeep\tbaseline\n1a2b3c5\t900 ms\tkeep\tb\n1a2b3c6\t850ms\tkeep\tc\n";
    let view = read(text);
    let values: Vec<Option<f64>> = view.rows.iter().map(|row| row.outcome("latency").value()).collect();
    assert_eq!(values, [Some(1200.0), Some(900.0), Some(850.0)]);
    assert_eq!(view.segments[0].choice.as_ref().and_then(|choice| choice.unit.as_deref()), Some("ms"));
    // The columns next to the objective, too.
    let view = read("commit\tval_bpb\tmemory\tstatus\n1a2b3c4\t0.99\t12.1 GB\tkeep\n1a2b3c5\t0.98\t900MB\tkeep\n");
    assert_eq!(view.rows.iter().map(|row| row.metric("memory")).collect::<Vec<_>>(), [Some(12.1), Some(0.9)]);
}
