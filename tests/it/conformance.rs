//! The pages in docs/formats: every row of a conformance table names a test that exists.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join("docs/formats")).unwrap().flatten();
    let mut pages: Vec<_> = entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect();
    pages.sort();
    pages
}

/// `path::test` in backticks, of files of tests and of sources.
fn named_tests(text: &str) -> Vec<(String, String)> {
    let codes = text.split('`').skip(1).step_by(2);
    codes
        .filter_map(|code| code.rsplit_once("::"))
        .filter(|(path, _)| path.ends_with(".rs"))
        .map(|(path, test)| (path.to_owned(), test.to_owned()))
        .collect()
}

#[test]
fn every_test_that_a_page_names_is_there() {
    let mut named = 0;
    for (page, text) in pages() {
        for (path, test) in named_tests(&text) {
            let source =
                std::fs::read_to_string(root().join(&path)).unwrap_or_else(|_| panic!("{page}: no file {path}"));
            assert!(source.contains(&format!("fn {test}(")), "{page}: no test {test} in {path}");
            named += 1;
        }
    }
    assert!(named >= 60, "{named}");
}

/// `file::test` and `path.rs::test` of docs/security.md.
#[test]
fn every_test_that_the_page_on_security_names_is_there() {
    let page = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let mut named = 0;
    for (path, test) in page.split('`').skip(1).step_by(2).filter_map(|code| code.rsplit_once("::")) {
        let path = if path.ends_with(".rs") { path.to_owned() } else { format!("tests/it/{path}.rs") };
        // How the page itself says what is named.
        if path == "tests/it/file.rs" {
            continue;
        }
        let source = std::fs::read_to_string(root().join(&path)).unwrap_or_else(|_| panic!("no file {path}"));
        let test = test.trim_end_matches('…');
        assert!(source.contains(&format!("fn {test}")), "no test {test} in {path}");
        named += 1;
    }
    assert!(named >= 50, "{named}");
}

#[test]
fn every_row_of_a_conformance_table_names_its_test() {
    for (page, text) in pages() {
        let Some((_, table)) = text.split_once("## Conformance") else { continue };
        let is_rule = |line: &str| line.trim_start_matches(['|', ' ']).starts_with("---");
        let rows = table.lines().filter(|line| line.starts_with('|') && !is_rule(line)).skip(1);
        for row in rows {
            assert!(!named_tests(row).is_empty(), "{page}: {row}");
        }
    }
}

#[test]
fn the_index_names_every_page() {
    let index = std::fs::read_to_string(root().join("docs/formats/README.md")).unwrap();
    for (page, _) in pages() {
        assert!(page == "README.md" || index.contains(&format!("({page})")), "{page} is not in the index");
    }
    assert!(Path::new(&root()).join("docs/formats/README.md").is_file());
}
