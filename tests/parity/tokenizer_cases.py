"""Folders of every kind of tokenizer that holds vocabulary files and no ``tokenizer.json``."""

from __future__ import annotations

import io
import json
import re
import string
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fugashi
import ipadic
import sentencepiece
from texts import CORPUS
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, RobertaTokenizer
from transformers.convert_slow_tokenizer import AlbertConverter, DebertaV2Converter
from transformers.models.nllb import tokenization_nllb as nllb
from wide_texts import JAPANESE, wide_texts

TURNS = ["<mask>", "<start_of_turn>", "<end_of_turn>"]
MAP = {"ﬁ": "fi", "Ａ": "A", "①": "1", "\t": " ", "\n": " "}


@dataclass(frozen=True)
class Case:
    """A folder: its kind of model, the settings of its tokenizer, and its vocabulary files."""

    name: str
    model_type: str
    files: Mapping[str, bytes | str]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def write(self, home: Path) -> None:
        folder = home / self.name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps({"model_type": self.model_type}), "utf-8")
        if self.settings:
            (folder / "tokenizer_config.json").write_text(json.dumps(self.settings), "utf-8")
        for file, content in self.files.items():
            data = content.encode("utf-8") if isinstance(content, str) else content
            (folder / file).write_bytes(data)


def pieces(rules: Mapping[str, str] | None = None, **options: Any) -> bytes:
    """A sentencepiece model; with a small map of characters, or cleaned in no way."""
    written = io.BytesIO()
    with (
        tempfile.TemporaryDirectory() as folder,
        chdir(folder),
    ):  # the file holds the name of its rules
        if rules is None:
            options = {"normalization_rule_name": "identity", **options}
        else:
            file = Path("rules.tsv")
            file.write_text("".join(f"{_hex(a)}\t{_hex(b)}\n" for a, b in rules.items()), "utf-8")
            options = {"normalization_rule_tsv": str(file), **options}
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS),
            model_writer=written,
            hard_vocab_limit=False,
            minloglevel=2,
            **{"vocab_size": 420, **options},
        )
    return written.getvalue()


def _hex(text: str) -> str:
    return " ".join(f"{ord(each):X}" for each in text)


def pair_cases() -> Iterator[Case]:
    kept = {"model_type": "bpe", "byte_fallback": True, "remove_extra_whitespaces": False}
    llama = {"tokenizer.model": pieces(**kept, vocab_size=620)}
    name = {"tokenizer_class": "LlamaTokenizer"}
    ends = {**name, "add_bos_token": True, "add_eos_token": True}
    yield Case("llama", "llama", llama, name)
    yield Case("llama-ends", "llama", llama, ends)
    yield Case("llama-legacy", "llama", llama, {**name, "legacy": True, "add_bos_token": True})
    yield Case("llama-no-space", "llama", llama, {**name, "add_prefix_space": False})
    more = {"user_defined_symbols": ["foo"], "control_symbols": ["[NEW]"]}
    symbols = pieces(**kept, **more, vocab_size=620)
    yield Case("llama-symbols", "llama", {"tokenizer.model": symbols}, ends)
    roles = {
        "pad_id": 0,
        "eos_id": 1,
        "bos_id": 2,
        "unk_id": 3,
        "bos_piece": "<bos>",
        "eos_piece": "<eos>",
    }
    gemma = pieces(
        **kept, **roles, add_dummy_prefix=False, vocab_size=620, user_defined_symbols=TURNS
    )
    yield Case("gemma", "gemma2", {"tokenizer.model": gemma}, {"tokenizer_class": "GemmaTokenizer"})


def byte_cases() -> Iterator[Case]:
    special = [
        "[CLS]",
        "[PAD]",
        "[SEP]",
        "[UNK]",
        "[MASK]",
        "<|endoftext|>",
        "<|padding|>",
        "<|startoftext|>",
    ]
    files = byte_pairs(special)
    yield Case("deberta", "deberta", files, {"tokenizer_class": "DebertaTokenizer"})
    yield Case(
        "gpt-neox",
        "gpt_neox",
        files,
        {"tokenizer_class": "GPTNeoXTokenizer", "add_eos_token": True},
    )
    yield Case("clip", "clip", byte_pairs(special, "</w>"), {"tokenizer_class": "CLIPTokenizer"})

    yield Case("herbert", "bert", words(), {"tokenizer_class": "HerbertTokenizer"})

    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    yield Case("luke", "luke", byte_pairs(names), {"tokenizer_class": "LukeTokenizer"})


def words() -> dict[str, str]:
    """Pairs of characters, as HerBERT has them."""
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=330, special_tokens=special, end_of_word_suffix="</w>", show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return _files(tokenizer)


def byte_pairs(special: list[str], suffix: str = "") -> dict[str, str]:
    ends = {"end_of_word_suffix": suffix} if suffix else {}
    tokenizer = Tokenizer(models.BPE(**ends))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if suffix:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), tokenizer.pre_tokenizer]
        )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=700 if suffix else 420,
        special_tokens=special,
        initial_alphabet=alphabet,
        **ends,
        show_progress=False,
    )
    tokenizer.train_from_iterator([*CORPUS, *alphabet], trainer)
    return _files(tokenizer)


def _files(tokenizer: Tokenizer) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.model.save(folder)
        return {
            name: Path(folder, name).read_text("utf-8") for name in ("vocab.json", "merges.txt")
        }


def unigram_cases() -> Iterator[Case]:
    of_bert = {"control_symbols": ["[CLS]", "[SEP]"], "user_defined_symbols": ["[MASK]"]}
    rembert = pieces(MAP, pad_id=0, unk_id=2, bos_id=-1, eos_id=-1, **of_bert)
    yield Case(
        "rembert",
        "rembert",
        {"sentencepiece.model": rembert},
        {"tokenizer_class": "RemBertTokenizer"},
    )
    bird = pieces(pad_id=0, eos_id=1, bos_id=2, unk_id=3, **of_bert)
    yield Case(
        "big-bird", "big_bird", {"spiece.model": bird}, {"tokenizer_class": "BigBirdTokenizer"}
    )
    fairseq = {"unk_id": 0, "bos_id": 1, "eos_id": 2, "pad_id": -1}
    plain = {"sentencepiece.bpe.model": pieces(**fairseq)}
    mapped = {"sentencepiece.bpe.model": pieces(MAP, **fairseq)}
    yield Case("mbart", "mbart", plain, {"tokenizer_class": "MBartTokenizer", "src_lang": "ro_RO"})
    yield Case("mbart50", "mbart", mapped, {"tokenizer_class": "MBart50Tokenizer"})


def ended_cases() -> Iterator[Case]:
    """Classes whose own tokens stand behind a text, and NLLB's, whose language may."""
    ids = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    name = {"tokenizer_class": "PegasusTokenizer"}
    yield Case("pegasus", "pegasus", {"spiece.model": pieces(MAP, **ids)}, name)
    yield Case("pegasus-plain", "pegasus", {"spiece.model": pieces(**ids)}, {**name, "offset": 7})
    fairseq = {"unk_id": 0, "bos_id": 1, "eos_id": 2, "pad_id": -1}
    control = ["<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"]
    xlnet = pieces(MAP, **fairseq, control_symbols=control)
    yield Case("xlnet", "xlnet", {"spiece.model": xlnet}, {"tokenizer_class": "XLNetTokenizer"})
    pairs = {"sentencepiece.bpe.model": pieces(MAP, **fairseq, model_type="bpe", vocab_size=620)}
    name = {"tokenizer_class": "NllbTokenizer"}
    yield Case("nllb", "m2m_100", pairs, {**name, "src_lang": "ron_Latn"})
    yield Case("nllb-legacy", "m2m_100", pairs, {**name, "legacy_behaviour": True})


def hand_cases() -> Iterator[Case]:
    special = ["<pad>", "<unk>", "<cls>", "<sep>", "<mask>", "<s>", "</s>"]
    lower = [text.lower() for text in CORPUS]
    letters = sorted({letter for text in lower for letter in text if not letter.isspace()})
    words = sorted({word for text in lower for word in text.split() if len(word) > 1})
    parts = [*special, *letters, *(f"##{letter}" for letter in letters), *words]
    funnel = {"vocab.txt": "\n".join(parts) + "\n"}
    yield Case("funnel", "funnel", funnel, {"tokenizer_class": "FunnelTokenizer"})
    yield Case("byt5", "t5", {}, {"tokenizer_class": "ByT5Tokenizer"})
    segmented = {
        "vocab.txt": _counted(),
        "bpe.codes": "".join(f"{a} {b} {n}\n" for n, (a, b) in enumerate(PAIRS)),
    }
    yield Case("phobert", "roberta", segmented, {"tokenizer_class": "PhobertTokenizer"})
    yield Case("bertweet", "roberta", segmented, {"tokenizer_class": "BertweetTokenizer"})
    fairseq = pieces(MAP, unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
    name = {"tokenizer_class": "MLukeTokenizer"}
    yield Case("mluke", "luke", {"sentencepiece.bpe.model": fairseq}, name)
    letters = ["<", ">", *string.ascii_lowercase]
    named = {"tokenizer_class": "SiglipTokenizer"}
    small = pieces(MAP, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, required_chars="".join(letters))
    yield Case("siglip", "siglip", {"spiece.model": small}, named)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = sorted(
        {word.surface for text in [*JAPANESE[::2], *CORPUS[:4]] for word in _mecab()(text)}
    )
    letters = sorted({letter for word in ["".join(JAPANESE[1:]), *words] for letter in word})
    parts = [
        *letters,
        *(f"##{letter}" for letter in letters if not letter.isascii() or letter.isalpha()),
    ]
    by_word = "\n".join([*special, *words, *(part for part in parts if part not in words)]) + "\n"
    by_letter = "\n".join([*special, *letters]) + "\n"
    name = {
        "tokenizer_class": "BertJapaneseTokenizer",
        "word_tokenizer_type": "mecab",
        "mecab_kwargs": {"mecab_dic": "ipadic"},
    }
    yield Case("japanese", "bert", {"vocab.txt": by_word}, name)
    lower = {**name, "do_lower_case": True, "never_split": ["ABC"]}
    yield Case("japanese-lower", "bert", {"vocab.txt": by_word}, lower)
    letter = {**name, "subword_tokenizer_type": "character"}
    yield Case("japanese-characters", "bert", {"vocab.txt": by_letter}, letter)


def listed_cases() -> Iterator[Case]:
    """Files of pieces beside a list of ids, and ESM's list alone."""
    amino = "LAGVSERTIDPKQNFYMHWCXBUZO.-"
    vocabulary = ["<cls>", "<pad>", "<eos>", "<unk>", *amino, "<null_1>", "<mask>", "foo", "12"]
    named = {"tokenizer_class": "EsmTokenizer"}
    yield Case("esm", "esm", {"vocab.txt": "\n".join(vocabulary)}, named)
    alphabet = {"unk_id": 0, "bos_id": 1, "eos_id": 2, "pad_id": -1}
    for kind, options in (("", {}), ("-pairs", {"model_type": "bpe", "vocab_size": 620})):
        model = pieces(MAP, **alphabet, **options)
        vocab = json.dumps(_ids(model, [">>fr<<", ">>de<<"]))
        files = {"source.spm": model, "target.spm": model, "vocab.json": vocab}
        yield Case(f"marian{kind}", "marian", files, {"tokenizer_class": "MarianTokenizer"})
        files = {"sentencepiece.bpe.model": model, "vocab.json": json.dumps(_ids(model, []))}
        named = {"tokenizer_class": "M2M100Tokenizer", **({"src_lang": "ro"} if kind else {})}
        yield Case(f"m2m-100{kind}", "m2m_100", files, named)
    of_bert = {"control_symbols": ["[CLS]", "[SEP]"], "user_defined_symbols": ["[MASK]"]}
    fnet = pieces(MAP, pad_id=3, unk_id=0, bos_id=1, eos_id=2, **of_bert)
    yield Case("fnet", "fnet", {"spiece.model": fnet}, {"tokenizer_class": "FNetTokenizer"})


def _ids(model: bytes, more: list[str]) -> dict[str, int]:
    """Ids that are not the places of the pieces, for most of them."""
    made = sentencepiece.SentencePieceProcessor(model_proto=model)
    found = [made.id_to_piece(index) for index in range(3, made.get_piece_size())]
    kept = [piece for place, piece in enumerate(found) if place % 9 != 5]
    names = ["<s>", "<pad>", "</s>", "<unk>", *reversed(kept), *more]
    return {name: index for index, name in enumerate(names)}


def _mecab() -> fugashi.GenericTagger:
    return fugashi.GenericTagger(f'-d "{ipadic.DICDIR}" -r "{ipadic.DICDIR}/mecabrc"')


def _counted() -> str:
    """fairseq's list of tokens: parts that go on, parts that end a word, some that pairs make."""
    parts = {part for pair in PAIRS[::2] for part in ("".join(pair), *pair)}
    letters = {letter for text in CORPUS for letter in text if not letter.isspace()}
    ends = {part.removesuffix("</w>") if part.endswith("</w>") else f"{part}@@" for part in parts}
    tokens = sorted(ends | set("aàáoơưnhtieu") | {f"{letter}@@" for letter in sorted(letters)[::2]})
    return "".join(f"{token} {100 - n}\n" for n, token in enumerate(tokens))


PAIRS = [
    tuple(pair.split("+"))
    for pair in """n+h n+g</w> t+h th+e</w> s+i si+nh i+n v+i _+vi sinh+_vi ê+n</w> e+r</w> r+i ri+v
    riv+er</w> a+n an+d</w> o+n</w> e+a</w>
    l+a la+k lak+e</w> ệ+t</w> V+i Vi+ệt</w> a+a aa+aa x+x""".split()
]


def cases() -> Iterator[Case]:
    yield from pair_cases()
    yield from byte_cases()
    yield from unigram_cases()
    yield from ended_cases()
    yield from hand_cases()
    yield from listed_cases()


def reference(folder: Path) -> list[list[int]] | None:
    """The ids of folders that transformers does not read as their authors meant them."""
    found = _REFERENCES.get(folder.name)
    return None if found is None else found(folder)


def deberta_ids(folder: Path) -> list[list[int]]:
    """Those of transformers' converter, which reads the map of characters that its class leaves out."""
    found = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spm.model"))
    slow = SimpleNamespace(
        vocab_file=str(folder / "spm.model"),
        do_lower_case=False,
        split_by_punct=False,
        add_prefix_space=True,
        convert_tokens_to_ids=found.piece_to_id,
    )
    made = DebertaV2Converter(slow).converted()
    made.add_special_tokens(["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"])
    return [made.encode(text).ids for text in wide_texts()]


def fnet_ids(folder: Path) -> list[list[int]]:
    """Those of transformers' converter; its class of version 5 loses special tokens."""
    found = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))
    slow = SimpleNamespace(
        vocab_file=str(folder / "spiece.model"),
        do_lower_case=False,
        keep_accents=True,
        add_prefix_space=True,
        convert_tokens_to_ids=found.piece_to_id,
    )
    made = AlbertConverter(slow).converted()
    made.add_special_tokens(["[CLS]", "[SEP]", "<unk>", "<pad>", "[MASK]"])
    return [made.encode(text).ids for text in wide_texts()]


def luke_ids(folder: Path) -> list[list[int]]:
    """Those of RoBERTa with LUKE's two tokens; transformers 5 adds names of entities to the words."""
    made = RobertaTokenizer.from_pretrained(str(folder))
    made.add_special_tokens({"extra_special_tokens": ["<ent>", "<ent2>"]})
    return [made(text)["input_ids"] for text in wide_texts()]


def mluke_ids(folder: Path) -> list[list[int]]:
    """Those of sentencepiece itself behind fairseq's four, between the special tokens that are in a text."""
    made = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    special = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    back = ["<mask>", "<ent>", "<ent2>"]
    special |= {token: made.get_piece_size() + 1 + index for index, token in enumerate(back)}
    split = re.compile(
        r"(\s*<mask>|" + "|".join(each for each in special if each != "<mask>") + ")"
    )
    rows = []
    for text in wide_texts():
        row = [0]
        for part in split.split(text):
            known = special.get(part.lstrip() if part.endswith("<mask>") else part)
            row += [known] if known is not None else [i + 1 if i else 3 for i in made.encode(part)]
        rows.append([*row, 2])
    return rows


def once_ended_ids(folder: Path) -> list[list[int]]:
    """Those of transformers, which adds no end token to a text that ends with one."""
    made = AutoTokenizer.from_pretrained(str(folder))
    return [
        [*made(text, add_special_tokens=False)["input_ids"], made.eos_token_id]
        for text in wide_texts()
    ]


def nllb_ids(folder: Path) -> list[list[int]]:
    """Those of transformers that is told the languages, which it adds behind the mask and not before it."""
    codes = nllb.FAIRSEQ_LANGUAGE_CODES
    made = AutoTokenizer.from_pretrained(str(folder), extra_special_tokens=codes)
    mask = made.convert_tokens_to_ids("<mask>")
    moved = {mask: mask + len(codes), **{mask + 1 + i: mask + i for i in range(len(codes))}}
    return [[moved.get(i, i) for i in made(text)["input_ids"]] for text in wide_texts()]


def rembert_ids(folder: Path) -> list[list[int]]:
    """Those of transformers, whose class loses its special tokens, between these."""
    made = AutoTokenizer.from_pretrained(str(folder))
    ends = made.convert_tokens_to_ids(["[CLS]", "[SEP]"])
    return [[ends[0], *made(text)["input_ids"], ends[1]] for text in wide_texts()]


def gemma_ids(folder: Path) -> list[list[int]]:
    """Those of sentencepiece itself, between the special tokens that are in a text."""
    made = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    special = re.compile(
        "(" + "|".join(re.escape(each) for each in ("<bos>", "<eos>", "<pad>", "<unk>")) + ")"
    )
    rows = []
    for text in wide_texts():
        row = [made.bos_id()]
        for part in special.split(text):
            row += [made.piece_to_id(part)] if special.fullmatch(part) else made.encode(part)
        rows.append(row)
    return rows


_REFERENCES = {
    "deberta-v2": deberta_ids,
    "fnet": fnet_ids,
    "byt5": once_ended_ids,
    "luke": luke_ids,
    "mluke": mluke_ids,
    "siglip": once_ended_ids,
    "gemma": gemma_ids,
    "rembert": rembert_ids,
    "nllb": nllb_ids,
    "nllb-legacy": nllb_ids,
}
