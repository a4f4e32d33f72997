"""What is said of the weights of a quantised folder, and what a user asks of it."""

from __future__ import annotations

from isomorph.errors import Unsupported
from isomorph.files.quantized import stored_as
from isomorph.model.model import Model


def told_of_stored(model: Model, held: str | None) -> str:
    """In what a quantised folder stores its matrices, and what a session makes of them; "" of any other.

    Args:
        model: the model.
        held: the type in which the session holds them; None for that of its arithmetic.
    """
    stored = stored_as(model.files)
    if stored is None:
        return ""
    if held == stored.weights:
        return f"{stored.weights}, multiplied by activations in {stored.activations}"
    return f"{stored.weights}, read as float32 numbers"


def refuse_other_weights(model: Model, weights: str | None) -> None:
    """Refuses a folder that stores its matrices in another type than the user asks for; None asks for none.

    Raises:
        Unsupported: with the command that makes such a folder.
    """
    if weights is None:
        return
    stored = stored_as(model.files)
    found = "float32, or as it was published" if stored is None else stored.weights
    if stored is None or stored.weights != weights:
        raise Unsupported(
            f"weights={weights!r} was asked for, and {model.folder} stores them as {found}. Make a folder "
            f"that does: isomorph quantize {model.folder} --weights {weights} --backend NAME --output FOLDER"
        )
