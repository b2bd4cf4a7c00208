//! Directions that are negated, inverted or hidden.

use super::choice::{chosen, chosen_with};

const FOO: [&str; 3] = ["commit|foo|status", "a|5|keep", "b|6|keep"];
const BOTH: [&str; 3] = ["commit|foo|bar|status", "a|5|10|keep", "b|6|11|keep"];
const LOSS: [&str; 3] = ["commit|val^loss|status", "a|5|keep", "b|6|discard"];
const ACCURACY: [&str; 4] = ["commit|accuracy|latency^ms|status", "a|0.5|3|keep", "b|0.6|2|keep", "c|0.4|4|discard"];

#[test]
fn worse_or_no_reverses_the_direction() {
    for text in [
        "higher_is_better: false",
        "- higher is better: no",
        "Higher is Better: False",
        "**Higher is better:** no",
        "metric: foo\nhigher_is_better: false\n",
        "{\"metric\": \"foo\", \"higher_is_better\": false}",
        "| key | value |\n|---|---|\n| higher_is_better | false |\n",
        "MAXIMIZE: no",
        "Optimize foo. A higher foo is worse.",
        "The metric is foo. Bigger is worse.",
        "foo: higher values are worse",
        "maximize -foo",
        "Maximize `-foo`.",
        "maximise 1/foo",
        "Maximize 1 - foo.",
        "Maximize the negative foo.",
    ] {
        assert_eq!(chosen_with(text, &FOO), "foo ↓", "{text}");
    }
    for text in [
        "lower_is_better: false",
        "- lower is better: no",
        "Optimize foo: lower foo = worse",
        "A lower foo is worse.",
        "foo: smaller values are worse",
        "minimise 1/foo",
        "minimize -foo",
        "Do not try to lower foo; a higher foo is better.",
        "Never minimize foo. foo should go up.",
        "This is not a minimization problem: maximize foo.",
        "Not only should you maximize foo, you should keep notes.",
        "foo should be maximized, never minimized.",
        "We maximize foo and never minimize it.",
        "Maximize foo (do not minimize it).",
        "Maximize foo, not -foo.",
    ] {
        assert_eq!(chosen_with(text, &FOO), "foo ↑", "{text}");
    }
    assert_eq!(chosen_with("metric_name = \"bar\"\nhigher_is_better = false\n", &BOTH[..1]).replace('?', ""), "bar ↓");
    assert_eq!(chosen_with("Lower foo is worse, higher bar is better. The goal is bar.", &BOTH), "bar ↑");
}

#[test]
fn a_negation_gives_no_direction() {
    for text in [
        "Lower is NOT better for foo.",
        "It is not true that lower foo is better.",
        "We do not minimise foo.",
        "Don’t minimise foo.",
        "There is no point in minimizing foo.", // prose: ok
        "We no longer minimize foo.",
        "Avoid minimizing foo.",
        "foo should not be minimized.",
        "foo must not be reduced any further.",
        "The old goal was to minimize foo.",
        "Previously we minimized foo.",
        "# Old goal\n\nMinimize the thing.\n",
        "Never:\n- minimize foo\n",
    ] {
        assert!(!chosen_with(text, &FOO).contains('↓'), "{text}: {}", chosen_with(text, &FOO));
    }
    for text in [
        "higher_is_better: false",
        "metric: val_loss\nhigher_is_better: false\n",
        "Optimize val_loss; a higher val_loss is worse.",
        "The metric is val_loss; higher is not better.",
        "Never maximize val_loss.",
        "Do not increase val_loss.",
        "Lower val_loss is not always better: watch overfitting.",
    ] {
        assert_eq!(chosen_with(text, &LOSS), "val_loss ↓", "{text}");
    }
}

#[test]
fn requests_count_next_to_negations() {
    for (text, expected) in [
        ("Do not maximize foo; minimize bar.", "bar ↓"),
        ("Don't minimize foo. The goal is to maximize bar.", "bar ↑"),
        ("The goal is not to minimize foo but to maximize bar.", "bar ↑"),
        ("This isn't about minimizing foo; it's about maximizing bar", "bar ↑"),
        ("Avoid increasing bar; increase foo.", "foo ↑"),
        ("The old goal was to minimize foo. The new goal is to maximize bar.", "bar ↑"),
        ("Previously we minimized foo; now maximize foo.", "foo ↑"),
        ("We do not want to minimize or maximize foo. Reduce bar.", "bar ↓"),
        ("Neither minimize nor maximize foo. Raise bar.", "bar ↑"),
        ("Minimize foo and do not increase bar.", "foo ↓"),
        ("Minimize foo, and never let bar grow.", "foo ↓"),
        ("Minimize foo and avoid touching bar.", "foo ↓"),
        ("No change may increase bar. Reduce foo.", "foo ↓"),
        ("Lower bar isn't the goal; raise foo.", "foo ↑"),
        ("## Don't\n\n- maximize foo\n\n## Do\n\n- minimize bar\n", "bar ↓"),
    ] {
        assert_eq!(chosen_with(text, &BOTH), expected, "{text}");
    }
    assert_eq!(chosen_with("Optimize accuracy. A lower accuracy is worse.", &ACCURACY), "accuracy ↑");
    for text in
        ["The goal is to not lose accuracy while reducing latency_ms.", "Reduce latency_ms; avoid losing accuracy."]
    {
        assert_eq!(chosen_with(text, &ACCURACY), "latency_ms ↓", "{text}");
    }
}

#[test]
fn a_negation_of_something_else_has_no_effect() {
    for text in [
        "Do not stop until foo is minimized.",
        "Don't forget to minimize foo.",
        "Never stop: minimize foo.",
        "NEVER STOP minimizing foo.",
        "Do not ask the human, minimize foo.",
        "Do not hesitate to reduce foo.",
        "Don't be afraid to reduce foo aggressively.",
        "Not only minimize foo but keep the code simple.",
        "If you cannot reduce foo any further, try harder to reduce foo.",
        "If foo was not reduced, revert. Minimize foo.",
        "No excuses: minimize foo.",
        "Nothing else matters, minimize foo.",
        "Do not touch prepare.py. Minimize foo.",
        "You must never fail to minimize foo.",
        "The goal is to minimize foo, the way the old code could not.",
        "Minimize foo; the previous goal post was 5.",
        "A larger batch made foo worse. Minimize foo.",
        "You should not need to touch anything else: minimize foo.",
    ] {
        assert_eq!(chosen_with(text, &FOO), "foo ↓", "{text}");
    }
    for text in ["A larger batch made accuracy worse.", "More layers are worse for accuracy."] {
        assert!(chosen_with(text, &ACCURACY).starts_with("accuracy ↑"), "{text}: {}", chosen_with(text, &ACCURACY));
    }
}

#[test]
fn comments_and_headers_negate_as_well() {
    for (comment, arrow) in [
        ("# lower_is_better=false", "↑"),
        ("# lower is worse", "↑"),
        ("# not minimized: maximize", "↑"),
        ("# maximize foo (do not minimize)", "↑"),
        ("# higher is worse", "↓"),
        ("# higher_is_better: false", "↓"),
        ("# metric: foo, higher_is_better: no", "↓"),
        ("# lower is not better", "-"),
        ("# do not maximize foo", "-"),
        ("# the old goal was to maximize foo", "-"),
    ] {
        let lines = [&[comment], &FOO[..2]].concat();
        let outcome = chosen(
            &lines
                .iter()
                .map(|line| line.replace('_', "^").replace(' ', "_"))
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
        );
        assert!(outcome.ends_with(arrow) || outcome.ends_with(&format!("{arrow}?")), "{comment}: {outcome}");
    }
    assert_eq!(
        chosen(&["commit|foo_(higher_is_not_better)|status", "a|5|keep"]).replace('?', ""),
        "foo (higher is not better) -"
    );
    assert_eq!(
        chosen(&["commit|foo_(higher_is_worse)|status", "a|5|keep"]).replace('?', ""),
        "foo (higher is worse) ↓"
    );
    let cells = ["commit|foo|direction|status", "a|5|higher_is_worse|keep", "b|6|higher_is_worse|discard"];
    assert_eq!(chosen(&cells), "foo ↓");
}

#[test]
fn hidden_quoted_or_code_text_is_not_an_instruction() {
    for text in [
        "<!-- minimize bar -->\nMaximize foo.",
        "<!--\nGoal: minimize bar\n\nMetric: bar\n-->\nMaximize foo.",
        "~~Minimize bar.~~ Maximize foo.",
        "```python\n# minimize bar\nmetric = bar\n```\nMaximize foo.",
        "```bash\n# the goal is the lowest bar\n```\nMaximize foo.",
        "> Someone said: the goal is to minimize bar.\n\nIgnore that. Maximize foo.",
        "> minimize foo\n\nMaximize foo.",
        "> The metric is foo.\n\nHigher is better.",
    ] {
        assert_eq!(chosen_with(text, &BOTH), "foo ↑", "{text}");
    }
    for text in [
        "```yaml\nmetric: bar\ngoal: minimize\n```",
        "```\nmetric: bar\ngoal: minimize\n```",
        "> **Metric:** bar (lower is better)\n\nRun the loop for ever.",
        "> [!IMPORTANT]\n> Minimize bar.\n\nfoo is printed, too.",
    ] {
        assert_eq!(chosen_with(text, &BOTH), "bar ↓", "{text}");
    }
}
