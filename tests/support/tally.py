"""Prints "<passed> <failed>" for a JUnit file; names what failed.

ctest reports one case per program; the programs say in their output how many
tests they ran (cmocka's way, or "12 cases passed, 0 failed"), and that is
what counts.  A skipped case was selected and did not run: failed.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

CMOCKA_PASSED = re.compile(r"\[  PASSED  \] (\d+) test\(s\)")
CMOCKA_FAILED = re.compile(r"\[  FAILED  \](?: tests:)? (\d+) test\(s\)")
RUNNER = re.compile(r"^(\d+) \w+ passed, (\d+) failed", re.MULTILINE)

SHOWN_MAX = 15


def failed_here(case):
    if case.get("status") in ("fail", "disabled", "notrun"):
        return True
    return any(case.find(tag) is not None
               for tag in ("failure", "error", "skipped"))


def tally(path):
    """Returns (passed, failed, names of the failed)."""
    passed, failed, names = 0, 0, []
    for case in ElementTree.parse(path).iter("testcase"):
        output = case.findtext("system-out") or ""
        good = sum(map(int, CMOCKA_PASSED.findall(output)))
        bad = sum(map(int, CMOCKA_FAILED.findall(output)))
        for runner in RUNNER.findall(output):
            good, bad = good + int(runner[0]), bad + int(runner[1])
        if failed_here(case):
            bad = max(bad, 1)
            names.append("::".join(filter(None, (
                case.get("classname"), case.get("name")))))
        elif good == 0:
            good = 1
        passed, failed = passed + good, failed + bad
    return passed, failed, names


def main():
    passed, failed, names = tally(sys.argv[1])
    for name in names[:SHOWN_MAX]:
        print(f"    failed: {name}", file=sys.stderr)
    if len(names) > SHOWN_MAX:
        print(f"    and {len(names) - SHOWN_MAX} more", file=sys.stderr)
    print(passed, failed)


if __name__ == "__main__":
    main()
