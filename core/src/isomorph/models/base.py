"""What all model classes share: loading, the chain as a sequence, what is in effect, text settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self, overload

import numpy as np

from isomorph.arguments.rules import FUNCTION, checked, checking
from isomorph.contract import Device, Model, Module
from isomorph.errors import BadModel, InputError
from isomorph.machine.forks import WORK
from isomorph.messages.shown import shown
from isomorph.models.arguments import request_from
from isomorph.models.call import check_on_long, warn_of
from isomorph.models.familiar import Familiar
from isomorph.models.loading import Loading
from isomorph.models.measured import Measured
from isomorph.models.module_like import NOT_HERE
from isomorph.models.portable import Portable
from isomorph.models.publishing import Publishing
from isomorph.models.saved import Savable
from isomorph.plugins.reading import read_model
from isomorph.pool.placement import HERE, Placement
from isomorph.preprocess.inputs import as_texts, texts_of, without_tasks
from isomorph.preprocess.prompts import checked_prompts, first_useful, merge_prompts
from isomorph.runtime.number_types import coarsest
from isomorph.runtime.pipeline import Job
from isomorph.runtime.plan import Explanation
from isomorph.runtime.report import CallReport, Report

TASK_PROMPTS = {"query": ("query",), "document": ("document", "passage", "corpus")}
"""Names of the prompts of a task; the first one that is not empty is used."""


class BaseModel(Portable, Familiar, Savable, Publishing, Measured):
    """A model of the sentence-transformers format on any backend.

    The chain of modules behaves as a sequence: `len(model)`, `model[0]`, `model[:2]`, iteration,
    `named_children`. Attributes that a backend adds (its engine's own objects) are found on the model by
    the names it gives them, which loads the model; an `AttributeError` for another name lists those that
    the backend in use adds.
    Of a model with routes all of this is about the default one.

    Attributes:
        model_card_data: what the constructor was given, for saving.
    """

    model_card_data: Any
    _notes: tuple[str, ...] = ()
    default_prompts: ClassVar[tuple[str, ...]] = ("query", "document")
    organization: ClassVar[str | None] = None
    model_type: ClassVar[str] = "SentenceTransformer"

    def __init__(
        self,
        model_name_or_path: str | Path | None = None,
        *,
        modules: Any = None,
        device: str | None = None,
        prompts: Mapping[str, str] | None = None,
        default_prompt_name: str | None = None,
        cache_folder: str | None = None,
        trust_remote_code: bool = False,
        revision: str | None = None,
        local_files_only: bool = False,
        token: bool | str | None = None,
        model_kwargs: Mapping[str, Any] | None = None,
        processor_kwargs: Mapping[str, Any] | None = None,
        config_kwargs: Mapping[str, Any] | None = None,
        model_card_data: Any = None,
        backend: str | None = None,
        strict: bool = False,
        verify: bool = False,
    ) -> None:
        """Resolves, reads and plans a model; weights are loaded by the first call that needs them.

        Args:
            model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
            modules: parts to build a model from, in place of a name: a list, or a mapping that names
                them, of what `isomorph.parts` has. They are written to a temporary folder, which is
                removed when the model ends.
            device: ``"cpu"``, ``"cuda:1"``, …; None takes the backend's best.
            prompts: texts by name, in place of those saved with the model.
            default_prompt_name: the prompt of calls that name none.
            cache_folder: where Hub downloads are kept.
            trust_remote_code: lets a backend that can run code from the model folder do so.
            revision: branch, tag or commit on the Hub.
            local_files_only: never contact the Hub.
            token: the Hub token.
            model_kwargs: ``dtype`` (or ``torch_dtype``); ``file_name`` of a prebuilt file in the
                folder and ``output_name`` of its token embeddings; and what the backend takes.
            processor_kwargs: ``model_max_length``, ``padding_side``, ``truncation_side``.
            config_kwargs: handed to a backend that makes a configuration of its own.
            model_card_data: what the model card shall say, an object of `model_card_data_class`.
            backend: the name of an installed backend; None asks ``ISOMORPH_BACKEND``, then chooses
                the one that runs most modules.
            strict: refuse a plan in which the numpy reference runs a module, and to guess what the folder
                does not say.
            verify: load now, and replay the probes that ``isomorph export`` put into the folder.

        Raises:
            ModelNotFound, UnknownFormat, BadModel, AmbiguousHead: the model, or with `verify` other
                numbers than it had when it was exported.
            BackendNotFound, BackendUnavailable, DeviceUnavailable, Unsupported: the backend.
            InputError: an argument that cannot be used.
        """
        self.model_card_data = self._card_data(model_card_data, local_files_only)
        request = request_from(self.organization, revision, token, cache_folder, local_files_only)
        folder = self._folder(model_name_or_path, modules, request)
        loading = Loading.of(
            folder, model_kwargs, processor_kwargs, config_kwargs, trust_remote_code, strict
        )
        self._plan(loading, backend, device)
        settings = self._pipeline.model.settings
        self.prompts = merge_prompts(settings.prompts, prompts, self.default_prompts)
        given = default_prompt_name is not None
        name = default_prompt_name if given else settings.default_prompt_name
        if name is not None and name not in self.prompts:
            error = InputError if given else BadModel
            raise error(
                f"default_prompt_name {shown(name)} is not among the prompts {shown(sorted(self.prompts))}."
            )
        self.default_prompt_name = name
        if verify:
            from isomorph.export.replay import replay

            replay(self._pipeline)

    def _read(self, folder: Path) -> Model:
        """The model in a folder; a subclass may know what a folder without ``modules.json`` means."""
        return read_model(folder)

    def _complete(self, model: Model) -> Model:
        """A subclass's chance to add the modules that its kind of model needs."""
        return model

    # -- prompts ----------------------------------------------------------------------------------

    @property
    def prompts(self) -> dict[str, str]:
        """Texts by name, "" for none. It can be set.

        Raises:
            InputError: on setting what are no texts by name.
        """
        return self._prompts

    @prompts.setter
    def prompts(self, prompts: Mapping[str, str]) -> None:
        self._prompts = {name: text or "" for name, text in checked_prompts(prompts).items()}

    @property
    def default_prompt_name(self) -> str | None:
        """The prompt of calls that name none, or None. It can be set.

        Raises:
            InputError: on setting what is no text.
        """
        return self._default_prompt_name

    @default_prompt_name.setter
    @checked
    def default_prompt_name(self, default_prompt_name: str | None) -> None:
        self._default_prompt_name = default_prompt_name

    # -- the chain --------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._pipeline.model.graph)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._pipeline.model.graph.modules)

    @overload
    def __getitem__(self, index: int) -> Module: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Module, ...]: ...

    def __getitem__(self, index: int | slice) -> Module | tuple[Module, ...]:
        return self._pipeline.model.graph.modules[index]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in NOT_HERE:
            raise AttributeError(f"{type(self).__name__} has no {name!r}: {NOT_HERE[name]}.")
        native = self._pipeline.native
        if name in native:
            self._handed_out = True
            with WORK():  # a backend may change its session when it hands something out
                return native[name]
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r}; backend {self.get_backend()!r} adds: "
            f"{', '.join(sorted(native)) or 'nothing'}."
        )

    # -- what runs --------------------------------------------------------------------------------

    def explain(self) -> Explanation:
        """Who runs each module, where, and why not natively; which prebuilt file runs; what no file says."""
        told = self._routing.explain()
        return replace(told, notes=(*told.notes, *self._notes))

    def report(self) -> Report:
        """What is in effect. Loads the model if that has not happened yet.

        Of a model with routes it speaks of the first that is open, and names all that are.
        """
        opened = dict(self._routing.opened())
        pipeline = next(iter(opened.values()), self._pipeline)
        plan = pipeline.plan
        effective = pipeline.runner(plan.model.graph.outputs[0]).effective
        return Report(
            folder=plan.model.folder,
            backend=plan.info.name,
            engine=effective.engine,
            device=str(effective.device),
            provider=effective.provider,
            precision=coarsest(effective),
            threads=effective.threads,
            lanes=effective.lanes,
            sessions=pipeline.sessions,
            native=plan.claim.depth,
            modules=len(plan.model.graph),
            artifact=effective.artifact,
            max_seq_length=self.max_seq_length,
            routes=tuple(name for name in opened if name),
            texts=self._last_call.texts,
            tokens=self._last_call.tokens,
            padding=self._last_call.padding,
            truncated=self._last_call.truncated,
        )

    def _texts(self, inputs: Any, task: str | None) -> tuple[bool, list[str], str | None]:
        """Whether it is a single input, the texts, and their task, which old inputs name themselves.

        Raises:
            InputError: an input is no text, or they are for different tasks.
        """
        single, batch = texts_of(inputs)
        routes = self._pipeline.model.routes
        if routes is not None:
            batch, task = without_tasks(batch, task, routes.tasks)
        return single, as_texts(batch), task

    def _for_task(self, task: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call with its task, and that task's prompt unless they name another."""
        given = {"task": task, **kwargs}
        if given.get("prompt") is not None or given.get("prompt_name") is not None:
            return given
        return {**given, "prompt_name": first_useful(self.prompts, TASK_PROMPTS[task])}

    def get_backend(self) -> str:
        """The name of the backend in use."""
        return self._pipeline.plan.info.name

    @property
    def device(self) -> Device:
        """Where the claimed modules run."""
        return self._pipeline.plan.claim.device

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the arithmetic, as numpy's; float32 for bfloat16 and the like, which numpy lacks.

        Weights of few bits are multiplied in float32 too.
        """
        output = self._pipeline.model.graph.outputs[0]
        arithmetic = self._pipeline.runner(output).effective.arithmetic
        return np.dtype(arithmetic if arithmetic in ("float16", "float64") else "float32")

    @checking(evaluator=FUNCTION)
    def evaluate(self, evaluator: Any, output_path: str | Path | None = None) -> Any:
        """What `evaluator` says about this model.

        Args:
            evaluator: called with the model and the folder, as those of `isomorph.evaluation` are.
            output_path: where it writes its results; made if it is not there. None writes nothing.

        Returns:
            What the evaluator returns: a number, or numbers by name.
        """
        if output_path is None:
            return evaluator(self, None)
        Path(output_path).mkdir(parents=True, exist_ok=True)
        return evaluator(self, str(output_path))

    def close(self) -> None:
        """Frees the engine's memory; the next call loads again."""
        self._routing.close()

    def _run(
        self,
        inputs: Sequence[Any],
        job: Job,
        on_long: str = "truncate",
        place: Placement = HERE,
    ) -> tuple[Sequence[Any], CallReport]:
        """What is kept of each input, in their order, and what happened to them; `report` tells the latter.

        Raises:
            InputError: `on_long` is ``"error"`` and an input is too long; nothing has run then.
        """
        if check_on_long(on_long) == "error":
            job = replace(job, refuse_long=True)
        rows, call = self._answer(inputs, job, place)
        self._last_call = call
        warn_of(call, on_long)
        return rows, call

    def _check(self, inputs: Sequence[Any], job: Job, on_long: str) -> None:
        """Refuses what `_run` would refuse, without a forward.

        Raises:
            InputError: an input cannot be used, or `on_long` is ``"error"`` and one is too long.
        """
        pipeline = self._routing.pick(job.task)
        pipeline.check(inputs, replace(job, refuse_long=check_on_long(on_long) == "error"))

    # -- text -------------------------------------------------------------------------------------

    @property
    def tokenizer(self) -> Any:
        """The `tokenizers.Tokenizer`, without padding and truncation, which are done outside it."""
        return self._pipeline.encoder.tokenizer

    @property
    def max_seq_length(self) -> int | None:
        """The longest input in tokens, special ones included; None where there is no limit.

        Where routes differ it is the longest of theirs; setting it sets it for all of them.

        Raises:
            InputError: on setting it to less than 1 or to more than the model has positions for.
        """
        return self._routing.max_length

    @max_seq_length.setter
    @checked
    def max_seq_length(self, max_seq_length: int | None) -> None:
        self._routing.max_length = max_seq_length
