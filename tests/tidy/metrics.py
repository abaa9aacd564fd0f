"""docs/metrics.md, made from common/metrics.def.  --write writes it."""

import pathlib
import re
import sys

ROW = re.compile(r'^METRIC\((\w+), (\w+), "([^"]*)", "((?:[^"\\]|\\.)*)", '
                 r'"((?:[^"\\]|\\.)*)"\)$')
HEAD = """# Metrics

Made from `common/metrics.def` by `tests/tidy/metrics.py --write`; do not
edit.  Programs serve them in the Prometheus text format on their probe port
under `/metrics`: the gateway those that start with `weir_gateway_`, the
control plane those that start with `weir_control_`, both those that start
with `weir_process_`.

| name | kind | labels | what it says |
|---|---|---|---|
"""


def page(definition):
    rows, helps = [], {}
    for line in definition.splitlines():
        match = ROW.match(line)
        if not match:
            continue
        _, kind, name, labels, text = match.groups()
        helps[name] = text or helps.get(name, "")
        labels = labels.replace('\\"', '"')
        labels = f"`{labels}`" if labels else ""
        rows.append(f"| `{name}` | {kind} | {labels} | {helps[name]} |")
    return HEAD + "\n".join(rows) + "\n"


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    text = page((root / "common/metrics.def").read_text())
    if sys.argv[1:] == ["--write"]:
        (root / "docs/metrics.md").write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
