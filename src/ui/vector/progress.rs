//! The picture that loops publish: every experiment as a dot, what was kept in bright with its words, the running best as
//! a step line.

use crate::app::State;
use crate::model::{Claim, DecisionKind, Experiment, Outcome, counted};
use crate::policy::text::Visible;
use crate::ui::vector::axes::{ChartPlane, SIZE, number, round, title, told, words};
use crate::ui::vector::curves::fitted;
use crate::ui::vector::ink;
use crate::ui::{numbers, progress};
use crate::vector::{Drawing, Font, Shape, TextAnchor, TextRun, width};

const WIDTH: f64 = 1600.0;
const HEIGHT: f64 = 900.0;
/// The words of what was kept: their size, how far they are turned, how long they may be.
const SMALL: f64 = 11.0;
const TURNED: f64 = -32.0;
const LONGEST: f64 = 210.0;

/// The picture; `None` when nothing was measured yet.
pub(super) fn picture(state: &State) -> Option<Drawing> {
    let snapshot = &state.snapshot;
    let objective = snapshot.objective.as_ref()?;
    let (from, to) = state.shown_span();
    let shown: Vec<&Experiment> = snapshot.experiments[from..to].iter().map(|one| &**one).collect();
    let bound = objective.bound;
    let range = progress::range(&shown, bound)?;
    let mut picture = Drawing::new(WIDTH, HEIGHT, ink::PAPER);
    let place = (100.0, 90.0, WIDTH - 160.0, HEIGHT - 210.0);
    let plane = ChartPlane { place, x: (from as f64 - 0.5, to as f64 - 0.5), y: range };
    let metric = Visible::name(&objective.metric).to_string();
    let kept = shown.iter().filter(|one| one.claim == Claim::Keep && !one.is_baseline).count();
    let folder = snapshot.identity.work_tree.rsplit('/').next().unwrap_or_default();
    let name = format!("{} {}", Visible::of(folder), Visible::of(snapshot.identity.tag()));
    let experiments = counted(shown.len(), "experiment");
    let heading = format!("{name}: {experiments}, {} kept", counted(kept, "improvement"));
    picture.shapes.push(title(&fitted(&heading, WIDTH - 120.0, 22.0), (WIDTH / 2.0, 44.0), 22.0, TextAnchor::Middle));
    let better = objective
        .goal
        .map_or("", |goal| if goal.is_better(0.0, 1.0) { " (lower is better)" } else { " (higher is better)" });
    picture.shapes.push(words(&format!("{metric}{better}"), (100.0, 76.0), ink::TEXT, TextAnchor::Start));
    plane.draw(
        &mut picture,
        &told(round(range, 8, false), number),
        &told(round((from as f64, (to - 1) as f64), 14, true), number),
    );
    picture.shapes.push(words("experiment", (100.0 + place.2, HEIGHT - 84.0), ink::MUTED, TextAnchor::End));
    if let Some(bound) = bound.filter(|bound| (range.0..=range.1).contains(bound)) {
        let y = plane.y_of(bound);
        picture.shapes.push(Shape::Path(vec![(100.0, y), (100.0 + place.2, y)], ink::BOUND, 1.2, 1.0, true));
    }
    let bests = progress::bests(state, (from, to));
    let mut line: Vec<(f64, f64)> = Vec::new();
    for (from, to, best) in &bests {
        line.extend([(plane.x_of(*from as f64), plane.y_of(*best)), (plane.x_of(*to as f64), plane.y_of(*best))]);
    }
    picture.shapes.push(Shape::Path(line, ink::BEST, 2.0, 0.8, false));
    let mut marks: Vec<(Marker, (f64, f64))> = Vec::new();
    let mut beyond = 0;
    for (at, experiment) in shown.iter().enumerate() {
        let value = experiment.outcome.value();
        beyond += usize::from(value.is_some_and(|value| !(range.0..=range.1).contains(&value)));
        let y = value.map_or(place.1 + place.3 - 8.0, |value| plane.y_of(value));
        marks.push((Marker::of(state, experiment), (plane.x_of((from + at) as f64), y)));
    }
    // What counts lies over what does not.
    marks.sort_by_key(|(mark, _)| !matches!(mark, Marker::Discarded | Marker::Unmeasured(_)));
    for (mark, at) in marks {
        mark.draw(&mut picture, at);
    }
    labels(&mut picture, &plane, state, (from, to));
    legend(&mut picture, state, bound, beyond, (from, to));
    Some(picture)
}

/// What stands for an experiment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marker {
    Approved,
    Kept,
    Vetoed,
    Discarded,
    /// Not measured: along the bottom, so that it is seen and wins nothing.
    Unmeasured(&'static str),
}

impl Marker {
    fn of(state: &State, experiment: &Experiment) -> Self {
        match experiment.outcome {
            Outcome::Value(_) => {}
            Outcome::Crashed => return Self::Unmeasured("x"),
            Outcome::TimedOut => return Self::Unmeasured("t"),
            Outcome::NotMeasured => return Self::Unmeasured("-"),
        }
        match state.snapshot.decision(&experiment.id).map(|decision| decision.kind) {
            Some(DecisionKind::Approved | DecisionKind::Partial) => Self::Approved,
            Some(DecisionKind::Vetoed | DecisionKind::Reverted) => Self::Vetoed,
            _ if experiment.claim == Claim::Keep || experiment.is_baseline => Self::Kept,
            _ => Self::Discarded,
        }
    }

    fn draw(self, picture: &mut Drawing, (x, y): (f64, f64)) {
        let shape = match self {
            Self::Approved => Shape::Area(vec![(x, y - 8.0), (x + 8.0, y), (x, y + 8.0), (x - 8.0, y)], ink::KEPT, 1.0),
            Self::Kept => Shape::Disc((x, y), 5.5, ink::KEPT, Some(ink::TEXT)),
            Self::Vetoed => {
                picture.shapes.push(Shape::Disc((x, y), 5.5, ink::PAPER, Some(ink::BAD)));
                Shape::Path(vec![(x - 4.0, y + 4.0), (x + 4.0, y - 4.0)], ink::BAD, 1.5, 1.0, false)
            }
            Self::Discarded => Shape::Disc((x, y), 3.5, ink::DISCARDED, None),
            Self::Unmeasured(word) => words(word, (x, y + 4.0), ink::BAD, TextAnchor::Middle),
        };
        picture.shapes.push(shape);
    }
}

/// What was kept, in its words, turned so that many stand beside one another. Where two would lie over each other, the
/// later one is left out: its dot is there.
fn labels(picture: &mut Drawing, plane: &ChartPlane, state: &State, (from, to): (usize, usize)) {
    let (sin, cos) = TURNED.to_radians().sin_cos();
    let mut placed: Vec<(f64, f64)> = Vec::new();
    for (at, experiment) in state.snapshot.experiments.iter().enumerate().take(to).skip(from) {
        let counts = experiment.claim == Claim::Keep || experiment.is_baseline;
        let Some(value) = experiment.outcome.value().filter(|_| counts) else { continue };
        let (x, y) = (plane.x_of(at as f64), plane.y_of(value));
        let described = Visible::line(&experiment.row.description);
        let text = fitted(described.as_str(), LONGEST, SMALL);
        // Where it would run off the picture, it ends below its dot instead of beginning above it.
        let is_above = x + width(&text, Font::Sans, SMALL) * cos < WIDTH - 12.0;
        let room = if is_above { LONGEST } else { (y - 30.0 - plane.place.1 - plane.place.3) / sin };
        let text = fitted(described.as_str(), room.min(LONGEST), SMALL);
        let place = if is_above { (x + 5.0, y - 9.0) } else { (x - 2.0, y + 18.0) };
        // How far apart the lines are that two texts stand on.
        let apart = |(other_x, other_y): &(f64, f64)| ((place.1 - other_y) * cos - (place.0 - other_x) * sin).abs();
        let is_near = |other: &&(f64, f64)| (place.0 - other.0).abs() < LONGEST;
        if placed.iter().filter(is_near).any(|other| apart(other) < 1.15 * SMALL) {
            continue;
        }
        placed.push(place);
        picture.shapes.push(Shape::Words(TextRun {
            at: place,
            text,
            size: SMALL,
            face: Font::Sans,
            ink: ink::TEXT,
            side: if is_above { TextAnchor::Start } else { TextAnchor::End },
            turned: TURNED,
        }));
    }
}

fn legend(picture: &mut Drawing, state: &State, bound: Option<f64>, beyond: usize, (from, to): (usize, usize)) {
    let (mut x, y) = (100.0, HEIGHT - 50.0);
    let mut next = |picture: &mut Drawing, text: &str| {
        picture.shapes.push(words(text, (x + 14.0, y), ink::TEXT, TextAnchor::Start));
        x += 40.0 + width(text, Font::Sans, SIZE);
        x
    };
    let mut at = 100.0;
    for (mark, text) in [
        (Marker::Approved, "approved"),
        (Marker::Kept, "kept"),
        (Marker::Vetoed, "vetoed"),
        (Marker::Discarded, "discarded"),
        (Marker::Unmeasured("x"), "crashed"),
    ] {
        mark.draw(picture, (at, y - 4.5));
        at = next(picture, text);
    }
    let bound = bound.map(|bound| (ink::BOUND, format!("bound {}", numbers::value(bound)), true));
    for (ink, text, dashed) in std::iter::once((ink::BEST, "best kept".to_owned(), false)).chain(bound) {
        picture.shapes.push(Shape::Path(vec![(at - 9.0, y - 4.5), (at + 9.0, y - 4.5)], ink, 2.0, 1.0, dashed));
        at = next(picture, &text);
    }
    let total = state.snapshot.experiments.len();
    let beyond = (beyond > 0).then(|| format!("{beyond} off the edge"));
    let part = (to - from < total).then(|| format!("{} to {to} of {total}", from + 1));
    let notes: Vec<String> = beyond.into_iter().chain(part).collect();
    picture.shapes.push(words(&notes.join(" · "), (WIDTH - 60.0, y), ink::WARNING, TextAnchor::End));
}
