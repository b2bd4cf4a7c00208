//! The built binary in a real terminal: what only a terminal shows.

use std::time::{Duration, Instant};

use crate::support::tty::{DEADLINE, Tty, wait_for};
use crate::support::{self, Loop, a_night, has_faults};

#[test]
fn a_step_and_a_row_are_seen_and_decided_and_git_agrees() {
    let night = a_night(8, 4);
    let mut tty = Tty::open(&night, 100, 40, &[]);
    tty.wait("the inbox", |screen| screen.contains("waiting"));
    let train = std::fs::read_to_string(night.path("train.py")).unwrap();
    night.write("train.py", train.replace("LR = 1", "LR = 7.5"));
    let head = night.commit("lr");
    night.append("run.log", "\rstep 00001 (50.0%) | loss: 3.25 | remaining: 5s    \r");
    tty.wait("the running trial", |screen| screen.contains("50 %"));
    night.row(&head[..7], 0.9, "keep", "the newest one");
    tty.wait("the row", |screen| screen.contains("the newest one"));
    // The first that waits is approved, the next one vetoed.
    tty.wait("the evidence", |screen| screen.contains("measured as is"));
    tty.keys("a");
    tty.wait("the confirmation", |screen| screen.contains("approve") && screen.contains("tree"));
    tty.keys("\r");
    tty.wait("the approval", |screen| screen.contains("on disk"));
    tty.keys("v");
    tty.wait("the veto", |screen| screen.contains("reason:"));
    tty.keys("not convinced\r");
    tty.wait("the veto's record", |screen| screen.contains("vetoed, record 5, on disk"));
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    tty.assert_restored();
    assert_eq!(night.git(&["rev-list", "--count", "countersign/approved", "^master"]), "1");
    assert_eq!(night.git(&["log", "-1", "--format=%cn", "countersign/approved"]), "Ada Human");
    assert_eq!(night.head(), head, "the loop is where it was");
    let log = night.command(&["log", "--json"]).output().unwrap();
    let text = String::from_utf8(log.stdout).unwrap();
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((first["decision"].as_str(), first["reason"].as_str()), (Some("vetoed"), Some("not convinced")));
    assert!(night.command(&["verify"]).output().unwrap().status.success());
}

#[test]
fn every_way_out_restores_the_terminal() {
    let night = a_night(4, 4);
    let signals = ["TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "ABRT", "TRAP"];
    for way in ["q", "\u{3}"].into_iter().chain(signals) {
        let mut tty = Tty::open(&night, 80, 24, &[]);
        tty.wait("the inbox", |screen| screen.contains("waiting"));
        assert!(tty.parser.lock().unwrap().screen().alternate_screen());
        if signals.contains(&way) {
            tty.signal(way);
        } else {
            tty.keys(way);
        }
        assert_eq!(tty.exit_code(), 0, "{way:?}");
        tty.assert_restored();
    }
}

/// The system ended it, and not the person: they are told, and a script can tell.
#[test]
fn a_limit_of_the_system_that_ends_the_screen_is_said() {
    let night = a_night(4, 4);
    for (signal, limit) in [("XFSZ", "ulimit -f"), ("XCPU", "ulimit -t")] {
        let mut tty = Tty::open(&night, 160, 24, &[]);
        tty.wait("the inbox", |screen| screen.contains("waiting"));
        tty.signal(signal);
        assert_eq!(tty.exit_code(), 1, "{signal}");
        tty.assert_restored();
        tty.wait("why", |screen| screen.contains(limit) && screen.contains("raise the limit"));
    }
}

#[test]
fn a_panic_restores_the_terminal_before_its_message() {
    if !has_faults() {
        return;
    }
    let night = a_night(4, 4);
    let mut tty = Tty::open(&night, 80, 24, &[("COUNTERSIGN_PANIC_ON_DRAW", "1")]);
    assert_ne!(tty.exit_code(), 0);
    tty.assert_restored();
    tty.wait("the message", |screen| screen.contains("panicked"));
}

/// Presses `a` until its window is there: a change that took another one's place a moment ago asks for the key again, and
/// where the person left is one.
fn opens_window(tty: &mut Tty, key: &str, question: &str) {
    tty.keys(key);
    tty.wait(question, |screen| screen.contains(question));
}

fn opens_confirmation(tty: &mut Tty) {
    let end = Instant::now() + DEADLINE;
    while !tty.screen().contains("Enter commits") {
        assert!(Instant::now() < end, "{}", tty.screen());
        tty.keys("a");
        let again = Instant::now() + Duration::from_secs(1);
        while !tty.screen().contains("Enter commits") && Instant::now() < again {
            std::thread::park_timeout(Duration::from_millis(3));
        }
    }
}

#[test]
fn a_panic_beside_the_screen_is_told_with_its_message() {
    if !has_faults() {
        return;
    }
    let night = a_night(4, 4);
    // Without the thread that watches there is nothing to show: it ends, and says what happened.
    let mut tty = Tty::open(&night, 160, 24, &[("COUNTERSIGN_PANIC_ON_LOOK", "1")]);
    assert_ne!(tty.exit_code(), 0);
    tty.assert_restored();
    tty.wait("the message", |screen| screen.contains("asked to panic while looking") && screen.contains("observe"));
    // A decision that fails so leaves the screen there, with the message.
    let mut tty = Tty::open(&night, 160, 24, &[("COUNTERSIGN_FAULT", "panic:locked")]);
    tty.sees("measured as is");
    opens_confirmation(&mut tty);
    tty.keys("\r");
    tty.wait("the fault", |screen| screen.contains("internal error"));
    tty.keys("q");
    assert_ne!(tty.exit_code(), 0);
    tty.assert_restored();
    tty.wait("the message", |screen| screen.contains("asked to panic at a step of a decision"));
    // A panic within a panic aborts the program, whichever thread it is of.
    let mut tty = Tty::open(&night, 160, 24, &[("COUNTERSIGN_FAULT", "panic-twice:locked")]);
    tty.sees("measured as is");
    opens_confirmation(&mut tty);
    tty.keys("\r");
    assert_ne!(tty.exit_code(), 0);
    tty.assert_restored();
}

#[test]
fn keys_that_were_typed_ahead_decide_nothing() {
    let night = a_night(8, 4);
    let mut tty = Tty::open(&night, 80, 24, &[]);
    tty.sees("measured as is");
    tty.keys("kkkja\rkja\ra\r");
    tty.sees("were ignored");
    assert!(night.snapshot().decisions.is_empty());
    tty.keys("\r");
    tty.sees("on disk");
    assert_eq!(night.snapshot().decisions.len(), 1);
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
}

/// A terminal that reads nothing: what is typed blind decides nothing, and the program ends when it is told to.
/// tmux and slow links hand on an Esc together with the key after it, which reads like Alt with that key.
#[test]
fn escape_and_a_key_that_arrive_together_cancel() {
    let night = a_night(12, 4);
    let mut tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("the evidence", |screen| screen.contains("measured as is"));
    for (window, question, after) in [("a", "Enter commits", "\x1b\r"), ("v", "reason:", "because\x1b\r")] {
        for keys in [after, &after.replace('\r', "j")] {
            opens_window(&mut tty, window, question);
            tty.keys_at_once(keys);
            tty.wait("the window gone", |screen| !screen.contains(question));
            // The Enter went to the inbox, where it opens the review.
            tty.keys("\x1b");
            tty.wait("the inbox", |screen| screen.contains("lineage order"));
        }
    }
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    assert!(night.snapshot().decisions.is_empty());
}

#[test]
fn a_terminal_that_does_not_read_keeps_nobody() {
    let night = a_night(8, 4);
    for way in ["TERM", "HUP", "\u{3}"] {
        let mut tty = Tty::open(&night, 80, 24, &[]);
        tty.sees("measured as is");
        tty.block(true);
        // Frames until no more fits.
        for at in 0..100 {
            tty.resize(100 + 40 * (at % 3), 40);
            std::thread::park_timeout(Duration::from_millis(20));
        }
        for blind in ["a", "\r", "\r"] {
            tty.keys(blind);
            std::thread::park_timeout(Duration::from_millis(100));
        }
        if way.len() == 1 {
            tty.keys(way);
        } else {
            tty.signal(way);
        }
        assert_eq!(tty.exit_code_unread(), 0, "{way:?}");
        tty.block(false);
        tty.assert_restored();
        assert!(night.snapshot().decisions.is_empty(), "{way:?}");
    }
}

/// What was typed while the terminal took a frame is taken in when it did, without another key.
#[test]
fn a_terminal_that_reads_again_shows_what_was_typed_meanwhile() {
    let night = a_night(8, 4);
    let mut tty = Tty::open(&night, 80, 24, &[]);
    tty.sees("measured as is");
    tty.block(true);
    for at in 0..100 {
        tty.resize(100 + 40 * (at % 3), 40);
        std::thread::park_timeout(Duration::from_millis(20));
    }
    tty.keys("4");
    tty.block(false);
    tty.sees("lineage ·");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn after_a_stop_everything_is_drawn_again() {
    let night = a_night(8, 4);
    let mut tty = Tty::open(&night, 80, 24, &[]);
    tty.sees("measured as is");
    tty.signal("STOP");
    tty.resize(120, 40);
    tty.parser.lock().unwrap().process(b"\x1b[2J");
    tty.signal("CONT");
    tty.wait("the screen", |screen| {
        screen.contains("waiting") && screen.lines().any(|line| line.chars().count() > 100)
    });
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    tty.assert_restored();
}

/// A shell that stops it gets its terminal as it was, and it goes on where it stopped.
#[test]
fn a_shell_that_stops_it_finds_the_terminal_as_it_was() {
    if std::process::Command::new("bash").arg("-c").arg("true").status().is_err() {
        eprintln!("skipped: there is no bash here");
        return;
    }
    let night = a_night(8, 4);
    let dir = night.dir().to_string_lossy().into_owned();
    let script = "set -m; \"$0\" \"$1\"; stty -a | grep -o ' icanon'; read -r line; echo \"read: $line\"; fg > /dev/null; echo left";
    let mut tty = Tty::program(&night, 80, 24, &[], "bash", &["-c", script, &support::binary(), &dir]);
    tty.sees("measured as is");
    let shell = tty.child.process_id().unwrap();
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    let pid = children.split_whitespace().next().unwrap();
    assert!(std::process::Command::new("kill").args(["-s", "TSTP", pid]).status().unwrap().success());
    tty.wait("the shell's own terminal", |screen| screen.contains("icanon"));
    tty.assert_restored();
    tty.keys("typed to the shell\r");
    tty.wait("the screen again", |screen| screen.contains("waiting") && screen.contains("measured as is"));
    tty.keys("q");
    tty.sees("left");
    tty.assert_restored();
}

#[test]
fn with_too_few_descriptors_it_says_so() {
    let night = a_night(4, 4);
    let dir = night.dir().to_string_lossy().into_owned();
    for most in [10, 16, 24, 40] {
        let script = format!("ulimit -n {most}; exec \"$0\" \"$1\"");
        let mut tty = Tty::program(&night, 160, 24, &[], "sh", &["-c", &script, &support::binary(), &dir]);
        assert_eq!(tty.exit_code(), 1, "{most}: {}", tty.screen());
        assert!(tty.screen().contains("ulimit -n 1024"), "{most}: {}", tty.screen());
    }
    // Where only the soft limit is low, it is raised.
    let script = "ulimit -Sn 16; exec \"$0\" \"$1\"";
    let mut tty = Tty::program(&night, 80, 24, &[], "sh", &["-c", script, &support::binary(), &dir]);
    tty.sees("waiting");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn a_closed_terminal_ends_the_program() {
    ends_with_its_terminal("");
}

/// Below a program that is told of it and does nothing, as `sudo` and `script` may be: nobody tells ours.
#[test]
fn a_closed_terminal_ends_the_program_that_nobody_tells_of_it() {
    ends_with_its_terminal("trap '' HUP; \"$0\" \"$1\"; true");
}

fn ends_with_its_terminal(below: &str) {
    let night = a_night(4, 4);
    // Another process holds the terminal, so that killing it closes the terminal for good.
    let mut holder = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "terminal::holds_a_terminal", "--nocapture"])
        .env("HOLD_A_TERMINAL_ON", night.folder())
        .env("HOLD_IT_BELOW", below)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut pid = String::new();
    let mut out = std::io::BufReader::new(holder.stdout.take().unwrap());
    while !pid.starts_with("pid ") {
        pid.clear();
        assert!(std::io::BufRead::read_line(&mut out, &mut pid).unwrap() > 0, "the holder ended early");
    }
    let alive = format!("/proc/{}", pid.trim_start_matches("pid ").trim());
    assert!(std::path::Path::new(&alive).exists());
    holder.kill().unwrap();
    holder.wait().unwrap();
    let end = Instant::now() + DEADLINE;
    while std::path::Path::new(&alive).exists() {
        assert!(Instant::now() < end, "it lives on without a terminal");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Not a test of its own: the process that `a_closed_terminal_ends_the_program` kills.
#[test]
fn holds_a_terminal() {
    let Some(folder) = std::env::var_os("HOLD_A_TERMINAL_ON") else { return };
    let night = Loop::at(folder.into());
    let below = std::env::var("HOLD_IT_BELOW").unwrap();
    let (binary, dir) = (support::binary(), night.dir().to_string_lossy().into_owned());
    let tty = match below.as_str() {
        "" => Tty::open(&night, 80, 24, &[]),
        script => Tty::program(&night, 80, 24, &[], "sh", &["-c", script, &binary, &dir]),
    };
    tty.wait("the inbox", |screen| screen.contains("waiting"));
    // A frame would find out by itself: there is none any more.
    let drawn = || tty.bytes.lock().unwrap().len();
    let mut before = 0;
    while drawn() != before {
        before = drawn();
        std::thread::park_timeout(Duration::from_millis(500));
    }
    let mut pid = tty.child.process_id().unwrap();
    if !below.is_empty() {
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        pid = children.split_whitespace().next().unwrap().parse().unwrap();
    }
    println!("\npid {pid}");
    std::thread::park_timeout(DEADLINE);
}

#[test]
fn a_resize_at_any_moment_is_followed() {
    let night = a_night(8, 4);
    let mut tty = Tty::open(&night, 80, 24, &[]);
    tty.wait("the inbox", |screen| screen.contains("waiting"));
    for (columns, rows) in [(200, 50), (20, 5), (41, 11), (120, 40)] {
        tty.resize(columns, rows);
        tty.keys("j");
    }
    tty.wait("the wide screen", |screen| {
        screen.lines().any(|line| line.chars().count() > 100) && screen.contains("waiting")
    });
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn without_colours_nothing_is_coloured_and_all_is_said() {
    let night = a_night(8, 4);
    for environment in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let mut tty = Tty::open(&night, 80, 24, &[environment]);
        tty.wait("the evidence", |screen| screen.contains("measured as is"));
        let parser = tty.parser.lock().unwrap();
        let mut reversed = 0;
        for row in 0..24 {
            for column in 0..80 {
                let cell = parser.screen().cell(row, column).unwrap();
                assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
                reversed += usize::from(cell.inverse());
            }
        }
        assert!(reversed > 10, "the selection is still seen");
        drop(parser);
        tty.keys("q");
        assert_eq!(tty.exit_code(), 0);
    }
}

#[test]
fn hostile_text_reaches_the_terminal_spelled_out() {
    let night = a_night(2, 4);
    let attack = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}evil\u{1b}]52;c;ZXZpbA==\u{7}";
    night.write("train.py", format!("x = 1 # {attack}\r\n"));
    let head = night.commit(attack);
    night.row(&head[..7], 0.5, "keep", attack);
    let mut tty = Tty::open(&night, 120, 40, &[]);
    tty.wait("the inbox", |screen| screen.contains("waiting"));
    tty.keys("G");
    tty.wait("the attack, spelled out", |screen| screen.contains("␛]0;owned␇") && screen.contains("hidden"));
    tty.keys("\r234w");
    tty.wait("the warnings", |screen| {
        screen.contains("could not be read") || screen.contains("Everything could be read")
    });
    tty.keys("x");
    tty.wait("the lineage", |screen| !screen.contains("Esc closes"));
    tty.keys("q");
    tty.exit_code();
    let bytes = tty.bytes.lock().unwrap();
    let bytes = support::tty::without_titles(&bytes);
    for bad in [&b"\x1b]"[..], "\u{9b}".as_bytes(), "\u{202e}".as_bytes(), b"\x1bP", b"\x07"] {
        assert!(!bytes.windows(bad.len()).any(|window| window == bad), "{bad:?} reached the terminal");
    }
}

/// Processes whose working directory lies below a folder, by the process table.
fn living_below(folder: &std::path::Path) -> usize {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| std::fs::read_link(entry.path().join("cwd")).ok())
        .filter(|cwd| cwd.starts_with(folder))
        .count()
}

#[test]
fn the_demo_is_a_real_loop_that_is_gone_when_it_is_left() {
    if !countersign::demo::is_runnable() {
        eprintln!("skipped: there is no python3 here");
        return;
    }
    let night = a_night(2, 4);
    let scratch = tempfile::tempdir().unwrap();
    let scratch_dir = scratch.path().canonicalize().unwrap();
    let temp = ("TMPDIR", scratch_dir.to_str().unwrap());
    let mut tty = Tty::run(&night, 100, 30, &[temp], &["demo", "--seed", "1"]);
    tty.wait("the greeting", |screen| screen.contains("a scripted agent is training for real"));
    tty.wait("a live curve", |screen| screen.contains("running now  last"));
    tty.wait("a change to judge", |screen| screen.contains("measured as is"));
    tty.keys("a");
    tty.wait("the confirmation", |screen| screen.contains("Enter commits"));
    tty.keys("\r");
    tty.wait("the approval", |screen| screen.contains("on disk"));
    assert!(living_below(&scratch_dir) > 0, "the loop goes on");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    tty.assert_restored();
    wait_for("the end of the loop", || living_below(&scratch_dir) == 0);
    assert_eq!(std::fs::read_dir(&scratch_dir).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn the_demo_ends_its_loop_even_when_it_is_killed() {
    if !countersign::demo::is_runnable() {
        eprintln!("skipped: there is no python3 here");
        return;
    }
    let night = a_night(2, 4);
    let kept = tempfile::tempdir().unwrap();
    let dir = kept.path().canonicalize().unwrap().join("kept");
    let mut tty = Tty::run(&night, 100, 30, &[], &["demo", "--keep", dir.to_str().unwrap()]);
    tty.wait("a live curve", |screen| screen.contains("running now  last"));
    tty.signal("KILL");
    tty.exit_code();
    wait_for("the end of the loop", || living_below(&dir) == 0);
    assert!(dir.join("train.py").is_file() && dir.join(".git").is_dir(), "it was to be kept");
}

#[test]
fn without_python_the_demo_replays_and_says_so() {
    let night = a_night(2, 4);
    let mut tty = Tty::run(&night, 120, 30, &[("PATH", "/nonexistent")], &["demo", "--speed", "50"]);
    tty.wait("why", |screen| screen.contains("python3 or git is missing, so this is a recording"));
    tty.wait("the recording", |screen| screen.contains("measured as is"));
    tty.wait("its end", |screen| screen.contains("76 exp"));
    tty.keys("4");
    tty.wait("its decisions", |screen| screen.contains("✓") || screen.contains("waiting"));
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn the_mouse_the_clipboard_and_the_title() {
    let night = a_night(8, 4);
    let mut tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("the inbox", |screen| screen.contains("measured as is"));
    let written = |tty: &Tty, wanted: &[u8]| {
        let bytes = tty.bytes.lock().unwrap();
        bytes.windows(wanted.len()).any(|window| window == wanted)
    };
    let count = night.snapshot().waiting.len();
    wait_for("the title", || written(&tty, format!("\x1b]0;countersign mar8: {count} waiting\x07").as_bytes()));
    // A click on a tab, in the terminal's own words.
    let column = tty.screen().lines().nth(1).unwrap().find("3 Progress").unwrap() + 2;
    tty.keys(&format!("\x1b[<0;{column};2M\x1b[<0;{column};2m"));
    tty.wait("the progress", |screen| screen.contains("by experiment"));
    tty.keys("1");
    tty.wait("the inbox", |screen| screen.contains("waiting"));
    let second = night.snapshot().experiments[night.snapshot().waiting[1]].clone();
    tty.keys("\x1b[<0;5;5M");
    let name = format!("─ {}", countersign::policy::text::Visible::line(&second.name()));
    tty.wait("the second one", |screen| screen.contains(&name));
    tty.keys("y");
    tty.wait("what was copied", |screen| screen.contains("copied"));
    use base64::Engine as _;
    let coded = base64::engine::general_purpose::STANDARD.encode(second.head().unwrap().to_string());
    assert!(written(&tty, format!("\x1b]52;c;{coded}").as_bytes()), "through the terminal into the clipboard");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    tty.assert_restored();
    assert_eq!(tty.parser.lock().unwrap().screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    assert!(written(&tty, b"\x1b[22;2t") && written(&tty, b"\x1b[23;2t"), "the old title comes back");
}

#[test]
fn a_configuration_is_used_and_its_mistakes_are_told() {
    let night = a_night(8, 4);
    let folder = night.folder().join("home/.config/countersign");
    night.environment();
    std::fs::create_dir_all(folder.join("themes")).unwrap();
    let config = "theme: mine\nmouse: false\nwindow_title: false\nkeys:\n  inbox: {skip: a}\n  everywhere: {quit: Q}\n";
    std::fs::write(folder.join("config.yaml"), config).unwrap();
    std::fs::write(folder.join("themes/mine.yaml"), "like: light\ntitle: [bold]\n").unwrap();
    std::fs::write(folder.join("themes/broken.yaml"), "bad: [rde]\n").unwrap();
    let mut tty = Tty::open(&night, 120, 30, &[("COLORTERM", "truecolor")]);
    tty.wait("the mistake", |screen| screen.contains("configuration: "));
    tty.wait("the inbox", |screen| screen.contains("waiting"));
    assert_eq!(tty.parser.lock().unwrap().screen().cell(20, 60).unwrap().bgcolor(), vt100::Color::Rgb(255, 255, 255));
    tty.keys("w");
    tty.wait("all mistakes with their places", |screen| {
        screen.contains("line 5")
            && screen.contains("`a` is already")
            && screen.contains("approve in inbox")
            && screen.contains("themes/broken.yaml: line 1")
    });
    tty.keys("x");
    tty.wait("the inbox", |screen| !screen.contains("Esc closes"));
    tty.keys("qqQ");
    assert_eq!(tty.exit_code(), 0);
    let bytes = tty.bytes.lock().unwrap();
    for never in [&b"\x1b]"[..], b"\x1b[?1000h", b"\x1b[22;2t"] {
        assert!(!bytes.windows(never.len()).any(|window| window == never), "{never:?}");
    }
}

#[test]
fn who_comes_back_stands_where_they_stood() {
    let night = a_night(12, 4);
    let mut tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("the inbox", |screen| screen.contains("measured as is"));
    tty.keys("jj4q");
    assert_eq!(tty.exit_code(), 0);
    night.row("-", 0.5, "discard", "while you were away");
    let mut tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("what happened", |screen| screen.contains("+1 experiment") && screen.contains("since "));
    tty.wait("the lineage", |screen| screen.contains("lineage ·"));
    tty.keys("i");
    tty.wait("the page", |screen| {
        screen.contains("new experiments") && screen.contains("1 experiment: 0 kept, 1 discarded")
    });
    tty.keys("xq");
    assert_eq!(tty.exit_code(), 0);
    // A connection that is lost is a visit that ended, too.
    let mut tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("what happened", |screen| screen.contains("no new experiment"));
    tty.keys("3");
    tty.wait("the progress", |screen| screen.contains("by experiment"));
    tty.signal("HUP");
    tty.exit_code();
    let tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("the progress again", |screen| screen.contains("by experiment"));
}

#[test]
fn idle_means_not_a_byte() {
    let night = a_night(8, 4);
    let mut tty = Tty::open(&night, 80, 24, &[]);
    tty.wait("the evidence", |screen| screen.contains("measured as is"));
    // At rest when nothing came for longer than any poll and tick.
    let written = |tty: &Tty| tty.bytes.lock().unwrap().len();
    let end = Instant::now() + DEADLINE;
    loop {
        let before = written(&tty);
        let until = Instant::now() + Duration::from_millis(3500);
        while Instant::now() < until {
            std::thread::park_timeout(Duration::from_millis(50));
        }
        if written(&tty) == before {
            break;
        }
        assert!(Instant::now() < end, "it never comes to rest");
    }
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn a_decision_is_made_on_the_command_line() {
    let night = a_night(8, 4);
    let snapshot = night.snapshot();
    let first = snapshot.experiments[snapshot.waiting[0]].id.to_string();
    let second = snapshot.experiments[snapshot.waiting[1]].id.to_string();
    let dir = night.dir().to_string_lossy().into_owned();
    let mut tty = Tty::run(&night, 100, 30, &[], &["decide", &first, "approve", "-C", &dir, "-r", "fine"]);
    tty.wait("the question", |screen| screen.contains("type `approve` to continue"));
    tty.keys("no\r");
    assert_eq!(tty.exit_code(), 5, "called off");
    assert!(!night.try_git(&["rev-parse", "countersign/approved"]).status.success());
    let mut tty = Tty::run(&night, 100, 30, &[], &["decide", &first, "approve", "-C", &dir, "-r", "fine"]);
    tty.wait("the question", |screen| screen.contains("type `approve` to continue"));
    tty.keys("approve\r");
    assert_eq!(tty.exit_code(), 0);
    assert!(night.git(&["log", "-1", "--format=%B", "countersign/approved"]).contains("fine"));
    let mut tty = Tty::run(&night, 100, 30, &[], &["decide", &second, "veto", "-C", &dir]);
    assert_eq!(tty.exit_code(), 5, "a veto needs a reason");
    let mut tty = Tty::run(&night, 100, 30, &[], &["decide", &first, "veto", "-C", &dir, "-r", "late"]);
    assert_eq!(tty.exit_code(), 5, "decided already");
    tty.wait("who decided", |screen| screen.contains("already approved by Ada Human"));
}

#[test]
fn a_decision_needs_a_terminal() {
    let night = a_night(8, 4);
    let out = night.command(&["decide", "HEAD", "approve"]).output().unwrap();
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("standard input must be a terminal"));
    let out = night.command(&[]).output().unwrap();
    assert_eq!(out.status.code(), Some(1));
}

/// A program that stands for the person's editor: it writes what it was given and where it was, and edits.
fn an_editor(a_loop: &support::Loop, script: &str) -> (String, std::path::PathBuf) {
    let (path, log) = (a_loop.folder().join("editor.sh"), a_loop.folder().join("editor.log"));
    let text = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" \"$PWD\" > {}\n{script}\n", log.display());
    std::fs::write(&path, text).unwrap();
    std::process::Command::new("chmod").arg("+x").arg(&path).status().unwrap();
    (path.to_str().unwrap().to_owned(), log)
}

/// Goes into the review and presses `E` until it has an effect: at first the file may still be being read.
fn edits(tty: &mut Tty, what: &str, good: impl Fn(&str) -> bool) {
    const EARLY: &str = "the file is still being read";
    const UNBOUND: &str = "\u{1b}[24~";
    tty.keys("\r}");
    tty.sees("Review");
    loop {
        tty.keys("E");
        tty.wait(what, |screen| good(screen) || screen.contains(EARLY));
        if !tty.screen().contains(EARLY) {
            return;
        }
        tty.keys(UNBOUND);
        tty.wait("the line below empty again", |screen| !screen.contains(EARLY));
    }
}

#[test]
fn the_editor_gets_the_terminal_and_gives_it_back() {
    let night = a_night(8, 4);
    // It reads a line from the terminal, as an editor does, and changes the file.
    let (editor, log) = an_editor(
        &night,
        "stty -a < /dev/tty | grep -q ' icanon' && echo cooked\nread line\nsed -i \"s/= /= $line/\" \"$1\"",
    );
    let mut tty = Tty::open(&night, 100, 30, &[("EDITOR", &editor)]);
    tty.wait("the inbox", |screen| screen.contains("measured as is"));
    let opened = |screen: &str| screen.contains("cooked") && !screen.contains("Review");
    edits(&mut tty, "the editor in a terminal of its own", opened);
    tty.keys("77\r");
    tty.wait("the change that was made there", |screen| screen.contains("edited by you") && screen.contains("= 77"));
    tty.keys("j");
    tty.wait("keys that are read again", |screen| screen.contains('▸'));
    let told = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].ends_with("/train.py") && lines.len() == 2, "{told}");
    assert!(!lines[1].starts_with(night.dir().to_str().unwrap()), "never in the agent's repository: {told}");
    assert!(!std::path::Path::new(lines[1]).exists(), "the copy is gone");
    tty.keys("\u{3}");
    assert_eq!(tty.exit_code(), 0);
    tty.assert_restored();
}

#[test]
fn an_editor_that_fails_or_hangs_takes_nothing_along() {
    let night = a_night(8, 4);
    let (editor, _) = an_editor(&night, "echo changed >> \"$1\"\nexit 3");
    let mut tty = Tty::open(&night, 100, 30, &[("EDITOR", &editor)]);
    tty.wait("the inbox", |screen| screen.contains("measured as is"));
    edits(&mut tty, "that it failed", |screen| {
        screen.contains("failed") && screen.contains("your edit is not applied")
    });
    tty.keys("q");
    tty.wait("the inbox", |screen| !screen.contains("Review"));
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    let mut tty = Tty::open(&night, 100, 30, &[("EDITOR", "/nowhere/editor")]);
    tty.wait("the inbox", |screen| screen.contains("measured as is"));
    edits(&mut tty, "what to do", |screen| screen.contains("could not be started") && screen.contains("$EDITOR"));
    tty.keys("\u{3}");
    tty.exit_code();
    // One that waits for ever goes with us when the terminal goes.
    let (editor, _) = an_editor(&night, "echo waiting\nexec sleep 1000");
    let mut tty = Tty::open(&night, 100, 30, &[("EDITOR", &editor)]);
    tty.wait("the inbox", |screen| screen.contains("measured as is"));
    edits(&mut tty, "the editor", |screen| screen.contains("waiting") && !screen.contains("Review"));
    tty.signal("TERM");
    assert_eq!(tty.exit_code(), 0);
    tty.assert_restored();
}

#[test]
fn what_was_written_is_there_again_after_a_kill() {
    let night = a_night(8, 4);
    let mut tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("the inbox", |screen| screen.contains("measured as is"));
    tty.keys("\r}x");
    tty.wait("the verdict", |screen| screen.contains("× excluded"));
    let drafts = night.state().join("drafts");
    support::tty::wait_for("the draft on disk", || {
        // Under its name: what is still being written has another one, and is lost with who writes it.
        let files = std::fs::read_dir(&drafts).into_iter().flatten().flatten();
        let files = files.filter(|file| !file.file_name().to_string_lossy().starts_with('.'));
        files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).any(|text| text.contains("left_out\":{\""))
    });
    tty.signal("KILL");
    tty.exit_code();
    let mut tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("the same review", |screen| screen.contains("Review") && screen.contains("× excluded"));
    // The connection is lost: the next visit begins there, too.
    tty.keys("jj");
    tty.signal("HUP");
    tty.exit_code();
    let mut tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("the same review again", |screen| screen.contains("Review") && screen.contains("back where you left off"));
    tty.keys("q");
    tty.wait("the inbox", |screen| !screen.contains("Review"));
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
}
