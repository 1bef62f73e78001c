"""What the engine tests share: running an engine as the stages do, and audio made from the sample film."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ENGINES = HERE.parent.parent / "config" / "engines"
SAMPLES = Path(os.environ.get("CPWX_SAMPLES") or HERE.parent.parent / "config" / "samples").resolve()
FILM = SAMPLES / "super_awesome_company_2018.mp4"
sys.path.insert(0, str(ENGINES))


@dataclass
class Outcome:
    """How an engine ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict:
        return json.loads(self.stdout)

    @property
    def last_line(self) -> str:
        return self.stderr.strip().splitlines()[-1]


def call(engine: str, verb: str, request: object = None, **environment: str) -> Outcome:
    """Runs `ENGINE.py VERB` as `cpwx-stage` does; a request that is no string is sent as JSON."""
    text = request if isinstance(request, str) else json.dumps(request)
    done = subprocess.run(
        [sys.executable, str(ENGINES / f"{engine}.py"), verb],
        input=text, capture_output=True, text=True, encoding="utf-8", timeout=300, env=os.environ | environment,
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout, done.stderr)


def write_wav(path: Path, samples: np.ndarray, rate: int = 16_000, channels: int = 1) -> str:
    """Writes floats in -1...1 as 16 bit PCM, and gives the path."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return str(path)


class EngineCase(unittest.TestCase):
    """A test case with its own folder, and the sample film's sound in it."""

    def setUp(self) -> None:
        workspace = tempfile.TemporaryDirectory(prefix="cpwx-engines-")
        self.addCleanup(workspace.cleanup)
        self.folder = Path(workspace.name)

    def film(self) -> str:
        """The sample film's sound as demux makes it."""
        path = self.folder / "film.wav"
        subprocess.run(
            ["ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-y", "-i", str(FILM), "-map", "0:a:0", "-vn", "-ac", "1",
             "-ar", "16000", "-c:a", "pcm_s16le", "-f", "wav", str(path)], check=True,
        )  # fmt: skip
        return str(path)

    def succeed(self, engine: str, request: object, **environment: str) -> dict:
        """The result of a run that must go well."""
        outcome = call(engine, "run", request, **environment)
        self.assertEqual(outcome.code, 0, outcome.stderr)
        return outcome.json

    def refuse(self, code: int, engine: str, request: object, **environment: str) -> str:
        """The last line of a run that must end with `code`, a sentence, and nothing on stdout."""
        outcome = call(engine, "run", request, **environment)
        self.assertEqual(outcome.code, code, outcome.stderr)
        self.assertEqual(outcome.stdout, "")
        self.assertTrue(outcome.last_line.startswith("error: "), outcome.stderr)
        return outcome.last_line
