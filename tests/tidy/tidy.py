"""Style as a test: checks the tree against the rules and prints what broke.

    tidy.py             check
    tidy.py --report    also what is past the soft limits

tests/tidy/exceptions.txt lists what may stay for now, as "rule path[:name]
value".  It may only shrink: an entry that is not needed, or is larger than
what it excuses, is an error, and so is one that the last commit did not have.
"""

import collections
import pathlib
import subprocess
import sys

import metrics
import proto
from rules import RULES
from source import deepest_block, read

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXCEPTIONS = "tests/tidy/exceptions.txt"
SKIPPED = {".git", ".weir", "build", "node_modules"}
SOFT = {"file": 400, "function": 40, "nesting": 2, "parameters": 4}


def sources(root):
    for path in sorted(root.rglob("*.[ch]")):
        relative = path.relative_to(root)
        if not SKIPPED & set(relative.parts):
            yield read(root, relative.as_posix())


def check_sources(root):
    """{(rule, what): (value, [complaints])}; equal places add up."""
    found = collections.defaultdict(lambda: (0, []))
    for source in sources(root):
        for rule, run in RULES.items():
            for line, name, value, message in run(source):
                key = rule, f"{source.path}:{name}" if name else source.path
                total, complaints = found[key]
                complaints.append(f"{source.path}:{line}: {message} [{rule}]")
                found[key] = total + value, complaints
    return found


def parse_exceptions(text):
    entries = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            rule, what, value = line.split()
            entries[rule, what] = int(value)
    return entries


def committed_exceptions(root):
    """Those of the last commit, or None where there is none to ask."""
    try:
        shown = subprocess.run(
            ["git", "-C", str(root), "show", f"HEAD:{EXCEPTIONS}"],
            capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return parse_exceptions(shown.stdout)


def judge(found, exceptions, committed):
    """The complaints that count, after the exceptions."""
    complaints = []
    for key, (value, lines) in sorted(found.items()):
        if value > exceptions.get(key, 0):
            complaints += lines
    for key, value in sorted(exceptions.items()):
        entry = f"{EXCEPTIONS}: {key[0]} {key[1]}"
        actual = found[key][0] if key in found else 0
        if actual < value:
            complaints.append(f"{entry} {value}: is {actual} now, lower it")
        if committed is not None and value > committed.get(key, 0):
            complaints.append(f"{entry} {value}: the list may only shrink")
    return complaints


def check_tree(root):
    texts = [p.read_text() for p in sorted((root / "proto").glob("*.proto"))]
    for name in proto.recursive(texts):
        yield f"proto: message {name} can contain itself [protobuf]"
    page = root / "docs/metrics.md"
    wanted = metrics.page((root / "common/metrics.def").read_text())
    if not page.exists() or page.read_text() != wanted:
        yield "docs/metrics.md: run tests/tidy/metrics.py --write [metrics]"


def check(root):
    text = (root / EXCEPTIONS).read_text()
    found = check_sources(root)
    return judge(found, parse_exceptions(text), committed_exceptions(root)) \
        + list(check_tree(root))


def report(root):
    for source in sources(root):
        if source.line_count > SOFT["file"]:
            print(f"{source.path}: {source.line_count} lines")
        for f in source.functions:
            depth = deepest_block(source.body(f))
            if f.lines > SOFT["function"] or depth > SOFT["nesting"] \
                    or f.parameters > SOFT["parameters"]:
                print(f"{source.path}:{f.line}: {f.name}: {f.lines} lines, "
                      f"{depth} deep, {f.parameters} parameters")


def main():
    if sys.argv[1:] == ["--report"]:
        report(ROOT)
    complaints = check(ROOT)
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
