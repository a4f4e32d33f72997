"""LangChain: documents and queries, and the splitter that counts tokens."""

# requires: langchain-huggingface==1.2.3 langchain-text-splitters==1.1.3

from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import SentenceTransformersTokenTextSplitter
from shared import DENSE, TEXTS, tell

embeddings = HuggingFaceEmbeddings(model_name=DENSE, encode_kwargs={"normalize_embeddings": True})
splitter = SentenceTransformersTokenTextSplitter(
    model_name=DENSE, tokens_per_chunk=12, chunk_overlap=2
)
text = " ".join(TEXTS)
tell(
    {
        "documents": [row[:8] for row in embeddings.embed_documents(TEXTS)],
        "query": embeddings.embed_query(TEXTS[0])[:8],
        "chunks": splitter.split_text(text),
        "tokens": splitter.count_tokens(text=text),
    }
)
