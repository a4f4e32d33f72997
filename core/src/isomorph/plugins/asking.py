"""Hooks are asked plugin by plugin, so that what one plugin does is told of it and hurts no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import pluggy

from isomorph.errors import IsomorphError, PassedOver, PluginFailed
from isomorph.machine.foreign import is_of_the_program
from isomorph.messages.outside import warn_outside
from isomorph.messages.shown import shown
from isomorph.plugins.records import misfit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plugin comes from."""

    name: str
    """The name of its entry point."""
    distribution: str
    """Name and version of the distribution that holds it."""
    own: bool = False
    """Whether it is core's own."""
    module: str = ""
    """The module that its entry point names; "" where that is not known."""


class Failures:
    """Plugins that failed after their discovery, each once a hook, in the order of time."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], PluginFailed] = {}
        self._lock = Lock()

    def __iter__(self) -> Iterator[PluginFailed]:
        return iter(tuple(self._known.values()))

    def add(self, hook: str, failure: PluginFailed) -> None:
        """Notes a failure, and warns where it is new."""
        key = failure.distribution, hook
        with self._lock:
            new = key not in self._known
            self._known.setdefault(key, failure)
        if new:
            warn_outside(f"A plugin was passed over. {failure}", PassedOver)


@dataclass(frozen=True)
class Asker:
    """Asks plugins one by one; whoever raises is noted in `failures` and the next is asked."""

    manager: pluggy.PluginManager
    origins: Mapping[str, Origin] = field(default_factory=dict)
    failures: Failures = field(default_factory=Failures)
    others: bool = False
    """Whether core's own plugin is passed by, because what core has is found without its hook."""

    @property
    def has_core(self) -> bool:
        """Whether core's own plugin is among those that are asked, as it is unless the user blocks it."""
        return any(origin.own for origin in self.origins.values())

    def answers(self, hook: str, **arguments: Any) -> Iterator[tuple[Origin, Any]]:
        """What each plugin that has the hook says, in pluggy's order: the last registered is asked first.

        Raises:
            IsomorphError: a plugin that was asked about something raised it on purpose, such as `BadModel`
                of a damaged folder.
        """
        for implementation in reversed(getattr(self.manager.hook, hook).get_hookimpls()):
            origin = self.origins.get(implementation.plugin_name, _UNKNOWN)
            if origin.own and self.others:
                continue
            if origin.own:
                yield origin, alone(self.manager, implementation.plugin, hook, **arguments)
                continue
            try:
                answer = alone(self.manager, implementation.plugin, hook, **arguments)
            except BaseException as cause:
                if is_of_the_program(cause):
                    raise
                if arguments and isinstance(cause, IsomorphError):  # on purpose
                    cause.add_note(
                        f"So says the plugin {origin.name!r} of {origin.distribution} in {hook}."
                    )
                    raise
                self.failed(hook, origin, cause)
            else:
                yield origin, answer

    def offers(self, hook: str, kind: type[T]) -> Iterator[tuple[Origin, list[T]]]:
        """The records of each plugin whose whole answer can be used, for hooks that list what there is."""
        for origin, answers in self.answers(hook):
            try:
                found = [each for answer in answers for each in listed(answer, kind)]
                for each in found:
                    if wrong := misfit(each):
                        raise TypeError(f"it gives a {kind.__name__} whose {wrong}")
            except BaseException as cause:  # an answer may be a generator, whose code runs here
                if is_of_the_program(cause):
                    raise
                self.failed(hook, origin, cause)
            else:
                yield origin, found

    def failed(self, hook: str, origin: Origin, cause: BaseException) -> None:
        """Notes that a plugin raised, or answered what a hook cannot use."""
        self.failures.add(hook, PluginFailed(origin.name, origin.distribution, cause, hook))


_UNKNOWN = Origin("unknown", "unknown")


def listed(answer: Any, kind: type[T]) -> list[T]:
    """The records of an answer to a hook that asks for several; one alone will do.

    Raises:
        TypeError: there is something else among them.
    """
    if isinstance(answer, kind):
        return [answer]
    if not isinstance(answer, Iterable) or isinstance(answer, str | bytes | Mapping):
        raise TypeError(f"it gives {shown(answer)}, which is no list of {kind.__name__}")
    found = list(answer)
    wrong = [each for each in found if not isinstance(each, kind)]
    if wrong:
        raise TypeError(f"it gives {shown(wrong[0])}, which is no {kind.__name__}")
    return found


def alone(manager: pluggy.PluginManager, plugin: object, hook: str, **arguments: Any) -> Any:
    """What one plugin answers to a hook; a list of one answer, or of none, where the hook asks for all."""
    others = [other for other in manager.get_plugins() if other is not plugin]
    return manager.subset_hook_caller(hook, others)(**arguments)
