#!/usr/bin/env python3
"""Opens the same large change in countersign, gitui and delta, one after the other in one run, and tells how long
each takes until the change is on the screen, what a key costs there, CPU time and memory.

    tests/peer/review.py --countersign target/release/countersign [--gitui gitui] [--delta delta] [--rounds 5]

The change: every second line of 50,000 lines of Python is another. Peers: `cargo install gitui git-delta`.
Standard library only. Nothing outside a temporary folder is touched.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from terminal import COLUMNS, ROWS, Terminal, environment, told

KEYS = 40


def text(value):
    lines = []
    for line in range(50_000):
        lines.append(
            [
                f"def f{line}(x, lr={line}.5):",
                f"    y = x * {line * value} + {line}  # scale",
                f"    name = 'layer {line}'",
                f"    return y - {value}",
            ][line % 4]
        )
    return "\n".join(lines) + "\n"


def make(folder):
    run = os.path.join(folder, "run")
    os.makedirs(run)

    def git(*args):
        subprocess.run(["git", "-C", run, *args], check=True, env=environment(folder), stdout=subprocess.DEVNULL)

    with open(os.path.join(folder, ".gitconfig"), "w") as config:
        config.write("[user]\nname = Ada\nemail = ada@example.org\n[init]\ndefaultBranch = master\n")
    git("init", "-q")
    put = lambda name, content: open(os.path.join(run, name), "w").write(content)
    put(".gitignore", "results.tsv\n")
    put("train.py", text(1))
    git("add", "-A")
    git("commit", "-qm", "start")
    base = subprocess.check_output(["git", "-C", run, "rev-parse", "--short=7", "HEAD"], text=True).strip()
    put("train.py", text(2))
    git("commit", "-qam", "large")
    head = subprocess.check_output(["git", "-C", run, "rev-parse", "--short=7", "HEAD"], text=True).strip()
    put("results.tsv", f"commit\tval_bpb\tstatus\tdescription\n{base}\t1.0\tkeep\tbaseline\n{head}\t0.9\tkeep\tlarge\n")
    return run


def keyed(terminal, down, page, end):
    """What a line, a page and the way to the end cost; the program is ended then."""
    keys = [terminal.key(down) for _ in range(KEYS)]
    pages = [terminal.key(page) for _ in range(KEYS)]
    to_end = terminal.key(end)
    terminal.quiet()
    terminal.end()
    return keys, pages, to_end, terminal.cpu, terminal.peak


def ours(binary, folder, run):
    terminal = Terminal([binary, run], folder, run)
    first = terminal.wait(b"# scale")
    terminal.key(b"\r")
    terminal.quiet()
    return first, *keyed(terminal, b"j", b" ", b"G")


def gitui(binary, folder, run):
    terminal = Terminal([binary, "-d", run], folder, run)
    terminal.wait(b"Status")
    terminal.quiet()
    terminal.key(b"2")
    terminal.quiet(0.5)
    # The commit's files, then the diff of the first.
    started = time.monotonic()
    terminal.key(b"\r")
    terminal.quiet(0.2)
    terminal.key(b"\x1b[C")
    terminal.started = started
    first = terminal.wait(b"# scale") - 0.2
    terminal.quiet()
    terminal.key(b"\x1b[C")
    terminal.quiet()
    return first, *keyed(terminal, b"\x1b[B", b"\x1b[6~", b"\x1b[F")


def delta(binary, folder, run):
    """Not interactive: the whole diff through it, to the first screenful and to the end."""
    command = f"git --no-pager diff HEAD~1 HEAD | {binary} --paging=never --width {COLUMNS}"
    started = time.monotonic()
    process = subprocess.Popen(["sh", "-c", command], cwd=run, env=environment(folder), stdout=subprocess.PIPE)
    first, lines = None, 0
    while True:
        data = process.stdout.read1(1 << 16)
        if not data:
            break
        lines += data.count(b"\n")
        if first is None and lines >= ROWS:
            first = time.monotonic() - started
    process.wait()
    return first, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--countersign", required=True)
    parser.add_argument("--gitui")
    parser.add_argument("--delta")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="countersign-peer-")
    try:
        run = make(folder)
        results = {}
        for _ in range(arguments.rounds):
            for name, open_it, binary in (
                ("countersign", ours, arguments.countersign),
                ("gitui", gitui, arguments.gitui),
            ):
                if binary:
                    results.setdefault(name, []).append(open_it(os.path.abspath(shutil.which(binary) or binary), folder, run))
            if arguments.delta:
                binary = os.path.abspath(shutil.which(arguments.delta) or arguments.delta)
                results.setdefault("delta", []).append(delta(binary, folder, run))
        for name, rounds in results.items():
            row = {"program": name, "to_the_diff": told([one[0] for one in rounds])}
            if name == "delta":
                row["whole"] = told([one[1] for one in rounds])
            else:
                row["key"] = told([key for one in rounds for key in one[1]])
                row["page"] = told([key for one in rounds for key in one[2]])
                row["to_the_end"] = told([one[3] for one in rounds])
                row["cpu_s"] = round(statistics.median(one[4] for one in rounds), 2)
                row["peak_mb"] = round(statistics.median(one[5] for one in rounds), 1)
            print(json.dumps(row))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
