//! Waiting for an answer: by the system's events, and by a slow poll beside them for file systems that
//! send none.

use std::io;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};
use serde_json::Value;

use super::{FOLDER, LARGEST_ANSWER, Mailbox, Note};
use crate::disk::Dir;
use crate::model::ProposalId;

/// Time between looks when nothing tells of a change.
const POLL: Duration = Duration::from_millis(250);
/// Notes that one call takes along.
const MOST_NOTES: usize = 100;

/// How a proposal stands, as far as the door tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The answer, as its JSON.
    Answered(Value),
    /// Nobody has answered yet; with what is asked, when something is.
    Pending(Value),
    /// It was refused before anybody saw it; what is wrong.
    Rejected(Value),
    /// Nothing of that name was ever put in.
    Unknown,
}

/// Looks once.
pub fn look(dir: &Path, id: &ProposalId) -> io::Result<Reply> {
    let Some(mailbox) = Mailbox::open(dir)? else { return Ok(Reply::Unknown) };
    let name = format!("{id}.json");
    let pending = serde_json::json!({"v": 1, "id": id, "status": "pending"});
    let mut paused = None;
    if let Some(outbox) = mailbox.root.below("outbox")? {
        paused = json_in(&outbox, "paused.json")?;
        if let Some(answer) = json_in(&outbox, &name)? {
            return Ok(Reply::Answered(answer));
        }
        if let Some(found) = outbox.below("pending")?.map_or(Ok(None), |folder| json_in(&folder, &name))? {
            return Ok(Reply::Pending(with(found, "paused", paused)));
        }
    }
    let Some(inbox) = mailbox.root.below("inbox")? else { return Ok(Reply::Unknown) };
    if inbox.below("new")?.map_or(Ok(None), |new| new.kind(id.as_str()))?.is_some() {
        let pending = with(pending, "supervisor", Some(Value::from("has not taken it yet")));
        return Ok(Reply::Pending(with(pending, "paused", paused)));
    }
    if let Some(place) = inbox.below("rejected")?.map_or(Ok(None), |rejected| rejected.below(id.as_str()))?
        && let Some(error) = json_in(&place, "error.json")?
    {
        return Ok(Reply::Rejected(error));
    }
    Ok(Reply::Unknown)
}

fn with(mut object: Value, key: &str, value: Option<Value>) -> Value {
    if let (Some(map), Some(value)) = (object.as_object_mut(), value) {
        map.insert(key.to_owned(), value);
    }
    object
}

/// The JSON in a file; `None` where there is none, or half of one.
fn json_in(folder: &Dir, name: &str) -> io::Result<Option<Value>> {
    let bytes = folder.read(name, LARGEST_ANSWER)?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Waits until a proposal is answered or refused, or something is asked about it that no call has told
/// yet, `timeout` at most.
pub fn wait(dir: &Path, id: &ProposalId, timeout: Duration) -> io::Result<Reply> {
    let end = Instant::now() + timeout;
    // One wake-up that waits says as much as ten.
    let (wake, woken) = sync_channel(1);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Our own looks are accesses, too: they must not wake us.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = wake.try_send(());
        }
    });
    let mut watcher = watcher.ok();
    let mut watched = false;
    let (mut unknown_since, mut taken_in) = (None, false);
    loop {
        if !watched && let Some(watcher) = &mut watcher {
            // The outbox may be made while we wait. First it is watched, then looked at: nothing is missed.
            let outbox = dir.join(FOLDER).join("outbox");
            watched = outbox.is_dir() && watcher.watch(&outbox, RecursiveMode::Recursive).is_ok();
        }
        let reply = look(dir, id)?;
        match &reply {
            Reply::Answered(_) | Reply::Rejected(_) => return Ok(reply),
            Reply::Pending(found) => {
                taken_in = true;
                unknown_since = None;
                let asked = found.get("questions").and_then(Value::as_array).map_or(0, Vec::len);
                if asked > 0 && tells_anew(dir, id, asked)? {
                    return Ok(reply);
                }
            }
            // Between being taken from the inbox and being told pending it is nowhere for a moment.
            Reply::Unknown => {
                let since = *unknown_since.get_or_insert_with(Instant::now);
                let patience = if taken_in { Duration::from_secs(10) } else { Duration::from_secs(1) };
                if since.elapsed() > patience {
                    return Ok(reply);
                }
            }
        }
        let now = Instant::now();
        if now >= end {
            return Ok(reply);
        }
        match woken.recv_timeout(POLL.min(end - now)) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(POLL.min(end - now)),
        }
    }
}

/// True when some of the questions about a proposal were told by no call before; from now on they were.
fn tells_anew(dir: &Path, id: &ProposalId, asked: usize) -> io::Result<bool> {
    let Some(outbox) = Mailbox::open(dir)?.map_or(Ok(None), |mailbox| mailbox.root.below("outbox"))? else {
        return Ok(false);
    };
    let Some(pending) = outbox.below("pending")? else { return Ok(false) };
    let name = format!("{id}.told");
    let told = pending.read(&name, 32)?.and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<usize>().ok());
    if told.is_some_and(|told| told >= asked) {
        return Ok(false);
    }
    pending.put(&name, asked.to_string().as_bytes())?;
    Ok(true)
}

/// Takes the notes along that no call took before: they are marked as read.
pub fn take_notes(dir: &Path) -> io::Result<Vec<Note>> {
    let Some(outbox) = Mailbox::open(dir)?.map_or(Ok(None), |mailbox| mailbox.root.below("outbox"))? else {
        return Ok(Vec::new());
    };
    let Some(folder) = outbox.below("notes")? else { return Ok(Vec::new()) };
    let read = folder.make_below("read")?;
    let mut notes: Vec<Note> = Vec::new();
    for name in folder.names(MOST_NOTES)? {
        let Ok(Some(bytes)) = folder.read(&name, LARGEST_ANSWER) else { continue };
        let Ok(note) = serde_json::from_slice(&bytes) else { continue };
        // Who moves it has it: two calls at once do not both tell it.
        if folder.rename(&name, &read, &name).is_ok() {
            notes.push(note);
        }
    }
    notes.sort_by_key(|note| note.seq);
    Ok(notes)
}
