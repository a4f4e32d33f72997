"""Routes: the ways through a model of several chains, of which a call takes one by what its inputs are.

At run time there is no router: each route leads to a chain of its own. Where chains part stands a `Router`,
and a route names the branch that is taken at each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from isomorph.errors import InputError

Modality = str | tuple[str, ...] | None
Route = tuple[str, ...]
"""The branch taken at each router, in the order of the chain; () where there is no router."""


@dataclass(frozen=True, slots=True)
class Router:
    """A place where a chain goes one of several ways.

    ``mappings`` lead from a task and a modality, either of which may be None, to a branch. ``default``
    is the branch of calls that name no task, None where they must.
    """

    branches: tuple[str, ...]
    mappings: Mapping[tuple[str | None, Modality], str] = field(default_factory=dict)
    default: str | None = None

    def choose(self, task: str | None, modality: Modality = "text") -> str:
        """The branch: by the mappings, the exact ones first, then by its own name, then the default.

        Raises:
            InputError: there is no such branch, or no task was named and there is no default.
        """
        for key in ((task, modality), (task, None), (None, modality), (None, None)):
            if key in self.mappings:
                return self.mappings[key]
        for name in (task, modality):
            if name in self.branches:
                return str(name)
        there = ", ".join(self.branches)
        if task is not None:
            raise InputError(f"There is no route for task {task!r}; this model has: {there}.")
        if self.default is None:
            raise InputError(f"This model has no default route; say task=… of: {there}.")
        return self.default


def choose(routers: Sequence[Router], task: str | None, modality: Modality = "text") -> Route:
    """The branch at each router.

    Raises:
        InputError: a router has none for this task.
    """
    return tuple(router.choose(task, modality) for router in routers)


def place_of(route: Route) -> str:
    """A name for a folder that no other route has, such as ``"image"`` or ``"query.image"``; "" for ().

    Signs other than letters of ASCII, digits, ``-``, ``_`` and ``~`` are written as in addresses, so that no
    name of a task leads out of a folder.
    """
    return ".".join(quote(name, safe="").replace(".", "%2E") or "%" for name in route)


def tasks_of(routers: Sequence[Router]) -> tuple[str, ...]:
    """The names that a call may give as its task."""
    named = [name for router in routers for name in (*router.branches, *_mapped(router))]
    return tuple(dict.fromkeys(named))


def reachable(routers: Sequence[Router]) -> tuple[Route, ...]:
    """The routes that some task or modality leads to; that of texts without a task, if any, first."""
    found: dict[Route, None] = {}
    for modality in dict.fromkeys(("text", *_modalities(routers))):
        for task in (None, *tasks_of(routers)):
            try:
                found[choose(routers, task, modality)] = None
            except InputError:
                continue  # a task of one router that another one does not know
    return tuple(found)


def _modalities(routers: Sequence[Router]) -> list[str]:
    return [each for router in routers for _, each in router.mappings if isinstance(each, str)]


def _mapped(router: Router) -> list[str]:
    return [task for task, _ in router.mappings if task is not None]
