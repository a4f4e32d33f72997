"""Records which ids transformers gives for folders that hold a vocabulary and no ``tokenizer.json``.

    python tests/parity/record_vocabularies.py

runs in an environment that holds transformers and sentencepiece. Makes ``vocabularies/`` anew: a folder
for each tokenizer, and ``expected.json``.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # the folders are local; the library would ask all the same

import sentencepiece
from texts import CORPUS
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer

HERE = Path(__file__).parent / "vocabularies"
MORE = [
    *("", "   ", " lead", "trail ", "[MASK] x", "a<mask>b", " <mask> y", "[NEW]the[NEW] sea"),
    "foo FOO foobar",
    *("<s>hi</s>", "[CLS] [SEP] [PAD] [UNK]", "x" * 150, "😀😀 emoji", "e\u0301 combining"),
    *("1, 2, 3,000", "``quoted''", "\r\n\t mixed", "<extra_id_3> s", "Ünïcödé TEST", "a\u0000b\u200bc"),
    *("Its DOG didn't; high-minded, they'll (1984).", "<new> <NEW>", "the  river   ran", "naïve CAFÉ"),
    *("한국어 你好 мир", "ﬁne ①Ａ"),
]  # fmt: skip


def texts() -> list[str]:
    chance = random.Random(3)
    letters = "abcdefghij  \n.,!éÉ你好<>[]#▁—”0123"
    drawn = ["".join(chance.choices(letters, k=chance.randrange(1, 30))) for _ in range(40)]
    return [*CORPUS[:6], *MORE, *drawn]


def pieces(**options: Any) -> bytes:
    """A sentencepiece model with a small map of characters."""
    written = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.tsv"
        lines = {"ﬁ": "fi", "Ａ": "A", "①": "1", "\t": " ", "\n": " "}
        spelt = [
            " ".join(f"{ord(c):X}" for c in old) + "\t" + " ".join(f"{ord(c):X}" for c in new)
            for old, new in lines.items()
        ]
        rules.write_text("\n".join(spelt) + "\n", "utf-8")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS),
            model_writer=written,
            vocab_size=400,
            hard_vocab_limit=False,
            minloglevel=2,
            normalization_rule_tsv=str(rules),
            **options,
        )
    return written.getvalue()


def word_piece() -> str:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    order = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    return "".join(f"{token}\n" for token, _ in order)


def byte_pairs() -> dict[str, str]:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.model.save(folder)
        return {
            name: Path(folder, name).read_text("utf-8") for name in ("vocab.json", "merges.txt")
        }


def added(first: int) -> dict[str, Any]:
    flags = {"lstrip": False, "rstrip": False, "single_word": False}
    return {
        str(first): {"content": "[NEW]", "normalized": False, "special": True, **flags},
        str(first + 1): {"content": "foo", "normalized": True, "special": False, **flags},
    }


Case = tuple[str, str, dict[str, Any] | None, dict[str, Any]]


def word_piece_cases() -> Iterator[Case]:
    vocabulary = word_piece()
    files, size = {"vocab.txt": vocabulary}, vocabulary.count("\n")
    for name in (
        "Bert",
        "DistilBert",
        "Electra",
        "MobileBert",
        "ConvBert",
        "LayoutLM",
        "SqueezeBert",
    ):
        yield f"{name.lower()}", "bert", {"tokenizer_class": f"{name}Tokenizer"}, files
    yield "no-settings", "bert", None, files
    yield "cased", "bert", {"do_lower_case": False}, files
    yield "accents", "bert", {"do_lower_case": False, "strip_accents": True}, files
    yield "chinese", "bert", {"tokenize_chinese_chars": False}, files
    yield "split-special", "bert", {"split_special_tokens": True}, files
    yield "other-unknown", "bert", {"unk_token": "[MASK]"}, files
    yield "extra", "bert", {"additional_special_tokens": ["[NEW]", "foo"]}, files
    yield "named", "bert", {"extra_special_tokens": {"image_token": "[NEW]"}}, files
    yield "decoder", "bert", {"added_tokens_decoder": added(size)}, files
    old = {"[NEW]": size, "foo": size + 1, "<new>": size + 2}
    yield "added", "bert", {"tokenizer_class": "BertTokenizer"}, {**files, "added_tokens.json": old}
    mask = {"content": "[MASK]", "lstrip": True, "rstrip": False, "normalized": False}
    roles = {"mask_token": mask, "additional_special_tokens": ["[NEW]", "foo"]}
    legacy = {**files, "added_tokens.json": old, "special_tokens_map.json": roles}
    yield "added-with-roles", "bert", {"tokenizer_class": "BertTokenizer"}, legacy
    renamed = vocabulary
    for role, other in (
        ("[PAD]", "<pad>"),
        ("[CLS]", "<s>"),
        ("[SEP]", "</s>"),
        ("[MASK]", "<mask>"),
    ):
        renamed = renamed.replace(role, other)
    yield "mpnet", "mpnet", {"tokenizer_class": "MPNetTokenizer"}, {"vocab.txt": renamed}


def byte_pair_cases() -> Iterator[Case]:
    files = byte_pairs()
    for name in ("Roberta", "Bart", "Longformer", "GPT2", "Qwen2"):
        settings = {"tokenizer_class": f"{name}Tokenizer"}
        yield f"{name.lower()}", name.lower(), settings, files
    spaced = {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True}
    yield "roberta-spaced", "roberta", spaced, files
    ends = {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "add_eos_token": True}
    yield "gpt2-ends", "gpt2", ends, files
    yield "roberta-by-model", "roberta", None, files


def unigram_cases() -> Iterator[Case]:
    fairseq = pieces(unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
    symbols = pieces(unk_id=0, bos_id=1, eos_id=2, pad_id=-1, user_defined_symbols=["foo"])
    yield "xlm-roberta", "xlm-roberta", None, {"sentencepiece.bpe.model": fairseq}
    yield "xlm-roberta-symbols", "xlm-roberta", None, {"sentencepiece.bpe.model": symbols}
    yield "camembert", "camembert", None, {"sentencepiece.bpe.model": fairseq}
    control = {"control_symbols": ["[CLS]", "[SEP]"], "user_defined_symbols": ["[MASK]"]}
    albert = pieces(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, **control)
    yield "albert", "albert", None, {"spiece.model": albert}
    cased = {"tokenizer_class": "AlbertTokenizer", "do_lower_case": False, "keep_accents": True}
    yield "albert-cased", "albert", cased, {"spiece.model": albert}
    t5 = pieces(pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    yield "t5", "t5", None, {"spiece.model": t5}
    yield "mt5", "mt5", {"tokenizer_class": "T5Tokenizer", "extra_ids": 0}, {"spiece.model": t5}


def deberta() -> Case:
    roles = {"pad_piece": "[PAD]", "bos_piece": "[CLS]", "eos_piece": "[SEP]", "unk_piece": "[UNK]"}
    found = pieces(pad_id=0, bos_id=1, eos_id=2, unk_id=3, **roles)
    return "deberta-v2", "deberta-v2", None, {"spm.model": found}


def write(case: Case) -> Path:
    name, model_type, settings, files = case
    folder = HERE / name
    folder.mkdir(parents=True)
    contents = {
        "config.json": {"model_type": model_type},
        "tokenizer_config.json": settings,
        **files,
    }
    for file, content in contents.items():
        if isinstance(content, bytes):
            (folder / file).write_bytes(content)
        elif isinstance(content, str):
            (folder / file).write_text(content, "utf-8")
        elif content is not None:
            (folder / file).write_text(json.dumps(content), "utf-8")
    return folder


def answers(folder: Path) -> dict[str, Any]:
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    pair = tokenizer("the sea", "a river", return_token_type_ids=True)
    return {
        "class": type(tokenizer).__name__,
        "ids": [tokenizer(text)["input_ids"] for text in texts()],
        "pair": [pair["input_ids"], pair["token_type_ids"]],
    }


def main() -> None:
    shutil.rmtree(HERE, ignore_errors=True)
    cases = [*word_piece_cases(), *byte_pair_cases(), *unigram_cases()]
    expected = {case[0]: answers(write(case)) for case in cases}
    tokenizer = AutoTokenizer.from_pretrained(str(write(deberta())))
    spelt = {"the fine 1A river": tokenizer("the fine 1A river")["input_ids"]}
    found = {"texts": texts(), "folders": expected, "deberta": spelt}
    (HERE / "expected.json").write_text(json.dumps(found, ensure_ascii=True), "utf-8")


if __name__ == "__main__":
    main()
