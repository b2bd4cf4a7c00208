//! What a person changes of a change before approving it: the tree that was shown is the tree that is
//! committed, and the agent is told which part of its change that is.

use std::sync::Arc;

use crate::support::{self, Loop, approval, candidate, one_line};
use countersign::model::{
    AgentText, Amendment, Built, DecisionKind, Edited, ExperimentId, LeftOut, LineSet, MergeKind, Verdict,
};
use countersign::query::Request;

const BEFORE: &str = "LR = 1\nDEPTH = 2\n\n\n\n\n\n\n\n\ndef f():\n    return 1\n\n\n\n\n\n\n\n\nEND = 1\n";
const AFTER: &str = "LR = 9\nDEPTH = 8\n\n\n\n\n\n\n\n\ndef f():\n    x = 3\n    return x\n\n\n\n\n\n\n\n\nEND = 7\n";

/// A loop with a baseline and one kept change of three hunks, a new file, and a mode.
fn a_change() -> (Loop, ExperimentId) {
    let made = Loop::new(&[("train.py", BEFORE), ("run.sh", "echo\n"), ("weights.bin", "a\0b")]);
    made.row(&made.short(), 0.9, "keep", "baseline");
    made.write("train.py", AFTER);
    made.write("notes.md", "one\ntwo\nthree\n");
    made.write("weights.bin", "a\0c");
    std::process::Command::new("chmod").arg("+x").arg(made.path("run.sh")).status().unwrap();
    let head = made.commit("three hunks");
    made.row(&head[..7], 0.8, "keep", "three hunks");
    let id = made.waiting().remove(0);
    (made, id)
}

fn lines(removed: &[u32], added: &[u32]) -> LineSet {
    LineSet { removed: removed.iter().copied().collect(), added: added.iter().copied().collect() }
}

fn left_out(path: &str, lines: impl Into<Option<LineSet>>) -> LeftOut {
    LeftOut { path: path.into(), lines: lines.into() }
}

fn amend(id: &ExperimentId, amendment: &Amendment) -> Request {
    Request::Amend(id.clone(), Arc::new(amendment.clone()))
}

fn at(made: &Loop, commit: &str, path: &str) -> String {
    made.git(&["show", &format!("{commit}:{path}")])
}

#[test]
fn a_hunk_lines_and_files_are_left_out_and_the_rest_is_committed() {
    let (made, id) = a_change();
    let amendment = Amendment {
        excluded: vec![
            // All of the second hunk, one line of the first, and three files whole.
            left_out("train.py", lines(&[2, 12], &[2, 12, 13])),
            left_out("run.sh", None),
            left_out("weights.bin", None),
            left_out("notes.md", lines(&[], &[2])),
        ],
        ..Amendment::default()
    };
    let judged = made.ask(&amend(&id, &amendment)).unwrap();
    let shown = candidate(&judged).unwrap();
    assert!(shown.measured.is_none(), "nobody has measured a part");
    assert_eq!(shown.files.iter().map(|file| file.path.raw()).collect::<Vec<_>>(), ["notes.md", "train.py"]);
    let decision = made.decider().approve(&approval(&judged).unwrap()).unwrap();
    assert_eq!(decision.kind, DecisionKind::Partial);
    let commit = decision.commit.unwrap().to_string();
    assert_eq!(made.git(&["rev-parse", &format!("{commit}^{{tree}}")]), shown.tree.to_string());
    let wanted = AFTER.replace("DEPTH = 8", "DEPTH = 2").replace("    x = 3\n    return x", "    return 1");
    assert_eq!(at(&made, &commit, "train.py"), wanted.trim_end());
    assert_eq!(at(&made, &commit, "notes.md"), "one\nthree");
    assert!(made.git(&["ls-tree", &commit, "run.sh"]).starts_with("100644"));
    assert_eq!(at(&made, &commit, "weights.bin"), "a\0b");
    let told: Vec<_> = decision.hunks.iter().map(|hunk| (hunk.path.raw(), hunk.verdict)).collect();
    assert_eq!(
        told,
        [
            ("notes.md", Verdict::Partial),
            ("run.sh", Verdict::Vetoed),
            ("train.py", Verdict::Partial),
            ("train.py", Verdict::Vetoed),
            ("weights.bin", Verdict::Vetoed),
        ]
    );
    assert_eq!(decision.hunks[2].removed, [[2, 2]]);
    let message = made.git(&["show", "-s", "--format=%B", &commit]);
    assert!(message.contains("Approved in part: the reviewer excluded changes to train.py, run.sh"), "{message}");
    assert!(message.contains("not measured as is"), "{message}");
    assert_eq!(made.verify(&[]).0, Some(0), "{:?}", made.verify(&[]));
    assert!(made.waiting().is_empty(), "it is settled");
}

#[test]
fn what_the_person_wrote_is_committed_with_them_as_co_author() {
    let (made, id) = a_change();
    let text = AFTER.replace("LR = 9", "LR = 4");
    let amendment = Amendment {
        edited: vec![Edited { path: "train.py".into(), content: text.as_bytes().into() }],
        excluded: vec![left_out("train.py", lines(&[21], &[22]))],
        ..Amendment::default()
    };
    let judged = made.ask(&amend(&id, &amendment)).unwrap();
    let decision = made.decider().approve(&approval(&judged).unwrap()).unwrap();
    assert_eq!(decision.kind, DecisionKind::Partial);
    let commit = decision.commit.unwrap().to_string();
    assert_eq!(at(&made, &commit, "train.py"), text.replace("END = 7", "END = 1").trim_end());
    let trailers = made.git(&["log", "-1", "--format=%(trailers:key=Co-authored-by,valueonly)", &commit]);
    assert_eq!(trailers.trim(), support::human().to_string());
    assert!(decision.hunks.iter().any(|hunk| hunk.verdict == Verdict::Edited));
    assert!(
        decision.hunks.iter().any(|hunk| hunk.verdict == Verdict::Vetoed && hunk.id == "h4"),
        "{:?}",
        decision.hunks
    );
    assert_eq!(made.verify(&[]).0, Some(0));
}

#[test]
fn another_amendment_than_the_one_that_was_shown_is_refused() {
    let (made, id) = a_change();
    let amendment = Amendment { excluded: vec![left_out("run.sh", None)], ..Amendment::default() };
    let judged = made.ask(&amend(&id, &amendment)).unwrap();
    let mut approval = approval(&judged).unwrap();
    approval.candidate.amendment = Amendment::default();
    let error = made.decider().approve(&approval).unwrap_err().to_string();
    assert!(error.contains("differs from what was shown"), "{error}");
    // Of two that nobody has measured, too.
    let other = Amendment { excluded: vec![left_out("notes.md", None)], ..Amendment::default() };
    approval.candidate.amendment = other;
    assert!(approval.candidate.measured.is_none());
    let error = made.decider().approve(&approval).unwrap_err().to_string();
    assert!(error.contains("differs from what was shown"), "{error}");
    // And an edit of a path that nothing may be written to.
    for path in [".git/hooks/post-commit", "../x", "a/../../b", ".GIT/config"] {
        let amendment = Amendment {
            edited: vec![Edited { path: AgentText::from(path), content: b"x".as_slice().into() }],
            ..Amendment::default()
        };
        made.ask(&amend(&id, &amendment)).expect_err(path);
    }
    assert_eq!(made.waiting(), [id]);
}

#[test]
fn leaving_everything_out_is_no_commit() {
    let (made, id) = a_change();
    let paths = ["train.py", "run.sh", "weights.bin", "notes.md"];
    let amendment = Amendment { excluded: paths.map(|path| left_out(path, None)).to_vec(), ..Amendment::default() };
    assert!(matches!(made.ask(&amend(&id, &amendment)).unwrap().built, Built::Contained(_)));
}

#[test]
fn constants_of_one_line_are_combined_token_by_token_when_the_person_wants_that() {
    let made = one_line();
    let ids = made.waiting();
    made.veto(&ids[0], "no").unwrap();
    let judged = made.judge(&ids[1]).unwrap();
    let Built::Conflict(conflict) = &judged.built else { panic!("{:?}", judged.built) };
    assert!(conflict.by_tokens, "it is offered");
    let amendment = Amendment { by_tokens: true, ..Amendment::default() };
    let judged = made.ask(&amend(&ids[1], &amendment)).unwrap();
    let shown = candidate(&judged).unwrap();
    assert_eq!(shown.combined, MergeKind::Tokens);
    assert!(shown.measured.is_none());
    assert!(judged.findings.iter().any(|finding| finding.message.contains("token by token")));
    let decision = made.decider().approve(&approval(&judged).unwrap()).unwrap();
    assert_eq!(decision.kind, DecisionKind::Approved, "all of the change was taken");
    assert_eq!(at(&made, &decision.commit.unwrap().to_string(), "train.py"), "opt = Adam(lr=0.1, wd=1e-4)\nEND = 1");
    assert_eq!(made.verify(&[]).0, Some(0));
}

#[test]
fn a_conflict_is_resolved_by_what_the_person_writes() {
    let made = one_line();
    let ids = made.waiting();
    made.veto(&ids[0], "no").unwrap();
    let text = "opt = Adam(lr=0.1, wd=5e-4)\nEND = 1\n";
    let amendment = Amendment {
        edited: vec![Edited { path: "train.py".into(), content: text.as_bytes().into() }],
        ..Amendment::default()
    };
    let judged = made.ask(&amend(&ids[1], &amendment)).unwrap();
    let decision = made.decider().approve(&approval(&judged).unwrap()).unwrap();
    assert_eq!(at(&made, &decision.commit.unwrap().to_string(), "train.py"), text.trim_end());
    assert_eq!(decision.kind, DecisionKind::Partial);
}
