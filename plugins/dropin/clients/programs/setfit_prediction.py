"""setfit: a classifier whose head is fitted, on the vectors of a model."""

# requires: setfit==1.2.0 scikit-learn

from sentence_transformers import SentenceTransformer
from setfit import SetFitModel
from shared import DENSE, TEXTS, tell
from sklearn.linear_model import LogisticRegression

body = SentenceTransformer(DENSE)
solver = {
    "solver": "newton-cholesky",
    "tol": 1e-8,
}  # others stop at a place that a last digit moves
head = LogisticRegression(**solver).fit(body.encode(TEXTS), [i % 2 for i in range(len(TEXTS))])
model = SetFitModel(model_body=body, model_head=head, labels=["even", "odd"])
tell({"labels": list(model.predict(TEXTS)), "chances": model.predict_proba(TEXTS)})
