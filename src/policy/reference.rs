//! Every key of `policy.yaml` in a line each: the table in docs/policy.md is generated from it.

/// A key of `policy.yaml`, for the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyKey {
    /// The key; a dot stands between a section and its key. `<name>` is a name of the person's own.
    pub name: &'static str,
    /// The values it takes.
    pub values: &'static str,
    /// The value without the key.
    pub default: &'static str,
    /// Its meaning, as a sentence without a full stop.
    pub meaning: &'static str,
}

const fn key(name: &'static str, values: &'static str, default: &'static str, meaning: &'static str) -> PolicyKey {
    PolicyKey { name, values, default, meaning }
}

const AMOUNT: &str = "a number, not below 0";
const FILE: &str = "a file below the run directory";

/// Every key of `policy.yaml`, in the order of the documentation.
pub const POLICY_KEYS: &[PolicyKey] = &[
    key("objective.metric", "a metric", "recognised in the loop's files", "the metric that decides"),
    key("objective.goal", "`minimize`, `maximize`", "recognised, or by the metric's name", "which direction is better"),
    key("objective.smallest_gain", AMOUNT, "none", "smaller gains are marked, in the metric's unit"),
    key("objective.bound", "a number", "none", "the best value that can be reached; the progress view draws it"),
    key("loop_branch", "a branch", "the branch of the work tree", "the branch that the loop works on"),
    key("approved_branch", "a branch", "`countersign/approved`", "the branch that approvals move, and the only one"),
    key(
        "editable",
        "path rules",
        "none",
        "any other path in a change is a warning, and no `auto` gate passes it; without the key, `auto` gates use the usual files of the loop's format, and ask a person if it has none",
    ),
    key(
        "protected",
        "path rules",
        "`[prepare.py, program.md]`",
        "a change that touches one of these paths is critical",
    ),
    key("logs", "files below the run directory", "none", "more logs and metrics files to record"),
    key("results", FILE, "the likeliest table", "the results table"),
    key("columns.commit", "a column of the results table", "recognised", "the column with the commit"),
    key("columns.status", "a column", "recognised", "the column with the status word"),
    key("columns.description", "a column", "recognised", "the column that describes the change"),
    key("columns.time", "a column", "recognised", "the column with the time"),
    key(
        "statuses.<word>",
        "`keep`, `discard`, `crash`, `other`",
        "the usual words",
        "the meaning of a status word of the results table",
    ),
    key("gates.run", "`auto`, `human`", "`auto`", "who answers before compute is spent"),
    key(
        "gates.keep",
        "`auto`, `human`",
        "`human`",
        "who answers before a change becomes a commit; the commit itself is always a person's decision",
    ),
    key("gates.expire_hours", AMOUNT, "never", "hours until an unanswered proposal expires"),
    key(
        "budget.gpu_hours",
        AMOUNT,
        "no limit",
        "GPU hours that all loops of the repository may use; a spent budget closes the `auto` gates",
    ),
    key("budget.gpus", AMOUNT, "1", "GPUs per trial"),
    key("budget.usd_per_gpu_hour", AMOUNT, "none", "price of a GPU hour in US dollars"),
    key("budget.experiments", "a whole number", "no limit", "experiments that all loops of the repository may run"),
    key("stop_trial.pid_file", FILE, "none", "`Z` sends SIGTERM to the process in this file"),
    key("stop_trial.touch", FILE, "none", "`Z` creates this file, which the training polls"),
    key("lessons", "`true`, `false`", "`false`", "whether the agent may read your refusals, in your words"),
    key("units.<metric>", "a unit", "by the metric's name", "the unit of a metric, such as `%` or `tok/s`"),
    key(
        "archive.keep_days",
        AMOUNT,
        "for ever",
        "days that curves are kept after a trial's last byte; summaries and the curves of approved changes always stay",
    ),
    key("archive.most_mb", AMOUNT, "no limit", "megabytes of curves; the oldest trials are deleted first"),
    key("signing.required", "`true`, `false`", "`false`", "whether every decision must be signed"),
    key(
        "signing.automatic",
        "a public key file",
        "none",
        "the key for answers of the `auto` run gate, its secret half beside it without `.pub`; without it a person answers where signatures are required",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::Policy;

    /// The keys that the parser names where one is unknown.
    fn expected(section: &str) -> BTreeSet<String> {
        let text = if section.is_empty() { "zzz: 1".to_owned() } else { format!("{section}: {{zzz: 1}}") };
        let Err(error) = Policy::parse(&text) else { return BTreeSet::new() };
        let message = error.to_string();
        // A value of another kind than a section names its kind, and no keys.
        if ["expected sequence", "expected string"].iter().any(|kind| message.contains(kind)) {
            return BTreeSet::new();
        }
        let Some((_, list)) = message.split_once("expected one of ").or_else(|| message.split_once("expected ")) else {
            return BTreeSet::new();
        };
        let list = list.lines().next().unwrap_or_default();
        let word = |c: char| !(c.is_ascii_lowercase() || c == '_');
        list.split(',').filter_map(|part| part.split(word).find(|word| !word.is_empty())).map(str::to_owned).collect()
    }

    #[test]
    fn the_reference_names_every_key_and_no_other() {
        let mut keys = BTreeSet::new();
        let maps = ["statuses", "units"];
        for section in expected("") {
            let below = if maps.contains(&section.as_str()) { BTreeSet::new() } else { expected(&section) };
            if below.is_empty() {
                keys.insert(section);
            } else {
                keys.extend(below.iter().map(|key| format!("{section}.{key}")));
            }
        }
        let named = POLICY_KEYS.iter().map(|key| key.name.split(".<").next().unwrap_or_default().to_owned());
        assert_eq!(named.collect::<BTreeSet<_>>(), keys);
        assert!(keys.len() > 20);
    }
}
