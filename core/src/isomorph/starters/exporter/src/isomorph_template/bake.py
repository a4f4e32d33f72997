"""The exporter: bakes a chain that is linear in its vectors into one table."""

from pathlib import Path

import numpy as np

from isomorph.contract import Model, Session
from isomorph.errors import Unsupported
from isomorph_template.table import name_of


def export(model: Model, session: Session, folder: Path) -> None:
    """Asks the live model for the vector of each token alone, and writes them as the backend reads them.

    Of a chain that is not linear the table gives other numbers: the export then fails, since core
    publishes no artifact that differs from the model.
    """
    if not model.graph.ragged:
        raise Unsupported("Only models that begin with a StaticEmbedding can be baked.")
    tokens = np.arange(model.graph.modules[0].config["tokens"], dtype=np.int64)
    vectors = session.forward({"input_ids": tokens, "offsets": tokens})
    np.save(folder / name_of(model), vectors[model.graph.outputs[0]])
