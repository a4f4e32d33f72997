"""Questions about the process, and names that programs import for their logs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch


def get_device_name() -> str:
    """The kind of device that models take when nothing is said: "cuda", "mps" or "cpu"."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def check_package_availability(package_name: str, owner: str | None = None) -> bool:
    """Whether a package can be imported.

    Args:
        package_name: its import name.
        owner: taken for older programs; nothing is asked of the Hub.
    """
    return find_spec(package_name) is not None


def is_accelerate_available() -> bool:
    """Whether accelerate can be imported."""
    return check_package_availability("accelerate")


def is_datasets_available() -> bool:
    """Whether datasets can be imported."""
    return check_package_availability("datasets")


def is_training_available() -> bool:
    """False: models run here."""
    return False


def fullname(o: Any) -> str:
    """The class path of an object, or of a class."""
    kind = o if isinstance(o, type) else type(o)
    if kind.__module__ == "builtins":
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}"


def import_from_string(dotted_path: str) -> Any:
    """What a class path names.

    Raises:
        ImportError: there is none.
    """
    home, _, name = dotted_path.rpartition(".")
    if not home:
        raise ImportError(f"{dotted_path!r} is no class path: it has no dot.")
    try:
        return getattr(import_module(home), name)
    except AttributeError:
        raise ImportError(f"Module {home!r} has no {name!r}.") from None


def format_modality(modality: Any) -> str:
    """Such as "text", or "image+text" for inputs of both."""
    return modality if isinstance(modality, str) else "+".join(modality)


@contextmanager
def disable_datasets_caching() -> Iterator[None]:
    """Nothing: no data sets are cached here."""
    yield


@contextmanager
def disable_logging(highest_level: int = logging.CRITICAL) -> Iterator[None]:
    """No log lines up to a level inside a ``with`` block."""
    before = logging.root.manager.disable
    logging.disable(highest_level)
    try:
        yield
    finally:
        logging.disable(before)


class LoggingHandler(logging.Handler):
    """Writes log lines so that a progress bar of tqdm stays whole."""

    __module__ = "sentence_transformers.util.logging"

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line."""
        from tqdm import tqdm

        try:
            tqdm.write(self.format(record))
        except Exception:
            self.handleError(record)


def install_logger(
    logger: Any, level: int = logging.WARNING, fmt: str = "%(levelname)s:%(message)s"
) -> None:
    """Gives a logger a handler on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(fmt))
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
