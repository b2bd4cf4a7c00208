//! Several runs of the same experiment drawn as one: their mean and the range between them.

use super::{Ruler, Series, Summary};

/// One of several runs.
#[derive(Clone, Copy, Debug)]
pub struct Strand<'a> {
    /// Its values.
    pub series: &'a Series,
    /// The measure along the x axis; `None` for the step itself.
    pub ruler: Option<Ruler<'a>>,
}

/// The mean and the range of several runs, by chart column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band {
    /// The mean of the runs at the end of each column in which at least one of them has a value. A run counts from its
    /// first value to its last; between two values it holds the earlier one.
    pub mean: Vec<Summary>,
    /// All values of all runs in each column.
    pub all: Vec<Summary>,
}

impl Band {
    /// Computes the band of some runs over the columns between `places` on the x axis, which never decrease.
    pub fn of(strands: &[Strand<'_>], places: &[f64]) -> Self {
        let count = places.len().saturating_sub(1);
        let mut band = Self { mean: vec![Summary::default(); count], all: vec![Summary::default(); count] };
        for strand in strands {
            let steps: Vec<f64> = places.iter().map(|place| strand.step_at(*place)).collect();
            for (all, own) in band.all.iter_mut().zip(strand.series.columns(&steps)) {
                all.add(&own);
            }
        }
        for (at, mean) in band.mean.iter_mut().enumerate().filter(|(at, _)| band.all[*at].points() > 0) {
            if let Some(value) = mean_at(strands, places[at + 1]) {
                mean.take(value);
            }
        }
        band
    }
}

impl Strand<'_> {
    fn step_at(&self, place: f64) -> f64 {
        self.ruler.as_ref().map_or(place, |ruler| ruler.step_at(place))
    }

    /// The last finite value at or before a place; `None` if there is none.
    fn last_until(&self, place: f64) -> Option<f64> {
        Some(self.series.last_until(self.step_at(place))?.value).filter(|value| value.is_finite())
    }

    /// The value at a place; `None` before the run's first step, after its last, and where the value is not finite.
    fn at(&self, place: f64) -> Option<f64> {
        let ended = self.series.last().is_some_and(|last| last.step < self.step_at(place));
        if ended { None } else { self.last_until(place) }
    }
}

/// The values of the runs in progress at a place; if all have ended there, the last values of those that began.
pub fn under_way(strands: &[Strand<'_>], place: f64) -> Vec<f64> {
    let values: Vec<f64> = strands.iter().filter_map(|strand| strand.at(place)).collect();
    if values.is_empty() { strands.iter().filter_map(|strand| strand.last_until(place)).collect() } else { values }
}

/// The mean of the values at a place.
fn mean_at(strands: &[Strand<'_>], place: f64) -> Option<f64> {
    let values = under_way(strands, place);
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::edges;
    use super::*;

    #[test]
    fn the_band_covers_every_value_and_the_mean_covers_runs_in_progress() {
        let one: Series = (0..=100).map(|step| (f64::from(step), 1.0)).collect();
        let two: Series = (0..=100).map(|step| (f64::from(step), if step == 57 { 9.0 } else { 3.0 })).collect();
        let short: Series = (0..=50).map(|step| (f64::from(step), 5.0)).collect();
        let strands = [&one, &two, &short].map(|series| Strand { series, ruler: None });
        let band = Band::of(&strands, &edges(0.0, 100.0, 20));
        let means: Vec<_> = band.mean.iter().map(Summary::last).collect();
        assert_eq!(means[..9], vec![Some(3.0); 9]);
        assert_eq!(means[12..], vec![Some(2.0); 8], "without the run that ended");
        assert_eq!(band.all[11].max(), Some(9.0), "a spike in one run");
        assert!(band.all.iter().all(|all| all.min() == Some(1.0)));
        let sparse: Series = [(0.0, 2.0), (100.0, 4.0)].into_iter().collect();
        let band = Band::of(&[Strand { series: &sparse, ruler: None }], &edges(0.0, 100.0, 20));
        assert_eq!(band.mean.iter().filter(|mean| mean.points() > 0).count(), 2, "nothing is interpolated");
        assert_eq!(band.mean[19].last(), Some(4.0));
        assert_eq!(Band::of(&strands, &[]), Band::default());
    }
}
