"""What Tab does, in the real shells at a terminal of their own.

CPWX names the program, by default .build/debug/cpwx.
"""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CPWX = os.environ.get("CPWX") or str(ROOT / ".build" / "debug" / "cpwx")
SCRIPTS = ROOT / "completions"
PIPELINE = """\
name: tests
workflows: {quick: [one]}
stages:
  - {name: one, number: 1, command: [sh, -c, 'echo made > "$1/made.txt"', sh, '{job_dir}']}
  - {name: other, number: 2, command: ['true']}
"""


class Terminal:
    """A shell at a terminal: what is typed into it, and what is seen."""

    def __init__(self, arguments, setup, folder):
        environment = {
            "PATH": f"{folder}/bin:{os.environ['PATH']}", "HOME": f"{folder}/home", "TERM": "xterm", "LC_ALL": "C.UTF-8",
            "INPUTRC": "/dev/null"}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(f"{folder}/films")
            os.execvpe(arguments[0], arguments, environment)
        subprocess.run(["stty", "cols", "140", "rows", "50"], stdin=self.terminal, check=True)
        self.raw = b""
        self.type(setup + "echo rea''dy\n")
        self.wait_for(r"\bready\b")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, pattern, seconds=120):
        """What is seen up to then; the rest stays to be looked at."""
        end = time.monotonic() + seconds
        while True:
            seen = re.sub(
                r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>()][0-9A-Z]?)", "", self.raw.decode(errors="surrogateescape")
            ).replace("\x08", "")
            match = re.search(pattern, seen)
            if match:
                self.raw = seen[match.end():].encode(errors="surrogateescape")
                return seen[:match.end()]
            left = end - time.monotonic()
            if left < 0 or not select.select([self.terminal], [], [], left)[0]:
                raise AssertionError(f"{pattern!r} is not seen: {seen!r}")
            # Of a character, or of what is no text, there may be a piece only.
            self.raw += os.read(self.terminal, 65536)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def make_workspace(films):
    """One of two films, which are done, and the newest is archived, too; their jobs' ids, the newest first."""
    subprocess.run([CPWX, "init", films], check=True, stdout=subprocess.DEVNULL)
    (films / "config/pipeline.yaml").write_text(PIPELINE)
    for name in ("Don (1978).mkv", "Sholay (1975).mkv"):
        (films / "in" / name).write_text(name)
        os.utime(films / "in" / name, (1, 1))
    subprocess.run([CPWX, "run", "-q", "-C", films], check=True, stdout=subprocess.DEVNULL)
    listed = subprocess.run([CPWX, "job", "list", "-C", films, "--format", "csv"], check=True, stdout=subprocess.PIPE)
    newest, oldest = re.findall(r"^(\d{8}-\d+),", listed.stdout.decode(), re.MULTILINE)
    subprocess.run([CPWX, "archive", "-q", "--keep", newest, "-C", films], check=True, stdout=subprocess.DEVNULL)
    return newest, oldest


class Tab:
    """Tests that hold for every shell."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cpwx-completions-")
        cls.films = Path(cls.folder, "films")
        for name in ("bin", "home"):
            Path(cls.folder, name).mkdir()
        Path(cls.folder, "bin", "cpwx").symlink_to(CPWX)
        cls.newest, cls.oldest = make_workspace(cls.films)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.terminal = Terminal(self.shell, self.setup, self.folder)
        self.addCleanup(self.terminal.close)

    def completed(self, typed, result):
        """Tab makes `result` of what was typed, as the program then gets it."""
        self.terminal.type(f"{typed}\t\x01show-words \n")
        self.terminal.wait_for(re.escape(f"<{result}>"))

    def listed(self, typed, *patterns):
        """Tab shows these, in this order."""
        self.terminal.type(f"{typed}\t\t")
        for pattern in patterns:
            self.terminal.wait_for(pattern)
        self.terminal.type("\x03")

    def test_commands_are_completed(self):
        self.completed("cpwx job li", "cpwx job list")
        self.completed("cpwx arc", "cpwx archive")

    def test_options_are_completed_also_of_a_command_that_is_not_named(self):
        self.completed("cpwx run --dry", "cpwx run --dry-run")
        self.completed("cpwx archive --older", "cpwx archive --older-than")

    def test_a_job_is_completed(self):
        self.completed("cpwx job show lat", "cpwx job show latest")
        self.completed(f"cpwx job logs {self.newest[:-1]}", f"cpwx job logs {self.newest[:-1]}")
        self.completed(f"cpwx job logs {self.newest}", f"cpwx job logs {self.newest}")

    def test_jobs_are_listed_newest_first(self):
        begun = self.newest[:-1]
        self.listed(
            f"cpwx job show {begun}", self.described(self.newest, r"completed\s+Sholay"),
            self.described(self.oldest, r"completed\s+Don"))

    def test_jobs_that_are_told_alike_are_listed_newest_first_too(self):
        twins = self.films.with_name("twins")
        self.addCleanup(shutil.rmtree, twins)
        subprocess.run([CPWX, "init", twins], check=True, stdout=subprocess.DEVNULL)
        jobs = [
            subprocess.run([CPWX, "job", "create", "-C", twins], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
            for _ in range(3)]
        subprocess.run([CPWX, "job", "list", "-C", twins], check=True, stdout=subprocess.DEVNULL)
        self.listed(f"cpwx -C ../twins job show {jobs[0][:-1]}", *(job[-6:] for job in reversed(jobs)))

    def test_only_jobs_that_are_there_and_that_fit_are_offered(self):
        self.completed("cpwx archive restore 2", f"cpwx archive restore {self.newest}")
        gone = subprocess.run([CPWX, "job", "create", "-C", self.films], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        subprocess.run([CPWX, "job", "list", "-C", self.films], check=True, stdout=subprocess.DEVNULL)
        [folder] = self.films.glob(f"out/*/*/*/*/{gone}")
        shutil.rmtree(folder)
        self.completed(f"cpwx job logs {gone}", f"cpwx job logs {gone}")

    def test_options_before_the_command_are_completed_and_so_is_what_follows_them(self):
        self.completed("cpwx --form", "cpwx --format")
        self.completed("cpwx --format ndj", "cpwx --format ndjson")
        self.completed("cpwx -C ../films arch", "cpwx -C ../films archive")
        self.completed(f"cpwx -C ../films archive restore {self.newest[:-1]}", f"cpwx -C ../films archive restore {self.newest}")

    def test_a_newline_in_the_name_of_a_film_makes_no_other_film(self):
        odd = self.films / "in" / "Two\nZine.mkv"
        odd.write_text("")
        self.addCleanup(odd.unlink)
        self.completed("cpwx run in/Sho", "cpwx run in/Sholay (1975).mkv")
        self.completed("cpwx run Zin", "cpwx run Zin")

    def test_values_of_filters_and_options_are_completed(self):
        self.completed("cpwx job list status=comp", "cpwx job list status=completed")
        self.completed("cpwx job list status=completed,fai", "cpwx job list status=completed,failed")
        self.completed("cpwx job list tit", "cpwx job list title~")
        self.completed("cpwx run --from-stage ot", "cpwx run --from-stage other")
        self.completed("cpwx run --stages one,o", "cpwx run --stages one,other")
        self.completed("cpwx run --workflow q", "cpwx run --workflow quick")
        self.completed("cpwx run --workflow t", "cpwx run --workflow tests")
        self.completed("cpwx job list --format=nd", "cpwx job list --format=ndjson")
        self.completed("cpwx archive list --user ", "cpwx archive list --user 1")

    def test_stages_are_completed_wherever_one_is_named(self):
        self.completed("cpwx job list stage=on", "cpwx job list stage=one")
        self.completed("cpwx job logs latest --stage ot", "cpwx job logs latest --stage other")
        other = self.films / "third.yaml"
        other.write_text("name: third\nstages:\n  - {name: third, number: 1, command: ['true']}\n")
        self.addCleanup(other.unlink)
        self.completed("cpwx run --pipeline third.yaml --stages t", "cpwx run --pipeline third.yaml --stages third")

    def test_members_of_an_archive_are_completed(self):
        self.completed("cpwx archive extract latest ma", "cpwx archive extract latest ma")
        self.completed("cpwx archive extract latest made", "cpwx archive extract latest made.txt")
        self.completed("cpwx archive extract latest~0 made", "cpwx archive extract latest~0 made.txt")

    def test_films_are_completed_and_other_files_are_not(self):
        (self.films / "in" / "Don.txt").write_text("")
        self.completed("cpwx run in/Do", "cpwx run in/Don (1978).mkv")

    def test_the_ending_of_a_film_may_be_of_large_letters(self):
        film = self.films / "in" / "Lagaan.MKV"
        film.write_text("")
        self.addCleanup(film.unlink)
        self.completed("cpwx run in/Laga", "cpwx run in/Lagaan.MKV")

    def test_files_and_folders_are_completed_behind_an_equals_sign_too(self):
        self.completed("cpwx run --pipeline=config/pipel", "cpwx run --pipeline=config/pipeline.yaml")
        # A shell may take the slash away again when something else follows.
        self.terminal.type("cpwx archive restore latest --to=../fil\t\x01show-words \n")
        self.terminal.wait_for("<cpwx archive restore latest --to=../films/?>")

    def test_outside_of_a_workspace_there_is_silence(self):
        self.terminal.type("cd /\ncpwx job show \t\x01show-words \n")
        before = self.terminal.wait_for("<cpwx job show>")
        self.assertNotRegex(before, "no workspace|cpwx:")

    def test_batches_lanes_and_users_are_completed(self):
        self.completed("cpwx report lat", "cpwx report latest")
        [batch] = (self.films / "logs/batches").glob("*.json")
        self.completed(f"cpwx report {batch.stem[:8]}", f"cpwx report {batch.stem}")
        self.completed("cpwx job list user=", "cpwx job list user=1")
        self.completed("cpwx run --lane cp", "cpwx run --lane cpu=")
        self.completed("cpwx archive extract latest manif", "cpwx archive extract latest manifest.json")

    def test_nothing_is_written(self):
        def everything():
            # But for the memory that SQLite's readers and writers share, in which they find each other.
            files = [path for path in self.films.rglob("*") if not path.name.endswith("-shm")]
            return sorted((str(path), path.lstat().st_size, path.lstat().st_mtime_ns) for path in files)

        before = everything()
        self.completed("cpwx archive extract latest made", "cpwx archive extract latest made.txt")
        self.listed("cpwx job show ", "latest")
        self.assertEqual(everything(), before)

    def test_nothing_is_made_where_there_is_no_index(self):
        bare = self.films.with_name("bare")
        subprocess.run([CPWX, "init", bare], check=True, stdout=subprocess.DEVNULL)
        self.addCleanup(shutil.rmtree, bare)
        before = sorted(bare.rglob("*"))
        self.completed("cpwx job show -C ../bare late", "cpwx job show -C ../bare late")
        self.completed("cpwx job show -C ../bare --form", "cpwx job show -C ../bare --format")
        self.assertEqual(sorted(bare.rglob("*")), before)


# What only a workspace has comes after these.
OF_A_WORKSPACE = (
    ["report"], ["migrate", "undo"], ["run", "--attach"], ["run", "--resume"], ["job", "show"], ["job", "cancel"],
    ["job", "logs", "latest", "--stage"], ["archive", "restore"], ["archive", "extract", "latest"], ["archive", "list", "--user"])


HARMLESS = (
    "access|chdir|execve|faccessat2?|getcwd|getxattr|inotify_add_watch|lstat|newfstatat|open|openat2?|readlink|readlinkat|stat|statfs|statx")
# The answer, and threads that wake each other; the memory that SQLite's readers and writers share, in which they find each other, and
# what is to be merged into its file, which each reader opens so, and does not write.
OF_READERS = r"write\((?:1<|\d+<anon_inode)|.*index\.sqlite-shm|(?:openat|fchown)\(.*index\.sqlite-wal"


class Calls(unittest.TestCase):
    """What the system is asked to do with files."""

    def test_none_is_opened_to_be_written_or_made_renamed_or_removed(self):
        with tempfile.TemporaryDirectory(prefix="cpwx-completions-") as folder:
            films, told = Path(folder, "films"), Path(folder, "told")
            make_workspace(films)
            offers = 0
            for words in (*OF_A_WORKSPACE, ["job", "list", "status=completed"], ["run", "--stages"], ["run", "--lane"], ["run"]):
                with self.subTest(" ".join(words)):
                    # Calls that take a path, and of those that take an open file the ones that change it.
                    asked = subprocess.run(
                        ["strace", "-f", "-y", "-qq", "-o", told, "-e", "trace=%file,write,pwrite64,ftruncate,fchmod,fchown,fallocate",
                         CPWX, "complete", "bash", "cpwx", *words, ""],
                        cwd=films, env={**os.environ, "CPWX_WORKSPACE": ""}, stdout=subprocess.PIPE, check=True)
                    offers += bool(asked.stdout)
                    calls = [line.split(maxsplit=1)[1] for line in told.read_text().splitlines()]
                    changing = [
                        call for call in calls
                        if re.match(rf"(?!(?:{HARMLESS})\()\w+\(|\w+\(.*(?:O_WRONLY|O_RDWR|O_CREAT|O_TRUNC)", call)
                        and not re.match(OF_READERS, call)]
                    self.assertEqual(changing, [])
            self.assertGreater(offers, 8)


class Answers(unittest.TestCase):
    def test_of_stages_are_all_of_the_pipeline_in_their_order(self):
        with tempfile.TemporaryDirectory(prefix="cpwx-completions-") as folder:
            films = Path(folder, "films")
            make_workspace(films)
            (films / "third.yaml").write_text("name: third\nstages:\n  - {name: third, number: 1, command: ['true']}\n")
            for words, answer in (
                    (["job", "list", "stage="], ["stage=one\tstage 1", "stage=other\tstage 2"]),
                    (["job", "logs", "latest", "--stage", ""], ["one\tstage 1", "other\tstage 2"]),
                    (["run", "--stages", ""], ["one\tstage 1", "other\tstage 2"]),
                    (["run", "--pipeline", "third.yaml", "--stages", ""], ["third\tstage 1"])):
                with self.subTest(" ".join(words)):
                    asked = subprocess.run(
                        [CPWX, "complete", "fish", "cpwx", *words], cwd=films, env={**os.environ, "CPWX_WORKSPACE": ""},
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
                    self.assertEqual(asked.stdout.decode().splitlines(), answer)


class Outside(unittest.TestCase):
    def test_what_only_a_workspace_has_is_met_with_silence(self):
        for words in OF_A_WORKSPACE:
            for shell in ("bash", "zsh", "fish"):
                with self.subTest(" ".join([shell, *words])):
                    asked = subprocess.run(
                        [CPWX, "complete", shell, "cpwx", *words, ""], cwd="/", env={**os.environ, "CPWX_WORKSPACE": ""},
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                    self.assertEqual((asked.returncode, asked.stdout.decode()), (0, ""))


class Bash(Tab, unittest.TestCase):
    shell = ["bash", "--norc", "--noprofile", "-i"]
    setup = f"PS1='$ '; . '{SCRIPTS}/cpwx.bash'; show-words() {{ echo \"<$*>\"; }}\n"

    @staticmethod
    def described(job, description):
        return job


class Zsh(Tab, unittest.TestCase):
    shell = ["zsh", "-f", "-i"]
    setup = (
        f"PS1='$ '; fpath=('{SCRIPTS}' $fpath); autoload -U compinit; compinit -u -D; bindkey -e\n"
        "function show-words { print -r -- \"<$*>\" }\n")

    @staticmethod
    def described(job, description):
        return job + r"\s+-- " + description


class Fish(Tab, unittest.TestCase):
    shell = ["fish", "--no-config", "-i"]
    setup = (
        f"function fish_prompt; echo '$ '; end; source '{SCRIPTS}/cpwx.fish'; "
        "function show-words; echo \"<$argv>\"; end\n")

    @staticmethod
    def described(job, description):
        return job[-6:] + r"\s+\(" + description


if __name__ == "__main__":
    unittest.main()
