//! What a change is shown as: tabs at their columns, notebooks by their cells, pointers named, generated files no
//! knobs.

use crate::support::drive::Driver;
use crate::support::{Loop, changed};
use countersign::app::{DiffColumns, DocRow};
use countersign::model::Severity;

const BEFORE: &str = include_str!("../notebooks/before.ipynb");
const AFTER: &str = include_str!("../notebooks/after.ipynb");

fn show(made: &Loop) -> String {
    let output = made.command(&["show", &made.short()]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn line_with(screen: &str, words: &str) -> String {
    screen.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("no {words} in\n{screen}")).to_owned()
}

const GO: &str = "package main\n\nfunc f() {\n\tif x {\n\t\treturn 1\t// →   no tab\n\t}\n}\n";

#[test]
fn tabs_take_their_columns_in_each_way_to_look() {
    let (made, _) = changed("a.go", GO, GO.replace("return 1", "return 2"));
    let mut driver = Driver::new(&made, 100, 30);
    let is_set = |driver: &Driver<'_>| {
        let screen = driver.screen();
        assert!(screen.contains("→   →   return 2→   // ⟨U+2192⟩   no tab"), "{screen}");
    };
    is_set(&driver);
    driver.keys("<enter>");
    is_set(&driver);
    driver.keys("o");
    is_set(&driver);
    driver.keys("oo");
    driver.state.review.view.columns = DiffColumns::Two;
    driver.resize(200, 50);
    is_set(&driver);
    let line = line_with(&driver.screen(), "return 1");
    assert!(line.contains("→   →   return 1→   //") && line.contains("→   →   return 2→   //"), "{line}");
    // Cut and moved, the columns move together.
    driver.resize(100, 30);
    driver.state.review.view.columns = DiffColumns::One;
    driver.keys("W.");
    let line = line_with(&driver.screen(), "+ →");
    assert!(line.contains("+ →   // ⟨U+2192⟩   no tab"), "the first sixteen cells are gone: {line}");
}

#[test]
fn a_tab_and_an_arrow_differ_also_without_colours() {
    let (made, _) = changed("a.go", "x\n", "\tx\n→   y\n");
    let mut driver = Driver::new(&made, 100, 30);
    driver.keys("<enter>");
    for theme in [countersign::ui::Theme::dark(), countersign::ui::Theme::mono()] {
        driver.with_theme(&theme);
        let styles = driver.styles();
        let style_of = |words: &str| {
            let line = styles
                .lines()
                .find(|line| line.ends_with(words) && !line.contains("Enter"))
                .unwrap_or_else(|| panic!("{words}: {styles}"));
            line.to_lowercase()
        };
        assert!(style_of(": →").contains("dim"), "{styles}");
        assert!(!style_of("⟨U+2192⟩   y").contains("dim"), "{styles}");
    }
    let shown = show(&made);
    assert!(shown.contains("\n+→   x\n") && shown.contains("\n+⟨U+2192⟩   y\n"), "{shown}");
}

#[test]
fn the_width_of_tabs_is_the_persons() {
    let (made, _) = changed("a.go", GO, GO.replace("return 1", "return 2"));
    let mut driver = Driver::new(&made, 100, 30);
    driver.state.review.view.tab_width = 8;
    driver.keys("<enter>");
    assert!(driver.screen().contains("→       →       return 2→       // ⟨U+2192⟩   no tab"), "{}", driver.screen());
    driver.keys("/x {<enter>");
    assert!(driver.screen().contains("→       if x {"), "what is sought is found behind tabs: {}", driver.screen());
    driver.keys("Y");
    let copied = driver.outside.copied.clone().unwrap();
    assert!(copied.contains("+→→return 2→// ⟨U+2192⟩   no tab"), "a copy spells tabs out, one each: {copied}");
    // On the command line from the configuration.
    let config = made.state().join("countersign-config");
    std::fs::create_dir_all(config.join("countersign")).unwrap();
    std::fs::write(config.join("countersign/config.yaml"), "tab_width: 2\n").unwrap();
    let output = made.command(&["show", &made.short()]).env("XDG_CONFIG_HOME", &config).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("+→ → return 2→ // "), "{shown}");
}

#[test]
fn comments_and_left_out_lines_behind_tabs_are_at_their_lines() {
    let (made, id) = changed("a.go", GO, GO.replace("return 1", "return 2"));
    let mut driver = Driver::new(&made, 60, 30);
    driver.keys("<enter>}/return 2<enter>");
    driver.keys("X");
    let draft = &driver.state.decisions.drafts.of[&id];
    assert_eq!(draft.excluded.values().map(std::collections::BTreeSet::len).sum::<usize>(), 1);
    assert!(line_with(&driver.screen(), "return 2").contains("× →   →   return 2"), "{}", driver.screen());
    let doc = driver.state.review.doc.as_ref().unwrap();
    let at = doc.line_at(driver.state.review.view.cursor).unwrap();
    let text = doc.text_at(driver.state.review.view.cursor).unwrap().2;
    assert_eq!((at.line, text.raw()), (5, "\t\treturn 2\t// →   no tab"));
}

#[test]
fn a_notebook_is_read_by_its_cells_at_80x24() {
    let (made, _) = changed("explore.ipynb", BEFORE, AFTER);
    let mut driver = Driver::new(&made, 80, 24);
    driver.keys("<enter>");
    insta::assert_snapshot!("notebook_80x24", driver.screen());
    driver.keys("}}}}");
    insta::assert_snapshot!("notebook_further_80x24", driver.screen());
    driver.resize(120, 50);
    driver.keys("g");
    let screen = driver.screen();
    for wanted in [
        "cell 1 markdown",
        "− Trains for two minutes.",
        "+ Trains for three minutes.",
        "cell 3 code",
        "+ LR = 6e-4",
        "metadata changed: tags",
        "output 1: stdout 2 lines changed",
        "image/png 2 kB",
        "cell 6 code before, deleted",
        "cell 6 code, added",
        "execution count of 2 cells changed",
    ] {
        assert!(screen.contains(wanted), "{wanted} in\n{screen}");
    }
    assert!(!screen.contains("\"cell_type\""), "{screen}");
}

#[test]
fn the_raw_file_of_a_notebook_is_what_counts() {
    let (made, id) = changed("explore.ipynb", BEFORE, AFTER);
    let mut driver = Driver::new(&made, 120, 50);
    driver.keys("<enter>");
    let last = driver.state.review.doc.as_ref().unwrap().rows.len();
    driver.keys("G");
    assert!(driver.screen().contains("notebook"), "{}", driver.screen());
    // By cells nothing of the JSON was on the screen, and that is said.
    driver.keys("a");
    assert!(driver.screen().contains("never"), "{}", driver.screen());
    driver.keys("<esc>");
    // On a cell no hunk can be left out, and it is said where.
    driver.keys("g}x");
    assert!(driver.screen().contains("J shows the JSON, where lines can be excluded"), "{}", driver.screen());
    assert!(driver.state.decisions.drafts.of.get(&id).is_none_or(|draft| draft.excluded.is_empty()));
    driver.keys("J");
    let doc = driver.state.review.doc.as_ref().unwrap();
    assert!(doc.rows.len() != last && doc.rows.iter().any(|row| matches!(row, DocRow::Line { .. })));
    assert!(driver.screen().contains("\"LR = 6e-4\\n\","), "{}", driver.screen());
    driver.keys("}x");
    assert!(!driver.state.decisions.drafts.of[&id].excluded.is_empty(), "{}", driver.screen());
    driver.keys("xgJ");
    driver.keys("x");
    assert!(
        !driver.state.decisions.drafts.of[&id].excluded_files.is_empty(),
        "the file as a whole is left out by its name"
    );
    driver.keys("x");
    // The whole file is the JSON in any case.
    driver.keys("o");
    assert!(driver.screen().contains("\"cell_type\": \"markdown\""), "{}", driver.screen());
    driver.keys("oo/clip_grad<enter>");
    assert!(driver.screen().contains("▸"), "{}", driver.screen());
}

#[test]
fn show_prints_cells_and_says_how_much_they_stand_for() {
    let (made, id) = changed("explore.ipynb", BEFORE, AFTER);
    let shown = show(&made);
    for wanted in [
        "! notebook  explore.ipynb: a notebook: 3 cells of code, 1 cell of text, 2 cells' outputs, 1 set of metadata: read its cells",
        "@@ cell 3 code @@",
        "-LR = 3e-4",
        "+LR = 6e-4",
        "~ metadata changed: tags",
        "~ output 1: stdout 2 lines changed",
        "~ shown by cell; ",
    ] {
        assert!(shown.contains(wanted), "{wanted} in\n{shown}");
    }
    let judged = made.judge(&id).unwrap();
    assert_eq!(judged.findings[0].severity, Severity::Warning);
    // Its numbers are no knobs.
    let knobs = made.json(&["show", &made.short(), "--json"]);
    assert!(knobs["findings"].to_string().contains("\"notebook\""), "{knobs}");
}

#[test]
fn a_notebook_that_cannot_be_read_is_shown_raw_and_told() {
    let (made, _) = changed("explore.ipynb", BEFORE, "{\"cells\": [\n");
    let shown = show(&made);
    assert!(shown.contains("cannot be read as one"), "{shown}");
    assert!(shown.contains("\n+{\"cells\": [\n"), "{shown}");
    let mut driver = Driver::new(&made, 100, 30);
    driver.keys("<enter>G");
    assert!(driver.screen().contains("{\"cells\": ["), "{}", driver.screen());
}

#[test]
fn code_hidden_in_an_output_must_be_acknowledged() {
    let hidden = AFTER.replace("\"<Figure size 640x480 with 1 Axes>\"", "\"x\"");
    let hidden = hidden.replace("\"text/plain\"", "\"text/html\"").replace("\"x\"", "\"<script>steal()</script>\"");
    let (made, id) = changed("explore.ipynb", AFTER, hidden);
    let judged = made.judge(&id).unwrap();
    let words = countersign::model::critical_words(&judged.findings);
    assert_eq!(words, ["notebook"], "{:?}", judged.findings);
    assert!(show(&made).contains("runs when the notebook is viewed: script in the HTML of an output"));
}

#[test]
fn characters_that_json_hides_are_found() {
    let hidden = AFTER.replace("LR = 6e-4", "LR = 6e-4 \\u202e# ok");
    let (made, id) = changed("explore.ipynb", BEFORE, hidden);
    let judged = made.judge(&id).unwrap();
    assert_eq!(countersign::model::critical_words(&judged.findings), ["hidden"], "{:?}", judged.findings);
    assert!(show(&made).contains("+LR = 6e-4 ⟨U+202E⟩# ok"), "{}", show(&made));
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

#[test]
fn a_pointer_is_told_on_either_side() {
    let larger = POINTER.replace("12345", "23456");
    for (old, new, wanted) in [
        (
            POINTER.as_bytes(),
            larger.as_bytes(),
            "(23456 bytes) is in Git LFS and cannot be read here; before, a pointer to 12345 bytes",
        ),
        (b"1,2\n", POINTER.as_bytes(), "before, the content itself"),
        (POINTER.as_bytes(), b"1,2\n", "the content itself replaces a pointer to 12345 bytes in Git LFS"),
        (b"\0\x01", POINTER.as_bytes(), "before, the content itself"),
    ] {
        let (made, id) = changed("assets/table.bin", old, new);
        let judged = made.judge(&id).unwrap();
        let words = countersign::model::critical_words(&judged.findings);
        assert!(words.contains(&"pointer"), "{:?}", judged.findings);
        assert!(show(&made).contains(wanted), "{wanted} in\n{}", show(&made));
    }
}

#[test]
fn nobody_turns_a_lock_file_or_what_a_program_wrote() {
    let made = Loop::new(&[(".gitattributes", "gen/** linguist-generated\n")]);
    let write = |rate: f64| {
        made.write("train.py", format!("LR = {rate}\n"));
        made.write("uv.lock", format!("name = \"idna\"\nrevision = {rate}\n"));
        made.write("gen/table.py", format!("ROWS = {rate}\n"));
        made.write("api.py", format!("# Generated by make_api.py. DO NOT EDIT.\nCOUNT = {rate}\n"));
        made.write("conf/base.toml", format!("depth = {rate}\n"));
    };
    write(1.0);
    made.commit("start");
    made.row(&made.short(), 0.9, "keep", "baseline");
    write(2.0);
    let head = made.commit("twice");
    made.row(&head[..7], 0.8, "keep", "twice");
    let mut driver = Driver::new(&made, 120, 30);
    driver.keys("6");
    let screen = driver.screen();
    assert!(screen.contains("LR  train.py") && screen.contains("depth  conf/base.toml"), "{screen}");
    for word in ["revision", "ROWS", "COUNT"] {
        assert!(!screen.contains(word), "{word} in\n{screen}");
    }
    assert!(screen.contains("3 lock or generated files skipped"), "{screen}");
}

#[test]
fn findings_stand_in_columns() {
    let (made, _) = changed("data/weights.npz", b"\0a", b"\0b");
    let shown = show(&made);
    assert!(shown.contains("‼ executed-later  data/weights.npz: is loaded"), "{shown}");
    assert!(shown.contains("‼ binary          data/weights.npz: not text"), "{shown}");
}

#[test]
fn bytes_that_are_no_text_have_pictures_of_their_own() {
    let before = b"x = 1\n".to_vec();
    let picture = |after: &[u8]| {
        let (made, _) = changed("a.txt", &before, after);
        let mut driver = Driver::new(&made, 100, 30);
        driver.keys("\n");
        let own = |text: &str| line_with(text, "q").split('q').nth(1).unwrap().split('z').next().unwrap().to_owned();
        let (screen, printed) = (own(&driver.screen()), own(&show(&made)));
        assert_eq!(screen, printed);
        assert_eq!(show(&made).contains("hidden or unreadable characters"), !after.contains(&b'F'));
        screen
    };
    assert_eq!(picture(b"q\xffz\n"), "⟨FF⟩");
    assert_eq!(picture(b"q\xe0z\n"), "⟨E0⟩");
    assert_eq!(picture("q\u{fffd}z\n".as_bytes()), "⟨U+FFFD⟩");
    assert_eq!(picture("q\u{10ffff}z\n".as_bytes()), "⟨F4⟩⟨8F⟩⟨BF⟩⟨BF⟩");
    assert_eq!(picture("q⟨FF⟩z\n".as_bytes()), "⟨U+27E8⟩FF⟨U+27E9⟩");
}
