//! What is said of the trial that runs: where it will end, and that it is clearly worse than its base. Advice: what
//! comes of it is the person's.

use ratatui::style::Style;

use crate::app::{Action, Ending, State, Subjects, key_name};
use crate::model::Unit;
use crate::policy::text::Visible;
use crate::series::Forecast;
use crate::ui::{Theme, frame, numbers};

/// What there is to say.
#[derive(Default)]
pub(super) struct Advice {
    /// Where on the x axis the trial is expected to end, and at what.
    pub(super) expected: Option<(f64, Forecast)>,
    ending: Option<String>,
    behind: Option<String>,
}

/// What there is to say of the trial that is shown and runs; nothing of any other.
pub(super) fn of(state: &State, subjects: &Subjects<'_>, metric: &str) -> Advice {
    let Some(ending) = state.ending(subjects, metric) else { return Advice::default() };
    let unit = state.unit_of(metric);
    let mut advice = Advice::default();
    advice.ending = match ending {
        Ending::Expected(expected) => {
            let curves = subjects.main.curves;
            let ruler = curves.and_then(|curves| state.curves.plot.measure.ruler(curves).ok());
            advice.expected =
                ruler.map(|ruler| (ruler.map_or(expected.step, |ruler| ruler.at(expected.step)), expected.value));
            let near = |told: Forecast, unit: Option<&Unit>| {
                let show = |value: f64| numbers::rough(value, told.high - told.low, unit);
                format!("near {} ({} to {})", show(told.middle), show(told.low), show(told.high))
            };
            let objective = state.snapshot.objective.as_ref().zip(expected.objective);
            let objective = objective.map(|(objective, told)| {
                format!(
                    "; {} {}",
                    Visible::name(&objective.metric),
                    near(told, state.unit_of(&objective.metric).as_ref())
                )
            });
            Some(format!(
                "◇ {:.0} % done, ends {}{}: 8 of 10 lie so, by {} runs",
                expected.share * 100.0,
                near(expected.value, unit.as_ref()),
                objective.unwrap_or_default(),
                expected.value.from
            ))
        }
        Ending::TooFew(some) => Some(format!(
            "◇ where it will end: not enough data, {some} of {} earlier runs of this metric",
            Forecast::FEWEST
        )),
        Ending::Unlike => Some("◇ where it will end: not enough data, no earlier run was like it here".to_owned()),
        Ending::NoLength => Some("◇ where it will end: not enough data, its log does not say how far it is".to_owned()),
        Ending::NotNow => None,
    };
    advice.behind = state.behind(subjects, metric).map(|behind| {
        let sign = if behind.by < 0.0 { "−" } else { "+" };
        let kept = match behind.kept {
            0 => String::new(),
            1 => ", and the one kept run known was not so far behind here".to_owned(),
            kept => format!(", and none of {kept} kept ones was so far behind here"),
        };
        let key =
            state.screen.keymap.key_of(state.context(), Action::StopTrial).filter(|_| state.offers(Action::StopTrial));
        let stop = key.map(|key| format!("; {} would end it", key_name(key))).unwrap_or_default();
        let by = numbers::with_unit(behind.by.abs(), unit.as_ref());
        format!("▼ clearly worse than its {} at the same steps: {sign}{by}{kept}{stop}", subjects.base_word)
    });
    advice
}

impl Advice {
    /// It in words, the most important first.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.behind.iter().chain(&self.ending).map(String::as_str)
    }

    /// It in rows of a width.
    pub(super) fn rows(&self, width: usize, theme: &Theme) -> Vec<Vec<(String, Style)>> {
        let told = [(&self.behind, theme.warning), (&self.ending, theme.expected)];
        let told = told.into_iter().filter_map(|(text, style)| Some((text.as_ref()?, style)));
        told.flat_map(|(text, style)| {
            let rows = frame::sentence(text, width.saturating_sub(1));
            rows.into_iter().map(move |row| vec![(format!(" {row}"), style)])
        })
        .collect()
    }
}
