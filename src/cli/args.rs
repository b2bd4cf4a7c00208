//! What can be said on the command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Parser, Subcommand, ValueEnum};

use crate::app::{ViewKind, XAxis};
use crate::mailbox::evidence_of;
use crate::model::{Evidence, Gate, ProposalId};

/// Keeps a human in the decision chain of a self-improvement loop
///
/// Opens the terminal UI on the directory a loop runs in: a git work tree with a results.tsv, as
/// karpathy's autoresearch leaves it, or a pi-autoresearch log. Nothing of the loop is touched: its
/// work tree, index, HEAD and branches stay as they are. Every change that the agent kept waits in
/// your inbox; what you approve becomes a commit on a branch that only your decisions move.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, subcommand_precedence_over_arg = true, after_help = EXIT_CODES, after_long_help = LEARN)]
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
Exit codes: 0 good, 1 error, 2 wrong usage, 3 no loop found, 4 verify objects, 5 not decided.
wait: 0 approved, 9 partial, 10 changes requested, 11 vetoed, 12 pending (call again), 13 stale, 14 expired";

const LEARN: &str = "\
Examples:
  countersign demo                 a real loop to look at, here and now
  countersign ~/autoresearch       the terminal UI on a loop of yours
  countersign doctor ~/autoresearch
                                   what was recognised there, what is missing, what to do
  countersign status --json -C ~/autoresearch
                                   the same numbers for a script
  countersign replay ~/autoresearch --speed 20
                                   last night again, in a scratch directory

In the terminal UI:
  1 to 7      inbox, curves, progress, lineage, instruments, knobs, runs
  j k [ ]     move; next and previous experiment everywhere
  Enter       read the change full screen
  a  v  s     approve (shows what would be committed first), veto with a reason, skip
  i           what happened since you left
  :           palette: actions, experiments, files, themes by a few letters
  ?           the keys of the view you are in
  q           leave

Files:
  $XDG_CONFIG_HOME/countersign/config.yaml     keys, theme, mouse, window title, home
  $XDG_CONFIG_HOME/countersign/themes/*.yaml   themes of your own
  $XDG_STATE_HOME/countersign/                 where you left each loop; the ledgers' anchors
  <git directory>/countersign/                 policy.yaml, ledger.jsonl, proposals.jsonl, archive.db
  <run directory>/.countersign/                the agent's door: inbox and outbox (countersign init)

Environment:
  NO_COLOR    no colours: everything is told by words, glyphs and weight
  COLORTERM   truecolor: themes show all their colours, else the nearest of 256 or 16

Exit codes:
  0 good   1 error   2 wrong usage   3 no loop found   4 verify objects   5 not decided
  wait: 0 approved   9 partial   10 changes requested   11 vetoed   12 pending: call again
        13 stale: propose again on the new base   14 expired";

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
        /// Have the agent ask you: before it trains and again with the result, or only with the result
        #[arg(long, conflicts_with = "recorded")]
        gate: Option<GateWord>,
        /// How it asks: by a folder, by the commands, or over MCP
        #[arg(long, requires = "gate", default_value = "folder")]
        via: Via,
        /// How many agents work on the loop, each in a work tree of its own
        #[arg(long, requires = "gate", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=8))]
        agents: u8,
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
        /// A few words, for a prompt or a tmux status line
        #[arg(long, conflicts_with = "json")]
        short: bool,
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
    ///
    /// Folders are read with all below them. What could not be read, or was not, is on standard error and in the JSON; the
    /// exit code is 0 all the same.
    Series {
        /// An experiment, or a path
        what: String,
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Set experiments beside each other: what each measured, and their curves drawn; writes nothing
    ///
    /// Plain text, the same as on the screen, for scripts and pull requests. One experiment is compared with its base.
    Compare {
        /// Ids, labels, or unique prefixes of either; the first one is what others differ from
        #[arg(required = true, value_name = "EXPERIMENT")]
        experiments: Vec<String>,
        /// How curves are looked at
        #[command(flatten)]
        looks: Looks,
        /// Save the curves, too: .svg or .png for a picture, .csv for the numbers
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
        /// One JSON object, without the drawings
        #[arg(long)]
        json: bool,
    },
    /// Save what a view shows: .svg or .png for a picture, .csv for the numbers
    ///
    /// `export progress night.png` is the picture that loops publish: every experiment, what was kept in its words, and
    /// the best so far. Nothing that is there is overwritten.
    Export {
        /// Which view
        view: ViewKind,
        /// The file, which must not be there yet
        file: PathBuf,
        /// The experiment that is selected [default: the newest]
        #[arg(long, value_name = "EXPERIMENT")]
        experiment: Option<String>,
        /// How curves and screens are looked at
        #[command(flatten)]
        looks: Looks,
    },
    /// Ask a person for a decision about a change (the agent's call); prints an id to wait for
    ///
    /// The change is a commit (HEAD when nothing is said), a patch, or the work tree as it is. Nothing is
    /// touched but the door (.countersign) of the run directory, which `countersign init` makes.
    Propose(Box<Proposed>),
    /// Wait for the decision about a proposal (the agent's call); the exit code says what it is
    ///
    /// Prints the decision as JSON. 12 means pending: call again. Whatever is not 0 is not an approval.
    Wait {
        /// The id that `propose` printed
        #[arg(value_parser = proposal_id)]
        id: ProposalId,
        /// How long to wait; agents' shells cut a command after two minutes
        #[arg(long, default_value = "100s", value_parser = duration)]
        timeout: Duration,
    },
    /// Join the loop that runs here: the policy, the agent's door, and what the agent must be told
    ///
    /// Detects the loop, writes a commented policy into the git directory, makes the door, and prints
    /// what to add where. Running it twice changes nothing.
    Init {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// Add what is printed to the files it belongs into
        #[arg(long)]
        write: bool,
        /// Only this way of joining; may be said more than once
        #[arg(long, value_name = "NAME")]
        join: Vec<String>,
        /// The commit that gates compare with until you approve something [default: where the loop began]
        #[arg(long, value_name = "REV")]
        baseline: Option<String>,
    },
    /// Serve the agent's door over MCP, on standard input and output
    Mcp {
        /// The directory the loop runs in, or one within its repository
        dir: Option<PathBuf>,
    },
    /// Write a note that the agent's next call takes along
    Tell {
        /// The note
        text: String,
    },
    /// Hold the loop up: gates that are `auto` wait for you
    Pause {
        /// Why; the agent reads it
        #[arg(short, long, default_value = "")]
        reason: String,
    },
    /// Let a loop go on that was held up
    Resume,
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
    /// Check the approved branch and all it holds, the ledger's chain, its anchor and all signatures
    Verify {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
        /// Whose SSH signatures count (ssh-keygen's format); what is not signed is an objection then
        #[arg(long, value_name = "FILE")]
        allowed_signers: Option<PathBuf>,
        /// Hash every object again, also those that have not moved since they were hashed
        #[arg(long)]
        all: bool,
    },
    /// Take over what somebody else put on the approved branch; standard input must be a terminal
    Adopt {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// Why
        #[arg(short, long, default_value = "")]
        reason: String,
    },
    /// Put the approved branch back to where the last decision left it; standard input must be a terminal
    Restore {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// Why
        #[arg(short, long, default_value = "")]
        reason: String,
    },
    /// Say whether the ledger is as you left it, and settle it where it is not, at a terminal
    Ledger {
        /// What to do: strike foreign records, adopt the ledger as it is, say that the repository was moved, begin a
        /// new ledger, or continue a loop that got another name
        settle: Option<SettleAs>,
        /// The directory the loop runs in
        #[arg(long)]
        dir: Option<PathBuf>,
        /// Why
        #[arg(short, long, default_value = "")]
        reason: String,
    },
    /// Show how policy.yaml differs from the policy in force, and put it in force, at a terminal
    Policy {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// Put it in force
        #[arg(long)]
        accept: bool,
        /// Print the policy in force, as a file
        #[arg(long, conflicts_with = "accept")]
        in_force: bool,
    },
    /// Let go of pinned attempts that nobody decided on, at a terminal; what a decision or a proposal names stays
    Prune {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// Days that an attempt is kept
        #[arg(long, default_value_t = 90.0)]
        days: f64,
    },
    /// Record a loop without a screen, also when the SSH session ends
    ///
    /// Pins every attempt, keeps every trial's curves before the next run overwrites them, and takes in what agents
    /// propose. One process records a loop: while the recorder does, a screen reads along; without one, an open
    /// screen records. SIGTERM ends it, and nothing is lost when it is killed.
    Record {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// Print a unit for systemd that runs it, and what to do with that
        #[arg(long)]
        print_systemd: bool,
    },
    /// Say what was recognised, what is missing and what to do about it; writes nothing
    Doctor {
        /// The directory the loop runs in
        dir: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the completions for a shell
    ///
    /// For example: countersign completions bash > ~/.local/share/bash-completion/completions/countersign
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page; or write one for each verb into a directory
    ///
    /// For example: countersign man | man -l -
    Man {
        /// Write a page for each verb into this directory
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
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
    /// Send it back to the agent that asks, with the reason
    Changes,
}

/// What a person does about a ledger that is not as they left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SettleAs {
    /// Take foreign records out, into a file beside the ledger
    Strike,
    /// Vouch for the ledger as it is
    Adopt,
    /// The repository was moved, and the ledger with it
    Moved,
    /// Begin a ledger of its own: a copy goes its own way, or the old one is lost
    New,
    /// This loop is another one that is not there any more, under a new name
    Continue,
}

impl SettleAs {
    /// What settles a doubt that way; `None` for what is no doubt.
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

/// A proposal, as an agent says it.
#[derive(Debug, clap::Args)]
pub struct Proposed {
    /// Commit before the change [default: the approved branch where it is below, else the parent; for a
    /// patch or the work tree: HEAD]
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
    /// What it is, in a line
    #[arg(short = 'm', long = "title", value_name = "TITLE")]
    pub title: String,
    /// Why it should help, and what it risks
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub rationale: String,
    /// Where the loop waits: before it is trained, or before it becomes a commit
    #[arg(long, default_value = "keep")]
    pub gate: GateWord,
    /// What measuring gave; may be said more than once
    #[arg(long, value_name = "METRIC=BEFORE,AFTER", value_parser = evidence_of, allow_hyphen_values = true)]
    pub evidence: Vec<Evidence>,
    /// The earlier proposal that this one takes the place of
    #[arg(long, value_name = "ID", value_parser = proposal_id)]
    pub supersedes: Option<ProposalId>,
    /// A key of your own: the same key and the same proposal give the same id; another proposal is refused
    #[arg(long, value_name = "KEY", default_value = "")]
    pub key: String,
    /// Your name
    #[arg(long, value_name = "NAME", default_value = "", env = "COUNTERSIGN_AGENT")]
    pub agent: String,
    /// The model behind you
    #[arg(long, value_name = "NAME", default_value = "")]
    pub model: String,
    /// The session you run in
    #[arg(long, value_name = "NAME", default_value = "")]
    pub session: String,
    /// What shows that you are who asked before: nobody else can then supersede your proposals. `new` makes one
    /// and prints it
    #[arg(long, value_name = "TOKEN", default_value = "", env = "COUNTERSIGN_TOKEN", hide_env_values = true)]
    pub token: String,
}

/// How curves and screens are looked at, on the command line.
#[derive(Debug, clap::Args)]
pub struct Looks {
    /// Metrics that match a regular expression [default: the one that says most]
    #[arg(long, value_name = "REGEX")]
    pub metric: Option<String>,
    /// What stands along the x axis
    #[arg(long, value_name = "MEASURE", default_value = "steps")]
    pub along: XAxis,
    /// How much curves are smoothed: 0, not at all, to 5
    #[arg(long, value_name = "LEVEL", default_value = "0", value_parser = clap::value_parser!(u8).range(0..=5))]
    pub smooth: u8,
    /// A logarithmic y axis
    #[arg(long)]
    pub log: bool,
    /// Columns
    #[arg(long, value_name = "COLUMNS", default_value = "100", value_parser = clap::value_parser!(u16).range(40..=500))]
    pub width: u16,
    /// Rows of a chart, or of the screen
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
        Some(PossibleValue::new(self.context().name()))
    }
}

/// A way to ask, on the command line.
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
    /// The word that the agent of the demo knows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Command => "command",
            Self::Mcp => "mcp",
        }
    }
}

/// A gate on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GateWord {
    /// Before it is trained
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

/// `100s`, `1.5m`, `2h`, or a number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let usage = || "a time such as 100s, 1.5m or 0".to_owned();
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

/// A path for messages.
pub(super) fn on(path: &Path) -> String {
    crate::policy::text::Visible::of(&path.to_string_lossy()).to_string()
}
