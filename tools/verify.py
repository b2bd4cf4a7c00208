#!/usr/bin/env python3
"""A second opinion on an approved branch: checks independently what `countersign verify` checks.

    python3 tools/verify.py [DIRECTORY] [--state DIR] [--home DIR] [--branch NAME] [--allowed-signers FILE]

It shares no code with Countersign, needs nothing but Python 3.8, and runs neither git nor Countersign. It opens
every file read-only and writes nothing. Read it from top to bottom: each part builds on the ones before.

    1  objects      loose files and packs, each copy hashed from its own bytes
    2  references   where the branch is
    3  ledger       the chain of records
    4  anchor       what the person's own directory remembers of the ledger
    5  records      whether they contradict each other
    6  branch       whether each commit was decided as it is
    7  signatures   by ssh-keygen, where that is installed
    8  content      every file of every commit since the branch began

Exit codes are those of `countersign verify`: 0 no objections, 4 objections (lines that begin
with `!`, the most fundamental first), 1 the check failed, 2 invalid command line.

Limits: it does not check OpenPGP signatures, and does not detect content that was crafted to collide under
SHA-1 (`countersign verify` does both). It trusts the person's state directory, where the anchor is.
"""

import argparse
import fcntl
import hashlib
import json
import mmap
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import time
import zlib

GENESIS = "0" * 64
LARGEST_IN_MEMORY = 512 << 20
LARGEST = 8 << 30
MOST_DIFFERENCES = 4095
HEX40 = re.compile(r"^[0-9a-f]{40}$")
WHEN = re.compile(r"^-?[0-9]{4,6}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]+)?(Z|[-+][0-9:]+)$")


class Bad(Exception):
    """An invalid input, described by the message."""


def shown(text):
    """Returns text that an agent may have written, escaped for a terminal."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\\u{%x}" % ord(c) for c in str(text))


# 1 -- objects ------------------------------------------------------------------------------------------------------


def open_plain(path):
    """Opens a regular file. A link, a FIFO or a device in its place is refused and never blocks."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Bad("it cannot be read: %s" % error.strerror)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise Bad("it is not a regular file: inspect it, then remove it")
    return os.fdopen(fd, "rb")


def read_small(path, most=64 << 20):
    """Returns the content of a file; None if it does not exist."""
    try:
        with open_plain(path) as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        return None
    if len(data) > most:
        raise Bad("it is larger than such files ever are")
    return data


class Table:
    """A file with random access."""

    def __init__(self, path):
        with open_plain(path) as file:
            size = os.fstat(file.fileno()).st_size
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        self.path = path

    def at(self, place, length):
        if place < 0 or place + length > len(self.data):
            raise Bad("it ends too early, or points beyond its end")
        return self.data[place : place + length]

    def u32(self, place):
        return struct.unpack(">I", self.at(place, 4))[0]

    def u64(self, place):
        return struct.unpack(">Q", self.at(place, 8))[0]

    def parts(self, place, count):
        """Returns the chunks of a multi-pack-index or a commit-graph by their four letters."""
        found = {}
        for number in range(count):
            name, start = self.at(place + 12 * number, 4), self.u64(place + 12 * number + 4)
            end = self.u64(place + 12 * number + 16)
            if not start <= end <= len(self.data):
                raise Bad("its chunks exceed the file")
            found[bytes(name)] = (start, end)
        return found


class Names:
    """The sorted names in a table. Git finds a name by binary search, so an unsorted table is refused."""

    def __init__(self, table, fan, place):
        self.table, self.place = table, place
        self.fan = struct.unpack(">256I", table.at(fan, 1024))
        self.count = self.fan[255]
        if list(self.fan) != sorted(self.fan):
            raise Bad("its counts of names decrease")
        names = table.at(place, 20 * self.count)
        last, counts = b"", [0] * 256
        for at in range(0, len(names), 20):
            name = names[at : at + 20]
            if name <= last:
                raise Bad("its names are out of order, or one occurs twice")
            last = name
            counts[name[0]] += 1
        total = 0
        for first, count in enumerate(counts):
            total += count
            if self.fan[first] != total:
                raise Bad("its counts do not match its names")

    def name(self, number):
        return bytes(self.table.at(self.place + 20 * number, 20))

    def find(self, name):
        low = self.fan[name[0] - 1] if name[0] else 0
        high = self.fan[name[0]]
        while low < high:
            middle = (low + high) // 2
            found = self.name(middle)
            if found == name:
                return middle
            low, high = (middle + 1, high) if found < name else (low, middle)
        return None


def inflated(chunks, size):
    """Decompresses exactly `size` bytes, in pieces; finally yields the number of input bytes after the end."""
    engine, done, left = zlib.decompressobj(), 0, b""
    try:
        while not engine.eof:
            data = left or next(chunks, b"")
            piece = engine.decompress(data, 1 << 20)
            left = engine.unconsumed_tail
            if not data and not piece and not engine.eof:
                raise Bad("its compressed content ends too early")
            done += len(piece)
            if done > size:
                raise Bad("it is longer than its header says")
            if piece:
                yield piece
    except zlib.error:
        raise Bad("its compressed content is broken")
    if done < size:
        raise Bad("it is shorter than its header says")
    yield len(engine.unused_data)


def gathered(pieces):
    out = list(pieces)
    return b"".join(out[:-1]), out[-1]


class Pack:
    """A pack with its index, version 2."""

    def __init__(self, stem):
        self.path = stem + ".pack"
        self.names = None
        self.known = {}
        self.loaded = None
        index = stem + ".idx"
        if os.path.lexists(index):
            self.index = Table(index)
            if self.index.at(0, 8) != b"\xfftOc\0\0\0\x02":
                raise Bad("it is not a version 2 index")
            self.names = Names(self.index, 8, 8 + 1024)
            least = 8 + 1024 + 28 * self.names.count + 40
            if not least <= len(self.index.data) <= least + 8 * self.names.count:
                raise Bad("its length does not match its names")

    def find(self, name):
        number = self.names.find(name) if self.names else None
        if number is None:
            return None
        offsets = 8 + 1024 + 24 * self.names.count
        short = self.index.u32(offsets + 4 * number)
        if short < 1 << 31:
            return short
        return self.index.u64(offsets + 4 * self.names.count + 8 * (short & 0x7FFFFFFF))

    def table(self):
        if self.loaded is None:
            table = Table(self.path)
            if table.at(0, 7) != b"PACK\0\0\0" or table.at(7, 1) not in (b"\2", b"\3"):
                raise Bad("the pack does not begin like a pack")
            if self.names is not None:
                fits = table.u32(8) == self.names.count and len(table.data) >= 32
                if not fits or table.data[-20:] != self.index.data[-40:-20]:
                    raise Bad("the pack does not match its index")
            self.loaded = table
        return self.loaded

    def head(self, at):
        """Returns type, length, offset of the compressed bytes, and offset of the delta base, if any."""
        table = self.table()
        if not 12 <= at < len(table.data) - 20:
            raise Bad("its offset is outside of the pack")
        data, place = table.data[at : at + 64], 0

        def byte():
            nonlocal place
            place += 1
            if place > len(data):
                raise Bad("the pack ends too early")
            return data[place - 1]

        first = last = byte()
        size, shift = first & 15, 4
        while last & 0x80:
            if shift > 56:
                raise Bad("its length is invalid")
            last = byte()
            size |= (last & 0x7F) << shift
            shift += 7
        kind = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}.get(first >> 4 & 7)
        base = None
        if first >> 4 & 7 == 6:
            last = byte()
            back = last & 0x7F
            while last & 0x80:
                last = byte()
                back = (back + 1) << 7 | (last & 0x7F)
            base = at - back
            if back == 0 or base < 0:
                raise Bad("its delta base is outside of the pack")
        elif first >> 4 & 7 == 7:
            base = self.find(bytes(byte() for _ in range(20)))
            if base is None:
                raise Bad("its delta base is not in the pack")
        elif kind is None:
            raise Bad("git does not know its type")
        return kind, size, at + place, base

    def pieces(self, place):
        data = self.table().data
        while place < len(data):
            yield data[place : place + 65536]
            place += 65536

    def unpacked(self, place, size):
        if size > LARGEST_IN_MEMORY:
            raise Bad("not hashed: its header says %d bytes" % size)
        return gathered(inflated(self.pieces(place), size))[0]

    def rebuilt(self, at):
        """Returns type and content of an object that is stored as deltas."""
        chain = []
        while at not in self.known:
            kind, size, place, base = self.head(at)
            if base is None:
                self.keep(at, kind, self.unpacked(place, size))
                break
            if len(chain) >= MOST_DIFFERENCES:
                raise Bad("its delta chain is too long")
            chain.append((at, place, size))
            at = base
        kind, data = self.known[at]
        for at, place, size in reversed(chain):
            data = applied(data, self.unpacked(place, size))
            self.keep(at, kind, data)
        return kind, data

    def keep(self, at, kind, data):
        if sum(len(data) for _, data in self.known.values()) > 64 << 20 if len(self.known) % 64 == 63 else False:
            self.known.clear()
        self.known[at] = (kind, data)

    def read(self, at, keep):
        """Returns type, hash, and content if requested."""
        kind, size, place, base = self.head(at)
        if base is not None:
            kind, data = self.rebuilt(at)
            return kind, named(kind, [data], len(data)), data
        return hashed(kind, size, inflated(self.pieces(place), size), keep)[:3]


def applied(base, difference):
    """Applies a delta of a pack to an object."""
    broken = Bad("its delta is broken")
    place = 0

    def byte():
        nonlocal place
        place += 1
        if place > len(difference):
            raise broken
        return difference[place - 1]

    def number():
        value = shift = 0
        while True:
            last = byte()
            value |= (last & 0x7F) << shift
            shift += 7
            if last < 0x80:
                return value
            if shift > 63:
                raise broken

    if number() != len(base):
        raise broken
    size = number()
    if size > LARGEST_IN_MEMORY:
        raise Bad("not hashed: its header says %d bytes" % size)
    out = bytearray()
    while place < len(difference):
        command = byte()
        if command & 0x80:
            fields = [byte() if command >> bit & 1 else 0 for bit in range(7)]
            start = int.from_bytes(bytes(fields[:4]), "little")
            length = int.from_bytes(bytes(fields[4:]), "little") or 0x10000
            piece = base[start : start + length]
        else:
            length = command
            piece = difference[place : place + length]
            place += length
        if length == 0 or len(piece) != length or len(out) + length > size:
            raise broken
        out += piece
    if len(out) != size:
        raise broken
    return bytes(out)


def named(kind, pieces, size):
    """Returns the name of an object: SHA-1 of type, length and content."""
    digest = hashlib.sha1(b"%s %d\0" % (kind.encode(), size))
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def hashed(kind, size, pieces, keep):
    """Returns type, hash, content if requested, and the number of bytes after the end."""
    if size > (LARGEST_IN_MEMORY if keep else LARGEST):
        raise Bad("not hashed: its header says %d bytes" % size)
    behind, kept = 0, []

    def content():
        nonlocal behind
        for piece in pieces:
            if isinstance(piece, int):
                behind = piece
            else:
                if keep:
                    kept.append(piece)
                yield piece

    name = named(kind, content(), size)
    return kind, name, b"".join(kept) if keep else None, behind


def read_loose(path, keep):
    with open_plain(path) as file:
        chunks = iter(lambda: file.read(65536), b"")
        first = next(chunks, b"")
        try:
            head = zlib.decompressobj().decompress(first, 64)
        except zlib.error:
            raise Bad("its compressed content is broken")
        match = re.match(rb"(commit|tree|blob|tag) (0|[1-9][0-9]{0,18})\0", head[:32])
        if not match:
            raise Bad("its compressed content ends too early" if len(head) < 7 else "it does not begin like an object")
        kind, size, skip = match.group(1).decode(), int(match.group(2)), match.end()

        def body():
            nonlocal skip
            rest = iter([first])
            for piece in inflated((data for more in (rest, chunks) for data in more), size + skip):
                if isinstance(piece, bytes) and skip:
                    piece, skip = piece[skip:], max(0, skip - len(piece))
                yield piece

        found = hashed(kind, size, body(), keep)
        if found[3] or file.read(1):
            raise Bad("there is data after its end")
        return found[:3]


class Store:
    """All places where git looks for objects: the repository's own directory first, then those it borrows from."""

    def __init__(self, objects):
        self.directories, self.troubles = [], []
        wanted = [os.path.realpath(objects)]
        for directory in wanted:
            if len(self.directories) >= 64:
                self.trouble(objects, "it borrows from too many object directories")
                break
            self.directories.append((directory, *self.packs(directory)))
            for lender in self.lenders(directory):
                if lender not in wanted:
                    wanted.append(lender)

    def trouble(self, path, why):
        text = "%s: %s" % (path, why)
        if text not in self.troubles:
            self.troubles.append(text)

    def lenders(self, directory):
        path = os.path.join(directory, "info/alternates")
        try:
            lines = (read_small(path, 1 << 20) or b"").split(b"\n")
        except Bad as bad:
            self.trouble(path, bad)
            return
        for line in lines:
            if line.startswith(b'"'):
                self.trouble(path, "it names a directory in quotes, which is not supported")
            elif line and not line.startswith(b"#"):
                lender = os.path.realpath(os.path.join(directory, os.fsdecode(line)))
                if os.path.isdir(lender):
                    yield lender

    def packs(self, directory):
        place = os.path.join(directory, "pack")
        if os.path.lexists(place) and (os.path.islink(place) or not os.path.isdir(place)):
            self.trouble(place, "it is not a directory: check where it leads, then remove it")
        names = sorted(os.listdir(place)) if os.path.isdir(place) else []
        packs, indexes = {}, []
        for name in names:
            if name.endswith(".idx") and os.path.lexists(os.path.join(place, name[:-4] + ".pack")):
                self.take(packs, place, name[:-4])
        path = os.path.join(place, "multi-pack-index")
        files = [path] if os.path.lexists(path) else self.chain(
            os.path.join(place, "multi-pack-index.d"), "multi-pack-index-chain", "multi-pack-index-%s.midx"
        )
        spoken = []
        for path in files:
            try:
                index = MultiIndex(path)
            except (Bad, FileNotFoundError) as bad:
                self.trouble(path, bad)
                continue
            for stem in index.packs:
                if stem not in packs and os.path.lexists(os.path.join(place, stem + ".pack")):
                    self.take(packs, place, stem)
                spoken.append(stem)
            indexes.append(index)
        return packs, indexes, spoken

    def take(self, packs, place, stem):
        path = os.path.join(place, stem)
        try:
            if not stat.S_ISREG(os.lstat(path + ".pack").st_mode):
                raise Bad("it is not a regular file: inspect it, then remove it")
            packs[stem] = Pack(path)
        except (Bad, FileNotFoundError) as bad:
            self.trouble(path, bad)

    def chain(self, directory, name, pattern):
        try:
            text = read_small(os.path.join(directory, name), 1 << 20)
        except Bad as bad:
            self.trouble(os.path.join(directory, name), bad)
            return []
        lines = (text or b"").decode("ascii", "replace").split()
        if any(not HEX40.match(line) for line in lines):
            self.trouble(os.path.join(directory, name), "it names an invalid file")
            return []
        return [os.path.join(directory, pattern % line) for line in lines]

    def copies(self, name):
        """Returns every copy of an object that git could read: number of the directory, path, how to read it."""
        found = []
        for number, (directory, packs, indexes, spoken) in enumerate(self.directories):
            places = {}
            for index in indexes:
                try:
                    entry = index.find(name)
                    if entry:
                        stem = spoken[entry[0]] if entry[0] < len(spoken) else None
                        if stem in packs:
                            places[(stem, entry[1])] = None
                        else:
                            raise Bad("it names a pack that does not exist")
                except Bad as bad:
                    self.trouble(index.table.path, bad)
            is_spoken = bool(places)
            for stem, pack in packs.items():
                try:
                    at = pack.find(name)
                except Bad as bad:
                    self.trouble(pack.path, bad)
                    continue
                if at is not None:
                    if stem in spoken and not is_spoken:
                        self.trouble(directory + "/pack/multi-pack-index", "it omits object %s" % name.hex())
                    places[(stem, at)] = None
            for stem, at in sorted(places):
                found.append((number, packs[stem].path, lambda keep, p=packs[stem], a=at: p.read(a, keep)))
            fan = os.path.join(directory, name.hex()[:2])
            path = os.path.join(fan, name.hex()[2:])
            if os.path.lexists(path):
                found.append((number, path, lambda keep, p=path, f=fan: self.loose(p, f, keep)))
        return found

    @staticmethod
    def loose(path, fan, keep):
        if os.path.islink(fan):
            raise Bad("its directory is a link: check where it leads")
        return read_loose(path, keep)

    def any(self, name, kind):
        """Returns the content of the first valid copy; None if there is none."""
        for _, _, read in self.copies(name):
            try:
                found = read(True)
            except (Bad, FileNotFoundError):
                continue
            if found[0] == kind and found[1] == name:
                return found[2]
        return None


class MultiIndex:
    """An index over many packs, which git asks before each pack's own."""

    def __init__(self, path):
        self.table = table = Table(path)
        if table.at(0, 4) != b"MIDX" or table.at(4, 1) not in (b"\1", b"\2") or table.at(5, 1) != b"\1":
            raise Bad("its format is unknown")
        parts = table.parts(12, table.at(6, 1)[0])
        missing = {b"OIDF", b"OIDL", b"OOFF", b"PNAM"} - set(parts)
        if missing:
            raise Bad("a chunk is missing")
        self.names = Names(table, parts[b"OIDF"][0], parts[b"OIDL"][0])
        self.offsets, self.large = parts[b"OOFF"][0], parts.get(b"LOFF")
        if parts[b"OOFF"][1] - self.offsets < 8 * self.names.count:
            raise Bad("it has fewer offsets than names")
        start, end = parts[b"PNAM"]
        texts = table.data[start:end].split(b"\0")[: table.u32(8)]
        self.packs = [re.sub(r"\.(idx|pack)$", "", text.decode("utf-8", "replace")) for text in texts]
        if any(not name or "/" in name for name in self.packs):
            raise Bad("it names packs in other directories")

    def find(self, name):
        number = self.names.find(name)
        if number is None:
            return None
        pack, short = self.table.u32(self.offsets + 8 * number), self.table.u32(self.offsets + 8 * number + 4)
        if self.large and short >= 1 << 31:
            return pack, self.table.u64(self.large[0] + 8 * (short & 0x7FFFFFFF))
        return pack, short


def parsed_commit(data):
    """Returns tree and parents of a commit, in binary; None if it is malformed."""
    lines = data.split(b"\n")
    try:
        if not lines[0].startswith(b"tree ") or not HEX40.match(lines[0][5:].decode()):
            return None
        parents = []
        for line in lines[1:]:
            if not line.startswith(b"parent "):
                break
            if not HEX40.match(line[7:].decode()):
                return None
            parents.append(bytes.fromhex(line[7:].decode()))
        return bytes.fromhex(lines[0][5:].decode()), parents
    except UnicodeDecodeError:
        return None


def parsed_tree(data):
    """Returns the entries of a tree: name, required type (None for a submodule), object; None if it is malformed."""
    entries, at = [], 0
    while at < len(data):
        match = re.compile(rb"([0-7]{5,6}) ([^\0]*)\0").match(data, at)
        if not match or match.end() + 20 > len(data):
            return None
        mode = int(match.group(1), 8) & 0o170000
        kind = {0o040000: "tree", 0o160000: None}.get(mode, "blob")
        entries.append((match.group(2), kind, data[match.end() : match.end() + 20]))
        at = match.end() + 20
    return entries


# 2 -- references ---------------------------------------------------------------------------------------------------


class Repository:
    """The paths of a repository, found without git: the repository's own configuration is not trusted."""

    def __init__(self, directory, home):
        directory = os.path.realpath(directory)
        while not os.path.lexists(os.path.join(directory, ".git")):
            if all(os.path.exists(os.path.join(directory, name)) for name in ("HEAD", "objects", "refs")):
                raise Bad("%s is a repository without a work tree, which git accepts" % directory)
            above = os.path.dirname(directory)
            if above == directory:
                raise SystemExit("not in a git work tree")
            directory = above
        self.work_tree = directory
        git = os.path.join(directory, ".git")
        if not os.path.isdir(git):
            text = (read_small(git, 1 << 16) or b"").decode("utf-8", "surrogateescape")
            git = os.path.join(directory, self.directory(git, text.partition("gitdir: ")[2]))
        self.git = os.path.realpath(git)
        common = read_small(os.path.join(self.git, "commondir"), 1 << 16)
        common = (common or b".").decode("utf-8", "surrogateescape")
        self.common = os.path.realpath(os.path.join(self.git, self.directory("commondir", common)))
        # Git does not accept a directory with a different HEAD as a repository, and searches further up.
        for directory in (self.git, self.common):
            head = os.path.join(directory, "HEAD")
            text = None if os.path.islink(head) else read_small(head, 4096)
            odd = text is None or not re.match(rb"([0-9a-fA-F]{40}|ref: refs/[!-~\x80-\xff]+)\n?\Z", text)
            if odd:
                raise Bad("%s is a link, or not a HEAD that git accepts" % head)
        for name in ("objects", "refs"):
            if not os.path.isdir(os.path.join(self.common, name)):
                raise Bad("%s is not a directory: git uses another repository" % os.path.join(self.common, name))
        if os.path.lexists(os.path.join(self.common, "reftable")):
            raise Bad("references in a reftable are not supported")
        self.own, self.ours = os.path.join(self.common, "countersign"), self.common
        if home:
            base = os.path.basename(self.common)
            base = os.path.basename(os.path.dirname(self.common)) if base == ".git" else base
            safe = "".join(c for c in base if (c.isascii() and c.isalnum()) or c in "-_")
            digest = hashlib.sha256(os.fsencode(self.common)).hexdigest()[:16]
            self.own = os.path.join(home, "%s-%s" % (safe, digest))
            self.ours = os.path.join(self.own, "approved.git")

    def is_symbolic(self, name):
        """True for a symbolic reference."""
        return (read_small(os.path.join(self.ours, name), 1 << 16) or b"").startswith(b"ref:")

    @staticmethod
    def directory(path, text):
        """Returns the directory that a file names; git strips only line ends."""
        text = text.rstrip("\r\n")
        if text != text.strip():
            raise Bad("%s names a directory with blanks at its ends" % path)
        return text

    def reference(self, name):
        """Returns the object of a reference in hexadecimal; None if it does not exist. A link is not accepted."""
        path = self.ours
        for part in name.split("/"):
            path = os.path.join(path, part)
            if os.path.islink(path):
                raise Bad("%s is read through a link, %s" % (name, path))
        text = None if os.path.isdir(path) else self.small(path)
        if text is not None:
            text = text.decode("ascii", "replace").strip().lower()
            if not HEX40.match(text):
                raise Bad("%s leads to another reference, or does not name an object" % name)
            return text
        packed = read_small(os.path.join(self.ours, "packed-refs"), 256 << 20) or b""
        found, before, is_sorted = [], b"", True
        for at, its in self.packed():
            is_sorted, before = is_sorted and before < its, its
            if its == name.encode():
                found.append(at)
        if len(found) > 1:
            raise Bad("%s occurs twice in packed-refs" % name)
        if not is_sorted and packed.startswith(b"# pack-refs with:"):
            raise Bad("%s is in packed-refs, which is out of order" % name)
        return found[0] if found else None

    def packed(self):
        """Returns the packed references as object and name; fails on lines that git would not write."""
        text = read_small(os.path.join(self.ours, "packed-refs"), 256 << 20) or b""
        name = b"refs/heads/"
        for line in text.split(b"\n"):
            # The object that a tag points to; a branch has none.
            if not line or line[:1] == b"#" or line[:1] == b"^" and not name.startswith(b"refs/heads/"):
                continue
            if not re.match(rb"[0-9a-fA-F]{40} [^\x00-\x20\x7f]+\Z", line):
                raise Bad("packed-refs has a line that git would not write")
            name = line[41:]
            yield line[:40].decode(), name

    def shadows(self, branch):
        """Yields references that git may show in place of a branch that is asked for by its short name."""
        packed = {name for _, name in self.packed()}
        for name in (branch, "refs/" + branch, "refs/tags/" + branch):
            path = os.path.join(self.ours, name)
            is_file = os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path))
            if is_file or name.encode() in packed:
                yield "git may show %s in place of %s: remove it" % (name, branch)

    def small(self, path):
        """Returns a small file; None if it does not exist, also because a parent is a file."""
        try:
            return read_small(path, 4096)
        except NotADirectoryError:
            return None

    def replaced(self):
        """Returns the names of replacements, each with the replaced object, which follows the last slash."""
        names, top = [], os.path.join(self.ours, "refs/replace")
        for directory, directories, files in os.walk(top):
            for name in directories + files:
                path = os.path.join(directory, name)
                if os.path.islink(path):
                    raise Bad("%s: it is a link, which git follows: remove it" % path)
            names.extend(os.path.relpath(os.path.join(directory, name), self.ours) for name in files)
        names.extend(name.decode("utf-8", "replace") for _, name in self.packed() if name.startswith(b"refs/replace/"))
        return sorted((name, name.rpartition("/")[2].strip().lower()) for name in names)


# 3 -- ledger -------------------------------------------------------------------------------------------------------


class Record:
    def __init__(self, line, data):
        self.line, self.data = line, data
        self.hash = hashlib.sha256(line).hexdigest()
        self.seq, self.kind = data["seq"], data["kind"]
        self.loop = dict(data["loop"])

    def get(self, name, default=None):
        return self.data.get(name, default)


def is_commit(value):
    return isinstance(value, str) and HEX40.match(value) is not None


def is_number(value):
    return type(value) is int and value >= 0


def is_text(value):
    return isinstance(value, str)


def is_candidate(value):
    return (
        isinstance(value, dict)
        and is_text(value.get("branch"))
        and is_commit(value.get("tip"))
        and is_commit(value.get("tree"))
        and isinstance(value.get("creates_branch"), bool)
    )


def is_proposal(value):
    return isinstance(value, dict) and is_text(value.get("id")) and value.get("gate") in ("run", "keep")


# Required fields of the records that matter here. Other kinds have no effect.
FIELDS = {
    "intent": {"experiment": is_text, "candidate": is_candidate, "reviewer": is_text},
    "decision": {"experiment": is_text, "decision": is_text, "reviewer": is_text},
    "abandoned": {"intent": is_number},
    "restored": {"intent": is_number},
    "adopted": {"branch": is_text, "from": is_commit, "to": is_commit, "reviewer": is_text},
    "restoring": {"branch": is_text, "to": is_commit, "reviewer": is_text},
    "opened": {"reviewer": is_text},
    "moved": {"from_tree": is_text, "to_tree": is_text, "reviewer": is_text},
    "continued": {"of": lambda of: isinstance(of, dict), "reviewer": is_text},
    "policy": {"text": is_text, "reviewer": is_text},
    "began": {"commit": is_commit, "reviewer": is_text},
    "took": {"lines": lambda lines: isinstance(lines, list) and all(is_text(line) for line in lines)},
}
# These have no effect.
KINDS = {"asked", "told", "paused", "adopted_records", "struck"}  # prose: ok
# Optional fields.
OPTIONAL = {"proposal": is_proposal, "commit": is_commit, "intent": is_number, "signature": is_text}


def fits_its_kind(found):
    """True if a record has the fields of its kind."""
    fields = FIELDS.get(found["kind"])
    if fields is None:
        return found["kind"] in KINDS
    return all(holds(found.get(name)) for name, holds in fields.items()) and all(
        found.get(name) is None or holds(found[name]) for name, holds in OPTIONAL.items()
    )


def fault_of(record, records):
    """Returns why a record is invalid after the earlier ones: the program never writes such a record."""
    reviewer = record.get("reviewer")
    if record.kind == "opened" and not reviewer and record.seq > 1:
        return "a ledger begins with its first record, or where a person restarts it"
    if record.kind == "began" and not reviewer and any(earlier.kind == "policy" for earlier in records):
        return "once there is a policy, only a person can set the start of a loop"
    if record.kind != "decision":
        return None
    decision, has = record.get("decision"), [record.get(name) is not None for name in ("intent", "commit")]
    at_run_gate = asked(record).get("gate") == "run"
    if record.get("by_policy"):
        if not asked(record):
            return "an automatic decision must answer a proposal"
        if any(has):
            return "the policy made a commit; only a person's decision may"
        if reviewer != "policy" or decision not in ("approved", "stale", "expired"):
            return "an automatic decision must be the policy's, and one of approved, stale, expired"
        return None
    commits = decision in ("approved", "partial", "reverted") and not at_run_gate
    if at_run_gate and has[1]:
        return "an answer at the run gate made a commit; only a person's decision may"
    if not reviewer or reviewer == "policy":
        return "a decision that is not automatic must name the person"
    if has != [commits, commits]:
        return "approvals and reverts must have an intent and a commit; other decisions must not"
    if commits:
        intent = intended(records, record.get("intent"))
        if intent is None:
            return "it names as its intent a record which is not an intent"
        for name in ("experiment", "proposal", "decision"):
            if intent.get(name) != record.get(name):
                return "its %s differs from that of its intent" % name
    return None


def once(pairs):
    """Returns a JSON object; fails on duplicate names."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def no_number(text):
    raise ValueError("%s is not a number" % text)


def read_ledger(path):
    """Returns the records of a ledger, and a torn last line. Fails if a line breaks the chain."""
    data = read_small(path, 1 << 30) or b""
    lines = data.split(b"\n")
    torn = lines.pop()
    records, tip = [], GENESIS
    for number, line in enumerate(lines, 1):

        def broken(why):
            return Bad("%s, line %d: %s" % (path, number, why))

        try:
            found = json.loads(line.decode("utf-8"), object_pairs_hook=once, parse_constant=no_number)
            # No lone surrogates, and no invalid numbers.
            json.dumps(found, ensure_ascii=False, allow_nan=False).encode("utf-8")
            loop = found["loop"]
            fits = type(found["v"]) is int and type(found["seq"]) is int and isinstance(found["kind"], str)
            fits = fits and isinstance(found["prev"], str) and WHEN.match(found["at"]) is not None
            fits = fits and (found.get("signature") is None or isinstance(found["signature"], str))
            fits = fits and all(isinstance(loop[key], str) for key in ("work_tree", "branch", "results"))
            fits = fits and fits_its_kind(found)
        except (ValueError, KeyError, TypeError, RecursionError):
            fits = False
        if not fits:
            raise broken("not a record")
        if found["v"] != 1:
            raise broken("unknown version %d" % found["v"])
        if found["seq"] != number:
            raise broken("its number is %d, expected %d" % (found["seq"], number))
        if found["prev"] != tip:
            raise broken("it does not match the hash of the line before it")
        record = Record(line, found)
        if record.kind == "moved":
            for earlier in records:
                tree, was = earlier.loop["work_tree"], str(record.get("from_tree"))
                if tree == was or tree.startswith(was + "/"):  # a work tree, or one below it
                    earlier.loop["work_tree"] = str(record.get("to_tree")) + tree[len(was) :]
        if record.kind == "continued":
            for earlier in records:
                if earlier.loop == record.get("of"):
                    earlier.loop = dict(record.loop)
        records.append(record)
        tip = record.hash
    return records, torn


# 4 -- anchor -------------------------------------------------------------------------------------------------------


def read_anchor(path):
    try:
        data = read_small(path, 1 << 20)
        anchor = None if data is None else json.loads(data)
        if anchor is not None and not (is_number(anchor["seq"]) and is_text(anchor["hash"]) and is_text(anchor["ledger"])):
            raise Bad("it is not an anchor")
        coming = (anchor or {}).get("next")
        if coming is not None and not (is_number(coming["seq"]) and is_text(coming["hash"])):
            raise Bad("it is not an anchor")
        return anchor
    except (KeyError, TypeError, AttributeError):
        raise Bad("%s: it is not an anchor" % path)
    except (Bad, ValueError) as bad:
        raise Bad("%s: %s" % (path, bad))


def all_anchors(directory):
    """Yields the readable anchors."""
    for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
        try:
            anchor = read_anchor(os.path.join(directory, name)) if name.endswith(".json") else None
        except Bad:
            continue
        if anchor:
            yield anchor


def is_below(path, directory):
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def places_of(anchor):
    """Returns work trees and run directories, from which a person may refer to the ledger."""
    return anchor.get("work_trees", []) + anchor.get("runs", [])


def is_own(tree, work_tree, asked):
    """True if the person is in a work tree: git's, or one on the path from it down to the requested directory."""
    on_the_way = (name == tree or is_below(name, tree) and is_below(tree, work_tree) for name in asked)
    return tree == work_tree or any(on_the_way)


def is_around(anchor, work_tree, asked):
    """True if the ledger has a loop in this place below one of its work trees: somebody created a repository inside, or
    a link to another one."""
    if work_tree in anchor.get("let_go", []):
        return False
    places = [work_tree] + [name for name in asked if not is_below(name, work_tree)]
    trees = anchor.get("work_trees", [])
    places = [at for at in places if any(at != tree and is_below(at, tree) for tree in trees)]
    if not places:
        return False
    if any(is_below(run, at) for run in anchor.get("runs", []) for at in places):
        return True
    try:
        records = read_ledger(anchor["ledger"])[0]
    except (Bad, OSError):
        return False
    results = [os.path.join(record.loop["work_tree"], record.loop["results"]) for record in records]
    return any(is_below(path, at) for path in results for at in places)


def held_against_anchor(state, ledger, work_tree, asked, records, torn):
    """Returns the problem, the number of believed records, and whether the check can continue."""
    directory = os.path.join(state, "anchors")
    by_path = os.path.join(directory, hashlib.sha256(os.fsencode(ledger)).hexdigest()[:16] + ".json")
    anchor = None
    if records:
        opened = [record for record in records if record.kind == "opened"]
        identity = (opened[-1] if opened else records[0]).hash
        anchor = read_anchor(os.path.join(directory, identity[:32] + ".json")) or read_anchor(by_path)
    if anchor is None:
        others = []
        for other in all_anchors(directory):
            is_here = other["ledger"] == ledger or any(is_own(tree, work_tree, asked) for tree in places_of(other))
            if other["seq"] > 0 and (is_here or is_around(other, work_tree, asked)):
                others.append(other)
        if others:
            gone = "%d records but %d are anchored" % (len(records), others[-1]["seq"])
            return "the ledger at %s is gone or was replaced: %s" % (others[-1]["ledger"], gone), 0, False
        if records:
            return "there is no anchor for this ledger here", len(records), True  # prose: ok
        return None, 0, True

    def hash_of(seq):
        return GENESIS if seq == 0 else records[seq - 1].hash if seq <= len(records) else None

    found = hash_of(anchor["seq"])
    doubt, believed, can_continue = None, len(records), True
    if found is None:
        # The remaining records may be forged as well.
        doubt, can_continue = "%d records but %d are anchored: the end of the ledger was cut off" % (len(records), anchor["seq"]), False
    elif found != anchor["hash"]:
        doubt, can_continue = "record %d differs from the anchored one: the ledger was rewritten" % anchor["seq"], False
    else:
        coming = anchor.get("next") or {}
        believed = coming["seq"] if coming and hash_of(coming["seq"]) == coming["hash"] else anchor["seq"]
        # A torn line is due to a crash only if a record was being appended and is missing.
        end = len(records) + (1 if torn and not (coming and believed == anchor["seq"]) else 0)
        if end > believed:
            doubt = "record %d was appended by somebody else and is ignored" % (believed + 1)
    for at, record in enumerate(records[:believed]):
        fault = fault_of(record, records[:at])
        if fault and found is not None:
            return "record %d was written by somebody who can also write the state directory: %s" % (record.seq, fault), 0, False
    if anchor["ledger"] != ledger:
        doubt = "this ledger belongs to %s: this is a copy" % anchor["ledger"]
    if doubt is None:
        # A valid ledger may still be a different one than that of this work tree.
        for other in all_anchors(directory):
            is_other = other.get("id") and other["id"] != anchor.get("id") and other["seq"] > 0
            owns = any(is_own(tree, work_tree, asked) for tree in places_of(other))
            if is_other and (owns or is_around(other, work_tree, asked)):
                return "the ledger of this work tree is at %s, but its repository now points elsewhere" % other["ledger"], 0, False
    return doubt, believed, can_continue


# 5 -- records ------------------------------------------------------------------------------------------------------


def asked(record):
    """Returns the proposal that a record answers, an empty one if there is none."""
    found = record.get("proposal")
    return found if isinstance(found, dict) else {}


def contradictions(records):
    ends = {}
    for record in records:
        if record.kind in ("decision", "abandoned", "restored") and isinstance(record.get("intent"), int):
            ends.setdefault(record.get("intent"), []).append(record)
    for record in records:
        if record.kind in ("intent", "restoring") and record.seq not in ends:
            yield "record %d is an unfinished decision (intent without outcome)" % record.seq
    for seq in sorted(ends):
        if len(ends[seq]) > 1:
            yield "record %d has more than one outcome" % seq
        if not 1 <= seq <= len(records) or records[seq - 1].kind not in ("intent", "restoring"):
            yield "a record closes record %d, which is not an intent" % seq
    decided, answered = {}, {}
    for record in records:
        if record.kind != "decision":
            continue
        by_policy, gate = bool(record.get("by_policy")), asked(record).get("gate", "keep")
        if (by_policy or gate == "run") and record.get("commit"):
            who = "the policy" if by_policy else "an answer at the run gate"
            yield "record %d: %s made a commit; only a person's decision may" % (record.seq, who)
        if not by_policy and record.get("decision") in ("approved", "partial", "vetoed"):
            key = (tuple(sorted(record.loop.items())), str(record.get("experiment")), gate)
            if key in decided:
                yield "record %d decides again what record %d decided" % (record.seq, decided[key])
            decided[key] = record.seq
    for record in records:
        if record.kind == "decision" and asked(record):
            key = (tuple(sorted(record.loop.items())), str(asked(record).get("id")))
            if key in answered:
                yield "record %d answers the proposal that record %d answered" % (record.seq, answered[key])
            answered[key] = record.seq


def untaken(path, records):
    """Yields the differences between the register of proposals and the ledger: foreign and missing lines."""
    took = [record.get("lines") for record in records if record.kind == "took"]
    if not took:
        return
    known = {line for lines in took for line in lines}
    lines = (read_small(path, 1 << 30) or b"").split(b"\n")[:-1]
    own = known & {hashlib.sha256(line).hexdigest() for line in lines}
    foreign = len(lines) - len(own)
    if foreign:
        yield "proposals.jsonl: %d lines were put there or changed by somebody else" % foreign
    wanted = set()
    for record in records:
        if record.kind == "took":
            wanted.update(record.get("lines"))
        elif record.kind == "struck" and str(record.get("kept_in")).startswith("proposals."):
            wanted.clear()
    missing = wanted - {hashlib.sha256(line).hexdigest() for line in lines}
    if missing:
        yield "proposals.jsonl: %d lines that were collected are missing" % len(missing)


def without_comments(text):
    """Returns a policy without comments and trailing blanks, which have no effect."""
    lines = (re.sub(r"(^|\s)#[^\"']*$", "", line).rstrip() for line in text.splitlines())
    return [line for line in lines if line]


# 6 -- branch -------------------------------------------------------------------------------------------------------


def intended(records, seq):
    """Returns the intent with a sequence number; None for other records."""
    if isinstance(seq, int) and 1 <= seq <= len(records) and records[seq - 1].kind == "intent":
        return records[seq - 1]
    return None


def candidate(intent):
    found = intent.get("candidate") if intent else None
    return found if isinstance(found, dict) else {}


def expected(records, branch):
    """Returns the recorded start and tip of a branch; None if no decision made it."""
    start = tip = None
    for record in records:
        if record.kind == "adopted" and record.get("branch") == branch:
            tip = record.get("to")
        if record.kind == "decision" and record.get("commit"):
            wanted = candidate(intended(records, record.get("intent")))
            if wanted.get("branch") == branch:
                start = wanted.get("tip") if wanted.get("creates_branch") else start
                tip = record.get("commit")
    return (start, tip) if start and tip else None


def commits_down(store, tip, start, adopted):
    """Returns the commits by first parent, newest first, each with True if a person adopted it."""
    found, at = [], tip
    while at != start:
        if at in adopted:
            beyond = commits_above(store, [bytes.fromhex(at)], bytes.fromhex(adopted[at]))
            found.extend((name.hex(), True) for name in beyond)
            at = adopted[at]
            continue
        data = store.any(bytes.fromhex(at), "commit")
        commit = parsed_commit(data) if data is not None else None
        if commit is None:
            raise Bad("commit %s is no longer in the repository" % at)
        found.append((at, False))
        if not commit[1] or len(found) > 5000000:
            break
        at = commit[1][0].hex()
    return found


def commits_above(store, tips, start):
    """Returns the commits that are reachable from `tips` but not from `start`, each with tree and parents."""

    def reach(wanted, without):
        found = {}
        while wanted:
            name = wanted.pop()
            if name not in found and name not in without:
                data = store.any(name, "commit")
                found[name] = parsed_commit(data) if data is not None else None
                wanted.extend(found[name][1] if found[name] else [])
        return found

    # Most branches are linear down to the start: then older commits need no check.
    line, at = {}, list(tips)
    while at:
        name = at.pop()
        if name == start or name in line:
            continue
        data = store.any(name, "commit")
        line[name] = parsed_commit(data) if data is not None else None
        if line[name] is None or len(line[name][1]) != 1:
            return reach(list(tips), reach([start], ()))
        at.extend(line[name][1])
    return line


def ledger_trailer(data):
    message = data.partition(b"\n\n")[2].decode("utf-8", "replace")
    for line in reversed(message.split("\n")):
        match = re.match(r"Ledger: ([0-9]+)@(.*)$", line)
        if match:
            return int(match.group(1)), match.group(2).strip()
    return None


def objection_to_commit(store, records, branch, loop, name, decision, parent):
    data = store.any(bytes.fromhex(name), "commit")
    trailer = ledger_trailer(data) if data is not None else None
    if decision is None:
        forged = "; its Ledger trailer names record %d" % trailer[0] if trailer else ""
        return "no decision in the ledger made it" + forged
    if decision.loop != loop:
        return "it was decided for another loop"
    seq = decision.get("intent")
    if not isinstance(seq, int):
        return "its decision does not name an intent"
    intent = intended(records, seq)
    if intent is None:
        return "its decision names record %d, which is not an intent" % seq
    for field, what in (("proposal", "proposals"), ("experiment", "experiments")):
        if decision.get(field) != intent.get(field):
            return "its decision and its intent (record %d) name different %s" % (seq, what)
    if trailer != (intent.seq, intent.hash):
        return "its Ledger trailer does not name the intent it was made for"
    commit = parsed_commit(data)
    if commit is None or commit[0].hex() != candidate(intent).get("tree"):
        return "its tree differs from the decided one"
    if candidate(intent).get("tip") != parent:
        return "its parent is not the commit that the decision was based on"
    if candidate(intent).get("branch") != branch:
        return "it was decided for %s" % candidate(intent).get("branch")
    return None


# 7 -- signatures ---------------------------------------------------------------------------------------------------


class Signatures:
    """Signatures, checked by ssh-keygen, which is run with arguments and never by a shell; reports if it is missing."""

    def __init__(self, allowed, wanted, since):
        self.program, self.allowed, self.revoked = shutil.which("ssh-keygen"), allowed, signing_file("revocationFile")
        self.wanted, self.since = wanted, since
        self.good, self.unchecked, self.objections, self.without = 0, 0, [], []

    def run(self, arguments, signature, data):
        with tempfile.NamedTemporaryFile() as file:
            file.write(signature)
            file.flush()
            done = subprocess.run(
                [self.program, *arguments, "-s", file.name], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                cwd="/", timeout=60,
            )
        return done.returncode == 0, done.stdout.decode("utf-8", "replace")

    def check(self, what, purpose, data, signature, reviewer, at):
        if not signature.lstrip().startswith(b"-----BEGIN SSH SIGNATURE-----") or not self.program:
            self.unchecked += 1
            return
        mail = reviewer.rpartition("<")[2].rstrip(">")
        when = "-Overify-time=%sZ" % re.sub(r"[-:T]", "", at[:19])
        if self.allowed:
            principals = [mail] if mail else []
            found = self.run(["-Y", "find-principals", "-f", self.allowed, when], signature, b"")[1]
            principals += [line.strip() for line in found.split("\n") if line.strip()]
            for who in principals:
                wanted = ["-Y", "verify", "-n", purpose, "-f", self.allowed, "-I", who, when]
                wanted += ["-r", self.revoked] if self.revoked else []
                if self.run(wanted, signature, data)[0]:
                    if mail and who != mail:
                        self.objections.append("%s: signed by %s, but the ledger says that %s decided" % (what, who, reviewer))
                    else:
                        self.good += 1
                    return
        holds, _ = self.run(["-Y", "check-novalidate", "-n", purpose], signature, data)
        if not holds:
            self.objections.append("%s: its signature is not valid" % what)
        elif self.allowed or self.wanted:
            self.objections.append("%s: signed with a key that belongs to no allowed signer" % what)

    def of_commit(self, store, name, decision):
        data = store.any(bytes.fromhex(name), "commit")
        if data is None:
            return
        head, _, message = data.partition(b"\n\n")
        lines, signature, kept, inside = head.split(b"\n"), [], [], False
        for line in lines:
            if line.startswith(b"gpgsig ") and not signature:
                inside = True
                signature.append(line[7:])
            elif inside and line.startswith(b" "):
                signature.append(line[1:])
            else:
                inside = False
                kept.append(line)
        what = "commit %s" % name
        if signature:
            made = re.search(rb"(?m)^committer .* ([0-9]+) [-+][0-9]+$", head)
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(made.group(1)) if made else 0))
            at = decision.get("at") if decision else at
            data = b"\n".join(kept) + b"\n\n" + message
            reviewer = str(decision.get("reviewer", "")) if decision else ""
            self.check(what, "git", data, b"\n".join(signature) + b"\n", reviewer, at)
        elif decision is None or decision.seq >= self.since:
            self.without.append(what)

    def of_records(self, records):
        persons = {"adopted", "restoring", "asked", "told", "paused", "adopted_records", "struck", "moved", "continued"}  # prose: ok
        key = None
        for record in records:
            what, signature = "record %d" % record.seq, record.get("signature")
            # The signed bytes are the line without the signature, which is its last field.
            data = record.line[: record.line.rfind(b',"signature":')] + b"}"
            by_policy = bool(record.get("by_policy"))
            automatic = record.kind == "decision" and by_policy and record.get("decision") == "approved"
            person = record.kind in persons or (record.kind in ("opened", "policy", "began") and record.get("reviewer"))
            person = person or (record.kind == "decision" and not by_policy and not record.get("commit"))
            if automatic and self.wanted and asked(record).get("gate") != "run":
                self.objections.append("%s: where signatures are required, only a person may allow this" % what)
            elif signature is None:
                if (person or automatic) and record.seq >= self.since:
                    self.without.append(what)
            elif automatic:
                self.of_gate(what, key, data, signature.encode(), record.get("at"))
            else:
                reviewer = str(record.get("reviewer", ""))
                self.check(what, "countersign", data, signature.encode(), reviewer, record.get("at"))
            if record.kind == "policy" and (record.get("reviewer") or key is None):
                key = str(record.get("automatic") or "").partition("\n")[0]

    def of_gate(self, what, key, data, signature, at):
        """Checks an automatic answer, signed with the key of the policy that was in force."""
        if not self.program or not key:
            # Earlier versions recorded only the name of the key file, which may be anywhere.
            self.unchecked += 1
            return
        who, when = "automatic@countersign", "-Overify-time=%sZ" % re.sub(r"[-:T]", "", at[:19])
        with tempfile.NamedTemporaryFile() as listed:
            listed.write(b'%s namespaces="countersign-gate" %s\n' % (who.encode(), key.encode()))
            listed.flush()
            wanted = ["-Y", "verify", "-n", "countersign-gate", "-f", listed.name, "-I", who, when]
            if self.run(wanted, signature, data)[0]:
                self.good += 1
            else:
                self.objections.append("%s: an automatic answer not signed with the key that the policy named then" % what)


def signatures_required(records, text):
    """Returns whether signatures are required, and since which record."""

    def requires(policy):
        return re.search(r"(?ms)^signing:\s*(\{[^}]*|(\s+[^\n]*\n)*?\s+)required:\s*true", policy) is not None

    policies = [record for record in records if record.kind == "policy"]
    if not policies:
        return requires(text), 1
    since = None
    for record in policies:
        since = (since or record.seq) if requires(str(record.get("text", ""))) else None
    return since is not None, since or 1


# 8 -- content ------------------------------------------------------------------------------------------------------


class Content:
    """Checks every copy of every object from the commits of the branch down, each object once."""

    def __init__(self, store):
        self.store, self.met, self.found, self.commits = store, {}, [], {}

    def look(self, part, depth, name, kind, by):
        self.met[name] = by
        copies, data, wrong = self.store.copies(name), None, []
        for _, path, read in copies:
            try:
                found = read(kind != "blob")
                if found[1] != name:
                    raise Bad("its content has a different name: it is %s %s" % (found[0], found[1].hex()))
                if found[0] != kind:
                    raise Bad("it is a %s, but is named as a %s" % (found[0], kind))
                data = found[2] if data is None else data
            except FileNotFoundError:
                wrong.append("%s: it kept changing while it was read" % path)
            except Bad as bad:
                wrong.append("%s: %s" % (path, bad))
        if not copies:
            wrong.append("it is not in the repository")
        elif part == 0 and min(copy[0] for copy in copies) > 0:
            wrong.append("it is borrowed from %s and is lost if that is removed" % self.store.directories[copies[0][0]][0])
        self.found.extend(((part, depth, name), why) for why in wrong)
        return data

    def all(self, tips, start):
        for name in commits_above(self.store, tips, start):
            self.commit(0, name)
        self.below(0, [(commit[0], name) for name, commit in self.commits.items()])
        self.commit(1, start)
        if start in self.commits:
            self.below(1, [(self.commits[start][0], start)])

    def commit(self, part, name):
        data = self.look(part, 0, name, "commit", name)
        commit = parsed_commit(data) if data is not None else None
        if commit:
            self.commits[name] = commit
        elif data is not None:
            self.found.append(((part, 0, name), "it is not a commit that git can read"))

    def below(self, part, trees):
        level, depth = {}, 1
        for tree, commit in trees:
            if tree not in self.met:
                level.setdefault(tree, ("tree", commit))
        while level:
            coming = {}
            for name, (kind, by) in level.items():
                data = self.look(part, depth, name, kind, by)
                entries = parsed_tree(data) if kind == "tree" and data is not None else []
                if entries is None:
                    self.found.append(((part, depth, name), "it is not a tree that git can read"))
                for _, kind, entry in entries or []:
                    if kind and entry not in self.met and entry not in level:
                        coming.setdefault(entry, (kind, name))
            level, depth = coming, depth + 1

    def described(self, name):
        """Describes which file of which commit an object is."""
        path, at = [], name
        while self.met[at] != at:
            by = self.met[at]
            entries = parsed_tree(self.store.any(by, "tree") or b"") or []
            path += [entry[0].decode("utf-8", "replace") for entry in entries if entry[2] == at][:1]
            at = by
        if at == name:
            return "a commit"
        return "%s of commit %s" % ("/".join(reversed(path)) or "all files", at.hex()[:7])

    def objections(self):
        objections = []
        for (_, _, name), why in sorted(self.found, key=lambda found: found[0]):
            objections.append("object %s (%s): %s" % (name.hex(), self.described(name), why))
        more = len(objections) + len(self.store.troubles) - 20
        objections += self.store.troubles
        return objections[:20] + (["and %d more invalid objects" % more] if more > 0 else [])


def graph_says(directory, store, commits):
    """Returns how the commit-graph, which git uses instead of reading commits, differs from the commits."""
    one = os.path.join(directory, "info/commit-graph")
    files = [one] if os.path.lexists(one) else store.chain(
        os.path.join(directory, "info/commit-graphs"), "commit-graph-chain", "graph-%s.graph"
    )
    layers, below = [], 0
    try:
        for path in files:
            one = path
            table = Table(path)
            if table.at(0, 4) != b"CGPH" or table.at(4, 2) != b"\1\1":
                raise Bad("its format is unknown")
            parts = table.parts(8, table.at(6, 1)[0])
            if {b"OIDF", b"OIDL", b"CDAT"} - set(parts):
                raise Bad("a chunk is missing")
            names = Names(table, parts[b"OIDF"][0], parts[b"OIDL"][0])
            if parts[b"CDAT"][1] - parts[b"CDAT"][0] < 36 * names.count:
                raise Bad("a chunk is too short")
            layers.append((table, names, parts, below))
            below += names.count

        def numbered(number):
            for _, names, _, below in layers:
                if below <= number < below + names.count:
                    return names.name(number - below)
            raise Bad("it points beyond its end")

        for table, names, parts, _ in layers:
            for name, commit in commits.items():
                number = names.find(name)
                if number is None:
                    continue
                at = parts[b"CDAT"][0] + 36 * number
                parents, second = [table.u32(at + 20)], table.u32(at + 24)
                if second >= 1 << 31:
                    place = parts.get(b"EDGE", (len(table.data), 0))[0] + 4 * (second & 0x7FFFFFFF)
                    while True:
                        parents.append(table.u32(place) & 0x7FFFFFFF)
                        if table.u32(place) >= 1 << 31:
                            break
                        place += 4
                else:
                    parents.append(second)
                objections = [numbered(number) for number in parents if number != 0x70000000]
                if (bytes(table.at(at, 20)), objections) != commit:
                    return "%s makes git show a different tree or different parents than commit %s has" % (one, name.hex())
    except (Bad, FileNotFoundError) as bad:
        return "%s: %s; remove it, git rebuilds it" % (one, bad)
    return None


def disguises(repository, store, content, start):
    """Yields the settings that make git show something other than the existing objects."""
    for name, of in repository.replaced():
        if HEX40.match(of) and bytes.fromhex(of) in content.met:
            yield "%s makes git show a different object in place of %s" % (name, of)
    if os.path.lexists(os.path.join(repository.ours, "info/grafts")):
        yield "info/grafts makes git show parents that the commits do not have"
    try:
        shallow = (read_small(os.path.join(repository.ours, "shallow")) or b"").decode("ascii", "replace").split("\n")
        shallow = [line.strip()[:40].lower() for line in shallow]
        for name in shallow:
            if HEX40.match(name) and name != start.hex() and bytes.fromhex(name) in content.commits:
                yield "shallow makes git show no parents of commit %s" % name
                break
    except Bad as bad:
        yield "shallow: %s" % bad
    for directory, *_ in store.directories:
        said = graph_says(directory, store, content.commits)
        if said:
            yield said


# All of it ---------------------------------------------------------------------------------------------------------


def configured(name):
    """Returns a value of the person's Countersign configuration that is on one line."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    text = (read_small(os.path.join(base, "countersign/config.yaml"), 1 << 20) or b"").decode("utf-8", "replace")
    match = re.search(r"(?m)^%s:\s*[\"']?([^\"'#\n]+)" % name, text)
    return match.group(1).strip() if match else None


def signing_file(key):
    """Returns `gpg.ssh.allowedSignersFile` or `gpg.ssh.revocationFile` of the person's own git configuration."""
    for path in ("~/.gitconfig", os.path.join(os.environ.get("XDG_CONFIG_HOME") or "~/.config", "git/config")):
        text = (read_small(os.path.expanduser(path), 1 << 20) or b"").decode("utf-8", "replace")
        found = None
        for section in re.finditer(r'(?ims)^\s*\[gpg "ssh"\](.*?)(?=^\s*\[|\Z)', text):
            for match in re.finditer(r"(?im)^\s*%s\s*=\s*\"?([^\"\n]+)" % key, section.group(1)):
                found = os.path.expanduser(match.group(1).strip())
        if found:
            return found
    return None


def names_of(directory):
    """Returns the absolute path of a directory as it was named, and its canonical path."""
    here = os.environ.get("PWD", "")
    try:
        known = os.path.isabs(here) and os.path.samefile(here, ".")
    except OSError:
        known = False
    named = os.path.join(here if known else os.getcwd(), directory)
    return list(dict.fromkeys([re.sub("^//", "/", os.path.normpath(named)), os.path.realpath(directory)]))


def look(repository, ledger):
    """Reads the ledger under its lock, so that no decision is made meanwhile."""
    lock, end = os.path.join(os.path.dirname(ledger), "lock"), time.monotonic() + 3
    try:
        file = open_plain(lock)
    except (FileNotFoundError, Bad):
        return read_ledger(ledger)
    with file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return read_ledger(ledger)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise Bad("a decision is being written, and has been for a while: try again")
                time.sleep(0.01)


def check(arguments, objections):
    """Checks everything; appends to `objections`, the most fundamental first."""
    home = arguments.home or configured("home")
    repository = Repository(arguments.directory, home)
    grafts = os.path.join(repository.common, "info/grafts")
    if os.path.isfile(grafts) and os.path.getsize(grafts):
        objections.append("info/grafts makes git show parents that the commits do not have: remove it")
        return "nothing was read"
    ledger = os.path.join(repository.own, "ledger.jsonl")
    for path in (repository.own, ledger, os.path.join(repository.own, "policy.yaml")):
        if os.path.lexists(path) and not (os.path.isfile(path) or os.path.isdir(path)) or os.path.islink(path):
            objections.append("%s is a link, a pipe or a device: somebody put it there" % path)
            return "nothing was read"
    try:
        records, torn = look(repository, ledger)
        doubt, believed, can_continue = held_against_anchor(
            arguments.state, ledger, repository.work_tree, names_of(arguments.directory), records, torn
        )
    except Bad as bad:
        objections.append(str(bad))
        return "the ledger is not valid"
    for path in (repository.own, ledger, os.path.join(repository.own, "policy.yaml")):
        if os.path.lexists(path) and os.lstat(path).st_uid not in (os.geteuid(), 0):
            objections.append("%s belongs to another user, who can rewrite it" % path)
            break
    if doubt:
        objections.append(doubt)
    if not can_continue:
        return "the ledger is not valid"
    records = records[:believed]
    policy = (read_small(os.path.join(repository.own, "policy.yaml"), 1 << 20) or b"").decode("utf-8", "replace")
    # After the first one, only a person can put another in force.
    policies = [record for record in records if record.kind == "policy"]
    accepted = policies[:1] + [record for record in policies[1:] if record.get("reviewer")]
    if accepted and without_comments(policy) != without_comments(accepted[-1].get("text")):
        objections.append("policy.yaml was changed: it differs from the policy of record %d" % accepted[-1].seq)
    if torn:
        objections.append("the ledger's last line is torn (%d bytes)" % len(torn))
    objections.extend(contradictions(records))
    objections.extend(untaken(os.path.join(repository.own, "proposals.jsonl"), records))
    # Without --branch: all branches that the ledger has moved, else the default.
    in_force = str(accepted[-1].get("text")) if accepted else policy
    named = re.search(r"(?m)^approved_branch:\s*[\"']?([^\"'#\s]+)", in_force)
    branches = [arguments.branch] if arguments.branch else []
    for record in records:
        if record.kind == "intent" and not arguments.branch and candidate(record).get("branch") not in branches:
            branches.append(candidate(record).get("branch"))
    branches = branches or [named.group(1) if named else "countersign/approved"]
    required, since = signatures_required(records, policy)
    allowed = arguments.allowed_signers or signing_file("allowedSignersFile")
    signatures = Signatures(allowed, required or bool(arguments.allowed_signers), 1 if arguments.allowed_signers else since)
    store = Store(os.path.join(repository.ours, "objects"))
    if os.path.islink(os.path.join(repository.ours, "objects")):
        objections.append("%s/objects is a link: somebody else can remove all objects" % repository.ours)
    contents, count, seen = [], 0, []
    for branch in branches:
        try:
            if repository.is_symbolic("refs/heads/%s" % branch):
                raise Bad("%s is a symbolic reference to another branch" % branch)
            tip, wanted = repository.reference("refs/heads/%s" % branch), expected(records, branch)
        except Bad as bad:
            objections.append(str(bad))
            continue
        if wanted is None:
            if tip:
                objections.append("%s exists, but no decision in the ledger made it" % branch)
            continue
        try:
            objections.extend(repository.shadows(branch))
        except Bad as bad:
            objections.append(str(bad))
        start, left_at = wanted
        if not tip:
            objections.append("%s is gone, but the ledger has decisions on it" % branch)
        else:
            if tip != left_at:
                objections.append("%s is at %s; the last recorded decision left it at %s" % (branch, tip, left_at))
            seen += check_branch(objections, store, records, signatures, branch, tip, start)
        content = Content(store)
        content.all([bytes.fromhex(name) for name in {tip or left_at, left_at}], bytes.fromhex(start))
        contents += content.objections()
        try:
            contents += disguises(repository, store, content, bytes.fromhex(start))
        except Bad as bad:
            contents.append(str(bad))
        count += len(content.met)
    if not objections and not arguments.branch:
        for record in records:
            if record.kind == "decision" and record.get("commit") and record.get("commit") not in seen:
                objections.append("record %d made commit %s, which is not on any approved branch" % (record.seq, record.get("commit")))
    signatures.of_records(records)
    objections.extend(signatures.objections)
    if signatures.wanted:
        objections.extend("%s: not signed" % what for what in signatures.without)
    objections.extend(contents)
    text = "%d records, %d commits, %d objects, %d good signatures" % (len(records), len(seen), count, signatures.good)
    if signatures.unchecked:
        text += ", %d signatures not checked here (no ssh-keygen, or another format)" % signatures.unchecked
    return text


def check_branch(objections, store, records, signatures, branch, tip, start):
    adopted = {r.get("to"): r.get("from") for r in records if r.kind == "adopted" and r.get("branch") == branch}
    try:
        commits = commits_down(store, tip, start, adopted)
    except Bad as bad:
        objections.append(str(bad))
        return []
    decided = {r.get("commit"): r for r in records if r.kind == "decision" and r.get("commit")}
    loop = next(r.loop for r in records if r.kind == "intent" and candidate(r).get("branch") == branch)
    parent = start
    for name, is_adopted in reversed(commits):
        if is_adopted:
            parent = name if name in adopted else parent
            continue
        decision = decided.get(name)
        what = objection_to_commit(store, records, branch, loop, name, decision, parent)
        if what:
            objections.append("commit %s: %s" % (name, what))
        signatures.of_commit(store, name, decision)
        parent = name
    return [name for name, _ in commits]


def main():
    state = os.path.join(os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state"), "countersign")
    parser = argparse.ArgumentParser(description="A second opinion on an approved branch, without git.")
    parser.add_argument("directory", nargs="?", default=".", help="the directory the loop runs in")
    parser.add_argument("--state", default=state, help="the person's state directory, where the anchor is")
    parser.add_argument("--home", help="the person's `home:`, if set")
    parser.add_argument("--branch", help="the approved branch (default: all that the ledger names)")
    parser.add_argument("--allowed-signers", help="allowed SSH signers; missing signatures become objections")
    arguments = parser.parse_args()
    objections = []
    try:
        summary = check(arguments, objections)
    except (OSError, ValueError, Bad) as error:
        print("the check failed: %s" % shown(error), file=sys.stderr)
        return 1
    for what in objections:
        print("! %s" % shown(what))
    print("%s: %s" % (shown(summary), "no objections" if not objections else "start with the first objection"))
    return 4 if objections else 0


if __name__ == "__main__":
    sys.exit(main())
