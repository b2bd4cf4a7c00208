#!/usr/bin/env python3
"""Makes the files of this folder anew, by the programs that write such files for others, and `expected.json` by the
programs that read them: what `tests/it/formats.rs` holds Countersign's readers against, value by value.

    tests/formats/make.py [--python VENV/bin/python] [--old VENV/bin/python]

Installs what it needs from PyPI into two virtual environments in a temporary folder (some GB, because of PyTorch),
unless it is given ones that have it: the second one has wandb 0.19, the last whose reader is in Python. Training is
real but tiny, and every run is of the same seed; times, host names and paths in the files are of the machine that
made them.
"""
import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
NEW = ["wandb==0.31.0", "tensorboard", "tensorboardX", "torch", "keras", "scipy", "lightning", "transformers", "accelerate"]
OLD = ["wandb==0.19.11"]


def text(value):
    """All digits of a number; what JSON has no word for in quotes."""
    value = float(value)
    return repr(value) if math.isfinite(value) else {"nan": "nan", "inf": "inf", "-inf": "-inf"}[str(value)]


def write_wandb(out):
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_ERROR_REPORTING="false")
    import wandb

    folder = tempfile.mkdtemp()
    settings = wandb.Settings(x_disable_stats=True, x_disable_meta=True, host="host", username="ada")
    run = wandb.init(project="fixture", dir=folder, id="fixture1", config={"lr": 3e-4}, settings=settings)
    for step in range(200):
        row = {"train/loss": 3 * math.exp(-step / 80) + 1.5 + 0.01 * math.sin(step * 7), "lr": 3e-4 * (1 - step / 200)}
        row["nested"] = {"a": step * 0.1, "b": {"c": step}}
        if step % 50 == 17:
            row["train/grad"] = float("nan")
        elif step % 50 == 18:
            row["train/grad"] = float("inf")
        elif step % 50 == 19:
            row["train/grad"] = float("-inf")
        else:
            row["train/grad"] = 10.0 / (step + 1)
        if step % 100 == 0:
            # Longer than a block: the record is written in pieces.
            row["note"] = "x" * 40_000 if step == 100 else "short"
            row["val/loss"] = 1.7 - step * 1e-3
            row["hist"] = wandb.Histogram([1.0, 2.0, 3.0, float(step)])
        run.log(row, step=step * 10)
    print("the end of the run")
    run.summary["best"] = 1.25
    run.finish()
    [path] = [os.path.join(d, f) for d, _, files in os.walk(folder) for f in files if f.endswith(".wandb")]
    shutil.copy(path, os.path.join(out, "run-fixture1.wandb"))


def read_wandb(path):
    from wandb.proto import wandb_internal_pb2 as pb
    from wandb.sdk.internal.datastore import DataStore

    store = DataStore()
    store.open_for_scan(path)
    series, summary = {}, {}
    while (data := store.scan_data()) is not None:
        record = pb.Record()
        record.ParseFromString(data)
        if record.WhichOneof("record_type") == "history":
            step = record.history.step.num
            for item in record.history.item:
                name = item.key or ".".join(item.nested_key)
                value = json.loads(item.value_json)
                if value in ("NaN", "Infinity", "-Infinity"):
                    value = float(value.replace("Infinity", "inf"))
                if isinstance(value, (int, float)) and not isinstance(value, bool) and name != "_step":
                    series.setdefault(name, []).append([step, text(value)])
        if record.WhichOneof("record_type") == "summary":
            for item in record.summary.update:
                name = item.key or ".".join(item.nested_key)
                value = json.loads(item.value_json)
                if isinstance(value, (int, float)) and not isinstance(value, bool) and not name.startswith("_"):
                    summary[name] = text(value)
    return {"series": series, "summary": summary}


def write_tensorboard(out):
    from torch.utils.tensorboard import SummaryWriter

    folder = tempfile.mkdtemp()
    with SummaryWriter(folder) as writer:
        for step in range(600):
            writer.add_scalar("train/loss", 2 / (step + 1) + 0.1 * math.sin(step), step)
            if step % 100 == 0:
                writer.add_scalar("val/loss", 1.0 - step * 1e-3, step)
                writer.add_histogram("weights", __import__("torch").linspace(-1, 1, 50), step)
                writer.add_text("note", "text is no scalar", step)
            if step == 300:
                writer.add_scalar("odd", float("nan"), step)
                writer.add_scalar("odd", float("inf"), step + 1)
        # A restart from a checkpoint: the steps from 400 on are trained again.
        for step in range(400, 650):
            writer.add_scalar("train/loss", 1 / (step + 1), step)
    only(folder, out, "torch")

    from tensorboardX import SummaryWriter as WriterX

    folder = tempfile.mkdtemp()
    with WriterX(folder) as writer:
        for step in range(50):
            writer.add_scalar("loss", 1 / (step + 1), step)
    only(folder, out, "tensorboardx")

    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.scalar.summary import pb as old_scalar
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    folder = tempfile.mkdtemp()
    writer = EventFileWriter(folder)
    for step in range(50):
        # As TensorFlow 2 and JAX write scalars: tensors.
        event = Event(wall_time=1.7e9 + step, step=step)
        event.summary.CopyFrom(scalar_pb("epoch_loss", 1 / (step + 1)))
        writer.add_event(event)
    writer.close()
    only(folder, out, "tensors")
    del old_scalar


def only(folder, out, name):
    [file] = [f for f in os.listdir(folder) if "tfevents" in f]
    shutil.copy(os.path.join(folder, file), os.path.join(out, f"events.out.tfevents.1700000000.{name}"))


def read_tensorboard(path):
    from tensorboard.backend.event_processing import event_file_loader
    from tensorboard.util import tensor_util

    series = {}
    # TensorBoard's own pass over a file, every event of it; what a restart takes away is taken away here.
    for event in event_file_loader.EventFileLoader(path).Load():
        for value in event.summary.value:
            name = value.metadata.plugin_data.plugin_name
            if name and name != "scalars":
                series.setdefault(value.tag, None)
            if value.tag in series and series[value.tag] is None:
                continue
            number = tensor_util.make_ndarray(value.tensor).item() if value.HasField("tensor") else value.simple_value
            points = series.setdefault(value.tag, [])
            while points and points[-1][0] >= event.step:
                points.pop()
            points.append([event.step, text(number)])
    return {"series": {tag: points for tag, points in series.items() if points}}


def write_lightning(out):
    import torch
    from lightning.pytorch import LightningModule, Trainer
    from lightning.pytorch.loggers import CSVLogger

    class Tiny(LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch, at):
            loss = (self.layer(batch) - batch.sum(1, keepdim=True)).square().mean()
            self.log("train_loss", loss, on_step=True, on_epoch=True)
            return loss

        def validation_step(self, batch, at):
            self.log("val_loss", (self.layer(batch) - 1).square().mean())

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.05)

    torch.manual_seed(0)
    data = torch.utils.data.DataLoader(torch.randn(64, 4), batch_size=8)
    folder = tempfile.mkdtemp()
    trainer = Trainer(
        max_epochs=4, logger=CSVLogger(folder), log_every_n_steps=2, accelerator="cpu", enable_progress_bar=False,
        enable_checkpointing=False, enable_model_summary=False,
    )
    trainer.fit(Tiny(), data, data)
    [path] = [os.path.join(d, f) for d, _, files in os.walk(folder) for f in files if f == "metrics.csv"]
    shutil.copy(path, os.path.join(out, "lightning-metrics.csv"))


def write_keras(out):
    os.environ["KERAS_BACKEND"] = "torch"
    import keras
    import numpy

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
    x = numpy.random.default_rng(0).normal(size=(64, 4))
    log = os.path.join(out, "keras-training.csv")
    for append in (False, True):
        model.fit(x, x.sum(1), epochs=5 if not append else 9, initial_epoch=5 if append else 0, verbose=0,
                  validation_split=0.25, callbacks=[keras.callbacks.CSVLogger(log, append=append)])


def read_csv(path, step):
    import csv

    series = {}
    for row in csv.DictReader(open(path, newline="")):
        for name, cell in row.items():
            if name != step and cell != "":
                series.setdefault(name, []).append([float(row[step]), text(cell)])
    return {"series": series}


def write_trainer(out):
    import torch
    import transformers

    class Tiny(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def forward(self, x, labels=None):
            y = self.layer(x).squeeze(1)
            return {"loss": (y - labels).square().mean(), "logits": y}

    torch.manual_seed(0)
    data = [{"x": torch.randn(4), "labels": torch.tensor(float(n % 3))} for n in range(64)]
    folder = tempfile.mkdtemp()
    args = transformers.TrainingArguments(
        folder, num_train_epochs=3, per_device_train_batch_size=8, logging_steps=2, eval_strategy="epoch",
        save_strategy="epoch", report_to=[], use_cpu=True, disable_tqdm=True, seed=0,
    )
    trainer = transformers.Trainer(Tiny(), args, train_dataset=data, eval_dataset=data[:16])
    trainer.train()
    trainer.save_state()
    shutil.copy(os.path.join(folder, "trainer_state.json"), os.path.join(out, "trainer_state.json"))


def read_trainer(path):
    series, summary = {}, {}
    for entry in json.load(open(path))["log_history"]:
        numbers = {name: value for name, value in entry.items() if isinstance(value, (int, float)) and name != "step"}
        if "train_runtime" in entry:
            summary = {name: text(value) for name, value in numbers.items()}
            continue
        for name, value in numbers.items():
            series.setdefault(name, []).append([entry["step"], text(value)])
    return {"series": series, "summary": summary}


def write_jsonl(out):
    with open(os.path.join(out, "python-metrics.jsonl"), "w") as file:
        for step in range(120):
            row = {"step": step, "loss": 3.0 / (step + 1), "note": "a \"quoted\" word \u00e9", "ok": True, "list": [1, 2]}
            row["eval"] = {"acc": step / 120, "loss": float("nan") if step % 40 == 3 else 1e-300 * step}
            file.write(json.dumps(row) + "\n")


def read_jsonl(path):
    series = {}

    def walk(prefix, row, step):
        for name, value in row.items():
            if isinstance(value, dict):
                walk(f"{prefix}{name}.", value, step)
            elif isinstance(value, (int, float)) and not isinstance(value, bool) and prefix + name != "step":
                series.setdefault(prefix + name, []).append([step, text(value)])

    for line in open(path):
        row = json.loads(line)
        walk("", row, row["step"])
    return {"series": series}


def venv(folder, packages):
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = os.path.join(folder, "bin", "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    return python


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="one that has " + ", ".join(NEW))
    parser.add_argument("--old", help="one that has " + ", ".join(OLD))
    parser.add_argument("--step", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        # Each writer in a process of its own: they do not get along.
        globals()["write_" + args.step](HERE)
        return
    with tempfile.TemporaryDirectory() as folder:
        new = args.python or venv(os.path.join(folder, "new"), NEW)
        old = args.old or venv(os.path.join(folder, "old"), OLD)
        me = os.path.abspath(__file__)
        for step in ("wandb", "tensorboard", "lightning", "keras", "trainer", "jsonl"):
            subprocess.run([new, me, "--step", step], check=True, stdout=subprocess.DEVNULL)
        read = lambda python, call: json.loads(
            subprocess.check_output(
                [python, "-c", f"import sys, json; sys.path.insert(0, {HERE!r}); import make; print(json.dumps(make.{call}))"]
            )
        )
        path = lambda name: os.path.join(HERE, name)
        expected = {"run-fixture1.wandb": read(old, f"read_wandb({path('run-fixture1.wandb')!r})")}
        for name in ("torch", "tensorboardx", "tensors"):
            file = f"events.out.tfevents.1700000000.{name}"
            expected[file] = read(new, f"read_tensorboard({path(file)!r})")
        expected["lightning-metrics.csv"] = read_csv(path("lightning-metrics.csv"), "step")
        expected["keras-training.csv"] = read_csv(path("keras-training.csv"), "epoch")
        expected["trainer_state.json"] = read_trainer(path("trainer_state.json"))
        expected["python-metrics.jsonl"] = read_jsonl(path("python-metrics.jsonl"))
        with open(path("expected.json"), "w") as file:
            json.dump(expected, file, separators=(",", ":"), sort_keys=True)
            file.write("\n")


if __name__ == "__main__":
    main()
