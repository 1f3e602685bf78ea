"""Raw foreign text stays where it may be: nothing but four folders ever asks for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import peerroom
from peerroom.text.foreign import ForeignText

PACKAGE = Path(peerroom.__file__).parent
ALLOWED = {"matrix", "moderation", "store", "wire"}


def raw_in(source: str) -> Iterator[int]:
    """Lines that take `raw` off something, call it or hand it on, or reach for what it hides."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "raw":
                yield node.lineno
        elif isinstance(node, ast.Attribute):
            if node.attr == "_raw" or _is_method_of_the_class(node):
                yield node.lineno
        elif isinstance(node, ast.Constant) and node.value == "_raw":
            yield node.lineno


def _is_method_of_the_class(node: ast.Attribute) -> bool:
    return (
        node.attr == "raw" and isinstance(node.value, ast.Name) and node.value.id == "ForeignText"
    )


def test_only_the_four_folders_see_raw_text() -> None:
    offenders = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in ALLOWED and path.name != "foreign.py"
        for line in raw_in(path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


def test_the_fence_notices_every_way_through() -> None:
    ways = """
body.raw()
show(message.body.raw().strip())
texts = map(ForeignText.raw, bodies)
body._raw
getattr(body, "_raw")
"""
    assert len(list(raw_in(ways))) == len(ways.split("\n")) - 2
    assert list(raw_in("event.raw['content']; raw(body); body.line()")) == []


def test_there_is_no_other_way_to_the_text() -> None:
    public = {name for name in vars(ForeignText) if not name.startswith("_")}
    assert public == {"malformed", "line", "block", "raw"}
