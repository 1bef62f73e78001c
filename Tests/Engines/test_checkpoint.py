"""Checkpoints are read, and never run."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
from engine_case import EngineCase

import checkpoint
from engine_api import EngineError, weights


class Bomb:
    """Unpickled carelessly, it makes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"touch '{self.trace}'",)


def zipped(path: Path, program: bytes, storages: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", program)
        for key, content in storages.items():
            archive.writestr(f"model/data/{key}", content)
    return path


def tensor_program(count: int, size: int, step: int = 1) -> bytes:
    """A pickle of {"w": a tensor of `size` from a storage of `count` floats}, as torch.save writes it."""
    return (
        b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n(("
        b"X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
        + b"J" + count.to_bytes(4, "little") + b"tQK\x00J" + size.to_bytes(4, "little") + b"\x85J"
        + step.to_bytes(4, "little") + b"\x85\x89}tRs."
    )  # fmt: skip


class Checkpoints(EngineCase):
    def test_tensors_of_a_zip_are_read(self) -> None:
        file = zipped(self.folder / "a.pt", tensor_program(4, 4), {"0": np.arange(4, dtype="<f4").tobytes()})
        np.testing.assert_array_equal(checkpoint.load(file)["w"], [0, 1, 2, 3])

    def test_a_hostile_pickle_runs_nothing(self) -> None:
        trace = self.folder / "trace"
        program = pickle.dumps({"w": Bomb(trace), "deep": [Bomb(trace)]}, protocol=2)
        content = checkpoint.load(zipped(self.folder / "a.pt", program, {}))
        self.assertIsInstance(content["w"], checkpoint.Unknown)
        legacy = self.folder / "b.pt"
        legacy.write_bytes(pickle.dumps(checkpoint.LEGACY_MAGIC) + pickle.dumps(Bomb(trace)) + program)
        with self.assertRaises(EngineError):
            checkpoint.load(legacy)
        self.assertFalse(trace.exists())
        pickle.load(io.BytesIO(program))
        self.assertTrue(trace.exists(), "the pickle is no bomb, so this test proves nothing")

    def test_builtins_and_numpy_are_not_reachable(self) -> None:
        for module, name in ((b"builtins", b"eval"), (b"__builtin__", b"exec"), (b"numpy", b"load"), (b"torch", b"load"),
                             (b"torch._utils", b"__builtins__"), (b"collections", b"namedtuple")):  # fmt: skip
            with self.subTest(module=module, name=name):
                program = b"\x80\x02}X\x01\x00\x00\x00wc" + module + b"\n" + name + b"\nX\x03\x00\x00\x001+1\x85Rs."
                content = checkpoint.load(zipped(self.folder / "a.pt", program, {}))
                self.assertIsInstance(content["w"], checkpoint.Unknown)

    def test_a_tensor_cannot_reach_beyond_its_storage(self) -> None:
        bytes_of_four = np.zeros(4, "<f4").tobytes()
        for program in (tensor_program(4, 5), tensor_program(4, 4, 1_000_000), tensor_program(4000, 4)):
            with self.assertRaises(EngineError):
                checkpoint.load(zipped(self.folder / "a.pt", program, {"0": bytes_of_four}))

    def test_damaged_and_missing_files_are_named(self) -> None:
        good = weights("resemblyzer", "pretrained.pt").read_bytes()
        for name, content in (("cut", good[:100_000]), ("empty", b""), ("text", b"hello")):
            path = self.folder / name
            path.write_bytes(content)
            with self.subTest(name), self.assertRaises(EngineError) as caught:
                checkpoint.load(path)
            self.assertIn(str(path), str(caught.exception))
        with self.assertRaises(EngineError):
            checkpoint.load(self.folder / "missing")

    def test_both_formats_of_the_installed_weights_are_read(self) -> None:
        ge2e = checkpoint.load(weights("resemblyzer", "pretrained.pt"))["model_state"]
        self.assertEqual(ge2e["lstm.weight_ih_l0"].shape, (1024, 40))
        pyannote = checkpoint.load(weights("whisperx", "assets", "pytorch_model.bin"))["state_dict"]
        self.assertEqual(pyannote["classifier.weight"].shape, (3, 128))
        self.assertLess(np.abs(pyannote["lstm.weight_hh_l0"]).max(), 20)
