//! The decision transaction, checked exhaustively within bounds: every crash between its steps and every move of
//! somebody who writes to the repository, in every order.
//!
//! Ledger and anchor are the real files, written by the real code; the branch is a value that a decision moves, as
//! `decide::transact` does, and recovery follows `decide::recover`. `MODEL_PERSON` and `MODEL_AGENT` are the numbers of
//! moves of each, 2 and 2 where nothing else is said.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::path::{Path, PathBuf};

use countersign::approved::{expected_tip, paused};
use countersign::ledger::{
    Anchors, Body, CandidateRecord, Chain, Ledger, LedgerPlace, LedgerStatus, LoopKey, Record, check_custody,
    line_hash, read_chain,
};
use countersign::model::{CommitId, DecisionKind, ExperimentId};

const BRANCH: &str = "countersign/approved";

/// All that is on the disk, and what the model knows of it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct World {
    ledger: Vec<u8>,
    anchors: BTreeMap<String, Vec<u8>>,
    branch: Option<CommitId>,
    /// Commits that decisions made, with the number and hash of the intent that each names.
    made: BTreeMap<CommitId, (u64, String)>,
    /// Hashes of records that the person was told to be on disk.
    told: BTreeSet<String>,
    /// Hashes of records that somebody else wrote.
    forged: BTreeSet<String>,
    /// The ledger as it was at an earlier moment, which somebody kept.
    kept: Option<Vec<u8>>,
    person: u8,
    agent: u8,
}

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        // What is synced thousands of times lies in memory, where there is a place for that.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self { folder: folder.unwrap() }
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("git/ledger.jsonl")
    }

    fn anchors(&self) -> Anchors {
        Anchors::below(self.folder.path())
    }

    fn load(&self, world: &World) {
        std::fs::create_dir_all(self.folder.path().join("git")).unwrap();
        std::fs::write(self.ledger(), &world.ledger).unwrap();
        let anchors = self.folder.path().join("anchors");
        let _ = std::fs::remove_dir_all(&anchors);
        std::fs::create_dir_all(&anchors).unwrap();
        for (name, bytes) in &world.anchors {
            std::fs::write(anchors.join(name), bytes).unwrap();
        }
    }

    fn read(&self, world: &mut World) {
        world.ledger = std::fs::read(self.ledger()).unwrap();
        let anchors = std::fs::read_dir(self.folder.path().join("anchors")).unwrap().flatten();
        world.anchors = anchors
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap()))
            .collect();
    }

    /// What the program makes of what is there.
    fn look(&self) -> (Chain, LedgerStatus) {
        let mut chain = read_chain(&self.ledger()).unwrap();
        let custody = self.check_custody(&chain);
        if custody.doubt.is_some() {
            chain.set_trusted_records(custody.believed);
        }
        (chain, custody)
    }

    fn check_custody(&self, chain: &Chain) -> LedgerStatus {
        let root = || Some("0123".to_owned());
        let ledger = self.ledger();
        check_custody(
            &self.anchors(),
            chain,
            &LedgerPlace { ledger: &ledger, work_tree: "/w", asked: &[], root: &root },
        )
        .unwrap()
    }
}

fn key() -> LoopKey {
    LoopKey { work_tree: "/w".into(), branch: "b".into(), results: "results.tsv".into() }
}

fn commit_of(text: &str) -> CommitId {
    line_hash(text.as_bytes())[..40].parse().unwrap()
}

/// A decision that is being written: each state of the disk at which the power may go is kept.
struct Writer<'a> {
    bench: &'a Bench,
    world: World,
    ledger: Ledger,
    crashes: Vec<World>,
}

impl Writer<'_> {
    fn append(&mut self, body: Body) -> (u64, String) {
        let before = self.world.clone();
        let entry = self.ledger.append(&key(), jiff::Timestamp::UNIX_EPOCH, body).unwrap();
        let made = (entry.record.seq, entry.hash.clone());
        self.bench.read(&mut self.world);
        // The anchor was prepared and nothing appended; half of a line; the whole line.
        let prepared = World { ledger: before.ledger.clone(), ..self.world.clone() };
        // Half a line that was there before is cut off first.
        let ends: Vec<usize> =
            self.world.ledger.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
        let start = ends.iter().rev().nth(1).copied().unwrap_or(0);
        let half = start + (self.world.ledger.len() - start) / 2;
        self.crashes.push(World { ledger: self.world.ledger[..half].to_vec(), ..self.world.clone() });
        self.crashes.push(prepared);
        self.crashes.push(self.world.clone());
        made
    }

    fn move_branch(&mut self, commit: CommitId) {
        self.world.branch = Some(commit);
        self.crashes.push(self.world.clone());
    }

    /// Ends what was interrupted, as at every start.
    fn settle(&mut self) {
        let open: Vec<(u64, String)> =
            self.ledger.chain().open_intents().iter().map(|intent| (intent.record.seq, intent.hash.clone())).collect();
        for (seq, hash) in open {
            let commit = self.world.branch.filter(|tip| self.world.made.get(tip) == Some(&(seq, hash.clone())));
            self.append(match commit {
                Some(commit) => decision(seq, commit),
                None => Body::Abandoned { intent: seq, reason: "interrupted".into() },
            });
        }
    }

    fn close(mut self) -> (World, Vec<World>) {
        self.ledger.close().unwrap();
        self.bench.read(&mut self.world);
        (self.world, self.crashes)
    }
}

fn decision(intent: u64, commit: CommitId) -> Body {
    Body::Decision {
        experiment: ExperimentId::new("e"),
        decision: DecisionKind::Approved,
        intent: Some(intent),
        commit: Some(commit),
        proposal: None,
        comments: Vec::new(),
        acknowledged: Vec::new(),
        on_screen_s: None,
        by_policy: false,
        reviewer: "A <a@b>".into(),
        reason: String::new(),
    }
}

fn hold(paused: bool) -> Body {
    Body::Paused { paused, reason: String::new(), reviewer: "A <a@b>".into() }
}

/// What the person does, with every crash on the way; nothing where the program refuses.
fn person(bench: &Bench, world: &World, approves: bool) -> Vec<World> {
    bench.load(world);
    let ledger = Ledger::lock(&bench.ledger()).unwrap();
    let custody = bench.check_custody(ledger.chain());
    if custody.doubt.is_some() {
        return Vec::new();
    }
    let ledger = ledger.anchored(bench.anchors(), &custody);
    let world = World { person: world.person + 1, ..world.clone() };
    let mut writer = Writer { bench, world, ledger, crashes: Vec::new() };
    writer.settle();
    let expected = expected_tip(writer.ledger.chain(), BRANCH);
    if approves && writer.world.branch != expected.map(|(_, tip)| tip) {
        // Somebody moved the branch: nothing is decided.
        let (world, mut crashes) = writer.close();
        crashes.push(world);
        return crashes;
    }
    if writer.ledger.chain().entries.is_empty() {
        let (nonce, place) = ("00".to_owned(), "p".to_owned());
        writer.append(Body::Opened {
            nonce,
            root: Some("0123".into()),
            place,
            after: None,
            reviewer: String::new(),
            reason: String::new(),
        });
    }
    let last = if approves {
        let start = commit_of("start");
        let tip = expected.map_or(start, |(_, tip)| tip);
        let candidate = CandidateRecord {
            branch: BRANCH.into(),
            tip,
            creates_branch: expected.is_none(),
            tree: line_hash(b"tree")[..40].parse().unwrap(),
            measured_as_is: true,
            reverts: None,
            acknowledged: Vec::new(),
            hunks_unseen: 0,
            hunks: Vec::new(),
            by_tokens: false,
        };
        let (seq, hash) = writer.append(Body::Intent {
            experiment: ExperimentId::new("e"),
            decision: DecisionKind::Approved,
            candidate,
            on_screen_s: None,
            proposal: None,
            comments: Vec::new(),
            reviewer: "A <a@b>".into(),
            reason: String::new(),
        });
        let commit = commit_of(&format!("{seq}@{hash}"));
        writer.world.made.insert(commit, (seq, hash));
        writer.move_branch(commit);
        writer.append(decision(seq, commit))
    } else {
        writer.append(hold(true))
    };
    let (mut world, mut crashes) = writer.close();
    world.told.insert(last.1);
    crashes.push(world);
    crashes
}

/// What somebody does who writes to the repository, and not to the person's home.
fn agent(world: &World) -> Vec<World> {
    let mut next = Vec::new();
    let mut with = |change: &dyn Fn(&mut World)| {
        let mut other = World { agent: world.agent + 1, ..world.clone() };
        change(&mut other);
        next.push(other);
    };
    let whole = world.ledger.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let lines: Vec<&[u8]> = world.ledger[..whole].split_inclusive(|byte| *byte == b'\n').collect();
    if let Some(last) = lines.last() {
        let last: Record = serde_json::from_slice(last).unwrap();
        let prev = line_hash(lines[lines.len() - 1].strip_suffix(b"\n").unwrap());
        // A record that follows, in the person's name.
        let mut record = Record {
            seq: last.seq + 1,
            prev,
            at: jiff::Timestamp::UNIX_EPOCH,
            loop_key: key(),
            v: 1,
            signature: None,
            body: hold(false),
        };
        for body in [hold(false), decision(last.seq, commit_of("evil"))] {
            record.body = body;
            let line = serde_json::to_vec(&record).unwrap();
            with(&|other| {
                other.ledger.truncate(whole);
                other.ledger.extend([line.as_slice(), b"\n"].concat());
                other.forged.insert(line_hash(&line));
            });
        }
        // The end cut off, and half a line put there.
        with(&|other| other.ledger.truncate(whole - lines[lines.len() - 1].len()));
        with(&|other| {
            other.ledger.truncate(whole);
            other.ledger.extend(b"{\"v\":1,\"seq\":");
        });
    }
    // The whole ledger gone, kept, or put back as it was.
    with(&|other| other.ledger.clear());
    match &world.kept {
        None => with(&|other| other.kept = Some(world.ledger.clone())),
        Some(kept) => with(&|other| other.ledger.clone_from(kept)),
    }
    with(&|other| other.branch = Some(commit_of("evil")));
    with(&|other| other.branch = None);
    for commit in world.made.keys() {
        with(&|other| other.branch = Some(*commit));
    }
    next
}

/// What must hold in every state.
fn check(bench: &Bench, world: &World) {
    bench.load(world);
    let (chain, custody) = bench.look();
    let trouble = || format!("{:?}\n{}", custody.doubt, String::from_utf8_lossy(&world.ledger));
    let believed: HashSet<&str> = chain.entries.iter().map(|entry| entry.hash.as_str()).collect();
    assert!(world.forged.iter().all(|hash| !believed.contains(hash.as_str())), "a forged record counts: {}", trouble());
    if world.agent == 0 {
        assert_eq!(custody.doubt, None, "a crash alone makes no doubt: {}", trouble());
    }
    if custody.doubt.is_some() {
        return;
    }
    assert!(world.told.iter().all(|hash| believed.contains(hash.as_str())), "a decision is lost: {}", trouble());
    // A hold that the person was told of stands: nothing in this model lets the loops go on.
    let held = chain.entries.iter().any(|entry| matches!(entry.record.body, Body::Paused { paused: true, .. }));
    assert_eq!(paused(&chain).is_some(), held, "{}", trouble());
    // Where nothing is said, the branch is where a decision of the person's left it.
    if let Some((_, expected)) = expected_tip(&chain, BRANCH) {
        assert!(world.made.contains_key(&expected), "nobody decided {expected}: {}", trouble());
    }
}

#[test]
fn no_crash_and_no_move_of_an_agent_loses_or_forges_a_decision() {
    let bound = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let (persons, agents): (u8, u8) = (bound("MODEL_PERSON"), bound("MODEL_AGENT"));
    let bench = Bench::new();
    let first = World {
        ledger: Vec::new(),
        anchors: BTreeMap::new(),
        branch: None,
        made: BTreeMap::new(),
        told: BTreeSet::new(),
        forged: BTreeSet::new(),
        kept: None,
        person: 0,
        agent: 0,
    };
    let mut seen = HashSet::from([first.clone()]);
    let mut queue = VecDeque::from([first]);
    let mut refused = 0;
    while let Some(world) = queue.pop_front() {
        check(&bench, &world);
        let mut next = Vec::new();
        if world.person < persons {
            for approves in [true, false] {
                let reached = person(&bench, &world, approves);
                refused += usize::from(reached.is_empty());
                next.extend(reached);
            }
        }
        if world.agent < agents {
            next.extend(agent(&world));
        }
        for world in next {
            if seen.insert(world.clone()) {
                queue.push_back(world);
            }
        }
    }
    eprintln!("{} states, {refused} refused", seen.len());
    assert!(seen.len() > 1000 && refused > 100, "the model goes nowhere: {} states", seen.len());
}
