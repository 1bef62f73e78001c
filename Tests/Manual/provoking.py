"""What the tests of errors stand on: workspaces to break, and the check that an error is documented, and comes so.

CPWX names the program, by default .build/debug/cpwx; cpwx-stage lies beside it.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import test_manual as manual

CPWX, BESIDE_TESTS = manual.CPWX, manual.BESIDE_TESTS
PAGE = manual.page("cpwx-errors.7")
# Whoever is begun in the background has no Ctrl-C, and neither have programs that it starts, unless it takes it itself.
signal.signal(signal.SIGINT, signal.default_int_handler)

AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
PIPELINE = """\
name: errors
stages:
  - {name: one, number: 1, command: [sh, -c, 'echo "$KNOB" > "$1/one.txt"; SCRIPT', sh, '{job_dir}'], outputs: {a: {path: one.txt}}, FIELDS}
  - {name: two, number: 2, command: ['true']}
"""
SILENCE = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "1"]


class Place:
    """A workspace of one test, with a film and, on demand, a finished job."""

    def __init__(self, folder, script="true", fields=""):
        self.root = Path(folder, "films")
        self.cpwx("init", self.root, code=0)
        self.pipeline(script, fields)
        self.film("Sholay (1975).mkv")

    def pipeline(self, script="true", fields=""):
        text = PIPELINE.replace("SCRIPT", script).replace(", FIELDS", f", {fields}" if fields else "")
        (self.root / "config/pipeline.yaml").write_text(text)

    def film(self, name, content=None):
        film = self.root / "in" / name
        film.write_text(content or name)
        os.utime(film, (1, 1))
        return film

    def cpwx(self, *arguments, code=None, environment=None, program=CPWX, folder=None):
        given = {**os.environ, "CPWX_WORKSPACE": "", **(environment or {})}
        done = subprocess.run(
            [program, *map(str, arguments)], cwd=folder or (self.root if self.root.exists() else "/"), stdin=subprocess.DEVNULL,
            env={name: value for name, value in given.items() if value is not None}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=300)
        said = done.stdout.decode(errors="replace")
        if code is not None:
            assert done.returncode == code, f"{arguments}: {done.returncode} {said}"
        return done.returncode, said

    def stage(self, *arguments, environment=None):
        return self.cpwx(*arguments, environment=environment, program=CPWX + "-stage")

    def held_to_modes(self, *arguments):
        """A command that may read and write no more than the modes of files say, whoever begins it."""
        as_said = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
        return self.cpwx(*as_said[1:], CPWX, *arguments, program=as_said[0]) if as_said else self.cpwx(*arguments)

    def begin(self, *arguments, environment=None):
        """A command that goes on by itself."""
        return subprocess.Popen(
            [CPWX, *map(str, arguments)], cwd=self.root, env={**os.environ, "CPWX_WORKSPACE": "", **(environment or {})},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def interrupted(self, change, call, path, *arguments, nth=1, times=1, also=()):
        """A command that is stopped behind its first or nth such call to the system, about this path or any, for a change to be
        made; and behind as many more of them as there are times."""
        when = nth if times == 1 else f"{nth}..{nth + times - 1}"
        told = Path(f"{self.root}.trace")
        told.unlink(missing_ok=True)
        run = subprocess.Popen(
            ["strace", "-f", "-o", told, *(["-P", path] if path else []), "-e", f"trace={call}",
             "-e", f"inject={call}:signal=STOP:when={when}", *also, CPWX, *map(str, arguments)], cwd=self.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        # Each thread is told to be stopped, of which one was told to stop.
        stops = re.compile(r"^(\d+) +--- SIGSTOP(?=.*\n(?:.*\n)*?.*--- stopped by SIGSTOP ---)", re.MULTILINE)
        for number in range(times):
            wait_for(lambda: told.exists() and len(stops.findall(told.read_text())) > number)
            change()
            os.kill(int(stops.findall(told.read_text())[number]), signal.SIGCONT)
        # Each thread counts its own calls: another one may be stopped at its first.
        going = times
        while run.poll() is None:
            for thread in stops.findall(told.read_text())[going:]:
                os.kill(int(thread), signal.SIGCONT)
                going += 1
            time.sleep(0.02)
        return ended(run)

    def broken(self, call, error, *arguments, path=None, when="1+", also=(), environment=None, program=CPWX):
        """A command to which the system answers such calls, about this path or any, with an error."""
        return ended(subprocess.Popen(
            ["strace", "-f", "-o", "/dev/null", *(["-P", path] if path else []), "-e", f"trace={call}",
             "-e", f"inject={call}:error={error}:when={when}", *also, program, *map(str, arguments)], cwd=self.root,
            env={**os.environ, "CPWX_WORKSPACE": "", **(environment or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT))

    def job(self):
        self.cpwx("run", "-q", code=0)
        return self.cpwx("job", "path", "latest", code=0)[1].strip()

    def archive(self, *options):
        job = Path(self.job()).name
        self.cpwx("archive", "-q", *options, job, code=0)
        return job, next(self.root.glob("archive/*/*/*/*/*.tar.zst"))

    def settings(self, line):
        with open(self.root / "config/.env", "a") as file:
            file.write(line + "\n")


def wait_for(condition):
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.02)
    raise TimeoutError


def ended(run):
    said = run.communicate(timeout=300)[0].decode(errors="replace")
    return run.returncode, said


def through(program, content):
    return subprocess.run(program, input=content, stdout=subprocess.PIPE, check=True).stdout


def documented():
    """The texts of cpwx-errors(7), each with the codes of the sections it is in; None for those without."""
    texts = {}
    code = None
    for line in PAGE.splitlines():
        if line.startswith(".S"):
            section = re.match(r"\.Ss (\d+): ", line)
            code = int(section.group(1)) if section else None
        elif quoted := re.match(r"\.(?:It )?Qq (.*?)(?: [.,:;])?$", line):
            texts.setdefault(quoted.group(1), set()).add(code)
    return texts


def pattern(text, number=r"\d+(?:\.\d+)?"):
    """What the program says for a documented text, whose ... and N stand for what differs."""
    text = re.escape(text.removeprefix("... ")).replace(re.escape("..."), ".*")
    return re.sub(r"(?<![A-Za-z])N(?![A-Za-z])", lambda _: number, text)


DOCUMENTED = documented()
PROVOKED = set()


class ErrorCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cpwx-errors-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.place = Place(self.folder)

    def expect(self, message, code, outcome):
        """The documented message, with its parts that differ, and the code of its section."""
        self.assertIn(message, DOCUMENTED, "it is documented")
        self.assertTrue(
            DOCUMENTED[message] & {code, None}, f"{message} is documented for {DOCUMENTED[message]}")
        self.assertEqual(outcome[0], code, outcome[1])
        self.assertRegex(outcome[1], pattern(message))
        PROVOKED.add(message)

    def expect_told(self, message, outcome):
        """The same of one job or tree of several, behind which the others are done."""
        self.assertEqual(outcome[0], 1, outcome[1])
        code = min(DOCUMENTED.get(message, {0}) - {None}, default=1)
        self.expect(message, code, (code, outcome[1]))

    def mount(self, arguments, place):
        subprocess.run([*AS_ROOT, "mount", *arguments, place], check=True)
        self.addCleanup(subprocess.run, [*AS_ROOT, "umount", "-lq", place], stderr=subprocess.DEVNULL)

    def unmount(self, place):
        subprocess.run([*AS_ROOT, "umount", place], check=True)

    def read_only(self, folder):
        self.mount(["--bind", folder], folder)
        subprocess.run([*AS_ROOT, "mount", "-o", "remount,bind,ro", folder], check=True)

    def end_later(self, process):
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
