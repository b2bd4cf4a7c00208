"""Data and evaluation of the tiny language model. Fixed: the agent must not edit this file.

The text comes from a small generator. Every sentence has exactly one derivation, so what the
generator's choices are worth in bits is what a sentence is worth, and the entropy rate has a closed
form: no model can do better than ENTROPY_RATE on this source, however long it trains.

    python3 prepare.py     prints the entropy rate and a few sentences
"""

import math
import random

TIME_BUDGET = 4.0  # seconds of training, wall clock
TRAIN_CHARACTERS = 200_000
EVAL_CHARACTERS = 6_000
EVAL_SEED = 134

# Each slot of a sentence: words with weights. An empty word leaves the slot out.
SENTENCE = [
    [("the ", 3), ("a ", 1)],
    [("", 4), ("small ", 2), ("old ", 1), ("quiet ", 1)],
    [("cat ", 4), ("dog ", 2), ("owl ", 1), ("horse ", 1)],
    [("sees ", 2), ("hears ", 1), ("follows ", 1)],
    [("the ", 3), ("no ", 1)],
    [("mouse", 4), ("boat", 2), ("rain", 1), ("train", 1)],
    [(".\n", 2), (" at noon.\n", 1), (" in the dark.\n", 1)],
]


def entropy_rate():
    """Bits a character of the source, in closed form."""
    bits = length = 0.0
    for slot in SENTENCE:
        total = sum(weight for _, weight in slot)
        for word, weight in slot:
            share = weight / total
            bits -= share * math.log2(share)
            length += share * len(word)
    return bits / length


ENTROPY_RATE = entropy_rate()
ALPHABET = sorted({character for slot in SENTENCE for word, _ in slot for character in word})
INDEX = {character: number for number, character in enumerate(ALPHABET)}


def text(characters, seed):
    """Text of the source as numbers of its alphabet."""
    choose = random.Random(seed)
    out = []
    while len(out) < characters:
        for slot in SENTENCE:
            words, weights = zip(*slot)
            out.extend(INDEX[character] for character in choose.choices(words, weights)[0])
    return out[:characters]


def training_text(seed):
    return text(TRAIN_CHARACTERS, seed)


def evaluate(probabilities, context):
    """Bits a character (val_bpb) on held-out text. `probabilities(window)` gives the model's
    distribution over ALPHABET after the last `context` characters."""
    held_out = text(EVAL_CHARACTERS, EVAL_SEED)
    bits = 0.0
    for at in range(context, len(held_out)):
        share = probabilities(held_out[at - context : at])[held_out[at]]
        bits -= math.log2(max(share, 1e-12))
    return bits / (len(held_out) - context)


if __name__ == "__main__":
    print(f"alphabet: {len(ALPHABET)} characters")
    print(f"entropy_rate: {ENTROPY_RATE:.6f}")
    print("".join(ALPHABET[number] for number in text(200, 1)))
