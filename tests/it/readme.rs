//! The documents: their commands run, their configuration reads, their links lead somewhere, and the parts that are
//! generated from the code are current. `UPDATE_DOCS=1 cargo test --test it -- readme::` rewrites those parts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::a_night;
use countersign::app::{Context, Keymap, key_name};
use countersign::cli::Code;
use countersign::config::Preferences;
use countersign::policy::{POLICY_KEYS, Policy};
use countersign::ui::{MARKS, Theme};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every document: its path below the root, and its text.
fn documents() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for directory in ["", "docs", "docs/formats"] {
        for entry in std::fs::read_dir(Path::new(ROOT).join(directory)).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if name.ends_with(".md") {
                let path = if directory.is_empty() { name } else { format!("{directory}/{name}") };
                found.push((path, std::fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 15, "{} documents", found.len());
    found
}

fn document(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// Commands of the console blocks of a text, without their prompt and comment.
fn commands(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("$ "));
    lines.map(|line| line.split(" #").next().unwrap().trim().to_owned()).collect()
}

/// Fails where a document's generated part is not `wanted`; with `UPDATE_DOCS` it is rewritten first.
fn is_current(path: &str, before: &str, after: &str, wanted: &str) {
    let text = document(path);
    let (head, rest) = text.split_once(before).unwrap_or_else(|| panic!("{path} has no {before}"));
    let (shown, tail) = rest.split_once(after).unwrap_or_else(|| panic!("{path} has no {after}"));
    if shown == wanted {
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(Path::new(ROOT).join(path), [head, before, wanted, after, tail].concat()).unwrap();
        return;
    }
    assert_eq!(shown, wanted, "{path} is out of date after {before:?}: UPDATE_DOCS=1 cargo test --test it -- readme::");
}

#[test]
fn every_command_that_is_shown_runs() {
    let night = a_night(12, 4);
    let snapshot = night.snapshot();
    let first = snapshot.experiments[snapshot.waiting[0]].clone();
    night.approve(&first.id).unwrap();
    night.append("run.log", "\rstep 00001 | loss: 3.5\n---\nval_bpb: 0.5\n");
    night.row("-", 0.5, "discard", "the last run");
    let last = night.snapshot();
    let recorded = last.experiments.last().unwrap().id.clone();
    let mut ran = 0;
    // The agent's calls need a proposal first, and its id.
    assert!(night.command(&["init"]).output().unwrap().status.success());
    let asked = night.json(&["propose", "-m", "x", "--head", first.head().unwrap().to_string().as_str()]);
    let asked = asked["id"].as_str().unwrap().to_owned();
    let all: Vec<String> = documents().iter().flat_map(|(_, text)| commands(text)).collect();
    for command in all.iter().filter(|command| command.starts_with("countersign ")) {
        let words: Vec<String> = shell_words::split(command)
            .unwrap()
            .iter()
            .skip(1)
            .map(|word| match word.as_str() {
                "ID" if command.contains(" wait ") => asked.clone(),
                "ID" if command.contains(" series ") => recorded.to_string(),
                "ID" => first.id.to_string(),
                word => word.to_owned(),
            })
            .collect();
        let args: Vec<&str> = words.iter().map(String::as_str).collect();
        // Files are written into a directory that is removed with the test.
        let out = night.command(&args).current_dir(night.dir()).output().unwrap();
        // Commands that need a terminal fail with that reason; the terminal tests run them.
        let decides = [" decide ", " adopt", " restore", " demo", " tell ", " pause", " resume"]
            .iter()
            .any(|verb| command.contains(verb));
        if decides || command.contains("/autoresearch") {
            assert!(String::from_utf8_lossy(&out.stderr).contains("terminal"), "{command}");
        } else if command.contains(" wait ") {
            assert_eq!(out.status.code(), Some(Code::Pending as i32), "{command}");
        } else if command.contains("--allowed-signers") {
            // Nothing is signed here, and that is its objection.
            assert!(String::from_utf8_lossy(&out.stdout).contains(": not signed"), "{command}");
        } else {
            let printed = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
            assert!(out.status.success(), "{command}: {printed}");
        }
        ran += 1;
    }
    assert!(ran >= 20, "{ran} commands found");
    // .ci/run runs the first `cargo test` of the README.
    assert!(commands(&document("README.md")).contains(&"cargo test --locked".to_owned()));
}

#[test]
fn the_first_commands_open_the_terminal_ui() {
    let all = commands(&document("README.md"));
    let runs: Vec<_> = all.iter().filter_map(|command| command.strip_prefix("cargo run --release -- ")).collect();
    assert_eq!(runs, ["demo", "~/autoresearch"], "two commands, and the demo comes first");
    // Without a terminal they fail with that reason; tests/it/terminal.rs runs them in one.
    let night = a_night(4, 4);
    for words in [&["demo"][..], &[]] {
        let out = night.command(words).output().unwrap();
        assert!(String::from_utf8_lossy(&out.stderr).contains("needs a terminal"), "{words:?}");
    }
}

/// A YAML block names its file in a comment on its first line; without a name it is a part of a policy.
#[test]
fn the_policy_the_configuration_and_the_theme_that_are_shown_read() {
    let mut seen = BTreeSet::new();
    for (path, text) in documents() {
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            let file = block.lines().next().unwrap().trim_start_matches("# ").to_owned();
            match file.as_str() {
                "config.yaml" => {
                    let mut preferences = Preferences::default();
                    preferences.apply(block, "config.yaml");
                    assert_eq!(preferences.errors, Vec::<String>::new(), "{path}");
                    assert_eq!(preferences.theme.as_deref(), Some("light"));
                }
                "themes/NAME.yaml" => drop(Theme::parse(block).unwrap_or_else(|error| panic!("{path}: {error:?}"))),
                "policy.yaml" => {
                    let policy = Policy::parse(block).unwrap_or_else(|error| panic!("{path}: {error}"));
                    assert!(policy.protects("prepare.py") && !policy.allows("x.py"));
                }
                // A part of a policy.
                _ => {
                    Policy::parse(block).unwrap_or_else(|error| panic!("{path}: {error}"));
                    continue;
                }
            }
            seen.insert(file);
        }
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}

/// The pictures are screens that the tests capture, character by character.
#[test]
fn the_pictures_are_the_screens_of_the_tests() {
    let mut seen = 0;
    for (path, text) in documents() {
        for part in text.split("<!-- picture: ").skip(1) {
            let name = part.split(" -->").next().unwrap();
            let suite = match name {
                _ if name.starts_with("inbox_round") => "gates",
                "in_part" => "review",
                _ => "cockpit",
            };
            let snapshot = document(&format!("tests/it/snapshots/it__{suite}__{name}_80x24.snap"));
            let screen = snapshot.splitn(3, "---\n").nth(2).unwrap().trim_end();
            let before = format!("<!-- picture: {name} -->\n```\n");
            is_current(&path, &before, "```\n", &format!("{screen}\n"));
            seen += 1;
        }
    }
    assert!(seen >= 8, "{seen} pictures");
}

#[test]
fn the_table_of_keys_is_that_of_the_keymap() {
    let keymap = Keymap::default();
    let mut wanted = String::from("\n");
    for context in Context::all() {
        let own: Vec<_> = keymap.bindings(context).filter(|binding| binding.context == context).collect();
        if own.is_empty() {
            continue;
        }
        let (first, rest) = context.name().split_at(1);
        wanted += &format!("## {}{rest}\n\n| key | effect | action |\n| --- | --- | --- |\n", first.to_uppercase());
        for binding in own {
            let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{}`", key_name(*key))).collect();
            wanted += &format!("| {} | {} | `{}` |\n", keys.join(" "), binding.help, binding.action.name());
        }
        wanted += "\n";
    }
    is_current("docs/keys.md", "<!-- keys: begin -->\n", "<!-- keys: end -->", &wanted);
}

#[test]
fn the_table_of_marks_is_that_of_the_screen() {
    let mut wanted = String::from("\n| mark | meaning |\n| --- | --- |\n");
    for (mark, meaning) in MARKS {
        wanted += &format!("| `{mark}` | {meaning} |\n");
    }
    wanted += "\n";
    is_current("docs/keys.md", "<!-- marks: begin -->\n", "<!-- marks: end -->", &wanted);
}

#[test]
fn the_table_of_policy_keys_is_that_of_the_policy() {
    let mut wanted = String::from("\n| key | values | default | meaning |\n| --- | --- | --- | --- |\n");
    for key in POLICY_KEYS {
        wanted += &format!("| `{}` | {} | {} | {} |\n", key.name, key.values, key.default, key.meaning);
    }
    wanted += "\n";
    is_current("docs/policy.md", "<!-- policy: begin -->\n", "<!-- policy: end -->", &wanted);
}

#[test]
fn the_floors_are_those_that_the_tidy_test_holds() {
    let mut wanted = String::from("\n");
    for (number, floor) in crate::tidy::FLOORS.iter().enumerate() {
        let rooms: Vec<String> = floor.iter().map(|room| format!("`{room}`")).collect();
        wanted += &format!("{}. {}\n", number + 1, rooms.join(" "));
    }
    wanted += "\n";
    is_current("ARCHITECTURE.md", "<!-- floors: begin -->\n", "<!-- floors: end -->", &wanted);
}

#[test]
fn exit_codes_in_the_documents_are_those_of_the_program() {
    let text = document("docs/commands.md");
    let waits = [Code::Partial, Code::ChangesRequested, Code::Vetoed, Code::Pending, Code::Stale, Code::Expired];
    let all = [Code::Good, Code::Error, Code::Usage, Code::NoLoop, Code::Objection, Code::NotDecided];
    for code in all.into_iter().chain(waits) {
        assert!(text.contains(&format!("| {} |", code as u8)), "{code:?} is not documented");
    }
}

#[test]
fn the_readme_stays_small() {
    let size = document("README.md").len();
    assert!(size <= 12 * 1024, "README.md has {size} bytes; details belong into docs/");
}

/// The lines of a text outside of its fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        !fenced && !is_fence
    })
}

/// The anchor that GitHub and GitLab give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut checked = 0;
    for (path, text) in documents() {
        let text: Vec<&str> = prose(&text).collect();
        let text = text.join("\n");
        for link in text.split("](").skip(1).filter_map(|part| part.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            let directory = Path::new(ROOT).join(&path).parent().unwrap().to_path_buf();
            let target: PathBuf = if file.is_empty() { Path::new(ROOT).join(&path) } else { directory.join(file) };
            assert!(target.exists(), "{path}: no file for the link {link}");
            if let Some(heading) = heading {
                let target = std::fs::read_to_string(&target).unwrap();
                let found = prose(&target)
                    .filter(|line| line.starts_with('#'))
                    .any(|line| anchor(line.trim_start_matches('#')) == heading);
                assert!(found, "{path}: no heading for the link {link}");
            }
            checked += 1;
        }
    }
    assert!(checked >= 40, "{checked} links");
}

#[test]
fn the_index_of_the_documents_names_every_page() {
    let index = document("docs/README.md");
    for (path, _) in documents() {
        if let Some(page) = path.strip_prefix("docs/").filter(|page| !page.contains('/') && *page != "README.md") {
            assert!(index.contains(&format!("({page})")), "docs/README.md does not name {page}");
        }
    }
}

/// The map names files that exist, so that nobody is sent to a place of before.
#[test]
fn every_source_that_a_document_names_is_there() {
    let mut named = 0;
    for path in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md"] {
        for code in document(path).split('`').skip(1).step_by(2) {
            let is_source = ["src/", "tests/", "tools/", "docs/", ".ci/"].iter().any(|root| code.starts_with(root));
            if is_source && !code.contains(char::is_whitespace) {
                assert!(Path::new(ROOT).join(code).exists(), "{path} names {code}");
                named += 1;
            }
        }
    }
    let glossary = document("docs/glossary.md");
    let rooms = glossary.split_once("## The rooms").unwrap().1;
    let names: Vec<&str> = rooms.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    for room in &names {
        let directory = Path::new(ROOT).join("src").join(room);
        assert!(
            directory.is_dir() || directory.with_extension("rs").is_file(),
            "docs/glossary.md names the room {room}"
        );
    }
    for entry in std::fs::read_dir(Path::new(ROOT).join("src")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let is_room = entry.path().is_dir();
        assert!(!is_room || names.contains(&&*name), "docs/glossary.md does not name the room {name}");
    }
    assert!(named >= 20, "{named} named");
}

/// The text of all of `src`.
fn source() -> String {
    let mut all = String::new();
    let mut open = vec![Path::new(ROOT).join("src")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            all.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
    all
}

#[test]
fn the_code_that_the_documents_name_exists() {
    // Paths, in every document and in the crate's own map.
    let map = ("src/lib.rs".to_owned(), document("src/lib.rs"));
    for (document, text) in documents().into_iter().chain([map]) {
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_path = ["src/", "tests/", "tools/", "benches/"].iter().any(|root| quoted.starts_with(root));
            let is_plain = quoted.chars().all(|c| c.is_ascii_alphanumeric() || "/_.-".contains(c));
            if is_path && is_plain && document != "CHANGELOG.md" {
                assert!(Path::new(ROOT).join(quoted).exists(), "{document} names {quoted}, which does not exist");
            }
        }
    }
    // Types of the glossary: a name in brackets is an older one.
    let source = source();
    let is_defined = |name: &str| {
        let keywords = ["struct", "enum", "trait", "type", "mod", "fn"];
        keywords.iter().any(|keyword| {
            source
                .match_indices(&format!("{keyword} {name}"))
                .any(|(at, found)| !source[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    };
    let mut checked = 0;
    for row in document("docs/glossary.md").lines().filter(|line| line.starts_with("| ")) {
        let Some(names) = row.trim_end_matches(" |").rsplit(" | ").next().filter(|_| row.matches(" | ").count() == 2)
        else {
            continue;
        };
        let names = names.split(" (").next().unwrap_or_default();
        for name in names.split('`').skip(1).step_by(2).filter(|name| name.starts_with(char::is_uppercase)) {
            let (name, variant) = name.split_once("::").map_or((name, None), |(name, variant)| (name, Some(variant)));
            assert!(is_defined(name), "docs/glossary.md names `{name}`, which the code does not define: {row}");
            if let Some(variant) = variant {
                let uses = format!("{name}::{variant}");
                assert!(source.contains(&uses), "docs/glossary.md names `{uses}`, which the code does not use");
            }
            checked += 1;
        }
    }
    assert!(checked >= 30, "{checked} names checked");
    // What a contributor is pointed to: `Type::item` and `function()`.
    let is_word = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut pointed = 0;
    for (path, text) in documents() {
        let is_map = ["CONTRIBUTING.md", "ARCHITECTURE.md", "docs/formats/README.md"].contains(&&*path);
        if !is_map && !path.starts_with("docs/formats/") {
            continue;
        }
        let prose: Vec<&str> = prose(&text).collect();
        for quoted in prose.join("\n").split('`').skip(1).step_by(2) {
            let (kind, item) = quoted.split_once("::").unwrap_or((quoted, ""));
            let (kind_is_type, function) = (kind.starts_with(char::is_uppercase), quoted.strip_suffix("()"));
            if kind_is_type && is_word(kind) && is_word(item) {
                let uses = [format!("{kind}::{item}"), format!("fn {item}("), format!("pub {item}:")];
                let is_there = is_defined(kind) && uses.iter().any(|used| source.contains(used));
                assert!(is_there, "{path} names `{quoted}`, which the code does not define");
            } else if let Some(name) = function.filter(|name| is_map && is_word(name)) {
                assert!(is_defined(name), "{path} names `{quoted}`, which the code does not define");
            } else {
                continue;
            }
            pointed += 1;
        }
    }
    assert!(pointed >= 4, "{pointed} names checked");
}
