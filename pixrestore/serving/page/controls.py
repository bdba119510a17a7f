"""Controls for the options of tasks, made from their own fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pixrestore.options import Option
from pixrestore.serving.page.offers import Offer, Step
from pixrestore.serving.page.texts import Words

_STEPS = 100


@dataclass
class TaskControls:
    """The controls of one task.

    Attributes
    ----------
    offer : Offer
    group : gradio.Group
        Holds them all; it is shown where the task is ticked.
    model : gradio.Dropdown
        Chooses the model.
    options : list of gradio components
        One for each of the task's options, in their order.
    """

    offer: Offer
    group: Any
    model: Any
    options: list[Any]

    @property
    def inputs(self) -> list[Any]:
        """All controls that a handler reads, in the order that `step` takes."""
        return [self.model, *self.options]

    def step(self, values: Sequence[Any]) -> Step:
        """Return the task with what its controls say; a `UsageError` names what is wrong."""
        model, *given = values
        if model not in self.offer.models:
            model = next(iter(self.offer.models))
        options = tuple(
            (option.name, _value(option, value))
            for option, value in zip(self.offer.options, given, strict=True)
        )
        return Step(self.offer.task, model, options)


def task_controls(offer: Offer, words: Words) -> TaskControls:
    """Lay out the controls of one task, hidden at first."""
    with gr.Group(visible=False, elem_classes="task-settings") as group:
        gr.Markdown(f"**{task_label(offer, words)}**", elem_classes="task-name")
        first = next(iter(offer.models))
        options = [
            _control(option, value, words)
            for option, value in zip(offer.options, offer.values(first), strict=True)
        ]
        model = gr.Dropdown(
            [(name or words["own_model"], name) for name in offer.models],
            value=first,
            label=words["model"],
            interactive=True,
            visible=len(offer.models) > 1,
        )
        card = gr.HTML(card_link(offer, first, words))

    def chosen(name: str) -> list[Any]:
        return [card_link(offer, name, words), *map(_shown, offer.values(name))]

    model.input(chosen, model, [card, *options], show_progress="hidden")
    return TaskControls(offer, group, model, options)


def steps_by_task(controls: Sequence[TaskControls], values: Sequence[Any]) -> dict[str, Step]:
    """Return every task with what its controls say, given the values of all inputs in order."""
    steps, place = {}, 0
    for control in controls:
        count = len(control.inputs)
        steps[control.offer.task] = control.step(values[place : place + count])
        place += count
    return steps


def task_label(offer: Offer, words: Words) -> str:
    """Return what the page calls a task."""
    return words.get(f"task.{offer.task}", offer.summary.rstrip("."))


def card_link(offer: Offer, model: str, words: Words) -> str:
    """Return a link to a model's card."""
    name = model or "-"
    return (
        f'<a href="../card/{offer.task}/{name}" target="_blank" rel="noopener">{words["card"]}</a>'
    )


def _control(option: Option, value: Any, words: Words) -> Any:
    label = words.get(f"option.{option.name}", option.name.replace("_", " ").capitalize())
    info = words.get(f"help.{option.name}", option.help)
    shown = {"label": label, "info": info, "interactive": True}
    if option.type is bool:
        return gr.Checkbox(value, **shown)
    if option.choices:
        return gr.Dropdown(list(option.choices), value=value, **shown)
    if option.type in (int, float):
        if option.min is None or option.max is None:
            precision = 0 if option.type is int else None
            return gr.Number(value, precision=precision, **shown)
        width = option.max - option.min
        step = 1 if option.type is int else width / _STEPS
        return gr.Slider(option.min, option.max, value=value, step=step, **shown)
    return gr.Textbox(_shown(value), **shown)


def _shown(value: Any) -> Any:
    """Return a value as its control shows it: ranges and lists are text."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def _value(option: Option, given: Any) -> Any:
    if isinstance(given, str) and not option.choices:
        return option.parse(given)
    if option.type is int and isinstance(given, float) and given.is_integer():
        given = int(given)
    return option.check(given)
