//! Folders as the writers of curves leave them: which files are found, what is read of them, and what is said of the
//! others.

use std::path::Path;

use crate::support::{self, Loop, folder, put};
use countersign::format::CurvesFormat;
use countersign::model::{Curves, PassedOver};
use countersign::watch::{RunCurves, Watched, read_curves, read_directory};
use proptest::prelude::*;

const WANDB: &[u8] = include_bytes!("../formats/run-fixture1.wandb");
const TORCH: &[u8] = include_bytes!("../formats/events.out.tfevents.1700000000.torch");

fn read(dir: &Path) -> (Vec<RunCurves>, Vec<PassedOver>) {
    let mut runs = Vec::new();
    let seen = read_directory(dir, |run| runs.push(run)).unwrap();
    (runs, seen)
}

fn points(run: &RunCurves, metric: &str) -> Vec<(f64, f64)> {
    let series =
        run.curves.series.get(metric).unwrap_or_else(|| panic!("no {metric} in {:?}", run.curves.series.keys()));
    series.points().map(|point| (point.step, point.value)).collect()
}

/// One file of a folder: its run, and all points of one metric of it.
fn one(path: &str, text: &str, metric: &str, wanted: &[(f64, f64)]) {
    let folder = folder(&[(path, text.as_bytes())]);
    let (runs, seen) = read(folder.path());
    let [run] = runs.as_slice() else { panic!("{path}: {} runs, {seen:?}", runs.len()) };
    assert_eq!((run.path.as_str(), points(run, metric).as_slice()), (path, wanted), "{path}");
    assert!(run.warnings.is_empty(), "{path}: {:?}", run.warnings);
    assert!(seen.is_empty(), "{path}: {seen:?}");
    // It is what opening the folder shows.
    let mut watched = Watched::open(folder.path(), Path::new("/nowhere")).unwrap();
    watched.poll(1_700_000_000_000);
    let snapshot = watched.snapshot();
    let [trial] = &snapshot.trials.to_vec()[..] else { panic!("{path}: {:?}", snapshot.trials) };
    assert_eq!((&*trial.log, trial.points_of(metric)), (path, wanted.len()), "{path}");
}

#[test]
fn ultralytics_and_yolov5() {
    let yolo = "epoch,time,train/box_loss,metrics/mAP50(B)\n1,38.1,2.0,0.3\n2,76.2,1.9,0.35\n";
    one("runs/detect/train/results.csv", yolo, "train/box_loss", &[(1.0, 2.0), (2.0, 1.9)]);
    one("runs/detect/train/results.csv", yolo, "metrics/mAP50(B)", &[(1.0, 0.3), (2.0, 0.35)]);
    let padded = "               epoch,      train/box_loss,      val/obj_loss\n                   0,            0.1123,           0.051\n                   1,            0.1024,           0.049\n";
    one("runs/train/exp/results.csv", padded, "train/box_loss", &[(0.0, 0.1123), (1.0, 0.1024)]);
    one("runs/train/exp/results.csv", padded, "val/obj_loss", &[(0.0, 0.051), (1.0, 0.049)]);
}

#[test]
fn llama_factory_and_ms_swift() {
    let log = "{\"current_steps\": 10, \"total_steps\": 20, \"loss\": 1.3, \"lr\": 5e-05, \"epoch\": 0.03, \"percentage\": 50.0, \"elapsed_time\": \"0:00:40\"}\n{\"current_steps\": 20, \"total_steps\": 20, \"loss\": 1.2, \"lr\": 5e-05, \"epoch\": 0.06, \"percentage\": 100.0, \"elapsed_time\": \"0:00:41\"}\n";
    one("saves/qwen/lora/sft/trainer_log.jsonl", log, "loss", &[(10.0, 1.3), (20.0, 1.2)]);
    let run = read_one("trainer_log.jsonl", log);
    assert_eq!(names(&run), ["epoch", "loss", "lr"], "how many steps there will be is no curve");
    let swift = "{\"loss\": \"2.5\", \"token_acc\": 0.5, \"epoch\": 0.1, \"global_step/max_steps\": \"5/20\", \"memory(GiB)\": 8.5}\n{\"loss\": \"2.25\", \"token_acc\": 0.6, \"epoch\": 0.2, \"global_step/max_steps\": \"10/20\"}\n";
    one("output/Qwen/v0-20250101-120000/logging.jsonl", swift, "loss", &[(5.0, 2.5), (10.0, 2.25)]);
}

#[test]
fn detectron2_and_mmengine() {
    let rows = "{\"iteration\": 19, \"total_loss\": 2.1, \"lr\": 5e-06}\n{\"iteration\": 39, \"total_loss\": 2.0, \"lr\": 5e-06}\n";
    one("output/metrics.json", rows, "total_loss", &[(19.0, 2.1), (39.0, 2.0)]);
    let mm = "{\"env_info\": \"python 3.8\", \"seed\": 0}\n{\"mode\": \"train\", \"epoch\": 1, \"iter\": 50, \"loss\": 2.5}\n{\"mode\": \"train\", \"epoch\": 2, \"iter\": 10, \"loss\": 1.5}\n";
    one("work_dirs/rcnn/20240101_120000.log.json", mm, "loss", &[(50.0, 2.5), (60.0, 1.5)]);
    let scalars = "{\"lr\": 0.01, \"loss\": 2.5, \"epoch\": 1, \"step\": 50}\n{\"lr\": 0.01, \"loss\": 2.0, \"epoch\": 1, \"step\": 100}\n";
    let run = "work_dirs/rtm/20240101_120000";
    let dir = folder(&[
        (&format!("{run}/vis_data/scalars.json"), scalars.as_bytes()),
        (&format!("{run}/vis_data/20240101_120000.json"), scalars.as_bytes()),
        (&format!("{run}/20240101_120000.log"), b"step: 50 loss: 2.5\nstep: 100 loss: 2.0\n"),
    ]);
    let (runs, seen) = read(dir.path());
    assert_eq!(paths(&runs), [format!("{run}/vis_data/scalars.json")], "one run, read once");
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen.iter().all(|seen| seen.why.contains("scalars.json")), "{seen:?}");
}

#[test]
fn logs_of_hydra_slurm_nohup_and_modded_nanogpt() {
    let log = "starting\nstep: 0 loss: 3.0\nstep: 1 loss: 2.5\n";
    for path in [
        "outputs/2024-01-01/12-00-00/main.log",
        "multirun/2024-01-01/12-00-00/0/train.log",
        "logs/7b0e5f2c-1111-2222-3333-444455556666.txt",
        "nohup.out",
        "slurm-12345.out",
        "logs/train-12345.err",
        "log.txt",
        "output/stdout.log",
        "out/train.out",
    ] {
        one(path, log, "loss", &[(0.0, 3.0), (1.0, 2.5)]);
    }
    // A long beginning without a value: what is written at the end tells.
    let long = "config line\n".repeat(2000) + log;
    one("logs/7b0e5f2c-1111-2222-3333-444455556666.txt", &long, "loss", &[(0.0, 3.0), (1.0, 2.5)]);
}

#[test]
fn tables_under_the_name_of_a_log_and_rows_under_that_of_a_text() {
    let keras = "epoch,accuracy,loss,val_loss\n0,0.5,1.5,1.6\n1,0.6,1.25,1.5\n";
    one("training.log", keras, "val_loss", &[(0.0, 1.6), (1.0, 1.5)]);
    one("logs/log.txt", keras, "loss", &[(0.0, 1.5), (1.0, 1.25)]);
    let detr = "{\"train_lr\": 0.1, \"train_loss\": 3.5, \"test_bbox\": [0.1, 0.2], \"epoch\": 0, \"n_parameters\": 41}\n{\"train_lr\": 0.1, \"train_loss\": 3.0, \"epoch\": 1, \"n_parameters\": 41}\n";
    one("output/log.txt", detr, "train_loss", &[(0.0, 3.5), (1.0, 3.0)]);
    let spinup = "Epoch\tAverageEpRet\tTotalEnvInteracts\n0\t-150.5\t4000\n1\t-120.25\t8000\n";
    one("output/progress.txt", spinup, "AverageEpRet", &[(4000.0, -150.5), (8000.0, -120.25)]);
    let timm = "epoch,train_loss,eval_loss,eval_top1\n0,6.9,6.8,0.25\n1,6.5,6.25,0.5\n";
    one("output/train/20240101-vit/summary.csv", timm, "eval_top1", &[(0.0, 0.25), (1.0, 0.5)]);
}

#[test]
fn reinforcement_learning() {
    let sb3 = "rollout/ep_rew_mean,time/iterations,time/total_timesteps,train/loss\n10.5,1,2048,\n12.5,2,4096,0.5\n";
    one("logs/progress.csv", sb3, "rollout/ep_rew_mean", &[(2048.0, 10.5), (4096.0, 12.5)]);
    let ray = "{\"training_iteration\": 1, \"episode_reward_mean\": 9.5, \"timesteps_total\": 4000, \"config\": {\"lr\": 0.1}}\n{\"training_iteration\": 2, \"episode_reward_mean\": 19.5, \"timesteps_total\": 8000, \"config\": {\"lr\": 0.1}}\n";
    one("ray_results/PPO/trial_1/result.json", ray, "episode_reward_mean", &[(1.0, 9.5), (2.0, 19.5)]);
    assert_eq!(names(&read_one("result.json", ray)), ["episode_reward_mean", "timesteps_total"]);
    let monitor = "#{\"t_start\": 1.5, \"env_id\": \"CartPole\"}\nr,l,t\n20.0,20,0.5\n35.0,35,0.75\n";
    one("logs/0.monitor.csv", monitor, "r", &[(0.0, 20.0), (1.0, 35.0)]);
    let episodes = "episode,timesteps,reward\n1,200,-5.5\n2,180,-4.5\n";
    one("results/rewards.csv", episodes, "reward", &[(1.0, -5.5), (2.0, -4.5)]);
}

#[test]
fn exports_of_viewers() {
    let wandb =
        "\"Step\",\"a - train/loss\",\"a - train/loss__MIN\"\n\"0\",\"2.5\",\"2.5\"\n\"100\",\"2.25\",\"2.25\"\n";
    one("wandb_export.csv", wandb, "a - train/loss", &[(0.0, 2.5), (100.0, 2.25)]);
    let board = "Wall time,Step,Value\n1700000000.5,10,0.5\n1700000001.5,20,0.25\n";
    one("run-a-tag-loss.csv", board, "Value", &[(10.0, 0.5), (20.0, 0.25)]);
    assert_eq!(names(&read_one("a.csv", board)), ["Value"], "the clock is no metric");
    let keras = "{\"loss\": [1.5, 1.25], \"val_loss\": [1.75, 1.5]}";
    one("history.json", keras, "val_loss", &[(0.0, 1.75), (1.0, 1.5)]);
    let sacred = "{\n  \"loss\": {\n    \"steps\": [\n      1,\n      5\n    ],\n    \"values\": [\n      3.0,\n      2.5\n    ]\n  }\n}";
    one("runs/1/metrics.json", sacred, "loss", &[(1.0, 3.0), (5.0, 2.5)]);
    let chainer = "[\n    {\n        \"epoch\": 1,\n        \"main/loss\": 0.5\n    },\n    {\n        \"epoch\": 2,\n        \"main/loss\": 0.25\n    }\n]";
    one("result/log", chainer, "main/loss", &[(1.0, 0.5), (2.0, 0.25)]);
    let verl = "{\"step\": 1, \"data\": {\"actor/loss\": 0.5, \"critic/score\": 1}}\n{\"step\": 2, \"data\": {\"actor/loss\": 0.25, \"critic/score\": 2}}\n";
    one("tensorboard_log/p/exp.jsonl", verl, "actor/loss", &[(1.0, 0.5), (2.0, 0.25)]);
    let clip =
        "{\"imagenet-zeroshot-val-top1\": 0.25, \"epoch\": 1}\n{\"imagenet-zeroshot-val-top1\": 0.5, \"epoch\": 2}\n";
    one("logs/a/checkpoints/results.jsonl", clip, "imagenet-zeroshot-val-top1", &[(1.0, 0.25), (2.0, 0.5)]);
}

#[test]
fn the_step_has_many_names() {
    for step in ["Step", "STEP", "global step", "Iteration", "iter", "trainer/global_step", "num_updates", "Epoch"] {
        let run = read_one("metrics.csv", &format!("{step},loss\n10,0.5\n20,0.25\n"));
        assert_eq!(points(&run, "loss"), [(10.0, 0.5), (20.0, 0.25)], "{step}");
        let run = read_one(
            "metrics.jsonl",
            &format!("{{\"{step}\": 10, \"loss\": 0.5}}\n{{\"loss\": 0.25, \"{step}\": 20}}\n"),
        );
        assert_eq!(points(&run, "loss"), [(10.0, 0.5), (20.0, 0.25)], "{step}");
    }
    let run = read_one("metrics.csv", "epoch,Step,loss\n0,1.0,0.5\n0,2.0,0.25\n");
    assert_eq!(points(&run, "loss"), [(1.0, 0.5), (2.0, 0.25)]);
    let run = read_one("metrics.jsonl", "{\"step\": \"7\", \"loss\": 0.5}\n");
    assert_eq!(points(&run, "loss"), [(7.0, 0.5)], "a step in quotes");
}

#[test]
fn tables_as_people_write_them() {
    let loss = |text: &str| points(&read_one("metrics.csv", text), "loss");
    let wanted = [(0.0, 1.5), (1.0, 1.25)];
    for text in [
        "\u{feff}epoch,loss\r\n0,1.5\r\n1,1.25\r\n",
        "epoch;loss\n0;1,5\n1;1,25\n",
        "# made by hand\nepoch,loss\n# half way\n0,1.5\n1,1.25\n",
        "# epoch,loss\n0,1.5\n1,1.25\n",
        "epoch\tloss\n0\t1.5\n1\t1.25\n",
        "epoch,loss,\n0,1.5,\n1,1.25,\n",
        "epoch,loss\n0,1.5,\n1,1.25,\n",
        "epoch,loss,note\n0,1.5,\"a, b\"\n1,1.25,\n",
        "epoch,loss,is_best\n0,1.5,True\n1,1.25,False\n",
    ] {
        assert_eq!(loss(text), wanted, "{text:?}");
    }
    let run = read_one("metrics.csv", "step,tokens_seen\n1,\"1,000\"\n2,\"2,500,000\"\n");
    assert_eq!(points(&run, "tokens_seen"), [(1.0, 1_000.0), (2.0, 2_500_000.0)], "thousands in quotes");
    let run = read_one("metrics.csv", "step,loss,loss\n1,0.5,9.5\n");
    assert_eq!((points(&run, "loss"), points(&run, "loss.1")), (vec![(1.0, 0.5)], vec![(1.0, 9.5)]));
    assert!(run.warnings[0].message.contains("two columns are named loss"), "{:?}", run.warnings);
    assert_eq!(names(&read_one("metrics.csv", "epoch,loss,is_best\n0,1.5,True\n")), ["loss"]);
}

#[test]
fn what_is_no_measurement() {
    let table = "{\"step\": 1, \"loss\": 0.5, \"preds\": {\"ncols\": 3, \"_type\": \"table-file\", \"nrows\": 9}, \"hist\": {\"_type\": \"histogram\", \"bins\": [1, 2]}, \"eval\": {\"acc\": 0.75}}\n";
    assert_eq!(names(&read_one("metrics.jsonl", table)), ["eval.acc", "loss"]);
    let odd = "{\"step\": 1, \"loss\": 0.5, \"ok\": true, \"none\": null, \"list\": [1], \"seed\": \"42\", \"commit\": \"1234567\"}\n";
    assert_eq!(names(&read_one("metrics.jsonl", odd)), ["loss"]);
    let ray = "{\"training_iteration\": 1, \"reward\": 9.5, \"pid\": 71, \"timestamp\": 1700000000, \"time_this_iter_s\": 2.5, \"node_ip\": \"10.0.0.1\"}\n";
    assert_eq!(names(&read_one("result.json", ray)), ["reward", "time_this_iter_s"]);
    let wandb = "_step,_timestamp,_runtime,loss\n0,1700000000.5,1.5,0.5\n1,1700000004.5,5.5,0.25\n";
    let run = read_one("export.csv", wandb);
    assert_eq!(names(&run), ["loss"]);
    assert_eq!(run.curves.along.seconds.last().map(|point| point.value), Some(5.5), "the time is an axis");
}

/// What agents did, plots and tests are no runs; what was measured beside words is one.
#[test]
fn what_has_steps_and_is_no_run() {
    let plot = b"{\"x\": [1, 2, 3], \"y\": [0.5, 0.25, 0.1]}";
    let dir = folder(&[
        ("logs/trajectory.jsonl", b"{\"step\": 0, \"action\": \"click\", \"reward\": 0.5}\n{\"step\": 1, \"action\": \"type\", \"reward\": 1}\n"),
        ("logs/rollouts.jsonl", b"{\"step\": 1, \"messages\": [{\"role\": \"user\"}], \"score\": 0.5}\n"),
        ("logs/plot-history.json", plot),
        ("logs/unit.log", b"===== test session starts =====\nstep 1 loss 0.5\nstep 2 loss 0.4\n"),
        ("logs/ctest.out", b"Test project /a/build\n 1/2 Test  #1: loss ....   Passed    0.01 sec\nstep 1 loss 0.5\n"),
        ("logs/a/metrics.jsonl", b"{\"step\": 0, \"action\": 3, \"reward\": 0.5}\n"),
        ("logs/b/values.jsonl", b"{\"step\": 0, \"split\": \"train\", \"model\": {\"size\": 3}, \"note\": \"half way\", \"loss\": 0.5}\n"),
    ]);
    let (runs, seen) = read(dir.path());
    assert_eq!(paths(&runs), ["logs/a/metrics.jsonl", "logs/b/values.jsonl"]);
    assert_eq!(seen.len(), 5, "{seen:#?}");
}

#[test]
fn half_written_rows_do_not_count_and_that_is_said() {
    for (name, text) in [
        ("metrics.csv", "step,loss\n0,0.9\n1,0.8\n2,0."),
        ("metrics.csv", "step,loss\n0,0.9\n1,0.8\n2,0.75"),
        ("metrics.csv", "step,loss\n0,0.9\n1,0.8\n2"),
        ("loss.tsv", "step\tloss\n0\t0.9\n1\t0.8\n2\t0."),
        ("metrics.jsonl", "{\"step\": 0, \"loss\": 0.9}\n{\"step\": 1, \"loss\": 0.8}\n{\"step\": 2, \"loss\": 0."),
        ("run.log", "step: 0 loss: 0.9\nstep: 1 loss: 0.8\nstep: 2 loss: 0."),
    ] {
        let run = read_one(name, text);
        assert_eq!(points(&run, "loss"), [(0.0, 0.9), (1.0, 0.8)], "{text:?}");
        let [warning] = run.warnings.as_slice() else { panic!("{text:?}: {:?}", run.warnings) };
        assert!(warning.message.contains("no newline"), "{warning:?}");
        let lines = text.lines().count() as u64;
        assert_eq!((warning.line, warning.end_line), (lines, lines), "{text:?}");
    }
    // An object that is closed cannot go on.
    let run = read_one("metrics.jsonl", "{\"step\": 0, \"loss\": 0.9}\n{\"step\": 1, \"loss\": 0.8}");
    assert_eq!((points(&run, "loss").len(), run.warnings.len()), (2, 0));
}

#[test]
fn what_is_not_read_is_named() {
    let dir = folder(&[
        ("mlruns/0/meta.yaml", b"x"),
        ("swanlog/run-1/x", b"x"),
        ("output/all_results.json", b"{\"train_loss\": 0.5}"),
        ("results/users.csv", b"name,age\na,3\n"),
        ("data/prompts.jsonl", b"{\"prompt\": \"a\", \"label\": 1}\n"),
        ("output/config.json", b"{\"lr\": 1}"),
        ("README.md", b"step 1 loss 2"),
    ]);
    let (runs, seen) = read(dir.path());
    assert!(runs.is_empty());
    let seen: Vec<String> = seen.iter().map(|seen| format!("{}: {}", seen.path, seen.why)).collect();
    for (path, why) in [
        ("mlruns", "MLflow"),
        ("swanlog", "SwanLab"),
        ("output/all_results.json", "final values of a run, not a curve"),
        ("results/users.csv", "without a step, epoch or episode column"),
        ("data/prompts.jsonl", "without a step"),
    ] {
        assert!(seen.iter().any(|seen| seen.starts_with(path) && seen.contains(why)), "{path}: {seen:#?}");
    }
    assert_eq!(seen.len(), 5, "{seen:#?}");
    let error = Watched::open(dir.path(), Path::new("/nowhere")).err().unwrap().to_string();
    assert!(error.contains("no loop found") && error.contains("mlruns: MLflow"), "{error}");
}

#[test]
fn files_that_need_another_program_are_named() {
    let dir = folder(&[
        ("runs/a/metrics.csv", b"step,loss\n1,2\n"),
        ("runs/b/train.log.gz", b"\x1f\x8b"),
        ("runs/c/evaluations.npz", b"PK"),
        ("runs/d/vdlrecords.1.log", b"\0\0"),
        ("runs/e/log.txt", b"\xff\xfes\0t\0"),
        ("runs/f/log.txt", b"a\0b"),
        ("runs/g/claude-1.log", b"step: 1 loss: 2\n"),
    ]);
    let (runs, seen) = read(dir.path());
    assert_eq!(paths(&runs), ["runs/a/metrics.csv"]);
    let seen: Vec<String> = seen.iter().map(|seen| format!("{}: {}", seen.path, seen.why)).collect();
    for (at, why) in ["compressed", "binary table", "VisualDL", "UTF-16", "not text", "of an agent"].iter().enumerate()
    {
        assert!(seen[at].contains(why), "{seen:#?}");
    }
}

#[test]
fn all_of_many_runs_are_read_where_nothing_is_recorded() {
    let dir = folder(&[]);
    for at in 0..300 {
        put(dir.path(), &format!("runs/r{at:03}/metrics.csv"), format!("step,loss\n1,{at}\n").as_bytes());
    }
    let mut watched = Watched::open(dir.path(), Path::new("/nowhere")).unwrap();
    let mut now_ms = 1_700_000_000_000;
    while watched.snapshot().trials.len() < 300 && now_ms < 1_700_000_300_000 {
        now_ms += 3_000;
        watched.poll(now_ms);
    }
    let snapshot = watched.snapshot();
    assert_eq!(snapshot.trials.iter().filter(|trial| trial.points_of("loss") == 1).count(), 300);
}

/// At the top of a loop lie the files that each run overwrites: those that nobody named are said, not followed.
#[test]
fn beside_a_loop_the_folders_of_runs_are_read_and_files_at_the_top_are_named() {
    let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.write("training.log", "epoch,loss\n0,0.5\n1,0.25\n");
    a_loop.write("nohup.out", "step: 1 loss: 2\n");
    a_loop.write("logs/exp_1.log", "step: 1 loss: 2\nstep: 2 loss: 1\n");
    a_loop.write("experiments/results.tsv", "commit\tval\tstatus\na\t1\tkeep\n");
    let mut watched = Watched::open(a_loop.dir(), &*a_loop.state()).unwrap();
    watched.poll(1_700_000_000_000);
    let snapshot = watched.snapshot();
    let mut found: Vec<_> = snapshot.trials.iter().map(|trial| (&*trial.log, trial.points_of("loss"))).collect();
    found.sort_unstable();
    assert_eq!(found, [("logs/exp_1.log", 2), ("training.log", 2)]);
    let [seen] = watched.passed_over() else { panic!("{:?}", watched.passed_over()) };
    assert!(&*seen.path == "nohup.out" && seen.why.contains("`logs: [nohup.out]`"), "{seen:?}");
    assert_eq!(snapshot.unread_files.as_slice(), watched.passed_over());
}

#[test]
fn links_are_said_and_not_followed() {
    let scratch = folder(&[("a/events.out.tfevents.1.h", TORCH), ("runs/b/events.out.tfevents.1.h", TORCH)]);
    let dir = folder(&[("runs/c/metrics.csv", b"step,loss\n1,2\n")]);
    let link = |to: &Path, at: &str| std::os::unix::fs::symlink(to, dir.path().join(at)).unwrap();
    link(&scratch.path().join("a"), "runs/a");
    link(Path::new("c"), "runs/latest");
    link(Path::new("/nowhere/at/all"), "runs/gone");
    link(dir.path(), "runs/up");
    let (runs, seen) = read(dir.path());
    assert_eq!(paths(&runs), ["runs/c/metrics.csv"]);
    let seen: Vec<_> = seen.iter().map(|seen| (&*seen.path, seen.why.contains("/runs/"))).collect();
    assert_eq!(seen, [("runs/a", true), ("runs/up", true), ("runs/gone", false)]);
    let (runs, _) = read(&dir.path().join("runs/a"));
    assert_eq!(paths(&runs), ["events.out.tfevents.1.h"], "the person opened it");
    // At the top a folder of runs may lie where there is more room.
    link(&scratch.path().join("runs"), "wandb");
    assert_eq!(paths(&read(dir.path()).0), ["runs/c/metrics.csv", "wandb/b/events.out.tfevents.1.h"]);
}

#[test]
fn a_link_to_everything_or_to_no_files_is_named_and_not_followed() {
    let outer = folder(&[("elsewhere/metrics.csv", b"step,loss\n1,2\n"), ("run/train.py", b"")]);
    let outer_path = outer.path().canonicalize().unwrap();
    let dir = outer_path.join("run");
    for (target, why) in [
        (Path::new("/"), "a symlink to a directory that contains this one: not followed"),
        (&outer_path, "a symlink to a directory that contains this one: not followed"),
        (Path::new("/proc"), "a symlink to a system directory: not followed"),
        (Path::new("/sys"), "a symlink to a system directory: not followed"),
        (Path::new("/dev"), "a symlink to a system directory: not followed"),
    ] {
        std::os::unix::fs::symlink(target, dir.join("logs")).unwrap();
        // Alone, beside a run, and beside a loop's table.
        for file in ["train.py", "runs/a/metrics.csv", "results.tsv"] {
            let text = if file == "results.tsv" { "commit\tloss\tstatus\n" } else { "step,loss\n1,2\n" };
            support::put(&dir, file, text.as_bytes());
            let (seen, runs) = match Watched::open(&dir, Path::new("/nowhere")) {
                Ok(mut watched) => {
                    watched.poll(1_700_000_000_000);
                    (watched.passed_over().to_vec(), watched.snapshot().trials.len())
                }
                Err(countersign::watch::WatchError::NotALoop(_, seen, below)) => {
                    assert_eq!(below, "", "{target:?}");
                    (seen.0, 0)
                }
                Err(error) => panic!("{error}"),
            };
            let named: Vec<_> = seen.iter().map(|seen| (&*seen.path, &*seen.why)).collect();
            assert_eq!(named, [("logs", why)], "{target:?} {file}");
            assert_eq!(runs, usize::from(file != "train.py"), "{target:?} {file}");
        }
        std::fs::remove_file(dir.join("logs")).unwrap();
        std::fs::remove_dir_all(dir.join("runs")).unwrap();
        std::fs::remove_file(dir.join("results.tsv")).unwrap();
    }
}

#[test]
fn what_lay_below_a_link_is_not_reported_once_the_link_is_gone() {
    let log = "step 1 loss 2.5\nstep 2 loss 2.25\nstep three loss = 0.5?\n{'loss': 0.5, 'step'\n";
    let scratch = folder(&[
        ("a/metrics.jsonl", b"{\"step\":1,\"loss\":2}\n{\"step\":2,\"lo\n{\"step\":3,\"loss\":1}\n"),
        ("b/train.log", log.as_bytes()),
    ]);
    let a_loop = support::Loop::new(&[("train.py", "LR = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    std::os::unix::fs::symlink(scratch.path(), a_loop.path("logs")).unwrap();
    let mut watched = a_loop.watched();
    let warned = |watched: &Watched| {
        watched
            .snapshot()
            .warnings
            .iter()
            .map(|warning| warning.path.to_string())
            .filter(|path| path.starts_with("logs/"))
            .count()
    };
    assert_eq!(watched.snapshot().trials.len(), 2);
    assert!(warned(&watched) > 0);
    std::fs::remove_file(a_loop.path("logs")).unwrap();
    let later = countersign::watch::now_ms() + 40_000;
    watched.poll(later);
    watched.poll(later + 40_000);
    assert_eq!(warned(&watched), 0);
    for command in ["status", "doctor"] {
        let out = a_loop.command(&[command]).output().unwrap();
        let out = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(!out.contains("logs/"), "{command}: {out}");
    }
}

#[test]
fn a_folder_of_nothing_but_links_is_opened() {
    let scratch = folder(&[("a/events.out.tfevents.1.h", TORCH), ("b/metrics.csv", b"step,loss\n1,2\n")]);
    std::os::unix::fs::symlink(scratch.path().join("a"), scratch.path().join("b/further")).unwrap();
    let dir = folder(&[("README.md", b"the best ones")]);
    let link = |to: &Path, at: &str| std::os::unix::fs::symlink(to, dir.path().join(at)).unwrap();
    link(&scratch.path().join("a"), "first");
    link(&scratch.path().join("b"), "second");
    link(&scratch.path().join("b/metrics.csv"), "third.csv");
    link(Path::new("/nowhere/at/all"), "gone");
    link(dir.path().parent().unwrap(), "up");
    let (runs, seen) = read(dir.path());
    assert_eq!(paths(&runs), ["first/events.out.tfevents.1.h", "second/metrics.csv", "third.csv"]);
    let seen: Vec<_> = seen.iter().map(|seen| (&*seen.path, seen.why.as_ref())).collect();
    let [("second/further", further), ("up", up), ("gone", gone)] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(
        further.contains("not followed") && up.contains("not followed") && gone.contains("a dangling symlink"),
        "{seen:?}"
    );
    let mut watched = Watched::open(dir.path(), Path::new("/nowhere")).unwrap();
    watched.poll(1_700_000_000_000);
    assert_eq!((watched.snapshot().trials.len(), watched.passed_over().len()), (3, 3));
}

/// Names stay whole; numbers stand below each other wherever names are of a usual length.
#[test]
fn a_long_name_moves_its_own_line_only() {
    let long = "n".repeat(200);
    let dir = folder(&[("metrics.csv", format!("step,loss,{long}\n1,2,3\n").as_bytes())]);
    let mut series = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"));
    let out = series.arg("series").arg(dir.path().join("metrics.csv")).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let [loss, other] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert_eq!(loss.find(" 1 point "), Some(60 + 7), "{text}");
    assert!(other.starts_with(&long) && other.contains("last 3 "), "{text}");
}

#[test]
fn the_checkpoint_with_the_most_steps_is_read() {
    let state = |steps: usize| {
        let log: Vec<String> = (1..=steps).map(|step| format!("{{\"loss\": 0.5, \"step\": {step}}}")).collect();
        format!("{{\"global_step\": {steps}, \"max_steps\": 90, \"log_history\": [{}]}}", log.join(",")).into_bytes()
    };
    for (folders, wanted) in [
        (vec![("checkpoint-9/", 9), ("checkpoint-10/", 10), ("checkpoint-2/", 2)], 10),
        (vec![("step_1000/", 30), ("step_900/", 20)], 30),
        (vec![("epoch=1-step=50.ckpt/", 50), ("epoch=2-step=40.ckpt/", 40)], 50),
        (vec![("", 30), ("checkpoint-20/", 20)], 30),
        (vec![("", 20), ("checkpoint-30/", 30)], 30),
        // The best one may be read, where no other one has more, and one that is being written once it is whole.
        (vec![("checkpoint-20/", 20), ("checkpoint-best/", 15)], 20),
        (vec![("checkpoint-best/", 15)], 15),
        (vec![("checkpoint-20/", 20), ("checkpoint-last/", 21), ("best_checkpoint/", 15)], 21),
        (vec![("checkpoint-20/", 20), ("tmp-checkpoint-30/", 30)], 30),
    ] {
        let dir = folder(&[]);
        // Whatever was written last.
        for (folder, steps) in &folders {
            put(dir.path(), &format!("saves/a/{folder}trainer_state.json"), &state(*steps));
        }
        let (runs, seen) = read(dir.path());
        let (of, _) = folders.iter().find(|(_, steps)| *steps == wanted).unwrap();
        assert_eq!(paths(&runs), [format!("saves/a/{of}trainer_state.json")], "{folders:?}");
        assert_eq!((points(&runs[0], "loss").len(), seen.len()), (wanted, 0), "{folders:?}");
        assert_eq!(followed(dir.path()), [("saves/a/trainer_state.json".to_owned(), wanted)], "{folders:?}");
        // Each of them may be opened by itself.
        for (folder, steps) in &folders {
            let alone = dir.path().join("saves/a").join(folder);
            assert_eq!(
                followed(&alone),
                [("trainer_state.json".to_owned(), if folder.is_empty() { wanted } else { *steps })]
            );
            assert_eq!(read(&alone).0.len(), 1, "{folder}");
        }
        // The newest one is half written, as when the disk is full: the one before it is read, and that is said.
        let path = format!("saves/a/{of}trainer_state.json");
        put(dir.path(), &path, &state(wanted)[..60]);
        let (runs, seen) = read(dir.path());
        let next = folders.iter().map(|(_, steps)| *steps).filter(|steps| *steps != wanted).max();
        let Some(next) = next else { continue };
        assert_eq!(points(&runs[0], "loss").len(), next, "{folders:?}");
        let broken = "the document breaks off here and may still be written; the earlier state is read instead";
        assert_eq!(seen, [PassedOver::new(path.as_str(), broken)], "{folders:?}");
        assert_eq!(followed(dir.path()), [("saves/a/trainer_state.json".to_owned(), next)], "{folders:?}");
    }
    for name in ["step_9", "iter_9", "global_step9", "epoch=1-step=9.ckpt"] {
        let dir = folder(&[]);
        put(dir.path(), &format!("{name}/trainer_state.json"), &state(9));
        assert_eq!(followed(&dir.path().join(name)), [("trainer_state.json".to_owned(), 9)], "{name}");
    }
}

#[test]
fn a_linked_folder_whose_table_is_read_is_not_said_to_be_left_out() {
    let rows = b"commit\tval_bpb\tstatus\tdescription\n-\t1.0\tkeep\tbaseline\n".as_slice();
    let elsewhere = folder(&[("table/results.tsv", rows), ("other/notes.txt", b"x")]);
    let dir = folder(&[]);
    for (to, name) in [("table", "autoresearch"), ("other", "auto")] {
        std::os::unix::fs::symlink(elsewhere.path().join(to), dir.path().join(name)).unwrap();
    }
    let mut watched = Watched::open(dir.path(), Path::new("/nowhere")).unwrap();
    watched.poll(1_700_000_000_000);
    let snapshot = watched.snapshot();
    assert_eq!(snapshot.experiments.len(), 1);
    let named: Vec<&str> = snapshot.unread_files.iter().map(|seen| &*seen.path).collect();
    assert_eq!(named, ["auto"]);
}

/// The runs that opening a folder shows, and how many points of the loss each has.
fn followed(dir: &Path) -> Vec<(String, usize)> {
    let mut watched = Watched::open(dir, Path::new("/nowhere")).unwrap();
    watched.poll(1_700_000_000_000);
    let snapshot = watched.snapshot();
    snapshot.trials.iter().map(|trial| (trial.log.to_string(), trial.points_of("loss"))).collect()
}

#[test]
fn a_run_that_is_told_twice_is_read_once() {
    let dir = folder(&[
        ("wandb/run-1/run-a.wandb", WANDB),
        ("wandb/run-1/files/output.log", b"step: 1 loss: 2\n"),
        ("logs/b/events.out.tfevents.1.h", TORCH),
        ("logs/b/metrics.csv", b"step,loss\n1,2\n"),
        ("logs/b/train.log", b"step: 1 loss: 2\n"),
        ("slurm/job-1.out", b"step: 1 loss: 2\n"),
        ("slurm/job-1.err", b"step: 1 loss: 2\n"),
        ("slurm/job-2.out", b"step: 1 loss: 2\n"),
    ]);
    let (runs, seen) = read(dir.path());
    let wanted = ["logs/b/events.out.tfevents.1.h", "slurm/job-1.out", "slurm/job-2.out", "wandb/run-1/run-a.wandb"];
    assert_eq!(paths(&runs), wanted);
    assert_eq!(seen.len(), 4, "{seen:?}");
}

/// A run's own folder, and what a writer put below it.
#[test]
fn a_run_that_is_told_again_below_its_folder_is_read_once() {
    let state: &[u8] =
        b"{\"global_step\": 2, \"log_history\": [{\"loss\": 2, \"step\": 1}, {\"loss\": 1, \"step\": 2}]}";
    let table: &[u8] = b"step,loss\n1,2\n";
    let dir = folder(&[
        ("hf/checkpoint-2/trainer_state.json", state),
        ("hf/runs/Jan01_host/events.out.tfevents.1.h", TORCH),
        ("resumed/trainer_state.json", state),
        ("resumed/runs/Jan01_host/events.out.tfevents.1.h", TORCH),
        ("resumed/runs/Jan02_host/events.out.tfevents.2.h", TORCH),
        ("alone/trainer_state.json", state),
        ("alone/models/other/runs/Jan01_host/events.out.tfevents.1.h", TORCH),
        ("one/metrics.csv", table),
        ("one/wandb/run-1/run-a.wandb", WANDB),
        ("several/metrics.csv", table),
        ("several/wandb/run-1/run-a.wandb", WANDB),
        ("several/wandb/run-2/run-b.wandb", WANDB),
        ("exports/wandb_export.csv", table),
        ("exports/wandb/run-1/run-a.wandb", WANDB),
    ]);
    let (runs, seen) = read(dir.path());
    let wanted = [
        "alone/models/other/runs/Jan01_host/events.out.tfevents.1.h",
        "alone/trainer_state.json",
        "exports/wandb/run-1/run-a.wandb",
        "exports/wandb_export.csv",
        "hf/runs/Jan01_host/events.out.tfevents.1.h",
        "one/wandb/run-1/run-a.wandb",
        "resumed/runs/Jan01_host/events.out.tfevents.1.h",
        "resumed/runs/Jan02_host/events.out.tfevents.2.h",
        "several/metrics.csv",
        "several/wandb/run-1/run-a.wandb",
        "several/wandb/run-2/run-b.wandb",
    ];
    assert_eq!(paths(&runs), wanted);
    let seen: Vec<_> = seen.iter().map(|seen| (&*seen.path, seen.why.as_ref())).collect();
    let wanted = [
        ("hf/checkpoint-2/trainer_state.json", "its run is read from events.out.tfevents.1.h"),
        ("one/metrics.csv", "its run is read from run-a.wandb"),
        ("resumed/trainer_state.json", "its run is read from events.out.tfevents.2.h"),
    ];
    assert_eq!(seen, wanted);
}

#[test]
fn runs_come_in_the_order_in_which_they_changed() {
    let dir = folder(&[]);
    for (at, name) in ["m", "z", "a", "k"].iter().enumerate() {
        let path = format!("runs/{name}/metrics.csv");
        put(dir.path(), &path, b"step,loss\n1,2\n");
        let file = std::fs::File::options().write(true).open(dir.path().join(path)).unwrap();
        let when = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000 + at as u64);
        file.set_modified(when).unwrap();
    }
    let mut watched = Watched::open(dir.path(), Path::new("/nowhere")).unwrap();
    watched.poll(1_700_000_000_000);
    let names: Vec<String> = watched.snapshot().trials.iter().map(|trial| trial.run_name().to_owned()).collect();
    assert_eq!(names, ["runs/m", "runs/z", "runs/a", "runs/k"]);
}

#[test]
fn a_log_that_turns_out_to_have_values_is_found() {
    let dir =
        folder(&[("runs/a/metrics.csv", b"step,loss\n1,2\n"), ("logs/b.log", b"loading\n"), ("training.log", b"ep")]);
    let mut watched = Watched::open(dir.path(), Path::new("/nowhere")).unwrap();
    watched.poll(1_700_000_000_000);
    assert_eq!(watched.snapshot().trials.iter().filter(|trial| !trial.metrics().is_empty()).count(), 1);
    put(dir.path(), "logs/b.log", b"loading\nstep: 1 loss: 2\n");
    put(dir.path(), "training.log", b"epoch,loss\n0,0.5\n1,0.25\n");
    watched.poll(1_700_000_002_000);
    watched.poll(1_700_000_004_000);
    let snapshot = watched.snapshot();
    let of =
        |log: &str| snapshot.trials.iter().find(|trial| &*trial.log == log).map_or(0, |trial| trial.points_of("loss"));
    assert_eq!((of("logs/b.log"), of("training.log")), (1, 2));
}

/// A folder of data costs one listing, and nothing of it is read as a curve.
#[test]
fn a_folder_of_data_is_no_folder_of_runs() {
    let dir = folder(&[("runs/a/metrics.csv", b"step,loss\n1,2\n")]);
    for at in 0..300 {
        put(dir.path(), &format!("runs/data/{at}.txt"), b"step 1 loss 2");
        put(dir.path(), &format!("runs/data/{at}.csv"), b"pixel0,pixel1\n0,1\n");
    }
    let (runs, seen) = read(dir.path());
    assert_eq!(paths(&runs), ["runs/a/metrics.csv"]);
    assert_eq!(seen.len(), 101, "the list is bounded");
    assert!(seen[100].why.contains("200 other files"), "{:?}", seen[100]);
}

#[test]
fn dvclive_has_a_table_for_each_metric() {
    let tsv = "step\tloss\n0\t0.5\n1\t0.25\n";
    one("dvclive/plots/metrics/train/loss.tsv", tsv, "loss", &[(0.0, 0.5), (1.0, 0.25)]);
}

fn read_one(name: &str, text: &str) -> RunCurves {
    let folder = folder(&[(name, text.as_bytes())]);
    read_curves(&folder.path().join(name)).unwrap()
}

fn names(run: &RunCurves) -> Vec<&str> {
    run.curves.series.keys().map(|name| &**name).collect()
}

fn paths(runs: &[RunCurves]) -> Vec<&str> {
    runs.iter().map(|run| run.path.as_str()).collect()
}

/// Files whose every row has other numbers, so that a number of another row would be seen.
fn samples() -> Vec<(&'static str, String)> {
    let rows = |row: &dyn Fn(f64) -> String| (1..30).map(|at| row(f64::from(at))).collect::<String>();
    vec![
        ("metrics.csv", "Step,loss,note\r\n".to_owned() + &rows(&|at| format!("{at},{},\"a, {at}\"\r\n", at * 1.5))),
        (
            "metrics.csv",
            "epoch;loss;lr\n".to_owned()
                + &rows(&|at| format!("{at};{};0,1\n", format!("{}", at + 0.25).replace('.', ","))),
        ),
        (
            "metrics.jsonl",
            rows(&|at| {
                format!(
                    "{{\"step\": {at}, \"train\": {{\"loss\": {}}}, \"t\": {{\"_type\": \"x\", \"n\": 1}}}}\n",
                    at * 1.5
                )
            }),
        ),
        (
            "history.json",
            format!(
                "{{\"epoch\": [{}30], \"loss\": [{}0.5]}}",
                rows(&|at| format!("{at}, ")),
                rows(&|at| format!("{}, ", at * 1.5))
            ),
        ),
    ]
}

fn all_points(curves: &Curves) -> Vec<(String, f64, f64)> {
    let of = |name: &str, series: &countersign::series::Series| {
        series.points().map(|point| (name.to_owned(), point.step, point.value)).collect::<Vec<_>>()
    };
    curves.series.iter().flat_map(|(name, series)| of(name, series)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any chunks read as the whole, and what is cut off anywhere gives fewer points, never another one.
    #[test]
    fn a_cut_file_has_fewer_points_and_no_wrong_one(which in 0usize..4, cut in any::<prop::sample::Index>(), size in 1usize..64) {
        let (name, text) = &samples()[which];
        let bytes = text.as_bytes();
        let format = CurvesFormat::by_content(name, bytes);
        let mut whole = format.reader();
        whole.push(bytes);
        let mut parts = format.reader();
        bytes.chunks(size).for_each(|chunk| parts.push(chunk));
        let all = all_points(&whole.curves());
        prop_assert!(all.len() > 25);
        prop_assert_eq!(&all_points(&parts.curves()), &all);
        let cut = cut.index(bytes.len());
        let read = read_one(name, &text[..cut]);
        for (metric, series) in &read.curves.series {
            for point in series.points() {
                prop_assert!(all.contains(&(metric.to_string(), point.step, point.value)), "{metric} {point:?} after byte {cut}");
            }
        }
    }
}
