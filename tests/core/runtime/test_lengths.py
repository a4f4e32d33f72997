"""Where texts are cut is one thing's word: by task, by route, and by what fills queries up."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from isomorph import MultiVectorEncoder, SentenceTransformer
from isomorph.errors import BadModel
from isomorph.runtime.lengths import Lengths

PARITY = Path(__file__).parents[2] / "parity"
LENGTHS = (
    PARITY / "multi_vector/models/lengths"
)  # queries of 9 tokens, documents of 20, others of 64
LONG = "the river carries small stones " * 20
ROUTER = "sentence_transformers.base.modules.router.Router"
TRANSFORMER = "sentence_transformers.base.modules.transformer.Transformer"
FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
pytestmark = pytest.mark.filterwarnings("ignore:.*were cut")


def edit(path, **changes):
    content = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    path.write_text(json.dumps({**content, **changes}), "utf-8")


def list_of(folder):
    return json.loads((folder / "modules.json").read_text("utf-8"))


@pytest.fixture
def behind(tmp_path):
    """The recorded model with a router in place of its last module: the routes share the encoder."""
    folder = Path(shutil.copytree(LENGTHS, tmp_path / "behind"))
    *entries, last = list_of(folder)
    for name in ("q_Normalize", "d_Normalize"):
        (folder / "3_Router" / name).mkdir(parents=True)
        tokens = {"module_input_name": "token_embeddings", "module_output_name": "token_embeddings"}
        edit(folder / "3_Router" / name / "config.json", **tokens)
    edit(
        folder / "3_Router" / "router_config.json",
        types=dict.fromkeys(("q_Normalize", "d_Normalize"), last["type"]),
        structure={"query": ["q_Normalize"], "document": ["d_Normalize"]},
        parameters={"default_route": "document"},
    )
    entries.append({"idx": 3, "name": "3", "path": "3_Router", "type": ROUTER})
    (folder / "modules.json").write_text(json.dumps(entries), "utf-8")
    return folder


@pytest.fixture
def in_front(tmp_path):
    """The recorded model with two encoders behind a router, each of lengths of its own."""
    folder = Path(shutil.copytree(LENGTHS, tmp_path / "in_front"))
    first, *entries = list_of(folder)
    settings = json.loads((folder / "sentence_bert_config.json").read_text("utf-8"))
    lengths = {"query": {"query_length": 6}, "document": {"document_length": 11}}
    for route, own in lengths.items():
        place = folder / f"{route}_0_Transformer"
        place.mkdir()
        for name in FILES:
            shutil.copyfile(folder / name, place / name)
        rest = {k: v for k, v in settings.items() if not k.endswith("_length")}
        edit(place / "sentence_bert_config.json", **rest, **own)
    for name in (*FILES, "sentence_bert_config.json"):
        (folder / name).unlink()
    edit(
        folder / "router_config.json",
        types=dict.fromkeys((f"{route}_0_Transformer" for route in lengths), TRANSFORMER),
        structure={route: [f"{route}_0_Transformer"] for route in lengths},
        parameters={"default_route": "document"},
    )
    router = {**first, "type": ROUTER}
    (folder / "modules.json").write_text(json.dumps([router, *entries]), "utf-8")
    return folder


def lengths_of(model):
    return [len(each(LONG)) for each in (model.encode_query, model.encode_document, model.encode)]


class TestLateInteractionWithRoutes:
    def test_lengths_are_those_without_routes(self, behind, backend):
        routed = MultiVectorEncoder(behind, backend=backend)
        whole = MultiVectorEncoder(LENGTHS, backend=backend)
        assert lengths_of(routed) == lengths_of(whole) == [9, 20, 64]
        for name in ("encode_query", "encode_document"):
            found, wanted = (getattr(model, name)(LONG) for model in (routed, whole))
            np.testing.assert_allclose(found, wanted, atol=1e-5)

    def test_every_route_has_lengths_of_its_own(self, in_front):
        assert lengths_of(MultiVectorEncoder(in_front, backend="reference")) == [6, 11, 64]

    def test_they_stay_in_copies_pools_and_saved_folders(self, in_front, tmp_path):
        model = MultiVectorEncoder(in_front, backend="reference")
        model.max_seq_length = 30
        model.save_pretrained(tmp_path / "saved")
        again = MultiVectorEncoder(tmp_path / "saved", backend="reference")
        for other in (model, again, pickle.loads(pickle.dumps(model))):
            assert lengths_of(other) == [6, 11, 30]
        with model.start_multi_process_pool(["cpu"]) as pool:
            assert len(model.encode_query([LONG], pool=pool)[0]) == 6

    def test_queries_are_filled_up_by_their_own_route(self, in_front):
        filling = {"strategy": "fixed", "length": 12, "attend": True}
        place = in_front / "query_0_Transformer" / "sentence_bert_config.json"
        edit(place, query_length=None, query_expansion=filling)
        model = MultiVectorEncoder(in_front, backend="reference")
        assert [len(model.encode_query(text)) for text in ("a sea", LONG)] == [12, 12]
        assert len(model.encode_document("a sea")) < 12


def test_the_other_classes_keep_to_the_lengths_of_tasks_too(tmp_path, backend):
    folder = Path(shutil.copytree(PARITY / "models/bert-mean", tmp_path / "model"))
    edit(folder / "sentence_bert_config.json", query_length=5)
    model = SentenceTransformer(folder, backend=backend)
    plain = SentenceTransformer(PARITY / "models/bert-mean", backend=backend)
    np.testing.assert_allclose(model.encode(LONG), plain.encode(LONG), atol=1e-6)
    plain.max_seq_length = 5
    np.testing.assert_allclose(model.encode_query(LONG), plain.encode(LONG), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"query_length": 0}, "query_length 0"),
        ({"query_length": "9"}, "query_length"),
        ({"document_length": True}, "document_length"),
        ({"document_length": 9.0}, "document_length"),
        ({"query_expansion": "fixed"}, "query_expansion"),
        ({"query_expansion": {"length": 8}}, "query_expansion"),
        ({"query_expansion": {"strategy": "min", "length": 10**9}}, "1 to 65536"),
        ({"query_expansion": {"strategy": "fixed", "length": True}}, "query_expansion"),
        ({"query_expansion": {"strategy": "fixed", "length": 8, "attend": 1}}, "query_expansion"),
        ({"query_expansion": {"strategy": "fixed", "length": 8, "token": 5}}, "query_expansion"),
        (
            {"query_length": 7, "query_expansion": {"strategy": "min", "length": 8}},
            "query_length 7 is less than the length 8",
        ),
        ({"query_expansion": {"strategy": "fixed", "length": 65}}, "positions for 64"),
    ],
)
def test_lengths_that_cannot_be_are_refused(settings, said, tmp_path):
    folder = Path(shutil.copytree(LENGTHS, tmp_path / "model"))
    changes = {"query_length": None, "document_length": None, **settings}
    edit(folder / "sentence_bert_config.json", **changes)
    with pytest.raises(BadModel, match=said):
        MultiVectorEncoder(folder, backend="reference")


@pytest.mark.parametrize(
    ("lengths", "query", "other"),
    [
        (Lengths(), None, None),
        (Lengths(whole=8), 8, 8),
        (Lengths(whole=8, tasks={"query": 3}), 3, 8),
        (Lengths(whole=90, longest=64), 64, 64),
        (Lengths(longest=64, tasks={"query": 90}), 64, 64),
    ],
)
def test_a_length_is_the_tasks_own_or_that_of_all_and_never_more_than_there_are_positions(
    lengths, query, other
):
    assert lengths.length("query") == query
    assert lengths.length("document") == lengths.length(None) == other
