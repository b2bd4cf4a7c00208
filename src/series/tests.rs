//! The store checked against a plain list.

use proptest::prelude::*;

use super::*;

/// The specification of the store, in its simplest form.
fn plainly(points: &[(f64, f64)]) -> (Vec<Point>, usize) {
    let mut kept: Vec<Point> = Vec::new();
    let mut superseded = 0;
    for (step, value) in points {
        if kept.last().is_some_and(|last| *step < last.step) {
            let before = kept.len();
            kept.retain(|point| point.step < *step);
            superseded += before - kept.len();
        }
        kept.push(Point { step: *step, value: *value });
    }
    (kept, superseded)
}

fn columns_plainly(points: &[Point], edges: &[f64]) -> Vec<Summary> {
    let mut out = vec![Summary::default(); edges.len() - 1];
    let last = out.len() - 1;
    for point in points {
        let at = (0..=last).rev().find(|at| point.step >= edges[*at]);
        if let Some(at) = at.filter(|at| *at < last || point.step <= edges[last + 1]) {
            out[at].take(point.value);
        }
    }
    out
}

fn same(a: &[Summary], b: &[Summary]) -> bool {
    // NaN stands for "none" and is not equal to itself.
    format!("{a:?}") == format!("{b:?}")
}

/// Steps with even strides, jumps and fractions, and an occasional step back.
fn steps() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let stride = prop_oneof![8 => Just(1.0), 2 => Just(10.0), 1 => Just(0.25), 1 => Just(0.0), 1 => Just(5e9)];
    let value = prop_oneof![
        8 => (-1000i32..1000).prop_map(|v| f64::from(v) * 0.5),
        4 => -1e6..1e6f64,
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(0.0),
    ];
    let stretch = (stride, 1usize..1500, prop_oneof![6 => Just(0.0), 1 => 0.0..900.0f64], value);
    proptest::collection::vec(stretch, 1..6).prop_map(|stretches| {
        let mut step: f64 = -3.0;
        let mut out = Vec::new();
        for (stride, count, back, value) in stretches {
            step -= back.floor();
            for at in 0..count {
                step += stride;
                out.push((step, value + (at % 7) as f64));
            }
        }
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_keeps_the_same_points_as_a_list(points in steps(), columns in 1usize..90, part in (0.0..1.0f64, 0.0..1.0f64)) {
        let series: Series = points.iter().copied().collect();
        let (kept, superseded) = plainly(&points);
        prop_assert_eq!(series.len(), kept.len());
        prop_assert_eq!(series.superseded(), superseded);
        let bits = |point: Point| (point.step.to_bits(), point.value.to_bits());
        prop_assert!(series.points().map(bits).eq(kept.iter().copied().map(bits)));
        let from = kept.len() / 3;
        prop_assert!(series.points_from(from).map(bits).eq(kept[from..].iter().copied().map(bits)));
        prop_assert_eq!(series.get(from).map(bits), kept.get(from).copied().map(bits));
        prop_assert!(series.get(kept.len()).is_none());
        let (first, last) = (kept[0].step, kept[kept.len() - 1].step);
        let place = |share: f64| first + (last - first) * share;
        for step in [place(part.0), place(part.1), first - 1.0, last + 1.0, first, last, kept[from].step] {
            prop_assert_eq!(series.count_before(step), kept.iter().filter(|point| point.step < step).count());
            let expected = kept.iter().rev().find(|point| point.step <= step);
            prop_assert_eq!(series.last_until(step).map(bits), expected.copied().map(bits));
        }
        let (a, b) = (place(part.0.min(part.1)), place(part.0.max(part.1)));
        for (a, b) in [(first, last), (a, b), (a, a)] {
            let edges = edges(a, b, columns);
            prop_assert!(same(&series.columns(&edges), &columns_plainly(&kept, &edges)), "{} to {}", a, b);
        }
        let whole = series.columns(&[first, last]);
        prop_assert!(same(&whole, &[series.summary()]));
    }

    #[test]
    fn a_copy_does_not_change(points in steps(), more in steps()) {
        let mut series: Series = points.iter().copied().collect();
        let copy = series.clone();
        let before: Vec<u64> = copy.points().map(|point| point.value.to_bits()).collect();
        for (step, value) in &more {
            series.push(*step, *value);
        }
        prop_assert!(copy.points().map(|point| point.value.to_bits()).eq(before));
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A single sample among a million shows at any zoom that covers it.
    #[test]
    fn a_spike_in_a_million_points_shows_at_every_zoom(
        at in 0usize..1_000_000,
        zoom in 0u32..19,
        shift in 0.0..1.0f64,
        columns in 1usize..500,
        up in any::<bool>(),
    ) {
        let spike = if up { 1e3 } else { -1e3 };
        let series = million(at, spike);
        let width = 999_999.0 / f64::from(1u32 << zoom);
        let from = (at as f64 - width * shift).clamp(0.0, 999_999.0 - width);
        let columns = series.columns(&edges(from, from + width, columns));
        let seen = if up { columns.iter().any(|c| c.max() == Some(spike)) } else { columns.iter().any(|c| c.min() == Some(spike)) };
        prop_assert!(seen);
    }
}

/// A million points, built once, with one of them changed.
fn million(at: usize, spike: f64) -> Series {
    use std::sync::OnceLock;
    static MOST: OnceLock<Series> = OnceLock::new();
    let most =
        MOST.get_or_init(|| (0..1_000_000).map(|step| (f64::from(step), f64::from(step % 977) * 1e-3)).collect());
    // The start is shared and the rest is rebuilt: from the spike on it is a different series.
    let mut series = most.clone();
    let from = at as f64;
    series.supersede(from);
    series.push(from, spike);
    for point in most.points_from(at + 1) {
        series.push(point.step, point.value);
    }
    series
}

#[test]
fn a_point_takes_at_most_twelve_bytes() {
    let per_point = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        let series: Series = points.collect();
        series.bytes() as f64 / series.len() as f64
    };
    let noise = |step: u32| f64::from(step.wrapping_mul(2_654_435_761)) / 3e9;
    let even = per_point(&mut (0..1_000_000).map(|step| (f64::from(step), noise(step))));
    let uneven = per_point(&mut (0..1_000_000).map(|step| (f64::from(step * 3 + step % 2), noise(step))));
    let single = per_point(&mut (0..1_000_000).map(|step| (f64::from(step), f64::from(noise(step) as f32))));
    assert!(even < 8.5, "{even}");
    assert!(uneven <= 12.0, "{uneven}");
    assert!(single < 4.5, "{single}");
}

#[test]
fn a_nan_stays_the_nan_it_was() {
    let odd = f64::from_bits(0x7ff8_0000_0000_1234);
    let series: Series = (0..600).map(|step| (f64::from(step), odd)).collect();
    assert!(series.points().all(|point| point.value.to_bits() == odd.to_bits()));
}
