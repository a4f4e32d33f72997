"""A model of several chains is exported whole: each chain has an artifact and probes of its own."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.parity import clap_models, mingled_models, tower_models

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, Unsupported
from isomorph.export import export_model
from isomorph.model.routes import place_of

ROUTED = Path(__file__).parents[1] / "parity" / "routed" / "models"
MAKERS = {
    "clip": lambda folder: tower_models.build("clip", folder),
    "siglip": lambda folder: tower_models.build("siglip", folder),
    "vit": lambda folder: tower_models.build("vit", folder),
    "clap": lambda folder: clap_models.write_clap("clap", folder),
    "qwen2_vl": lambda folder: mingled_models.build("qwen2_vl", folder),
    "two-heads": lambda folder: Path(shutil.copytree(ROUTED / "two-heads", folder)),
}
PLACES = {
    "clip": ["", "image"],
    "siglip": ["", "image"],
    "vit": [""],
    "clap": ["", "audio"],
    "qwen2_vl": ["", "message"],
    "two-heads": ["", "query"],
}


def inputs(name):
    """Some of each modality that the model takes, in one list."""
    found = [] if name == "vit" else ["a cat", "Two dogs run over the beach!"]
    if name in ("clip", "siglip", "vit"):
        found += tower_models.pictures()[:2]
    if name == "clap":
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, 9000).astype(np.float32)
        found.append({"array": noise, "sampling_rate": clap_models.RATE})
    if name == "qwen2_vl":
        found.append({"text": "what is it?", "image": mingled_models.pictures()[0]})
    return found


def vectors(folder, name, backend, **how):
    """Those of all inputs; of a model with a Router for both tasks."""
    with SentenceTransformer(folder, backend=backend, device="cpu", **how) as model:
        if name == "two-heads":
            both = (model.encode_query(inputs(name)), model.encode_document(inputs(name)))
            return np.concatenate(both), model
        return model.encode(inputs(name)), model


@pytest.mark.parametrize("name", sorted(PLACES))
def test_without_weights_each_chain_runs_from_its_artifact(name, lowering, tmp_path):
    source = MAKERS[name](tmp_path / "source")
    made = export_model(source, lowering, tmp_path / "made", weights=False)
    assert len(made.artifacts) == len(set(made.artifacts)) == len(PLACES[name])
    assert [file.parent.name for file in made.artifacts] == [
        place or lowering for place in PLACES[name]
    ]
    assert not list(made.folder.glob("**/*.safetensors"))
    expected, _ = vectors(source, name, "reference")
    found, _ = vectors(made.folder, name, lowering, strict=True, verify=True)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@pytest.fixture(scope="module")
def clip(lowering, tmp_path_factory):
    """An export of a model of texts and images without its weights. Not to be changed: copy it."""
    place = tmp_path_factory.mktemp("clip")
    return export_model(MAKERS["clip"](place / "source"), lowering, place / "made", weights=False)


def test_a_saved_copy_has_all_artifacts(clip, lowering, tmp_path):
    found, model = vectors(clip.folder, "clip", lowering)
    model.save_pretrained(tmp_path / "saved")
    again, _ = vectors(tmp_path / "saved", "clip", lowering, strict=True)
    np.testing.assert_array_equal(again, found)


def test_a_named_file_is_that_of_each_chain(clip, lowering):
    named = {"file_name": clip.artifact.relative_to(clip.folder).as_posix()}
    found, _ = vectors(clip.folder, "clip", lowering)
    again, model = vectors(clip.folder, "clip", lowering, model_kwargs=named)
    np.testing.assert_array_equal(again, found)
    assert model.report().artifact == clip.artifact


def test_each_chain_is_held_against_its_own_probes(clip, lowering, tmp_path):
    folder = shutil.copytree(clip.folder, tmp_path / "copy")
    file = folder / "isomorph-probes.json"
    content = json.loads(file.read_text("utf-8"))
    assert list(content["chains"]) == ["image"]
    assert [set(each) for each in content["chains"]["image"]["probes"]] == [{"seed", "length"}] * 96
    whole = content["chains"].pop("image")
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(BadModel, match="is not a file of probes of the chain 'image'"):
        vectors(folder, "clip", lowering, verify=True)
    whole["vectors"], whole["shape"] = content["vectors"], content["shape"]
    file.write_text(json.dumps({**content, "chains": {"image": whole}}), "utf-8")
    with pytest.raises(BadModel, match=r"does not give the numbers .* sample 31 of length"):
        vectors(folder, "clip", lowering, verify=True)


def test_a_chain_without_an_artifact_does_not_take_that_of_another(clip, lowering, tmp_path):
    folder = shutil.copytree(clip.folder, tmp_path / "copy")
    (file,) = (each for each in clip.artifacts if each != clip.artifact)
    shutil.rmtree((folder / file.relative_to(clip.folder)).parent)
    with pytest.raises(Unsupported, match="stops before module 'tower'"):
        SentenceTransformer(folder, backend=lowering, device="cpu")


def test_no_name_of_a_route_leads_out_of_a_folder():
    routes = [("",), ("..",), ("a/b",), ("a.b",), ("a", "b"), ("a%2Eb",), ("A", "ü\\")]
    places = [place_of(route) for route in routes]
    assert len(set(places)) == len(routes)
    for place in places:
        assert Path("root", place).resolve().parent == Path("root").resolve()
        assert place.isascii()
        assert "\\" not in place
    assert place_of(()) == ""
    assert place_of(("retrieval_query", "image")) == "retrieval_query.image"
