//! A screen without a terminal: every request is answered before the screen is read.

use std::path::Path;
use std::sync::Arc;

use super::{Outside, apply, poll_fully};
use crate::app::{Event, Shell, State};
use crate::model::Command;
use crate::query::{QueryCache, Request, Response, answer, stored};
use crate::repo::Repo;
use crate::watch::{View, Watched, now_ms};

/// A state, and the means to answer its requests. Writes nothing.
pub(crate) struct Headless {
    pub(crate) state: State,
    answers: Answers,
}

impl Headless {
    /// Opens a run directory, polled once, on a screen of that size.
    pub(crate) fn open(dir: &Path, size: (u16, u16)) -> color_eyre::Result<Self> {
        let (watched, snapshot) = poll_fully(dir)?;
        let view = View { snapshot: Arc::new(snapshot), policy: Arc::new(watched.policy().clone()) };
        let memory = QueryCache::with_store(watched.store_path());
        let state = State::new(size, &view, now_ms());
        Ok(Self { state, answers: Answers { watched, scratch: None, memory } })
    }

    /// Runs until no request is left.
    pub(crate) fn settle(&mut self) {
        apply(&mut self.state, None, &mut self.answers, Event::Tick(now_ms()));
    }
}

struct Answers {
    watched: Watched,
    /// Scratch repository for judging changes; created on first use.
    scratch: Option<Repo>,
    memory: QueryCache,
}

impl Answers {
    fn scratch(&mut self) -> Result<&Repo, String> {
        let repo = match self.scratch.take() {
            Some(repo) => repo,
            None => {
                let repo = self.watched.repo().map_err(ToString::to_string)?;
                repo.scratch().map_err(|error| error.to_string())?
            }
        };
        Ok(self.scratch.insert(repo))
    }
}

impl Outside for Answers {
    fn ask(&mut self, request: Request, state: &State) -> Vec<Event> {
        let response = if let Request::Curves(trial) = request {
            stored(&self.memory, trial)
        } else if let Err(why) = self.scratch() {
            Response::Failed(request, why)
        } else if let Some(scratch) = &self.scratch {
            answer(scratch, &mut self.memory, &state.snapshot, &state.policy, &request)
        } else {
            return Vec::new();
        };
        vec![Event::Answered(response)]
    }

    /// Does nothing: nobody decides at this screen.
    fn decide(&mut self, _: Command, _: &State) -> Vec<Event> {
        Vec::new()
    }

    /// Does nothing: no alert is sent, and nothing is saved.
    fn shell(&mut self, _: Shell, _: &State) -> Vec<Event> {
        Vec::new()
    }
}
