"""The OpenAPI page of the routes, made of their data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from isomorph.version import __version__
from isomorph_server.route import Route

_REFUSALS = {
    "401": "The key is missing or wrong.",
    "408": "The body came too slowly.",
    "413": "The body, or the number of inputs, is too large.",
    "422": "A field is wrong, or an input cannot be used; 400 on OpenAI's routes.",
    "429": "As many requests are under way as may be; Retry-After says when to come again.",
    "503": "The server is too busy or too small for this now.",
}


def page(routes: Sequence[Route]) -> Mapping[str, Any]:
    """A document of OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = route.path.replace(":path}", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    bodies = {route.body.name: route.body.schema for route in routes if route.body is not None}
    key = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "isomorph", "version": __version__},
        "paths": paths,
        "components": {"schemas": bodies, "securitySchemes": {"key": key}},
    }


def _operation(route: Route) -> Mapping[str, Any]:
    refusals = {status: {"description": about} for status, about in _REFUSALS.items()}
    found: dict[str, Any] = {
        "summary": route.about,
        "responses": {"200": {"description": route.about}, **refusals},
        "security": [] if route.is_open else [{"key": []}],
    }
    named = re.findall(r"{(\w+)", route.path)
    if named:
        of_path = {"in": "path", "required": True, "schema": {"type": "string"}}
        found["parameters"] = [{"name": name, **of_path} for name in named]
    if route.body is not None:
        schema = {"$ref": f"#/components/schemas/{route.body.name}"}
        found["requestBody"] = {
            "required": True,
            "content": {route.body.media: {"schema": schema}},
        }
    return found
