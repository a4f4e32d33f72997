"""embetter: an encoder in a pipeline of scikit-learn."""

# requires: embetter[text]==0.9.1 model2vec

from embetter.text import SentenceEncoder
from shared import DENSE, TEXTS, tell
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

labels = [i % 2 for i in range(len(TEXTS))]
encoder = SentenceEncoder(DENSE)
solver = {
    "solver": "newton-cholesky",
    "tol": 1e-8,
}  # others stop at a place that a last digit moves
pipeline = make_pipeline(encoder, LogisticRegression(**solver)).fit(TEXTS, labels)
tell({"vectors": encoder.transform(TEXTS)[:, :8], "chances": pipeline.predict_proba(TEXTS)})
