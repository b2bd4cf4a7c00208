//! The inbox: reads and copies each message once, then removes or rejects it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::message::{Message, read_message};
use super::{LARGEST_MESSAGE, LARGEST_PATCH, MAILBOX_DIR, Refused};
use crate::disk::{Dir, EntryKind};
use crate::model::{ProposalId, hex};

/// Time allowed for a writer that does not rename, in milliseconds.
const SETTLING_MS: i64 = 3000;
/// Messages counted at most.
const MOST_COUNTED: usize = 100_000;
/// Rejected messages kept per name.
const MOST_KEPT: usize = 20;
/// Files removed with a directory that is not a message.
const MOST_REMOVED: usize = 1000;

/// A message that was read.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The name of its directory, which is the proposal's id.
    pub id: ProposalId,
    /// The contents of `proposal.json`.
    pub message: Message,
    /// SHA-256 of `proposal.json` and the patch, if any.
    pub digest: String,
    /// The patch, if the message names no commit.
    pub patch: Option<Vec<u8>>,
    /// SHA-256 of the request, without the agent's identity and the proposal's id.
    pub content: String,
}

/// An entry of the inbox.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// A message.
    Message(Box<Arrived>),
    /// Possibly a message that is still being written.
    Settling,
    /// Not a valid message.
    Refused(Refused),
}

/// The mailbox of a run directory.
#[derive(Debug)]
pub struct Mailbox {
    pub(super) root: Dir,
}

#[derive(Serialize)]
struct ErrorFile<'a> {
    v: u32,
    id: &'a str,
    status: &'static str,
    error: &'a str,
}

impl Mailbox {
    /// Opens the mailbox of a run directory; `None` if there is none.
    pub fn open(dir: &Path) -> io::Result<Option<Self>> {
        match Dir::open(&dir.join(MAILBOX_DIR)) {
            Ok(root) => Ok(Some(Self { root })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the mailbox, and creates missing parts of it.
    pub fn make(dir: &Path) -> io::Result<Self> {
        let root = Dir::open(dir)?.create_subdir(MAILBOX_DIR)?;
        let inbox = root.create_subdir("inbox")?;
        for name in ["tmp", "new", "rejected"] {
            inbox.create_subdir(name)?;
        }
        root.create_subdir("outbox")?;
        Ok(Self { root })
    }

    fn new_messages(&self) -> io::Result<Option<Dir>> {
        match self.root.subdir("inbox")? {
            Some(inbox) => inbox.subdir("new"),
            None => Ok(None),
        }
    }

    /// Returns the number of unread messages.
    pub fn unread(&self) -> io::Result<usize> {
        self.new_messages()?.map_or(Ok(0), |new| Ok(new.names(MOST_COUNTED)?.len()))
    }

    /// Returns the names of messages in order of arrival: a proposal that replaces another comes after it.
    pub fn arrivals(&self) -> io::Result<Vec<OsString>> {
        let Some(new) = self.new_messages()? else { return Ok(Vec::new()) };
        let mut names = new.names(MOST_COUNTED)?;
        names.sort_by_cached_key(|name| (new.changed_ns(name), name.clone()));
        Ok(names)
    }

    /// Reads the entry of a name.
    pub fn read(&self, name: &OsStr, now_ms: i64) -> io::Result<Arrival> {
        let Some(new) = self.new_messages()? else { return Ok(Arrival::Settling) };
        let changed = new.changed_ns(name).map_or(now_ms, |changed| changed / 1_000_000);
        Ok(match read(&new, name) {
            Ok(arrived) => Arrival::Message(Box::new(arrived)),
            Err(refused) if refused.incomplete && (now_ms - changed).abs() < SETTLING_MS => Arrival::Settling,
            Err(refused) => Arrival::Refused(refused),
        })
    }

    /// Removes a message that was received.
    pub fn clear(&self, name: &OsStr) -> io::Result<()> {
        let Some(new) = self.new_messages()? else { return Ok(()) };
        if let Some(directory) = new.subdir(name)? {
            for file in ["proposal.json", "change.patch"] {
                if directory.kind(file)?.is_some() {
                    directory.remove(file)?;
                }
            }
        }
        new.remove_directory(name)
    }

    /// Sets a message aside together with the reason. Fails if it could not be moved; it then blocks no other message.
    pub fn reject(&self, name: &OsStr, refused: &Refused) -> io::Result<()> {
        let (inbox, Some(new)) = (self.root.create_subdir("inbox")?, self.new_messages()?) else { return Ok(()) };
        let id = match name.to_str().filter(|name| name.parse::<ProposalId>().is_ok()) {
            Some(name) => name.to_owned(),
            None => format!("unnamed-{}", &hex(&Sha256::digest(name.as_encoded_bytes()))[..12]),
        };
        let rejected = inbox.create_subdir("rejected");
        let place = rejected.as_ref().ok().and_then(|rejected| free_place(rejected, &id));
        match (&rejected, &place) {
            (Ok(rejected), Some(place)) if new.kind(name)? == Some(EntryKind::Directory) => {
                // A message that cannot be set aside is deleted.
                new.rename(name, rejected, place).or_else(|error| remove(&new, name).map_err(|_| error))?;
            }
            _ => remove(&new, name)?,
        }
        // It is out of the way: a missing reason blocks nothing.
        let Ok(rejected) = rejected else { return Ok(()) };
        let error = ErrorFile { v: 1, id: &id, status: "rejected", error: &refused.why };
        let text = serde_json::to_vec(&error).map_err(io::Error::other)?;
        // The newest reason goes to the place where agents look for it.
        for place in place.iter().filter(|place| **place != id).chain([&id]) {
            let _ = rejected.create_subdir(place).and_then(|directory| directory.put("error.json", &text));
        }
        Ok(())
    }

    /// Returns the number of rejected messages that are kept, counted up to `most`.
    pub fn rejected(&self, most: usize) -> io::Result<usize> {
        let inbox = self.root.subdir("inbox")?;
        let rejected = inbox.map_or(Ok(None), |inbox| inbox.subdir("rejected"))?;
        rejected.map_or(Ok(0), |rejected| Ok(rejected.names(most)?.len()))
    }
}

/// Returns a free name for a rejected message; `None` if enough of that name are kept.
fn free_place(rejected: &Dir, id: &str) -> Option<String> {
    let is_free = |place: &String| rejected.kind(place).is_ok_and(|kind| kind.is_none());
    let others = (2..=MOST_KEPT).map(|number| format!("{id}~{number}"));
    std::iter::once(id.to_owned()).chain(others).find(is_free)
}

/// Removes an entry of any kind. The target of a link stays; a directory is removed with its files.
fn remove(new: &Dir, name: &OsStr) -> io::Result<()> {
    if new.kind(name)? != Some(EntryKind::Directory) {
        return new.remove(name);
    }
    if let Some(directory) = new.subdir(name)? {
        for file in directory.names(MOST_REMOVED)? {
            let _ = directory.remove(&file).or_else(|_| directory.remove_directory(&file));
        }
    }
    new.remove_directory(name)
}

fn read(new: &Dir, name: &OsStr) -> Result<Arrived, Refused> {
    let id: ProposalId =
        name.to_str().unwrap_or_default().parse().map_err(|why| Refused::because(format!("directory name: {why}")))?;
    if new.kind(name)? != Some(EntryKind::Directory) {
        return Err(Refused::because("a proposal must be a directory that contains proposal.json"));
    }
    let directory = new.subdir(name)?.ok_or_else(|| Refused::because("it was removed"))?;
    let names = directory.names(8)?;
    if let Some(odd) = names.iter().find(|name| *name != "proposal.json" && *name != "change.patch") {
        // An incomplete write looks the same.
        return Err(Refused {
            incomplete: true,
            ..Refused::because(format!(
                "its directory may contain only proposal.json and change.patch, not `{}`",
                odd.to_string_lossy()
            ))
        });
    }
    let Some(bytes) = directory.read("proposal.json", LARGEST_MESSAGE)? else {
        return Err(Refused { incomplete: true, ..Refused::because("its directory has no proposal.json") });
    };
    let message = read_message(&bytes)?;
    if message.id.as_ref().is_some_and(|given| *given != id) {
        return Err(Refused::because("proposal.json: id: must be the name of the directory"));
    }
    let patch = directory.read("change.patch", LARGEST_PATCH)?;
    match (&message.head, &patch) {
        (Some(_), Some(_)) => {
            return Err(Refused::because("it has both a commit (change.head) and a patch: use one of them"));
        }
        (None, None) => {
            return Err(Refused::because(
                "it has no change: set change.head in proposal.json, or add change.patch next to it",
            ));
        }
        _ => {}
    }
    let mut digest = Sha256::new();
    digest.update(&bytes);
    if let Some(patch) = &patch {
        digest.update(patch);
    }
    let content = content_of(&message, patch.as_deref());
    Ok(Arrived { id, message, digest: hex(&digest.finalize()), patch, content })
}

/// Returns the hash of the contents that an idempotency key is bound to.
fn content_of(message: &Message, patch: Option<&[u8]>) -> String {
    let Message { gate, base, head, title, rationale, evidence, supersedes, .. } = message;
    let json = serde_json::json!([gate, base, head, title, rationale, evidence, supersedes]);
    let mut digest = Sha256::new();
    digest.update(json.to_string());
    digest.update(patch.unwrap_or_default());
    hex(&digest.finalize())
}
