"""Lets the tests of all distributions run from the repository, without installing any."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["PIXRESTORE_PLUGINS"] = ""
os.environ["PIXRESTORE_MODELS"] = os.devnull
os.environ["PIXRESTORE_TERMS"] = "seen"
sys.path[:0] = map(str, sorted(Path(__file__).parent.glob("pixrestore-*")))
