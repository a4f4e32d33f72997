"""What a user may ask of ONNX Runtime beside the device, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from isomorph.contract import Device
from isomorph.errors import Unsupported
from isomorph_onnx.devices import PROVIDERS
from isomorph_onnx.options import OPTIONS

if TYPE_CHECKING:
    from isomorph_onnx.artifact import Artifact


def refuse_other_arithmetic(asked: str | None, artifact: Artifact | None) -> None:
    """Refuses arithmetic in another number type than that of the weights in use.

    Raises:
        Unsupported: it is another.
    """
    real = artifact.signature.precision if artifact else "float32"
    if asked not in (None, real):
        what = artifact.file.name if artifact else "this backend"
        raise Unsupported(f"arithmetic in {asked!r} was asked for, but {what} is of {real}.")


def refuse_unknown(model_kwargs: Mapping[str, Any], device: Device) -> None:
    """Refuses what would otherwise be silently ignored.

    Raises:
        Unsupported: a key is unknown, or the provider is another device's.
    """
    unknown = sorted(set(model_kwargs) - set(OPTIONS))
    if unknown:
        raise Unsupported(
            f"model_kwargs {', '.join(unknown)} have no effect on ONNX Runtime; known: "
            f"file_name, output_name, {', '.join(OPTIONS)}."
        )
    provider = model_kwargs.get("provider")
    if provider is not None and provider != PROVIDERS.get(device.kind):
        raise Unsupported(
            f"provider {provider!r} does not serve device {device}; pass device= instead."
        )
