"""KeyBERT: key words of a text, with the model that it was given."""

# requires: keybert==0.9.0

from keybert import KeyBERT
from sentence_transformers import SentenceTransformer
from shared import DENSE, TEXTS, tell

model = SentenceTransformer(DENSE)
words = KeyBERT(model).extract_keywords(TEXTS[:3], top_n=3)
vectors = KeyBERT(model).model.embed(TEXTS[:2])
tell({"words": words, "vectors": vectors[:, :8]})
