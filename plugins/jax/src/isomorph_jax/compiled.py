"""A function of weights and feeds, compiled for one shape of feeds after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from isomorph.contract import CompileCache
from isomorph_jax.engine import engine
from isomorph_jax.failures import compiling

KEPT = 256
"""Shapes of which the executables stay in memory; core's lattice has fewer."""
_FILE = "executable"
ROOM = 64 << 20
"""Bytes of an executable at most: code, without the weights."""


class Compiled:
    """Executables by the shapes of feeds. Threads may call it at once; each shape is compiled once.

    `describe` says what the function computes, apart from its weights, for the cache between processes.
    `file` is where the function comes from, None where it is ours.
    """

    def __init__(
        self,
        call: Callable[..., Any],
        weights: Mapping[str, Any],
        device: Any,
        *,
        describe: bytes,
        cache: CompileCache,
        file: Path | None,
    ) -> None:
        self.function = engine().jit(call)
        self._weights = weights
        self._device = device
        self._describe = describe
        self._cache = cache
        self._file = file
        self._lock = Lock()
        self._made: dict[Any, Callable[..., Any]] = {}

    def __call__(self, feeds: Mapping[str, Any]) -> Mapping[str, Any]:
        """The outputs for feeds on the device; they may still be under way."""
        key = tuple((name, each.shape) for name, each in sorted(feeds.items()))
        made = self._made.get(key)
        if made is None:
            with self._lock:
                made = self._made.get(key) or self._make(key, feeds)
        found: Mapping[str, Any] = made(self._weights, feeds)
        return found

    def _make(self, key: Any, feeds: Mapping[str, Any]) -> Callable[..., Any]:
        shape = ", ".join(f"{name} {size}" for name, size in key)
        with compiling(shape, self._file):
            lowered = self.function.lower(self._weights, feeds)
            made = self._kept(lowered, shape, feeds) or lowered.compile()
        while len(self._made) >= KEPT:
            del self._made[next(iter(self._made))]
        self._made[key] = made
        return made

    def _kept(
        self, lowered: Any, shape: str, feeds: Mapping[str, Any]
    ) -> Callable[..., Any] | None:
        """The executable out of the cache, or compiled and put there; None where nothing is kept."""
        made: list[Any] = []

        def make(folder: Path) -> None:
            made.append(lowered.compile())
            payload = self._portable(made[0], lowered, feeds)
            if payload:
                (folder / _FILE).write_bytes(payload)

        text = hashlib.sha256(lowered.as_text().encode()).digest()
        version = f"jax {engine().__version__}, {self._device.client.platform_version}, {shape}"
        folder = self._cache(self._describe + text + version.encode(), make, size=ROOM)
        if made or folder is None:
            return made[0] if made else None
        try:
            return self._restored((folder / _FILE).read_bytes(), lowered)
        except Exception:  # damaged, or of another version: compiled anew
            return None

    def _portable(self, made: Any, lowered: Any, feeds: Mapping[str, Any]) -> bytes:
        """The executable as bytes that run; none where there are no such bytes.

        Not every device has them. One that JAX took from a cache of its own lacks functions.
        """
        from jax.experimental.serialize_executable import serialize

        try:
            payload: bytes = serialize(made)[0]
            engine().block_until_ready(self._restored(payload, lowered)(self._weights, feeds))
        except Exception:
            return b""
        return payload

    def _restored(self, payload: bytes, lowered: Any) -> Callable[..., Any]:
        from jax.experimental.serialize_executable import deserialize_and_load

        tree = engine().tree_util.tree_structure
        inputs = tree(((self._weights, lowered.args_info[0][1]), {}))
        loaded: Callable[..., Any] = deserialize_and_load(payload, inputs, lowered.out_tree)
        return loaded
