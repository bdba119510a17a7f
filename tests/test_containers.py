"""What the files for containers say holds for this copy; no daemon is needed to try it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = ["Dockerfile", "Dockerfile.train"]


def lines_of(name):
    """Return the instructions of a Dockerfile, each on one line."""
    text = re.sub(r"^#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def said(name, instruction):
    return [line.split(None, 1)[1] for line in lines_of(name) if line.startswith(instruction + " ")]


@pytest.mark.parametrize("name", FILES)
class TestImages:
    def test_what_is_copied_is_there_and_not_ignored(self, name):
        allowed = (ROOT / ".dockerignore").read_text().splitlines()
        copied = [words.split()[:-1] for words in said(name, "COPY") if "--from" not in words]
        sources = [source for words in copied for source in words]
        assert "pyproject.toml" in sources
        for source in sources:
            assert (ROOT / source).exists()
            assert f"!{source}" in allowed

    def test_what_the_package_is_built_of_is_copied(self, name):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        whole = " ".join(said(name, "COPY"))
        assert all(part in whole for part in (project["readme"], *project["license-files"]))

    def test_extras_are_those_of_the_package(self, name):
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        asked = re.search(r'"\.\[(.+)\]"', " ".join(said(name, "RUN")))[1].split(",")
        assert set(asked) <= set(extras["optional-dependencies"])

    def test_nothing_runs_as_root(self, name):
        assert said(name, "USER") == ["10001:10001"]
        instructions = [line.split()[0] for line in lines_of(name)]
        assert "RUN" not in instructions[instructions.index("USER") :]

    def test_the_command_is_one(self, name, fresh_cli):
        assert json.loads(said(name, "ENTRYPOINT")[0]) == ["pixrestore"]
        done = fresh_cli(*json.loads(said(name, "CMD")[0]), "--help", plugins="")
        assert (done.code, done.err) == (0, "")


def test_services_run_commands_that_are_there(fresh_cli):
    text = (ROOT / "compose.yaml").read_text()
    commands = re.findall(r"command: \[(.+)\]", text)
    assert len(commands) == 2
    for command in commands:
        done = fresh_cli(*command.split(", "), "--help", plugins="")
        assert (done.code, done.err) == (0, "")
    for name in re.findall(r"dockerfile: ([\w.]+)", text):
        assert name in FILES


class Healthy(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words):
        pass


def test_the_health_check_hears_the_server():
    check = json.loads(re.search(r"CMD (\[.+\])", said("Dockerfile", "HEALTHCHECK")[0])[1])
    port = shlex.split(said("Dockerfile", "EXPOSE")[0])[0]
    assert f":{port}/" in check[-1]
    assert port in said("Dockerfile", "CMD")[0]
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        code = check[-1].replace(f":{port}/", f":{server.server_port}/")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
        server.shutdown()
    assert Healthy.asked == ["/healthz"]
    gone = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert gone.returncode == 1
