"""lancedb: the embedding function of its registry."""

# requires: lancedb==0.40.0

from lancedb.embeddings import get_registry
from shared import DENSE, TEXTS, tell

function = get_registry().get("sentence-transformers").create(name=DENSE, device="cpu")
tell([list(row[:8]) for row in function.generate_embeddings(TEXTS)])
