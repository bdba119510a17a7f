"""The command line: thin commands over the Python functions."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the program's name; that of this process by default.
    """
    from pixrestore.cli.running import run

    return run(arguments)
