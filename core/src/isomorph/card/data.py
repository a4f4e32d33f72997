"""What a user may say about a model for its card, one class for each class of model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar
from warnings import warn

from isomorph.card.results import EvaluationResult, result_of
from isomorph.errors import InputError
from isomorph.messages.shown import shown

Dataset = dict[str, str]

TEXTS = ("license", "model_name", "model_id", "task_name")
SWITCHES = ("local_files_only", "generate_widget_examples")
DATASETS = ("train_datasets", "eval_datasets")


@dataclass
class BaseModelCardData:
    """What goes into a model card beyond what the model itself knows.

    Args:
        language: one code or several, such as ``"en"`` or ``["en", "de"]``; kept as a list.
        license: its identifier, such as ``"apache-2.0"``.
        model_name: the title of the card.
        model_id: the model's name on the Hub, ``OWNER/NAME``. Another form is dropped with a warning.
        train_datasets: what it was trained on, each with a ``"name"``, an ``"id"`` on the Hub or both.
        eval_datasets: what it was evaluated on, each with a ``"name"``, an ``"id"`` on the Hub or both.
        task_name: what it is for, in words; None leaves that out.
        tags: in place of those of the class; they are what the Hub filters by.
        local_files_only: kept, and without effect: making a card never connects.
        generate_widget_examples: kept, and without effect: making a card never runs the model.

    Raises:
        InputError: a value is of another type, or a dataset has neither a name nor an id.
    """

    language: str | list[str] | None = field(default_factory=list)
    license: str | None = None
    model_name: str | None = None
    model_id: str | None = None
    train_datasets: list[Dataset] = field(default_factory=list)
    eval_datasets: list[Dataset] = field(default_factory=list)
    task_name: str | None = "retrieval"
    tags: list[str] = field(default_factory=list)
    local_files_only: bool = False
    generate_widget_examples: bool = True
    evaluation_results: list[EvaluationResult] = field(default_factory=list, init=False, repr=False)
    base_model: str | None = field(default=None, init=False)
    base_model_revision: str | None = field(default=None, init=False)

    library_name: ClassVar[str] = "sentence-transformers"
    class_name: ClassVar[str] = "BaseModel"
    default_tags: ClassVar[tuple[str, ...]] = ("sentence-transformers",)
    pipeline_tag: ClassVar[str | None] = None
    summary: ClassVar[str] = "maps texts to values"

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Brings every field into its one form; a card checks once more, since fields may be set.

        Raises:
            InputError: as on construction.
        """
        self.language = _texts("language", self.language)
        self.tags = _texts("tags", self.tags)
        for name in TEXTS:
            _of_type(name, getattr(self, name), str, "a text or None", optional=True)
        for name in SWITCHES:
            _of_type(name, getattr(self, name), bool, "True or False")
        for name in DATASETS:
            setattr(self, name, _datasets(name, getattr(self, name)))
        if self.model_id is not None and not is_id(self.model_id):
            warn(
                f"model_id {self.model_id!r} is not of the form OWNER/NAME; left out.", stacklevel=4
            )
            self.model_id = None

    def stands_on(self, base_model: str | None, revision: str | None) -> None:
        """Keeps the name on the Hub, and the commit, of the model that was loaded; None where it has none."""
        self.base_model, self.base_model_revision = base_model, revision

    def given(self) -> set[str]:
        """Names of the arguments that differ from their defaults."""
        return {
            each.name
            for each in fields(self)
            if each.init and getattr(self, each.name) != _default(each)
        }

    def add_tags(self, tags: str | Sequence[str]) -> None:
        """Adds tags to those of the class, or to the given ones; none twice."""
        self.tags = list(dict.fromkeys([*(self.tags or self.default_tags), *_texts("tags", tags)]))

    def set_evaluation_metrics(
        self, evaluator: Any, metrics: Mapping[str, Any], epoch: int = 0, step: int = 0
    ) -> None:
        """Keeps what an evaluator found, in place of what it found before. Evaluators call this."""
        result = result_of(evaluator, metrics, epoch, step)
        kept = [old for old in self.evaluation_results if old.key != result.key]
        self.evaluation_results = [*kept, result]


@dataclass
class SentenceTransformerModelCardData(BaseModelCardData):
    """`BaseModelCardData` of a `SentenceTransformer`."""

    task_name: str | None = "semantic search, textual similarity, clustering and classification"

    class_name: ClassVar[str] = "SentenceTransformer"
    default_tags: ClassVar[tuple[str, ...]] = (
        "sentence-transformers",
        "sentence-similarity",
        "feature-extraction",
        "dense",
    )
    pipeline_tag: ClassVar[str | None] = "sentence-similarity"
    summary: ClassVar[str] = "maps each text to one dense vector"


@dataclass
class SparseEncoderModelCardData(BaseModelCardData):
    """`BaseModelCardData` of a `SparseEncoder`."""

    task_name: str | None = "sparse retrieval and semantic search"

    class_name: ClassVar[str] = "SparseEncoder"
    default_tags: ClassVar[tuple[str, ...]] = ("sentence-transformers", "sparse-encoder", "sparse")
    pipeline_tag: ClassVar[str | None] = "feature-extraction"
    summary: ClassVar[str] = "maps each text to one vector of which few entries are not zero"


@dataclass
class CrossEncoderModelCardData(BaseModelCardData):
    """`BaseModelCardData` of a `CrossEncoder`."""

    task_name: str | None = "reranking and classification of pairs of texts"

    class_name: ClassVar[str] = "CrossEncoder"
    default_tags: ClassVar[tuple[str, ...]] = ("sentence-transformers", "cross-encoder", "reranker")
    pipeline_tag: ClassVar[str | None] = "text-ranking"
    summary: ClassVar[str] = "reads two texts together and scores them"


@dataclass
class MultiVectorEncoderModelCardData(BaseModelCardData):
    """`BaseModelCardData` of a `MultiVectorEncoder`."""

    task_name: str | None = "retrieval by late interaction"

    class_name: ClassVar[str] = "MultiVectorEncoder"
    default_tags: ClassVar[tuple[str, ...]] = (
        "sentence-transformers",
        "multi-vector",
        "colbert",
        "late-interaction",
    )
    pipeline_tag: ClassVar[str | None] = "feature-extraction"
    summary: ClassVar[str] = "maps each text to one vector a token"


def is_id(text: str) -> bool:
    """Whether this can be a name on the Hub with its owner: ``OWNER/NAME``."""
    owner, slash, name = text.partition("/")
    return bool(owner and slash and name) and "/" not in name and not set(text) & set(" \\:\n")


def checked_data(
    given: object, kind: type[BaseModelCardData], local_files_only: bool
) -> BaseModelCardData:
    """What the user gave for the card, or the defaults of a class of models.

    Raises:
        InputError: it is no card data.
    """
    if given is None:
        return kind(local_files_only=local_files_only)
    if isinstance(given, BaseModelCardData):
        return given
    raise InputError(f"model_card_data is {shown(given)}; give an object of {kind.__name__}.")


def named_datasets(names: Sequence[str] | None) -> list[Dataset]:
    """Datasets of which only names are known; one of the form of a Hub id is taken for one.

    Raises:
        InputError: it is not a list of texts.
    """
    listed = _texts("train_datasets", names)
    return [{"name": name, "id": name} if is_id(name) else {"name": name} for name in listed]


def _default(each: Any) -> Any:
    return each.default_factory() if each.default is MISSING else each.default


def _texts(name: str, value: Any) -> list[str]:
    listed = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise InputError(f"{name} is {shown(value)}; give a text or a list of texts.")
    return list(listed)


def _of_type(name: str, value: Any, kind: type, words: str, optional: bool = False) -> None:
    if not isinstance(value, kind) and not (optional and value is None):
        raise InputError(f"{name} is {shown(value)}; give {words}.")


def _datasets(name: str, value: Any) -> list[Dataset]:
    listed = [] if value is None else value
    if not isinstance(listed, list | tuple):
        raise InputError(f'{name} is {value!r}; give a list such as [{{"name": "SNLI"}}].')
    return [_dataset(f"{name}[{i}]", one) for i, one in enumerate(listed)]


def _dataset(place: str, value: Any) -> Dataset:
    if not isinstance(value, Mapping) or not (value.get("name") or value.get("id")):
        raise InputError(
            f'{place} is {value!r}, which has no name; give {{"name": …}}, {{"id": …}} or both.'
        )
    for key, text in value.items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise InputError(f"{place} has {key!r}: {text!r}; both must be texts.")
    return {"name": value.get("name") or value["id"], **value}
