"""Which laws are asked about which models: the one place where this is said.

A law about numbers is asked about every model, because each model is lowered in another way. A law
about manners depends on how a backend handles feeds, threads, files and answers. The fortieth
transformer teaches nothing about them, so such a law is asked about few models that differ much. Where a
chain may be cut depends on the modules on both sides of the cut, so each such pair is cut in one model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from isomorph.encoders import describe
from isomorph.encoders.description import Attention, Encoder
from isomorph.testing.recipes import CATALOGUE, VARIED, Recipe, SparseStatic, Static
from isomorph.testing.tiny_encoders import TinyEncoder
from isomorph.testing.tiny_towers import TinyTower


def traits(recipe: Recipe) -> frozenset[str]:
    """What manners may depend on: modules, head, attention, feeds, how weights are stored and named."""
    return frozenset(_traits(recipe))


def _traits(recipe: Recipe) -> Iterator[str]:
    first = recipe.first
    yield f"begins with {type(first).__name__}"
    for part in recipe.parts:
        yield f"has {part.kind}"
        yield from (
            f"{part.kind} says {k}={v}" for k, v in part.config.items() if isinstance(v, bool | str)
        )
    yield "modules.json" if recipe.listed else "no modules.json"
    if isinstance(first, TinyEncoder):
        yield f"head for {first.settings.get('transformer_task', 'nothing')}"
        yield f"in several files: {first.shards > 1}"
        yield f"names with a prefix: {bool(first.prefix)}"
        yield f"old names of norms: {first.old_norms}"
        yield from _attends(describe(first.config))
    if isinstance(first, TinyTower):
        yield f"a tower of {first.modality}"
        yield f"fed {first.feeds}, gives {first.result}"
    if isinstance(first, TinyEncoder | TinyTower | Static):
        yield f"stored as {first.stored}"
    if isinstance(first, Static):
        yield f"clusters: {first.clusters is not None}"
    if isinstance(first, SparseStatic):
        yield f"every token has a weight: {first.whole}"


def _attends(encoder: Encoder) -> Iterator[str]:
    """How an encoder knows positions, and what its tokens see."""
    yield f"token types: {encoder.token_types}"
    yield f"table of positions: {encoder.embeddings.positions is not None}"
    yield f"convolution: {encoder.convolution is not None}"
    for attention in (block.attention for block in encoder.blocks):
        if not isinstance(attention, Attention):
            yield f"in the place of attention: {type(attention).__name__}"
            continue
        yield f"rotary: {attention.rotary is not None}"
        yield f"biases of distances: {bool(attention.relative or encoder.relative_bias)}"
        yield f"disentangled: {attention.disentangled is not None}"
        yield f"causal: {attention.causal}"
        yield f"window: {attention.window is not None}"


def seams(recipe: Recipe) -> frozenset[str]:
    """Where its chain may be cut: each module with what it hands on, and the module that reads that."""
    chain = [
        _begin(recipe),
        *(f"{p.kind} {p.config.get('module_input_name', '')}" for p in recipe.parts),
    ]
    return frozenset(f"{before}, then {behind}" for before, behind in pairwise(chain))


def _begin(recipe: Recipe) -> str:
    """The first module, with the head that says what comes out."""
    first, head, layers = recipe.first, "", False
    if isinstance(first, TinyEncoder):
        head = first.settings.get("transformer_task", "")
        layers = bool(first.config.get("output_hidden_states"))
    elif isinstance(first, TinyTower):
        head = first.family.task
    return f"{type(first).__name__} {head}{' of all layers' if layers else ''}"


def one_of_each(
    catalogue: Mapping[str, Recipe],
    begin: Sequence[str] = (),
    of: Callable[[Recipe], frozenset[str]] = traits,
) -> tuple[str, ...]:
    """The names to begin with, and those of models that have a trait that none before them has."""
    chosen = list(begin)
    seen = {trait for name in chosen for trait in of(catalogue[name])}
    for name, recipe in catalogue.items():
        if not of(recipe) <= seen:
            chosen.append(name)
            seen |= of(recipe)
    return tuple(chosen)


EVERY = tuple(CATALOGUE)
"""All tiny models, for laws about numbers."""

EACH_KIND = one_of_each(CATALOGUE, VARIED)
"""At least one model with each kind of module, head, attention and file, for laws about manners."""

CUT = one_of_each(CATALOGUE, VARIED, seams)
"""At least one model with each pair of modules that follow each other, for the law about cuts."""

MODELS: Mapping[str, tuple[str, ...]] = {
    "test_claim_is_honest": EVERY,
    "test_numbers_agree": EVERY,
    "test_every_cut_agrees": CUT,
    "test_rows_are_independent": EVERY,
    "test_rows_are_steady": EVERY,
    "test_threads_change_no_bit": EACH_KIND,
    "test_outputs_are_exact": EACH_KIND,
    "test_widths_are_told": EACH_KIND,
    "test_claim_is_pure": EACH_KIND,
    "test_claim_is_monotone": EACH_KIND,
    "test_claim_reads_no_weights": EACH_KIND,
    "test_feeds_are_untouched": EACH_KIND,
    "test_sessions_are_reusable": EACH_KIND,
    "test_threads_agree": EACH_KIND,
    "test_effective_is_honest": EACH_KIND,
    "test_saving_round_trips": EACH_KIND,
    "test_arithmetic_is_honoured": VARIED,
    "test_what_is_kept_is_the_same": VARIED,
    "test_failed_loads_say_why": VARIED,
    "test_memory_does_not_grow": VARIED[::3],
    "test_neighbours_are_independent": VARIED,
    "test_sessions_close": VARIED,
    "test_unknown_options_are_refused": VARIED,
}
"""Each law about single models, and the models that it is asked about."""
