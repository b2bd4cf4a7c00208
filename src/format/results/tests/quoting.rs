//! Quotes around cells: those of a CSV writer, and those that are part of the text.

use super::*;

fn places(view: &TableView) -> Vec<(u64, u64)> {
    view.warnings.iter().map(|warning| (warning.line, warning.end_line)).collect()
}

fn descriptions(view: &TableView) -> Vec<&str> {
    view.rows.iter().map(|row| row.description.raw()).collect()
}

#[test]
fn quoted_cells_of_a_tab_table_may_span_lines() {
    // As csv.writer(delimiter='\t') and pandas' to_csv(sep='\t') write it.
    let view = read(
        "commit\tval_bpb\tstatus\tdescription\r\naaaaaa1\t0.9\tkeep\t\"two\nlines\"\r\naaaaaa2\t0.8\tkeep\t\"a \"\"b\"\"\"\r\naaaaaa3\t0.7\tdiscard\t\"three\n\nmore\tlines\"\r\naaaaaa4\t0.6\tkeep\tx\r\n",
    );
    assert!(view.warnings.is_empty(), "{:?}", view.warnings);
    assert_eq!(descriptions(&view), ["two\nlines", "a \"b\"", "three\n\nmore\tlines", "x"]);
    assert_eq!(view.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4, 5, 8]);
    // In the middle of a row, too.
    let view = read("commit\tdescription\tval_bpb\tstatus\na1\t\"two\nlines\"\t0.9\tkeep\na2\tone\t0.8\tkeep\n");
    assert!(view.warnings.is_empty(), "{:?}", view.warnings);
    assert_eq!((descriptions(&view), values(&view)), (vec!["two\nlines", "one"], vec![Some(0.9), Some(0.8)]));
}

#[test]
fn a_quote_that_is_never_closed_hides_no_row() {
    for separator in ["\t", ",", ";"] {
        let lines = [
            "commit|val_bpb|status|description",
            "aaaaaa1|1.5|keep|\"half of it",
            "aaaaaa2|1.4|keep|x",
            "words in between",
            "aaaaaa3|1.3|discard|y",
        ];
        let text = format!("{}\n", lines.join("\n").replace('|', separator));
        let view = read(&text);
        assert_eq!(claims(&view), [Keep, Keep, Discard], "{separator}");
        assert_eq!(descriptions(&view), ["\"half of it", "x", "y"], "{separator}");
        assert_eq!(places(&view), [(4, 4)], "{separator}: {:?}", view.warnings);
    }
    // A line that is not a row by itself is reported at once, at its place.
    let view = read("commit,val_bpb,status,description\na1,\"0.9,keep,x\nfoo\nbar\n");
    assert_eq!((view.rows.len(), places(&view)), (1, vec![(3, 4)]), "{:?}", view.warnings);
    assert_eq!(view.warnings[0].message, "inside the unclosed quote of line 2; skipped");
    let view = read("commit,val_bpb,status,description\na1,\"0.9,keep\nfoo\n");
    assert_eq!((view.rows.len(), places(&view)), (0, vec![(2, 3)]), "{:?}", view.warnings);
}

#[test]
fn a_quote_may_close_with_the_last_bytes() {
    let text = "commit,val_loss,status,description\nabc1234,1,keep,\"one,\ntwo\"\nabc1235,2,discard,x\n";
    let whole = read(text);
    for cut in 1..text.len() {
        let mut reader = ResultsTable::default();
        reader.push(&text.as_bytes()[..cut]);
        reader.view();
        reader.push(&text.as_bytes()[cut..]);
        assert_eq!(format!("{:?}", reader.view()), format!("{whole:?}"), "cut at {cut}");
    }
    assert_eq!(descriptions(&whole), ["one,\ntwo", "x"]);
}
