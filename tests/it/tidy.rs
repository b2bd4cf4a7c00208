//! The invariants of `src/lib.rs` that a machine can hold.

mod circles;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

fn sources(room: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root];
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            // Tests at the end of a file may do what the file may not.
            let text = text.split("#[cfg(test)]").next().unwrap().to_owned();
            let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_string_lossy().into_owned();
            found.push((name, code_only(&text)));
        }
    }
    assert!(!found.is_empty(), "no sources in {room}");
    found.sort();
    found
}

fn code_only(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn forbid(rooms: &[&str], words: &[&str], except: &[&str]) {
    for room in rooms {
        for (name, text) in sources(room) {
            if except.iter().any(|allowed| name.starts_with(allowed)) {
                continue;
            }
            for word in words {
                for (line, code) in text.lines().enumerate() {
                    assert!(!code.contains(word), "{name}: `{word}` in code line {}: {}", line + 1, code.trim());
                }
            }
        }
    }
}

#[test]
fn the_pure_rooms_are_pure() {
    let words = [
        "std::fs",
        "std::io",
        "std::net",
        "SystemTime",
        "Instant",
        "ratatui",
        "crossterm",
        "git2",
        "std::env",
        "now()",
        "tokio",
    ];
    forbid(&["model", "format", "policy", "series", "instrument", "onboarding", "vector"], &words, &[]);
}

#[test]
fn git2_is_named_under_repo_only() {
    forbid(&[""], &["git2"], &["src/repo/"]);
}

#[test]
fn programs_are_run_in_four_rooms_only() {
    let rooms = ["src/signature/", "src/demo/", "src/alerts/", "src/editor/"];
    forbid(&[""], &["Command::new", "process::Command"], &rooms);
}

#[test]
fn colours_are_named_in_the_theme_only() {
    forbid(&["ui", "app", "cli", "runtime"], &["Color", "Colour::", "Stylize"], &["src/ui/theme.rs"]);
}

/// The rooms by floors, from the ground up. A room names rooms of lower floors and no others.
pub(crate) const FLOORS: [&[&str]; 13] = [
    &["disk", "series", "vector", "editor", "onboarding"],
    &["logging", "model"],
    &["policy", "format", "store", "ledger", "user_state"],
    &["signature", "instrument", "alerts"],
    &["repo", "terminal"],
    &["approved"],
    &["mailbox", "query"],
    &["watch"],
    &["decide", "app"],
    &["demo", "ui", "config"],
    &["export"],
    &["runtime"],
    &["cli"],
];

/// The room of a file: its first folder below `src`, or its own name.
fn room_of(file: &str) -> &str {
    file.split('/').nth(1).unwrap_or(file).trim_end_matches(".rs")
}

/// The rooms that a code line names.
fn named_in(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|after| after.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
}

#[test]
fn rooms_name_only_rooms_of_lower_floors() {
    let floor_of = |room: &str| FLOORS.iter().position(|floor| floor.contains(&room));
    for (number, floor) in FLOORS.iter().enumerate() {
        println!("{number:>2}  {}", floor.join(", "));
    }
    for (file, text) in sources("") {
        let own = room_of(&file);
        if matches!(own, "lib" | "main") {
            continue;
        }
        let own_floor = floor_of(own).unwrap_or_else(|| panic!("{file}: the room `{own}` has no floor"));
        for line in text.lines() {
            for room in named_in(line).filter(|room| *room != own) {
                let floor = floor_of(room).unwrap_or_else(|| panic!("{file}: `{room}` is no room: {}", line.trim()));
                assert!(
                    floor < own_floor,
                    "{file} is on floor {own_floor} and names {room} on {floor}: {}",
                    line.trim()
                );
            }
        }
    }
}

/// A text that is cut at a number of bytes may be cut within a letter: `get` and `chars` do not. The readers of logs
/// work on bytes, and are fed odd letters by tests of their own.
#[test]
fn no_text_is_cut_at_a_number_of_bytes() {
    // The anchor is named after digits of a hash.
    let of_text = ["text", "cell", "name", "label", "hash", "line", "word", "path", "title", "id", "short", "value"];
    for (name, text) in
        sources("").into_iter().filter(|(name, _)| !name.starts_with("src/format/") && name != "src/ledger/anchor.rs")
    {
        for (number, line) in text.lines().enumerate() {
            for (at, _) in line.match_indices('[') {
                let (before, inside) = (&line[..at], line[at + 1..].split(']').next().unwrap_or_default());
                let of = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                let (from, to) = inside.split_once("..").unwrap_or(("x", "x"));
                let is_number = |part: &str| part.trim_start_matches('=').bytes().all(|byte| byte.is_ascii_digit());
                let is_cut = is_number(from) && is_number(to) && inside.len() > 2;
                assert!(!is_cut || !of_text.contains(&of), "{name}, code line {}: {}", number + 1, line.trim());
            }
        }
    }
}

/// What our screens and commands say by a sign, an agent must not be able to say.
#[test]
fn signs_of_ours_are_spelled_out_where_somebody_else_writes_them() {
    let is_line = |c: char| matches!(c, '\u{2500}'..='\u{2509}' | '\u{250b}'..='\u{259f}' | '\u{2801}'..='\u{28ff}');
    let is_said = |c: char| !c.is_ascii() && !c.is_alphanumeric() && !is_line(c) && !"–—“”§".contains(c);
    for (name, text) in sources("ui").into_iter().chain(sources("cli")).chain(sources("model/finding.rs")) {
        for c in text.chars().filter(|c| is_said(*c)) {
            let shown = countersign::policy::text::Visible::of(&c.to_string()).to_string();
            assert_eq!(shown, format!("⟨U+{:04X}⟩", c as u32), "{name}: put `{c}` among the signs of policy/text");
        }
    }
}

/// A new action, event or effect must not compile until somebody says what it does. Matches of types that are not ours
/// may have a rest: keys of the terminal, signals of the system.
#[test]
fn what_is_dispatched_is_matched_in_full() {
    let of_others = ["src/runtime/input.rs", "src/runtime/signals.rs"];
    let is_handler = |name: &str| {
        name.starts_with("src/runtime/") && !of_others.contains(&name)
            || ["src/app/update.rs", "src/app/general.rs"].contains(&name)
            || name.starts_with("src/app/") && name.ends_with("/actions.rs")
    };
    let handlers: Vec<_> = sources("").into_iter().filter(|(name, _)| is_handler(name)).collect();
    assert!(handlers.len() >= 12, "{} handlers", handlers.len());
    for (name, text) in handlers {
        for line in text.lines() {
            let arm = line.trim_start();
            assert!(!arm.starts_with("_ =>") && !arm.starts_with("_ if "), "{name} matches the rest: {arm}");
        }
    }
}

#[test]
fn update_never_blocks() {
    forbid(&["app"], &["std::fs", "std::thread", ".await", "block_on", "recv(", "lock()", "process::Command"], &[]);
}

#[test]
fn agent_text_has_no_way_to_a_screen_but_one() {
    for (name, text) in sources("ui").into_iter().chain(sources("cli")) {
        for (number, line) in text.lines().enumerate() {
            let raw = line.contains(".raw()");
            // Comparing raw text is no printing of it: JSON is escaped on its way out.
            assert!(!raw || name == "src/cli/show.rs", "{name}: raw text in code line {}: {}", number + 1, line.trim());
        }
    }
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model/text.rs")).unwrap();
    assert!(!text.contains("impl fmt::Display"), "AgentText must not be printable");
}

#[test]
fn files_stay_small() {
    for (name, text) in sources("") {
        let lines = text.lines().count();
        assert!(lines <= 600, "{name} has {lines} lines of code: where is the seam?");
    }
}

#[test]
fn nothing_is_left_open() {
    forbid(&[""], &["TODO", "FIXME", "todo!", "unimplemented!", "dbg!"], &[]);
}

#[test]
fn errors_that_leave_a_room_are_types() {
    for (file, text) in sources("") {
        let mut signature = String::new();
        for line in text.lines() {
            if signature.is_empty() && !line.trim_start().starts_with("pub fn") {
                continue;
            }
            signature.push_str(line.trim());
            if signature.ends_with('{') || signature.ends_with(';') {
                let results = signature.split("Result<").skip(1);
                let is_text = results.into_iter().any(|result| {
                    let end = result.find(['{', ';']).unwrap_or(result.len());
                    result[..end].trim_end().ends_with(", String>") && !result[..end].contains("Map<String, String>")
                });
                assert!(!is_text, "{file}: {signature}");
                signature.clear();
            }
        }
    }
}

#[test]
fn no_two_types_have_one_name() {
    let mut known: HashMap<String, String> = HashMap::new();
    for (file, text) in sources("") {
        for line in text.lines() {
            let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub") || word.ends_with(')'));
            let (Some(kind), Some(name)) = (words.next(), words.next()) else { continue };
            // The associated types of an `impl` have the names that the trait gives them.
            let is_type = matches!(kind, "struct" | "enum" | "trait" | "union") || line.starts_with("type ");
            let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            // A macro names them with `$name`.
            if is_type
                && !name.is_empty()
                && let Some(other) = known.insert(name.to_owned(), file.clone())
            {
                panic!("`{name}` is a type of {other} and another one of {file}");
            }
        }
    }
}

#[test]
fn names_say_what_they_are() {
    for (name, _) in sources("") {
        for word in ["manager", "helper", "util", "handler"] {
            assert!(!name.contains(word), "{name}");
        }
    }
}
