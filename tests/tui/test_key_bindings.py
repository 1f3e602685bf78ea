"""Which keys are taken by whom: the panic and leaving keys belong to nobody else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import textual.widgets
from textual.dom import DOMNode

import peerroom.tui
from peerroom.tui.actions import ALL, CRITICAL_KEYS, EVERYWHERE, PANIC_CHORD
from peerroom.tui.app import PeerRoomApp


def every_class() -> Iterator[type[DOMNode]]:
    """Every widget, screen and app of Textual and of ours."""
    for name in textual.widgets.__all__:
        getattr(textual.widgets, name)
    for module in pkgutil.walk_packages(peerroom.tui.__path__, "peerroom.tui."):
        importlib.import_module(module.name)
    for name in ("app", "command", "containers", "screen", "scroll_view"):
        importlib.import_module(f"textual.{name}")
    waiting: list[type[DOMNode]] = [DOMNode]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += found.__subclasses__()


def keys_of(node: type[DOMNode]) -> set[str]:
    """The keys that a class binds itself."""
    bindings = node.__dict__.get("BINDINGS", [])
    found: set[str] = set()
    for binding in bindings:
        keys = binding[0] if isinstance(binding, tuple) else binding.key
        found |= {key.strip() for key in keys.split(",")}
    return found


def test_no_widget_and_no_screen_binds_a_critical_key() -> None:
    classes = set(every_class())
    assert len(classes) > 100
    taken = {node.__qualname__: keys_of(node) & CRITICAL_KEYS for node in classes}
    clashes = {name: keys for name, keys in taken.items() if keys}
    # Textual's own App binds Ctrl+Q to quitting: ours inherits no binding and takes the key over.
    assert clashes.pop("App") == {"ctrl+q"}
    assert clashes == {"PeerRoomApp": set(CRITICAL_KEYS)}


def test_the_app_inherits_none_of_textuals_bindings() -> None:
    app_bindings = PeerRoomApp._merged_bindings
    assert app_bindings is not None
    runs = {binding.action for _key, binding in app_bindings}
    assert runs == {action.run for action in EVERYWHERE} | {"how_to_leave"}


def test_what_works_everywhere_comes_before_every_widget() -> None:
    bindings = PeerRoomApp._merged_bindings
    assert bindings is not None
    for action in EVERYWHERE:
        for key in action.keys.split(","):
            assert [b.priority for b in bindings.key_to_bindings[key]] == [True]


def test_no_priority_key_elsewhere_shadows_another() -> None:
    ours = {key for action in EVERYWHERE for key in action.keys.split(",")}
    for node in set(every_class()) - {PeerRoomApp}:
        for binding in node.__dict__.get("BINDINGS", []):
            if not isinstance(binding, tuple) and binding.priority and node.__name__ != "App":
                assert not ours & set(binding.key.split(","))


def test_every_action_can_be_run_and_has_one_id() -> None:
    from peerroom.tui.screens.chat import ChatScreen

    assert len({action.id for action in ALL}) == len(ALL)
    for action in ALL:
        target, _dot, name = action.run.partition("(")[0].rpartition(".")
        if action.run:
            owner = {"app": PeerRoomApp, "screen": ChatScreen}[target]
            assert hasattr(owner, f"action_{name}"), action.id


def test_the_chord_passes_the_terminals_it_was_chosen_for() -> None:
    # VS Code hands F1 and Ctrl+G to its own commands, gnome-terminal F1; tmux and screen keep
    # Ctrl+B and Ctrl+A; Ctrl+S and Ctrl+Q used to be flow control, which raw mode ends.
    assert PANIC_CHORD not in {"ctrl+g", "ctrl+a", "ctrl+b", "ctrl+p", "ctrl+e", "ctrl+c", "ctrl+z"}
