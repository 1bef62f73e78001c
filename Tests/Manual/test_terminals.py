"""Every command is once on a terminal: as it is for who hears it, and where there are few columns.

CPWX names the program, by default .build/debug/cpwx; cpwx-stage lies beside it.
"""

import json
import os
import re
import shlex
import subprocess
import tempfile
import unicodedata
import unittest
from pathlib import Path

import generate
import test_manual
from test_manual import COMMANDS, CPWX

COLUMNS, WIDE = 40, 200
# Tables with names, reasons or paths in them that a terminal of 80 columns has no room for.
TABLES = (
    "cpwx job list", "cpwx job find film", "cpwx job list --columns job_id,status,title,year,input", "cpwx job stats",
    "cpwx job show latest", "cpwx manifest show latest", "cpwx manifest outputs 20251030-001", "cpwx archive list",
    "cpwx archive show 20251030-001", "cpwx archive -n --older-than 30d", "cpwx archive prune --keep-last 1", "cpwx run -n",
    "cpwx job rm -n latest 20251030-001", "cpwx migrate status", "cpwx migrate --from-legacy -n", "cpwx report")
NAMES = (
    "The Film with the Rather Long Name That Somebody Gave It (2001)", "कार्तिक और क्षत्रिय की कहानी का बहुत लंबा नाम (2002)")
REASON = "the model large-v3 needs 10 GB of memory and there are only 4 GB of it on this machine"


def runnable():
    """The commands that do something by themselves."""
    return [
        path for path, command in COMMANDS.items()
        if command.get("defaultSubcommand") or not [
            sub for sub in command.get("subcommands", []) if sub["commandName"] != "help"]]


def example(path):
    """The first of a command's examples that asks for no format and is whole, alone and no end in itself."""
    # What a group does by itself is written without its name.
    names = [path, path[:-1]] if COMMANDS.get(path[:-1], {}).get("defaultSubcommand") == path[-1] else [path]
    for heading, part in generate.blocks(COMMANDS[path].get("discussion", "")):
        for line in part if heading == "EXAMPLES" else []:
            line = re.split(r"\s{3,}", line.strip())[0]
            of_it = any(f"{line} ".startswith(" ".join(name) + " ") for name in names)
            if of_it and not re.search(r"[|$]|&&|--format|--watch| -O$", line):
                return line
    return None


def width(text):
    """Columns on a screen."""
    return sum(
        0 if unicodedata.category(character) in ("Mn", "Me", "Cf") else
        2 if unicodedata.east_asian_width(character) in ("W", "F") else 1 for character in text)


def shown_lines(said):
    """What was said, line by line and without colours."""
    return [line for line in re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said)) if line]


class Terminals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        test_manual.keep_example_workspace(cls.folder, cls.add_long_ones)

    @staticmethod
    def add_long_ones(root):
        """The latest job has a long name, and a long reason why it failed."""
        script = f"case $1 in *kind*|*नाम*|*Rather*) echo '{REASON}' >&2; exit 3;; esac"
        (root / "config/pipeline.yaml").write_text(
            test_manual.EXAMPLE_PIPELINE.replace("['true']", f"[sh, -c, \"{script}\", sh, '{{input}}']"))
        for name in NAMES:
            film = root / "in" / (name + ".mp4")
            film.write_text(name)
            os.utime(film, (1, 1))
            done = subprocess.run(
                [CPWX, "run", "-q", "-C", root, film], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert done.returncode == 1, done.stdout.decode()

    def seen(self, line, columns=COLUMNS, **environment):
        """What a terminal of so many columns gets."""
        workspace = test_manual.put_example_workspace(self.folder)
        # A copied index is another's: it is made anew, as at first.
        for index in workspace.glob(".cpwx/index*"):
            index.unlink()
        line = re.sub(r"/(srv|mnt|tmp)/", rf"{workspace}/\1/", line)
        begun = f"stty cols {columns}; timeout --foreground 600 bash -c {shlex.quote(line)}"
        script = subprocess.Popen(
            ["script", "-qec", begun, "/dev/null"], cwd=workspace, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PATH": f"{Path(CPWX).parent}:{os.environ['PATH']}", "CPWX_WORKSPACE": "", "TERM": "xterm",
                 **environment})
        said = b""
        with script:
            while piece := os.read(script.stdout.fileno(), 65536):
                said += piece
                if said.endswith(b"[y/N] "):
                    # The answer is none, as by the Enter key.
                    script.stdin.write(b"\n")
                    script.stdin.flush()
        said = said.decode(errors="replace")
        self.assertIn(script.returncode, (0, 1, 65, 69, 74), said)
        return said

    def test_a_workspace_is_made_in_an_empty_folder_without_a_question(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["script", "-qec", f"timeout --foreground 600 {shlex.quote(CPWX)} init new", "/dev/null"], cwd=folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={**os.environ, "CPWX_WORKSPACE": "", "TERM": "xterm"})
            said = done.stdout.decode()
            self.assertEqual(done.returncode, 0, said)
            self.assertNotRegex(said, r"\?|\[y/N\]")
            self.assertTrue(Path(folder, "new/config/.env").is_file(), said)

    def test_every_command_has_an_example_that_can_be_seen(self):
        self.assertGreater(len(runnable()), 30)
        self.assertEqual([path for path in runnable() if not example(path)], [])

    def test_plain_is_plain(self):
        for path in runnable():
            with self.subTest(example(path)):
                said = self.seen(example(path), CPWX_FORMAT="plain")
                self.assertNotIn("\x1b", said)
                self.assertNotRegex(said, "[█░→─📋]")
                self.assertNotIn("\r", said.replace("\r\n", "\n"))

    def test_no_line_is_broken_where_there_are_few_columns(self):
        for path in runnable():
            with self.subTest(example(path)):
                said = self.seen(example(path), CPWX_FORMAT="table", NO_COLOR="1")
                self.assertNotRegex(said, COLOUR)
                lines = shown_lines(said)
                self.assertEqual([line for line in lines if width(line) > COLUMNS and not self.is_whole(path, line)], [])

    def test_where_no_terminal_is_nothing_is_coloured_and_columns_have_their_headings_in_capitals(self):
        coloured, headed = [], []
        for path in runnable():
            with self.subTest(example(path)):
                # What is said beside stays on the terminal.
                said = self.seen(f"{example(path)} > said", WIDE, CPWX_FORMAT="table", NO_COLOR="")
                coloured += [path] if re.search(COLOUR, said) else []
                result = (self.folder / "films/said").read_text()
                self.assertNotIn("\x1b", result)
                if path in LISTINGS:
                    self.assertRegex(result.split("\n")[0], r"^[A-Z]+(?: +[A-Z]+)+$")
                    headed.append(path)
                if first := WITHIN.get(path):
                    self.assertRegex(result, rf"(?m)^{first}(?: +[A-Z\d%]+)+$")
                    headed.append(path)
        self.assertEqual(sorted(headed), sorted({*LISTINGS, *WITHIN}))
        # A run tells on the terminal how its films end.
        self.assertIn(("cpwx", "run"), coloured)

    def test_of_an_archive_exact_sizes_are_told_beside_readable_ones(self):
        said = "\n".join(shown_lines(self.seen("cpwx archive show 20251030-001", WIDE, CPWX_FORMAT="table", NO_COLOR="1")))
        told = json.loads(self.seen("cpwx archive show 20251030-001 --format json"))
        size = r"\d+(?:\.\d+)? [kMGT]?B \((\d+) bytes\)"
        [numbers] = re.findall(rf"(?m)^Size +{size}, archived {size}$", said)
        self.assertEqual([int(number) for number in numbers], [told["bytes"], told["archive_bytes"]])
        self.assertGreater(told["bytes"], 0)
        self.assertRegex(said, rf"(?m)^Date +{told['date'][:19].replace('T', ' ')}, \d+ days ago$")
        for file in told["files"]:
            if file["kind"] == "file":
                self.assertRegex(said, rf"(?m)^{file['mode']} +{file['size']} .* {re.escape(file['path'])}$")

    def test_what_is_noted_beside_is_broken_at_words(self):
        for line, words in (
                ("mkdir none; cpwx run -n none", "No film is there: none."),
                ("cpwx job cancel 20251030-001", "is completed: there is nothing to cancel"),
                ("cpwx job cancel latest", "To go on with what is cancelled: cpwx run --resume"),
                ("cpwx job list --limit 1", "or --limit 0 for all."), ("cpwx job rm latest", "Nothing was removed."),
                ("cpwx run --no-index --clean-up --resume 20251030-001", "nothing of it is at work on this machine.")):
            with self.subTest(line):
                said = self.seen(line, NO_COLOR="1").replace("[y/N] ", "\n")
                self.assertIn(words, " ".join(said.split()))
                lines = shown_lines(said)
                self.assertEqual([part for part in lines if width(part) > COLUMNS and ": cpwx " not in part], [])

    def test_nothing_is_cut_that_a_wide_terminal_has_room_for(self):
        """A row stands there as it does where nothing is ever cut; the others fill the columns that there are."""
        for line in TABLES:
            with self.subTest(line):
                shown = shown_lines(self.seen(line, WIDE, CPWX_FORMAT="table", NO_COLOR="1"))
                cut = [row for row in shown if "…" in row]
                whole = shown_lines(self.seen(f"{line} | cat", WIDE, CPWX_FORMAT="table", NO_COLOR="1"))
                self.assertEqual([row for row in whole if "…" in row], [])
                self.assertGreater(max(map(width, whole)), 20)
                self.assertEqual([row for row in shown if width(row) > WIDE], [])
                if max(map(width, whole)) <= WIDE:
                    self.assertEqual(cut, [])
                else:
                    self.assertGreater(max(map(width, shown)), WIDE - 40)

    @staticmethod
    def is_whole(path, line):
        """Whether this stays as it is, for copying or as others wrote it: a path that fits no line, a command, a log, a JSON document."""
        return (
            re.search(r"(?:^\s*|: )(?:cpwx [a-z]|cd ')", line) or any("/" in word and width(word) > COLUMNS - 8 for word in line.split())
            or path in RAW)


# These list, each thing in a row below its columns' headings.
LISTINGS = {("cpwx", *words.split()) for words in (
    "run", "job list", "job find", "job cancel", "job rerun", "job rm", "manifest diff", "archive", "archive create", "archive list",
    "archive verify", "archive restore", "archive prune", "migrate", "migrate run", "migrate status")}
# These tell of something, and list its parts below: the first heading of those.
WITHIN = {("cpwx", *words.split()): first for words, first in (
    ("job show", "#"), ("job stats", "STAGE"), ("manifest show", "#"), ("archive show", "MODE"), ("report", "LANE"))}
COLOUR = r"\x1b\[[0-9;]*m"
# What these say is others' text, line by line.
RAW = {("cpwx", "job", "logs")}


if __name__ == "__main__":
    unittest.main()
