//! Points as bytes: steps as a stride if they are evenly spaced, values in 32 bits if that loses nothing.

use crate::series::Point;

/// Points in one row of the store.
pub(super) const PART: usize = 4096;

const EVEN_STEPS: u8 = 1;
const SHORT_VALUES: u8 = 2;

/// Packs points: a byte for the encoding, the steps, the values, all little-endian.
pub(super) fn pack(points: &[Point]) -> Vec<u8> {
    let stride = points.get(1).map_or(0.0, |second| second.step - points[0].step);
    let even =
        points.iter().enumerate().all(|(at, p)| (points[0].step + stride * at as f64).to_bits() == p.step.to_bits());
    let short = points.iter().all(|point| f64::from(point.value as f32).to_bits() == point.value.to_bits());
    let mut out = vec![if even { EVEN_STEPS } else { 0 } | if short { SHORT_VALUES } else { 0 }];
    match points.first() {
        Some(first) if even => out.extend([first.step, stride].into_iter().flat_map(f64::to_le_bytes)),
        _ => out.extend(points.iter().flat_map(|point| point.step.to_le_bytes())),
    }
    if short {
        out.extend(points.iter().flat_map(|point| (point.value as f32).to_le_bytes()));
    } else {
        out.extend(points.iter().flat_map(|point| point.value.to_le_bytes()));
    }
    out
}

/// The packed points; `None` if these bytes were not written by [`pack`].
pub(super) fn unpack(bytes: &[u8]) -> Option<Vec<Point>> {
    let (how, rest) = bytes.split_first().filter(|(how, _)| **how <= (EVEN_STEPS | SHORT_VALUES))?;
    let double = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap_or_default());
    let single = |bytes: &[u8]| f64::from(f32::from_le_bytes(bytes.try_into().unwrap_or_default()));
    let width = if how & SHORT_VALUES > 0 { 4 } else { 8 };
    let (steps, values) = if how & EVEN_STEPS > 0 {
        rest.split_at_checked(16)?
    } else {
        rest.split_at_checked(rest.len() / (8 + width) * 8)?
    };
    if values.len() % width > 0 {
        return None;
    }
    let count = values.len() / width;
    let step = |at: usize| {
        if how & EVEN_STEPS > 0 {
            double(&steps[..8]) + double(&steps[8..]) * at as f64
        } else {
            double(&steps[at * 8..at * 8 + 8])
        }
    };
    let value = |at: usize| {
        let bytes = &values[at * width..(at + 1) * width];
        if width == 4 { single(bytes) } else { double(bytes) }
    };
    if how & EVEN_STEPS == 0 && steps.len() != count * 8 {
        return None;
    }
    Some((0..count).map(|at| Point { step: step(at), value: value(at) }).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn points_come_back_to_the_bit(
            stride in prop_oneof![Just(1.0), Just(0.1), Just(10.0)],
            jitter in prop_oneof![Just(0.0), 0.0..1.0f64],
            values in proptest::collection::vec(prop_oneof![any::<f64>(), any::<f32>().prop_map(f64::from)], 0..300),
        ) {
            let point = |(at, value): (usize, &f64)| Point { step: at as f64 * stride + jitter * (at % 3) as f64, value: *value };
            let points: Vec<Point> = values.iter().enumerate().map(point).collect();
            let bits = |points: &[Point]| points.iter().map(|p| (p.step.to_bits(), p.value.to_bits())).collect::<Vec<_>>();
            let back = unpack(&pack(&points)).unwrap_or_default();
            prop_assert_eq!(bits(&back), bits(&points));
        }

        #[test]
        fn strange_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&bytes);
        }
    }
}
