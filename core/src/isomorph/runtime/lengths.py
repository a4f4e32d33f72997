"""Where the inputs of a chain are cut, and how its queries are filled up: its owner for all classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from isomorph.errors import BadModel, InputError
from isomorph.model.model import Model
from isomorph.plugins.table import kind_named
from isomorph.preprocess.expansion import Expansion

QUERY = "query"
TASKS = (QUERY, "document")
"""Tasks that may have a length of their own in the settings of a transformer."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths in tokens, special ones included; None where there is no limit.

    ``whole`` is the length of texts whose task has none of its own in ``tasks``, ``longest`` is how
    many positions the model has. ``expansion`` says how texts of the task "query" are cut and filled
    up; with ``fills`` False what they would be filled with is seen by nothing and kept by nobody.
    """

    whole: int | None = None
    longest: int | None = None
    tasks: Mapping[str, int] = field(default_factory=dict)
    expansion: Expansion | None = None
    fills: bool = True

    @classmethod
    def of(cls, model: Model) -> Lengths:
        """What the settings of a chain's first module say.

        Raises:
            BadModel: a length that is none, or lengths that contradict each other.
        """
        settings: Mapping[str, Any] = model.graph.modules[0].config.get("settings", {})
        expansion = Expansion.of(settings.get("query_expansion"))
        found = {task: settings.get(f"{task}_length") for task in TASKS}
        for task, length in found.items():
            if length is not None and (type(length) is not int or length < 1):
                raise BadModel(
                    f"{model.folder}: {task}_length {length!r} is no number of tokens of at least 1."
                )
        tasks = {task: length for task, length in found.items() if length is not None}
        kept = any(kind_named(m.kind).keeps is not None for m in model.graph.modules)
        fills = expansion is not None and (expansion.attend or kept)
        lengths = cls(model.inputs.max_length, model.inputs.longest, tasks, expansion, fills)
        lengths._refuse_contradictions(model)
        return lengths

    def length(self, task: str | None) -> int | None:
        """Where texts of a task are cut; never behind the model's last position."""
        length = self.tasks.get(task, self.whole) if task is not None else self.whole
        if task == QUERY and self.expansion is not None:
            length = self.expansion.limit(self.tasks.get(QUERY), self.whole)
        if length is None or self.longest is None:
            return self.longest if length is None else length
        return min(length, self.longest)

    def asked(self, task: str | None, cut: int) -> int:
        """Where texts are cut of a call that asks for `cut` tokens.

        Raises:
            InputError: queries are filled up to a number of tokens that is not the call's to say.
        """
        if task == QUERY and self.expansion is not None:
            raise InputError(
                f"max_length={cut} in processing_kwargs: query_expansion of this model says how many tokens "
                "a query has."
            )
        return cut if self.longest is None else min(cut, self.longest)

    def filling(self, task: str | None) -> Expansion | None:
        """How texts of a task are filled up."""
        return self.expansion if task == QUERY and self.fills else None

    def _refuse_contradictions(self, model: Model) -> None:
        if self.expansion is None:
            return
        width, own = self.expansion.length, self.tasks.get(QUERY)
        if own is not None and own < width:
            raise BadModel(
                f"{model.folder}: query_length {own} is less than the length {width} to which "
                "query_expansion fills queries."
            )
        if self.longest is not None and width > self.longest:
            raise BadModel(
                f"{model.folder}: query_expansion fills queries to {width} tokens, but the model has "
                f"positions for {self.longest}."
            )
