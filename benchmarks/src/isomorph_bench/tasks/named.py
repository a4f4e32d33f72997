"""The tasks by name, and the one that a model folder is for."""

from __future__ import annotations

from pathlib import Path

from isomorph.errors import InputError
from isomorph.files.folder import Folder
from isomorph.outlook.classes import class_of
from isomorph_bench.tasks import dense, images, late_interaction, rerank, sparse
from isomorph_bench.tasks.task import Task

TASKS: dict[str, Task] = {
    each.TASK.name: each.TASK for each in (dense, sparse, rerank, late_interaction, images)
}


def named(name: str) -> Task:
    """The task of a name.

    Raises:
        InputError: there is none.
    """
    if name not in TASKS:
        raise InputError(f"There is no task {name!r}; there are: {', '.join(TASKS)}.")
    return TASKS[name]


def task_of(folder: Path) -> Task:
    """What a model folder is for, by the class that reads it; one of texts and images is asked for texts."""
    reader = class_of(Folder(folder))
    return next(task for task in TASKS.values() if task.model_type == reader)
