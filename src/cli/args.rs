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

/// Decisions that can be made on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DecideAs {
    /// Commit it on the approved branch
    Approve,
    /// Refuse it; its change stays pinned
    Veto,
}
