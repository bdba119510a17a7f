"""Photos in bulk: what a batch becomes, what the ledger holds, and what a lost worker costs."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
import ray
from PIL import Image

from pixrestore.bulk import run
from pixrestore.bulk.batches import restore_batch
from pixrestore.bulk.ledger import Ledger
from pixrestore.bulk.rows import SPARK_SCHEMA, Row, columns_of, rows_of
from pixrestore.bulk.run import restore_in_bulk
from pixrestore.errors import OutputError, PixrestoreError, UsageError


@pytest.fixture
def photos(tmp_path, samples):
    """A folder of small pieces of photos, in folders of its own."""

    def make(count, size=24):
        with Image.open(samples / "cat.jpg") as cat:
            for at in range(count):
                place = tmp_path / "in" / f"{at % 3}" / f"{at:03d}.png"
                place.parent.mkdir(parents=True, exist_ok=True)
                cat.crop((at, at, at + size, at + size)).save(place)
        return sorted((tmp_path / "in").rglob("*.png"))

    return make


def batch_of(sources, out):
    pairs = {"input": [str(one) for one in sources]}
    return pairs | {"output": [str(out / one.name) for one in sources]}


def by_name(columns):
    return {Path(row.input).name: row for row in rows_of(columns)}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TestBatches:
    def test_each_photo_becomes_a_file_and_a_row(self, photos, tmp_path, tiny_denoiser):
        sources = photos(2)
        broken = tmp_path / "broken.png"
        broken.write_bytes(b"no photo")
        rows = by_name(
            restore_batch(batch_of([*sources, broken], tmp_path / "out"), model=str(tiny_denoiser))
        )
        for source in sources:
            row, result = rows[source.name], tmp_path / "out" / source.name
            assert (row.status, row.output, row.code) == ("restored", str(result), 0)
            assert (row.input_sha256, row.output_sha256) == (sha256(source), sha256(result))
        assert (rows["broken.png"].status, rows["broken.png"].code) == ("failed", 4)
        assert rows["broken.png"].input_sha256 == sha256(broken)
        assert "not a photo" in rows["broken.png"].message

    def test_frames_of_pandas_are_batches_as_spark_gives_them(
        self, photos, tmp_path, tiny_denoiser
    ):
        def restore_frames(frames):
            for frame in frames:
                yield pd.DataFrame(restore_batch(frame, model=str(tiny_denoiser)))

        frame = pd.DataFrame(batch_of(photos(3), tmp_path / "out"))
        found = pd.concat(restore_frames(iter([frame[:2], frame[2:]])))
        assert list(found.status) == ["restored"] * 3
        assert [part.split()[0] for part in SPARK_SCHEMA.split(", ")] == list(found.columns)

    def test_a_batch_given_again_makes_nothing_again(self, photos, tmp_path, tiny_denoiser):
        batch, began = batch_of(photos(1), tmp_path / "out"), time.time()
        result = Path(batch["output"][0])
        how = {"model": str(tiny_denoiser), "overwrite": True}
        restore_batch(batch, **how, began=began)
        before = result.stat()
        (again,) = rows_of(restore_batch(batch, **how, began=began))
        assert result.stat().st_ino == before.st_ino
        assert again.status == "restored"
        assert "ended before it said so" in again.message
        # Another job that replaces results does make it again.
        restore_batch(batch, **how)
        assert result.stat().st_ino != before.st_ino

    def test_no_input_is_written_over(self, photos, tmp_path, tiny_denoiser):
        first, second = photos(2)
        before = sha256(second)
        batch = {
            "input": [str(first), str(second)],
            "output": [str(second), str(tmp_path / "b.png")],
        }
        rows = by_name(restore_batch(batch, model=str(tiny_denoiser), overwrite=True))
        assert (rows[first.name].status, rows[first.name].code) == ("failed", 10)
        assert rows[second.name].status == "restored"
        assert sha256(second) == before

    def test_one_photo_may_have_several_results(self, photos, tmp_path, tiny_denoiser):
        (source,) = photos(1)
        outputs = [str(tmp_path / name) for name in ("a.png", "b.png", "a.png")]
        batch = {"input": [str(source)] * 3, "output": outputs}
        rows = rows_of(restore_batch(batch, model=str(tiny_denoiser)))
        assert sorted(row.output for row in rows) == sorted(set(outputs))
        assert {row.status for row in rows} == {"restored"}

    def test_a_full_disk_says_so_of_each_photo_that_has_no_result(
        self, photos, tmp_path, tiny_denoiser, monkeypatch
    ):
        first, second, third = photos(3)
        out = [tmp_path / "out" / name for name in ("1/a.png", "2/b.png", "3/c.png")]
        make = Path.mkdir

        def full(path, *args, **kwargs):
            if path.name != "1":
                raise OSError(errno.ENOSPC, "No space left on device")
            return make(path, *args, **kwargs)

        (tmp_path / "out").mkdir()
        monkeypatch.setattr(Path, "mkdir", full)
        batch = {"input": [first, second, third], "output": out}
        rows = by_name(restore_batch(batch, model=str(tiny_denoiser)))
        assert rows[first.name].status == "restored"
        for source in (second, third):
            row = rows[source.name]
            assert (row.status, row.code, row.stopping) == ("failed", 10, True)
            # The job's own line says what became of all.
            assert row.message.endswith(f"cannot write {out[1].parent}: No space left on device")

    def test_what_cannot_be_asked_of_batches_is_told(self, tiny_denoiser):
        empty = {"input": [], "output": []}
        assert len(restore_batch(empty, model=str(tiny_denoiser))["input"]) == 0
        with pytest.raises(UsageError, match="compare"):
            restore_batch(empty, model=str(tiny_denoiser), compare=True)
        with pytest.raises(UsageError, match="shard"):
            restore_batch(empty, model=str(tiny_denoiser), shard="1/2")
        stored = {"input": ["s3://box/a.png"], "output": ["a.png"]}
        with pytest.raises(UsageError, match=r"s3://box/a\.png is an address"):
            restore_batch(stored, model=str(tiny_denoiser))
        with pytest.raises(UsageError, match="name a `task` or a `model`"):
            restore_batch(empty)


JOB = {"tasks": ["denoise"], "options": {"strength": (0.5, 1)}}


class TestLedger:
    def row(self, name, status="restored"):
        return Row(f"/in/{name}", f"/out/{name}", status, seconds=0.5, input_sha256="ab")

    def test_the_latest_row_of_a_photo_counts(self, tmp_path):
        ledger = Ledger(tmp_path / "ledger", JOB)
        ledger.add([self.row("a"), self.row("é", "failed")])
        ledger.flush()
        again = Ledger(tmp_path / "ledger", JOB)
        assert again.began == ledger.began
        assert again.done() == {("/in/a", "/out/a"): "restored"}
        again.add([self.row("é"), self.row("c", "untouched")])
        again.close()
        table = pq.read_table(tmp_path / "ledger")
        assert sorted(table["input"].to_pylist()) == ["/in/a", "/in/c", "/in/é"]
        assert table["seconds"].to_pylist() == [0.5] * 3
        assert len(again.done()) == 3
        assert len(list((tmp_path / "ledger").glob("*.parquet"))) == 1

    def test_a_ledger_is_for_one_job_and_nothing_else_is_taken_for_one(self, tmp_path):
        Ledger(tmp_path / "ledger", JOB)
        with pytest.raises(UsageError, match="is of another job"):
            Ledger(tmp_path / "ledger", {**JOB, "tasks": ["colorize"]})
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "a.txt").touch()
        with pytest.raises(UsageError, match="holds something else"):
            Ledger(tmp_path / "other", JOB)


class TestJobs:
    """A job without a cluster: what workers tell is made up."""

    @pytest.fixture
    def workers(self, monkeypatch):
        """Workers that restore nothing, and are lost with photos of one name."""
        asked = []

        def use(tell):
            def restored(pairs, settings, *, size, **rest):
                asked.append((size, [Path(source).name for source, _ in pairs]))
                for start in range(0, len(pairs), size):
                    told = tell(pairs[start : start + size])
                    if told is not None:
                        yield told

            monkeypatch.setattr(run, "restored", restored)
            monkeypatch.setattr(run, "joined", lambda address: contextlib.nullcontext(2))
            return asked

        return use

    def test_a_photo_that_ends_its_workers_is_found_and_told(
        self, photos, tmp_path, tiny_denoiser, workers
    ):
        def tell(pairs):
            if any(source.endswith("001.png") for source, _ in pairs):
                return None
            return [Row(*pair, "restored") for pair in pairs]

        photos(6)
        asked = workers(tell)
        summary = restore_in_bulk(
            [tmp_path / "in"], tmp_path / "out", model=str(tiny_denoiser), batch=3
        )
        # Those of its batch are tried again, each alone.
        assert asked[1:] == [(1, ["000.png", "003.png", "001.png"])]
        assert summary.counts == {"restored": 5, "failed": 1}
        (failed,) = [one for one in ledger_of(tmp_path) if one["status"] == "failed"]
        assert failed["input"].endswith("001.png")
        assert "workers ended each time" in failed["message"]

    def test_workers_that_tell_nothing_at_all_end_the_job(
        self, photos, tmp_path, tiny_denoiser, workers
    ):
        photos(2)
        workers(lambda pairs: None)
        with pytest.raises(PixrestoreError, match="no worker could restore anything"):
            restore_in_bulk([tmp_path / "in"], tmp_path / "out", model=str(tiny_denoiser))

    def test_a_full_disk_stops_the_job_and_what_was_done_stays_noted(
        self, photos, tmp_path, tiny_denoiser, workers
    ):
        def tell(pairs):
            if pairs[0][0].endswith("000.png"):
                return [Row(*pair, "restored") for pair in pairs]
            return [Row(*pair, "failed", "disk full", code=10, stopping=True) for pair in pairs]

        photos(3)
        workers(tell)
        with pytest.raises(OutputError, match=r"disk full\. Stopped: 1 restored, 1 failed"):
            restore_in_bulk([tmp_path / "in"], tmp_path / "out", model=str(tiny_denoiser), batch=1)
        assert [one["status"] for one in ledger_of(tmp_path)] == ["restored", "failed"]

    def test_rows_that_come_twice_are_one(self, photos, tmp_path, tiny_denoiser, workers):
        photos(3)
        workers(lambda pairs: [Row(*pair, "restored") for pair in pairs] * 2)
        summary = restore_in_bulk([tmp_path / "in"], tmp_path / "out", model=str(tiny_denoiser))
        assert summary.counts == {"restored": 3}
        assert len(ledger_of(tmp_path)) == 3

    def test_names_that_tables_cannot_hold_are_told(self, photos, tmp_path, tiny_denoiser, workers):
        (photo,) = photos(1)
        shutil.copy(photo, os.fsencode(photo.parent) + b"/\xff.png")
        workers(lambda pairs: [Row(*pair, "restored") for pair in pairs])
        told = []
        summary = restore_in_bulk(
            [tmp_path / "in"],
            tmp_path / "out",
            model=str(tiny_denoiser),
            report=lambda summary, rows: told.extend(rows),
        )
        assert (summary.counts, summary.exit_code) == ({"restored": 1, "failed": 1}, 10)
        assert "its name is no UTF-8" in told[0].message


def ledger_of(folder):
    return pq.read_table(folder / "out-ledger").to_pylist()


def test_columns_hold_what_rows_do():
    row = Row("a", "b", "failed", "why", 0.5, "1", "", 4, True)
    columns = columns_of([row])
    assert rows_of(columns) == [row]
    assert columns["seconds"].dtype == np.float64


@pytest.fixture(scope="module")
def two_processors():
    """A Ray of this machine, of two processors, which is not that of the job."""
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=80 << 20,
        log_to_driver=False,
        logging_level="ERROR",
    )
    yield
    ray.shutdown()


@pytest.mark.slow
# Ray sets options of its own that it calls deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")
class TestRay:
    def test_a_killed_worker_costs_nothing(self, photos, tmp_path, tiny_denoiser, two_processors):
        sources = photos(40, size=96)
        killed = []

        def kill_one(summary, rows):
            if not killed:
                workers = [
                    one
                    for one in psutil.Process().children(recursive=True)
                    if "MapWorker" in " ".join(one.cmdline())
                ]
                os.kill(workers[0].pid, signal.SIGKILL)
                killed.append(summary.counts.total())

        summary = restore_in_bulk(
            [tmp_path / "in"], tmp_path / "out", model=str(tiny_denoiser), batch=4, report=kill_one
        )
        assert ray.is_initialized()  # it was not the job's to end
        assert killed[0] < len(sources), "it was killed when all was done"
        assert summary.counts == {"restored": len(sources)}
        rows = ledger_of(tmp_path)
        assert sorted(row["input"] for row in rows) == [str(source) for source in sources]
        for row in rows:
            result = tmp_path / "out" / os.path.relpath(row["input"], tmp_path / "in")
            assert row["output_sha256"] == sha256(result)
        # Nothing else lies there, such as a half of what the killed one wrote.
        assert len([one for one in (tmp_path / "out").rglob("*") if one.is_file()]) == len(sources)
        # Another time there is nothing to do.
        again = restore_in_bulk([tmp_path / "in"], tmp_path / "out", model=str(tiny_denoiser))
        assert (again.total, again.before) == (0, len(sources))

    def test_pipelines_of_others_call_the_function(
        self, photos, tmp_path, tiny_denoiser, two_processors
    ):
        batch = batch_of(photos(4), tmp_path / "out")
        pairs = ray.data.from_pandas(pd.DataFrame(batch))
        settings = {"model": str(tiny_denoiser)}
        done = pairs.map_batches(restore_batch, fn_kwargs=settings, batch_size=2, num_cpus=1)
        rows = done.take_all()
        assert sorted(row["output"] for row in rows) == sorted(batch["output"])
        assert {row["status"] for row in rows} == {"restored"}
