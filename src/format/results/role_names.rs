//! Typical names of the columns of results tables, by role.

use super::cells;
use super::sheet::plain;
use crate::model::{Claim, Goal, Status, StatusWords, status, yes_or_no};

pub(super) const COMMITS: [&str; 24] = [
    "commit",
    "commit_hash",
    "commit_sha",
    "commit_id",
    "git_commit",
    "git_sha",
    "git_hash",
    "head_commit",
    "head_sha",
    "sha",
    "hash",
    "rev",
    "revision",
    "short_sha",
    "short_hash",
    "githash",
    "head",
    "ref",
    "提交",
    "コミット",
    "提交哈希",
    "提交号",
    "コミットハッシュ",
    "커밋",
];
/// Columns of branches: their tips are the rows' commits in a table without a commit column.
pub(super) const BRANCHES: [&str; 3] = ["attempt", "branch", "git_branch"];
pub(super) const STATUSES: [&str; 34] = [
    "status",
    "decision",
    "verdict",
    "disposition",
    "outcome",
    "result",
    "action",
    "judgement",
    "judgment",
    "ruling",
    "state",
    "claim",
    "conclusion",
    "keep_discard",
    "keep/discard",
    "resolution",
    "label",
    "状态",
    "结果",
    "决定",
    "結果",
    "状態",
    "상태",
    "statut",
    "ステータス",
    "判定",
    "決定",
    "判断",
    "结论",
    "狀態",
    "採否",
    "판정",
    "결정",
    "결과",
];
/// Columns that answer one question with yes or no.
pub(super) const KEPT: [&str; 13] = [
    "kept", "keep", "accepted", "accept", "adopted", "promoted", "merged", "retained", "is_kept", "improved",
    "approved", "keeper", "is_best",
];
/// The same for names that other tables have, too: they do not make a table a results table.
pub(super) const ALSO_KEPT: [&str; 8] =
    ["adopt", "is_improvement", "is_improved", "is_accepted", "improvement", "selected", "win", "is_win"];
/// Columns whose yes means that the row was discarded.
pub(super) const DISCARDED: [&str; 8] =
    ["reverted", "discarded", "rejected", "is_reverted", "is_discarded", "rolled_back", "is_rejected", "rollback"];
/// Columns with the result of a correctness check.
pub(super) const CHECKS: [&str; 24] = [
    "correctness",
    "correct",
    "is_correct",
    "valid",
    "is_valid",
    "validity",
    "passed",
    "pass",
    "tests",
    "test",
    "tests_pass",
    "tests_passed",
    "checks",
    "verified",
    "verification",
    "compiles",
    "compiled",
    "allclose",
    "quality_gate",
    "gate",
    "build_ok",
    "ok",
    "numerics",
    "sanity",
];
pub(super) const DESCRIPTIONS: [&str; 76] = [
    "description",
    "desc",
    "descr",
    "summary",
    "title",
    "change",
    "changes",
    "what_changed",
    "idea",
    "hypothesis",
    "note",
    "notes",
    "details",
    "detail",
    "finding",
    "findings",
    "message",
    "comment",
    "comments",
    "modification",
    "modifications",
    "approach",
    "what",
    "change_summary",
    "change_description",
    "rationale",
    "reason",
    "observation",
    "observations",
    "remarks",
    "words",
    "explanation",
    "experiment_description",
    "commit_message",
    "subject",
    "text",
    "experiment",
    "name",
    "描述",
    "说明",
    "备注",
    "変更",
    "説明",
    "설명",
    "改动",
    "修改",
    "想法",
    "假设",
    "变更",
    "内容",
    "摘要",
    "改动说明",
    "修改内容",
    "修改说明",
    "实验内容",
    "实验描述",
    "說明",
    "備註",
    "變更",
    "內容",
    "備考",
    "メモ",
    "変更点",
    "変更内容",
    "実験内容",
    "アイデア",
    "仮説",
    "概要",
    "コメント",
    "메모",
    "변경",
    "변경점",
    "내용",
    "비고",
    "아이디어",
    "가설",
];
pub(super) const TIMES: [&str; 22] = [
    "timestamp",
    "time",
    "datetime",
    "date",
    "created_at",
    "started_at",
    "finished_at",
    "ended_at",
    "start_time",
    "end_time",
    "ts",
    "when",
    "utc",
    "started",
    "finished",
    "时间",
    "日期",
    "時間",
    "日時",
    "日付",
    "시간",
    "날짜",
];
pub(super) const DIRECTIONS: [&str; 21] = [
    "metric_direction",
    "direction",
    "goal",
    "better",
    "objective_direction",
    "optimize",
    "mode",
    "best_direction",
    "bestdirection",
    "metricdirection",
    "metric_goal",
    "optimization",
    "optimisation",
    "optimization_direction",
    "goal_direction",
    "target_direction",
    "sense",
    "方向",
    "优化方向",
    "最適化方向",
    "방향",
];
/// Words in the names of further columns with a direction, if every cell is one.
const ASKS: [&str; 9] = ["dir", "direction", "want", "wanted", "aim", "objective", "target", "better", "goal"];
/// Columns whose yes or no is a direction; also after a name, as in `val_lower_is_better`.
pub(super) const YES_IS_LOWER: [&str; 8] = [
    "lower_is_better",
    "lower_better",
    "is_lower_better",
    "minimize",
    "minimise",
    "smaller_is_better",
    "less_is_better",
    "is_minimize",
];
pub(super) const YES_IS_HIGHER: [&str; 9] = [
    "higher_is_better",
    "higher_better",
    "is_higher_better",
    "maximize",
    "maximise",
    "larger_is_better",
    "bigger_is_better",
    "greater_is_better",
    "is_maximize",
];
pub(super) const METRIC_NAMES: [&str; 5] = ["metric_name", "metric_key", "objective_name", "primary_metric", "metric"];

/// Returns whether a check was passed: `PASS`, `no`, `9/12`; `None` for an unclear cell.
pub(super) fn is_passed(cell: &str) -> Option<bool> {
    let word = cell.trim().trim_matches(['*', '`']).to_lowercase();
    match yes_or_no(&word) {
        Some(Status::Claim(claim)) if word != "-" => return Some(claim == Claim::Keep),
        Some(_) => return None,
        None => {}
    }
    if let Some((passed, all)) = word.split_once('/') {
        return Some(passed.trim().parse::<u32>().ok()? >= all.trim().parse::<u32>().ok()?);
    }
    match word.as_str() {
        "pass" | "passed" | "ok" | "okay" | "success" | "valid" | "correct" | "green" | "verified" | "good" => {
            Some(true)
        }
        "incorrect" | "wrong" | "mismatch" | "red" | "unverified" | "bad" => Some(false),
        _ => (status(&word, &StatusWords::new()) == Status::Claim(Claim::Crash)).then_some(false),
    }
}

/// Returns the direction in a cell of a direction column; `None` for any other column.
pub(super) fn goal_in_cell(name: &str, cell: &str) -> Option<Goal> {
    let name = plain(name);
    let is_in = |list: &[&str]| {
        let is_behind = |known: &&str| known.ends_with("_is_better") && name.ends_with(&format!("_{known}"));
        list.contains(&name.as_str())
            // A metric may have this name, too: only words are a yes or a no there.
            || cells::number(cell).is_none() && list.iter().any(is_behind)
    };
    let direction = |yes: Goal, no: Goal| match yes_or_no(cell)? {
        Status::Claim(Claim::Keep) => Some(yes),
        Status::Claim(Claim::Discard) => Some(no),
        _ => None,
    };
    if is_in(&YES_IS_LOWER) {
        direction(Goal::Minimize, Goal::Maximize)
    } else if is_in(&YES_IS_HIGHER) {
        direction(Goal::Maximize, Goal::Minimize)
    } else if DIRECTIONS.contains(&name.as_str()) || name.split('_').any(|word| ASKS.contains(&word)) {
        Goal::parse(cell)
    } else {
        None
    }
}

/// True for a cell that is a typical name of a column.
pub(super) fn is_column_name(cell: &str) -> bool {
    let cell = plain(cell);
    let is_in = |list: &[&str]| list.contains(&cell.as_str());
    is_in(&COMMITS)
        || is_in(&STATUSES)
        || is_in(&DESCRIPTIONS)
        || is_in(&TIMES)
        || is_in(&DIRECTIONS)
        || is_in(&BRANCHES)
}

/// True for a name of a commit column.
pub(super) fn is_commit_name(cell: &str) -> bool {
    COMMITS.contains(&plain(cell).as_str())
}

/// True for a name of a status column.
pub(super) fn is_status_name(cell: &str) -> bool {
    STATUSES.contains(&plain(cell).as_str()) || KEPT.contains(&plain(cell).as_str())
}

/// True for a name of a description column.
pub(super) fn is_description_name(cell: &str) -> bool {
    DESCRIPTIONS.contains(&plain(cell).as_str())
}
