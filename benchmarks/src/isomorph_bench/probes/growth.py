"""Whether memory grows with the number of calls: MiB of resident memory per 1,000 calls, by least squares.

    python -m isomorph_bench.probes.growth [--model M] [--backends onnx,openvino] [--calls 10000]

Every backend has a process of its own, which makes calls of 1 to 64 texts of 1 to 512 tokens, drawn anew
for every call and the same ones for all backends, and says now and then how much of it is resident.
Without a model it is a tiny BERT with 512 positions, so that thousands of calls take minutes;
``--most-tokens`` bounds the tokens of a call where a real model is to do as many.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import linear_regression

from isomorph_bench.race import launch

LONGEST, MOST_TEXTS = 512, 64
WARM = 500
"""Calls that are not counted: engines fill their caches."""
SAMPLES = 200
"""How often memory is looked at."""
MIB = 1 << 20

Sample = tuple[int, int]
"""A number of calls, and the bytes that were resident after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """How many calls are made, and of which texts.

    Attributes:
        count: calls in all.
        most_tokens: of one call; the last texts are dropped beyond, and one at least stays.
        longest: tokens of a text at most.
        step: lengths are multiples of it: the larger it is, the fewer shapes there are.
        seconds: after which no more calls are made.
    """

    count: int
    most_tokens: int = LONGEST * MOST_TEXTS
    longest: int = LONGEST
    step: int = 1
    seconds: float = float("inf")

    def shapes(self) -> Iterator[list[int]]:
        """The lengths of the texts of each call, in tokens."""
        draw = random.Random(0)
        for _ in range(self.count):
            count = draw.randint(1, MOST_TEXTS)
            lengths = [self.step * draw.randint(1, self.longest // self.step) for _ in range(count)]
            while len(lengths) > 1 and sum(lengths) > self.most_tokens:
                lengths.pop()
            yield lengths


def texts_of(lengths: Sequence[int], call: int) -> list[str]:
    """Texts of so many tokens (3 for fewer), special ones included; neighbours differ."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [letters[(call + index) % 26] for index in range(len(lengths))]
    return [
        " ".join([word] * max(1, length - 2)) for word, length in zip(words, lengths, strict=True)
    ]


def samples(model: str, backend: str, calls: Calls) -> list[Sample]:
    """Calls in this process, until there were enough or the time is over."""
    from isomorph import SentenceTransformer
    from isomorph.machine.free_memory import resident_memory

    loaded = SentenceTransformer(model, backend=backend)
    loaded.max_seq_length = LONGEST
    end, found = time.monotonic() + calls.seconds, []
    for done, lengths in enumerate(calls.shapes(), 1):
        loaded.encode(texts_of(lengths, done))
        if done % max(1, calls.count // SAMPLES) == 0 or done == calls.count:
            size = resident_memory()
            assert size is not None, "this system does not say what is resident"
            found.append((done, size))
        if time.monotonic() > end:
            break
    return found


def growth(found: Sequence[Sample], warm: int = WARM) -> float:
    """MiB per 1,000 calls of the samples behind the first `warm` calls.

    Raises:
        ValueError: there are fewer than two of them.
    """
    late = [(done, size) for done, size in found if done >= warm]
    if len(late) < 2:
        raise ValueError(
            f"{found[-1][0] if found else 0} calls are too few beyond the first {warm}."
        )
    return linear_regression(*zip(*late, strict=True)).slope * 1000 / MIB


def measure(model: str, backend: str, calls: Calls) -> list[Sample]:
    """The samples of a process of its own."""
    order = json.dumps([model, backend, asdict(calls)])
    command = [*launch.command("probes.growth"), "--child", order]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [(made, size) for made, size in json.loads(done.stdout)]


def tiny_model(folder: Path) -> str:
    """Writes a BERT with two small layers and as many positions as the longest text has tokens."""
    from isomorph.testing.models import write_recipe
    from isomorph.testing.recipes import MEAN, Recipe
    from isomorph.testing.tiny_encoders import bert

    return str(write_recipe(Recipe(bert(positions=LONGEST), (MEAN,)), folder))


def line(backend: str, found: Sequence[Sample], warm: int) -> str:
    """One row of the table."""
    grown = growth(found, warm)  # refuses too few calls
    first = next(size for done, size in found if done >= warm)
    return (
        f"{backend:<12} {found[-1][0]:>6} {first / MIB:>14.1f} {found[-1][1] / MIB:>11.1f} "
        f"{grown:>18.3f}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m isomorph_bench.probes.growth", description=__doc__
    )
    parser.add_argument("--model", help="folder, package:DISTRIBUTION or Hub id")
    parser.add_argument("--backends", default="reference,torch,onnx,openvino")
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--warm", type=int, default=WARM)
    parser.add_argument("--most-tokens", type=int, default=LONGEST * MOST_TEXTS)
    parser.add_argument("--longest", type=int, default=LONGEST, help="tokens of a text at most")
    parser.add_argument("--step", type=int, default=1, help="lengths are multiples of it")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most, a backend")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.child:
        model, backend, calls = json.loads(asked.child)
        print(json.dumps(samples(model, backend, Calls(**calls))))
        return
    calls = Calls(
        count=asked.calls,
        most_tokens=asked.most_tokens,
        longest=asked.longest,
        step=asked.step,
        seconds=asked.seconds,
    )
    with tempfile.TemporaryDirectory() as folder:
        model = asked.model or tiny_model(Path(folder))
        print("backend       calls  MiB, when warm  MiB, at end  MiB / 1,000 calls")
        for backend in asked.backends.split(","):
            found = measure(model, backend, calls)
            print(line(backend, found, asked.warm), flush=True)


if __name__ == "__main__":
    main()
