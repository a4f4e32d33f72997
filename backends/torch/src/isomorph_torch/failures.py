"""Errors of torch and transformers, told as errors of isomorph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from isomorph.contract import Device
from isomorph.errors import (
    BackendError,
    BadModel,
    DeviceUnavailable,
    InputError,
    IsomorphError,
    OutOfMemory,
)

_NO_MEMORY = ("can't allocate memory", "not enough memory")
"""How torch's allocator on the CPU says so, in an error of no class of its own."""


@contextmanager
def loading(
    place: Path, *, arguments: bool = False, report: Sequence[str] = (), hint: str = ""
) -> Iterator[None]:
    """Reading a file or a module from its folder.

    Whatever files hold, they can make the libraries under this raise anything. `arguments` says that the
    user has given some, which may be at fault. `report` is what transformers has logged meanwhile, `hint`
    what else to say of a file that cannot be read.
    """
    try:
        yield
    except IsomorphError:
        raise
    except ImportError as cause:
        raise BackendError(
            f"{place} needs a package that is not installed: {cause}. Install it, or leave out the "
            "model_kwargs that ask for it."
        ) from cause
    except (torch.OutOfMemoryError, MemoryError) as cause:
        raise OutOfMemory(f"There is not enough memory to load {place}: {cause}") from cause
    except TypeError as cause:
        if not arguments:
            raise _unreadable(place, cause, report, hint) from cause
        raise InputError(
            f"{place} was not loaded, an argument does not fit its model class "
            f"(see model_kwargs and config_kwargs): {cause}"
        ) from cause
    except Exception as cause:
        if any(words in str(cause) for words in _NO_MEMORY):
            raise OutOfMemory(f"There is not enough memory to load {place}: {cause}") from cause
        raise _unreadable(place, cause, report, hint) from cause
    except BaseException as cause:
        if type(cause).__name__ != "PanicException":  # a library in Rust gave up, not the user
            raise
        raise _unreadable(place, cause, report, hint) from cause


def _unreadable(place: Path, cause: BaseException, report: Sequence[str], hint: str) -> BadModel:
    told = str(cause) if type(cause) in (OSError, ValueError, RuntimeError) else repr(cause)
    if "above report" in told and report:
        told = "\n".join(("some weights do not fit.", *report))
    return BadModel(f"{place} cannot be loaded: {told}{hint and f'. {hint}'}")


@contextmanager
def placing(device: Device) -> Iterator[None]:
    """Moving weights to a device."""
    try:
        yield
    except torch.OutOfMemoryError as cause:
        raise OutOfMemory(f"The model does not fit into the memory of {device}: {cause}") from cause
    except (RuntimeError, AssertionError) as cause:
        raise DeviceUnavailable(str(device), "torch", [], str(cause)) from cause


@contextmanager
def running(device: Device) -> Iterator[None]:
    """A forward pass."""
    try:
        yield
    except IsomorphError:
        raise
    except (torch.OutOfMemoryError, MemoryError) as cause:
        raise _full(device, cause) from cause
    except IndexError as cause:
        raise InputError(
            "A token id or a position lies outside of the model's tables: the tokenizer belongs to "
            f"another model, or the text is longer than the model's positions ({cause})."
        ) from cause
    except Exception as cause:
        if any(words in str(cause) for words in _NO_MEMORY):
            raise _full(device, cause) from cause
        raise BackendError(
            f"torch failed in a forward pass on {device}: {type(cause).__name__}: {cause}"
        ) from cause


def _full(device: Device, cause: Exception) -> OutOfMemory:
    return OutOfMemory(f"{device} ran out of memory in a forward pass: {cause}")
