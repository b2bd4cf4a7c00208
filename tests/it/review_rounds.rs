//! Judging what an agent waits for: parts of it, rounds of it, and what the agent reads of that.

use crate::support::doors::{Agent, Says, Way, take};
use crate::support::drive::Driver;
use crate::support::{self, Loop};
use serde_json::json;

/// Sixty lines, three of which are turned.
fn text(first: &str, second: &str, third: &str) -> String {
    let line = |at: usize| match at {
        10 => format!("{first}\n"),
        30 => format!("{second}\n"),
        50 => format!("{third}\n"),
        _ => format!("x{at} = {at}\n"),
    };
    (1..=60).map(line).collect()
}

fn joined() -> Loop {
    let a_loop = Loop::new(&[("train.py", &text("LR = 1", "WD = 1", "BATCH = 1"))]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    assert!(a_loop.command(&["init"]).output().unwrap().status.success());
    a_loop
}

fn proposed(a_loop: &Loop, text: &str) -> String {
    a_loop.write("train.py", text);
    let head = a_loop.commit("a change");
    a_loop.reset();
    head
}

#[test]
fn the_agent_is_told_which_part_was_approved() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Command);
    let head = proposed(&a_loop, &text("LR = 2", "WD = 2", "BATCH = 2"));
    let id = agent.propose(&Says::keep(&head, "three at once"));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 100, 40);
    // The comment is on the second hunk, which is left out.
    driver.keys("<enter>}}jjjjmdecay is fine as it is<enter>x");
    driver.keys("aaone thing at a time<enter>");
    let (word, told) = agent.wait(&id, 5.0);
    assert_eq!(word, "partial", "{told}");
    let hunk = &told["hunks"][0];
    assert_eq!(
        *hunk,
        json!({"id": "h2", "path": "train.py", "old": [27, 33], "new": [27, 33], "verdict": "vetoed", "comment": "decay is fine as it is"})
    );
    assert_eq!(told["hunks"].as_array().unwrap().len(), 1, "what is not listed was taken as it was proposed");
    assert_eq!(told["approved_tree"], a_loop.git(&["rev-parse", "countersign/approved^{tree}"]).as_str());
    assert_ne!(told["approved_tree"], told["proposed_tree"]);
    assert_eq!(told["reason"], "one thing at a time");
    assert_eq!(
        a_loop.git(&["show", "countersign/approved:train.py"]),
        text("LR = 2", "WD = 1", "BATCH = 2").trim_end()
    );
    assert_eq!(a_loop.verify(&[]).0, Some(0));
}

#[test]
fn viewed_marks_survive_a_new_round_where_the_hunk_is_the_same() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Command);
    let head = proposed(&a_loop, &text("LR = 2", "WD = 2", "BATCH = 2"));
    let first = agent.propose(&Says::keep(&head, "first round"));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 100, 60);
    driver.keys("<enter>}<enter><enter><enter>").screen().footer().shows("all 3 hunks are viewed");
    driver.press("c").window().types("less decay").press("Enter");
    let kept = driver.outside.kept.clone();
    let head = proposed(&a_loop, &text("LR = 2", "WD = 3", "BATCH = 2"));
    agent.propose(&Says { supersedes: Some(first), ..Says::keep(&head, "second round") });
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 100, 60);
    driver.state.restore_drafts(kept);
    let diff = driver.press("Enter").screen().diff();
    assert_eq!(diff.rows_with("✓ viewed").len(), 2, "the one that changed is new: {diff}");
    assert!(diff.rows_with("hunk 2").iter().all(|row| !row.contains("viewed")), "{diff}");
    // What differs between the rounds is one key away.
    driver.press("d").screen().diff().shows("− WD = 2").shows("+ WD = 3");
}

#[test]
fn at_the_run_gate_nothing_is_amended() {
    let a_loop = joined();
    support::doors::policy(&a_loop, "gates: {run: human, keep: human}\n");
    let mut agent = Agent::new(&a_loop, Way::Command);
    let head = proposed(&a_loop, &text("LR = 2", "WD = 2", "BATCH = 2"));
    agent.propose(&Says::run(&head, "may I"));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 100, 40);
    for key in ["x", "E", "X"] {
        driver.press("Enter").press("}").press(key).screen().footer().shows("a run gate approves the proposal as is");
        assert!(driver.outside.edits.is_empty());
        driver.press("Esc");
    }
}

#[test]
fn a_comment_being_written_stays_with_its_line_or_is_told() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Command);
    let head = proposed(&a_loop, &text("LR = 2", "WD = 2", "BATCH = 2"));
    agent.propose(&Says::keep(&head, "three at once"));
    // Another one, whose approval moves the lines of the first.
    let longer = format!("# two\n# lines\n{}", text("LR = 1", "WD = 1", "BATCH = 1"));
    let other = proposed(&a_loop, &longer);
    let id = agent.propose(&Says::keep(&other, "a head"));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 100, 40);
    driver.keys("<enter>}}jjjjmdecay").screen().footer().shows("train.py:30");
    support::doors::approve(&a_loop, &id).unwrap();
    driver.observe();
    // Line 30 of the file that would be committed is another one now; the line that was meant is the 32nd.
    driver.screen().footer().shows("train.py:32").shows("decay");
    driver.types(" is fine").press("Enter");
    let comments: Vec<_> = driver.state.decisions.drafts.of.values().flat_map(|draft| &draft.comments).collect();
    assert_eq!((comments[0].line, comments[0].body.as_str()), (Some(32), "decay is fine"));
}

#[test]
fn a_written_comment_follows_its_line_when_the_branch_moves() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Command);
    let head = proposed(&a_loop, &text("LR = 2", "WD = 2", "BATCH = 2"));
    let first = agent.propose(&Says::keep(&head, "three at once"));
    let other = proposed(&a_loop, &format!("# two\n# lines\n{}", text("LR = 1", "WD = 1", "BATCH = 1")));
    let id = agent.propose(&Says::keep(&other, "a head"));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 100, 40);
    driver.keys("<enter>}}jjjjjmdecay is fine<enter>");
    support::doors::approve(&a_loop, &id).unwrap();
    driver.observe();
    let diff = driver.screen().diff();
    let row = |wanted: &str| diff.rows().iter().position(|row| row.contains(wanted)).unwrap();
    assert_eq!(row("+ WD = 2") + 1, row("✎ decay is fine"), "{diff}");
    driver.press("c").window().press("Enter");
    assert_eq!(agent.wait(&first, 5.0).1["comments"][0]["line"], 32);
}

#[test]
fn a_comment_whose_line_is_gone_is_not_put_on_another() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Command);
    let head = proposed(&a_loop, &text("LR = 2", "WD = 2", "BATCH = 2"));
    agent.propose(&Says::keep(&head, "three at once"));
    let other = proposed(&a_loop, &text("LR = 1", "WD = 2", "BATCH = 1"));
    let id = agent.propose(&Says::keep(&other, "decay alone"));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 100, 40);
    driver.keys("<enter>}}jjjjjmhigher still").screen().footer().shows("train.py:30");
    support::doors::approve(&a_loop, &id).unwrap();
    driver.observe();
    // It stays, with what was typed, and leads nowhere: the rest of the words are no commands.
    let screen = driver.types(" ok").press("Enter").screen();
    screen.footer().shows("no longer in the change").shows("still ok");
    assert!(driver.state.decisions.drafts.of.values().all(|draft| draft.comments.is_empty()));
    driver.press("Esc");
    assert!(driver.state.window.modal.is_none());
}
