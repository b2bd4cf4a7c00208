//! The progress plot as a picture: every experiment as a dot, kept ones highlighted with their descriptions, and the
//! running best as a step line.

use crate::app::State;
use crate::model::{Claim, DecisionKind, Experiment, Outcome, counted};
use crate::policy::text::Visible;
use crate::ui::vector::axes::{ChartPlane, SIZE, number, round, title, with_texts, words};
use crate::ui::vector::curves::fitted;
use crate::ui::vector::ink;
use crate::ui::{numbers, progress};
use crate::vector::{Drawing, Font, LineStyle, Shape, TextAnchor, TextRun, width};

const WIDTH: f64 = 1600.0;
const HEIGHT: f64 = 900.0;
/// Size, rotation in degrees and maximum length of the descriptions of kept experiments.
const SMALL: f64 = 11.0;
const TURNED: f64 = -32.0;
const LONGEST: f64 = 210.0;

/// Returns the picture; `None` if nothing was measured yet.
pub(super) fn picture(state: &State) -> Option<Drawing> {
    let snapshot = &state.snapshot;
    let objective = snapshot.objective.as_ref()?;
    let (from, to) = state.shown_span();
    let shown = &snapshot.experiments[from..to];
    let bound = objective.bound;
    let range = progress::range(shown, bound)?;
    let mut picture = Drawing::new(WIDTH, HEIGHT, ink::PAPER);
    let place = (100.0, 90.0, WIDTH - 160.0, HEIGHT - 210.0);
    let plane = ChartPlane { place, x: (from as f64 - 0.5, to as f64 - 0.5), y: range };
    let metric = Visible::name(&objective.metric).to_string();
    let kept = shown.iter().filter(|experiment| experiment.claim == Claim::Keep && !experiment.is_baseline).count();
    let directory = snapshot.identity.work_tree.rsplit('/').next().unwrap_or_default();
    let name = format!("{} {}", Visible::of(directory), Visible::of(snapshot.identity.tag()));
    let experiments = counted(shown.len(), "experiment");
    let heading = format!("{name}: {experiments}, {} kept", counted(kept, "improvement"));
    picture.shapes.push(title(&fitted(&heading, WIDTH - 120.0, 22.0), (WIDTH / 2.0, 44.0), 22.0, TextAnchor::Middle));
    let better = objective
        .goal
        .map_or("", |goal| if goal.is_better(0.0, 1.0) { " (lower is better)" } else { " (higher is better)" });
    picture.shapes.push(words(&format!("{metric}{better}"), (100.0, 76.0), ink::TEXT, TextAnchor::Start));
    plane.draw(
        &mut picture,
        &with_texts(round(range, 8, false), number),
        &with_texts(round((from as f64, (to - 1) as f64), 14, true), number),
    );
    picture.shapes.push(words("experiment", (100.0 + place.2, HEIGHT - 84.0), ink::MUTED, TextAnchor::End));
    if let Some(bound) = bound.filter(|bound| (range.0..=range.1).contains(bound)) {
        let y = plane.y_of(bound);
        picture.shapes.push(Shape::Path(
            vec![(100.0, y), (100.0 + place.2, y)],
            LineStyle { is_dashed: true, ..LineStyle::of(ink::BOUND, 1.2) },
        ));
    }
    let bests = progress::bests(state, (from, to));
    let mut line: Vec<(f64, f64)> = Vec::new();
    for (from, to, best) in &bests {
        line.extend([(plane.x_of(*from as f64), plane.y_of(*best)), (plane.x_of(*to as f64), plane.y_of(*best))]);
    }
    picture.shapes.push(Shape::Path(line, LineStyle { opacity: 0.8, ..LineStyle::of(ink::BEST, 2.0) }));
    let mut marks: Vec<(Marker, (f64, f64))> = Vec::new();
    let mut beyond = 0;
    for (at, experiment) in shown.iter().enumerate() {
        let value = experiment.outcome.value();
        beyond += usize::from(value.is_some_and(|value| !(range.0..=range.1).contains(&value)));
        let y = value.map_or(place.1 + place.3 - 8.0, |value| plane.y_of(value));
        marks.push((Marker::of(state, experiment), (plane.x_of((from + at) as f64), y)));
    }
    // Kept and decided experiments are drawn over the others.
    marks.sort_by_key(|(mark, _)| !matches!(mark, Marker::Discarded | Marker::Unmeasured(_)));
    for (mark, at) in marks {
        mark.draw(&mut picture, at);
    }
    labels(&mut picture, &plane, state, (from, to));
    legend(&mut picture, state, bound, beyond, (from, to));
    Some(picture)
}

/// The marker of an experiment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marker {
    Approved,
    Kept,
    Vetoed,
    Discarded,
    /// Not measured: at the bottom edge, visible but never the best.
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
                Shape::Path(vec![(x - 4.0, y + 4.0), (x + 4.0, y - 4.0)], LineStyle::of(ink::BAD, 1.5))
            }
            Self::Discarded => Shape::Disc((x, y), 3.5, ink::DISCARDED, None),
            Self::Unmeasured(word) => words(word, (x, y + 4.0), ink::BAD, TextAnchor::Middle),
        };
        picture.shapes.push(shape);
    }
}

/// Draws descriptions of kept experiments next to their dots. The largest gains are placed first; a description that
/// would overlap another, a dot or the edge is moved, then shortened, then omitted.
fn labels(picture: &mut Drawing, plane: &ChartPlane, state: &State, (from, to): (usize, usize)) {
    let experiments = &state.snapshot.experiments;
    let counts = |one: &Experiment| one.claim == Claim::Keep || one.is_baseline;
    let mut kept: Vec<(usize, (f64, f64))> = Vec::new();
    for (at, experiment) in experiments.iter().enumerate().take(to).skip(from).filter(|(_, one)| counts(one)) {
        let Some(value) = experiment.outcome.value() else { continue };
        kept.push((at, (plane.x_of(at as f64), plane.y_of(value))));
    }
    let mut taken: Vec<Tilted> = kept.iter().map(|(_, at)| Tilted::around(*at, 5.0)).collect();
    let gain = |at: usize| {
        let one = &experiments[at];
        if one.is_baseline { f64::INFINITY } else { one.claimed_gain.unwrap_or(0.0) }
    };
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.sort_by(|a, b| gain(kept[*b].0).total_cmp(&gain(kept[*a].0)));
    for at in order {
        let (index, dot) = kept[at];
        let described = Visible::line(&experiments[index].row.description).to_string();
        let fits = |label: &(TextRun, Tilted)| {
            let own = taken[at];
            plane.holds(&label.1) && taken.iter().all(|other| *other == own || !other.touches(&label.1))
        };
        let Some((run, box_of)) = places(&described, dot).find(fits) else { continue };
        taken.push(box_of);
        picture.shapes.push(Shape::Text(run));
    }
}

/// Returns the places of a text next to a dot, the best first: above right, below left, left; then the same with the
/// text cut shorter.
fn places(text: &str, (x, y): (f64, f64)) -> impl Iterator<Item = (TextRun, Tilted)> {
    let sides = [
        ((x + 5.0, y - 9.0), TextAnchor::Start, TURNED),
        ((x - 4.0, y + 16.0), TextAnchor::End, TURNED),
        ((x - 10.0, y + 4.0), TextAnchor::End, 0.0),
    ];
    let text = text.to_owned();
    [1.0, 0.7, 0.45].into_iter().flat_map(move |share| {
        let text = fitted(&text, LONGEST * share, SMALL);
        sides.map(|(at, side, turned)| {
            let run = TextRun {
                at,
                text: text.clone(),
                size: SMALL,
                face: Font::Sans,
                ink: ink::TEXT,
                anchor: side,
                rotation: turned,
            };
            let tilted = Tilted::of(&run);
            (run, tilted)
        })
    })
}

/// The box of a text, by its corners in order.
#[derive(Clone, Copy, PartialEq)]
struct Tilted([(f64, f64); 4]);

impl Tilted {
    fn of(run: &TextRun) -> Self {
        let (sin, cos) = run.rotation.to_radians().sin_cos();
        let long = width(&run.text, run.face, run.size);
        let (from, to) = match run.anchor {
            TextAnchor::Start => (0.0, long),
            TextAnchor::Middle => (-long / 2.0, long / 2.0),
            TextAnchor::End => (-long, 0.0),
        };
        let (up, down) = (-run.size, run.size * 0.3);
        let corner = |u: f64, v: f64| (run.at.0 + u * cos - v * sin, run.at.1 + u * sin + v * cos);
        Self([corner(from, up), corner(to, up), corner(to, down), corner(from, down)])
    }

    fn around((x, y): (f64, f64), by: f64) -> Self {
        Self([(x - by, y - by), (x + by, y - by), (x + by, y + by), (x - by, y + by)])
    }

    /// True if two boxes overlap: no side of either separates them.
    fn touches(&self, other: &Self) -> bool {
        let apart = |one: &Self, two: &Self| {
            (0..4).any(|at| {
                let (a, b) = (one.0[at], one.0[(at + 1) % 4]);
                let across = (b.1 - a.1, a.0 - b.0);
                let beyond = |p: &(f64, f64)| (p.0 - a.0) * across.0 + (p.1 - a.1) * across.1;
                // The corners are in clockwise order: points outside have a positive distance.
                two.0.iter().all(|p| beyond(p) > 0.0)
            })
        };
        !apart(self, other) && !apart(other, self)
    }
}

impl ChartPlane {
    /// True if a box is within the chart, or right of it on the picture.
    fn holds(&self, tilted: &Tilted) -> bool {
        let (left, top, _, height) = self.place;
        tilted.0.iter().all(|(x, y)| *x > left && *x < WIDTH - 12.0 && *y > top - 4.0 && *y < top + height - 2.0)
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
    let shown = &state.snapshot.experiments[from..to];
    let has = |outcome: Outcome| shown.iter().any(|experiment| experiment.outcome == outcome);
    let rare = [
        (Marker::Unmeasured("t"), Outcome::TimedOut.word(), has(Outcome::TimedOut)),
        (Marker::Unmeasured("-"), Outcome::NotMeasured.word(), has(Outcome::NotMeasured)),
    ];
    let usual = [
        (Marker::Approved, "approved"),
        (Marker::Kept, "kept"),
        (Marker::Vetoed, "vetoed"),
        (Marker::Discarded, "discarded"),
        (Marker::Unmeasured("x"), "crashed"),
    ];
    let rare = rare.into_iter().filter(|(.., is_there)| *is_there).map(|(mark, text, _)| (mark, text));
    for (mark, text) in usual.into_iter().chain(rare) {
        mark.draw(picture, (at, y - 4.5));
        at = next(picture, text);
    }
    let bound = bound.map(|bound| (ink::BOUND, format!("bound {}", numbers::value(bound)), true));
    for (ink, text, dashed) in std::iter::once((ink::BEST, "best kept".to_owned(), false)).chain(bound) {
        picture.shapes.push(Shape::Path(
            vec![(at - 9.0, y - 4.5), (at + 9.0, y - 4.5)],
            LineStyle { is_dashed: dashed, ..LineStyle::of(ink, 2.0) },
        ));
        at = next(picture, &text);
    }
    let total = state.snapshot.experiments.len();
    let beyond = (beyond > 0).then(|| format!("{beyond} off the scale"));
    let part = (to - from < total).then(|| format!("{} to {to} of {total}", from + 1));
    let notes: Vec<String> = beyond.into_iter().chain(part).collect();
    picture.shapes.push(words(&notes.join(" · "), (WIDTH - 60.0, y), ink::WARNING, TextAnchor::End));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(at: (f64, f64), text: &str, side: TextAnchor, turned: f64) -> Tilted {
        let text = text.to_owned();
        Tilted::of(&TextRun { at, text, size: SMALL, face: Font::Sans, ink: ink::TEXT, anchor: side, rotation: turned })
    }

    #[test]
    fn boxes_overlap_if_the_texts_do() {
        let first = run((100.0, 100.0), "learning rate", TextAnchor::Start, TURNED);
        assert!(first.touches(&first));
        // A full line apart at the same slant they are separate; half a line apart they overlap.
        assert!(!first.touches(&run((100.0, 120.0), "learning rate", TextAnchor::Start, TURNED)));
        assert!(first.touches(&run((100.0, 107.0), "learning rate", TextAnchor::Start, TURNED)));
        assert!(!first.touches(&run((98.0, 100.0), "learning rate", TextAnchor::End, TURNED)));
        assert!(first.touches(&run((60.0, 95.0), "learning rate", TextAnchor::Start, 0.0)));
        assert!(first.touches(&Tilted::around((120.0, 85.0), 5.0)));
        assert!(!first.touches(&Tilted::around((300.0, 85.0), 5.0)));
    }
}
