import re
import shutil
import subprocess
import sys

import pytest

from isomorph.cli.explain import size


def test_modules_then_what_is_in_effect(isomorph, tiny):
    done = isomorph("explain", tiny, "--backend", "reference")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "0 transformer reference cpu" in said
    assert "1 pooling reference cpu" in said
    assert "provider numpy" in said
    assert "native 2" in said
    assert re.search(r"memory of a call with 10,000 long texts: [1-9][\d.]* [MG]B", said)


def test_errors_are_one_message_and_exit_code_two(isomorph, tiny):
    done = isomorph("explain", tiny, "--backend", "nobody")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: Backend 'nobody' was asked for")
    assert "Traceback" not in done.output


def test_markup_in_a_message_is_text(isomorph, tiny):
    done = isomorph("explain", tiny, "--device", "[red]x")
    assert done.exit_code == 2
    assert "'[red]x'" in done.stderr


def test_help_asks_plugins_for_their_commands_and_imports_no_library_of_models():
    code = (
        "import sys; from isomorph.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'tokenizers', 'huggingface_hub'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in ("backends", "explain", "embed", "verify", "export", "quantize", "demo"):
        assert command in done.stdout


def test_measuring_does_not_pay_for_the_command_line():
    code = (
        "import sys, isomorph.cli.measure\n"
        "assert not {'typer', 'click', 'rich', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_version(isomorph):
    from isomorph import __version__

    assert isomorph("--version").stdout.strip() == f"isomorph {__version__}"


def test_what_would_run_it_and_how_big_it_gets(isomorph, tiny):
    done = isomorph("explain", tiny, "--no-load")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert f"{tiny}, a SentenceTransformer" in said
    assert "reference cpu 2/2" in said
    assert re.search(r"files that a load needs: 7, \d+(\.\d)? kB", said)
    assert re.search(r"weights: (\S+ kB) as stored, \1 as float32", said)
    assert "10,000 texts of 32 tokens" in said
    assert "provider" not in said


def test_a_folder_without_weights(isomorph, tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "model")
    (folder / "model.safetensors").unlink()
    done = isomorph("explain", folder, "--backend", "reference")
    assert done.exit_code == 0, done.output
    assert "missing: model.safetensors: not there." in done.output
    assert "reference   cpu      2/2" in done.output


def test_another_class(isomorph, tiny):
    done = isomorph("explain", tiny, "--backend", "reference", "--as", "CrossEncoder")
    assert done.exit_code == 2
    assert (
        "no architecture that ends in ForSequenceClassification. isomorph.load_model" in done.stderr
    )
    done = isomorph("explain", tiny, "--as", "Crossencoder")
    assert "there are: SentenceTransformer, SparseEncoder, CrossEncoder" in done.stderr


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (None, "not known"),
        (7, "7 bytes"),
        (1500, "1.5 kB"),
        (91_000_000, "91 MB"),
        (3 * 10**9, "3.0 GB"),
    ],
)
def test_sizes(count, shown):
    assert size(count) == shown
