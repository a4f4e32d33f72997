"""A transformer whose weights hold an adapter for each task: a branch a task, and one without any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from isomorph.adapters.tasks import task_adapters, with_task
from isomorph.adapters.weights import read_plain
from isomorph.encoders.published import task_options
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.folder import Folder
from isomorph.files.tensor import Tensor
from isomorph.files.weights import read_tensors
from isomorph.model.graph import Module
from isomorph.model.routes import Router
from isomorph.modules.transformer import KIND, OF_TASK

NONE = "no task"
"""The branch of calls that name none."""


@dataclass(frozen=True, slots=True)
class Branches:
    """The modules of the branches by task, their tensors by the module's name, and the router."""

    router: Router
    modules: Mapping[str, tuple[Module, ...]]
    tensors: Mapping[str, Mapping[str, Tensor]]


def by_task(folder: Folder, module: Module) -> Branches | None:
    """The branches of a module of the chain; None where it has no adapters of tasks.

    Raises:
        BadModel: what the configuration says of tasks does not fit the weights.
        Unsupported: an adapter of peft lies in the folder, too.
    """
    if module.kind != KIND.name:
        return None
    where = str(folder.path(module.folder))
    stored = read_tensors(folder, module.folder)
    config = module.config["transformer"]
    adapters = task_adapters(task_options(config), config, stored)
    if adapters is None:
        return None
    if module.config["adapted"]:
        raise Unsupported(
            f"{where} holds an adapter of peft for a model with adapters of tasks in its weights, and one of "
            "the two is merged at a time. Merge it where it was trained, and load what is saved."
        )
    if len(adapters.names) >= limits.ROUTES or NONE in adapters.names:
        raise BadModel(f"{where} has adapters for {len(adapters.names)} tasks, or for {NONE!r}.")
    modules, tensors = {NONE: (module,)}, {}
    for task in adapters.names:
        name = f"{module.name}, {task}"
        own = replace(module, name=name, config={**module.config, OF_TASK: task})
        modules[task] = (own,)
        tensors[name] = with_task(stored, adapters, task, where)
    return Branches(Router(tuple(modules), default=NONE), modules, tensors)


def tensors_anew(folder: Folder, module: Module) -> Mapping[str, Tensor]:
    """The tensors of a module as they lie in a folder now, with its task merged in.

    Raises:
        BadModel: as `by_task`.
    """
    task = module.config.get(OF_TASK)
    if task is None:
        return read_plain(folder, module.folder)
    stored = read_tensors(folder, module.folder)
    config = module.config["transformer"]
    adapters = task_adapters(task_options(config), config, stored)
    assert adapters is not None, "a task without adapters"
    return with_task(stored, adapters, task, str(folder.path(module.folder)))
