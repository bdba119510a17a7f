"""What is done to a photo that was sent; all of it runs in a thread of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixrestore.images import encode_photo, read_photo
from pixrestore.images.limits import refuse_larger
from pixrestore.images.photo import photo_to_image
from pixrestore.images.writing import written_format
from pixrestore.inspection import Inspection, inspected
from pixrestore.serving.asking import asked_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pixrestore.serving.body import Body
    from pixrestore.serving.restorers import Restorers

# Where it is not the format's own name.
_MEDIA_TYPES = {"HEIF": "image/heic", "JPEG2000": "image/jp2"}


@dataclass(frozen=True)
class Restored:
    """A restored photo.

    Attributes
    ----------
    content : bytes
        Its file, in the format of the photo that was sent; PNG for formats that are only read.
    media_type : str
        What HTTP calls the format.
    tasks : tuple of str
        What was done.
    notes : tuple of str
        Remarks for the user.
    """

    content: bytes
    media_type: str
    tasks: tuple[str, ...]
    notes: tuple[str, ...]


def restore_body(
    body: Body, said: Iterable[tuple[str, str]], restorers: Restorers, max_pixels: int
) -> Restored:
    """Restore the photo that a request brings.

    Parameters
    ----------
    body : Body
        The photo, and what stands beside it.
    said : iterable of (str, str)
        What the request's address says.
    restorers : Restorers
        What restores photos.
    max_pixels : int
        Largest photo, guide and result.

    Raises
    ------
    PixrestoreError
        As `pixrestore.restore` does; a `TooLargeError` for more than `max_pixels`.
    """
    asked = asked_of([*said, *body.texts], restorers)
    restorer = restorers.opened(asked.models)
    # A wrong name is told before any work.
    restorer.check(asked.options | dict.fromkeys(name for name, _ in body.pictures))
    options = _with_pictures(asked.options, body, max_pixels)
    photo = read_photo(body.photo, max_pixels=max_pixels, damaged=asked.damaged)
    format = written_format(photo)
    height, width = (side * restorer.scale for side in photo.pixels.shape[:2])
    refuse_larger(width, height, max_pixels)
    restorer.refuse_unfit(photo, format)
    restored = restorer.restore_marked(photo, mark=asked.mark, **options)
    return Restored(
        content=encode_photo(restored),
        media_type=_MEDIA_TYPES.get(format, f"image/{format.lower()}"),
        tasks=tuple(model.task.name for model in asked.models),
        notes=restored.notes,
    )


def inspect_body(body: Body, max_pixels: int) -> Inspection:
    """Inspect the photo that a request brings; see `pixrestore.inspect_photo`."""
    photo = read_photo(body.photo, max_pixels=max_pixels)
    return inspected(photo, photo.format)


def _with_pictures(options: dict[str, Any], body: Body, max_pixels: int) -> dict[str, Any]:
    """Add the guides that are pictures, which lie below the places of the same."""
    pictures: dict[str, list[Any]] = {}
    for name, content in body.pictures:
        layer = read_photo(content, max_pixels=max_pixels)
        pictures.setdefault(name, []).append(photo_to_image(layer))
    for name, places in options.items():
        if name in pictures:
            pictures[name] += places
    return options | pictures
