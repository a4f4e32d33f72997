"""CNN: convolutions of several sizes over the token vectors, side by side (Kim 2014, arXiv:1408.5882)."""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import WIDTH, ListOf, Schema, maybe
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.types import historical
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

_INPUTS = ("in_embedding_dimension", "in_word_embedding_dimension")
_SIZES = ListOf(WIDTH, least=1, most=limits.PARTS)
SCHEMA: Schema = {
    **dict.fromkeys((*_INPUTS, "out_channels"), WIDTH),
    "kernel_sizes": _SIZES,
    "stride_sizes": maybe(_SIZES),
}


def read(source: ModuleFolder) -> Module:
    """Reads ``cnn_config.json``: `in_embedding_dimension`, `out_channels`, `kernel_sizes`, `stride_sizes`."""
    config = source.settings(SCHEMA, "cnn_config.json", needed=(_INPUTS,))
    sizes = tuple(config.get("kernel_sizes", (1, 3, 5)))
    strides = tuple(config.get("stride_sizes") or (1,) * len(sizes))
    if len(sizes) != len(strides):
        raise BadModel(f"{source.place} has {len(sizes)} kernels, but {len(strides)} strides.")
    return Module(
        "cnn",
        source.name,
        folder=source.path,
        config={
            "in_embedding_dimension": next(config[name] for name in _INPUTS if name in config),
            "out_channels": config.get("out_channels", 256),
            "kernel_sizes": sizes,
            "stride_sizes": strides,
        },
        weights=tuple(source.tensors),
        inputs=("token_embeddings", "attention_mask"),
        outputs=("token_embeddings",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Each kernel over the real tokens, which zeros surround, as if the text stood alone.

    sentence-transformers lets a kernel reach into padding, where it reads the vector of token 0, so
    that a text's result depends on its batch. Here it is that of a batch of one.
    """
    config = module.config
    wide, channels = config["in_embedding_dimension"], config["out_channels"]
    for size, stride in zip(config["kernel_sizes"], config["stride_sizes"], strict=True):
        if size % 2 == 0 or stride != 1:
            raise Unsupported(
                f"CNN kernel of size {size} and stride {stride}: only odd sizes and a stride of 1 "
                "leave one vector a token"
            )
    real = ops.unsqueeze(ops.cast(values["attention_mask"], "float32"), 2)
    tokens = values["token_embeddings"] * real
    parts = []
    for index, size in enumerate(config["kernel_sizes"]):
        weight = weights(f"convs.{index}.weight", (channels, wide, size))
        bias, half = weights(f"convs.{index}.bias", (channels,)), size // 2
        parts.append(ops.conv1d(tokens, weight, bias, padding=(half, half)))
    return {"token_embeddings": ops.concat(parts, axis=2) if len(parts) > 1 else parts[0]}


KIND = ModuleKind(
    name="cnn",
    classes=historical("CNN"),
    read=read,
    lower=lower,
    width=lambda module, width: (
        int(module.config["out_channels"]) * len(module.config["kernel_sizes"])
    ),
    takes=lambda module: int(module.config["in_embedding_dimension"]),
    needs=("settings", "weights"),
)
