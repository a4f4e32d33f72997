"""Code that a folder names over a model type that families know: one answer on every backend."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tests.parity.tower_models import build

from isomorph import CrossEncoder, SentenceTransformer, installed
from isomorph.errors import BadModel, IsomorphError, Unsupported
from isomorph.modules.trusting import trusting
from isomorph.plugins.reading import read_model
from isomorph.testing.tiny_sounds import write_sounds

PARITY = Path(__file__).parents[2] / "parity"
ENCODER = PARITY / "models" / "bert-mean"
CLASSIFIER = PARITY / "cross_encoders" / "models" / "bert-plain"
BACKENDS = [None, *(info.name for info in installed().infos)]
OWN = "modeling_own.Own"
NOMIC = "nomic-ai/nomic-bert-2048--modeling_hf_nomic_bert.NomicBertModel"


@pytest.fixture
def naming(tmp_path):
    """Copies a model; its config.json names classes by Auto class. The code is not there: none may run."""

    def make(names, source=ENCODER, **more):
        folder = Path(shutil.copytree(source, tmp_path / "model"))
        config = json.loads((folder / "config.json").read_text())
        content = {**config, "auto_map": names, **more}
        (folder / "config.json").write_text(json.dumps(content))
        return folder

    return make


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_trust_the_model_type_decides(naming, backend):
    folder = naming({"AutoConfig": OWN, "AutoModel": OWN})
    want = SentenceTransformer(ENCODER, backend=backend).encode("a sea")
    found = SentenceTransformer(folder, backend=backend).encode("a sea")
    np.testing.assert_array_equal(found, want)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("auto", ["AutoModel", "AutoConfig"])
def test_with_trust_no_family_takes_the_place_of_the_class(naming, auto, backend):
    with pytest.raises(IsomorphError, match=re.escape(OWN)):
        SentenceTransformer(naming({auto: OWN}), backend=backend, trust_remote_code=True).encode(
            "a"
        )


@pytest.mark.parametrize("backend", BACKENDS)
def test_with_trust_no_family_takes_the_place_of_a_classifier(naming, backend):
    folder = naming({"AutoModelForSequenceClassification": OWN}, CLASSIFIER)
    want = CrossEncoder(CLASSIFIER, backend=backend).predict([("a", "b")])
    found = CrossEncoder(folder, backend=backend).predict([("a", "b")])
    np.testing.assert_array_equal(found, want)
    with pytest.raises(IsomorphError, match=re.escape(OWN)):
        CrossEncoder(folder, backend=backend, trust_remote_code=True).predict([("a", "b")])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_class_for_another_task_changes_nothing(naming, backend):
    folder = naming({"AutoModelForMaskedLM": OWN, "AutoModelForSequenceClassification": OWN})
    want = SentenceTransformer(ENCODER, backend=backend).encode("a sea")
    found = SentenceTransformer(folder, backend=backend, trust_remote_code=True).encode("a sea")
    np.testing.assert_array_equal(found, want)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("tokenizer_config.json", {"AutoTokenizer": [None, OWN]}),
        ("tokenizer_config.json", {"AutoTokenizer": OWN}),
        ("tokenizer_config.json", [OWN, None]),
        ("tokenizer_config.json", {"AutoProcessor": OWN}),
        ("processor_config.json", {"AutoProcessor": OWN}),
        ("config.json", {"AutoProcessor": OWN}),
    ],
)
def test_a_tokenizer_of_the_folders_own_is_run_by_nobody(naming, file, names, backend):
    folder = naming({})
    path = folder / file
    content = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**content, "auto_map": names}))
    with pytest.raises(
        Unsupported, match=rf"{re.escape(OWN)} prepare the inputs.*{re.escape(file)}"
    ):
        SentenceTransformer(folder, backend=backend, trust_remote_code=True)


@pytest.mark.parametrize(("name", "marked"), [("AutoModel", False), ("AutoConfig", True)])
def test_encoders_of_encoder_decoders_are_loaded_by_their_own_class(naming, name, marked):
    model = read_model(naming({name: OWN}, model_type="t5"))
    module = trusting(model, trusted=True).graph.modules[0]
    assert bool(module.config.get("code")) is marked


@pytest.mark.parametrize(
    ("kind", "reference", "changed", "marked"),
    [
        ("nomic_bert", NOMIC, {}, False),
        ("nomic_bert", NOMIC.replace("nomic-ai", "someone"), {}, True),
        ("nomic_bert", NOMIC.rpartition("--")[2], {}, True),
        ("nomic_bert", NOMIC, {"moe_every_n_layers": 2}, True),
        ("bert", NOMIC, {}, True),
    ],
)
def test_a_family_made_after_the_named_code_stays(naming, kind, reference, changed, marked):
    model = read_model(naming({"AutoModel": reference}, model_type=kind, **changed))
    module = trusting(model, trusted=True).graph.modules[0]
    assert bool(module.config.get("code")) is marked


@pytest.mark.parametrize("names", [None, [OWN], {"AutoModel": [OWN]}, {"AutoModel": None}])
def test_names_that_are_none_are_refused_with_trust(naming, names):
    with pytest.raises(BadModel, match="auto_map"):
        SentenceTransformer(naming(names), trust_remote_code=True)


@pytest.mark.parametrize("backend", BACKENDS[1:])
@pytest.mark.parametrize(
    "changes",
    [{"num_attention_heads": 5}, {"intermediate_size": 7}, {"position_embedding_type": "alibi"}],
)
def test_a_refusal_says_that_the_folder_names_code_of_its_own(naming, changes, backend):
    folder = naming({"AutoModel": OWN}, **{"max_position_embeddings": 7, **changes})
    with pytest.raises(IsomorphError, match=rf"{re.escape(OWN)}.*trust_remote_code=True"):
        SentenceTransformer(folder, backend=backend).encode("a")


@pytest.mark.parametrize(
    ("write", "file", "auto", "said"),
    [
        (partial(build, "clip"), "processor_config.json", "AutoProcessor", "prepare the inputs"),
        (partial(build, "clip"), "processor_config.json", "AutoImageProcessor", "prepare the inputs"),
        (partial(build, "clip"), "tokenizer_config.json", "AutoTokenizer", "prepare the inputs"),
        (partial(build, "vit"), "preprocessor_config.json", "AutoImageProcessor", "prepare the inputs"),
        (partial(write_sounds, "wav2vec2"), "config.json", "AutoModel", "compute this model"),
        (partial(write_sounds, "wav2vec2"), "config.json", "AutoFeatureExtractor", "prepare the inputs"),
        (partial(write_sounds, "whisper"), "processor_config.json", "AutoProcessor", "prepare the inputs"),
    ],
)  # fmt: skip
def test_trusted_code_of_images_and_sounds_is_refused_and_not_passed_over(
    tmp_path, write, file, auto, said
):
    write(tmp_path)
    content = json.loads((tmp_path / file).read_text("utf-8"))
    content.setdefault("auto_map", {})[auto] = OWN
    (tmp_path / file).write_text(json.dumps(content), "utf-8")
    with pytest.raises(Unsupported, match=f"{re.escape(OWN)} {said}"):
        SentenceTransformer(tmp_path, backend="reference", trust_remote_code=True)
    SentenceTransformer(tmp_path, backend="reference")


def test_code_of_a_part_of_a_processor_is_seen(tmp_path):
    file = build("clip", tmp_path) / "processor_config.json"
    content = json.loads(file.read_text("utf-8"))
    content["image_processor"]["auto_map"] = {"AutoImageProcessor": OWN}
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(Unsupported, match=f"{re.escape(OWN)} prepare the inputs"):
        SentenceTransformer(tmp_path, backend="reference", trust_remote_code=True)
