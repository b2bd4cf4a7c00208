#!/usr/bin/env python3
"""Makes the pictures of the README, in docs/images, with the real program.

    tools/recording.py [--binary target/release/countersign] [--frames DIR]

It replays the recorded sample loop in a scratch directory, presses keys in a pseudo-terminal and writes what the
program drew as an animated SVG (review.svg); then it has the program export two PNGs of the same loop. With --frames,
each frame is also written as an SVG of its own, for a look at it. Needs Python 3.8 and nothing else.
"""

import argparse
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unicodedata
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
COLUMNS, ROWS = 100, 30
CELL_WIDTH, CELL_HEIGHT, FONT_SIZE, MARGIN = 8.4, 17, 14, 12
INK, PAPER, CAPTION = "#d8dee9", "#14171c", "#8fd3a0"
ANSI = [
    "#2e3440", "#e06c75", "#8fd3a0", "#e5c07b", "#7aa2f7", "#c099ff", "#66d9e8", "#d8dee9",
    "#7b8496", "#ff8a93", "#b1e8bd", "#f5d79a", "#a3bffa", "#d8bfff", "#9be9f2", "#ffffff",
]
# The experiment of the sample loop that is selected in inbox.png.
SHOWN = "c5f05b9"

# The story: keys, the seconds that the frame stays, and its caption. `...` takes a frame without a key.
STORY = [
    ("...", 3.0, "The inbox lists every change that the agent kept (here: countersign demo --recorded)"),
    ("<enter>", 3.0, "Enter: read the change full screen"),
    ("D", 3.5, "D: all the evidence, with earlier experiments that touched the same lines"),
    ("<esc>a", 4.0, "a: exactly what would be committed; nothing is decided yet"),
    ("<enter>", 3.0, "Enter: committed to the approved branch, recorded in the ledger"),
    ("1", 1.5, "1: back to the inbox"),
    ("v", 3.0, "v: veto; shows how many later changes depend on this one"),
    ("within noise", 2.0, "v: veto, with a reason"),
    ("<enter>", 2.5, "Enter: vetoed; the change stays pinned"),
    ("2r", 1.0, "2: the curves; r: follow the running trial"),
    ("...", 1.0, "2: the curves; r: follow the running trial"),
    ("...", 1.0, "2: the curves; r: follow the running trial"),
    ("...", 1.0, "2: the curves; r: follow the running trial"),
    ("s", 2.5, "s: smooth (the raw curve stays, dim)"),
    ("3", 3.5, "3: every experiment by the objective"),
    ("4", 3.5, "4: the lineage: who decided what, and why"),
]


class Screen:
    """As much of a terminal as the program uses: cells with their colours, and a cursor."""

    def __init__(self):
        self.cells = [[self.blank() for _ in range(COLUMNS)] for _ in range(ROWS)]
        self.row = self.column = 0
        self.reset_style()

    @staticmethod
    def blank():
        return (" ", INK, None, False, False)

    def reset_style(self):
        self.ink, self.paper = INK, None
        self.bold = self.dim = self.reverse = False

    def feed(self, text, answer):
        """Draws text; `answer` gets what a terminal would send back. Returns the rest that is not complete."""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                match = re.compile(r"\x1b(?:\[([?>=<]?)([\d;:]*)[ !$]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()].|[=>78cM])").match(text, at)
                if not match:
                    if len(text) - at > 4096:
                        raise ValueError(repr(text[at : at + 40]))
                    return text[at:]
                if match.group(3):
                    self.control(*match.groups(), answer)
                at = match.end()
            else:
                self.put(text[at])
                at += 1
        return ""

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row = min(self.row + 1, ROWS - 1)
        elif character == "\b":
            self.column = max(self.column - 1, 0)
        elif character >= " ":
            ink, paper = self.ink, self.paper
            if self.reverse:
                ink, paper = paper or PAPER, ink
            wide = unicodedata.east_asian_width(character) in "WF"
            if self.column < COLUMNS:
                self.cells[self.row][self.column] = (character, ink, paper, self.bold, self.dim)
                if wide and self.column + 1 < COLUMNS:
                    self.cells[self.row][self.column + 1] = ("", ink, paper, False, False)
            self.column += 2 if wide else 1

    def control(self, private, numbers, letter, answer):
        values = [int(n) if n else 0 for n in re.split("[;:]", numbers)]
        if letter == "n" and values[0] == 6:
            answer(f"\x1b[{self.row + 1};{self.column + 1}R")
        elif letter == "c" and not private:
            answer("\x1b[?6c")
        elif private:
            return
        elif letter in "Hf":
            self.row = min(max(values[0], 1), ROWS) - 1
            self.column = min(max(values[1] if len(values) > 1 else 1, 1), COLUMNS) - 1
        elif letter == "G":
            self.column = min(max(values[0], 1), COLUMNS) - 1
        elif letter in "ABCD":
            steps = max(values[0], 1)
            self.row = min(max(self.row + {"A": -steps, "B": steps}.get(letter, 0), 0), ROWS - 1)
            self.column = min(max(self.column + {"C": steps, "D": -steps}.get(letter, 0), 0), COLUMNS - 1)
        elif letter == "J":
            if values[0] in (2, 3):
                self.cells = [[self.blank() for _ in range(COLUMNS)] for _ in range(ROWS)]
        elif letter == "K":
            self.cells[self.row][self.column :] = [self.blank() for _ in range(COLUMNS - self.column)]
        elif letter == "m":
            self.style(values)

    def style(self, values):
        at = 0
        while at < len(values):
            value = values[at]
            if value == 0:
                self.reset_style()
            elif value in (1, 2, 7):
                setattr(self, {1: "bold", 2: "dim", 7: "reverse"}[value], True)
            elif value == 22:
                self.bold = self.dim = False
            elif value == 27:
                self.reverse = False
            elif value in (38, 48):
                if values[at + 1] == 2:
                    colour, width = "#%02x%02x%02x" % tuple(values[at + 2 : at + 5]), 4
                else:
                    colour, width = indexed(values[at + 2]), 2
                setattr(self, "ink" if value == 38 else "paper", colour)
                at += width
            elif value == 39:
                self.ink = INK
            elif value == 49:
                self.paper = None
            elif 30 <= value <= 37 or 90 <= value <= 97:
                self.ink = ANSI[value - 30 if value < 90 else value - 82]
            elif 40 <= value <= 47 or 100 <= value <= 107:
                self.paper = ANSI[value - 40 if value < 100 else value - 92]
            at += 1

    def rows(self):
        return [tuple(row) for row in self.cells]


def indexed(number):
    """The colour of a number of the 256-colour palette."""
    if number < 16:
        return ANSI[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    levels = [0, 95, 135, 175, 215, 255]
    number -= 16
    return "#" + "".join(f"{levels[part]:02x}" for part in (number // 36, number // 6 % 6, number % 6))


class Terminal:
    """The program in a pseudo-terminal."""

    def __init__(self, words, directory, environment):
        self.screen, self.rest = Screen(), ""
        self.child, self.master = pty.fork()
        if self.child == 0:
            os.chdir(directory)
            os.execve(words[0], words, environment)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.pending = b""

    def send(self, text):
        os.write(self.master, text.encode())

    def settle(self, quiet=0.4, most=4.0):
        """Reads until the program has drawn nothing for `quiet` seconds, or for `most` seconds."""
        end, last = time.monotonic() + most, time.monotonic()
        while time.monotonic() < end and time.monotonic() - last < quiet:
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    read = os.read(self.master, 65536)
                except OSError:
                    return False
                self.pending += read
                text = self.pending.decode("utf-8", errors="ignore")
                whole = text.encode()
                self.pending = self.pending[len(whole) :] if self.pending.startswith(whole) else b""
                self.rest = self.screen.feed(self.rest + text, self.send)
                last = time.monotonic()
        return True

    def close(self):
        self.send("q")
        self.settle()
        os.kill(self.child, signal.SIGTERM)
        os.waitpid(self.child, 0)


def mixed(ink, paper):
    """The ink at three fifths over its paper: dim text."""
    parts = lambda colour: [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{(3 * a + 2 * b) // 5:02x}" for a, b in zip(parts(ink), parts(paper or PAPER)))


def number(value):
    return f"{value:.1f}".rstrip("0").rstrip(".")


def braille(row, column, character):
    """The dots of a braille cell, as parts of a path: fonts draw them in widths of their own."""
    bits, parts = ord(character) - 0x2800, []
    for bit, (x, y) in enumerate([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]):
        if bits >> bit & 1:
            left = column * CELL_WIDTH + (0.25 + 0.5 * x) * CELL_WIDTH - 1
            top = (0.125 + 0.25 * y) * CELL_HEIGHT - 1
            parts.append(f"M{number(left)} {number(top)}h2v2h-2z")
    return "".join(parts)


def row_svg(row):
    """One row at the top left corner: papers, then words, then dots."""
    papers, words, dots = [], [], {}
    at = 0
    while at < COLUMNS:
        _, _, paper, _, _ = row[at]
        end = at
        while end < COLUMNS and row[end][2] == paper:
            end += 1
        if paper:
            papers.append(
                f'<rect x="{number(at * CELL_WIDTH)}" width="{number((end - at) * CELL_WIDTH)}" '
                f'height="{CELL_HEIGHT}" fill="{paper}"/>'
            )
        at = end
    at = 0
    while at < COLUMNS:
        character, ink, paper, bold, dim = row[at]
        colour = mixed(ink, paper) if dim else ink
        if 0x2800 <= ord(character or " ") <= 0x28FF:
            dots.setdefault(colour, []).append(braille(row, at, character))
            at += 1
            continue
        end, text = at, ""
        while end < COLUMNS and row[end][1:] == (ink, paper, bold, dim):
            if 0x2800 <= ord(row[end][0] or " ") <= 0x28FF or text.endswith("  ") and row[end][0] == " ":
                break
            text += row[end][0]
            end += 1
        end = max(end, at + 1)
        if text.strip():
            lead = len(text) - len(text.lstrip())
            shown = text.strip()
            weight = ' font-weight="bold"' if bold else ""
            words.append(
                f'<text x="{number((at + lead) * CELL_WIDTH)}" y="13" fill="{colour}"{weight} '
                f'textLength="{number(len(shown) * CELL_WIDTH)}">{escape(shown)}</text>'
            )
        at = end
    drawn = [f'<path d="{"".join(parts)}" fill="{colour}"/>' for colour, parts in dots.items()]
    return "".join(papers + words + drawn)


def svg(frames):
    """Frames, each (rows, seconds, caption), as one SVG that plays them in a loop."""
    width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    height = (ROWS + 2) * CELL_HEIGHT + 2 * MARGIN
    names, shapes, groups = {}, [], []
    total, start = sum(frame[1] for frame in frames), 0.0
    for at, (rows, seconds, caption) in enumerate(frames):
        uses = []
        for line, row in enumerate(rows):
            drawn = row_svg(row)
            if not drawn:
                continue
            if drawn not in names:
                names[drawn] = f"r{len(names)}"
                shapes.append(f'<g id="{names[drawn]}">{drawn}</g>')
            uses.append(f'<use href="#{names[drawn]}" y="{line * CELL_HEIGHT}"/>')
        top = ROWS * CELL_HEIGHT + 1.5 * CELL_HEIGHT
        if caption:
            uses.append(f'<text y="{number(top)}" fill="{CAPTION}" font-size="15">{escape(caption)}</text>')
        begin, end = start / total, (start + seconds) / total
        start += seconds
        if len(frames) == 1:
            groups.append(f'<g>{"".join(uses)}</g>')
            continue
        if at == 0:
            values, times = "visible;hidden", f"0;{end:.4f}"
        elif at == len(frames) - 1:
            values, times = "hidden;visible", f"0;{begin:.4f}"
        else:
            values, times = "hidden;visible;hidden", f"0;{begin:.4f};{end:.4f}"
        hidden = "" if at == 0 else ' visibility="hidden"'
        groups.append(
            f'<g{hidden}><animate attributeName="visibility" calcMode="discrete" dur="{number(total)}s" '
            f'repeatCount="indefinite" values="{values}" keyTimes="{times}"/>{"".join(uses)}</g>'
        )
    title = "Countersign: read a change, approve it, veto another, look at the curves"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" role="img" '
        f'font-family="\'DejaVu Sans Mono\',Menlo,Consolas,monospace" font-size="{FONT_SIZE}" xml:space="preserve">'
        f"<title>{title}</title>"
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/><defs>{"".join(shapes)}</defs>'
        f'<g transform="translate({MARGIN} {MARGIN})">{"".join(groups)}</g></svg>\n'
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "target" / "release" / "countersign"))
    parser.add_argument("--frames", help="a directory for each frame as an SVG of its own")
    options = parser.parse_args()
    binary = str(pathlib.Path(options.binary).resolve())
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="countersign-recording-"))
    home = scratch / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = Ada Reviewer\n\temail = ada@example.org\n")
    environment = {
        "HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLORTERM": "truecolor",
        "LANG": "C.UTF-8", "TZ": "UTC",
    }
    frames = []
    try:
        loop = scratch / "live" / "tiny-lm"
        terminal = Terminal([binary, "demo", "--recorded", "--keep", str(loop)], str(scratch), environment)
        terminal.settle(quiet=2.0, most=8.0)
        for keys, seconds, caption in STORY:
            if keys == "...":
                terminal.settle(quiet=9.0, most=1.5)
            else:
                # An escape and what follows it must not read as one key.
                for part in re.findall("<esc>|(?:(?!<esc>).)+", keys):
                    terminal.send(part.replace("<enter>", "\r").replace("<esc>", "\x1b"))
                    terminal.settle(quiet=0.7, most=1.5)
            frames.append((terminal.screen.rows(), seconds, caption))
        terminal.close()

        # The PNGs show the whole recording: replayed as fast as it goes.
        loop = scratch / "whole" / "tiny-lm"
        words = [binary, "demo", "--recorded", "--speed", "1000", "--keep", str(loop)]
        terminal = Terminal(words, str(scratch), environment)
        terminal.settle(quiet=4.0, most=30.0)
        terminal.close()
        IMAGES.mkdir(exist_ok=True)
        (IMAGES / "review.svg").write_text(svg(frames))
        if options.frames:
            directory = pathlib.Path(options.frames)
            directory.mkdir(parents=True, exist_ok=True)
            for at, frame in enumerate(frames):
                (directory / f"{at:02}.svg").write_text(svg([frame]))
        for view, *more in [("inbox", "--experiment", SHOWN, "--width", "120", "--height", "22"), ("progress",)]:
            target = IMAGES / f"{view}.png"
            target.unlink(missing_ok=True)
            subprocess.run([binary, "export", view, str(target), "-C", str(loop), *more], check=True, env=environment)
        for path in sorted(IMAGES.iterdir()):
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} KB")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
