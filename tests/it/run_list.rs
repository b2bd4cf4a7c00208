//! The list of runs (view 7): folders without a loop, which run comes first, and what can be done with one.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use crate::support::Loop;
use crate::support::drive::Driver;
use countersign::app::{Event, KeyPress, MOST_OVERLAYS, Mouse, NoticeKind, RunOrder, ViewKind};
use countersign::export::ExportTable;
use countersign::model::{LoopFormat, TrialEnd};
use countersign::watch::{View, Watched, now_ms};
use proptest::prelude::*;

const TORCH: &[u8] = include_bytes!("../formats/events.out.tfevents.1700000000.torch");
const KERAS: &[u8] = include_bytes!("../formats/keras-training.csv");
const WANDB: &[u8] = include_bytes!("../formats/run-fixture1.wandb");
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// A folder of runs that is no repository, at one moment.
struct Folder {
    a_loop: Loop,
    _temp: tempfile::TempDir,
    now_ms: i64,
}

impl Folder {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().canonicalize().unwrap();
        std::fs::create_dir(path.join("run")).unwrap();
        Self { a_loop: Loop::at(path), _temp: temp, now_ms: now_ms() }
    }

    /// A file that changed last so many seconds ago.
    fn put(&self, path: &str, bytes: impl AsRef<[u8]>, age_s: u64) -> &Self {
        put(&self.a_loop, path, bytes, self.now_ms, age_s);
        self
    }

    /// A run whose loss falls to about `end`, in so many steps.
    fn run(&self, name: &str, steps: u32, end: f64, age_s: u64) -> &Self {
        self.put(&format!("{name}/metrics.csv"), table(steps, end), age_s)
    }

    /// What a process sees that goes on watching: a run keeps its number there.
    fn watched(&self) -> Watched {
        Watched::open_to_record(self.a_loop.dir(), &self.a_loop.state()).unwrap()
    }

    fn driver(&self, width: u16, height: u16) -> Driver<'_> {
        Driver::at(&self.a_loop, width, height, self.now_ms)
    }
}

fn observe(driver: &mut Driver<'_>, watched: &mut Watched) {
    // Folders are looked through now and then: later than the last time.
    driver.state.now_ms += 30_000;
    watched.poll(driver.state.now_ms);
    let view = View { snapshot: Arc::new(watched.snapshot()), policy: Arc::new(watched.policy().clone()) };
    driver.take(Event::Observed(view));
    driver.draw();
}

fn put(a_loop: &Loop, path: &str, bytes: impl AsRef<[u8]>, now_ms: i64, age_s: u64) {
    a_loop.write(path, bytes);
    let at = UNIX_EPOCH + Duration::from_millis(now_ms as u64) - Duration::from_secs(age_s);
    std::fs::File::options().write(true).open(a_loop.path(path)).unwrap().set_modified(at).unwrap();
}

fn table(steps: u32, end: f64) -> String {
    let row = |step: u32| {
        let left = 1.0 - f64::from(step) / f64::from(steps - 1);
        format!("{step},{},{}\n", end + 2.0 * left * left, 1.0 - end / 4.0 - left / 2.0)
    };
    format!("step,train_loss,acc\n{}", (0..steps).map(row).collect::<String>())
}

const HOUR: u64 = 3600;

fn selected(driver: &Driver<'_>) -> String {
    driver.state.selected_run().map(|run| driver.state.runs.name(run).to_owned()).unwrap_or_default()
}

fn listed(driver: &Driver<'_>) -> Vec<String> {
    driver.state.runs.rows().iter().map(|run| driver.state.runs.name(*run).to_owned()).collect()
}

fn two() -> Folder {
    let folder = Folder::new();
    folder.run("runs/lr_high", 40, 0.75, 50 * HOUR).run("runs/lr_low", 60, 0.5, 26 * HOUR);
    folder
}

#[test]
fn a_folder_without_a_loop_opens_on_its_newest_run() {
    let folder = two();
    for (width, height) in SIZES {
        let mut driver = folder.driver(width, height);
        insta::assert_snapshot!(format!("two_{width}x{height}"), driver.screen());
        driver.keys("2");
        assert!(driver.screen().contains("train_loss, runs/lr_low"), "{}", driver.screen());
        insta::assert_snapshot!(format!("two_curves_{width}x{height}"), driver.screen());
    }
}

#[test]
fn the_curves_go_through_the_runs() {
    let folder = two();
    for (keys, there) in [("j", "lr_high"), ("]", "lr_high"), ("<down>", "lr_high"), ("jk", "lr_low"), ("][", "lr_low")]
    {
        let mut driver = folder.driver(120, 24);
        driver.keys("2").keys(keys);
        assert!(driver.screen().contains(&format!("train_loss, runs/{there}")), "{keys}: {}", driver.screen());
        driver.keys("7");
        assert_eq!(selected(&driver), format!("runs/{there}"), "the list stands on the same run");
    }
}

#[test]
fn nothing_of_a_loop_is_claimed_where_there_is_none() {
    let folder = two();
    let mut driver = folder.driver(120, 40);
    assert_eq!(driver.state.snapshot.format, Some(LoopFormat::Curves));
    for word in ["stopped", "no metric", "Inbox", "Progress", "Lineage", "Instr", "Knobs", "exp "] {
        assert!(!driver.screen().contains(word), "{word}: {}", driver.screen());
    }
    for key in ["1", "3", "4", "5", "6", "i", "B", "T", "H", "Z", "<", ">", "y", "Y"] {
        let view = driver.state.view;
        driver.keys(key);
        let notice = driver.state.screen.notice.clone().unwrap_or_else(|| panic!("{key} says nothing"));
        assert_eq!((notice.kind, driver.state.view), (NoticeKind::Plain, view), "{key}");
        assert!(notice.text.starts_with("no loop here (needs `results.tsv`"), "{key}: {}", notice.text);
    }
    driver.keys("2<enter>");
    assert!(driver.state.review.open.is_none() && driver.state.screen.notice.is_some());
    driver.keys("w");
    assert!(driver.screen().contains("Everything could be read"), "{}", driver.screen());
    driver.keys("<esc>:inbox");
    assert!(!driver.screen().contains("show inbox"), "what would do nothing is not offered: {}", driver.screen());
}

#[test]
fn the_screen_and_doctor_say_what_series_says_of_a_file_that_breaks_off() {
    let cut = &TORCH[..TORCH.len() - 5];
    let open = "the JSON document is incomplete";
    let half = "the last line has no newline and may be incomplete";
    for (path, bytes, age_s, said) in [
        ("runs/a/metrics.json", &b"[{\"step\":1,\"loss\":0.5},{\"step\":2,\"lo"[..], 10, open),
        ("output/trainer_state.json", b"{\"log_history\": [{\"step\": 1, \"loss\": 2}, {\"st", 10, open),
        ("output/checkpoint-7/trainer_state.json", b"{\"log_history\": [", 10, open),
        // What is written bit by bit may end anywhere while it goes on.
        ("runs/a/events.out.tfevents.1.h", cut, HOUR, "ends within the record at byte"),
        ("runs/a/metrics.csv", b"step,loss\n1,0.5\n2,0.4\n3,0.3", HOUR, half),
        ("runs/a/metrics.csv", b"step,loss\n1,0.5\n2,0.4\n3,0.3\r", HOUR, half),
        ("runs/a/metrics.jsonl", b"{\"step\":1,\"loss\":2}\n{\"step\":2,\"los", HOUR, half),
    ] {
        let folder = Folder::new();
        folder.put(path, bytes, age_s);
        let mut driver = folder.driver(120, 24);
        driver.keys("w");
        let screen = driver.screen().replace("│\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains(said) && screen.contains(path), "{path}: {screen}");
        let all = |args: &[&str]| {
            let out = folder.a_loop.command(args).output().unwrap();
            String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()
        };
        assert!(all(&["doctor"]).contains("1 thing could not be read"), "{path}: {}", all(&["doctor"]));
        assert!(all(&["series", folder.a_loop.dir().to_str().unwrap()]).contains(said), "{path}");
        let whole = folder.put(path, bytes, 1).driver(120, 24).state.snapshot.trials[0].unread.clone();
        assert_eq!(whole, vec![], "{path}: it may be in the middle of being written");
    }
}

#[test]
fn an_agent_that_is_no_loop_here_makes_one_later() {
    let folder = two();
    let mut driver = folder.driver(120, 40);
    folder.put("results.tsv", "commit\tval_bpb\tstatus\tdescription\n-\t1.0\tkeep\tbaseline\n", 0);
    driver.observe();
    assert!(driver.screen().contains("1 Inbox"), "{}", driver.screen());
    assert_eq!(driver.state.view, ViewKind::Runs, "who reads the list goes on reading it");
}

fn many() -> (Loop, i64) {
    let a_loop = Loop::new(&[("train.py", "LR = 1\n")]);
    let now_ms = now_ms();
    for run in 0..300_u32 {
        let path = format!("runs/lr_{}/seed_{run}/metrics.csv", run % 10);
        put(
            &a_loop,
            &path,
            table(20 + run, 0.5 + f64::from(run % 10) / 10.0),
            now_ms,
            HOUR + u64::from(run) * HOUR / 4,
        );
    }
    // One that goes on.
    put(&a_loop, "runs/now/metrics.csv", table(12, 0.9), now_ms, 5);
    // Earlier runs are read bit by bit.
    let mut watched = Watched::open_to_record(a_loop.dir(), &a_loop.state()).unwrap();
    while watched.snapshot().trials.len() < 301 {
        watched.poll(countersign::watch::now_ms());
    }
    drop(watched);
    (a_loop, now_ms)
}

#[test]
fn three_hundred_runs_are_sorted_filtered_and_overlaid() {
    let (a_loop, now_ms) = many();
    for (width, height) in SIZES {
        let mut driver = Driver::at(&a_loop, width, height, now_ms);
        assert_eq!(driver.state.snapshot.trials.len(), 301);
        let snap = |name: &str, driver: &Driver<'_>| {
            insta::assert_snapshot!(format!("many_{name}_{width}x{height}"), driver.screen());
        };
        snap("newest", &driver);
        driver.keys("/LR_3 seed");
        snap("filter", &driver);
        driver.keys("<enter>xjxj");
        snap("overlaid", &driver);
        driver.keys("<enter>");
        snap("overlaid_curves", &driver);
        driver.keys("7c");
        driver.keys("jc");
        snap("compared", &driver);
        driver.keys("<esc><esc>ooo");
        snap("best", &driver);
    }
}

#[test]
fn each_order_is_one() {
    let (a_loop, now_ms) = many();
    let mut driver = Driver::at(&a_loop, 80, 24, now_ms);
    assert_eq!(driver.state.runs.rows().len(), 301);
    let newest = ["runs/now", "runs/lr_0/seed_0", "runs/lr_1/seed_1"];
    assert_eq!(listed(&driver)[..3], newest);
    driver.keys("o");
    let names = listed(&driver);
    assert_eq!(
        (driver.state.runs.order, &*names[0], &*names[1]),
        (RunOrder::Name, "runs/lr_0/seed_0", "runs/lr_0/seed_10")
    );
    driver.keys("o");
    assert_eq!((driver.state.runs.order, &*listed(&driver)[0]), (RunOrder::Steps, "runs/lr_9/seed_299"));
    driver.keys("o");
    // All of lr_0 end at 0.5: among equal ones the newest is first.
    assert_eq!(
        (driver.state.runs.order, listed(&driver)[..2].to_vec()),
        (RunOrder::Value, vec!["runs/lr_0/seed_0".to_owned(), "runs/lr_0/seed_10".to_owned()])
    );
    driver.keys("m");
    assert_eq!(driver.state.runs.metric().map(|metric| &**metric), Some("acc"));
    assert_eq!(&*listed(&driver)[0], "runs/lr_0/seed_0", "more accuracy is better");
    driver.keys("o");
    assert_eq!(listed(&driver)[..3], newest);
}

#[test]
fn what_runs_is_found_and_a_new_run_is_followed() {
    let folder = two();
    folder.run("runs/now", 12, 0.9, 4);
    for (width, height) in SIZES {
        let mut driver = folder.driver(width, height);
        insta::assert_snapshot!(format!("running_{width}x{height}"), driver.screen());
        driver.keys("Gr");
        assert_eq!(selected(&driver), "runs/now");
        driver.keys("2jr");
        assert_eq!(selected(&driver), "runs/now", "in the curves, too");
    }
    let (mut driver, mut watched) = (folder.driver(80, 24), folder.watched());
    observe(&mut driver, &mut watched);
    folder.run("runs/later", 6, 0.8, 1);
    observe(&mut driver, &mut watched);
    assert_eq!(selected(&driver), "runs/later", "who stands on the newest run stands on the newest one");
    driver.keys("j");
    folder.run("runs/latest", 6, 0.8, 0);
    observe(&mut driver, &mut watched);
    assert_eq!(selected(&driver), "runs/now", "who went to another one stays there");
}

#[test]
fn runs_do_not_change_places_while_they_write() {
    let folder = Folder::new();
    folder.run("a", 10, 0.5, 20).run("b", 10, 0.6, 10);
    let (mut driver, mut watched) = (folder.driver(80, 24), folder.watched());
    observe(&mut driver, &mut watched);
    assert_eq!(listed(&driver), ["b", "a"]);
    folder.a_loop.append("a/metrics.csv", "11,0.5,0.9\n");
    observe(&mut driver, &mut watched);
    assert_eq!(listed(&driver), ["b", "a"]);
    let steps = driver.state.snapshot.trials.iter().map(|trial| trial.last_step()).collect::<Vec<_>>();
    assert!(steps.contains(&Some(11.0)), "the new values are there all the same: {steps:?}");
    driver.keys("oooo");
    assert_eq!(listed(&driver), ["a", "b"], "sorting looks again");
}

#[test]
fn a_run_is_called_as_the_person_likes() {
    let folder = two();
    let mut driver = folder.driver(80, 24);
    driver.keys("Rthe good one");
    insta::assert_snapshot!("rename_80x24", driver.screen());
    driver.keys("<enter>");
    insta::assert_snapshot!("renamed_80x24", driver.screen());
    let log = "runs/lr_low/metrics.csv".to_owned();
    assert_eq!(driver.outside.run_names, [(log, "the good one".to_owned())].into());
    driver.keys("/lr_low<enter>");
    assert_eq!(listed(&driver), ["the good one"], "its own name finds it, too");
    driver.keys("<esc>R");
    for _ in 0..20 {
        driver.keys("<backspace>");
    }
    driver.keys("<enter>");
    assert!(driver.outside.run_names.is_empty());
    assert_eq!(selected(&driver), "runs/lr_low");
}

#[test]
fn an_empty_list_says_where_runs_come_from() {
    let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
    a_loop.row("-", 1.0, "keep", "baseline");
    let mut driver = Driver::new(&a_loop, 80, 24);
    driver.keys("7");
    insta::assert_snapshot!("empty_80x24", driver.screen());
    driver.keys("jkGgxcRr<enter>o/a<enter>");
    assert_eq!(driver.state.selected_run(), None);
}

#[test]
fn in_a_loop_a_run_is_opened_and_left() {
    let night = Loop::recorded(40);
    let mut driver = Driver::at(&night, 120, 40, 1_795_572_600_000);
    driver.keys("7");
    insta::assert_snapshot!("of_a_loop_120x40", driver.screen());
    driver.keys("jj");
    let run = driver.state.selected_run().unwrap();
    let trial = driver.state.snapshot.trials[run].id;
    let of = driver.state.experiment_of_run(run).unwrap().id.clone();
    driver.keys("<enter>");
    assert_eq!(driver.state.subjects().unwrap().main.trial.id, trial);
    let experiment = &driver.state.snapshot.experiments[driver.state.selected().unwrap()];
    assert_eq!(experiment.id, of, "its experiment is the one that others are beside of");
    driver.keys("[");
    assert_ne!(driver.state.subjects().unwrap().main.trial.id, trial);
    assert!(driver.state.main_run().is_none(), "going to another experiment leaves the run");
}

#[test]
fn formats_lie_beside_each_other() {
    let folder = Folder::new();
    folder
        .put("tb/a/events.out.tfevents.1.host", TORCH, 7 * HOUR)
        .put("keras/training.csv", KERAS, 6 * HOUR)
        .put("wandb/run-20260301_101010-fixture1/run-fixture1.wandb", WANDB, 5 * HOUR)
        .run("x/1", 10, 0.5, 4 * HOUR)
        .put("x/1/other.csv", table(5, 0.1), 3 * HOUR);
    let driver = folder.driver(120, 40);
    let names = listed(&driver);
    for name in ["wandb/run-20260301_101010-fixture1", "tb/a"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
}

#[test]
fn hostile_names_reach_no_terminal() {
    let folder = Folder::new();
    folder
        .run("runs/\u{1b}[31mred\u{7}", 10, 0.5, HOUR)
        .run("runs/\u{202e}lrtb", 10, 0.5, 2 * HOUR)
        .run(&format!("runs/{}end", "x".repeat(200)), 10, 0.5, 3 * HOUR)
        .run(&format!("runs/{}", "日本".repeat(30)), 10, 0.5, 4 * HOUR)
        .run("runs/a\u{200d}\u{301}\u{301}b", 10, 0.5, 5 * HOUR);
    for (width, height) in [(80, 24), (40, 10), (120, 40), (200, 50), (41, 17)] {
        let mut driver = folder.driver(width, height);
        for key in [
            "j",
            "x",
            "j",
            "x",
            "j",
            "c",
            "j",
            "c",
            "<esc>",
            "2",
            "[",
            "7",
            "R\u{1b}\u{202e}",
            "<enter>",
            "/日",
            "<enter>",
        ] {
            driver.keys(key);
            let screen = driver.screen();
            assert!(!screen.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{screen:?}");
        }
    }
    let driver = folder.driver(80, 24);
    assert!(driver.screen().contains("xxxend"), "the end of a long name is what differs: {}", driver.screen());
}

#[test]
fn the_list_is_a_table_and_can_be_clicked() {
    let folder = two();
    let mut driver = folder.driver(80, 24);
    let mut csv = Vec::new();
    ExportTable::of(&driver.state).write(&mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "run,log,state,changed,steps,metric,last,min,max,experiment");
    assert!(lines[1].starts_with("runs/lr_low,runs/lr_low/metrics.csv,no end,"), "{csv}");
    assert!(lines[1].ends_with(",59,train_loss,0.5,0.5,2.5,"), "{csv}");
    let row = |driver: &Driver<'_>, name: &str| {
        driver.screen().lines().position(|line| line.contains(&format!("  {name} "))).unwrap() as u16
    };
    let at = row(&driver, "runs/lr_high");
    driver.take(Event::Mouse(Mouse::Click(5, at)));
    assert_eq!(selected(&driver), "runs/lr_high");
    driver.take(Event::Mouse(Mouse::Click(5, at - 2)));
    assert_eq!(selected(&driver), "runs/lr_high", "what stands in the columns is no run");
    let tab = driver.screen().lines().nth(1).unwrap().find("2 Curves").unwrap() as u16;
    driver.take(Event::Mouse(Mouse::Click(tab, 1)));
    assert_eq!(driver.state.view, ViewKind::Curves);
}

#[derive(Clone, Debug)]
enum Step {
    Key(KeyPress),
    Resize(u16, u16),
    Run(u8),
    Grow(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    let key = prop_oneof![
        8 => prop::sample::select("jkGgxXcoRr/mM27sSetdbBf[]+-0hl,.nN wpi:1".chars().collect::<Vec<_>>()).prop_map(KeyPress::Char),
        2 => prop::sample::select(vec![KeyPress::Enter, KeyPress::Esc, KeyPress::Up, KeyPress::Down, KeyPress::PageDown, KeyPress::PageUp, KeyPress::Tab, KeyPress::Backspace]),
    ];
    prop_oneof![
        14 => key.prop_map(Step::Key),
        1 => (1u16..220, 1u16..60).prop_map(|(width, height)| Step::Resize(width, height)),
        1 => any::<u8>().prop_map(Step::Run),
        1 => any::<u8>().prop_map(Step::Grow),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_keys_at_any_size_leave_a_run_selected(steps in prop::collection::vec(any_step(), 1..60)) {
        let folder = Folder::new();
        for run in 0..9_u32 {
            folder.run(&format!("r{run}"), 3 + run, 0.1 * f64::from(run), u64::from(run) * HOUR);
        }
        let (mut driver, mut watched) = (folder.driver(80, 24), folder.watched());
        for step in steps {
            match step {
                Step::Key(key) => { driver.take(Event::Key(key)); driver.draw(); }
                Step::Resize(width, height) => driver.resize(width, height),
                Step::Run(age) => {
                    folder.run(&format!("n{age}"), 4, 0.4, u64::from(age) * 60);
                    observe(&mut driver, &mut watched);
                }
                Step::Grow(by) => {
                    folder.run("r3", 20 + u32::from(by), 0.3, 0);
                    observe(&mut driver, &mut watched);
                }
            }
            let state = &driver.state;
            let rows = state.runs.rows();
            prop_assert_eq!(state.run_row().is_some(), !rows.is_empty(), "{:?}", state.runs.filter);
            prop_assert!(rows.iter().all(|row| *row < state.snapshot.trials.len()));
            prop_assert!(rows.len() == state.snapshot.trials.len() || !state.runs.filter.is_empty());
            prop_assert!(matches!(state.view, ViewKind::Runs | ViewKind::Curves));
            prop_assert!(state.review.open.is_none() && state.curves.plot.overlays.len() <= MOST_OVERLAYS);
            let running = state.snapshot.trials.iter().filter(|trial| trial.end == TrialEnd::Running).count();
            prop_assert_eq!(state.running_count(), running);
        }
    }
}

#[test]
fn names_that_are_no_utf_8_are_told_apart() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = Folder::new();
    for (name, end) in [(&b"a\xff"[..], 0.5), (b"a\xfe", 0.25)] {
        let place = folder.a_loop.dir().join(std::ffi::OsStr::from_bytes(name));
        std::fs::create_dir(&place).unwrap();
        std::fs::write(place.join("metrics.csv"), table(4, end)).unwrap();
    }
    let mut driver = folder.driver(120, 40);
    let mut logs: Vec<String> = driver.state.snapshot.trials.iter().map(|trial| trial.log.to_string()).collect();
    logs.sort();
    assert_eq!(logs, ["a\\xFE/metrics.csv", "a\\xFF/metrics.csv"]);
    driver.keys("7").draw();
    let screen = driver.screen();
    assert!(screen.contains("a\\xFE") && screen.contains("a\\xFF"), "{screen}");
    let series = folder.a_loop.command(&["series", folder.a_loop.dir().to_str().unwrap()]).output().unwrap();
    let series = String::from_utf8_lossy(&series.stdout).into_owned();
    assert!(
        series.contains("a\\xFE/metrics.csv:train_loss") && series.contains("a\\xFF/metrics.csv:train_loss"),
        "{series}"
    );
}

#[test]
fn commands_say_that_a_folder_holds_runs_and_no_loop() {
    let folder = two();
    let said = |args: &[&str]| {
        let out = folder.a_loop.command(args).output().unwrap();
        String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()
    };
    let newest = folder.driver(80, 24).state.snapshot.trials.last().unwrap().run_name().to_owned();
    let told = format!("2 runs, the newest {newest}");
    let status = said(&["status"]);
    assert!(status.starts_with(&format!("runs       {told}; no loop here\n")), "{status}");
    assert!(!status.contains("experiments") && !status.contains("objective"), "{status}");
    assert!(said(&["status", "--short"]).ends_with(" 2 runs\n"));
    let json = folder.a_loop.json(&["status", "--json"])["runs"].clone();
    assert_eq!(json, serde_json::json!({"total": 2, "newest": newest}));
    let doctor = said(&["doctor"]);
    assert!(doctor.contains(&format!("✓ runs         {told}")) && !doctor.contains("0 experiments"), "{doctor}");
    let compared = said(&["compare", "a", "b"]);
    assert!(
        compared.contains("this directory has runs but no experiments") && compared.contains("`countersign series`"),
        "{compared}"
    );
    // A state is called alike whichever checkpoint it is read from.
    let saved = Folder::new();
    saved.put("output/checkpoint-2/trainer_state.json", b"{\"log_history\": [{\"step\": 2, \"loss\": 1}]}", 100);
    let doctor = saved.a_loop.command(&["doctor"]).output().unwrap();
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.contains("runs         1 run, the newest output") && !doctor.contains("logs "), "{doctor}");
    // One run, and all that were not read yet.
    let one = Folder::new();
    one.run("a", 4, 0.5, 100);
    let out = one.a_loop.command(&["status"]).output().unwrap();
    assert!(String::from_utf8_lossy(&out.stdout).starts_with("runs       1 run, the newest "));
    for at in 0..40 {
        one.run(&format!("more{at}"), 2000, 0.5, 200 + at);
    }
    assert_eq!(one.a_loop.json(&["status", "--json"])["runs"]["total"], 41);
}
