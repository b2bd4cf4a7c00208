//! Determines which direction of the objective is better, and any contradictions.

use super::decisions::{Fit, contradicted, kept_against, shown};
use super::names::{bare_name, goal_by_name, goal_of_header, is_generic};
use crate::model::{Basis, Goal};

/// Evidence for a metric's direction, besides its name.
#[derive(Default)]
pub(super) struct StatedDirection {
    /// By a column or a comment, and by which.
    pub(super) stated: Option<(Goal, String)>,
    /// By the loop's instructions for this column.
    pub(super) instructed: Option<Goal>,
    /// By the loop's instructions for no column in particular.
    pub(super) unbound: Option<Goal>,
    /// Fit of each goal with the decisions: lower, higher.
    pub(super) fits: [Fit; 2],
}

impl StatedDirection {
    fn fit(&self, goal: Goal) -> Fit {
        self.fits[usize::from(goal == Goal::Maximize)]
    }

    /// Returns the number of decisions if all of them contradict a direction.
    fn against(&self, goal: Goal) -> Option<usize> {
        let fit = self.fit(goal);
        (fit.agree == 0 && fit.disagree > 0).then(|| fit.judged())
    }
}

/// Returns the direction: as stated, else by its name unless the kept rows contradict it, else by those rows.
pub(super) fn direction(metric: &str, evidence: &StatedDirection) -> (Option<Goal>, Basis) {
    if let Some((goal, by)) = &evidence.stated {
        return of_stated(metric, *goal, by, evidence);
    }
    if let Some(goal) = goal_of_header(metric) {
        return of_stated(metric, goal, "the name of its column", evidence);
    }
    let known = goal_by_name(metric);
    let fits = evidence.fits;
    let instructed = evidence.instructed.or_else(|| evidence.unbound.filter(|_| known.is_none()));
    let (goal, by) =
        if instructed.is_some() { (instructed, "the loop's instructions say") } else { (known, "its name says") };
    let by_decisions = || {
        let (goal, fit) = shown(fits)?;
        Some((Some(goal), Basis::guess(fit.agreement())))
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
            (Some(goal), Basis::guess("by the loop's instructions, but its name says the opposite"))
        } else {
            (Some(goal), Basis::stated("by the loop's instructions"))
        };
    }
    if let Some(goal) = known {
        if let Some(count) = evidence.against(goal) {
            // Too few to withdraw it, but no decision supports it.
            return (Some(goal), Basis::guess(none_agrees("a known name", count)));
        }
        let (fit, other) = (evidence.fit(goal), evidence.fit(goal.reversed()));
        if contradicted(known, fits) && fit.kept <= other.kept {
            let why = format!(
                "a known name, but {} of the agent's {} keeps and discards disagree",
                fit.disagree,
                fit.judged()
            );
            return (Some(goal), Basis::guess(why));
        }
        return (Some(goal), Basis::stated("a known name"));
    }
    by_decisions().unwrap_or_default()
}

/// Returns a direction that the table itself states. The agent writes tables, so the person's instructions for the
/// column take precedence, and so does a known name that the decisions follow.
fn of_stated(metric: &str, goal: Goal, by: &str, evidence: &StatedDirection) -> (Option<Goal>, Basis) {
    let other = goal.reversed();
    let name = bare_name(metric);
    let known = goal_by_name(name).filter(|_| !is_generic(name));
    let is_named = known == Some(other);
    let by_instructions = evidence.instructed.or_else(|| evidence.unbound.filter(|_| known.is_none()));
    let decided_against = evidence.against(goal);
    if by_instructions == Some(other) {
        let why = format!("the loop's instructions, but {by} says {}", goal.arrow());
        return (Some(other), Basis::guess(why));
    }
    if kept_against(Some(goal), evidence.fits) && (is_named || by_instructions.is_none()) {
        return if is_named {
            (
                Some(other),
                Basis::guess(format!(
                    "a known name and the agent's keeps and discards, but {by} says {}",
                    goal.arrow()
                )),
            )
        } else {
            withdrawn(&format!("{by} says"), Some(goal))
        };
    }
    match decided_against {
        Some(count) if is_named && count > 1 && by_instructions.is_none() => {
            let why = format!("a known name and {count} keeps and discards, but {by} says {}", goal.arrow());
            (Some(other), Basis::guess(why))
        }
        Some(count) => (Some(goal), Basis::guess(none_agrees(by, count))),
        None if is_named => (Some(goal), Basis::guess(format!("{by}, but its name says the opposite"))),
        None => (Some(goal), Basis::stated(by)),
    }
}

fn none_agrees(by: &str, count: usize) -> String {
    format!("{by}, but none of the agent's {count} keeps and discards agrees")
}

/// No direction: the kept values clearly contradict the stated one.
fn withdrawn(by: &str, goal: Option<Goal>) -> (Option<Goal>, Basis) {
    let moved = if goal == Some(Goal::Maximize) { "fall" } else { "rise" };
    let arrow = goal.map_or("", Goal::arrow);
    (None, Basis::guess(format!("{by} {arrow}, but the kept values {moved}")))
}
