"""The tokenizer of a model folder, from its files.

Nothing imports this before a tokenizer is needed: its library is not needed to load weights, which is
when most memory is in use.
"""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import AddedToken, Tokenizer, normalizers

from isomorph.errors import BadModel, ModelError, ModelNotFound
from isomorph.model import Text
from isomorph.prepare.tokenizer_settings import bert_normalizer, overrule, read_json
from isomorph.read.folder import Folder

FILE = "tokenizer.json"


def load_tokenizer(text: Text) -> Tokenizer:
    """The tokenizer of a folder: ``tokenizer.json``, or a WordPiece ``vocab.txt``.

    Raises:
        ModelNotFound: there is neither.
        BadModel: the file is damaged.
    """
    assert text.folder is not None
    try:
        written = text.folder.text(FILE)
        if written is not None:
            tokenizer = Tokenizer.from_str(written)
            overrule(tokenizer, text.folder)
        elif text.folder.file("vocab.txt") is not None:
            tokenizer = _word_piece(text.folder)
        else:
            raise ModelNotFound(
                f"{text.folder} holds neither {FILE} nor vocab.txt. Write {FILE} with the library that "
                "made the model: its fast tokenizer's save_pretrained does it."
            )
    except ModelError:
        raise
    except Exception as cause:  # the Rust side raises Exception itself
        raise BadModel(f"The tokenizer in {text.folder} cannot be read: {cause}") from cause
    tokenizer.no_padding()
    tokenizer.no_truncation()
    _protect(tokenizer, text.markers)
    if text.lowercase:
        _lowercase(tokenizer)
    return tokenizer


def _protect(tokenizer: Tokenizer, markers: Sequence[str]) -> None:
    """Keeps markers whole that are in the vocabulary, but that the tokenizer would split."""
    for marker in markers:
        own = tokenizer.token_to_id(marker)
        if own is None or tokenizer.encode(marker, add_special_tokens=False).ids == [own]:
            continue
        tokenizer.add_special_tokens([AddedToken(marker, normalized=False)])


def _word_piece(folder: Folder) -> Tokenizer:
    from tokenizers.implementations import BertWordPieceTokenizer

    lines = (folder.text("vocab.txt") or "").removesuffix("\n").split("\n")
    wrapped = BertWordPieceTokenizer({line.rstrip(): index for index, line in enumerate(lines)})
    inner: Tokenizer = wrapped._tokenizer
    inner.normalizer = bert_normalizer(read_json(folder, "tokenizer_config.json"))
    return inner


def _lowercase(tokenizer: Tokenizer) -> None:
    first = normalizers.Lowercase()
    then = tokenizer.normalizer
    if then is None:
        tokenizer.normalizer = first
    elif not isinstance(then, normalizers.Lowercase):
        tokenizer.normalizer = normalizers.Sequence([first, then])
