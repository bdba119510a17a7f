"""Parts of a job for machines that know nothing of each other."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath, PureWindowsPath

import numpy as np
import pytest
from PIL import Image

from pixrestore.errors import UsageError
from pixrestore.geometry import Geometry
from pixrestore.restoring.files import restore_files
from pixrestore.restoring.restorer import Restorer
from pixrestore.restoring.sharding import Shard
from pixrestore.tasks import Denoise

NAMES = [PurePath(f"{number // 10}/{number}.png") for number in range(400)]


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_every_photo_is_in_exactly_one_shard(count):
    shards = [Shard(number, count) for number in range(1, count + 1)]
    owners = [[shard.number for shard in shards if shard.holds(name)] for name in NAMES]
    assert all(len(found) == 1 for found in owners)
    sizes = [owners.count([shard.number]) for shard in shards]
    # Even parts of 400 would hold 50 of 8; that of a fair hash deviates by 7 or so.
    assert min(sizes) > 400 / count * 0.5


def test_a_shard_is_the_same_everywhere():
    # Written down: other machines, and later versions, must part a folder in the same way.
    assert [n for n in range(20) if Shard(1, 4).holds(PurePath(f"1950/{n}.jpg"))] == [
        2,
        4,
        7,
        8,
        10,
        13,
        14,
    ]
    for number in (1, 2, 3):
        shard = Shard(number, 3)
        assert shard.holds(PurePosixPath("a/ü.jpg")) == shard.holds(PureWindowsPath("a\\ü.jpg"))
        # composed, and as macOS writes it
        assert shard.holds(PurePath("\u00fc.jpg")) == shard.holds(PurePath("u\u0308.jpg"))
        shard.holds(PurePath("\udcff.jpg"))  # a name that is no text


def test_the_shards_of_a_folder_make_the_whole(tmp_path):
    restorer = Restorer(Denoise(), lambda x: x, Geometry(multiple=4, margin=4))
    (tmp_path / "box" / "sub").mkdir(parents=True)
    names = [f"{number}.png" for number in range(6)] + ["sub/0.png", "sub/1.png"]
    for name in names:
        Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(tmp_path / "box" / name)
    done = []
    for number in (1, 2, 3):
        shard = f"{number}/3"
        found = restore_files([tmp_path / "box"], tmp_path / "out", restorer, shard=shard)
        assert all(result.status == "restored" for result in found.results)
        done += [result.source.relative_to(tmp_path / "box").as_posix() for result in found.results]
        assert [result.total for result in found.results] == [len(found.results)] * len(
            found.results
        )
    assert sorted(done) == sorted(names)


def test_where_the_folder_lies_does_not_matter(tmp_path):
    restorer = Restorer(Denoise(), lambda x: x, Geometry(multiple=4, margin=4))
    done = []
    for place in ("here", "elsewhere/deeper"):
        (tmp_path / place).mkdir(parents=True)
        for number in range(6):
            Image.new("L", (8, 8)).save(tmp_path / place / f"{number}.png")
        out = tmp_path / place.replace("/", "-")
        found = restore_files([tmp_path / place], out / "out", restorer, shard="2/2")
        done.append([result.source.name for result in found.results])
    assert done[0] == done[1]


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "-1/3", "1/0", "a/b", "1/3/5", "1.0/3"])
def test_what_names_no_shard_is_refused(text):
    with pytest.raises(UsageError, match="must be like 1/8"):
        Shard.written(text)
    with pytest.raises(UsageError, match="must be like 1/8"):
        restore_files([], None, Restorer(Denoise(), lambda x: x, Geometry()), shard=text)
