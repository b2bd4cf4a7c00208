//! The tiny language model of `sample-runs/tiny-lm`, embedded in the program.

use std::path::Path;

use super::{DemoDir, DemoError};
use crate::mailbox::Mailbox;
use crate::model::Gate;
use crate::repo::{Person, Repo};

const FILES: [(&str, &str); 4] = [
    ("prepare.py", include_str!("../../sample-runs/tiny-lm/prepare.py")),
    ("train.py", include_str!("../../sample-runs/tiny-lm/train.py")),
    ("program.md", include_str!("../../sample-runs/tiny-lm/program.md")),
    ("agent.py", include_str!("../../sample-runs/tiny-lm/agent.py")),
];
const POLICY: &str = include_str!("../../sample-runs/tiny-lm/policy.yaml");
const HEADER: &str = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n";

/// Files that git ignores in a demo loop.
pub(super) const EXCLUDED: [&str; 7] =
    ["results.tsv", "run.log", "agent*.log", "train.pid", "__pycache__/", ".agents/", ".countersign/"];

/// True if the agent can run here; it needs `python3` and `git`.
pub fn is_runnable() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    ["python3", "git"].iter().all(|name| std::env::split_paths(&path).any(|directory| directory.join(name).is_file()))
}

/// Sets up the loop in a directory: its files, one commit, its branch, the person's policy and, with a gate, the
/// agent's mailbox.
pub fn set_up(demo: &DemoDir, at_s: i64, gate: Option<Gate>) -> Result<(), DemoError> {
    let dir = demo.dir();
    let repo = Repo::init_own(dir, "autoresearch/tiny-lm", &EXCLUDED)?;
    for (name, text) in FILES {
        write(dir, name, text.as_bytes())?;
    }
    let who = Person {
        name: "countersign demo".to_owned(),
        email: "demo@countersign.invalid".to_owned(),
        signing: crate::signature::Settings::default(),
    };
    repo.commit_own("tiny language model: where the loop starts\n", &who, at_s)?;
    write(dir, "results.tsv", HEADER.as_bytes())?;
    let policy = repo.own_path("policy.yaml")?;
    let gates = match gate {
        Some(Gate::Run) => "gates: {run: human, keep: human}\n",
        Some(Gate::Keep) => "gates: {run: auto, keep: human}\n",
        None => "",
    };
    write_at(&policy, format!("{POLICY}{gates}").as_bytes())?;
    if gate.is_some() {
        Mailbox::make(dir).map_err(DemoError::io(dir))?;
    }
    Ok(())
}

pub(super) fn write(dir: &Path, name: impl AsRef<Path>, bytes: &[u8]) -> Result<(), DemoError> {
    write_at(&dir.join(name.as_ref()), bytes)
}

pub(super) fn write_at(path: &Path, bytes: &[u8]) -> Result<(), DemoError> {
    make_parent_of(path)?;
    std::fs::write(path, bytes).map_err(DemoError::io(path))
}

pub(super) fn make_parent_of(path: &Path) -> Result<(), DemoError> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).map_err(DemoError::io(parent))
}
