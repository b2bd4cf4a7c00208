//! The integrations, and how each is added to a file.

use serde_json::{Value, json};

/// One integration of an agent with a loop.
#[derive(Clone, Copy, Debug)]
pub struct Integration {
    /// Its name on the command line.
    pub name: &'static str,
    /// The file it is added to, relative to the run directory; `None` if a person copies it.
    pub file: Option<&'static str>,
    /// One-line description.
    pub what: &'static str,
    text: Text,
}

#[derive(Clone, Copy, Debug)]
enum Text {
    /// A section between two markers; `{approved_branch}` in it is replaced by the branch's name.
    Paragraph(&'static str),
    /// An entry of a JSON object: its path and value.
    Entry(fn() -> (Vec<&'static str>, Value)),
    /// A whole file.
    File(&'static str),
    /// A text to copy by hand.
    Copy(&'static str),
}

const PROGRAM: &str = include_str!("program.md");
/// Placeholder for the name of the approved branch.
const BRANCH: &str = "{approved_branch}";
const BEGIN: &str = "<!-- countersign: begin -->";
const END: &str = "<!-- countersign: end -->";
const CODEX: &str = "# ~/.codex/config.toml\n[mcp_servers.countersign]\ncommand = \"countersign\"\nargs = [\"mcp\"]\n";

/// Returns all integrations.
pub fn all() -> [Integration; 9] {
    let join = |name, file, what, text| Integration { name, file, what, text };
    [
        join("program", Some("program.md"), "the instructions for an autoresearch agent", Text::Paragraph(PROGRAM)),
        join(
            "agents",
            Some("AGENTS.md"),
            "the instructions for Codex and other agents that read AGENTS.md",
            Text::Paragraph(PROGRAM),
        ),
        join("claude", Some("CLAUDE.md"), "the instructions for Claude Code", Text::Paragraph(PROGRAM)),
        join("claude-mcp", Some(".mcp.json"), "the MCP server for Claude Code", Text::Entry(mcp_entry)),
        join(
            "claude-hook",
            Some(".claude/settings.json"),
            "a hook that reminds Claude Code of pending proposals (not a security boundary)",
            Text::Entry(hook_entry),
        ),
        join(
            "claude-hook-script",
            Some(".claude/countersign-stop.sh"),
            "the hook itself",
            Text::File(include_str!("stop_hook.sh")),
        ),
        join("codex-mcp", None, "the MCP server for Codex, in your own configuration", Text::Copy(CODEX)),
        join("shell", None, "a plain shell loop", Text::Copy(include_str!("loop.sh"))),
        join("python", None, "ten lines of Python", Text::Copy(include_str!("loop.py"))),
    ]
}

fn mcp_entry() -> (Vec<&'static str>, Value) {
    (vec!["mcpServers", "countersign"], json!({"command": "countersign", "args": ["mcp"]}))
}

fn hook_entry() -> (Vec<&'static str>, Value) {
    let command = "sh \"$CLAUDE_PROJECT_DIR/.claude/countersign-stop.sh\"";
    (vec!["hooks", "Stop"], json!([{"hooks": [{"type": "command", "command": command}]}]))
}

impl Integration {
    /// Returns the text to read or copy, for a loop with the approved branch `branch`.
    pub fn shown(&self, branch: &str) -> String {
        match self.text {
            Text::Paragraph(text) => text.replace(BRANCH, branch),
            Text::File(text) | Text::Copy(text) => text.to_owned(),
            Text::Entry(entry) => {
                let (path, value) = entry();
                let nested = path.iter().rev().fold(value, |inner, key| json!({*key: inner}));
                serde_json::to_string_pretty(&nested).unwrap_or_default()
            }
        }
    }
}

/// The result of adding an integration to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOutcome {
    /// The file already contains it.
    Same,
    /// The new text of the file.
    New(String),
    /// It must be added by hand, for this reason.
    ByHand(String),
}

/// Returns a file's text with an integration added, for a loop with the approved branch `branch`; `before` is `None`
/// for a missing file.
pub fn with_integration(join: &Integration, before: Option<&str>, branch: &str) -> FileOutcome {
    match join.text {
        Text::Copy(_) => FileOutcome::ByHand("copy it".to_owned()),
        Text::File(text) if before == Some(text) => FileOutcome::Same,
        Text::File(text) => FileOutcome::New(text.to_owned()),
        Text::Paragraph(text) => paragraph(&text.replace(BRANCH, branch), before.unwrap_or_default()),
        Text::Entry(entry) => {
            let (path, value) = entry();
            with_entry(&path, value, before)
        }
    }
}

fn paragraph(text: &str, before: &str) -> FileOutcome {
    let after = match (before.find(BEGIN), before.find(END)) {
        (Some(from), Some(to)) if from < to => {
            let rest = before[to + END.len()..].strip_prefix('\n').unwrap_or(&before[to + END.len()..]);
            format!("{}{text}{rest}", &before[..from])
        }
        (None, None) if before.trim().is_empty() => text.to_owned(),
        (None, None) => format!("{}\n\n{text}", before.trim_end()),
        _ => {
            return FileOutcome::ByHand(format!(
                "it contains only one of the markers `{BEGIN}` and `{END}`, or in the wrong order; fix that first"
            ));
        }
    };
    if after == before { FileOutcome::Same } else { FileOutcome::New(after) }
}

fn with_entry(path: &[&str], value: Value, before: Option<&str>) -> FileOutcome {
    let text = before.map(str::trim).filter(|text| !text.is_empty()).unwrap_or("{}");
    let Ok(mut whole) = serde_json::from_str::<Value>(text) else {
        return FileOutcome::ByHand("it is not valid JSON; fix it first".to_owned());
    };
    let mut at = &mut whole;
    for key in &path[..path.len() - 1] {
        let Some(map) = at.as_object_mut() else {
            return unexpected();
        };
        at = map.entry(*key).or_insert_with(|| json!({}));
    }
    let key = path[path.len() - 1];
    let Some(map) = at.as_object_mut() else { return unexpected() };
    match (map.get_mut(key), value) {
        (Some(there), value) if *there == value => return FileOutcome::Same,
        // Other hooks of the same kind are kept.
        (Some(Value::Array(there)), Value::Array(new)) => {
            if new.iter().all(|entry| there.contains(entry)) {
                return FileOutcome::Same;
            }
            there.extend(new);
        }
        (Some(_), _) => {
            return FileOutcome::ByHand(format!("it already has a different `{}`", path.join(".")));
        }
        (None, value) => {
            map.insert(key.to_owned(), value);
        }
    }
    FileOutcome::New(serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n")
}

fn unexpected() -> FileOutcome {
    FileOutcome::ByHand("its structure is unexpected".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_twice_changes_nothing_and_keeps_the_persons_text() {
        for join in all().iter().filter(|join| join.file.is_some()) {
            let befores: &[Option<&str>] = match join.text {
                Text::Paragraph(_) => &[None, Some(""), Some("# mine\n\nkeep this\n"), Some("# mine, no end")],
                Text::Entry(_) => &[
                    None,
                    Some(""),
                    Some("{\"mcpServers\":{\"other\":{}},\"hooks\":{\"Stop\":[{\"hooks\":[]}],\"Start\":1}}"),
                ],
                _ => &[None],
            };
            for before in befores {
                let FileOutcome::New(once) = with_integration(join, *before, "mine/ok") else {
                    panic!("{}: {before:?}", join.name)
                };
                assert_eq!(with_integration(join, Some(&once), "mine/ok"), FileOutcome::Same, "{}", join.name);
                assert!(!once.contains(BRANCH) && once.contains("mine/ok") == matches!(join.text, Text::Paragraph(_)));
                for kept in ["mine", "keep this", "other", "Start"] {
                    assert!(!before.unwrap_or("").contains(kept) || once.contains(kept), "{}: {kept}", join.name);
                }
            }
        }
        assert!(matches!(with_integration(&all()[3], Some("{]"), "b"), FileOutcome::ByHand(_)));
        assert!(matches!(
            with_integration(&all()[3], Some("{\"mcpServers\":{\"countersign\":1}}"), "b"),
            FileOutcome::ByHand(_)
        ));
        assert!(matches!(with_integration(&all()[0], Some(BEGIN), "b"), FileOutcome::ByHand(_)));
    }
}
