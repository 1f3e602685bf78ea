"""The command line's frame: lazy commands, a default one, and errors in one sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from peerroom import __version__, i18n
from peerroom.cli import COMMANDS, main
from peerroom.cli.lazy import LazyGroup

CHAT = """
import click
@click.command()
@click.option("--plain", is_flag=True)
def command(plain):
    click.echo(f"chat plain={plain}")
"""
FAULTY = """
import click
from peerroom.errors import PeerRoomError
class NoVault(PeerRoomError):
    what = "There is no vault in {folder}."
    next_step = "Run `peerroom` to make one."
    exit_code = 4
@click.command()
@click.argument("how")
def command(how):
    if how == "told":
        raise NoVault(folder="/x")
    if how == "code":
        return 7
    if how == "exit":
        click.get_current_context().exit(8)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "words":
        return "not a code"
    raise RuntimeError("@alice:example.org said: hello")
"""


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LazyGroup]:
    package = tmp_path / "some_commands"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "chat.py").write_text(CHAT)
    (package / "faulty.py").write_text(FAULTY)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    yield LazyGroup(
        package="some_commands",
        table={"chat": ("chat", "Talk."), "faulty-one": ("faulty", "Fail.")},
        examples=[("peerroom chat", "talk")],
        default="chat",
        about="About.",
        params=[click.Option(["--debug"], is_flag=True, expose_value=False, help="Tracebacks.")],
    )
    for name in ("some_commands", "some_commands.chat", "some_commands.faulty"):
        sys.modules.pop(name, None)
    i18n.set_language("en")


def run(group: LazyGroup, *words: str) -> Result:
    return CliRunner().invoke(group, list(words))


def test_nothing_and_options_alone_go_to_the_default(group: LazyGroup) -> None:
    assert run(group).output == "chat plain=False\n"
    assert run(group, "--plain").output == "chat plain=True\n"
    assert run(group, "--debug").output == "chat plain=False\n"
    assert run(group, "chat", "--plain").output == "chat plain=True\n"
    assert run(group, "chat", "--debug").output == "chat plain=False\n"


def test_help_lists_commands_and_examples_and_imports_none(group: LazyGroup) -> None:
    output = run(group, "--help").output
    assert "About." in output
    assert "faulty-one  Fail." in output
    assert "peerroom chat  talk" in output
    assert "some_commands.faulty" not in sys.modules


def test_only_the_command_called_is_imported(group: LazyGroup) -> None:
    run(group, "chat")
    assert "some_commands.chat" in sys.modules
    assert "some_commands.faulty" not in sys.modules


def test_a_command_is_called_as_it_is_listed(group: LazyGroup) -> None:
    assert "Usage: peerroom faulty-one" in run(group, "faulty-one", "--help").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["chatt"],
            "There is no command `chatt`. Did you mean `chat`? "
            "`peerroom --help` shows what there is.",
        ),
        (["xyz"], "There is no command `xyz`. `peerroom --help` shows what there is."),
        (
            ["chat", "--plan"],
            "There is no option `--plan`. Did you mean `--plain`? "
            "`peerroom chat --help` shows what there is.",
        ),
        (
            ["faulty-one"],
            "Missing argument 'HOW'. `peerroom faulty-one --help` shows what there is.",
        ),
    ],
)
def test_a_slip_gets_a_sentence_and_the_next_step(
    group: LazyGroup, words: list[str], said: str
) -> None:
    result = run(group, *words)
    assert (result.exit_code, result.stderr, result.stdout) == (2, said + "\n", "")


def test_an_invite_link_is_never_repeated(group: LazyGroup) -> None:
    result = run(group, "peerroom:join/SECRET")
    assert result.exit_code == 2
    assert "SECRET" not in result.output
    assert "peerroom join" in result.stderr


def test_known_errors_are_one_sentence_and_a_code(group: LazyGroup) -> None:
    result = run(group, "faulty-one", "told")
    assert result.stderr == "There is no vault in /x. Run `peerroom` to make one.\n"
    assert result.exit_code == 4
    debugged = run(group, "--debug", "faulty-one", "told")
    assert type(debugged.exception).__name__ == "NoVault"


def test_exit_codes(group: LazyGroup) -> None:
    assert run(group, "faulty-one", "code").exit_code == 7
    assert run(group, "faulty-one", "exit").exit_code == 8
    assert run(group, "faulty-one", "interrupt").exit_code == 130
    assert run(group, "faulty-one", "words").exit_code == 0


def test_what_nobody_foresaw_shows_no_private_text(group: LazyGroup, tmp_path: Path) -> None:
    code = (
        "from peerroom.cli.lazy import LazyGroup\n"
        "LazyGroup(package='some_commands', table={'f': ('faulty', '')}, examples=[], default='f',"
        " about='')(DEBUG + ['f', 'unforeseen'])"
    )

    def crash(words: str) -> subprocess.CompletedProcess[str]:
        script = code.replace("DEBUG", words)
        return subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    quiet = crash("[]")
    assert quiet.returncode == 1
    assert quiet.stderr.startswith("Something went wrong (RuntimeError) and PeerRoom stopped.")
    assert "alice" not in quiet.stderr
    assert "peerroom help-now" in quiet.stderr
    assert "@alice:example.org" in crash("['--debug']").stderr


def test_the_locale_decides_the_language(group: LazyGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert "コマンド:" in run(group, "--help").output
    assert "というコマンドはありません" in run(group, "chatt").stderr


# PeerRoom's own


def test_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"PeerRoom {__version__}\n"


def test_help_imports_no_command() -> None:
    code = (
        "import sys\nfrom peerroom.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n"
        "    print(*(n for n in sys.modules if n.startswith('peerroom.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout
    assert set(done.stderr.split()) == {
        f"peerroom.{name}" for name in ("cli", "cli.lazy", "errors", "i18n")
    }


def test_plain_peerroom_opens_chat() -> None:
    assert main.default == "chat"
    assert "help-now" in COMMANDS
