"""qdrant-client: dense vectors in an index in memory."""

# requires: qdrant-client==1.20.0

from qdrant_client import QdrantClient, models
from sentence_transformers import SentenceTransformer
from shared import DENSE, TEXTS, tell

model = SentenceTransformer(DENSE)
client = QdrantClient(":memory:")
size = model.get_sentence_embedding_dimension()
client.create_collection("t", models.VectorParams(size=size, distance=models.Distance.COSINE))
vectors = model.encode(TEXTS)
client.upsert("t", [models.PointStruct(id=i, vector=v.tolist()) for i, v in enumerate(vectors)])
points = client.query_points("t", query=model.encode("an animal").tolist(), limit=3).points
tell([(point.id, point.score) for point in points])
