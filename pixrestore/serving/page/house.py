"""What all pages of a server share: what they offer, where files lie, how errors are told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pixrestore.errors import PixrestoreError
from pixrestore.restoring.restorer import Restorer
from pixrestore.serving.page.mending import restorer_of
from pixrestore.serving.page.offers import Offer, Step
from pixrestore.serving.page.rooms import Rooms
from pixrestore.serving.page.texts import Words
from pixrestore.serving.page.visit import Visit
from pixrestore.serving.restorers import Restorers
from pixrestore.serving.settings import Settings
from pixrestore.serving.work import Work

_log = logging.getLogger("pixrestore")


@dataclass(frozen=True)
class House:
    """What all pages of a server share.

    Attributes
    ----------
    settings : Settings
    offers : tuple of Offer
        The tasks that photos can be mended by.
    restorers : Restorers
        Loads and keeps their models.
    rooms : Rooms
        Temporary files.
    work : Work
        Threads that work on photos, for the API too.
    """

    settings: Settings
    offers: tuple[Offer, ...]
    restorers: Restorers
    rooms: Rooms[Visit]
    work: Work

    @property
    def max_pixels(self) -> int:
        """Largest photo, and largest result, in pixels."""
        return self.settings.max_pixels

    def restorer(self, step: Step) -> Restorer:
        """Return what does one step."""
        return restorer_of(self.restorers, step)


@contextmanager
def telling(words: Words, said: list[str]) -> Iterator[None]:
    """Add to `said` what went wrong in the block, for people; nothing is raised."""
    try:
        yield
    except PixrestoreError as error:
        said.append(words["failed"].format(why=error))
    except Exception:  # one photo, or one plugin's task, never stops the page
        _log.exception("the page could not do what it was asked for")
        said.append(words["failed"].format(why=words["unexpected"]))
