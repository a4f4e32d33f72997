"""A Router of a loaded model: its branches, and which of them a call takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import Unsupported
from isomorph_dropin.modules.branches import Branches
from isomorph_dropin.modules.calling import through
from isomorph_dropin.modules.loaded import LoadedModule, class_of, loaded_at


class LoadedRouter(LoadedModule):
    """The place where the chains of a loaded model part.

    Its modules are those of the chains behind it. Which branch a call takes is read from the files, and a
    loaded model keeps it: it is set where a Router is made.
    """

    _name: str
    _order: int

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(
            self, name, value
        )  # what can be set says so itself, unlike the fields of a part

    @property
    def _router(self) -> Any:
        return self._model.__loaded__().whole.routers[self._order]

    @property
    def sub_modules(self) -> Branches:
        """The modules of each branch, in order."""
        chains = self._model.__loaded__().whole.chains
        found = Branches()
        for branch in self._router.branches:
            route = next((each for each in chains if each[self._order] == branch), None)
            if route is not None:
                own = enumerate(chains[route].graph.modules)
                places = [place for place, m in own if m.name.startswith(f"{self._name}.")]
                found[branch] = tuple(loaded_at(self._model, place, route) for place in places)
        return found

    @property
    def default_route(self) -> str | None:
        """The branch of calls that name no task; None where they must."""
        default: str | None = self._router.default
        return default

    @default_route.setter
    def default_route(self, route: str | None) -> None:
        if route != self.default_route:
            raise Unsupported(
                f"A loaded Router keeps its default_route, {self.default_route!r}, which copies and saved "
                "folders read from its files. Say task= in calls, set default_route in router_config.json of "
                "a copy of the folder, or make a Router with it."
            )

    @property
    def allow_empty_key(self) -> bool:
        """Whether a call may name no task."""
        return self.default_route is not None

    @property
    def route_mappings(self) -> Mapping[tuple[Any, Any], str]:
        """Branches by task and modality, None in either for any."""
        return dict(self._router.mappings)

    def get_config_dict(self) -> dict[str, Any]:
        """Which branch a call takes."""
        names = ("default_route", "allow_empty_key", "route_mappings")
        return {name: getattr(self, name) for name in names}

    def forward(self, features: Mapping[str, Any], **kwargs: Any) -> Mapping[str, Any]:
        """What the modules of the route make of features."""
        return through(self.sub_modules, self._router, features, **kwargs)

    @property
    def tokenizer(self) -> Any:
        """The tokenizer of the model."""
        return self._model.tokenizer

    def state_dict(self) -> dict[str, Any]:
        """A tensor for each stored weight of each branch."""
        return {
            f"sub_modules.{branch}.{place}.{name}": tensor
            for branch, modules in self.sub_modules.items()
            for place, module in enumerate(modules)
            for name, tensor in module.state_dict().items()
        }

    def __repr__(self) -> str:
        return f"Router({dict(self.sub_modules)}, default_route={self.default_route!r})"


def router_at(model: Any, name: str, order: int) -> LoadedModule:
    """The Router of a name, which is the one at a place among those of the model."""
    from isomorph_dropin.modules import Router

    made = class_of(Router, LoadedRouter).at(model, 0)
    made.__dict__.update(_name=name, _order=order)
    return made
