"""Tables of this repository's pages are made of records."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.benchmarks.simulated import SELF, record, row

from isomorph_bench.published import race, readme, sizes

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "benchmarks" / "records").glob("*.jsonl"))
PLACES = re.compile(r"(?<![\w/])/(?:home|root|work|tmp|Users|mnt|opt|var)\b|[A-Za-z]:\\\\|~/")


def raced(*more, **how):
    """A record with figures of the three engines and of one peer."""
    names = ("onnx", "openvino", "torch", "sentence_transformers_torch")
    rows = [
        row(
            name, workload, place + 1.0, ours=place < 3, report={**SELF, "engine": f"{name} 1, x 2"}
        )
        for place, name in enumerate(names)
        for workload in ("start", "mixed")
    ]
    return record(*rows, *more, model=race.MODEL, **how)


def test_the_readme_keeps_its_words_and_lines_and_takes_figures():
    before = (ROOT / "README.md").read_text("utf-8")
    after = readme.with_figures(before, raced())
    changed = [
        (old, new)
        for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
        if old != new
    ]
    assert len(changed) == 5
    assert changed[0][1].endswith("| 1,000 ms | 100.0 | 500 |")
    assert changed[0][0].split("|")[:4] == changed[0][1].split("|")[:4]
    assert changed[3][1].startswith(
        "| sentence_transformers_torch 1 on PyTorch | | for comparison |"
    )
    assert "(here: 2 CPUs of Fast One, float32)" in changed[4][1]
    assert readme.with_figures(after, raced()) == after


def test_a_record_without_an_engine_makes_no_readme():
    with pytest.raises(ValueError, match="no figures of onnx"):
        readme.with_figures((ROOT / "README.md").read_text("utf-8"), record(model=race.MODEL))
    with pytest.raises(ValueError, match="no table"):
        readme.with_figures("# Title\n", raced())


def test_a_model_of_another_size_has_a_line_a_contender_and_its_reasons():
    made = record(
        row("onnx", "one", 0.5, ours=True),
        row("onnx", "mixed", 2.0, ours=True, gap=2e-7),
        row("peer", "mixed", 4.0, gap=1e-6),
        row("void", "mixed", void="no environment of void"),
        model="shape:bert-base",
    )
    text = sizes.section([made])
    assert (
        "| bert-base | onnx | 500.0 ms | mixed: 50.0 | 100% | 2.00 [2.00, 2.00] | 500 | 2e-07 |"
        in text
    )
    assert "| | peer |" in text.replace("|  |", "| |")
    assert "* void, void of bert-base: no environment of void" in text
