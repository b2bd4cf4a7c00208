//! Waits for an answer: by file system events, and by polling for file systems that send none.

use std::io;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};
use serde_json::Value;

use super::{LARGEST_ANSWER, MAILBOX_DIR, Mailbox, Note};
use crate::disk::Dir;
use crate::model::ProposalId;

/// Polling interval without events.
const POLL: Duration = Duration::from_millis(250);
/// Notes returned by one call at most.
const MOST_NOTES: usize = 100;

/// The status of a proposal according to the mailbox.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The answer, as its JSON.
    Answered(Value),
    /// Not answered yet, as JSON, with the person's questions if any.
    Pending(Value),
    /// Rejected before anyone saw it, with the error as JSON.
    Rejected(Value),
    /// There was never a proposal with this id.
    Unknown,
}

/// Reads the status once.
pub fn read_status(dir: &Path, id: &ProposalId) -> io::Result<Reply> {
    let Some(mailbox) = Mailbox::open(dir)? else { return Ok(Reply::Unknown) };
    let name = format!("{id}.json");
    let pending = serde_json::json!({"v": 1, "id": id, "status": "pending"});
    let mut paused = None;
    if let Some(outbox) = mailbox.root.subdir("outbox")? {
        paused = json_in(&outbox, "paused.json")?;
        if let Some(answer) = json_in(&outbox, &name)? {
            return Ok(Reply::Answered(answer));
        }
        if let Some(found) = outbox.subdir("pending")?.map_or(Ok(None), |directory| json_in(&directory, &name))? {
            return Ok(Reply::Pending(with(found, "paused", paused)));
        }
    }
    let Some(inbox) = mailbox.root.subdir("inbox")? else { return Ok(Reply::Unknown) };
    if inbox.subdir("new")?.map_or(Ok(None), |new| new.kind(id.as_str()))?.is_some() {
        let pending = with(pending, "supervisor", Some(Value::from("has not taken it yet")));
        return Ok(Reply::Pending(with(pending, "paused", paused)));
    }
    if let Some(place) = inbox.subdir("rejected")?.map_or(Ok(None), |rejected| rejected.subdir(id.as_str()))?
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

/// Returns the JSON in a file; `None` if it is missing or incomplete.
fn json_in(directory: &Dir, name: &str) -> io::Result<Option<Value>> {
    let bytes = directory.read(name, LARGEST_ANSWER)?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Waits until a proposal is answered or rejected, or has a question that no call has reported yet, up to `timeout`.
pub fn wait(dir: &Path, id: &ProposalId, timeout: Duration) -> io::Result<Reply> {
    let end = Instant::now() + timeout;
    // One pending wake-up is enough.
    let (wake, woken) = sync_channel(1);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Our own reads are access events: they must not wake us.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = wake.try_send(());
        }
    });
    let mut watcher = watcher.ok();
    let mut watched = false;
    let (mut unknown_since, mut was_pending) = (None, false);
    loop {
        if !watched && let Some(watcher) = &mut watcher {
            // The outbox may be created while we wait. It is watched first and then read, so that nothing is missed.
            let outbox = dir.join(MAILBOX_DIR).join("outbox");
            watched = outbox.is_dir() && watcher.watch(&outbox, RecursiveMode::Recursive).is_ok();
        }
        let reply = read_status(dir, id)?;
        match &reply {
            Reply::Answered(_) | Reply::Rejected(_) => return Ok(reply),
            Reply::Pending(found) => {
                was_pending = true;
                unknown_since = None;
                let asked = found.get("questions").and_then(Value::as_array).map_or(0, Vec::len);
                if asked > 0 && has_new_questions(dir, id, asked)? {
                    return Ok(reply);
                }
            }
            // Between leaving the inbox and becoming pending it is nowhere for a moment.
            Reply::Unknown => {
                let since = *unknown_since.get_or_insert_with(Instant::now);
                let patience = if was_pending { Duration::from_secs(10) } else { Duration::from_secs(1) };
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

/// True if no call has reported some of a proposal's questions before; marks them as reported.
fn has_new_questions(dir: &Path, id: &ProposalId, asked: usize) -> io::Result<bool> {
    let Some(outbox) = Mailbox::open(dir)?.map_or(Ok(None), |mailbox| mailbox.root.subdir("outbox"))? else {
        return Ok(false);
    };
    let Some(pending) = outbox.subdir("pending")? else { return Ok(false) };
    let name = format!("{id}.told"); // prose: ok
    let reported = pending.read(&name, 32)?.and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<usize>().ok());
    if reported.is_some_and(|reported| reported >= asked) {
        return Ok(false);
    }
    pending.put(&name, asked.to_string().as_bytes())?;
    Ok(true)
}

/// Returns the notes that no call has returned before, and marks them as read.
pub fn take_notes(dir: &Path) -> io::Result<Vec<Note>> {
    let Some(outbox) = Mailbox::open(dir)?.map_or(Ok(None), |mailbox| mailbox.root.subdir("outbox"))? else {
        return Ok(Vec::new());
    };
    let Some(directory) = outbox.subdir("notes")? else { return Ok(Vec::new()) };
    let read = directory.create_subdir("read")?;
    let mut notes: Vec<Note> = Vec::new();
    for name in directory.names(MOST_NOTES)? {
        let Ok(Some(bytes)) = directory.read(&name, LARGEST_ANSWER) else { continue };
        let Ok(note) = serde_json::from_slice(&bytes) else { continue };
        // Only the call that moves it returns it, so that two concurrent calls do not both return it.
        if directory.rename(&name, &read, &name).is_ok() {
            notes.push(note);
        }
    }
    notes.sort_by_key(|note| note.seq);
    Ok(notes)
}
