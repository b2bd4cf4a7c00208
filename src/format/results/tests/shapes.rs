//! Rows, columns and cells whose shape their header does not say.

use super::*;

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
