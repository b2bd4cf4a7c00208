//! What tables and instructions of public loops look like: each of these was once read wrongly.

use super::choice::{chosen, chosen_with};
use super::*;

#[test]
fn a_definition_names_what_it_defines() {
    let rows = [
        "commit|combined^loss|policy^loss|value^loss|status|description",
        "baseline|3.652993|2.629226|1.023767|keep|baseline",
        "a471862|3.693651|2.642372|1.051278|discard|gelu",
        "1bec12b|3.673032|2.608521|1.064511|discard|cosine",
        "f510aa0|3.620324|2.620324|1.0|keep|heads",
    ];
    for text in [
        "## Primary metric\n\n**`combined_loss`** = `policy_loss` + `value_loss`. Lower is better.\n",
        "## Primary metric\n\ncombined_loss = 0.5 * policy_loss + value_loss (lower is better)\n",
        "Minimize `combined_loss` = `policy_loss` + `value_loss`.",
    ] {
        assert_eq!(chosen_with(text, &rows), "combined_loss ↓", "{text}");
    }
    // A number is a bound all the same.
    let bounded = "Minimize value_loss with policy_loss = 2.6 or less.";
    assert_eq!(chosen_with(bounded, &rows), "value_loss ↓");
    // What defines a name that no column has makes no objective of its parts.
    let unknown = "## Primary metric\n`total` = `policy_loss` + `value_loss`.\n";
    assert!(chosen_with(unknown, &rows).starts_with("combined_loss"), "{}", chosen_with(unknown, &rows));
}

#[test]
fn what_is_not_asked_for_is_no_objective() {
    let text = "## Objective\n**Maximize generation throughput `gen_tok_s` (tg)** on the fixed workload.\n\
        Pure-speed knobs are bit-exact - no ppl check needed.";
    let rows = [
        "config|tg^tok^s|ppl|status|description",
        "a1|29.17|4.58|keep|baseline",
        "a2|26.34|4.59|discard|q8",
        "a3|32.17|-|keep|s3",
        "a4|23.4|-|discard|s16",
        "a5|37.3|-|keep|s8",
    ];
    assert_eq!(chosen_with(text, &rows), "tg_tok_s ↑");
    for negated in ["Maximize the speed. Ignore ppl.", "## Goal\nNo ppl is needed.", "# Objective\nSpeed, not ppl."] {
        assert!(chosen_with(negated, &rows).starts_with("tg_tok_s"), "{negated}");
    }
    // Named by the instructions, but hardly ever measured.
    let few = ["a|5|0.9|keep", "b|4|-|keep", "c|6|-|discard", "d|3|-|keep", "e|7|-|discard"];
    let named = chosen_with("The objective is accuracy.", &[&["commit|time^s|accuracy|status"], &few[..]].concat());
    assert!(!named.starts_with("accuracy "), "{named}");
}

#[test]
fn a_seed_is_no_objective() {
    let text = "## Primary research goals\n- random seed sensitivity\n- depth of the model\n";
    let header = "run|seed|epoch|lr|depth|width|train^loss|val^loss|val^acc|memory^gb|status|description";
    assert_eq!(chosen_with(text, &[header]), "val_loss? ↓");
    assert_eq!(chosen_with("The goal: the best seed.", &["run|seed|foo|status", "a|1|9|keep", "b|5|8|keep"]), "foo -");
}

#[test]
fn a_zero_that_was_thrown_away_decides_nothing() {
    let of = |name: &str, nothing: &str| {
        let rows = ["1|900|5|keep", "2|800|5.4|keep", "3|700|5.8|keep"].map(str::to_owned);
        let zeros = [4, 5, 6].map(|row| format!("{row}|{nothing}|{}|discard", nothing.replace("0.0", "0")));
        let last = ["7|600|5.5|keep", "8|750|5.7|discard"].map(str::to_owned);
        let lines =
            [vec![format!("commit|{name}|throughput|status|description")], rows.into(), zeros.into(), last.into()];
        let lines = lines.concat();
        chosen(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert_eq!(of("ttft^ms", "-"), "ttft_ms ↓");
    assert_eq!(of("ttft^ms", "0.0"), "ttft_ms ↓");
    assert_eq!(of("blurb", "0.0"), "blurb ↓?");
    // A zero that was kept was measured.
    assert_eq!(chosen(&["commit|blurb|status", "a|0|keep", "b|1|keep", "c|0|discard", "d|2|keep"]), "blurb ↑?");
}

#[test]
fn a_score_is_what_the_decisions_make_of_it() {
    let rows = [
        "commit|score|improvement|status|description",
        "1|980678|0.00%|keep",
        "2|152026|84.50%|keep",
        "3|239890|-57.80%|discard",
        "4|142582|6.21%|keep",
        "5|113358|20.50%|keep",
    ];
    assert_eq!(chosen(&rows), "score ↓?");
    // What the instructions say counts against what was kept; nothing is shown as best then.
    assert_eq!(chosen_with("Maximize the score.", &rows), "score -?");
    let steps = ["a|90|1.0|keep", "b|80|1.12|keep", "c|70|1.14|keep", "d|75|0.93|discard"];
    assert!(chosen(&[&["commit|blurb|speedup^vs^prev|status"], &steps[..]].concat()).starts_with("blurb"));
    let agents = [
        "iter|score^ns|baseline^ns|agent^time^s|status|description",
        "1|2723000000|2724600000|309.7|keep|a",
        "2|2725000000|2723000000|214.2|discard|b",
        "3|2719000000|2723000000|412.9|keep|c",
    ];
    assert_eq!(chosen(&agents), "score_ns ↓");
    assert!(chosen(&["commit|foo|session^time^s|status", "a|4|9|keep", "b|7|8|keep"]).starts_with("foo"));
}

#[test]
fn nested_names_are_called_by_their_last_part() {
    let row = |claim: &str, sharpe: f64, gain: f64| {
        format!(
            r#"{{"name":"x","verdict":"{claim}","validation":{{"sharpe":{sharpe},"ann_return":{gain}}},"train":{{"ann_return":{gain}}}}}"#
        )
    };
    let rows = [
        row("PROMOTE", 0.865, 0.1824),
        row("REJECT", 0.985, 0.2543),
        row("PROMOTE", 1.107, 0.2691),
        row("PROMOTE", 1.112, 0.2613),
        row("PROMOTE", 1.12, 0.2565),
        row("PROMOTE", 1.187, 0.2875),
        row("PROMOTE", 1.201, 0.2859),
    ];
    let lines: Vec<&str> = rows.iter().map(String::as_str).collect();
    let read = |text: &str| {
        let mut reader = ResultsTable::new(TableRules { instructions: text.into(), ..TableRules::default() });
        reader.push((lines.join("\n") + "\n").as_bytes());
        let choice = reader.view().choice().cloned().unwrap();
        format!("{}{}", choice.metric, if choice.metric_basis.is_guess { "?" } else { "" })
    };
    for text in [
        "Objective: net Sharpe on the validation split.",
        "Maximize the validation Sharpe.",
        "Maximize `sharpe`; ann_return must not fall.",
    ] {
        assert_eq!(read(text), "validation.sharpe", "{text}");
    }
    let splits = ["commit|val.acc|train.acc|status", "a|0.5|0.4|keep", "b|0.6|0.5|keep"];
    assert_eq!(chosen_with("Maximize acc on the train split.", &splits), "train.acc ↑");
    // Two columns end so: alone it names neither.
    assert!(read("Maximize ann_return.").starts_with("validation.sharpe"));
    assert!(read("").starts_with("validation.sharpe"), "what rises at each keep");
}
