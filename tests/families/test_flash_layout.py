"""jina-reranker-v2 and jina-colbert-v2 as published: XLM-RoBERTa with the tensors of Jina's code."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers")

from families import tiny
from families.cases import SIZES
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from isomorph import CrossEncoder, MultiVectorEncoder
from isomorph.encoders import describe
from isomorph.errors import Unsupported

LIKE = Path(__file__).parents[1] / "parity" / "models" / "xlm-roberta-mean-normalize"
WORDS = {**SIZES, "vocab_size": 512, "pad_token_id": 1, "type_vocab_size": 1}
WORDS |= {"max_position_embeddings": 70, "layer_norm_eps": 1e-5}
PARTS = {
    "embeddings.LayerNorm": "emb_ln",
    "attention.output.dense": "mixer.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "mlp.fc1",
    "output.dense": "mlp.fc2",
    "output.LayerNorm": "norm2",
}
"""transformers' names and Jina's, the longer ones first where one holds another."""
OPTIONS = {
    "model_type": "xlm-roberta",
    "use_flash_attn": True,
    "lora_adaptations": None,
    "load_trained_adapters": False,
    "position_embedding_type": "absolute",
}
PAIRS = [("the sea", "a river of stones"), ("the quick brown fox", "a fox")]


def as_published(tensors):
    """The tensors under the names of Jina's code: query, key and value are one."""
    found, parts = {}, {}
    for name, tensor in tensors.items():
        own = name.replace("encoder.layer.", "encoder.layers.")
        for theirs, ours in PARTS.items():
            own = own.replace(theirs, ours)
        for place, part in enumerate(("query", "key", "value")):
            if f"attention.self.{part}." in own:
                parts.setdefault(own.replace(f"attention.self.{part}", "mixer.Wqkv"), {})[place] = (
                    tensor
                )
                break
        else:
            found[own] = tensor
    return found | {name: np.concatenate([p[0], p[1], p[2]]) for name, p in parts.items()}


def transformers_model(kind, folder, **settings):
    import transformers

    with tiny.calm():
        config = transformers.XLMRobertaConfig(**WORDS, **settings)
        model = getattr(transformers, f"XLMRoberta{kind}")(config)
    tiny.strengthen(model, 0)
    model.eval().save_pretrained(folder)
    return model, load_file(folder / "model.safetensors")


def published(folder, tensors, architecture, **more):
    shutil.copytree(LIKE, folder, ignore=shutil.ignore_patterns("*_*", "mod*", "config*"))
    shutil.copy(LIKE / "tokenizer_config.json", folder)
    code = "jinaai/xlm-roberta-flash-implementation--modeling_xlm_roberta." + architecture
    names = {"AutoModel": code, "AutoModelForSequenceClassification": code}
    config = {**WORDS, **OPTIONS, "architectures": [architecture], "auto_map": names, **more}
    (folder / "config.json").write_text(json.dumps(config))
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_a_reranker_gives_the_scores_of_transformers_class(tmp_path, backend_name):
    import torch

    model, stored = transformers_model("ForSequenceClassification", tmp_path / "own", num_labels=1)
    folder = published(
        tmp_path / "jina",
        as_published(stored),
        "XLMRobertaForSequenceClassification",
        num_labels=1,
        id2label={"0": "LABEL_0"},
    )
    assert "roberta.encoder.layers.0.mixer.Wqkv.weight" in load_file(folder / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    rows = [torch.tensor([tokenizer.encode(*pair).ids]) for pair in PAIRS]
    with torch.inference_mode():
        logits = torch.cat([model(row).logits[:, 0] for row in rows])
    with CrossEncoder(folder, backend=backend_name) as ours:
        got = ours.predict(PAIRS)
        assert "known as data" in str(ours.explain())
    np.testing.assert_allclose(got, logits.sigmoid().numpy(), rtol=0, atol=1e-5)


def test_colbert_gives_the_projected_states_of_transformers_class(tmp_path, backend_name):
    import torch

    model, stored = transformers_model("Model", tmp_path / "own")
    linear = np.random.default_rng(3).normal(0, 0.3, (16, 30)).astype(np.float32)
    tensors = {"roberta." + name: tensor for name, tensor in as_published(stored).items()}
    folder = published(tmp_path / "jina", {**tensors, "linear.weight": linear}, "HF_ColBERT")
    saved = {"doc_maxlen": 40, "query_maxlen": 12, "mask_punctuation": False}
    saved |= {"query_token_id": "<s>", "doc_token_id": "</s>", "attend_to_mask_tokens": False}
    (folder / "artifact.metadata").write_text(json.dumps(saved))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    row = torch.tensor([tokenizer.encode("</s> the sea and a river").ids])
    with torch.inference_mode():
        states = model(row).last_hidden_state[0].numpy() @ linear.T
    want = states / np.linalg.norm(states, axis=1, keepdims=True)
    with MultiVectorEncoder(folder, backend=backend_name) as ours:
        got = ours.encode_document("the sea and a river")
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "option",
    [
        {"use_reg_tokens": True},
        {"position_embedding_type": "alibi"},
        {"rotary_emb_scale_base": 512},
        {"rotary_emb_interleaved": True},
    ],
    ids=str,
)
def test_what_the_layout_does_not_do_is_refused(option):
    with pytest.raises(Unsupported, match=next(iter(option))):
        describe({**WORDS, **OPTIONS, **option})
