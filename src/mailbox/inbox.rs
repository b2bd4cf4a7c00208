//! The inbox: what an agent put there, read once and copied, then taken away or refused.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::message::{Message, read_message};
use super::{FOLDER, LARGEST_MESSAGE, LARGEST_PATCH};
use crate::disk::{Dir, EntryKind};
use crate::model::{ProposalId, hex};

/// A writer that does not rename is waited for this long, in milliseconds.
const SETTLING_MS: i64 = 3000;
/// Messages that are counted.
const MOST_COUNTED: usize = 100_000;
/// Refused messages that are kept of one name.
const MOST_KEPT: usize = 20;
/// Files that are taken away with a folder that is no message.
const MOST_REMOVED: usize = 1000;

/// Why a message was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong and where, with the remedy where there is one.
    pub why: String,
    /// True when it only may not be whole yet.
    pub incomplete: bool,
}

impl Refused {
    /// For a reason.
    pub fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), incomplete: false }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::because(error.to_string())
    }
}

/// A message as it was read.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The name of its folder, which is the proposal's.
    pub id: ProposalId,
    /// What it says.
    pub message: Message,
    /// SHA-256 of `proposal.json` and of the patch, where there is one.
    pub digest: String,
    /// What changes, when the message names no commit.
    pub patch: Option<Vec<u8>>,
    /// SHA-256 of what it asks for, whoever asks and under whatever name.
    pub content: String,
}

/// What stands in the inbox under a name.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// A message.
    Message(Box<Arrived>),
    /// Perhaps a message that is still being written.
    Settling,
    /// Something else.
    Refused(Refused),
}

/// The door of a run directory.
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
    /// The door of a run directory; `None` where none was made.
    pub fn open(dir: &Path) -> io::Result<Option<Self>> {
        match Dir::open(&dir.join(FOLDER)) {
            Ok(root) => Ok(Some(Self { root })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same, made where it is missing or parts of it are.
    pub fn make(dir: &Path) -> io::Result<Self> {
        let root = Dir::open(dir)?.make_below(FOLDER)?;
        let inbox = root.make_below("inbox")?;
        for name in ["tmp", "new", "rejected"] {
            inbox.make_below(name)?;
        }
        root.make_below("outbox")?;
        Ok(Self { root })
    }

    fn new_ones(&self) -> io::Result<Option<Dir>> {
        match self.root.below("inbox")? {
            Some(inbox) => inbox.below("new"),
            None => Ok(None),
        }
    }

    /// How many messages nobody took yet.
    pub fn untaken(&self) -> io::Result<usize> {
        self.new_ones()?.map_or(Ok(0), |new| Ok(new.names(MOST_COUNTED)?.len()))
    }

    /// Names of what lies there, in the order in which it came: what takes the place of another comes after it.
    pub fn arrivals(&self) -> io::Result<Vec<OsString>> {
        let Some(new) = self.new_ones()? else { return Ok(Vec::new()) };
        let mut names = new.names(MOST_COUNTED)?;
        names.sort_by_cached_key(|name| (new.changed_ns(name), name.clone()));
        Ok(names)
    }

    /// Reads what lies under a name.
    pub fn read(&self, name: &OsStr, now_ms: i64) -> io::Result<Arrival> {
        let Some(new) = self.new_ones()? else { return Ok(Arrival::Settling) };
        let changed = new.changed_ns(name).map_or(now_ms, |changed| changed / 1_000_000);
        Ok(match read(&new, name) {
            Ok(arrived) => Arrival::Message(Box::new(arrived)),
            Err(refused) if refused.incomplete && (now_ms - changed).abs() < SETTLING_MS => Arrival::Settling,
            Err(refused) => Arrival::Refused(refused),
        })
    }

    /// Takes a message away that was taken in.
    pub fn clear(&self, name: &OsStr) -> io::Result<()> {
        let Some(new) = self.new_ones()? else { return Ok(()) };
        if let Some(folder) = new.below(name)? {
            for file in ["proposal.json", "change.patch"] {
                if folder.kind(file)?.is_some() {
                    folder.remove(file)?;
                }
            }
        }
        new.remove_folder(name)
    }

    /// Puts a message aside, with the reason beside it. Fails where it still lies where it lay: then it is in
    /// nobody's way but its own.
    pub fn reject(&self, name: &OsStr, refused: &Refused) -> io::Result<()> {
        let (inbox, Some(new)) = (self.root.make_below("inbox")?, self.new_ones()?) else { return Ok(()) };
        let id = match name.to_str().filter(|name| name.parse::<ProposalId>().is_ok()) {
            Some(name) => name.to_owned(),
            None => format!("unnamed-{}", &hex(&Sha256::digest(name.as_encoded_bytes()))[..12]),
        };
        let rejected = inbox.make_below("rejected");
        let place = rejected.as_ref().ok().and_then(|rejected| free_place(rejected, &id));
        match (&rejected, &place) {
            (Ok(rejected), Some(place)) if new.kind(name)? == Some(EntryKind::Folder) => {
                // What cannot be kept aside need not be kept.
                new.rename(name, rejected, place).or_else(|error| remove(&new, name).map_err(|_| error))?;
            }
            _ => remove(&new, name)?,
        }
        // It is out of the way: that its reason cannot be read there holds nobody up.
        let Ok(rejected) = rejected else { return Ok(()) };
        let error = ErrorFile { v: 1, id: &id, status: "rejected", error: &refused.why };
        let text = serde_json::to_vec(&error).map_err(io::Error::other)?;
        // The newest reason stands where it is looked for.
        for place in place.iter().filter(|place| **place != id).chain([&id]) {
            let _ = rejected.make_below(place).and_then(|folder| folder.put("error.json", &text));
        }
        Ok(())
    }

    /// How many messages were put aside and still lie there, `most` at the most.
    pub fn rejected(&self, most: usize) -> io::Result<usize> {
        let inbox = self.root.below("inbox")?;
        let rejected = inbox.map_or(Ok(None), |inbox| inbox.below("rejected"))?;
        rejected.map_or(Ok(0), |rejected| Ok(rejected.names(most)?.len()))
    }
}

/// Where a refused message is kept; `None` where enough of that name are kept.
fn free_place(rejected: &Dir, id: &str) -> Option<String> {
    let is_free = |place: &String| rejected.kind(place).is_ok_and(|kind| kind.is_none());
    let others = (2..=MOST_KEPT).map(|number| format!("{id}~{number}"));
    std::iter::once(id.to_owned()).chain(others).find(is_free)
}

/// Takes a message away, whatever it is; what a link points to stays. A folder goes with the files in it.
fn remove(new: &Dir, name: &OsStr) -> io::Result<()> {
    if new.kind(name)? != Some(EntryKind::Folder) {
        return new.remove(name);
    }
    if let Some(folder) = new.below(name)? {
        for file in folder.names(MOST_REMOVED)? {
            let _ = folder.remove(&file).or_else(|_| folder.remove_folder(&file));
        }
    }
    new.remove_folder(name)
}

fn read(new: &Dir, name: &OsStr) -> Result<Arrived, Refused> {
    let id: ProposalId = name
        .to_str()
        .unwrap_or_default()
        .parse()
        .map_err(|why| Refused::because(format!("the name of its folder: {why}")))?;
    if new.kind(name)? != Some(EntryKind::Folder) {
        return Err(Refused::because("a proposal is a folder that holds proposal.json"));
    }
    let folder = new.below(name)?.ok_or_else(|| Refused::because("it is gone"))?;
    let names = folder.names(8)?;
    if let Some(odd) = names.iter().find(|name| *name != "proposal.json" && *name != "change.patch") {
        // A part of a write that has not come to its end looks the same.
        return Err(Refused {
            incomplete: true,
            ..Refused::because(format!(
                "only proposal.json and change.patch are expected in its folder, not `{}`",
                odd.to_string_lossy()
            ))
        });
    }
    let Some(bytes) = folder.read("proposal.json", LARGEST_MESSAGE)? else {
        return Err(Refused { incomplete: true, ..Refused::because("there is no proposal.json in its folder") });
    };
    let message = read_message(&bytes)?;
    if message.id.as_ref().is_some_and(|said| *said != id) {
        return Err(Refused::because("proposal.json: id: it is not the name of the folder"));
    }
    let patch = folder.read("change.patch", LARGEST_PATCH)?;
    match (&message.head, &patch) {
        (Some(_), Some(_)) => {
            return Err(Refused::because("it names a commit (change.head) and holds a patch: say one of them"));
        }
        (None, None) => {
            return Err(Refused::because("it says no change: change.head in proposal.json, or change.patch beside it"));
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

/// What an idempotency key is bound to.
fn content_of(message: &Message, patch: Option<&[u8]>) -> String {
    let Message { gate, base, head, title, rationale, evidence, supersedes, .. } = message;
    let said = serde_json::json!([gate, base, head, title, rationale, evidence, supersedes]);
    let mut digest = Sha256::new();
    digest.update(said.to_string());
    digest.update(patch.unwrap_or_default());
    hex(&digest.finalize())
}
