"""Options that depend on the task and the architecture, added to a command before it is parsed."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from pixrestore.cli.asking import KEY as ASKED
from pixrestore.cli.asking import question_parameters
from pixrestore.cli.guide_options import guide_parameter, typed_guide
from pixrestore.guide import Guide
from pixrestore.options import Option


@dataclass(frozen=True)
class Section:
    """Options that stand together in ``--help`` and reach the command as one dictionary.

    Attributes
    ----------
    key : str
        Under which the command finds its values. Also what an option's flag begins with when an
        earlier section has one of the same name: ``--arch-filters``.
    title : str
        Heading in ``--help``.
    options : sequence of Option
        What they are.
    defaults : Mapping[str, Any]
        Values that hold when nobody says anything, where they differ from the options' own.
    guides : sequence of Guide
        Guides, which reach the command beside the options.
    questions : sequence of str
        What can be asked instead, which reaches the command under a key of its own.
    """

    key: str
    title: str
    options: Sequence[Option]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    guides: Sequence[Guide] = ()
    questions: Sequence[str] = ()


def with_sections(function: Callable[..., Any], sections: Sequence[Section]) -> Callable[..., Any]:
    """Give a command's function the options of `sections` as parameters.

    Parameters
    ----------
    function : callable
        Its parameter ``given`` receives ``{key: {option's name: value}}``, with only the options
        that the user gave.
    sections : sequence of Section
        In order of precedence: the first keeps a name that several have.

    Returns
    -------
    callable
        With a signature that typer reads.
    """
    signature = inspect.signature(function, eval_str=True)
    own = [parameter for parameter in signature.parameters.values() if parameter.name != "given"]
    flags = _flags_of(function, sections)
    places: dict[str, tuple[str, Option, str]] = {}
    guides: dict[str, tuple[str, Guide, str]] = {}
    extra: list[inspect.Parameter] = []
    for section in sections:
        for option in section.options:
            flag = flags[section.key, option.name]
            place = place_of(section.key, option.name)
            places[place] = (section.key, option, flag)
            default = section.defaults.get(option.name, option.default)
            extra.append(_parameter(place, option, flag, default, section.title))
        for guide in section.guides:
            flag = flags[section.key, guide.name]
            place = place_of(section.key, guide.name)
            guides[place] = (section.key, guide, flag)
            extra.append(guide_parameter(place, guide, flag, section.title))
    questions = question_parameters([name for section in sections for name in section.questions])
    extra += questions.values()

    def command(**values: Any) -> Any:
        given: dict[str, dict[str, Any]] = {section.key: {} for section in sections}
        for place, (key, option, flag) in places.items():
            text = values.pop(place)
            if text is not None:
                # Errors must name what the user typed.
                name = flag.removeprefix("--").replace("-", "_")
                named = dataclasses.replace(option, name=name)
                given[key][option.name] = named.parse(text)
        for place, (key, guide, flag) in guides.items():
            if texts := values.pop(place):
                given[key][guide.name] = typed_guide(guide, flag, texts)
        asked = {name: values.pop(name) for name in questions}
        if any(asked.values()):
            given[ASKED] = asked
        return function(**values, given=given)

    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    command.__signature__ = signature.replace(parameters=own + extra)  # type: ignore[attr-defined]
    command.__annotations__ = {}
    return command


def place_of(key: str, name: str) -> str:
    """Return the name of the parameter that an option of a section becomes."""
    return f"{key}__{name}"


def _flags_of(
    function: Callable[..., Any], sections: Sequence[Section]
) -> dict[tuple[str, str], str]:
    """Return the flag of each option in a command, by its section's key and its name."""
    own = inspect.signature(function, eval_str=True).parameters.values()
    taken = {flag for parameter in own if parameter.name != "given" for flag in _flags(parameter)}
    flags: dict[tuple[str, str], str] = {}
    for section in sections:
        names = [option.name for option in section.options]
        names += [guide.name for guide in section.guides]
        for name in names:
            flag = _free_flag(name, section.key, taken)
            taken.add(flag)
            flags[section.key, name] = flag
    return flags


def shown(value: Any) -> str:
    """Return a default as ``--help`` shows it, in the form that users type."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ",".join(shown(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _flags(parameter: inspect.Parameter) -> list[str]:
    metadata = getattr(parameter.annotation, "__metadata__", ())
    named = [f for info in metadata for f in _declared(info)]
    return named or ["--" + parameter.name.replace("_", "-")]


def _declared(info: Any) -> list[str]:
    words = [getattr(info, "default", None), *(getattr(info, "param_decls", None) or ())]
    flags = [w for word in words if isinstance(word, str) for w in word.split("/")]
    return [flag for flag in flags if flag.startswith("--")]


def _free_flag(name: str, key: str, taken: set[str]) -> str:
    flag = "--" + name.replace("_", "-")
    return f"--{key}-{flag[2:]}" if flag in taken else flag


def _parameter(
    place: str, option: Option, flag: str, default: Any, title: str
) -> inspect.Parameter:
    text = option.help.replace("`", "").rstrip(".")
    # Authors write help without capitals and stops; here it stands beside sentences.
    text = f"{text[:1].upper()}{text[1:]}." if text else ""
    if default is not dataclasses.MISSING and default not in ("", (), None):
        text = f"{text}  [default: {shown(default)}]"
    info = typer.Option(flag, help=text.strip(), metavar=option.type_name, rich_help_panel=title)
    return inspect.Parameter(
        place, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, info]
    )
