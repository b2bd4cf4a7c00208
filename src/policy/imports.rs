//! Module shadowing in Python and Node: by their rules a package, a compiled file or another extension replaces a
//! module without touching its file.

use unicode_normalization::UnicodeNormalization as _;

/// Extensions of importable files.
const IMPORTED: [&str; 20] = [
    "py", "pyw", "pyc", "pyo", "pyd", "so", "dylib", "dll", "js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx",
    "json", "node", "wasm", "zip",
];
/// Files that stand for their directory.
const OF_THEIR_DIRECTORY: [&str; 3] = ["__init__", "index", "package"];

/// A module: the directory in which it is searched for, and its name, normalized for the least strict file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) dir: String,
    pub(super) name: String,
}

impl Module {
    fn of_parts(parts: &[String]) -> Option<Self> {
        let (name, dir) = parts.split_last()?;
        Some(Self { dir: dir.join("/"), name: name.clone() })
    }
}

fn parts_of(path: &str) -> Vec<String> {
    let folded: String = path.nfkc().flat_map(char::to_lowercase).collect();
    folded.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
}

/// Returns the module of a file; `None` for files that are not imported. `a/b.abi3.so`, `a/b/__init__.py`, `a/B.js` and
/// `a/__pycache__/b.cpython-312.pyc` are all `b` in `a`.
pub(super) fn module_of(path: &str) -> Option<Module> {
    let mut parts = parts_of(path);
    let last = parts.pop()?;
    let (_, ending) = last.rsplit_once('.')?;
    if !IMPORTED.contains(&ending) {
        return None;
    }
    let stem = last.split('.').next().unwrap_or_default();
    if parts.last().is_some_and(|dir| dir == "__pycache__") {
        parts.pop();
    }
    if !OF_THEIR_DIRECTORY.contains(&stem) {
        parts.push(stem.to_owned());
    }
    Module::of_parts(&parts)
}

/// True if a file would be imported in place of a path that a policy rule names, or of a package above it. A rule
/// without a directory applies to files of that name in any directory.
pub(super) fn shadows_module(path: &str, rule: &str) -> bool {
    let Some(module) = module_of(path) else { return false };
    let mut parts = parts_of(rule.trim_end_matches('/'));
    let Some(last) = parts.pop().filter(|_| !rule.contains('*')) else { return false };
    let is_file = !rule.ends_with('/') && last.contains('.');
    let stem = if is_file { last.split('.').next().unwrap_or_default().to_owned() } else { last };
    if is_file && module_of(rule).is_none() {
        return false;
    }
    let is_bare = is_file && parts.is_empty();
    let above = (1..=parts.len()).filter_map(|count| Module::of_parts(&parts[..count])).any(|dir| dir == module);
    let own = [parts.clone(), vec![stem.clone()]].concat();
    above || is_bare && module.name == stem || Module::of_parts(&own).is_some_and(|own| own == module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_module_shadows_it() {
        for path in [
            "prepare/__init__.py",
            "Prepare/__init__.py",
            "prepare.so",
            "prepare.abi3.so",
            "prepare.cpython-312-x86_64-linux-gnu.so",
            "prepare.pyd",
            "prepare.pyc",
            "__pycache__/prepare.cpython-312.pyc",
            "PREPARE.PY",
            "ｐrepare.py",
            "src/prepare/__init__.pyc",
            "prepare.js",
            "prepare/index.js",
            "prepare/package.json",
            "prepare.mjs",
        ] {
            assert!(shadows_module(path, "prepare.py"), "{path}");
        }
        for path in ["prepared.py", "train.py", "prepare.txt", "prepare/data.csv", "prepare_more.py", "x/train.so"] {
            assert!(!shadows_module(path, "prepare.py"), "{path}");
        }
    }

    #[test]
    fn a_protected_directory_and_the_packages_above_a_file_are_modules_too() {
        for path in ["eval.py", "eval/__init__.py", "EVAL.so", "eval/score/__init__.py", "eval/score.pyc"] {
            assert!(shadows_module(path, "eval/score.py"), "{path}");
        }
        for path in ["eval/other.py", "score.py", "lib/eval.py", "eval/sub/score.py"] {
            assert!(!shadows_module(path, "eval/score.py"), "{path}");
        }
        assert!(shadows_module("data.py", "data/") && !shadows_module("src/data.py", "data/"));
        assert!(!shadows_module("program.py", "program.md") && !shadows_module("x.py", "*.py"));
    }
}
