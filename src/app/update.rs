//! `update`: applies an event to the state, and returns the effects to perform.

use std::sync::Arc;

use crate::app::arrivals::{answered, decided, observed};
use crate::app::curves::follow::follow_curves;
use crate::app::decide::answer::asked;
use crate::app::decide::diverged::{end_interrupted, found};
use crate::app::decide::forget_revert;
use crate::app::decide::steer::collected;
use crate::app::inbox::queue::{count_time, keep_drafts};
use crate::app::jobs::{ask_for_curves, ask_for_screen};
use crate::app::mouse::mouse;
use crate::app::notice::say;
use crate::app::prompt::keys::{key_in_modal, paste};
use crate::app::prompt::open::check_subject;
use crate::app::review::amend::ask_for_amended;
use crate::app::review::edit::edited;
use crate::app::review::refresh_doc;
use crate::app::target::ShownChange;
use crate::app::{
    Action, ChartAction, Context, Effect, Event, Feature, Keymap, NoticeKind, Shell, State, ViewKind, curves, decide,
    general, navigate, review, runs,
};

/// The notice for actions that need a loop.
const NO_LOOP: &str = "no loop here (needs `results.tsv` or `autoresearch.jsonl`); 7 lists the runs";

/// Applies an event. Synchronous and total.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Event::Tick(now_ms) = event {
        state.now_ms = now_ms;
    }
    count_time(state);
    let by_person = matches!(event, Event::Key(_) | Event::Mouse(_));
    match event {
        Event::Focus(focus) => {
            state.alerts.focus = Some(focus);
            if focus {
                state.screen.signs.forget();
            }
        }
        Event::Key(key) => {
            state.alerts.key_ms = state.now_ms;
            state.screen.has_moved = true;
            state.screen.notice = None;
            let action = if state.window.modal.is_some() {
                key_in_modal(state, key, &mut effects)
            } else {
                state.screen.keymap.action(state.context(), key)
            };
            if let Some(action) = action {
                act(state, action, &mut effects);
            }
        }
        Event::Mouse(event) => {
            state.screen.has_moved = true;
            mouse(state, event);
        }
        Event::Paste(text) => paste(state, &text),
        Event::Resize(width, height) => {
            state.screen.size = (width, height);
            state.window.drawn.resized();
            state.screen.signs.forget();
        }
        Event::Observed(view) if state.live.frozen => state.live.pending_view = Some(view),
        Event::Observed(view) => observed(state, &view),
        Event::Answered(answer) => answered(state, answer, &mut effects),
        Event::Decided(result) => decided(state, result),
        Event::Asked(result) => asked(state, result),
        Event::ProposalsCollected(result) => collected(state, result),
        Event::DivergedFound(result) => found(state, result),
        Event::Notice(kind, text) => say(state, kind, text),
        Event::PolicyWritten(result) => match result {
            Ok(text) => say(state, NoticeKind::Good, text),
            Err(why) => say(state, NoticeKind::Bad, why),
        },
        Event::Host(host) => state.live.host = Some(host),
        Event::Drawn(frame) => {
            if let Some(rows) = frame.diff_rows {
                state.review.drawn(rows);
                let (review, signs) = (&state.review, &mut state.screen.signs);
                let asked = review.doc.as_ref().and_then(|doc| signs.ask(doc, review.texts.as_deref(), rows));
                effects.extend(asked.map(|signs| Effect::Shell(Shell::Measure(signs))));
            }
            state.window.drawn.drawn(frame, state.now_ms);
            // Under a window the person cannot see the selection change.
            if state.window.modal.is_none() {
                state.screen.target.drawn(state.now_ms);
            }
        }
        Event::SeenUntil(frame) => state.window.drawn.faced(frame),
        Event::Measured(found) => state.screen.signs.answered(found),
        Event::Edited(editing, result) => edited(state, &editing, result),
        Event::Tick(_) => {}
    }
    follow(state, by_person, &mut effects);
    effects
}

/// Brings everything that is derived from the state up to date after an event, and requests unknown data.
fn follow(state: &mut State, by_person: bool, effects: &mut Vec<Effect>) {
    // First whether a key would still act on what the person saw: only the first reason why not is reported, and the
    // new rows of the diff may give another.
    check_subject(state);
    let shown = state.shown().map(|index| ShownChange::of(&state.snapshot, &state.assessments, index));
    state.screen.target.follow(shown, by_person);
    // What the program does by itself.
    end_interrupted(state, effects);
    let newest = Arc::clone(state.newest());
    effects.extend(state.alerts.due(&newest, state.now_ms).map(|alert| Effect::Shell(Shell::Alert(alert))));
    ask_for_screen(state, effects);
    // The layout counts the listed runs, and the selected one is drawn.
    state.refresh_runs();
    follow_diff(state, effects);
    ask_for_curves(state, effects);
    follow_curves(state);
    // Last: the drafts hold the place of the cursor in the rows.
    keep_drafts(state, effects);
}

/// Lays out the diff on the screen, and requests what its rows need.
fn follow_diff(state: &mut State, effects: &mut Vec<Effect>) {
    // A revert that left the screen gives way to the change first: its rows must not be built.
    forget_revert(state);
    refresh_doc(state);
    let height = state.diff_height();
    state.review.find_differing_words(height);
    ask_for_amended(state, effects);
    // Other files first: they forget the colours of those before.
    effects.extend(state.review.ask_for_texts().map(Effect::Ask));
    effects.extend(state.review.ask_for_colours(height).into_iter().map(Effect::Ask));
}

/// Performs an action by handing it to its feature. An action without a binding in this context names the contexts that
/// have one.
fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let context = state.context();
    if !Keymap::has(context, action) {
        let (name, here) = (action.name(), context.name());
        return say(
            state,
            NoticeKind::Bad,
            format!("{name} has no effect in {here}, only in {}", Keymap::contexts_of(action)),
        );
    }
    let is_comparison = state.review.open.as_ref().is_some_and(|review| review.against.is_some());
    // The text on the screen is not what would be committed.
    if is_comparison && (action.acts_on_change() || action == Action::ShowResult) {
        return say(state, NoticeKind::Bad, "this is a comparison; Esc leaves it, then you can decide");
    }
    if state.screen.target.is_too_soon(action, state.now_ms) {
        let why = "another change took this place just now; read it, then press the key again";
        return say(state, NoticeKind::Bad, why);
    }
    if state.lacks_loop_for(action) {
        return say(state, NoticeKind::Plain, NO_LOOP);
    }
    match action.feature() {
        Feature::General(action) => general::act(state, action, effects),
        Feature::Go(action) => navigate::act(state, action, effects),
        Feature::Review(action) => review::actions::act(state, action, effects),
        Feature::Decide(action) => decide::actions::act(state, action, effects),
        Feature::Chart(action) => move_part(state, action),
        Feature::Curves(action) => curves::actions::act(state, action),
        Feature::Runs(action) => runs::navigate::act(state, action),
    }
}

/// Zooms or pans whatever is wider than the screen.
fn move_part(state: &mut State, action: ChartAction) {
    match (state.context(), action) {
        (Context::Review, ChartAction::PanLeft) => review::actions::pan_lines(state, false),
        (Context::Review, ChartAction::PanRight) => review::actions::pan_lines(state, true),
        (Context::View(ViewKind::Progress), action) => {
            let selected = state.selected();
            state.progress.act(action, &state.snapshot.in_segment(), selected);
        }
        (Context::Review | Context::Everywhere | Context::View(_), action) => curves::zoom::move_part(state, action),
    }
}
