//! Rows, columns and cells whose shape is not that of their header.

use super::*;

fn lines_of(view: &TableView) -> Vec<u64> {
    view.rows.iter().map(|row| row.line).collect()
}

fn why(view: &TableView, name: &str) -> String {
    let column = view.reading.columns.iter().find(|column| &*column.name == name);
    column.map(|column| format!("{}: {}", column.used_as, column.why)).unwrap_or_default()
}

#[test]
fn each_comment_gives_the_direction_of_the_column_that_it_names() {
    let goal =
        |comments: &[&str], header: &str| read(&table(&[comments, &[header, "abc1234|1|2|keep"]].concat())).goal();
    let both = ["# foo: lower is better", "# bar: higher is better"];
    use Goal::{Maximize, Minimize};
    assert_eq!(goal(&both, "commit|foo|size|status"), Some(Minimize));
    assert_eq!(goal(&both, "commit|bar|size|status"), Some(Maximize));
    for (metric, wanted) in [("foo", Minimize), ("bar", Maximize)] {
        let named = format!("# metric: {metric}");
        assert_eq!(goal(&[&both[..], &[&named]].concat(), "commit|foo|bar|status"), Some(wanted), "{metric}");
    }
    // A statement that names no metric is for the objective, and the newest counts.
    assert_eq!(goal(&["# lower is better", "# direction: max"], "commit|foo|size|status"), Some(Maximize));
    assert_eq!(goal(&["# goal: max"], "commit|foo|goal|status"), Some(Maximize), "a column of that name");
    assert_eq!(goal(&["# keep the commit if lower is better"], "commit|foo|size|status"), Some(Minimize));
}

#[test]
fn durations_are_read_as_seconds_if_all_cells_are() {
    let with = |name: &str, cells: [&str; 3]| {
        let head = format!("commit|{name}|status");
        let rows = cells.map(|cell| format!("abc1234|{cell}|keep"));
        let view = read(&table(&[&head, &rows[0], &rows[1], &rows[2]]));
        let name = name.replace('^', "_");
        (view.rows.iter().map(|row| row.metric(&name)).collect::<Vec<_>>(), why(&view, &name))
    };
    let seconds = |values: [f64; 3]| values.map(Some).to_vec();
    assert_eq!(with("duration", ["1m30s", "1h02m", "95s"]).0, seconds([90.0, 3720.0, 95.0]));
    assert_eq!(with("train^time", ["2:30", "1:02:03", "0"]).0, seconds([150.0, 3723.0, 0.0]));
    assert_eq!(with("foo", ["1m30s", "oom", "2m"]).0, [Some(90.0), None, Some(120.0)]);
    // A plain number next to them may count minutes, a name may decide it, and a clock may be a time of day.
    let (values, why) = with("duration", ["1m30s", "95", "1m"]);
    assert_eq!(values[0], None);
    assert!(why.contains("1m30s"), "{why}");
    assert_eq!(with("wall^minutes", ["1m30s", "2m10s", "3m5s"]).0, [None; 3]);
    assert_eq!(with("begun", ["12:30", "13:40", "14:50"]).0, [None; 3]);
}

#[test]
fn counts_are_numbers_where_all_are_out_of_one_total() {
    let values = |name: &str, cells: [&str; 3]| {
        let view = read(&table(&[
            &format!("commit|{name}|status"),
            &format!("abc1234|{}|keep", cells[0]),
            &format!("abc1235|{}|keep", cells[1]),
            &format!("abc1236|{}|crash", cells[2]),
        ]));
        view.rows.iter().map(|row| row.metric(name)).collect::<Vec<_>>()
    };
    assert_eq!(values("solved", ["41/50", "43/50", "0/50"]), [Some(41.0), Some(43.0), Some(0.0)]);
    assert_eq!(values("solved", ["41/50", "43/50", "crash"]), [Some(41.0), Some(43.0), None]);
    assert_eq!(values("solved", ["41/50", "38/40", "-"]), [None; 3], "of different totals");
    assert_eq!(values("solved", ["41/50", "0.9", "-"]), [None, Some(0.9), None]);
    assert_eq!(values("date", ["3/21", "3/21", "4/21"]), [None; 3]);
    let view = read(&table(&["commit|solved|status", "abc1234|41/50|keep", "abc1235|43/50|keep"]));
    assert_eq!(view.choice().and_then(|choice| choice.unit.as_deref()), Some("/50"));
}

#[test]
fn a_column_added_without_a_header_is_found_by_the_rows_before() {
    let head = ["commit|val^bpb|memory^gb|status|description", "abc1234|0.99|44|keep|baseline"];
    let with = |rows: &[&str]| read(&table(&[&head[..], rows].concat()));
    let view = with(&["7|abc1235|0.98|45|keep|wider", "8|abc1236|0.97|45|discard|deeper"]);
    assert_eq!(values(&view), [Some(0.99), Some(0.98), Some(0.97)]);
    assert_eq!(claims(&view), [Keep, Keep, Discard]);
    let cells: Vec<_> = view.rows.iter().map(|row| (row.cell.raw(), row.description.raw())).collect();
    assert_eq!(cells, [("abc1234", "baseline"), ("abc1235", "wider"), ("abc1236", "deeper")]);
    assert_eq!(view.rows[1].metric("column 1 of line 3"), Some(7.0));
    assert_eq!(view.warnings.iter().map(|w| w.line).collect::<Vec<_>>(), [3]);
    // Between the commit and the status, where it is not a number like its neighbours.
    let view = with(&["abc1235|0.98|45|2026-03-21 10:00|keep|wider"]);
    assert_eq!((lines_of(&view), claims(&view)), (vec![2, 3], vec![Keep, Keep]));
    // A third number fits one of three places, and an invalid commit proves nothing.
    for doubtful in ["abc1235|0.98|12.5|45|keep|wider", "7|HEAD|0.98|45|keep|wider", "7|8|abc1235|0.98|45|keep|wider"] {
        let view = with(&[doubtful]);
        assert_eq!((lines_of(&view), view.warnings.len()), (vec![2], 1), "{doubtful}");
    }
}

#[test]
fn a_crash_may_have_its_commit_and_its_word_alone() {
    let with = |row: &str| read(&format!("{HEAD}{}", table(&["abc1234|0.99|44|keep|baseline", row])));
    for (row, reason) in
        [("abc1235|crash|OOM_at_step_3", "OOM at step 3"), ("abc1235|crash", ""), ("abc1235|oom|7", "7")]
    {
        let view = with(row);
        assert_eq!((claims(&view), values(&view)), (vec![Keep, Crash], vec![Some(0.99), None]), "{row}");
        assert_eq!((view.rows[1].metrics.len(), view.rows[1].description.raw()), (0, reason), "{row}");
    }
    for row in ["abc1235|keep|wider", "abc1235|0.0|crash", "crash|abc1235|x", "crash|oom"] {
        let view = with(row);
        assert_eq!((lines_of(&view), view.warnings.len()), (vec![2], 1), "{row}");
    }
}

#[test]
fn a_yes_or_no_under_many_names_is_the_status() {
    for name in ["selected", "win", "is_improvement", "improvement?", "improved", "adopt?", "adopted", "kept", "merged"]
    {
        for (yes, no) in [("yes", "no"), ("true", "false"), ("1", "0"), ("Y", "N")] {
            let text = format!("commit\tval_loss\t{name}\nabc1234\t3\t{yes}\nabc1235\t4\t{no}\n");
            assert_eq!(claims(&read(&text)), [Keep, Discard], "{name} {yes}");
        }
    }
    let of = |lines: &[&str]| claims(&read(&table(lines)));
    assert_eq!(
        of(&["commit|loss|selected|verdict", "a|3|yes|discard", "b|2|no|keep"]),
        [Discard, Keep],
        "a better one"
    );
    assert_eq!(of(&["commit|loss|selected|x", "a|3|yes|discard", "b|2|no|keep"]), [Discard, Keep], "by its words");
    assert_eq!(of(&["commit|loss|win", "a|3|yes", "b|2|sometimes"]), [Other, Other]);
    assert_eq!(of(&["commit|loss|improvement", "a|3|0", "b|2|1"]), [Other, Other], "an amount");
}

#[test]
fn a_status_without_a_name_is_found_by_its_words() {
    for header in ["commit|val^loss|||note", "commit|val^loss|zzz|n|note"] {
        let view =
            read(&table(&[header, "abc1234|3|keep|1|first", "abc1235|2|discard|2|second", "abc1236|0|oom|3|third"]));
        assert_eq!(claims(&view), [Keep, Discard, Crash], "{header}");
        assert_eq!(view.rows[1].description.raw(), "second", "{header}");
    }
    // The last columns' names are missing, and only separators close the header.
    for header in ["commit|val^loss|", "commit|val^loss||"] {
        let view = read(&table(&[header, "abc1234|3", "abc1235|2|keep", "abc1236|1|discard"]));
        assert_eq!(claims(&view), [Other, Keep, Discard], "{header}");
        assert_eq!(values(&view), [Some(3.0), Some(2.0), Some(1.0)], "{header}");
    }
    // Words are missing after it, too.
    let rows = ["abc1|3|keep|a", "abc2|2|keep|b", "abc3|4|discard|c", "abc4|1|keep"];
    assert_eq!(
        claims(&read(&table(&[&["commit|val^loss|zzz|note"], &rows[..]].concat()))),
        [Keep, Keep, Discard, Keep]
    );
    let view = read(&table(&["commit|val^loss|zzz", "abc1234|3|floop", "abc1235|2|wibble", "abc1236|1|keep"]));
    assert_eq!(claims(&view), [Other, Other, Other], "one known word of three");
}

#[test]
fn another_metric_in_a_second_header_is_reported() {
    let rows = ["commit|val^bpb|status", "abc1234|0.9|keep", "abc1235|0.8|keep", "commit|val^loss|status"];
    let view = read(&table(&[&rows[..], &["abc1236|2.5|keep"]].concat()));
    assert_eq!((metric(&view), lines_of(&view)), (Some("val_bpb"), vec![2, 3, 5]));
    assert_eq!(values(&view), [Some(0.9), Some(0.8), None]);
    assert_eq!(view.rows[2].metric("val_loss"), Some(2.5));
    assert_eq!(view.reading.notes, ["rows from line 4 have a different header, without the objective val_bpb"]);
    let view = read(&table(&[&rows[..3], &["commit|size|val^bpb|status", "abc1236|1|0.7|keep"]].concat()));
    assert!(view.reading.notes.is_empty(), "{:?}", view.reading.notes);
}

#[test]
fn unknown_words_beyond_the_list_are_counted() {
    let rows: String = (0..40).map(|row| format!("abc12{row}\t1\t2\tzork{row}\tx\n")).collect();
    let view = read(&format!("{HEAD}{rows}"));
    assert_eq!(view.reading.unknown_words.len(), 32);
    assert_eq!(view.reading.notes, ["8 more unknown status words"]);
    assert_eq!(view.reading.unknown_rows(), 40);
}

#[test]
fn a_number_that_python_calls_nan_is_missing_and_its_row_counts() {
    let view = read(
        "{\"commit\":\"abc1234\",\"val_loss\":1.5,\"status\":\"keep\"}\n{\"commit\":\"abc1235\",\"val_loss\":NaN,\"status\":\"crash\"}\n{\"commit\":\"abc1236\",\"metrics\":{\"val_loss\":-Infinity},\"status\":\"discard\"}\n{\"commit\":\"\\ud800\",\"val_loss\":1}\n",
    );
    assert_eq!((claims(&view), values(&view)), (vec![Keep, Crash, Discard], vec![Some(1.5), None, None]));
    assert_eq!(view.warnings.iter().map(|warning| warning.line).collect::<Vec<_>>(), [4]);
    assert!(view.warnings[0].message.contains("unpaired surrogate"), "{:?}", view.warnings);
}

#[test]
fn a_comma_is_decimal_in_the_entire_column_or_not_at_all() {
    let read = |cells: [&str; 4]| {
        let row = |(at, cell): (usize, &&str)| format!("abc123{at}|{cell}|keep");
        let rows: Vec<String> = cells.iter().enumerate().map(row).collect();
        let lines: Vec<&str> = ["commit|foo|status"].into_iter().chain(rows.iter().map(String::as_str)).collect();
        let view = read(&table(&lines));
        view.rows.iter().map(|row| row.metric("foo").unwrap_or(-1.0)).collect::<Vec<_>>()
    };
    assert_eq!(read(["0,950", "0,940", "1,000", "12,345"]), [0.95, 0.94, 1.0, 12.345]);
    assert_eq!(read(["1,000", "0,94", "-", "1"]), [1.0, 0.94, -1.0, 1.0]);
    assert_eq!(read(["1,000 s", "2,5 s", "1,250 s", "2 s"]), [1.0, 2.5, 1.25, 2.0]);
    assert_eq!(read(["1,125 ± 0,010", "**1,100**", "1,050", "1.2"]), [1.125, 1.1, 1.05, 1.2]);
    // Nothing shows that these are decimal points.
    assert_eq!(read(["1,000", "2,345", "0", "999"]), [1000.0, 2345.0, 0.0, 999.0]);
    // Thousands, by one cell that is unambiguous.
    assert_eq!(read(["1,000", "1,234.5", "12,345", "0,5"]), [1000.0, 1234.5, 12345.0, 0.5]);
    assert_eq!(read(["1,000,000", "1,000", "2,000", "3,000"]), [1e6, 1000.0, 2000.0, 3000.0]);
}

#[test]
fn a_header_below_its_rows_names_them_too() {
    for header in ["commit|score|status|note", "commit|val^loss|status|description"] {
        let view = read(&table(&["abc1234|3|keep|base", "abc1235|2|discard|x", header, "abc1236|4|keep|y"]));
        let name = header.split('|').nth(1).unwrap_or_default().replace('^', "_");
        assert_eq!((lines_of(&view), metric(&view)), (vec![1, 2, 4], Some(name.as_str())), "{header}");
        assert_eq!(values(&view), [Some(3.0), Some(2.0), Some(4.0)], "{header}");
        assert_eq!((claims(&view), view.rows[1].description.raw()), (vec![Keep, Discard, Keep], "x"), "{header}");
        let reported: Vec<_> = view.warnings.iter().map(|warning| (warning.line, warning.message.as_str())).collect();
        assert_eq!(reported, [(3, "the header is below some rows; they are read by it, too")], "{header}");
    }
    // Five cells that look like karpathy's, under another name for the measurement.
    let view = read(&table(&[
        "abc1234|3|44|keep|base",
        "commit|val^loss|memory^gb|status|description",
        "abc1236|2|44|keep|y",
    ]));
    assert_eq!((metric(&view), values(&view)), (Some("val_loss"), vec![Some(3.0), Some(2.0)]));
    // With other columns it applies from there on.
    let view = read(&table(&["abc1234|3|keep|base", "commit|loss|size|status|note", "abc1236|2|9|keep|y"]));
    assert_eq!((lines_of(&view), claims(&view)), (vec![1, 3], vec![Other, Keep]));
    // In chunks.
    let text = table(&["abc1234|3|keep|base", "abc1235|2|discard|x", "commit|score|status|note", "abc1236|4|keep|y"]);
    for cut in 1..text.len() {
        let mut reader = ResultsTable::default();
        reader.push(&text.as_bytes()[..cut]);
        reader.push(&text.as_bytes()[cut..]);
        assert_eq!(format!("{:?}", reader.view()), format!("{:?}", read(&text)), "cut at {cut}");
    }
}

#[test]
fn columns_after_a_closing_status_are_read_without_names() {
    let rows = [
        "timestamp|experiment|score|status",
        "2026-04-10T10:00:00|e1|93|KEEP",
        "2026-04-10T10:10:00|e2|95|KEEP",
        "2026-04-10T11:00:00|e4|97|KEEP|100|21",
        "2026-04-10T11:10:00|e5|94|DISCARD|110|22",
        "2026-04-10T11:20:00|e6|96|DISCARD",
    ];
    let view = read(&table(&rows));
    assert_eq!(values(&view), [93.0, 95.0, 97.0, 94.0, 96.0].map(Some));
    assert_eq!(claims(&view), [Keep, Keep, Keep, Discard, Discard]);
    assert_eq!(view.rows[3].metric("column 5 of line 4"), Some(110.0));
    assert_eq!(
        view.warnings.iter().map(|w| (w.line, &*w.message)).collect::<Vec<_>>(),
        [(4, "6 cells, but the header has 4; read as new columns")]
    );
    // If the number before it is not in its place, it is ambiguous.
    let view = read(&table(&[&rows[..3], &["2026-04-10T11:00:00|e4|words|KEEP|100|21"]].concat()));
    assert_eq!((view.rows.len(), view.warnings.len()), (2, 1));
}

#[test]
fn lines_that_only_look_like_rows_are_skipped_with_a_warning() {
    let reported = |view: &TableView| view.warnings.iter().map(|w| (w.line, w.end_line)).collect::<Vec<_>>();
    let rows = ["commit|loss|status|description", "abc1234|3|keep|base"];
    let with = |more: &[&str]| read(&table(&[&rows[..], more].concat()));
    for commented in ["#_abc1235|0.5|keep|x", "#abc1235|0.5|keep|x", "##_abc1235|0.5|keep|x"] {
        let view = with(&[commented, "abc1236|2|keep|y"]);
        assert_eq!((lines_of(&view), reported(&view)), (vec![2, 4], vec![(3, 3)]), "{commented}");
        assert_eq!(view.warnings[0].message, "a row that is commented out; skipped");
    }
    assert_eq!(lines_of(&with(&["#4|2|keep|y"])), [2, 3], "a name");
    for footer in ["TOTAL|5||", "**Total**|5||2_kept", "BEST|2|keep|y", "best|2||", "Average|2.5|-|-"] {
        let view = with(&["abc1236|2|keep|y", footer]);
        assert_eq!((lines_of(&view), reported(&view)), (vec![2, 3], vec![(4, 4)]), "{footer}");
    }
    assert_eq!(lines_of(&with(&["best|2|keep|y"])), [2, 3], "a tag");
    let view = with(&["---|---|---|---", "abc1236|2|keep|y"]);
    assert_eq!((lines_of(&view), reported(&view)), (vec![2, 4], vec![]));
    let view = read(&table(&["commit|loss|memory|status|note", "-|nats|GB|-|-", "abc1234|3|44|keep|x"]));
    assert_eq!((lines_of(&view), reported(&view)), (vec![3], vec![(2, 2)]));
    // In a page.
    let page = "| commit | loss | status |\n|---|---|---|\n| a1b2c3d | 0.5 | keep |\n<!--\n| a1b2c3e | 0.4 | keep |\n| a1b2c3f | 0.3 | keep |\n-->\n<!-- | b1b2c3f | 0.3 | keep | -->\n| a1b2c40 | 0.2 | keep |\n";
    let view = read(page);
    assert_eq!((lines_of(&view), reported(&view)), (vec![3, 9], vec![(5, 6), (8, 8)]));
    let open = read(&page[..page.len() - 60]);
    assert_eq!(lines_of(&open), [3], "{open:?}");
}

#[test]
fn headers_and_numbers_in_any_notation() {
    let view = read(
        "| **commit** | **foo** ↓ | status |\n|---|---|---|\n| a1b2c3d | 🎯 71.2% | keep |\n| a1b2c3e | **73.1%** 🎉 | keep |\n| a1b2c3f | 3.10+-0.02 | discard |\n",
    );
    assert_eq!((metric(&view), view.goal()), (Some("foo ↓"), Some(Goal::Minimize)));
    assert_eq!(view.rows.iter().map(|row| row.cell.raw()).collect::<Vec<_>>(), ["a1b2c3d", "a1b2c3e", "a1b2c3f"]);
    let view = read("sep=;\ncommit;val_loss;status\na1b2c3d;0,5;keep\n");
    assert_eq!((values(&view), view.warnings.len()), (vec![Some(0.5)], 0));
    let view = read("commit|val_loss|status|note\n---|---|---|---\na1b2c3d|0.5|keep|x\na1b2c3e|0.4|discard|y\n");
    assert_eq!(
        (values(&view), claims(&view), view.warnings.len()),
        (vec![Some(0.5), Some(0.4)], vec![Keep, Discard], 0)
    );
}

#[test]
fn an_object_without_its_line_end_is_not_a_row_yet() {
    let mut reader = ResultsTable::default();
    reader.push(b"{\"commit\":\"abc1234\",\"val_bpb\":0.9,\"status\":\"keep\"}");
    let view = reader.view();
    assert_eq!((view.rows.len(), view.warnings.len()), (0, 1), "{view:?}");
    reader.push(b"\n");
    assert_eq!(reader.view().rows.len(), 1);
}

#[test]
fn rows_that_name_two_metrics_by_turns_keep_the_first() {
    let mut text = String::from("commit\tmetric_name\tvalue\tstatus\n");
    for at in 0..6 {
        text.push_str(&format!("aaaaaa{at}\t{}\t0.{at}\tkeep\n", ["val_loss", "accuracy"][at % 2]));
        if at % 2 == 1 {
            assert_eq!(metric(&read(&text)), Some("val_loss"), "{at}");
        }
    }
}

#[test]
fn a_header_with_new_names_is_not_a_row() {
    let view = read(&table(&[
        "commit|val^bpb|status",
        "abc1234|1.5|keep",
        "commit|val^bpb|status|lr|wd|beta|eps|seed",
        "abc1235|1.4|keep|1|2|3|4|5",
    ]));
    assert_eq!(lines_of(&view), [2, 4]);
    assert_eq!((view.rows[1].metric("seed"), view.rows[0].metric("seed")), (Some(5.0), None));
}

#[test]
fn rows_below_a_header_that_is_too_wide_are_skipped_with_a_warning() {
    let wide: String = (0..MOST_COLUMNS).map(|number| format!("\tc{number}")).collect();
    let row: String = (0..MOST_COLUMNS).map(|_| "\t1").collect();
    let head = "commit\tval_bpb\tstatus";
    let text = format!("{head}\nabc1234\t1\tkeep\n{head}{wide}\nabc1235\t2\tkeep{row}\n{head}\nabc1236\t3\tkeep\n");
    let view = read(&text);
    assert_eq!(lines_of(&view), [2, 6]);
    assert_eq!((view.warnings[0].line, view.warnings[0].end_line), (3, 4));
}

#[test]
fn values_of_several_targets_are_not_compared() {
    let rows = |column: &str, things: [&str; 2]| {
        let of = |commit: usize, thing: &str, value: &str, status: &str| {
            format!("abc123{commit}\t{thing}\t{value}\t{status}\n")
        };
        let [one, other] = things;
        format!("commit\t{column}\tr2\tstatus\n")
            + &of(1, one, "0.99", "keep")
            + &of(1, other, "0.80", "keep")
            + &of(2, one, "0.995", "keep")
            + &of(2, other, "0.82", "keep")
            + &of(3, one, "0.97", "discard")
            + &of(3, other, "0.79", "discard")
    };
    for (column, things, chosen) in [
        ("target", ["hard", "gloss"], "hard"),
        ("split", ["train", "val"], "val"),
        ("task", ["math", "code"], "math"),
        ("dataset", ["c4", "test"], "test"),
    ] {
        let view = read(&rows(column, things));
        let measured: Vec<f64> = values(&view).into_iter().flatten().collect();
        let wanted = if chosen == things[0] { [0.99, 0.995, 0.97] } else { [0.80, 0.82, 0.79] };
        assert_eq!(measured, wanted, "{column}");
        let other = things.iter().find(|thing| **thing != chosen).unwrap();
        assert!(view.rows.iter().any(|row| row.metric(&format!("r2 ({other})")).is_some()), "nothing is lost");
        assert!(
            view.reading.notes[0].contains(&format!("a row for each `{column}`, 2 in all")),
            "{:?}",
            view.reading.notes
        );
    }
    let view = read(&rows("seed", ["1", "2"]));
    assert_eq!(values(&view).into_iter().flatten().count(), 6, "random repeats are equivalent");
    assert!(view.reading.notes[0].contains("a row for each `seed`"), "{:?}", view.reading.notes);
    // One row for each experiment: the task may be all that the loop changes.
    let each = "commit\ttask\tr2\tstatus\nabc1\tmath\t.1\tkeep\nabc2\tcode\t.3\tkeep\nabc3\tmath\t.2\tkeep\n";
    assert_eq!(values(&read(each)).into_iter().flatten().count(), 3);
}

#[test]
fn a_number_that_decreases_to_the_first_row_means_newest_first() {
    for name in ["#", "id", "exp", "iteration"] {
        let of = |numbers: [usize; 4]| {
            let rows = numbers.iter().map(|number| format!("{number}\tabc123{number}\t0.9{number}\tkeep\n"));
            read(&format!("{name}\tcommit\tscore\tstatus\n{}", rows.collect::<String>())).segments[0].is_newest_first
        };
        assert!(of([4, 3, 2, 1]) && of([3, 2, 1, 0]), "{name}");
        assert!(!of([1, 2, 3, 4]) && !of([9, 8, 7, 6]) && !of([4, 3, 1, 0]), "{name}");
    }
    let errors = read("commit\terrors\tstatus\nabc1\t3\tkeep\nabc2\t2\tkeep\nabc3\t1\tkeep\n");
    assert!(!errors.segments[0].is_newest_first, "a falling metric");
}
