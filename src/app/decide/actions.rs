//! Actions that decide, or that send a message to the agent.

use super::answer::{self, compare_rounds, open_comment};
use super::diverged::inspect_branch;
use super::steer;
use super::{AnswerKind, Steer, approve, pick_direction, revert};
use crate::app::inbox::queue::skip;
use crate::app::{DecideAction, Effect, Modal, State};
use crate::model::Goal;

/// Performs an action that decides or sends a message to the agent.
pub(in crate::app) fn act(state: &mut State, action: DecideAction, effects: &mut Vec<Effect>) {
    match action {
        DecideAction::Approve | DecideAction::Veto | DecideAction::Revert if state.snapshot.approved.interrupted => {
            // The interrupted decision is finished first, and retried if that failed.
            state.decisions.ending = false;
        }
        DecideAction::Approve => approve(state),
        DecideAction::Veto => answer::open(state, AnswerKind::Veto, effects),
        DecideAction::RequestChanges => answer::open(state, AnswerKind::Changes, effects),
        DecideAction::AskAgent => answer::open(state, AnswerKind::Question, effects),
        DecideAction::Remeasure => answer::open(state, AnswerKind::Remeasure, effects),
        DecideAction::CommentLine => open_comment(state),
        DecideAction::CompareRounds => compare_rounds(state, effects),
        DecideAction::Skip => skip(state),
        DecideAction::Revert => revert(state, effects),
        DecideAction::ShowSummary => state.open(Modal::Summary(0)),
        DecideAction::SettleBranch => inspect_branch(state, effects),
        DecideAction::TellAgent => steer::open(state, Steer::Note),
        DecideAction::PauseLoop => steer::open(state, Steer::Pause),
        DecideAction::StopTrial => steer::open(state, Steer::StopTrial),
        DecideAction::PickLower => pick_direction(state, Goal::Minimize),
        DecideAction::PickHigher => pick_direction(state, Goal::Maximize),
    }
}
