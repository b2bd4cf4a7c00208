//! Which direction of the objective is better, and what is at odds with it.

use super::decisions::{Fit, contradicted, kept_against, shown};
use super::instructions::{bare_name, goal_of_header};
use super::names::{goal_by_name, is_generic};
use crate::model::{Basis, Goal};

/// What is said of a metric's direction, beside its name.
#[derive(Default)]
pub(super) struct StatedDirection {
    /// By a column or a comment, and by which.
    pub(super) stated: Option<(Goal, String)>,
    /// By the loop's instructions of this column.
    pub(super) told: Option<Goal>,
    /// By the loop's instructions of no column.
    pub(super) unbound: Option<Goal>,
    /// How each goal fits what was decided: lower, higher.
    pub(super) fits: [Fit; 2],
}

impl StatedDirection {
    fn fit(&self, goal: Goal) -> Fit {
        self.fits[usize::from(goal == Goal::Maximize)]
    }

    /// Decisions that are all against a direction: how many.
    fn against(&self, goal: Goal) -> Option<usize> {
        let fit = self.fit(goal);
        (fit.agree == 0 && fit.disagree > 0).then(|| fit.judged())
    }
}

/// As stated, else by its name where the kept rows do not contradict it, else by those.
pub(super) fn direction(metric: &str, said: &StatedDirection) -> (Option<Goal>, Basis) {
    if let Some((goal, by)) = &said.stated {
        return of_stated(metric, *goal, by, said);
    }
    if let Some(goal) = goal_of_header(metric) {
        return of_stated(metric, goal, "the name of its column", said);
    }
    let known = goal_by_name(metric);
    let fits = said.fits;
    let instructed = said.told.or_else(|| said.unbound.filter(|_| known.is_none()));
    let (goal, by) =
        if instructed.is_some() { (instructed, "the loop's instructions say") } else { (known, "its name says") };
    let by_decisions = || {
        let (goal, fit) = shown(fits)?;
        let why = format!("{} of {} keep and discard decisions fit it", fit.agree, fit.judged());
        Some((Some(goal), Basis::guess(why)))
    };
    if instructed.is_none() && is_generic(metric) && contradicted(known, fits) && shown(fits).is_some() {
        return by_decisions().unwrap_or_default();
    }
    if kept_against(goal, fits) {
        return withdrawn(by, goal);
    }
    if let Some(goal) = instructed {
        let is_odd = !is_generic(metric) && known.is_some_and(|known| known != goal);
        return if is_odd {
            (Some(goal), Basis::guess("the loop's instructions say so, but its name says the opposite"))
        } else {
            (Some(goal), Basis::stated("the loop's instructions say so"))
        };
    }
    if let Some(goal) = known {
        if let Some(count) = said.against(goal) {
            // Too few to withdraw it, but nothing that was decided speaks for it.
            return (Some(goal), Basis::guess(format!("a known name, but none of {count} decisions fits it")));
        }
        let (fit, other) = (said.fit(goal), said.fit(goal.turned()));
        if contradicted(known, fits) && fit.kept <= other.kept {
            let why = format!("a known name, but {} of {} decisions do not fit it", fit.disagree, fit.judged());
            return (Some(goal), Basis::guess(why));
        }
        return (Some(goal), Basis::stated("a known name"));
    }
    by_decisions().unwrap_or_default()
}

/// A direction that the table itself states. The agent writes tables, so what the person's instructions say of the column
/// goes before it, and so does a known name that the decisions follow.
fn of_stated(metric: &str, goal: Goal, by: &str, said: &StatedDirection) -> (Option<Goal>, Basis) {
    let other = goal.turned();
    let name = bare_name(metric);
    let known = goal_by_name(name).filter(|_| !is_generic(name));
    let is_named = known == Some(other);
    let by_instructions = said.told.or_else(|| said.unbound.filter(|_| known.is_none()));
    let decided_against = said.against(goal);
    if by_instructions == Some(other) {
        let why = format!("the loop's instructions, but {by} says {}", goal.arrow());
        return (Some(other), Basis::guess(why));
    }
    if kept_against(Some(goal), said.fits) && (is_named || by_instructions.is_none()) {
        return if is_named {
            (Some(other), Basis::guess(format!("a known name and the decisions, but {by} says {}", goal.arrow())))
        } else {
            withdrawn(&format!("{by} says"), Some(goal))
        };
    }
    match decided_against {
        Some(count) if is_named && count > 1 && by_instructions.is_none() => {
            let why = format!("a known name and {count} decisions, but {by} says {}", goal.arrow());
            (Some(other), Basis::guess(why))
        }
        Some(count) => (Some(goal), Basis::guess(format!("{by}, but none of {count} decisions fits it"))),
        None if is_named => (Some(goal), Basis::guess(format!("{by}, but its name says the opposite"))),
        None => (Some(goal), Basis::stated(by)),
    }
}

/// No direction: what was kept speaks plainly against the one that is said.
fn withdrawn(by: &str, goal: Option<Goal>) -> (Option<Goal>, Basis) {
    let moved = if goal == Some(Goal::Maximize) { "fall" } else { "rise" };
    let arrow = goal.map_or("", Goal::arrow);
    (None, Basis::guess(format!("{by} {arrow}, but the values that were kept {moved}")))
}
