"""``python -m isomorph_bench``: our backends and their peers on this machine, beside what it could do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from isomorph.errors import Unsupported
from isomorph.models.sentence_transformer import SentenceTransformer
from isomorph.plugins.discovery import installed
from isomorph_bench.machine import flops, limits
from isomorph_bench.probes.options import folder_of, parser
from isomorph_bench.race import contenders
from isomorph_bench.race.contenders import Contender
from isomorph_bench.race.race import Race
from isomorph_bench.race.results import compare
from isomorph_bench.report import terminal
from isomorph_bench.workloads.scenarios import SUITE, Scenario, quick
from isomorph_bench.workloads.texts import fingerprint


def main(arguments: Sequence[str] | None = None) -> int:
    """Races, prints the tables and returns 1 where figures of ours do not count."""
    asked = options().parse_args(arguments)
    suite = [one for one in SUITE if asked.scenario is None or one.name in asked.scenario]
    suite = list(quick(suite)) if asked.quick else suite
    folder = folder_of(asked.model)
    racing = entrants(folder, asked.backend, [] if asked.no_peers else asked.peer)
    texts, per_text = describe_texts(folder, suite)
    say("the machine's own limits")
    found = limits.probe()
    (reference,) = contenders.ours(folder, ["reference"])
    entries = Race(racing, reference, say).run(suite)
    found = limits.probe_again(found)
    comparisons = [one for scenario in suite for one in compare(entries, scenario)]
    show(
        terminal.facts(found, texts, [one.name for one in suite if one.kind == "calls"]),
        terminal.figures(entries, suite, found, per_text),
        *(terminal.ratios(comparisons) for _ in comparisons[:1]),
        "\n".join(terminal.notes(entries)),
    )
    if asked.json:
        context = {"model": asked.model, "texts": texts}
        with asked.json.open("a", encoding="utf-8") as stream:
            lines = terminal.json_lines(entries, suite, comparisons, found, context, per_text)
            stream.write(lines)
    voids = [timing.void for entry in entries if entry.ours for timing in entry.timings.values()]
    return 1 if any(voids) else 0


def options() -> argparse.ArgumentParser:
    made = parser("isomorph_bench", __doc__, backends="")
    made.add_argument("--backend", action="append", help="of ours only this one (repeatable)")
    made.add_argument("--peer", action="append", help="of the peers only this one (repeatable)")
    made.add_argument("--no-peers", action="store_true", help="ours alone")
    names = [one.name for one in SUITE]
    made.add_argument(
        "--scenario", action="append", choices=names, help="only this one (repeatable)"
    )
    made.add_argument("--json", type=Path, help="append one JSON object a contender to this file")
    made.add_argument("--quick", action="store_true", help="once and small: does it work?")
    return made


def entrants(
    folder: str,
    backends: Sequence[str] | None,
    names: Sequence[str] | None,
    inputs: str = "texts",
) -> list[Contender]:
    """Who races with such inputs; None names everybody.

    Raises:
        SystemExit: there is no peer of that name.
    """
    backends = backends or [info.name for info in installed().infos if not info.fallback]
    known = {n: peer for n, peer in contenders.read_peers().items() if peer.inputs == inputs}
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise SystemExit(f"No peers are named {', '.join(unknown)}; there are {', '.join(known)}.")
    if names != []:
        say("the peers' own model folders, where they are not there yet")
    chosen = [peer for peer in known.values() if names is None or peer.name in names]
    theirs = [contenders.entered(peer, folder, known) for peer in chosen]
    for absent in (peer.absent for peer in theirs if peer.absent):
        sys.stderr.write(f"not raced: {absent}\n")
    return [*contenders.ours(folder, backends), *theirs]


def describe_texts(
    folder: str, suite: Sequence[Scenario]
) -> tuple[dict[str, dict[str, Any]], float | None]:
    """Facts about the texts in tokens of this model, and the mean useful operations of a mixed one."""
    model = SentenceTransformer(folder, backend="reference")
    limit = model.max_seq_length
    about: dict[str, dict[str, Any]] = {}
    per_text = None
    for scenario in suite:
        texts = scenario.texts()
        encoded = [len(ids) for ids in model.tokenizer.encode_batch_fast(texts)]
        lengths = [length if limit is None else min(length, limit) for length in encoded]
        about[scenario.name] = {
            "count": len(texts),
            "median tokens": int(median(lengths)),
            "tokens": sum(lengths),
            "fingerprint": fingerprint(texts),
        }
        try:
            config = model[0].config.get("transformer", {})
            mean = flops.useful_flops(config, lengths) / len(texts)
            about[scenario.name]["GFLOP a text"] = round(mean / 1e9, 2)
            about[scenario.name]["MB of weights"] = round(flops.weight_bytes(config) / 1e6, 1)
        except Unsupported:
            continue
        if scenario.name == terminal.RATED:
            per_text = mean
    return about, per_text


def show(*parts: Any) -> None:
    from rich.console import Console

    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 180)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str))


def say(line: str) -> None:
    sys.stderr.write(f"{line} …\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
