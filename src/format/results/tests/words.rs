//! What the cells of a status column mean in a table.

use super::*;

#[test]
fn a_yes_under_reverted_is_a_discard() {
    for name in ["reverted", "discarded", "rolled^back", "reverted?"] {
        for (yes, no) in [("yes", "no"), ("true", "false"), ("1", "0"), ("✅", "❌")] {
            let view = read(&table(&[
                &format!("commit|val^loss|{name}|description"),
                &format!("abc1234|3|{no}|base"),
                &format!("abc1235|4|{yes}|x"),
                &format!("abc1236|2|{no}|y"),
            ]));
            assert_eq!(claims(&view), [Keep, Discard, Keep], "{name} {yes}");
            assert!(view.reading.unknown_words.is_empty(), "{name} {yes}: {:?}", view.reading.unknown_words);
        }
    }
    // Beside a column that says what was decided it is none.
    let view = read(&table(&["commit|val^loss|status|reverted", "abc1234|3|keep|no", "abc1235|4|discard|yes"]));
    assert_eq!(claims(&view), [Keep, Discard]);
    let amounts = read(&table(&["commit|val^loss|discarded", "abc1234|3|12", "abc1235|4|30"]));
    assert_eq!(claims(&amounts), [Other, Other], "counts of something");
}

#[test]
fn killed_beside_a_number_may_be_an_idea_that_was_dropped() {
    let view = read(&table(&[
        "commit|score|status|description",
        "abc1234|61|keep|base",
        "abc1235|64|killed|clone_with_no_twist",
        "abc1236|0|killed|out_of_memory",
    ]));
    assert_eq!(claims(&view), [Keep, Crash, Crash]);
    assert_eq!(values(&view), [Some(61.0), Some(64.0), None]);
}
