"""Records what a stage read, wrote and found out in the manifest.json of its job.

    from manifest import StageManifest

    with StageManifest("asr", movie_dir, logger, job_id, user_id, job_env_file) as manifest:
        manifest.add_input("audio", audio_file, "16kHz mono audio")
        manifest.add_output("transcript", transcript_file, "WhisperX transcript")
        manifest.add_metadata("model", "large-v3")

Other processes keep the same file: the orchestrator, and other stages. So every write takes the lock `.manifest.lock`
beside it, reads the file afresh, changes the stage's own entry, and puts a complete file in place of the old one. The
lock is held for the write alone, never while the stage works. Standard library only. This file is copied into
containers on its own, so it shares no code with job_manager.py; the few lines both need stand in both.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import logging
import os
import re
import time
import uuid
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple, Type, Union
from urllib.parse import unquote

__all__ = ["StageManifest"]

PathLike = Union[str, "os.PathLike[str]"]

_STAGES = (
    "demux",
    "tmdb",
    "pre_ner",
    "silero_vad",
    "pyannote_vad",
    "diarization",
    "asr",
    "post_ner",
    "subtitle_gen",
    "mux",
)
_STAGE_LISTS = {"success": "completed_stages", "failed": "failed_stages", "skipped": "skipped_stages"}
_REASONS = {"failed": "error", "skipped": "skip_reason"}
_temporary_numbers = itertools.count()


class StageManifest:
    """One run of a stage, recorded as a context manager.

    Entering records the stage as running. Leaving records success, or failure with the error if the body raised (which
    is raised on) or exited with a code other than 0. What is added in between is written on leaving, or by `flush`.
    Secrets of the environment are masked in the recorded error.

    Attributes:
        now: gives the local time, without a zone. Replaceable.
    """

    def __init__(
        self,
        stage_name: str,
        movie_dir: PathLike,
        logger: Optional[Any] = None,
        job_id: Optional[str] = None,
        user_id: Union[int, str, None] = None,
        job_env_file: Optional[PathLike] = None,
    ) -> None:
        """Names the stage and the job's folder.

        What is not given of the last three comes from job_info.json in the folder, else from the environment file
        that CONFIG_PATH names, else from the manifest. `logger` needs `warning(text)`, as those of `logging` have it.
        """
        self.stage_name = stage_name
        self.movie_dir = Path(os.path.abspath(movie_dir))
        self.logger = logger if logger is not None else logging.getLogger(__name__)
        self.now: Callable[[], datetime] = datetime.now
        known = _job_identity(self.movie_dir)
        self.job_id = job_id or known["job_id"]
        self.user_id = _number_if_one(known["user_id"] if user_id in (None, "") else user_id)
        self.job_env_file = os.fspath(job_env_file) if job_env_file else known["job_env_file"]
        self._file = _ManifestFile(self.movie_dir, self.logger)
        self._inputs: List[Dict[str, Any]] = []
        self._outputs: Dict[str, Tuple[str, str]] = {}
        self._metadata: Dict[str, Any] = {}
        self._verdict: Optional[Tuple[str, str]] = None
        self._began, self._started_at = 0.0, ""

    def add_input(self, key: str, path: PathLike, description: str = "") -> None:
        """Adds a file that the stage reads, with the size in bytes that it has now."""
        self._inputs.append({"key": key, **_file_record(os.path.abspath(path), description)})

    def add_output(self, key: str, path: PathLike, description: str = "") -> None:
        """Adds a file that the stage writes; its size in bytes is taken when the record is written."""
        self._outputs[key] = (os.path.abspath(path), description)

    def add_metadata(self, key: str, value: Any) -> None:
        """Adds a fact as it is now. What JSON cannot hold becomes a list (sets), null (not a number) or text.

        Raises:
            TypeError, ValueError: a dictionary in `value` has unusable keys, or holds itself.
        """
        self._metadata[key] = _plain(value)

    def skip(self, reason: str) -> None:
        """Has the stage recorded as skipped instead of successful, unless the body raises."""
        self._verdict = ("skipped", reason)

    def set_error(self, error: Union[str, BaseException]) -> None:
        """Has the stage recorded as failed although the body does not raise."""
        self._verdict = ("failed", _error_text(error))

    def flush(self) -> None:
        """Writes what was added so far; the stage goes on. Raises OSError as leaving does."""
        findings = self._findings()
        with self._file.edit(self._new_manifest) as manifest:
            self._own_entry(manifest)[1].update(findings)

    def __enter__(self) -> "StageManifest":
        self.movie_dir.mkdir(parents=True, exist_ok=True)
        self._began, self._started_at = time.monotonic(), _timestamp(self.now())
        with self._file.edit(self._new_manifest) as manifest:
            name, entry = self._own_entry(manifest)
            # Who runs the job has told already when the stage began; what is told stays.
            is_told = entry.get("status") == "running" and _is_held(self.movie_dir / ".cpwx.lock")
            entry["status"] = "running"
            if not (is_told and entry.get("started_at")):
                entry["started_at"] = self._started_at
            for leftover in ("completed_at", "duration_seconds", *_REASONS.values()):
                entry.pop(leftover, None)
            pipeline = manifest.get("pipeline")
            if isinstance(pipeline, dict):
                pipeline["current_stage"] = name
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        status, text = self._outcome(error)
        try:
            self._finish(status, text)
        except Exception as trouble:
            if status != "failed" or error is None:
                raise  # a success that is not on record is none
            self.logger.warning(f"{self.stage_name}: the failure could not be recorded: {trouble}")

    def _outcome(self, error: Optional[BaseException]) -> Tuple[str, str]:
        exited_well = isinstance(error, SystemExit) and error.code in (None, 0)
        if error is not None and not exited_well:
            return "failed", _error_text(error)
        return self._verdict or ("success", "")

    def _finish(self, status: str, text: str) -> None:
        record = {
            "status": status,
            "completed_at": _timestamp(self.now()),
            "duration_seconds": round(time.monotonic() - self._began, 6),
            **self._findings(),
        }
        if status in _REASONS:
            record[_REASONS[status]] = _plain(_masked(text, self.movie_dir))
        with self._file.edit(self._new_manifest) as manifest:
            name, entry = self._own_entry(manifest)
            entry.setdefault("started_at", self._started_at)
            for reason in _REASONS.values():
                entry.pop(reason, None)
            entry.update(record)
            pipeline = manifest.get("pipeline")
            if isinstance(pipeline, dict):
                _file_under(pipeline, _STAGE_LISTS[status], name)
                if _same_stage(pipeline.get("current_stage"), name):
                    pipeline["current_stage"] = None

    def _findings(self) -> Dict[str, Any]:
        outputs = {key: _file_record(path, description) for key, (path, description) in self._outputs.items()}
        return {"input_files": self._inputs, "outputs": outputs, "metadata": self._metadata}

    def _own_entry(self, manifest: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
        """The stage's name and entry in the manifest, the leading fields filled in: as given, else as they stand,
        else as the manifest has them for the job."""
        name, entry = _entry(manifest, self.stage_name)
        given = {
            "job_id": self.job_id,
            "user_id": self.user_id,
            # The orchestrator knows the pipeline that was declared, this file only the documented one.
            "stage_number": None if entry.get("stage_number") is not None else _stage_number(name),
            "stage_name": name,
            "job_env_file": self.job_env_file,
        }
        for key, value in given.items():
            known = entry.get(key, manifest.get(key)) if value is None else _plain(value)
            if known is not None:
                entry[key] = known
        return name, entry

    def _new_manifest(self) -> Dict[str, Any]:
        moment = self.now()
        return {
            "version": "1.0.0",
            "created_at": _timestamp(moment),
            "job_id": self.job_id,
            "user_id": self.user_id,
            "job_env_file": self.job_env_file,
            "input": {"file": None, "title": None, "year": None},
            "output_dir": _job_info(self.movie_dir).get("output_dir", _plain(str(self.movie_dir))),
            "stages": {},
            "pipeline": {"status": "running", "current_stage": None, "completed_stages": [], "failed_stages": []},
            "timing": {"started_at": _timestamp(moment), "completed_at": None, "total_seconds": None},
            "timezone": _zone(moment),
        }


# --- The manifest's content


def _same_stage(name: Any, other: str) -> bool:
    """Whether both name one stage: containers write underscores, native runs hyphens."""
    return isinstance(name, str) and name.replace("-", "_") == other.replace("-", "_")


def _entry(manifest: Dict[str, Any], stage: str) -> Tuple[str, Dict[str, Any]]:
    """The stage's entry, made if need be, and the name that it has in this manifest."""
    if manifest.get("stages") is None:
        manifest["stages"] = {}
    stages = manifest["stages"]
    if isinstance(stages, list):
        return _listed_entry(stages, stage)
    name = stage if stage in stages else next((key for key in stages if _same_stage(key, stage)), stage)
    standing = stages.get(name)
    if not isinstance(standing, dict):
        stages[name] = {} if standing is None else {"replaced": standing}
    return name, stages[name]


def _listed_entry(stages: List[Any], stage: str) -> Tuple[str, Dict[str, Any]]:
    """As `_entry`, for manifests whose stages are a list of objects with a name."""
    for entry in stages:
        name = (entry.get("name") or entry.get("stage_name")) if isinstance(entry, dict) else None
        if _same_stage(name, stage):
            return name, entry
    stages.append({"name": stage})
    return stage, stages[-1]


def _stage_number(stage: str) -> Optional[int]:
    return next((number for number, name in enumerate(_STAGES, start=1) if _same_stage(name, stage)), None)


def _file_under(pipeline: Dict[str, Any], home: str, stage: str) -> None:
    """Has the stage in the list `home` of the pipeline and in none of the others."""
    for key in _STAGE_LISTS.values():
        names = pipeline.get(key)
        if key == home:
            pipeline[key] = _with(names if isinstance(names, list) else [], stage)
        elif isinstance(names, list):
            pipeline[key] = _without(names, stage)


def _with(names: List[Any], stage: str) -> List[Any]:
    """`names` with the stage once: where and as it is spelt first, else at the end."""
    place = next((place for place, name in enumerate(names) if _same_stage(name, stage)), None)
    if place is None:
        return names + [stage]
    return names[: place + 1] + _without(names[place + 1 :], stage)


def _without(names: List[Any], stage: str) -> List[Any]:
    return [name for name in names if not _same_stage(name, stage)]


def _file_record(path: str, description: str) -> Dict[str, Any]:
    try:
        size: Optional[int] = os.stat(path).st_size
    except OSError:
        size = None
    return {
        "path": _plain(path),
        "exists": size is not None,
        "size_bytes": size or 0,
        "description": _plain(description),
    }


def _plain(value: Any) -> Any:
    """A copy of `value` as JSON in UTF-8 can hold it."""

    def substitute(other: Any) -> Any:
        if isinstance(other, (set, frozenset)):
            return list(other)
        # Scalars and arrays of the numerical libraries turn into Python's own numbers and lists.
        return other.tolist() if hasattr(other, "tolist") else str(other)

    text = json.dumps(value, ensure_ascii=False, default=substitute).encode("utf-8", "replace")
    return json.loads(text, parse_constant=lambda name: None)


def _number_if_one(user_id: Any) -> Any:
    """Numbers often come as text, out of the environment."""
    return int(user_id) if isinstance(user_id, str) and re.fullmatch(r"0|[1-9][0-9]*", user_id) else user_id


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def _zone(moment: datetime) -> str:
    """The zone of a local time, as in "IST +05:30", or the offset alone where the zone has no name of letters."""
    local = moment.astimezone()
    digits, name = local.strftime("%z"), local.tzname() or ""
    offset = f"{digits[:3]}:{digits[3:5]}"
    return f"{name} {offset}" if name.isalpha() else offset


# --- What the job's folder and environment tell


def _job_identity(folder: Path) -> Dict[str, Any]:
    info = _job_info(folder)
    config_path = os.environ.get("CONFIG_PATH")
    environment = _environment(Path(config_path)) if config_path else {}
    return {
        "job_id": info.get("job_id") or environment.get("JOB_ID") or None,
        "user_id": info.get("user_id", environment.get("USER_ID") or None),
        "job_env_file": info.get("env_file") or config_path or None,
    }


def _job_info(folder: Path) -> Dict[str, Any]:
    """The content of job_info.json, nothing if it is missing or damaged."""
    try:
        info = json.loads((folder / "job_info.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return info if isinstance(info, dict) else {}


_SETTING = re.compile(
    r"""
    ^[ \t]* (?:export[ \t]+)? (\w+) [ \t]*=[ \t]*
    ( "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | (?:(?<==)\#|[^#\s])[^\r\n]*? | )    # quoted values may span lines
    (?:[ \t]+\#[^\r\n]*)? [ \t]*\r?$
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


def _environment(path: Path) -> Dict[str, str]:
    """The settings of an environment file, nothing if it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return {}
    settings: Dict[str, str] = {}
    for match in _SETTING.finditer(text):
        settings[match.group(1)] = _meant(match.group(2), settings)
    return settings


def _meant(value: str, known: Mapping[str, str]) -> str:
    """`value` as cpwx reads it: without quotes and escapes, and with `${NAME}` filled in but in single quotes."""
    quote = value[0] if _QUOTED.fullmatch(value) else ""

    def filled(name: str, default: Optional[str]) -> str:
        return known.get(name, os.environ.get(name, "")) or default or ""

    def part(match: "re.Match[str]") -> str:
        escaped, name, default = match.groups()
        return filled(name, default) if escaped is None else _ESCAPES.get(escaped, match.group())

    if quote == "'":
        return re.sub(r"\\(['\\])", r"\1", value[1:-1])
    if quote:
        return _ESCAPE_OR_VARIABLE.sub(part, value[1:-1])
    return _VARIABLE.sub(lambda match: filled(*match.groups()), value)


_QUOTED = re.compile(r"""("|')(?:\\.|(?!\1)[^\\])*\1""", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", **{mark: mark for mark in "\"\\$'`"}}
_VARIABLE = re.compile(r"\$\{([^{}:\n]*)(?::-([^{}\n]*))?\}")
_ESCAPE_OR_VARIABLE = re.compile(r"\\(.)|" + _VARIABLE.pattern, re.DOTALL)
_SECRET_NAME = re.compile(r"(?:^|_)(TOKEN|KEY|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS|WEBHOOK)S?$", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(://[^\s/?#:@\"<>]*:)([^\s/?#\"<>]+)(?=@)")
_SHORTEST_SECRET = 4  # masking every `1` would leave nothing to read
_MASK = "********"


def _error_text(error: Union[str, BaseException]) -> str:
    return error if isinstance(error, str) else f"{type(error).__name__}: {error}"


def _masked(text: str, folder: Path) -> str:
    """`text` without the secrets of the process, of the job's environment file, and of the file in SECRETS_PATH."""
    settings: Dict[str, str] = {}
    secrets: List[str] = []
    for source in (_environment(folder / "job.env"), _environment(Path(os.environ.get("CONFIG_PATH", ""))), os.environ):
        settings.update(source)
        secrets += [value for name, value in source.items() if _SECRET_NAME.search(name)]
        passwords = [match.group(2) for value in source.values() for match in _URL_PASSWORD.finditer(value)]
        secrets += passwords + [unquote(password) for password in passwords]
    secrets += _secrets_file(settings)
    text = _URL_PASSWORD.sub(rf"\1{_MASK}", text)
    # A key of several lines may be quoted line by line.
    lines = {line for secret in secrets for line in secret.splitlines() if len(line) >= _SHORTEST_SECRET}
    return _covered(text, lines)


def _covered(text: str, secrets: Iterable[str]) -> str:
    """`text` with a mask in the place of each secret; those that overlap are one."""
    places = sorted(
        (match.start(), match.start() + len(secret))
        for secret in secrets
        for match in re.finditer(f"(?={re.escape(secret)})", text)
    )
    masked, end = "", 0
    for start, stop in places:
        if start >= end:
            masked += text[end:start] + _MASK
        end = max(end, stop)
    return masked + text[end:]


def _secrets_file(settings: Mapping[str, str]) -> List[str]:
    """The texts in the file that SECRETS_PATH names, from here or from the folder that config/ is in."""
    path = _VARIABLE.sub(
        lambda match: settings.get(match.group(1)) or match.group(2) or "", settings.get("SECRETS_PATH", "")
    )
    for root in (Path(), Path(os.environ.get("CONFIG_PATH", "")).parent.parent):
        try:
            return list(_texts(json.loads((root / path).read_bytes())))
        except (OSError, ValueError):
            continue
    return []


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON document, but for the names of members."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


# --- The manifest's file


class _ManifestFile:
    """manifest.json in the folder of a job, changed only under its lock, and only as a whole."""

    # Writers that know no lock truncate the file and fill it again: their gap closes within this, in seconds.
    _pauses = (0.05, 0.1, 0.2, 0.3, 0.35)
    _stale_after = 600.0  # seconds

    def __init__(self, folder: Path, logger: Any) -> None:
        self._folder = folder
        self._path = folder / "manifest.json"
        self._logger = logger

    @contextlib.contextmanager
    def edit(self, make_new: Callable[[], Dict[str, Any]]) -> Iterator[Dict[str, Any]]:
        """Gives the manifest, or what `make_new` makes where there is none, and writes what became of it.

        The lock is held until the block ends; nothing is written if the block raises. Raises OSError.
        """
        with _locked(self._folder / ".manifest.lock"):
            found = self._read()
            manifest = make_new() if found is None else found
            if manifest.get("pipeline") is None:
                manifest["pipeline"] = make_new()["pipeline"]
            yield manifest
            self._write(_encoded(manifest))
            self._remove_stale()

    def _read(self) -> Optional[Dict[str, Any]]:
        """The manifest; None if there is none, or if it was damaged and has been set aside."""
        for pause in (0.0, *self._pauses):
            time.sleep(pause)
            try:
                data = self._path.read_bytes()
            except FileNotFoundError:
                return None
            manifest = _decoded(data)
            if manifest is not None:
                return manifest
        self._set_aside()
        return None

    def _set_aside(self) -> None:
        name = f"{self._path.name}.damaged-{datetime.now():%Y%m%dT%H%M%S}"
        candidates = itertools.chain([name], (f"{name}-{count}" for count in itertools.count(2)))
        target = next(path for path in map(self._path.with_name, candidates) if not os.path.lexists(path))
        os.rename(self._path, target)
        self._logger.warning(f"{self._path} is damaged: set aside as {target.name}, a new one is started")

    def _write(self, data: bytes) -> None:
        temporary = self._path.with_name(f".{self._path.name}.tmp-{os.getpid()}-{next(_temporary_numbers)}")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
            with open(descriptor, "wb") as file:
                self._keep_owner_and_mode(descriptor)
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            os.replace(temporary, self._path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        _sync_folder(self._folder)

    def _keep_owner_and_mode(self, descriptor: int) -> None:
        """A container's root must not take the file away from the user who keeps the job."""
        try:
            old = os.stat(self._path)
        except FileNotFoundError:
            return
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, old.st_uid, old.st_gid)
        os.fchmod(descriptor, old.st_mode & 0o777)

    def _remove_stale(self) -> None:
        """Removes what writers that were killed long ago have left."""
        for path in self._folder.glob(f".{self._path.name}.tmp-*"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > self._stale_after:
                    path.unlink()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds the exclusive lock of the file at `path`, which is made if need be and never removed."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except PermissionError:
        if not path.exists():
            raise
        # Another user's: to lock it, reading is enough.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Closing is not enough where a fork elsewhere in the process copied the descriptor.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _is_held(path: Path) -> bool:
    """Whether a process holds the lock of the file at `path`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False
    except OSError as error:
        return isinstance(error, BlockingIOError)
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- JSON that comes out as it went in


class _Numeral:
    """A number that Python would write otherwise than it was read, as 1e3, 1.10, or one beyond its range."""

    def __init__(self, text: str) -> None:
        self.text = text


def _numeral(convert: Callable[[str], Union[int, float]]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        if len(text) > 300:  # Python refuses to convert integers of thousands of digits
            return _Numeral(text)
        value = convert(text)
        return value if repr(value) == text else _Numeral(text)

    return parse


def _decoded(data: bytes) -> Optional[Dict[str, Any]]:
    """The manifest in `data`, or None if there is none: cut short, no JSON, no object, no room for stages."""
    try:
        text = data.decode("utf-8-sig", "surrogateescape")
        manifest = json.loads(text, parse_float=_numeral(float), parse_int=_numeral(int))
    except (ValueError, RecursionError):
        return None
    sound = isinstance(manifest, dict) and isinstance(manifest.get("stages"), (dict, list, type(None)))
    return manifest if sound else None


def _encoded(manifest: Dict[str, Any]) -> bytes:
    """The manifest as indented JSON; numerals and bytes that are no UTF-8 as `_decoded` found them."""
    mark = uuid.uuid4().hex
    text = json.dumps(manifest, indent=2, ensure_ascii=False, default=lambda numeral: mark + numeral.text)
    text = re.sub(f'"{mark}([^"]*)"', r"\1", text)
    # Halves of surrogate pairs can only have come in as escapes.
    text = re.sub("[\ud800-\udc7f\udd00-\udfff]", lambda half: f"\\u{ord(half.group()):04x}", text)
    return (text + "\n").encode("utf-8", "surrogateescape")
