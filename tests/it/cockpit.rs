//! The cockpit on a real recording: every view at two sizes, and what can be done in each.

use std::sync::Arc;

use crate::support::drive::{Driver, MORNING_MS};
use crate::support::{self, Loop};
use countersign::app::{Action, Context};
use countersign::app::{Event, KeyChange, KeyPress, MOST_OVERLAYS, Mouse, SMOOTHINGS, ViewKind, XAxis, key_of_name};
use countersign::model::{Curves, Goal, Gpu, Host, Recorded, TrialProgress, Visit, row_id};
use countersign::series::Smoothed;
use countersign::ui::{Depth, SHIPPED, Theme};
use proptest::prelude::*;

/// Half an hour after the recorded loop ended.
const AFTER_MS: i64 = 1_795_572_600_000;

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 50)];

fn host() -> Host {
    Host {
        cores: 8,
        load: Some(1.25),
        memory_used: 6 << 30,
        memory_total: 24 << 30,
        gpus: vec![Gpu {
            name: "Some GPU".into(),
            busy_percent: Some(87),
            memory: Some((41 << 30, 80 << 30)),
            watts: Some(310.0),
        }],
    }
}

#[test]
fn every_view_at_two_sizes() {
    let night = Loop::recorded(70);
    for (width, height) in SIZES {
        let mut driver = Driver::at(&night, width, height, AFTER_MS);
        let snap = |name: &str, driver: &Driver<'_>| {
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), driver.screen());
        };
        snap("inbox", &driver);
        driver.keys("<enter>");
        snap("review", &driver);
        driver.keys("<esc>2[[[x[[xss");
        snap("curves_overlays", &driver);
        driver.keys("behhhhhhhhh+");
        snap("curves_cursor_tokens_log", &driver);
        driver.keys("0beXt");
        snap("curves_tiles", &driver);
        driver.keys("t3");
        snap("progress", &driver);
        driver.keys("[[[[++");
        snap("progress_zoomed", &driver);
        driver.keys("4/warm<enter>n");
        snap("lineage_searched", &driver);
        driver.keys("c]]c");
        snap("compare", &driver);
        driver.keys("<esc>5");
        driver.take(Event::Host(host()));
        driver.keys("jjj");
        snap("instruments", &driver);
        driver.keys("?");
        snap("instruments_help", &driver);
        driver.keys("<esc>6jj");
        snap("knobs", &driver);
        driver.keys(":lin");
        snap("palette", &driver);
    }
}

#[test]
fn who_comes_back_is_told_what_happened_and_stands_where_they_stood() {
    let night = Loop::recorded(70);
    for (width, height) in SIZES {
        let mut driver = Driver::at(&night, width, height, AFTER_MS);
        let snapshot = Arc::clone(&driver.state.snapshot);
        let (then, stood) = (&snapshot.experiments[39], &snapshot.experiments[snapshot.waiting[3]]);
        driver.state.live.visit = Some(Visit {
            at_ms: then.at_ms.unwrap(),
            at: "23:10".into(),
            experiments: 40,
            newest: Some(row_id(&then.row)),
            best: Some(0.349_913),
            waiting: 9,
            view: "Inbox".into(),
            selection: [("Inbox".to_owned(), stood.id.clone())].into(),
        });
        driver.take(Event::Observed(support::drive::view(&night)));
        driver.draw();
        assert!(driver.screen().contains("since 23:10: +30 experiments, best −0.040092"), "{}", driver.screen());
        assert_eq!(driver.state.selected(), Some(snapshot.waiting[3]));
        driver.keys("i");
        insta::assert_snapshot!(format!("since_{width}x{height}"), driver.screen());
    }
}

#[test]
fn a_visit_ends_where_the_next_one_begins() {
    let night = Loop::recorded(30);
    let mut driver = Driver::at(&night, 80, 24, AFTER_MS);
    driver.keys("jj2[");
    let visit = driver.state.visit(String::new());
    assert_eq!((visit.experiments, visit.view.as_str()), (30, "Curves"));
    let stood = driver.state.selected();
    let mut again = Driver::at(&night, 80, 24, AFTER_MS + 60_000);
    again.state.live.visit = Some(visit);
    again.take(Event::Observed(support::drive::view(&night)));
    assert_eq!((again.state.view, again.state.selected()), (ViewKind::Curves, stood));
    assert!(
        again.state.live.since.as_ref().unwrap().line.contains("no new experiment"),
        "{:?}",
        again.state.live.since
    );
}

#[test]
fn the_cursor_reads_the_curve_and_zoom_keeps_its_place() {
    let night = Loop::recorded(20);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    driver.keys("2G[[[hhhhhhhhhhhhhhhhhhhhhhhhhhhhhh");
    let at = driver.state.curves.plot.cursor.unwrap();
    let subjects = driver.state.subjects().unwrap();
    let trial = Arc::clone(subjects.main.trial);
    let (_, series) = driver.state.main_series(&subjects).unwrap();
    let value = series.points().filter(|point| point.step <= at).last().unwrap().value;
    let name = subjects.main.name.clone();
    assert!(driver.screen().contains(&format!("● {name} {value:.6}")), "{at} {value}\n{}", driver.screen());
    let share = |driver: &Driver<'_>| {
        let (from, to) = driver.state.curves.plot.window.unwrap();
        (driver.state.curves.plot.cursor.unwrap() - from) / (to - from)
    };
    driver.keys("+");
    let before = share(&driver);
    driver.keys("++");
    assert!((share(&driver) - before).abs() < 1e-6, "what is under the cursor stays there");
    driver.keys("--.,--");
    assert_eq!(driver.state.curves.plot.window, None, "all the way out is everything");
    // In tiles the cursor reads every metric.
    driver.keys("ht");
    let at = driver.state.curves.plot.cursor.unwrap();
    for (name, series) in &night.curves(&trial).series {
        let value = series.points().filter(|point| point.step <= at).last().unwrap().value;
        let row = driver
            .screen()
            .lines()
            .find(|line| line.contains('─') && line.contains(&format!(" {name}  ")))
            .unwrap()
            .to_owned();
        let shown: f64 = row.split(&format!(" {name}  ")).nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!((shown - value).abs() <= value.abs() * 1e-6 + 5e-3, "{name} {value} in {row}");
    }
    driver.keys("t");
    // The three measures where the log tells them, and back.
    driver.keys("b");
    assert_eq!(driver.state.curves.plot.measure, XAxis::Tokens);
    driver.keys("b");
    assert_eq!(driver.state.curves.plot.measure, XAxis::Seconds);
    driver.keys("b");
    assert_eq!(driver.state.curves.plot.measure, XAxis::Step);
}

#[test]
fn a_log_without_the_measure_is_not_drawn_along_it() {
    let night = Loop::recorded(20);
    let mut driver = Driver::at(&night, 100, 30, AFTER_MS);
    driver.keys("2G[[x[b");
    assert_eq!(driver.state.curves.plot.measure, XAxis::Tokens);
    let overlay = driver.state.subjects().unwrap().overlays[0].trial.id;
    let drawn = |driver: &Driver<'_>| driver.styles().matches("fg LightYellow").count();
    let before = drawn(&driver);
    let snapshot = Arc::make_mut(&mut driver.state.snapshot);
    let at = snapshot.trials.iter().position(|trial| trial.id == overlay).unwrap();
    let trial = &mut snapshot.trials[at];
    let without = Curves { along: TrialProgress::default(), ..night.curves(trial) };
    Arc::make_mut(trial).recorded = Recorded::InMemory(Arc::new(without));
    driver.draw();
    assert!(driver.screen().contains("not in its log"), "{}", driver.screen());
    assert!(drawn(&driver) < before, "{before}: its curve is still drawn");
    // Where it is the one in question, that is said, too.
    driver.keys("]");
    assert!(driver.screen().contains("not in its log"), "{}", driver.screen());
}

#[test]
fn what_is_not_finite_or_has_no_place_is_marked_and_counted() {
    let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
    a_loop.row(&a_loop.short(), 0.5, "keep", "baseline");
    let mut log = String::new();
    for step in 0..100 {
        let value = match step {
            40 => "nan".to_owned(),
            41 => "inf".to_owned(),
            70..75 => "-0.5".to_owned(),
            step => format!("{:.3}", 3.0 - f64::from(step) * 0.02),
        };
        log.push_str(&format!("\rstep {step:05} ({step}.0%) | loss: {value} | remaining: 1s    "));
    }
    a_loop.write("run.log", format!("{log}\n---\nval_bpb: 0.500000\n"));
    let mut driver = Driver::new(&a_loop, 100, 30);
    driver.keys("2");
    let screen = driver.screen();
    assert!(screen.contains("× 2 values NaN or infinite"), "{screen}");
    assert!(screen.lines().any(|line| line.contains("×") && !line.contains("NaN")), "{screen}");
    driver.keys("e");
    assert!(driver.screen().contains("5 values <= 0 hidden"), "{}", driver.screen());
    // The log tells neither tokens nor time with a unit.
    driver.keys("b");
    assert_eq!(driver.state.curves.plot.measure, XAxis::Step);
    assert!(driver.screen().contains("using steps"), "{}", driver.screen());
}

#[test]
fn knobs_hold_every_value_that_was_tried() {
    let night = Loop::recorded(70);
    let mut driver = Driver::at(&night, 200, 50, AFTER_MS);
    driver.keys("6");
    let knobs = Arc::clone(driver.state.knobs.known.as_ref().unwrap());
    let batch = knobs.knobs.iter().find(|knob| knob.name.raw() == "BATCH").unwrap();
    // By a second method: the descriptions that the scripted agent writes.
    let said: Vec<String> = driver
        .state
        .snapshot
        .experiments
        .iter()
        .filter_map(|e| e.row.description.raw().strip_prefix("batch ").map(str::to_owned))
        .map(|rest| rest.split(',').next().unwrap().rsplit(' ').next().unwrap().to_owned())
        .collect();
    assert!(said.len() > 10);
    for value in &said {
        let tries = batch.values.iter().find(|known| known.text.raw() == value.as_str()).unwrap();
        let turned = tries.tries.iter().filter(|one| !one.is_base).count();
        assert_eq!(turned, said.iter().filter(|other| *other == value).count(), "batch {value}");
    }
    let numbers: Vec<f64> = batch.values.iter().map(|value| value.text.raw().parse().unwrap()).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert!(batch.values.iter().flat_map(|value| &value.tries).any(|one| !one.kept && !one.is_base), "discards count");
    let best =
        batch.values.iter().filter_map(|value| value.best(Some(Goal::Minimize))?.measured).fold(f64::MAX, f64::min);
    assert!(best < 0.32, "{best}");
    // A row leads to the experiment that did best with it.
    driver.keys("jj<enter>");
    assert!(driver.state.review.open.is_some());
}

#[test]
fn parents_and_siblings_are_a_key_away() {
    let night = Loop::recorded(70);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    driver.keys("4g");
    let base_of = |driver: &Driver<'_>| {
        let index = driver.state.selected().unwrap();
        driver.state.snapshot.experiments[index].change.as_ref().map(|change| change.base)
    };
    let base = base_of(&driver);
    let first = driver.state.selected();
    driver.keys("}");
    assert_ne!(driver.state.selected(), first);
    assert_eq!(base_of(&driver), base, "a sibling has the same parent");
    driver.keys("{");
    assert_eq!(driver.state.selected(), first);
    driver.keys("P");
    let parent = &driver.state.snapshot.experiments[driver.state.selected().unwrap()];
    assert_eq!(parent.head(), base);
    driver.keys("GP");
    assert!(driver.screen().contains("its change is unknown"), "{}", driver.screen());
}

#[test]
fn a_search_finds_words_in_what_was_said_and_decided() {
    let night = Loop::recorded(70);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    driver.keys("4/within noise<enter>");
    let name = |driver: &Driver<'_>| {
        driver.state.snapshot.experiments[driver.state.selected().unwrap()].row.description.raw().to_owned()
    };
    assert!(
        driver.screen().contains("3 of 70 match `within noise`") || driver.screen().contains("2 of 70 match"),
        "{}",
        driver.screen()
    );
    let first = name(&driver);
    driver.keys("n");
    assert_ne!(name(&driver), first);
    driver.keys("/nothing of the kind");
    assert!(driver.screen().contains("no matches"));
    let before = driver.state.selected();
    driver.keys("<esc>");
    assert_eq!(driver.state.selected(), before, "Esc leaves everything as it was");
    driver.keys("/zzz<enter>n");
    assert!(driver.screen().contains("no match for `zzz`"), "{}", driver.screen());
}

#[test]
fn two_experiments_are_compared_by_diff_and_metrics() {
    let night = Loop::recorded(30);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    driver.keys("4gc");
    let from = driver.state.snapshot.experiments[driver.state.selected().unwrap()].clone();
    driver.keys("]]]]]c");
    let to = driver.state.snapshot.experiments[driver.state.shown().unwrap()].clone();
    let comparison = driver.state.experiments.comparison.clone().unwrap();
    assert_eq!((&comparison.from, &comparison.to), (&from.id, &to.id));
    // git says the same of the files.
    let stat = night.git(&["diff", "--numstat", &from.head().unwrap().to_string(), &to.head().unwrap().to_string()]);
    let ours: Vec<String> =
        comparison.files.iter().map(|file| format!("{}\t{}\t{}", file.added, file.removed, file.path.raw())).collect();
    assert_eq!(stat.lines().collect::<Vec<_>>(), ours);
    let screen = driver.screen();
    let differs = to.outcome.value().unwrap() - from.outcome.value().unwrap();
    assert!(screen.contains(&format!("{:.6}", differs.abs())), "{screen}");
    driver.keys("a");
    assert!(driver.state.window.modal.is_none() || driver.screen().contains("approve"), "a comparison is no candidate");
}

#[test]
fn the_palette_does_opens_and_previews() {
    let night = Loop::recorded(40);
    let mut driver = Driver::at(&night, 100, 30, AFTER_MS);
    driver.state.screen.themes.names = SHIPPED.iter().map(|(name, _)| (*name).to_owned()).collect();
    driver.state.screen.themes.chosen = "dark".into();
    driver.keys(":show knobs<enter>");
    assert_eq!(driver.state.view, ViewKind::Knobs);
    driver.keys(":gated hidden<enter>");
    let index = driver.state.selected().unwrap();
    assert_eq!(driver.state.snapshot.experiments[index].row.description.raw(), "gated hidden layer");
    driver.keys(":theme li");
    assert_eq!(driver.state.screen.themes.shown(), "light", "seen before it is chosen");
    driver.keys("<esc>");
    assert_eq!(driver.state.screen.themes.shown(), "dark");
    driver.keys(":theme colour<enter>");
    assert_eq!(driver.state.screen.themes.chosen, "colour-blind");
    driver.keys("1:zzzzzz<enter>");
    assert!(driver.state.window.modal.is_none());
    // What the palette opens stays open.
    driver.keys(":show help<enter>");
    assert!(driver.screen().contains("Esc closes"));
}

#[test]
fn the_mouse_selects_scrolls_and_turns_tabs_and_decides_nothing() {
    let night = Loop::recorded(70);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    let (list, each) = (driver.state.layout().list, driver.state.layout().row_height);
    assert_eq!(each, 2, "there is height for two rows each");
    driver.take(Event::Mouse(Mouse::Click(3, list.y + 3 * each + 2)));
    assert_eq!(driver.state.selected_row(), Some(3));
    driver.take(Event::Mouse(Mouse::Wheel(3, list.y + 4, true)));
    assert_eq!(driver.state.selected_row(), Some(6));
    driver.take(Event::Mouse(Mouse::Click(3, list.y + 39)));
    let tab = driver.screen().lines().nth(1).unwrap().find("4 Lineage").unwrap() as u16;
    driver.take(Event::Mouse(Mouse::Click(tab + 2, 1)));
    assert_eq!(driver.state.view, ViewKind::Lineage);
    driver.keys("1ga");
    let decided = driver.state.snapshot.decisions.len();
    for y in 0..40 {
        for x in (0..120).step_by(7) {
            driver.take(Event::Mouse(Mouse::Click(x, y)));
        }
    }
    assert_eq!(driver.state.snapshot.decisions.len(), decided);
    assert!(driver.state.window.modal.is_some(), "a window is not clicked away");
}

#[test]
fn a_click_on_a_knob_selects_what_is_drawn_there() {
    let night = Loop::recorded(70);
    let mut driver = Driver::at(&night, 80, 24, AFTER_MS);
    for keys in ["6", "G", "g"] {
        driver.keys(keys).draw();
        let screen = driver.screen();
        let rows: Vec<&str> = screen.lines().collect();
        assert!(rows[3].trim_start().starts_with("value tries"), "{screen}");
        for y in [4, 9, 20] {
            driver.keys(keys).draw();
            driver.take(Event::Mouse(Mouse::Click(8, y)));
            driver.draw();
            let after = driver.screen();
            let selected = after.lines().find(|line| line.starts_with('▸')).unwrap();
            assert_eq!(selected.replace('▸', " "), rows[usize::from(y)].replace('▸', " "), "{after}");
        }
    }
    // The headings and the marks below are no rows.
    let row = driver.state.knobs.row;
    driver.take(Event::Mouse(Mouse::Click(8, 3)));
    assert_eq!(driver.state.knobs.row, row);
}

#[test]
fn what_is_copied_is_the_commit_and_a_patch_without_hidden_characters() {
    let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.write("train.py", "A = 2 # \u{202e}evil\u{1b}]0;x\u{7}\n");
    let head = a_loop.commit("two");
    a_loop.row(&head[..7], 0.5, "keep", "two");
    let mut driver = Driver::new(&a_loop, 100, 30);
    driver.keys("y");
    assert_eq!(driver.outside.copied.as_deref(), Some(head.as_str()));
    driver.keys("Y");
    let patch = driver.outside.copied.clone().unwrap();
    assert!(
        patch.contains("--- a/train.py") && patch.contains("-A = 1") && patch.contains("@@ -1,1 +1,1 @@"),
        "{patch}"
    );
    assert!(patch.contains("⟨U+202E⟩evil␛]0;x␇") && !patch.contains('\u{202e}'), "{patch}");
    driver.keys("4Y");
    assert!(driver.screen().contains("no diff on the screen"));
}

#[test]
fn a_key_before_the_first_snapshot_is_not_undone_by_the_last_visit() {
    use countersign::app::{State, update};
    let night = support::a_night(8, 4);
    let view = support::drive::view(&night);
    let begun_after = |away_ms: i64, keys: &[KeyPress]| {
        let mut state = State::new((80, 24), &view, MORNING_MS);
        state.live.visit = Some(countersign::model::Visit {
            view: "Progress".into(),
            at_ms: MORNING_MS - away_ms,
            ..Default::default()
        });
        for key in keys {
            update(&mut state, Event::Key(*key));
        }
        update(&mut state, Event::Observed(view.clone()));
        state.view
    };
    let begun = |keys: &[KeyPress]| begun_after(60_000, keys);
    assert_eq!(begun_after(8 * 3_600_000, &[]), ViewKind::Inbox, "after a night the person comes to decide");
    assert_eq!(begun(&[]), ViewKind::Progress, "who comes back stands where they stood");
    assert_eq!(begun(&[KeyPress::Char('4')]), ViewKind::Lineage, "who went somewhere is there");
}

#[test]
fn nothing_is_done_to_an_experiment_that_is_not_on_the_screen() {
    let night = Loop::recorded(20);
    let mut driver = Driver::at(&night, 100, 30, AFTER_MS);
    for view in ["5", "6"] {
        driver.keys("1").keys(view).keys("]]yc");
        assert_eq!((driver.outside.copied.as_deref(), driver.state.selected()), (None, None), "view {view}");
        driver.keys("y");
        assert!(driver.screen().contains("nothing is selected here"), "{}", driver.screen());
    }
    driver.keys("/width<enter>");
    assert!(driver.state.experiments.searched == "width" && driver.state.selected().is_none());
}

#[test]
fn changed_keys_are_what_the_help_and_the_footer_say() {
    let night = Loop::recorded(40);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    let change = |action, name| KeyChange {
        context: Context::View(ViewKind::Inbox),
        action,
        keys: vec![(key_of_name(name).unwrap(), String::new())],
    };
    let told = driver.state.screen.keymap.change(&[change(Action::Approve, "A"), change(Action::Veto, "ctrl-x")]);
    assert!(told.is_empty());
    driver.keys("a");
    assert!(driver.state.window.modal.is_none(), "the old key does nothing");
    assert!(driver.screen().contains(" A approve  Ctrl-x veto"), "{}", driver.screen());
    driver.keys("?");
    assert!(driver.screen().contains("A                   approve: shows"), "{}", driver.screen());
    driver.keys("<esc>A");
    assert!(driver.screen().contains("what would be") || driver.screen().contains("tree"));
}

#[test]
fn the_help_lists_a_key_once() {
    let night = Loop::recorded(8);
    // Tall enough that nothing of the help is out of sight.
    let mut driver = Driver::at(&night, 120, 150, AFTER_MS);
    for view in ["1", "2", "3", "4", "5", "6", "7"] {
        driver.keys(view);
        driver.keys("?");
        let screen = driver.screen();
        let window = screen.lines().skip_while(|line| !line.contains("keys here")).skip(1);
        let window = window.take_while(|line| !line.contains("marks:"));
        let columns = window
            .filter_map(|line| Some(line.split_once('│')?.1))
            .map(|line| line.trim_start().chars().take(19).collect::<String>());
        // A word of several letters is a sentence, or a key with a name.
        let mut keys: Vec<String> = columns
            .flat_map(|column| column.split(' ').map(str::to_owned).collect::<Vec<_>>())
            .filter(|key| key != "│" && key.chars().count() == 1 || key == "Space" || key.starts_with("Ctrl-"))
            .collect();
        keys.sort();
        let twice: Vec<_> = keys.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
        assert!(twice.is_empty() && keys.len() > 10, "{view}: {twice:?}\n{screen}");
        driver.keys("<esc>");
    }
}

#[test]
fn every_theme_tells_all_and_mono_uses_no_colour() {
    let night = Loop::recorded(70);
    let mut texts = Vec::new();
    for (name, text) in SHIPPED {
        let mut driver = Driver::at(&night, 80, 24, AFTER_MS);
        driver.with_theme(&Theme::parse(text).unwrap().fitted(Depth::Sixteen));
        let mut all = String::new();
        for keys in ["", "2", "3", "4", "5", "6"] {
            driver.keys(keys);
            all.push_str(&driver.screen());
            if name == "mono" {
                assert!(!driver.styles().contains("fg ") && !driver.styles().contains("bg "), "{}", driver.styles());
            }
        }
        texts.push(all);
    }
    // Nothing is told by colour alone: the words and glyphs are the same in all of them.
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn the_styles_of_the_progress_picture_are_what_they_mean() {
    let night = Loop::recorded(40);
    let mut driver = Driver::at(&night, 80, 24, AFTER_MS);
    driver.keys("3");
    insta::assert_snapshot!("progress_styles", driver.styles());
}

#[derive(Clone, Debug)]
enum Step {
    Key(KeyPress),
    Mouse(Mouse),
    Resize(u16, u16),
}

fn any_step() -> impl Strategy<Value = Step> {
    let keys = "jkgGhlnNmMxXtsSeb+=-0,.riyYcP:/123456[]{}?w o";
    let named = [
        KeyPress::Enter,
        KeyPress::Esc,
        KeyPress::Tab,
        KeyPress::Left,
        KeyPress::Right,
        KeyPress::PageDown,
        KeyPress::Home,
        KeyPress::Backspace,
    ];
    prop_oneof![
        12 => prop::sample::select(keys.chars().collect::<Vec<_>>()).prop_map(|c| Step::Key(KeyPress::Char(c))),
        4 => prop::sample::select(named.to_vec()).prop_map(Step::Key),
        2 => (0u16..210, 0u16..60).prop_map(|(x, y)| Step::Mouse(Mouse::Click(x, y))),
        1 => (0u16..210, 0u16..60, any::<bool>()).prop_map(|(x, y, down)| Step::Mouse(Mouse::Wheel(x, y, down))),
        1 => (1u16..210, 1u16..60).prop_map(|(width, height)| Step::Resize(width, height)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_way_of_looking_panics_or_leaves_the_chart(view in 1u8..7, steps in prop::collection::vec(any_step(), 1..60)) {
        let night = Loop::recorded(14);
        let mut driver = Driver::at(&night, 100, 30, AFTER_MS);
        driver.take(Event::Key(KeyPress::Char(char::from(b'0' + view))));
        for step in steps {
            match step {
                Step::Key(key) => driver.take(Event::Key(key)),
                Step::Mouse(mouse) => driver.take(Event::Mouse(mouse)),
                Step::Resize(width, height) => driver.resize(width, height),
            }
            driver.draw();
            let plot = &driver.state.curves.plot;
            prop_assert!(plot.overlays.len() <= MOST_OVERLAYS);
            if let Some((from, to)) = plot.window {
                prop_assert!(from < to, "{} {}", from, to);
            }
            let (from, to) = driver.state.shown_span();
            let total = driver.state.snapshot.experiments.len();
            prop_assert!(from <= to && to <= total);
            prop_assert!(driver.state.selected().is_none_or(|selected| (from..to).contains(&selected)));
            let screen = driver.screen();
            prop_assert!(!screen.chars().any(|c| c != '\n' && countersign::policy::text::is_hidden(c)));
        }
    }
}

fn reading(driver: &Driver<'_>, name: &str) -> Option<String> {
    driver.state.panel().into_iter().find(|instrument| instrument.name == name).unwrap().reading
}

#[test]
fn instruments_are_silent_rather_than_wrong() {
    let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
    a_loop.write("results.tsv", format!("{}\n-\t0.5\t1.0\tkeep\tbaseline\n-\t0.4\t1.0\tkeep\tx\n", support::HEADER));
    let driver = Driver::new(&a_loop, 100, 30);
    for name in ["GPU hours", "pace", "gain per hour", "last gain", "noise", "machine", "host"] {
        assert_eq!(reading(&driver, name), None, "{name}");
    }
    assert!(driver.state.panel().iter().all(|instrument| instrument.name != "GPU"), "no GPU, no line");
}

#[test]
fn instruments_read_what_a_second_method_reads() {
    let night = Loop::recorded(60);
    let policy = "objective: {metric: val_bpb, goal: minimize}\nbudget: {gpu_hours: 2, gpus: 4, usd_per_gpu_hour: 3, experiments: 50}\n";
    support::doors::policy(&night, policy);
    let driver = Driver::at(&night, 200, 50, AFTER_MS);
    let snapshot = &driver.state.snapshot;
    // The summaries of the logs alone: each run says how long it took.
    let said: f64 = snapshot.trials.iter().filter_map(|trial| trial.summary_value("total_seconds")).sum();
    let text = reading(&driver, "GPU hours").unwrap();
    let hours: f64 = text.split(' ').next().unwrap().parse().unwrap();
    let least = said / 3600.0 * 4.0;
    assert!((least - 0.001..least * 1.2 + 0.01).contains(&hours), "{text}, {least}");
    assert!(text.contains("of 2 GPU·h used") && text.ends_with(" left"), "{text}");
    let money = reading(&driver, "money").unwrap();
    let dollars: f64 = money.split(' ').next().unwrap().parse().unwrap();
    assert!((dollars - hours * 3.0).abs() < 0.02, "{money}");
    assert!(money.contains("of 6.00 $"), "{money}");
    assert_eq!(reading(&driver, "experiments").as_deref(), Some("60 of 50 experiments, 10 over the limit"));
    // The header holds the budget where there is room.
    assert!(
        driver.screen().lines().next().unwrap().contains(&format!("budget {hours:.2}/2 GPU·h")),
        "{}",
        driver.screen()
    );
    let newest: Vec<i64> = snapshot.experiments[36..].iter().map(|e| e.at_ms.unwrap()).collect();
    let per_hour = 23.0 / ((newest[23] - newest[0]) as f64 / 3_600_000.0);
    assert!(reading(&driver, "pace").unwrap().starts_with(&format!("{per_hour:.1} experiments per hour")));
}

#[test]
fn curves_are_compared_with_their_base_with_the_best_or_with_nothing_and_as_differences() {
    let night = Loop::recorded(30);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    driver.keys("2");
    let (main, base) = {
        let subjects = driver.state.subjects().unwrap();
        (subjects.main.trial.clone(), subjects.base.unwrap().trial.clone())
    };
    driver.keys("d");
    let difference: Vec<(f64, f64)> =
        driver.state.difference(&main, "loss").unwrap().points().map(|point| (point.step, point.value)).collect();
    let (ours, theirs) = (night.curves(&main), night.curves(&base));
    let end = theirs.series["loss"].last().unwrap().step;
    let wanted: Vec<(f64, f64)> = ours.series["loss"]
        .points()
        .filter(|point| point.step <= end)
        .filter_map(|point| Some((point.step, point.value - theirs.series["loss"].last_until(point.step)?.value)))
        .collect();
    assert!(wanted.len() > 20);
    assert_eq!(difference, wanted);
    insta::assert_snapshot!("curves_difference_120x40", driver.screen());
    // Smoothed, and along time: nothing panics, and what is read is what is drawn.
    driver.keys("sbbh");
    assert!(driver.screen().contains(" minus base "), "{}", driver.screen());
    driver.keys("B");
    let best = driver.state.subjects().unwrap();
    assert_eq!(best.base_word, "best approved", "{}", driver.screen());
    driver.keys("B");
    let alone = driver.state.subjects().unwrap();
    assert!(alone.base.is_none() && driver.state.difference_reference(&alone).is_none());
    driver.keys("Bd0");
    assert_eq!(driver.state.subjects().unwrap().base_word, "base");
}

/// However it was come to: what is drawn smooth is what is drawn, smoothed from its start.
#[test]
fn a_smoothed_curve_is_of_what_is_drawn_whatever_was_drawn_before() {
    let night = Loop::recorded(30);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    driver.keys("2");
    let mut smoothed = 0;
    for key in "sdBBdsdbbdBbdsSdBdSsBdd]d[dx]dstdtd".chars() {
        driver.keys(&key.to_string());
        let state = &driver.state;
        let subjects = state.subjects().unwrap();
        for subject in subjects.all() {
            let Some(ours) = state.smoothed(subject.trial, "loss") else { continue };
            let raw = &subject.curves.unwrap().series["loss"];
            let drawn = if state.difference_reference(&subjects).is_some() {
                state.difference(subject.trial, "loss").unwrap()
            } else {
                raw
            };
            let mut anew = Smoothed::new(SMOOTHINGS[state.curves.plot.smoothing]);
            anew.update(drawn);
            assert!(ours.points().eq(anew.series().points()), "after {key} of {}", subject.name);
            smoothed += 1;
        }
    }
    assert!(smoothed > 30, "{smoothed}");
}

#[test]
fn metrics_are_chosen_by_a_regular_expression() {
    let night = Loop::recorded(10);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    driver.keys("2tf^l(oss|");
    let all = driver.state.subjects().unwrap().main.trial.metrics().len();
    assert!(driver.screen().contains("not a regular expression"), "{}", driver.screen());
    driver.keys("rm)$");
    let shown = |driver: &Driver<'_>| {
        let subjects = driver.state.subjects().unwrap();
        let tiles = driver.state.tiles(&subjects, driver.state.layout().chart);
        tiles.metrics.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    driver.keys("<enter>");
    assert_eq!(shown(&driver), ["loss", "lrm"]);
    assert!(driver.screen().contains(&format!("2 of {all} metrics /^l(oss|rm)$/")), "{}", driver.screen());
    // One metric at a time goes through the same ones.
    driver.keys("tm");
    let at = |driver: &Driver<'_>| driver.state.main_series(&driver.state.subjects().unwrap()).unwrap().0.to_string();
    let first = at(&driver);
    driver.keys("m");
    assert_ne!(at(&driver), first);
    driver.keys("m");
    assert_eq!(at(&driver), first);
    // Esc puts back what was before.
    driver.keys("fxyz");
    driver.keys("<esc>");
    driver.keys("t");
    assert_eq!(shown(&driver), ["loss", "lrm"]);
    driver.keys("f");
    driver.keys(&"<backspace>".repeat(20));
    driver.keys("<enter>");
    assert_eq!(shown(&driver).len(), all.min(shown(&driver).len()));
    assert!(driver.state.curves.plot.filter.is_none());
}

/// A spike a thousand times the rest, drawn: with the usual heights it flattens the rest, in the middle 98 % it is a mark
/// at the edge, and at no zoom is it gone.
#[test]
fn a_spike_is_on_the_screen_at_every_zoom_and_height() {
    let night = Loop::recorded(20);
    let mut driver = Driver::at(&night, 120, 40, AFTER_MS);
    driver.keys("2G");
    let trial = driver.state.subjects().unwrap().main.trial.clone();
    let spike = 123_457;
    let loss = |step: u32| if step == spike { 5_000.0 } else { 2.0 + f64::from(step % 977) * 1e-3 };
    let series = [("loss".into(), (0..1_000_000).map(|step| (f64::from(step), loss(step))).collect())].into();
    let snapshot = Arc::make_mut(&mut driver.state.snapshot);
    let at = snapshot.trials.iter().position(|known| known.id == trial.id).unwrap();
    Arc::make_mut(&mut snapshot.trials[at]).recorded =
        Recorded::InMemory(Arc::new(Curves { series, ..Curves::default() }));
    driver.keys("m");
    for heights in 0..3 {
        driver.keys("0");
        let mut width = 1e6;
        while width > 40.0 {
            driver.state.curves.plot.window = Some((f64::from(spike) - width * 0.31, f64::from(spike) + width * 0.69));
            driver.draw();
            let screen = driver.screen();
            let top: Vec<&str> = screen.lines().collect();
            let first = driver.state.layout().chart.y as usize + 1;
            let is_marked = top[first..first + 3].iter().any(|line| line.chars().skip(11).any(|c| c == '▲'));
            let is_drawn =
                top[first..first + 3].iter().any(|line| line.chars().skip(11).any(|c| ('⠁'..='⣿').contains(&c)));
            assert!(is_marked || is_drawn, "{width} steps, heights {heights}:\n{screen}");
            width /= 3.0;
        }
        driver.keys("p");
    }
    driver.state.curves.plot.window = None;
    driver.keys("p");
    assert!(driver.screen().contains("off the scale: ▲ 5000"), "{}", driver.screen());
    driver.keys("pp");
}
