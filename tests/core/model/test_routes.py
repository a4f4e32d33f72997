"""Which branch a call takes, and what a router's file may say."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.files.folder import Folder
from isomorph.model.routes import Router, reachable
from isomorph.plugins.reading import read_model
from isomorph.resolve.references import gaps
from isomorph.runtime.job import Job
from isomorph.runtime.plan import Plan
from isomorph.runtime.routing import _fitting
from isomorph.runtime.selection import choose

MODELS = Path(__file__).parents[2] / "parity" / "routed" / "models"


class TestTheOrderOfChoice:
    EXACT = (
        (("a", "text"), "exact"),
        (("a", None), "of-task"),
        ((None, "text"), "of-modality"),
        ((None, None), "of-all"),
    )
    BRANCHES = ("exact", "of-task", "of-modality", "of-all", "a", "text", "first")

    def test_mappings_come_first_and_the_exact_one_before_all(self):
        left = dict(self.EXACT)
        for key, branch in self.EXACT:
            assert Router(self.BRANCHES, left, "first").choose("a") == branch
            del left[key]

    def test_then_a_branch_of_the_tasks_name_then_of_the_modalitys(self):
        assert Router(self.BRANCHES, {}, "first").choose("a") == "a"
        assert Router(self.BRANCHES, {}, "first").choose(None) == "text"

    def test_then_the_default_unless_a_task_was_named(self):
        router = Router(("first", "second"), {}, "second")
        assert router.choose(None) == "second"
        with pytest.raises(InputError, match=r"'other'.*first, second"):
            router.choose("other")

    def test_without_a_default_the_task_is_asked_for(self):
        with pytest.raises(InputError, match="say task="):
            Router(("first", "second")).choose(None)

    def test_chains_of_two_routers_are_those_that_a_task_leads_to(self):
        one, two = Router(("q", "d"), {}, "d"), Router(("q", "d", "x"), {}, "x")
        assert reachable((one, two)) == (("d", "x"), ("q", "q"), ("d", "d"))


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(MODELS / "two-heads", tmp_path / "model"))


def on(model, task):
    """The model of the chain that a task takes."""
    return model.only(model.chains[model.route(task)])


def rewrite(folder, **changes):
    path = folder / "2_Router" / "router_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


class TestReading:
    def test_the_main_chain_is_that_of_the_default(self, folder):
        model = read_model(folder)
        assert [m.name for m in model.graph.modules][2:] == [
            "2.document_0_Dense",
            "2.document_1_Dense",
            "2.document_2_Normalize",
        ]
        assert on(model, None).graph == model.graph
        assert [m.name for m in on(model, "search").graph.modules] == [
            "0",
            "1",
            "2.query_0_Dense",
        ]
        assert model.tensors_of(on(model, "query").graph.modules[2])

    def test_without_a_default_the_first_branch_is_it_unless_calls_must_name_one(self, folder):
        rewrite(folder, parameters={})
        assert len(read_model(folder).graph) == 3
        rewrite(folder, parameters={"allow_empty_key": False})
        model = read_model(folder)
        assert len(model.graph) == 3
        with pytest.raises(InputError, match="say task="):
            model.route(None)

    def test_a_mapping_of_a_modality_list_is_sorted(self, folder):
        mapping = {"(None, ('text', 'image'))": "query"}
        rewrite(folder, parameters={"default_route": "document", "route_mappings": mapping})
        model = read_model(folder)
        assert len(model.chains[model.route(None, ("image", "text"))].graph) == 3

    def test_a_mapping_that_is_none_is_left_out_with_a_warning(self, folder):
        rewrite(folder, parameters={"route_mappings": {"open('x')": "query"}})
        with pytest.warns(UserWarning, match="no pair"):
            read_model(folder)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"structure": {}}, "structure"),
            ({"structure": {"query": ["nobody"]}}, "nobody"),
            ({"types": []}, "types"),
            ({"parameters": {"default_route": "else"}}, "else"),
            ({"parameters": {"route_mappings": {"(None, None)": "else"}}}, "else"),
        ],
    )
    def test_what_contradicts_itself_is_refused(self, folder, changes, said):
        rewrite(folder, **changes)
        with pytest.raises(BadModel, match=said):
            read_model(folder)

    def test_a_router_in_a_router_is_refused(self, folder):
        kind = "sentence_transformers.models.Router"
        rewrite(folder, structure={"query": ["inner"]}, types={"inner": kind}, parameters={})
        with pytest.raises(Unsupported, match="inner"):
            read_model(folder)

    def test_no_module_lies_outside(self, folder):
        kind = "sentence_transformers.models.Dense"
        away = "../../away"
        rewrite(folder, structure={"query": [away]}, types={away: kind}, parameters={})
        with pytest.raises(BadModel, match="leads out"):
            read_model(folder)

    def test_an_empty_name_is_the_routers_own_folder(self, folder):
        for file in (folder / "2_Router" / "query_0_Dense").iterdir():
            shutil.copy(file, folder / "2_Router" / file.name)
        dense = "sentence_transformers.models.Dense"
        rewrite(folder, structure={"query": [""]}, types={"": dense}, parameters={})
        assert read_model(folder).graph.modules[2].folder == "2_Router"


@pytest.mark.parametrize("name", sorted(path.name for path in MODELS.iterdir()))
def test_nothing_is_missing_of_a_whole_folder_and_every_file_of_a_branch_is(name, tmp_path):
    folder = Path(shutil.copytree(MODELS / name, tmp_path / "model"))
    assert gaps(Folder(folder)) == []
    router = next(folder.glob("**/router_config.json"), None) or folder / "2_Asym" / "config.json"
    child = next(iter(json.loads(router.read_text("utf-8"))["types"]))
    shutil.rmtree(router.parent / child)
    assert gaps(Folder(folder))
    router.unlink()
    assert gaps(Folder(folder))


class TestRunning:
    def test_a_route_is_loaded_when_it_is_first_used_and_others_are_not(self, monkeypatch):
        opened = count_openings(monkeypatch)
        with SentenceTransformer(MODELS / "two-encoders", backend="reference") as model:
            assert opened == []
            model.encode_query("a text")
            assert opened == [2]
            assert model.report().routes == ("query",)
            model.encode_query("another")
            model.encode_document("a text")
            assert opened == [2, 3]
            assert model.report().routes == ("query", "document")

    def test_routes_over_the_same_modules_are_loaded_once(self, folder, monkeypatch):
        structure = {"query": ["query_0_Dense"], "document": ["query_0_Dense"]}
        rewrite(folder, structure=structure)
        opened = count_openings(monkeypatch)
        with SentenceTransformer(folder, backend="reference") as model:
            query, document = model.encode_query("x"), model.encode_document("x", prompt="")
            assert opened == [3]
            assert query.shape == document.shape
            names = [row.module.partition(":")[0] for row in model.explain().rows]
            assert names == ["document, query"] * 3

    def test_every_route_is_explained(self):
        with SentenceTransformer(MODELS / "two-encoders", backend="reference") as model:
            rows = [row.module for row in model.explain().rows]
        assert rows == [
            "query: 0.query_0_StaticEmbedding static_embedding",
            "query: 1 normalize",
            "document: 0.document_0_Transformer transformer",
            "document: 0.document_1_Pooling pooling",
            "document: 1 normalize",
        ]

    def test_the_longest_chain_decides_which_backend_it_is(self):
        model = read_model(MODELS / "two-encoders")
        expected = choose(on(model, "document"))
        with SentenceTransformer(MODELS / "two-encoders") as loaded:
            assert loaded.get_backend() == expected.info.name

    def test_each_route_cuts_where_it_wants(self):
        with SentenceTransformer(MODELS / "two-encoders", backend="reference") as model:
            long = "river " * 200
            model.encode_query(long)
            assert model.report().truncated == ()
            model.encode_document(long)
            assert model.report().truncated == (0,)
            assert model.max_seq_length is None
            model.max_seq_length = 10
            model.encode_query(long)
            assert model.report().truncated == (0,)
            with pytest.raises(InputError, match="positions for 64"):
                model.max_seq_length = 100

    def test_processor_settings_reach_every_route(self):
        settings = {"model_max_length": 9}
        path = MODELS / "two-encoders"
        with SentenceTransformer(path, backend="reference", processor_kwargs=settings) as model:
            for task in ("query", "document"):
                model.encode("river " * 30, task=task)
                assert model.report().truncated == (0,)

    def test_inputs_may_name_their_task_and_must_agree(self):
        with SentenceTransformer(MODELS / "two-encoders", backend="reference") as model:
            want = model.encode(["a", "b"], task="document")
            found = model.encode([{"document": "a"}, {"document": "b"}])
            np.testing.assert_array_equal(found, want)
            alone = model.encode({"document": "a"})  # another batch: sums in another order
            np.testing.assert_allclose(alone, want[0], rtol=0, atol=1e-6)
            for mixed in ([{"document": "a"}, {"query": "b"}], [{"document": "a"}, "b"]):
                with pytest.raises(InputError, match="one task"):
                    model.encode(mixed)
            with pytest.raises(InputError, match="one task"):
                model.encode_query([{"document": "a"}])
            with pytest.raises(InputError, match="'other'"):
                model.encode("a", task="other")

    def test_a_model_without_routes_takes_any_task_and_no_dictionaries(self):
        folder = MODELS.parents[1] / "models" / "bert-mean"
        with SentenceTransformer(folder, backend="reference") as model:
            np.testing.assert_array_equal(model.encode("a", task="other"), model.encode("a"))
            with pytest.raises(InputError, match="takes texts"):
                model.encode([{"query": "a"}])

    def test_an_artifact_is_not_asked_for_where_no_encoder_is(self):
        model = replace(read_model(MODELS / "two-encoders"), artifact="encoder.file")
        names = {
            task: _fitting(model, model.route(task)).artifact for task in ("query", "document")
        }
        assert names == {"query": None, "document": "encoder.file"}

    def test_strict_holds_for_every_route(self):
        with SentenceTransformer(
            MODELS / "two-encoders", backend="reference", strict=True
        ) as model:
            assert not any(row.reason for row in model.explain().rows)

    def test_each_chain_has_a_place_of_its_own_for_artifacts(self):
        model = read_model(MODELS / "two-encoders")
        assert [each.place for each in model.each()] == ["", "document"]
        chain = model.only(model.chains[model.route("document")])
        assert chain.prefix(1).place == chain.only(chain.chain).place == chain.place


def count_openings(monkeypatch):
    """The lengths of the chains that are loaded from now on."""
    opened, original = [], Plan.open
    monkeypatch.setattr(
        Plan,
        "open",
        lambda self, options: opened.append(len(self.model.graph)) or original(self, options),
    )
    return opened


def test_a_job_keeps_what_it_is_told_to():
    with SentenceTransformer(MODELS / "one-encoder", backend="reference") as model:
        rows, _ = model.__loaded__().run(["a", "b c d"], Job(keep=lambda row, ids: float(row[0])))
        vectors = model.encode(["a", "b c d"])
    assert rows == pytest.approx(vectors[:, 0].tolist())
