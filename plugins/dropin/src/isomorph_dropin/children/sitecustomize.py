"""Python runs this file in children of ``python -m isomorph_dropin``, then the one that it hides."""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

from isomorph_dropin.installing import install_as_told

install_as_told()

_own = Path(__file__).parent
_hidden = PathFinder.find_spec("sitecustomize", [p for p in sys.path if Path(p).resolve() != _own])
if _hidden is not None and _hidden.loader is not None:
    _hidden.loader.exec_module(module_from_spec(_hidden))
