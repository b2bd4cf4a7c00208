//! The readers of curves against files of the real writers, and what the real readers read of them, value by value.
//! `tests/formats/make.py` makes both anew.

use std::path::{Path, PathBuf};

use countersign::format::{CurvesFormat, LogView};
use countersign::model::{Curves, TrialEnd};
use countersign::series::Series;
use proptest::prelude::*;

const WANDB: &str = "run-fixture1.wandb";
const TORCH: &str = "events.out.tfevents.1700000000.torch";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn read<'a>(name: &str, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Curves, LogView) {
    let mut reader = CurvesFormat::by_name(name).reader();
    pieces.into_iter().for_each(|piece| reader.push(piece));
    (reader.curves(), reader.view().clone())
}

fn whole(name: &str) -> (Curves, LogView) {
    read(name, [&*bytes(name)])
}

fn expected() -> serde_json::Map<String, serde_json::Value> {
    match serde_json::from_slice(&bytes("expected.json")).unwrap() {
        serde_json::Value::Object(all) => all,
        other => panic!("{other}"),
    }
}

/// All points as bits: NaN is equal to itself, and the last digit counts.
fn points(curves: &Curves) -> Vec<(String, Vec<(u64, u64)>)> {
    let bits = |value: f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
    let all = curves.series.iter();
    all.map(|(name, series)| (name.to_string(), series.points().map(|p| (bits(p.step), bits(p.value))).collect()))
        .collect()
}

#[test]
fn every_value_is_the_one_that_the_writers_own_reader_reads() {
    let mut compared = 0;
    for (name, wanted) in expected() {
        let (curves, view) = whole(&name);
        assert!(view.warnings.is_empty(), "{name}: {:?}", view.warnings);
        let wanted_series = wanted["series"].as_object().unwrap();
        let names: Vec<&str> = curves.series.keys().map(|metric| &**metric).collect();
        // What says when is no curve: it is the clock of the others.
        let is_curve = |name: &&str| !matches!(*name, "_runtime" | "_timestamp");
        let mut wanted_names: Vec<&str> = wanted_series.keys().map(String::as_str).filter(is_curve).collect();
        wanted_names.sort_unstable();
        assert_eq!(names, wanted_names, "{name}");
        for (metric, series) in &curves.series {
            let wanted: Vec<(f64, f64)> = wanted_series[&**metric]
                .as_array()
                .unwrap()
                .iter()
                .map(|pair| (pair[0].as_f64().unwrap(), pair[1].as_str().unwrap().parse().unwrap()))
                .collect();
            assert_eq!(series.len(), wanted.len(), "{name}: points of {metric}");
            for (point, (step, value)) in series.points().zip(wanted) {
                let same = point.value.to_bits() == value.to_bits() || point.value.is_nan() && value.is_nan();
                assert!(
                    same && point.step.to_bits() == step.to_bits(),
                    "{name}: {metric} at {step}: {value}, read {point:?}"
                );
                compared += 1;
            }
        }
        for (metric, value) in wanted["summary"].as_object().into_iter().flatten() {
            let value: f64 = value.as_str().unwrap().parse().unwrap();
            let ours = view.summary.iter().find(|(name, _)| **name == **metric).map(|(_, value)| *value);
            let same = ours.is_some_and(|ours| ours.to_bits() == value.to_bits() || ours.is_nan() && value.is_nan());
            assert!(same, "{name}: summary of {metric}: {value}, read {ours:?}");
        }
    }
    assert!(compared > 2_000, "{compared}");
}

#[test]
fn what_else_the_files_tell() {
    let (curves, view) = whole(WANDB);
    assert_eq!(view.end, Some(TrialEnd::Finished));
    assert!(view.last_lines.iter().any(|line| line.raw() == "the end of the run"), "{:?}", view.last_lines);
    assert!(curves.along.seconds.len() > 100, "its clock tells the time");
    let (curves, _) = whole(TORCH);
    assert_eq!(curves.series["train/loss"].superseded(), 200, "trained again from a checkpoint");
    assert!(curves.along.seconds.len() > 100);
    let (curves, view) = whole("trainer_state.json");
    assert_eq!(view.end, Some(TrialEnd::Finished));
    assert!(curves.series["eval_loss"].len() == 3 && !curves.series.contains_key("total_flos"));
}

#[test]
fn a_file_that_grows_byte_by_byte_reads_as_the_whole() {
    for name in expected().keys() {
        let file = bytes(name);
        let (curves, view) = whole(name);
        for size in [1, 7, 1000, 32 * 1024] {
            let (parts, parts_view) = read(name, file.chunks(size));
            assert_eq!(points(&parts), points(&curves), "{name} in pieces of {size}");
            assert_eq!(format!("{parts_view:?}"), format!("{view:?}"), "{name} in pieces of {size}");
        }
    }
}

/// Every value up to the damage is right, what is passed over is told with its place, and behind the damage goes on
/// what can be told apart.
#[test]
fn damage_is_located_and_what_is_good_around_it_stays() {
    let nth = |name: &str, nth: usize| {
        let file = bytes(name);
        file.windows(10).enumerate().filter(|(_, part)| part == b"train/loss").nth(nth).unwrap().0
    };
    let in_scalar = nth(TORCH, 150);
    for (name, at, goes_on) in [(WANDB, nth(WANDB, 40), true), (TORCH, in_scalar, true), (WANDB, 3, false)] {
        let mut file = bytes(name);
        let (good, _) = whole(name);
        file[at] ^= 0x55;
        let (curves, view) = read(name, [&*file]);
        let [warning] = view.warnings.as_slice() else { panic!("{name}: {:?}", view.warnings) };
        if !goes_on {
            assert!(warning.message.contains("not a W&B run"), "{warning:?}");
            assert!(curves.series.is_empty());
            continue;
        }
        let numbers: Vec<usize> =
            warning.message.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
        assert!(numbers[1] <= at && at < numbers[2], "{name}: {warning:?}");
        let (ours, theirs) = (&curves.series["train/loss"], &good.series["train/loss"]);
        assert!(ours.len() < theirs.len() && ours.len() > theirs.len() / 2, "{}", ours.len());
        assert_eq!(ours.last(), theirs.last());
        let known: Vec<_> = theirs.points().collect();
        assert!(ours.points().all(|point| known.contains(&point)), "nothing is read that was not written");
    }
    // A length that is wrong in an events file: nothing behind it can be told apart.
    let mut file = bytes(TORCH);
    let second = 12 + usize::try_from(u64::from_le_bytes(file[..8].try_into().unwrap())).unwrap() + 4;
    file[second] ^= 1;
    let (curves, view) = read(TORCH, [&*file]);
    assert!(curves.series.is_empty());
    assert!(view.warnings[0].message.contains(&format!("damaged at byte {second}")), "{:?}", view.warnings);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// One byte anywhere is another: nothing panics, and no value appears that was not written.
    #[test]
    fn one_wrong_byte_makes_no_value_up(which in 0usize..2, at in any::<prop::sample::Index>(), flip in 1u8..) {
        let name = [WANDB, TORCH][which];
        let mut file = bytes(name);
        let (good, _) = whole(name);
        let at = at.index(file.len());
        file[at] ^= flip;
        let (curves, view) = read(name, file.chunks(4096));
        let same = points(&curves) == points(&good);
        // Padding at the end of a block is nobody's.
        prop_assert!(same || !view.warnings.is_empty(), "byte {}", at);
        for (metric, series) in &curves.series {
            let known: Vec<u64> = good.series.get(metric).into_iter().flat_map(Series::points).map(|p| p.value.to_bits()).collect();
            // A restart takes points away: with one record lost some of those stay.
            let made_up = |value: f64| !known.contains(&value.to_bits()) && !value.is_nan();
            if name == WANDB {
                prop_assert!(!series.points().any(|point| made_up(point.value)), "{} after byte {}", metric, at);
            }
        }
    }

    /// A file that ends anywhere is waited for: no warning, and the rest completes it.
    #[test]
    fn a_file_that_ends_anywhere_is_waited_for(which in 0usize..2, at in any::<prop::sample::Index>()) {
        let name = [WANDB, TORCH][which];
        let file = bytes(name);
        let at = at.index(file.len());
        let mut reader = CurvesFormat::by_name(name).reader();
        reader.push(&file[..at]);
        prop_assert!(reader.view().warnings.is_empty());
        reader.push(&file[at..]);
        prop_assert_eq!(points(&reader.curves()), points(&whole(name).0));
    }
}
