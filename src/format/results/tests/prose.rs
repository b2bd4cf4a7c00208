//! Words of the instructions that are also names of columns.

use super::choice::chosen_with;

#[test]
fn a_plain_word_that_is_also_a_column_is_weak_evidence() {
    let compiles =
        ["commit|score|compiles|modules|status", "a|10|5|3|keep", "b|12|5|3|keep", "c|11|6|3|discard", "d|14|5|4|keep"];
    let text = "Improve the prompt until the scaffold reliably compiles.\n\nIf score improved (higher), KEEP the change; else revert.";
    assert_eq!(chosen_with(text, &compiles), "score ↑");
    let shows = [
        "commit|mean^score|house|friends|status",
        "a|0.5|0.4|0.6|keep",
        "b|0.6|0.4|0.8|keep",
        "c|0.55|0.5|0.6|discard",
    ];
    let text = "# Goal\nMaximize mean_score over all shows.\n\nChanges that improve weak shows (House, Friends) are welcome.\n";
    assert_eq!(chosen_with(text, &shows), "mean_score ↑");
    let words = [
        "commit|S|fit|max^words|status",
        "a|0.5|0.4|30|keep",
        "b|0.6|0.5|28|keep",
        "c|0.55|0.45|20|discard",
        "d|0.7|0.6|27|keep",
    ];
    let text = "We target the composite score `S = fit * 0.40 + brevity * 0.60`.\n\nThe goal is to find the shortest `max_words` that keeps the fit.\n";
    assert_eq!(chosen_with(text, &words), "S ↑?");

    // The metric of a decision rule is the objective if nothing else is stated.
    let text = "If mean_score improved AND house is 0.1 or more → keep the commit. Changes that improve weak shows (House) are welcome.";
    let rows = [
        "commit|mean^score|house|bb^sil|status",
        "a|0.0789|0.0553|0.0662|keep",
        "b|0.1025|0.1305|0.0771|keep",
        "c|-|-|0.0745|keep",
        "d|0.0989|0.1305|0.0667|keep",
        "e|-|-|0.0717|discard",
    ];
    assert!(chosen_with(text, &rows).starts_with("mean_score"), "{}", chosen_with(text, &rows));
    // Close to its verb, marked, or with a label of its own: a name all the same.
    let plain = ["commit|foo|house|status", "a|0.5|0.4|keep", "b|0.6|0.4|keep"];
    for text in [
        "Maximize house.",
        "Please raise the mean house as far as you can.",
        "We improve the prompt until `house` is maximized.",
        "**Metric:** house (higher is better)",
        "The goal is the highest house.",
    ] {
        assert_eq!(chosen_with(text, &plain).replace('?', ""), "house ↑", "{text}");
    }
    for text in [
        "Tune the prompt until everybody who lives in the house is happy.",
        "The goal is to make each prompt fit its house.",
    ] {
        assert!(!chosen_with(text, &plain).starts_with("house "), "{text}: {}", chosen_with(text, &plain));
    }
}

#[test]
fn the_objective_over_many_things_is_not_bounded_by_them() {
    let rows = ["commit|accuracy|latency^ms|status", "a|0.9|30|keep", "b|0.91|35|keep"];
    for text in
        ["Maximize accuracy over all shows.", "Maximize accuracy within each group.", "Raise accuracy under load."]
    {
        assert_eq!(chosen_with(text, &rows), "accuracy ↑", "{text}");
    }
    assert_eq!(chosen_with("Minimize latency_ms with accuracy over 0.8.", &rows), "latency_ms ↓");
}

#[test]
fn a_contradicted_name_is_not_the_objective() {
    let rows = ["a|0.5|9|keep", "b|0.6|7|keep", "c|0.55|8|discard", "d|0.7|5|keep", "e|0.65|8|discard", "f|0.8|4|keep"];
    let lines = [&["commit|foo|bar^baz|status"], &rows[..]].concat();
    assert!(
        chosen_with("Maximize bar_baz.", &lines).starts_with("foo"),
        "{}",
        chosen_with("Maximize bar_baz.", &lines)
    );
    assert_eq!(chosen_with("Minimize bar_baz.", &lines).replace('?', ""), "bar_baz ↓");
}
