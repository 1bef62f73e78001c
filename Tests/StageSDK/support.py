"""What the tests share: a workspace of their own, and Python processes that have the SDK on their path."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict

HERE = Path(__file__).resolve().parent
SDK = HERE.parents[1] / "config" / "sdk"
sys.dont_write_bytecode = True
sys.path.insert(0, str(SDK))


class WorkspaceTestCase(unittest.TestCase):
    """Each test has an empty workspace at `self.workspace`, and none of the variables that the SDK reads."""

    def setUp(self) -> None:
        self.workspace = Path(tempfile.mkdtemp(prefix="stage-sdk-")).resolve()
        self.addCleanup(shutil.rmtree, self.workspace)
        (self.workspace / "config").mkdir()
        for name in ("CPWX_STATE", "CONFIG_PATH", "SECRETS_PATH"):
            self.setenv(name, None)

    def setenv(self, name: str, value: "str | None") -> None:
        """Sets or removes a variable until the test ends."""
        before = os.environ.get(name)

        def put(content: "str | None") -> None:
            if content is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = content

        self.addCleanup(put, before)
        put(value)


def python(code: str, *arguments: Any) -> "subprocess.Popen[str]":
    """Starts a Python process that runs `code` with `arguments` in sys.argv[1:]."""
    environment = {**os.environ, "PYTHONPATH": str(SDK), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-S", "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
    )


def output_of(process: "subprocess.Popen[str]") -> str:
    """What the process printed; raises AssertionError with its errors if it failed."""
    output, errors = process.communicate(timeout=300)
    if process.returncode != 0:
        raise AssertionError(f"exit {process.returncode}: {errors}")
    return output


def read_json(path: Path) -> Dict[str, Any]:
    return json.loads(path.read_bytes())


# A preamble for `python`: the process kills itself just before the Nth system call that could change the disk.
DIES_AT_CALL = """
import os, signal, sys

def dies_at(fatal):
    state = {"left": fatal}
    def wrapped(call):
        def counted(*arguments, **options):
            state["left"] -= 1
            if state["left"] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)
        return counted
    for name in ("open", "mkdir", "pwrite", "ftruncate", "fsync", "fchmod", "replace", "rename", "unlink"):
        setattr(os, name, wrapped(getattr(os, name)))
"""
