"""Models come and go: memory, idleness, names and ports; and models that see."""

import asyncio
import base64
import shutil
import socket
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from server_asgi import PLACES, talk
from tests.parity.tower_models import build as build_tower
from tests.parity.tower_models import pictures

from isomorph import load_model
from isomorph.errors import InputError, ModelNotFound, Unsupported
from isomorph_server.app import build
from isomorph_server.limits import Limits
from isomorph_server.listen import listen
from isomorph_server.refusals import Refused
from isomorph_server.shelf import Named, Shelf


def test_memory_is_a_bound_and_the_one_used_longest_ago_goes(shelf_of):
    sizes = {name: shelf_of(name).served[name].bytes for name in ("vectors", "scores", "weights")}
    most = sum(sizes.values()) - 1
    time = iter(range(1000))
    shelf = shelf_of(*sizes, clock=lambda: float(next(time)), memory=most)

    async def main():
        for name in ("vectors", "scores", "vectors"):
            async with shelf.use(shelf.served[name]):
                pass
        async with shelf.use(shelf.served["weights"]):
            return {name for name, each in shelf.served.items() if each.is_loaded}

    assert "scores" not in asyncio.run(main())

    shelf = shelf_of(*sizes, clock=lambda: float(next(time)), memory=most, seconds=0.1)

    async def busy():
        async with shelf.use(shelf.served["weights"]), shelf.use(shelf.served["vectors"]):
            with pytest.raises(Refused, match="at work") as refused:
                async with shelf.use(shelf.served["scores"]):
                    pass
        assert refused.value.status == 503

    asyncio.run(busy())
    with pytest.raises(Unsupported, match="memory"):
        shelf_of("vectors", memory=sizes["vectors"] - 1)


def test_an_idle_model_is_unloaded_and_comes_back(shelf_of):
    now = [0.0]
    shelf = shelf_of("vectors", clock=lambda: now[0], idle=10.0)
    served = shelf.served["vectors"]

    async def main():
        async with shelf.use(served) as model:
            vector = model.encode("river")
            now[0] = 100.0
            await shelf.unload_idle()
            assert served.is_loaded, "it is in use"
        now[0] = 109.0
        await shelf.unload_idle()
        assert served.is_loaded
        now[0] = 110.0
        await shelf.unload_idle()
        assert not served.is_loaded
        async with shelf.use(served) as model:
            np.testing.assert_allclose(model.encode("river"), vector, atol=1e-6)
        return served.is_loaded

    assert asyncio.run(main())


def test_names_and_places(tmp_path):
    assert Named.of("short=org/long") == Named("short", "org/long")
    assert Named.of("org/long") == Named("org/long", "org/long")
    with pytest.raises(ModelNotFound):
        Shelf([Named.of("/no/such/folder")], Limits())
    (tmp_path / "a=b").mkdir()
    folder = str(tmp_path / "a=b")
    assert Named.of(folder) == Named(folder, folder)
    for text in ("=folder", "name=", "="):
        with pytest.raises(InputError, match="NAME=FOLDER"):
            Named.of(text)


def test_files_that_nobody_reads_take_no_memory(tmp_path):
    """As of published folders, which hold the same weights for several libraries."""
    folder = tmp_path / "model"
    shutil.copytree(PLACES["vectors"], folder)
    (weights,) = folder.rglob("*.safetensors")
    (folder / "onnx").mkdir()
    for name in ("pytorch_model.bin", "onnx/model.onnx", "onnx/model_O4.onnx"):
        (folder / name).write_bytes(b"x" * 10_000_000)
    shelf = Shelf([Named("a", str(folder))], Limits(memory=2 << 20), backend="reference")
    assert shelf.served["a"].bytes == weights.stat().st_size


def test_two_models_of_one_name_are_refused(shelf_of):
    """The second one would answer for the first."""
    with pytest.raises(InputError, match="2 models are called 'vectors'"):
        shelf_of("vectors", "scores", "vectors")


def test_images_come_by_data_uri_and_no_path_or_address_is_opened(tmp_path):
    place = build_tower("clip", tmp_path / "clip")
    file = tmp_path / "seen.png"
    Image.fromarray(np.asarray(pictures()[0])).save(file)
    buffer = BytesIO(file.read_bytes())
    coded = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    limits = Limits()
    app = build(Shelf([Named("clip", str(place))], limits, backend="reference"), limits)

    async def ask(client):
        good = await client.post("/embed", {"inputs": [coded, "a text"], "normalize": False})
        path = await client.post(
            "/embed", {"inputs": [str(file)], "normalize": False, "truncate": True}
        )
        gone = await client.post(
            "/embed", {"inputs": ["http://127.0.0.1:9/a.png"], "truncate": True}
        )
        bad = await client.post("/embed", {"inputs": "data:image/png;base64,%%"})
        loud = coded.replace("data:image/png;base64", "DATA:Image/PNG;Base64")
        large = BytesIO()
        Image.new("L", (6000, 6000)).save(large, "PNG")
        bomb = "data:image/png;base64," + base64.b64encode(large.getvalue()).decode()
        refused = await client.post("/embed", {"inputs": ["a text", bomb]})
        assert (refused.status, "33,554,432 pixels" in refused.json["error"]) == (413, True)
        other = await client.post("/embed", {"inputs": [loud], "normalize": False})
        np.testing.assert_allclose(other.json, good.json[:1], atol=1e-5)
        return good, path, gone, bad

    good, path, gone, bad = talk(app, ask)
    assert [each.status for each in (good, path, gone, bad)] == [200, 200, 200, 422]
    with load_model(place, backend="reference") as model:
        want = model.encode([{"image": str(file)}, {"text": "a text"}])
    scale = max(1, float(np.abs(want).max()))
    np.testing.assert_allclose(good.json, want, atol=1e-5 * scale)
    assert np.abs(np.asarray(path.json[0]) - want[0]).max() > 1e-3 * scale, "the path is a text"


def test_a_port_that_is_taken_is_named(app_of):
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        with pytest.raises(OSError, match=f"Cannot listen on 127.0.0.1, port {port}"):
            listen(app_of("vectors"), "127.0.0.1", port, Limits())
    with pytest.raises(OSError, match=r"Cannot listen on 192\.0\.2\.1, port 0"):
        listen(app_of("vectors"), "192.0.2.1", 0, Limits())


def test_a_model_that_sees_and_does_not_read(tmp_path):
    place = build_tower("vit", tmp_path / "vit")
    limits = Limits()
    app = build(Shelf([Named("vit", str(place))], limits, backend="reference"), limits)
    buffer = BytesIO()
    Image.fromarray(np.asarray(pictures()[0])).save(buffer, "PNG")
    coded = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()

    async def ask(client):
        found = [await client.post("/embed", {"inputs": each}) for each in (coded, "a text")]
        return *found, await client.get("/health")

    good, text, health = talk(app, ask)
    assert [each.status for each in (good, text, health)] == [200, 422, 200]
    assert "data URIs" in text.json["error"]
    with load_model(place, backend="reference") as model:
        want = model.encode([{"image": Image.open(buffer)}], normalize_embeddings=True)
    np.testing.assert_allclose(good.json, want, atol=1e-5)
