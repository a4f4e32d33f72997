"""spaCy: the component of spacy-sentence-bert, which gives documents and their parts vectors."""

# requires: spacy-sentence-bert==0.1.2 spacy==3.8.18

import spacy
from shared import DENSE, TEXTS, tell

nlp = spacy.blank("en")
nlp.add_pipe("sentence_bert", config={"model_name": DENSE})
documents = list(nlp.pipe(TEXTS))
tell(
    {
        "vectors": [document.vector[:8] for document in documents],
        "span": documents[0][1:3].vector[:8],
        "similarity": documents[0].similarity(documents[1]),
    }
)
