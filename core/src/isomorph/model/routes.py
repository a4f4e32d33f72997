"""Routes: several chains in one model, of which a call takes one by what its texts are.

At run time there is no router: each route is a chain of its own. Where a chain may go several ways
stands a `Router`, and `Routes` holds the chain that every combination of choices makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from isomorph.errors import InputError
from isomorph.model.graph import Graph

if TYPE_CHECKING:
    from isomorph.model.text import Text

Modality = str | tuple[str, ...] | None
Key = tuple[str, ...]
"""The branch taken at each router, in the order of the chain."""


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


@dataclass(frozen=True, slots=True)
class Routes:
    """Every chain of a model by the branches that lead to it, and how each wants its text."""

    routers: tuple[Router, ...]
    graphs: Mapping[Key, Graph]
    texts: Mapping[Key, Text]

    def choose(self, task: str | None, modality: Modality = "text") -> Key:
        """The branch at each router.

        Raises:
            InputError: a router has none for this task.
        """
        return tuple(router.choose(task, modality) for router in self.routers)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names that a call may give as its task."""
        named = [name for router in self.routers for name in (*router.branches, *_tasks(router))]
        return tuple(dict.fromkeys(named))

    def with_text(self, **changes: Any) -> Routes:
        """The same routes with some text settings changed in all of them."""
        texts = {key: replace(text, **changes) for key, text in self.texts.items()}
        return replace(self, texts=texts)


def reachable(routers: tuple[Router, ...]) -> tuple[Key, ...]:
    """The combinations of branches that some task leads to; that of no task, if it has one, first."""
    found: dict[Key, None] = {}
    candidates = Routes(routers, {}, {})
    for task in (None, *candidates.tasks):
        try:
            found[candidates.choose(task)] = None
        except InputError:
            continue  # a task of one router that another one does not know
    return tuple(found)


def _tasks(router: Router) -> list[str]:
    return [task for task, _ in router.mappings if task is not None]
