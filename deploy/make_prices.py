#!/usr/bin/env python3
"""Makes prices.json, the catalogue that is shipped, from files of facts.

    make_prices.py facts.json [more.json ...] > prices.json

A facts file is {"as_of": {...}, "models": [{"provider", "model", "mode",
"in", "out", "cache_read", "cache_write", "cache_write_1h", "reasoning_out",
"tiers", "currency", "src"}, ...]}, in USD per million tokens.  What is left
out, and why, is written to standard error: prices.md names it.
"""

import json
import re
import sys
from collections import Counter
from decimal import Decimal

MODES = {"chat", "responses", "completion"}
METERS = {"in": "input", "cache_read": "input_cached",
          "cache_write": "cache_write_5m", "cache_write_1h": "cache_write_1h",
          "out": "output", "reasoning_out": "reasoning"}

# A write to the cache for an hour costs twice the input; more than this is
# a mistake of the source.
WRITE_FACTOR_MAX = Decimal("2.5")

# Prices are integers of pico-USD per token: six decimals per million.
DECIMALS_MAX = 6


class Omissions:
    """Counts what is left out, by reason, and remembers the names."""

    def __init__(self):
        self.names = {}

    def add(self, reason, model, fact=None):
        name = f"{model['provider']}/{model['model']}"
        self.names.setdefault(reason, []).append(
            f"{name} {fact}" if fact else name)

    def report(self, out):
        for reason, names in sorted(self.names.items()):
            providers = Counter(n.split("/")[0] for n in names)
            which = ", ".join(names) if len(names) <= 20 else ", ".join(
                f"{count} of {name}" for name, count in providers.items())
            print(f"{reason}: {len(names)} ({which})", file=out)


def amount(value):
    """Without the noise of sources that calculate in binary fractions."""
    if value is None:
        return None
    exact = Decimal(value).quantize(Decimal("1e-9"))
    rounded = exact.quantize(Decimal(1).scaleb(-DECIMALS_MAX))
    assert exact == rounded, f"{value} is finer than a pico-USD"
    return rounded


def text(value):
    """The shortest decimal spelling: 3, 0.25."""
    return format(value.normalize(), "f")


def date_of(model, default):
    found = re.search(r"@(\d{4}-\d{2}-\d{2})", model["src"])
    return found.group(1) if found else default


def check_model(model, omissions):
    """Whether the model's own facts can be used at all."""
    if model["mode"] not in MODES:
        omissions.add("no chat model", model)
    elif model.get("currency", "USD") != "USD":
        omissions.add(f"priced in {model['currency']}", model)
    elif model.get("in") is None or model.get("out") is None:
        omissions.add("without a price per token", model)
    elif not model["out"] and not model["model"].endswith(":free"):
        # What costs nothing must say so, or usage is booked for nothing.
        omissions.add("price 0 without being called free", model)
    elif model["in"] > model["out"]:
        omissions.add("output cheaper than input", model)
    else:
        return True
    return False


def consistent(model, prices, omissions):
    """The prices that make sense beside each other."""
    kept = dict(prices)
    base = prices["in"]

    def drop(name, reason):
        omissions.add(reason, model, METERS[name])
        del kept[name]

    if kept.get("cache_read") is not None and kept["cache_read"] > base:
        drop("cache_read", "cached input dearer than input")
    least = base
    for name in ("cache_write", "cache_write_1h"):
        if kept.get(name) is None:
            continue
        if not least <= kept[name] <= base * WRITE_FACTOR_MAX:
            drop(name, "cache write out of proportion")
        else:
            least = kept[name]
    if kept.get("reasoning_out") == kept["out"]:
        del kept["reasoning_out"]
    return {name: kept[name] for name in METERS if kept.get(name) is not None}


def rows_of(model, prices, above, default_date, omissions):
    for name, value in consistent(model, prices, omissions).items():
        row = {"provider": model["provider"], "model": model["model"],
               "meter": METERS[name]}
        if value == 0:
            row["free"] = True
        else:
            row["usd_per_million"] = text(value)
        if above:
            row["ctx_above"] = above
        row["valid_from"] = f"{date_of(model, default_date)}T00:00:00Z"
        row["source"] = model["src"]
        yield row


def rows_of_model(model, default_date, omissions):
    base = {name: amount(model.get(name)) for name in METERS}
    yield from rows_of(model, base, 0, default_date, omissions)
    for tier in model.get("tiers", ()):
        # A tier prices what the base prices, and nothing else.
        prices = {name: amount(tier.get(name)) for name in METERS
                  if base[name] is not None}
        yield from rows_of(model, prices, tier["above_input_tokens"],
                           default_date, omissions)


def main(paths):
    omissions = Omissions()
    rows = []
    default_date = None
    for path in paths:
        with open(path, encoding="utf-8") as file:
            facts = json.load(file, parse_float=Decimal, parse_int=int)
        dates = re.findall(r"\d{4}-\d{2}-\d{2}",
                           facts.get("as_of", {}).get("litellm", ""))
        default_date = dates[0] if dates else default_date
        for model in facts["models"]:
            if check_model(model, omissions):
                rows += rows_of_model(model, default_date, omissions)
    rows.sort(key=lambda r: (r["provider"], r["model"],
                             r.get("ctx_above", 0), r["meter"]))
    names = [(r["provider"], r["model"], r.get("ctx_above", 0), r["meter"])
             for r in rows]
    assert len(names) == len(set(names)), "a meter is priced twice"
    print('{"source": "weir price catalogue", "rows": [')
    print(",\n".join(json.dumps(row) for row in rows))
    print("]}")
    models = {(r["provider"], r["model"]) for r in rows}
    print(f"{len(rows)} rows of {len(models)} models", file=sys.stderr)
    omissions.report(sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
