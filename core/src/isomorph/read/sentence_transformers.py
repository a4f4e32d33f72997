"""The sentence-transformers format: ``modules.json`` lists the chain, each module has a folder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from isomorph.adapters.weights import read_weights
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.folder import Folder
from isomorph.files.guard import reading
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import TEXT, Either, Schema, Whole, judge, maybe
from isomorph.files.tensor import Tensor
from isomorph.kinds import ModuleKind
from isomorph.messages.shown import shown
from isomorph.model.chain import Chain
from isomorph.model.graph import Graph, Module
from isomorph.model.model import Model
from isomorph.model.routes import Route, Router, reachable
from isomorph.modules import custom
from isomorph.modules.own_code import CLASS
from isomorph.plugins.table import by_type, kind_named, kind_of_class
from isomorph.preprocess.chat_templates import refuse_template
from isomorph.preprocess.protocol import Inputs
from isomorph.preprocess.text import Text
from isomorph.read.borrowed import completed
from isomorph.read.inputs import read_inputs
from isomorph.read.router import is_router, place_of, read_router
from isomorph.read.settings import read_settings
from isomorph.read.tasks import by_task

ENTRY: Schema = {
    "type": TEXT,
    "path": maybe(TEXT),
    **dict.fromkeys(("name", "idx"), Either((TEXT, Whole(0, limits.POSITIONS)))),
}
"""What is read of an entry of ``modules.json``."""

Parts = Sequence[Module | Mapping[str, tuple[Module, ...]]]
"""The chain as it is listed: modules, and for each router its branches by name."""


def read(root: Path) -> Model:
    """Reads every module of the chain in the order of the list, and those of all its routes.

    Raises:
        BadModel: a file is damaged or contradictory.
        UnknownFormat: a module is of a class that nobody knows.
        Unsupported: a class of the folder's own stands first.
    """
    folder = Folder(root)
    return read_modules(folder, read_entries(folder))


def read_modules(folder: Folder, entries: Sequence[Mapping[str, Any]]) -> Model:
    """The model of a folder whose chain of modules is known.

    Args:
        folder: the model's folder.
        entries: what ``modules.json`` holds, or would: for each module ``name``, ``path`` and ``type``.

    Raises:
        BadModel, UnknownFormat, Unsupported: as `read` says.
    """
    found = _Reading(folder)
    for entry in entries:
        found.add(entry)
    chains = _chains(folder, found.parts, found.routers)
    settings = read_settings(folder)
    routers = tuple(found.routers)
    return Model(chains, folder.root, found.tensors, settings, routers, files=folder)


@dataclass
class _Reading:
    """What the entries of a list have given so far."""

    folder: Folder
    modules: dict[str, Module] = field(default_factory=dict)
    tensors: dict[str, Mapping[str, Tensor]] = field(default_factory=dict)
    parts: list[Module | Mapping[str, tuple[Module, ...]]] = field(default_factory=list)
    routers: list[Router] = field(default_factory=list)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Reads one entry: a router, a module, or a module with a branch for each of its tasks."""
        if is_router(entry):
            found = read_router(self.folder, entry)
            branches = found.branches.items()
            ways = {n: tuple(self._one(e, shared=True) for e in b) for n, b in branches}
            return self._part(found.router, ways)
        module = self._one(entry)
        tasks = by_task(self.folder, module)
        if tasks is None:
            return self.parts.append(module)
        for name in tasks.tensors:
            self._named(name)
            self.modules[name] = module
        self.tensors |= tasks.tensors
        return self._part(tasks.router, tasks.modules)

    def _part(self, router: Router, ways: Mapping[str, tuple[Module, ...]]) -> None:
        if len(self.routers) == limits.ROUTERS:
            raise BadModel(f"{self.folder.root} has more than {limits.ROUTERS} routers.")
        self.routers.append(router)
        self.parts.append(ways)

    def _one(self, entry: Mapping[str, Any], shared: bool = False) -> Module:
        source = module_folder(self.folder, entry)
        if source.name not in self.modules:
            if len(self.modules) == limits.MODULES:
                raise BadModel(f"{self.folder.root} has more than {limits.MODULES} modules.")
            kind = _kind(source)
            with reading(source.place):
                module = kind.read(source)
            if kind_of_class(source.type) is None:
                module = replace(module, config={**module.config, CLASS: source.type})
            self.modules[source.name] = module
            self.tensors[source.name] = source.tensors
        elif not shared:
            self._named(source.name)
        return self.modules[source.name]

    def _named(self, name: str) -> None:
        """Refuses a name that a module has."""
        if name in self.modules:
            raise BadModel(f"modules.json names two modules {name!r}.")


def _kind(source: ModuleFolder) -> ModuleKind:
    """The kind of a class: the library's, one that is known to compute as such a one does, or custom."""
    if custom.code_file(source) is None:
        return by_type(source.type)
    from isomorph.modules.known_code import stands_for  # few folders bring code

    return kind_of_class(stands_for(source) or "") or custom.KIND


def _chains(folder: Folder, parts: Parts, routers: Sequence[Router]) -> Mapping[Route, Chain]:
    """Every chain that a call can take, by its route; routes over the same modules share one."""
    found: dict[Route, Chain] = {}
    known: dict[tuple[str, ...], Mapping[str, Chain]] = {}
    routes = reachable(routers)
    if len(routes) > limits.ROUTES:
        raise BadModel(f"{folder.root} has {len(routes)} routes; at most {limits.ROUTES} are read.")
    for route in routes:
        taken = iter(route)
        modules: list[Module] = []
        for part in parts:
            modules += (part,) if isinstance(part, Module) else part[next(taken)]
        if not modules:
            raise BadModel(f"The route {' and '.join(route)!r} holds no module.")
        names = tuple(module.name for module in modules)
        if names not in known:
            known[names] = by_modality(folder, modules)
        for modality, own in known[names].items():
            found[(*route, modality) if modality else route] = own
    if not found:
        raise BadModel(f"{folder.root}: no task leads through all of its routers.")
    return found


def by_modality(folder: Folder, modules: Sequence[Module]) -> Mapping[str, Chain]:
    """The chain of these modules by what it takes: "" for the first modality, the others by their names."""
    first = modules[0]
    branches = kind_named(first.kind).branches
    heads: Mapping[str, Module] = {"": first}
    if branches is not None:
        source = ModuleFolder(first.name, "", first.folder, folder, {})
        heads = branches(source, first)
    rest = modules[1:]
    return {
        modality if place else "": _chain(folder, _with_instead((head, *rest)))
        for place, (modality, head) in enumerate(heads.items())
    }


def _chain(folder: Folder, modules: tuple[Module, ...]) -> Chain:
    """The chain of these modules with what the first of them says of its inputs."""
    modules = custom.placed(modules)
    try:
        inputs = read_inputs(folder, modules[0])
    except Unsupported:
        if kind_named(modules[0].kind).inputs is None:
            chain(modules)  # whose refusal says more where the module reads what another one writes
        raise
    return Chain(chain(modules, inputs), inputs)


def _with_instead(modules: Sequence[Module]) -> tuple[Module, ...]:
    """The modules of a chain, which read another value where nobody has written the one that they name.

    So PyLate saves a Dense of token vectors: without the name of its input, which elsewhere means those
    of sentences.
    """
    found: list[Module] = []
    for module in modules:
        written = {name for earlier in found for name in earlier.outputs}
        other = kind_named(module.kind).instead or {}
        missing = {name: other[name] for name in other if name not in written}
        inputs = tuple(missing.get(name, name) for name in module.inputs)
        outputs = inputs if module.outputs == module.inputs else module.outputs
        found.append(replace(module, inputs=inputs, outputs=outputs))
    return tuple(found)


def read_entries(folder: Folder) -> list[dict[str, Any]]:
    """The entries of ``modules.json``, or those that the names of folders imply where there is none.

    Raises:
        BadModel: it is not a non-empty list of objects with `type`.
    """
    if folder.file("modules.json") is None:
        from isomorph.read import numbered

        refuse_template(folder)
        return numbered.entries(folder)
    path, entries = folder.path("modules.json"), folder.json("modules.json")
    if not isinstance(entries, list) or not entries:
        raise BadModel(f"{path} must be a non-empty list of modules.")
    if len(entries) > limits.MODULES:
        raise BadModel(f"{path} lists {len(entries)} modules; at most {limits.MODULES} are read.")
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
            raise BadModel(f"{path} has an entry without a type: {shown(entry)}")
        judge(entry, ENTRY, f"{path}: the entry {shown(entry)}")
    return entries


def module_folder(folder: Folder, entry: Mapping[str, Any]) -> ModuleFolder:
    """The folder of one entry; a path of ``""`` or ``"."`` is the root."""
    path = place_of(entry)
    folder.path(path)  # refuses a path that leads outside before anything is read
    name = str(entry.get("name", entry.get("idx", "")))
    tensors = read_weights(folder, path)
    return ModuleFolder(name, entry["type"], path, folder, tensors, completed(folder, path))


def _with_optional(modules: Iterable[Module]) -> Iterator[Module]:
    """The modules of a chain with what they read only where it is there."""
    written: set[str] = set()
    for module in modules:
        more = [name for name in kind_named(module.kind).optional if name in written]
        missing = tuple(name for name in more if name not in module.inputs)
        yield replace(module, inputs=module.inputs + missing)
        written.update(module.outputs)


def chain(modules: tuple[Module, ...], inputs: Inputs | None = None) -> Graph:
    """The graph of a chain, with its feeds found and its outputs chosen.

    Args:
        modules: those of the chain, in order.
        inputs: what the first of them is fed; None for texts.

    Raises:
        BadModel: a module reads a name that nobody has written.
    """
    written: set[str] = set()
    read: dict[str, Module] = {}
    modules = tuple(_with_optional(modules))
    for module in modules:
        for name in module.inputs:
            if name not in written:
                read.setdefault(name, module)
        written.update(module.outputs)
    feeds = (inputs or Text()).feeds(read)
    for name, module in read.items():
        if name not in feeds:
            raise BadModel(
                f"Module {module.name!r} ({module.kind}) reads {name!r}, which no module before it "
                "writes."
            )
    _refuse_hidden(modules, feeds)
    for module in modules[1:]:
        kind = kind_named(module.kind)
        if kind.inputs is not None:
            name = kind.classes[0].rpartition(".")[2]
            raise Unsupported(f"{name} reads a model's inputs, but other modules stand before it.")
    preferred = ("sentence_embedding", "scores", "token_embeddings")
    output = next((name for name in preferred if name in written), None)
    if output is None:
        raise BadModel(
            f"The modules of modules.json write {sorted(written)}, none of which is a result."
        )
    return Graph(tuple(feeds), modules, (output,), feeds)


def _refuse_hidden(modules: Sequence[Module], feeds: Collection[str]) -> None:
    """Refuses modules that write over what the chain is fed."""
    for module in modules:
        hidden = next((name for name in module.outputs if name in feeds), None)
        if hidden is not None:
            raise BadModel(
                f"Module {module.name!r} ({module.kind}) writes {hidden!r}, which is an input."
            )
