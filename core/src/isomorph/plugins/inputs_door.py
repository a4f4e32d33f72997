"""The one door for calls into inputs that a plugin made: what is fed is judged, failures are named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import PluginFailed
from isomorph.machine.foreign import is_the_callers
from isomorph.messages.shown import shown
from isomorph.preprocess.protocol import Inputs
from isomorph.preprocess.text import Text
from isomorph.primitives.program import Feed

Fail = Callable[[str, BaseException], PluginFailed]
"""(the name of a call, what it raised) -> the error that names the plugin. It can be pickled."""


def behind_the_door(inputs: Inputs, fail: Fail) -> Inputs:
    """Inputs of a plugin's own class behind the door; those of core's classes as they are."""
    if isinstance(inputs, Text) or type(inputs).__module__.startswith("isomorph."):
        return inputs
    return _Inputs(inputs, fail)


@dataclass(frozen=True)
class _Behind:
    """An object of a plugin: its functions are called through the door, all else is read as it is."""

    inner: Any
    fail: Fail

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("inner", "fail"):  # while it is unpickled, say
            raise AttributeError(name)
        found = _through(self.fail, name, getattr, self.inner, name)
        if not callable(found):
            return found
        return _Call(self.fail, name, found)


@dataclass(frozen=True)
class _Call:
    """A function of such an object."""

    fail: Fail
    name: str
    function: Callable[..., Any]

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """What the function answers."""
        return _through(self.fail, self.name, self.function, *arguments, **named)


def _through(
    fail: Fail, name: str, function: Callable[..., Any], *arguments: Any, **named: Any
) -> Any:
    """A call into the plugin, or a judgement of what it gave.

    Raises:
        PluginFailed: it raised what is no error of isomorph.
    """
    try:
        return function(*arguments, **named)
    except BaseException as cause:
        is_absent = function is getattr and isinstance(cause, AttributeError)
        if is_absent or is_the_callers(cause):
            raise
        raise fail(name, cause) from cause


class _Inputs(_Behind):
    """An `Inputs`."""

    def is_single(self, inputs: Any) -> bool:
        """Whether this is one input."""
        return bool(_through(self.fail, "is_single", lambda: bool(self.inner.is_single(inputs))))

    def changed(self, options: Mapping[str, Any]) -> Any:
        """The same with the user's word, behind the door too."""
        return _Inputs(_through(self.fail, "changed", self.inner.changed, options), self.fail)

    def feeds(self, names: Any) -> Mapping[str, Feed]:
        """Type and axes of what is fed."""

        def judged() -> Mapping[str, Feed]:
            found = mapping(self.inner.feeds(names))
            for name, feed in found.items():
                if not isinstance(feed, Feed):
                    raise TypeError(f"it gives {shown(feed)} for {name!r}, which is no Feed")
            return found

        feeds: Mapping[str, Feed] = _through(self.fail, "feeds", judged)
        return feeds

    def preparer(self) -> Any:
        """What prepares such inputs, behind the door too."""

        def judged() -> Any:
            found = self.inner.preparer()
            if not callable(getattr(found, "prepare", None)):
                raise TypeError(f"it gives {shown(found)}, which is no Preparer")
            return found

        return _Preparer(_through(self.fail, "preparer", judged), self.fail, self)


@dataclass(frozen=True)
class _Preparer(_Behind):
    """A `Preparer`."""

    inputs: _Inputs

    def prepare(self, items: Sequence[Any], how: Any, first: int = 0) -> Any:
        """The numbers of inputs, as many as there are."""

        def judged() -> Any:
            found = self.inner.prepare(items, how, first)
            if not _are_lengths(getattr(found, "lengths", None), len(items)):
                why = f"whose lengths are no {len(items)} whole numbers"
                raise TypeError(f"it gives {shown(found)}, {why}")
            return found

        return _Prepared(_through(self.fail, "prepare", judged), self.fail, self.inputs)


@dataclass(frozen=True)
class _Prepared(_Behind):
    """A `Prepared`."""

    inputs: _Inputs

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """The arrays of a batch, of the types and axes that its inputs say."""
        wanted = self.inputs.feeds(names)
        counts = {"rows": len(rows) + blank, "width": width}

        def judged() -> Mapping[str, NDArray[Any]]:
            found = mapping(self.inner.feeds(rows, width, blank, names))
            missing = [name for name in names if name not in found]
            if missing:
                raise TypeError(f"it gives {sorted(map(str, found))} without {missing[0]!r}")
            return {
                name: np.ascontiguousarray(fitting(name, found[name], wanted.get(name), counts))
                for name in names
            }

        feeds: Mapping[str, NDArray[Any]] = _through(self.fail, "feeds of a batch", judged)
        return feeds


def _are_lengths(value: Any, count: int) -> bool:
    if not isinstance(value, np.ndarray) or value.shape != (count,) or value.dtype.kind not in "iu":
        return False
    return bool((value >= 0).all())


def fitting(name: str, value: Any, feed: Feed | None, counts: Mapping[str, int]) -> NDArray[Any]:
    """An array of a plugin's, in the type that its name has; one of a name that nobody knows as it is.

    Args:
        name: of the value.
        value: what the plugin gave.
        feed: type and axes of values of this name; None, or one without axes, where they are not known.
        counts: the sizes of named axes, as far as they are known.

    Raises:
        TypeError: it is no array, or of other axes or another kind of type.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(f"it gives {shown(value)} for {name!r}, which is no array")
    if feed is None or not feed.axes:
        return value
    wanted = [counts.get(axis) if isinstance(axis, str) else axis for axis in feed.axes]
    pairs = zip(wanted, value.shape, strict=False)
    if len(wanted) != value.ndim or any(size not in (None, own) for size, own in pairs):
        said = ", ".join(str(size or axis) for size, axis in zip(wanted, feed.axes, strict=True))
        raise TypeError(f"it gives {name!r} in the shape {value.shape}, not ({said})")
    if value.dtype.kind != np.dtype(feed.dtype).kind:
        raise TypeError(f"it gives {name!r} as {value.dtype}, not as {feed.dtype}")
    return value.astype(feed.dtype, copy=False)


def mapping(answer: Any, *_: Any) -> Mapping[str, Any]:
    """An answer that is a mapping.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(answer, Mapping):
        raise TypeError(f"it gives {shown(answer)}, which is no mapping")
    return answer
