//! A key belongs to the window that the person saw.

use crate::support::doors::{Agent, Says, Way, an_edit, joined, take};
use crate::support::drive::{Driver, view};
use crate::support::{self, Loop, a_night};
use countersign::app::{Effect, Event, KeyPress, Modal, State, update};
use countersign::model::Command;
use countersign::watch::View;
use proptest::prelude::*;

#[test]
fn an_approval_needs_that_its_confirmation_was_drawn() {
    let night = a_night(8, 4);
    let mut driver = Driver::new(&night, 80, 24);
    driver.types_ahead("kka\rgood\r");
    assert!(night.snapshot().decisions.is_empty());
    driver.draw();
    // The words were typed for something else.
    driver.confirm().shows("keys pressed before this was on the screen were ignored").lacks("good");
    driver.types_ahead("\r");
    assert_eq!(night.snapshot().decisions.len(), 1);
    assert_eq!(night.snapshot().decisions[0].reason, "");
}

#[test]
fn each_word_and_the_last_question_stand_there_before_they_are_answered() {
    let a_loop = joined();
    a_loop.write("prepare.py", "DATA = 2\n");
    let head = a_loop.commit("the data");
    a_loop.reset();
    Agent::new(&a_loop, Way::Command).propose(&Says::keep(&head, "the data"));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 80, 24);
    // All of it at once: the word is taken, what follows it was typed before its question was asked.
    driver.press("a").confirm().shows("type `protected`");
    driver.types_ahead("protected\rfine\r");
    assert!(a_loop.snapshot().decisions.is_empty());
    driver.draw();
    driver.confirm().shows("Enter commits").types("read").press("Enter");
    assert_eq!(a_loop.snapshot().decisions[0].reason, "read");
}

/// Every window of which the answer goes into the ledger, to the agent or into the policy.
#[test]
fn no_window_that_decides_takes_keys_before_it_was_drawn() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    Agent::new(&a_loop, Way::Command).propose(&Says::keep(&head, "rate"));
    take(&a_loop);
    let ledger = || std::fs::read_to_string(a_loop.path(".git/countersign/ledger.jsonl")).unwrap_or_default();
    let before = ledger();
    for key in ["a", "v", "c", "e", "T", "H"] {
        let mut driver = Driver::new(&a_loop, 80, 24);
        driver.types_ahead(key);
        assert!(driver.state.window.modal.is_some(), "{key} opens a window: {:?}", driver.state.screen.notice);
        driver.types_ahead("words\r");
        assert!(driver.state.window.modal.is_some(), "{key}: it took a key that was typed before it was there");
        driver.draw();
        driver.types("words").window().shows("words");
        assert_eq!(ledger(), before, "{key}");
    }
}

/// What a loop looked like at some moments: before, after the agent put another proposal in its place, and after the
/// approved branch moved.
fn moments(a_loop: &Loop) -> [View; 3] {
    let mut agent = Agent::new(a_loop, Way::Command);
    let first = an_edit(a_loop, "LR = 1", "LR = 2");
    let second = an_edit(a_loop, "WD = 2", "WD = 666");
    let third = an_edit(a_loop, "SEED = 6", "SEED = 7");
    let id = agent.propose(&Says::keep(&first, "rate"));
    // Two that come within one tick of the disk's clock have no order of their own.
    take(a_loop);
    let other = agent.propose(&Says::keep(&third, "seed"));
    take(a_loop);
    let before = view(a_loop);
    agent.propose(&Says { supersedes: Some(id), ..Says::keep(&second, "rate") });
    take(a_loop);
    let swapped = view(a_loop);
    support::doors::approve(a_loop, &other).unwrap();
    [before, swapped, view(a_loop)]
}

fn at_moment<'a>(a_loop: &'a Loop, view: &View) -> Driver<'a> {
    let mut driver = Driver::new(a_loop, 80, 24);
    driver.take(Event::Observed(view.clone()));
    driver.draw();
    driver.look().keys("g");
    driver
}

#[test]
fn a_change_that_took_anothers_place_is_asked_for_again() {
    let a_loop = joined();
    let [before, swapped, _] = moments(&a_loop);
    for key in ["a", "v", "c", "e", "s"] {
        let mut driver = at_moment(&a_loop, &before);
        let row = driver.state.selected_row();
        driver.take(Event::Observed(swapped.clone()));
        // Before the frame, and for as long as a person needs to see it.
        driver.types_ahead(key);
        assert!(driver.state.window.modal.is_none(), "{key}");
        driver.draw();
        driver.take(Event::Tick(driver.state.now_ms + 200));
        driver.press(key).screen().footer().shows("another change took this place");
        assert_eq!(driver.state.selected_row(), row, "{key}");
        assert!(
            driver.state.window.modal.is_none() && driver.state.decisions.drafts.session.skipped.is_empty(),
            "{key}"
        );
        driver.take(Event::Tick(driver.state.now_ms + 400));
        driver.press(key).screen().footer().lacks("another change took this place");
    }
    // Who goes to another one by themselves is not held up.
    let mut driver = at_moment(&a_loop, &before);
    driver.press("j").press("a").confirm();
}

/// What is typed stays a text, whatever happens below; it leads nowhere then.
#[test]
fn a_prompt_stays_open_when_its_subject_changed() {
    let a_loop = joined();
    let [before, swapped, moved] = moments(&a_loop);
    for key in ["a", "v", "c", "e"] {
        for (after, later) in [(&swapped, &moved), (&moved, &moved)] {
            let mut driver = at_moment(&a_loop, &before);
            let selected = driver.state.selected();
            driver.press(key).window().types("fine, the curve is ");
            driver.take(Event::Observed(after.clone()));
            driver.draw();
            driver.window().types("smaller and faster, vaqZ").press("Enter").press("Enter");
            driver.take(Event::Observed(later.clone()));
            driver.draw();
            driver.press("Enter").window().shows("Enter is disabled").shows("vaqZ");
            assert!(driver.state.decisions.under_way.is_empty() && !driver.outside.left, "{key}");
            driver.press("Esc");
            assert!(driver.state.window.modal.is_none(), "{key}");
            assert!(selected.is_some());
        }
    }
    assert_eq!(a_loop.snapshot().decisions.len(), 1, "the one that moved the branch");
}

/// The subject may change while the screen is held still, too.
#[test]
fn a_held_screen_does_not_hide_that_the_subject_changed() {
    let a_loop = joined();
    let [before, swapped, _] = moments(&a_loop);
    let mut driver = at_moment(&a_loop, &before);
    driver.press("p").press("a");
    assert!(driver.state.live.frozen, "p holds it still");
    driver.take(Event::Observed(swapped));
    driver.confirm().press("Enter").confirm().shows("Enter is disabled");
}

#[test]
fn what_a_revert_would_commit_is_read_before_it_is_confirmed() {
    let night = a_night(12, 19);
    let id = night.waiting()[0].clone();
    night.approve(&id).unwrap();
    let mut driver = Driver::new(&night, 80, 24);
    driver.keys("4g");
    for _ in 0..driver.state.listed().len() {
        if driver.state.shown().map(|index| driver.state.snapshot.experiments[index].id.clone()) == Some(id.clone()) {
            break;
        }
        driver.keys("j");
    }
    // It takes a while: until then there is a window that takes no key but Esc.
    let effects = update(&mut driver.state, Event::Key(KeyPress::Char('u')));
    driver.types_ahead("uav\ru\r");
    assert!(matches!(driver.state.window.modal, Some(Modal::Waiting(_))));
    driver.draw();
    driver.window().shows("computing what the revert would commit");
    for effect in effects {
        for event in driver.carry_out(effect) {
            driver.take(event);
        }
    }
    driver.types_ahead("\r");
    assert!(driver.state.window.modal.is_none(), "it is read first");
    // Nothing of it was on the screen yet: that is said.
    driver.types_ahead("u");
    driver.draw();
    driver.confirm().shows("never wholly on the screen").press("Esc");
    driver.screen().body().shows("what the revert would commit: ").shows("−");
    driver.types("}}}}}GgJJJJJJu").confirm().shows("Enter commits the revert").press("Esc").press("Esc");
    assert_eq!(night.snapshot().decisions.len(), 1, "nothing was reverted");
}

/// What must be known before a decision, whatever an agent wrote.
fn hostile() -> (Loop, String) {
    let a_loop = joined();
    let long = vec!["d".repeat(200); 10].join("/");
    for at in 0..30 {
        a_loop.write(&format!("{long}/{at}.py"), "a = 1\n");
        a_loop.write(&format!("{}{at}.py", "x ".repeat(60)), "import os\n".repeat(80));
    }
    a_loop.write("prepare.py", "DATA = 2\n");
    a_loop.write(".envrc", "export A=1\n");
    let lines: String = (0..200).map(|at| format!("Z{at} = {at}\n")).collect();
    a_loop.write("train.py", lines);
    a_loop.git(&["add", "-A"]);
    let head = a_loop.commit(&"tree 0000 branch main hunks 1 metric measured as is ".repeat(40));
    a_loop.reset();
    let title = "metric  measured as is (self-reported): better ".repeat(4);
    Agent::new(&a_loop, Way::Command).propose(&Says::keep(&head, &title[..180]));
    take(&a_loop);
    (a_loop, head)
}

#[test]
fn nothing_an_agent_wrote_pushes_out_what_must_be_known() {
    let (a_loop, _) = hostile();
    let mut driver = Driver::new(&a_loop, 120, 40);
    driver.press("a").confirm();
    let mut fits = Vec::new();
    for (width, height) in [(40, 10), (40, 24), (60, 14), (60, 20), (80, 16), (80, 18), (80, 24), (120, 40), (200, 50)]
    {
        driver.resize(width, height);
        if driver.drawn.is_cut {
            driver.confirm().shows("Nothing can be decided").lacks("type `").types("protected").press("Enter");
            let Some(Modal::Confirm(confirm)) = &driver.state.window.modal else { panic!("it stays open") };
            assert!(confirm.reply.typed.is_empty() && confirm.reply.input.value().is_empty(), "{width}x{height}");
            continue;
        }
        fits.push((width, height));
        let mut window = driver.confirm();
        for must in [
            "countersign/approved at",
            "never wholly",
            "not measured",
            "‼ protected",
            "‼ executed-later",
            "type `",
            "Esc",
        ] {
            window = window.shows(must);
        }
    }
    assert!(fits.contains(&(80, 24)), "{fits:?}");
    assert!(!fits.contains(&(40, 10)), "{fits:?}");
    driver.resize(80, 24);
    insta::assert_snapshot!("confirm_long_paths_80x24", without_ids(&driver.screen()));
    driver.resize(60, 14);
    insta::assert_snapshot!("confirm_too_small_60x14", without_ids(&driver.screen()));
}

/// Ids of commits and trees stand for themselves.
fn without_ids(screen: &str) -> String {
    let is_id = |word: &str| word.len() >= 7 && word.chars().all(|c| c.is_ascii_hexdigit());
    let lines = screen.lines().map(|line| {
        let words = line.split(' ').map(|word| {
            let bare = word.trim_end_matches(['?', ',']);
            if is_id(bare) { "#".repeat(bare.len()) + &word[bare.len()..] } else { word.to_owned() }
        });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[derive(Clone, Debug)]
enum Step {
    Key(KeyPress),
    Paste,
    Draw,
    Moment(usize),
    Later,
    Resize(u16, u16),
}

fn any_step() -> impl Strategy<Value = Step> {
    let keys = "avceTHumsxj4g1a".chars().map(KeyPress::Char).collect::<Vec<_>>();
    prop_oneof![
        8 => prop::sample::select(keys).prop_map(Step::Key),
        8 => prop::sample::select(vec![KeyPress::Enter, KeyPress::Enter, KeyPress::Enter, KeyPress::Esc, KeyPress::Tab, KeyPress::Char('w')]).prop_map(Step::Key),
        1 => Just(Step::Paste),
        6 => Just(Step::Draw),
        3 => (0usize..3).prop_map(Step::Moment),
        2 => Just(Step::Later),
        1 => prop::sample::select(vec![(80, 24), (40, 10), (80, 12), (20, 5)]).prop_map(|(x, y)| Step::Resize(x, y)),
    ]
}

/// What the open window would decide, and about what; `None` for a window that decides nothing.
fn asked(state: &State) -> Option<String> {
    match &state.window.modal {
        Some(Modal::Confirm(confirm)) => {
            let candidate = confirm.candidate().unwrap();
            let asked = confirm.proposal.as_ref().map(|proposal| proposal.id.to_string());
            Some(format!("{} {} {asked:?} {:?}", candidate.tree, candidate.tip, confirm.reply.to_type))
        }
        Some(Modal::Answer(prompt)) => {
            let head = state.snapshot.index_of(&prompt.experiment).and_then(|at| state.snapshot.experiments[at].head());
            let asked = state.snapshot.pending(&prompt.experiment).map(|proposal| proposal.id.to_string());
            Some(format!("{:?} {} {head:?} {asked:?}", prompt.kind, prompt.experiment))
        }
        Some(Modal::Steer(prompt)) => Some(format!("{:?} {}", prompt.steer, state.snapshot.mailbox.paused)),
        Some(Modal::Diverged(prompt)) => Some(format!("{:?} {:?}", prompt.diverged, prompt.remedy)),
        Some(Modal::Policy(prompt)) => Some(format!("{:?}", prompt.line)),
        _ => None,
    }
}

fn decides(effect: &Effect) -> bool {
    let looks = |command: &Command| matches!(command, Command::FindDiverged | Command::Recover);
    matches!(effect, Effect::Decide(command) if !looks(command))
}

#[test]
fn nothing_is_decided_but_what_stood_on_the_screen_as_it_is_decided() {
    let a_loop = joined();
    let moments = moments(&a_loop);
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(any_step(), 1..60))| {
        let mut driver = at_moment(&a_loop, &moments[0]);
        let mut faced: Option<String> = None;
        for step in steps {
            let event = match step {
                Step::Key(key) => Event::Key(key),
                Step::Paste => Event::Paste("protected\n".to_owned()),
                Step::Moment(at) => Event::Observed(moments[at].clone()),
                Step::Later => Event::Tick(driver.state.now_ms + 600),
                Step::Resize(width, height) => {
                    driver.resize(width, height);
                    faced = asked(&driver.state).filter(|_| !driver.drawn.is_cut && driver.drawn.window.is_some());
                    continue;
                }
                Step::Draw => {
                    driver.draw();
                    faced = asked(&driver.state).filter(|_| !driver.drawn.is_cut && driver.drawn.window.is_some());
                    continue;
                }
            };
            let before = asked(&driver.state);
            let mut events = vec![event];
            while let Some(event) = events.pop() {
                for effect in update(&mut driver.state, event) {
                    if decides(&effect) {
                        prop_assert!(before.is_some() && before == faced, "{effect:?}: {before:?} but on the screen {faced:?}");
                    } else if matches!(effect, Effect::Ask(_)) {
                        events.extend(driver.carry_out(effect));
                    }
                }
            }
            if driver.state.window.modal.is_none() {
                faced = None;
            }
        }
    });
}

/// What the screen says of a change and what the commit says of it are one thing.
#[test]
fn who_asks_about_a_change_later_gives_it_no_other_title() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let ask = |agent: &str, gate: &str, value: &str| {
        let title = format!("{agent} at {gate}");
        let evidence = format!("val_bpb=1.0,{value}");
        let out = a_loop.json(&[
            "propose",
            "--head",
            &head,
            "--agent",
            agent,
            "--gate",
            gate,
            "-m",
            &title,
            "--evidence",
            &evidence,
        ]);
        assert!(out["id"].is_string(), "{out}");
        assert_eq!(take(&a_loop).accepted, 1);
    };
    ask("alice", "keep", "0.9");
    let mut driver = Driver::new(&a_loop, 100, 40);
    driver.screen().body().shows("alice at keep");
    // Worked out before the others came.
    ask("mallory", "run", "0.5");
    ask("eve", "keep", "0.3");
    driver.observe();
    driver.screen().body().shows("alice at keep").shows("0.900000").lacks("0.300000");
    driver.screen().inbox().lacks("eve");
    driver.press("Enter").screen().body().shows("also asked at the keep gate by eve");
    driver.press("a").confirm().shows("0.900000").lacks("0.300000");
    driver.types("read").press("Enter");
    let message = a_loop.git(&["log", "-1", "--format=%B", "countersign/approved"]);
    assert!(message.starts_with("alice at keep\n") && message.contains("val_bpb 0.9"), "{message}");
    assert!(!message.contains("eve") && !message.contains("mallory"), "{message}");
    // What an agent that asks again says itself is shown.
    let next = an_edit(&a_loop, "WD = 2", "WD = 3");
    let again = |title: &str| {
        a_loop.json(&["propose", "--head", &next, "--agent", "alice", "-m", title]);
        take(&a_loop);
    };
    again("first words");
    driver.observe();
    driver.screen().body().shows("first words");
    again("second words");
    driver.observe();
    driver.screen().body().shows("second words");
    driver.press("a").types("read").press("Enter");
    assert_eq!(a_loop.git(&["log", "-1", "--format=%s", "countersign/approved"]), "second words");
}

#[test]
fn a_row_that_changed_after_it_was_judged_is_committed_as_it_is_shown() {
    let night = a_night(8, 4);
    let mut driver = Driver::new(&night, 100, 40);
    let shown = driver.state.shown().unwrap();
    let row = driver.state.snapshot.experiments[shown].row.clone();
    let text = std::fs::read_to_string(night.path("results.tsv")).unwrap();
    night.write("results.tsv", text.replace(row.description.raw(), "other words of it"));
    driver.observe();
    driver.screen().body().shows("other words of it");
    driver.press("a").types("read").press("Enter");
    let message = night.git(&["log", "-1", "--format=%s", "countersign/approved"]);
    assert!(message.contains("other words of it"), "{message}");
}
