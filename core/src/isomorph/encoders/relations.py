"""How attention knows where positions are: angles and biases, as records.

Names are those of tensors, without the file's prefix.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rotary:
    """Rotary positions: column t turns the pair i of each head by t times ``frequencies[i]``.

    cos and sin are multiplied by `factor`, which some scaling schemes set. A text of more than
    `longest` tokens would need other frequencies. Pairs are features as far apart as half of those that
    turn. `interleaved` ones are a feature and the next, and there what does not turn has frequencies of 0.
    Where a file holds a tensor (frequencies,) under one of the names `stored`, that one counts.
    """

    frequencies: tuple[float, ...]
    factor: float = 1.0
    longest: int | None = None
    interleaved: bool = False
    stored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaneRotary:
    """Rotary positions on a grid: half of the pairs of a head turn by the row, half by the column (DINOv3).

    Rows and columns count from -1 to 1, at the centres of patches; pair i turns by 2 pi times that times
    `base` ** (-4 i / `size`). With `counted` they count from 0 instead, in steps by which a grid of this many
    rows and columns counts by 1, and pair i turns by that times the power (EVA-02, arXiv:2303.11331).
    The first `leading` positions do not turn. `interleaved` pairs are a feature and the next.
    """

    rows: int
    columns: int
    size: int
    base: float
    leading: int = 0
    counted: tuple[int, int] | None = None
    interleaved: bool = False
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class AxesRotary:
    """Rotary positions along several axes, which are fed for each position of each row.

    Pair i of a head turns by the sum over the axes a of ``positions[a]`` times ``frequencies[a][i]``; where
    one axis turns a pair, the others have 0 there. cos and sin are multiplied by `factor`. So the texts of
    Qwen2-VL have positions in time, rows and columns (arXiv:2409.12191), and patches the last two.
    """

    frequencies: tuple[tuple[float, ...], ...]
    factor: float = 1.0
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class RelativeBias:
    """Learned biases of attention scores by bucketed distance, shared by all blocks (T5, MPNet).

    `table` is (buckets, heads). Distances are bucketed as T5 does it, both directions apart. With `backwards`
    all buckets are for what lies before a position, as in T5's decoders.
    """

    table: str
    buckets: int
    heads: int
    max_distance: int = 128
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """How much a position takes of the biases of distances (WavLM, arXiv:2110.13900).

    `layer` makes eight numbers of each head's share of a position, `factor` is (1, heads, 1, 1).
    """

    layer: str
    factor: str


@dataclass(frozen=True, slots=True)
class Alibi:
    """Scores fall with the distance of positions, to both sides (Press et al. 2021, arXiv:2108.12409).

    A head subtracts its slope times the distance; `slopes` has one for each head.
    """

    slopes: tuple[float, ...]
