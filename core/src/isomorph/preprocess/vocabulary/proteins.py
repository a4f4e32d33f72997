"""ESM's ``vocab.txt``: amino acids and other tokens, which are found wherever they stand.

Lin et al. 2023, doi:10.1126/science.ade2574. What stands between them is cut at white space.
"""

from __future__ import annotations

from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

from isomorph.errors import BadModel
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_limits import VOCABULARY_BYTES
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe, plain
from isomorph.preprocess.vocabulary.unigram import framed

FILE = "vocab.txt"
_WHITE = Regex(r"[\s\x1c-\x1f\x85]+")
"""What Python takes for white space."""


def _build(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    lines = (settings.folder.text(FILE, limit=VOCABULARY_BYTES) or "").splitlines()
    names = [line.strip() for line in lines]
    ids = {name: index for index, name in enumerate(names)}
    unknown = tokens.text("unk_token")
    if unknown not in ids:
        raise BadModel(
            f"{FILE} in {settings.folder} lacks {unknown}, the token for what is unknown."
        )
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(_WHITE, "removed")
    roles = {token.content for token in tokens.named.values()}
    plain_ones = [name for name in ids if name and name not in roles]
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in plain_ones])
    return tokenizer


ESM = Recipe(
    (FILE,),
    plain(
        unk_token="<unk>",
        cls_token="<cls>",
        pad_token="<pad>",
        mask_token="<mask>",
        eos_token="<eos>",
    ),
    _build,
    framed("cls_token", "eos_token", [], 0),
    alone=True,
)
