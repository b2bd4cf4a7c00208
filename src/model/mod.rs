//! The model of a loop: experiments, changes, decisions, and the fold from facts to a snapshot.
//!
//! Architecture invariant: pure. No I/O, no clock (time is an argument), no terminal, no git.

mod amendment;
pub(crate) mod baseline;
mod blocks;
mod candidate;
mod change;
mod command;
mod commit_text;
mod decision;
mod diff;
mod digits;
mod diverged;
mod draft;
mod experiment;
mod experiments;
mod fact;
mod failure;
mod file_text;
mod finding;
mod fold;
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
mod verdict;
mod visit;
mod words;

pub use amendment::{Amendment, Edited, HunkVerdict, LeftOut, LineSet, Verdict, verdicts};
pub use blocks::Blocks;
pub use candidate::{Built, Candidate, CandidateKind, Conflict, ConflictPlace, MergeKind};
pub use change::Change;
pub use command::{Command, SettleDiverged};
pub use commit_text::CommitText;
pub use decision::{Decision, DecisionKind};
pub use diff::{Content, DiffLine, FileChange, FileKind, Hunk, LineKind, Nature, Pointer, PointerStore};
pub use digits::{counted, digits, signed, size};
pub use diverged::{Diverged, Remedy};
pub use draft::{Draft, Drafts, EditedFile, HunkKey, LineText, ScreenPlace, Session};
pub use experiment::{Claim, CommitState, Experiment, Outcome, Row};
pub use fact::{Baselines, Fact, Facts, LoopFormat, LoopIdentity, MailboxState, Recorder, Table, Warning};
pub use failure::Failure;
pub use file_text::FileText;
pub use finding::{Finding, FindingKind, Severity, critical_words};
pub use fold::fold;
pub use ground::{PersonDecisions, ProposalBase};
pub use history::{CommitNode, FoundAs, FoundBy, History, HistoryDoubt};
pub use host::{Gpu, Host};
pub use id::{CommitId, ExperimentId, TreeId, hex};
pub use identify::{cell_is_change_id, cell_is_hash, cell_is_ref, row_id};
pub use knob::{KnobChange, KnobChanges, number_of, turns};
pub use marked::without_direction;
pub use metric_name::{Rank, rank_of_metric};
pub use no_change::NoChange;
pub use notebook::{CellRow, MOST_CELL_ROWS, NotebookChange, NotebookCounts, Unread};
pub use objective::{Basis, Goal, MetricChoice, Objective};
pub use pairs::{alike, paired};
pub use passed_over::PassedOver;
pub use path_rule::path_matches;
pub use proposal::{
    Asker, BadProposalId, Comment, CommentKind, DOOR, Evidence, FileSide, Gate, Proposal, ProposalId, ProposalRef,
    ProposalState, Question,
};
pub use proposed::standing;
pub use reading::{ColumnUse, TableInterpretation};
pub use segment::{Segment, SegmentSummary};
pub use snapshot::{Approved, ApprovedCommit, Counts, Lookup, Snapshot};
pub use spent::{RecordedSpend, Spent};
pub use status::{Status, StatusWords, compares, is_soft_failure, is_timeout, own_claim, status, yes_or_no};
pub use text::{AgentText, byte_of};
pub use trial::{
    Binding, CurveMatch, CurveOutline, Curves, Recorded, Trial, TrialEnd, TrialId, TrialProgress, run_names,
};
pub use unit::Unit;
pub use verdict::{Answer, Approval, IntakeReport, Questions};
pub use visit::Visit;
pub use words::{ChangedRanges, block_around, differing_words};
