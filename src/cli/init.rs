//! `countersign init`: the policy, the agent's mailbox and the agent's instructions.

use std::io::{ErrorKind, IsTerminal as _};
use std::path::Path;

use color_eyre::eyre::{WrapErr as _, eyre};

use crate::approved::{read_baselines, write_baseline};
use crate::approved::{read_checked_ledger, recorded_policy};
use crate::cli::decide::{need_person, type_words};
use crate::cli::out::{not_read, not_written};
use crate::cli::{Code, StdoutBuffer, places, poll};
use crate::decide::Decider;
use crate::disk::{Dir, replace};
use crate::mailbox::{MAILBOX_DIR, Mailbox};
use crate::model::{Baselines, CommitId, Goal, Snapshot};
use crate::onboarding::{FileOutcome, Integration, all, with_integration};
use crate::policy::Policy;
use crate::policy::text::Visible;
use crate::repo::{Repo, RepoError};
use crate::watch::WatchError;

/// The options of `init`.
#[derive(Clone, Copy)]
pub(super) struct InitOptions<'a> {
    /// True to write the instructions into the loop's files.
    pub(super) write: bool,
    /// The requested integrations; empty for the usual ones.
    pub(super) names: &'a [String],
    /// The commit at which the loop begins, as any revision; `None` for the recorded or the default one.
    pub(super) baseline: Option<&'a str>,
}

/// Larger files are not edited.
const LARGEST: usize = 1 << 20;

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, options: &InitOptions<'_>) -> color_eyre::Result<Code> {
    let InitOptions { write, names, baseline } = *options;
    let joins = all();
    if let Some(unknown) = names.iter().find(|name| joins.iter().all(|join| join.name != **name)) {
        let known: Vec<&str> = joins.iter().map(|join| join.name).collect();
        return Err(eyre!("unknown integration `{}`: choose from {}", Visible::of(unknown), known.join(", ")));
    }
    let places = places();
    if let Err(WatchError::NotALoop(..)) = poll(dir) {
        // An agent that only asks is also a loop; outside a repository there is nothing to ask about.
        if let Err(error) = Repo::open_with(dir, places.home.as_deref()) {
            return Err(match error {
                RepoError::NotARepository(_) => {
                    eyre!("{error}: run `git init`, or use a directory inside a repository")
                }
                error => error.into(),
            });
        }
        make_mailbox(dir)?;
    }
    let (watched, snapshot) = poll(dir)?;
    let mut repo = Repo::open_with(watched.dir(), places.home.as_deref())?;
    repo.create_home()?;
    let format = snapshot.format.map_or("unknown", crate::model::LoopFormat::name);
    out.line(format!("loop    {} ({format})", Visible::of(&snapshot.identity.branch)))?;

    let path = repo.own_path("policy.yaml")?;
    let shown = Visible::of(&path.to_string_lossy()).to_string();
    let held = read_checked_ledger(&repo, &places.state).ok();
    let in_force = held.as_ref().and_then(|held| Some(recorded_policy(&held.chain)?.0));
    if path.exists() {
        out.line(format!("policy  {shown} exists and stays as it is"))?;
    } else if let Some(seq) = in_force {
        // The policy in force is already in the ledger; a file that differs from it would stop decisions.
        out.line(format!("policy  record {seq} is in force; to change it, write {shown} and run countersign policy"))?;
    } else {
        let text = policy_text(&snapshot, watched.policy());
        Policy::parse(&text).map_err(|error| eyre!("internal error: the generated policy is not valid: {error}"))?;
        replace(&path, text.as_bytes()).wrap_err_with(|| not_written(&shown))?;
        out.line(format!("policy  {shown} written: review it and edit it as you like"))?;
    }

    let on_record = held.and_then(|held| held.chain.began(&snapshot.identity));
    let commit = if let Some(tip) = snapshot.approved.tip {
        out.line(format!("gates   compare with your last approval, {}", tip.short()))?;
        Some(tip)
    } else if let Some(on_record) = on_record {
        change_baseline(out, dir, &repo, &snapshot, on_record, baseline)?
    } else {
        write_first_baseline(out, &repo, &snapshot, baseline)?
    };
    if commit.is_none() {
        out.line(match on_record {
            None => "gates   ask you about everything: no baseline to compare with",
            Some(_) => {
                "gates   ask you about everything until you run this at a terminal: answers are already recorded"
            }
        })?;
    }
    if watched.policy().editable.is_none() {
        out.line("        an auto gate asks you until `editable` in the policy names the paths the agent may change")?;
    }

    let existed = Mailbox::open(watched.dir())?.is_some();
    make_mailbox(watched.dir())?;
    let excluded = repo.exclude(&format!("{}{MAILBOX_DIR}/", repo.prefix()))?;
    let word = if existed { "exists" } else { "created" };
    let git = if excluded { ", now ignored by git (info/exclude)" } else { "" };
    out.line(format!("mailbox {MAILBOX_DIR} {word}{git}"))?;

    let root = Dir::open(watched.dir())?;
    let wanted: Vec<&Integration> = joins.iter().filter(|join| is_wanted(join, &root, names)).collect();
    for join in &wanted {
        add(out, &root, (join, &snapshot.approved.branch), write)?;
    }
    out.line("")?;
    if write {
        out.line("If the loop tracks these files in git, commit the changes yourself.")?;
    } else {
        out.line("No file of the loop was changed: --write adds the text above. --join NAME shows one of:")?;
        for join in &joins {
            let place = join.file.unwrap_or("copy it");
            out.line(format!("  {:<19} {:<28} {}", join.name, place, join.what))?;
        }
    }
    Ok(Code::Good)
}

/// Writes the loop's baseline to a file, unless it is known: the ledger copies it from there when it starts.
fn make_mailbox(dir: &Path) -> color_eyre::Result<()> {
    Mailbox::make(dir).map(|_| ()).wrap_err_with(|| format!("{MAILBOX_DIR} could not be created"))
}

fn write_first_baseline(
    out: &mut StdoutBuffer,
    repo: &Repo,
    snapshot: &Snapshot,
    wanted: Option<&str>,
) -> color_eyre::Result<Option<CommitId>> {
    let path = repo.own_path("baselines.jsonl")?;
    let key = snapshot.identity.key();
    let known = read_baselines(&path, &key).own;
    let wanted = wanted.map(|name| repo.resolve(name)).transpose()?;
    let Some(commit) = wanted.or(known).or(snapshot.start).or(snapshot.head) else { return Ok(None) };
    if known != Some(commit) {
        let shown = Visible::of(&path.to_string_lossy()).to_string();
        write_baseline(&path, &key, commit).wrap_err_with(|| not_written(&shown))?;
    }
    let short = commit.short();
    out.line(format!("gates   compare with {short} until you approve something (--baseline REV for another commit)"))?;
    Ok(Some(commit))
}

/// Changes a baseline that is already in the ledger: only a person can.
fn change_baseline(
    out: &mut StdoutBuffer,
    dir: &Path,
    repo: &Repo,
    snapshot: &Snapshot,
    on_record: Baselines,
    wanted: Option<&str>,
) -> color_eyre::Result<Option<CommitId>> {
    let known = on_record.own.or(on_record.last);
    let is_person = std::io::stdin().is_terminal();
    let commit = match wanted {
        Some(name) => repo.resolve(name)?,
        None if on_record.own.is_none() && is_person => match snapshot.start.or(snapshot.head) {
            Some(commit) => commit,
            None => return Ok(known),
        },
        None => match known {
            Some(commit) => commit,
            None => return Ok(None),
        },
    };
    if known == Some(commit) {
        out.line(format!(
            "gates   compare with {} (recorded in the ledger) until you approve something",
            commit.short()
        ))?;
    } else {
        need_person()?;
        out.line(format!("gates   would compare with {}, this loop's new baseline, from now on", commit.short()))?;
        if !type_words(out, &["begin"])? {
            return Ok(known);
        }
        let seq = Decider::open(dir, places(), &snapshot.identity)?.begin_loop(commit)?;
        out.line(format!("gates   compare with {} (record {seq}) until you approve something", commit.short()))?;
    }
    Ok(Some(commit))
}

/// True if an integration was named; without names, if its agent's files exist.
fn is_wanted(join: &Integration, root: &Dir, names: &[String]) -> bool {
    if !names.is_empty() {
        return names.iter().any(|name| name == join.name);
    }
    let has = |name: &str| root.kind(name).ok().flatten().is_some();
    match join.name {
        "program" => has("program.md"),
        "agents" => has("AGENTS.md") || (!has("program.md") && !has("CLAUDE.md")),
        "claude" => has("CLAUDE.md"),
        "claude-mcp" | "claude-hook" | "claude-hook-script" => has(".claude") || has(".mcp.json"),
        _ => false,
    }
}

fn add(
    out: &mut StdoutBuffer,
    root: &Dir,
    (join, branch): (&Integration, &str),
    write: bool,
) -> color_eyre::Result<()> {
    let Some(file) = join.file else {
        out.line(format!("\n{}: {}\n{}", join.name, join.what, join.shown(branch).trim_end()))?;
        return Ok(());
    };
    let (directory, name) = match file.split_once('/') {
        Some((directory, name)) if write => (Some(root.create_subdir(directory)?), name),
        Some((directory, name)) => (root.subdir(directory)?, name),
        None => (None, file),
    };
    let directory = if file.contains('/') { directory.as_ref() } else { Some(root) };
    let bytes = directory.map_or(Ok(None), |directory| directory.read(name, LARGEST));
    let before = match bytes {
        Ok(bytes) => bytes.map(String::from_utf8).transpose().map_err(|_| eyre!("{file} is not UTF-8"))?,
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).wrap_err_with(|| not_read(file)),
    };
    match with_integration(join, before.as_deref(), branch) {
        FileOutcome::Same => out.line(format!("agent   {file} is up to date"))?,
        FileOutcome::ByHand(why) => {
            out.line(format!("agent   {file}: {why}; add this by hand:\n{}", join.shown(branch).trim_end()))?;
        }
        FileOutcome::New(_) if !write => {
            out.line(format!("\nadd to {file} ({}):\n{}", join.what, join.shown(branch).trim_end()))?;
        }
        FileOutcome::New(text) => {
            let directory = directory.ok_or_else(|| eyre!("{file} cannot be created"))?;
            directory.put(name, text.as_bytes()).wrap_err_with(|| not_written(file))?;
            out.line(format!("agent   {file} {}", if before.is_some() { "extended" } else { "written" }))?;
        }
    }
    Ok(())
}

/// Returns a policy with the recognised settings, and a comment for every other setting.
fn policy_text(snapshot: &Snapshot, policy: &Policy) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let objective = match &snapshot.objective {
        Some(objective) => {
            let goal = match objective.goal {
                Some(Goal::Minimize) => ", goal: minimize",
                Some(Goal::Maximize) => ", goal: maximize",
                None => "",
            };
            format!("objective: {{metric: {}{goal}}}", quoted(&objective.metric))
        }
        None => "# objective: {metric: val_bpb, goal: minimize}".to_owned(),
    };
    let list = |paths: &[String]| paths.iter().map(|path| quoted(path)).collect::<Vec<_>>().join(", ");
    let editable = match &policy.editable {
        Some(paths) => format!("editable: [{}]", list(paths)),
        None => "# No editable paths yet. An auto gate asks you about everything until you name what the agent may change.\n# editable: [train.py]".to_owned(),
    };
    format!(
        "\
# Your policy for this loop. It is in the git directory: the agent must not touch it, and git never commits it.
# Everything has a default. An error stops decisions and is reported with line and column.

# The metric that decides. smallest_gain: smaller gains are marked as such. bound: the best possible value.
{objective}

# Who answers the agent's proposals. human: you. auto: this policy, if the change differs from what you approved only in
# `editable` paths and has no critical finding; the agent may then continue,
# but nothing is committed. expire_hours: the longest an agent waits for an answer (default: forever).
gates: {{run: auto, keep: human}}

# Paths a change may touch (anything else is a warning, and an auto gate asks you, as it does for a new file that is not
# listed by its full path), and paths that are critical to touch.
{editable}
protected: [{}]

# loop_branch: autoresearch/mar8            # default: the branch the work tree is on
# approved_branch: countersign/approved     # the only branch that Countersign moves
# logs: [logs/train.log]                    # more logs and metrics files to record
# budget: {{gpu_hours: 80, gpus: 1, usd_per_gpu_hour: 2.5, experiments: 500}}   # when used up, auto gates wait for you
# stop_trial: {{pid_file: train.pid}}         # or {{touch: STOP}}: how `Z` stops the running trial
# lessons: true                             # the agent may read your vetoes and reasons (.countersign/lessons.md)
# signing: {{required: true}}                 # no decision without your signature
",
        list(&policy.protected)
    )
}
