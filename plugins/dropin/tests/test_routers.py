"""A Router of a loaded model, as programs look at it."""

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

WORDS = {"[UNK]": 0, "a": 1, "b": 2}


@pytest.fixture
def model(tree, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Router, StaticEmbedding

    def table(factor):
        words = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))
        return StaticEmbedding(words, embedding_weights=factor * np.eye(3, 4, dtype=np.float32))

    router = Router.for_query_document([table(2.0), Normalize()], [table(3.0)])
    SentenceTransformer(modules=[router]).save(str(tmp_path / "model"))
    return SentenceTransformer(str(tmp_path / "model"))


def test_the_first_module_is_the_router_with_its_branches(model):
    from sentence_transformers.models import Normalize, Router, StaticEmbedding

    assert len(model) == len(list(model.children())) == 1
    router = model[0]
    assert isinstance(router, Router)
    assert router.default_route == "document"
    assert set(router.sub_modules) == {"query", "document"}
    table, normalize = router.sub_modules["query"]
    assert isinstance(table, StaticEmbedding)
    assert isinstance(normalize, Normalize)
    assert table.get_embedding_dimension() == 4
    assert "Router" in repr(router)


def test_each_branch_has_its_own_weights(model):
    weights = model[0].state_dict()
    largest = {name.split(".")[1]: float(tensor.max()) for name, tensor in weights.items()}
    assert largest == {"query": 2.0, "document": 3.0}


def test_a_module_of_a_branch_is_no_part_alone(model, tmp_path):
    from isomorph.errors import Unsupported

    with pytest.raises(Unsupported, match="branch of a Router"):
        model[0].sub_modules["query"][0].write(tmp_path, None)
