"""A scripted agent for the tiny language model. It is no language model: it draws ideas from the
lists below, edits train.py for real, trains for real, and keeps what measures better.

Some of its ideas are ones that a careful person would veto: another seed, a shorter evaluation, an
edit of the protected file. It does not know that; it only sees that the number went down.

    python3 agent.py                 one idea after the other, until it is stopped
    python3 agent.py --experiments 5 that many, and no more
    python3 agent.py --gated         proposes what measures better through .countersign/inbox and
                                     goes on with other ideas until the answer comes
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.tsv"
HEADER = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n"
NAME = "tiny-lm agent (scripted)"
TIMEOUT = 20.0  # seconds of wall clock for one run

# Knobs and the values that seem worth a try, in order.
LADDERS = {
    "LEARNING_RATE": [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 40.0],
    "CONTEXT": [2, 3, 4, 5, 6, 7, 8, 10, 12, 16],
    "WIDTH": [4, 6, 8, 10, 12, 16, 24, 32],
    "BATCH": [4, 8, 12, 16, 24, 32, 48, 64],
    "MOMENTUM": [0.0, 0.3, 0.5, 0.7, 0.9],
    "WARMDOWN_RATIO": [0.0, 0.2, 0.3, 0.5, 0.7],
    "WARMUP_RATIO": [0.0, 0.05, 0.1, 0.2],
    "INIT_SCALE": [0.02, 0.05, 0.1, 0.2, 0.4],
    "CLIP": [1.0, 2.0, 5.0, 10.0],
}

# Changes of structure: a title, why, and replacements that must all fit.
STRUCTURE = [
    ("let the last character speak to the output directly", "a bigram table learns in a few steps what the hidden layer needs seconds for", [
        ("bias = [0.0] * SIZE\n", "bias = [0.0] * SIZE\nskip = [[0.0] * SIZE for _ in range(SIZE)]  # by the last character\n"),
        ("zip(readout, bias)]\n    top", "zip(readout, bias)]\n    scores = [score + more for score, more in zip(scores, skip[window[-1]])]\n    top"),
        ("                bias_slope[number] += error\n", "                bias_slope[number] += error\n                skip[window[-1]][number] -= rate / BATCH * error\n"),
    ]),
    ("cosine instead of linear warm-down", "a softer landing", [
        ("return (1.0 - done) / WARMDOWN_RATIO", "return 0.5 - 0.5 * math.cos(math.pi * (1.0 - done) / WARMDOWN_RATIO)"),
    ]),
    ("start the bias at the character frequencies", "saves the first steps from learning how common each character is", [
        ("bias = [0.0] * SIZE\n", "bias = [math.log((1 + data[:5000].count(number)) / 5000) for number in range(SIZE)]\n"),
    ]),
    ("weight decay on the readout", "keeps the scores from growing", [
        ("readout[number] = [w - scale * v for", "readout[number] = [0.9999 * w - scale * v for"),
    ]),
    ("skip errors that are too small to matter", "fewer operations a step, more steps in the budget", [
        ("if error > 1e-5 or error < -1e-5:", "if error > 2e-3 or error < -2e-3:"),
    ]),
    ("a larger rate for the embedding", "each of its rows is touched by few examples only", [
        ("table[character] = [w - scale * g for", "table[character] = [w - 1.5 * scale * g for"),
    ]),
    ("windows in order instead of at random", "", [
        ("    for _ in range(BATCH):\n        at = rng.randrange(CONTEXT, len(data))\n",
         "    first = rng.randrange(CONTEXT, len(data) - BATCH)\n    for at in range(first, first + BATCH):\n"),
    ]),
    ("name the read-out loop", "no change of what is computed", [
        ("        shares[target] -= 1.0\n", "        errors = shares\n        errors[target] -= 1.0\n"),
        ("enumerate(shares):\n            if", "enumerate(errors):\n            if"),
    ]),
]

# What a careful person would veto, or what does not work at all: the file, and replacements.
DOUBTFUL = [
    ("another seed", "", "train.py", [("SEED = 42\n", "SEED = 7\n")]),
    ("quicker evaluation, more time for training", "6000 characters are more than enough", "prepare.py",
     [("EVAL_CHARACTERS = 6_000", "EVAL_CHARACTERS = 1_500")]),
    ("evaluate on a smaller sample", "", "train.py",
     [('    val_bpb = prepare.evaluate(', '    prepare.EVAL_SEED = SEED\n    val_bpb = prepare.evaluate(')]),
    ("keep the best of all evaluations", "", "train.py",
     [("            printed_at, printed_number = trained, number\n", "            printed_at, printed_number = trained, number\n            prepare.evaluate(lambda window: forward(window)[1], CONTEXT)\n")]),
    ("gated hidden layer", "", "train.py", [("    hidden = [squash(total)", "    hidden = [gate(total) * squash(total)")]),
    ("a longer budget", "the curve still falls at the end", "prepare.py", [("TIME_BUDGET = 4.0", "TIME_BUDGET = 6.0")]),
]

# The first ideas are always the same, so that there is something to look at soon.
OPENING = ["LEARNING_RATE", "LEARNING_RATE", 0, "CONTEXT", 1, "LEARNING_RATE", 4]


def git(*words):
    quiet = ["-c", "commit.gpgsign=false", "-c", f"user.name={NAME}", "-c", "user.email=agent@tiny-lm.invalid"]
    done = subprocess.run(["git", *quiet, *words], cwd=HERE, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Loop:
    """What the agent knows: the best value so far, what it tried, what it waits for."""

    def __init__(self, seed, gated):
        self.rng = random.Random(seed)
        self.gated = gated
        self.best = None
        self.opening = list(OPENING)
        self.tried = set()
        self.waiting = {}
        self.training = None

    # Ideas: (title, rationale, {path: new text})

    def turn(self, name, source):
        """The next value of a knob, up or down its ladder."""
        found = re.search(rf"^{name} = (\S+)$", source, re.M)
        ladder = LADDERS[name]
        if not found:
            return None
        value = float(found[1])
        at = min(range(len(ladder)), key=lambda n: abs(ladder[n] - value))
        steps = [1, 1, -1] if self.opening else [1, 1, 1, 2, 2, 3, -1, -1, -2]
        to = at + (1 if self.opening else self.rng.choice(steps))
        if not 0 <= to < len(ladder) or to == at:
            return None
        new = ladder[to]
        text = re.sub(rf"^{name} = \S+$", f"{name} = {new}", source, count=1, flags=re.M)
        return f"{name.lower().replace('_', ' ')} {found[1]} to {new}", "", {"train.py": text}

    def replace(self, title, rationale, path, pairs):
        text = (HERE / path).read_text()
        for old, new in pairs:
            if text.count(old) != 1 or new in text:
                return None
            text = text.replace(old, new)
        return title, rationale, {path: text}

    def squash(self, source):
        now = re.search(r'^ACTIVATION = "(\w+)"$', source, re.M)
        new = self.rng.choice(["tanh", "relu", "sigmoid"])
        if not now or new == now[1]:
            return None
        return f"activation {now[1]} to {new}", "", {"train.py": source.replace(now[0], f'ACTIVATION = "{new}"')}

    def pair(self, source):
        """Two neighbouring knobs at once: larger batches with a larger rate."""
        first = self.turn("BATCH", source)
        second = first and self.turn("LEARNING_RATE", first[2]["train.py"])
        return second and (f"{first[0]}, {second[0]}", "the rate follows the batch", second[2])

    def draw(self):
        source = (HERE / "train.py").read_text()
        if self.opening:
            which = self.opening[0]
            idea = self.turn(which, source) if isinstance(which, str) else self.replace(*DOUBTFUL[which])
            self.opening.pop(0)
            return idea
        chance = self.rng.random()
        if chance < 0.55:
            return self.turn(self.rng.choice(list(LADDERS)), source)
        if chance < 0.78:
            title, rationale, pairs = self.rng.choice(STRUCTURE)
            return self.replace(title, rationale, "train.py", pairs)
        if chance < 0.84:
            return self.squash(source)
        if chance < 0.90:
            return self.pair(source)
        return self.replace(*self.rng.choice(DOUBTFUL))

    def idea(self):
        while True:
            idea = self.draw()
            # Now and then it forgets what it tried, as agents do.
            if idea and (idea[0] not in self.tried or self.rng.random() < 0.15):
                self.tried.add(idea[0])
                return idea

    # One experiment

    def run(self):
        """Trains what stands in train.py. Gives the summary's values; None for a crash, `timeout`."""
        # Python writes no cache beside the source: the loop's folder stays as it is.
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        with open(HERE / "run.log", "wb") as log:
            self.training = subprocess.Popen(
                [sys.executable, "-u", "train.py"], cwd=HERE, stdout=log, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, env=environment,
            )
            try:
                code = self.training.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                self.training.kill()
                self.training.wait()
                return "timeout"
        if code != 0:
            return None
        summary = (HERE / "run.log").read_text(errors="replace").rpartition("---\n")[2]
        return {key.strip(): float(value) for key, _, value in (line.partition(":") for line in summary.splitlines())}

    def row(self, commit, value, memory, status, title):
        with open(RESULTS, "a") as table:
            table.write(f"{commit[:7]}\t{value:.6f}\t{memory:.2f}\t{status}\t{title}\n")
        print(f"{commit[:7]} {value:.6f} {status} {title}", flush=True)

    def baseline(self):
        RESULTS.write_text(HEADER)
        measured = self.run()
        if not isinstance(measured, dict):
            sys.exit("the baseline does not train; see run.log")
        self.best = measured["val_bpb"]
        self.row(git("rev-parse", "HEAD"), self.best, measured["peak_memory_mb"] / 1024, "keep", "baseline")

    def experiment(self):
        title, rationale, files = self.idea()
        base = git("rev-parse", "HEAD")
        for path, text in files.items():
            (HERE / path).write_text(text)
        git("commit", "-q", "-a", "-m", title, *(["-m", rationale] if rationale else []))
        head = git("rev-parse", "HEAD")
        measured = self.run()
        if not isinstance(measured, dict):
            status = measured or "crash"
            self.row(head, 0.0, 0.0, status, title)
            git("reset", "-q", "--hard", base)
            return
        value, memory = measured["val_bpb"], measured["peak_memory_mb"] / 1024
        if value >= self.best:
            self.row(head, value, memory, "discard", title)
            git("reset", "-q", "--hard", base)
        elif self.gated:
            self.propose(base, head, value, memory, title, rationale)
            git("reset", "-q", "--hard", base)
        else:
            self.row(head, value, memory, "keep", title)
            self.best = value

    # Gated: what measures better waits for a person

    def propose(self, base, head, value, memory, title, rationale):
        name = uuid.uuid4().hex
        proposal = {
            "v": 1, "id": name, "idempotency_key": head, "gate": "keep", "base": base, "change": {"head": head},
            "title": title, "rationale": rationale, "agent": {"name": NAME, "model": "none", "session": str(os.getpid())},
            "evidence": [{"metric": "val_bpb", "before": self.best, "after": value}], "supersedes": None,
        }
        inbox = HERE / ".countersign" / "inbox"
        draft = inbox / "tmp" / name
        draft.mkdir(parents=True)
        (inbox / "new").mkdir(parents=True, exist_ok=True)
        (draft / "proposal.json").write_text(json.dumps(proposal))
        # The commit must outlive the reset that follows.
        git("update-ref", f"refs/tiny-lm/proposed/{name}", head)
        draft.rename(inbox / "new" / name)
        self.waiting[name] = (head, value, memory, title)
        print(f"{head[:7]} {value:.6f} proposed {title}", flush=True)

    def answers(self):
        """Takes the answers that have come. Whatever it does not understand is no approval."""
        for name, (head, value, memory, title) in list(self.waiting.items()):
            path = HERE / ".countersign" / "outbox" / f"{name}.json"
            if not path.exists():
                continue
            answer = json.loads(path.read_text())
            del self.waiting[name]
            if answer.get("decision") == "approved" and answer.get("commit"):
                # What was approved is where the next idea starts.
                git("reset", "-q", "--hard", answer["commit"])
                self.best = min(self.best, value)
                self.row(head, value, memory, "keep", title)
            else:
                reason = " ".join(str(answer.get("reason", "")).split())
                self.row(head, value, memory, "discard", f"{title} ({answer.get('decision')}: {reason})")


def stop_at_end_of_input(loop):
    """Ends with whoever started it: when standard input is closed, training stops and so does this."""
    sys.stdin.buffer.read()
    if loop.training:
        loop.training.kill()
    os._exit(0)


def main():
    words = argparse.ArgumentParser(description="A scripted agent: no language model is involved.")
    words.add_argument("--experiments", type=int, default=10**9, help="stop after this many")
    words.add_argument("--seed", type=int, default=None, help="draw the same ideas each time")
    words.add_argument("--gated", action="store_true", help="propose through .countersign/inbox and wait for answers")
    words.add_argument("--until-eof", action="store_true", help="end when standard input is closed")
    said = words.parse_args()
    loop = Loop(said.seed, said.gated)
    if said.until_eof:
        threading.Thread(target=stop_at_end_of_input, args=(loop,), daemon=True).start()
    loop.baseline()
    for _ in range(said.experiments):
        loop.experiment()
        loop.answers()
    while loop.waiting:
        time.sleep(0.2)
        loop.answers()


if __name__ == "__main__":
    main()
