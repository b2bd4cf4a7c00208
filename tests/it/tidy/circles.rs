//! No circle of imports between the files of a room: what is in a circle cannot be read one file after another.
//!
//! A name is resolved to the file that defines it, whoever hands it out. A call of a method says no file, and is not
//! seen. A `mod.rs` and the files below it belong together: imports between them do not count.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::iter::once;

use super::sources;

type Path = Vec<String>;

/// The modules of the crate, by their paths from its root.
struct Modules(HashMap<Path, Module>);

#[derive(Default)]
struct Module {
    file: String,
    /// The items that it defines.
    items: HashSet<String>,
    /// The paths that it writes, in `use` declarations and elsewhere.
    paths: Vec<Path>,
    /// The names that it imports or hands out, and where they are.
    imported: HashMap<String, Path>,
    /// The modules all of whose names it imports or hands out.
    globs: Vec<Path>,
}

impl Modules {
    fn read() -> Self {
        let mut all = Self(HashMap::new());
        let mut uses = Vec::new();
        for (file, text) in sources("").into_iter().filter(|(file, _)| file != "src/main.rs") {
            let own = module_of(&file);
            let (declared, code) = apart(&text);
            let items = code.lines().filter_map(defined).map(str::to_owned).collect();
            let paths = declared.iter().map(|(path, _)| path.clone()).chain(paths(&code)).collect();
            all.0.insert(own.clone(), Module { file, items, paths, ..Module::default() });
            uses.extend(declared.into_iter().map(|(path, name)| (own.clone(), path, name)));
        }
        for (own, path, name) in uses {
            let Some(path) = all.whole_path(&own, &path) else { continue };
            let module = all.0.get_mut(&own).unwrap();
            if name == "*" {
                module.globs.push(path);
            } else {
                module.imported.insert(name, path);
            }
        }
        all
    }

    /// The path from the root of a path that a module writes; `None` for one into another crate.
    fn whole_path(&self, own: &Path, path: &[String]) -> Option<Path> {
        let up = path.iter().take_while(|part| *part == "super").count();
        match path[0].as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([own, &path[1..]].concat()),
            "super" => Some([own.get(..own.len().checked_sub(up)?)?, &path[up..]].concat()),
            first
                if self.0.contains_key(&[own.as_slice(), &path[..1]].concat()) || self.0[own].items.contains(first) =>
            {
                Some([own, path].concat())
            }
            first => Some([self.0[own].imported.get(first)?, &path[1..]].concat()),
        }
    }

    /// The module that defines the item of a path, and the item: the first part that is no module. The last part may be
    /// an item that has the name of a module.
    fn definition(&self, path: &[String], seen: &mut HashSet<Path>) -> Option<(Path, String)> {
        let last = path.len().checked_sub(1)?;
        let depth = (0..=last).rev().find(|depth| self.0.contains_key(&path[..*depth]))?;
        let (at, rest) = path.split_at(depth);
        let name = &rest[0];
        let module = &self.0[at];
        if module.items.contains(name) {
            return Some((at.to_vec(), name.clone()));
        }
        if !seen.insert(path[..=depth].to_vec()) {
            return None;
        }
        if let Some(handed) = module.imported.get(name)
            && let Some(found) = self.definition(&[handed, &rest[1..]].concat(), seen)
        {
            return Some(found);
        }
        module.globs.iter().find_map(|of| self.definition(&[of, rest].concat(), seen))
    }

    /// By file: the files that it imports from, each with one of the names.
    fn imports(&self) -> BTreeMap<&str, BTreeMap<&str, String>> {
        let mut found: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
        for (own, module) in &self.0 {
            let defined = module
                .paths
                .iter()
                .filter_map(|path| self.whole_path(own, path))
                .filter_map(|path| self.definition(&path, &mut HashSet::new()));
            for (of, name) in defined {
                let of = &self.0[&of].file;
                if *of != module.file && !is_below(of, &module.file) && !is_below(&module.file, of) {
                    found.entry(&module.file).or_default().insert(of, name);
                }
            }
        }
        found
    }
}

/// `src/model/mod.rs` is the module `model`, `src/model/text.rs` is `model::text`, and `src/lib.rs` the root.
fn module_of(file: &str) -> Path {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let path = if path == "lib" { "" } else { path.trim_end_matches("/mod") };
    path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// True for a file in the directory of a module, `a/mod.rs` or `a.rs`.
fn is_below(file: &str, module: &str) -> bool {
    let directory = module.trim_end_matches(".rs").trim_end_matches("/mod");
    file.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// A line without its visibility.
fn after_pub(line: &str) -> &str {
    let Some(rest) = line.strip_prefix("pub") else { return line };
    match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')').map_or(rest, |(_, rest)| rest).trim_start(),
        None => rest.trim_start(),
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The item that a line begins to define in its module.
fn defined(line: &str) -> Option<&str> {
    // A macro may define a type, which is then indented.
    let is_whole = !line.starts_with(' ');
    let text = after_pub(line.trim_start());
    let mut words = text.split(' ').skip_while(|word| matches!(*word, "async" | "unsafe" | "const"));
    let first = words.next()?;
    let name = match first {
        "struct" | "enum" | "trait" | "union" => words.next()?,
        "type" | "fn" | "static" | "macro_rules!" if is_whole => words.next()?,
        _ if is_whole && text.starts_with("const ") => first,
        _ => return None,
    };
    name.split(|c| !is_of_name(c)).next().filter(|name| !name.is_empty())
}

/// The paths of the `use` declarations of a file, each with the name that it gives, and the rest of the file.
fn apart(text: &str) -> (Vec<(Path, String)>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    let mut declaration = String::new();
    for line in text.lines() {
        if declaration.is_empty() && !after_pub(line.trim_start()).starts_with("use ") {
            rest.extend([line, "\n"]);
            continue;
        }
        declaration.extend([line.trim(), " "]);
        if let Some(path) = after_pub(declaration.trim_end()).strip_suffix(';') {
            flatten(path.trim_start_matches("use "), &mut found);
            declaration.clear();
        }
    }
    (found, rest)
}

/// The paths of a `use`: `a::{self, b as d, c::*}` gives `a`, `a::b` by the name of `d`, and all of `a::c`.
fn flatten(path: &str, found: &mut Vec<(Path, String)>) {
    let Some((before, group)) = path.split_once('{') else {
        let (path, alias) = path.split_once(" as ").map_or((path, None), |(path, alias)| (path, Some(alias)));
        let mut parts: Path = path.split("::").map(|part| part.trim().to_owned()).collect();
        let of_itself = parts.len() > 1 && parts.last().is_some_and(|last| last == "self" || last == "*");
        let last = if of_itself { parts.pop() } else { parts.last().cloned() };
        let name = last.filter(|last| last != "self").or_else(|| parts.last().cloned());
        found.push((parts, alias.map(str::to_owned).or(name).unwrap_or_default()));
        return;
    };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let (mut depth, mut from) = (0, 0);
    for (at, c) in group.char_indices().chain(once((group.len(), ','))) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = group[from..at].trim();
                if !part.is_empty() {
                    flatten(&format!("{before}{part}"), found);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// The paths in the code of a file: `a::b::C`.
fn paths(text: &str) -> impl Iterator<Item = Path> {
    let words = text.split(|c| !is_of_name(c) && c != ':').map(|word| word.trim_matches(':'));
    let has_parts = words.filter(|word| word.contains("::"));
    has_parts.map(|word| word.split("::").map(str::to_owned).collect())
}

/// The groups of files that reach each other by imports.
fn circles<'a>(imports: &BTreeMap<&'a str, BTreeMap<&'a str, String>>) -> BTreeSet<BTreeSet<&'a str>> {
    let reached_from = |file: &'a str| {
        let (mut open, mut seen) = (vec![file], BTreeSet::new());
        while let Some(file) = open.pop() {
            open.extend(imports.get(file).into_iter().flat_map(BTreeMap::keys).filter(|next| seen.insert(**next)));
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = imports.keys().map(|file| (*file, reached_from(file))).collect();
    let circle_of = |(file, to): (&&'a str, &BTreeSet<&'a str>)| -> BTreeSet<&'a str> {
        to.iter().filter(|other| reached.get(*other).is_some_and(|back| back.contains(file))).copied().collect()
    };
    reached.iter().map(circle_of).filter(|circle| !circle.is_empty()).collect()
}

#[test]
fn no_circle_of_imports_between_the_files_of_a_room() {
    let modules = Modules::read();
    let imports = modules.imports();
    let mut found = Vec::new();
    for circle in circles(&imports) {
        for file in &circle {
            let within = imports[file].iter().filter(|(of, _)| circle.contains(*of));
            found.extend(within.map(|(of, name)| format!("  {file} uses {name} of {of}")));
        }
    }
    assert!(found.is_empty(), "files that import each other in a circle:\n{}", found.join("\n"));
}
