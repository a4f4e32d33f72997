"""Images among tokens, as transformers' models are fed them: patches end to end, and grids."""

from __future__ import annotations

import torch

from isomorph_torch.modules.layer import Tensors

PLACES = "image_places"
"""The feed that tells texts with images: whose vector stands at a token's place."""


def with_images(values: Tensors, padded: bool, token: int | None = None) -> Tensors:
    """The feeds of transformers' model for a forward of texts with images.

    Core says where tokens stand, so that the model does not find it out again; of grids it says where each
    patch lies. With `padded` images are as long as the largest of them, as classes for retrieval want them.
    Parts of videos are fed as images, which they are to a tower: `token` stands for every vector of either.
    """
    fed = {name: values[name] for name in ("input_ids", "attention_mask")}
    if "token_positions" in values:
        fed["position_ids"] = values["token_positions"].permute(2, 0, 1)
    if not bool(values[PLACES].any()):
        return fed
    if token is not None:
        fed["input_ids"] = torch.where(values[PLACES] > 0, token, fed["input_ids"])
    pixels = values["pixel_values"]
    if padded:
        fed["pixel_values"] = pixels.flatten(1, 2)
    else:
        fed["pixel_values"] = pixels[values["cell_mask"].bool()].flatten(0, 1)
    last = values["patch_positions"].flatten(1, 2).amax(dim=1) + 1
    fed["image_grid_thw"] = torch.cat([torch.ones_like(last[:, :1]), last], dim=1)
    return fed
