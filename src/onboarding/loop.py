import json, subprocess

def ask(title, before, after, rationale=""):
    """Proposes HEAD and waits. Returns the approved commit (exit code 9: another tree, so measure it first) or None."""
    words = ["propose", "-m", title, "--rationale", rationale, "--evidence", f"val_bpb={before},{after}"]
    put = subprocess.run(["countersign", *words], capture_output=True, text=True, check=True)
    while True:
        done = subprocess.run(["countersign", "wait", json.loads(put.stdout)["id"]], capture_output=True, text=True)
        if done.returncode != 12:  # 12: pending, call again
            return json.loads(done.stdout)["commit"] if done.returncode in (0, 9) else None
