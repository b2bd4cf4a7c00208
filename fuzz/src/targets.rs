//! Properties that must hold for any bytes, whoever wrote them. Shared by the fuzzer and by `tests/it/fuzz.rs`, which
//! runs each for a moment in every test run.

use std::path::Path;

use countersign::config::Preferences;
use countersign::decide::commit_message;
use countersign::format::{
    LogReader, MetricsCsv, MetricsJsonl, PiJsonl, ResultsTable, RunLog, TableReader, TfEvents, Wandb, read_patch,
};
use countersign::ledger::{Anchor, Body, Chain, Entry, GENESIS, LoopKey, Record, line_hash};
use countersign::mailbox::read_message;
use countersign::model::CommitText;
use countersign::model::{
    Amendment, Candidate, CandidateKind, CommitId, Content, DecisionKind, Edited, ExperimentId, Goal, LeftOut,
    LineKind, MergeKind, TreeId, knob_changes,
};
use countersign::policy::text::{Visible, is_hidden, json_for_terminals};
use countersign::policy::{Policy, refuse_path};
use countersign::repo::{LineMerge, merge_lines, merge_tokens, text_change};
use countersign::ui::Theme;

/// A fuzz target: it panics if a property does not hold.
type Target = fn(&[u8]);

/// All targets by name.
pub(crate) const ALL: [(&str, Target); 18] = [
    ("tsv", table::<ResultsTable>),
    ("pi_jsonl", table::<PiJsonl>),
    ("run_log", log::<RunLog>),
    ("metrics_jsonl", log::<MetricsJsonl>),
    ("metrics_csv", log::<MetricsCsv>),
    ("wandb", log::<Wandb>),
    ("tfevents", log::<TfEvents>),
    ("text", text),
    ("path", path),
    ("merge", merge),
    ("hunks", hunks),
    ("chain", chain),
    ("tampering", tampering),
    ("policy", policy),
    ("preferences", preferences),
    ("message", message),
    ("patch", patch),
    ("proposal", proposal),
];

/// One reader that got everything at once, and one that got it in chunks, as the first byte determines: the results
/// must be equal. Returns the bytes and the chunk size as well.
fn whole_and_parts<R: Default>(data: &[u8], push: impl Fn(&mut R, &[u8])) -> (R, R, &[u8], usize) {
    let (first, bytes) = data.split_first().unwrap_or((&0, data));
    let size = usize::from(*first % 23) + 1;
    let (mut whole, mut parts) = (R::default(), R::default());
    push(&mut whole, bytes);
    for part in bytes.chunks(size) {
        push(&mut parts, part);
    }
    (whole, parts, bytes, size)
}

fn table<R: TableReader + Default>(data: &[u8]) {
    let (mut whole, mut parts, bytes, size) = whole_and_parts(data, R::push);
    let (whole, parts) = (whole.view(), parts.view());
    assert_eq!(whole.rows, parts.rows, "chunks of {size}");
    assert_eq!(whole.warnings, parts.warnings, "chunks of {size}");
    assert_eq!((&whole.segments, whole.complete_rows), (&parts.segments, parts.complete_rows));
    // A table may end its lines with `\r` alone.
    let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    for row in &whole.rows {
        assert!((1..=lines).contains(&row.line));
        assert!(row.metrics.iter().all(|(_, value)| value.is_finite()), "{row:?}");
    }
    for warning in &whole.warnings {
        assert!(warning.line <= warning.end_line && warning.end_line <= lines, "{warning:?}");
    }
    assert!(whole.complete_rows <= whole.rows.len() && whole.rows.len() <= whole.complete_rows + 1);
}

fn log<R: LogReader + Default>(data: &[u8]) {
    let (whole, parts, _, size) = whole_and_parts(data, R::push);
    let (one, other) = (whole.curves().series, parts.curves().series);
    assert_eq!(one.len(), other.len(), "chunks of {size}");
    for ((name, one), (other_name, other)) in one.iter().zip(other.iter()) {
        assert_eq!((name, one.len()), (other_name, other.len()), "chunks of {size}");
    }
    let (whole, parts) = (whole.view(), parts.view());
    assert_eq!(whole.warnings, parts.warnings, "chunks of {size}");
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    assert_eq!(whole.summary.len(), parts.summary.len());
    assert!(whole.summary.iter().zip(&parts.summary).all(|(a, b)| a.0 == b.0 && same(a.1, b.1)));
    assert_eq!(whole.warnings, parts.warnings, "chunks of {size}");
    assert_eq!(whole.last_lines, parts.last_lines);
    assert!(whole.progress.is_none_or(|share| (0.0..=1.0).contains(&share)), "{:?}", whole.progress);
}

fn text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let shown = Visible::of(&text);
    assert!(!shown.as_str().chars().any(is_hidden), "{shown}");
    assert!(!shown.as_str().contains(['\n', '\t']));
    assert_eq!(Visible::message(shown.as_str()), shown, "visible text stays as it is");
    for cells in [0, 1, 7, 80] {
        assert!(shown.fit(cells).chars().count() <= shown.as_str().chars().count() + 1);
        assert!(Visible::message(&shown.fit(cells)).width() <= cells.max(1) || cells == 0);
    }
    let json = serde_json::to_string(&text).unwrap();
    let safe = json_for_terminals(&json);
    assert!(!safe.chars().any(|c| c != '\n' && is_hidden(c)));
    assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
}

/// Characters that file systems ignore in a name, by Apple's and Microsoft's own lists.
fn ignored(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

fn path(data: &[u8]) {
    let Ok(path) = std::str::from_utf8(data) else { return };
    if refuse_path(path).is_some() {
        return;
    }
    // A second definition of a forbidden path: by each file system's treatment of the name.
    assert!(!path.is_empty() && !path.starts_with('/') && !path.contains(['\\', '\0', '\n', '\r']));
    for part in path.split('/') {
        assert!(!matches!(part, "" | "." | ".."), "{path:?}");
        let apple: String = part.chars().filter(|c| !ignored(*c)).collect();
        assert!(!apple.eq_ignore_ascii_case(".git"), "{path:?}");
        let microsoft = part.split(':').next().unwrap_or(part).trim_end_matches([' ', '.']);
        assert!(!microsoft.eq_ignore_ascii_case(".git") && !microsoft.eq_ignore_ascii_case("git~1"), "{path:?}");
    }
}

/// Splits a text into three at the first two bytes 0xff.
fn three(data: &[u8]) -> [&[u8]; 3] {
    let mut parts = data.splitn(3, |byte| *byte == 0xff);
    [0; 3].map(|_| parts.next().unwrap_or_default())
}

fn merge(data: &[u8]) {
    let [base, ours, theirs] = three(data);
    let clean = |base: &[u8], ours: &[u8], theirs: &[u8]| match merge_lines(base, ours, theirs) {
        LineMerge::Clean { bytes, neighbours } => Some((bytes, neighbours)),
        LineMerge::Conflict { regions, .. } => {
            assert!(!regions.is_empty());
            None
        }
    };
    assert_eq!(clean(base, base, theirs).map(|found| found.0).as_deref(), Some(theirs));
    assert_eq!(clean(base, ours, base).map(|found| found.0).as_deref(), Some(ours));
    assert_eq!(clean(base, ours, ours).map(|found| found.0).as_deref(), Some(ours));
    let (one, other) = (clean(base, ours, theirs), clean(base, theirs, ours));
    assert_eq!(one.is_some(), other.is_some(), "swapping the sides does not change whether they conflict");
    if let (Some((one, _)), Some((other, _))) = (one, other) {
        assert_eq!(one, other, "nor the result");
        // Nothing is invented: each line is from one of the inputs.
        let lines = |text: &'_ [u8]| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (ours, theirs) = (lines(ours), lines(theirs));
        assert!(lines(&one).iter().all(|line| line.is_empty() || ours.contains(line) || theirs.contains(line)));
    }
    let by_tokens = merge_tokens(base, ours, theirs);
    assert_eq!(by_tokens, merge_tokens(base, theirs, ours), "the same token by token");
    let line_conflict = matches!(merge_lines(base, ours, theirs), LineMerge::Conflict { .. });
    assert!(by_tokens.is_none() || line_conflict, "tokens are only used where lines conflict");
}

fn hunks(data: &[u8]) {
    let [old, new, _] = three(data);
    let change = text_change("train.py", old, new);
    let _ = knob_changes(std::slice::from_ref(&change));
    let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
    if change.content != Content::Text || change.hunks_left_out > 0 || !is_text(old) || !is_text(new) {
        return;
    }
    let count =
        |kind: LineKind| change.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind == kind).count();
    assert_eq!((count(LineKind::Added), count(LineKind::Removed)), (change.added, change.removed));
    if change.hunks.iter().flat_map(|hunk| &hunk.lines).any(|line| line.cut > 0) {
        return;
    }
    // Applying the shown hunks to the old text gives the new one: nothing is left out.
    let old: Vec<&str> = std::str::from_utf8(old).unwrap_or_default().split_inclusive('\n').collect();
    let mut made = String::new();
    let mut at = 0;
    for hunk in &change.hunks {
        let first = hunk.lines.iter().find_map(|line| line.old).map_or(at, |line| line as usize - 1);
        // A hunk that only adds comes after the context before it, or at the start.
        made.extend(old[at..first.max(at)].iter().copied());
        at = first.max(at);
        for line in &hunk.lines {
            let end = if line.no_newline { "" } else { "\n" };
            match line.kind {
                LineKind::Added => made.push_str(&format!("{}{end}", line.text.raw())),
                LineKind::Removed | LineKind::Context => {
                    assert_eq!(old[at].trim_end_matches('\n'), line.text.raw());
                    if line.kind == LineKind::Context {
                        made.push_str(old[at]);
                    }
                    at += 1;
                }
            }
        }
    }
    made.extend(old[at..].iter().copied());
    assert_eq!(made.as_bytes(), new);
}

fn chain(data: &[u8]) {
    let Ok(chain) = Chain::parse(Path::new("ledger.jsonl"), data) else { return };
    assert_eq!(chain.seq() as usize, chain.entries.len());
    for seq in [0, 1, chain.seq(), chain.seq() + 1, u64::MAX] {
        let _ = (chain.entry(seq), chain.intended(seq));
    }
    let _ = (chain.outcomes(), chain.open_intents().len(), chain.decided_commits().len());
    let anchor = Anchor { seq: chain.seq(), hash: chain.tip().to_owned(), ..Anchor::of_new(Path::new("")) };
    if chain.torn.is_none() {
        assert_eq!(anchor.compare(&chain), (None, chain.seq()));
    }
}

/// A ledger of a few records whose words come from the data.
fn ledger(data: &[u8]) -> Vec<u8> {
    let mut prev = GENESIS.to_owned();
    let mut out = Vec::new();
    for (at, words) in data.chunks(16).take(5).enumerate() {
        let record = Record {
            v: 1,
            seq: at as u64 + 1,
            prev: prev.clone(),
            at: jiff::Timestamp::UNIX_EPOCH,
            loop_key: LoopKey { work_tree: "/w".into(), branch: "b".into(), results: "r".into() },
            body: Body::Decision {
                experiment: ExperimentId::new(&String::from_utf8_lossy(words)),
                decision: DecisionKind::Vetoed,
                intent: None,
                commit: None,
                proposal: None,
                comments: Vec::new(),
                acknowledged: Vec::new(),
                on_screen_s: None,
                by_policy: false,
                reviewer: "A <a@b>".into(),
                reason: String::from_utf8_lossy(words).into_owned(),
            },
            signature: None,
        };
        let line = serde_json::to_vec(&record).unwrap();
        prev = line_hash(&line);
        out.extend(line);
        out.push(b'\n');
    }
    out
}

fn tampering(data: &[u8]) {
    let (Some(place), Some(what)) = (data.get(..4), data.get(4)) else { return };
    let place = u32::from_le_bytes([place[0], place[1], place[2], place[3]]) as usize;
    let good = ledger(&data[5..]);
    if good.is_empty() {
        return;
    }
    let parse = |bytes: &[u8]| Chain::parse(Path::new("ledger.jsonl"), bytes);
    let whole = parse(&good).unwrap();
    let anchor = Anchor { seq: whole.seq(), hash: whole.tip().to_owned(), ..Anchor::of_new(Path::new("")) };
    let place = place % good.len();
    let mut bad = good.clone();
    match what % 3 {
        // One byte is changed.
        0 => bad[place] = bad[place].wrapping_add(1 + what / 3 % 254),
        // One byte is missing.
        1 => drop(bad.remove(place)),
        // The end is missing.
        _ => bad.truncate(place),
    }
    if bad != good {
        let noticed = match parse(&bad) {
            Err(_) => true,
            Ok(chain) => anchor.compare(&chain).0.is_some(),
        };
        assert!(noticed, "byte {place}");
    }
}

fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Policy::parse(text) {
        Ok(policy) => {
            // A policy in the repository only adds protected paths.
            let both = Policy::standard().with_protected_of(&policy);
            for path in ["prepare.py", "train.py", "a/b.py", ".github/x"] {
                assert!(both.protects(path) || !Policy::standard().protects(path));
            }
            assert!(policy.smallest_gain.is_none_or(f64::is_finite) && policy.bound.is_none_or(f64::is_finite));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn preferences(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut preferences = Preferences::default();
    preferences.apply(text, "config.yaml");
    assert!(preferences.home.as_ref().is_none_or(|home| home.is_absolute()));
    let _ = Theme::parse(text);
}

fn message(data: &[u8]) {
    let [description, reason, rest] = three(data);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let commit = CommitText {
        description: text(description).into(),
        rationale: text(reason.get(..reason.len() / 2).unwrap_or_default()).into(),
        metric: text(rest),
        value: Some(0.5),
        claimed_gain: Some(0.1),
        goal: Some(Goal::Minimize),
        assistant: text(rest).into(),
    };
    let candidate = Candidate {
        kind: CandidateKind::Full,
        experiment: ExperimentId::new("0123456789"),
        source: CommitId::from_bytes([1; 20]),
        branch: "countersign/approved".into(),
        tip: CommitId::from_bytes([2; 20]),
        creates_branch: false,
        tree: TreeId::from_bytes([3; 20]),
        measured_on: Some(CommitId::from_bytes([1; 20])),
        measured: None,
        combined: MergeKind::Apart,
        amendment: Amendment {
            excluded: vec![LeftOut { path: text(rest).into(), lines: None }],
            edited: vec![Edited { path: text(reason).into(), content: b"".as_slice().into() }],
            by_tokens: false,
        },
        collisions: Vec::new(),
        ignored: Vec::new(),
        files: Vec::new(),
    };
    let record = Record {
        v: 1,
        seq: 7,
        prev: GENESIS.into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        loop_key: LoopKey { work_tree: "/w".into(), branch: "b".into(), results: "r".into() },
        body: Body::Abandoned { intent: 1, reason: String::new() },
        signature: None,
    };
    let loop_key = record.loop_key.clone();
    let intent = Entry { record, hash: "f00d".into(), loop_key };
    let message = commit_message(&commit, &candidate, "Ada <ada@example.org>", &text(reason), &intent);
    // Trailers are ours: each occurs once, at the end, and no line by the agent begins like one.
    let last = message.trim_end().rsplit("\n\n").next().unwrap_or_default();
    for name in ["Experiment: ", "Reviewed-by: ", "Ledger: "] {
        assert_eq!(message.lines().skip(1).filter(|line| line.starts_with(name)).count(), 1, "{name}: {message:?}");
        assert!(last.lines().any(|line| line.starts_with(name)), "{name}: {message:?}");
    }
    assert!(!message.chars().any(|c| c != '\n' && is_hidden(c)), "{message:?}");
    assert_eq!(message.lines().last(), Some("Ledger: 7@f00d"));
}

fn patch(data: &[u8]) {
    let lines = data.split_inclusive(|byte| *byte == b'\n').count();
    match read_patch(data) {
        Ok(files) => {
            let hunks = files.iter().flat_map(|file| &file.hunks);
            let counted: usize = hunks.clone().map(|hunk| hunk.old.len().max(hunk.new.len())).sum();
            assert!(counted <= lines, "{counted} lines out of {lines}");
            assert!(hunks.clone().all(|hunk| (1..=lines).contains(&hunk.patch_line)));
            assert!(files.iter().all(|file| file.old.is_some() || file.new.is_some()));
        }
        Err(bad) => assert!((1..=lines.max(1)).contains(&bad.line), "{bad}"),
    }
}

fn proposal(data: &[u8]) {
    match read_message(data) {
        Ok(message) => {
            assert!(!message.title.is_blank() && message.evidence.len() <= 64);
            let numbers = message.evidence.iter().flat_map(|evidence| [evidence.before, evidence.after]).flatten();
            assert!(numbers.into_iter().all(f64::is_finite));
        }
        Err(refused) => assert!(!refused.why.is_empty()),
    }
}
