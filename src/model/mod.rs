//! What a loop is: experiments, changes, decisions, and the fold from facts to a snapshot.
//!
//! Architecture invariant: pure. No I/O, no clock (time is an argument), no terminal, no git.

mod amendment;
pub(crate) mod baseline;
mod candidate;
mod change;
mod decision;
mod diff;
mod digits;
mod draft;
mod experiment;
mod experiments;
mod fact;
mod file_text;
mod finding;
mod fold;
mod foreign;
mod ground;
mod history;
mod host;
mod id;
mod identify;
mod knob;
mod marked;
mod metric_name;
mod no_change;
mod notebook;
mod objective;
mod pairs;
mod passed_over;
mod path_rule;
mod proposal;
mod proposed;
mod reading;
mod run_name;
mod segment;
mod snapshot;
mod spent;
mod status;
mod text;
mod trial;
mod unit;
mod visit;
mod words;

pub use amendment::{Amendment, Edited, HunkVerdict, LeftOut, Lines, Verdict, verdicts};
pub use candidate::{Built, Candidate, CandidateKind, Combined, Conflict, ConflictPlace};
pub use change::Change;
pub use decision::{Decision, DecisionKind};
pub use diff::{Content, DiffLine, FileChange, FileKind, Hunk, LineKind, Nature, Pointer, Store};
pub use digits::{counted, digits, signed, size};
pub use draft::{Draft, Drafts, Edit, HunkKey, LineText, Place, Session};
pub use experiment::{Claim, CommitState, Experiment, Outcome, Row};
pub use fact::{Baselines, Door, Fact, Facts, LoopFormat, LoopIdentity, Recorder, Table, Warning};
pub use file_text::FileText;
pub use finding::{Finding, FindingKind, Severity, critical_words};
pub use fold::fold;
pub use foreign::{Foreign, Remedy};
pub use ground::{Fates, Ground};
pub use history::{Doubt, FoundAs, FoundBy, History, Node};
pub use host::{Gpu, Host};
pub use id::{CommitId, ExperimentId, TreeId, hex};
pub use identify::{cell_is_change_id, cell_is_hash, cell_is_ref, row_id};
pub use knob::{Turn, Turns, number_of, turns};
pub use marked::without_direction;
pub use metric_name::{Rank, rank_of_metric};
pub use no_change::NoChange;
pub use notebook::{CellRow, MOST_CELL_ROWS, NotebookChange, NotebookCounts, Unread};
pub use objective::{Basis, Goal, MetricChoice, Objective};
pub use pairs::{alike, paired};
pub use passed_over::PassedOver;
pub use path_rule::path_matches;
pub use proposal::{
    Asked, Asker, BadProposalId, Comment, CommentKind, DOOR, Evidence, Gate, Proposal, ProposalId, Question, Side,
    Standing,
};
pub use proposed::standing;
pub use reading::{ColumnUse, TableReading};
pub use segment::{Segment, Summary};
pub use snapshot::{Approved, ApprovedCommit, Counts, Lookup, Snapshot};
pub use spent::{OnRecord, Spent};
pub use status::{Status, StatusWords, compares, is_soft_failure, is_timeout, own_claim, status, yes_or_no};
pub use text::AgentText;
pub use trial::{Along, Binding, Curves, Likeness, Outline, Recorded, Trial, TrialEnd, TrialId, run_names};
pub use unit::Unit;
pub use visit::Visit;
pub use words::{Marks, block_around, differing_words};
