"""A chat template in use: messages in, one text out, or a clear error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.machine.lazy import lazy
from isomorph.machine.optional import Library
from isomorph.messages.install import install_command
from isomorph.preprocess.messages.budget import Budget, TooMuch
from isomorph.preprocess.messages.chat import Chat
from isomorph.preprocess.messages.conversation import PAIR, Message, message, with_reasoning

if TYPE_CHECKING:
    from jinja2 import Template

LIBRARY, EXTRA = "jinja2", "isomorph-core[messages]"
_PROBES = (("alpha", "bravo"), ("charlie", "bravo"), ("alpha", "foxtrot"))
"""A pair, and what shows whether each of its texts reaches the rendered one."""


class Renderer:
    """Renders for any number of threads at once; the template is compiled once."""

    def __init__(self, chat: Chat, tokens: Mapping[str, str]) -> None:
        """`tokens` are the tokenizer's special tokens by role, such as "bos_token".

        Raises:
            Unsupported: jinja2 is not there, or is too old to keep strangers' templates in.
            BadModel: the template cannot be compiled.
        """
        self.chat = chat
        self._tokens = tokens
        self._compiled = _compiled(chat)

    @lazy
    def reads_task(self) -> bool:
        """Whether the template asks for what its texts are to the model."""
        from jinja2.meta import find_undeclared_variables

        tree = self._compiled.environment.parse(self.chat.template)
        return "task" in find_undeclared_variables(tree)

    def render(self, messages: Sequence[Message], task: str | None = None) -> str:
        """The text that the tokenizer is given.

        Raises:
            BadModel: the template asks for more than it may have.
            InputError: the template cannot render these messages.
        """
        from jinja2.exceptions import SecurityError

        from isomorph.preprocess.messages.sandbox import BUDGET

        asked: dict[str, Any] = {"tools": None, "documents": None, "add_generation_prompt": False}
        asked |= {**self._tokens}
        if task is not None and self.reads_task:
            asked["task"] = task
        asked |= self.chat.variables
        asked["messages"] = with_reasoning(messages)
        asked[BUDGET] = Budget(len(repr(messages)))
        try:
            return self._compiled.render(asked)
        except (TooMuch, SecurityError) as cause:
            raise _unusable(self.chat, str(cause)) from cause
        except (MemoryError, RecursionError) as cause:
            raise _unusable(self.chat, "it needs more memory than there is") from cause
        except Exception as cause:  # whatever a stranger's template may raise
            roles = ", ".join(str(each.get("role")) for each in messages)
            raise InputError(
                f"{self.chat.place} cannot render messages of the roles {roles}: "
                f"{type(cause).__name__}: {str(cause)[:200]}"
            ) from cause

    def check_pairs(self, task: str | None) -> None:
        """Refuses a template that drops one of the texts of a pair; the reference refuses it too.

        Raises:
            Unsupported: it drops one, or has no words for its role.
        """
        failure = self._known_failure(task)
        if failure:
            raise Unsupported(
                f"{self.chat.place} cannot carry a pair, whose texts have the roles 'query' and "
                f"'document': {failure}. Put a template that renders both roles into a copy of the folder "
                "(chat_template.jinja), or take the template out of a copy of a model that was trained "
                "without one."
            )

    def hears_pairs_alone(self, task: str | None) -> bool:
        """Whether the template carries the texts of a pair, and none of what a user says."""
        alone = self._pairs_alone.get(task)
        if alone is None:
            alone = not self._known_failure(task) and not self._hears_users(task)
            self._pairs_alone[task] = alone
        return alone

    def _hears_users(self, task: str | None) -> bool:
        form, (one, *_) = self.chat.format, _PROBES
        try:
            said = {self.render([message("user", text, form)], task) for text in one}
        except InputError:
            return False
        return len(said) > 1

    @lazy
    def _pairs_alone(self) -> dict[str | None, bool]:
        return {}

    @lazy
    def _pair_failures(self) -> dict[str | None, str]:
        return {}

    def _known_failure(self, task: str | None) -> str:
        failure = self._pair_failures.get(task)
        if failure is None:
            failure = self._pair_failures[task] = self._pair_failure(task)
        return failure

    def _pair_failure(self, task: str | None) -> str:
        form = self.chat.format
        try:
            base, *varied = (
                self.render([message(*each, form) for each in zip(PAIR, texts, strict=True)], task)
                for texts in _PROBES
            )
        except InputError as cause:
            return str(cause)
        dropped = [role for role, text in zip(PAIR, varied, strict=True) if text == base]
        return f"the text of {' and '.join(dropped)} does not reach the result" if dropped else ""


def _compiled(chat: Chat) -> Template:
    need = f"This model renders its texts through a chat template ({chat.place}), by {LIBRARY}"
    library = Library(LIBRARY, need, EXTRA)
    jinja2 = library.module()
    version = tuple(int(part) for part in jinja2.__version__.split(".")[:3] if part.isdigit())
    if version < (3, 1, 6):
        have = f"{jinja2.__version__} of which has known ways out of its sandbox"
        raise Unsupported(f"{need}, version {have}. Run: {install_command(EXTRA)}")
    from isomorph.preprocess.messages.sandbox import compiled

    try:
        return compiled(chat.template)
    except jinja2.TemplateSyntaxError as cause:
        raise _unusable(chat, f"line {cause.lineno}: {cause.message}") from cause
    except (jinja2.TemplateError, TooMuch) as cause:
        raise _unusable(chat, str(cause)) from cause


def _unusable(chat: Chat, why: str) -> BadModel:
    return BadModel(f"The chat template in {chat.place} cannot be used: {why[:300].rstrip('.')}.")
