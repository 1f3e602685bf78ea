"""``config.sample.toml`` and the model say the same, in both directions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from peerroom.config import Config, OwnNumber, load
from peerroom.settings import Model

SAMPLE = Path(__file__).parents[2] / "config.sample.toml"
TEXT = SAMPLE.read_text(encoding="utf-8")


def keys_of(model: type[Model], at: str = "") -> Iterator[str]:
    """The path of every setting that the model knows."""
    for field in fields(model):
        if "model" in field.metadata:
            yield from keys_of(field.metadata["model"], f"{at}{field.name}.")
        else:
            yield f"{at}{field.name}"


def keys_in(text: str) -> Iterator[tuple[str, str]]:
    """The path of every setting that the text shows, and the line before it."""
    table, before = "", ""
    for line in text.split("\n"):
        if header := re.fullmatch(r"(?:# )?\[+([a-z_.]+)\]+", line):
            table = header[1]
        elif setting := re.fullmatch(r"(?:# )?([a-z_]+) = .*", line):
            yield f"{table}.{setting[1]}", before
        before = line


def test_every_setting_is_shown_once_and_no_other() -> None:
    assert sorted(key for key, _before in keys_in(TEXT)) == sorted(keys_of(Config))


def test_every_setting_is_explained() -> None:
    for key, before in keys_in(TEXT):
        assert before.startswith("# "), f"{key} has no comment"


def test_the_values_shown_are_the_defaults() -> None:
    assert load(SAMPLE) == Config()
    shown = {
        f"{table}.{key}" for table, settings in tomllib.loads(TEXT).items() for key in settings
    }
    own_numbers = {f"panic.own_numbers.{field.name}" for field in fields(OwnNumber)}
    assert shown == set(keys_of(Config)) - own_numbers


def test_the_example_of_an_own_number_works(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    uncommented = re.sub(r"(?m)^# (\[\[|(?:name|number|hours|note) = )", r"\1", TEXT)
    path.write_text(uncommented, encoding="utf-8")
    (number,) = load(path).panic.own_numbers
    assert all(getattr(number, field.name) for field in fields(OwnNumber))


def test_lines_fit_a_terminal() -> None:
    assert max(map(len, TEXT.split("\n"))) <= 100
