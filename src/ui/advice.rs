//! Advice about the running trial: a forecast of its end, and a warning if it is clearly worse than its base. The
//! decision is the person's.

use ratatui::style::Style;

use crate::app::{Action, State, Subjects, TrialForecast, key_name};
use crate::model::Unit;
use crate::policy::text::Visible;
use crate::series::Forecast;
use crate::ui::{Theme, frame, numbers};

/// The advice about one trial.
#[derive(Default)]
pub(super) struct Advice {
    /// The expected end on the x axis, and the forecast of the value; `None` without a forecast.
    pub(super) expected: Option<(f64, Forecast)>,
    ending: Option<String>,
    behind: Option<String>,
}

/// Returns advice about the shown trial; empty unless it is running.
pub(super) fn of(state: &State, subjects: &Subjects<'_>, metric: &str) -> Advice {
    let Some(ending) = state.ending(subjects, metric) else { return Advice::default() };
    let unit = state.unit_of(metric);
    let mut advice = Advice::default();
    advice.ending = match ending {
        TrialForecast::Expected(expected) => {
            let curves = subjects.main.curves;
            let ruler = curves.and_then(|curves| state.curves.plot.measure.ruler(curves).ok());
            advice.expected =
                ruler.map(|ruler| (ruler.map_or(expected.step, |ruler| ruler.at(expected.step)), expected.value));
            let interval = |forecast: Forecast, unit: Option<&Unit>| {
                let show = |value: f64| numbers::rough(value, forecast.high - forecast.low, unit);
                format!("{} (80 %: {} to {})", show(forecast.middle), show(forecast.low), show(forecast.high))
            };
            let objective = state.snapshot.objective.as_ref().zip(expected.objective);
            let objective = objective.map(|(objective, forecast)| {
                format!(
                    "; {} {}",
                    Visible::name(&objective.metric),
                    interval(forecast, state.unit_of(&objective.metric).as_ref())
                )
            });
            Some(format!(
                "◇ {:.0} % done, forecast {}{}, from {} runs",
                expected.share * 100.0,
                interval(expected.value, unit.as_ref()),
                objective.unwrap_or_default(),
                expected.value.from
            ))
        }
        TrialForecast::TooFew(some) => {
            Some(format!("◇ no forecast: not enough data, {some} of {} earlier runs of this metric", Forecast::FEWEST))
        }
        TrialForecast::Unlike => {
            Some("◇ no forecast: not enough data, no earlier run was similar at this point".to_owned())
        }
        TrialForecast::NoLength => {
            Some("◇ no forecast: not enough data, its log does not give the progress".to_owned())
        }
        TrialForecast::NotNow => None,
    };
    advice.behind = state.behind(subjects, metric).map(|behind| {
        let sign = if behind.by < 0.0 { "−" } else { "+" };
        let kept = match behind.kept {
            0 => String::new(),
            1 => ", and the only known kept run was not this far behind here".to_owned(),
            kept => format!(", and none of {kept} kept runs was this far behind here"),
        };
        let key =
            state.screen.keymap.key_of(state.context(), Action::StopTrial).filter(|_| state.offers(Action::StopTrial));
        let stop = key.map(|key| format!("; {} stops it", key_name(key))).unwrap_or_default();
        let by = numbers::with_unit(behind.by.abs(), unit.as_ref());
        format!("▼ clearly worse than its {} at the same steps: {sign}{by}{kept}{stop}", subjects.base_word)
    });
    advice
}

impl Advice {
    /// Returns the sentences, the most important first.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.behind.iter().chain(&self.ending).map(String::as_str)
    }

    /// Returns the sentences in rows of a width.
    pub(super) fn rows(&self, width: usize, theme: &Theme) -> Vec<Vec<(String, Style)>> {
        let sentences = [(&self.behind, theme.warning), (&self.ending, theme.expected)];
        let sentences = sentences.into_iter().filter_map(|(text, style)| Some((text.as_ref()?, style)));
        sentences
            .flat_map(|(text, style)| {
                let rows = frame::sentence(text, width.saturating_sub(1));
                rows.into_iter().map(move |row| vec![(format!(" {row}"), style)])
            })
            .collect()
    }
}
