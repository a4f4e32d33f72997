"""Where a model lies: found by its name, or built from parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isomorph.errors import InputError
from isomorph.resolve import Request, resolve


@dataclass(frozen=True, slots=True)
class Source:
    """A folder with a model. `home` removes the folder of a model of parts once nobody holds it."""

    folder: Path
    home: object = None

    @classmethod
    def of(cls, name: str | Path | None, modules: Any, model_type: str, request: Request) -> Source:
        """Finds the model of a name, or builds one from parts.

        Raises:
            InputError: neither or both are given, or the parts do not make a model.
            ModelNotFound: there is no model of this name.
        """
        if modules is None:
            if name is None:
                raise InputError("Say which model: a folder, package:DISTRIBUTION, or a Hub id.")
            return cls(resolve(str(name), request))
        if name is not None or request.revision is not None:
            raise InputError(
                "modules= builds a model from parts, and model_name_or_path and revision= name one that "
                "there is. Pass one or the other."
            )
        from isomorph.parts.build import build  # with what writes model folders

        built = build(modules, model_type, request)
        return cls(built.folder, built)
