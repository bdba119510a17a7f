"""Photos and results behind addresses: a store in memory, one of folders, and a server of S3."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import fsspec
import pytest
from PIL import Image

import pixrestore
from pixrestore.addresses import Address, place_of, put
from pixrestore.cli import main
from pixrestore.errors import ModelError, OutputError, PhotoError, UsageError
from pixrestore.model.folder import load_model
from pixrestore.restoring.files import restore_files


@pytest.fixture
def memory():
    """An empty store of files in memory."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


def photo(shade=100, kind="PNG"):
    stream = io.BytesIO()
    Image.new("RGB", (24, 16), (shade, shade, shade)).save(stream, kind)
    return stream.getvalue()


def shade(content):
    with Image.open(io.BytesIO(content)) as image:
        return image.convert("RGB").getpixel((8, 8))[0]


def statuses(summary):
    return sorted((str(result.source), result.status) for result in summary.results)


class TestPlaces:
    def test_a_folder_keeps_its_structure_in_another(self, restorer, memory):
        for name in ("a.png", "1950/b.png", "1950/may/c.gif", ".hidden/d.png", ".e.png"):
            kind = "GIF" if name.endswith("gif") else "PNG"
            memory.pipe_file(f"/all/box/{name}", photo(kind=kind))
        summary = restore_files(["memory://all/box/"], None, restorer)
        assert str(summary) == "3 restored"
        made = [
            f"/all/box-denoise/{name}" for name in ("1950/b.png", "1950/may/c.gif.png", "a.png")
        ]
        assert sorted(memory.find("/all/box-denoise")) == made
        assert [shade(memory.cat_file(name)) for name in made] == [50, 50, 50]

    def test_one_photo_gets_its_result_beside_it_or_where_it_is_wanted(self, restorer, memory):
        memory.pipe_file("/box/a.png", photo())
        restore_files(["memory://box/a.png"], None, restorer)
        restore_files(["memory://box/a.png"], "memory://new/deep/b.jpg", restorer)
        restore_files(["memory://box/a.png"], "memory://new", restorer)
        made = ["/box/a-denoise.png", "/box/a.png", "/new/a.png", "/new/deep/b.jpg"]
        assert sorted(memory.find("/")) == made

    def test_from_a_store_to_this_machine_and_back(self, restorer, memory, tmp_path):
        memory.pipe_file("/box/deep/a.png", photo())
        restore_files(["memory://box"], tmp_path / "out", restorer)
        assert shade((tmp_path / "out" / "deep" / "a.png").read_bytes()) == 50
        restore_files([tmp_path / "out"], "memory://back", restorer)
        assert shade(memory.cat_file("/back/deep/a.png")) == 25

    def test_a_path_that_lost_a_slash_is_the_same_address(self):
        assert place_of(Path("s3://bucket/in/")) == place_of("s3a://bucket/in")
        assert place_of("s3://bucket/in") == Address("s3://bucket/in")
        for local in ("C:/photos", "s3:/in", "a://", "file:///tmp/a", "https://example.org/a.jpg"):
            assert isinstance(place_of(local), Path), local

    def test_names_are_those_of_paths(self):
        address = Address("s3://bucket/in/old.photo.jpg")
        path = Path("/bucket/in/old.photo.jpg")
        for name in ("name", "stem", "suffix"):
            assert getattr(address, name) == getattr(path, name)
        assert address.parent == Address("s3://bucket/in")
        assert address.parent.parent == Address("s3://bucket")
        assert address.parent.parent.parent == Address("s3://bucket")
        assert address.with_name("b.jpg") == Address("s3://bucket/in/b.jpg")

    def test_python_reads_an_address(self, memory):
        memory.pipe_file("/box/a.png", photo())
        restored = pixrestore.denoise("memory://box/a.png")
        assert restored.size == (24, 16)


class TestWhatIsThere:
    def test_results_that_exist_are_skipped_or_replaced(self, restorer, memory):
        for name in ("a.png", "b.png"):
            memory.pipe_file(f"/box/{name}", photo())
        memory.pipe_file("/out/a.png", photo(7))
        summary = restore_files(["memory://box"], "memory://out", restorer)
        assert str(summary) == "1 restored, 1 skipped (their results exist)"
        assert shade(memory.cat_file("/out/a.png")) == 7
        restore_files(["memory://box"], "memory://out", restorer, overwrite=True)
        assert shade(memory.cat_file("/out/a.png")) == 50

    def test_comparisons_lie_beside_results_also_those_that_exist(self, restorer, memory):
        memory.pipe_file("/box/a.png", photo())
        restore_files(["memory://box"], "memory://out", restorer)
        restore_files(["memory://box"], "memory://out", restorer, compare=True)
        assert sorted(memory.find("/out")) == ["/out/a-compare.jpg", "/out/a.png"]

    def test_hidden_results_are_seen_too(self, restorer, memory):
        memory.pipe_file("/box/.a.png", photo())
        memory.pipe_file("/out/.a.png", photo(7))
        summary = restore_files(["memory://box/.a.png"], "memory://out", restorer)
        assert [result.status for result in summary.results] == ["skipped"]


class TestMany:
    def test_photos_are_restored_while_others_are_being_found(self, restorer, memory, monkeypatch):
        for number in range(6):
            memory.pipe_file(f"/box/{number}/a.png", photo())
        order, listing = [], type(memory).ls

        def ls(self, path, **options):
            order.append(path)
            return listing(self, path, **options)

        monkeypatch.setattr(type(memory), "ls", ls)
        restore_files(
            ["memory://box"], "memory://out", restorer, report=lambda one: order.append(one.result)
        )
        first = order.index(Address("memory://out/0/a.png"))
        assert first < order.index("/box/5")
        assert sum(isinstance(one, Address) for one in order) == 6

    def test_a_folder_that_cannot_be_listed_is_told_and_what_was_found_is_done(
        self, restorer, memory, monkeypatch
    ):
        memory.pipe_file("/box/a.png", photo())
        memory.pipe_file("/box/shut/b.png", photo())
        listing = type(memory).ls

        def ls(self, path, **options):
            if path.endswith("shut"):
                raise PermissionError("AccessDenied")
            return listing(self, path, **options)

        monkeypatch.setattr(type(memory), "ls", ls)
        summary = restore_files(["memory://box"], "memory://out", restorer)
        assert (str(summary), summary.exit_code) == ("1 restored, 1 failed", PhotoError.exit_code)
        message = "cannot list memory://box/shut: no permission (AccessDenied)"
        assert message in [result.message for result in summary.results]

    def test_one_bad_photo_does_not_stop_the_others(self, restorer, memory):
        memory.pipe_file("/box/a.png", b"no photo")
        memory.pipe_file("/box/b.png", photo())
        memory.pipe_file("/box/c.nef", b"raw")
        summary = restore_files(["memory://box", "memory://box/gone.png"], "memory://o", restorer)
        assert statuses(summary) == [
            ("memory://box/a.png", "failed"),
            ("memory://box/b.png", "restored"),
            ("memory://box/gone.png", "failed"),
        ]
        assert "memory://box/gone.png: does not exist" in [one.message for one in summary.results]
        assert "1 passed over: .nef" in str(summary)


class TestRefusals:
    @pytest.mark.parametrize(
        ("inputs", "out", "message"),
        [
            (["memory://box"], "memory://box", "would lie among the photos"),
            (["memory://box/deep"], "memory://box", "would lie among the photos"),
            (["memory://box"], "memory://box/new.png", "names one file"),
            (["memory://box", "local.png"], "memory://out", "take two commands"),
            (["memory://box/deep", "memory://box/deep/b.png"], None, "give one of them"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_once(self, restorer, memory, inputs, out, message):
        memory.pipe_file("/box/a.png", photo())
        memory.pipe_file("/box/deep/b.png", photo())
        with pytest.raises(UsageError, match=message):
            restore_files(inputs, out, restorer)
        assert sorted(memory.find("/")) == ["/box/a.png", "/box/deep/b.png"]

    def test_results_below_the_photos_are_no_photos_the_next_time(self, restorer, memory):
        memory.pipe_file("/box/a.png", photo())
        for _ in range(2):
            restore_files(["memory://box"], "memory://box/new", restorer)
        assert sorted(memory.find("/")) == ["/box/a.png", "/box/new/a.png"]

    def test_no_result_replaces_a_photo_or_another_result(self, restorer, memory):
        memory.pipe_file("/box/a.gif", photo(kind="GIF"))
        memory.pipe_file("/box/a.gif.png", photo(200))
        memory.pipe_file("/two/a.gif.png", photo(20))
        summary = restore_files(["memory://box"], "memory://out", restorer)
        assert [result.status for result in summary.results] == ["failed", "restored"]
        both = ["memory://box/a.gif.png", "memory://two/a.gif.png"]
        summary = restore_files([*both, both[0]], "memory://new", restorer)
        assert sorted(result.status for result in summary.results) == ["failed", "restored"]
        summary = restore_files(both[:1], both[0], restorer, overwrite=True)
        assert "would be written over the input" in summary.results[0].message
        assert shade(memory.cat_file("/box/a.gif.png")) == 200

    def test_photos_of_one_name_whose_endings_change(self, restorer, memory):
        memory.pipe_file("/box/a.png", photo())
        memory.pipe_file("/box/a.jpg", photo(kind="JPEG"))
        summary = restore_files(["memory://box"], "memory://webp", restorer, format="webp")
        assert sorted(result.status for result in summary.results) == ["failed", "restored"]
        restore_files(["memory://box"], "memory://both", restorer, compare=True)
        made = ["a-compare.jpg", "a.jpg", "a.png", "a.png-compare.jpg"]
        assert sorted(memory.find("/both")) == [f"/both/{name}" for name in made]

    def test_stores_keep_no_times(self, restorer, memory, tmp_path):
        memory.pipe_file("/box/a.png", photo())
        with pytest.raises(UsageError, match="`keep_times` is for files of this machine"):
            restore_files(["memory://box"], tmp_path, restorer, keep_times=True)

    def test_names_that_would_leave_the_folder_of_results(self, restorer, memory, tmp_path):
        memory.store["/box/../../a.png"] = memory.open("/x", "wb")
        memory.pipe_file("/box/b.png", photo())
        restore_files(["memory://box"], tmp_path / "deep" / "out", restorer)
        assert [path.name for path in tmp_path.rglob("*.png")] == ["b.png"]

    def test_without_the_extra_one_line_says_what_to_install(self, monkeypatch, capsys):
        monkeypatch.setitem(sys.modules, "fsspec", None)
        assert main(["denoise", "s3://bucket/a.jpg"]) == UsageError.exit_code
        told = "pixrestore: s3://bucket/a.jpg needs fsspec: pip install 'pixrestore[cloud]'\n"
        assert capsys.readouterr().err == told

    def test_what_is_no_photo_is_not_written_to_an_address(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        assert main(["train", "--task", "denoise", "--out", "s3://box/run"]) == UsageError.exit_code
        told = "a model cannot be written to s3://box/run: name a place on this machine"
        assert told in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []

    def test_stores_that_nobody_knows(self, capsys):
        assert main(["denoise", "nowhere://bucket/a.jpg"]) == UsageError.exit_code
        assert capsys.readouterr().err.count("\n") == 1


class TestModels:
    def test_a_model_is_fetched_once_and_again_when_it_changes(self, memory, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        installed = load_model("denoise").folder
        for path in installed.iterdir():
            memory.pipe_file(f"/shared/clean/{path.name}", path.read_bytes())
        memory.pipe_file("/shared/clean/history.csv", b"not of the model")
        model = load_model("memory://shared/clean")
        assert model.name == "clean"
        kept = {path.name for path in model.folder.iterdir()}
        assert kept == {"model.json", "model.weights.h5", "model.onnx", "README.md"}
        memory.rm("/shared/clean/model.onnx")
        assert load_model("memory://shared/clean").folder == model.folder
        changed = (installed / "model.json").read_bytes() + b"\n"
        memory.pipe_file("/shared/clean/model.json", changed)
        assert load_model("memory://shared/clean").folder != model.folder

    def test_a_model_that_is_not_there(self, memory, capsys, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert main(["restore", "a.png", "--model", "memory://shared/x"]) == ModelError.exit_code
        told = "pixrestore: cannot fetch the model memory://shared/x: does not exist\n"
        assert capsys.readouterr().err == told
        assert list(tmp_path.iterdir()) == []


class TestFoldersBehindAddresses:
    """File systems show what is being written; ``local`` stands for SFTP and its like."""

    def test_a_file_appears_when_it_is_whole(self, tmp_path, monkeypatch):
        from fsspec.implementations.local import LocalFileOpener

        def full(self, data):
            raise OSError(28, "No space left on device")

        place = Address(f"local://{tmp_path}/new/a.txt")
        with monkeypatch.context() as patch:
            patch.setattr(LocalFileOpener, "write", full)
            with pytest.raises(OutputError, match="No space left"):
                put(place, b"whole")
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        put(place, b"whole")
        assert (tmp_path / "new" / "a.txt").read_bytes() == b"whole"


@pytest.fixture(scope="module")
def s3():
    """A server of S3 on this machine, and a client of it."""
    import boto3
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "anybody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket="box")
        yield client
        client.close()
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def keys(client, bucket="box"):
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


class TestS3:
    def test_from_the_shell(self, s3, capsys):
        s3.put_object(Bucket="box", Key="in/", Body=b"")  # as consoles make folders
        s3.put_object(Bucket="box", Key="in/a b#?.png", Body=photo())
        s3.put_object(Bucket="box", Key="in/x/b.jpg", Body=photo(kind="JPEG"))
        assert main(["denoise", "s3://box/in/", "-o", "s3://box/out"]) == 0, capsys.readouterr()
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("1  s3://box/in/a b#?.png -> s3://box/out/a b#?.png")
        assert lines[-1] == "2 restored"
        assert [key for key in keys(s3) if key.startswith("out")] == [
            "out/a b#?.png",
            "out/x/b.jpg",
        ]
        assert main(["denoise", "s3://box/in", "-o", "s3://box/out"]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == (
            "0 restored, 2 skipped (their results exist)"
        )

    def test_a_bucket_that_is_not_there_stops_the_run_and_is_not_made(self, s3, restorer, tmp_path):
        for name in ("a.png", "b.png", "c.png", "d.png"):
            (tmp_path / name).write_bytes(photo())
        with pytest.raises(OutputError, match=r"s3://gone/out/a.png: does not exist. Stopped"):
            restore_files([tmp_path], "s3://gone/out", restorer)
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["box"]

    def test_a_bucket_has_nothing_beside_it(self, s3, restorer):
        with pytest.raises(UsageError, match="s3://box has no folder beside it: set `out`"):
            restore_files(["s3://box"], None, restorer)

    def test_a_large_upload_that_breaks_leaves_nothing(self, s3, monkeypatch):
        import s3fs

        calling = s3fs.S3FileSystem._call_s3

        async def broken(self, method, *words, **options):
            if method == "upload_part" and options["PartNumber"] == 2:
                raise ConnectionError("the network is gone")
            return await calling(self, method, *words, **options)

        # What is uploaded in parts has 100 MB, and one of them is enough to see.
        monkeypatch.setattr(s3fs.S3FileSystem._pipe_file, "__defaults__", (5 << 20, 1, "overwrite"))
        place = Address("s3://box/large.bin")
        with monkeypatch.context() as patch:
            patch.setattr(s3fs.S3FileSystem, "_call_s3", broken)
            with pytest.raises(OutputError, match="the network is gone"):
                put(place, bytes(11 << 20))
        assert "large.bin" not in keys(s3)
        assert "Uploads" not in s3.list_multipart_uploads(Bucket="box")
        put(place, bytes(11 << 20))
        assert s3.head_object(Bucket="box", Key="large.bin")["ContentLength"] == 11 << 20
