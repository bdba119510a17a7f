"""Options: the fields of a task or the arguments of an architecture, with types, ranges and help.

One description serves the dataclass fields, the command line and the saved model.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pixrestore.errors import UsageError, nearest

_METADATA = "pixrestore"


@dataclass(frozen=True)
class Option:
    """One option: what it is called, what it may be, what it does.

    Attributes
    ----------
    name : str
        Python name; the command line turns ``_`` into ``-``.
    type : Any
        ``float``, ``int``, ``bool``, ``str``, a ``Literal`` or a tuple of one of the first four.
    default : Any
        Value when none is given.
    help : str
        One sentence for ``--help``.
    min, max : float, optional
        Inclusive limits of a number, or of each number of a tuple.
    restoring : bool
        Takes effect when a photo is restored (in `Task.compose`), not in the training pairs.
    """

    name: str
    type: Any
    default: Any
    help: str = ""
    min: float | None = None
    max: float | None = None
    restoring: bool = False

    @property
    def choices(self) -> tuple[Any, ...]:
        """The allowed values of a ``Literal``; empty for other types."""
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @property
    def items(self) -> Any | None:
        """The type of each item of a tuple; None for other types."""
        return get_args(self.type)[0] if get_origin(self.type) is tuple else None

    @property
    def is_range(self) -> bool:
        """True for a pair of numbers, ``low, high``, which one number may stand for."""
        arguments = get_args(self.type)
        return self.items in (int, float) and len(arguments) == 2 and arguments[1] is not ...

    @property
    def type_name(self) -> str:
        """The type as ``--help`` shows it, with its limits."""
        if self.choices:
            return "|".join(str(choice) for choice in self.choices)
        base = self.items or self.type
        name = {bool: "yes|no", str: "text"}.get(base, getattr(base, "__name__", str(base)))
        if self.min is not None or self.max is not None:
            low = "" if self.min is None else f"{self.min:g}"
            high = "" if self.max is None else f"{self.max:g}"
            name += f" {low}..{high}"
        if self.is_range:
            return f"{name} or low,high"
        return f"{name},..." if self.items else name

    def check(self, value: Any) -> Any:
        """Return `value` as this option's type, or raise `UsageError` saying what it must be."""
        if self.items is not None:
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            parts = (value, value) if self.is_range and number else value
            if not isinstance(parts, (tuple, list)):
                raise self._error(value)
            checked = tuple(self._check_one(self.items, part, value) for part in parts)
            if self.is_range and (len(checked) != 2 or checked[0] > checked[1]):
                raise self._error(value)
            return checked
        if self.choices:
            if value not in self.choices:
                raise self._error(value)
            return value
        return self._check_one(self.type, value, value)

    def parse(self, text: str) -> Any:
        """Read the option from the text given on a command line."""
        if self.items is not None:
            parts = [part.strip() for part in text.strip("()[] ").split(",") if part.strip()]
            value: Any = tuple(self._parse_one(self.items, part, text) for part in parts)
            value = value[0] if self.is_range and len(value) == 1 else value
            return self._checked_text(value, text)
        if self.choices:
            for choice in self.choices:
                if str(choice) == text:
                    return choice
            raise self._error(text)
        return self._checked_text(self._parse_one(self.type, text, text), text)

    def _checked_text(self, value: Any, text: str) -> Any:
        """Check a value read from `text`, which an error shows as it was typed."""
        try:
            return self.check(value)
        except UsageError:
            raise self._error(text) from None

    def _parse_one(self, kind: Any, text: str, whole: str) -> Any:
        if kind is bool:
            words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
            if text.lower() not in words:
                raise self._error(whole)
            return words[text.lower()]
        try:
            return kind(text)
        except ValueError:
            raise self._error(whole) from None

    def _check_one(self, kind: Any, value: Any, whole: Any) -> Any:
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self._error(whole)
        if kind in (int, float) and not (
            (self.min is None or value >= self.min) and (self.max is None or value <= self.max)
        ):
            raise self._error(whole)
        return value

    def _error(self, value: Any) -> UsageError:
        return UsageError(f"`{self.name}` must be {self.type_name}, not {value!r}")


def option(
    default: Any,
    *,
    help: str,
    min: float | None = None,
    max: float | None = None,
    restoring: bool = False,
) -> Any:
    """Declare a field of a task as an option with help and limits.

    Parameters
    ----------
    default : Any
        Value when none is given. A pair of numbers in a field annotated
        ``tuple[float, float]`` is a range; users may give one number for both ends.
    help : str
        One sentence for ``--help``.
    min, max : float, optional
        Inclusive limits.
    restoring : bool
        True for an option of `Task.compose`, offered when photos are restored.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from pixrestore import Task, option
    >>> @dataclass(frozen=True)
    ... class Fade(Task):
    ...     "Bring back photos that faded."
    ...     name = "fade"
    ...     loss: float = option(0.5, help="contrast that is lost", min=0, max=0.9)
    ...     def corrupt(self, clean, rng):
    ...         return clean * (1 - self.loss)
    """
    metadata = {"help": help, "min": min, "max": max, "restoring": restoring}
    return dataclasses.field(default=default, metadata={_METADATA: metadata})


def limited(default: Any, *, min: float | None = None, max: float | None = None) -> Any:
    """Declare a field with limits that takes its help from the docstring of its class."""
    return dataclasses.field(default=default, metadata={_METADATA: {"min": min, "max": max}})


def options_of(source: type | Callable[..., Any]) -> tuple[Option, ...]:
    """List the options of a dataclass (its fields) or a function (its keyword-only arguments).

    A field without help of its own, or an argument, takes it from the numpydoc docstring.
    """
    described = _described_arguments(inspect.getdoc(source) or "")
    if isinstance(source, type):
        kinds = _field_types(source)
        return tuple(
            Option(
                f.name,
                _plain(kinds[f.name]),
                f.default,
                **{"help": described.get(f.name, ""), **f.metadata.get(_METADATA, {})},
            )
            for f in dataclasses.fields(source)
            if f.init
        )
    names = inspect.unwrap(source).__globals__
    return tuple(
        Option(
            p.name,
            _plain(_evaluated(p.name, p.annotation, names)),
            p.default,
            help=described.get(p.name, ""),
        )
        for p in inspect.signature(source).parameters.values()
        if p.kind is p.KEYWORD_ONLY
    )


def restoring_options(tasks: Sequence[type]) -> dict[str, tuple[int, Option]]:
    """Name the options that take effect when photos are restored by several tasks in sequence.

    An option keeps its name where no task before has one of that name; otherwise its task's name
    comes before it, and its place in the sequence where that is taken too.

    Parameters
    ----------
    tasks : sequence of type
        The classes of the tasks.

    Returns
    -------
    dict
        By the name that users give: the place of the task in `tasks`, and its option.
    """
    named: dict[str, tuple[int, Option]] = {}
    for place, task in enumerate(tasks):
        prefix = str(getattr(task, "name", "")).replace("-", "_")
        for theirs in options_of(task):
            names = (theirs.name, f"{prefix}_{theirs.name}", f"{prefix}{place + 1}_{theirs.name}")
            if theirs.restoring:
                named[next(name for name in names if name not in named)] = (place, theirs)
    return named


def _field_types(source: type) -> dict[str, Any]:
    """Evaluate the annotations of a dataclass' fields, each where its class was written."""
    kinds: dict[str, Any] = {}
    for base in reversed(source.__mro__):
        names = vars(sys.modules[base.__module__])
        for name, annotation in inspect.get_annotations(base).items():
            if name in getattr(source, "__dataclass_fields__", {}):
                kinds[name] = (annotation, names)
    fields = dataclasses.fields(source)
    return {f.name: _evaluated(f.name, *kinds[f.name]) for f in fields if f.init}


def _evaluated(name: str, annotation: Any, names: dict[str, Any]) -> Any:
    """Evaluate one annotation, and leave others alone: they may name what is not imported."""
    holder = types.SimpleNamespace(__annotations__={name: annotation})
    return typing.get_type_hints(holder, names)[name]


def checked(source: type | Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Check `values` against the options of `source`; a `UsageError` names what is wrong."""
    known = {option.name: option for option in options_of(source)}
    for name in values:
        if name not in known:
            owner = getattr(source, "name", getattr(source, "__name__", source))
            raise UsageError(f"{owner} has no option {name!r}: {nearest(name, known)}")
    return {name: known[name].check(value) for name, value in values.items()}


def _plain(kind: Any) -> Any:
    """Return ``X`` for ``X | None``."""
    if get_origin(kind) in (typing.Union, types.UnionType):
        return next(a for a in get_args(kind) if a is not type(None))
    return kind


def _described_arguments(doc: str) -> dict[str, str]:
    """Read the descriptions of numpydoc parameters and attributes, without the final stop."""
    described: dict[str, str] = {}
    names: list[str] = []
    for line in doc.splitlines():
        if line[:1].strip():
            names = line.split(" : ")[0].split(", ") if " : " in line else []
        elif line.startswith("    "):
            for name in names:
                described[name] = f"{described.get(name, '')} {line.strip()}".strip()
    return {name: text.rstrip(".") for name, text in described.items()}
