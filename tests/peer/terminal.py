"""A program in a PTY of its own, and what it costs. Used by the scripts beside it; standard library only."""
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import termios
import time

COLUMNS, ROWS = 200, 50
DEADLINE = 60.0
ESCAPES = re.compile(rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78]")
BRAILLE = re.compile(rb"\xe2[\xa0-\xa3][\x80-\xbf]")
TICK = os.sysconf("SC_CLK_TCK")


def environment(folder):
    """Nothing of the person's: a home, a state and a configuration of the measurement's own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": folder,
        "XDG_STATE_HOME": os.path.join(folder, "state"),
        "XDG_CONFIG_HOME": os.path.join(folder, "config"),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "WANDB_ERROR_REPORTING": "false",
    }


class Terminal:
    """A program in a PTY of its own."""

    def __init__(self, command, folder, cwd):
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(command[0], command, environment(folder))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.seen = b""
        self.bytes = 0
        self.peak = 0.0
        self.cpu = 0.0

    def read(self, timeout):
        """True when something came, False when nothing did, None when the program is gone."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 1 << 20)
        except OSError:
            return None
        for query, answer in (
            (b"\x1b[6n", b"\x1b[1;1R"),
            (b"\x1b[c", b"\x1b[?62;22c"),
            (b"\x1b]11;?", b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
            (b"\x1b]10;?", b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\"),
            (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
            (b"\x1b[?2027$p", b"\x1b[?2027;0$y"),
            (b"\x1b[?u", b"\x1b[?0u"),
        ):
            if query in data:
                os.write(self.fd, answer)
        self.seen += data
        self.bytes += len(data)
        self.measure()
        return True if data else None

    def measure(self):
        try:
            stat = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
            self.cpu = (int(stat[11]) + int(stat[12])) / TICK
            status = open(f"/proc/{self.pid}/status").read()
            self.peak = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024
        except (OSError, AttributeError):
            pass

    def text(self):
        return ESCAPES.sub(b"", self.seen)

    def until(self, what, good):
        """Seconds since the start until a condition on what was written since the last key holds."""
        while not good(self):
            if time.monotonic() - self.started > DEADLINE:
                raise SystemExit(f"never: {what}; the end was {self.text()[-800:]!r}")
            if self.read(0.005) is None:
                raise SystemExit(f"it ended before {what}: {self.text()[-800:]!r}")
        return time.monotonic() - self.started

    def wait(self, word):
        return self.until(word, lambda terminal: word in terminal.text())

    def chart(self):
        """Seconds until the first dot of a chart."""
        return self.until("a chart", lambda terminal: BRAILLE.search(terminal.seen))

    def has_read(self, path):
        """True when the program's place in an open file is its end."""
        size = os.path.getsize(path)
        try:
            for fd in os.listdir(f"/proc/{self.pid}/fd"):
                if os.readlink(f"/proc/{self.pid}/fd/{fd}") == path:
                    with open(f"/proc/{self.pid}/fdinfo/{fd}") as info:
                        return int(info.readline().split()[1]) >= size
        except OSError:
            pass
        return False

    def quiet(self, seconds=0.3):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.read(0.02):
                end = time.monotonic() + seconds

    def rest(self, seconds=0.5):
        """Until it computes nothing for a while, whatever it writes."""
        self.measure()
        last, since = self.cpu, time.monotonic()
        while time.monotonic() - since < seconds and time.monotonic() - self.started < DEADLINE:
            self.read(0.02)
            self.measure()
            if self.cpu - last > 2 / TICK:
                last, since = self.cpu, time.monotonic()

    def idle(self, seconds):
        """Share of a core, in percent, and bytes written in a second, while nobody presses a key."""
        self.measure()
        cpu, written, begun = self.cpu, self.bytes, time.monotonic()
        while time.monotonic() - begun < seconds:
            self.read(0.05)
        self.measure()
        took = time.monotonic() - begun
        return 100 * (self.cpu - cpu) / took, (self.bytes - written) / took

    def drawn_after(self, act, timeout=5):
        """Seconds until something is drawn after something was done."""
        self.seen = b""
        done = time.monotonic()
        act()
        while not self.seen and time.monotonic() - done < timeout:
            self.read(0.001)
        return time.monotonic() - done

    def key(self, keys):
        """The same of a key, pressed when nothing of the last one is on its way."""
        self.quiet(0.06)
        return self.drawn_after(lambda: os.write(self.fd, keys))

    def end(self):
        self.measure()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def told(values, unit=1000):
    """Median, 99th percentile and the worst, in milliseconds."""
    ordered = sorted(values)
    at = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]
    of = lambda value: round(value * unit, 1)
    return {"median_ms": of(statistics.median(ordered)), "p99_ms": of(at(0.99)), "max_ms": of(ordered[-1])}
