#!/usr/bin/env python3
"""Opens the same curves in countersign, in W&B LEET and with TensorBoard's data server, in one run: how long until they
are on the screen, memory, what a key costs, what it costs to look on, and how soon what is written is seen.

    python3 -m venv peers && peers/bin/pip install wandb tensorboard
    tests/peer/curves.py --countersign target/release/countersign --python peers/bin/python [--rounds 5]

The data: 100,000 steps of 10 metrics, written by the real writers: a W&B offline run (90 MB) and TensorBoard events
(48 MB); and a run of 1,000 steps. `--data DIR` keeps it for another time. Nothing outside that folder is touched.
"""
import argparse
import glob
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

from terminal import Terminal, environment, told

WANDB = """
import math, os, random, sys, time
import wandb
steps, folder, hertz, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
settings = wandb.Settings(x_disable_stats=True, console="off", x_disable_meta=True, silent=True)
run = wandb.init(project="bench", mode="offline", dir=folder, settings=settings)
draw = random.Random(0)
def log(step):
    run.log({f"train/m{m}": 3 * math.exp(-step / 20000) + 1.5 + draw.gauss(0, 0.05) * (m + 1) for m in range(10)})
for step in range(steps):
    log(step)
if seconds:
    time.sleep(2)
    open(os.path.join(folder, "ready"), "w").close()
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        log(steps)
        steps += 1
        time.sleep(1 / hertz)
run.finish()
"""
EVENTS = """
import math, random, sys
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
steps, folder = int(sys.argv[1]), sys.argv[2]
writer = EventFileWriter(folder, max_queue_size=10000)
draw = random.Random(0)
for step in range(steps):
    values = [
        Summary.Value(tag=f"train/m{m}", simple_value=3 * math.exp(-step / 20000) + 1.5 + draw.gauss(0, 0.05) * (m + 1))
        for m in range(10)
    ]
    writer.add_event(Event(wall_time=1.7e9 + step, step=step, summary=Summary(value=values)))
writer.close()
"""
KEYS = 30


def make(arguments, folder):
    """Writes what is not there yet: the folders `large`, `small` and `events`."""
    env = {**environment(folder), "WANDB_MODE": "offline", "WANDB_SILENT": "true"}
    for name, script, steps in (("large", WANDB, 100_000), ("small", WANDB, 1_000), ("events", EVENTS, 100_000)):
        place = os.path.join(folder, name)
        if os.path.isdir(place):
            continue
        os.makedirs(place)
        more = [] if script is EVENTS else ["1", "0"]
        command = [arguments.python, "-c", script, str(steps), place, *more]
        subprocess.run(command, check=True, env=env, cwd=folder, stdout=subprocess.DEVNULL)


def run_of(place):
    """The one run's folder below a place that wandb wrote to, and its file."""
    (file,) = glob.glob(os.path.join(place, "wandb", "offline-run-*", "*.wandb"))
    return os.path.dirname(file), file


def fresh(folder):
    """Neither remembers an earlier visit."""
    for name in ("state", "config", ".config"):
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


def countersign(binary, folder, place, end):
    """To the first chart of a folder, with the step of its end on the screen."""
    fresh(folder)
    terminal = Terminal([binary, place], folder, folder)
    terminal.wait(end)
    return terminal, terminal.chart()


def leet(core, folder, place, file):
    fresh(folder)
    terminal = Terminal([core, "leet", "run", "-no-observability", "-run-file", file, os.path.dirname(place)], folder, folder)
    first = terminal.chart()
    read = terminal.until("the whole file", lambda terminal: terminal.has_read(file))
    return terminal, first, read


def keyed(terminal, pairs):
    times = []
    for _ in range(KEYS):
        for key in pairs:
            times.append(terminal.key(key))
    return times


def server(binary, events, sampling):
    """Seconds of a load cycle, as it says."""
    command = [binary, "--logdir", events, "--reload", "once", "--port", "0", "-v", "--die-after-stdin"]
    if sampling:
        command += ["--samples-per-plugin", sampling]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    for line in process.stderr:
        found = re.search(r"Finished load cycle \(([0-9.]+)(ms|s)\)", line)
        if found:
            peak = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{process.pid}/status").read()).group(1)) / 1024
            process.stdin.close()
            process.wait()
            return float(found.group(1)) / (1000 if found.group(2) == "ms" else 1), peak
    raise SystemExit("the data server ended without loading anything")


def live(arguments, folder, opened):
    """A run that logs ten times a second for a while, and what looking on costs."""
    place = tempfile.mkdtemp(prefix="live-", dir=folder)
    env = {**environment(folder), "WANDB_MODE": "offline", "WANDB_SILENT": "true"}
    command = [arguments.python, "-c", WANDB, "1000", place, "10", "40"]
    writer = subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not os.path.exists(os.path.join(place, "ready")):
            time.sleep(0.05)
        terminal = opened(*run_of(place))
        terminal.rest()
        measured = terminal.idle(20)
        terminal.end()
        return measured
    finally:
        writer.wait()
        shutil.rmtree(place)


def written(binary, folder, count):
    """Seconds from the write of a line to what is drawn of it: a log that grows, in a loop's directory."""
    fresh(folder)
    place = os.path.join(folder, "log")
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    git = lambda *args: subprocess.run(["git", "-C", place, *args], check=True, env=environment(folder), stdout=subprocess.DEVNULL)
    git("init", "-q")
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "start")
    line = lambda step: f"\rstep {step:05} ({step / 100:.1f}%) | loss: {2 + 1 / (step + 1):.6f} | dt: 310ms | remaining: 287s    "
    log = open(os.path.join(place, "run.log"), "w", buffering=1)
    step = 0
    for step in range(50):
        log.write(line(step))
    log.flush()
    terminal = Terminal([binary, place], folder, folder)
    terminal.chart()
    times = []
    for step in range(50, 50 + count):
        terminal.quiet(0.15)

        def write():
            log.write(line(step))
            log.flush()

        times.append(terminal.drawn_after(write))
    terminal.end()
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--countersign", required=True)
    parser.add_argument("--python", required=True, help="one that has wandb and tensorboard")
    parser.add_argument("--data", help="where the data is, or will be")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--writes", type=int, default=300)
    arguments = parser.parse_args()
    arguments.python = os.path.abspath(arguments.python)
    binary = os.path.abspath(arguments.countersign)
    folder = os.path.abspath(arguments.data) if arguments.data else tempfile.mkdtemp(prefix="countersign-peer-")
    os.makedirs(folder, exist_ok=True)
    found = "import wandb, tensorboard_data_server as t; print(wandb.__file__, t.server_binary(), wandb.__version__, t.__version__)"
    wandb, data_server, *versions = subprocess.check_output([arguments.python, "-c", found], text=True).split()
    core = os.path.join(os.path.dirname(wandb), "bin", "wandb-core")
    try:
        make(arguments, folder)
        rows = {}
        add = lambda program, name, value: rows.setdefault(program, {}).setdefault(name, []).append(value)
        peer, data = f"LEET {versions[0]}", f"tensorboard-data-server {versions[1]}"
        large, small, events = (os.path.join(folder, name) for name in ("large", "small", "events"))
        for _ in range(arguments.rounds):
            for name, place in (("small", small), ("large", large)):
                where, file = run_of(place)
                terminal, first = countersign(binary, folder, where, b"steps")
                terminal.rest()
                add("countersign", f"{name}_chart", first)
                add("countersign", f"{name}_mb", terminal.peak)
                if name == "large":
                    terminal.key(b"2")
                    rows.setdefault("countersign", {}).setdefault("key", []).extend(keyed(terminal, (b"+", b"h", b"-")))
                terminal.end()
                terminal, first, read = leet(core, folder, where, file)
                terminal.rest(1.0)
                add(peer, f"{name}_chart", first)
                add(peer, f"{name}_read", read)
                add(peer, f"{name}_mb", terminal.peak)
                if name == "large":
                    wheel = (b"\x1b[<64;100;12M", b"\x1b[<65;100;12M")
                    rows.setdefault(peer, {}).setdefault("key", []).extend(keyed(terminal, wheel))
                terminal.end()
            terminal, first = countersign(binary, folder, events, b"steps")
            terminal.rest()
            add("countersign", "events_chart", first)
            add("countersign", "events_mb", terminal.peak)
            terminal.end()
            for name, sampling in (("events_sampled", ""), ("events_whole", "scalars=all")):
                took, peak = server(data_server, events, sampling)
                add(data, name, took)
                add(data, f"{name}_mb", peak)
        for program, opened in (
            ("countersign", lambda where, file: countersign(binary, folder, where, b"steps")[0]),
            (peer, lambda where, file: leet(core, folder, where, file)[0]),
        ):
            percent, bytes_a_second = live(arguments, folder, opened)
            rows[program]["beside_a_writing_run"] = {"core_percent": round(percent, 1), "bytes_a_second": round(bytes_a_second)}
        rows["countersign"]["write_to_screen"] = written(binary, folder, arguments.writes)
        for program, row in rows.items():
            shown = {"program": program}
            for name, values in row.items():
                if isinstance(values, dict):
                    shown[name] = values
                elif name.endswith("_mb"):
                    shown[name] = round(statistics.median(values), 1)
                else:
                    shown[name] = told(values)
            print(json.dumps(shown))
    finally:
        if not arguments.data:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
