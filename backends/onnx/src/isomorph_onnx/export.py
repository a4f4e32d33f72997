"""Models that do not lower: a live torch chain as one ONNX file. Needs ``isomorph-onnx[export]``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from isomorph.contract import Model, Session
from isomorph_onnx.artifact import LAYOUT
from isomorph_onnx.graph import OPSET
from isomorph_onnx.names import DEPTH_KEY, FILE


def export(model: Model, session: Session, folder: Path) -> None:
    """Writes ``model.onnx`` and its weights into the chain's place, with the names of the model's graph.

    The token vectors are on the way to every result, so they are an output too.

    Raises:
        Exception: whatever torch raises about a model that it cannot trace or translate.
    """
    import torch

    from isomorph_torch.tracing import quiet_tracing, trace

    inputs, outputs = model.graph.inputs, output_names(model)
    traced = trace(session.native["torch_module"], inputs, outputs)
    target = LAYOUT.target(model, folder)
    target.mkdir(parents=True, exist_ok=True)
    with quiet_tracing():
        program: Any = torch.onnx.export(
            traced,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamo=True,
            opset_version=OPSET,
            verbose=False,
        )
        program.model.metadata_props.update(depths(model, outputs))
        program.save(str(target / FILE), external_data=True)  # protobuf ends at 2 GB


def depths(model: Model, outputs: Iterable[str]) -> dict[str, str]:
    """The file's metadata: the modules that it holds, and those up to each value on the way."""
    on_the_way = (name for name in outputs if name not in model.graph.outputs)
    reached = {f"{DEPTH_KEY}.{name}": len(model.graph.until([name])) for name in on_the_way}
    return {key: str(depth) for key, depth in {DEPTH_KEY: len(model.graph), **reached}.items()}


def output_names(model: Model) -> tuple[str, ...]:
    """What the graph promises, and the token vectors where a module writes them."""
    written = {name for module in model.graph.modules for name in module.outputs}
    tokens = {"token_embeddings"} & (written - set(model.graph.outputs))
    return (*model.graph.outputs, *tokens)
