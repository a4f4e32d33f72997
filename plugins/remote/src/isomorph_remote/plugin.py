"""What the entry point names: a backend. Imports nothing that connects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from isomorph.contract import BackendInfo
from isomorph.hookspecs import ModuleKind, Request, hookimpl

isomorph_contract = 2


@hookimpl
def isomorph_modules() -> Sequence[ModuleKind]:
    """The module of a model that is named by its address."""
    from isomorph_remote.addressed import ELSEWHERE

    return [ELSEWHERE]


@hookimpl
def isomorph_resolve(name: str, request: Request) -> Path | None:
    """The folder of a model that is named by its address."""
    from isomorph_remote.addressed import find

    return find(name, request)


@hookimpl
def isomorph_backends() -> Sequence[BackendInfo]:
    """One backend, which nobody gets who does not name it."""
    return [
        BackendInfo(
            "remote",
            "isomorph_remote.backend:RemoteBackend",
            summary="models on a server, by its address",
            requires=("urllib3",),
            install="isomorph-remote",
            only_named=True,
            one_process=True,
            options={
                "url": "the server's address; without it ISOMORPH_REMOTE",
                "model": "what the server calls the model; needed where it has several like this one",
                "api_key": "the key; without it ISOMORPH_REMOTE_KEY",
                "timeout": "seconds for an answer, 60 by default",
                "api": "the language of a server that a model is named by: tei or openai; else it is asked",
                "truncate": "whether such a server cuts texts that are too long; else it refuses them",
                "retries": "how often a busy or silent server is asked again, 4 by default",
            },
        )
    ]
