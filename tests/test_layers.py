"""The layers of the house: imports run downwards, between modules and between rooms."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

import pixrestore

PACKAGE = Path(pixrestore.__file__).parent

# The rooms, from the ground up: each imports from those below it only, whether when it is loaded,
# within a function, or for the sake of types. Rooms on one line do not know each other.
LAYERS = [
    ["errors", "geometry"],
    ["addresses"],
    ["backend", "files", "options", "pages", "places", "storing", "tables"],
    ["applications", "belief", "description", "finding", "guide", "images", "recipe"],
    ["task"],
    ["chain", "loss", "restoring"],
    ["hooks"],
    ["tasks", "architectures", "losses"],
    ["builtin"],
    ["plugins"],
    ["model", "network", "scaffold"],
    ["engines"],
    ["bulk", "evaluation", "sharing", "training", "verbs"],
    ["inspection", "preview", "reporting"],
    ["serving"],
    ["cli"],
    ["testing", "__main__"],
]


def module_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(name):
    """Return every module of ours that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    # What is no module of its own is a name in one.
    found = {one if one in MODULES else one.rpartition(".")[0] for one in found}
    # The package itself holds names that are looked up when used, and the version.
    return {one for one in found if one in MODULES} - {name, "pixrestore"}


ARROWS = {name: imports_of(name) for name in MODULES if name != "pixrestore"}


def room_of(name):
    return name.split(".")[1]


def test_no_module_imports_itself_by_a_detour():
    list(graphlib.TopologicalSorter(ARROWS).static_order())  # raises CycleError, naming the circle


def test_every_room_has_its_layer():
    assert {room_of(name) for name in ARROWS} == {room for layer in LAYERS for room in layer}


def test_imports_between_rooms_run_downwards():
    floor = {room: number for number, layer in enumerate(LAYERS) for room in layer}
    upwards = [
        f"{name} imports {other}"
        for name, others in ARROWS.items()
        for other in others
        if room_of(name) != room_of(other) and floor[room_of(name)] <= floor[room_of(other)]
    ]
    assert upwards == []


@pytest.mark.parametrize(
    ("room", "unknown"),
    [("restoring", {"model", "network", "engines", "plugins"}), ("images", {"task", "tasks"})],
)
def test_rooms_that_must_not_know_others(room, unknown):
    seen, left = set(), [name for name in ARROWS if room_of(name) == room]
    while left:
        name = left.pop()
        seen.add(name)
        left += ARROWS[name] - seen
    assert not unknown & {room_of(name) for name in seen}
