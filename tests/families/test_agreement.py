"""Every family and configuration: each backend gives what transformers' own code gives."""

import json
import zlib

import pytest

pytest.importorskip("transformers")

from families import tiny
from families.cases import CASES, FAMILIES
from families.running import backend_names, check
from families.sizes import ASKED

from isomorph.encoders.describe import describe, families
from isomorph.plugins.discovery import installed

FALLBACK = {info.name for info in installed().infos if info.fallback}
PADDING_COUNTS = ("ConvBert", "FNet", "MobileBert")
"""Families that transformers computes right for texts alone."""
IN_BLOCKS = ("ModernBert-windows", "ModernBert-wide-windows")
"""Longer than the widths from which on backends compute windows by blocks."""
FIRST = {case.family: name for name, case in reversed(CASES.items())}.values()
PAIRS = [
    (case, name)
    for case in CASES
    for name in backend_names(installed())
    if name in FALLBACK or case in FIRST or case in IN_BLOCKS
]
"""Each case on the reference, to which the conformance tests hold every backend; each family on all."""


@pytest.fixture(scope="module")
def case(request, tmp_path_factory):
    """A saved model, a ragged batch and one without padding, and what is expected of both."""
    name, settings, width = CASES[request.param]
    seed = zlib.crc32(request.param.encode())
    model = tiny.make(name, settings, seed)
    folder = tmp_path_factory.mktemp(request.param)
    tiny.save(model, folder)
    feeds = tiny.ragged_for(model, width, seed)
    batches = [feeds, tiny.full(feeds)]
    if name in PADDING_COUNTS:
        batches = [tiny.full(tiny.ragged_for(model, length, seed)) for length in (width, 3, 1)]
    return folder, batches, [tiny.oracle(model, batch) for batch in batches]


@pytest.mark.parametrize(("case", "backend_name"), PAIRS, indirect=["case"], scope="module")
def test_every_backend_agrees_with_transformers(case, backend_name):
    check(backend_name, *case)


@pytest.mark.parametrize("case_name", CASES)
def test_a_file_may_leave_out_what_transformers_fills_in(case_name):
    name, settings, _ = CASES[case_name]
    with tiny.calm():
        config = tiny.config_class(name)(**settings)
        full = json.loads(config.to_json_string(use_diff=False))
    assert describe({"model_type": config.model_type, **settings}) == describe(full)


@pytest.mark.parametrize("name", FAMILIES)
def test_defaults_are_those_of_transformers(name):
    asked = ASKED.get(name, {})
    config = tiny.config_class(name)(**asked)
    full = json.loads(config.to_json_string(use_diff=False))
    assert describe({"model_type": config.model_type, **asked}) == describe(full)


def test_every_family_is_compared():
    compared = {tiny.config_class(name).model_type for name in FAMILIES}
    published = {"new", "neobert", "nvembed", "llama_bidirec", "bidirectional_pplx_qwen3"}
    # transformers does not have these names; test_published_code compares them
    assert compared == set(families()) - published
