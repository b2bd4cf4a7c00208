#!/usr/bin/env python3
"""Opens the same long history in countersign, gitui and tig, one after the other in one run: how long until the first
screen, CPU time and memory until all of it is read.

    tests/peer/history.py --countersign target/release/countersign [--gitui gitui] [--tig tig] [--commits 300000]

The history: a loop's branch of 300,000 commits that each change one line, made by `git fast-import`; results for the
newest 2,000. Peers: `cargo install gitui`, `apt-get install tig`. Nothing outside a temporary folder is touched.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile

from terminal import Terminal, environment, told


def make(folder, commits, rows):
    run = os.path.join(folder, "run")
    os.makedirs(run)
    git = lambda *args, **more: subprocess.run(["git", "-C", run, *args], check=True, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    git("init", "-q", "-b", "autoresearch/mar8")
    stream = []
    for number in range(commits):
        text = f"LR = {number}\n"
        message = f"change {number}"
        stream.append(f"commit refs/heads/autoresearch/mar8\ncommitter Ada <ada@example.org> {1_600_000_000 + 60 * number} +0000\n")
        stream.append(f"data {len(message)}\n{message}\nM 100644 inline train.py\ndata {len(text)}\n{text}\n")
    git("fast-import", "--quiet", input="".join(stream).encode())
    git("reset", "-q", "--hard")
    log = ["git", "-C", run, "log", f"-{rows}", "--format=%h %s", "--abbrev=7"]
    newest = subprocess.check_output(log, text=True, env=environment(folder)).splitlines()
    with open(os.path.join(run, "results.tsv"), "w") as table:
        table.write("commit\tval_bpb\tstatus\tdescription\n")
        for at, line in enumerate(reversed(newest)):
            commit, subject = line.split(" ", 1)
            table.write(f"{commit}\t{1 - at * 1e-6:.6f}\t{'keep' if at % 5 == 0 else 'discard'}\t{subject}\n")
    with open(os.path.join(run, ".git", "info", "exclude"), "a") as exclude:
        exclude.write("results.tsv\nrun.log\n")
    return run


def opened(command, folder, run, word, keys):
    for name in ("state", "config", ".config"):
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    terminal = Terminal(command, folder, run)
    first = terminal.wait(word)
    for key in keys:
        terminal.key(key)
    terminal.rest(1.0)
    terminal.end()
    return first, terminal.cpu, terminal.peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--countersign", required=True)
    parser.add_argument("--gitui")
    parser.add_argument("--tig")
    parser.add_argument("--commits", type=int, default=300_000)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="countersign-peer-")
    absolute = lambda binary: os.path.abspath(shutil.which(binary) or binary)
    newest = f"change {arguments.commits - 1}".encode()
    try:
        run = make(folder, arguments.commits, arguments.rows)
        programs = [("countersign", [absolute(arguments.countersign), run], b"val_bpb", [b"4", b"g"])]
        if arguments.gitui:
            programs.append(("gitui", [absolute(arguments.gitui), "-d", run], b"Status", [b"2"]))
        if arguments.tig:
            programs.append(("tig", [absolute(arguments.tig)], newest, []))
        results = {}
        for _ in range(arguments.rounds):
            for name, command, word, keys in programs:
                results.setdefault(name, []).append(opened(command, folder, run, word, keys))
        for name, rounds in results.items():
            median = lambda at: round(statistics.median(one[at] for one in rounds), 2)
            print(json.dumps({"program": name, "first_screen": told([one[0] for one in rounds]), "cpu_s": median(1), "peak_mb": median(2)}))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
