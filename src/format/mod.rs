//! Readers: bytes in, rows and series out. One file per format, no I/O.
//!
//! A reader accepts appended bytes in chunks of any size, and can return what it has parsed so far at any time. What it
//! cannot parse becomes a located warning.

mod along;
mod cell_units;
mod columns;
mod console;
mod content;
mod curve_files;
mod curves_format;
mod decode;
mod detect;
mod detect_curves;
mod fields;
mod framing;
mod ignored_paths;
mod json;
mod json_line;
mod lines;
mod log_contents;
mod metrics_csv;
mod metrics_json;
mod metrics_jsonl;
mod number;
mod patch;
mod pi_jsonl;
mod protobuf;
mod results;
mod step_names;
mod steps;
mod subject_curves;
mod subjects;
mod table;
mod tfevents;
mod trainer_state;
mod unread;
mod wandb;

pub use console::RunLog;
pub use content::{generated_rules, nature};
pub use curve_files::{
    checkpoint_step, foreign_store, is_checkpoint_directory, is_excluded, is_run_directory, may_hold_curves, name_hint,
};
pub use curves_format::{CurvesFormat, HALF_LINE, last_line};
pub use detect::{
    DetectedSource, FoundTable, ListedFile, SEARCHED_DIRECTORIES, detect, detect_curves, detect_mailbox,
    is_results_table, may_be_table, may_be_unsupported_table,
};
pub use detect_curves::{
    CurveVerdict, HEAD_BYTES, NameHint, classify, head, is_json_of_curves, leading_hole, unsupported_binary,
};
pub use ignored_paths::IgnoredPaths;
pub use log_contents::{LogContents, LogReader, LogView, UnreadLines};
pub use metrics_csv::MetricsCsv;
pub use metrics_json::MetricsJson;
pub use metrics_jsonl::MetricsJsonl;
pub use patch::{BadPatch, FilePatch, PatchHunk, read_patch};
pub use pi_jsonl::PiJsonl;
pub use results::ResultsTable;
pub use table::{Located, SegmentView, TableReader, TableRules, TableView};
pub use tfevents::TfEvents;
pub use trainer_state::TrainerState;
pub use unread::{FoundBeside, reason_not_a_table};
pub use wandb::Wandb;

use crate::model::LoopFormat;

/// Returns a reader of the loop's rows.
pub fn table_reader(format: LoopFormat, rules: &TableRules) -> Box<dyn TableReader> {
    match format {
        LoopFormat::Autoresearch | LoopFormat::Proposals | LoopFormat::Curves => {
            Box::new(ResultsTable::new(rules.clone()))
        }
        LoopFormat::PiAutoresearch => Box::new(PiJsonl::new(rules.statuses.clone())),
    }
}
