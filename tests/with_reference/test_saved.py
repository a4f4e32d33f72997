"""Folders that we save, loaded by the real sentence-transformers: `make test-saved` runs this.

That library answers from the saved folder what it answers from the one that we loaded, and what we do.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

peers = pytest.importorskip("sentence_transformers", reason="run by make test-saved")
sys.path.insert(0, str(Path(__file__).parents[1] / "core"))
from saving.folders import PARITY, answers, folders  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # that library's and its libraries' own
FOLDERS = {name: loader for name, loader in folders().items() if "model2vec" not in name}
"""All but the layout of model2vec, which stays what it is and which that library does not load."""

DIFFERENT = (
    "models/prompts-default",  # encode_query without a prompt of its own: see docs/differences.md
    "models/prompts-left-out-bytes",  # a prompt's tokens, counted alone or in front of the text
    "models/prompts-left-padded",
    "cross_encoders/models/bert-left",  # padding on the left moves positions there
)
"""Where that library's answers are not ours, whoever has saved the folder."""


@pytest.mark.parametrize("name", FOLDERS)
def test_loaded_by_the_reference(name, tmp_path):
    loader = FOLDERS[name]
    model = loader(PARITY / name, backend="reference")
    model.save_pretrained(tmp_path / "saved")
    before, after = (
        dict(
            answers(
                getattr(peers, loader.__name__)(str(folder), device="cpu", local_files_only=True)
            )
        )
        for folder in (PARITY / name, tmp_path / "saved")
    )
    assert before
    assert before.keys() == after.keys()
    for call, wanted in before.items():
        np.testing.assert_allclose(after[call], wanted, rtol=1e-5, atol=1e-5, err_msg=call)
    if name not in DIFFERENT:
        ours = dict(answers(model))
        for call in ours.keys() & after.keys():
            np.testing.assert_allclose(after[call], ours[call], rtol=1e-5, atol=1e-5, err_msg=call)
