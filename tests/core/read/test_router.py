"""A router_config.json that cannot be, or asks for more routes than anybody has."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from isomorph.errors import BadModel, IsomorphError
from isomorph.plugins.reading import read_model

SOURCE = Path(__file__).parents[2] / "parity" / "routed" / "models" / "two-encoders"
FILE = "router_config.json"


@pytest.fixture
def routed(tmp_path):
    """Writes a change of a router's configuration and reads the model."""
    folder = Path(shutil.copytree(SOURCE, tmp_path / "model"))
    config = json.loads((folder / FILE).read_text())

    def read(remove="", **changes):
        kept = {key: value for key, value in config.items() if key != remove}
        (folder / FILE).write_text(json.dumps({**kept, **changes}))
        return read_model(folder)

    return read


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("types", value) for value in (None, [], 5, {"a": 5})),
        *(("structure", value) for value in (None, {}, [], "query", {"query": 5}, {"query": [5]})),
        ("structure", {"query": ["nobody"]}),
        ("structure", {f"route-{i}": [] for i in range(100_000)}),
        ("structure", {"query": []}),
        *(
            ("parameters", value)
            for value in (5, ["a"], {"default_route": 5}, {"default_route": "x"})
        ),
        ("parameters", {"allow_empty_key": "yes"}),
        ("parameters", {"route_mappings": []}),
        ("parameters", {"route_mappings": {"('query', None)": 5}}),
        ("parameters", {"route_mappings": {"('query', None)": "nowhere"}}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_a_router(routed, key, value):
    with pytest.raises(BadModel):
        routed(**{key: value})


@pytest.mark.parametrize("lost", ["types", "structure"])
def test_a_router_without_its_parts_says_which(routed, lost):
    with pytest.raises(BadModel, match=f"does not set {lost}"):
        routed(remove=lost)


@pytest.mark.parametrize(
    "key",
    [
        *(
            "nonsense",
            "('a',)",
            "(5, 'text')",
            "('query', 5)",
            "('query', [5])",
            "([], {})",
            "(" * 400,
        ),
        *("(" * 100_000, "('" + "a" * 600 + "', None)", "\x00", "{}['a']", "-" * 450 + "1"),
    ],
)
def test_a_mapping_that_is_no_pair_is_left_out_with_a_warning(routed, key):
    with pytest.warns(UserWarning, match="no pair of task and modality"):
        model = routed(parameters={"route_mappings": {key: "query"}, "default_route": "query"})
    assert model.routers


def test_routers_in_routers_are_refused_at_any_depth(routed):
    kind = "sentence_transformers.models.Router"
    config = json.loads((SOURCE / FILE).read_text())
    child = next(iter(config["types"]))
    with pytest.raises(IsomorphError, match="holds another one"):
        routed(types={**config["types"], child: kind})


def test_more_routers_than_anybody_has(routed, tmp_path):
    folder = tmp_path / "model"
    entry = json.loads((folder / "modules.json").read_text())[0]
    entries = [{**entry, "name": str(i)} for i in range(200)]
    (folder / "modules.json").write_text(json.dumps(entries))
    with pytest.raises(BadModel, match="more than 8 routers"):
        routed()


def test_more_chains_than_anybody_has(tmp_path):
    """Two routers of 60 branches each, which send the tasks of the other to their first branch."""
    folder = Path(shutil.copytree(SOURCE, tmp_path / "model"))
    shutil.copytree(SOURCE, folder / "second")
    config = json.loads((folder / FILE).read_text())
    modules = next(iter(config["structure"].values()))
    for place, own, other in (("", "a", "b"), ("second", "b", "a")):
        branches = {f"{own}-{i}": modules for i in range(60)}
        mappings = {f"('{other}-{i}', None)": f"{own}-0" for i in range(60)}
        content = {**config, "structure": branches, "parameters": {"route_mappings": mappings}}
        (folder / place / FILE).write_text(json.dumps(content))
    entry = json.loads((folder / "modules.json").read_text())[0]
    entries = [{**entry, "name": name, "path": name} for name in ("", "second")]
    (folder / "modules.json").write_text(json.dumps(entries))
    with pytest.raises(BadModel, match="has 119 routes; at most 64"):
        read_model(folder)
