"""BERTopic: the backend that it makes of a model embeds with that model."""

# requires: bertopic==0.17.4

from bertopic.backend._utils import select_backend
from sentence_transformers import SentenceTransformer
from shared import DENSE, TEXTS, tell

backend = select_backend(SentenceTransformer(DENSE))
tell({"backend": type(backend).__name__, "vectors": backend.embed(TEXTS)[:, :8]})
