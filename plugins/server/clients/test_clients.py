"""The clients that others wrote, on a port that the system chooses."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import openai
import pytest
from huggingface_hub import InferenceClient

from isomorph import load_model

PARITY = Path(__file__).parents[3] / "tests" / "parity"
VECTORS = PARITY / "models" / "prompts-default"
SCORES = PARITY / "cross_encoders" / "models" / "bert-typed"
TEXTS = ["river", "the river carries small stones"]
KEY = "of-the-clients"


@pytest.fixture(scope="module")
def server():
    """The process, and its address."""
    command = [sys.executable, "-c", "from isomorph.cli import app; app()", "serve"]
    command += [f"vectors={VECTORS}", f"scores={SCORES}", "--port", "0", "--backend", "reference"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "ISOMORPH_API_KEY": KEY}
    )
    for line in process.stderr:
        found = re.search(r"listening on (http://\S+)", line)
        if found:
            break
    else:
        pytest.fail("it ended before it listened")
    yield process, found[1]
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stderr.close()


@pytest.fixture(scope="module")
def vectors():
    with load_model(VECTORS, backend="reference") as model:
        return model.encode(TEXTS)


def test_openai(server, vectors):
    client = openai.OpenAI(base_url=f"{server[1]}/v1", api_key=KEY, max_retries=0)
    found = client.embeddings.create(model="vectors", input=TEXTS)
    np.testing.assert_allclose([each.embedding for each in found.data], vectors, atol=1e-5)
    assert [each.id for each in client.models.list()] == ["vectors", "scores"]
    with pytest.raises(openai.NotFoundError, match="gone"):
        client.embeddings.create(model="gone", input=TEXTS)
    with pytest.raises(openai.BadRequestError, match="longer than"):
        client.embeddings.create(model="vectors", input="river " * 900)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").models.list()


def test_the_hubs(server, vectors):
    client = InferenceClient(model=server[1], token=KEY)
    found = client.feature_extraction(TEXTS[0], normalize=False)
    np.testing.assert_allclose(np.squeeze(found), vectors[0], atol=1e-5)
    (same,) = client.sentence_similarity(TEXTS[0], other_sentences=[TEXTS[0]])
    assert same == pytest.approx(1, abs=1e-5)


def test_what_was_accepted_is_answered_when_the_server_is_told_to_end(server):
    process, address = server
    with urllib.request.urlopen(f"{address}/health", timeout=60) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) in (0, -signal.SIGTERM)
