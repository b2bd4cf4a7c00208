//! The confirmation of an approval.

use super::leave_revert;
use crate::app::inbox::queue::leave_decided;
use crate::app::keymap::KeyPress;
use crate::app::notice::say;
use crate::app::prompt::Pressed;
use crate::app::{Confirm, Effect, Modal, NoticeKind, State};
use crate::model::{Answer, Approval, Command, DecisionKind, Gate};

pub(in crate::app) fn key_in_confirm(
    state: &mut State,
    mut confirm: Confirm,
    key: KeyPress,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    let reason = match confirm.reply.key(key, &mut state.window.drawn) {
        Pressed::Cancelled => {
            say(state, NoticeKind::Good, "nothing was decided");
            return None;
        }
        Pressed::Entered(reason) => reason,
        Pressed::Edited | Pressed::NotMine => return Some(Modal::Confirm(Box::new(confirm))),
    };
    let candidate = confirm.candidate()?.clone();
    let confirm_is_revert = confirm.is_revert();
    let comments = state.decisions.drafts.comments(&candidate.experiment).to_vec();
    let on_screen_s = state.decisions.drafts.on_screen_s(&candidate.experiment);
    let proposal = confirm.proposal.as_ref().map(|proposal| proposal.asked());
    state.decisions.under_way.insert(candidate.experiment.clone());
    leave_decided(state, &candidate.experiment);
    if confirm_is_revert {
        // It was read, and is being committed.
        leave_revert(state);
    }
    say(state, NoticeKind::Good, "writing to disk …");
    if confirm.assessment.gate == Gate::Run {
        effects.push(Effect::Decide(Command::Answer(Box::new(Answer {
            experiment: candidate.experiment,
            head: Some(candidate.source),
            proposal,
            kind: DecisionKind::Approved,
            reason,
            comments,
            acknowledged: confirm.reply.typed,
            on_screen_s,
        }))));
        return None;
    }
    effects.push(Effect::Decide(Command::Approve(Box::new(Approval {
        candidate,
        base: confirm.assessment.base,
        text: confirm.assessment.text.clone(),
        reason,
        acknowledged: confirm.reply.typed,
        hunks_unseen: confirm.unseen.len(),
        on_screen_s,
        proposal,
        comments,
    }))));
    None
}
