"""A click group that imports a command's module only when that command is called.

It also holds the one place where an error becomes a sentence: what a `PeerRoomError` says, what
click found wrong with the arguments, or that something unforeseen happened. Tracebacks may quote
private text, so they are shown only with ``--debug``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import TracebackType
from typing import Any, Final

import click
from click.exceptions import NoSuchCommand, NoSuchOption

from peerroom import i18n
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _

DEBUG: Final = "--debug"
_OF_CLICK: Final = (N_("Show this message and exit."), N_("Show the version and exit."))
_INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it: 128 + SIGINT."""


class LazyGroup(click.Group):
    """Commands by module name: ``<package>.<module>`` exposes a click command ``command``.

    `table` maps a command's name to its module and its one-line help, so that ``--help`` imports
    none of them; `examples` are command lines with what they do. Arguments that name no command
    (none at all, or an option that is not the group's) go to `default`.
    """

    def __init__(
        self,
        *,
        package: str,
        table: Mapping[str, tuple[str, str]],
        examples: Sequence[tuple[str, str]],
        default: str,
        about: str,
        **settings: Any,
    ) -> None:
        super().__init__(name="peerroom", **settings)
        self.about = about
        self.package = package
        self.table = table
        self.examples = examples
        self.default = default

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module = import_module(f"{self.package}.{self.table[cmd_name][0]}")
        command: click.Command = module.command
        command.name = cmd_name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.table:
            raise NoSuchCommand(args[0], possibilities=self.table, ctx=ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._with_default(ctx, args))

    def _with_default(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {name for option in self.get_params(ctx) for name in option.opts}
        first = next((i for i, word in enumerate(args) if word not in own), len(args))
        if not args or (first < len(args) and args[first].startswith("-")):
            return [*args[:first], self.default, *args[first:]]
        return args

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_("Options")):
            rows = (option.get_help_record(ctx) for option in self.get_params(ctx))
            formatter.write_dl([(names, _(about)) for names, about in filter(None, rows)])
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(about)) for name, (_module, about) in self.table.items()])
        with formatter.section(_("Examples")):
            formatter.write_dl([(line, _(about)) for line, about in self.examples])

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_(self.about))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, say each error in a sentence, and exit with a code: the command's, if it gives one.

        Arguments are those of `click.Command.main`, but it never returns.
        """
        words = list(sys.argv[1:] if args is None else args)
        debug = DEBUG in words
        words = [word for word in words if word != DEBUG]  # wherever it stands
        i18n.set_language(i18n.language_from_environment())
        if not debug:
            sys.excepthook = _say_unforeseen
        try:
            code = super().main(
                words,
                prog_name or "peerroom",
                complete_var,
                standalone_mode=False,
                obj=debug,  # for commands whose errors do not come by here, such as a screen's
                **extra,
            )
        except PeerRoomError as error:
            if debug:
                raise
            _say(error.sentence(alone=True))
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(_INTERRUPTED)
        except click.ClickException as error:
            _say(_wrong_arguments(error))
            sys.exit(error.exit_code)
        sys.exit(code if isinstance(code, int) else 0)


def _wrong_arguments(error: click.ClickException) -> str:
    """What is wrong with the command line, and the next step."""
    match error:
        case NoSuchCommand(command_name=name) if name.startswith("peerroom:"):
            # An invite link is a secret: not repeated, and not kept in the history next time.
            return _("That is an invite link. Run `peerroom join` and paste it when you are asked.")
        case NoSuchCommand(command_name=name, possibilities=near):
            words = _("There is no command `{name}`.").format(name=name)
        case NoSuchOption(option_name=name, possibilities=near):
            words = _("There is no option `{name}`.").format(name=name)
        case _:
            words, near = error.format_message(), None
    if near:
        words += " " + _("Did you mean `{name}`?").format(name=near[0])
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else None
    if path:
        words += " " + _("`{command} --help` shows what there is.").format(command=path)
    return words


def _say_unforeseen(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """In place of a traceback: the interpreter calls this last and exits with code 1."""
    _say(
        _(
            "Something went wrong ({kind}) and PeerRoom stopped. `peerroom help-now` works all the "
            "same; `peerroom --debug` shows details, which may quote private text."
        ).format(kind=kind.__name__)
    )


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
