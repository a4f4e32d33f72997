"""The clients that others wrote, on a port that the system chooses."""

from __future__ import annotations

import signal
import sys
import urllib.request
import warnings
from pathlib import Path

import cohere
import httpx
import numpy as np
import openai
import pytest
from huggingface_hub import InferenceClient

from isomorph import load_model

sys.path.append(str(Path(__file__).parent))

from served import running

PARITY = Path(__file__).parents[3] / "tests" / "parity"
VECTORS = PARITY / "models" / "prompts-default"
SCORES = PARITY / "cross_encoders" / "models" / "bert-typed"
TEXTS = ["river", "the river carries small stones"]
KEY = "of-the-clients"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The process, and its address."""
    models = [f"vectors={VECTORS}", f"scores={SCORES}", "--backend", "reference"]
    log = tmp_path_factory.mktemp("server") / "log"
    with running(*models, log=log, ISOMORPH_API_KEY=KEY) as found:
        yield found.process, found.address


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


def test_langchain(server, vectors):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of its own dependencies
        from langchain_openai import OpenAIEmbeddings

        client = OpenAIEmbeddings(
            model="vectors",
            base_url=f"{server[1]}/v1",
            api_key=KEY,
            check_embedding_ctx_length=False,  # otherwise it sends ids of OpenAI's tokenizer
        )
        np.testing.assert_allclose(client.embed_documents(TEXTS), vectors, atol=1e-5)
        np.testing.assert_allclose(client.embed_query(TEXTS[0]), vectors[0], atol=1e-5)
        tokens = OpenAIEmbeddings(model="vectors", base_url=f"{server[1]}/v1", api_key=KEY)
        with pytest.raises(openai.BadRequestError, match="another tokenizer"):
            tokens.client.create(model="vectors", input=[[1, 2]])


def test_llama_index(server, vectors):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from llama_index.embeddings.openai_like import OpenAILikeEmbedding
        from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference

        client = OpenAILikeEmbedding(
            model_name="vectors", api_base=f"{server[1]}/v1", api_key=KEY, embed_batch_size=2
        )
        np.testing.assert_allclose(client.get_text_embedding_batch(TEXTS), vectors, atol=1e-5)
        client = TextEmbeddingsInference(model_name="vectors", base_url=server[1], auth_token=KEY)
        found = np.array(client.get_text_embedding_batch(TEXTS))
        length = np.linalg.norm(vectors, axis=1, keepdims=True)  # TEI's language normalises
        np.testing.assert_allclose(found, vectors / length, atol=1e-5)


def test_coheres(server):
    documents = ["the train is late", "small stones", "river"]
    with (
        httpx.Client() as connections,
        load_model(SCORES, backend="reference") as model,
    ):
        client = cohere.ClientV2(base_url=server[1], api_key=KEY, httpx_client=connections)
        found = client.rerank(model="scores", query="river", documents=documents, top_n=2)
        scores = model.predict([("river", each) for each in documents])
        best = np.argsort(-scores, kind="stable")[:2]
        assert [each.index for each in found.results] == best.tolist()
        np.testing.assert_allclose(
            [each.relevance_score for each in found.results], scores[best], atol=1e-5
        )
        with pytest.raises(cohere.core.ApiError, match="gone"):
            client.rerank(model="gone", query="river", documents=documents)


def test_what_was_accepted_is_answered_when_the_server_is_told_to_end(server):
    process, address = server
    with urllib.request.urlopen(f"{address}/health", timeout=60) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) in (0, -signal.SIGTERM)
