//! The command line: one file per command. Wires the rooms together and decides nothing.

mod args;
mod compare;
mod decide;
mod demo;
mod diverged;
mod doctor;
mod exit;
mod export;
mod generate;
mod init;
mod ledger;
mod log;
mod out;
mod policy;
mod propose;
mod prune;
mod record;
mod series;
mod show;
mod status;
mod steer;
mod verify;

use std::path::PathBuf;

use clap::Parser as _;

pub use args::{Args, Verb};
pub use exit::Code;
use out::StdoutBuffer;

use crate::logging;
use crate::model::{Lookup, Remedy, Snapshot};
use crate::policy::text::Visible;
use crate::runtime::opening::Opening;
use crate::runtime::{config_dir, places, poll, poll_fully, state_dir, tui};

/// Parses the command line, runs the command and returns the exit code.
pub fn run() -> Code {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version also arrive here; they are not errors.
            if !error.use_stderr() {
                let _ = error.print();
                return Code::Good;
            }
            // The command line may contain text written by an agent.
            let text = error.render().to_string();
            out::complain_lines(text.lines().map(|line| Visible::message(line).to_string()));
            return Code::Usage;
        }
    };
    if let Some(level) = args.log.level() {
        // Without its log the program works all the same.
        if let Err(error) = logging::start(&state_dir(), level) {
            out::complain_lines(std::iter::once(format!("cannot write the log: {error}")));
        }
        let arguments: Vec<_> = std::env::args_os().skip(1).collect();
        tracing::info!(version = env!("CARGO_PKG_VERSION"), ?arguments, "start");
    }
    let mut out = StdoutBuffer::new();
    let result = dispatch(&args, &mut out).and_then(|code| out.flush().map(|()| code));
    match result {
        Ok(code) => code,
        Err(error) if out::is_broken_pipe(&error) => Code::Good,
        Err(error) => {
            let code = exit::of_error(&error);
            tracing::warn!(?code, error = ?error.to_string(), "failed");
            out::complain(&error);
            code
        }
    }
}

fn dispatch(args: &Args, out: &mut StdoutBuffer) -> color_eyre::Result<Code> {
    let dir = |given: &Option<PathBuf>| {
        given
            .clone()
            .or_else(|| args.directory.clone())
            .or_else(|| args.dir.clone())
            .unwrap_or_else(|| PathBuf::from("."))
    };
    match &args.verb {
        None => tui::run(&Opening { poll: args.poll, ..Opening::new(&dir(&None)) }).map(|()| Code::Good),
        Some(Verb::Demo { keep, recorded, speed, seed, gate, via, agents }) => demo::demo(&demo::Demo {
            keep: keep.as_deref(),
            recorded: *recorded,
            speed: *speed,
            seed: *seed,
            gate: gate.map(Into::into),
            via: via.word(),
            agents: usize::from(*agents),
        }),
        Some(Verb::Replay { dir: given, speed, preload, keep }) => {
            demo::replay(&dir(given), &demo::ReplayPace { speed: *speed, preload: *preload }, keep.as_deref())
        }
        Some(Verb::Completions { shell }) => generate::completions(out, *shell),
        Some(Verb::Man { out: directory }) => generate::man(out, directory.as_deref()),
        Some(Verb::Status { dir: given, json, short }) => status::run(out, &dir(given), *json, *short),
        Some(Verb::Log { dir: given, json }) => log::run(out, &dir(given), *json),
        Some(Verb::Show { id, dir: given, json }) => show::run(out, &dir(given), id, *json),
        Some(Verb::Series { target, dir: given, json }) => series::run(out, &dir(given), target, *json),
        Some(Verb::Compare { experiments, display, save, json }) => {
            compare::run(out, &dir(&None), experiments, display, save.as_ref(), *json)
        }
        Some(Verb::Export { view, file, experiment, display }) => {
            export::run(out, &dir(&None), *view, file, experiment.as_ref(), display)
        }
        Some(Verb::Propose(proposed)) => propose::run(out, &dir(&None), proposed),
        Some(Verb::Wait { id, timeout }) => propose::wait_for(out, &dir(&None), id, *timeout),
        Some(Verb::Init { dir: given, write, join, baseline }) => {
            let options = init::InitOptions { write: *write, names: join, baseline: baseline.as_deref() };
            init::run(out, &dir(given), &options)
        }
        Some(Verb::Mcp { dir: given }) => propose::serve(&dir(given)),
        Some(Verb::Tell { text }) => steer::tell(out, &dir(&None), text),
        Some(Verb::Pause { reason }) => steer::pause(out, &dir(&None), reason),
        Some(Verb::Resume) => steer::resume(out, &dir(&None), ""),
        Some(Verb::Decide { id, decision, reason }) => decide::run(out, &dir(&None), id, *decision, reason),
        Some(Verb::Verify { dir: given, json, allowed_signers, all }) => {
            verify::run(out, &dir(given), *json, allowed_signers.as_deref(), *all)
        }
        Some(Verb::Adopt { dir: given, reason }) => diverged::run(out, &dir(given), Remedy::Adopt, reason),
        Some(Verb::Restore { dir: given, reason }) => diverged::run(out, &dir(given), Remedy::Restore, reason),
        Some(Verb::Ledger { settle, reason }) => ledger::run(out, &dir(&None), *settle, reason),
        Some(Verb::Policy { dir: given, accept, in_force }) => policy::run(out, &dir(given), *accept, *in_force),
        Some(Verb::Prune { dir: given, days }) => prune::run(out, &dir(given), *days),
        Some(Verb::Record { dir: given, print_systemd: true }) => record::print_unit(out, &dir(given)),
        Some(Verb::Record { dir: given, .. }) => record::run(&dir(given), args.poll),
        Some(Verb::Doctor { dir: given, json }) => doctor::run(out, &dir(given), *json),
    }
}

/// Returns the index of the one experiment that matches `word`.
fn find(snapshot: &Snapshot, word: &str) -> color_eyre::Result<usize> {
    match snapshot.look_up(word) {
        Lookup::Found(index) => Ok(index),
        Lookup::Ambiguous(all) => {
            let names: Vec<_> = all
                .iter()
                .take(8)
                .map(|index| {
                    let experiment = &snapshot.experiments[*index];
                    format!("  {}  line {}", Visible::of(experiment.id.as_str()), experiment.row.line)
                })
                .collect();
            let more = if all.len() > 8 { format!("\n  and {} more", all.len() - 8) } else { String::new() };
            color_eyre::eyre::bail!(
                "`{}` matches {} experiments:\n{}{more}\nuse an id",
                Visible::of(word),
                all.len(),
                names.join("\n")
            )
        }
        Lookup::Nothing if !snapshot.has_loop() => {
            color_eyre::eyre::bail!(
                "`{}`: this directory has runs but no experiments; compare runs in the terminal UI (`countersign`: x overlays a run, c compares two) or with `countersign series`",
                Visible::of(word)
            )
        }
        Lookup::Nothing => {
            color_eyre::eyre::bail!(
                "no experiment matches `{}`; `countersign export lineage FILE.csv` lists all ids, `countersign log --json` those decided",
                Visible::of(word)
            )
        }
    }
}
