"""What users see of this engine beside its numbers: what is kept, saved, refused, and on which device."""

import os
import subprocess
import sys

import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BackendUnavailable, DeviceUnavailable, IsomorphError, Unsupported
from isomorph_jax import engine
from isomorph_jax.compiled import Compiled

USE = """
import sys
from isomorph import SentenceTransformer
from isomorph_jax import compiled
import jax.stages
compiles = []
real = jax.stages.Lowered.compile
jax.stages.Lowered.compile = lambda self, *a, **k: (compiles.append(1), real(self, *a, **k))[1]
vectors = SentenceTransformer(sys.argv[1], backend="jax").encode(["one", "two words"])
print(len(compiles), vectors.tobytes().hex())
"""


def run(code, *arguments, **variables):
    env = {**os.environ, **variables}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_what_is_compiled_is_kept_for_the_next_process_and_a_damaged_file_is_made_anew(
    folder, tmp_path
):
    room = {"ISOMORPH_COMPILED": "1GB", "ISOMORPH_CACHE": str(tmp_path / "cache")}
    first, vectors = run(USE, folder, **room)
    assert int(first) > 0
    assert run(USE, folder, **room) == ["0", vectors]
    files = list((tmp_path / "cache").rglob("executable"))
    for file in files:
        file.write_bytes(b"damaged")
    assert run(USE, folder, **room) == [first, vectors]


def test_what_is_kept_runs_where_jax_has_a_cache_of_its_own(folder, tmp_path):
    """JAX gives an executable out of its cache, whose bytes lack functions when they are written again."""
    theirs = {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "theirs"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    both = {"ISOMORPH_COMPILED": "1GB", "ISOMORPH_CACHE": str(tmp_path / "ours"), **theirs}
    _, vectors = run(USE, folder, **theirs)
    for _ in range(2):
        assert run(USE, folder, **both)[1] == vectors


def test_a_saved_program_runs_without_the_weights_of_the_model(folder, tmp_path, close):
    SentenceTransformer(folder, backend="jax").save_pretrained(tmp_path / "saved")
    for file in (tmp_path / "saved").glob("*.safetensors"):
        file.unlink()
    model = SentenceTransformer(tmp_path / "saved", backend="jax")
    close(model)
    assert model.report().artifact.name == "model.stablehlo"
    model.save_pretrained(tmp_path / "again")
    close(SentenceTransformer(tmp_path / "again", backend="jax"))


@pytest.mark.parametrize("name", ["model.stablehlo", "model.safetensors", "isomorph.json"])
def test_a_damaged_saved_program_is_one_error_that_names_the_file(folder, tmp_path, name):
    SentenceTransformer(folder, backend="jax").save_pretrained(tmp_path / "saved")
    for file in (tmp_path / "saved").glob("*.safetensors"):
        file.unlink()
    (tmp_path / "saved" / "jax" / name).write_bytes(b"damaged")
    with pytest.raises(IsomorphError, match=r"jax|stablehlo"):
        SentenceTransformer(tmp_path / "saved", backend="jax").encode("a text")


@pytest.mark.parametrize(("arithmetic", "within"), [("bfloat16", 0.05), ("float16", 0.01)])
def test_narrow_arithmetic_is_honoured_and_close(folder, close, expected, arithmetic, within):
    model = SentenceTransformer(folder, backend="jax", model_kwargs={"dtype": arithmetic})
    close(model, within)
    with pytest.raises(AssertionError):
        close(model, 1e-6)
    assert f"precision       {arithmetic}" in str(model.report())


def test_what_there_is_not_is_refused_by_name(folder):
    with pytest.raises(Unsupported, match="fast_math"):
        SentenceTransformer(folder, backend="jax", model_kwargs={"fast_math": 1}).encode("a")
    with pytest.raises(DeviceUnavailable, match="tpu"):
        SentenceTransformer(folder, backend="jax", device="tpu:7")


SEVERAL = """
import sys
from isomorph import SentenceTransformer
model = SentenceTransformer(sys.argv[1], backend="jax", device="cpu:2")
vectors = model.encode(["one", "two words"])
texts = [f"text {number}" for number in range(12)]
spread = model.encode(texts, device=sys.argv[2:], chunk_size=3)
print(model.report().device, vectors.tobytes().hex(), abs(spread - model.encode(texts)).max() < 1e-6)
"""


def test_each_of_several_devices_is_its_own_and_a_call_may_use_all(folder):
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=3"}
    device, vectors, agrees = run(SEVERAL, folder, "cpu:0", "cpu:1", **flags)
    assert (device, agrees) == ("cpu:2", "True")
    one = SEVERAL.replace('device="cpu:2"', 'device="cpu"')
    assert run(one, folder, "cpu") == ["cpu", vectors, "True"]


def test_shapes_are_those_of_the_lattice_and_each_is_compiled_once(folder, monkeypatch):
    seen = []
    real = Compiled._make
    monkeypatch.setattr(
        Compiled, "_make", lambda own, key, feeds: seen.append(key) or real(own, key, feeds)
    )
    model = SentenceTransformer(folder, backend="jax")
    for count in range(1, 6):
        model.encode(["word " * length for length in range(1, count + 1)])
    sizes = {dict(key)["input_ids"] for key in seen}
    assert len(seen) == len(sizes)
    assert all(rows in (1, 2, 4, 8) and width % 8 == 0 for rows, width in sizes)


def test_an_engine_that_does_not_load_says_why_and_what_to_do(monkeypatch):
    def broken(name):
        raise ImportError("libxla.so: cannot open shared object file")

    monkeypatch.setattr(engine, "import_module", broken)
    with pytest.raises(BackendUnavailable, match=r"libxla.*pip install --upgrade jax jaxlib"):
        engine.engine.__wrapped__()
