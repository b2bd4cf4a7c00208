//! `countersign demo` and `countersign replay`: a loop to look at when there is none at hand.

use std::path::Path;

use super::tui::{self, Opening};
use super::{Code, state_dir};
use crate::demo::{Agent, Folder, Recording, Replay, Speed, is_runnable, set_up, shipped, unpacked};
use crate::observe::now_ms;
use crate::repo::{Person, Places, person};

/// What was asked of `demo`.
pub(super) struct Demo<'a> {
    pub(super) keep: Option<&'a Path>,
    pub(super) recorded: bool,
    pub(super) speed: f64,
    pub(super) seed: Option<u64>,
}

/// How a replay goes.
pub(super) struct Pace {
    pub(super) speed: f64,
    /// Experiments that are there from the start; `None` for two thirds.
    pub(super) laid: Option<usize>,
}

pub(super) fn demo(asked: &Demo<'_>) -> color_eyre::Result<Code> {
    tui::need_terminal()?;
    let folder = folder(asked.keep, "tiny-lm")?;
    if asked.recorded || !is_runnable() {
        let source = shipped()?;
        let why = if asked.recorded { "" } else { "python3 or git is missing, so this is a recording. " };
        let pace = Pace { speed: asked.speed, laid: None };
        return play(Recording::read(source.dir(), source.state())?, &folder, &pace, why);
    }
    set_up(&folder, now_ms() / 1000)?;
    let seed = asked.seed.map(|seed| seed.to_string());
    let words: Vec<&str> = seed.iter().flat_map(|seed| ["--seed", seed]).collect();
    // Ends with us, after the screen is gone.
    let _agent = Agent::start(folder.dir(), &words)?;
    open(&folder, folder.dir(), "a scripted agent trains here, for real: ten seconds to its first keep".to_owned())
}

pub(super) fn replay(dir: &Path, pace: &Pace, keep: Option<&Path>) -> color_eyre::Result<Code> {
    tui::need_terminal()?;
    let unpacked = unpacked(dir)?;
    let recording = match &unpacked {
        Some(folder) => Recording::read(folder.dir(), folder.state())?,
        None => Recording::read(dir, &state_dir())?,
    };
    let folder = folder(keep, "replay")?;
    play(recording, &folder, pace, "")
}

fn play(recording: Recording, folder: &Folder, pace: &Pace, why: &str) -> color_eyre::Result<Code> {
    let laid = pace.laid.unwrap_or(recording.len() * 2 / 3);
    let replay = Replay::begin(recording, folder, laid, now_ms())?;
    let dir = replay.dir().to_owned();
    let greeting = format!("{why}a replay: the last {} experiments are still to come", replay.left());
    // Ends with us, after the screen is gone.
    let _running = replay.start(Speed(pace.speed))?;
    open(folder, &dir, greeting)
}

fn folder(keep: Option<&Path>, name: &str) -> color_eyre::Result<Folder> {
    Ok(match keep {
        Some(dir) => Folder::kept(dir, &state_dir())?,
        None => Folder::scratch(name)?,
    })
}

fn open(folder: &Folder, dir: &Path, greeting: String) -> color_eyre::Result<Code> {
    // A stranger's machine may have no git identity: in a loop of ours that is no obstacle.
    let who = person().is_err().then(|| Person {
        name: std::env::var("USER").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "you".to_owned()),
        email: "you@countersign.invalid".to_owned(),
        signing: crate::signature::Settings::default(),
    });
    tui::run(&Opening { places: Places::from(folder.state()), who, greeting: Some(greeting), ..Opening::new(dir) })
}
