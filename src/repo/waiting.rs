//! What waits all the same. An agent may put a pipe in the place of a file in the moment after it was looked at, or in
//! the place of one of a hundred thousand objects: libgit2 then waits in `open`, with no deadline.
//!
//! Work on a repository says when it begins and ends. Where some takes long, a thread looks for pipes and opens each for
//! a moment at both ends: whoever waits for the other end goes on, with nothing to read. So the work fails as any work
//! on a broken file does, its locks are let go in the usual way, and no thread is lost.

use std::collections::HashMap;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};

use super::places::Site;

/// Work that takes longer is looked after.
const LONG: Duration = Duration::from_secs(2);
/// Honest work may take minutes: it is looked after less and less often, up to this.
const RARELY: Duration = Duration::from_secs(30);
/// Where a pipe is known: work that fails meets it a few times more.
const SOON: Duration = Duration::from_millis(20);
/// Pipes that are remembered; more say nothing more.
const MOST: usize = 100;

/// Work under way. Dropping it ends it.
pub struct Working(u64);

struct Work {
    site: Arc<Site>,
    look_at: Instant,
    pause: Duration,
}

#[derive(Default)]
struct All {
    works: HashMap<u64, Work>,
    /// When the thread wakes by itself; `None` while it waits for work to begin.
    wakes_at: Option<Instant>,
    found: Vec<PathBuf>,
}

static ALL: Mutex<Option<All>> = Mutex::new(None);
static BEGUN: Condvar = Condvar::new();
static NUMBER: AtomicU64 = AtomicU64::new(0);

fn all() -> MutexGuard<'static, Option<All>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Working {
    /// Work on a repository begins.
    pub(super) fn on(site: &Arc<Site>) -> Self {
        static STARTED: Once = Once::new();
        STARTED.call_once(|| {
            // Without it a pipe is still found before most work.
            drop(std::thread::Builder::new().name("waiting".to_owned()).spawn(look_after));
        });
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let look_at = Instant::now() + LONG;
        let mut guard = all();
        let all = guard.get_or_insert_default();
        all.works.insert(number, Work { site: Arc::clone(site), look_at, pause: LONG });
        if all.wakes_at.is_none_or(|at| look_at < at) {
            BEGUN.notify_one();
        }
        Self(number)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(all) = all().as_mut() {
            all.works.remove(&self.0);
        }
    }
}

/// Pipes that something waited for.
pub(super) fn found() -> Vec<PathBuf> {
    all().as_ref().map(|all| all.found.clone()).unwrap_or_default()
}

fn look_after() {
    let mut guard = all();
    loop {
        let next = guard.as_ref().and_then(|all| all.works.values().map(|work| work.look_at).min());
        let now = Instant::now();
        guard.get_or_insert_default().wakes_at = next;
        guard = match next {
            None => BEGUN.wait(guard).unwrap_or_else(PoisonError::into_inner),
            Some(at) if at > now => BEGUN.wait_timeout(guard, at - now).unwrap_or_else(PoisonError::into_inner).0,
            Some(_) => {
                let mut late = Vec::new();
                let is_known = guard.as_ref().is_some_and(|all| !all.found.is_empty());
                for work in guard.iter_mut().flat_map(|all| all.works.values_mut()).filter(|work| work.look_at <= now) {
                    work.pause = if is_known { SOON } else { (work.pause * 2).min(RARELY) };
                    work.look_at = now + work.pause;
                    if !late.contains(&work.site) {
                        late.push(Arc::clone(&work.site));
                    }
                }
                drop(guard);
                // Who went on may wait for the same one again.
                let mut pipes = found();
                pipes.retain(|path| is_pipe(path));
                if pipes.is_empty() {
                    pipes = late.iter().flat_map(|site| site.pipes()).collect();
                }
                let mut guard = all();
                let known = &mut guard.get_or_insert_default().found;
                known.retain(|path| is_pipe(path));
                for pipe in pipes {
                    let_go(&pipe);
                    if !known.contains(&pipe) && known.len() < MOST {
                        known.push(pipe);
                    }
                }
                guard
            }
        };
    }
}

fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.file_type().is_fifo())
}

/// Opens a pipe at both ends for a moment: whoever waits for it waits no longer. One that this person may not write to
/// stays as it is.
fn let_go(path: &Path) {
    drop(rustix::fs::open(path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_a_pipe_elsewhere_that_configuration_names_goes_on() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let git_dir = folder.path().join("git");
        std::fs::create_dir(&git_dir)?;
        let place = folder.path().join("pi pe");
        let site = Arc::new(Site { git_dir: git_dir.clone(), common_dir: git_dir.clone() });
        // It is put there after the look.
        assert!(site.refuse_waiting().is_ok());
        let text = format!("[include] path = \"{}/pi\" pe\n", folder.path().display()).replace("\" pe", " \"pe");
        std::fs::write(git_dir.join("config"), text)?;
        assert!(std::process::Command::new("mkfifo").arg(&place).status()?.success());
        let _working = Working::on(&site);
        assert_eq!(std::fs::read(&place)?, b"");
        assert!(found().contains(&place));
        std::fs::remove_file(&place)
    }

    #[test]
    fn who_waits_for_a_pipe_goes_on_with_nothing() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let place = folder.path().join("objects/ab/cd");
        std::fs::create_dir_all(place.parent().unwrap_or(&place))?;
        assert!(std::process::Command::new("mkfifo").arg(&place).status()?.success());
        let site = Arc::new(Site { git_dir: folder.path().to_owned(), common_dir: folder.path().to_owned() });
        let _working = Working::on(&site);
        // As libgit2 does: this would wait for ever.
        assert_eq!(std::fs::read(&place)?, b"");
        assert!(found().contains(&place));
        assert!(site.refuse_waiting().is_err_and(|error| error.to_string().contains("is a pipe")), "from now on");
        std::fs::remove_file(&place)?;
        assert!(site.refuse_waiting().is_ok());
        Ok(())
    }
}
