"""What a photo costs by task, and what the engine itself costs when there are very many.

    python benchmarks/photo_costs.py                  # both, some minutes on two processors
    python benchmarks/photo_costs.py --many 20000     # the engine alone meets more photos
    python benchmarks/photo_costs.py --photos 2 --sizes 2

The first table is of `pixrestore TASK FOLDER` as users run it: the processor time of a photo is
that of a run over several photos less that of a run over one, so that starting does not count. The
lines below are of tiny photos in an S3 server on this machine, with a restorer that does next to
nothing, and count the requests.
"""

from __future__ import annotations

import argparse
import collections
import io
import logging
import os
import re
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image
from speed.machine import description
from speed.measuring import PIXRESTORE, measured
from speed.photos import SAMPLES, make

SIZES = {"2": (1732, 1155), "12": (4243, 2828), "24": (6000, 4000)}
"""Width and height by megapixels."""


def costs(tasks: Sequence[str], sizes: Sequence[str], photos: int, work: Path) -> Iterator[str]:
    """Yield the rows of the first table."""
    yield "| task | megapixels | s of processors | MB at the peak | MB read | MB written |"
    yield "|---|---|---|---|---|---|"
    for size in sizes:
        one, several = work / f"one-{size}", work / f"several-{size}"
        for folder, count in ((one, 1), (several, photos + 1)):
            folder.mkdir()
            for number in range(count):
                source = SAMPLES[number % len(SAMPLES)]
                make(source, folder / f"{number}.jpg", SIZES[size], 0, number)
        for task in tasks:
            out = work / f"{task}-{size}"
            first = measured([*PIXRESTORE, task, one, "--out", out / "one"])
            whole = measured([*PIXRESTORE, task, several, "--out", out / "several"])
            seconds = (whole.cpu - first.cpu) / photos
            read, written = (mean_size(folder) / 1e6 for folder in (several, out / "several"))
            peak = whole.peak / 1e6
            yield f"| {task} | {size} | {seconds:.2f} | {peak:.0f} | {read:.2f} | {written:.2f} |"


def mean_size(folder: Path) -> float:
    """Return the mean size of the files in a folder, in bytes."""
    return float(np.mean([path.stat().st_size for path in folder.iterdir()]))


def engine(many: int, folders: int) -> Iterator[str]:
    """Yield what many tiny photos in an S3 server cost the engine, and their requests."""
    import boto3
    from moto.server import ThreadedMotoServer

    from pixrestore.geometry import Geometry
    from pixrestore.restoring.files import restore_files
    from pixrestore.restoring.restorer import Restorer
    from pixrestore.tasks import Denoise

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "anybody",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    client = boto3.client("s3")
    client.create_bucket(Bucket="box")
    stream = io.BytesIO()
    Image.new("RGB", (16, 16), "gray").save(stream, "PNG")
    for number in range(many):
        key = f"in/{number % folders:04}/{number:08}.png"
        client.put_object(Bucket="box", Key=key, Body=stream.getvalue())
    restorer = Restorer(Denoise(), lambda x: x, Geometry(multiple=4, margin=4))
    for run in ("all", "none is left"):
        asked: collections.Counter[str] = collections.Counter()
        start, own = time.perf_counter(), time.thread_time()
        with counting(asked):
            summary = restore_files(["s3://box/in"], "s3://box/out", restorer)
        wall, own = time.perf_counter() - start, time.thread_time() - own
        requests = ", ".join(f"{asked[name]} {name}" for name in sorted(asked))
        yield (
            f"{many} photos in {folders} folders, {run}: {summary}; {1e3 * wall / many:.1f} ms of "
            f"wall clock a photo, of which the main thread worked {1e3 * own / many:.2f} ms; "
            f"requests: {requests}"
        )
    server.stop()


def kept(many: int, folders: int) -> str:
    """Say what a run keeps of photos whose results exist, in a store in memory."""
    import fsspec

    from pixrestore.geometry import Geometry
    from pixrestore.restoring.files import restore_files
    from pixrestore.restoring.restorer import Restorer
    from pixrestore.tasks import Denoise

    memory = fsspec.filesystem("memory")
    for number in range(many):
        for side in ("in", "out"):
            memory.pipe_file(f"/{side}/{number % folders:04}/{number:08}.png", b"")
    restorer = Restorer(Denoise(), lambda x: x, Geometry(multiple=4, margin=4))
    tracemalloc.start()
    start = time.process_time()
    summary = restore_files(["memory://in"], "memory://out", restorer)
    seconds = time.process_time() - start
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (
        f"{many} photos in {folders} folders of memory: {summary}; {size / many:.0f} bytes a photo "
        f"are kept, {peak / many:.0f} at the peak; {1e6 * seconds / many:.0f} us of processors a "
        "photo, traced"
    )


def counting(asked: collections.Counter[str]) -> mock._patch[object]:
    """Count the requests to S3 by operation while a block runs."""
    import s3fs

    calling, lock = s3fs.S3FileSystem._call_s3, threading.Lock()

    async def call(self: object, method: str, *words: object, **options: object) -> object:
        with lock:
            asked[re.sub(r"_(\w)", lambda found: found[1].upper(), f"_{method}")] += 1
        return await calling(self, method, *words, **options)

    return mock.patch.object(s3fs.S3FileSystem, "_call_s3", call)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", nargs="*", default=["colorize", "denoise"])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["2", "12"])
    parser.add_argument("--photos", type=int, default=3)
    parser.add_argument("--many", type=int, default=1000)
    parser.add_argument("--folders", type=int, default=10)
    asked = parser.parse_args()
    print(description(), "\n", flush=True)
    with tempfile.TemporaryDirectory() as work:
        for row in costs(asked.tasks, asked.sizes, asked.photos, Path(work)):
            print(row, flush=True)
    print()
    for line in engine(asked.many, asked.folders):
        print(line, flush=True)
    print(kept(20 * asked.many, 10 * asked.folders))


if __name__ == "__main__":
    main()
