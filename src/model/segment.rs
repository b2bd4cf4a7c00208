//! A stretch of the loop's rows that can be compared with one another.

use std::sync::Arc;

use super::{AgentText, Claim, Goal, MetricChoice, Row, baseline};

/// Rows with one objective, one baseline and one best: the rows after one `config` line of a pi-autoresearch log, or
/// the contents of a table before it was truncated or replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    /// Its name in the source; empty if it has none.
    pub name: AgentText,
    /// The metric that decides; `None` if no column looks like one.
    pub choice: Option<MetricChoice>,
    /// True if a column numbers its rows downwards, so that the newest comes first.
    pub counts_down: bool,
    /// Its rows, in the source's order.
    pub rows: Vec<Arc<Row>>,
}

impl Segment {
    /// Index of the row that the others are measured against: a row that says it is the baseline, or else the first
    /// measured one; `None` if nothing was measured, or the first was discarded.
    pub fn baseline(&self, metric: &str) -> Option<usize> {
        let measured = |row: &Row| row.outcome(metric).value().is_some();
        let says_so_first = |row: &Row| measured(row) && baseline::begins(row.description.raw());
        let order = self.oldest_first(metric);
        let row = |at: &usize| -> &Row { &self.rows[*at] };
        let place = |of: &dyn Fn(&Row) -> bool| order.iter().position(|at| of(row(at)));
        let first_kept = place(&|row| measured(row) && row.claim() == Claim::Keep);
        // Later rows mention baselines too: only one up to the first keep can be it.
        let is_early = |at: &usize| first_kept.is_none_or(|first| *at <= first);
        // A baseline that crashed was run again. So was one whose status neither keeps it nor calls it a baseline, if a
        // kept one follows.
        let is_whole = |row: &Row| row.is_called_baseline && row.claim() != Claim::Crash;
        let is_settled = |row: &Row| {
            row.claim() == Claim::Keep && measured(row) || row.word.raw().trim().eq_ignore_ascii_case("baseline")
        };
        let early = |is_it: &dyn Fn(&Row) -> bool| place(is_it).filter(is_early);
        // Of several baselines, for example one per target, the first that was measured.
        early(&|row| is_whole(row) && is_settled(row) && measured(row))
            .or_else(|| early(&|row| is_whole(row) && is_settled(row)))
            .or_else(|| early(&is_whole))
            .or_else(|| early(&says_so_first))
            // Its commit is still the loop's starting point.
            .or_else(|| early(&|row| row.is_called_baseline))
            // The others were not measured against a discarded row.
            .or_else(|| place(&measured).filter(|at| row(&order[*at]).claim() != Claim::Discard))
            .map(|at| order[at])
    }

    /// Indices of its rows, oldest first, in whatever order they were written.
    fn oldest_first(&self, metric: &str) -> Vec<usize> {
        let rows = &self.rows;
        let value = |at: usize| rows[at].outcome(metric).value();
        let says = |at: usize| rows[at].is_called_baseline || baseline::begins(rows[at].description.raw());
        let text = |at: usize| rows[at].description.raw().to_owned();
        let is_turned_by_rows = || {
            // A kept row is at least as good as the one it is measured against.
            let goal = self.choice.as_ref().and_then(|choice| choice.goal);
            let newest = (0..rows.len()).find(|at| rows[*at].claim() == Claim::Keep).and_then(value);
            let oldest = rows.len().checked_sub(1).and_then(value);
            let is_worse =
                |goal: Goal| newest.zip(oldest).is_some_and(|(newest, oldest)| goal.is_better(oldest, newest));
            baseline::is_newest_first(rows.len(), |at| rows[at].at_ms, says, text) && !goal.is_some_and(is_worse)
        };
        if self.counts_down || is_turned_by_rows() {
            (0..rows.len()).rev().collect()
        } else {
            (0..rows.len()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Basis, Fact, Facts, LoopFormat, Snapshot, Table, fold};

    fn row(line: u64, segment: usize, metric: &str, value: Option<f64>, word: &str) -> Arc<Row> {
        Arc::new(Row {
            line,
            segment,
            hash: format!("{line:08x}").into(),
            cell: AgentText::default(),
            is_dirty: false,
            word: word.into(),
            claim: Claim::of_word(word),
            description: AgentText::default(),
            more: AgentText::default(),
            metrics: value.map(|value| (Arc::from(metric), value)).into_iter().collect(),
            is_unmeasured: false,
            at_ms: None,
            is_called_baseline: false,
        })
    }

    #[test]
    fn the_baseline_of_a_table_with_the_newest_row_first_is_its_last() {
        let of = |rows: &[(f64, &str, &str)], times: &[i64]| {
            let rows = rows.iter().enumerate().map(|(at, (value, word, text))| {
                let mut row = Row::clone(&row(at as u64 + 2, 0, "val_bpb", Some(*value), word));
                (row.description, row.at_ms) = ((*text).into(), times.get(at).copied());
                row.is_called_baseline = *text == "baseline";
                Arc::new(row)
            });
            let choice = MetricChoice {
                metric: "val_bpb".into(),
                metric_basis: Basis::default(),
                goal: Some(Goal::Minimize),
                goal_basis: Basis::default(),
                unit: None,
            };
            let segment =
                Segment { name: AgentText::default(), choice: Some(choice), counts_down: false, rows: rows.collect() };
            segment.baseline("val_bpb")
        };
        let newest_first = [(0.93, "keep", "b"), (0.95, "keep", "a"), (1.0, "keep", "baseline")];
        assert_eq!(of(&newest_first, &[]), Some(2));
        assert_eq!(of(&newest_first, &[30, 20, 10]), Some(2));
        let unnamed = [(0.93, "keep", "b"), (0.95, "keep", "a"), (1.0, "keep", "start")];
        assert_eq!(of(&unnamed, &[30, 20, 10]), Some(2));
        assert_eq!(of(&unnamed, &[]), Some(0));
        // The times show that it was measured again, and so do its words, its value and a similar row.
        assert_eq!(of(&newest_first, &[10, 20, 30]), Some(0));
        assert_eq!(of(&[(1.0, "keep", "a"), (0.95, "keep", "b"), (0.99, "keep", "baseline again")], &[]), Some(0));
        assert_eq!(of(&[(1.0, "keep", "a"), (0.95, "keep", "b"), (0.9, "keep", "baseline")], &[]), Some(0));
        assert_eq!(of(&[(1.0, "keep", "baseline"), (0.95, "keep", "b"), (1.1, "keep", "baseline")], &[]), Some(0));
    }

    type SegmentRows = (bool, Vec<(Option<f64>, bool)>);

    fn segments() -> impl Strategy<Value = Vec<SegmentRows>> {
        let value = prop_oneof![1 => Just(None), 4 => (-5i32..5).prop_map(|value| Some(f64::from(value)))];
        prop::collection::vec((any::<bool>(), prop::collection::vec((value, any::<bool>()), 0..6)), 1..5)
    }

    /// Folds segments with metrics of their own, `m0`, `m1` and so on.
    fn folded(segments: &[SegmentRows]) -> Snapshot {
        let mut line = 0;
        let segments = segments.iter().enumerate().map(|(at, (lower, rows))| {
            let metric = format!("m{at}");
            let goal = if *lower { Goal::Minimize } else { Goal::Maximize };
            let rows = rows.iter().map(|(value, kept)| {
                line += 1;
                row(line, at, &metric, *value, if *kept { "keep" } else { "discard" })
            });
            let choice = MetricChoice {
                metric: metric.as_str().into(),
                metric_basis: Basis::default(),
                goal: Some(goal),
                goal_basis: Basis::default(),
                unit: None,
            };
            Segment { name: AgentText::default(), choice: Some(choice), counts_down: false, rows: rows.collect() }
        });
        let mut facts = Facts::default();
        facts.apply(Fact::Table(Arc::new(Table {
            source: "autoresearch.jsonl".into(),
            format: LoopFormat::PiAutoresearch,
            segments: segments.collect(),
            reading: Arc::default(),
            warnings: Vec::new(),
        })));
        fold(&facts)
    }

    proptest! {
        #[test]
        fn best_and_baseline_are_among_the_rows_of_their_segment(segments in segments()) {
            let snapshot = folded(&segments);
            let mut next = 0;
            for (at, (segment, (_, rows))) in snapshot.segments.iter().zip(&segments).enumerate() {
                prop_assert_eq!(segment.experiments.clone(), next..next + rows.len());
                next += rows.len();
                for index in segment.best.iter().chain(&segment.baseline) {
                    prop_assert!(segment.experiments.contains(index));
                }
                for index in segment.experiments.clone() {
                    let one = &snapshot.experiments[index];
                    prop_assert_eq!(one.session, at);
                    prop_assert_eq!(one.outcome.value(), rows[index - segment.experiments.start].0);
                    let best = segment.best.and_then(|best| snapshot.experiments[best].outcome.value());
                    if let (true, Some(value)) = (one.claim == Claim::Keep, one.outcome.value()) {
                        let beaten = best.is_some_and(|best| segment.goal().is_some_and(|goal| goal.is_better(value, best)));
                        prop_assert!(best.is_some() && !beaten);
                    }
                }
            }
            prop_assert_eq!(snapshot.shown, segments.len() - 1);
            prop_assert_eq!(snapshot.best, snapshot.segments[segments.len() - 1].best);
        }

        #[test]
        fn other_segments_change_nothing_in_one(segments in segments(), others in segments()) {
            let gains = |segments: &[SegmentRows], at: usize| {
                let snapshot = folded(segments);
                let segment = &snapshot.segments[at];
                let first = segment.experiments.start;
                let of = |index: usize| (snapshot.experiments[index].claimed_gain, snapshot.experiments[index].outcome);
                let all: Vec<_> = segment.experiments.clone().map(of).collect();
                (all, segment.best.map(|at| at - first), segment.baseline.map(|at| at - first))
            };
            let own = segments[0].clone();
            let alone = gains(std::slice::from_ref(&own), 0);
            let among = [others.as_slice(), &[own], others.as_slice()].concat();
            prop_assert_eq!(gains(&among, others.len()), alone);
        }

        #[test]
        fn looking_at_a_segment_and_back_changes_nothing(segments in segments(), at in 0usize..6) {
            let mut snapshot = folded(&segments);
            let (objective, baseline, best) = (snapshot.objective.clone(), snapshot.baseline, snapshot.best);
            snapshot.show_segment(at);
            prop_assert!(snapshot.shown < segments.len());
            prop_assert_eq!(snapshot.best, snapshot.segments[snapshot.shown].best);
            snapshot.show_segment(usize::MAX);
            prop_assert_eq!((snapshot.objective, snapshot.baseline, snapshot.best), (objective, baseline, best));
        }
    }
}
