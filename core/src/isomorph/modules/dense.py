"""Dense: a linear layer with an activation and, in newer models, a residual connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import BadModel, Unsupported
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, TEXT, WIDTH, Schema, maybe
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.types import BASE, historical
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

SCHEMA: Schema = {
    "in_features": WIDTH,
    "out_features": WIDTH,
    "bias": FLAG,
    "activation_function": TEXT,
    "use_residual": FLAG,
    "module_input_name": maybe(TEXT),
    "module_output_name": maybe(TEXT),
}

_ACTIVATIONS = {  # last part of the class path in the file -> primitive activation, None: identity
    "Identity": None,
    "Tanh": "tanh",
    "ReLU": "relu",
    "Sigmoid": "sigmoid",
    "GELU": "gelu",
    "SiLU": "silu",
}
_PROJECTION = "residual.weight"


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json`` and the names of ``linear.weight``, ``linear.bias``, ``residual.weight``.

    Raises:
        BadModel: it is missing or damaged, or the tensors are those of a module with other settings.
    """
    config = source.settings(SCHEMA, "config.json", needed=("in_features", "out_features"))
    reads = config.get("module_input_name") or "sentence_embedding"
    writes = config.get("module_output_name") or reads
    if _PROJECTION in source.tensors and not config.get("use_residual"):
        raise BadModel(
            f"{source.place} holds a tensor {_PROJECTION!r}, which its config.json does not use: it sets no "
            "use_residual. One of the two files belongs to another model."
        )
    return Module(
        "dense",
        source.name,
        folder=source.path,
        config={
            "in_features": config["in_features"],
            "out_features": config["out_features"],
            "bias": config.get("bias", True),
            "activation_function": config.get(
                "activation_function", "torch.nn.modules.activation.Tanh"
            ),
            "use_residual": config.get("use_residual", False),
        },
        weights=tuple(source.tensors),
        inputs=(reads,),
        outputs=(writes,),
    )


def projection_module(
    name: str,
    folder: str,
    wide: int,
    narrow: int,
    values: tuple[str, ...],
    bias: bool = False,
) -> Module:
    """A linear map alone, without activation: ``linear.weight``, and ``linear.bias`` where it has one."""
    return Module(
        "dense",
        name,
        folder=folder,
        config={
            "in_features": wide,
            "out_features": narrow,
            "bias": bias,
            "activation_function": "torch.nn.modules.linear.Identity",
            "use_residual": False,
        },
        weights=("linear.weight", "linear.bias") if bias else ("linear.weight",),
        inputs=values,
        outputs=values,
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """act(x W^T + b), plus x or its projection where there is a residual."""
    config = module.config
    wide, narrow = config["in_features"], config["out_features"]
    x = values[module.inputs[0]]
    bias = weights("linear.bias", (narrow,)) if config["bias"] else None
    y = ops.linear(x, weights("linear.weight", (narrow, wide)), bias)
    path = str(config["activation_function"])
    kind = path.rsplit(".", 1)[-1]
    if not path.startswith("torch.nn.") or kind not in _ACTIVATIONS:
        raise Unsupported(
            f"Dense activation {path!r}; supported: {sorted(_ACTIVATIONS)} of torch.nn"
        )
    primitive = _ACTIVATIONS[kind]
    if primitive is not None:
        y = ops.activation(y, primitive)
    if config["use_residual"]:
        y = y + (x if wide == narrow else ops.linear(x, weights("residual.weight", (narrow, wide))))
    return {module.outputs[0]: y}


def write(module: Module, width: int | None) -> Mapping[str, Any]:
    """All settings, and the names of what it reads and writes."""
    settings = {
        **module.config,
        "module_input_name": module.inputs[0],
        "module_output_name": module.outputs[0],
    }
    if not settings["use_residual"]:
        del settings["use_residual"]  # older readers refuse the key
    return settings


KIND = ModuleKind(
    name="dense",
    classes=historical("Dense", "pylate.models.Dense.Dense", home=BASE),
    read=read,
    lower=lower,
    instead={"sentence_embedding": "token_embeddings"},  # of files of PyLate, which name no input
    width=lambda module, width: int(module.config["out_features"]),
    takes=lambda module: int(module.config["in_features"]),
    write=write,
    needs=("settings", "weights"),
)
