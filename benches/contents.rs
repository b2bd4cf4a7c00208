//! Hashes the 100,000 objects of an approved branch, for the first time and again.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use countersign::model::CommitId;
use countersign::repo::{Branch, Contents, Repo, check_contents};
use divan::Bencher;

fn main() {
    divan::main();
}

/// Number of files in the first commit; each later commit changes some of them.
const FILES: usize = 60_000;
const FOLDERS: usize = 400;
const COMMITS: usize = 100;
const CHANGED: usize = 250;

struct Made {
    _folder: tempfile::TempDir,
    dir: PathBuf,
    start: CommitId,
    tip: CommitId,
}

fn git(dir: &Path, args: &[&str]) -> String {
    let out = Command::new("git").current_dir(dir).args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

fn text(file: usize, round: usize) -> String {
    (0..40)
        .map(|line| format!("value_{line} = {}\n", (file * 31 + line * 7) ^ if line == 20 { round } else { 0 }))
        .collect()
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().to_owned();
        git(&dir, &["init", "-q", "-b", "master"]);
        let mut import = Command::new("git")
            .current_dir(&dir)
            .args(["fast-import", "--quiet", "--done"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut to = std::io::BufWriter::new(import.stdin.take().unwrap());
        let mut commit = |round: usize, files: &mut dyn Iterator<Item = usize>| {
            let who = "a <a@b> 1700000000 +0000";
            write!(to, "commit refs/heads/master\ncommitter {who}\ndata 1\nx\n").unwrap();
            for file in files {
                let text = text(file, round);
                write!(to, "M 100644 inline d{}/f{file}.py\ndata {}\n{text}\n", file % FOLDERS, text.len()).unwrap();
            }
        };
        commit(0, &mut (0..FILES));
        for round in 1..=COMMITS {
            commit(round, &mut (0..CHANGED).map(|at| (at * 241 + round * 577) % FILES));
        }
        writeln!(to, "done").unwrap();
        drop(to);
        assert!(import.wait().unwrap().success());
        git(&dir, &["repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=10"]);
        let id = |name: &str| git(&dir, &["rev-parse", name]).parse().unwrap();
        Made { start: id(&format!("master~{COMMITS}")), tip: id("master"), dir, _folder: folder }
    })
}

fn look(made: &Made, memory: Option<&Path>) -> Contents {
    let repo = Repo::open(&made.dir).unwrap();
    let found = check_contents(&repo, &Branch { tips: &[made.tip], start: made.start, memory, anew: false }).unwrap();
    assert!(found.objections.is_empty() && found.objects > 100_000, "{found:?}");
    found
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn hash_100k_objects(bencher: Bencher<'_, '_>) {
    let made = made();
    bencher.bench_local(|| assert!(look(made, None).hashed > 100_000));
}

/// Nothing changed: directories are read again, files are not.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn look_again_at_100k_objects(bencher: Bencher<'_, '_>) {
    let made = made();
    let memory = made.dir.join("memory");
    while look(made, Some(&memory)).hashed > 0 {}
    bencher.bench_local(|| assert!(look(made, Some(&memory)).hashed == 0));
}
