"""What calls of a model will take of the machine's memory."""

from __future__ import annotations

from isomorph.arguments.rules import COUNT, checking, or_none
from isomorph.errors import InputError
from isomorph.machine.free_memory import resident_memory
from isomorph.models.module_like import ModuleLike
from isomorph.runtime.pipeline import Job


class Measured(ModuleLike):
    """Models that say beforehand how much memory a call needs."""

    max_seq_length: int | None

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
        limit = self.max_seq_length
        if tokens is None and limit is None:
            raise InputError("This model has no longest text: say how many tokens the texts have.")
        longest = min(each for each in (tokens, limit) if each is not None)
        output = self._pipeline.model.graph.outputs[0]
        runner = self._pipeline.runner(output)
        # Engines take much of their memory, and read their weights, with the first forward.
        self._pipeline.run(["a"], Job(output, max_length=limit))
        costs, now = runner.budget.costs, resident_memory()
        if costs is None or now is None:
            return None
        budget = max(runner.budget.tokens(longest), runner.effective.budget)
        return now + costs.call(texts, longest, budget)
