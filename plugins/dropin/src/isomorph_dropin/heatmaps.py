"""Where on an image the tokens of a query match, and pictures of it.

The similarity of a query token and a patch is one product of those whose largest MaxSim adds up
(Khattab and Zaharia 2020, arXiv:2004.12832); ColPali draws them on the page (arXiv:2407.01449, figure 1).
"""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np

from isomorph.errors import InputError
from isomorph_dropin.modules import Transformer
from isomorph_dropin.util.tensor import as_tensor

_MAKO = (
    *((11, 4, 5), (43, 28, 53), (62, 53, 107), (59, 86, 152), (53, 123, 163)),
    *((53, 159, 171), (75, 194, 173), (153, 221, 182), (222, 245, 229)),
)
"""Nine colours of the map "mako" of seaborn, as red, green and blue, from low numbers to high ones."""
_LEVELS = 256
_TINY = 1e-10
"""What keeps a map of equal numbers from a division by zero."""


def real_query_token_slice(model: Any, query: str) -> slice:
    """Which vectors of a query belong to its own words, and not to prompts, templates or expansion.

    Args:
        model: a model of token vectors whose first module reads texts.
        query: the query, without its prompt.

    Returns:
        The rows of ``model.encode_query(query)``.

    Raises:
        InputError: the model has no transformer.
    """
    found: Any = next((each for each in model if isinstance(each, Transformer)), None)
    if found is None:
        names = [type(each).__name__ for each in model]
        raise InputError(
            f"The tokens of a query are known of a Transformer; this model has {names}."
        )
    prompt = model.prompts.get("query")
    without, with_query = (
        found.preprocess([text], prompt=prompt, task="query")["input_ids"][0].tolist()
        for text in ("", query)
    )
    pairs = zip(without, with_query, strict=False)
    start = next(
        (place for place, (a, b) in enumerate(pairs) if a != b), min(len(without), len(with_query))
    )
    if (
        getattr(found, "query_expansion", None) is not None
    ):  # both are as long as the expansion says
        length = len(found.tokenizer(query, add_special_tokens=False)["input_ids"])
    else:
        length = len(with_query) - len(without)
    return slice(start, start + length)


def get_n_patches(model: Any, image_size: tuple[int, int]) -> tuple[int, int]:
    """How many columns and rows of patches a model makes of an image.

    Args:
        model: what has a processor of transformers.
        image_size: width and height in pixels.

    Raises:
        NotImplementedError: the processor cuts an image into tiles, whose tokens are not row after row.
        InputError: the processor does not say.
    """
    processor = model.processor
    images: Any = getattr(processor, "image_processor", None)
    if any(
        getattr(images, name, None) is not None for name in ("do_image_splitting", "max_image_size")
    ):
        raise NotImplementedError(
            "The processor cuts an image into tiles and adds a global patch: its tokens are not row "
            "after row. Put the vectors into the order of the image, and give maxsim_heatmap n_patches."
        )
    merged = getattr(images, "merge_size", None)
    if merged is not None:
        from PIL import Image

        blank = Image.new("RGB", image_size)
        _, rows, columns = images(images=[blank], return_tensors="pt")["image_grid_thw"][0]
        return int(columns) // merged, int(rows) // merged
    tokens = getattr(processor, "image_seq_length", None)
    if isinstance(tokens, int) and tokens > 0 and isqrt(tokens) ** 2 == tokens:
        return isqrt(tokens), isqrt(tokens)
    raise InputError(
        f"{type(processor).__name__} does not say how an image is cut: there is neither an "
        f"image_processor with merge_size nor a square image_seq_length (here {tokens!r}). "
        "Give n_patches yourself."
    )


def maxsim_similarity_map(
    query_embedding: Any,
    image_embedding: Any,
    n_patches: tuple[int, int],
    image_mask: Any = None,
    normalize: bool = False,
) -> Any:
    """The similarity of each token of a query and each patch of an image.

    Args:
        query_embedding: (tokens, dim).
        image_embedding: (patches, dim), row after row; with other tokens among them where `image_mask` says.
        n_patches: columns and rows, as `get_n_patches` gives them.
        image_mask: (tokens of the image,), true where a token is a patch.
        normalize: bring the map of each token to the range from 0 to 1.

    Returns:
        A float32 tensor (tokens, rows, columns).

    Raises:
        InputError: there are more or fewer patches than columns times rows.
    """
    query, patches = as_tensor(query_embedding), as_tensor(image_embedding)
    if image_mask is not None:
        patches = patches[as_tensor(image_mask).bool()]
    columns, rows = n_patches
    if len(patches) != columns * rows:
        raise InputError(
            f"The image has {len(patches)} vectors, and n_patches={n_patches} are {columns * rows}. Give "
            "image_mask where tokens that are no patches are among them."
        )
    found = (query @ patches.T).float()
    if normalize:
        low, high = found.amin(dim=1, keepdim=True), found.amax(dim=1, keepdim=True)
        found = (found - low) / (high - low + _TINY)
    return found.reshape(len(query), rows, columns)


def render_similarity_map_on_image(
    image: Any,
    similarity_map: Any,
    alpha: float = 0.5,
    normalization_range: tuple[float, float] | None = None,
) -> Any:
    """An image with a map laid over it in colours.

    Args:
        image: one of Pillow, or a path or an address.
        similarity_map: (rows, columns).
        alpha: how much of the colours is seen, from 0 to 1.
        normalization_range: the numbers of the darkest and of the lightest colour; None takes the map's own.

    Returns:
        An image of Pillow of the same size, of mode RGBA.

    Raises:
        InputError: the map has not 2 axes.
    """
    from PIL import Image

    numbers = as_tensor(similarity_map).detach().float().cpu().numpy()
    if numbers.ndim != 2:
        raise InputError(
            f"A 2D map (rows, columns) is drawn; this one has the shape {numbers.shape}."
        )
    low, high = normalization_range or (float(numbers.min()), float(numbers.max()))
    levels = ((numbers - low) / (high - low + _TINY)).clip(0, 1) * (_LEVELS - 1)
    under = _opened(image)
    # Sizes first and colours then: between two colours lie others that the map of colours does not have.
    sized = Image.fromarray(levels.astype(np.uint8)).resize(under.size, Image.Resampling.BICUBIC)
    opacity = np.full((*reversed(under.size), 1), int(alpha * 255), np.uint8)
    drawn = np.concatenate([_colours()[np.asarray(sized)], opacity], axis=2)
    return Image.alpha_composite(under.convert("RGBA"), Image.fromarray(drawn))


def maxsim_heatmap(
    image: Any,
    query_embedding: Any,
    image_embedding: Any,
    n_patches: tuple[int, int],
    image_mask: Any = None,
    aggregate: str = "sum",
    alpha: float = 0.5,
) -> Any:
    """An image with the similarities of a query laid over it.

    Args:
        image: see `render_similarity_map_on_image`.
        query_embedding: see `maxsim_similarity_map`.
        image_embedding: see `maxsim_similarity_map`.
        n_patches: columns and rows.
        image_mask: see `maxsim_similarity_map`.
        aggregate: "sum" of the tokens of the query, "amax" for the largest, or "none" for an image a token.
        alpha: how much of the colours is seen, from 0 to 1.

    Returns:
        An image of Pillow, for "none" a list of them, whose colours mean the same numbers.

    Raises:
        InputError: `aggregate` is none of the three.
    """
    if aggregate not in ("sum", "amax", "none"):
        raise InputError(
            f"aggregate is {aggregate!r}, and must be one of 'sum', 'amax' and 'none'."
        )
    under = _opened(image)
    found = maxsim_similarity_map(query_embedding, image_embedding, n_patches, image_mask)
    if aggregate == "none":
        shared = float(found.min()), float(found.max())
        return [render_similarity_map_on_image(under, each, alpha, shared) for each in found]
    over = found.sum(dim=0) if aggregate == "sum" else found.amax(dim=0)
    return render_similarity_map_on_image(under, over, alpha)


def _opened(image: Any) -> Any:
    from PIL import Image
    from transformers.image_utils import load_image

    return image if isinstance(image, Image.Image) else load_image(image)


def _colours() -> Any:
    """uint8 (256, 3): the colours between those of `_MAKO`, at equal distances."""
    places = np.linspace(0, len(_MAKO) - 1, _LEVELS)
    keys = np.asarray(_MAKO, np.float32).T
    return np.stack([np.interp(places, range(len(_MAKO)), key) for key in keys], axis=1).astype(
        np.uint8
    )


__all__ = [
    "get_n_patches",
    "maxsim_heatmap",
    "maxsim_similarity_map",
    "real_query_token_slice",
    "render_similarity_map_on_image",
]
