"""What is done with files, beside restoring their photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from pixrestore.restoring.sharding import Shard
from pixrestore.storing import Quality, checked_quality, format_named


@dataclass(frozen=True)
class Handling:
    """What is done with files, beside restoring their photos.

    Attributes
    ----------
    overwrite : bool
        Replace results that exist; by default their photos are skipped.
    compare : bool
        Also write a before | after picture, ``<result>-compare.jpg``, beside each result, also one
        that exists.
    mark : bool
        Say in the results' EXIF and XMP that a trained model has changed the photo.
    damaged : bool
        Restore what is there of files that lack some of their pixels; by default they fail.
    format : str, optional
        Format of the results, such as ``"png"``; by default that of their names, and so that of
        the photos.
    quality : int or "lossless", optional
        How well results in formats that lose something are kept; see `storing.settled_quality`.
    all_pages : bool
        Restore all pages of a TIFF into a TIFF; by default the largest.
    keep_times : bool
        Give a result the times of its photo's file, when that was last read and written.
    shard : str, optional
        Part of the photos to restore, such as ``"1/8"``; see `sharding.Shard`. By default all.
    """

    overwrite: bool = False
    compare: bool = False
    mark: bool = True
    damaged: bool = False
    format: str | None = None
    quality: Quality | None = None
    all_pages: bool = False
    keep_times: bool = False
    shard: str | None = None

    def __post_init__(self) -> None:
        checked_quality(self.quality)
        if self.format is not None:
            format_named(self.format)
        if self.shard is not None:
            Shard.written(self.shard)

    def wants(self, within: PurePath) -> bool:
        """Tell whether a photo of this path within its folder is to be restored."""
        return self.shard is None or Shard.written(self.shard).holds(within)
