"""What a saved folder says of weights in fewer bits: what its model said, as long as that is true."""

from __future__ import annotations

from pathlib import Path

from isomorph.files.folder import Folder
from isomorph.files.names import QUANTIZED, QUANTIZED_WEIGHTS, WEIGHTS
from isomorph.files.quantized import stored_as


def keep_stored(source: Folder, fresh: Path, *, trained: bool) -> None:
    """Copies the manifest of a quantised model, if what was saved is still stored so.

    What a session wrote, of weights that were changed, takes the place of the codes beside it.

    Args:
        source: the folder of the model.
        fresh: the folder that was written.
        trained: whether somebody had the live model, whose weights may be others by now.
    """
    stored = stored_as(source)
    if stored is None:
        return
    for codes in fresh.rglob(QUANTIZED_WEIGHTS):
        if codes.with_name(WEIGHTS[0]).is_file():
            codes.unlink()
    in_halves = stored.weights in ("float16", "bfloat16") and not trained
    if in_halves or any(fresh.rglob(QUANTIZED_WEIGHTS)):
        source.copy(QUANTIZED, fresh / QUANTIZED)
