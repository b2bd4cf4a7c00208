//! Tables and instructions as in public loops: each of these was once misread.

use super::choice::{chosen, chosen_with};
use super::*;

#[test]
fn a_definition_names_its_left_side() {
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
    // The definition of a name that no column has does not make its parts objectives.
    let unknown = "## Primary metric\n`total` = `policy_loss` + `value_loss`.\n";
    assert!(chosen_with(unknown, &rows).starts_with("combined_loss"), "{}", chosen_with(unknown, &rows));
}

#[test]
fn an_unrequested_column_is_not_the_objective() {
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
fn a_seed_is_not_the_objective() {
    let text = "## Primary research goals\n- random seed sensitivity\n- depth of the model\n";
    let header = "run|seed|epoch|lr|depth|width|train^loss|val^loss|val^acc|memory^gb|status|description";
    assert_eq!(chosen_with(text, &[header]), "val_loss? ↓");
    assert_eq!(chosen_with("The goal: the best seed.", &["run|seed|foo|status", "a|1|9|keep", "b|5|8|keep"]), "foo -");
}

#[test]
fn a_discarded_zero_is_not_a_decision() {
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
fn decisions_determine_the_direction_of_a_score() {
    let rows = [
        "commit|score|improvement|status|description",
        "1|980678|0.00%|keep",
        "2|152026|84.50%|keep",
        "3|239890|-57.80%|discard",
        "4|142582|6.21%|keep",
        "5|113358|20.50%|keep",
    ];
    assert_eq!(chosen(&rows), "score ↓?");
    // The instructions contradict the keeps; nothing is shown as best then.
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
    // Two columns have this ending: alone it names neither.
    assert!(read("Maximize ann_return.").starts_with("validation.sharpe"));
    assert!(read("").starts_with("validation.sharpe"), "it rises at each keep");
}

fn commit_of(view: &TableView) -> Option<String> {
    view.reading.columns.iter().find(|column| column.used_as == "commit").map(|column| column.name.to_string())
}

#[test]
fn other_hashes_are_not_commits() {
    let of = |header: &str, hashes: &[&str]| {
        let row = |(at, hash): (usize, &&str)| format!("{hash}|{at}|keep");
        let rows: Vec<String> = hashes.iter().enumerate().map(row).collect();
        let lines: Vec<&str> = std::iter::once(header).chain(rows.iter().map(String::as_str)).collect();
        commit_of(&read(&table(&lines)))
    };
    let commits = ["a12fd38", "b12fd39", "c12fd3a", "d12fd3b"];
    for name in ["composite^fingerprint", "cand^hash", "data^digest", "binary^hash", "config^sha256"] {
        assert_eq!(of(&format!("{name}|loss|status"), &commits), None, "{name}");
    }
    assert_eq!(of("build|loss|status", &commits).as_deref(), Some("build"));
    assert_eq!(of("build|loss|status", &["a12fd381fe9bbefb"; 4]), None, "one for all rows");
    assert_eq!(of("commit|loss|status", &["a12fd381fe9bbefb"; 4]).as_deref(), Some("commit"), "by its name");
    let long = |digits: usize| commits.map(|commit| commit.repeat(10)[..digits].to_owned());
    for (digits, name, expected) in [
        (32, "build", None),
        (32, "hash", None),
        (64, "hash", None),
        (40, "build", Some("build")),
        (12, "hash", Some("hash")),
    ] {
        let hashes = long(digits);
        let hashes: Vec<&str> = hashes.iter().map(String::as_str).collect();
        assert_eq!(of(&format!("{name}|loss|status"), &hashes).as_deref(), expected, "{digits} digits of {name}");
    }
}

#[test]
fn a_yes_may_have_a_remark() {
    for name in ["Keep?", "Keep"] {
        let text = format!(
            "| # | loss | {name} |\n|---|---|---|\n| 1 | 3 | yes |\n| 2 | 4 | no (reverted) |\n| 3 | 2 | yes (best) |\n\
             | 4 | 1 | yes (reverted) |\n"
        );
        let view = read(&text);
        assert_eq!(claims(&view), [Keep, Discard, Keep, Other], "{name}");
        assert_eq!(view.reading.unknown_words.len(), 1, "{:?}", view.reading.unknown_words);
    }
}

#[test]
fn an_unread_objective_is_reported() {
    let view = read(&table(&[
        "commit|blurb|status|description",
        "a|–0.4|keep|an en dash",
        "b|1.5×10⁻³|keep|a power",
        "c|<0.93|keep|a bound",
        "d|0.8.1|discard|a typo",
        "e|-|discard|nothing",
        "f|oom|crash|a crash",
        "g|x|keep|a letter",
        "h|1h_20m|keep|a duration",
        "i|nan|discard|nothing",
    ]));
    assert_eq!(values(&view)[..3], [Some(-0.4), Some(0.0015), None]);
    let note =
        "4 rows have no number in blurb, so no measurement: `<0.93` in line 4, `0.8.1` in line 5, `x` in line 8, ...";
    assert!(view.reading.notes.iter().any(|one| one == note), "{:?}", view.reading.notes);
    let plain = read(&table(&["commit|blurb|status", "a|1|keep", "b|-|discard"]));
    assert!(plain.reading.notes.is_empty(), "{:?}", plain.reading.notes);
}

#[test]
fn thousands_are_read_where_the_entire_column_has_them() {
    for (cells, expected) in [
        (["1_000_500", "999_000", "950"], Some(1_000_500.0)),
        (["1^000^500", "999^000", "950"], Some(1_000_500.0)),
        (["1\u{a0}000\u{a0}500", "999\u{a0}000", "950"], Some(1_000_500.0)),
        (["1'000'500", "999'000", "950"], Some(1_000_500.0)),
        (["1_000_500", "999000", "3"], None),
    ] {
        let cells = cells.map(|cell| cell.replace('^', " "));
        let text =
            format!("commit\tblurb\tstatus\na\t{}\tkeep\nb\t{}\tkeep\nc\t{}\tkeep\n", cells[0], cells[1], cells[2]);
        assert_eq!(values(&read(&text))[0], expected, "{cells:?}");
    }
}

#[test]
fn more_cells_than_the_header_are_words_only_where_the_numbers_are_in_place() {
    let rows = "a\t0.9\t44\tkeep\tx\nb\t0.8\t44\tkeep\ty\n";
    let view = read(&format!(
        "{HEAD}{rows}c\tx\t44\tkeep\tone\ttwo\tthree\nd\t0.7\t44\tkeep\tone\ttwo\ne\t-\t0\tcrash\toom\twhile x\n"
    ));
    assert_eq!(claims(&view), [Keep, Keep, Keep, Crash]);
    assert_eq!(view.warnings.iter().map(|warning| warning.line).collect::<Vec<_>>(), [4]);
    assert_eq!(view.warnings[0].message, "7 cells, but the header has 5");
}

#[test]
fn a_rate_is_named_in_many_ways() {
    let table = |rate: &str| format!("commit|{}|ppl|status", rate.replace('_', "^"));
    for (rate, text) in [
        ("tok_s", "Maximize tokens per second."),
        ("tok_s", "Maximize tok/s on the fixed benchmark."),
        ("tok_s", "Your metric is `tok_s` — higher is better."),
        ("tokens_per_sec", "Maximize tokens/sec without hurting ppl (must stay below 9)."),
        ("gen_tok_s", "Maximize gen tok/s."),
        ("img_s", "Maximize img/s."),
    ] {
        let header = table(rate);
        let rows = [header.as_str(), "a1b2c3d|5.6|8.1|keep", "b1b2c3d|5.9|8.0|keep", "c1b2c3d|5.7|8.05|discard"];
        assert_eq!(chosen_with(text, &rows), format!("{rate} ↑"), "{text}");
    }
}

#[test]
fn prose_around_a_table_in_a_page_is_not_damage() {
    let page = "# Experiments\n\nTried so far.\n\n| commit | loss | status |\n|---|---|---|\n| a1b2c3d | 0.5 | keep |\n\nThat was good.\n";
    let mut reader = ResultsTable::new(TableRules::default());
    reader.push(page.as_bytes());
    let view = reader.view();
    assert_eq!((view.rows.len(), view.warnings.len()), (1, 0), "{:?}", view.warnings);
}

#[test]
fn tables_between_spaces_and_in_fences() {
    let rows = [
        ["a1b2c3d", "0.997900", "44.0", "keep", "baseline"],
        ["b2c3d4e", "0.993200", "44.2", "keep", "raise the matrix rate"],
        ["c3d4e5f", "1.005000", "44.0", "discard", "gelu"],
    ];
    let header = ["commit", "val_bpb", "memory_gb", "status", "description"];
    let aligned =
        |cells: &[&str; 5]| format!("{:<8} {:<9} {:<10} {:<8} {}\n", cells[0], cells[1], cells[2], cells[3], cells[4]);
    let single = |cells: &[&str; 5]| format!("{}\n", cells.join(" "));
    let tabs = |cells: &[&str; 5]| format!("{}\n", cells.join("\t"));
    let text = |line: &dyn Fn(&[&str; 5]) -> String| line(&header) + &rows.iter().map(line).collect::<String>();
    for (name, text) in [
        ("aligned", text(&aligned)),
        ("single", text(&single)),
        ("in a fence", format!("# Results\n\nTried so far.\n\n```tsv\n{}```\n\nNothing else, for now.\n", text(&tabs))),
        ("aligned in a fence", format!("Results:\n```\n{}```\n", text(&aligned))),
    ] {
        let view = read(&text);
        assert_eq!(metric(&view), Some("val_bpb"), "{name}");
        assert_eq!(values(&view), [Some(0.9979), Some(0.9932), Some(1.005)], "{name}");
        assert_eq!(claims(&view), [Claim::Keep, Claim::Keep, Claim::Discard], "{name}");
        assert_eq!(view.rows[1].description.raw(), "raise the matrix rate", "{name}");
        assert!(view.warnings.is_empty(), "{name}: {:?}", view.warnings);
    }
    // A row without its memory is not read with shifted words.
    let view = read(&(text(&aligned) + "d4e5f6a  0.9900  keep  some words here\n"));
    assert_eq!((view.rows.len(), view.warnings.len()), (3, 1), "{:?}", view.warnings);
}

#[test]
fn the_seeds_of_a_change_show_no_direction_among_themselves() {
    let rows: Vec<String> = [
        ("aaaaaaa", 0, 0.90),
        ("aaaaaaa", 1, 0.80),
        ("aaaaaaa", 2, 0.70),
        ("bbbbbbb", 0, 0.95),
        ("bbbbbbb", 1, 0.86),
        ("bbbbbbb", 2, 0.77),
        ("ccccccc", 0, 0.99),
        ("ccccccc", 1, 0.90),
        ("ccccccc", 2, 0.81),
        ("ddddddd", 0, 1.05),
        ("ddddddd", 1, 0.96),
        ("ddddddd", 2, 0.87),
    ]
    .map(|(commit, seed, value)| format!("{commit}|{value}|{seed}|keep|idea of {commit}, seed {seed}"))
    .into();
    let mut lines = vec!["commit|quux|seed|status|description"];
    lines.extend(rows.iter().map(String::as_str));
    assert_eq!(chosen(&lines), "quux ↑?");
}

#[test]
fn a_request_not_to_stop_guards_no_column() {
    let rows = ["commit|foo^x|bar^y|status|description", "aaaaaaa|1.0|2.0|keep|a", "bbbbbbb|0.9|2.1|keep|b"];
    for text in [
        "Don't stop, just minimize foo_x. bar_y is printed too.",
        "Never stop: minimize foo_x. bar_y is printed too.",
        "Minimize foo_x; bar_y mustn't get worse.",
    ] {
        assert!(chosen_with(text, &rows).starts_with("foo_x ↓"), "{text}: {}", chosen_with(text, &rows));
    }
}
