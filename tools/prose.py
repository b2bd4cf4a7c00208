#!/usr/bin/env python3
"""Finds the house's old dialect in what people read: sentences, documentation comments and Markdown.

    tools/prose.py [PATH ...]        each finding with its place; exit 1 where there is one
    tools/prose.py --count           how many by room

What a person reads in the program is a string in `src`; test code is not looked at. A line that needs a banned word
(the word itself is its subject) ends in the comment `prose: ok`.
"""

import pathlib
import re
import sys
from collections import Counter

ROOT = pathlib.Path(__file__).resolve().parent.parent
BANNED = [
    (r"\btold\b", "said to whom? reported, printed, shown, sent"),
    (r"\bis tell\w*\b|\btells? (?!apart)\w+ (?:with|by|where)\b", "prints, says"),
    (r"\blaid\b", "drawn, placed, put"),
    (r"\b(?:is|are|was|were) no (?!longer|more\b|later|earlier|better|worse|older|newer|larger|smaller)\w+", "is not a"),
    (r"\bthat (?:is|are) no\b", "that is not a"),
    (r"\b[Ww]hat (?:waits|runs|lies|comes|came|is (?:there|new|known|shown|missing|read|kept|left))\b", "a noun"),
    (r"\bholds? (?:the |a |this )?(?:loop|loops|it) up\b|\bheld up\b|\bholds? up\b", "pauses, paused"),
    (r"\bcomes? about\b", "is computed"),
    (r"\bgo(?:es)? on\b|\bwent on\b|\bgoing on\b", "continues, resumes"),
    (r"\bwhich (?:it )?is not to be\b", "which must not be"),
    (r"\b(?:lies|lie|lay) (?:there|over|at|beside|between|behind)\b", "is"),
    (r"\bwants? to be\b", "should be"),
    (r"\bmended\b|\bmends?\b", "fixed"),
    (r"\bspelled out\b", "escaped, shown as"),
    (r"\bset beside\b|\bbeside each other\b", "compared, side by side"),
    (r"\bis over\b", "has expired, has ended"),
    (r"\bgo(?:es)? by\b", "follows, uses"),
    (r"\btaken in\b|\btakes? in\b|\btaking in\b", "read, accepted, collected"),
    (r"\blooked (?:at|into)\b", "checked, read"),
    (r"\bbrings? along\b|\btakes? along\b", "includes"),
    (r"\bmade anew\b|\banew\b", "again, rebuilt"),
    (r"\bof its own accord\b|\bof itself\b", "automatically"),
    (r"\bsome ten\b|\bthe like\b", "about ten"),
    (r"\bnobody (?:is|was) (?:told|asked)\b", "no one is notified"),
    (r"\bheld against\b", "compared with"),
    (r"\bwhole of\b", "all"),
    (r"\bthe one that\b", "the thing itself"),
    (r"\bdoor\b", "mailbox"),
    (r"\bthe desk\b|\bdesk\b", "decide"),
    (r"\bfolders?\b", "directory"),
    (r"\bsay so\b|\bsays so\b", "name the fact"),
]
# Documentation comments: the third person.
OPENINGS = re.compile(r"^(?:What|Which|Whose|Whom|How|Where|Whether|When|Why|Who)\b(?!.*\?)")
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')


def findings(path):
    """Yields (line number, the words found, what to write instead) of one file."""
    is_code = path.suffix == ".rs"
    in_fence = is_generated = False
    previous = ""
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        if is_code and line.startswith("#[cfg(test)]"):
            return
        if not is_code and line.lstrip().startswith("```"):
            in_fence = not in_fence
        # The words of a generated table are checked in the source that they come from.
        if not is_code and re.match(r"<!-- \w+: (?:begin|end) -->", line):
            is_generated = "begin" in line
        stripped = line.strip()
        if is_generated or "prose: ok" in line or in_fence:
            previous = stripped
            continue
        if is_code:
            if stripped.startswith(("///", "//!")):
                text = stripped[3:].strip()
                if stripped.startswith("///") and not previous.startswith("///") and OPENINGS.match(text):
                    yield number, text.split()[0], "third person: `Returns ...`, `The approved tip ...`"
                text = re.sub(r"`[^`]*`", "", text)
            elif stripped.startswith("//"):
                text = re.sub(r"`[^`]*`", "", stripped[2:])
            else:
                text = " ".join(STRING.findall(line))
        else:
            text = re.sub(r"`[^`]*`", "", line)
        for pattern, better in BANNED:
            for match in re.finditer(pattern, text):
                yield number, match.group(0), better
        previous = stripped


def files(paths):
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix in {".rs", ".md", ".sh", ".py"} and p.is_file())
        else:
            yield path


def main(arguments):
    counting = "--count" in arguments
    named = [pathlib.Path(a).resolve() for a in arguments if not a.startswith("--")]
    places = named or [ROOT / "src", ROOT / "docs", *sorted(ROOT.glob("*.md"))]
    by_room, by_word, total = Counter(), Counter(), 0
    for path in files(places):
        name = path.relative_to(ROOT)
        for number, words, better in findings(path):
            total += 1
            by_room["/".join(name.parts[:2])] += 1
            by_word[words.lower()] += 1
            if not counting:
                print(f"{name}:{number}: `{words}`: {better}")
    if counting:
        for room, count in sorted(by_room.items(), key=lambda item: -item[1]):
            print(f"{count:5}  {room}")
        print(", ".join(f"{word} {count}" for word, count in by_word.most_common(60)))
    print(f"{total} findings", file=sys.stderr)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
