//! The meaning of the cells of a status column in a table.

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
    // Next to a column of decisions it is not a status.
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

#[test]
fn columns_that_contradict_each_other_keep_nothing() {
    let head = "commit|loss|status|decision|description";
    let rows = ["a|3|keep|keep|x", "b|2|keep|discard|y", "c|4|discard|keep|z", "d|1|keep|pending|w"];
    let view = read(&table(&[&[head], &rows[..]].concat()));
    assert_eq!(claims(&view), [Keep, Other, Discard, Keep]);
    let expected = "2 rows where status and decision disagree, first in line 3: not counted as kept";
    assert!(view.reading.notes.iter().any(|note| note == expected), "{:?}", view.reading.notes);
    for (name, yes, no) in [("reverted", "no", "yes"), ("kept", "true", "false"), ("discarded", "0", "1")] {
        let lines = [
            format!("commit|loss|status|{name}"),
            format!("a|3|keep|{yes}"),
            format!("b|2|keep|{no}"),
            format!("c|4|discard|{no}"),
        ];
        let view = read(&table(&lines.each_ref().map(String::as_str)));
        assert_eq!(claims(&view), [Keep, Other, Discard], "{name}");
    }
    // A comparison is not a decision: a simpler change may be kept though it is worse.
    let view =
        read(&table(&["commit|loss|status|outcome", "a|3|keep|improved", "b|3.1|keep|worse", "c|4|discard|better"]));
    assert_eq!(claims(&view), [Keep, Keep, Discard]);
    assert!(view.reading.notes.is_empty(), "{:?}", view.reading.notes);
}

#[test]
fn tables_in_chinese_japanese_and_korean() {
    for (header, metric, goal) in [
        ("提交|验证损失|状态|改动", "验证损失", Goal::Minimize),
        ("提交|困惑度|状态|想法", "困惑度", Goal::Minimize),
        ("コミット|正解率|ステータス|メモ", "正解率", Goal::Maximize),
        ("コミット|検証損失|判定|変更内容", "検証損失", Goal::Minimize),
        ("커밋|정확도|상태|변경", "정확도", Goal::Maximize),
        ("提交|准确率|结果|备注", "准确率", Goal::Maximize),
        ("提交|得分|状态|假设", "得分", Goal::Maximize),
        ("提交|耗时|精度|状态|内容", "精度", Goal::Maximize),
    ] {
        let extra = if header.matches('|').count() == 4 { "12.5|" } else { "" };
        let (first, second) = if goal == Goal::Minimize { ("1.5", "1.4") } else { ("0.5", "0.6") };
        let rows = [format!("abc1234|{extra}{first}|保留|基线"), format!("abc1235|{extra}{second}|保留|学习率")];
        let view = read(&table(&[header, &rows[0], &rows[1]]));
        assert_eq!((super::metric(&view), view.goal()), (Some(metric), Some(goal)), "{header}");
        assert_eq!(claims(&view), [Keep, Keep], "{header}");
        assert_eq!(view.rows[1].description.raw(), "学习率", "{header}");
    }
    // A text of four characters is as long as eight letters.
    let view = read(&table(&["提交|loss|状态|甲|乙", "abc1234|3|保留|x1|降低学习率", "abc1235|2|丢弃|x2|更宽的网络"]));
    assert_eq!(view.rows[0].description.raw(), "降低学习率");
}

#[test]
fn invalid_bytes_are_reported_and_keep_words_distinct() {
    // In GBK: 保留 and 放弃.
    let mut bytes = b"commit\tloss\tstatus\tdescription\nabc1234\t3\tkeep\tb\n".to_vec();
    for word in [b"\xb1\xa3\xc1\xf4", b"\xb7\xc5\xc6\xfa"] {
        bytes.extend_from_slice(b"abc1235\t2\t");
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\tcaf\xe9\n");
    }
    let view = read_bytes(&bytes);
    assert_eq!(claims(&view), [Keep, Other, Other]);
    let words: Vec<&str> = view.reading.unknown_words.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["\\xb1\\xa3\\xc1\\xf4", "\\xb7\\xc5\\xc6\\xfa"]);
    assert_eq!(view.rows[1].description.raw(), "caf\\xe9");
    let note = "not UTF-8: 2 lines have invalid bytes, first in line 3; shown as \\xNN";
    assert!(view.reading.notes.iter().any(|one| one == note), "{:?}", view.reading.notes);
}

#[test]
fn one_word_beside_yes_and_no_takes_no_decision_away() {
    let of = |name: &str, cells: [&str; 4]| {
        let rows = cells.iter().enumerate().map(|(at, cell)| format!("abc123{at}\t{at}.5\t{cell}\n"));
        claims(&read(&format!("commit\tloss\t{name}\n{}", rows.collect::<String>())))
    };
    for other in ["pending", "BASELINE", "?", "n/a", "N/A", "tbd", "—"] {
        assert_eq!(of("kept", ["yes", "yes", "no", other]), [Keep, Keep, Discard, Other], "{other}");
        assert_eq!(of("reverted", ["no", "no", "yes", other]), [Keep, Keep, Discard, Other], "{other}");
    }
    assert_eq!(of("kept", ["yes", "yes", "no", "crash (oom)"]), [Keep, Keep, Discard, Crash]);
    // A cross is a yes where it is the only mark, a no next to a tick, and ambiguous next to words.
    assert_eq!(of("kept", ["x", "", "x", "no"]), [Keep, Other, Keep, Discard]);
    assert_eq!(of("kept", ["✓", "x", "✓", "X"]), [Keep, Discard, Keep, Discard]);
    assert_eq!(of("kept", ["yes", "x", "yes", "no"]), [Keep, Other, Keep, Discard]);
    // A dash is a no where nothing else is one.
    assert_eq!(of("kept", ["yes", "-", "yes", "-"]), [Keep, Discard, Keep, Discard]);
    assert_eq!(of("kept", ["-", "yes", "yes", "no"]), [Other, Keep, Keep, Discard]);
}

#[test]
fn a_row_that_another_column_discards_is_not_kept() {
    let of = |name: &str, cells: [&str; 3]| {
        let rows = cells.iter().enumerate().map(|(at, cell)| format!("abc123{at}\t{at}.5\tkeep\t{cell}\n"));
        claims(&read(&format!("commit\tloss\tstatus\t{name}\n{}", rows.collect::<String>())))
    };
    for name in ["final_status", "review", "human_verdict"] {
        assert_eq!(of(name, ["keep", "reverted", "keep"]), [Keep, Other, Keep], "{name}");
    }
    assert_eq!(of("prev_status", ["keep", "reverted", "keep"]), [Keep; 3], "of the row before");
    assert_eq!(of("expected", ["keep", "discard", "keep"]), [Keep; 3], "an expectation");
    assert_eq!(of("reverted_at", ["", "2026-03-21", ""]), [Keep, Other, Keep]);
    assert_eq!(of("reverted_by", ["-", "abc1239", "none"]), [Keep, Other, Keep]);
    assert_eq!(of("reverted", ["", "abc1239", ""]), [Keep, Other, Keep]);
    assert_eq!(of("correctness", ["PASS", "FAIL", "PASS"]), [Keep, Other, Keep]);
}

#[test]
fn a_row_that_fails_its_check_is_not_the_best() {
    for (name, pass, fail) in [
        ("correctness", "PASS", "FAIL"),
        ("valid", "1", "0"),
        ("is_valid", "True", "False"),
        ("tests", "passed", "failed"),
        ("tests_passed", "12/12", "9/12"),
        ("allclose", "yes", "no"),
    ] {
        let view = read(&format!(
            "commit\ttok_per_sec\t{name}\nabc1234\t200\t{pass}\nabc1235\t500\t{fail}\nabc1236\t213.2\t{pass}\n"
        ));
        assert_eq!(metric(&view), Some("tok_per_sec"), "{name}");
        assert_eq!(values(&view), [Some(200.0), None, Some(213.2)], "{name}");
    }
    // If most kept rows fail it, it is a count, or still pending.
    for (name, cells) in
        [("tests", ["10/12", "11/12", "12/12"]), ("verified", ["no", "no", "yes"]), ("passed", ["-", "", "yes"])]
    {
        let rows = cells.iter().enumerate().map(|(at, cell)| format!("abc123{at}\t{at}.5\tkeep\t{cell}\n"));
        let view = read(&format!("commit\tloss\tstatus\t{name}\n{}", rows.collect::<String>()));
        assert_eq!(claims(&view), [Keep; 3], "{name}");
    }
    let view = read("commit\tpassed\tstatus\nabc1\t4/42\tkeep\nabc2\t10/42\tkeep\nabc3\t42/42\tkeep\n");
    assert_eq!((metric(&view), claims(&view)), (Some("passed"), vec![Keep; 3]), "the objective itself");
    let view = read("commit\tcorrect\nabc1234\t812\nabc1235\t830\n");
    assert_eq!(metric(&view), Some("correct"), "a count");
}

#[test]
fn a_direction_is_read_from_columns_of_many_names() {
    for (name, lower, higher) in [
        ("metric_dir", "lower_is_better", "higher_is_better"),
        ("dir", "min", "max"),
        ("dir", "↓", "↑"),
        ("objective", "minimize", "maximize"),
        ("target", "lower", "higher"),
        ("want", "down", "up"),
    ] {
        let of = |cell: &str| read(&format!("commit\tfoo\tstatus\t{name}\nabc1\t1.5\tkeep\t{cell}\n")).goal();
        assert_eq!((of(lower), of(higher)), (Some(Goal::Minimize), Some(Goal::Maximize)), "{name} {lower}");
    }
}
