"""The server as a deployment: numbers of the model, refusals of the server, and a replica that ends."""

import json
import socket
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import ray
from ray import serve
from ray_models import PLACES, texts

from isomorph import SentenceTransformer
from isomorph.errors import InputError
from isomorph_ray import deployment

KEY = "of-the-tests"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def post(url, body, key=KEY):
    """Status and JSON of an answer."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read() or b"{}")


@pytest.fixture
def address(cluster):
    port = free_port()
    serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": port})
    app = deployment(
        [f"vectors={PLACES['vectors']}"],
        keys=[KEY],
        replicas=(1, 2),
        model_arguments={"backend": "reference"},
    )
    serve.run(app, name="isomorph")
    yield f"http://127.0.0.1:{port}"
    serve.shutdown()


def test_requests(address):
    inputs = texts(20)
    wanted = SentenceTransformer(PLACES["vectors"], backend="reference").encode(inputs)
    body = {"input": inputs, "model": "vectors"}
    status, found = post(f"{address}/v1/embeddings", body)
    assert status == 200
    vectors = [each["embedding"] for each in found["data"]]
    np.testing.assert_allclose(vectors, wanted, atol=1e-5)
    assert post(f"{address}/v1/embeddings", body, "another")[0] == 401
    status, found = post(f"{address}/embed", {"inputs": "river " * 900})
    assert (status, '"truncate": true' in found["error"]) == (422, True)
    about = serve.status().applications["isomorph"].deployments["isomorph"]
    assert about.replica_states

    replicas = [
        actor
        for actor in ray.util.list_named_actors(all_namespaces=True)
        if actor["name"].startswith("SERVE_REPLICA") and "isomorph" in actor["name"]
    ]
    assert len(replicas) == 1
    ray.kill(ray.get_actor(**replicas[0]), no_restart=True)
    ended = time.monotonic() + 120
    while True:
        status, found = post(f"{address}/v1/embeddings", body)
        if status == 200:
            break
        assert status in (500, 503)
        assert time.monotonic() < ended
        time.sleep(0.2)
    vectors = [each["embedding"] for each in found["data"]]
    np.testing.assert_allclose(vectors, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("models", "kwargs"),
    [
        ("name", {}),
        ([], {}),
        (["a"], {"replicas": (2, 1)}),
        (["a"], {"replicas": 0}),
        (["a"], {"keys": "secret"}),
    ],
)
def test_what_cannot_be(models, kwargs):
    with pytest.raises(InputError, match="must be"):
        deployment(models, **kwargs)
