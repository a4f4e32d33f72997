"""How ``tokenizer.json`` cuts and pads texts, without its vocabulary.

Both sections stand at the head of a file that may be large, so no more than the head is read. A file whose
keys somebody sorted has them elsewhere, and is read as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from isomorph.files.folder import Folder
from isomorph.files.names import TOKENIZER

TRUNCATION, PADDING = "truncation", "padding"
_HEAD = 4096
_SECTION = re.compile(r'"(truncation|padding)"\s*:\s*(null|\{[^{}]*(?:\{[^{}]*\}[^{}]*)?\})')


def sections(folder: Folder, path: str) -> Mapping[str, Mapping[str, Any]]:
    """The sections by their names, {} in place of one that the file leaves out or sets to null.

    Raises:
        BadModel: the file is no JSON.
    """
    found: dict[str, Any] = {}
    if folder.file(path, TOKENIZER) is not None:
        with folder.open(path, TOKENIZER) as stream:
            head = stream.read(_HEAD).decode("utf-8", "replace")
        try:
            found = {name: json.loads(text) for name, text in _SECTION.findall(head)}
        except ValueError:  # not JSON after all; whoever reads the whole file says where
            found = {}
        if len(found) < 2 and head.lstrip().startswith("{"):  # an outline holds nothing there
            whole = folder.json(path, TOKENIZER)
            found = whole if isinstance(whole, dict) else {}
    return {name: _object(found.get(name)) for name in (TRUNCATION, PADDING)}


def side(section: Mapping[str, Any]) -> str:
    """On which side a section cuts or pads, in the words of ``tokenizer_config.json``."""
    return "left" if section.get("direction") == "Left" else "right"


def _object(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}
