"""jina-embeddings-v3 as published: an adapter a task, in the weights of a class of the folder's own."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers")

from families import tiny
from families.sizes import MODERN, rope
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, InputError, Unsupported

LIKE = Path(__file__).parents[1] / "parity" / "models" / "xlm-roberta-mean-normalize"
TASKS = ["retrieval.query", "retrieval.passage", "separation", "classification", "text-matching"]
CODE = "jinaai/xlm-roberta-flash-implementation--"
TEXTS = ["the quick brown fox", "a river", "the sea and the river of stones"]
RANK, ALPHA = 3, 2
SIZES = {**MODERN, "vocab_size": 512, "pad_token_id": 1, "type_vocab_size": 1}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of transformers' own class, its tensors, these with adapters, and what each task adds."""
    own = tmp_path_factory.mktemp("own")
    tiny.make("JinaEmbeddingsV3", {**SIZES, **rope(300.0)}).save_pretrained(own)
    generator = np.random.default_rng(7)
    plain = load_file(own / "model.safetensors")
    stored, added = {}, [{} for _ in TASKS]
    for name, tensor in plain.items():
        layer = name.removesuffix(".weight")
        if tensor.ndim < 2:
            stored["roberta." + name] = tensor
            continue
        table, (rows, columns) = "embeddings" in layer, tensor.shape
        first = (len(TASKS), rows, RANK) if table else (len(TASKS), RANK, columns)
        second = (len(TASKS), RANK, columns) if table else (len(TASKS), rows, RANK)
        a = generator.normal(0, 0.3, first).astype(np.float32)
        b = generator.normal(0, 0.3, second).astype(np.float32)
        beside = f"roberta.{layer}.parametrizations.weight."
        stored |= {f"{beside}original": tensor, f"{beside}0.lora_A": a, f"{beside}0.lora_B": b}
        for task, deltas in enumerate(added):
            deltas[name] = (a[task] @ b[task] if table else b[task] @ a[task]) * (ALPHA / RANK)
    return own, plain, stored, dict(zip(TASKS, added, strict=True))


def published(folder, stored, **changes):
    """The folder as it lies on the Hub."""
    shutil.copytree(LIKE, folder, dirs_exist_ok=True)
    modules = json.loads((folder / "modules.json").read_text())
    modules[0] |= {"name": "transformer", "type": "custom_st.Transformer", "kwargs": ["task"]}
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "custom_st.py").write_text("raise SystemExit('nobody runs this')\n")
    names = {"AutoConfig": "configuration_xlm_roberta.XLMRobertaFlashConfig"}
    names |= {"AutoModel": "modeling_lora.XLMRobertaLoRA"}
    config = {
        **SIZES,
        "model_type": "xlm-roberta",
        "architectures": ["XLMRobertaModel"],
        "auto_map": {auto: CODE + name for auto, name in names.items()},
        "position_embedding_type": "rotary",
        "rotary_emb_base": 300.0,
        "layer_norm_eps": 1e-5,
        "lora_adaptations": TASKS,
        "lora_alpha": ALPHA,
        "lora_rank": RANK,
        "load_trained_adapters": True,
        "use_flash_attn": False,
        **changes,
    }
    (folder / "config.json").write_text(json.dumps(config))
    save_file(stored, folder / "model.safetensors", {"format": "pt"})
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return published(tmp_path / "jina", made[2])


@pytest.fixture(scope="module")
def expected(made):
    """Mean vectors of length 1 by task, from transformers' class with that task's weights."""
    import torch
    from transformers import AutoModel

    own, plain, _, added = made
    tokenizer = Tokenizer.from_file(str(LIKE / "tokenizer.json"))
    found = {}
    for task in (None, *TASKS):
        deltas = added.get(task, {})
        weights = {
            name: (tensor + deltas.get(name, 0)).astype(np.float32)
            for name, tensor in plain.items()
        }
        save_file(weights, own / "model.safetensors", {"format": "pt"})
        with tiny.calm():
            model = AutoModel.from_pretrained(own).eval()
        rows = [tokenizer.encode(text).ids for text in TEXTS]
        with torch.inference_mode():
            states = [model(torch.tensor([row])).last_hidden_state[0].mean(0) for row in rows]
        vectors = torch.stack(states)
        found[task] = (vectors / vectors.norm(dim=1, keepdim=True)).numpy()
    return found


@pytest.mark.parametrize("trust", [False, True])
def test_each_task_has_its_own_weights_and_no_task_has_none(folder, expected, backend_name, trust):
    with SentenceTransformer(folder, backend=backend_name, trust_remote_code=trust) as model:
        assert "known as data" in str(model.explain())
        assert "custom_st.Transformer" in str(model.explain())
        for task, vectors in expected.items():
            got = model.encode(TEXTS, task=task)
            np.testing.assert_allclose(got, vectors, rtol=0, atol=1e-5)
    assert np.abs(expected[None] - expected["separation"]).max() > 0.1


def test_an_unknown_task_is_refused_with_the_known_ones(folder):
    with SentenceTransformer(folder, backend="reference") as model:
        for call in (lambda: model.encode("a", task="clustering"), lambda: model.encode_query("a")):
            with pytest.raises(InputError, match=r"retrieval\.query"):
                call()


def test_a_saved_model_is_the_published_one_and_a_copy_has_its_tasks(folder, expected, tmp_path):
    with SentenceTransformer(folder, backend="reference") as model:
        model.save_pretrained(tmp_path / "saved")
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(
            again.encode(TEXTS, task=TASKS[2]), model.encode(TEXTS, task=TASKS[2])
        )
        model.save_pretrained(folder)  # over itself: places in the new files are the model's
        np.testing.assert_allclose(
            model.encode(TEXTS, task=TASKS[1]), expected[TASKS[1]], rtol=0, atol=1e-5
        )
    for saved in (tmp_path / "saved", folder):
        first = json.loads((saved / "modules.json").read_text())[0]
        assert first["type"] == "custom_st.Transformer"
        assert first["kwargs"] == ["task"]
        assert (saved / "custom_st.py").exists()
        assert "lora_A" in "".join(load_file(saved / "model.safetensors"))
        with SentenceTransformer(saved, backend="reference") as model:
            got = model.encode(TEXTS, task=TASKS[4])
            np.testing.assert_allclose(got, expected[TASKS[4]], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "spoil", "said"),
    [
        ({"lora_adaptations": None}, None, "adapters"),
        ({"lora_adaptations": TASKS[:2]}, None, "2 tasks"),
        ({"lora_adaptations": "all"}, None, "lora_adaptations"),
        ({"lora_adaptations": [*TASKS[:4], TASKS[0]]}, None, "lists the tasks"),
        ({"lora_rank": 0}, None, "lora_rank"),
        ({}, "lora_B", "lack"),
        ({}, "lora_", "hold none"),
    ],
    ids=str,
)
def test_weights_and_settings_that_do_not_fit_are_refused(made, tmp_path, changes, spoil, said):
    stored = {name: t for name, t in made[2].items() if spoil is None or spoil not in name}
    spoilt = published(tmp_path / "spoilt", stored, **changes)
    with pytest.raises((BadModel, Unsupported), match=said):
        SentenceTransformer(spoilt, backend="reference")


@pytest.mark.parametrize("first", [True, False])
def test_no_module_has_the_name_of_a_task(folder, first):
    file = folder / "modules.json"
    modules = json.loads(file.read_text())
    modules[1]["name"] = f"transformer, {TASKS[3]}"
    file.write_text(json.dumps(modules if first else [modules[1], modules[0], *modules[2:]]))
    with pytest.raises(BadModel, match="two modules"):
        SentenceTransformer(folder, backend="reference")


def test_a_class_of_the_folder_over_an_unknown_architecture_is_still_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    del config["auto_map"], config["lora_adaptations"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(Unsupported, match="custom_st"):
        SentenceTransformer(folder, backend="reference")


def test_an_adapter_of_peft_over_those_of_tasks_is_refused(made, tmp_path):
    """The branches of tasks would be without it."""
    _, plain, stored, _ = made
    folder = published(tmp_path / "published", stored)
    layer = next(n for n, t in plain.items() if t.ndim == 2 and "embeddings" not in n).removesuffix(
        ".weight"
    )
    outputs, inputs = plain[f"{layer}.weight"].shape
    matrices = {"lora_A": np.ones((2, inputs)), "lora_B": np.ones((outputs, 2))}
    named = {f"base_model.model.roberta.{layer}.{n}.weight": m for n, m in matrices.items()}
    save_file(
        {n: m.astype(np.float32) for n, m in named.items()}, folder / "adapter_model.safetensors"
    )
    settings = {"peft_type": "LORA", "r": 2, "lora_alpha": 4}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    with pytest.raises(Unsupported, match="adapters of tasks in its weights"):
        SentenceTransformer(folder, backend="reference")
