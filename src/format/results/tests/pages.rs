//! Pages for people: several tables, examples, headings.

use super::*;

const TABLE: &str = "| commit | val_bpb | status | description |\n|---|---|---|---|\n\
    | a000001 | 0.990 | keep | base |\n| a000002 | 0.980 | keep | x |\n| a000003 | 1.010 | discard | y |\n";

fn cells(page: &str) -> Vec<String> {
    read(page).rows.iter().map(|row| row.cell.raw().to_owned()).collect()
}

#[test]
fn an_example_row_between_fences_is_not_an_experiment() {
    for example in [
        "| commit | val_bpb | status | description |\n| abc1234 | 0.5 | keep | example |",
        "commit\tval_bpb\tstatus\tdescription\nabc1234\t0.5000\tkeep\tbaseline",
    ] {
        let view = read(&format!("# Log\nRows look like:\n```\n{example}\n```\n\n{TABLE}"));
        assert_eq!(view.rows.len(), 3, "{example}");
        assert_eq!(view.rows[0].cell.raw(), "a000001");
        assert_eq!((view.warnings[0].line, view.warnings[0].end_line), (4, 7), "not reported: {:?}", view.warnings);
    }
    let rows: String = (0..4).map(|at| format!("abc123{at}\t0.{at}\tkeep\tx\n")).collect();
    let fenced = format!("```\ncommit\tval_bpb\tstatus\tdescription\n{rows}```\n");
    assert_eq!(read(&fenced).rows.len(), 4, "a table between fences");
}

#[test]
fn a_row_that_a_page_shows_twice_counts_once() {
    let best = "| commit | val_bpb | status | description |\n|---|---|---|---|\n| a000002 | 0.98 | keep | x |\n";
    let leaders = "| rank | commit | val_bpb | status |\n|---|---|---|---|\n| 1 | a000002 | .98 | keep |\n| 2 | a000001 | .99 | keep |\n";
    for page in [
        format!("## Best so far\n{best}\n## All\n{TABLE}"),
        format!("{TABLE}\n## Best\n{best}"),
        format!("## Leaders\n{leaders}\n## All\n{TABLE}"),
    ] {
        assert_eq!(cells(&page), ["a000001", "a000002", "a000003"], "{page}");
        assert!(read(&page).reading.notes.iter().any(|note| note.contains("in two tables of the page")), "{page}");
    }
    let again = format!("{TABLE}\n## Session 2\n{}", TABLE.replace("0.9", "0.8"));
    assert_eq!(read(&again).rows.len(), 5, "other values are other rows: {:?}", cells(&again));
}

#[test]
fn a_table_of_something_else_in_a_page_is_passed_over() {
    for other in [
        "| Status | Description |\n|---|---|\n| keep | kept |\n| discard | reset |\n",
        "| idea | priority | status | description |\n|---|---|---|---|\n| swiglu | 1 | pending | z |\n| rope | 2 | rejected | w |\n",
        "| idea | status | note |\n|---|---|---|\n| swiglu | done | z |\n| moe | accepted | q |\n",
        "| task | val_bpb | status |\n|---|---|---|\n| a | 0.5 | pass |\n| b | 1.4 | fail |\n",
    ] {
        let after = format!("{TABLE}\n## Else\n{other}\n## More\n{}", TABLE.replace("a0", "b0"));
        assert_eq!(cells(&after), ["a000001", "a000002", "a000003", "b000001", "b000002", "b000003"], "{other}");
        let reported =
            read(&after).reading.notes.iter().any(|note| note.contains("the table at line 8 has other columns"));
        assert!(reported, "{other}");
    }
    let before = format!(
        "| status | meaning | description |\n|---|---|---|\n| keep | kept | on it |\n| crash | no | result |\n\n{TABLE}"
    );
    assert_eq!(cells(&before), ["a000001", "a000002", "a000003"]);
}

#[test]
fn dividers_in_a_table_are_not_rows() {
    for line in ["|  |  |  |  |", "| ... | ... | ... | ... |", "| … | … | … | … |"] {
        let view = read(&format!("{TABLE}{line}\n| a000004 | 0.97 | keep | w |\n"));
        assert_eq!((view.rows.len(), view.warnings.len()), (4, 0), "{line}");
    }
    for line in ["| **Session 2** | | | |", "| | | | more of it |"] {
        let view = read(&format!("{TABLE}{line}\n| a000004 | 0.97 | keep | w |\n"));
        assert_eq!((view.rows.len(), view.warnings.len()), (4, 1), "{line}");
    }
    assert_eq!(read("commit,val_bpb,status,description\nabc1234,.99,keep,b\n,,,\nabc1235,.98,keep,x\n").rows.len(), 2);
    assert_eq!(read(&format!("{TABLE}| a000004 | | | |\n")).rows.len(), 4, "an incomplete row");
}

#[test]
fn a_session_without_commits_is_the_loops_too() {
    let without = "| # | val_bpb | status | description |\n|---|---|---|---|\n| 1 | 1.2 | keep | first |\n| 2 | 1.1 | keep | second |\n";
    let view = read(&format!("## A\n{without}\n## B\n{TABLE}"));
    assert_eq!(view.rows.len(), 5, "{:?}", view.reading.notes);
    let view = read(&format!("## A\n{TABLE}\n## B\n{without}"));
    assert_eq!((view.rows.len(), view.rows[3].metric("val_bpb")), (5, Some(1.2)), "{:?}", view.reading.notes);
}
