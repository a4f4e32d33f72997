"""Folders in fewer bits: what `isomorph quantize` measured of them decides whether they take part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isomorph.errors import InputError
from isomorph.files.folder import Folder
from isomorph.files.names import QUANTIZED
from isomorph.files.quantized import stored_as
from isomorph.model.model import Model

ADVICE = (
    "Make such a folder with: isomorph quantize MODEL --weights int8 --backend NAME --output FOLDER"
)


def loss_of(folder: Path) -> float:
    """What was lost, as the folder's manifest says: `quantize.measure.Measured.loss`.

    Raises:
        BadModel: the manifest is damaged.
        InputError: there is no manifest, or nothing was measured.
    """
    files = Folder(folder)
    if stored_as(files) is None:
        raise InputError(f"{folder} is no folder of 'isomorph quantize'. {ADVICE}")
    content: Any = files.json(QUANTIZED)
    measured = content.get("measured")
    loss = measured.get("loss") if isinstance(measured, dict) else None
    if not isinstance(loss, int | float) or not 0 <= loss < float("inf"):
        raise InputError(f"{folder / QUANTIZED} says of no loss that was measured. {ADVICE}")
    return float(loss)


def allowed(folder: Path, max_loss: float | None) -> float:
    """The loss of a folder that takes part.

    Raises:
        BadModel, InputError: as `loss_of`; or the loss is larger than `max_loss`, or nobody said one.
    """
    loss = loss_of(folder)
    if max_loss is None:
        raise InputError(
            f"{folder} lost {loss:.3%}. Say with --max-loss how much may be lost for speed, such as 0.5%."
        )
    if loss > max_loss:
        raise InputError(f"{folder} lost {loss:.3%}, and --max-loss allows {max_loss:.3%}.")
    return loss


def refuse_others(model: Model, made: Sequence[Model]) -> None:
    """Refuses folders that cannot have been made of the model.

    Raises:
        InputError: one has other tensors.
    """
    wanted = _shapes(model)
    for each in made:
        if _shapes(each) != wanted:
            raise InputError(
                f"{each.folder} was not made of {model.folder}: its tensors have other shapes."
            )


def _shapes(model: Model) -> dict[tuple[str, str], tuple[int, ...]]:
    return {
        (module, name): tensor.shape
        for module, tensors in model.tensors.items()
        for name, tensor in tensors.items()
    }
