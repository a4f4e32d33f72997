"""What stands where the real library has a live model, of a backend that runs a graph."""

from __future__ import annotations

from typing import Any, Never

from isomorph.errors import Unsupported


class Described:
    """The configuration of a model, and a clear error for all that only a live model has.

    Attributes:
        config: the configuration of transformers.
        device: where results are.
    """

    def __init__(self, config: Any, device: Any, why: str) -> None:
        self.config, self.device, self._why = config, device, why

    @property
    def name_or_path(self) -> str:
        """Where the configuration was read, as the live model says it."""
        return str(self.config.name_or_path)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"auto_model has no {name!r} here: {self._why}")

    def __call__(self, *args: Any, **kwargs: Any) -> Never:
        """Raises always.

        Raises:
            Unsupported: there is no live model; says why.
        """
        raise Unsupported(f"auto_model cannot be called here: {self._why}")
