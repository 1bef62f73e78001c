"""Creates jobs: the number, the folders, the environment file, job_info.json.

    from job_manager import JobManager

    job_mgr = JobManager(config_dir=Path("config"), output_root=Path("out"), log_root=Path("logs"))
    job_info = job_mgr.create_job(user_id=1)

Any number of processes and users may create jobs at once: numbers are handed out under a lock that the kernel drops
with its holder, and none is given twice, also after its job was archived or deleted. Every file appears complete or
not at all. Standard library only. This file is copied about on its own, so it shares no code with manifest.py; the
few lines both need stand in both.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import logging
import os
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Optional, Tuple, Union

__all__ = ["JobManager"]

UserID = Union[int, str]

_PRIVATE = 0o600
_PUBLIC = 0o666  # less what the umask takes
_temporary_numbers = itertools.count()
_log = logging.getLogger(__name__)


class JobManager:
    """Creates one job at a time below `output_root` and `log_root`, configured by `config_dir`/.env.

    The workspace is the parent of `config_dir`. Numbers are kept in CPWX_STATE, by default WORKSPACE/.cpwx.
    After `create_job` the object stands for the job it created last.

    Attributes:
        now: gives the local time, without a zone. Replaceable.
        job_info: what `create_job` returned last, or None.
    """

    def __init__(
        self,
        config_dir: Union[str, Path],
        output_root: Union[str, Path],
        log_root: Union[str, Path],
    ) -> None:
        self.config_dir = Path(config_dir)
        self.output_root = Path(output_root)
        self.log_root = Path(log_root)
        self.now: Callable[[], datetime] = datetime.now
        self.job_info: Optional[Dict[str, Any]] = None
        # Absolute from here on: a later chdir of the caller must not move the job.
        self._config = _absolute(config_dir)
        self._output = _absolute(output_root)
        self._logs = _absolute(log_root)
        self._workspace = self._config.parent
        self._state = _absolute(os.environ.get("CPWX_STATE") or self._workspace / ".cpwx")
        self._branch = Path()

    def create_job(self, user_id: UserID = 1) -> Dict[str, Any]:
        """Creates the next job of the day and returns its job_info.

        The folders, job.env and job_info.json are on the disk before config/.env.job_ID appears. Paths in job_info
        are relative to the workspace where they lie inside it, otherwise absolute.

        Raises:
            ValueError: `user_id` cannot be a folder's name, or config/.env is no text in UTF-8 or alike.
            OSError: a folder or file could not be read or written. A number already taken stays unused.
        """
        user = _checked_user(user_id)
        configured = self._configuration()
        job_id, created_at, branch = self._claim(user)
        info = self._describe(job_id, user, created_at, branch)
        environment = _with_values(
            configured,
            {
                "JOB_ID": job_id,
                "USER_ID": str(user),
                "OUTPUT_ROOT": info["output_dir"],
                "LOG_ROOT": info["log_dir"],
            },
        )
        folder = self._output / branch
        _make_folders(self._logs / branch)
        _write_durably(folder / "job.env", environment, _PRIVATE)
        _write_durably(folder / "job_info.json", _json_bytes(info), _PUBLIC)
        # Last, so that a failure above leaves no secrets behind in config/ that nobody would clean up.
        _write_durably(self._config / _env_name(job_id), environment, _PRIVATE)
        self.job_info, self._branch = info, branch
        return dict(info)

    def _configuration(self) -> bytes:
        """config/.env, in which settings in UTF-16 would be missed unseen."""
        configured = _bytes_of(self._config / ".env") or b""
        if b"\0" in configured:
            path = self._config / ".env"
            raise ValueError(f"{path}: it holds a byte 0, as text in UTF-16 does; expected UTF-8: iconv -f UTF-16 -t UTF-8")
        return configured

    def get_job_output_dir(self) -> Path:
        """The job's folder, below `output_root` as it was given. Raises RuntimeError before `create_job`."""
        self._require_job()
        return self.output_root / self._branch

    def get_job_log_dir(self) -> Path:
        """The job's log folder, below `log_root` as it was given. Raises RuntimeError before `create_job`."""
        self._require_job()
        return self.log_root / self._branch

    def get_job_env_path(self) -> Path:
        """The job's environment file in `config_dir`. Raises RuntimeError before `create_job`."""
        return self.config_dir / _env_name(self._require_job()["job_id"])

    def cleanup_job_env(self) -> bool:
        """Removes config/.env.job_ID once job.env in the job's folder holds the same bytes.

        A missing job.env is written first. Where it differs, or the job's folder is gone, the environment file is the
        only copy of something: it stays, with a warning. Returns whether config/ is free of the file.

        Raises:
            RuntimeError: before `create_job`.
            OSError: a file could not be read, written or removed.
        """
        env_path = self._config / _env_name(self._require_job()["job_id"])
        backup = self._output / self._branch / "job.env"
        environment = _bytes_of(env_path)
        if environment is None:
            return True
        if not backup.exists() and backup.parent.is_dir():
            _write_durably(backup, environment, _PRIVATE)
        if _bytes_of(backup) != environment:
            _log.warning(f"{env_path} is kept: {backup} does not hold the same")
            return False
        env_path.unlink()
        _sync_folder(env_path.parent)
        return True

    def _require_job(self) -> Dict[str, Any]:
        if self.job_info is None:
            raise RuntimeError("no job yet: call create_job() first")
        return self.job_info

    def _claim(self, user: UserID) -> Tuple[str, datetime, Path]:
        """Takes the day's next number and makes the job's folder, both under the day's lock."""
        while True:
            day = self.now().date()
            with _locked(self._state / "numbers" / f"{day:%Y%m%d}") as ledger:
                created_at = self.now()
                if created_at.date() != day:
                    continue  # midnight passed while waiting: the number would belong to yesterday
                number = max(_recorded_number(ledger), self._highest_seen(day)) + 1
                _record_number(ledger, number)
                job_id = f"{day:%Y%m%d}-{number:03d}"
                branch = Path(f"{day:%Y/%m/%d}") / str(user) / job_id
                folder = self._output / branch
                _make_folders(folder.parent)
                try:
                    folder.mkdir()
                except FileExistsError:
                    continue  # made meanwhile by a program that knows no lock
                _sync_folder(folder.parent)
                return job_id, created_at, branch

    def _highest_seen(self, day: date) -> int:
        """The highest number of `day` that outputs, logs, archives or environment files bear; 0 if there is none."""
        number = rf"{day:%Y%m%d}-([0-9]{{3,15}})(?:\..*)?"  # also with an ending, as an archive has
        job_name = re.compile(number, re.DOTALL)
        env_name = re.compile(rf"\.env\.job_{number}", re.DOTALL)
        names = itertools.chain.from_iterable(
            _names_below(root / f"{day:%Y/%m/%d}") for root in (self._output, self._logs, self._archive_root())
        )
        found = [job_name.fullmatch(name) for name in names]
        found += [env_name.fullmatch(entry.name) for entry in _entries(self._config)]
        return max((int(match.group(1)) for match in found if match), default=0)

    def _archive_root(self) -> Path:
        configured = _value_of("ARCHIVE_ROOT", _bytes_of(self._config / ".env") or b"")
        return self._workspace / (configured or "archive")

    def _describe(self, job_id: str, user: UserID, created_at: datetime, branch: Path) -> Dict[str, Any]:
        output_dir = self._output / branch
        return {
            "job_id": job_id,
            "user_id": user,
            "created_at": created_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
            "output_dir": self._shown(output_dir),
            "log_dir": self._shown(self._logs / branch),
            "env_file": self._shown(self._config / _env_name(job_id)),
            "env_backup": self._shown(output_dir / "job.env"),
            "timezone": _zone(created_at),
        }

    def _shown(self, path: Path) -> str:
        try:
            return str(path.relative_to(self._workspace))
        except ValueError:
            return str(path)


def _checked_user(user_id: UserID) -> UserID:
    """The user as job_info holds it, a number where it is one. Raises ValueError if no folder can bear its name."""
    text = str(user_id)
    if not re.fullmatch(r"\w[\w.@-]*", text):
        raise ValueError(f"user_id {text!r}: use a number or a login name")
    return int(text) if re.fullmatch(r"0|[1-9][0-9]*", text) else text


def _env_name(job_id: str) -> str:
    return f".env.job_{job_id}"


# --- Environment files: edited as bytes, so that whatever else stands there comes out as it went in

_ASSIGNMENT = re.compile(
    rb"""
    ^(?P<head> (?:\xef\xbb\xbf)? [ \t]* (?:export[ \t]+)? (?P<key>[A-Za-z_][A-Za-z0-9_]*) [ \t]* = )
    (?P<gap> [ \t]* )
    (?P<value> "(?:\\.|[^"\\])*" | '[^']*' | [^\r\n]*? )    # quoted values may span lines
    (?P<tail> [ \t]* (?:(?<=[ \t])\#[^\r\n]*)? \r? )$       # a comment needs a blank before it
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_PLAIN_VALUE = re.compile(rb"[A-Za-z0-9_./:@%+,=\x80-\xff-]*")


def _with_values(environment: bytes, values: Dict[str, str]) -> bytes:
    """`environment` with each of `values` set wherever its key is assigned, or appended where it is not."""
    missing = {key.encode(): os.fsencode(value) for key, value in values.items()}
    wanted = dict(missing)

    def assign(match: "re.Match[bytes]") -> bytes:
        head, key, gap, old, tail = match.group("head", "key", "gap", "value", "tail")
        if key not in wanted:
            return match.group()
        missing.pop(key, None)
        new = _quoted(wanted[key], like=old)
        # Blanks after an empty value lead to its comment, they do not lead to the value.
        return head + (gap + new if old else new + gap) + tail

    edited = _ASSIGNMENT.sub(assign, environment)
    newline = b"\r\n" if re.search(rb"^[^\n]*\r\n", edited) else b"\n"
    if missing and edited and not edited.endswith(b"\n"):
        edited += newline
    return edited + b"".join(key + b"=" + _quoted(value) + newline for key, value in missing.items())


def _quoted(value: bytes, like: bytes = b"") -> bytes:
    """`value` in the quotes that `like` wears, or in those that it needs."""
    style = like[:1] if like[:1] in (b'"', b"'") else b""
    if not style and _PLAIN_VALUE.fullmatch(value):
        return value
    if style != b'"' and b"'" not in value:
        return b"'" + value + b"'"
    return b'"' + re.sub(rb'(["\\$`])', rb"\\\1", value) + b'"'


def _value_of(key: str, environment: bytes) -> str:
    """The value assigned to `key` last, as it is meant; empty if there is none."""
    values: Dict[bytes, bytes] = {}
    for match in _ASSIGNMENT.finditer(environment):
        values[match.group("key")] = _meant(match.group("value"), values)
    return os.fsdecode(values.get(key.encode(), b""))


_ESCAPE_OR_VARIABLE = re.compile(rb'\\(["\\$`])|\$\{([^{}:\n]*)(?::-([^{}\n]*))?\}')


def _meant(value: bytes, known: Dict[bytes, bytes]) -> bytes:
    """`value` without its quotes, `${NAME}` and `${NAME:-default}` filled in from `known` and the process."""
    if value[:1] == b"'" == value[-1:]:
        return value[1:-1]
    quoted = value[:1] == b'"' == value[-1:]

    def part(match: "re.Match[bytes]") -> bytes:
        escaped, name, default = match.groups()
        if escaped:
            return escaped if quoted else match.group()
        return known.get(name, os.environb.get(name, b"")) or default or b""

    return _ESCAPE_OR_VARIABLE.sub(part, value[1:-1] if quoted else value)


# --- The day's numbering file: the last number handed out, in decimal


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Holds the exclusive lock of the file at `path`, made if need be, and gives its descriptor."""
    _make_folders(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PUBLIC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if os.fstat(descriptor).st_size == 0:
                _sync_folder(path.parent)  # a new file's name must outlast a power cut, too
            yield descriptor
        finally:
            # Closing is not enough where a fork elsewhere in the process copied the descriptor.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _recorded_number(ledger: int) -> int:
    """The number in the ledger; 0 if it is new or damaged, for then the folders tell."""
    content = os.pread(ledger, 64, 0).strip()
    return int(content) if re.fullmatch(rb"[0-9]+", content) else 0


def _record_number(ledger: int, number: int) -> None:
    content = b"%d\n" % number
    os.pwrite(ledger, content, 0)
    os.ftruncate(ledger, len(content))
    os.fsync(ledger)


def _names_below(folder: Path) -> Iterator[str]:
    """The names in `folder` and in its folders: jobs lie beside or below the users."""
    for entry in _entries(folder):
        yield entry.name
        if entry.is_dir():
            yield from (below.name for below in _entries(Path(entry.path)))


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    """The entries of `folder`, none if it is missing. Raises OSError if it is unreadable: numbers may hide there."""
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


# --- Files


def _absolute(path: Union[str, Path]) -> Path:
    return Path(os.path.abspath(path))


def _bytes_of(path: Path) -> Optional[bytes]:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _json_bytes(value: Dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "surrogateescape")


def _write_durably(path: Path, data: bytes, mode: int) -> None:
    """Puts `data` at `path`, whole and on the disk, with `mode` less the umask; if it raises, `path` is as it was."""
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}-{next(_temporary_numbers)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


def _make_folders(path: Path) -> None:
    """Makes `path` and its parents durably, with the mode that the umask leaves; those there already stay."""
    if path.is_dir():
        return
    _make_folders(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir()
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _zone(moment: datetime) -> str:
    """The zone of a local time, as in "IST +05:30", or the offset alone where the zone has no name of letters."""
    local = moment.astimezone()
    digits, name = local.strftime("%z"), local.tzname() or ""
    offset = f"{digits[:3]}:{digits[3:5]}"
    return f"{name} {offset}" if name.isalpha() else offset
