//! Rescues work that blocks despite the checks. An agent may put a FIFO in place of a file just after it was checked,
//! or in place of one of a hundred thousand objects: libgit2 then blocks in `open` without a timeout.
//!
//! Work on a repository reports its beginning and end. If some takes long, a thread searches for FIFOs and opens each
//! briefly at both ends: whoever is blocked on the other end continues, with nothing to read. So the work fails like
//! any work on a broken file, its locks are released as usual, and no thread is lost.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use super::pipes::{found, is_pipe, release};
use super::places::Site;

/// Duration after which work is checked.
const LONG: Duration = Duration::from_secs(2);
/// Maximum interval between checks: honest work may take minutes, and is checked ever less often.
const RARELY: Duration = Duration::from_secs(30);
/// Interval once a FIFO was found: failing work meets it a few more times.
const SOON: Duration = Duration::from_millis(20);

/// Work in progress. Dropping it ends it.
pub struct WorkGuard(u64);

struct Work {
    site: Arc<Site>,
    look_at: Instant,
    pause: Duration,
}

#[derive(Default)]
struct All {
    works: HashMap<u64, Work>,
    /// Time at which the thread wakes by itself; `None` while it waits for work to begin.
    wakes_at: Option<Instant>,
}

static ALL: Mutex<Option<All>> = Mutex::new(None);
static BEGUN: Condvar = Condvar::new();
static NUMBER: AtomicU64 = AtomicU64::new(0);

fn all() -> MutexGuard<'static, Option<All>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl WorkGuard {
    /// Reports the beginning of work on a repository.
    pub(super) fn on(site: &Arc<Site>) -> Self {
        static STARTED: Once = Once::new();
        STARTED.call_once(|| {
            // Without the thread most work still finds a FIFO in advance.
            drop(std::thread::Builder::new().name("waiting".to_owned()).spawn(watch_work));
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

impl Drop for WorkGuard {
    fn drop(&mut self) {
        if let Some(all) = all().as_mut() {
            all.works.remove(&self.0);
        }
    }
}

fn watch_work() {
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
                let is_known = !found().is_empty();
                for work in guard.iter_mut().flat_map(|all| all.works.values_mut()).filter(|work| work.look_at <= now) {
                    work.pause = if is_known { SOON } else { (work.pause * 2).min(RARELY) };
                    work.look_at = now + work.pause;
                    if !late.contains(&work.site) {
                        late.push(Arc::clone(&work.site));
                    }
                }
                drop(guard);
                // The released work may block on the same one again.
                let mut pipes = found();
                pipes.retain(|path| is_pipe(path));
                if pipes.is_empty() {
                    pipes = late.iter().flat_map(|site| site.pipes()).collect();
                }
                release(pipes);
                all()
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_that_configuration_names_is_released() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let git_dir = directory.path().join("git");
        std::fs::create_dir(&git_dir)?;
        let place = directory.path().join("pi pe");
        let site = Arc::new(Site { git_dir: git_dir.clone(), common_dir: git_dir.clone() });
        // It is put there after the check.
        assert!(site.refuse_waiting().is_ok());
        let text = format!("[include] path = \"{}/pi\" pe\n", directory.path().display()).replace("\" pe", " \"pe");
        std::fs::write(git_dir.join("config"), text)?;
        assert!(std::process::Command::new("mkfifo").arg(&place).status()?.success());
        let _working = WorkGuard::on(&site);
        assert_eq!(std::fs::read(&place)?, b"");
        assert!(found().contains(&place));
        std::fs::remove_file(&place)
    }

    #[test]
    fn a_reader_of_a_pipe_is_released_with_nothing() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let place = directory.path().join("objects/ab/cd");
        std::fs::create_dir_all(place.parent().unwrap_or(&place))?;
        assert!(std::process::Command::new("mkfifo").arg(&place).status()?.success());
        let site = Arc::new(Site { git_dir: directory.path().to_owned(), common_dir: directory.path().to_owned() });
        let _working = WorkGuard::on(&site);
        // Like libgit2, this would block forever.
        assert_eq!(std::fs::read(&place)?, b"");
        assert!(found().contains(&place));
        assert!(site.refuse_waiting().is_err_and(|error| error.to_string().contains("is a pipe")), "from now on");
        std::fs::remove_file(&place)?;
        assert!(site.refuse_waiting().is_ok());
        Ok(())
    }
}
