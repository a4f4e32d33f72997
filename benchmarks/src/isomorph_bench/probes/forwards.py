"""How large a forward should be, and what a session for few texts gains: one process, ways in turn.

    python -m isomorph_bench.probes.forwards [--model M] [--backends onnx,openvino] [--texts 320] [--rounds 6]

First the same mixed texts, cut at other numbers of padded tokens: texts per second. Then single short texts
through the session of one lane that all threads share, and through that of one lane a CPU: milliseconds. Last
calls of few short texts: cut at the budget alone, so that all lanes end together, and shared by all threads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from statistics import median
from typing import Any

from isomorph.models.sentence_transformer import SentenceTransformer
from isomorph.runtime.job import Job
from isomorph.schedule.batches import plan_batches
from isomorph.schedule.even import plan_even
from isomorph_bench.probes import options
from isomorph_bench.race.protocol import seconds
from isomorph_bench.race.turns import turns
from isomorph_bench.workloads.texts import mixed_texts, short_texts

SIZES = (128, 256, 512, 1024, 2048)
COUNTS = (3, 5, 8, 16, 32, 64)
OUTPUT = "sentence_embedding"


def by_size(model: SentenceTransformer, texts: list[str], rounds: int) -> dict[str, float]:
    """Texts per second for each number of tokens a forward; the best round, sizes in turn."""
    runner: Any = model.__loaded__().pipeline.runner(OUTPUT)
    found: dict[str, list[float]] = {str(size): [] for size in SIZES}
    encode = partial(model.encode, on_long="report")
    usual = runner.batches
    for size in turns(list(found), rounds):
        cut = partial(plan_batches, budget=int(size), enough=int(size), lanes=runner.lanes)
        runner.batches = lambda lengths, max_rows=None, cut=cut: cut(lengths, max_rows)
        found[size].append(seconds(encode, texts))
    runner.batches = usual
    return {size: round(len(texts) / min(each), 1) for size, each in found.items()}


def alone(model: SentenceTransformer, texts: list[str], rounds: int) -> dict[str, float]:
    """Milliseconds of one text, the median of all, through each kind of session."""
    pipeline: Any = model.__loaded__().pipeline
    few = pipeline._runners.get(OUTPUT, model.device, shared=True)
    many = pipeline._runners.get(OUTPUT, model.device, shared=False)
    ways: dict[str, Any] = {"all threads": few, "one lane a CPU": many}
    found: dict[str, list[float]] = {name: [] for name in ways}
    job = Job(output=OUTPUT, max_length=model.max_seq_length)
    usual = pipeline.runner_for
    for name in turns(list(ways), rounds):
        pipeline.runner_for = lambda job, shared, name=name: ways[name]
        for text in texts:
            found[name].append(seconds(partial(pipeline.run, job=job), [text]))
    pipeline.runner_for = usual
    return {name: round(median(each) * 1000, 2) for name, each in found.items()}


def few(model: SentenceTransformer, rounds: int) -> dict[str, dict[int, float]]:
    """Milliseconds of calls of few texts, the best round of each way to cut them."""
    pipeline: Any = model.__loaded__().pipeline
    shared = pipeline._runners.get(OUTPUT, model.device, shared=True)
    lanes = pipeline._runners.get(OUTPUT, model.device, shared=False)
    ways = {
        "at the budget": (lanes, plan_batches),
        "evenly": (lanes, plan_even),
        "all threads": (shared, plan_batches),
    }
    texts = short_texts(max(COUNTS))
    found: dict[str, dict[int, list[float]]] = {name: {n: [] for n in COUNTS} for name in ways}
    usual = pipeline.runner_for
    for name in turns(list(ways), rounds):
        runner, plan = ways[name]
        runner._plan_free = plan
        pipeline.runner_for = lambda job, shared, runner=runner: runner
        for count in COUNTS:
            found[name][count].append(seconds(model.encode, texts[:count]))
    pipeline.runner_for, lanes._plan_free = usual, plan_even
    return {
        name: {count: round(min(each) * 1000, 1) for count, each in counts.items()}
        for name, counts in found.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = options.parser("isomorph_bench.probes.forwards", __doc__)
    parser.add_argument("--texts", type=int, default=320)
    parser.add_argument("--rounds", type=int, default=6)
    asked = parser.parse_args(arguments)
    folder = options.folder_of(asked.model)
    for backend in asked.backends.split(","):
        with SentenceTransformer(folder, backend=backend) as model:
            model.encode(mixed_texts(asked.texts), on_long="report")
            sizes = by_size(model, mixed_texts(asked.texts), asked.rounds)
            single = alone(model, short_texts(60), asked.rounds)
            several = few(model, asked.rounds)
        told = {"texts/s by tokens": sizes, "one text, ms": single, "few texts, ms": several}
        print(json.dumps({"backend": backend, **told}))


if __name__ == "__main__":
    main()
