"""Errors of torch and transformers, told as errors of isomorph."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError

from isomorph.contract import Device
from isomorph.errors import BackendError, BadModel, DeviceUnavailable, InputError, IsomorphError

_UNREADABLE = (
    AssertionError,
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
    SafetensorError,
    pickle.UnpicklingError,
)
"""What transformers and the libraries under it raise about damaged or contradictory files."""


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Reading a module from its folder."""
    try:
        yield
    except IsomorphError:
        raise
    except torch.OutOfMemoryError as cause:
        raise BackendError(f"There is not enough memory to load {folder}: {cause}") from cause
    except TypeError as cause:
        raise InputError(
            f"{folder} was not loaded, an argument does not fit its model class "
            f"(see model_kwargs and config_kwargs): {cause}"
        ) from cause
    except ImportError as cause:
        raise BackendError(
            f"{folder} needs a package that is not installed: {cause}. Install it, or leave out the "
            "model_kwargs that ask for it."
        ) from cause
    except _UNREADABLE as cause:
        raise BadModel(f"transformers cannot load {folder}: {cause}") from cause


@contextmanager
def placing(device: Device) -> Iterator[None]:
    """Moving weights to a device."""
    try:
        yield
    except torch.OutOfMemoryError as cause:
        raise BackendError(
            f"The model does not fit into the memory of {device}: {cause}"
        ) from cause
    except (RuntimeError, AssertionError) as cause:
        raise DeviceUnavailable(str(device), "torch", [], str(cause)) from cause


@contextmanager
def running(device: Device) -> Iterator[None]:
    """A forward pass."""
    try:
        yield
    except IsomorphError:
        raise
    except torch.OutOfMemoryError as cause:
        raise BackendError(
            f"{device} ran out of memory in a forward pass; use a smaller batch: {cause}"
        ) from cause
    except IndexError as cause:
        raise InputError(
            "A token id or a position lies outside of the model's tables: the tokenizer belongs to "
            f"another model, or the text is longer than the model's positions ({cause})."
        ) from cause
    except RuntimeError as cause:
        raise BackendError(f"torch failed in a forward pass on {device}: {cause}") from cause
