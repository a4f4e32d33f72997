"""The code by which a card shows how its model is used; it is written here and never run."""

from __future__ import annotations

from isomorph.card.about import About

LIBRARIES = (("isomorph", "isomorph"), ("sentence-transformers", "sentence_transformers"))
"""Distributions that load such a folder, and the packages that their classes come from."""

_TEXTS = """\
texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
vectors = model.encode(texts)
print(vectors.shape)  # {shape}
print(model.similarity(vectors, vectors))
"""

_FILES = {
    "image": ("images", "photo.jpg"),
    "audio": ("sounds", "sound.wav"),
    "video": ("videos", "film.mp4"),
}
"""What files of a modality are called, and one of them."""

_MEDIA = """\
{called} = model.encode(["{name}"])
print({called}.shape)  # {shape}
"""

_BESIDE_TEXTS = """\
texts = model.encode(["What it shows.", "Something else."])
{called} = model.encode(["{name}"])
print(model.similarity({called}, texts))  # one row a file, one column a text
"""

_QUERIES = """\
query = model.encode_query(["Which planet is called the red one?"])
documents = model.encode_document(["Mars is reddish.", "Venus is hot.", "Saturn has rings."])
print(model.similarity(query, documents))  # one row for the query, one column a document
"""

_PAIRS = """\
query = "Which planet is called the red one?"
documents = ["Mars is reddish.", "Venus is hot.", "Saturn has rings."]
print(model.predict([(query, text) for text in documents]).shape)  # {shape}
"""

_RANK = """\
for hit in model.rank(query, documents):
    print(hit["corpus_id"], hit["score"])
"""


def usage(about: About, model_id: str | None) -> str:
    """The section on use, once for each library."""
    parts = []
    for name, package in LIBRARIES:
        code = snippet(about, package, model_id or placeholder(about.kind.class_name))
        parts.append(f"With {name} (`pip install {name}`):\n\n```python\n{code}```\n")
    return "\n".join(parts)


def snippet(about: About, package: str, model_id: str, revision: str = "") -> str:
    """Python code that loads the model and calls it once."""
    name = about.kind.class_name
    at = f", revision={revision}" if revision else ""
    return f'from {package} import {name}\n\nmodel = {name}("{model_id}"{at})\n{_calls(about)}'


def placeholder(class_name: str) -> str:
    """What stands for the name of a model that has none yet: ``sparse_encoder_model_id``."""
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in class_name).lstrip("_")
    plural = "s" if class_name == "SentenceTransformer" else ""
    return f"{words}{plural}_model_id"


def _calls(about: About) -> str:
    name = about.kind.class_name
    if name == "CrossEncoder":
        several = (about.labels or 1) > 1
        scores = _PAIRS.format(shape=f"(3, {about.labels})" if several else "(3,)")
        return scores if several else scores + _RANK
    if name == "MultiVectorEncoder" or (name != "BaseModel" and about.asymmetric):
        return _QUERIES
    if name == "BaseModel":
        return ""
    media = [each for each in about.modalities if each in _FILES]
    if media:
        called, file = _FILES[media[0]]
        shape = f"(1, {about.dimension})" if about.dimension else "one row a file"
        text = _BESIDE_TEXTS if "text" in about.modalities else _MEDIA
        return text.format(called=called, name=file, shape=shape)
    return _TEXTS.format(shape=f"(3, {about.dimension})" if about.dimension else "one row a text")
