"""The ``happysad`` application: its commands, its exit codes, its one border for errors."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from happysad import __version__
from happysad.cli.output import complain
from happysad.errors import HappysadError, UsageError

if TYPE_CHECKING:
    from typer._click import Command, Context

COMMANDS = {
    "check": "check",
    "undo": "undo",
    "look": "look",
    "label": "label",
    "active": "active",
    "train": "train",
    "evaluate": "evaluate",
    "compare": "compare",
    "predict": "predict",
    "serve": "serve",
    "app": "app_command",
    "show": "show",
    "export": "export",
    "import": "importing",
    "doctor": "doctor",
    "demo": "demo",
}
"""Command → its module in this folder, in the order in which the job is done."""

DONE, FAILED, WRONG_USE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130
"""The exit codes: all done, an error, wrong use, some pictures failed, Ctrl-C."""

_EPILOG = """
[bold]Exit codes[/]  0 done · 1 an error · 2 wrong use · 3 some pictures failed · 130 Ctrl-C

[bold]Start with[/]  happysad demo   or   happysad check FOLDER
"""


class _LazyCommands(MutableMapping[str, "Command"]):
    """Commands by name; a command's module is imported when it is asked for."""

    def __init__(self, modules: dict[str, str]) -> None:
        self._modules = modules
        self._built: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        if name not in self._built:
            module = import_module(f"happysad.cli.{self._modules[name]}")
            self._built[name] = typer.main.get_command(module.app)
        return self._built[name]

    def __setitem__(self, name: str, command: Command) -> None:
        self._built[name] = command

    def __delitem__(self, name: str) -> None:
        del self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


class HappysadGroup(TyperGroup):
    """The commands of ``COMMANDS``; every ``HappysadError`` becomes one line and an exit code."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _LazyCommands(COMMANDS)

    def invoke(self, ctx: Context) -> Any:
        """Run the command; an error that happysad raises on purpose never shows a traceback."""
        try:
            return super().invoke(ctx)
        except HappysadError as error:
            complain(str(error))
            raise typer.Exit(WRONG_USE if isinstance(error, UsageError) else FAILED) from None


app = typer.Typer(
    cls=HappysadGroup,
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"happysad {__version__}")
        raise typer.Exit(DONE)


@app.callback()
def happysad(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """From a messy folder of happy and sad pictures to an honest model, and honest answers."""
