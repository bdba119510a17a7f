"""``pixrestore models``: what there is, and how more of it comes and goes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pixrestore.cli import listing, messages
from pixrestore.cli.layout import SETTINGS, Command, Group
from pixrestore.cli.wrap import wrap


class ModelCommands(Group):
    """The commands about models; without one of them, the models are listed."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the command's name in the usage line."""
        return ["[OPTIONS]", "[COMMAND]"]

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command, whose flags messages name from now on."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            messages.speak_of(f"{ctx.command_path} {name}", command.get_params(ctx))
        return name, command, rest


def models(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List the models that --model can name; install, remove, publish or wrap some."""
    if context.invoked_subcommand is None:
        listing.models(json)


def install(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="Model folder, ZIP file of one, address of such a file, or hf://owner/name[@rev].",
        ),
    ],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Name to give it; by default its own.")
    ] = "",
    sha256: Annotated[
        str,
        typer.Option(
            "--sha256",
            metavar="DIGITS",
            help="Checksum that it must have: of the ZIP file, or else of model.json, which holds "
            "those of the other files.",
        ),
    ] = "",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an installed model of this name.")
    ] = False,
) -> None:
    """Install a model.

    It is checked first. What else a model's folder or archive holds is left out.
    """
    from pixrestore.files import printable
    from pixrestore.sharing.install import install_model

    done = install_model(source, name=name, sha256=sha256, overwrite=overwrite)
    if done.left_out:
        messages.say(f"left out: {', '.join(map(printable, done.left_out))}")
    for note in done.notes:
        messages.say(note)
    typer.echo(f"{done.record['from']} -> {printable(done.folder)}")
    typer.echo(f"sha256 {done.record['sha256']}")
    if revision := done.record.get("revision"):
        typer.echo(f"revision {revision}")


def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An installed model.")],
) -> None:
    """Delete a model that was installed."""
    from pixrestore.files import printable
    from pixrestore.sharing.install import remove_model

    typer.echo(f"deleted {printable(remove_model(name))}")


def push(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Model folder, or name of an installed model.")
    ],
    to: Annotated[
        str,
        typer.Argument(metavar="TO", help="Where on the Hugging Face Hub, as hf://owner/name."),
    ],
    private: Annotated[
        bool, typer.Option("--private", help="Make a repository that only its owner sees.")
    ] = False,
) -> None:
    """Publish a model on the Hugging Face Hub.

    What else its folder holds is left out. Log in with `hf auth login` first.
    """
    from pixrestore.sharing.push import push_model

    typer.echo(f"{model} -> {push_model(model, to, private=private)}")


def build_models() -> typer.Typer:
    """Make the group of commands."""
    app = typer.Typer(cls=ModelCommands, context_settings=SETTINGS, rich_markup_mode=None)
    app.callback(invoke_without_command=True)(models)
    for function in (install, remove, push, wrap):
        settings: dict[str, Any] = {"cls": Command, "context_settings": SETTINGS}
        app.command(function.__name__, rich_help_panel="Commands", **settings)(function)
    return app
