#!/usr/bin/env python3
"""What looking on costs beside a run that logs ten times a second, in loops of 200 to 10,000 rows: the recorder, and the
terminal UI in each of its views, in percent of one core.

    tests/peer/beside.py --countersign target/release/countersign [--rows 200 2000 10000] [--seconds 10]

Each row is a commit that changes one line, made by `git fast-import`. Nothing outside a temporary folder is touched.
"""
import argparse
import os
import shutil
import subprocess
import tempfile
import threading
import time

from history import make
from terminal import TICK, Terminal, environment

VIEWS = {"inbox": "1", "curves": "2", "progress": "3", "lineage": "4", "instruments": "5", "knobs": "6", "runs": "7"}


class Writer(threading.Thread):
    """A run.log as karpathy's autoresearch writes it, ten lines a second."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.over, self.step = path, threading.Event(), 0

    def run(self):
        with open(self.path, "w", buffering=1) as log:
            while not self.over.is_set():
                self.step += 1
                share, loss = self.step / 100, 2 + 1 / (self.step + 1)
                log.write(f"\rstep {self.step:05} ({share:.1f}%) | loss: {loss:.6f} | dt: 310ms | remaining: 287s    ")
                log.flush()
                self.over.wait(0.1)


def used(pid):
    """Seconds of CPU that a process has used."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def share(pid, seconds):
    before, begun = used(pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (used(pid) - before) / (time.monotonic() - begun)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--countersign", required=True)
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 2000, 10000])
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    binary = os.path.realpath(arguments.countersign)
    print("rows     " + "".join(f"{name:>12}" for name in ["record", *VIEWS]))
    for rows in arguments.rows:
        folder = tempfile.mkdtemp(prefix="beside-")
        try:
            make(folder, rows, rows)
            run = os.path.join(folder, "run")
            writer = Writer(os.path.join(run, "run.log"))
            writer.start()
            time.sleep(1)
            recorder = subprocess.Popen([binary, "record", "-C", run], env=environment(folder), stdout=subprocess.DEVNULL)
            time.sleep(10 + rows / 1000)
            shares = [share(recorder.pid, arguments.seconds)]
            recorder.terminate()
            recorder.wait()
            terminal = Terminal([binary, run], folder, run)
            terminal.idle(3 + rows / 1000)
            for key in VIEWS.values():
                os.write(terminal.fd, key.encode())
                terminal.idle(2)
                shares.append(terminal.idle(arguments.seconds)[0])
            terminal.end()
            writer.over.set()
            writer.join()
            print(f"{rows:>6}   " + "".join(f"{value:>11.2f}%" for value in shares), flush=True)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
