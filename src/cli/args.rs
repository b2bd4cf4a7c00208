//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Keeps a human in the decision chain of a self-improvement loop.
///
/// Opens the terminal UI on the directory a loop runs in. Nothing of the loop is touched: its work
/// tree, index, HEAD and branches stay as they are. What you approve becomes a commit on a branch
/// of yours.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
pub struct Args {
    /// The directory the loop runs in [default: here]
    pub dir: Option<PathBuf>,
    /// The same, before or after any verb
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// Notice changes by polling alone (network file systems send no events)
    #[arg(long)]
    pub poll: bool,
    /// What to do; the terminal UI when nothing is said
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

const EXIT_CODES: &str = "\
Exit codes: 0 good, 1 error, 2 wrong usage, 3 no loop found, 4 verify objects, 5 not decided";

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Watch a real loop: a tiny language model that a scripted agent improves, here and now
    ///
    /// The loop lives in a scratch directory and ends when you leave. Everything in it is real: the
    /// training, the curves, the commits, and your decisions. It needs python3 and git; without them
    /// a recording of the same loop is replayed.
    Demo {
        /// Keep the loop in this directory, which must be empty or not there yet
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
        /// Replay the recording, also where python3 is there
        #[arg(long)]
        recorded: bool,
        /// How many times as fast as it was the recording is replayed
        #[arg(long, default_value = "1", value_parser = speed)]
        speed: f64,
        /// Have the agent draw the same ideas each time
        #[arg(long, value_name = "NUMBER")]
        seed: Option<u64>,
    },
    /// Let a recorded loop happen again, in a scratch directory
    ///
    /// Any run directory that countersign watched is a recording: its results, the commits that are
    /// still there, the curves that were recorded. Nothing is written there.
    Replay {
        /// The directory the loop ran in
        dir: Option<PathBuf>,
        /// How many times as fast as it was
        #[arg(long, default_value = "1", value_parser = speed)]
        speed: f64,
        /// Experiments that are there from the start [default: two thirds]
        #[arg(long, value_name = "NUMBER")]
        laid: Option<usize>,
        /// Keep the replay in this directory, which must be empty or not there yet
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
    },
    /// Say how the loop stands; writes nothing
    Status {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// List decisions and approved commits, newest first; writes nothing
    Log {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show one experiment: its change, evidence and findings; writes nothing
    Show {
        /// An id, a label, or a unique prefix of either
        id: String,
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the curves of an experiment, a metrics file, or a folder of them; writes nothing
    Series {
        /// An experiment, or a path
        what: String,
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Decide one experiment at this terminal
    Decide {
        /// An id, a label, or a unique prefix of either
        id: String,
        /// What you decide
        decision: DecideAs,
        /// Why; a veto needs it
        #[arg(short, long, default_value = "")]
        reason: String,
        /// The directory the loop runs in
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Check the approved branch, the ledger's chain and its anchor; writes nothing
    Verify {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say what was recognised, what is missing and what to do about it; writes nothing
    Doctor {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "a number such as 0.5 or 10".to_owned())?;
    if (0.01..=1000.0).contains(&speed) { Ok(speed) } else { Err("between 0.01 and 1000".to_owned()) }
}

/// Decisions that can be made on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DecideAs {
    /// Commit it on the approved branch
    Approve,
    /// Refuse it; its change stays pinned
    Veto,
}
