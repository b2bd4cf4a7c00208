//! The contents of a run directory: the files that recognition reads, and the loop's instructions.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::WatchError;
use crate::disk::{DANGLING, open_plain, refused_link};
use crate::format::{
    FoundBeside, ListedFile, SEARCHED_DIRECTORIES, is_results_table, may_be_table, may_be_unsupported_table,
    reason_not_a_table,
};
use crate::model::PassedOver;

/// Largest number of entries read of the run directory, and of a directory in it.
const MOST_ENTRIES: usize = 100_000;
const MOST_IN_A_DIRECTORY: usize = 2_000;
/// Largest number of directories without a telling name that are checked for a table.
const MOST_OTHER_DIRECTORIES: usize = 500;
/// Largest number of files whose first bytes are read.
const MOST_STARTS: usize = 64;
const START_BYTES: u64 = 16 * 1024;
/// In Markdown a table may follow a long introduction.
const PAGE_BYTES: u64 = 256 * 1024;
/// Names by which a table is found in a directory of any name; of several spellings the first counts, because a file
/// system may treat them as one file.
const ANYWHERE: [&[&str]; 2] = [&["results.tsv", "Results.tsv", "RESULTS.TSV"], &["autoresearch.jsonl"]];
/// Files with instructions for loops, the likeliest first.
const INSTRUCTIONS: [&str; 10] = [
    "program.md",
    "autoresearch.md",
    ".auto/prompt.md",
    "autoresearch/program.md",
    "PROGRAM.md",
    "prompt.md",
    "instructions.md",
    "task.md",
    "AGENTS.md",
    "CLAUDE.md",
];
const MOST_INSTRUCTIONS: u64 = 256 * 1024;

/// The files of a run directory that recognition reads.
pub(super) fn listing(dir: &Path) -> Result<Vec<ListedFile>, WatchError> {
    let mut found = Vec::new();
    let mut others = Vec::new();
    let entries = std::fs::read_dir(dir).map_err(|source| WatchError::NoDirectory { path: dir.to_owned(), source })?;
    for entry in entries.flatten().take(MOST_ENTRIES) {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if is_file(&entry) {
            found.push(name);
        } else if !SEARCHED_DIRECTORIES.contains(&name.as_str())
            && !is_passed_by(&name)
            && others.len() < MOST_OTHER_DIRECTORIES
        {
            others.push(name);
        }
    }
    for directory in SEARCHED_DIRECTORIES {
        // Most run directories have none of these.
        let Ok(entries) = std::fs::read_dir(dir.join(directory)) else { continue };
        if is_astray(dir, directory) {
            continue;
        }
        let files = entries.flatten().take(MOST_IN_A_DIRECTORY).filter(is_file);
        found.extend(files.filter_map(|entry| Some(format!("{directory}/{}", entry.file_name().into_string().ok()?))));
    }
    for directory in others.into_iter().filter(|directory| !is_astray(dir, directory)) {
        if is_named_for_a_loop(&directory) {
            let Ok(entries) = std::fs::read_dir(dir.join(&directory)) else { continue };
            let files = entries.flatten().take(MOST_IN_A_DIRECTORY).filter(is_file);
            let names = files.filter_map(|entry| entry.file_name().into_string().ok());
            found.extend(names.map(|name| format!("{directory}/{name}")).filter(|path| may_be_table(path)));
            continue;
        }
        let is_there = |name: &&&str| dir.join(&directory).join(name).is_file();
        let tables = ANYWHERE.iter().filter_map(|spellings| spellings.iter().find(is_there));
        found.extend(tables.map(|name| format!("{directory}/{name}")));
    }
    // The files at the top first: they are the likeliest, and only a limited number is read.
    found.sort_by(|a, b| (a.contains('/'), a).cmp(&(b.contains('/'), b)));
    let mut starts = 0;
    let listed = found.into_iter().map(|path| {
        let file = dir.join(&path);
        let (mut start, mut modified_ms) = (Vec::new(), 0);
        if may_be_table(&path) && starts < MOST_STARTS {
            starts += 1;
            // A file that cannot be read is recognised by its name; reading its rows reports why.
            start = first_bytes(&file, start_bytes(&path)).unwrap_or_default();
            let modified = std::fs::metadata(&file).and_then(|meta| meta.modified()).ok();
            modified_ms =
                modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_millis() as i64);
        }
        ListedFile { path, head: start, modified_ms }
    });
    Ok(listed.collect())
}

fn start_bytes(path: &str) -> u64 {
    if path.to_ascii_lowercase().ends_with(".md") { PAGE_BYTES } else { START_BYTES }
}

/// Files that a person may have taken for the loop's results, without a table among them, each with the reason why it
/// is not one.
pub(super) fn unread(dir: &Path, listed: &[ListedFile], beside: FoundBeside) -> Vec<PassedOver> {
    let why = |file: &ListedFile| {
        let read = || first_bytes(&dir.join(&file.path), start_bytes(&file.path)).unwrap_or_default();
        // The listing has read the likely ones.
        let start =
            if file.head.is_empty() && may_be_unsupported_table(&file.path) { read() } else { file.head.clone() };
        Some(PassedOver::new(file.path.as_str(), reason_not_a_table(&file.path, &start, beside)?))
    };
    let mut seen = no_files(dir);
    seen.extend(listed.iter().filter_map(why).take(MOST_STARTS));
    seen
}

/// Entries at the top that have the name of a table but are not regular files.
fn no_files(dir: &Path) -> Vec<PassedOver> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().take(MOST_ENTRIES);
    let named = entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry)));
    let tables = named.filter(|(name, entry)| is_anywhere(&name.to_ascii_lowercase()) && !is_file(entry));
    let mut seen: Vec<PassedOver> = tables
        .map(|(name, entry)| PassedOver::new(name, format!("not a regular file: {}", kind(&entry.path()))))
        .collect();
    seen.sort();
    seen
}

/// A description of a path that is not a regular file.
fn kind(path: &Path) -> String {
    use std::os::unix::fs::FileTypeExt as _;
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta.file_type(),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return "a symlink to itself".to_owned();
        }
        Err(_) => return DANGLING.to_owned(),
    };
    let what = if meta.is_dir() {
        "a directory"
    } else if meta.is_fifo() {
        "a pipe"
    } else if meta.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    if path.is_symlink() { format!("a symlink to {what}") } else { what.to_owned() }
}

/// Paths of tables further down, below directories of any name: for a person who opened a directory above their loop.
pub(super) fn tables_below(dir: &Path) -> Vec<String> {
    const DEEPEST: usize = 4;
    const MOST_DIRECTORIES: usize = 2_000;
    let mut found = Vec::new();
    let mut directories = vec![(String::new(), 0)];
    let (mut looked, mut starts) = (0, 0);
    while let Some((directory, depth)) = directories.pop() {
        looked += 1;
        if looked > MOST_DIRECTORIES || found.len() >= 8 {
            break;
        }
        let Ok(entries) = std::fs::read_dir(dir.join(&directory)) else { continue };
        for entry in entries.flatten().take(MOST_IN_A_DIRECTORY) {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_directory && depth < DEEPEST && !is_passed_by(&name) {
                directories.push((path, depth + 1));
            } else if is_directory || !is_file(&entry) {
            } else if is_anywhere(&name.to_ascii_lowercase()) {
                // At the top it would have been read.
                found.extend((depth > 0).then_some(path));
            } else if may_be_table(&path) && starts < MOST_STARTS {
                starts += 1;
                let start = first_bytes(&dir.join(&path), start_bytes(&path)).unwrap_or_default();
                let file = ListedFile { path, head: start, modified_ms: 0 };
                found.extend(is_results_table(&file).then_some(file.path));
            }
        }
    }
    found.sort();
    found
}

/// True for a link in the run directory that leads away from anything of the loop's.
fn is_astray(dir: &Path, directory: &str) -> bool {
    let place = dir.join(directory);
    let target = || place.canonicalize().ok();
    place.is_symlink() && target().is_some_and(|target| refused_link(&target, dir).is_some())
}

fn is_anywhere(name: &str) -> bool {
    ANYWHERE.iter().any(|spellings| spellings.contains(&name)) || name.ends_with("-results.tsv")
}

/// The loop's instructions, verbatim; empty if there are none.
pub(super) fn instructions(dir: &Path) -> Arc<str> {
    let read = |name: &&str| first_bytes(&dir.join(name), MOST_INSTRUCTIONS).ok();
    let bytes = INSTRUCTIONS.iter().find_map(read).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into()
}

fn first_bytes(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_plain(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_file(entry: &std::fs::DirEntry) -> bool {
    // A link to a file counts as a file; a broken link as nothing.
    entry.file_type().is_ok_and(|kind| kind.is_file() || kind.is_symlink() && entry.path().is_file())
}

/// True for a directory whose name says that a loop writes there: `autoresearch_results`, `experiment_logs`.
fn is_named_for_a_loop(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    words.any(|word| {
        matches!(word, "experiment" | "experiments" | "results" | "loop" | "lab") || word.ends_with("research")
    })
}

/// True for directories in which nobody keeps a table: git's, environments, caches, packages. Other hidden ones may
/// have one: a loop writes into `.autoresearch-r5` to leave the project unchanged.
fn is_passed_by(name: &str) -> bool {
    const HIDDEN: [&str; 26] = [
        ".git",
        ".hg",
        ".svn",
        ".jj",
        ".venv",
        ".env",
        ".tox",
        ".nox",
        ".eggs",
        ".idea",
        ".vscode",
        ".ipynb_checkpoints",
        ".cargo",
        ".rustup",
        ".conda",
        ".npm",
        ".nvm",
        ".pyenv",
        ".local",
        ".config",
        ".ssh",
        ".gnupg",
        ".Trash",
        ".aim",
        ".trackio",
        crate::mailbox::MAILBOX_DIR,
    ];
    const OTHERS: [&str; 8] =
        ["node_modules", "venv", "env", "__pycache__", "target", "site-packages", "wandb", "checkpoints"];
    HIDDEN.contains(&name) || OTHERS.contains(&name) || name.starts_with('.') && name.contains("cache")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_found_in_directories_of_any_name_and_further_down() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        for path in [
            "mine/results.tsv",
            "a/b/c/results.tsv",
            "node_modules/x/results.tsv",
            "autoresearch/log.csv",
            "autoresearch_results/experiment_log.csv",
            "somewhere/experiment_log.csv",
            "data/1.bin",
            ".autoresearch-r5/experiment_log.csv",
            ".loops/results.tsv",
            ".rounds/RESULTS.TSV",
            ".git/results.tsv",
            ".venv/results.tsv",
            ".pytest_cache/results.tsv",
        ] {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().ok_or("no parent")?)?;
            std::fs::write(path, "commit,loss,status\n")?;
        }
        let listed = listing(directory.path())?;
        let paths: Vec<_> = listed.iter().map(|file| (file.path.as_str(), !file.head.is_empty())).collect();
        assert_eq!(
            paths,
            [
                (".autoresearch-r5/experiment_log.csv", true),
                (".loops/results.tsv", true),
                (".rounds/RESULTS.TSV", true),
                ("autoresearch/log.csv", true),
                ("autoresearch_results/experiment_log.csv", true),
                ("data/1.bin", false),
                ("mine/results.tsv", true)
            ]
        );
        let below = tables_below(directory.path());
        assert_eq!(below.len(), 8);
        let is_hidden = |path: &&String| path.starts_with(".git") || path.contains("venv") || path.contains("cache");
        assert_eq!(below.iter().find(is_hidden), None);
        assert!(below.contains(&"somewhere/experiment_log.csv".to_owned()), "{below:?}");
        Ok(())
    }
}
