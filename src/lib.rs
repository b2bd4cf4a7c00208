//! Countersign keeps a human in the decision chain of a self-improvement loop: it observes the
//! loop, shows each change beside its evidence, and commits exactly what a person approved on a
//! branch that only such decisions move.
//!
//! # The data's way through the folders
//!
//! ```text
//! bytes ──> observe (drives format) ──> facts ──> model ──> app ──> ui ──> terminal
//! key, command ──> desk ──> repo + ledger ──> facts            (every decision ends at the desk)
//! agent ──> door ──> desk ──> the person's list ──> facts       (and the answer back through the door)
//! app ──> query ──> repo, archive                              (everything slow)
//! ```
//!
//! | room | what lives there |
//! | --- | --- |
//! | [`model`] | experiments, changes, decisions; `fold(facts) -> Snapshot`. Pure |
//! | [`mod@format`] | bytes in, rows and series out: results tables in `results`, logs in `console`, one file for each other format. Pure |
//! | [`watch`] | watching, tailing, which log belongs to which experiment |
//! | [`series`] | values by step in columns, a pyramid over them, smoothing, differences |
//! | [`store`] | what was observed, kept on disk; whose turn it is to write it |
//! | [`repo`] | git: history, pins, candidates, the commit, compare-and-swap |
//! | [`policy`] | findings, the human's policy, hostile text made visible. Pure |
//! | [`ledger`] | records, hash chain, anchor |
//! | [`approved`] | what ledger and policy say of the approved branch: its name, its tip, the decisions, the policy in force |
//! | [`signature`] | signatures, made and checked by the person's own programs |
//! | [`decide`] | THE decision, recovery, verify |
//! | [`mailbox`] | the agent's: proposals in, answers out, by folder, command and MCP |
//! | [`onboarding`] | what an agent must be told, and where that is written. Pure |
//! | [`alerts`] | calling a person who is elsewhere |
//! | [`editor`] | the person's own editor, on a copy of a file |
//! | [`disk`] | files that are whole after a crash, and what to do when the file system says no |
//! | [`instrument`] | one honest line each; what happened since the last visit. Pure |
//! | [`query`] | what a screen asks for: candidates, what would follow |
//! | [`vector`] | shapes and words on a plane, as SVG or PNG. Pure |
//! | [`app`] | state, events, actions, `update` |
//! | [`ui`] | drawing |
//! | [`export`] | what a view shows as a file: a picture, or its numbers |
//! | [`demo`] | a loop to look at: the tiny language model, and the replay of a recording |
//! | [`cli`] | one file a verb; wires the rooms |
//! | [`config`] | preferences of the person: keys, theme, mouse |
//! | [`user_state`] | where the person left each loop and what they wrote, between visits |
//! | [`terminal`] | raw mode and its undoing, colours, title, clipboard |
//!
//! # Invariants
//!
//! `tests/it/tidy.rs` holds what a machine can hold.
//!
//! 1. `model`, `format`, `policy`, `series`, `instrument` are pure: no I/O, no clock, no terminal, no git.
//! 2. [`app::update`] is synchronous and total, and never blocks. Effects run elsewhere and come
//!    back as events.
//! 3. `ui` draws from the state alone.
//! 4. Only `decide` makes a decision, and it accepts nothing but a [`model::Candidate`], or a
//!    [`model::Diverged`] tip as it was shown. It goes by steps ([`disk::Step`]), each on disk before the
//!    next, and what was begun is ended at the next start or decision.
//! 5. Nothing but `decide` (branch, references, ledger, policy, the list of proposals), `mailbox` (its own folder)
//!    and the one observer whose turn it is to record (pins, archive) writes near the loop; `init` writes what it is asked to.
//!    `export` writes the file that the person names, which was not there before.
//!    `status`, `log`, `show`, `series`, `compare`, `doctor` write nothing; `verify` writes what it hashed into the
//!    person's state directory, and nothing anywhere else.
//!    `demo` moves branches and work trees of repositories that it made itself, and no others.
//! 6. Malformed input becomes a visible warning with path and line. Never a panic, a silent drop,
//!    or a guess presented as a fact.
//! 7. `git2` is named only under `repo`, colours only in `ui/theme`; agent text reaches a screen only
//!    as [`policy::text::Visible`].
//! 8. Programs are run by `signature`, `alerts` and `editor` (the person's own, named by the person's own configuration)
//!    and by `demo` (its own agent), and by nobody else; never in an agent's repository.
//! 9. What an agent may have put in the place of a file (a link, a pipe, a device) is opened through
//!    [`disk`], which neither follows nor waits. Where libgit2 opens it, [`repo`] looks before and is there after.
//! 10. An answer that no person gave is recorded as the policy's, makes no commit, and lets nothing critical
//!     through. What is unknown, late or unreadable is not an approval.
//! 11. A file that needs a second screenful to explain itself wants to be two.
//!
//! # Words
//!
//! A *loop* is the repeated cycle propose, run, measure, decide, in a *run directory*. An
//! *experiment* is one attempt: a *change* on a base commit, its *trials* (training runs), its
//! *outcome*. The *claim* is what the agent says of it. A *decision* is the human's answer;
//! a *proposal* is the message by which an agent asks for one, at the *run gate* before compute is spent or
//! at the *keep gate* before a change becomes a commit;
//! the *lineage* is what was approved, with the rejected siblings; the *ledger* records it all. A
//! *knob* is a constant `NAME = value` that changes turn; a *visit* is what a person saw until they left. A *segment* is a
//! stretch of a loop with an *objective* (a metric and its direction) and a baseline of its own; a *run* is whatever wrote
//! curves, in the loop or beside it.

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
