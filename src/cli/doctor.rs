//! `countersign doctor`: diagnoses the setup and suggests fixes.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::status::RunsJson;
use crate::cli::{Code, StdoutBuffer, config_dir, places, state_dir};
use crate::config::Preferences;
use crate::decide::Decider;
use crate::disk::shown;
use crate::model::{
    Basis, ColumnUse, Gate, Goal, LoopFormat, MAILBOX_DIR, NoChange, Objective, PassedOver, Snapshot,
    TableInterpretation, Trial, counted,
};
use crate::policy::Answerer;
use crate::policy::text::Visible;
use crate::repo::{Repo, RepoError, person, pins};
use crate::runtime::themes::ThemeFiles;
use crate::signature::{Format, Settings};
use crate::terminal;
use crate::user_state::load_theme;
use crate::watch::{WatchError, Watched, network_kind, now_ms, try_events};

#[derive(Serialize)]
struct Check {
    what: &'static str,
    good: bool,
    found: String,
    /// The remedy; empty if nothing needs doing.
    remedy: String,
}

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, json: bool) -> color_eyre::Result<Code> {
    let mut checks = vec![check_terminal(), check_colours(), check_log()];
    checks.extend(check_configuration());
    let watched = Watched::open(dir, places());
    match person() {
        Ok(person) => {
            checks.push(good("identity", person.to_string()));
            let required = watched.as_ref().is_ok_and(|watched| watched.policy().signing_required);
            checks.push(check_signing(&person.signing, required));
        }
        Err(error) => checks.push(bad("identity", "none", error.to_string())),
    }
    let mut code = Code::Good;
    match watched {
        Ok(mut watched) => {
            watched.poll(now_ms());
            check_loop(&watched, dir, &mut checks);
        }
        Err(error) => {
            code = if matches!(error, WatchError::NotALoop(..)) { Code::NoLoop } else { Code::Error };
            let message = error.to_string();
            let (found, remedy) = message.split_once('\n').unwrap_or((&message, ""));
            // The files that were not read are listed below, one check each.
            let is_no_loop = matches!(error, WatchError::NotALoop(..));
            let remedy = if is_no_loop { remedy.lines().next().unwrap_or_default() } else { remedy };
            checks.push(bad("loop", found, remedy));
            if let WatchError::NotALoop(_, seen, _) = &error {
                checks.extend(all_not_read(&seen.0));
            }
            if let Err(error) = Repo::open_with(dir, places().home.as_deref()) {
                checks.push(bad("repository", "none", error.to_string()));
            }
        }
    }
    for check in &checks {
        if json {
            out.json(check)?;
            continue;
        }
        let glyph = if check.good { "✓" } else { "✗" };
        let what = check.what;
        out.line(format!("{glyph} {what:<12} {}", Visible::message(&check.found)))?;
        if !check.remedy.is_empty() {
            out.line(format!("  {:<12} → {}", "", Visible::message(&check.remedy)))?;
        }
    }
    Ok(code)
}

fn good(what: &'static str, found: impl Into<String>) -> Check {
    Check { what, good: true, found: found.into(), remedy: String::new() }
}

/// A passing check that says how to change the result.
fn good_with(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Check {
    Check { what, good: true, found: found.into(), remedy: remedy.into() }
}

fn bad(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Check {
    Check { what, good: false, found: found.into(), remedy: remedy.into() }
}

/// Lists the files that were found but not read. They are not a problem.
fn all_not_read(seen: &[PassedOver]) -> Vec<Check> {
    const MOST: usize = 12;
    let named = seen.iter().take(MOST).map(|seen| good("not read", format!("{}: {}", seen.path, seen.why)));
    let more = seen.len().saturating_sub(MOST);
    let more = (more > 0).then(|| good("not read", format!("and {more} more (see `countersign status --json`)")));
    named.chain(more).collect()
}

/// Checks whether and how approved commits are signed. Signs nothing, as a hardware key would require a touch.
fn check_signing(signing: &Settings, required: bool) -> Check {
    let format = match signing.format {
        Format::OpenPgp => "OpenPGP",
        Format::Ssh => "SSH",
        Format::X509 => "X.509",
    };
    let key = signing.key.as_deref().or(signing.key_command.as_deref());
    match (signing.wanted || required, key) {
        (false, _) => good("signing", "commits are not signed, according to your git configuration (commit.gpgsign)"),
        (true, Some(key)) => good("signing", format!("{format}, key {key}")),
        (true, None) if signing.format == Format::Ssh => {
            bad("signing", "SSH, but no key is configured", "git config --global user.signingkey ~/.ssh/id_ed25519.pub")
        }
        (true, None) => good("signing", format!("{format}, the key of {}", signing.identity)),
    }
}

fn check_terminal() -> Check {
    let term = std::env::var("TERM").unwrap_or_default();
    match crossterm::terminal::size() {
        _ if !std::io::stdout().is_terminal() => good("terminal", "standard output is not a terminal"),
        Ok((columns, rows)) if columns < 60 || rows < 16 => {
            bad("terminal", format!("{term}, {columns}x{rows}"), "resize to 80x24 or larger to see everything")
        }
        Ok((columns, rows)) => good("terminal", format!("{term}, {columns}x{rows}")),
        Err(error) => bad("terminal", term, error.to_string()),
    }
}

fn check_colours() -> Check {
    let colours = terminal::Colours::from_environment();
    good("colours", colours.why())
}

/// Checks the person's configuration: its path, and every error in it with its line.
fn check_configuration() -> Vec<Check> {
    let config = config_dir();
    let mut preferences = Preferences::read(&config);
    let themes = ThemeFiles::read(&mut preferences);
    let wanted = preferences.theme.take().or_else(|| load_theme(&state_dir()));
    let theme = themes.known(wanted, &mut preferences.errors).chosen;
    if preferences.errors.is_empty() {
        let path = config.join("config.yaml");
        let place = path.display();
        let place = if path.exists() { place.to_string() } else { format!("defaults (no {place})") };
        return vec![good("preferences", format!("{place}, theme {theme}"))];
    }
    let error = |trouble| bad("preferences", trouble, "");
    preferences.errors.into_iter().map(error).collect()
}

/// Checks for repositories whose objects this one borrows: deleting them would lose approved objects.
fn check_lenders(repo: &Repo) -> Option<Check> {
    let lenders = repo.alternates();
    (!lenders.is_empty()).then(|| {
        bad(
            "objects",
            format!("objects are borrowed from {}", lenders.join(", ")),
            "approved commits depend on them; to copy the objects here: git repack -a -d && rm .git/objects/info/alternates",
        )
    })
}

/// Checks where the loop's history begins, and whether it is complete.
fn check_history(repo: &Repo, snapshot: &Snapshot) -> Check {
    let edge = repo.shallow_edge().len();
    let began = match (snapshot.began_at, &snapshot.trunk) {
        (Some(commit), Some(trunk)) => format!("the loop began at {} on {trunk}", commit.short()),
        (Some(commit), None) => format!("the loop began at {}", commit.short()),
        (None, _) => "it is unknown where the loop began".to_owned(),
    };
    if edge > 0 {
        return bad(
            "history",
            format!("a shallow clone, cut off at {}; {began}", counted(edge, "commit")),
            "git fetch --unshallow fetches the rest, git fetch --deepen=100 part of it; no change is compared across the cut",
        );
    }
    if repo.is_partial() {
        return bad(
            "history",
            format!("a partial clone; earlier file contents may be missing; {began}"),
            "fetch them with git fetch --refetch --no-filter; until then some changes cannot be shown",
        );
    }
    match repo.replaced() {
        0 => good("history", began),
        many => bad(
            "history",
            format!("{} in git (refs/replace), which Countersign ignores; {began}", counted(many, "replaced object")),
            "list them with git replace -l; Countersign shows and approves the original objects",
        ),
    }
}

/// Checks for decisions dated in the future: the clock was set back since, or was wrong then.
fn check_clock(snapshot: &Snapshot) -> Option<Check> {
    let newest = snapshot.decisions.iter().map(|decision| decision.at_ms).max()?;
    let ahead_s = (newest - now_ms()) / 1000;
    (ahead_s > 60).then(|| {
        bad(
            "clock",
            format!(
                "the newest decision is dated {} ahead of this machine's clock",
                counted((ahead_s / 60) as usize, "minute")
            ),
            "set the clock (timedatectl); decisions are ordered by number, not by time",
        )
    })
}

/// Reports the amount of data kept next to the loop or in the home directory.
fn check_kept(repo: &Repo, watched: &Watched) -> Check {
    let bytes = |path: Option<PathBuf>| path.and_then(|path| std::fs::metadata(path).ok()).map_or(0, |meta| meta.len());
    let own = |name: &str| bytes(repo.own_path(name).ok());
    let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    let pinned = pins(repo).map_or_else(|error| error.to_string(), |pins| counted(pins.len(), "pinned commit"));
    let store = watched.store_path();
    let log = store.as_ref().map(|path| path.with_extension("db-wal"));
    good(
        "stored",
        format!(
            "{pinned}, ledger {}, proposals {}, curves {} (countersign prune removes old pins, `archive` in the policy limits curves)",
            megabytes(own("ledger.jsonl")),
            megabytes(own("proposals.jsonl")),
            megabytes(bytes(store) + bytes(log)),
        ),
    )
}

/// Checks whether the agent has a mailbox, and who answers there.
fn check_mailbox(watched: &Watched, snapshot: &Snapshot) -> Check {
    let trouble = snapshot.warnings.iter().find(|warning| &*warning.path == MAILBOX_DIR);
    if let Some(trouble) = trouble {
        return bad(
            "mailbox",
            trouble.message.clone(),
            "until this is fixed, no proposals are accepted from the agent",
        );
    }
    if !snapshot.mailbox.is_there {
        return good("mailbox", "none: agents cannot ask here; `countersign init` creates it");
    }
    let word = |gate| match watched.policy().gates.answerer(gate) {
        Answerer::Auto => "the policy",
        Answerer::Human => "you",
    };
    let (run, keep) = (word(Gate::Run), word(Gate::Keep));
    let is_auto = [Gate::Run, Gate::Keep].iter().any(|gate| watched.policy().gates.answerer(*gate) == Answerer::Auto);
    if is_auto && !snapshot.is_joined {
        let found = format!("{MAILBOX_DIR}; a gate is auto but passes nothing: it has no baseline to compare with");
        return bad("mailbox", found, "run `countersign init`, or approve something");
    }
    let untaken = match snapshot.mailbox.unread {
        0 => String::new(),
        many => format!("; {many} not read yet: open the terminal UI"),
    };
    let rejected = match snapshot.mailbox.rejected {
        0 => String::new(),
        many => format!("; {many} rejected, in {MAILBOX_DIR}/inbox/rejected with the reasons"),
    };
    good(
        "mailbox",
        format!("{MAILBOX_DIR}; the run gate is answered by {run}, the keep gate by {keep}{untaken}{rejected}"),
    )
}

/// Reports the objective and why it was chosen; a guess comes with the policy line that changes it.
fn check_objective(objective: Option<&Objective>) -> Check {
    let Some(objective) = objective else {
        return bad("objective", "no column looks like a metric", "name it in the policy: objective: {metric: NAME}");
    };
    let Objective { metric, metric_basis, goal, goal_basis, .. } = objective;
    let why = |basis: &Basis| match (basis.why.as_str(), basis.is_guess) {
        ("", _) => String::new(),
        (why, true) => format!(" (a guess: {why})"),
        (why, false) => format!(" ({why})"),
    };
    let setting = |goal: &str| format!("objective: {{metric: {metric}, goal: {goal}}}");
    match goal {
        Some(goal) => {
            let found = format!("{metric}{} {}{}", why(metric_basis), goal.arrow(), why(goal_basis));
            let is_guess = metric_basis.is_guess || goal_basis.is_guess;
            let word = if *goal == Goal::Minimize { "minimize" } else { "maximize" };
            let remedy =
                if is_guess { format!("to confirm it, in the policy: {}", setting(word)) } else { String::new() };
            good_with("objective", found, remedy)
        }
        None => bad(
            "objective",
            format!("{metric}{}, direction unknown{}", why(metric_basis), why(goal_basis)),
            format!("press < (lower is better) or >, or in the policy: {}", setting("minimize")),
        ),
    }
}

/// Reports how the results were interpreted: the columns' roles, and unknown words.
fn check_reading(reading: &TableInterpretation) -> Vec<Check> {
    let mut checks = Vec::new();
    let described = |column: &&ColumnUse| {
        let why = if column.why.is_empty() { String::new() } else { format!(" ({})", column.why) };
        format!("{} is the {}{why}", column.name, column.used_as)
    };
    let roles = reading.roles().filter(|column| column.used_as != "objective");
    let (by_name, other): (Vec<&ColumnUse>, Vec<&ColumnUse>) =
        roles.partition(|column| &*column.name == column.used_as && column.why.is_empty());
    let by_name: Vec<&str> = by_name.iter().map(|column| &*column.name).collect();
    let by_name = (!by_name.is_empty()).then(|| format!("{} by name", by_name.join(", ")));
    let roles: Vec<String> = by_name.into_iter().chain(other.iter().map(described)).collect();
    let unused: Vec<&str> =
        reading.columns.iter().filter(|column| column.used_as == "not used").map(|column| &*column.name).collect();
    if !reading.columns.is_empty() {
        let rest = if unused.is_empty() { String::new() } else { format!("; not used: {}", unused.join(", ")) };
        let is_known = |word: &str| reading.columns.iter().any(|column| column.used_as == word);
        let missing: Vec<&str> =
            ["commit", "status", "description"].into_iter().filter(|word| !is_known(word)).collect();
        let remedy = match missing.first() {
            Some(word) => format!(
                "no column looks like the {}; name it in the policy: columns: {{{word}: NAME}}",
                missing.join(" or the ")
            ),
            None if reading.roles().any(|column| !column.why.is_empty()) => {
                "to change a guess, in the policy: columns: {status: NAME}".to_owned()
            }
            None => String::new(),
        };
        checks.push(good_with("columns", format!("{}{rest}", roles.join(", ")), remedy));
    }
    if let Some((first, _)) = reading.unknown_words.first() {
        let words: Vec<String> =
            reading.unknown_words.iter().take(8).map(|(word, rows)| format!("`{word}` {rows}x")).collect();
        checks.push(bad(
            "statuses",
            format!("{}: {}", reading.unknown_words_text(), words.join(", ")),
            format!("define them in the policy: statuses: {{{}: discard}}", quoted(first)),
        ));
    }
    checks.extend(reading.notes.iter().map(|note| good("note", note.clone())));
    checks
}

/// Checks that each kept row names exactly one commit.
fn check_named_commits(snapshot: &Snapshot) -> Vec<Check> {
    let lost = "their changes cannot be shown";
    let without = snapshot.kept_without(&[NoChange::NoCommit]);
    let ambiguous = snapshot.kept_without(&[NoChange::Ambiguous]);
    let has_column = snapshot.format == Some(LoopFormat::PiAutoresearch)
        || snapshot.reading.columns.iter().any(|column| column.used_as == "commit");
    let mut checks = Vec::new();
    if let [first, ..] = without[..] {
        let cell = &snapshot.experiments[first].row.cell;
        let example = if cell.is_blank() { String::new() } else { format!(" (`{}`)", Visible::line(cell).fit(24)) };
        let remedy = if has_column {
            "have the loop commit each change before its run and write the commit's id into the row"
        } else {
            "have the loop write the commit of each change into its row, in a column named commit"
        };
        checks.push(bad("commits", format!("{}{example}: {lost}", naming(without.len(), "no commit")), remedy));
    }
    if !ambiguous.is_empty() {
        let found = naming(ambiguous.len(), "an ambiguous commit prefix");
        checks.push(bad(
            "commits",
            format!("{found}: {lost}"),
            "have the loop write at least seven digits of the commit id",
        ));
    }
    checks
}

/// Returns `2 kept rows name WHAT`.
fn naming(rows: usize, what: &str) -> String {
    format!("{} {} {what}", counted(rows, "kept row"), if rows == 1 { "names" } else { "name" })
}

/// Returns a hint at the git repositories directly below a directory; `None` if there are none.
fn nested_repositories(dir: &Path) -> Option<String> {
    const MOST: usize = 4;
    let entries =
        std::fs::read_dir(dir).into_iter().flatten().flatten().take(1000).map(|entry| entry.file_name().into());
    let is_nested = |path: &PathBuf| dir.join(path).join(".git").exists();
    let named: Vec<String> = entries.filter(is_nested).take(MOST).map(|path| shown(&path)).collect();
    match named.as_slice() {
        [] => None,
        [only] => Some(format!("{only} is a separate git repository: open it if the loop runs there")),
        several => {
            Some(format!("{} are separate git repositories: open the one where the loop runs", several.join(", ")))
        }
    }
}

/// Checks that the commits of kept rows exist; if not, suggests nested repositories, such as submodules, that may have
/// them.
fn check_commits(dir: &Path, snapshot: &Snapshot) -> Option<Check> {
    if snapshot.commit_gone.is_empty() {
        return None;
    }
    let rows = counted(snapshot.commit_gone.len(), "kept row");
    let remedy = nested_repositories(dir).unwrap_or_else(|| {
        "fetch them from where the loop ran; Countersign pins commits that exist while it watches".to_owned()
    });
    Some(bad(
        "commits",
        format!("the commits of {rows} are not in this repository: their changes cannot be shown"),
        remedy,
    ))
}

fn check_loop(watched: &Watched, dir: &Path, checks: &mut Vec<Check>) {
    let snapshot = watched.snapshot();
    let recognised = watched.recognised();
    let (format, results) = (recognised.format.name(), &recognised.results);
    checks.push(good(
        "loop",
        match recognised.format {
            LoopFormat::Curves => format!("none, only runs; a {results} here would make it a loop"),
            LoopFormat::Proposals => {
                format!("no table yet: agents ask through {MAILBOX_DIR}; {results} will be read once it exists")
            }
            _ => format!("{format}: {results}"),
        },
    ));
    for other in &recognised.others {
        checks.push(good_with(
            "not read",
            format!("{} ({}): another results table in this directory", other.path, other.format.name()),
            format!("to read it instead, in the policy: results: {}", other.path),
        ));
    }
    // A trainer's state has the same name whichever checkpoint it was read from.
    let is_state = |path: &Path| path.ends_with("trainer_state.json") && path.parent().is_some_and(Path::is_dir);
    let is_here = |trial: &&std::sync::Arc<Trial>| {
        let path = dir.join(&*trial.log);
        path.exists() || is_state(&path)
    };
    let newest = snapshot.trials.iter().rev().find(is_here);
    let runs =
        |newest: Option<&str>| RunsJson { newest: newest.map(str::to_owned), ..RunsJson::of(watched, &snapshot) };
    match (recognised.logs.as_slice(), newest) {
        ([], None) if snapshot.trials.is_empty() => checks.push(good("logs", "none yet")),
        ([], None) => checks.push(good("logs", "none here now; recorded runs stay in the list")),
        // Without a loop the check of the runs follows.
        ([], Some(_)) if !snapshot.has_loop() => {}
        ([], Some(newest)) => checks.push(good("logs", runs(Some(newest.run_name())).in_words())),
        (logs, _) => checks.push(good("logs", logs.join(", "))),
    }
    checks.extend(all_not_read(&snapshot.unread_files));
    if recognised.format != LoopFormat::Curves {
        checks.push(check_objective(snapshot.objective.as_ref()));
        checks.extend(check_reading(&snapshot.reading));
    }
    let counts = snapshot.counts;
    let (total, waiting) = (counted(counts.total, "experiment"), snapshot.waiting.len());
    if snapshot.has_loop() {
        checks.push(good("rows", format!("{total}, {} with a change, {waiting} waiting", counts.with_change)));
    } else {
        checks.push(good("runs", RunsJson::of(watched, &snapshot).in_words()));
    }
    checks.extend(check_commits(dir, &snapshot));
    checks.extend(check_named_commits(&snapshot));
    if !snapshot.warnings.is_empty() {
        checks.push(bad(
            "warnings",
            match snapshot.warnings.len() {
                1 => "1 thing could not be read".to_owned(),
                count => format!("{count} things could not be read"),
            },
            "list them with `countersign status`",
        ));
    }
    match watched.repo() {
        Ok(repo) => {
            checks.push(good("repository", format!("{}, git files format, sha1", repo.work_tree().display())));
            let kept = repo.own_dir().display().to_string();
            let whose = if repo.has_home() {
                "separate from the repository"
            } else {
                "next to the loop: any process that runs as you can write there"
            };
            checks.push(good("home", format!("{kept}, {whose}")));
            checks.extend(check_lenders(repo));
            checks.push(check_kept(repo, watched));
            let head = repo.head();
            let branch = head.branch.unwrap_or_else(|| "no branch".to_owned());
            let detached = if head.detached { ", HEAD detached" } else { "" };
            checks.push(good("branch", format!("{branch}{detached}")));
            checks.push(check_history(repo, &snapshot));
            match &snapshot.approved.trouble {
                Some(trouble) => checks.push(bad("decisions", "none can be made now", trouble.clone())),
                None => checks.push(good("decisions", format!("go to {}", snapshot.approved.branch))),
            }
            checks.extend(check_signatures(watched, dir, &snapshot));
            checks.push(check_mailbox(watched, &snapshot));
            checks.extend(check_clock(&snapshot));
            checks.push(check_watching(watched, repo));
        }
        // Curves alone need no repository.
        Err(RepoError::NotARepository(_)) if watched.recognised().format == LoopFormat::Curves => {
            checks.push(good("repository", "none: there is nothing to decide here"));
        }
        Err(error @ RepoError::NotARepository(_)) => {
            let remedy =
                nested_repositories(dir).unwrap_or_else(|| "open the repository in which the loop commits".to_owned());
            checks.push(bad("repository", error.to_string(), remedy));
        }
        Err(error) => checks.push(bad("repository", "cannot be used", error.to_string())),
    }
}

/// Checks required signatures, if the policy requires any.
fn check_signatures(watched: &Watched, dir: &Path, snapshot: &Snapshot) -> Option<Check> {
    let is_required = watched.policy().signing_required;
    let check = || Decider::open(dir, places(), &snapshot.identity).and_then(|decider| decider.check_signatures());
    is_required.then(|| match check() {
        Ok(()) => good("signatures", "required by your policy, all present"),
        Err(error) => bad("signatures", "required by your policy, but not all valid", error.to_string()),
    })
}

/// Reports where the program's own log is written, when it is.
fn check_log() -> Check {
    let path = crate::logging::path(&crate::cli::state_dir());
    let is_other = std::fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file());
    let path = crate::disk::shown(&path);
    if is_other {
        return bad("log", format!("{path}: a directory, link or pipe, so no log can be written"), "remove it");
    }
    good("log", format!("{path}, with --log or COUNTERSIGN_LOG; off otherwise"))
}

/// Checks how changes are detected.
fn check_watching(watched: &Watched, repo: &Repo) -> Check {
    if let Some(kind) = network_kind(repo.work_tree()) {
        let remedy = "changes are detected by polling; nothing needs doing";
        return bad("watching", format!("{kind}: a network file system sends no events"), remedy);
    }
    match try_events(watched.dir()) {
        Ok(()) => good("watching", "events, and a poll every 2 s"),
        Err(error) => bad(
            "watching",
            format!("the system sends no events ({error})"),
            "changes are detected by polling; the limits are fs.inotify.max_user_watches and max_user_instances (sysctl)",
        ),
    }
}

/// Returns an agent's word as a YAML string that can be pasted: invisible characters are escaped.
fn quoted(word: &str) -> String {
    let escaped = word.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.escape_debug().count() == 1 => c.to_string(),
        c if u32::from(c) <= 0xffff => format!("\\u{:04x}", u32::from(c)),
        c => format!("\\U{:08x}", u32::from(c)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_shown_as_yaml_is_read_as_that_word() {
        for word in ["keep?", "a \"b\" \\ c", "keep\u{1b}[31m\u{202e}\u{9b}\u{200b}\u{e0001}", "保留?", "it's: {x}, #1"]
        {
            let shown = quoted(word);
            assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202e}'), "{shown}");
            assert_eq!(serde_yaml::from_str::<String>(&shown).unwrap_or_default(), word, "{shown}");
        }
    }
}
