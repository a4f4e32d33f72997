"""``vocab.txt`` of BERT's tokenizer and its relatives: one token a line, split by WordPiece."""

from __future__ import annotations

from functools import partial

from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

from isomorph.errors import BadModel, Unsupported
from isomorph.preprocess.overrule import bert_normalizer
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_limits import VOCABULARY_BYTES
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe, plain, roberta_frame

FILE = "vocab.txt"

_WHITE_SPACE = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's white space, which the tokenizers library takes from a line's end; str.rstrip takes more."""

_NOT_READ: dict[str, object] = {
    "do_basic_tokenize": True,
    "wordpieces_prefix": "##",
    "never_split": [],
}
"""Settings of old tokenizers that change the ids, and the values with which they change nothing."""


def _vocabulary(settings: TokenizerSettings) -> dict[str, int]:
    lines = (settings.folder.text(FILE, limit=VOCABULARY_BYTES) or "").split("\n")
    if lines[-1] == "":
        lines.pop()
    vocabulary = {line.rstrip(_WHITE_SPACE): index for index, line in enumerate(lines)}
    if not vocabulary:
        raise BadModel(f"{FILE} in {settings.folder} holds no token.")
    return vocabulary


def _build(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    for key, usual in _NOT_READ.items():
        if settings.values.get(key) not in (None, usual):
            raise Unsupported(
                f"{settings.folder} asks for {key} = {str(settings.values[key])[:80]}, which is not done "
                "here; without it the ids would be others."
            )
    vocabulary, unknown = _vocabulary(settings), tokens.text("unk_token")
    added = {token.content for token in tokens.added.values()}
    for role in ("unk_token", "cls_token", "sep_token"):
        token = tokens.text(role)
        if token not in vocabulary and (role == "unk_token" or token not in added):
            raise BadModel(
                f"{FILE} in {settings.folder} lacks the {role} {token[:80]!r} of {settings.kind}."
            )
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=unknown))
    tokenizer.normalizer = bert_normalizer(settings)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _bert_frame(
    settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer, first: int = 0
) -> None:
    """BERT's tokens; `first` is the type of the one in front."""
    used = [tokens.numbered(role, tokenizer) for role in ("cls_token", "sep_token")]
    cls, sep = (token for token, _ in used)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[f"{cls}:{first}", "$A:0", f"{sep}:0"],
        pair=[f"{cls}:{first}", "$A:0", f"{sep}:0", "$B:1", f"{sep}:1"],
        special_tokens=used,
    )


BERT = Recipe(
    (FILE,),
    plain(
        unk_token="[UNK]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        mask_token="[MASK]",
    ),
    _build,
    _bert_frame,
)
MPNET = Recipe(
    (FILE,),
    {
        **plain(
            bos_token="<s>",
            eos_token="</s>",
            unk_token="[UNK]",
            sep_token="</s>",
            pad_token="<pad>",
            cls_token="<s>",
        ),
        "mask_token": AddedToken("<mask>", lstrip=True, special=True),
    },
    _build,
    roberta_frame,
)
FUNNEL = Recipe(
    (FILE,),
    plain(
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        sep_token="<sep>",
        pad_token="<pad>",
        cls_token="<cls>",
        mask_token="<mask>",
    ),
    _build,
    partial(_bert_frame, first=2),
)
