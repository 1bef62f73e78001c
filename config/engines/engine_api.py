"""What every speech engine shares: the contract, the audio reader and the outer shell of a run.

An engine is one Python file that does one stage's model work. Two verbs:

`ENGINE.py describe`
    One JSON object on stdout, in less than 0.3 s, exit 0 always: engine, stage, stages, rank (`auto` takes the
    highest one available), available, missing (what to install, or null), version, models, languages (null: any),
    tasks, limits.

`ENGINE.py run`
    One JSON request on stdin, one JSON result on stdout. On stderr: lines `progress 0.42` (a fraction), free log lines
    and, on failure, a last line `error: what happened, to which file, what to do`.
    Exit 0 done, 64 bad request, 65 unreadable audio, 69 engine, model or language not installed, 70 anything else.
    Every result carries `engine`, `model` (the weights really used) and `notes` (sentences for a person).

Times are seconds from the start of the audio, probabilities lie in 0...1, languages are ISO 639-1 codes.
Audio is a 16 kHz mono 16 bit PCM WAV. Silence and empty audio are no errors: they give empty results.
CPWX_ENGINES names the folder that holds `venv/`, `weights/` and `adapters/` (these files). Nothing uses the network.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import wave
from collections.abc import Callable, Iterator
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

for _switch in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ[_switch] = "1"
os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
# The networks' many small products run ten times slower when several threads wait for each other on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    import numpy as np

SAMPLE_RATE = 16_000
"""Hz. The only rate that the engines take."""
SILENCE = 0.0005
"""No sample of what nobody can hear is louder: -66 dBFS."""

Request = dict[str, Any]
Result = dict[str, Any]

BAD_REQUEST, BAD_AUDIO, UNAVAILABLE, FAILED = 64, 65, 69, 70


class EngineError(Exception):
    """A failure that a person can act on: an exit code and one sentence."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def home() -> Path:
    """The folder with `venv/`, `weights/` and `adapters/`: CPWX_ENGINES, else the one above this file's folder."""
    return Path(os.environ.get("CPWX_ENGINES") or Path(__file__).resolve().parent.parent)


def weights(*parts: str) -> Path:
    """The path of a file below `weights/`."""
    return home().joinpath("weights", *parts)


def has_module(name: str) -> bool:
    """Whether a top-level module could be imported, found without importing it."""
    return util.find_spec(name) is not None


def version_of(distribution: str) -> str | None:
    """The installed version of a distribution, or None."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


class Audio:
    """A WAV file read piecewise, so that a film of hours never sits in memory twice.

    Raises EngineError 65 when the file is missing, cut inside its header, or not 16 kHz mono 16 bit PCM. A file that
    is shorter than its header claims (a stream, a cut copy) counts as long as it really is.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as file, wave.open(file) as header:
                found = (header.getframerate(), header.getnchannels(), 8 * header.getsampwidth())
                claimed, self._offset = header.getnframes(), file.tell()
        except OSError as error:
            raise EngineError(BAD_AUDIO, f"cannot read {self.path}: {error.strerror or error}; run demux again") from error
        except (wave.Error, EOFError) as error:
            raise EngineError(
                BAD_AUDIO, f"{self.path} is no readable PCM WAV ({error or 'cut short'}); run demux again"
            ) from error
        if found != (SAMPLE_RATE, 1, 16):
            raise EngineError(
                BAD_AUDIO,
                f"{self.path} is {found[0]} Hz, {found[1]} channels, {found[2]} bit; "
                "16000 Hz, mono, 16 bit is needed: run demux again",
            )
        self.samples = min(claimed, max(0, (self.path.stat().st_size - self._offset) // 2))

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.samples / SAMPLE_RATE

    def read(self, start: float = 0.0, end: float | None = None) -> np.ndarray:
        """Samples from `start` to `end` (seconds) as float32 in -1...1, clipped to the file."""
        first = min(max(0, round(start * SAMPLE_RATE)), self.samples)
        last = self.samples if end is None else min(max(first, round(end * SAMPLE_RATE)), self.samples)
        return self.read_samples(first, last - first)

    def is_silent(self, start: float, end: float) -> bool:
        """Whether nothing can be heard from `start` to `end` (seconds)."""
        while start < end:
            piece = self.read(start, min(end, start + 60.0))
            if piece.size and max(piece.max(), -piece.min()) > SILENCE:
                return False
            start += 60.0
        return True

    def read_samples(self, first: int, count: int) -> np.ndarray:
        """`count` samples from sample number `first`, fewer at the end of the file, as float32 in -1...1."""
        import numpy as np

        count = max(0, min(count, self.samples - first))
        pcm = np.fromfile(self.path, dtype="<i2", count=count, offset=self._offset + 2 * first)
        floats = pcm.astype(np.float32)
        floats /= 32768.0
        return floats

    def blocks(self, samples: int) -> Iterator[np.ndarray]:
        """The whole file in blocks of `samples`, the last one shorter."""
        for first in range(0, self.samples, samples):
            yield self.read_samples(first, samples)


def audio_of(request: Request) -> Audio:
    """The audio that a request names."""
    path = request.get("audio")
    if not isinstance(path, str) or not path:
        raise EngineError(BAD_REQUEST, 'the request has no "audio"; give the path of a WAV')
    return Audio(path)


def number_of(request: Request, key: str, default: float) -> float:
    """A number from the request; absent or null takes the default."""
    value = request.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EngineError(BAD_REQUEST, f'"{key}" must be a number, not {value!r}')
    return value


def spans_of(request: Request, duration: float) -> list[tuple[float, float]] | None:
    """The request's "segments" as sorted (start, end) within the audio; None when the request has none."""
    segments = request.get("segments")
    if segments is None:
        return None
    try:
        spans = [(max(0.0, float(item["start"])), min(duration, float(item["end"]))) for item in segments]
    except (TypeError, KeyError, ValueError) as error:
        raise EngineError(BAD_REQUEST, '"segments" must be a list of {"start", "end"} in seconds') from error
    return sorted(span for span in spans if span[1] > span[0])


def progress(fraction: float) -> None:
    """Reports how much is done, 0...1."""
    log(f"progress {min(1.0, max(0.0, fraction)):.3f}")


def log(line: str) -> None:
    """One line for the stage's log."""
    print(line, file=sys.stderr, flush=True)


def main(describe: Callable[[], dict[str, Any]], run: Callable[[Request], Result]) -> None:
    """The body of every engine: carries out `describe` or `run`, then ends the process."""
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb not in ("describe", "run"):
        _stop(BAD_REQUEST, f"usage: {Path(sys.argv[0]).name} describe | run")
    with _private_stdout() as answer:
        if verb == "describe":
            result = _description(describe)
        else:
            result = _guarded(run)
        json.dump(result, answer, ensure_ascii=False, allow_nan=False)
        answer.write("\n")


def _private_stdout():
    """Keeps stdout for the answer alone: whatever a library prints goes to stderr."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answer


def _description(describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        description = describe()
    except Exception as error:  # noqa: BLE001 - a broken installation must still be described
        name = Path(sys.argv[0]).stem
        return {"engine": name, "stage": None, "stages": [], "rank": 0, "available": False, "version": None, "models": [],
                "languages": [], "tasks": [], "limits": "", "missing": f"a working installation ({error})"}  # fmt: skip
    return {"stages": [description["stage"]], "tasks": [], "languages": None, "models": []} | description


def _guarded(run: Callable[[Request], Result]) -> Result:
    request: Request = {}
    try:
        request = _read_request()
        return run(request)
    except EngineError as error:
        _stop(error.code, str(error))
    except MemoryError:
        subject = request.get("audio", "the request")
        _stop(FAILED, f"not enough memory for {subject}; free some, or choose a smaller model")
    except ImportError as error:
        _stop(UNAVAILABLE, f"{error}; install the speech engines again")
    except Exception as error:  # noqa: BLE001 - the last line must be a sentence, whatever happened
        traceback.print_exc()
        subject = request.get("audio", "the request")
        _stop(FAILED, f"{type(error).__name__}: {' '.join(str(error).split())}, with {subject}; see the lines above")


def _read_request() -> Request:
    try:
        request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise EngineError(BAD_REQUEST, f"the request on stdin is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise EngineError(BAD_REQUEST, "the request on stdin is not a JSON object")
    return request


def _stop(code: int, message: str) -> None:
    log(f"error: {message}")
    sys.exit(code)
