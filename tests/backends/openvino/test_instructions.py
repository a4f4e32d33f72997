"""A limit that only a part of OpenVINO follows makes its numbers wrong, so nothing is claimed under it."""

from __future__ import annotations

import pytest

from isomorph import SentenceTransformer
from isomorph.errors import PassedOver
from isomorph.testing.models import write
from isomorph_openvino import instructions
from isomorph_openvino.instructions import NAMES, NARROW, why_limited


@pytest.fixture
def wide(tmp_path, monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "cpuinfo"
    file.write_text("flags : fpu avx2 avx512f avx512bw\n")
    monkeypatch.setattr(instructions, "CPUINFO", file)
    return file


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [*sorted(NARROW), "avx2"])
def test_a_limit_below_the_processor_is_named(wide, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert f"{name}={value} is set" in why_limited()


@pytest.mark.parametrize("value", ["", "ALL", "AVX512_CORE", "nonsense"])
def test_other_values_forbid_nothing_that_matters(wide, monkeypatch, value):
    monkeypatch.setenv(NAMES[0], value)
    assert not why_limited()


def test_a_processor_without_more_is_no_matter(wide, monkeypatch):
    wide.write_text("flags : fpu avx2\n")
    monkeypatch.setenv(NAMES[0], "AVX2")
    assert not why_limited()


def test_where_nobody_can_tell_it_counts(wide, monkeypatch):
    wide.unlink()
    monkeypatch.setenv(NAMES[0], "AVX2")
    assert why_limited()


def test_a_model_is_not_run_under_it(wide, monkeypatch, tmp_path):
    monkeypatch.setenv(NAMES[0], "AVX2")
    folder = write("bert", tmp_path / "model")
    with pytest.warns(PassedOver, match=r"numpy does, much slower: .*Unset ONEDNN_MAX_CPU_ISA"):
        model = SentenceTransformer(str(folder), backend="openvino")
    assert {row.runs for row in model.explain().rows} == {"reference"}
