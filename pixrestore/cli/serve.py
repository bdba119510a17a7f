"""``pixrestore serve``."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from pixrestore.cli.messages import say
from pixrestore.cli.photo_options import EngineName
from pixrestore.errors import UsageError
from pixrestore.serving.settings import LOCAL, PORT, Settings

_EXTRA = "pixrestore[serve]"
_PACKAGES = {
    "fastapi": "fastapi",
    "uvicorn": "uvicorn",
    "python_multipart": "python-multipart",
    "prometheus_client": "prometheus-client",
}
_PAGE = {"gradio": "gradio"}
_WHO, _LIMITS = "Who may ask", "Limits"
_DEFAULTS = Settings()


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address on which to listen.")
    ] = LOCAL,
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="N", min=0, max=65535, help="Port; 0 takes one that is free."
        ),
    ] = PORT,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="Model folder, or name of an installed model, to be used for its task. Repeat it "
            "for other tasks.",
        ),
    ] = None,
    engine: EngineName = "auto",
    no_page: Annotated[
        bool, typer.Option("--no-page", help="Serve programs only: no page for people.")
    ] = False,
    open_browser: Annotated[
        bool | None,
        typer.Option(
            "--open/--no-open",
            help="Open the page in a browser; by default where there is a screen.",
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TEXT",
            envvar="PIXRESTORE_TOKEN",
            help="What clients must know. Others see the command line, but not the variable.",
            rich_help_panel=_WHO,
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Name by which browsers reach this server, besides localhost and addresses. "
            "Repeat it for more.",
            rich_help_panel=_WHO,
        ),
    ] = None,
    max_mb: Annotated[
        float,
        typer.Option(
            "--max-mb",
            metavar="N",
            min=0.001,
            max=1e6,
            help="Largest request, in MB.",
            rich_help_panel=_LIMITS,
        ),
    ] = _DEFAULTS.max_bytes / 1e6,
    max_megapixels: Annotated[
        float,
        typer.Option(
            "--max-megapixels",
            metavar="N",
            min=0.001,
            help="Largest photo, and largest result.",
            rich_help_panel=_LIMITS,
        ),
    ] = _DEFAULTS.max_megapixels,
    queue: Annotated[
        int,
        typer.Option(
            "--queue",
            metavar="N",
            min=0,
            help="Requests that may wait; more are told to come back.",
            rich_help_panel=_LIMITS,
        ),
    ] = _DEFAULTS.queue,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            metavar="N",
            min=1,
            help="Photos to work on at a time.",
            rich_help_panel=_LIMITS,
        ),
    ] = _DEFAULTS.jobs,
) -> None:
    """Serve a page for people, and the same to programs, until Ctrl-C."""
    _need(_PACKAGES if no_page else _PACKAGES | _PAGE)
    if token == "":  # as of a variable that is not set
        raise UsageError("`token` is empty")
    settings = Settings(
        host=host,
        port=port,
        token=token or "",
        page=not no_page,
        hosts=tuple(allow_host or ()),
        models=tuple(model or ()),
        engine=engine,
        max_bytes=int(max_mb * 1e6),
        max_megapixels=max_megapixels,
        queue=queue,
        jobs=jobs,
    )
    _serve(settings, _has_screen() if open_browser is None else open_browser)


def _serve(settings: Settings, open_browser: bool) -> None:
    from dataclasses import replace
    from urllib.parse import quote

    from pixrestore.serving.server import address_of, listening_socket, run

    with listening_socket(settings) as listening:
        settings = replace(settings, port=listening.getsockname()[1])
        from pixrestore.serving.app import create_app

        app = create_app(settings)
        address = address_of(listening)
        if settings.token and settings.page:
            address += f"/?token={quote(settings.token)}"

        def started() -> None:
            typer.echo(f"serving at {address} (Ctrl-C ends it)")
            if settings.page and open_browser:
                _open(address)

        if not _is_local(settings.host) and not settings.token:
            say("whoever reaches this machine can use the server: `token` keeps others out")
        answered = run(app, listening, started)
    typer.echo("all that was accepted is answered" if answered else "stopped at once")


def _need(packages: dict[str, str]) -> None:
    missing = [name for module, name in packages.items() if find_spec(module) is None]
    if missing:
        raise UsageError(f"serving needs {' and '.join(missing)}: pip install '{_EXTRA}'")


def _is_local(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _has_screen() -> bool:
    """Tell whether somebody sits before this machine who would see a browser."""
    if not sys.stdout.isatty():
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(address: str) -> None:
    import threading
    import webbrowser

    # Browsers may take their time, in which requests are to be answered.
    threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
