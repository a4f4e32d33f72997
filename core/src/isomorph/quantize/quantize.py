"""One quantisation, from a name to a published folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isomorph.errors import BadModel, IsomorphError, NotQuantized, Unsupported
from isomorph.export.folder import copy_model, published
from isomorph.export.shown import say, showing
from isomorph.files.names import QUANTIZED
from isomorph.files.quantized import ACTIVATIONS, WEIGHTS, Stored, stored_as
from isomorph.model.model import Model
from isomorph.plugins.discovery import Plugins, installed
from isomorph.plugins.reading import read_model
from isomorph.preprocess.text import Text
from isomorph.quantize.apart import set_apart
from isomorph.quantize.candidates import Candidates, Place, candidates
from isomorph.quantize.card import write_card
from isomorph.quantize.encoded import HALVES, Choice, Columns, write_weights
from isomorph.quantize.given import own_texts
from isomorph.quantize.losses import losses
from isomorph.quantize.measure import Measured, Pair, measure, running
from isomorph.resolve import Request, resolve
from isomorph.version import __version__

CALIBRATING = 24
"""Texts that tell what each layer loses."""
MOST_OF_A_LAYER = {"int8": 0.03, "int4": 0.2}
"""Linear layers that lose more than this share of their result stay in float, unless a call says another."""


@dataclass(frozen=True, slots=True)
class Quantized:
    """What was published."""

    folder: Path
    stored: Stored
    layers: int
    """Matrices in fewer bits."""
    kept: Mapping[str, str]
    """Matrices that stay in float, by module and name, each with the reason."""
    size: float
    """Bytes of the new folder over those of the model's own files."""
    measured: Measured
    apart: Mapping[str, int] = field(default_factory=dict)
    """How many columns have scales of their own, by module and name, of matrices with such."""


def quantize_model(
    name: str | Path,
    weights: str,
    *,
    backend: str,
    output: str | Path,
    activations: str = "float32",
    max_loss: float | None = None,
    max_layer_loss: float | None = None,
    pairs: Sequence[Pair] = (),
    texts: Sequence[str] | None = None,
    force: bool = False,
    show_progress_bar: bool = False,
    plugins: Plugins | None = None,
) -> Quantized:
    """Makes a model folder with weights in fewer bits, and publishes it if it loses no more than allowed.

    Args:
        name: a folder, ``package:DISTRIBUTION``, or a Hub id.
        weights: ``"int8"``, ``"int4"``, ``"float16"`` or ``"bfloat16"``.
        backend: the backend that runs both models to measure them.
        output: the folder to make.
        activations: in what products with int8 matrices are computed where a backend can: ``"float32"``, or
            ``"int8"`` with a scale for each token.
        max_loss: the largest `Measured.loss` that is published, such as 0.005; None for any finite one.
        max_layer_loss: linear layers that lose a larger share of their result stay in float; None takes 0.03
            of int8, 0.2 of int4.
        pairs: two texts and a score each, for a correlation.
        texts: what is compared and what layers are tried with; None takes texts that travel along.
        force: replace an earlier folder of this command.
        show_progress_bar: says on stderr what is done.
        plugins: in place of those that are installed.

    Raises:
        ModelError: the model cannot be found or read.
        BackendError: the backend is missing, or cannot run the model.
        NotQuantized: the new model loses more than `max_loss`, or gives numbers that are not finite.
        InputError: the output folder cannot be used.
        Unsupported: these types, or this model, are not quantised here.
    """
    plugins = plugins or installed()
    stored = _asked(weights, activations)
    plugins.info(backend)
    target = Path(output).absolute()
    source = resolve(str(name), Request(organization="sentence-transformers"))
    model = read_model(source)
    _refuse(model)
    inputs: Sequence[Any] = own_texts() if texts is None else texts
    if not isinstance(model.inputs, Text):
        inputs, pairs = [model.inputs.sample(16, seed) for seed in range(CALIBRATING)], ()
    with showing(show_progress_bar), published(target, source, force, QUANTIZED) as fresh:
        found = _chosen(model, stored, max_layer_loss, inputs[:CALIBRATING])
        say(f"Writing {len(found.chosen)} matrices as {stored} …")
        copy_model(model, fresh, weights=False)
        _write(model, stored, found, fresh)
        say(f"Comparing in {backend} …")
        made = _read_back(fresh, model)
        with running(model, backend, plugins) as before, running(made, backend, plugins) as now:
            measured = measure(before, now, inputs, pairs)
        if not (measured.loss < float("inf") and (max_loss is None or measured.loss <= max_loss)):
            raise NotQuantized(_too_much(measured, max_loss, found.losses))
        kept = {_said(place): why for place, why in found.why.items()}
        size = _size(fresh) / _size_of(model)
        apart = {_said(p): len(each) for p, each in found.apart.items() if p in found.chosen}
        result = Quantized(target, stored, len(found.chosen), kept, size, measured, apart)
        _write_manifest(result, backend, fresh)
        write_card(result, backend, fresh)
    return result


def _asked(weights: str, activations: str) -> Stored:
    if weights not in WEIGHTS or activations not in ACTIVATIONS:
        raise Unsupported(
            f"weights={weights!r} with activations={activations!r} is not done; known: {', '.join(WEIGHTS)} "
            f"with {', '.join(ACTIVATIONS)}."
        )
    if activations == "int8" and weights != "int8":
        raise Unsupported(
            f"activations='int8' needs weights='int8', not {weights!r}: products are of codes with codes."
        )
    return Stored(weights, activations)


def _refuse(model: Model) -> None:
    """Refuses what would lose more than it should, or parts that have no file of their own."""
    if stored_as(model.files) is not None:
        raise Unsupported(
            f"{model.folder} is quantised already, and rounding twice loses more. Quantize the model that it "
            "was made of."
        )
    folders = [module.folder for name, module in model.modules.items() if model.tensors.get(name)]
    if not folders:
        raise Unsupported(f"{model.folder} has no weights that could be stored in fewer bits.")
    if len(set(folders)) < len(folders):
        raise Unsupported(
            f"{model.folder} keeps weights of several modules in one folder, such as adapters of tasks. Save "
            "it with save_pretrained first, and quantize what was saved."
        )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is stored in fewer bits, why the rest is not, and what layers lose."""

    chosen: Mapping[Place, bool]
    why: Mapping[Place, str]
    losses: Mapping[Place, float]
    apart: Mapping[Place, Columns] = field(default_factory=dict)


def _chosen(model: Model, stored: Stored, most: float | None, inputs: Sequence[Any]) -> _Chosen:
    """Tries the layers; those that lose too much stay."""
    found: Candidates = candidates(model)
    if stored.weights in HALVES:
        return _Chosen(dict.fromkeys((*found.chosen, *found.kept), False), {}, {})
    layers = [place for place, table in found.chosen.items() if not table]
    say(f"Trying {len(layers)} layers …")
    apart = set_apart(model, layers, inputs) if stored.activations == "int8" else {}
    lost = losses(model, layers, stored, inputs, apart)
    limit = MOST_OF_A_LAYER[stored.weights] if most is None else most
    too_much = {
        place: f"it loses {loss:.1%} of its result, more than {limit:.1%}"
        for place, loss in lost.items()
        if not loss <= limit
    }
    chosen = {place: table for place, table in found.chosen.items() if place not in too_much}
    if not chosen:
        raise Unsupported(f"No matrix of {model.folder} can be stored as {stored.weights}.")
    return _Chosen(chosen, {**found.kept, **too_much}, lost, apart)


def _write(model: Model, stored: Stored, found: _Chosen, fresh: Path) -> None:
    for name, module in model.modules.items():
        tensors = model.tensors_of(module)
        if tensors:
            tables = {place[1]: table for place, table in found.chosen.items() if place[0] == name}
            apart = {place[1]: each for place, each in found.apart.items() if place[0] == name}
            write_weights(tensors, Choice(stored, tables, apart), fresh / module.folder)
    said = {"weights": stored.weights, "activations": stored.activations}
    (fresh / QUANTIZED).write_text(json.dumps(said), "utf-8")


def _read_back(fresh: Path, model: Model) -> Model:
    """What was written, which must be the same model but for the types of its tensors.

    Raises:
        NotQuantized: it is not.
    """
    try:
        made = read_model(fresh)
    except IsomorphError as cause:
        raise NotQuantized(f"the folder that was made cannot be read: {cause}") from cause
    for name, tensors in model.tensors.items():
        shapes = {each: tensor.shape for each, tensor in tensors.items()}
        if shapes != {each: t.shape for each, t in made.tensors.get(name, {}).items()}:
            raise NotQuantized(f"the folder that was made has other tensors in module {name!r}")
    return made


def _too_much(measured: Measured, limit: float | None, lost: Mapping[Place, float]) -> str:
    if not measured.loss < float("inf"):
        return (
            f"what was measured is not finite (mean cosine {measured.cosine}, Spearman {measured.spearman}): "
            "the new model gives numbers that are not finite, or the same for all pairs."
        )
    allowed = f"{100 * (limit or 0.0):.3g}%"
    worst = sorted(lost.items(), key=lambda each: -each[1])[:3]
    layers = ", ".join(f"{_said(place)} ({loss:.1%})" for place, loss in worst)
    hint = (
        f" The layers that lose most: {layers}; max_layer_loss keeps such layers in float."
        if layers
        else ""
    )
    return (
        f"the loss is {100 * measured.loss:.3g}%, and {allowed} is allowed (mean cosine "
        f"{measured.cosine:.6f}, 1st percentile {measured.cosine_low:.6f}).{hint}"
    )


def _said(place: Place) -> str:
    return "/".join(place)


def _size_of(model: Model) -> int:
    """Bytes of the model's own files, artifacts left out."""
    stored = {t.held or t.file: t for each in model.tensors.values() for t in each.values()}
    files = {tensor.file for tensor in stored.values()}
    weights = sum(file.stat().st_size for file in files)
    if not weights:
        raise BadModel(f"{model.folder} has no weight files.")
    return weights


def _size(folder: Path) -> int:
    """Bytes of the weight files."""
    return sum(file.stat().st_size for file in folder.rglob("*.safetensors"))


def _write_manifest(made: Quantized, backend: str, fresh: Path) -> None:
    content = {
        "weights": made.stored.weights,
        "activations": made.stored.activations,
        "made_by": f"isomorph {__version__}",
        "measured_in": backend,
        "matrices": made.layers,
        "kept_in_float": dict(made.kept),
        "columns_apart": dict(made.apart),
        "size": made.size,
        "measured": dict(made.measured.as_data()),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (fresh / QUANTIZED).write_text(text + "\n", "utf-8")
