"""Models that do not lower: a live torch chain as a graph file. Needs ``isomorph-openvino[export]``."""

from __future__ import annotations

from pathlib import Path

from isomorph.contract import Model, Session
from isomorph_openvino import artifact
from isomorph_openvino.engine import engine


def export(model: Model, session: Session, folder: Path) -> None:
    """Writes ``openvino/openvino_model.xml``, with the names of the model's graph, and a manifest.

    The token vectors are on the way to every result, so they are an output too.

    Raises:
        Exception: whatever torch or OpenVINO raises about a model that they cannot trace or convert.
    """
    from isomorph_torch.tracing import quiet_tracing, trace

    written = {name for module in model.graph.modules for name in module.outputs}
    passed = tuple({"token_embeddings"} & (written - set(model.graph.outputs)))
    inputs, outputs = model.graph.inputs, (*model.graph.outputs, *passed)
    traced = trace(session.native["torch_module"], inputs, outputs)
    with quiet_tracing():
        graph = engine().convert_model(traced)
    for port, name in zip(graph.inputs, inputs, strict=True):
        port.get_tensor().set_names({name})
        port.get_node().set_friendly_name(name)
    for port, name in zip(graph.outputs, outputs, strict=True):
        port.get_tensor().set_names({name})
    artifact.write(graph, model, "float32", folder, passed)
