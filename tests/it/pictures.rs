//! Pictures and tables of what a view shows, and comparisons as plain text.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::Loop;
use crate::support::drive::Driver;
use crate::support::tty::Tty;
use countersign::app::ViewKind;
use countersign::export::{ExportedView, FileFormat};
use countersign::model::Claim;
use countersign::ui::{Theme, picture};
use countersign::vector::{Drawing, Shape};

/// Half an hour after the recorded loop ended.
const AFTER_MS: i64 = 1_795_572_600_000;

fn words(picture: &Drawing) -> Vec<&str> {
    let words = |shape: &'_ Shape| match shape {
        Shape::Text(words) => Some(words.text.clone()),
        _ => None,
    };
    // Leaked for the test's sake: a picture of a few hundred words.
    picture.shapes.iter().filter_map(words).map(|text| &*Box::leak(text.into_boxed_str())).collect()
}

#[test]
fn the_progress_picture_has_every_experiment_where_it_belongs_and_says_what_was_kept() {
    let night = Loop::recorded(70);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    driver.keys("3");
    let snapshot = driver.state.snapshot.clone();
    let shown = picture(&driver.state, &Theme::dark());
    let words = words(&shown);
    let kept: Vec<_> = snapshot.experiments.iter().filter(|one| one.claim == Claim::Keep && !one.is_baseline).collect();
    assert!(words.contains(&&*format!("run tiny-lm: 70 experiments, {} improvements kept", kept.len())), "{words:?}");
    assert!(words.contains(&"val_bpb (lower is better)"));
    let said = kept.iter().filter(|one| words.contains(&one.row.description.raw())).count();
    assert!(said * 2 >= kept.len(), "{said} of {} kept ones are told in their words", kept.len());
    // Four dots stand in the legend; vetoed ones are one disc each, approved ones a diamond.
    let discs: Vec<(f64, f64)> = shown
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Disc(at, ..) => Some(*at),
            _ => None,
        })
        .filter(|(_, y)| *y < 800.0)
        .collect();
    let diamonds = shown.shapes.iter().filter(|shape| matches!(shape, Shape::Area(points, ..) if points[0].1 < 800.0));
    let measured = snapshot.experiments.iter().filter(|one| one.outcome.value().is_some()).count();
    assert_eq!(discs.len() + diamonds.count(), measured);
    // Those that were thrown away: lower on the picture is lower in value, and further right is later.
    let plain: Vec<f64> = snapshot
        .experiments
        .iter()
        .filter(|one| one.claim == Claim::Discard && snapshot.decision(&one.id).is_none())
        .filter_map(|one| one.outcome.value())
        .collect();
    let heights: Vec<f64> = shown
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Disc((_, y), radius, ..) if *radius < 4.0 && *y < 800.0 => Some(*y),
            _ => None,
        })
        .collect();
    let by_value = {
        let mut order: Vec<usize> = (0..plain.len()).collect();
        order.sort_by(|a, b| plain[*a].total_cmp(&plain[*b]));
        order
    };
    assert_eq!(plain.len(), heights.len());
    let sorted: Vec<f64> = by_value.iter().map(|at| heights[*at]).collect();
    assert!(sorted.windows(2).all(|two| two[0] >= two[1]), "{sorted:?}");
    insta::assert_snapshot!("progress_svg", shown.svg());
}

#[test]
fn every_view_can_be_saved_in_every_kind() {
    let night = Loop::recorded(70);
    let mut driver = Driver::at(&night, 100, 30, AFTER_MS);
    let folder = tempfile::tempdir().unwrap();
    for (keys, name) in [
        ("1", "inbox"),
        ("<enter>", "review"),
        ("<esc>2xx[", "curves"),
        ("t", "tiles"),
        ("t3", "progress"),
        ("4", "lineage"),
        ("5", "instruments"),
        ("6", "knobs"),
    ] {
        driver.keys(keys);
        for (kind, ending) in [(FileFormat::Svg, "svg"), (FileFormat::Png, "png"), (FileFormat::Csv, "csv")] {
            let path = folder.path().join(format!("{name}.{ending}"));
            let size = ExportedView::of(&driver.state, &Theme::dark(), kind).write(&path).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(bytes.len() as u64, size);
            match kind {
                FileFormat::Svg => assert!(bytes.starts_with(b"<svg ") && bytes.ends_with(b"</svg>\n"), "{name}"),
                FileFormat::Png => {
                    assert!(tiny_skia::Pixmap::decode_png(&bytes).is_ok_and(|p| p.width() > 500), "{name}");
                }
                FileFormat::Csv => assert!(String::from_utf8(bytes).unwrap().lines().count() >= 3, "{name}"),
            }
            assert!(ExportedView::of(&driver.state, &Theme::dark(), kind).write(&path).is_err(), "it was overwritten");
        }
    }
    let missing = folder.path().join("nowhere/x.svg");
    let error = ExportedView::of(&driver.state, &Theme::dark(), FileFormat::Svg).write(&missing).unwrap_err();
    assert!(error.to_string().contains("nowhere does not exist"), "{error}");
}

#[test]
fn the_numbers_of_the_curves_are_those_that_were_recorded() {
    let night = Loop::recorded(30);
    let mut driver = Driver::at(&night, 100, 30, AFTER_MS);
    driver.keys("2[[xs");
    let folder = tempfile::tempdir().unwrap();
    let read = |driver: &Driver<'_>, name: &str| {
        let path = folder.path().join(name);
        ExportedView::of(&driver.state, &Theme::dark(), FileFormat::Csv).write(&path).unwrap();
        let mut all: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for line in std::fs::read_to_string(path).unwrap().lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), 7, "{line}");
            assert_eq!(cells[2], "loss");
            all.entry(cells[0].to_owned()).or_default().push((cells[3].parse().unwrap(), cells[6].parse().unwrap()));
        }
        all
    };
    let all = read(&driver, "all.csv");
    let subjects = driver.state.subjects().unwrap();
    assert!(all.len() >= 2, "the one in question and its base");
    for subject in subjects.all() {
        let points: Vec<_> =
            night.curves(subject.trial).series["loss"].points().map(|point| (point.step, point.value)).collect();
        assert_eq!(all[&subject.name], points, "raw, although they are drawn smoothed");
    }
    driver.keys("+");
    let (from, to) = driver.state.curves.plot.window.unwrap();
    let part = read(&driver, "part.csv");
    for (name, points) in &part {
        let wanted: Vec<_> = all[name].iter().copied().filter(|(step, _)| (from..=to).contains(step)).collect();
        assert_eq!(*points, wanted);
    }
}

#[test]
fn what_the_agent_wrote_is_spelled_out_in_pictures_and_tables() {
    let hostile = "=HYPERLINK(\"http://x\")<script>alert(1)</script>\u{202e}&\u{7}";
    let a_loop = Loop::new(&[("train.py", "LR = 0.1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.write("train.py", "LR = 0.2\n");
    a_loop.commit("x");
    a_loop.row(&a_loop.short(), 0.9, "keep", hostile);
    let mut driver = Driver::new(&a_loop, 100, 30);
    for keys in ["3", "1", "4"] {
        driver.keys(keys);
        let svg = picture(&driver.state, &Theme::dark()).svg();
        assert!(!svg.contains("<script") && !svg.contains('\u{202e}') && !svg.contains('\u{7}'), "{svg}");
        let tags = svg.lines().filter(|line| !line.starts_with('<')).count();
        assert_eq!(tags, 0, "every line is one shape");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    ExportedView::of(&driver.state, &Theme::dark(), FileFormat::Csv).write(&path).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(",\"'=HYPERLINK(\"\"http://x\"\")"), "{text}");
    assert!(!text.contains('\u{202e}') && !text.contains('\u{7}'), "{text}");
}

#[test]
fn it_is_saved_from_the_screen_and_from_the_command_line_and_nothing_is_overwritten() {
    let night = Loop::recorded(70);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("night.png");
    let mut tty = Tty::open(&night, 100, 30, &[]);
    tty.sees("waiting");
    tty.keys("3");
    tty.sees("val_bpb by experiment");
    tty.keys("\u{13}");
    tty.sees("save as");
    // What stands there goes: a name of one's own.
    tty.keys("\u{15}night.gif\r");
    tty.sees(".csv for the numbers");
    tty.keys(&format!("\u{15}{}\r", path.display()));
    tty.sees("saved");
    let first = std::fs::read(&path).unwrap();
    assert!(tiny_skia::Pixmap::decode_png(&first).is_ok());
    tty.keys("\u{13}");
    tty.sees("save as");
    tty.keys(&format!("\u{15}{}\r", path.display()));
    tty.sees("is not overwritten");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    assert_eq!(std::fs::read(&path).unwrap(), first);
    let export = |file: &Path, more: &[&str]| {
        let mut args = vec!["export", "progress", file.to_str().unwrap()];
        args.extend(more);
        night.command(&args).output().unwrap()
    };
    assert_eq!(export(&path, &[]).status.code(), Some(1));
    let svg = folder.path().join("night.svg");
    assert!(export(&svg, &[]).status.success());
    assert!(std::fs::read_to_string(svg).unwrap().contains("70 experiments"));
    assert_eq!(export(&folder.path().join("x.pdf"), &[]).status.code(), Some(1));
    assert_eq!(night.git(&["status", "--porcelain"]), "", "nothing was written near the loop");
}

#[test]
fn experiments_are_compared_in_plain_text_as_on_the_screen() {
    let night = Loop::recorded(30);
    let snapshot = night.snapshot();
    let name = |at: usize| snapshot.experiments[at].label.raw().to_owned();
    let run = |args: &[&str]| {
        let output = night.command(args).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (a, b, c) = (name(3), name(17), name(23));
    let (code, text, _) = run(&["compare", &a, &b, &c, "--width", "80", "--height", "14"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("compared", text);
    assert!(text.lines().all(|line| !line.contains('\u{1b}') && !line.ends_with(' ')));
    // The chart is the one of the screen.
    let mut driver = Driver::at(&night, 80, 30, AFTER_MS);
    driver.state.open_view(ViewKind::Curves, Some(3));
    driver.state.compare_curves(&[3, 17, 23]);
    driver.keys("BB");
    let chart: Vec<String> = countersign::ui::chart(&driver.state, 80, 14);
    assert!(chart.len() == 14 && text.ends_with(&format!("{}\n", chart.join("\n"))), "{}\n{text}", chart.join("\n"));

    let json = night.json(&["compare", &a, &b, "--json"]);
    let values = |at: usize| snapshot.experiments[at].outcome.value().unwrap();
    assert_eq!(json["measures"][0]["metric"], "val_bpb");
    assert_eq!(json["measures"][0]["differences"][1].as_f64(), Some(values(17) - values(3)));
    let loss = |at: usize| night.curves(snapshot.trial(&snapshot.experiments[at].id).unwrap()).series["loss"].clone();
    let step = json["curves"][0]["step"].as_f64().unwrap();
    let end = |at: usize| loss(at).last().unwrap().step;
    assert!(step.total_cmp(&end(3).min(end(17))).is_eq(), "{step}");
    assert_eq!(json["curves"][0]["values"][1].as_f64(), Some(loss(17).last_until(step).unwrap().value));

    // One alone is set beside its base; what is unknown or too much is said.
    let (_, alone, _) = run(&["compare", &c, "--height", "10"]);
    let base = snapshot.by_head(snapshot.experiments[23].change.as_ref().unwrap().base).unwrap();
    assert!(alone.starts_with(&format!("● {}", base.label.raw())), "{alone}");
    let (code, _, told) = run(&["compare", "zzz"]);
    assert!(code == Some(1) && told.contains("no experiment matches `zzz`"), "{told}");
    let many: Vec<String> = (0..8).map(name).collect();
    let mut args = vec!["compare"];
    args.extend(many.iter().map(String::as_str));
    assert!(run(&args).2.contains("7 experiments at most"), "{}", run(&args).2);
    let (code, _, told) = run(&["compare", &a, &b, "--metric", "["]);
    assert!(code == Some(1) && told.contains("is not a regular expression"), "{told}");
    let (_, text, _) =
        run(&["compare", &a, &b, "--metric", "l(oss|rm)", "--along", "seconds", "--smooth", "2", "--height", "10"]);
    assert_eq!(text.matches("smoothed 0.8").count(), 2, "{text}");
    assert!(text.contains(" seconds\n"), "{text}");
}
