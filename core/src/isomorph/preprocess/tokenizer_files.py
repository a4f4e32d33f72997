"""The tokenizer of a model folder, from its files.

Nothing imports this before a tokenizer is needed: its library is not needed to load weights, which is
when most memory is in use.
"""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import AddedToken, Tokenizer, normalizers

from isomorph.errors import ModelNotFound
from isomorph.files.folder import Folder
from isomorph.preprocess.frame import frame_as_asked, warn_of_ignored
from isomorph.preprocess.guard import as_bad_model
from isomorph.preprocess.overrule import overrule
from isomorph.preprocess.special_tokens import SpecialTokens, read_special_tokens
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenizer_limits import VOCABULARY_BYTES, check_limits
from isomorph.preprocess.tokenizer_settings import TokenizerSettings, refuse_own_code
from isomorph.preprocess.vocabulary.recipes import default_tokens, reads_no_json, recipe_for

FILE = "tokenizer.json"


def load_tokenizer(text: Text) -> Tokenizer:
    """The tokenizer of a folder: ``tokenizer.json``, or a vocabulary under a class that is known here.

    Raises:
        ModelNotFound: there is neither.
        UnknownFormat: there is only a vocabulary, and what to do with it is not known here.
        Unsupported: the folder's class splits texts in code of its own.
        BadModel: a file is damaged, or asks for more than `isomorph.preprocess.tokenizer_limits` allows.
        InputError: the user asks for a begin or end token that the tokenizer does not have.
    """
    assert text.folder is not None
    with as_bad_model(f"The tokenizer in {text.folder} cannot be read"):
        tokenizer = _bare(text.folder) if text.bare else _with_settings(text, text.folder)
        _protect(tokenizer, text.markers)
        if text.lowercase:
            _lowercase(tokenizer)
        check_limits(tokenizer, str(text.folder))
    return tokenizer


def special_tokens_of(text: Text) -> SpecialTokens:
    """The special tokens that the files of a model's tokenizer name.

    Raises:
        BadModel: a file is damaged, or names something that is no token.
    """
    assert text.folder is not None
    settings = TokenizerSettings.read(text.folder)
    return read_special_tokens(settings, default_tokens(settings))


def _with_settings(text: Text, folder: Folder) -> Tokenizer:
    settings = TokenizerSettings.read(folder)
    refuse_own_code(settings)
    tokens = read_special_tokens(settings, default_tokens(settings))
    if folder.file(FILE) is None or reads_no_json(settings):
        recipe = recipe_for(settings)
        tokenizer = recipe.build(settings, tokens)
        tokens.add_to(tokenizer)
        recipe.finish(settings, tokens, tokenizer)
    else:
        tokenizer = _bare(folder)
        overrule(tokenizer, settings)
        tokens.add_to(tokenizer)
        if text.add_bos_token is None and text.add_eos_token is None:
            warn_of_ignored(tokenizer, tokens, settings)
    tokenizer.encode_special_tokens = settings.flag("split_special_tokens", False)
    frame_as_asked(tokenizer, tokens, text, settings)
    return tokenizer


def _bare(folder: Folder) -> Tokenizer:
    written = folder.text(FILE, limit=VOCABULARY_BYTES)
    if written is None:
        raise ModelNotFound(f"{folder} holds no {FILE}.")
    tokenizer = Tokenizer.from_str(written)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _protect(tokenizer: Tokenizer, markers: Sequence[str]) -> None:
    """Keeps markers whole that are in the vocabulary, but that the tokenizer would split."""
    for marker in markers:
        own = tokenizer.token_to_id(marker)
        if own is None or tokenizer.encode(marker, add_special_tokens=False).ids == [own]:
            continue
        tokenizer.add_special_tokens([AddedToken(marker, normalized=False)])


def _lowercase(tokenizer: Tokenizer) -> None:
    first = normalizers.Lowercase()
    then = tokenizer.normalizer
    if then is None:
        tokenizer.normalizer = first
    elif not isinstance(then, normalizers.Lowercase):
        tokenizer.normalizer = normalizers.Sequence([first, then])
