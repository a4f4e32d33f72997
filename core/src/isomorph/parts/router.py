"""A part that parts the ways: another chain for each task or modality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from isomorph.errors import InputError
from isomorph.parts.part import Part
from isomorph.resolve import Request

KIND = "router"


@dataclass(frozen=True, eq=False)
class Router(Part):
    """Leads each input to the modules of its task.

    Attributes:
        sub_modules: parts by the name of their route.
        default_route: the route of calls that name no task; None takes the first, or refuses such calls
            where `allow_empty_key` is False.
        allow_empty_key: see `default_route`.
        route_mappings: routes by (task, modality), None in either for any.

    Raises:
        InputError: there is no route, a route is empty, or `default_route` is none of them.
    """

    sub_modules: Mapping[str, Sequence[Part]]
    default_route: str | None = None
    allow_empty_key: bool = True
    route_mappings: Mapping[tuple[Any, Any], str] | None = None

    def __post_init__(self) -> None:
        if not self.sub_modules or not all(self.sub_modules.values()):
            raise InputError(
                "The routes of a Router cannot be empty: it has one at least, and each has one part at least."
            )
        routes = sorted(self.sub_modules)
        if self.default_route is not None and self.default_route not in self.sub_modules:
            raise InputError(
                f"Default route {self.default_route!r} not found in route keys: {routes}."
            )
        for route in (self.route_mappings or {}).values():
            if route not in self.sub_modules:
                raise InputError(
                    f"route_mappings contains mapping to {route!r} which is not in sub_modules: {routes}."
                )

    @classmethod
    def for_query_document(
        cls,
        query_modules: Sequence[Part],
        document_modules: Sequence[Part],
        default_route: str | None = "document",
        allow_empty_key: bool = True,
    ) -> Self:
        """The routes "query" and "document"."""
        routes = {"query": query_modules, "document": document_modules}
        return cls(routes, default_route, allow_empty_key)

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return KIND

    @property
    def type(self) -> str:
        """The reference to its class in ``modules.json``."""
        from isomorph.saving.modules import ROUTER

        return ROUTER

    def write(self, folder: Path, request: Request) -> None:
        """Writes the parts of all routes, and which stand on which."""
        from isomorph.read.router import FILES
        from isomorph.saving.layout import write_json

        types: dict[str, str] = {}
        structure: dict[str, list[str]] = {}
        for route, modules in self.sub_modules.items():
            for index, part in enumerate(modules):
                name = f"{route}_{index}_{part.type.rpartition('.')[2]}"
                types[name] = part.type
                structure.setdefault(route, []).append(name)
                (folder / name).mkdir(parents=True)
                part.write(folder / name, request)
        mappings = {str(key): route for key, route in (self.route_mappings or {}).items()}
        parameters: dict[str, Any] = {
            "default_route": self.default_route,
            "allow_empty_key": self.allow_empty_key,
            "route_mappings": mappings,
        }
        content = {"types": types, "structure": structure, "parameters": parameters}
        write_json(folder / FILES[0], content)
