//! Syntax highlighting: finds keywords, strings and comments in lines. Only their kinds; the theme has the colours.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::texts::{Both, Texts};
use crate::model::{FileSide, FileText};

/// Number of lines that are highlighted together.
pub const CHUNK: u32 = 64;
/// Number of preceding lines that are parsed for context; inside a comment that begins earlier, text may be taken for
/// code.
const FARTHEST: u32 = 4_096;
/// Number of lines that are parsed again if no nearer state is known.
const RUN_UP: u32 = 256;
/// Longer lines are not highlighted, in bytes.
const LONGEST: usize = 2_048;
/// Number of files whose parser states are kept.
const MOST_FILES: usize = 8;

/// The kind of a part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// A keyword.
    Keyword,
    /// A string.
    Text,
    /// A number or another constant.
    Number,
    /// A comment.
    Comment,
    /// The name of a function.
    Function,
    /// The name of a type or class.
    Type,
}

/// The highlighted parts of one line, in order; the rest is plain.
pub type LineSyntax = Vec<(Range<usize>, Syntax)>;

/// A chunk of lines in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stretch {
    /// Index of the file.
    pub file: usize,
    /// The side of the diff.
    pub side: FileSide,
    /// Index of the chunk of [`CHUNK`] lines, from 0.
    pub chunk: u32,
}

/// The known syntaxes, loaded on first use.
fn syntaxes() -> &'static SyntaxSet {
    static KNOWN: OnceLock<SyntaxSet> = OnceLock::new();
    KNOWN.get_or_init(two_face::syntax::extra_no_newlines)
}

/// Parser states at the beginnings of chunks, by file.
#[derive(Default)]
pub(super) struct SyntaxStates {
    files: Vec<KnownFile>,
}

struct KnownFile {
    of: Arc<Both>,
    side: FileSide,
    syntax: &'static SyntaxReference,
    /// By chunk; `None` if not known.
    at: Vec<Option<(ParseState, ScopeStack)>>,
}

/// Highlights a stretch; empty if the language is not known.
pub(super) fn colours(states: &mut SyntaxStates, texts: &Texts, wanted: Stretch) -> Vec<LineSyntax> {
    let Some(both) = texts.both(wanted.file) else { return Vec::new() };
    let text = both.side(wanted.side);
    let Some(known) = states.known(both, wanted.side, text) else { return Vec::new() };
    let (mut line, mut state, mut stack) = known.nearest(wanted.chunk);
    let first = wanted.chunk * CHUNK;
    let mut found = Vec::new();
    while line < first + CHUNK {
        let Some(raw) = text.line(line + 1) else { break };
        if line % CHUNK == 0 {
            let at = (line / CHUNK) as usize;
            if known.at.len() <= at {
                known.at.resize(at + 1, None);
            }
            known.at[at].get_or_insert_with(|| (state.clone(), stack.clone()));
        }
        let parts = line_syntax(raw, &mut state, &mut stack);
        if line >= first {
            found.push(parts);
        }
        line += 1;
    }
    found
}

impl SyntaxStates {
    fn known(&mut self, both: &Arc<Both>, side: FileSide, text: &FileText) -> Option<&mut KnownFile> {
        let at = self.files.iter().position(|file| file.side == side && Arc::ptr_eq(&file.of, both));
        let at = match at {
            Some(at) => at,
            None => {
                let syntax = syntax_of(both.path.raw(), text)?;
                if self.files.len() >= MOST_FILES {
                    self.files.remove(0);
                }
                self.files.push(KnownFile { of: Arc::clone(both), side, syntax, at: Vec::new() });
                self.files.len() - 1
            }
        };
        self.files.get_mut(at)
    }
}

impl KnownFile {
    /// The place to start parsing for a chunk: the line, from 0, and the state there.
    fn nearest(&self, chunk: u32) -> (u32, ParseState, ScopeStack) {
        let known = (0..=chunk.min(self.at.len().saturating_sub(1) as u32)).rev();
        for at in known.take_while(|at| (chunk - at) * CHUNK <= FARTHEST) {
            if let Some(Some((state, stack))) = self.at.get(at as usize) {
                return (at * CHUNK, state.clone(), stack.clone());
            }
        }
        let from = if chunk * CHUNK <= FARTHEST { 0 } else { chunk * CHUNK - RUN_UP };
        (from, ParseState::new(self.syntax), ScopeStack::new())
    }
}

/// The syntax for the file's extension or name, or else for its first line.
fn syntax_of(path: &str, text: &FileText) -> Option<&'static SyntaxReference> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or(name, |(_, ending)| ending);
    let all = syntaxes();
    let by_name = all.find_syntax_by_extension(name).or_else(|| all.find_syntax_by_extension(ending));
    let first =
        || text.line(1).filter(|line| line.len() <= LONGEST).and_then(|line| all.find_syntax_by_first_line(line));
    by_name.or_else(first).filter(|syntax| syntax.name != "Plain Text")
}

fn line_syntax(raw: &str, state: &mut ParseState, stack: &mut ScopeStack) -> LineSyntax {
    let mut parts = LineSyntax::new();
    if raw.len() > LONGEST {
        return parts;
    }
    let Ok(ops) = state.parse_line(raw, syntaxes()) else { return parts };
    let mut from = 0;
    for (at, op) in ops.iter().map(|(at, op)| (*at, Some(op))).chain([(raw.len(), None)]) {
        if at > from
            && let Some(meaning) = meaning(stack)
        {
            match parts.last_mut() {
                Some((range, same)) if *same == meaning && range.end == from => range.end = at,
                _ => parts.push((from..at, meaning)),
            }
        }
        from = at.max(from);
        if let Some(op) = op
            && stack.apply(op).is_err()
        {
            break;
        }
    }
    parts
}

/// Scopes with a kind, by prefix.
fn meanings() -> &'static [(Scope, Option<Syntax>)] {
    static KNOWN: OnceLock<Vec<(Scope, Option<Syntax>)>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let all = [
            ("comment", Some(Syntax::Comment)),
            ("string", Some(Syntax::Text)),
            ("constant.character", Some(Syntax::Text)),
            ("constant", Some(Syntax::Number)),
            ("keyword.operator", None),
            ("keyword", Some(Syntax::Keyword)),
            ("storage.type.string", Some(Syntax::Text)),
            ("storage", Some(Syntax::Keyword)),
            ("entity.name.function", Some(Syntax::Function)),
            ("support.function", Some(Syntax::Function)),
            ("variable.function", Some(Syntax::Function)),
            ("variable.language", Some(Syntax::Keyword)),
            ("entity.name.type", Some(Syntax::Type)),
            ("entity.name.class", Some(Syntax::Type)),
            ("entity.other.inherited-class", Some(Syntax::Type)),
            ("support.type", Some(Syntax::Type)),
            ("support.class", Some(Syntax::Type)),
            ("entity.name.tag", Some(Syntax::Keyword)),
            // Code inside a string.
            ("meta.interpolation", None),
        ];
        all.iter().filter_map(|(name, meaning)| Some((Scope::new(name).ok()?, *meaning))).collect()
    })
}

/// The kind of the innermost scope that has one.
fn meaning(stack: &ScopeStack) -> Option<Syntax> {
    let kind = |scope: &Scope| meanings().iter().find(|(prefix, _)| prefix.is_prefix_of(*scope));
    stack.as_slice().iter().rev().find_map(kind).and_then(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ExperimentId, TreeId};

    fn texts(text: &str) -> Texts {
        let both = Both { path: "a/train.py".into(), old: FileText::default(), new: FileText::new(text.as_bytes()) };
        let tree = TreeId::from_bytes([0; 20]);
        Texts { experiment: ExperimentId::new("e"), between: (tree, tree), files: vec![Some(Arc::new(both))] }
    }

    fn kind(line: &str, parts: &LineSyntax) -> Vec<(String, Syntax)> {
        parts.iter().map(|(range, syntax)| (line[range.clone()].to_owned(), *syntax)).collect()
    }

    #[test]
    fn python_is_highlighted() {
        let lines = ["def train(lr=1e-3):  # fast", "    return \"x\" if lr > 0.5 else None"];
        let mut states = SyntaxStates::default();
        let stretch = Stretch { file: 0, side: FileSide::New, chunk: 0 };
        let found = colours(&mut states, &texts(&lines.join("\n")), stretch);
        let first = kind(lines[0], &found[0]);
        for wanted in [
            ("def", Syntax::Keyword),
            ("train", Syntax::Function),
            ("1e-3", Syntax::Number),
            ("# fast", Syntax::Comment),
        ] {
            assert!(first.iter().any(|(text, syntax)| text.trim() == wanted.0 && *syntax == wanted.1), "{first:?}");
        }
        let second = kind(lines[1], &found[1]);
        assert!(second.contains(&("\"x\"".to_owned(), Syntax::Text)), "{second:?}");
    }

    #[test]
    fn a_later_stretch_knows_its_context() {
        let mut text = "x = \"\"\"\n".to_owned();
        text.push_str(&"if True: 1\n".repeat(200));
        text.push_str("\"\"\"\nif True: 1\n");
        let texts = texts(&text);
        let mut states = SyntaxStates::default();
        let mut of = |chunk| colours(&mut states, &texts, Stretch { file: 0, side: FileSide::New, chunk });
        let late = of(3);
        assert_eq!(late[0], [(0..10, Syntax::Text)], "inside the string");
        assert_eq!(late[201 - 192 + 1].first().map(|part| part.1), Some(Syntax::Keyword), "after it");
        assert_eq!(of(1)[0], [(0..10, Syntax::Text)]);
        assert_eq!(of(9), Vec::<LineSyntax>::new(), "beyond the end");
    }

    #[test]
    fn an_unknown_language_has_no_colours() {
        let tree = TreeId::from_bytes([0; 20]);
        let both = Both { path: "x.qqq".into(), old: FileText::default(), new: FileText::new(b"if a\n") };
        let texts = Texts {
            experiment: ExperimentId::new("e"),
            between: (tree, tree),
            files: vec![Some(Arc::new(both)), None],
        };
        for file in [0, 1, 2] {
            assert!(
                colours(&mut SyntaxStates::default(), &texts, Stretch { file, side: FileSide::New, chunk: 0 })
                    .is_empty()
            );
        }
    }
}
