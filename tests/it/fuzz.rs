//! The fuzzer's targets for a moment each, in every test run: on the project's own inputs and those of
//! other people's loops where they are there, and on what random edits make of them.
//!
//! `FUZZ_ROUNDS=100000 cargo test --release --test it -- fuzz::` goes on for longer; `fuzz/run` is the real thing.

#[path = "../../fuzz/src/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};

use crate::support::Chance;

/// Small files to begin with: the first bytes of everything that looks like input.
fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = vec![
        root.join("tests/cases"),
        root.join("tests/dialects"),
        root.join("sample-runs"),
        root.join("themes"),
        root.join("../shared/corpus"),
    ];
    let mut seeds = vec![Vec::new(), b"\xff\xff".to_vec(), b"a\nb\nc\n\xffa\nB\nc\n\xffa\nb\nC\n".to_vec()];
    seeds.push(b"diff --git a/x b/x\nnew mode 100755\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+b\n c\n".to_vec());
    let base = "1".repeat(40);
    seeds
        .push(format!(r#"{{"v":1,"base":"{base}","title":"t","evidence":[{{"metric":"m","after":1}}]}}"#).into_bytes());
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() && path.file_name().is_none_or(|name| name != "git") {
                folders.push(path);
            } else if let Ok(mut bytes) = std::fs::read(&path) {
                bytes.truncate(1500);
                seeds.push(bytes);
            }
        }
    }
    seeds
}

const WORDS: [&[u8]; 18] = [
    b"\t",
    b"\r",
    b"\n",
    b"\0",
    b"\xff",
    b"nan",
    b"-inf",
    b"1e999",
    b"---\n",
    b"step 1 | loss: 2",
    b"{\"step\":1}",
    "\u{202e}".as_bytes(),
    "\u{301}\u{301}".as_bytes(),
    b"\x1b[2J",
    b".git",
    b"../",
    b"keep",
    b"9223372036854775808",
];

/// One to four edits: bytes changed, cut, doubled, words put in, another seed's part put in.
fn edited(seed: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len() + 1);
        let end = (at + chance.below(40)).min(bytes.len());
        match chance.below(6) {
            0 if at < bytes.len() => bytes[at] = chance.below(256) as u8,
            1 => drop(bytes.drain(at..end)),
            2 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            3 if !other.is_empty() => {
                let from = chance.below(other.len());
                let part = &other[from..(from + chance.below(60)).min(other.len())];
                bytes.splice(at..at, part.iter().copied());
            }
            _ => {
                bytes.splice(at..at, WORDS[chance.below(WORDS.len())].iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn every_target_holds_for_a_moment() {
    let rounds = std::env::var("FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3_000);
    let seeds = seeds();
    assert!(seeds.len() > 10);
    let mut chance = Chance(20_261_125);
    for (name, target) in targets::ALL {
        let run = |bytes: Vec<u8>| {
            let kept = bytes.clone();
            let held = std::panic::catch_unwind(move || target(&bytes));
            assert!(held.is_ok(), "target {name} on {:?}", String::from_utf8_lossy(&kept));
        };
        for seed in &seeds {
            run(seed.clone());
        }
        for _ in 0..rounds {
            let (one, other) = (chance.below(seeds.len()), chance.below(seeds.len()));
            run(edited(&seeds[one], &seeds[other], &mut chance));
        }
    }
}
