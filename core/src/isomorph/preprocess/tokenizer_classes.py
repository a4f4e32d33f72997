"""The tokenizer classes of transformers: which is whose, and which split texts in code of their own.

A class says how a vocabulary is used: which clean-up, which splits, which special tokens. A vocabulary
under another class gives other ids, so a class that is not known here is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders import family_of

WORD_PIECE = frozenset(
    """BertTokenizer DistilBertTokenizer ElectraTokenizer MobileBertTokenizer MPNetTokenizer
    ConvBertTokenizer LayoutLMTokenizer LxmertTokenizer SqueezeBertTokenizer
    DPRQuestionEncoderTokenizer DPRContextEncoderTokenizer""".split()
)
"""Classes with BERT's clean-up and WordPiece; MPNet's has other special tokens."""

ROBERTA = frozenset(
    "RobertaTokenizer BartTokenizer LEDTokenizer LongformerTokenizer MvpTokenizer".split()
)
"""RoBERTa's class and its other names."""

OWN_FRAME = (
    WORD_PIECE
    | ROBERTA
    | frozenset(
        """XLMRobertaTokenizer CamembertTokenizer AlbertTokenizer T5Tokenizer DebertaV2Tokenizer
        DebertaTokenizer BigBirdTokenizer RemBertTokenizer XLNetTokenizer FNetTokenizer CLIPTokenizer
        MBartTokenizer MBart50Tokenizer PhobertTokenizer BertweetTokenizer ByT5Tokenizer
        BertJapaneseTokenizer SiglipTokenizer HerbertTokenizer LukeTokenizer MLukeTokenizer
        FunnelTokenizer PegasusTokenizer NllbTokenizer EsmTokenizer MarianTokenizer M2M100Tokenizer""".split()
    )
)
"""Classes that put special tokens around a text whatever `add_bos_token` and `add_eos_token` say."""

GENERIC = frozenset(["", "PreTrainedTokenizer", "PythonBackend", "TokenizersBackend"])
"""Classes that say nothing: all is in ``tokenizer.json``."""

WITHOUT_FILES = frozenset(["ByT5Tokenizer"])
"""Classes that need no file of words."""

OWN_CODE: Mapping[str, str] = {
    "BartphoTokenizer": "reads a sentencepiece model with dict.txt",
    "RoFormerTokenizer": "finds Chinese words with jieba",
    "CpmTokenizer": "finds Chinese words with jieba",
    "CpmAntTokenizer": "finds Chinese words with jieba",
    "RoCBertTokenizer": "looks up shapes and pronunciations",
    "MyT5Tokenizer": "rewrites bytes by byte_maps.json",
    "CanineTokenizer": "takes characters as tokens and has no vocabulary file",
    "PerceiverTokenizer": "takes bytes as tokens and has no vocabulary file",
    "DiaTokenizer": "takes bytes as tokens and has no vocabulary file",
    "FlaubertTokenizer": "cleans texts with sacremoses",
    "XLMTokenizer": "cleans texts with sacremoses",
    "FSMTTokenizer": "cleans texts with sacremoses",
    "BioGptTokenizer": "cleans texts with sacremoses",
    "GPTNeoXJapaneseTokenizer": "rewrites texts by emoji.json",
    **dict.fromkeys(
        """BertGenerationTokenizer BlenderbotSmallTokenizer CTRLTokenizer ClvpTokenizer
        GPTSw3Tokenizer MgpstrTokenizer PLBartTokenizer
        ProphetNetTokenizer RagTokenizer Speech2TextTokenizer SpeechT5Tokenizer
        TapasTokenizer VitsTokenizer Wav2Vec2CTCTokenizer Wav2Vec2PhonemeCTCTokenizer
        JumanppTokenizer""".split(),
        "splits texts in Python code of its own",
    ),
}
"""Classes of which transformers has only Python code, and what that does; it reads no ``tokenizer.json``."""

CLASS_OF_MODEL: Mapping[str, str] = {
    **dict.fromkeys(
        "layoutlm lxmert nezha qdqbert realm retribert".split(),
        "BertTokenizer",
    ),
    "dpr": "DPRQuestionEncoderTokenizer",
    **dict.fromkeys(
        "ibert led lilt mega mra mvp".split(),
        "RobertaTokenizer",
    ),
    "yoso": "AlbertTokenizer",
    "switch_transformers": "T5Tokenizer",
    "bert-japanese": "BertJapaneseTokenizer",
    "bertweet": "BertweetTokenizer",
    "phobert": "PhobertTokenizer",
    "bartpho": "BartphoTokenizer",
    "byt5": "ByT5Tokenizer",
    "canine": "CanineTokenizer",
    "perceiver": "PerceiverTokenizer",
    "flaubert": "FlaubertTokenizer",
    "xlm": "XLMTokenizer",
    "biogpt": "BioGptTokenizer",
    "cpmant": "CpmAntTokenizer",
    "ctrl": "CTRLTokenizer",
    "roc_bert": "RoCBertTokenizer",
    "roformer": "RoFormerTokenizer",
    "tapas": "TapasTokenizer",
    "blenderbot-small": "BlenderbotSmallTokenizer",
    **{
        model: f"{name}Tokenizer"  # known by name only, to be refused by it
        for model, name in {
            "blenderbot": "Blenderbot",
            "clip": "CLIP",
            "funnel": "Funnel",
            "herbert": "Herbert",
            "layoutlmv2": "LayoutLMv2",
            "layoutlmv3": "LayoutLMv3",
            "markuplm": "MarkupLM",
            "mluke": "MLuke",
            "openai-gpt": "OpenAIGPT",
            "splinter": "Splinter",
            "xlnet": "XLNet",
        }.items()
    },
}
"""The class of a kind of model without a family whose files name none, as `Family.tokenizer`."""


def class_of_model(config: Mapping[str, Any]) -> str:
    """The class where no file names one, by the kind of model; "" where that does not say it."""
    family = family_of(config)
    return (
        (CLASS_OF_MODEL.get(str(config.get("model_type"))) or "")
        if family is None
        else family.tokenizer
    )
