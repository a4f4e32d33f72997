"""What a head consists of. Names are those of tensors, with or without the encoder's prefix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from isomorph.encoders.description import Linear, Norm


@dataclass(frozen=True, slots=True)
class Transform:
    """norm(activation(linear(x))), on the last axis."""

    linear: Linear
    activation: str
    norm: Norm | None = None


@dataclass(frozen=True, slots=True)
class Classifier:
    """One vector a row, through `transforms`, to a score for each label.

    `reads` says which vector: that of the first position, the mean of the real tokens, that of the last
    position whose id is not `padding_id`, or of the last whose id is `end_id`. With `late` each position
    goes through `transforms` before one vector is made of them. Scores are multiplied by `scale`.
    """

    output: Linear
    reads: Literal["first", "mean", "last", "end"] = "first"
    transforms: tuple[Transform, ...] = ()
    padding_id: int = 0
    late: bool = False
    scale: float = 1.0
    end_id: int = 0


@dataclass(frozen=True, slots=True)
class CausalLM:
    """Every vector to a score for each word; where `tied`, word embeddings may stand in for `weight`.

    Vectors go through `transform` first, if there is one. Scores are multiplied by `scale`; `bias` names
    the vector that is added, "" is none. With `cap` a score becomes cap tanh(score / cap).
    """

    weight: str
    tied: bool
    bias: str = ""
    scale: float = 1.0
    transform: Transform | None = None
    cap: float | None = None


@dataclass(frozen=True, slots=True)
class MaskedLM:
    """Every vector, through `transform` if there is one, to a score for each word of the vocabulary.

    `weight` is the matrix (words, width) and `biases` are the names under which files hold the
    vector that is added, the first one that is there; () is none. Where `weight` is absent or "" and
    `tied`, the encoder's word embeddings stand in for it.
    """

    transform: Transform | None
    weight: str
    biases: tuple[str, ...]
    tied: bool = True

    def inputs(self, hidden: int) -> int:
        """Features that the matrix reads, behind an encoder whose states have `hidden`."""
        return hidden if self.transform is None else self.transform.linear.outputs
