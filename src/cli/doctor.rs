//! `countersign doctor`: what is there, what is missing, what to do about it.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::themes::ThemeFiles;
use super::{Code, StdoutBuffer, config_dir, places, state_dir};
use crate::config::Preferences;
use crate::decide::Decider;
use crate::disk::shown;
use crate::model::{
    Basis, ColumnUse, DOOR, Gate, Goal, LoopFormat, NoChange, Objective, PassedOver, Snapshot, TableReading, Trial,
    counted,
};
use crate::policy::Answerer;
use crate::policy::text::Visible;
use crate::repo::{Repo, RepoError, person, pins};
use crate::signature::{Format, Settings};
use crate::terminal;
use crate::user_state::last_theme;
use crate::watch::{WatchError, Watched, network_kind, now_ms, try_events};

#[derive(Serialize)]
struct Check {
    what: &'static str,
    good: bool,
    found: String,
    /// What to do; empty when nothing needs doing.
    remedy: String,
}

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, json: bool) -> color_eyre::Result<Code> {
    let mut checks = vec![of_terminal(), of_colours()];
    checks.extend(of_configuration());
    let watched = Watched::open(dir, places(), false);
    match person() {
        Ok(person) => {
            checks.push(good("identity", person.to_string()));
            let required = watched.as_ref().is_ok_and(|watched| watched.policy().signing_required);
            checks.push(of_signing(&person.signing, required));
        }
        Err(error) => checks.push(bad("identity", "none", error.to_string())),
    }
    let mut code = Code::Good;
    match watched {
        Ok(mut watched) => {
            watched.look(now_ms());
            of_loop(&watched, dir, &mut checks);
        }
        Err(error) => {
            code = if matches!(error, WatchError::NotALoop(..)) { Code::NoLoop } else { Code::Error };
            let message = error.to_string();
            let message = message.split("\nseen and not read").next().unwrap_or_default();
            let (found, remedy) = message.split_once('\n').unwrap_or((message, ""));
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
        out.line(format!("{glyph} {:<12} {}", check.what, Visible::said(&check.found)))?;
        if !check.remedy.is_empty() {
            out.line(format!("  {:<12} → {}", "", Visible::said(&check.remedy)))?;
        }
    }
    Ok(code)
}

fn good(what: &'static str, found: impl Into<String>) -> Check {
    Check { what, good: true, found: found.into(), remedy: String::new() }
}

/// Nothing is wrong, and there is something to know how to change.
fn good_with(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Check {
    Check { what, good: true, found: found.into(), remedy: remedy.into() }
}

fn bad(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Check {
    Check { what, good: false, found: found.into(), remedy: remedy.into() }
}

/// What was seen beside the curves and not read: nothing is wrong with that.
fn all_not_read(seen: &[PassedOver]) -> Vec<Check> {
    const MOST: usize = 12;
    let named = seen.iter().take(MOST).map(|seen| good("not read", format!("{}: {}", seen.path, seen.why)));
    let more = seen.len().saturating_sub(MOST);
    let more = (more > 0).then(|| good("not read", format!("and {more} more: `countersign status --json` has them")));
    named.chain(more).collect()
}

/// Whether and with what approved commits are signed. Nothing is signed to find out: a hardware key
/// would want to be touched.
fn of_signing(signing: &Settings, required: bool) -> Check {
    let format = match signing.format {
        Format::OpenPgp => "OpenPGP",
        Format::Ssh => "SSH",
        Format::X509 => "X.509",
    };
    let key = signing.key.as_deref().or(signing.key_command.as_deref());
    match (signing.wanted || required, key) {
        (false, _) => good("signing", "commits are not signed, as your git configuration has it (commit.gpgsign)"),
        (true, Some(key)) => good("signing", format!("{format}, key {key}")),
        (true, None) if signing.format == Format::Ssh => {
            bad("signing", "SSH, and no key is named", "git config --global user.signingkey ~/.ssh/id_ed25519.pub")
        }
        (true, None) => good("signing", format!("{format}, the key of {}", signing.identity)),
    }
}

fn of_terminal() -> Check {
    let term = std::env::var("TERM").unwrap_or_default();
    match crossterm::terminal::size() {
        _ if !std::io::stdout().is_terminal() => good("terminal", "standard output is not a terminal now"),
        Ok((columns, rows)) if columns < 60 || rows < 16 => {
            bad("terminal", format!("{term}, {columns}x{rows}"), "80x24 or larger shows everything")
        }
        Ok((columns, rows)) => good("terminal", format!("{term}, {columns}x{rows}")),
        Err(error) => bad("terminal", term, error.to_string()),
    }
}

fn of_colours() -> Check {
    let colours = terminal::Colours::from_environment();
    good("colours", colours.why())
}

/// The person's configuration: where it is, and every mistake in it with its place.
fn of_configuration() -> Vec<Check> {
    let folder = config_dir();
    let mut preferences = Preferences::read(&folder);
    let themes = ThemeFiles::read(&mut preferences);
    let wanted = preferences.theme.take().or_else(|| last_theme(&state_dir()));
    let theme = themes.known(wanted, &mut preferences.troubles).chosen;
    if preferences.troubles.is_empty() {
        let path = folder.join("config.yaml");
        let place = if path.exists() { "" } else { "none, as they are without " };
        return vec![good("preferences", format!("{place}{}, theme {theme}", path.display()))];
    }
    let mistake = |trouble| bad("preferences", trouble, "");
    preferences.troubles.into_iter().map(mistake).collect()
}

/// Repositories whose objects this one needs: what is approved would go with them.
fn of_lenders(repo: &Repo) -> Option<Check> {
    let lenders = repo.lenders();
    (!lenders.is_empty()).then(|| {
        bad(
            "objects",
            format!("objects are borrowed from {}", lenders.join(", ")),
            "what is approved rests on them, too; to stand alone: git repack -a -d && rm .git/objects/info/alternates",
        )
    })
}

/// Where the loop's history begins, and whether it is all there.
fn of_history(repo: &Repo, snapshot: &Snapshot) -> Check {
    let edge = repo.shallow_edge().len();
    let began = match (snapshot.began_at, &snapshot.trunk) {
        (Some(commit), Some(trunk)) => format!("the session began at {} on {trunk}", commit.short()),
        (Some(commit), None) => format!("the loop began at {}", commit.short()),
        (None, _) => "where the loop began is not known".to_owned(),
    };
    if edge > 0 {
        return bad(
            "history",
            format!("cut: a shallow clone, {} at its edge; {began}", counted(edge, "commit")),
            "git fetch --unshallow fetches the rest, git fetch --deepen=100 a part of it; no change is judged against the edge",
        );
    }
    if repo.is_partial() {
        return bad(
            "history",
            format!("a partial clone, whose earlier contents may be missing; {began}"),
            "git fetch --refetch --no-filter brings them; until then some changes cannot be shown",
        );
    }
    match repo.replaced() {
        0 => good("history", began),
        many => bad(
            "history",
            format!("{many} objects are replaced for git (refs/replace), and not here; {began}"),
            "git replace -l lists them; what is shown and approved is what was committed",
        ),
    }
}

/// A decision from the future says that the clock was set back since, or was wrong then.
fn of_clock(snapshot: &Snapshot) -> Option<Check> {
    let newest = snapshot.decisions.iter().map(|decision| decision.at_ms).max()?;
    let ahead_s = (newest - now_ms()) / 1000;
    (ahead_s > 60).then(|| {
        bad(
            "clock",
            format!("the newest decision is dated {} minutes ahead of this machine's clock", ahead_s / 60),
            "set the clock (timedatectl); decisions keep their order by number, whatever their times say",
        )
    })
}

/// Whether the agent has a door, and who answers there.
/// What is kept beside the loop or in a home, and how much of it there is.
fn of_kept(repo: &Repo, watched: &Watched) -> Check {
    let bytes = |path: Option<PathBuf>| path.and_then(|path| std::fs::metadata(path).ok()).map_or(0, |meta| meta.len());
    let own = |name: &str| bytes(repo.own_file(name).ok());
    let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    let pinned = pins(repo).map_or_else(|error| error.to_string(), |pins| counted(pins.len(), "pinned commit"));
    let store = watched.store_path();
    let log = store.as_ref().map(|path| path.with_extension("db-wal"));
    good(
        "kept",
        format!(
            "{pinned}, ledger {}, proposals {}, archive {} (countersign prune lets go of old pins, `archive` in the policy of curves)",
            megabytes(own("ledger.jsonl")),
            megabytes(own("proposals.jsonl")),
            megabytes(bytes(store) + bytes(log)),
        ),
    )
}

fn of_mailbox(watched: &Watched, snapshot: &Snapshot) -> Check {
    let trouble = snapshot.warnings.iter().find(|warning| &*warning.path == DOOR);
    if let Some(trouble) = trouble {
        return bad("door", trouble.message.clone(), "until then nothing that the agent proposes is taken in");
    }
    if !snapshot.mailbox.is_there {
        return good("door", "none: nobody asks here; `countersign init` joins the loop");
    }
    let word = |gate| match watched.policy().gates.answerer(gate) {
        Answerer::Auto => "the policy",
        Answerer::Human => "you",
    };
    let (run, keep) = (word(Gate::Run), word(Gate::Keep));
    let is_auto = [Gate::Run, Gate::Keep].iter().any(|gate| watched.policy().gates.answerer(*gate) == Answerer::Auto);
    if is_auto && !snapshot.is_joined {
        let what = format!("{DOOR}; a gate is auto, and passes nothing: nobody said what to compare with");
        return bad("door", what, "run `countersign init`, or approve something");
    }
    let untaken = match snapshot.mailbox.untaken {
        0 => String::new(),
        many => format!("; {many} wait to be taken in by the terminal UI"),
    };
    let refused = match snapshot.mailbox.rejected {
        0 => String::new(),
        many => format!("; {many} refused lie in {DOOR}/inbox/rejected, each with its reason"),
    };
    good("door", format!("{DOOR}; the run gate is answered by {run}, the keep gate by {keep}{untaken}{refused}"))
}

/// The metric that decides, and why it is believed to; a guess comes with the line that changes it.
fn of_objective(objective: Option<&Objective>) -> Check {
    let Some(objective) = objective else {
        return bad("objective", "no column looks like a metric", "name it in the policy: objective: {metric: NAME}");
    };
    let Objective { metric, metric_basis, goal, goal_basis, .. } = objective;
    let why = |basis: &Basis| match (basis.why.as_str(), basis.is_guess) {
        ("", _) => String::new(),
        (why, true) => format!(" (a guess: {why})"),
        (why, false) => format!(" ({why})"),
    };
    let line = |goal: &str| format!("objective: {{metric: {metric}, goal: {goal}}}");
    match goal {
        Some(goal) => {
            let found = format!("{metric}{} {}{}", why(metric_basis), goal.arrow(), why(goal_basis));
            let is_guess = metric_basis.is_guess || goal_basis.is_guess;
            let word = if *goal == Goal::Minimize { "minimize" } else { "maximize" };
            let remedy = if is_guess { format!("to settle it, in the policy: {}", line(word)) } else { String::new() };
            good_with("objective", found, remedy)
        }
        None => bad(
            "objective",
            format!("{metric}{}, direction unknown{}", why(metric_basis), why(goal_basis)),
            format!("press < (lower is better) or >, or in the policy: {}", line("minimize")),
        ),
    }
}

/// How the results were read: what the columns are, and what was not understood.
fn of_reading(reading: &TableReading) -> Vec<Check> {
    let mut checks = Vec::new();
    let described = |column: &ColumnUse| {
        let why = if column.why.is_empty() { String::new() } else { format!(" ({})", column.why) };
        format!("{} is the {}{why}", column.name, column.used_as)
    };
    let roles: Vec<String> = reading.roles().filter(|column| column.used_as != "objective").map(described).collect();
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
            format!(
                "a status word that is not known, which counts as not kept, in {}: {}",
                counted(reading.unknown_rows(), "row"),
                words.join(", ")
            ),
            format!("say what they mean in the policy: statuses: {{{}: discard}}", quoted(first)),
        ));
    }
    checks.extend(reading.notes.iter().map(|note| good("note", note.clone())));
    checks
}

/// Whether kept rows name commits, and one each.
fn of_named_commits(snapshot: &Snapshot) -> Vec<Check> {
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
        let what = naming(ambiguous.len(), "a commit by digits that begin several ids");
        checks.push(bad("commits", format!("{what}: {lost}"), "have the loop write at least seven digits of the id"));
    }
    checks
}

/// `2 kept rows name WHAT`.
fn naming(rows: usize, what: &str) -> String {
    format!("{} {} {what}", counted(rows, "kept row"), if rows == 1 { "names" } else { "name" })
}

/// Whether the commits of kept rows are here; where they are not, the folders that are repositories of their own, as a
/// submodule is, may have them.
fn of_commits(dir: &Path, snapshot: &Snapshot) -> Option<Check> {
    const MOST: usize = 4;
    if snapshot.commit_gone.is_empty() {
        return None;
    }
    let rows = counted(snapshot.commit_gone.len(), "kept row");
    let beside =
        std::fs::read_dir(dir).into_iter().flatten().flatten().take(1000).map(|entry| entry.file_name().into());
    let is_own = |folder: &PathBuf| dir.join(folder).join(".git").exists();
    let named: Vec<String> = beside.filter(is_own).take(MOST).map(|folder| shown(&folder)).collect();
    let remedy = match named.as_slice() {
        [] => "fetch them from where the loop ran; commits that Countersign sees while they are there are pinned"
            .to_owned(),
        [only] => format!("{only} is a git repository of its own: open it, if the loop runs there"),
        several => {
            format!("{} are git repositories of their own: open the one in which the loop runs", several.join(", "))
        }
    };
    Some(bad(
        "commits",
        format!("the commits of {rows} are not in this repository: their changes cannot be shown"),
        remedy,
    ))
}

fn of_loop(watched: &Watched, dir: &Path, checks: &mut Vec<Check>) {
    let snapshot = watched.snapshot();
    let recognised = watched.recognised();
    let (format, results) = (recognised.format.name(), &recognised.results);
    checks.push(good(
        "loop",
        match recognised.format {
            LoopFormat::Curves => format!("none, a folder of runs: {results} here would make it a loop"),
            LoopFormat::Proposals => {
                format!("no table yet: agents ask through {DOOR}; {results} is read once it exists")
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
    // A trainer's state is called alike whichever checkpoint it is read from.
    let is_state = |path: &Path| path.ends_with("trainer_state.json") && path.parent().is_some_and(Path::is_dir);
    let is_here = |trial: &&std::sync::Arc<Trial>| {
        let path = dir.join(&*trial.log);
        path.exists() || is_state(&path)
    };
    let newest = snapshot.trials.iter().rev().find(is_here);
    let logs = match (recognised.logs.as_slice(), newest) {
        ([], None) if snapshot.trials.is_empty() => "none yet".to_owned(),
        ([], None) => "none here now; the runs that were recorded stay in the list".to_owned(),
        ([], Some(newest)) => format!("none at the top; the newest run is {}", newest.run_name()),
        (logs, _) => logs.join(", "),
    };
    checks.push(good("logs", logs));
    checks.extend(all_not_read(&snapshot.passed_over));
    if recognised.format != LoopFormat::Curves {
        checks.push(of_objective(snapshot.objective.as_ref()));
        checks.extend(of_reading(&snapshot.reading));
    }
    let counts = snapshot.counts;
    let (total, waiting) = (counted(counts.total, "experiment"), snapshot.waiting.len());
    if snapshot.has_loop() {
        checks.push(good("rows", format!("{total}, {} with a change, {waiting} waiting", counts.with_change)));
    } else {
        checks.push(good("runs", super::status::RunsJson::of(watched, &snapshot).in_words()));
    }
    checks.extend(of_commits(dir, &snapshot));
    checks.extend(of_named_commits(&snapshot));
    if !snapshot.warnings.is_empty() {
        checks.push(bad(
            "warnings",
            match snapshot.warnings.len() {
                1 => "1 thing could not be read".to_owned(),
                count => format!("{count} things could not be read"),
            },
            "`countersign status` lists them",
        ));
    }
    match watched.repo() {
        Ok(repo) => {
            checks.push(good("repository", format!("{}, git files format, sha1", repo.work_tree().display())));
            let kept = repo.own_folder().display().to_string();
            let whose = if repo.has_home() {
                "apart from the repository"
            } else {
                "beside the loop: what runs as you can write there"
            };
            checks.push(good("home", format!("{kept}, {whose}")));
            checks.extend(of_lenders(repo));
            checks.push(of_kept(repo, watched));
            let head = repo.head();
            let branch = head.branch.unwrap_or_else(|| "no branch".to_owned());
            let detached = if head.detached { ", HEAD detached" } else { "" };
            checks.push(good("branch", format!("{branch}{detached}")));
            checks.push(of_history(repo, &snapshot));
            match &snapshot.approved.trouble {
                Some(trouble) => checks.push(bad("decisions", "cannot be made now", trouble.clone())),
                None => checks.push(good("decisions", format!("go to {}", snapshot.approved.branch))),
            }
            checks.extend(of_signatures(watched, dir, &snapshot));
            checks.push(of_mailbox(watched, &snapshot));
            checks.extend(of_clock(&snapshot));
            checks.push(of_watching(watched, repo));
        }
        // Curves alone need no repository.
        Err(RepoError::NotARepository(_)) if watched.recognised().format == LoopFormat::Curves => {
            checks.push(good("repository", "none: there is nothing to decide here"));
        }
        Err(error) => checks.push(bad("repository", "cannot be used", error.to_string())),
    }
}

/// Whether what must be signed is, where the policy wants that.
fn of_signatures(watched: &Watched, dir: &Path, snapshot: &Snapshot) -> Option<Check> {
    let is_required = watched.policy().signing_required;
    let check = || Decider::open(dir, places(), &snapshot.identity).and_then(|decider| decider.check_signatures());
    is_required.then(|| match check() {
        Ok(()) => good("signatures", "required by your policy, and all there"),
        Err(error) => bad("signatures", "required by your policy, and not all good", error.to_string()),
    })
}

/// How changes are noticed.
fn of_watching(watched: &Watched, repo: &Repo) -> Check {
    if let Some(kind) = network_kind(repo.work_tree()) {
        let remedy = "changes are noticed by polling; nothing needs doing";
        return bad("watching", format!("{kind}: a network file system sends no events"), remedy);
    }
    match try_events(watched.dir()) {
        Ok(()) => good("watching", "events, and a poll every 2 s"),
        Err(error) => bad(
            "watching",
            format!("the system sends no events ({error})"),
            "changes are noticed by polling; fs.inotify.max_user_watches and max_user_instances (sysctl) set how many may be watched",
        ),
    }
}

/// A word of the agent's as YAML that can be pasted: what cannot be seen is escaped as YAML does it.
fn quoted(word: &str) -> String {
    let escaped = word.chars().map(|one| match one {
        '"' | '\\' => format!("\\{one}"),
        one if one.escape_debug().count() == 1 => one.to_string(),
        one if u32::from(one) <= 0xffff => format!("\\u{:04x}", u32::from(one)),
        one => format!("\\U{:08x}", u32::from(one)),
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
            assert!(!shown.chars().any(|one| one.is_control() || one == '\u{202e}'), "{shown}");
            assert_eq!(serde_yaml::from_str::<String>(&shown).unwrap_or_default(), word, "{shown}");
        }
    }
}
