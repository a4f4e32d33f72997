"""What few encoders consist of, which is imported for those alone. Names are those of tensors.

What most have, and what all of these are parts of, stands in `isomorph.encoders.description`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isomorph.encoders.description import (
        Attention,
        Embeddings,
        FeedForward,
        Linear,
        Norm,
        Norms,
    )
    from isomorph.encoders.relations import RelativeBias


@dataclass(frozen=True, slots=True)
class Disentangled:
    """DeBERTa's attention between content and relative positions (He et al. 2020, arXiv:2006.03654).

    `table` holds the (2 span, hidden) position vectors of all blocks, normalised by `norm` if there
    is one. `query` and `key` project them where a block has projections of its own for positions;
    None: the block's query and key projections are shared. Its scores get the attention's scale.
    With `buckets` 0 each distance below `span` has vectors of its own.
    """

    table: str
    span: int
    buckets: int
    max_distance: int
    norm: Norm | None = None
    content_to_position: bool = True
    position_to_content: bool = True
    query: Linear | None = None
    key: Linear | None = None


@dataclass(frozen=True, slots=True)
class First:
    """Layers with which a text's first position sees all others, where they see a window (arXiv:2004.05150).

    All others see the first position beside their window, by the layers that they have for it.
    """

    query: Linear
    key: Linear
    value: Linear


@dataclass(frozen=True, slots=True)
class Spans:
    """Attention, and beside it a kernel that each position makes for what is near (arXiv:2008.02496).

    Each head's kernel of `kernel` numbers is the softmax of kernels(q k), with q the query and k a separable
    convolution of x: tensors ``KEYS.depthwise.weight`` (hidden, 1, kernel), ``KEYS.pointwise.weight``
    (features, hidden, 1) and ``KEYS.bias`` (features, 1). It weighs values(x) around the position.
    The output of `attention` reads what both give. Padding is zero in x and in what is weighed.
    """

    attention: Attention
    keys: str
    kernels: Linear
    values: Linear
    kernel: int

    @property
    def attentions(self) -> tuple[Attention, ...]:
        """The attention beside the kernels."""
        return (self.attention,)

    @property
    def movable(self) -> bool:
        """Kernels reach to both sides: padding on the left changes a text's numbers."""
        return False


@dataclass(frozen=True, slots=True)
class ShortConvolution:
    """A gated convolution over the last few positions, in the place of attention (LFM2).

    `inward` makes u, v and w of x; the result is outward(v convolution(u w)), in which each feature goes
    through a kernel of its own of `kernel` positions, the last one a text's present position. Tensors
    ``NAME.weight`` (features, 1, kernel) and, with `bias`, ``NAME.bias``. Padding is zero in x.
    """

    name: str
    inward: tuple[Linear, Linear, Linear]
    outward: Linear
    features: int
    kernel: int
    bias: bool = False

    @property
    def attentions(self) -> tuple[Attention, ...]:
        """No attention: this stands in its place."""
        return ()

    @property
    def movable(self) -> bool:
        """Whether a text has the same numbers behind padding on its left side as without it."""
        return not self.bias


@dataclass(frozen=True, slots=True)
class Matrices:
    """A matrix (outputs, inputs) for each of several experts.

    A `name` with ``{}`` is that of a tensor each, with the expert's number in this place. Without it one
    tensor holds all of them, one below the other. If `turned` they are stored as (inputs, outputs).
    With `stacked` the one tensor is (experts, rows, inputs), of which these begin at the first number of
    the rows that are the second.
    """

    name: str
    inputs: int
    outputs: int
    turned: bool = False
    added: str = ""
    stacked: tuple[int, int] | None = None

    @property
    def stored(self) -> tuple[int, int]:
        """The shape of one of them in the file."""
        return (self.inputs, self.outputs) if self.turned else (self.outputs, self.inputs)


@dataclass(frozen=True, slots=True)
class Experts:
    """Feed-forwards of which each position asks a few (Shazeer et al. 2017, arXiv:1701.06538).

    softmax(router x) says how much each of `count` experts counts; the `chosen` largest shares stay, and
    are brought to a sum of 1 if `normalized`. The result is the sum of down(activation(gate(x)) * up(x)),
    or down(activation(up(x))) without a gate, each times its share. To it come what `shared` makes of
    every position, times sigmoid(shared_gate x), and the vector `bias`.
    """

    router: Linear
    count: int
    chosen: int
    up: Matrices
    down: Matrices
    activation: str
    gate: Matrices | None = None
    normalized: bool = False
    shared: FeedForward | None = None
    shared_gate: Linear | None = None
    bias: str | None = None


@dataclass(frozen=True, slots=True)
class Fourier:
    """The real part of a text's Fourier transform, in the place of attention (arXiv:2105.03824).

    Over the `features` of all positions of a text, and over its positions. Padding is no part of it.
    """

    features: int

    @property
    def attentions(self) -> tuple[Attention, ...]:
        """No attention: this stands in its place."""
        return ()

    @property
    def movable(self) -> bool:
        """Positions count from the text's own first one, which nobody says where padding is left of it."""
        return False


@dataclass(frozen=True, slots=True)
class Narrow:
    """What stands around a block of fewer features (MobileBERT, arXiv:2004.02984): `inward` and `outward`.

    The block reads inward(x), and the layer gives norm(x + outward(…)), with the norm of `outward`. With
    `queries` attention takes its queries and keys of queries(x), and its values of x.
    """

    inward: tuple[Linear, Norm]
    outward: tuple[Linear, Norm]
    queries: tuple[Linear, Norm] | None = None


@dataclass(frozen=True, slots=True)
class Convolution:
    """y + activation(convolution(x)), normalised, with x the embeddings and y the first block's result.

    The kernel reaches `kernel` // 2 positions to both sides; beyond the text stand zeros. Tensors
    ``NAME.weight`` (features, features, kernel) and ``NAME.bias``.
    """

    name: str
    features: int
    kernel: int
    activation: str
    norm: Norm


@dataclass(frozen=True, slots=True)
class Latents:
    """Every state looks at learned vectors, then goes through a feed-forward (Lee et al., arXiv:2405.17428).

    x + output(softmax(query(norm(x)) key(t)^T / sqrt(head size)) value(t)) with t the `norm_table` of the
    tensor `table` (count, inputs of `key`); then x + feed_forward(norm(x)).
    """

    table: str
    count: int
    norm: Norm
    norm_table: Norm
    query: Linear
    key: Linear
    value: Linear
    output: Linear
    heads: int
    feed_forward_norm: Norm
    feed_forward: FeedForward


@dataclass(frozen=True, slots=True)
class CrossBlock:
    """One layer of a decoder: attention to itself, then to what the encoder made, then feed-forward."""

    attention: Attention
    attention_norms: Norms
    cross: Attention
    cross_norms: Norms
    feed_forward: FeedForward
    feed_forward_norms: Norms


@dataclass(frozen=True, slots=True)
class Decoder:
    """What reads the text again, each token one place later, and looks at the encoder's states (BART).

    The first place has the token `start`; None is the last of the text that is not padding, whose id is
    `padding_id`. Its own attention sees padding too, if that comes before a token.
    """

    embeddings: Embeddings
    blocks: tuple[CrossBlock, ...]
    start: int | None
    padding_id: int
    final_norm: Norm | None = None
    relative_bias: RelativeBias | None = None
