//! Detects a garbage collection that git is running in the repository.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Repo, RepoError};

/// Age after which git, like this program, considers a collection dead.
const LONGEST: Duration = Duration::from_secs(12 * 3600);
/// Size limit in bytes of git's file, which has a process id and a host name.
const LARGEST: u64 = 4096;

/// Fails during a garbage collection: if it began before the commit was pinned, it may remove its objects.
pub(super) fn refuse_while_collecting(repo: &Repo) -> Result<(), RepoError> {
    let path = repo.ours_dir().join("gc.pid");
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    match collector(&path, &host) {
        Some(by) => Err(RepoError::Collecting { path, by }),
        None => Ok(()),
    }
}

/// Describes the collecting process according to git's own file for it. `None` if that is not a file, is malformed or
/// older than [`LONGEST`], or names a process that is gone or is not this person's git.
fn collector(path: &PathBuf, host: &str) -> Option<String> {
    let began = std::fs::symlink_metadata(path).ok()?.modified().ok()?;
    // A time in the future cannot be its start.
    if began.elapsed().ok().is_none_or(|age| age >= LONGEST) {
        return None;
    }
    let text = crate::disk::read_plain(path, LARGEST).ok()?;
    let text = String::from_utf8_lossy(&text);
    let mut words = text.split_whitespace();
    let (pid, on) = (words.next()?.parse::<i32>().ok().filter(|pid| *pid > 0)?, words.next()?);
    if on != host {
        // A process on another host cannot be checked from here.
        return Some(format!("process {pid} on {}", crate::policy::text::Visible::of(on).fit(64)));
    }
    is_git(pid).then(|| format!("process {pid}"))
}

/// True for a process of this machine that may be git: not init, not another user's, not another program.
fn is_git(pid: i32) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let process = PathBuf::from(format!("/proc/{pid}"));
    if !Path::new("/proc/self").exists() {
        let known = rustix::process::Pid::from_raw(pid);
        return pid != 1 && known.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok());
    }
    let is_ours = std::fs::metadata(&process).is_ok_and(|meta| meta.uid() == rustix::process::geteuid().as_raw());
    let name = std::fs::read_to_string(process.join("comm")).unwrap_or_default();
    pid != 1 && is_ours && name.starts_with("git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_collection_that_may_run_blocks_a_decision() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("gc.pid");
        let says = |text: &str| -> std::io::Result<Option<String>> {
            std::fs::write(&path, text)?;
            Ok(collector(&path, "here"))
        };
        for nobody in ["", "1", "1 here\n", "0 here", "-1 here", "x here", "999999999 here"] {
            assert_eq!(says(nobody)?, None, "{nobody:?}");
        }
        assert_eq!(says(&format!("{} here", std::process::id()))?, None, "a process that is no git");
        assert_eq!(says("7 else\u{1b}where\n")?.as_deref(), Some("process 7 on else\u{241b}where"));
        assert_eq!(says(&"7 elsewhere ".repeat(1000))?, None, "too large to be git's");
        says("7 elsewhere")?;
        let file = std::fs::File::options().write(true).open(&path)?;
        file.set_modified(std::time::SystemTime::now() - LONGEST)?;
        assert_eq!(collector(&path, "here"), None, "git gave it up, too");
        file.set_modified(std::time::SystemTime::now() + LONGEST)?;
        assert_eq!(collector(&path, "here"), None, "it cannot have begun tomorrow");
        std::fs::remove_file(&path)?;
        assert!(std::process::Command::new("mkfifo").arg(&path).status()?.success());
        assert_eq!(collector(&path, "here"), None, "nobody waits for a pipe");
        Ok(())
    }
}
