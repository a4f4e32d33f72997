"""What a backend saves with a model runs where the model's own weights are gone."""

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BackendUnavailable
from isomorph.plugins.discovery import installed
from isomorph.testing.models import write

SAVING = [info.name for info in installed().infos if info.artifacts]


@pytest.mark.parametrize("backend", SAVING)
def test_a_saved_artifact_stands_in_for_the_weights(backend, tmp_path):
    try:
        model = SentenceTransformer(write("everything", tmp_path / "model"), backend=backend)
    except BackendUnavailable as why:
        pytest.skip(str(why))
    expected = model.encode("a text")
    model.save_pretrained(tmp_path / "saved")
    for file in (tmp_path / "saved").glob("*.safetensors"):
        file.unlink()
    again = SentenceTransformer(tmp_path / "saved", backend=backend)
    np.testing.assert_allclose(again.encode("a text"), expected, atol=1e-6)
    assert again.report().artifact is not None
