"""A tiny model, and what is made of it in eight bits."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import pytest

from isomorph.evaluation.sentences import SENTENCES
from isomorph.quantize import quantize_model
from isomorph.testing.models import write


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Path:
    """The folder of a chain of eight modules; not to be changed."""
    return Path(write("everything", tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(scope="session")
def made(source, tmp_path_factory):
    """What `quantize_model` says of it as int8, which lies in `made.folder`; not to be changed."""
    folder = tmp_path_factory.mktemp("made") / "int8"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of cut texts
        return quantize_model(
            source, "int8", backend="reference", output=folder, texts=SENTENCES[:12]
        )


@pytest.fixture
def copied(made, tmp_path) -> Path:
    """A copy of it that a test may damage."""
    return Path(shutil.copytree(made.folder, tmp_path / "copied"))
