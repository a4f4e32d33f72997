"""LangChain: a cross encoder that scores pairs."""

# requires: langchain-community==0.4.2

from langchain_community.cross_encoders import HuggingFaceCrossEncoder
from shared import RERANKER, TEXTS, tell

tell(HuggingFaceCrossEncoder(model_name=RERANKER).score([(TEXTS[0], text) for text in TEXTS]))
