"""What all model classes share: loading, the chain as a sequence, what is in effect, text settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, overload

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.names import refuse_unknown, renamed
from isomorph.arguments.rules import COUNT, FUNCTION, checked, checking, or_none
from isomorph.card.data import checked_data
from isomorph.card.origin import origin
from isomorph.contract import Device, Model, Module
from isomorph.errors import InputError
from isomorph.model.settings import Settings
from isomorph.models.keywords import handed_on
from isomorph.models.module_like import NOT_HERE, ModuleLike
from isomorph.models.publishing import Publishing
from isomorph.models.source import Source
from isomorph.plugins.reading import read_model
from isomorph.postprocess.tensors import tensors_asked
from isomorph.preprocess.prompts import checked_prompts, first_useful, merge_prompts, named_among
from isomorph.resolve import Request
from isomorph.resolve.asked import asked_with
from isomorph.resolve.wanted import patterns_of
from isomorph.runtime.described import described
from isomorph.runtime.in_effect import dtype_of, peak_memory, report_of
from isomorph.runtime.loaded import Loaded
from isomorph.runtime.processing import taken
from isomorph.runtime.recipe import Recipe
from isomorph.runtime.stored import refuse_other_weights

if TYPE_CHECKING:
    from isomorph.pool.pool import WorkerPool
    from isomorph.runtime.plan import Explanation
    from isomorph.runtime.report import Report

Modality = str | tuple[str, ...]

TASK_PROMPTS = {"query": ("query",), "document": ("document", "passage", "corpus")}
"""Names of the prompts of a task; the first one that is not empty is used."""


class BaseModel(Publishing, ModuleLike):
    """A model of the sentence-transformers format on any backend.

    The chain of modules behaves as a sequence: `len(model)`, `model[0]`, `model[:2]`, iteration,
    `named_children`. Attributes that a backend adds (its engine's own objects) are found on the model by
    the names it gives them, which loads the model; an `AttributeError` for another name lists those that
    the backend in use adds. Of a model with routes all of this is about the default one.

    Attributes:
        model_card_data: what the constructor was given, for saving.
    """

    model_card_data: Any
    _notes: tuple[str, ...] = ()
    _tensors: bool = False
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
        preload: bool = False,
        results: str = "numpy",
        weights: str | None = None,
    ) -> None:
        """Resolves, reads and plans a model; weights are loaded by the first call that needs them.

        Args:
            model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
            modules: parts to build a model from, in place of a name: a list of what `isomorph.parts` has, or
                a mapping that names them. They lie in a temporary folder as long as the model lives.
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
            processor_kwargs: ``model_max_length``, ``padding_side``, ``truncation_side``, and
                ``chat_template`` for a model whose files do not list what it takes.
            config_kwargs: for a backend that makes a configuration of its own; any other refuses them.
            model_card_data: what the model card shall say, an object of `model_card_data_class`.
            backend: an installed one; None asks ``ISOMORPH_BACKEND``. Without a name, and with ``"auto"``,
                what ``isomorph tune`` chose here, else what runs most modules.
            strict: refuse a plan in which the numpy reference runs a module, and to guess what the folder
                does not say.
            verify: load now, and replay the probes that ``isomorph export`` put into the folder.
            preload: load now, so that no call needs the folder again: it may go away.
            results: ``"numpy"``, or ``"torch"``: every call and similarity gives tensors.
            weights: refuse a folder that stores its matrices in another type than this, such as ``"int8"``.

        Raises:
            ModelNotFound, UnknownFormat, BadModel, AmbiguousHead: the model, or with `verify` other
                numbers than it had when it was exported.
            BackendNotFound, BackendUnavailable, DeviceUnavailable, Unsupported: the backend.
            InputError: an argument that cannot be used.
        """
        self._tensors = tensors_asked(results)
        self.model_card_data = checked_data(
            model_card_data, self.model_card_data_class, local_files_only
        )
        request = Request(
            revision=revision,
            token=token,
            cache_folder=cache_folder,
            local_files_only=local_files_only,
            organization=self.organization,
            patterns=patterns_of((model_kwargs or {}).get("file_name")),
        )
        source = Source.of(model_name_or_path, modules, self.model_type, request)
        recipe = Recipe.of(
            source.folder,
            self._reader(),
            backend=backend,
            strict=strict,
            trust_remote_code=trust_remote_code,
            model_kwargs=model_kwargs,
            processor_kwargs=processor_kwargs,
            config_kwargs=config_kwargs,
            request=request,
        )
        with asked_with(request):
            self._loaded = Loaded(recipe, device, source.home)
        refuse_other_weights(self._loaded.whole, weights)
        self._begin(prompts, default_prompt_name, verify, preload)

    def _begin(self, prompts: Any, prompt_name: str | None, verify: bool, preload: bool) -> None:
        """Does what the constructor was asked to do before the first call."""
        self.model_card_data.stands_on(*origin(self._loaded.whole.folder))
        self._choose_prompts(prompts, prompt_name)
        if verify:
            from isomorph.export.replay import replay

            replay(self._loaded.routing)
        if preload:
            self._loaded.preload()

    def _choose_prompts(
        self, prompts: Mapping[str, str] | None, default_prompt_name: str | None
    ) -> None:
        """Takes what the constructor was given, else what the folder says."""
        settings = self._loaded.model.settings
        self.prompts = merge_prompts(settings.prompts, prompts, self.default_prompts)
        self.default_prompt_name = named_among(
            self.prompts, default_prompt_name, settings.default_prompt_name
        )

    def _reader(self) -> Callable[[Path], Model]:
        """What reads a folder for this class of models."""
        return read_model

    def _settings(self) -> Settings:
        """How the model wants to be used now, as it is saved."""
        return Settings(
            model_type=self.model_type,
            prompts=self.prompts,
            default_prompt_name=self.default_prompt_name,
        )

    def __loaded__(self) -> Loaded:
        """What was read, planned and changed, for functions of other packages."""
        return self._loaded

    def __copy__(self) -> Self:
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__, _loaded=copy(self._loaded))
        return made

    def __repr__(self) -> str:
        return described(type(self).__name__, self._loaded)

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

    @property
    def _chain(self) -> tuple[Module, ...]:
        """The modules of the default chain as data, whatever a subclass shows of them."""
        return self._loaded.model.graph.modules

    def __len__(self) -> int:
        return len(self._chain)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._chain)

    @overload
    def __getitem__(self, index: int) -> Module: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Module, ...]: ...

    def __getitem__(self, index: int | slice) -> Module | tuple[Module, ...]:
        return self._chain[index]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in NOT_HERE:
            raise AttributeError(f"{type(self).__name__} has no {name!r}: {NOT_HERE[name]}.")
        found = self._loaded.native(name)
        if found is None:
            there = ", ".join(sorted(self._loaded.backend.attributes)) or "nothing"
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r}; backend {self.get_backend()!r} adds: "
                f"{there}."
            )
        return found

    # -- what runs --------------------------------------------------------------------------------

    def explain(self) -> Explanation:
        """Who runs each module, where, and why not natively; which prebuilt file runs; what no file says."""
        told = self._loaded.routing.explain()
        return replace(told, notes=(*told.notes, *self._notes))

    def report(self) -> Report:
        """What is in effect. Loads the model if that has not happened yet.

        Of a model with routes it speaks of the first that is open, and names all that are.
        """
        return report_of(self._loaded)

    def _for_task(self, task: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call with its task, and that task's prompt unless they name another."""
        given = {"task": task, **kwargs}
        if given.get("prompt") is not None or given.get("prompt_name") is not None:
            return given
        return {**given, "prompt_name": first_useful(self.prompts, TASK_PROMPTS[task])}

    def get_backend(self) -> str:
        """The name of the backend in use."""
        return self._loaded.backend.name

    @property
    def device(self) -> Device:
        """Where the claimed modules run."""
        return self._loaded.device

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the arithmetic, as numpy's; float32 for bfloat16 and the like, which numpy lacks.

        Weights of few bits are multiplied in float32 too.
        """
        return dtype_of(self._loaded)

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
        self._loaded.routing.close()

    # -- text -------------------------------------------------------------------------------------

    @property
    def tokenizer(self) -> Any:
        """The `tokenizers.Tokenizer`, without padding and truncation, which are done outside it."""
        return self._loaded.pipeline.preparer.native

    @property
    def max_seq_length(self) -> int | None:
        """The longest input in tokens, special ones included; None where there is no limit.

        Where routes differ it is the longest of theirs; setting it sets it for all of them.

        Raises:
            InputError: on setting it to less than 1 or to more than the model has positions for.
        """
        return self._loaded.routing.max_length

    @max_seq_length.setter
    @checked
    def max_seq_length(self, max_seq_length: int | None) -> None:
        self._loaded.routing.max_length = max_seq_length

    # -- inputs --------------------------------------------------------------------------------------

    @property
    def modalities(self) -> list[Modality]:
        """The kinds of input that a call takes, such as ``["text"]``."""
        return list(self._loaded.whole.takes)

    def supports(self, modality: Modality) -> bool:
        """Whether inputs of a kind may be passed.

        Args:
            modality: ``"text"``, ``"image"``, …; a tuple asks for several kinds in one input.
        """
        known = self.modalities
        several = isinstance(modality, tuple) and "message" in known and set(modality) <= set(known)
        return modality in known or several

    def is_singular_input(self, inputs: Any) -> bool:
        """Whether this is one input rather than a batch.

        Args:
            inputs: anything. A list, tuple or array of texts is a batch, also an empty one.
        """
        return self._loaded.routing.inputs.is_single(inputs)

    def get_model_kwargs(self) -> list[str]:
        """Keywords beyond the documented ones that a call hands on to the modules."""
        return handed_on(self._loaded)

    @checked
    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any
    ) -> Mapping[str, NDArray[Any]]:
        """What the first module is fed for a batch, padded to its longest row.

        Args:
            inputs: a list of texts, or of pairs of texts.
            prompt: goes in front of each text, and of the first of each pair.
            **kwargs: ``task``, such as "query", and ``processing_kwargs``, as of a call; unknown names are
                refused.

        Returns:
            int64 arrays by name: ``input_ids`` and ``attention_mask`` (rows, width), ``token_type_ids``
            where the model reads them; without padding ``input_ids`` (tokens,) and ``offsets`` (rows,).
            {} for an empty list.

        Raises:
            InputError: an element is neither a text nor a pair, or there is no route for the task.
        """
        from isomorph.runtime.first_feeds import first_feeds

        said, task = taken(kwargs), kwargs.pop("task", None)
        refuse_unknown("preprocess", kwargs)
        return first_feeds(self._loaded, inputs, prompt or "", task, said)

    def tokenize(self, texts: Sequence[Any], **kwargs: Any) -> Mapping[str, NDArray[Any]]:
        """The old name of `preprocess`.

        Args:
            texts: its inputs.
            **kwargs: its keywords.
        """
        renamed("tokenize", "preprocess")
        return self.preprocess(texts, **kwargs)

    def get_max_seq_length(self) -> int | None:
        """The old name of `max_seq_length`."""
        renamed("get_max_seq_length()", "max_seq_length")
        return self.max_seq_length

    @property
    def processor(self) -> Any:
        """What turns inputs into numbers: for texts the tokenizer."""
        return self._loaded.pipeline.preparer.native

    # -- memory and processes ------------------------------------------------------------------------

    @checking(texts=COUNT, tokens=or_none(COUNT))
    def peak_memory(self, texts: int, tokens: int | None = None) -> int | None:
        """Bytes that this process will hold at most while it encodes so many texts; runs the model once.

        It is what is resident now, and what the model's operations need for the batches of such a call,
        with results as one array. What others of its threads do meanwhile is not in it, nor what the
        texts themselves take.

        Args:
            texts: how many.
            tokens: how long they are at most; None for texts as long as `max_seq_length` and more.

        Returns:
            None where the operations are known to the backend alone, which is also so for every
            device but the CPU, or where the system does not say what is resident.

        Raises:
            InputError: a number below 1, or no `tokens` for a model without a longest text.
        """
        return peak_memory(self._loaded, texts, tokens)

    def warm_up(self) -> int:
        """Loads the model, and runs a forward of every shape that the engine compiles for.

        The first calls then are as fast as later ones. An engine without shapes gets one short input. With
        ``ISOMORPH_COMPILED=4GB`` backends that can keep what they compile for later processes.

        Returns:
            How many forwards ran.

        Raises:
            OutOfMemory: the device is too small for the smallest forward of some width.
        """
        from isomorph.runtime.warming import warm_up

        return warm_up(self._loaded)

    @checked
    def start_multi_process_pool(self, target_devices: Sequence[str] | None = None) -> WorkerPool:
        """Processes that each load this model; `encode` and `predict` take them as ``pool``.

        The pool is a context manager. It serves any number of threads at once. This model stays where
        it is, and need not have loaded anything. A worker dies with this process.

        Args:
            target_devices: one worker for each, such as ``["cpu", "cpu"]``. None takes all devices of
                the first kind other than the CPU; without one at most four workers on the CPU, no
                more than there are CPUs. The CPUs are shared out among the workers.

        Returns:
            A pool whose workers have read the model. Close it, or use it in a ``with`` statement.

        Raises:
            DeviceUnavailable: the backend does not have such a device.
            InputError: no device is named, or an argument of the constructor cannot be pickled.
            Unsupported: the live model was handed out.
                Or this process is a daemon of multiprocessing, which may start no processes.
            PoolBroken: a worker ended while it started.
        """
        from isomorph.pool.calls import start  # with multiprocessing, which few programs need

        return start(self._loaded, target_devices)

    @staticmethod
    def stop_multi_process_pool(pool: WorkerPool) -> None:
        """Ends the workers of a pool. Once more does nothing."""
        from isomorph.pool.pool import WorkerPool

        if not isinstance(pool, WorkerPool):
            raise InputError(f"This is no pool but {type(pool).__name__}.")
        pool.close()
