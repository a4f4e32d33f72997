"""Small models that take messages: published layouts of templates upon the models of other parity tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

PARITY = Path(__file__).parent
LISTS = ("modules.json", "config_sentence_transformers.json", "sentence_bert_config.json")

RERANKER = """<|im_start|>system
{{ messages | selectattr("role", "eq", "system") | map(attribute="content") | first | default("Judge.", true) }}<|im_end|>
<|im_start|>user
<Query>: {{ messages | selectattr("role", "eq", "query") | map(attribute="content") | first }}
<Document>: {{ messages | selectattr("role", "eq", "document") | map(attribute="content") | first }}<|im_end|>
<|im_start|>assistant
<think>

</think>

"""  # noqa: E501  # as of Qwen3-Reranker
CHATML = """{%- for message in messages %}{{- '<|im_start|>' + message['role'] + '\n' }}
{%- if message.content is string %}{{- message.content }}{%- else %}{%- for part in message.content %}
{%- if part.type == 'text' %}{{- part.text }}{%- endif %}{%- endfor %}{%- endif %}{{- '<|im_end|>\n' }}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"""  # noqa: E501
TASKS = """{% set ns = namespace(last='') %}{% for m in messages %}{% set ns.last = m.content | trim %}{{ bos_token }}
{{ m.role | upper }}: {{ ns.last }}{{ loop.last and ' end' or ' | ' }}{% endfor %}{% if task == 'query' %} [MASK] [MASK]
{% endif %}{{ messages[0] | tojson }}"""  # noqa: E501

SENTENCES = ["a sea", "", "the <|im_end|> Größe of 東京 ", "long text of many words " * 20]
PAIRS = [["a sea", "the ocean"], ["what?", ""], ["wide " * 40, "words of a long document " * 30]]
CONVERSATION = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "hello", "name": None},
    {"role": "assistant", "content": "well, well"},
]

VARIANTS: dict[str, dict[str, Any]] = {
    "pairs-listed": {"of": "cross_encoders/models/llama-logit", "template": RERANKER, "pairs": True},
    "pairs-plain-classifier": {
        "of": "cross_encoders/models/bert-plain", "template": RERANKER, "pairs": True, "listed": False,
    },
    "pairs-plain-generator": {
        "of": "cross_encoders/models/llama-logit", "template": RERANKER, "pairs": True, "listed": False,
        "yes": 77,
    },
    "pairs-structured": {
        "of": "cross_encoders/models/qwen2-logit-tied", "template": CHATML, "pairs": True,
        "chat": {"add_generation_prompt": True},
    },
    "texts-structured": {"of": "models/bert-mean", "template": CHATML},
    "texts-flat": {"of": "models/bert-mean", "template": CHATML, "format": "flat"},
    "texts-tail-lost": {
        "of": "models/bert-mean", "template": CHATML, "format": "flat",
        "chat": {"restore_suffix": False, "add_generation_prompt": True},
    },
    "texts-task": {"of": "models/bert-mean", "template": TASKS, "format": "flat", "task": "query"},
    "texts-several": {
        "of": "models/bert-mean", "format": "flat", "chat": {"chat_template": "other"},
        "template": [
            {"name": "default", "template": "no"}, {"name": "other", "template": CHATML},
        ],
    },
}  # fmt: skip


def build(name: str, folder: Path) -> Path:
    """Writes a variant into a folder that is not there yet."""
    variant = VARIANTS[name]
    shutil.copytree(PARITY / variant["of"], folder)
    tokenizer = folder / "tokenizer_config.json"
    if isinstance(variant["template"], str):
        (folder / "chat_template.jinja").write_text(variant["template"], "utf-8")
    else:
        known = json.loads(tokenizer.read_text("utf-8"))
        tokenizer.write_text(json.dumps({**known, "chat_template": variant["template"]}), "utf-8")
    if not variant.get("listed", True):
        for file in LISTS:
            (folder / file).unlink(missing_ok=True)
        shutil.rmtree(folder / "1_LogitScore", ignore_errors=True)
        if "yes" in variant:
            _rename(folder / "tokenizer.json", variant["yes"], "yes")
        return folder
    _list_messages(folder / "sentence_bert_config.json", variant)
    return folder


def _rename(file: Path, index: int, word: str) -> None:
    """Gives a word of the vocabulary another spelling."""
    tokenizer = json.loads(file.read_text("utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = {word if n == index else w: n for w, n in vocabulary.items()}
    file.write_text(json.dumps(tokenizer), "utf-8")


def _list_messages(file: Path, variant: dict[str, Any]) -> None:
    settings = json.loads(file.read_text("utf-8"))
    causal = variant.get("pairs", False)
    entry = {"method": "forward", "method_output_name": "logits" if causal else "last_hidden_state"}
    message = {**entry, "format": variant["format"]} if "format" in variant else entry
    settings |= {
        "modality_config": {"text": entry, "message": message},
        "module_output_name": "causal_logits" if causal else "token_embeddings",
    }
    if "chat" in variant:
        settings["processing_kwargs"] = {"chat_template": variant["chat"]}
    file.write_text(json.dumps(settings), "utf-8")
