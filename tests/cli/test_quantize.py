"""The command: files of the user, shares, and what it says."""

import json

import pytest


def test_the_command_measures_with_the_users_files(isomorph, tiny, tmp_path):
    texts, pairs = tmp_path / "texts.txt", tmp_path / "pairs.tsv"
    texts.write_text("the cat sat\n\na dog ran\ngreen hills\n", "utf-8")
    rows = ["a\tb\tscore", "the cat\tthe cat\t5", "a dog\tgreen hills\t0", "cat\tdogs\t3"]
    pairs.write_text("\n".join(rows), "utf-8")
    done = isomorph(
        "quantize", tiny, "--weights", "fp16", "--backend", "reference", "--output", tmp_path / "made",
        "--pairs", pairs, "--calibrate", texts, "--max-loss", "5%", "--quiet",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "Cosine of 3 texts" in done.stdout
    assert "Spearman on the pairs" in done.stdout
    said = json.loads((tmp_path / "made" / "isomorph-quantized.json").read_text("utf-8"))
    assert said["weights"] == "float16"
    assert set(said["measured"]["spearman"]) == {"before", "now"}


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--max-loss", "much", "is no share"),
        ("--max-loss", "-1%", "is no share"),
        ("--weights", "int3", "int3"),
        ("--pairs", "{tmp}/none.csv", "cannot be read"),
        ("--pairs", "{tmp}/few.csv", "at least 3"),
        ("--pairs", "{tmp}/wrong.csv", "row 2"),
        ("--calibrate", "{tmp}/empty.txt", "no text"),
    ],
)
def test_what_cannot_be_used_is_said(isomorph, tiny, tmp_path, option, value, words):
    (tmp_path / "few.csv").write_text("a,b,1\n", "utf-8")
    (tmp_path / "wrong.csv").write_text("a,b,score\nc,d\n", "utf-8")
    (tmp_path / "empty.txt").write_text(" \n", "utf-8")
    given = {"--weights": "int8", "--backend": "reference", "--output": tmp_path / "made"}
    given[option] = value.replace("{tmp}", str(tmp_path))
    done = isomorph("quantize", tiny, *(part for pair in given.items() for part in pair))
    assert done.exit_code == 2
    assert words in done.stderr
    assert not (tmp_path / "made").exists()
