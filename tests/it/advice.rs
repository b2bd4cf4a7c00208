//! What is said of a trial that runs, and several runs of one experiment as one: against what came of real runs.

use std::sync::Arc;

use crate::support::Loop;
use crate::support::drive::Driver;
use countersign::app::TrialForecast;
use countersign::model::{Claim, Curves, Recorded, Trial, TrialEnd, TrialId};
use countersign::series::Series;

/// Half an hour after the recorded loop ended.
const AFTER_MS: i64 = 1_795_572_600_000;

/// The recording as it stood when the trial of experiment `at` was at a share of its steps: what ran later has not
/// ended yet.
fn back_then(night: &Loop, at: usize, share: f64) -> Driver<'_> {
    let mut driver = Driver::at(night, 120, 40, AFTER_MS);
    let snapshot = Arc::make_mut(&mut driver.state.snapshot);
    let index = |at: usize| snapshot.trials_of(&snapshot.experiments[at].id).last().copied();
    let later: Vec<usize> = (at..snapshot.experiments.len()).filter_map(index).collect();
    for (place, trial) in later.into_iter().enumerate() {
        let known = Arc::make_mut(&mut snapshot.trials[trial]);
        known.end = if place == 0 { TrialEnd::Running } else { TrialEnd::Silent };
        if place == 0 {
            let mut curves = night.curves(known);
            let end = curves.series["loss"].last().unwrap().step * share;
            for series in curves.series.values_mut() {
                *series = series.points().take_while(|p| p.step <= end).map(|p| (p.step, p.value)).collect();
            }
            known.recorded = Recorded::InMemory(Arc::new(curves));
            known.progress = Some(share);
            snapshot.running = Some(trial);
        }
    }
    for later in &mut Arc::make_mut(&mut snapshot.experiments)[at..] {
        Arc::make_mut(later).claim = Claim::Other;
    }
    driver.keys("2Gr");
    driver
}

fn ending(driver: &Driver<'_>) -> TrialForecast {
    let subjects = driver.state.subjects().unwrap();
    assert!(subjects.is_running);
    driver.state.ending(&subjects, "loss").unwrap()
}

#[test]
fn what_was_expected_of_each_run_of_the_recording_is_what_came() {
    let night = Loop::recorded(1000);
    let all = night.snapshot();
    let (mut told, mut within, mut objective_within, mut closer) = (0_usize, 0_usize, 0_usize, 0_usize);
    for share in [0.3, 0.5, 0.8] {
        for at in (10..all.experiments.len()).step_by(5) {
            let experiment = &all.experiments[at];
            let Some(trial) = all.trial(&experiment.id).filter(|trial| trial.end == TrialEnd::Finished) else {
                continue;
            };
            let came = night.curves(trial).series["loss"].last().unwrap().value;
            let driver = back_then(&night, at, share);
            let TrialForecast::Expected(expected) = ending(&driver) else { continue };
            let subjects = driver.state.subjects().unwrap();
            let now = driver.state.main_series(&subjects).unwrap().1.last().unwrap().value;
            told += 1;
            within += usize::from((expected.value.low..=expected.value.high).contains(&came));
            closer += usize::from((expected.value.middle - came).abs() < (now - came).abs());
            let value = experiment.outcome.value().unwrap();
            let objective = expected.objective.unwrap();
            objective_within += usize::from((objective.low..=objective.high).contains(&value));
            assert!(expected.step > 0.0 && (expected.share - share).abs() < 1e-9);
        }
    }
    assert!(told > 25, "{told}");
    // Eight of ten, as it says; the agent's ideas get better all night, so not exactly.
    let share = |some: usize| some as f64 / told as f64;
    assert!((0.6..=0.95).contains(&share(within)), "{within} of {told}");
    assert!((0.6..=0.95).contains(&share(objective_within)), "{objective_within} of {told}");
    // Better than to say that it ends where it is.
    assert!(share(closer) > 0.5, "{closer} of {told}");
}

#[test]
fn with_few_runs_it_says_so_and_a_run_that_ended_is_told_nothing_of() {
    let night = Loop::recorded(30);
    assert!(matches!(ending(&back_then(&night, 5, 0.5)), TrialForecast::TooFew(5)));
    let driver = back_then(&night, 5, 0.5);
    assert!(driver.screen().contains("not enough data, 5 of 8"), "{}", driver.screen());
    assert_eq!(ending(&back_then(&night, 20, 0.01)), TrialForecast::NotNow);
    let driver = back_then(&night, 20, 0.6);
    assert!(driver.screen().contains("◇ 60 % done, forecast "), "{}", driver.screen());
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    driver.keys("2G");
    assert_eq!(driver.state.ending(&driver.state.subjects().unwrap(), "loss"), None);
    assert!(!driver.screen().contains('◇'), "{}", driver.screen());
}

/// Gives the running trial the curve of its base, moved.
fn with_loss(driver: &mut Driver<'_>, night: &Loop, moved: impl Fn(f64, f64) -> f64) {
    let subjects = driver.state.subjects().unwrap();
    let base = Arc::clone(subjects.base.unwrap().trial);
    let theirs = night.curves(&base);
    let end = theirs.series["loss"].last().unwrap().step * 0.6;
    let points = theirs.series["loss"].points().filter(|p| p.step <= end);
    let loss: Series = points.map(|p| (p.step, moved(p.step / end, p.value))).collect();
    let snapshot = Arc::make_mut(&mut driver.state.snapshot);
    let running = snapshot.running.unwrap();
    let curves = Curves { series: [("loss".into(), loss)].into(), ..Curves::default() };
    Arc::make_mut(&mut snapshot.trials[running]).recorded = Recorded::InMemory(Arc::new(curves));
    driver.keys("l0");
}

#[test]
fn a_run_that_is_clearly_worse_than_its_base_is_told_and_none_that_may_be_kept() {
    let night = Loop::recorded(1000);
    let at = night.snapshot().experiments.len() - 1;
    let behind = |moved: &dyn Fn(f64, f64) -> f64| {
        let mut driver = back_then(&night, at, 0.6);
        with_loss(&mut driver, &night, moved);
        let subjects = driver.state.subjects().unwrap();
        (driver.state.behind(&subjects, "loss"), driver.screen())
    };
    let (told, screen) = behind(&|_, value| value + 2.0);
    assert!(told.is_some_and(|told| (told.by - 2.0).abs() < 1e-6 && told.kept > 5), "{told:?}\n{screen}");
    assert!(screen.contains("▼ clearly worse than its base at the same steps: +2.0"), "{screen}");
    assert!(!screen.contains("stops it"), "no policy says how a trial is ended\n{screen}");
    // Better, the same, as far behind as those that were kept, and worse only now and then: nothing is said.
    assert_eq!(behind(&|_, value| value - 0.05).0, None);
    assert_eq!(behind(&|_, value| value).0, None);
    assert_eq!(behind(&|_, value| value + 1e-4).0, None);
    assert_eq!(behind(&|along, value| if along > 0.9 { value - 0.1 } else { value + 2.0 }).0, None);
    assert_eq!(behind(&|along, value| value + 2.0 * (40.0 * along).sin().abs()).0, None, "it varies as much");
    // As far behind as one that was kept in the end: it may well be kept, too.
    let mut driver = back_then(&night, at, 0.6);
    with_loss(&mut driver, &night, |_, value| value + 2.0);
    let snapshot = Arc::make_mut(&mut driver.state.snapshot);
    let kept = snapshot.experiments[..at].iter().filter(|one| one.claim == Claim::Keep);
    let (own, base) = kept
        .filter_map(|one| Some((snapshot.trials_of(&one.id).last()?, snapshot.by_head(one.change.as_ref()?.base)?)))
        .map(|(trials, base)| (*trials, snapshot.trial(&base.id).unwrap().clone()))
        .next()
        .unwrap();
    let worse = night.curves(&base).series["loss"].points().map(|p| (p.step, p.value + 3.0)).collect();
    let curves = Curves { series: [("loss".into(), worse)].into(), ..Curves::default() };
    Arc::make_mut(&mut snapshot.trials[own]).recorded = Recorded::InMemory(Arc::new(curves));
    assert_eq!(driver.state.behind(&driver.state.subjects().unwrap(), "loss"), None);
}

/// An experiment with three runs of one metric: drawn as their mean with all that lies between them.
#[test]
fn several_runs_of_an_experiment_are_a_band_and_one_that_was_told_twice_is_not() {
    let night = Loop::recorded(20);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    let snapshot = Arc::make_mut(&mut driver.state.snapshot);
    let kept = snapshot.experiments.iter().rev().find(|one| one.claim == Claim::Keep).unwrap().id.clone();
    let own = Arc::clone(snapshot.trial(&kept).unwrap());
    let first = night.curves(&own).series["loss"].clone();
    let mut add = |of: &dyn Fn(f64) -> f64, end: TrialEnd| {
        let id = TrialId(1_000_000 + snapshot.trials.len() as u64);
        let mut trial = Trial { end, ..Trial::begun(id, "run.log", own.binding.clone()) };
        let loss: Series = first.points().map(|p| (p.step, of(p.value))).collect();
        trial.recorded =
            Recorded::InMemory(Arc::new(Curves { series: [("loss".into(), loss)].into(), ..Curves::default() }));
        snapshot.trials.push(Arc::new(trial));
        snapshot.trials.len() - 1
    };
    let twice = add(&|value| value, TrialEnd::Finished);
    let lower = add(&|value| value - 0.125, TrialEnd::Finished);
    let crashed = add(&|value| value * 7.0, TrialEnd::Crashed(Vec::new()));
    let higher = add(&|value| value + 0.5, TrialEnd::Finished);
    let of = snapshot.index_of(&kept).unwrap();
    snapshot.trials_by_experiment[of].splice(0..0, [twice, lower, crashed, higher]);
    driver.keys("2G");
    while driver.state.shown().map(|at| driver.state.snapshot.experiments[at].id.clone()) != Some(kept.clone()) {
        driver.keys("[");
    }
    let subjects = driver.state.subjects().unwrap();
    assert!(Arc::ptr_eq(subjects.main.trial, &own));
    assert_eq!(subjects.main.runs_with("loss").len(), 3, "not the one that crashed, nor the one that was told twice");
    let last = first.last().unwrap().value;
    let screen = driver.screen();
    let wanted = format!("mean of 3 runs {:.6} ({:.6} to {:.6})", last + 0.125, last - 0.125, last + 0.5);
    assert!(screen.contains(&wanted), "{wanted}\n{screen}");
    insta::assert_snapshot!("several_runs_120x40", screen);
    insta::assert_snapshot!("several_runs_styles", driver.styles());
    // Smoothed, as a difference, along time, zoomed, in tiles: it stays a band or says why not, and nothing panics.
    for key in "sdBbb+hhh0tS".chars() {
        driver.keys(&key.to_string());
    }
}
