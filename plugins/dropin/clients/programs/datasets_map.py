"""datasets: a model in a map over two processes."""

# requires: datasets==5.2.0

from datasets import Dataset
from sentence_transformers import SentenceTransformer
from shared import DENSE, TEXTS, tell

if __name__ == "__main__":
    model = SentenceTransformer(DENSE)
    table = Dataset.from_dict({"text": TEXTS})
    made = table.map(
        lambda rows: {"vector": model.encode(rows["text"])[:, :8]}, batched=True, num_proc=2
    )
    tell(made["vector"][:])
