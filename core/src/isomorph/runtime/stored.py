"""What is said of the weights of a quantised folder, and what a user asks of it."""

from __future__ import annotations

from isomorph.errors import Unsupported
from isomorph.files.quantized import WEIGHTS, stored_as
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
        Unsupported: with the command that makes such a folder, of types that there are.
    """
    if weights is None:
        return
    stored = stored_as(model.files)
    found = "float32, or as it was published" if stored is None else stored.weights
    if stored is None or stored.weights != weights:
        raise Unsupported(
            f"weights={weights!r} was asked for, and {model.folder} stores them as {found}. "
            f"{_what_to_do(model, weights, stored is not None)}"
        )


def _what_to_do(model: Model, weights: str, is_quantized: bool) -> str:
    if weights not in WEIGHTS:
        return f"Types that a folder may be stored in are {', '.join(WEIGHTS)}; leave weights= out for any."
    source = "MODEL" if is_quantized else str(model.folder)
    of = " of the MODEL that it was made of" if is_quantized else ""
    return (
        f"Make a folder that does{of}: isomorph quantize {source} --weights {weights} --backend NAME "
        "--output FOLDER"
    )
