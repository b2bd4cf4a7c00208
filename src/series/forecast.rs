//! Forecasts a final value from how earlier, similar runs ended.

/// An expected value with an 80 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The expected value.
    pub middle: f64,
    /// The lower bound: one in ten ends below it.
    pub low: f64,
    /// The upper bound: one in ten ends above it.
    pub high: f64,
    /// Number of earlier runs that it is based on.
    pub from: usize,
}

impl Forecast {
    /// Fewer earlier pairs than this give no forecast.
    pub const FEWEST: usize = 8;

    /// Forecasts from earlier pairs (value seen at this point, final value) and the value seen `now`: a straight line
    /// through the pairs that a few outliers do not bend (Theil–Sen), with the spread of their residuals. Pairs with a
    /// non-finite number do not count. `None` with fewer than [`Self::FEWEST`] pairs, or if `now` is farther from every
    /// earlier value than those are from each other.
    pub fn of(earlier: &[(f64, f64)], now: f64) -> Option<Self> {
        let earlier: Vec<(f64, f64)> =
            earlier.iter().copied().filter(|(seen, came)| seen.is_finite() && came.is_finite()).collect();
        let count = earlier.len();
        if count < Self::FEWEST || !now.is_finite() {
            return None;
        }
        let seen = earlier.iter().map(|(seen, _)| *seen);
        let (least, most) = seen.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let width = most - least;
        if !(least - width..=most + width).contains(&now) {
            return None;
        }
        let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
        let slopes = pairs.filter_map(|(a, b)| {
            let across = earlier[b].0 - earlier[a].0;
            Some((earlier[b].1 - earlier[a].1) / across).filter(|slope| slope.is_finite())
        });
        // If all saw the same value, only the usual outcome can be forecast.
        let slope = at_share(slopes.collect(), 0.5).unwrap_or(0.0);
        let rest: Vec<f64> = earlier.iter().map(|(seen, came)| came - slope * seen).collect();
        let start = at_share(rest.clone(), 0.5)?;
        // The line was fitted to these very pairs: a new one is expected to be somewhat farther from it.
        let wider = ((count + 1) as f64 / (count - 2) as f64).sqrt();
        let beside: Vec<f64> = rest.iter().map(|rest| (rest - start) * wider).collect();
        let middle = start + slope * now;
        let (low, high) = (at_share(beside.clone(), 0.1)?, at_share(beside, 0.9)?);
        Some(Self { middle, low: middle + low.min(0.0), high: middle + high.max(0.0), from: count })
    }
}

/// The value below which the next one falls with probability `share`, corrected for the sample size; `None` if empty.
fn at_share(mut all: Vec<f64>, share: f64) -> Option<f64> {
    all.sort_by(f64::total_cmp);
    let last = all.len().checked_sub(1)? as f64;
    let place = (share * (last + 2.0) - 1.0).clamp(0.0, last);
    let (below, above) = (all[place.floor() as usize], all[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deterministic pseudo-random numbers between 0 and 1.
    fn noise() -> impl Iterator<Item = f64> {
        let mut state = 1_u64;
        std::iter::from_fn(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Some((state >> 40) as f64 / (1_u64 << 24) as f64)
        })
    }

    #[test]
    fn eight_of_ten_end_within_the_interval() {
        let mut noise = noise();
        let mut draw = || {
            let seen = noise.next().unwrap_or(0.5) * 4.0;
            // The sum of a few uniform numbers is roughly normal.
            let beside: f64 = noise.by_ref().take(6).sum::<f64>() - 3.0;
            (seen, 1.0 + 0.5 * seen + 0.1 * beside)
        };
        for count in [8, 16, 60] {
            let mut within = 0;
            let rounds = 400;
            for _ in 0..rounds {
                let earlier: Vec<_> = (0..count).map(|_| draw()).collect();
                let (seen, came) = draw();
                let forecast =
                    Forecast::of(&earlier, seen).map(|forecast| (forecast.low..=forecast.high).contains(&came));
                within += usize::from(forecast == Some(true));
            }
            let share = within as f64 / f64::from(rounds);
            assert!((0.70..0.90).contains(&share), "{share} within, of {count}");
        }
    }

    #[test]
    fn an_outlier_bends_nothing_and_too_few_give_no_forecast() {
        let mut earlier: Vec<(f64, f64)> = (0..20).map(|at| (f64::from(at), 2.0 * f64::from(at) + 1.0)).collect();
        earlier.extend([(3.0, 1e9), (5.0, f64::NAN), (f64::INFINITY, 1.0)]);
        assert_eq!(Forecast::of(&earlier, 60.0), None, "no earlier run was similar");
        let forecast = Forecast::of(&earlier, 30.0);
        assert!(
            forecast.is_some_and(|forecast| (forecast.middle - 61.0).abs() < 1e-6 && forecast.from == 21),
            "{forecast:?}"
        );
        assert_eq!(Forecast::of(&earlier[..7], 30.0), None);
        assert_eq!(Forecast::of(&earlier, f64::NAN), None);
        let same = vec![(1.0, 5.0); 9];
        assert_eq!(Forecast::of(&same, 1.0).map(|forecast| forecast.middle), Some(5.0), "all saw the same value");
    }
}
