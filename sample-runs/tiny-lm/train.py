"""The one file the agent edits: a character model in Python's standard library.

Each of the last CONTEXT characters has a vector at its position; they are added up, squashed, and
read out as a distribution over the next character. Plain gradient descent by hand.
"""

import math
import random
import resource
import time
from operator import mul

import prepare

# Model
CONTEXT = 4
WIDTH = 8
ACTIVATION = "tanh"
INIT_SCALE = 0.1

# Optimisation
LEARNING_RATE = 0.05
BATCH = 32
MOMENTUM = 0.0
CLIP = 5.0
WARMUP_RATIO = 0.0
WARMDOWN_RATIO = 0.0

SEED = 42

ACTIVATIONS = {
    # name: the function, and its slope by its own value
    "tanh": (math.tanh, lambda y: 1.0 - y * y),
    "relu": (lambda x: x if x > 0.0 else 0.0, lambda y: 1.0 if y > 0.0 else 0.0),
    "sigmoid": (lambda x: 1.0 / (1.0 + math.exp(-x)), lambda y: y * (1.0 - y)),
}
squash, slope = ACTIVATIONS[ACTIVATION]

start = time.time()
rng = random.Random(SEED)
SIZE = len(prepare.ALPHABET)
data = prepare.training_text(SEED)


def vector(length):
    return [rng.gauss(0.0, INIT_SCALE) for _ in range(length)]


embedding = [[vector(WIDTH) for _ in range(SIZE)] for _ in range(CONTEXT)]
readout = [vector(WIDTH) for _ in range(SIZE)]
bias = [0.0] * SIZE


def forward(window):
    """The hidden vector and the distribution over the next character."""
    rows = [table[character] for table, character in zip(embedding, window)]
    hidden = [squash(total) for total in map(sum, zip(*rows))]
    scores = [sum(map(mul, hidden, row)) + offset for row, offset in zip(readout, bias)]
    top = max(scores)
    shares = [math.exp(score - top) for score in scores]
    total = sum(shares)
    return hidden, [share / total for share in shares]


def learning_rate(done):
    """Rate multiplier at a share of the run."""
    if done < WARMUP_RATIO:
        return done / WARMUP_RATIO
    if done > 1.0 - WARMDOWN_RATIO:
        return (1.0 - done) / WARMDOWN_RATIO
    return 1.0


velocity = [[0.0] * WIDTH for _ in range(SIZE)]


def step(rate):
    """One batch of gradient descent. Returns its loss in bits a character."""
    loss = 0.0
    readout_slope = [[0.0] * WIDTH for _ in range(SIZE)]
    bias_slope = [0.0] * SIZE
    embedding_slope = {}
    for _ in range(BATCH):
        at = rng.randrange(CONTEXT, len(data))
        window, target = data[at - CONTEXT : at], data[at]
        hidden, shares = forward(window)
        loss -= math.log2(max(shares[target], 1e-300))
        shares[target] -= 1.0
        back = [0.0] * WIDTH
        for number, error in enumerate(shares):
            if error > 1e-5 or error < -1e-5:
                back = [b + error * w for b, w in zip(back, readout[number])]
                readout_slope[number] = [g + error * h for g, h in zip(readout_slope[number], hidden)]
                bias_slope[number] += error
        back = [b * slope(h) for b, h in zip(back, hidden)]
        for position, character in enumerate(window):
            key = (position, character)
            known = embedding_slope.get(key)
            embedding_slope[key] = [g + b for g, b in zip(known, back)] if known else back
    scale = rate / BATCH
    norm = math.sqrt(sum(g * g for row in embedding_slope.values() for g in row)) / BATCH
    if norm > CLIP:
        scale *= CLIP / norm
    for number in range(SIZE):
        velocity[number] = [MOMENTUM * v + g for v, g in zip(velocity[number], readout_slope[number])]
        readout[number] = [w - scale * v for w, v in zip(readout[number], velocity[number])]
        bias[number] -= scale * bias_slope[number]
    for (position, character), row in embedding_slope.items():
        table = embedding[position]
        table[character] = [w - scale * g for w, g in zip(table[character], row)]
    return loss / BATCH


def train():
    number, trained, smooth = 0, 0.0, None
    printed_at, printed_number = -1.0, -1
    while trained < prepare.TIME_BUDGET:
        before = time.time()
        done = trained / prepare.TIME_BUDGET
        multiplier = learning_rate(done)
        loss = step(LEARNING_RATE * multiplier)
        if math.isnan(loss) or loss > 100.0:
            raise ArithmeticError(f"the loss blew up at step {number}: {loss}")
        smooth = loss if smooth is None else 0.9 * smooth + 0.1 * loss
        trained += time.time() - before
        # A line each 60 ms is enough to draw, and cheap beside the training.
        if trained - printed_at >= 0.06:
            seconds = (trained - max(printed_at, 0.0)) / (number - printed_number)  # a step, since the last line
            printed_at, printed_number = trained, number
            epoch = number * BATCH // len(data) + 1
            print(
                f"\rstep {number:05d} ({100 * done:.1f}%) | loss: {smooth:.6f} | lrm: {multiplier:.2f} | "
                f"dt: {1000 * seconds:.1f}ms | tok/sec: {int(BATCH / seconds):,} | epoch: {epoch} | "
                f"remaining: {max(0.0, prepare.TIME_BUDGET - trained):.0f}s    ",
                end="",
                flush=True,
            )
        number += 1
    print()
    return number, trained


if __name__ == "__main__":
    steps, trained = train()
    val_bpb = prepare.evaluate(lambda window: forward(window)[1], CONTEXT)
    parameters = SIZE * WIDTH * (CONTEXT + 1) + SIZE
    print("---")
    print(f"val_bpb:          {val_bpb:.6f}")
    print(f"training_seconds: {trained:.1f}")
    print(f"total_seconds:    {time.time() - start:.1f}")
    print(f"peak_memory_mb:   {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f}")
    print(f"total_tokens_K:   {steps * BATCH / 1000:.1f}")
    print(f"num_steps:        {steps}")
    print(f"num_params:       {parameters}")
