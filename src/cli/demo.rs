//! `countersign demo` and `countersign replay`: a loop to try when there is none at hand.

use std::path::Path;

use super::opening::Opening;
use super::tui;
use super::{Code, state_dir};
use crate::demo::{Agent, DemoDir, Recording, Replay, Speed, is_runnable, set_up, shipped, unpacked};
use crate::model::{Gate, counted};
use crate::repo::{Person, Places, person};
use crate::watch::now_ms;

/// The options of `demo`.
pub(super) struct Demo<'a> {
    pub(super) keep: Option<&'a Path>,
    pub(super) recorded: bool,
    pub(super) speed: f64,
    pub(super) seed: Option<u64>,
    /// The gate where its agents ask; `None` for agents that do not ask.
    pub(super) gate: Option<Gate>,
    pub(super) via: &'static str,
    pub(super) agents: usize,
}

/// The options of a replay.
pub(super) struct ReplayPace {
    pub(super) speed: f64,
    /// Experiments present at start; `None` for two thirds.
    pub(super) preload: Option<usize>,
}

pub(super) fn demo(options: &Demo<'_>) -> color_eyre::Result<Code> {
    tui::need_terminal()?;
    let demo_dir = demo_dir(options.keep, "tiny-lm")?;
    if options.recorded || !is_runnable() {
        let source = shipped()?;
        let why = if options.recorded { "" } else { "python3 or git is missing, so this is a recording. " };
        let pace = ReplayPace { speed: options.speed, preload: None };
        return play(Recording::read(source.dir(), source.state())?, &demo_dir, &pace, why);
    }
    set_up(&demo_dir, now_ms() / 1000, options.gate)?;
    let (main, program) = (path_word(demo_dir.dir())?, path_word(&std::env::current_exe()?)?);
    // They end with this process, after the screen is closed.
    let _agents: Vec<Agent> = (1..=options.agents)
        .map(|number| start(options, &demo_dir, number, &main, &program))
        .collect::<Result<_, _>>()?;
    let greeting = match (options.gate, options.agents) {
        (None, _) => "a scripted agent is training for real; its first kept change takes about ten seconds".to_owned(),
        (Some(gate), 1) => format!("a scripted agent is training for real, and asks at the {} gate", gate.word()),
        (Some(gate), many) => {
            format!("{many} scripted agents are training for real, and ask at the {} gate", gate.word())
        }
    };
    open(&demo_dir, demo_dir.dir(), greeting)
}

fn start(
    options: &Demo<'_>,
    demo_dir: &DemoDir,
    number: usize,
    main: &str,
    program: &str,
) -> color_eyre::Result<Agent> {
    let mut words: Vec<String> = Vec::new();
    // Each agent tries different ideas, but the same ones each time.
    words.extend(options.seed.iter().flat_map(|seed| ["--seed".to_owned(), (seed + number as u64 - 1).to_string()]));
    if let Some(gate) = options.gate {
        words.extend(["--gate", gate.word(), "--via", options.via, "--countersign", program].map(str::to_owned));
    }
    if number > 1 {
        words.extend(["--number".to_owned(), number.to_string(), "--main".to_owned(), main.to_owned()]);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(Agent::start(demo_dir.dir(), number, &words)?)
}

fn path_word(path: &Path) -> color_eyre::Result<String> {
    let text = path.canonicalize()?.into_os_string().into_string();
    text.map_err(|path| color_eyre::eyre::eyre!("the path {} is not valid UTF-8", path.to_string_lossy()))
}

pub(super) fn replay(dir: &Path, pace: &ReplayPace, keep: Option<&Path>) -> color_eyre::Result<Code> {
    tui::need_terminal()?;
    let unpacked = unpacked(dir)?;
    let recording = match &unpacked {
        Some(demo_dir) => Recording::read(demo_dir.dir(), demo_dir.state())?,
        None => Recording::read(dir, &state_dir())?,
    };
    let demo_dir = demo_dir(keep, "replay")?;
    play(recording, &demo_dir, pace, "")
}

fn play(recording: Recording, demo_dir: &DemoDir, pace: &ReplayPace, why: &str) -> color_eyre::Result<Code> {
    let preload = pace.preload.unwrap_or(recording.len() * 2 / 3);
    let replay = Replay::begin(recording, demo_dir, preload, now_ms())?;
    let dir = replay.dir().to_owned();
    let greeting = format!("{why}replay: {} still to come", counted(replay.left(), "experiment"));
    // It ends with this process, after the screen is closed.
    let _running = replay.start(Speed(pace.speed))?;
    open(demo_dir, &dir, greeting)
}

fn demo_dir(keep: Option<&Path>, name: &str) -> color_eyre::Result<DemoDir> {
    Ok(match keep {
        Some(dir) => DemoDir::kept(dir, &state_dir())?,
        None => DemoDir::scratch(name)?,
    })
}

fn open(demo_dir: &DemoDir, dir: &Path, greeting: String) -> color_eyre::Result<Code> {
    // The machine may have no git identity; a demo loop does not need one.
    let who = person().is_err().then(|| Person {
        name: std::env::var("USER").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "you".to_owned()),
        email: "you@countersign.invalid".to_owned(),
        signing: crate::signature::Settings::default(),
    });
    tui::run(&Opening { places: Places::from(demo_dir.state()), who, greeting: Some(greeting), ..Opening::new(dir) })
}
