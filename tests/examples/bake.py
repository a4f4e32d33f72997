"""An exporter: bakes a chain that is linear in its vectors into one table for the backend ``table``."""

from pathlib import Path

import numpy as np

from isomorph.contract import ExporterInfo, Model, Session
from isomorph.errors import Unsupported
from isomorph.hookspecs import hookimpl


def export(model: Model, session: Session, folder: Path) -> None:
    """Asks the live model for the vector of each token alone, and writes them as that backend reads them.

    Of a chain that is not linear the table gives other numbers: the export then fails, since core
    publishes no artifact that differs from the model.
    """
    if not model.graph.ragged:
        raise Unsupported("Only models that begin with a StaticEmbedding can be baked.")
    tokens = np.arange(model.graph.modules[0].config["tokens"], dtype=np.int64)
    vectors = session.forward({"input_ids": tokens, "offsets": tokens})
    np.save(folder / f"table-{len(model.graph)}.npy", vectors[model.graph.outputs[0]])


@hookimpl
def isomorph_exporters() -> list[ExporterInfo]:
    """The exporter, which reads the model from a session of the numpy reference."""
    return [ExporterInfo("table", "bake_plugin:export", source="reference")]
