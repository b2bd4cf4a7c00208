"""A scripted agent for the tiny language model. It is no language model: it draws ideas from the
lists below, edits train.py for real, trains for real, and keeps what measures better.

Some of its ideas are ones that a careful person would veto: another seed, a shorter evaluation, an
edit of the protected file. It does not know that; it only sees that the number went down.

    python3 agent.py                 one idea after the other, until it is stopped
    python3 agent.py --experiments 5 that many, and no more
    python3 agent.py --gate keep     what measures better is proposed to a person, and it goes on with
                                     other ideas until the answer comes
    python3 agent.py --gate run      asks before it trains, too
    python3 agent.py --gate keep --via command --countersign PATH
                                     the same through the command line, or through mcp
    python3 agent.py --number 2 --main DIR
                                     another agent on the loop in DIR, in a work tree of its own
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
HEADER = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n"
NAME = "tiny-lm agent (scripted)"
TIMEOUT = 20.0  # seconds of wall clock for one run
MOST_PENDING = 8  # proposals that wait for a person; then it waits, too

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

    def __init__(self, said):
        self.rng = random.Random(said.seed)
        self.number = said.number
        self.main = said.main or HERE
        self.gate = said.gate
        self.door = {"folder": Folder, "command": Command, "mcp": Mcp}[said.via](self.main, said.countersign)
        self.best = None
        self.opening = list(OPENING) if said.number == 1 else []
        self.tried = set()
        self.waiting = {}  # proposals by id: what they are about
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
            # So that a person can end this run alone (stop_trial in the policy).
            (HERE / "train.pid").write_text(str(self.training.pid))
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
        with open(self.main / "results.tsv", "a") as table:
            table.write(f"{commit[:7]}\t{value:.6f}\t{memory:.2f}\t{status}\t{title}\n")
        print(f"{commit[:7]} {value:.6f} {status} {title}", flush=True)

    def rows(self):
        """The rows of the loop: commit, value, status."""
        try:
            lines = (self.main / "results.tsv").read_text().splitlines()[1:]
        except FileNotFoundError:
            return []
        cells = [line.split("\t") for line in lines]
        return [(row[0], float(row[1]), row[3]) for row in cells if len(row) >= 5]

    def baseline(self):
        if self.number > 1:
            # The first agent measures it for all.
            while not any(status == "keep" for _, _, status in self.rows()):
                time.sleep(0.1)
            return self.catch_up()
        (self.main / "results.tsv").write_text(HEADER)
        measured = self.run()
        if not isinstance(measured, dict):
            sys.exit("the baseline does not train; see run.log")
        self.best = measured["val_bpb"]
        self.row(git("rev-parse", "HEAD"), self.best, measured["peak_memory_mb"] / 1024, "keep", "baseline")

    def catch_up(self):
        """Goes on from what is approved by now, and from the best that counts."""
        approved = subprocess.run(["git", "rev-parse", "-q", "--verify", "countersign/approved"], cwd=HERE,
                                  capture_output=True, text=True).stdout.strip()
        if approved:
            git("reset", "-q", "--hard", approved)
        self.best = min(value for _, value, status in self.rows() if status == "keep")

    def experiment(self):
        title, rationale, files = self.idea()
        base = git("rev-parse", "HEAD")
        for path, text in files.items():
            (HERE / path).write_text(text)
        git("commit", "-q", "-a", "-m", title, *(["-m", rationale] if rationale else []))
        change = Change(base, git("rev-parse", "HEAD"), title, rationale)
        if self.gate == "run":
            self.propose("run", change)
            git("reset", "-q", "--hard", base)
        else:
            self.train(change)

    def train(self, change, supersedes=None):
        """Trains a change that stands in the work tree, and says what came of it."""
        measured = self.run()
        back = lambda: git("reset", "-q", "--hard", change.base)
        if not isinstance(measured, dict):
            self.row(change.head, 0.0, 0.0, measured or "crash", change.title)
            return back()
        change.value, change.memory = measured["val_bpb"], measured["peak_memory_mb"] / 1024
        if change.value >= self.best and not supersedes:
            self.row(change.head, change.value, change.memory, "discard", change.title)
            back()
        elif self.gate:
            self.propose("keep", change, supersedes)
            back()
        else:
            self.row(change.head, change.value, change.memory, "keep", change.title)
            self.best = change.value

    # Gated: what measures better waits for a person

    def propose(self, gate, change, supersedes=None):
        # The commit must outlive the reset that follows.
        git("update-ref", f"refs/tiny-lm/proposed/{change.head}", change.head)
        evidence = [] if gate == "run" else [{"metric": "val_bpb", "before": self.best, "after": change.value}]
        name = self.door.propose(gate, change, evidence, f"agent {self.number}", supersedes)
        self.waiting[name] = (gate, change)
        print(f"{change.head[:7]} proposed at the {gate} gate: {change.title}", flush=True)

    def answers(self):
        """Takes the answers that have come. Whatever it does not understand is no approval."""
        for name, (gate, change) in list(self.waiting.items()):
            answer = self.door.answer(name)
            if not answer:
                continue
            del self.waiting[name]
            decision = answer.get("decision")
            again = [one["body"] for one in answer.get("comments", []) if one.get("kind") == "remeasure"]
            if decision == "approved" and gate == "run":
                git("reset", "-q", "--hard", change.head)
                self.train(change)
            elif decision == "approved" and answer.get("commit"):
                # What was approved is where the next idea starts.
                git("reset", "-q", "--hard", answer["commit"])
                self.best = min(self.best, change.value)
                self.row(change.head, change.value, change.memory, "keep", change.title)
            elif decision == "partial" and answer.get("commit"):
                # Another tree than the one that was measured: it is the start now, and what it is worth is measured.
                git("reset", "-q", "--hard", answer["commit"])
                measured = self.run()
                told = "did not train"
                if isinstance(measured, dict):
                    self.best = measured["val_bpb"]
                    told = f"{self.best:.6f} as approved"
                self.row(change.head, change.value, change.memory, "keep", f"{change.title} (in part, {told})")
            elif decision == "changes_requested" and again:
                self.measure_again(name, change, again[0])
            else:
                reason = " ".join(str(answer.get("reason", "")).split())
                told = f"{change.title} ({decision}: {reason})"
                if gate == "keep":
                    self.row(change.head, change.value, change.memory, "discard", told)
                print(told, flush=True)
                if decision == "stale":
                    self.catch_up()

    def measure_again(self, name, change, tip):
        """The same change on the approved tip, trained and proposed in the place of the old one."""
        git("reset", "-q", "--hard", tip)
        done = subprocess.run(["git", "-c", f"user.name={NAME}", "-c", "user.email=agent@tiny-lm.invalid",
                               "cherry-pick", change.head], cwd=HERE, capture_output=True)
        if done.returncode:
            subprocess.run(["git", "cherry-pick", "--abort"], cwd=HERE, capture_output=True)
            return self.row(change.head, change.value, change.memory, "discard", f"{change.title} (does not fit {tip[:7]})")
        again = Change(tip, git("rev-parse", "HEAD"), change.title, f"measured again on {tip[:7]}")
        self.train(again, supersedes=name)

    def is_held_up(self):
        return (self.main / ".countersign" / "outbox" / "paused.json").exists()


class Change:
    """One idea as commits, and what training gave."""

    def __init__(self, base, head, title, rationale):
        self.base, self.head, self.title, self.rationale = base, head, title, rationale
        self.value = self.memory = None


class Folder:
    """The door as a folder: a message is renamed into the inbox, an answer is a file in the outbox."""

    def __init__(self, main, _):
        self.place = main / ".countersign"

    def propose(self, gate, change, evidence, session, supersedes):
        name = uuid.uuid4().hex
        proposal = {
            "v": 1, "id": name, "idempotency_key": "", "gate": gate, "base": change.base, "change": {"head": change.head},
            "title": change.title, "rationale": change.rationale, "evidence": evidence, "supersedes": supersedes,
            "agent": {"name": NAME, "model": "", "session": session},
        }
        draft = self.place / "inbox" / "tmp" / name
        draft.mkdir(parents=True)
        (self.place / "inbox" / "new").mkdir(parents=True, exist_ok=True)
        (draft / "proposal.json").write_text(json.dumps(proposal))
        draft.rename(self.place / "inbox" / "new" / name)
        return name

    def answer(self, name):
        path = self.place / "outbox" / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else None


class Command:
    """The door by two commands."""

    def __init__(self, _, countersign):
        self.countersign = countersign

    def propose(self, gate, change, evidence, session, supersedes):
        words = ["propose", "--gate", gate, "--base", change.base, "--head", change.head, "-m", change.title,
                 f"--rationale={change.rationale}", "--agent", NAME, "--session", session]
        words += [f"--evidence={one['metric']}={one['before']},{one['after']}" for one in evidence]
        words += ["--supersedes", supersedes] if supersedes else []
        done = subprocess.run([self.countersign, *words], cwd=HERE, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        return json.loads(done.stdout)["id"]

    def answer(self, name):
        done = subprocess.run([self.countersign, "wait", name, "--timeout", "0"], cwd=HERE, capture_output=True, text=True)
        return json.loads(done.stdout) if done.returncode != 12 and done.stdout else None


class Mcp:
    """The door over MCP: JSON-RPC, a line each."""

    def __init__(self, _, countersign):
        self.server = subprocess.Popen([countersign, "mcp"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.calls = 0
        me = {"name": NAME, "version": "1"}
        self.request("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": me})
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        self.server.stdin.write(json.dumps(message) + "\n")
        self.server.stdin.flush()

    def request(self, method, params):
        self.calls += 1
        self.send({"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params})
        while True:
            answer = json.loads(self.server.stdout.readline())
            if answer.get("id") == self.calls:
                return answer["result"]

    def call(self, tool, **arguments):
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            sys.exit(result["content"][0]["text"])
        return result["structuredContent"]

    def propose(self, gate, change, evidence, session, supersedes):
        more = {"supersedes": supersedes} if supersedes else {}
        return self.call("propose_change", gate=gate, base=change.base, head=change.head, title=change.title,
                         rationale=change.rationale, evidence=evidence, session=session, **more)["id"]

    def answer(self, name):
        answer = self.call("await_decision", id=name, max_wait_s=0)
        return answer if "decision" in answer else None


def own_work_tree(said):
    """A further agent works in a work tree of its own, and goes on there."""
    place = said.main / ".agents" / str(said.number)
    if not place.exists():
        git("worktree", "add", "-q", "--detach", str(place))
    if HERE != place:
        os.execv(sys.executable, [sys.executable, "-u", str(place / "agent.py"), *sys.argv[1:]])


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
    words.add_argument("--gate", choices=["run", "keep"], help="ask a person: before training, or before it counts")
    words.add_argument("--via", choices=["folder", "command", "mcp"], default="folder", help="how it asks")
    words.add_argument("--countersign", default="countersign", help="the program, for command and mcp")
    words.add_argument("--number", type=int, default=1, help="which of several agents this is")
    words.add_argument("--main", type=Path, help="the directory of the loop, for further agents")
    words.add_argument("--until-eof", action="store_true", help="end when standard input is closed")
    said = words.parse_args()
    if said.number > 1:
        own_work_tree(said)
    loop = Loop(said)
    if said.until_eof:
        threading.Thread(target=stop_at_end_of_input, args=(loop,), daemon=True).start()
    loop.baseline()
    for _ in range(said.experiments):
        while loop.is_held_up() or len(loop.waiting) >= MOST_PENDING:
            time.sleep(0.2)
            loop.answers()
        loop.experiment()
        loop.answers()
    while loop.waiting:
        time.sleep(0.2)
        loop.answers()


if __name__ == "__main__":
    main()
