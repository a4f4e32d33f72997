"""What a transformer encoder consists of. Names are those of tensors, without the file's prefix.

Everything that the families differ in is a field here; `isomorph.encoders.lower` knows no family. The records
of what few encoders have stand in `isomorph.encoders.rare`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from isomorph.encoders.relations import Alibi, AxesRotary, Gate, PlaneRotary, RelativeBias, Rotary

if TYPE_CHECKING:
    from isomorph.encoders.rare import (
        Convolution,
        Decoder,
        Disentangled,
        Experts,
        First,
        Fourier,
        Latents,
        Narrow,
        ShortConvolution,
        Spans,
    )

KEPT = 0.88
"""The share of tokens that training leaves where it drops others, as ESM's does."""


@dataclass(frozen=True, slots=True)
class Linear:
    """x (…, inputs) W^T + b: tensors ``NAME.weight`` (outputs, inputs) and ``NAME.bias``.

    With `rows` the tensors are wider and this layer is those rows of them: how some files store
    query, key and value, or gate and input, as one. With `every` it is these of each so many rows: how
    some store them head by head. If `turned` the weight is stored as (inputs, outputs), with `every` where it
    has `rows`. `added` names the bias where that is a tensor of its own (outputs,). With `groups` it is a
    convolution of one place: weights are (outputs, inputs / groups, 1), and each group of outputs reads its
    share of the inputs alone.
    """

    name: str
    inputs: int
    outputs: int
    bias: bool = True
    rows: tuple[int, int] | None = None
    every: int | None = None
    turned: bool = False
    added: str = ""
    groups: int | None = None

    @property
    def stored(self) -> int:
        """Outputs of the layer in the file, as far as its own rows reach."""
        if self.rows is None:
            return self.outputs
        begin, end = self.rows
        return end if self.every is None else self.outputs // (end - begin) * self.every


@dataclass(frozen=True, slots=True)
class Norm:
    """Normalisation over `size` features: ``NAME.weight`` and, with `bias`, ``NAME.bias``.

    `kind` is layer or root mean square normalisation; an affine one is a product and a sum alone. With
    `plus_one` the file holds weight - 1. One that is
    not `learned` has no tensors: its weight is 1 and its bias 0.
    """

    name: str
    size: int
    eps: float
    bias: bool = True
    kind: Literal["layer", "rms", "affine"] = "layer"
    plus_one: bool = False
    learned: bool = True


@dataclass(frozen=True, slots=True)
class Scale:
    """A learned factor of each feature: the tensor `name` (size,)."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Norms:
    """Where norms stand around a layer f: x -> after(x + scale factor inner(f(before(x)))).

    Post-norm models have only `after`, pre-norm models only `before`. With `joined` what is added to x is
    itself a sum: after(x + joined(x + …)).
    """

    before: Norm | None = None
    inner: Norm | None = None
    after: Norm | None = None
    factor: float = 1.0
    scale: Scale | None = None
    joined: Norm | None = None


@dataclass(frozen=True, slots=True)
class Positions:
    """A table of absolute position vectors (`count`, width).

    `start` is the row of a text's first position. With `after_padding` positions count real tokens
    only (those whose id is not `padding_id`), and padding itself gets row `padding_id`; that is the
    scheme of the RoBERTa family. With `masked` the mask says which tokens are real, and the row of padding
    is that before the first. Without either they count columns. A table may be `made` where no file holds
    it: row p has sines, then cosines, of p times falling frequencies. In "halves" these are fairseq's, and
    the row of padding is zero; "split" are those of Vaswani et al. 2017 (arXiv:1706.03762).
    """

    table: str
    count: int
    start: int = 0
    after_padding: bool = False
    padding_id: int = 0
    masked: bool = False
    made: Literal["", "halves", "split"] = ""

    @property
    def longest(self) -> int:
        """The longest text, in tokens, that has a row for each position."""
        return self.count - self.start


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Token, position and type vectors, added, normalised and, if `projection`, made wider.

    `projected_norm` normalises what the projection made. Token vectors are multiplied by `scale`.
    With `masked` padding becomes zero vectors. `also` are names under which some files hold the
    token vectors instead of `word`; `own` is the name of a table of this half alone, which counts where a
    file of a model of two halves holds it beside theirs. `tasks` is a table of so many rows, the first of
    which every token gets. `inside` is what stands before the names of an encoder that is one half of a
    model, and is left out in files of that half alone. Word vectors go through `entry` before anything is
    added, with `trigrams` behind those of the next token and before those of the last. Vectors of the token
    `dropped` become zero, and the others are multiplied by `KEPT` over their share of the text (Lin et al.
    2023, ESM-2).
    """

    word: str
    vocabulary: int
    width: int
    positions: Positions | None = None
    types: str | None = None
    type_count: int = 0
    norm: Norm | None = None
    projection: Linear | None = None
    scale: float = 1.0
    masked: bool = False
    projected_norm: Norm | None = None
    also: tuple[str, ...] = ()
    own: str = ""
    tasks: tuple[str, int] | None = None
    inside: str = ""
    entry: Linear | None = None
    trigrams: bool = False
    dropped: int | None = None

    @property
    def added_width(self) -> int:
        """Features of the vectors of positions and types."""
        return self.width if self.entry is None else self.entry.outputs


@dataclass(frozen=True, slots=True)
class Attention:
    """Multi-head self-attention: softmax(scale q k^T) v, projected.

    `scale` None is 1 / sqrt(head size). `kv_heads` fewer than `heads` are shared among them.
    `query_norm` and `key_norm` act on each head, or on all heads at once where they are so wide. With
    `causal` no position sees later ones; with `window` it sees only positions at most so many away.
    `relative` is this block's own bias of distances, in place of the encoder's. With `cap` scores,
    before any bias, become cap tanh(score / cap). With `gate` each position weighs the biases of distances.
    With `clip` queries, keys and values are brought to the range from -clip to clip. With `within` a position
    sees those of its own window alone, whose number is fed. With `first` the first position is an exception.
    `inner` normalises what goes into the last layer.
    """

    query: Linear
    key: Linear
    value: Linear
    output: Linear
    heads: int
    kv_heads: int | None = None
    scale: float | None = None
    rotary: Rotary | PlaneRotary | AxesRotary | None = None
    query_norm: Norm | None = None
    key_norm: Norm | None = None
    causal: bool = False
    window: int | None = None
    disentangled: Disentangled | None = None
    relative: RelativeBias | Alibi | None = None
    cap: float | None = None
    gate: Gate | None = None
    clip: float | None = None
    within: bool = False
    first: First | None = None
    inner: Norm | None = None

    @property
    def attentions(self) -> tuple[Attention, ...]:
        """Itself: what stands in the place of attention may hold one, or none."""
        return (self,)

    @property
    def movable(self) -> bool:
        """Whether a text has the same numbers behind padding on its left side as without it."""
        return self.causal


@dataclass(frozen=True, slots=True)
class FeedForward:
    """down(activation(up(x))), or down(activation(gate(x)) * up(x)) where there is a gate.

    `norm` normalises what goes into the last layer.
    """

    up: Linear
    down: Linear
    activation: str
    gate: Linear | None = None
    norm: Norm | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One layer: attention or what stands in its place, then feed-forward, each with its norms.

    In a `parallel` one both read what the layer reads, and what they give is added to it. `more` are further
    feed-forwards behind the first one.
    """

    attention: Attention | ShortConvolution | Spans | Fourier
    attention_norms: Norms
    feed_forward: FeedForward | Experts
    feed_forward_norms: Norms
    parallel: bool = False
    more: tuple[tuple[FeedForward, Norms], ...] = ()
    narrow: Narrow | None = None

    @property
    def attending(self) -> Attention:
        """The attention, for families whose layers all have one."""
        assert isinstance(self.attention, Attention)
        return self.attention


@dataclass(frozen=True, slots=True)
class Encoder:
    """A whole encoder. `token_types` says whether it reads ``token_type_ids``.

    The result of the blocks is normalised by `final_norm` and goes through `latents`, where there are such.
    With a `decoder` the states are those of its blocks.
    """

    family: str
    hidden: int
    embeddings: Embeddings
    blocks: tuple[Block, ...]
    final_norm: Norm | None = None
    relative_bias: RelativeBias | None = None
    convolution: Convolution | None = None
    latents: Latents | None = None
    decoder: Decoder | None = None

    @property
    def token_types(self) -> bool:
        """Whether rows of more than one type exist, so that the types must be fed."""
        return self.embeddings.types is not None and self.embeddings.type_count > 1

    @property
    def movable(self) -> bool:
        """Whether a text has the same numbers behind padding on its left side as without it."""
        positions = self.embeddings.positions
        if self.decoder is not None or (positions is not None and not positions.masked):
            return False
        return all(block.attention.movable for block in self.blocks)

    @property
    def longest(self) -> int | None:
        """The longest input in tokens, or None where positions are unbounded."""
        attending = [each for block in self.blocks for each in block.attention.attentions]
        schemes = (self.embeddings.positions, *(attention.rotary for attention in attending))
        limits = [scheme.longest for scheme in schemes if scheme is not None]
        return min((limit for limit in limits if limit is not None), default=None)
