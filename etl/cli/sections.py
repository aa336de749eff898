"""Help that a newcomer can read: options under headings, and what each exit code means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])

EXIT_CODES = """\b
Exit codes:
  0    done
  1    it failed, and the target is as it was
  2    the command line or the configuration is wrong; nothing was done
  3    loaded, but the output could not be put in place yet; the next run does
  130  interrupted; everything is as it was"""


class Option(click.Option):
    """An option that knows the heading under which help lists it."""

    def __init__(self, *arguments: Any, section: str, **settings: Any) -> None:
        """Keep the heading beside what click keeps."""
        super().__init__(*arguments, **settings)
        self.section = section


class Command(click.Command):
    """A command whose help lists its options section by section, in the order in which they are declared."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options into the help."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(param, "section", "Help"), []).append(record)
        for section, records in sections.items():
            with formatter.section(section):
                formatter.write_dl(records, col_max=26)


class Group(click.Group):
    """Commands in the order in which they are declared, not by the alphabet."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        del ctx
        return list(self.commands)


def option(section: str, *declarations: str, **settings: Any) -> Callable[[F], F]:
    """An option under a heading of the help."""
    return click.option(*declarations, cls=Option, section=section, **settings)


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in the order in which they are to be listed."""

    def decorate(function: F) -> F:
        for one in reversed(options):
            function = one(function)
        return function

    return decorate
