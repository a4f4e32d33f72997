"""The pages of this repository show what its records hold, and no record tells where or whose it is."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.benchmarks.simulated import SELF, WORKLOADS, record, row

from isomorph.errors import InputError
from isomorph_bench.published import main, race, readme, sizes, texts
from isomorph_bench.records.kept import append
from isomorph_bench.records.lines import written

ROOT = Path(__file__).parents[2]
PLACES = re.compile(r"(?<![\w/])/(?:home|root|work|tmp|Users|mnt|opt|srv|var)\b|[A-Za-z]:\\\\|~/")


def test_pages_show_what_the_records_hold():
    """`make figures` writes them."""
    pages = dict(texts(ROOT))
    assert {page.name for page in pages} == {"README.md", "speed.md"}
    for page, text in pages.items():
        assert page.read_text("utf-8") == text


def revealing(text):
    """What a record tells of the machine's folders, and models that nobody else has."""
    yield from PLACES.findall(text)
    for line in map(json.loads, text.splitlines()):
        if line["kind"] == "run" and not line["model"]["name"].startswith(("package:", "shape:")):
            yield line["model"]["name"]


def test_a_record_tells_of_no_folder_and_no_user():
    for file in (ROOT / "benchmarks" / "records").glob("*.jsonl"):
        assert file.stat().st_size < 2_000_000
        assert list(revealing(file.read_text("utf-8"))) == [], file


def test_a_record_that_tells_of_a_folder_is_found():
    own = record(row("a", "mixed", void="no /srv/me/model"), model="/srv/me/model")
    assert len(list(revealing("\n".join(written(own))))) == 4


def raced(**asked):
    """A record with figures of the three engines and of one peer."""
    names = ("onnx", "openvino", "torch", "sentence_transformers_torch")
    rows = [
        row(
            name, workload, place + 1.0, ours=place < 3, report={**SELF, "engine": f"{name} 1, x 2"}
        )
        for place, name in enumerate(names)
        for workload in ("start", "mixed")
    ]
    workloads = {**WORKLOADS, "short": {**WORKLOADS["mixed"], "items": 50}}
    made = record(*rows, model=race.MODEL, workloads=workloads)
    return replace(made, run=replace(made.run, order={"model": race.MODEL, **asked}))


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
        "| bert-base | onnx | 500.0 ms | mixed: 50.0 | 100% | mixed: 2.00 [2.00, 2.00] | 500 | 2e-07 |"
        in text
    )
    assert "| | peer |" in text.replace("|  |", "| |")
    assert "* void, void of bert-base: no environment of void" in text


def test_pages_of_a_clone_are_written_and_one_without_marks_is_refused(tmp_path, capsys):
    for name in ("README.md", "docs/speed.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    main(tmp_path)
    assert capsys.readouterr().out.count("as it was") == 2, "without a record nothing is written"
    records = tmp_path / "benchmarks" / "records"
    records.mkdir(parents=True)
    append(records / "minilm.jsonl", raced(against=["all"]))
    append(records / "sizes.jsonl", record(row("onnx", "mixed", 2.0), model="shape:bert-base"))
    for said in ("written", "as it was"):
        main(tmp_path)
        assert capsys.readouterr().out.count(said) == 2
    text = (tmp_path / "docs" / "speed.md").read_text("utf-8")
    assert "| openvino | 2,000 | 50.0 |" in text
    assert "| bert-base | onnx |" in text
    (tmp_path / "docs" / "speed.md").write_text("# Speed\n")
    with pytest.raises(InputError, match="cannot take its tables"):
        main(tmp_path)
    with pytest.raises(InputError, match="in a clone"):
        main(None)
