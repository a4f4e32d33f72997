"""Chat templates, which strangers wrote, compiled so that each operation is counted; imports jinja2.

The environment is transformers' own: an immutable sandbox with ``raise_exception``, ``strftime_now``,
``tojson`` without escapes, loop controls and ``{% generation %}``. Of filters, methods and functions
those remain that make little of little; in the others a short template could hide an endless one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from types import BuiltinMethodType, MethodDescriptorType
from typing import Any

from jinja2 import Template, nodes, pass_context
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import MAX_RANGE, ImmutableSandboxedEnvironment, safe_range
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from isomorph.preprocess.messages import operations
from isomorph.preprocess.messages.budget import DEPTH, Budget, TooMuch

SOURCE = 1 << 18
"""Characters of a template; the longest published ones have some 30,000."""
BUDGET = " budget"
"""The name of the budget among the variables of a rendering; no template can spell it."""

_FILTERS = """abs capitalize count d default dictsort e escape first float format indent int items join last
    length list lower map max min reject rejectattr replace reverse round select selectattr sort string
    tojson title trim unique upper wordcount""".split()


def compiled(source: str) -> Template:
    """The template, ready to be rendered with a `Budget`.

    Raises:
        TemplateError: it is no template, or uses what is not there.
        TooMuch: it is too long, or too deep.
    """
    if len(source) > SOURCE:
        raise TooMuch(f"it has {len(source):,} characters, over {SOURCE:,}")
    environment = _Environment()
    try:
        tree = _Counting().visit(environment.parse(source))
        code = environment.compile(tree)
    except (RecursionError, MemoryError, SyntaxError) as cause:
        raise TooMuch("its blocks or brackets are too deep") from cause
    return Template.from_code(environment, code, environment.make_globals(None))


class _Namespace(Namespace):
    def __init__(*args: Any, **kwargs: Any) -> None:
        self, *rest = args
        attributes = dict(*rest, **kwargs)
        for name in attributes:
            _refuse_private(name)
        Namespace.__init__(self, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _refuse_private(name)
        super().__setitem__(name, value)

    def __repr__(self) -> str:
        return "<Namespace>"  # those in it may hold each other


def _refuse_private(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"a namespace holds no attribute {name!r}")


def _dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:
    return dict(*args, **kwargs)


def _raise_exception(message: object) -> None:
    raise TemplateError(str(message))


def _strftime_now(form: str) -> str:
    operations.spelt(form)
    return datetime.now().strftime(form)


def _range(*bounds: int) -> range:
    try:
        return safe_range(*bounds)
    except OverflowError as cause:
        raise TooMuch(f"it counts over a range of more than {MAX_RANGE:,}") from cause


def _tojson(
    x: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: Any = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


class _Generation(Extension):
    """``{% generation %}``: marks what an assistant says, and changes nothing of the text."""

    tags = {"generation"}  # noqa: RUF012  # as jinja2 declares it

    def parse(self, parser: Parser) -> nodes.CallBlock:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("said"), [], [], body, lineno=line)

    def said(self, caller: Macro) -> str:
        return str(caller())


class _Counting(NodeTransformer):
    """Sends loops, literals, joined texts and the template's own text through what counts them."""

    def visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> Any:
        if isinstance(node, _OTHERS):
            name = type(node).__name__.lower()
            raise SecurityError(f"it asks for another template ({name}), and has only itself")
        if isinstance(node, nodes.TemplateData):
            return _counted(nodes.Const(node.data, lineno=node.lineno), "text")
        self.generic_visit(node, *args, **kwargs)
        if isinstance(node, nodes.For):
            node.iter = _counted(node.iter, "rounds")
        elif isinstance(node, nodes.Compare | nodes.Operand):
            node.expr = _counted(node.expr, "sized")
        elif isinstance(node, nodes.Concat):
            return _counted(nodes.List(node.nodes, lineno=node.lineno), "concat")
        elif isinstance(node, nodes.List | nodes.Dict) or (
            isinstance(node, nodes.Tuple) and node.ctx != "store"
        ):
            return _counted(node, "sized")
        return node


_OTHERS = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


def _counted(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, f" {name}", [], [], None, None, lineno=node.lineno)


def _budget(context: Context) -> Budget:
    found: Budget = context[BUDGET]
    return found


@pass_context
def _rounds(context: Context, values: Any) -> Any:
    return _budget(context).rounds(values)


@pass_context
def _concat(context: Context, parts: list[Any]) -> str:
    budget = _budget(context)
    budget.sized(parts)
    return "".join(_written(budget, part) for part in parts)


@pass_context
def _text(context: Context, text: str) -> str:
    _budget(context).room(len(text))
    return text


@pass_context
def _sized(context: Context, value: Any) -> Any:
    return _budget(context).sized(value)


@pass_context
def _finalize(context: Context, value: Any) -> str:
    return _written(_budget(context), value)


def _written(budget: Budget, value: Any) -> str:
    text = str(value)
    budget.room(len(text))
    return text


def _filter(name: str, own: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of jinja2's whose arguments are asked first, and whose result is counted."""
    passed = getattr(own, "jinja_pass_arg", None)

    @pass_context
    def counted(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        budget = _budget(context)
        budget.step()
        if name == "replace":
            operations.replaced(budget, value, *(*args, *kwargs.values())[:2])
        elif name == "join":
            first = args[0] if args else kwargs.get("d", "")
            value = operations.joined(budget, first, value)
        elif name == "format":
            operations.spelt(str(value))
        elif name in ("indent", "tojson", "round"):
            _refuse_wide(budget, value, args, kwargs)
        lead = {"context": context, "eval_context": context.eval_ctx}
        lead["environment"] = context.environment
        given = () if passed is None else (lead[passed.name],)
        result = own(*given, value, *args, **kwargs)
        if hasattr(result, "__next__"):
            return budget.rounds(result)
        return budget.sized(result)

    return counted


def _refuse_wide(
    budget: Budget, value: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> None:
    """An indentation is at most 16 wide, and a number is rounded to at most 16 places."""
    budget.sized(value)
    for width in (*args, *kwargs.values()):
        if (isinstance(width, int) and abs(width) > 16) or (
            isinstance(width, str) and len(width) > 16
        ):
            raise TooMuch(f"it indents by, or rounds to, {str(width)[:20]}")


_FUNCTIONS = {
    "dict": _dict,
    "namespace": _Namespace,
    "range": _range,
    "raise_exception": _raise_exception,
    "strftime_now": _strftime_now,
}


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,
            finalize=_finalize,
            extensions=[_Generation, loopcontrols],
        )
        own = {**self.filters, "tojson": _tojson}
        self.filters = {name: _filter(name, own[name]) for name in _FILTERS if name in own}
        counted = {"rounds": _rounds, "concat": _concat, "text": _text, "sized": _sized}
        self.filters |= {f" {name}": function for name, function in counted.items()}
        self.globals = dict(_FUNCTIONS)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        budget = _budget(context)
        operations.binary(budget, operator, left, right)
        return budget.sized(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        budget = _budget(__context)
        budget.step()
        method = getattr(__obj, "__wrapped__", __obj)  # the sandbox wraps str.format
        if isinstance(__obj, Undefined):
            return super().call(__context, __obj, *args, **kwargs)  # an error that says why
        if isinstance(method, BuiltinMethodType | MethodDescriptorType):
            if method.__name__ not in operations.METHODS:
                raise SecurityError(f"it calls {method.__name__}(), which templates may not")
            args = operations.method(budget, method, args)
        elif isinstance(__obj, LoopContext) and args:
            args = (budget.rounds(args[0]), *args[1:])
        elif not _is_own(__obj):
            raise SecurityError(f"it calls {str(__obj)[:40]}, which templates may not")
        budget.depth += 1
        try:
            if budget.depth > DEPTH:
                raise TooMuch(f"it calls itself more than {DEPTH} times deep")
            return budget.sized(super().call(__context, __obj, *args, **kwargs))
        finally:
            budget.depth -= 1


def _is_own(function: Any) -> bool:
    """Whether this is one of the functions above, a macro, or a loop's own method."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, LoopContext | _Generation):
        return True
    return isinstance(function, Macro) or any(function is each for each in _FUNCTIONS.values())
