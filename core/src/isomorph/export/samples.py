"""Probes of models whose inputs are no texts: made-up inputs, told by a seed and a length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isomorph.preprocess.protocol import Inputs, Prepared, Treatment

COUNT = 32
"""Seeds, each at every length."""
LENGTHS = (1, 16)
LONGEST = 512
"""The longest samples have this length where a model takes more."""
FULL = 64
"""The length of the others where a model says of no length that it is too much."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What `Inputs.sample` makes of a seed, about `length` long."""

    seed: int
    length: int

    def __str__(self) -> str:
        return f"sample {self.seed} of length {self.length}"


def make_samples(inputs: Inputs) -> tuple[Sample, ...]:
    """32 samples at three lengths: 1, short, and as long as the model takes."""
    longest = min(inputs.max_length or FULL, LONGEST)
    cuts = [min(cut, longest) for cut in (*LENGTHS, longest)]
    return tuple(Sample(seed, cut) for cut in cuts for seed in range(COUNT))


def prepare_samples(inputs: Inputs, samples: Sequence[Sample]) -> Prepared:
    """The numbers of the samples."""
    made = [inputs.sample(each.length, each.seed) for each in samples]
    inputs.check(made)
    return inputs.preparer().prepare(made, Treatment(max_length=LONGEST))


def sample_of(entry: Mapping[str, Any]) -> Sample:
    """A sample of a file, no longer than those that `make_samples` makes.

    Raises:
        ValueError: says what is wrong.
    """
    sample = Sample(**entry)
    for name, most in (("seed", COUNT - 1), ("length", LONGEST)):
        number = entry[name]
        if type(number) is not int or not int(name == "length") <= number <= most:
            raise ValueError(f"a sample has a {name} that is no whole number up to {most}")
    return sample
