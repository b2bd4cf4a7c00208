//! Constants that a change sets to another value: lines of the form `NAME = value`.

use super::{AgentText, FileChange, LineKind};

/// A constant whose value changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnobChange {
    /// The file it is in.
    pub path: AgentText,
    /// Its name.
    pub name: AgentText,
    /// The value before, as written.
    pub old: AgentText,
    /// The value after, as written.
    pub new: AgentText,
}

/// The changes of constants in a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnobChanges {
    /// Every constant that gets another value.
    pub turns: Vec<KnobChange>,
    /// True if the change does nothing else.
    pub nothing_else: bool,
    /// Files with such lines that nobody edits by hand: lock files, generated files, data.
    pub left_out: Vec<AgentText>,
}

/// Longer values are code, not constants.
const LONGEST_VALUE: usize = 40;

/// Finds the constants that a change sets: a removed line `NAME = value` with an added one of the same name in the same
/// file. Values are numbers, arithmetic on numbers, quoted text, `True`, `False` and `None`. Files in which nobody sets
/// constants are left out and listed.
pub fn knob_changes(files: &[FileChange]) -> KnobChanges {
    let mut found = KnobChanges { turns: Vec::new(), nothing_else: true, left_out: Vec::new() };
    for file in files {
        if !is_turned_by_hand(file) {
            found.nothing_else = false;
            let mut lines = file.hunks.iter().flat_map(|hunk| &hunk.lines);
            if lines.any(|line| line.kind == LineKind::Removed && assignment(line.text.raw()).is_some()) {
                found.left_out.push(file.path.clone());
            }
            continue;
        }
        let lines: Vec<_> = file.hunks.iter().flat_map(|hunk| &hunk.lines).collect();
        let of_kind = |kind: LineKind| lines.iter().filter(move |line| line.kind == kind && !line.text.is_blank());
        let mut added: Vec<_> = of_kind(LineKind::Added).map(|line| assignment(line.text.raw())).collect();
        for line in of_kind(LineKind::Removed) {
            let old = assignment(line.text.raw());
            let partner =
                old.and_then(|(name, _)| added.iter().position(|new| new.is_some_and(|(other, _)| other == name)));
            let (Some((name, old)), Some(at)) = (old, partner) else {
                found.nothing_else = false;
                continue;
            };
            if let Some((_, new)) = added.remove(at).filter(|(_, new)| *new != old) {
                let (path, name) = (file.path.clone(), AgentText::from(name));
                found.turns.push(KnobChange { path, name, old: old.into(), new: new.into() });
            }
        }
        found.nothing_else &= added.is_empty() && file.hunks_left_out == 0 && !file.hunks.is_empty();
    }
    found
}

/// Directories whose files are generated or copied.
const GENERATED_DIRECTORIES: [&str; 11] = [
    "node_modules",
    "vendor",
    "third_party",
    "__pycache__",
    "dist",
    "build",
    ".venv",
    "site-packages",
    ".git",
    "wandb",
    "mlruns",
];
/// Lock files without `lock` in their name.
const LOCK_FILES: [&str; 8] = [
    "npm-shrinkwrap.json",
    "go.sum",
    "gradle.lockfile",
    "package.resolved",
    "cartfile.resolved",
    "manifest.toml",
    "_version.py",
    "version.py",
];
/// Name suffixes of generated files in languages that people also write.
const GENERATED_SUFFIXES: [&str; 8] =
    [".min.js", ".min.css", ".pb.go", ".pb.cc", ".pb.h", "_pb2.py", "_pb2_grpc.py", "_pb2.pyi"];
/// Extensions of code and settings; a file without an extension counts as one, too.
const SOURCES: &str = "py pyx pxd pyi rs c h cc cpp cxx hh hpp hxx cu cuh cl m mm metal go js mjs cjs ts tsx jsx java kt kts scala \
    cs fs lua jl r swift zig mojo nim ml hs ex exs clj rb php pl dart sh bash zsh ps1 f90 v sv glsl wgsl yaml \
    yml toml ini cfg conf config gin env properties mk cmake gradle hcl tf jsonnet params";
/// Words in the name of a text file that contains settings: other text files contain outputs, data or notes.
const SETTINGS: &str =
    "config configs conf settings params hparams parameters hyperparameters hyperparams args options cmakelists";

/// True for a file in which a person or an agent sets constants; false for lock files, generated files, notebooks, data
/// and documents.
fn is_turned_by_hand(file: &FileChange) -> bool {
    let lower = file.path.raw().to_ascii_lowercase();
    let (directories, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let is_generated_directory =
        |directory: &str| GENERATED_DIRECTORIES.contains(&directory) || directory.ends_with(".egg-info");
    let is_source = match name.rsplit_once('.') {
        None => true,
        Some((stem, "txt")) => {
            stem.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| SETTINGS.split(' ').any(|known| known == word))
        }
        Some((_, ending)) => SOURCES.split(' ').any(|known| known == ending),
    };
    let is_lock = || LOCK_FILES.contains(&name) || [".lock", "-lock."].iter().any(|part| name.contains(part));
    is_source
        && !(file.nature.is_generated
            || file.nature.notebook.is_some()
            || file.nature.points_to != [None, None]
            || directories.split('/').any(is_generated_directory)
            || GENERATED_SUFFIXES.iter().any(|ending| name.ends_with(ending))
            || name.contains(".generated.")
            || name.contains("_generated.")
            || is_lock())
}

/// Name and value of a line `NAME = value`, with at most a type, a comma or a comment.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (left, right) = line.split_once('=')?;
    let name = left.split(':').next()?.trim();
    // The name of a release does not make a model better.
    let good = name.len() <= 64
        && !matches!(name, "version" | "__version__")
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let value = without_remark(right).trim().trim_end_matches(',').trim_end();
    (good && is_value(value)).then_some((name, value))
}

fn without_remark(text: &str) -> &str {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '#') => return &text[..at],
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text
}

fn is_value(value: &str) -> bool {
    if value.is_empty() || value.len() > LONGEST_VALUE {
        return false;
    }
    if matches!(value, "True" | "False" | "None" | "true" | "false") {
        return true;
    }
    let quoted = |quote: char| {
        value.len() > 1 && value.starts_with(quote) && value.ends_with(quote) && value.matches(quote).count() == 2
    };
    quoted('"') || quoted('\'') || is_arithmetic(value)
}

fn is_arithmetic(value: &str) -> bool {
    value.contains(|c: char| c.is_ascii_digit())
        && value
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | '_' | '+' | '-' | '*' | '/' | '(' | ')' | ' ' | 'e' | 'E'))
}

/// The number that a value stands for; `None` for text, and for arithmetic beyond a product or a power.
pub fn number_of(value: &str) -> Option<f64> {
    let plain = |text: &str| text.trim().replace('_', "").parse::<f64>().ok();
    plain(value)
        .or_else(|| value.split_once("**").and_then(|(a, b)| Some(plain(a)?.powf(plain(b)?))))
        .or_else(|| value.split_once('*').and_then(|(a, b)| Some(plain(a)? * plain(b)?)))
        .or_else(|| value.split_once('/').and_then(|(a, b)| Some(plain(a)? / plain(b)?)))
        .filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Content, DiffLine, FileKind, Hunk};

    fn change(lines: &[(LineKind, &str)]) -> Vec<FileChange> {
        change_of("train.py", lines)
    }

    fn change_of(path: &str, lines: &[(LineKind, &str)]) -> Vec<FileChange> {
        let line = |(kind, text): &(LineKind, &str)| DiffLine {
            kind: *kind,
            old: None,
            new: None,
            text: (*text).into(),
            cut: 0,
            no_newline: false,
        };
        vec![FileChange {
            path: path.into(),
            old: FileKind::Regular,
            new: FileKind::Regular,
            content: Content::Text,
            added: 0,
            removed: 0,
            hunks: vec![Hunk { lines: lines.iter().map(line).collect() }],
            hunks_left_out: 0,
            nature: crate::model::Nature::default(),
        }]
    }

    use LineKind::{Added, Context, Removed};

    #[test]
    fn constants_are_found_and_code_is_not() {
        let found = knob_changes(&change(&[
            (Context, "A = 1"),
            (Removed, "LR = 0.05  # the rate"),
            (Removed, "    width=2**7,"),
            (Removed, "ACT: str = \"tanh\""),
            (Added, "LR = 0.1  # the rate = larger"),
            (Added, "    width=2**8,"),
            (Added, "ACT: str = \"relu\""),
        ]));
        let turned: Vec<_> = found.turns.iter().map(|turn| (turn.name.raw(), turn.old.raw(), turn.new.raw())).collect();
        assert_eq!(turned, [("LR", "0.05", "0.1"), ("width", "2**7", "2**8"), ("ACT", "\"tanh\"", "\"relu\"")]);
        assert!(found.nothing_else);
        for code in [
            "hidden = squash(total)",
            "x == 1",
            "if a = b:",
            "y = x + 1",
            "z = f(1)",
            "w = \"a\" + \"b\"",
            "version = \"1.2\"",
        ] {
            assert_eq!(assignment(code), None, "{code}");
        }
        let found = knob_changes(&change(&[(Removed, "LR = 1"), (Added, "LR = 2"), (Added, "more()")]));
        assert!(found.turns.len() == 1 && !found.nothing_else);
    }

    #[test]
    fn lock_files_data_and_generated_files_are_left_out() {
        let lines = [(Removed, "width = \"1.0\""), (Added, "width = \"1.1\"")];
        for path in [
            "uv.lock",
            "sub/poetry.lock",
            "Cargo.lock",
            "pnpm-lock.yaml",
            "package-lock.json",
            "go.sum",
            "a/node_modules/b/index.js",
            "vendor/x/config.py",
            "x.egg-info/PKG-INFO",
            "api_pb2.py",
            "schema.generated.ts",
            "train.ipynb",
            "out/eval_results.txt",
            "metrics.json",
            "run.log",
            "README.md",
            "data.csv",
            "app.min.js",
            "data/labels.txt",
            "tokenizer.json",
            "logs/out.txt",
            "notes.txt",
            "tests/golden.txt",
            "train.dat",
            "Manifest.toml",
            "environment.lock.yml",
            "conda-lock.yml",
        ] {
            let found = knob_changes(&change_of(path, &lines));
            assert!(found.turns.is_empty() && !found.nothing_else, "{path}");
            assert_eq!(found.left_out, [AgentText::from(path)]);
        }
        for path in [
            "train.py",
            "configs/base.toml",
            "conf/train.yaml",
            "hparams.txt",
            "setup.cfg",
            "src/build_model.py",
            "state.py",
            "metrics.py",
            "lockstep.py",
            "data/prepare.py",
            "Makefile",
            "kernels/attention.cu",
        ] {
            let found = knob_changes(&change_of(path, &lines));
            assert!(found.turns.len() == 1 && found.left_out.is_empty(), "{path}");
        }
        let mut generated = change_of("train.py", &lines);
        generated[0].nature.is_generated = true;
        assert!(knob_changes(&generated).turns.is_empty());
        let beside =
            knob_changes(&[change_of("uv.lock", &lines), change(&[(Removed, "LR = 1"), (Added, "LR = 2")])].concat());
        assert_eq!(beside.turns.iter().map(|turn| turn.name.raw()).collect::<Vec<_>>(), ["LR"]);
        assert!(!beside.nothing_else, "other packages may have made the difference");
    }

    #[test]
    fn values_are_compared_as_numbers() {
        assert_eq!(number_of("6_000"), Some(6000.0));
        assert_eq!(number_of("2**10"), Some(1024.0));
        assert_eq!(number_of("1e-3"), Some(0.001));
        assert_eq!(number_of("\"tanh\""), None);
    }
}
