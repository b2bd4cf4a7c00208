//! Countersign keeps a human in the decision chain of a self-improvement loop: it watches the loop, shows each change
//! next to its evidence, and commits exactly what a person approved to a branch that only such decisions move.
//!
//! # Data flow
//!
//! ```text
//! bytes ──> watch (drives format) ──> facts ──> model ──> app ──> ui ──> terminal
//! key, command ──> decide ──> repo + ledger ──> facts          (only decide makes decisions)
//! agent ──> mailbox ──> decide ──> received proposals ──> facts (the answer returns through the mailbox)
//! app ──> query ──> repo, store                                (everything slow)
//! ```
//!
//! | room | contents |
//! | --- | --- |
//! | [`model`] | experiments, changes, decisions; `fold(facts) -> Snapshot`. Pure |
//! | [`mod@format`] | parses bytes into rows and series: results tables in `results`, logs in `console`, one file per other format. Pure |
//! | [`watch`] | watching and tailing files, matching logs to experiments |
//! | [`series`] | values by step in columns, a pyramid over them, smoothing, differences |
//! | [`store`] | recorded curves on disk, and the lock of the one process that records |
//! | [`repo`] | git: history, pins, candidates, commits, compare-and-swap |
//! | [`policy`] | findings, the person's policy, untrusted text made visible. Pure |
//! | [`ledger`] | records, hash chain, anchor |
//! | [`approved`] | the approved branch according to ledger and policy: name, tip, decisions, the policy in force |
//! | [`signature`] | signatures, made and checked by the person's own programs |
//! | [`decide`] | all decisions, recovery, verify |
//! | [`mailbox`] | the agent's side: proposals in, answers out, by files, commands and MCP |
//! | [`onboarding`] | the agent's instructions, and the files they go into. Pure |
//! | [`alerts`] | alerts for a person who is away |
//! | [`editor`] | the person's own editor, on a copy of a file |
//! | [`disk`] | crash-safe file writes, and remedies for file system errors |
//! | [`instrument`] | status metrics, one line each; events since the last visit. Pure |
//! | [`query`] | slow requests of the screen: candidates, assessments, curves |
//! | [`vector`] | shapes and text on a plane, as SVG or PNG. Pure |
//! | [`app`] | state, events, actions, `update` |
//! | [`ui`] | drawing |
//! | [`export`] | a view as a file: an image or its numbers |
//! | [`demo`] | demo loops: the tiny language model, and the replay of a recording |
//! | [`cli`] | one file per command; wires the rooms |
//! | [`config`] | the person's preferences: keys, theme, mouse |
//! | [`user_state`] | the person's last position and drafts in each loop, kept between visits |
//! | [`terminal`] | raw mode and restoring it, colours, title, clipboard |
//! | [`logging`] | the program's own log, for reports of faults; off unless asked for |
//!
//! # Invariants
//!
//! `tests/it/tidy.rs` checks those that can be checked by machine.
//!
//! 1. `model`, `format`, `policy`, `series`, `instrument` are pure: no I/O, no clock, no terminal, no git.
//! 2. [`app::update`] is synchronous and total, and never blocks. Effects run elsewhere and come
//!    back as events.
//! 3. `ui` draws from the state alone.
//! 4. Only `decide` makes decisions, and it accepts only a [`model::Candidate`], or a [`model::Diverged`] tip as it was
//!    shown. A decision is a sequence of steps ([`disk::Step`]), each on disk before the next. An interrupted decision is
//!    completed or rolled back at the next start or decision.
//! 5. Only three rooms write near the loop: `decide` (branch, references, ledger, policy, received proposals), `mailbox`
//!    (its own directory), and `watch` in the one process that records (pins, curves). `init` writes the files it was
//!    asked to write. `export` writes a new file named by the person.
//!    `status`, `log`, `show`, `series`, `compare`, `doctor` write nothing; `verify` writes only the list of hashed
//!    objects, in the person's state directory.
//!    `demo` moves branches and work trees only in repositories that it created.
//! 6. Malformed input becomes a visible warning with path and line. Never a panic, a silent drop,
//!    or a guess presented as a fact.
//! 7. `git2` is named only under `repo`, colours only in `ui/theme`; agent text reaches a screen only
//!    as [`policy::text::Visible`].
//! 8. Only `signature`, `alerts` and `editor` (the person's own programs, from the person's own configuration) and `demo`
//!    (its own agent) run programs, and never in an agent's repository.
//! 9. A path that an agent may have replaced (by a link, a pipe, a device) is opened through [`disk`], which neither
//!    follows links nor blocks. Where libgit2 opens such a path, [`repo`] checks it before.
//! 10. An answer not given by a person is recorded as the policy's, makes no commit, and passes nothing with a critical
//!     finding. Anything unknown, late or unreadable is not an approval.
//! 11. A file that needs more than a screenful of explanation should be two files.
//!
//! # Words
//!
//! A *loop* is the repeated cycle propose, run, measure, decide, in a *run directory*. An
//! *experiment* is one attempt: a *change* on a base commit, its *trials* (training runs), its
//! *outcome*. The *claim* is the agent's own verdict on it. A *decision* is the human's answer;
//! a *proposal* is the message by which an agent asks for one, at the *run gate* before compute is spent or
//! at the *keep gate* before a change becomes a commit;
//! the *lineage* is the approved experiments, with their rejected siblings; the *ledger* records it all. A
//! *knob* is a constant `NAME = value` that changes tune; a *visit* is the time from opening a loop to leaving it. A
//! *segment* is a stretch of a loop with its own *objective* (a metric and its direction) and baseline; a *run* is any
//! process that wrote curves, in the loop or next to it.

pub mod alerts;
pub mod app;
pub mod approved;
pub mod cli;
pub mod config;
pub mod decide;
pub mod demo;
pub mod disk;
pub mod editor;
pub mod export;
pub mod format;
pub mod instrument;
pub mod ledger;
pub mod logging;
pub mod mailbox;
pub mod model;
pub mod onboarding;
pub mod policy;
pub mod query;
pub mod repo;
pub mod series;
pub mod signature;
pub mod store;
pub mod terminal;
pub mod ui;
pub mod user_state;
pub mod vector;
pub mod watch;
