#!/usr/bin/env python3
"""What the program is built from: licences, sources, versions, and who still keeps them.

    python3 tools/supply.py [BINARY]

Reads `cargo metadata` for the versions in Cargo.lock, and fails where

    a licence is not among those that are accepted here,
    a crate does not come from crates.io,
    two versions of one crate are built and tools/supply.txt does not say why,
    a crate is known to be unmaintained, or was taken back by its author, and tools/supply.txt does not say why
    it stays,
    tools/supply.txt argues for what is not there any more,
    BINARY, where one is named, holds a path of the machine it was built on.
"""

import glob
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"

# Permissive ones, and MPL-2.0, which asks for the changed files of that crate alone.
ACCEPTED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "ISC", "MIT", "MIT-0", "MPL-2.0", "Unicode-3.0", "Unlicense", "Zlib",
}  # fmt: skip

# Crates that RustSec lists as unmaintained, of those that programs like this one come to be built from.
UNMAINTAINED = {
    "adler", "ansi_term", "async-std", "atty", "backoff", "bincode", "boxfnonce", "cpython",
    "derivative", "dirs-next", "dotenv", "encoding", "failure", "fxhash", "gcc", "instant", "json",
    "mach", "memmap", "mopa", "net2", "number_prefix", "paste", "proc-macro-error", "rusttype", "rustls-pemfile",
    "safemem", "serde_cbor", "serde_yaml", "serde_yml", "stdweb", "tempdir", "term", "term_size",
    "traitobject", "tui", "twoway", "unic-char-range", "unic-common", "unic-ucd-version", "users", "wee_alloc",
    "yaml-rust",
}  # fmt: skip


def is_accepted(licence):
    """Whether a licence expression (SPDX, or its older form with slashes) can be met by accepted ones."""
    tokens = re.findall(r"\(|\)|[^\s()/]+|/", licence or "")
    place = 0

    def either():
        nonlocal place
        found = both()
        while place < len(tokens) and tokens[place] in ("OR", "/"):
            place += 1
            found = both() or found
        return found

    def both():
        nonlocal place
        found = one()
        while place < len(tokens) and tokens[place] == "AND":
            place += 1
            found = one() and found
        return found

    def one():
        nonlocal place
        if place >= len(tokens):
            return False
        token = tokens[place]
        place += 1
        if token == "(":
            found = either()
            place += 1
            return found
        if place + 1 < len(tokens) and tokens[place] == "WITH":
            token = "%s WITH %s" % (token, tokens[place + 1])
            place += 2
        return token in ACCEPTED

    return either() and place == len(tokens)


def argued():
    """What tools/supply.txt argues for: a kind, a crate and its versions, a colon, a reason."""
    found = {}
    with open(os.path.join(HERE, "supply.txt"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                what, _, reason = line.partition(":")
                if not reason.strip():
                    sys.exit("tools/supply.txt: `%s` gives no reason" % line.strip())
                found[tuple(what.split())] = reason.strip()
    return found


def is_yanked(name, version):
    """Whether the registry's list, as cargo last read it, says that a version was taken back; False where it has none."""
    cargo = os.environ.get("CARGO_HOME") or os.path.expanduser("~/.cargo")
    lower = name.lower()
    folder = {1: "1", 2: "2", 3: "3/" + lower[0]}.get(len(lower), "%s/%s" % (lower[:2], lower[2:4]))
    for path in glob.glob(os.path.join(cargo, "registry/index/*/.cache", folder, lower)):
        with open(path, "rb") as file:
            for line in re.split(rb"[\0\n]", file.read()):
                if b'"vers":"%s"' % version.encode() in line and b'"yanked":true' in line:
                    return True
    return False


def faults(packages):
    arguments = argued()
    used = set()
    versions = {}
    for package in packages:
        name, version, source = package["name"], package["version"], package["source"]
        if source is None:
            continue
        versions.setdefault(name, []).append(version)
        if source != CRATES_IO:
            yield "%s %s comes from %s" % (name, version, source)
        if not is_accepted(package["license"]):
            yield "%s %s: licence %s is not among the accepted ones" % (name, version, package["license"])
        for kind, holds in (("unmaintained", name in UNMAINTAINED), ("yanked", is_yanked(name, version))):
            if holds and (kind, name, version) not in arguments:
                yield "%s %s is %s: replace it, or say in tools/supply.txt why it stays" % (name, version, kind)
            if holds:
                used.add((kind, name, version))
    for name, found in sorted(versions.items()):
        key = ("duplicate", name, *sorted(found))
        if len(found) > 1:
            used.add(key)
            if key not in arguments:
                yield "%s is built in %s: unite them, or say in tools/supply.txt why not" % (name, " and ".join(sorted(found)))
    for key in sorted(set(arguments) - used):
        yield "tools/supply.txt argues for `%s`, which is not so any more" % " ".join(key)


def builders_paths(binary):
    """Paths in a binary that only the machine has on which it was built."""
    cargo = os.environ.get("CARGO_HOME") or os.path.expanduser("~/.cargo")
    homes = [cargo, os.path.expanduser("~"), os.path.dirname(HERE)]
    with open(binary, "rb") as file:
        data = file.read()
    for place in sorted({os.path.realpath(home) for home in homes} | set(homes)):
        if len(place) > 2:
            for match in list(re.finditer(re.escape(place.encode()) + rb"/[\x21-\x7e]{0,120}", data))[:3]:
                yield "%s holds a path of this machine: %s" % (binary, match.group().decode())
    if re.search(rb"/registry/src/index\.crates\.io", data):
        yield "%s holds paths of cargo's registry on this machine" % binary


def main():
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    metadata = subprocess.run(command, cwd=os.path.dirname(HERE), stdout=subprocess.PIPE, check=True).stdout
    packages = json.loads(metadata)["packages"]
    found = list(faults(packages))
    for binary in sys.argv[1:]:
        found += builders_paths(binary)
    for fault in found:
        print(fault, file=sys.stderr)
    print("%d crates, %d faults" % (len(packages) - 1, len(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
