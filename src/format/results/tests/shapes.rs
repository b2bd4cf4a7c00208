//! Rows, columns and cells whose shape their header does not say.

use super::*;

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
    // What names no measure is for the objective, and the newest counts.
    assert_eq!(goal(&["# lower is better", "# direction: max"], "commit|foo|size|status"), Some(Maximize));
    assert_eq!(goal(&["# goal: max"], "commit|foo|goal|status"), Some(Maximize), "a column of that name");
    assert_eq!(goal(&["# keep the commit if lower is better"], "commit|foo|size|status"), Some(Minimize));
}

#[test]
fn durations_are_read_as_seconds_among_their_like() {
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
    // A plain number beside them may count minutes, a name may say so, and a clock may be a time of day.
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
