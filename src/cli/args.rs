//! The command-line arguments.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Parser, Subcommand, ValueEnum};

use crate::app::{ViewKind, XAxis};
use crate::mailbox::evidence_of;
use crate::model::{Evidence, Gate, ProposalId};

/// Keeps a human in the decision chain of a self-improvement loop
///
/// Opens the terminal UI on a loop's run directory: a git work tree with a results.tsv, as written by karpathy's
/// autoresearch, or a pi-autoresearch log. The loop is not touched: its work tree, index, HEAD and branches stay as
/// they are. Every change that the agent kept appears in your inbox; each one you approve becomes a commit on a branch
/// that only your decisions move.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, subcommand_precedence_over_arg = true, after_help = EXIT_CODES, after_long_help = LONG_HELP)]
pub struct Args {
    /// Run directory [default: current directory]
    pub dir: Option<PathBuf>,
    /// Run directory (same as DIR; accepted before or after any command)
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// Detect changes by polling only (for network file systems, which send no events)
    #[arg(long)]
    pub poll: bool,
    /// Write the program's own log, for bug reports: to `log` in the state directory (`doctor` prints its path)
    #[arg(
        long,
        value_name = "LEVEL",
        global = true,
        env = "COUNTERSIGN_LOG",
        value_enum,
        default_value = "off",
        hide_env_values = true
    )]
    pub log: LogLevel,
    /// Command to run [default: the terminal UI]
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// The least severe events that are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// No log.
    // An empty COUNTERSIGN_LOG is one that is not set.
    #[value(alias = "")]
    Off,
    /// Internal errors.
    Error,
    /// Failures that are shown to the person, too.
    Warn,
    /// Commands, decisions, recordings.
    Info,
    /// Each look at the loop and each answered question, with its time.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// Returns the level; `None` without a log.
    pub fn level(self) -> Option<tracing::Level> {
        match self {
            Self::Off => None,
            Self::Error => Some(tracing::Level::ERROR),
            Self::Warn => Some(tracing::Level::WARN),
            Self::Info => Some(tracing::Level::INFO),
            Self::Debug => Some(tracing::Level::DEBUG),
            Self::Trace => Some(tracing::Level::TRACE),
        }
    }
}

const EXIT_CODES: &str = "\
Exit codes: 0 success, 1 error, 2 usage error, 3 no loop found, 4 verify failed, 5 not decided.
wait: 0 approved, 9 partial, 10 changes requested, 11 vetoed, 12 pending (call again), 13 stale, 14 expired";

const LONG_HELP: &str = "\
Examples:
  countersign demo                 watch a real loop, run in a scratch directory
  countersign ~/autoresearch       open the terminal UI on your own loop
  countersign doctor ~/autoresearch
                                   show what was recognised, missing parts and how to fix them
  countersign status --json -C ~/autoresearch
                                   the loop's status for scripts
  countersign replay ~/autoresearch --speed 20
                                   replay last night in a scratch directory

In the terminal UI:
  1 to 7      inbox, curves, progress, lineage, instruments, knobs, runs
  j k [ ]     move; [ and ]: previous and next experiment in every view
  Enter       open the change full screen
  a  v  s     approve (previews the commit first), veto with a reason, skip
  i           summary of what happened since you left
  :           palette: search actions, experiments, files and themes
  ?           keys of the current view
  q           quit

Files:
  $XDG_CONFIG_HOME/countersign/config.yaml     keys, theme, mouse, window title, home
  $XDG_CONFIG_HOME/countersign/themes/*.yaml   your own themes
  $XDG_STATE_HOME/countersign/                 last position in each loop; ledger anchors
  <git directory>/countersign/                 policy.yaml, ledger.jsonl, proposals.jsonl, archive.db
  <run directory>/.countersign/                the agent's mailbox: inbox and outbox (countersign init)

Environment:
  NO_COLOR    no colours: words, glyphs and weight carry all information
  COLORTERM   truecolor: 24-bit colours; otherwise the nearest of 256 or 16
  COUNTERSIGN_LOG
              error, warn, info, debug or trace: the same as --log

Exit codes:
  0 success   1 error   2 usage error   3 no loop found   4 verify failed   5 not decided
  wait: 0 approved   9 partial   10 changes requested   11 vetoed   12 pending: call again
        13 stale: propose again on the new base   14 expired";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Watch a real loop: a scripted agent improves a tiny language model on this machine
    ///
    /// The loop runs in a scratch directory and ends when you quit. Training, curves, commits and your decisions are
    /// all real. It needs python3 and git; without them, a recording of the same loop is replayed.
    Demo {
        /// Keep the loop in this directory, which must be empty or not exist yet
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
        /// Replay the recording even if python3 is available
        #[arg(long)]
        recorded: bool,
        /// Replay speed, as a multiple of the original
        #[arg(long, default_value = "1", value_parser = speed)]
        speed: f64,
        /// Random seed: the agent tries the same ideas each time
        #[arg(long, value_name = "NUMBER")]
        seed: Option<u64>,
        /// Gate at which the agent asks you: before training and again with the result, or only with the result
        #[arg(long, conflicts_with = "recorded")]
        gate: Option<GateWord>,
        /// Transport for proposals: mailbox files, commands, or MCP
        #[arg(long, requires = "gate", default_value = "folder")] // prose: ok (a value)
        via: Via,
        /// Number of agents, each in its own work tree
        #[arg(long, requires = "gate", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=8))]
        agents: u8,
    },
    /// Replay a recorded loop in a scratch directory
    ///
    /// Any run directory that countersign has watched is a recording: its results, the commits that still exist, and
    /// the recorded curves. The recording itself is not modified.
    Replay {
        /// Run directory of the recorded loop
        dir: Option<PathBuf>,
        /// Replay speed, as a multiple of the original
        #[arg(long, default_value = "1", value_parser = speed)]
        speed: f64,
        /// Experiments present at start [default: two thirds]
        #[arg(long, value_name = "NUMBER")]
        preload: Option<usize>,
        /// Keep the replay in this directory, which must be empty or not exist yet
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
    },
    /// Show loop status; writes nothing
    Status {
        /// Run directory
        dir: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Print one short line, for a prompt or a tmux status bar
        #[arg(long, conflicts_with = "json")]
        short: bool,
    },
    /// List decisions and approved commits, newest first; writes nothing
    Log {
        /// Run directory
        dir: Option<PathBuf>,
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Show one experiment: its change, evidence and findings; writes nothing
    Show {
        /// An id, a label, or a unique prefix of either
        id: String,
        /// Run directory
        dir: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the curves of an experiment, a metrics file, or a directory of them; writes nothing
    ///
    /// Directories are read recursively. Files that were skipped or could not be read are listed on standard error and
    /// in the JSON; the exit code is still 0.
    Series {
        /// Experiment or path
        target: String,
        /// Run directory
        dir: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Compare experiments: measured values and plotted curves; writes nothing
    ///
    /// Plain text, identical to the screen, for scripts and pull requests. A single experiment is compared with its
    /// base.
    Compare {
        /// Ids, labels, or unique prefixes of either; differences are relative to the first
        #[arg(required = true, value_name = "EXPERIMENT")]
        experiments: Vec<String>,
        /// Curve display options
        #[command(flatten)]
        display: DisplayOptions,
        /// Also save the curves: .svg or .png for an image, .csv for the numbers
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
        /// Print one JSON object, without the plots
        #[arg(long)]
        json: bool,
    },
    /// Save a view to a file: .svg or .png for an image, .csv for the numbers
    ///
    /// `export progress night.png` draws the usual progress chart: every experiment, the kept ones labelled with their
    /// descriptions, and the best so far. Existing files are never overwritten.
    Export {
        /// View to save
        view: ViewKind,
        /// Output file, which must not exist yet
        file: PathBuf,
        /// Selected experiment [default: the newest]
        #[arg(long, value_name = "EXPERIMENT")]
        experiment: Option<String>,
        /// Curve and screen display options
        #[command(flatten)]
        display: DisplayOptions,
    },
    /// Propose a change for a person's decision (called by the agent)
    ///
    /// The change is a commit (HEAD by default), a patch, or the current work tree. Writes only to the mailbox
    /// (.countersign) of the run directory, which `countersign init` creates. Prints JSON; pass its `id` to `countersign
    /// wait`.
    Propose(Box<Proposed>),
    /// Wait for the decision on a proposal (called by the agent); the exit code is the decision
    ///
    /// Prints the decision as JSON. 12 means pending: call again. Any nonzero code is not an approval.
    Wait {
        /// The `id` in the JSON that `propose` printed
        #[arg(value_parser = proposal_id)]
        id: ProposalId,
        /// Maximum time to wait; agents' shells often kill a command after two minutes
        #[arg(long, default_value = "100s", value_parser = duration)]
        timeout: Duration,
    },
    /// Set up a loop for review: the policy, the agent's mailbox and the agent's instructions
    ///
    /// Detects the loop, writes a commented policy into the git directory, creates the mailbox, and prints which
    /// instructions to add to which files. Running it again changes nothing.
    Init {
        /// Run directory
        dir: Option<PathBuf>,
        /// Write the printed instructions into their files
        #[arg(long)]
        write: bool,
        /// Only this integration (repeatable)
        #[arg(long, value_name = "NAME")]
        join: Vec<String>,
        /// Commit that gates compare with until your first approval [default: where the loop began]
        #[arg(long, value_name = "REV")]
        baseline: Option<String>,
    },
    /// Serve the agent's mailbox over MCP on standard input and output
    Mcp {
        /// Run directory, or a directory in its repository
        dir: Option<PathBuf>,
    },
    /// Leave a note for the agent's next call
    Tell {
        /// The note
        text: String,
    },
    /// Pause the loop: `auto` gates wait for you
    Pause {
        /// Reason, shown to the agent
        #[arg(short, long, default_value = "")]
        reason: String,
    },
    /// Resume a paused loop
    Resume,
    /// Decide one experiment at this terminal
    Decide {
        /// An id, a label, or a unique prefix of either
        id: String,
        /// Your decision
        decision: DecideAs,
        /// Reason (required for a veto)
        #[arg(short, long, default_value = "")]
        reason: String,
    },
    /// Verify the approved branch and its objects, the ledger's hash chain, its anchor and all signatures
    Verify {
        /// Run directory
        dir: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Trusted SSH signers (ssh-keygen format); anything unsigned is then an objection
        #[arg(long, value_name = "FILE")]
        allowed_signers: Option<PathBuf>,
        /// Rehash every object, including those unchanged since the last check
        #[arg(long)]
        all: bool,
    },
    /// Accept commits that someone else put on the approved branch; standard input must be a terminal
    Adopt {
        /// Run directory
        dir: Option<PathBuf>,
        /// Reason
        #[arg(short, long, default_value = "")]
        reason: String,
    },
    /// Reset the approved branch to where the last decision left it; standard input must be a terminal
    Restore {
        /// Run directory
        dir: Option<PathBuf>,
        /// Reason
        #[arg(short, long, default_value = "")]
        reason: String,
    },
    /// Check that the ledger is as you left it, and resolve problems at a terminal
    Ledger {
        /// Action: strike foreign records, adopt the ledger as it is, confirm that the repository was moved, start a
        /// new ledger, or continue a loop under a new name
        settle: Option<SettleAs>,
        /// Reason
        #[arg(short, long, default_value = "")]
        reason: String,
    },
    /// Show how policy.yaml differs from the policy in force; accept it at a terminal
    Policy {
        /// Run directory
        dir: Option<PathBuf>,
        /// Put policy.yaml in force
        #[arg(long)]
        accept: bool,
        /// Print the policy in force as YAML
        #[arg(long, conflicts_with = "accept")]
        in_force: bool,
    },
    /// Unpin old attempts without a decision, at a terminal; attempts named by a decision or proposal stay
    Prune {
        /// Run directory
        dir: Option<PathBuf>,
        /// Unpin attempts older than this many days
        #[arg(long, default_value_t = 90.0)]
        days: f64,
    },
    /// Record a loop without a screen; survives the end of an SSH session
    ///
    /// Pins every attempt, saves every trial's curves before the next run overwrites them, and receives agents'
    /// proposals. Only one process records a loop: while this one runs, an open screen only reads; without it, the
    /// screen records. SIGTERM stops it; killing it loses nothing.
    Record {
        /// Run directory
        dir: Option<PathBuf>,
        /// Print a systemd unit that runs the recorder, with instructions
        #[arg(long)]
        print_systemd: bool,
    },
    /// Show what was recognised, missing parts and how to fix them; writes nothing
    Doctor {
        /// Run directory
        dir: Option<PathBuf>,
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Print shell completions
    ///
    /// For example: countersign completions bash > ~/.local/share/bash-completion/completions/countersign
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one page per command into a directory
    ///
    /// For example: countersign man | man -l -
    Man {
        /// Write one page per command into this directory
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "expected a number such as 0.5 or 10".to_owned())?;
    if (0.01..=1000.0).contains(&speed) { Ok(speed) } else { Err("must be between 0.01 and 1000".to_owned()) }
}

/// The decisions available on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DecideAs {
    /// Commit it on the approved branch
    Approve,
    /// Refuse it; its change stays pinned
    Veto,
    /// Send it back to the agent with the reason
    Changes,
}

/// Actions for a ledger that is not as the person left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SettleAs {
    /// Move foreign records to a file next to the ledger
    Strike,
    /// Vouch for the ledger as it is
    Adopt,
    /// The repository was moved, and the ledger with it
    Moved,
    /// Start a new ledger: this is an independent copy, or the old ledger is lost
    New,
    /// This loop is the continuation, under a new name, of one that no longer exists
    Continue,
}

impl SettleAs {
    /// Returns the settlement of a doubt; `None` if the action does not settle one.
    pub fn settlement(self) -> Option<crate::decide::Settlement> {
        Some(match self {
            Self::Strike => crate::decide::Settlement::Strike,
            Self::Adopt => crate::decide::Settlement::Adopt,
            Self::Moved => crate::decide::Settlement::Moved,
            Self::New => crate::decide::Settlement::New,
            Self::Continue => return None,
        })
    }
}

/// A proposal as given on the command line.
#[derive(Debug, clap::Args)]
pub struct Proposed {
    /// Commit before the change [default: the approved branch if it is an ancestor, else the parent; for a patch or the
    /// work tree: HEAD]
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// Commit after the change [default: HEAD]
    #[arg(long, value_name = "REV")]
    pub head: Option<String>,
    /// A patch, as `git diff` prints it, instead of a commit
    #[arg(long, value_name = "FILE", conflicts_with_all = ["head", "worktree"])]
    pub patch: Option<PathBuf>,
    /// The edits in the work tree, instead of a commit
    #[arg(long, conflicts_with = "head")]
    pub worktree: bool,
    /// One-line summary
    #[arg(short = 'm', long = "title", value_name = "TITLE")]
    pub title: String,
    /// Rationale: why it should help and what it risks
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub rationale: String,
    /// Gate: before training, or before it becomes a commit
    #[arg(long, default_value = "keep")]
    pub gate: GateWord,
    /// Measured values (repeatable)
    #[arg(long, value_name = "METRIC=BEFORE,AFTER", value_parser = evidence_of, allow_hyphen_values = true)]
    pub evidence: Vec<Evidence>,
    /// Earlier proposal that this one replaces
    #[arg(long, value_name = "ID", value_parser = proposal_id)]
    pub supersedes: Option<ProposalId>,
    /// Idempotency key: the same key and proposal return the same id; a different proposal is refused
    #[arg(long, value_name = "KEY", default_value = "")]
    pub key: String,
    /// Your name
    #[arg(long, value_name = "NAME", default_value = "", env = "COUNTERSIGN_AGENT")]
    pub agent: String,
    /// Your model
    #[arg(long, value_name = "NAME", default_value = "")]
    pub model: String,
    /// Your session
    #[arg(long, value_name = "NAME", default_value = "")]
    pub session: String,
    /// Proves that you made your earlier proposals: no one else can then supersede them. `new` creates a token and
    /// prints it
    #[arg(long, value_name = "TOKEN", default_value = "", env = "COUNTERSIGN_TOKEN", hide_env_values = true)]
    pub token: String,
}

/// Display options for curves and screens on the command line.
#[derive(Debug, clap::Args)]
pub struct DisplayOptions {
    /// Metrics that match a regular expression [default: the most informative one]
    #[arg(long, value_name = "REGEX")]
    pub metric: Option<String>,
    /// Measure on the x-axis
    #[arg(long, value_name = "MEASURE", default_value = "steps")]
    pub along: XAxis,
    /// Smoothing of curves, from 0 (none) to 5
    #[arg(long, value_name = "LEVEL", default_value = "0", value_parser = clap::value_parser!(u8).range(0..=5))]
    pub smooth: u8,
    /// Logarithmic y-axis
    #[arg(long)]
    pub log_axis: bool,
    /// Width in columns
    #[arg(long, value_name = "COLUMNS", default_value = "100", value_parser = clap::value_parser!(u16).range(40..=500))]
    pub width: u16,
    /// Height of a chart or the screen, in rows
    #[arg(long, value_name = "ROWS", default_value = "20", value_parser = clap::value_parser!(u16).range(10..=200))]
    pub height: u16,
}

impl ValueEnum for XAxis {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Step, Self::Tokens, Self::Seconds]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()))
    }
}

impl ValueEnum for ViewKind {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()))
    }
}

/// A transport for the demo's proposals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Via {
    /// Files in `.countersign`
    Folder,
    /// `countersign propose` and `countersign wait`
    Command,
    /// `countersign mcp`
    Mcp,
}

impl Via {
    /// Returns the word that the demo's agent expects.
    pub fn word(self) -> &'static str {
        match self {
            Self::Folder => "folder", // prose: ok (a value)
            Self::Command => "command",
            Self::Mcp => "mcp",
        }
    }
}

/// A gate on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GateWord {
    /// Before training
    Run,
    /// Before it becomes a commit
    Keep,
}

impl From<GateWord> for Gate {
    fn from(word: GateWord) -> Self {
        match word {
            GateWord::Run => Self::Run,
            GateWord::Keep => Self::Keep,
        }
    }
}

fn proposal_id(text: &str) -> Result<ProposalId, String> {
    text.parse().map_err(|error: crate::model::BadProposalId| error.to_string())
}

/// Parses `100s`, `1.5m`, `2h`, or a number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let usage = || "expected a time such as 100s, 1.5m or 0".to_owned();
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => match text.strip_suffix(['s', 'm', 'h']) {
            Some(number) if text.ends_with('m') => (number, 60.0),
            Some(number) if text.ends_with('h') => (number, 3600.0),
            Some(number) => (number, 1.0),
            None => (text, 1.0),
        },
    };
    let number: f64 = number.trim().parse().map_err(|_| usage())?;
    let seconds = number * unit;
    if (0.0..=86_400.0).contains(&seconds) { Ok(Duration::from_secs_f64(seconds)) } else { Err(usage()) }
}

/// Returns a path as visible text, for messages.
pub(super) fn visible_path(path: &Path) -> String {
    crate::policy::text::Visible::of(&path.to_string_lossy()).to_string()
}
