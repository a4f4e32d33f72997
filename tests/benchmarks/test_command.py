"""``isomorph bench`` races a tiny model to the end, keeps its record, and runs that again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from isomorph.cli.main import app as isomorph
from isomorph.errors import InputError
from isomorph.testing.models import write
from isomorph_bench import bench
from isomorph_bench.command import app
from isomorph_bench.machine.limits import Limits
from isomorph_bench.order import Order, order_of
from isomorph_bench.plugin import isomorph_commands
from isomorph_bench.records.kept import append
from isomorph_bench.records.lines import read

QUICK = ("--quick", "--backends", "reference")


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch):
    """The machine's limits take seconds, and tests are not about them."""
    monkeypatch.setattr(bench.limits, "probe", lambda: Limits(100.0, 100.0, 10.0, 10.0))
    monkeypatch.setattr(bench.limits, "probe_again", lambda before: before)


@pytest.fixture
def model(tmp_path):
    return str(write("bert", tmp_path / "model"))


def run(*words, code=0):
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def test_a_model_is_raced_and_its_record_run_again(model, tmp_path):
    pairs, file = tmp_path / "pairs.tsv", tmp_path / "race.jsonl"
    pairs.write_text("a cat\ta dog\t1\nthe sun\tthe sun\t5\nred\told bird\t2\n")
    asked = (*QUICK, "--workload", "one,short", "--pairs", pairs, "--rounds", "2", "--json", file)
    said = run(model, *asked)
    assert "reference" in said
    (record,) = read(file)
    assert {row.workload for row in record.rows} == {"one", "short"}
    for row in record.rows:
        assert row.counts
        assert row.ours
        assert row.spearman is not None
        assert len(row.rounds) == 1, "a quick run has one round, whatever is asked"
    assert record.run.model["hash"]
    assert record.run.workloads["short"]["lengths"]
    assert record.run.versions["numpy"]

    run("--again", file, "--json", file)
    first, second = read(file)
    assert second.run.order == first.run.order
    assert second.run.workloads == first.run.workloads
    assert [(r.contender, r.workload, r.gap) for r in second.rows] == [
        (r.contender, r.workload, r.gap) for r in first.rows
    ]


def test_a_file_of_texts_is_the_workload(model, tmp_path):
    texts, file = tmp_path / "texts.txt", tmp_path / "race.jsonl"
    texts.write_text("a cat\nthe old bird sang\n\na cat\n")
    run(model, *QUICK, "--texts", texts, "--json", file)
    (record,) = read(file)
    assert list(record.run.workloads) == ["file"]
    assert record.run.workloads["file"]["items"] == 2


def test_weights_in_fewer_bits_race_beside_those_of_the_folder(model, tmp_path, monkeypatch):
    monkeypatch.setenv("ISOMORPH_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "race.jsonl"
    run(model, *QUICK, "--workload", "short", "--weights", "stored,int8", "--json", file)
    whole, fewer = read(file)[0].rows
    assert (whole.contender, fewer.contender) == ("reference", "reference int8")
    assert fewer.report["stored"].startswith("int8")
    assert whole.gap < 1e-5 < fewer.gap
    assert 0.9 < fewer.cosine < whole.cosine
    assert fewer.counts


@pytest.mark.parametrize("name", ["splade", "late-interaction", "bert"])
def test_every_task_of_texts_runs(name, tmp_path):
    file = tmp_path / "race.jsonl"
    task = {"bert": "dense", "splade": "sparse"}.get(name, name)
    folder = write(name, tmp_path / "tiny")
    run(folder, *QUICK, "--task", task, "--workload", "short", "--json", file)
    (row,) = read(file)[0].rows
    assert row.counts
    assert read(file)[0].run.model["task"] == task


@pytest.mark.parametrize(("name", "workload"), [("reranker", "pairs"), ("clip-b32", "from arrays")])
def test_pairs_and_images_run_on_models_of_random_weights(name, workload, tmp_path, monkeypatch):
    monkeypatch.setenv("ISOMORPH_CACHE", str(tmp_path))
    file, task = tmp_path / "race.jsonl", "images" if name == "clip-b32" else ""
    asked = ("--task", task, "--workload", workload, "--json", file)
    run(f"shape:{name}", *QUICK, *asked)
    (row,) = read(file)[0].rows
    assert row.counts
    assert read(file)[0].run.workloads[workload]["items"] == 48


def test_records_become_tables_a_page_and_what_changed(model, tmp_path):
    file, html, text = (tmp_path / name for name in ("race.jsonl", "race.html", "race.md"))
    run(model, *QUICK, "--workload", "short", "--json", file)
    assert "| reference |" in run("report", file)
    text.write_text("<!-- race begins: isomorph bench report writes it -->\n<!-- race ends -->\n")
    run("report", file, "--html", html, "--into", text)
    assert html.read_text().startswith("<!doctype html>")
    assert "| reference |" in text.read_text()
    assert "as before" in run("compare", file, file)
    with pytest.raises(InputError, match="cannot take the tables"):
        run("report", file, "--into", file)
    slower = tmp_path / "slower.jsonl"
    (made,) = read(file)
    rounds = tuple(tuple(2 * call for call in calls) for calls in made.rows[0].rounds)
    append(slower, replace(made, rows=(replace(made.rows[0], rounds=rounds),)))
    assert "slower" in run("compare", file, slower, code=1)


def test_a_suite_is_run_order_by_order_and_not_twice(model, tmp_path):
    file, done = tmp_path / "suite.toml", tmp_path / "done.jsonl"
    file.write_text(
        f'[[order]]\nmodel = "{model}"\nbackends = ["reference"]\nworkloads = ["short"]\n'
    )
    run("suite", file, "--quick", "--json", done)
    run("suite", file, "--quick", "--json", done)
    assert len(read(done)) == 1


def test_peers_are_listed_with_their_tasks():
    said = run("peers").splitlines()
    assert any(line.startswith("ctranslate2: dense; ") for line in said)
    assert any(line.startswith("sentence_transformers_torch: dense, sparse, ") for line in said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "takes a MODEL, or --again"),
        (("shape:none",), "no shape 'none'"),
        (("{model}", "--task", "dancing"), "no task 'dancing'"),
        (("{model}", "--workload", "slow"), "no workload 'slow'"),
        (("{model}", "--backends", "slow"), "no backend 'slow'"),
        (("{model}", "--against", "slow"), "no peer 'slow'"),
        (("{model}", "--workload", "file"), "--texts FILE"),
    ],
)
def test_what_there_is_not_is_refused_by_its_name(words, said, model):
    with pytest.raises(InputError, match=said):
        run("run", *(word.format(model=model) for word in words))


def test_an_order_is_data_and_one_of_another_version_is_refused():
    order = Order("m", ("a", "b"), weights=("int8",), rounds=3)
    assert order_of(order.as_data()) == order
    assert order_of({"model": "m", "backends": ["a"]}) == Order("m", ("a",))
    with pytest.raises(InputError, match="'speed'"):
        order_of({"model": "m", "speed": 3})
    with pytest.raises(InputError, match="names no model"):
        order_of({})


def test_the_command_is_one_of_isomorphs(monkeypatch):
    (info,) = isomorph_commands()
    monkeypatch.setattr("isomorph.plugins.commands.commands", lambda: [info])
    said = CliRunner().invoke(isomorph, ["bench", "--help"])
    assert said.exit_code == 0
    assert "run" in said.output


def test_a_record_that_says_what_no_run_writes_is_named(tmp_path):
    limits = {"sgemm_gflops": None, "read_gbytes": 1.0, "copy_gbytes": 1.0}
    about = {"kind": "pass", "items": 1, "unit": "texts", "fingerprint": "0"}
    run = {
        "kind": "run", "format": 1, "order": {}, "model": {}, "versions": {}, "machine": {"limits": limits},
        "workloads": {"m": about},
    }  # fmt: skip
    row = {"kind": "row", "contender": "one", "workload": "m", "rounds": [[1.0]]}
    file = tmp_path / "record.json"
    file.write_text("\n".join(json.dumps(each) for each in (run, row)), "utf-8")
    done = CliRunner().invoke(isomorph, ["bench", "report", str(file)])
    assert done.exit_code == 2
    assert "record.json holds what no run writes" in done.output
    assert CliRunner().invoke(isomorph, ["bench", "compare", str(file), str(file)]).exit_code == 0
