"""Folders of FlagEmbedding's models with three heads: beside the dense one, two in files of their own.

The chain of such a folder gives the dense vectors. ``sparse_linear.pt`` weighs tokens, and
``colbert_linear.pt`` maps token vectors to those of late interaction (arXiv:2402.03216).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from isomorph.errors import BadModel
from isomorph.files.names import COLBERT_HEAD, SPARSE_HEAD
from isomorph.files.tensor import Tensor
from isomorph.model.graph import Module
from isomorph.model.model import Model
from isomorph.model.settings import Settings
from isomorph.modules import transformer
from isomorph.modules.dense import projection_module
from isomorph.modules.lexical_weights import lexical_weights
from isomorph.modules.multi_vector_mask import TOKENS, mask_module
from isomorph.modules.normalize import normalize_module
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenizer_files import load_tokenizer, special_tokens_of
from isomorph.read.sentence_transformers import chain

_SKIPPED = ("cls_token", "eos_token", "pad_token", "unk_token")
"""Tokens that weigh nothing."""


def sparse_model(model: Model) -> Model | None:
    """The chain that ends in weights of tokens; None where the folder has no such head.

    Raises:
        BadModel: the head is of another width, or holds other tensors.
    """
    found = _head(model, SPARSE_HEAD)
    if found is None:
        return None
    encoder, tensors = found
    width, tokens = tensors["linear.weight"].shape[1], encoder.config["transformer"]["vocab_size"]
    assert isinstance(model.inputs, Text)
    tokenizer, special = load_tokenizer(model.inputs), special_tokens_of(model.inputs)
    ids = (tokenizer.token_to_id(special.text(role)) for role in _SKIPPED)
    skipped = sorted({number for number in ids if number is not None})
    head = lexical_weights(
        "sparse_linear", "sparse_linear", width=width, tokens=tokens, skipped=skipped
    )
    return _ending(model, encoder, head, tensors)


def token_model(model: Model) -> Model | None:
    """The chain that ends in one vector a token but the first; None where the folder has no such head.

    Raises:
        BadModel: the head is of another width, or holds other tensors.
    """
    found = _head(model, COLBERT_HEAD)
    if found is None:
        return None
    encoder, tensors = found
    narrow, wide = tensors["linear.weight"].shape
    name = "colbert_linear"
    head = projection_module(name, name, wide, narrow, TOKENS, bias=True)
    assert isinstance(model.inputs, Text)
    first = special_tokens_of(model.inputs).text("cls_token")
    mask = mask_module("2", "2_MultiVectorMask", [first], ("query", "document"))
    unit = normalize_module("3", "3_Normalize", TOKENS)
    return _ending(model, encoder, head, tensors, mask, unit)


def _head(model: Model, name: str) -> tuple[Module, Mapping[str, Tensor]] | None:
    """The transformer of a chain, and the tensors of a head in the file of this name."""
    first = model.graph.modules[0]
    whole = not model.routers and first.kind == transformer.KIND.name
    if not whole or first.outputs[0] not in TOKENS or model.files.file(name) is None:
        return None
    from isomorph.files.pickled.tensors import pickled_tensors  # few folders hold such files

    found = pickled_tensors(model.files.hold(name))
    if set(found) != {"weight", "bias"} or len(found["weight"].shape) != 2:
        held = {key: tensor.shape for key, tensor in sorted(found.items())[:4]}
        raise BadModel(
            f"{model.files.path(name)} holds {held}, not a matrix 'weight' and a 'bias'."
        )
    return first, {f"linear.{key}": tensor for key, tensor in found.items()}


def _ending(
    model: Model, encoder: Module, head: Module, tensors: Mapping[str, Tensor], *behind: Module
) -> Model:
    """The model with these modules behind its encoder; prompts and comparisons are of the dense one."""
    found = {encoder.name: model.tensors[encoder.name], head.name: tensors}
    graph = chain((encoder, head, *behind), model.inputs)
    return replace(model.with_graph(graph), tensors=found, settings=Settings())
