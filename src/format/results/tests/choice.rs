//! The choice of the objective column, by the instructions, the names and the decisions.

use super::*;

/// Returns the choice for a table: the metric, its arrow (`-` for none), and a `?` after a guess.
pub(super) fn chosen_with(instructions: &str, lines: &[&str]) -> String {
    let mut reader = ResultsTable::new(TableRules { instructions: instructions.into(), ..TableRules::default() });
    reader.push(table(lines).as_bytes());
    let view = reader.view();
    let Some(choice) = view.choice() else { return "none".to_owned() };
    let sign = |is_guess: bool| if is_guess { "?" } else { "" };
    let arrow = choice.goal.map_or("-", Goal::arrow);
    let (metric, goal) = (sign(choice.metric_basis.is_guess), sign(choice.goal_basis.is_guess));
    format!("{}{metric} {arrow}{goal}", choice.metric)
}

pub(super) fn chosen(lines: &[&str]) -> String {
    chosen_with("", lines)
}

#[test]
fn a_constraint_in_the_instructions_is_not_the_objective() {
    let rows = ["commit|accuracy|latency^ms|status|description", "a|0.9|30|keep|x", "b|0.91|20|keep|y"];
    for text in [
        "The objective is latency_ms (lower is better). accuracy must stay above 0.89.",
        "latency_ms: lower is better. accuracy: higher is better. Optimise latency_ms.",
        "The metric to optimize is latency_ms.\nKeep accuracy higher than 0.89.",
        "**Primary metric**: latency_ms (lower is better)\n**Secondary**: accuracy",
        "# Objective\n\nReduce latency_ms as far as possible.",
        "# Goal\n\nReduce latency_ms without losing accuracy.\n",
        "Minimise latency_ms with accuracy above 0.89.",
        "Minimize latency_ms while keeping accuracy at 0.89 or higher.",
        "You may try anything that lowers latency_ms. Never let accuracy drop.\n",
        "## Goal\nGet the lowest `latency_ms` you can, subject to accuracy >= 0.89.",
        "The objective is not accuracy but latency_ms.",
        "## Metric\n- latency_ms: the number to minimise\n\n## Constraints\n- accuracy: at least 0.89 (higher is better)\n",
        "Constraints:\n- accuracy does not matter above 0.89\n\nShrink latency_ms.",
        "**Metric:** latency_ms\n**Direction:** lower\n**Guard:** accuracy >= 0.89\n",
        "accuracy has to be at least 0.89; latency_ms should go down.",
        "Optimise latency_ms, not accuracy.",
    ] {
        assert_eq!(chosen_with(text, &rows), "latency_ms ↓", "{text}");
    }
    for text in [
        "The objective is accuracy (higher is better). latency_ms must stay below 50.",
        "Maximize accuracy. Ideas: reduce the depth.\n",
        "# Ideas\n- reduce latency_ms\n\n# Objective\nImprove accuracy.\n",
        "Raise accuracy without making latency_ms worse.",
    ] {
        assert_eq!(chosen_with(text, &rows), "accuracy ↑", "{text}");
    }
    // Without instructions: the better known name.
    assert!(chosen_with("Each run prints accuracy and latency_ms.", &rows).starts_with("accuracy"));
    let rows = ["commit|bar|foo^gap|status", "a|1|2|keep", "b|2|3|keep"];
    assert_eq!(
        chosen_with("Minimise foo_gap; higher values of bar are welcome, but bar is only for information.", &rows),
        "foo_gap ↓"
    );
    let header = ["commit|bpb|tokens^per^sec|status"];
    assert_eq!(chosen_with("Maximize tokens_per_sec. bpb must not get worse.", &header), "tokens_per_sec ↑");
    assert_eq!(chosen_with("", &header), "bpb? ↓");
}

#[test]
fn instructions_give_each_name_its_own_direction() {
    let score = ["commit|score|status", "a|93|keep", "b|91|keep"];
    for text in [
        "Lower score is better.",
        "The score should go down.",
        "Your job: minimise the score.\nThe highest score so far was 93.",
        "The score is printed\nat the end. Lower is better.",
        "# Score\n\nLower is better.",
        "We want the score as low as possible.",
    ] {
        assert_eq!(chosen_with(text, &score), "score ↓", "{text}");
    }
    assert_eq!(
        chosen_with("Some increase of noise is acceptable. The highest score so far was 93.", &score),
        "score ↑?"
    );
    let two = ["commit|foo|bar|status", "a|1|2|keep", "b|2|3|keep"];
    for (text, expected) in [
        ("Maximize foo while minimizing bar.", "foo ↑"),
        ("Minimise bar, keep foo above 1.", "bar ↓"),
        ("目标：最大化 bar（越高越好）", "bar ↑"),
        ("Ziel: bar minimieren", "bar ↓"),
        ("**Metric:** foo\n**Direction:** lower\n", "foo ↓"),
        ("- **Direction:** lower\n- **Metric:** foo\n", "foo ↓"),
        ("| metric | goal |\n|---|---|\n| bar | maximize |\n", "bar ↑"),
    ] {
        assert_eq!(chosen_with(text, &two).replace('?', ""), expected, "{text}");
    }
    // The kept values contradict the instructions.
    let falls = ["commit|foo|status", "a|9|keep", "b|8|keep", "c|7|keep", "d|8.5|discard", "e|6|keep"];
    assert_eq!(chosen_with("Maximize foo.", &falls), "foo -?");
}

#[test]
fn comments_name_the_objective_in_a_sentence() {
    let rows = ["commit|acc|latency|status", "a|0.9|30|keep", "b|0.91|20|keep"];
    for (comment, expected) in [
        ("#_objective:_minimize_latency", "latency ↓"),
        ("#_minimize_latency", "latency ↓"),
        ("#_objective:_latency,_lower_is_better", "latency ↓"),
        ("#_goal:_reduce_the_latency_while_acc_stays_above_0.9", "latency ↓"),
        ("#_metric:_latency_(lower_is_better)", "latency ↓"),
        ("#_objective:_acc", "acc ↑"),
    ] {
        assert_eq!(chosen(&[&[comment], &rows[..]].concat()), expected, "{comment}");
    }
    assert_eq!(chosen(&["#_objective:_minimize_it", "commit|foo|status", "a|1|keep"]), "foo ↓");
}

#[test]
fn side_metrics_do_not_outrank_the_optimised_one() {
    let is = |expected: &[&str], lines: &[&str]| {
        let chosen = chosen(lines);
        assert!(expected.iter().any(|one| chosen.starts_with(one)), "{chosen} for {lines:?}");
    };
    let rows = ["a|10|90|keep", "b|12|80|keep", "c|11|85|discard", "d|14|70|keep"];
    for header in [
        "commit|tok^s|ttft^ms|status",
        "commit|tok^s|tpot^ms|status",
        "commit|tok^s|itl|status",
        "commit|score^x|lcp|status",
    ] {
        let first = header.split('|').nth(1).unwrap_or_default().replace('^', "_");
        is(&[&first], &[&[header], &rows[..]].concat());
    }
    is(&["tok_s?"], &[&["commit|tok^s|ttft^ms|status"], &rows[..]].concat());
    is(&["time_us"], &["commit|time^us|max^err|status", "a|80|0.001|keep", "b|60|0.002|keep"]);
    is(
        &["latency_ms"],
        &[
            "commit|latency^ms|accuracy|status",
            "a|30|0.91|keep",
            "b|25|0.91|keep",
            "c|18|0.85|discard",
            "d|20|0.909|keep",
        ],
    );
    is(
        &["latency_ms"],
        &[
            "commit|accuracy|latency^ms|status",
            "a|0.91|30|keep",
            "b|0.91|25|keep",
            "c|0.85|18|discard",
            "d|0.909|20|keep",
        ],
    );
    is(&["runtime_s"], &["commit|runtime^s|tests^passed|status", "a|30|12|keep", "b|25|12|keep"]);
    is(
        &["runtime_s"],
        &["commit|tests^passed|runtime^s|status", "a|12|30|keep", "b|12|25|keep", "c|10|20|discard", "d|12|22|keep"],
    );
    is(&["throughput"], &["commit|throughput|ttft^p99|errors|status", "a|30|12|3|keep", "b|35|11|2|keep"]);
    is(
        &["par2_score? ↓"],
        &["commit|par2^score|solved|status", "a|90|12|keep", "b|85|13|keep", "c|88|12|discard", "d|80|14|keep"],
    );
    let exams = ["a|50|60|55|keep", "b|52|61|56.5|keep", "c|51|60|55.5|discard", "d|54|62|58|keep"];
    is(&["avg ↑", "avg? ↑"], &[&["commit|gsm8k|mmlu|avg|status"], &exams[..]].concat());
    is(&["overall_score ↑", "overall_score? ↑"], &[&["commit|gsm8k|mmlu|overall^score|status"], &exams[..]].concat());
    // Next to one measurement only, a total is as likely a count.
    is(&["accuracy"], &["commit|accuracy|total|status", "a|0.9|100|keep", "b|0.91|120|keep"]);
    is(&["cost_model"], &["commit|alpha|cost^model|status", "a|1|9|keep", "b|2|8|keep"]);
    is(&["composite"], &["commit|level|composite|status", "a|1|0.9|keep", "b|2|0.8|keep"]);
    is(&["ipc"], &["commit|core|ipc|status", "a|1|1.9|keep", "b|2|2.1|keep"]);
    is(&["rmsd ↓"], &["commit|alpha|rmsd|status", "a|0.1|1.9|keep", "b|0.2|1.8|keep"]);
    is(&["rmsd ↓"], &["commit|wall^s|rmsd|status", "a|10|1.9|keep", "b|9|1.8|keep"]);
    is(&["tour_length"], &["commit|tour^length|seconds|status", "a|100|9|keep", "b|90|8|keep"]);
    is(&["blurb"], &["commit|wall^s|blurb|status", "a|10|1.9|keep", "b|9|1.8|keep"]);
    is(&["this_run?"], &["commit|prev^best|this^run|status", "a|1.9|1.8|keep", "b|1.8|1.7|keep"]);
    is(&["prev_best?"], &["commit|prev^best|status", "a|1.9|keep", "b|1.8|keep"]);
}

#[test]
fn words_that_count_rows_do_not_veto_a_measure() {
    let rows = ["a|9|keep", "b|8|keep", "c|8.5|discard", "d|7|keep", "e|7.5|discard"];
    for name in ["trial^mean", "exp^mean", "gen^tok", "round^trip"] {
        let chosen = chosen(&[&[&*format!("commit|{name}|status")], &rows[..]].concat());
        assert!(chosen.starts_with(&name.replace('^', "_")), "{chosen}");
    }
    for name in ["exp", "trial", "trial^id", "gen", "round", "iter"] {
        assert_eq!(
            chosen(&[&*format!("commit|{name}|status"), "a|1|keep", "b|3|keep", "c|4|discard", "d|9|keep"]),
            "none"
        );
    }
    let elo = ["a|9|0.6|keep", "b|12|0.7|keep", "c|10|0.65|discard", "d|14|0.8|keep", "e|13|0.7|discard"];
    assert!(chosen(&[&["commit|elo^diff|los|status"], &elo[..]].concat()).starts_with("elo_diff"));
    assert!(chosen(&[&["commit|elo^diff|elo|status"], &elo[..]].concat()).starts_with("elo "));
}

#[test]
fn a_name_that_few_decisions_contradict_is_a_guess() {
    assert_eq!(chosen(&["commit|score|status", "a|0.9|keep", "b|0.8|keep"]), "score ↑?");
    assert_eq!(chosen(&["commit|accuracy|status", "a|0.9|keep", "b|0.8|keep", "c|0.7|keep"]), "accuracy ↑?");
    assert_eq!(chosen(&["commit|accuracy|status", "a|0.8|keep", "b|0.9|keep"]), "accuracy ↑");
}

#[test]
fn gains_that_were_too_small_to_keep_withdraw_no_direction() {
    let keeps = ["a|0.99|keep", "b|0.989|discard", "c|0.988|discard", "d|0.987|discard", "e|0.98|keep"];
    let more =
        ["f|0.979|discard", "g|0.978|discard", "h|0.977|discard", "i|0.97|keep", "j|0.969|discard", "k|0.96|keep"];
    for (name, expected) in [("val^bpb", "val_bpb ↓"), ("foo_↓", "foo ↓? ↓")] {
        let header = format!("commit|{name}|status");
        assert_eq!(chosen(&[&[&*header], &keeps[..], &more[..]].concat()), expected);
    }
    // Nothing was kept after the first: neither for nor against the name.
    assert_eq!(chosen(&[&["commit|val^bpb|status"], &keeps[..4]].concat()), "val_bpb ↓?");
    let rises = ["a|0.90|keep", "b|0.91|keep", "c|0.89|discard", "d|0.92|keep", "e|0.93|keep"];
    assert_eq!(chosen(&[&["commit|val^bpb|status"], &rises[..]].concat()), "val_bpb? -?");
}

#[test]
fn a_columns_name_may_carry_its_direction() {
    for (name, expected) in [
        ("foo_↓", "foo ↓ ↓"),
        ("foo_(lower_is_better)", "foo (lower is better) ↓"),
        ("foo_(min)", "foo (min) ↓"),
        ("foo_↑", "foo ↑ ↑"),
        ("score_(lower_is_better)", "score (lower is better) ↓"),
        ("accuracy_(min)", "accuracy (min) ↑"),
        ("time_(minutes)", "time (minutes) ↓"),
        ("foo^lower^is^better", "foo_lower_is_better ↓"),
        ("foo,_lower_is_better", "foo, lower is better ↓"),
        ("foo_–_lower_is_better", "foo – lower is better ↓"),
        ("foo_▼", "foo ▼ ↓"),
        ("foo_▲", "foo ▲ ↑"),
        ("foo_[min]", "foo [min] ↓"),
        ("foo_[max]", "foo [max] ↑"),
        ("foo(越低越好)", "foo(越低越好) ↓"),
        ("**foo**_↓", "foo ↓ ↓"),
    ] {
        assert_eq!(chosen(&[&*format!("commit|{name}|status"), "a|9|keep"]), expected);
    }
}

#[test]
fn the_best_of_a_run_is_its_measure_and_the_best_so_far_is_not() {
    let rows = ["a|0.90|100|keep|x", "b|0.80|120|keep|y", "c|0.85|90|discard|z"];
    let of = |first: &str, second: &str| {
        let header = format!("commit|{first}|{second}|status|description");
        chosen(&[&[header.as_str()], &rows[..]].concat())
    };
    for (name, beside) in [
        ("best_val_loss", "params_m"),
        ("best_acc", "train_time_s"),
        ("best_f1", "latency_ms"),
        ("best_ppl", "memory_gb"),
        ("best_score", "time_s"),
        ("best_r2_score", "complexity"),
        ("val_loss_best", "params_m"),
    ] {
        let (first, second) = (name.replace('_', "^"), beside.replace('_', "^"));
        assert!(of(&first, &second).starts_with(name), "{}", of(&first, &second));
        let alone = format!("commit|{first}|{second}|status");
        assert!(chosen(&[&alone]).starts_with(name), "{}", chosen(&[&alone]));
    }
    assert!(of("best^acc", "final^loss").starts_with("best_acc"));
    // The best so far next to the row's own value, in any order and whatever the instructions mention in passing.
    let falling = ["a|0.9|0.9|keep|x", "b|0.8|0.8|keep|y", "c|0.85|0.8|discard|z", "d|0.7|0.7|keep|z"];
    let rising = ["a|0.5|0.5|keep|x", "b|0.6|0.6|keep|y", "c|0.55|0.6|discard|z", "d|0.7|0.7|keep|z"];
    for (value, best) in [
        ("val_bpb", "best_val_bpb"),
        ("score", "best_so_far"),
        ("score", "best_score"),
        ("val_loss", "best_loss"),
        ("metric", "best_metric"),
    ] {
        for (first, second) in [(value, best), (best, value)] {
            let header = format!("commit|{first}|{second}|status|description").replace('_', "^");
            let own = if value == "score" { &rising } else { &falling };
            let lines = [&[header.as_str()], &own[..]].concat();
            for text in ["", &format!("Get the {}. It is logged, too.", best.replace('_', " "))] {
                let chosen = chosen_with(text, &lines);
                assert!(
                    chosen.starts_with(&format!("{value} ")) || chosen.starts_with(&format!("{value}?")),
                    "{chosen}"
                );
            }
        }
    }
}

#[test]
fn a_column_may_state_the_direction_in_many_ways() {
    for (name, lower, higher) in [
        ("lower^is^better", "true", "false"),
        ("higher^is^better", "False", "True"),
        ("lower^better", "yes", "no"),
        ("minimize", "1", "0"),
        ("maximize", "false", "true"),
        ("foo^lower^is^better", "true", "false"),
        ("bestDirection", "lower", "higher"),
        ("metric^goal", "min", "max"),
        ("optimization", "minimize", "maximize"),
        ("sense", "↓", "↑"),
        ("direction", "越低越好", "越高越好"),
        ("goal", "最小化", "最大化"),
        ("direction", "小さいほど良い", "大きいほど良い"),
    ] {
        for (value, arrow) in [(lower, "↓"), (higher, "↑")] {
            let header = format!("commit|foo|{name}|status");
            let row = format!("abc1234|1.5|{value}|keep");
            assert_eq!(chosen(&[&header, &row]), format!("foo {arrow}"), "{name}: {value}");
        }
    }
    // Numbers below such a name are neither yes nor no.
    let view = read(&table(&["commit|foo^lower^is^better|status", "a|1|keep", "b|0|keep"]));
    assert_eq!(values(&view), [Some(1.0), Some(0.0)]);
}

#[test]
fn a_contradicting_comment_is_a_guess_and_is_reported() {
    let read = |text: &str, lines: &[&str]| {
        let mut reader = ResultsTable::new(TableRules { instructions: text.into(), ..TableRules::default() });
        reader.push(table(lines).as_bytes());
        let notes = reader.view().reading.notes.join("; ");
        (chosen_with(text, lines), notes)
    };
    let falls = ["a|1.0|keep|base", "b|0.9|keep|x", "c|0.95|discard|y"];
    let with = |comment: &str, metric: &str, text: &str| {
        let header = format!("commit|{metric}|status|description");
        read(text, &[&[comment, &header], &falls[..]].concat())
    };
    let higher = "#_higher_is_better";
    // The person's instructions take precedence over what the agent wrote.
    let (is, note) = with(higher, "val^bpb", "Get the lowest val_bpb.");
    assert_eq!(is, "val_bpb ↓?");
    assert!(note.contains("the loop's instructions, but the comment above the table says ↑"), "{note}");
    // So does a known name that the decisions follow.
    let (is, note) = with(higher, "val^bpb", "");
    assert_eq!(is, "val_bpb ↓?");
    assert!(note.contains("a known name and 2 keeps and discards, but the comment"), "{note}");
    let (is, note) = with(higher, "foo", "");
    assert_eq!(is, "foo ↑?");
    assert!(
        note.contains("the comment above the table, but none of the agent's 2 keeps and discards agrees"),
        "{note}"
    );
    assert_eq!(
        with("#_lower_is_better", "val^bpb", "Get the lowest val_bpb."),
        ("val_bpb ↓".to_owned(), String::new())
    );
    // From a header alone.
    assert_eq!(read("", &[higher, "commit|val^bpb|status"]).0, "val_bpb? ↑?");
    assert_eq!(read("", &["commit|val^bpb|higher^is^better|status", "a|1|true|keep"]).0, "val_bpb ↑?");
    // Decisions are counted for the direction that is shown.
    let why = |lines: &[&str]| {
        let mut reader = ResultsTable::default();
        reader.push(table(lines).as_bytes());
        reader.view().choice().map(|choice| choice.metric_basis.why.clone()).unwrap_or_default()
    };
    let lines = [&[higher, "commit|foo|status|description"], &falls[..]].concat();
    assert!(!why(&lines).contains("keeps and discards agree"), "{}", why(&lines));
    // Instructions against a known name.
    let (is, note) = read("Maximize val_loss.", &["commit|val^loss|status", "a|1|keep"]);
    assert_eq!(is, "val_loss ↑?");
    assert!(note.contains("its name says the opposite"), "{note}");
}

#[test]
fn a_table_with_the_newest_row_first_is_read_from_its_end() {
    let rows =
        ["e|0.90|keep|four", "d|0.95|discard|three", "c|0.93|keep|two", "b|0.95|keep|one", "a|1.0|keep|baseline"];
    assert_eq!(chosen(&[&["commit|val^bpb|status|description"], &rows[..]].concat()), "val_bpb ↓");
    assert_eq!(chosen(&[&["commit|foo|status|description"], &rows[..]].concat()), "foo ↓?");
    // By its times.
    let timed: Vec<String> = rows
        .iter()
        .zip((10..15).rev())
        .map(|(row, hour)| format!("{}|2026-03-01T{hour}:00:00", row.replace("baseline", "zero")))
        .collect();
    let timed: Vec<&str> = timed.iter().map(String::as_str).collect();
    assert_eq!(chosen(&[&["commit|foo|status|description|time"], &timed[..]].concat()), "foo ↓?");
}
