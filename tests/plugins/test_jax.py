"""The plugin for JAX does not fall behind the primitives. `make test-jax` asks the rest of its tests."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from isomorph.program import PRIMITIVES

PLUGIN = Path(__file__).parents[2] / "plugins" / "jax"


def test_it_names_every_primitive():
    """Read from its source, so that a new primitive is missed where JAX is not installed too."""
    source = (PLUGIN / "src" / "isomorph_jax" / "emit.py").read_text("utf-8")
    table = source.partition("OPERATORS: ")[2]
    assert {name for name in PRIMITIVES if f'    "{name}": ' in table} == set(PRIMITIVES)


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed here: make test-jax")
def test_it_is_found_and_names_its_devices():
    from isomorph.plugins.discovery import installed

    assert [str(each) for each in installed().backend("jax").devices()]
