//! Compares the register of proposals with the ledger: a person can set foreign lines aside and acknowledge missing
//! ones, on record. Also repairs the register after a crash.

use std::collections::{HashMap, HashSet};

use super::author::By;
use super::{DecideError, Decider};
use crate::disk::{read_plain, replace};
use crate::ledger::{Body, Chain, line_hash};
use crate::mailbox::{Mailbox, RegisterEntry, RegisterProblems, append_register, read_register};

/// Size limit of the register in bytes.
const LARGEST: u64 = 1 << 30;
const NAME: &str = "proposals.jsonl";
/// Name of the file with lines that are being collected.
const SAVED_NAME: &str = "proposals.taking";

/// The register of proposals, compared with the ledger.
struct CheckedList {
    own: Vec<u8>,
    diverged: Vec<u8>,
    /// Number of recorded lines that are missing.
    missing: usize,
}

impl CheckedList {
    fn of(text: &[u8], took: &HashMap<&str, usize>, mut wanted: HashSet<&str>) -> Self {
        let mut listed = Self { own: Vec::new(), diverged: Vec::new(), missing: 0 };
        let mut known = HashSet::new();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let hash = line_hash(line.strip_suffix(b"\n").unwrap_or(line));
            let is_own = took.contains_key(hash.as_str()) && known.insert(hash.clone());
            let side = if is_own { &mut listed.own } else { &mut listed.diverged };
            side.extend_from_slice(line);
            wanted.remove(hash.as_str());
        }
        listed.missing = wanted.len();
        listed
    }
}

impl Decider {
    /// Returns the lines of the register that do not match the ledger.
    pub fn register_problems(&self) -> Result<RegisterProblems, DecideError> {
        let ledger = self.locked()?;
        let listed = self.listed(ledger.chain())?;
        Ok(listed.map_or_else(RegisterProblems::default, |listed| RegisterProblems {
            foreign: lines(&listed.diverged),
            missing: listed.missing,
        }))
    }

    /// Moves foreign lines of the register into a file next to it, withdraws the answers to their agents, and records
    /// missing lines. Returns the number of the record.
    pub fn set_lines_aside(&self, reason: &str) -> Result<u64, DecideError> {
        let (mut ledger, policy) = self.ready_for_person()?;
        let listed = self.listed(ledger.chain())?.filter(|listed| !listed.diverged.is_empty() || listed.missing > 0);
        let Some(listed) = listed else {
            return Err(DecideError::NotApplicable("proposals.jsonl matches the ledger; nothing to set aside"));
        };
        let person = self.person()?;
        let sha256 = line_hash(&listed.diverged);
        let kept_in = format!("proposals.struck-{}", &sha256[..16]);
        let io = |name: &str| {
            let path = self.repo.own_dir().join(name);
            move |source| DecideError::Mailbox { path, source }
        };
        replace(&self.repo.own_dir().join(&kept_in), &listed.diverged).map_err(io(&kept_in))?;
        let body = Body::Struck {
            lines: lines(&listed.diverged) as u64,
            sha256,
            kept_in,
            reviewer: person.to_string(),
            reason: reason.trim().to_owned(),
        };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        replace(&self.repo.own_dir().join(NAME), &listed.own).map_err(io(NAME))?;
        self.register.take();
        if let Some(mailbox) = Mailbox::open(&self.dir)? {
            let named =
                listed.diverged.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
            for taken in named {
                let id = match taken {
                    RegisterEntry::Proposal { proposal, .. } => proposal.id,
                    RegisterEntry::Alias { id, .. } => id,
                };
                mailbox.withdraw(&id)?;
            }
        }
        ledger.close()?;
        Ok(seq)
    }

    /// Saves lines in a separate file until the ledger and the register have them, so that a crash in between loses
    /// none.
    pub(super) fn save_lines(&self, lines: &[Vec<u8>]) -> Result<(), DecideError> {
        let path = self.repo.own_path(SAVED_NAME)?;
        let text: Vec<u8> = lines.iter().flat_map(|line| line.iter().copied().chain([b'\n'])).collect();
        replace(&path, &text).map_err(|source| DecideError::Mailbox { path, source })
    }

    /// Adds saved lines to the register that are in the ledger but not in the register, then removes the saved file.
    pub(super) fn list_saved_lines(&self, chain: &Chain) -> Result<(), DecideError> {
        let path = self.repo.own_path(SAVED_NAME)?;
        let text = match read_plain(&path, LARGEST) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            read => read.map_err(|source| DecideError::Mailbox { path: path.clone(), source })?,
        };
        let list = self.repo.own_path(NAME)?;
        let io = |source| DecideError::Mailbox { path: list.clone(), source };
        let listed = read_register(&list, 0).map_err(io)?.taken;
        let took = chain.collected_lines().unwrap_or_default();
        let lines: Vec<Vec<u8>> = text
            .split(|byte| *byte == b'\n')
            .filter(|line| {
                let hash = line_hash(line);
                took.contains_key(hash.as_str()) && !listed.iter().any(|(known, _)| *known == hash)
            })
            .map(<[u8]>::to_vec)
            .collect();
        if !lines.is_empty() {
            append_register(&list, &lines).map_err(io)?;
        }
        self.remove_saved_lines()
    }

    /// Removes the saved lines once the register has them.
    pub(super) fn remove_saved_lines(&self) -> Result<(), DecideError> {
        let path = self.repo.own_path(SAVED_NAME)?;
        std::fs::remove_file(&path).map_err(|source| DecideError::Mailbox { path, source })
    }

    /// Compares the register with the ledger; `None` if the ledger does not record collected lines.
    fn listed(&self, chain: &Chain) -> Result<Option<CheckedList>, DecideError> {
        let Some(took) = chain.collected_lines() else { return Ok(None) };
        let path = self.repo.own_path(NAME)?;
        let text = match read_plain(&path, LARGEST) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|source| DecideError::Mailbox { path, source })?,
        };
        Ok(Some(CheckedList::of(&text, &took, chain.expected_lines())))
    }
}

fn lines(text: &[u8]) -> usize {
    text.split_inclusive(|byte| *byte == b'\n').count()
}
