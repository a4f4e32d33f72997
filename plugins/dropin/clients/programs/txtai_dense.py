"""txtai: an index of dense vectors."""

# requires: txtai==9.14.0

from shared import DENSE, TEXTS, tell
from txtai import Embeddings

index = Embeddings(path=DENSE, method="sentence-transformers", backend="numpy")
index.index(TEXTS)
tell(index.search("an animal", 3))
