"""Rows of models that see: towers, and pages read vector by vector."""

from .row import Row

_TOWERS = "parity/test_towers.py::test_vectors_are_those_of_the_reference"
_PAGES = "parity/test_pages.py::test_vectors_are_those_of_the_reference"

ROWS = (
    Row(
        models="clip-ViT-B-32, clip-ViT-B-16, clip-ViT-L-14",
        layout="clip in a folder of its own, as CLIPModel in modules.json",
        test=_TOWERS,
    ),
    Row(
        models="clip-vit-base-patch32, CLIP-ViT-H-14-laion2B, BGE-VL-base, BGE-VL-large",
        layout="clip in transformers' folder, also with an `auto_map`",
        test=_TOWERS,
    ),
    Row(
        models="chinese-clip-vit-base-patch16, metaclip-2-worldwide-huge",
        layout="clip's pictures beside a bert, or beside words of many languages",
        test=_TOWERS,
    ),
    Row(
        models="siglip-base-patch16-224, siglip2-base-patch16-naflex",
        layout="siglip, and siglip2 with images of any proportions",
        test=_TOWERS,
    ),
    Row(
        models="vit-base-patch16-224, dinov2-base, dinov2-with-registers-base, dinov3-vits16",
        layout="towers of pictures alone, a vector a patch",
        test=_TOWERS,
    ),
    Row(
        models="nomic-embed-vision-v1.5, nomic-embed-vision-v1",
        layout="nomic_bert as NomicVisionModel, names of the published code",
        witness="the formulas of its code, in float64",
        test="families/test_published_towers.py::test_nomics_vectors_are_those_of_its_formulas",
    ),
    Row(
        models="colpali-v1.2-hf, colpali-v1.3-hf",
        layout="siglip and gemma behind `vlm.`, a projection, names of published tensors",
        test=_PAGES,
    ),
    Row(
        models="colmodernvbert",
        layout="siglip on tiles, modernbert behind `vlm.text_model.`, a projection",
        witness="transformers' class and processor",
        test=_PAGES,
    ),
)
