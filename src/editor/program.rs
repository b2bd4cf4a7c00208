//! The person's editor program, and its arguments to open a file at a line.

use std::ffi::OsString;
use std::path::Path;

use super::EditorError;

/// An editor with the person's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editor {
    name: String,
    own: Vec<String>,
}

impl Editor {
    /// Returns the person's editor as git would choose it: `GIT_EDITOR`, `core.editor` of their own configuration,
    /// `VISUAL`, `EDITOR`, else vi.
    pub fn of_person(core_editor: Option<String>) -> Result<Self, EditorError> {
        let get = |name: &str| std::env::var(name).ok();
        let candidates = [get("GIT_EDITOR"), core_editor, get("VISUAL"), get("EDITOR")];
        let line = candidates.into_iter().flatten().find(|line| !line.trim().is_empty());
        Self::parse(&line.unwrap_or_else(|| "vi".to_owned()))
    }

    /// Splits a command line into words; it is never passed to a shell.
    fn parse(line: &str) -> Result<Self, EditorError> {
        let words =
            shell_words::split(line).map_err(|error| EditorError::Unparsable { line: line.to_owned(), error })?;
        let mut words = words.into_iter();
        let name = words.next().ok_or(EditorError::Blank)?;
        Ok(Self { name, own: words.collect() })
    }

    /// Returns the program.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns all arguments to open a file at a line. Disables settings in the file itself where the editor allows it:
    /// the text is not the person's.
    pub fn args(&self, file: &Path, line: u32) -> Vec<OsString> {
        let mut args: Vec<OsString> = self.own.iter().map(Into::into).collect();
        let at = || {
            let mut at = file.as_os_str().to_owned();
            at.push(format!(":{line}"));
            at
        };
        let add =
            |args: &mut Vec<OsString>, words: &[&str]| args.extend(words.iter().map(|word| OsString::from(*word)));
        let program = self.name.rsplit('/').next().unwrap_or_default();
        let is_waiting = self.own.iter().any(|word| word == "--wait" || word == "-w");
        match program {
            "vim" | "nvim" | "gvim" => {
                add(&mut args, &["--cmd", "set nomodeline"]);
                args.extend([format!("+{line}").into(), file.into()]);
            }
            "emacs" => {
                add(&mut args, &["--eval", "(setq enable-local-variables nil)"]);
                args.extend([format!("+{line}").into(), file.into()]);
            }
            "vi" | "nvi" | "view" | "nano" | "pico" | "micro" | "emacsclient" | "kak" | "joe" | "mcedit" | "ne"
            | "jed" => {
                args.extend([format!("+{line}").into(), file.into()]);
            }
            "hx" | "helix" => args.push(at()),
            "code" | "codium" | "cursor" => {
                if !is_waiting {
                    add(&mut args, &["--wait"]);
                }
                add(&mut args, &["--goto"]);
                args.push(at());
            }
            "subl" | "zed" => {
                if !is_waiting {
                    add(&mut args, &["--wait"]);
                }
                args.push(at());
            }
            _ => args.push(file.into()),
        }
        args
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<String> {
        let program = Editor::parse(line).unwrap_or_else(|why| Editor { name: why.to_string(), own: Vec::new() });
        program.args(Path::new("/t/train.py"), 7).into_iter().map(|arg| arg.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn each_editor_gets_the_line_in_its_own_form() {
        assert_eq!(args("vi"), ["+7", "/t/train.py"]);
        assert_eq!(args("/usr/bin/nvim -u NONE"), ["-u", "NONE", "--cmd", "set nomodeline", "+7", "/t/train.py"]);
        assert_eq!(args("hx"), ["/t/train.py:7"]);
        assert_eq!(args("code"), ["--wait", "--goto", "/t/train.py:7"]);
        assert_eq!(args("code -w"), ["-w", "--goto", "/t/train.py:7"]);
        assert_eq!(args("my-editor 'a b'"), ["a b", "/t/train.py"]);
    }

    #[test]
    fn a_shell_line_is_not_a_program() {
        let program =
            Editor::parse("vi; rm -rf /").unwrap_or_else(|why| Editor { name: why.to_string(), own: Vec::new() });
        assert_eq!(program.name(), "vi;", "this is the name of the program, which does not exist");
        assert!(Editor::parse("vi 'x").is_err());
        assert!(Editor::parse(" ").is_err());
    }
}
