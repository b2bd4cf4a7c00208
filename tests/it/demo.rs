//! The demo's loop and its recording: real training, real commits, and all of it again.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::doors::{answer, approve, approve_as, take};
use crate::support::{self, Loop, git_in};
use countersign::demo::{DemoDir, Recording, Replay, Speed, is_runnable, set_up, shipped, unpacked};
use countersign::model::{
    Amendment, Binding, Claim, Curves, DecisionKind, Edited, Gate, Outcome, Recorded, Snapshot, Trial, TrialEnd,
};
use countersign::policy::Policy;
use countersign::store::{CurveStore, LogMark, Saved};
use countersign::watch::{Watched, now_ms};

const DEADLINE: Duration = Duration::from_secs(60);

fn wait_until(what: &str, mut good: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !good() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

fn snapshot(dir: &Path, state: &Path) -> Snapshot {
    let mut watched = Watched::open(dir, state).unwrap();
    watched.poll(now_ms());
    watched.snapshot()
}

fn count(snapshot: &Snapshot, claim: Claim) -> usize {
    snapshot.experiments.iter().filter(|experiment| experiment.claim == claim).count()
}

#[test]
fn the_recording_holds_every_outcome_and_decision() {
    let night = Loop::recorded(1000);
    let snapshot = night.snapshot();
    assert!(snapshot.experiments.len() >= 60, "{}", snapshot.experiments.len());
    for claim in [Claim::Keep, Claim::Discard, Claim::Crash] {
        assert!(count(&snapshot, claim) > 0, "{claim:?}");
    }
    for kind in [DecisionKind::Approved, DecisionKind::Vetoed, DecisionKind::Reverted] {
        assert!(snapshot.count_decided(kind) > 0, "{kind:?}");
    }
    assert!(!snapshot.waiting.is_empty(), "something is left to decide");
    let with_curves = snapshot.experiments.iter().filter(|experiment| snapshot.trial(&experiment.id).is_some()).count();
    assert_eq!(with_curves, snapshot.experiments.len(), "every run has its curves");
    let trial = snapshot.trial(&snapshot.experiments[5].id).unwrap();
    let curves = night.curves(trial);
    assert!(curves.series["loss"].len() > 40 && !curves.along.seconds.is_empty() && !curves.along.tokens.is_empty());
    assert!(snapshot.warnings.is_empty(), "{:?}", snapshot.warnings);
    assert_eq!(snapshot.approved.trouble, None);
    // Who distrusts it finds nothing to object to.
    let verified = night.command(&["verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[test]
fn a_replay_ends_where_the_loop_ended() {
    let source = shipped().unwrap();
    let recording = Recording::read(source.dir(), source.state()).unwrap();
    let all = recording.len();
    let folder = tempfile::tempdir().unwrap();
    let place = DemoDir::kept(&folder.path().join("again"), &folder.path().join("state")).unwrap();
    let replay = Replay::begin(recording, &place, all - 4, now_ms()).unwrap();
    assert_eq!(replay.left(), 4);
    let before = snapshot(place.dir(), place.state());
    assert_eq!(before.experiments.len(), all - 4);
    let wanted = std::fs::read(source.dir().join("results.tsv")).unwrap();
    let results = place.dir().join("results.tsv");
    let running = replay.start(Speed(1000.0)).unwrap();
    wait_until("the last row", || std::fs::read(&results).unwrap() == wanted);
    drop(running);
    let after = snapshot(place.dir(), place.state());
    let recorded = snapshot(source.dir(), source.state());
    let ids = |snapshot: &Snapshot| snapshot.experiments.iter().map(|e| e.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&after), ids(&recorded));
    assert_eq!(after.head, recorded.head, "the loop stands where it stood");
    // The last log reads as the curve that was recorded.
    let last = recorded.trial(&recorded.experiments[all - 1].id);
    assert!(last.is_none(), "the recording has moved: its archive is found by the replay alone");
    assert!(after.trials.iter().any(|trial| trial.end == TrialEnd::Finished));
}

#[test]
fn a_recording_in_another_repository_is_unpacked() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-runs/recorded");
    let folder = unpacked(&dir).unwrap().expect("its git directory is called git");
    let recording = Recording::read(folder.dir(), folder.state()).unwrap();
    let other = shipped().unwrap();
    assert_eq!(recording.len(), Recording::read(other.dir(), other.state()).unwrap().len());
    let night = support::a_night(4, 4);
    assert!(unpacked(night.dir()).unwrap().is_none(), "a run directory is one as it is");
    let recording = Recording::read(night.dir(), &night.state()).unwrap();
    assert_eq!(recording.len(), night.snapshot().experiments.len());
}

#[test]
fn a_folder_with_something_in_it_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "precious").unwrap();
    let error = DemoDir::kept(folder.path(), folder.path()).err().unwrap().to_string();
    assert!(error.contains("is not empty"), "{error}");
}

/// The tiny loop with runs of a third of a second.
fn quick_loop() -> Option<(tempfile::TempDir, DemoDir)> {
    quick_loop_with(None)
}

fn quick_loop_with(gate: Option<Gate>) -> Option<(tempfile::TempDir, DemoDir)> {
    if !is_runnable() {
        eprintln!("skipped: there is no python3 here");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = DemoDir::kept(&folder.path().join("run"), &folder.path().join("state/countersign")).unwrap();
    set_up(&place, 1_760_000_000, gate).unwrap();
    let prepare = place.dir().join("prepare.py");
    let text = std::fs::read_to_string(&prepare).unwrap();
    let quick = text.replace("TIME_BUDGET = 4.0", "TIME_BUDGET = 0.3");
    assert_ne!(quick, text);
    std::fs::write(&prepare, quick).unwrap();
    // A step counts as five milliseconds, whatever it took: what is better must not hang on how busy the machine is.
    let train = place.dir().join("train.py");
    let text = std::fs::read_to_string(&train).unwrap();
    let counted = text.replace("trained += time.time() - before", "trained += 0.005");
    assert_ne!(counted, text);
    std::fs::write(&train, counted).unwrap();
    assert!(git_in(place.dir(), &["commit", "-qam", "quick"]).status.success());
    Some((folder, place))
}

fn agent(dir: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.args(["-u", "agent.py"]).args(words).current_dir(dir).stdin(Stdio::null()).stderr(Stdio::inherit());
    command
}

#[test]
fn the_agent_edits_commits_trains_and_keeps_for_real() {
    let Some((_folder, place)) = quick_loop() else { return };
    // The first ideas are always the same: a rate twice, a seed, the context, the evaluation, a rate, a crash.
    let status = agent(place.dir(), &["--seed", "1", "--experiments", "7"]).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    let after = snapshot(place.dir(), place.state());
    assert_eq!(after.experiments.len(), 8, "{:?}", after.warnings);
    assert_eq!(after.experiments.last().unwrap().outcome, Outcome::Crashed);
    assert!(after.experiments[0].is_baseline);
    for experiment in &after.experiments[1..] {
        let change = experiment.change.as_ref().expect("its commit is in the reflog and changes something");
        let stat = git_in(place.dir(), &["diff", "--stat", &change.base.to_string(), &change.head.to_string()]);
        assert!(!stat.stdout.is_empty());
    }
    // It learns: real gains over a start that is too slow.
    let value = |at: usize| after.experiments[at].outcome.value().unwrap();
    assert!(value(1) < value(0), "{} {}", value(0), value(1));
    let bound = after.objective.as_ref().unwrap().bound.unwrap();
    assert!(
        after.experiments.iter().filter_map(|e| e.outcome.value()).all(|value| value > bound),
        "nobody passes the floor in 0.3 s"
    );
    let crash = after.trials.last().unwrap();
    assert!(
        matches!(&crash.end, TrialEnd::Crashed(lines) if lines.last().unwrap().raw().contains("gate")),
        "{:?}",
        crash.end
    );
    let names = std::fs::read_dir(place.dir()).unwrap().flatten().map(|entry| entry.file_name()).collect::<Vec<_>>();
    assert!(!names.iter().any(|name| name == "__pycache__"), "{names:?}");
}

#[test]
fn the_gated_agent_proposes_goes_on_and_obeys() {
    let Some((_folder, place)) = quick_loop() else { return };
    let mut child = agent(place.dir(), &["--seed", "1", "--experiments", "4", "--gate", "keep"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let inbox = place.dir().join(".countersign/inbox/new");
    let results = || std::fs::read_to_string(place.dir().join("results.tsv")).unwrap();
    wait_until("a proposal", || std::fs::read_dir(&inbox).is_ok_and(|mut all| all.next().is_some()));
    let first = std::fs::read_dir(&inbox).unwrap().next().unwrap().unwrap().path();
    let proposal: serde_json::Value =
        serde_json::from_slice(&std::fs::read(first.join("proposal.json")).unwrap()).unwrap();
    assert_eq!((proposal["v"].as_u64(), proposal["gate"].as_str()), (Some(1), Some("keep")));
    assert!(proposal["change"]["head"].as_str().is_some_and(|head| head.len() == 40));
    assert!(proposal["evidence"][0]["after"].as_f64() < proposal["evidence"][0]["before"].as_f64());
    // It carries on meanwhile, and nothing counts as kept.
    wait_until("other experiments", || std::fs::read_dir(&inbox).unwrap().count() > 1 || results().contains("discard"));
    assert_eq!(results().matches("\tkeep\t").count(), 1, "the baseline alone: {}", results());
    // Whatever is not an approval is none.
    let outbox = place.dir().join(".countersign/outbox");
    std::fs::create_dir_all(&outbox).unwrap();
    wait_until("the end", || {
        for entry in std::fs::read_dir(&inbox).unwrap().flatten() {
            let id = entry.file_name().into_string().unwrap();
            let answer = format!("{{\"v\":1,\"id\":\"{id}\",\"decision\":\"vetoed\",\"reason\":\"not today\"}}");
            let draft = outbox.join(format!("{id}.tmp"));
            std::fs::write(&draft, answer).unwrap();
            std::fs::rename(&draft, outbox.join(format!("{id}.json"))).unwrap();
        }
        child.try_wait().unwrap().is_some()
    });
    assert!(results().contains("(vetoed: not today)"), "{}", results());
    assert_eq!(results().matches("\tkeep\t").count(), 1, "{}", results());
}

/// Agents that are ended with the test.
struct Agents(Vec<std::process::Child>);

impl Drop for Agents {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // The end of its input is its sign to end, and it takes its training run with it.
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

#[test]
fn agents_ask_at_both_gates_by_every_door_and_bases_move_for_real() {
    for (gate, via, count) in [(Gate::Keep, "folder", 2), (Gate::Run, "command", 1), (Gate::Keep, "mcp", 2)] {
        let Some((folder, place)) = quick_loop_with(Some(gate)) else { return };
        let a_loop = Loop::at(folder.path().canonicalize().unwrap());
        let main = a_loop.dir().to_string_lossy().into_owned();
        let start = |number: usize| {
            let (seed, number) = ((number + 3).to_string(), number.to_string());
            let binary = support::binary();
            let mut words = vec!["--gate", gate.word(), "--via", via, "--countersign", &binary, "--until-eof"];
            words.extend(["--seed", &seed, "--number", &number]);
            if number != "1" {
                words.extend(["--main", &main]);
            }
            agent(place.dir(), &words).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
        };
        let _agents = Agents((1..=count).map(start).collect());
        // A person who lets run and keeps all but what touches the evaluation.
        wait_until("three approvals", || {
            take(&a_loop);
            let snapshot = a_loop.snapshot();
            for index in snapshot.waiting.iter() {
                let Some(proposal) = snapshot.pending(&snapshot.experiments[*index].id) else { continue };
                let id = proposal.id.as_str();
                let approved = match proposal.gate {
                    Gate::Run => answer(&a_loop, id, DecisionKind::Approved, "", Vec::new()),
                    Gate::Keep => approve(&a_loop, id),
                };
                if approved.is_err() {
                    // It touches the evaluation, and the agent would wait for ever; or it went stale while
                    // we looked, and then it is answered already.
                    let _ = answer(&a_loop, id, DecisionKind::Vetoed, "not this one", Vec::new());
                }
            }
            let by_hand = snapshot.decisions.iter().filter(|one| one.commit.is_some()).count();
            let rows = snapshot.experiments.iter().filter(|one| one.has_row() && one.claim == Claim::Keep).count();
            let proposals = snapshot.proposals.iter();
            // Every agent asked, and the base moved under them.
            let asked: HashSet<&str> = proposals.clone().map(|proposal| proposal.agent.session.raw()).collect();
            let bases: HashSet<_> = proposals.map(|proposal| proposal.base).collect();
            by_hand >= 3 && rows >= 3 && asked.len() == count && bases.len() > 1
        });
        let snapshot = a_loop.snapshot();
        assert!(snapshot.proposals.iter().all(|proposal| proposal.agent.name.raw().contains("tiny-lm")), "{via}");
        if gate == Gate::Run {
            assert!(snapshot.proposals.iter().any(|proposal| proposal.gate == Gate::Run));
        }
        let (code, said) = a_loop.verify(&[]);
        assert_eq!(code, Some(0), "{via}: {said}");
    }
}

#[test]
fn what_is_approved_in_part_is_measured_before_the_agent_builds_on_it() {
    let Some((folder, place)) = quick_loop_with(Some(Gate::Keep)) else { return };
    let a_loop = Loop::at(folder.path().canonicalize().unwrap());
    let words = ["--gate", "keep", "--until-eof", "--seed", "1"];
    let child = agent(place.dir(), &words).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let _agents = Agents(vec![child]);
    let mut approved = None;
    wait_until("an approval in part", || {
        take(&a_loop);
        let snapshot = a_loop.snapshot();
        for index in snapshot.waiting.iter() {
            let Some(proposal) = snapshot.pending(&snapshot.experiments[*index].id) else { continue };
            let shown = format!("{}:train.py", proposal.head);
            let text = format!("{}\n# as the reviewer wants it\n", a_loop.git(&["show", &shown]));
            let edited = Edited { path: "train.py".into(), content: text.as_bytes().into() };
            let amendment = Amendment { edited: vec![edited], ..Amendment::default() };
            approved = approve_as(&a_loop, proposal.id.as_str(), &amendment).ok();
            if approved.is_some() {
                break;
            }
        }
        approved.is_some()
    });
    let commit = approved.unwrap().commit.unwrap().to_string();
    let results = || std::fs::read_to_string(place.dir().join("results.tsv")).unwrap();
    wait_until("its row", || results().contains("(in part, ") && results().contains(" as approved)"));
    let is_below = || a_loop.try_git(&["merge-base", "--is-ancestor", &commit, "HEAD"]).status.success();
    wait_until("the agent on the approved commit", is_below);
}

#[test]
fn the_bound_in_the_policy_is_the_entropy_rate_of_the_source() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-runs/tiny-lm");
    let policy = Policy::parse(&std::fs::read_to_string(dir.join("policy.yaml")).unwrap()).unwrap();
    if !is_runnable() {
        eprintln!("skipped: there is no python3 here");
        return;
    }
    let python = |code: &str| {
        let out = Command::new("python3").args(["-B", "-c", code]).current_dir(&dir).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().parse::<f64>().unwrap()
    };
    let closed = python("import prepare; print(prepare.ENTROPY_RATE)");
    assert!((closed - policy.bound.unwrap()).abs() < 1e-6, "{closed}");
    // By a second method: what a long text of the source costs under its own probabilities.
    let measured = python(
        "import math, random, prepare
choose, bits, length = random.Random(5), 0.0, 0
for _ in range(40000):
    for slot in prepare.SENTENCE:
        words, weights = zip(*slot)
        at = choose.choices(range(len(words)), weights)[0]
        bits -= math.log2(weights[at] / sum(weights)); length += len(words[at])
print(bits / length)",
    );
    assert!((closed - measured).abs() < 0.002, "{closed} {measured}");
}

#[test]
fn readme_and_files_of_the_demo_agree() {
    // The loop that is carried in the program is the one that lies in the folder.
    let folder = tempfile::tempdir().unwrap();
    let place = DemoDir::kept(&folder.path().join("loop"), &folder.path().join("state")).unwrap();
    set_up(&place, 0, None).unwrap();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-runs/tiny-lm");
    for name in ["prepare.py", "train.py", "program.md", "agent.py"] {
        assert_eq!(std::fs::read(dir.join(name)).unwrap(), std::fs::read(place.dir().join(name)).unwrap(), "{name}");
    }
    assert!(git_in(place.dir(), &["status", "--porcelain"]).stdout.is_empty(), "a clean work tree");
}

#[test]
fn a_hostile_recording_writes_nothing_outside_its_folder() {
    let night = support::a_night(3, 4);
    let outside = tempfile::tempdir().unwrap();
    let precious = outside.path().join("precious");
    std::fs::write(&precious, "precious").unwrap();
    // A log that is a link in the tree, and an archive that names a log elsewhere.
    std::os::unix::fs::symlink(&precious, night.path("run.log")).unwrap();
    night.git(&["add", "-f", "run.log"]);
    std::fs::write(night.path("train.py"), "linked = True\n").unwrap();
    let head = night.commit("a link");
    night.row(&head[..7], 0.4, "keep", "a link");
    let snapshot = night.snapshot();
    let path = night.path(".git/countersign/archive.db");
    let mut store = CurveStore::open(&path).unwrap();
    let (first, linked) = (&snapshot.experiments[1], snapshot.experiments.last().unwrap());
    for (experiment, log) in [(first, "../../evil.log"), (linked, "run.log")] {
        let head = experiment.head();
        let id = store.begin(&snapshot.identity.key(), log, head).unwrap();
        let series = [("loss".into(), [(0.0, 1.0), (1.0, 0.5)].into_iter().collect())].into();
        let trial = Trial {
            started_ms: Some(0),
            last_ms: Some(1),
            end: TrialEnd::Finished,
            recorded: Recorded::InMemory(Arc::new(Curves { series, ..Curves::default() })),
            summary: vec![("val_bpb".into(), 0.5)],
            ..Trial::begun(id, log, Binding::Head(head.unwrap()))
        };
        store.save(&trial, &LogMark::default(), &mut Saved::default()).unwrap();
    }
    drop(store);
    let recording = Recording::read(night.dir(), &night.state()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = DemoDir::kept(&folder.path().join("deep/again"), &folder.path().join("state")).unwrap();
    let wanted = std::fs::read(night.path("results.tsv")).unwrap();
    let running = Replay::begin(recording, &place, 0, now_ms()).unwrap().start(Speed(1000.0)).unwrap();
    wait_until("the last row", || std::fs::read(place.dir().join("results.tsv")).unwrap() == wanted);
    drop(running);
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
    assert!(!folder.path().join("evil.log").exists());
    let linked = std::fs::symlink_metadata(place.dir().join("run.log")).unwrap();
    assert!(!linked.file_type().is_symlink(), "links are files there");
}
