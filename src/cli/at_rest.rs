//! Renders a screen without a terminal: runs all its requests to completion.

use std::path::Path;
use std::sync::Arc;

use color_eyre::eyre::eyre;

use super::poll_fully;
use crate::app::{Effect, Event, State, update};
use crate::query::{QueryCache, Request, Response, answer, stored};
use crate::repo::Repo;
use crate::watch::{View, Watched, now_ms};

/// A state and the means to answer its requests. Writes nothing.
pub(super) struct AtRest {
    pub(super) state: State,
    watched: Watched,
    /// Scratch repository for judging changes; created on first use.
    scratch: Option<Repo>,
    memory: QueryCache,
}

impl AtRest {
    /// Polls a run directory once, as a screen of that size would.
    pub(super) fn open(dir: &Path, size: (u16, u16)) -> color_eyre::Result<Self> {
        let (watched, snapshot) = poll_fully(dir)?;
        let view = View { snapshot: Arc::new(snapshot), policy: Arc::new(watched.policy().clone()) };
        let state = State::new(size, &view, now_ms());
        let memory = QueryCache::with_store(watched.store_path());
        Ok(Self { state, watched, scratch: None, memory })
    }

    /// Runs until there are no more requests.
    pub(super) fn settle(&mut self) -> color_eyre::Result<()> {
        let mut events = vec![Event::Tick(now_ms())];
        while let Some(event) = events.pop() {
            for effect in update(&mut self.state, event) {
                match effect {
                    Effect::Ask(request) => events.push(Event::Answered(self.answer(&request)?)),
                    // These are for a person at a screen: no alerts are sent, and nothing is saved.
                    Effect::Decide(_) | Effect::Shell(_) => {}
                }
            }
        }
        Ok(())
    }

    fn answer(&mut self, request: &Request) -> color_eyre::Result<Response> {
        if let Request::Curves(trial) = request {
            return Ok(stored(&self.memory, *trial));
        }
        if self.scratch.is_none() {
            let repo = self.watched.repo().map_err(|error| eyre!("{error}"))?;
            self.scratch = Some(repo.scratch()?);
        }
        let Some(scratch) = &self.scratch else { return Err(eyre!("no repository")) };
        let state = &self.state;
        Ok(answer(scratch, &mut self.memory, &state.snapshot, &state.policy, request))
    }
}
