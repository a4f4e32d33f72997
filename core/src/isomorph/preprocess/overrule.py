"""Where ``tokenizer_config.json`` overrules ``tokenizer.json``.

The two can disagree, since settings were edited by hand or saved by another class. transformers lets
the settings of its BERT and RoBERTa tokenizers win over what stands in ``tokenizer.json``; its
generic class takes that file as it is. A normaliser of several steps is left alone, since it was
composed on purpose.
"""

from __future__ import annotations

from tokenizers import Tokenizer, normalizers, pre_tokenizers

from isomorph.preprocess.tokenizer_classes import ROBERTA, WORD_PIECE
from isomorph.preprocess.tokenizer_settings import TokenizerSettings


def overrule(tokenizer: Tokenizer, settings: TokenizerSettings) -> None:
    """Applies the settings of a folder that win over its ``tokenizer.json``.

    Raises:
        BadModel: a setting is not what it must be.
    """
    if settings.kind in WORD_PIECE:
        if isinstance(tokenizer.normalizer, normalizers.BertNormalizer):
            tokenizer.normalizer = bert_normalizer(settings)
    elif settings.kind in ROBERTA:
        split = tokenizer.pre_tokenizer
        if isinstance(split, pre_tokenizers.ByteLevel):
            split.add_prefix_space = settings.flag("add_prefix_space", False)
            tokenizer.pre_tokenizer = split


def bert_normalizer(settings: TokenizerSettings) -> normalizers.Normalizer:
    """BERT's clean-up; what the settings leave out is as transformers' class has it."""
    return normalizers.BertNormalizer(
        lowercase=settings.flag("do_lower_case", True),
        strip_accents=settings.maybe("strip_accents"),
        handle_chinese_chars=settings.flag("tokenize_chinese_chars", True),
    )
