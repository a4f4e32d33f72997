"""The instructions of a pickle that tensors need, run on lists, mappings, texts and numbers alone.

A pickle is a program for a stack machine. Those instructions that would find a class, or call one, find
a text of `calls.py` here, and call a function of that table. Memory is counted as it is taken.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, BinaryIO

from isomorph.files import limits
from isomorph.files.pickled.calls import called, named
from isomorph.files.pickled.values import Unreadable

PROTOCOLS = range(2, 6)
_LINE = 1024
_STOP = 0x2E

_TEXT, _SMALL, _MAPPING, _VIEW = 64, 32, 128, 512
"""Bytes that one value takes at most, without what lies in it."""


class Machine:
    """Runs one pickle from a place of a stream on.

    Args:
        stream: the file, at the first instruction.
        end: the place at which the file, or the member of it, ends.
        memory: bytes that all values together may take.
        persistent: makes a value of a persistent id, which files use for storages.
    """

    def __init__(
        self, stream: BinaryIO, end: int, memory: int, persistent: Callable[[Any], Any]
    ) -> None:
        self._stream = stream
        self._left = min(end - stream.tell(), limits.PICKLE)
        self._memory = memory
        self.persistent = persistent
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """What the pickle makes.

        Raises:
            Unreadable: it has an instruction that is not among those here, asks for a name that is not,
                is cut off, or takes too much.
        """
        while (code := self.take(1)[0]) != _STOP:
            instruction = INSTRUCTIONS.get(code)
            if instruction is None:
                name = REFUSED.get(code, f"{code:#04x}")
                raise Unreadable(
                    f"it holds the instruction {name}, which plain tensors do not need"
                )
            instruction(self)
        return self.pop()

    def take(self, size: int) -> bytes:
        """The next bytes of the stream."""
        if size > self._left:
            raise Unreadable("its pickle is cut off, or longer than any list of tensors")
        self._left -= size
        found = self._stream.read(size)
        if len(found) < size:
            raise Unreadable("its pickle is cut off")
        return found

    def line(self) -> str:
        """The text up to the end of the line."""
        found = self._stream.readline(_LINE)
        self._left -= len(found)
        if self._left < 0 or not found.endswith(b"\n"):
            raise Unreadable("a name in its pickle is cut off")
        return text(found[:-1])

    def number(self, code: str) -> int:
        """The next number, in a format of `struct`."""
        found: int = struct.unpack(code, self.take(struct.calcsize(code)))[0]
        return found

    def spend(self, size: int) -> None:
        """Counts memory."""
        self._memory -= size
        if self._memory < 0:
            raise Unreadable("its pickle takes more memory than its tensors")

    def push(self, value: Any, size: int = 0) -> None:
        """Puts a value on the stack, which takes `size` bytes beside its place there."""
        self.spend(16 + size)
        self.stack.append(value)

    def pop(self) -> Any:
        """Takes the topmost value, of those behind the last mark."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise Unreadable("its pickle takes a value that is not there")
        return self.stack.pop()

    def top(self, kind: type) -> Any:
        """The topmost value, which stays."""
        value = self.pop()
        if type(value) is not kind:
            raise Unreadable(f"its pickle takes a {type(value).__name__} for a {kind.__name__}")
        self.stack.append(value)
        return value

    def marked(self) -> list[Any]:
        """Takes all values behind the last mark, and the mark."""
        if not self.marks:
            raise Unreadable("its pickle takes a mark that is not there")
        place = self.marks.pop()
        found = self.stack[place:]
        del self.stack[place:]
        self.spend(16 * len(found))
        return found

    def keep(self, place: int) -> None:
        """Notes the topmost value under a number."""
        self.spend(_MAPPING)
        value = self.pop()
        self.stack.append(value)
        self.memo[place] = value


def text(content: bytes) -> str:
    """UTF-8 as text."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise Unreadable(f"a text in its pickle is not UTF-8: {cause.reason}") from None


def _protocol(machine: Machine) -> None:
    if machine.take(1)[0] not in PROTOCOLS:
        raise Unreadable("its pickle is of a protocol that saved tensors do not have")


def _frame(machine: Machine) -> None:
    machine.take(8)  # how far the frame goes: there is nothing to read ahead


def _of(value: Any) -> Callable[[Machine], None]:
    return lambda machine: machine.push(value)


def _number(code: str) -> Callable[[Machine], None]:
    return lambda machine: machine.push(machine.number(code), _SMALL)


def _long(machine: Machine) -> None:
    machine.push(int.from_bytes(machine.take(machine.number("<B")), "little", signed=True), 300)


def _double(machine: Machine) -> None:
    machine.push(struct.unpack(">d", machine.take(8))[0], _SMALL)


def _text(code: str) -> Callable[[Machine], None]:
    def run(machine: Machine) -> None:
        size = machine.number(code)
        if size < 0:
            raise Unreadable("a text in its pickle is of less than no bytes")
        found = machine.take(size)
        machine.push(text(found), _TEXT + 4 * size)

    return run


def _mark(machine: Machine) -> None:
    machine.spend(48)
    machine.marks.append(len(machine.stack))


def _empty(kind: Callable[[], Any]) -> Callable[[Machine], None]:
    return lambda machine: machine.push(kind(), _MAPPING)


def _tuple(machine: Machine) -> None:
    machine.push(tuple(machine.marked()), _TEXT)


def _tuple_of(size: int) -> Callable[[Machine], None]:
    def run(machine: Machine) -> None:
        values = [machine.pop() for _ in range(size)]
        machine.push(tuple(reversed(values)), _TEXT + 8 * size)

    return run


def _append(machine: Machine) -> None:
    value = machine.pop()
    machine.top(list).append(value)


def _appends(machine: Machine) -> None:
    values = machine.marked()
    machine.top(list).extend(values)


def _set_item(machine: Machine) -> None:
    value, key = machine.pop(), machine.pop()
    _put(machine, [key, value])


def _set_items(machine: Machine) -> None:
    _put(machine, machine.marked())


def _put(machine: Machine, values: list[Any]) -> None:
    """Pairs into the topmost mapping; a key is a text, so that none can take for ever to compare."""
    target = machine.top(dict)
    if len(values) % 2:
        raise Unreadable("its pickle puts a key without a value into a mapping")
    for key, value in zip(values[::2], values[1::2], strict=True):
        if type(key) is not str:
            raise Unreadable(f"a key in its pickle is a {type(key).__name__}, not a text")
        machine.spend(_MAPPING)
        if key in target:
            raise Unreadable(f"it names {key[:200]!r} twice")
        target[key] = value


def _get(code: str) -> Callable[[Machine], None]:
    def run(machine: Machine) -> None:
        place = machine.number(code)
        if place not in machine.memo:
            raise Unreadable("its pickle takes a value that was never noted")
        machine.push(machine.memo[place])

    return run


def _keep(code: str) -> Callable[[Machine], None]:
    return lambda machine: machine.keep(machine.number(code))


def _memoize(machine: Machine) -> None:
    machine.keep(len(machine.memo))


def _global(machine: Machine) -> None:
    machine.spend(4 * _LINE)
    module = machine.line()
    machine.push(named(module, machine.line()), _TEXT)


def _stacked_global(machine: Machine) -> None:
    name, module = machine.pop(), machine.pop()
    if type(name) is not str or type(module) is not str:
        raise Unreadable("its pickle asks for a name that is no text")
    machine.push(named(module, name), _TEXT)


def _reduce(machine: Machine) -> None:
    arguments, function = machine.pop(), machine.pop()
    machine.push(called(function, arguments), _VIEW)


def _build(machine: Machine) -> None:
    """A mapping of weights may have an attribute, the versions of its modules, which nothing needs."""
    state = machine.pop()
    machine.top(dict)
    if type(state) is not dict or state.keys() - {"_metadata"}:
        raise Unreadable("it gives a mapping attributes that mappings of tensors do not have")


def _persistent(machine: Machine) -> None:
    machine.push(machine.persistent(machine.pop()), _VIEW)


def _drop(machine: Machine) -> None:
    machine.pop()


INSTRUCTIONS: dict[int, Callable[[Machine], None]] = {
    0x80: _protocol, 0x95: _frame,
    ord("N"): _of(None), 0x88: _of(True), 0x89: _of(False),
    ord("J"): _number("<i"), ord("K"): _number("<B"), ord("M"): _number("<H"),
    0x8A: _long, ord("G"): _double,
    ord("X"): _text("<I"), 0x8C: _text("<B"), ord("U"): _text("<B"), ord("T"): _text("<i"),
    ord("("): _mark, ord("0"): _drop,
    ord("}"): _empty(dict), ord("]"): _empty(list), ord(")"): _of(()),
    ord("t"): _tuple, 0x85: _tuple_of(1), 0x86: _tuple_of(2), 0x87: _tuple_of(3),
    ord("a"): _append, ord("e"): _appends, ord("s"): _set_item, ord("u"): _set_items,
    ord("h"): _get("<B"), ord("j"): _get("<I"),
    ord("q"): _keep("<B"), ord("r"): _keep("<I"), 0x94: _memoize,
    ord("c"): _global, 0x93: _stacked_global,
    ord("R"): _reduce, ord("b"): _build, ord("Q"): _persistent,
}  # fmt: skip
"""What is done for each instruction, by its code."""

REFUSED = {
    ord("i"): "INST", ord("o"): "OBJ", 0x81: "NEWOBJ", 0x92: "NEWOBJ_EX",
    0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4",
    ord("I"): "INT", ord("L"): "LONG", 0x8B: "LONG4", ord("F"): "FLOAT",
    ord("S"): "STRING", ord("V"): "UNICODE", 0x8D: "BINUNICODE8",
    ord("B"): "BINBYTES", ord("C"): "SHORT_BINBYTES", 0x8E: "BINBYTES8", 0x96: "BYTEARRAY8",
    0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
    0x8F: "EMPTY_SET", 0x90: "ADDITEMS", 0x91: "FROZENSET",
    ord("l"): "LIST", ord("d"): "DICT", ord("g"): "GET", ord("p"): "PUT", ord("P"): "PERSID",
    ord("1"): "POP_MARK", ord("2"): "DUP",
}  # fmt: skip
"""Names of the instructions that are not run."""
