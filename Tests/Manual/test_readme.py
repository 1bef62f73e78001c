"""What README.md shows is understood by the programs and the Makefile; its night and its restore are done as they stand there.

CPWX names the program, by default .build/debug/cpwx; cpwx-stage lies beside it.
"""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

import pictures
import test_manual
from test_manual import CPWX, ROOT

README = (ROOT / "README.md").read_text()


def commands(program):
    """What stands in code blocks for this program, each with the remark behind it."""
    for line in re.findall(rf"^    ({program} .*)$", README, re.MULTILINE):
        command, _, remark = line.partition("  ")
        # A line of the picture of the code's rooms is none.
        if command != program:
            yield command, remark.strip(" #")


def forms(command, remark):
    """The commands that a line stands for: its alternatives, also those of its remark, without and with what is in brackets."""
    first, *others = command.split(" | ")
    if remark.startswith("and "):
        others += re.split(r", | \| ", remark.removeprefix("and "))
    shown, before = [first], first
    for other in others:
        words = before.split()
        # An option goes where the last one's arguments are, a name where its name is.
        before = " ".join(words[:3] if other.startswith("-") else words[:2]) + " " + other
        shown.append(before)
    for form in shown:
        for one in {re.sub(r" \[[^]]*\]", "", form), re.sub(r"[][]", "", form)}:
            # The latest job of the workspace has no archive.
            job = "20251030-001" if one.startswith("cpwx archive ") else "latest"
            yield one.replace("JOB…", "JOB").replace("JOB", job).replace("WORDS", "sholay").replace("DIR", "there")


class Changelog(unittest.TestCase):
    def test_it_tells_of_the_version_that_the_programs_are(self):
        version, of_stages = (
            subprocess.run([program, "--version"], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
            for program in (CPWX, CPWX + "-stage"))
        self.assertEqual(version, of_stages)
        numbers = re.findall(r"(?m)^## \[(.*?)\](?: - \d{4}-\d\d-\d\d)?$", (ROOT / "CHANGELOG.md").read_text())
        self.assertEqual(numbers[:2], ["Unreleased", version])


class Lines(unittest.TestCase):
    understood = test_manual.Commands.understood

    def test_every_command_is_understood(self):
        shown = [form for line in commands("cpwx") for form in forms(*line)]
        for form in ("cpwx job logs latest -f --stage asr --format ndjson", "cpwx manifest validate latest",
                     "cpwx archive verify --all --sample 5%", "cpwx archive list", "cpwx run -n"):
            self.assertIn(form, shown)
        with tempfile.TemporaryDirectory() as folder:
            test_manual.keep_example_workspace(Path(folder))
            for form in dict.fromkeys(shown):
                with self.subTest(form):
                    # The workspace's own pipeline has no services; where no terminal is, nobody can be asked.
                    form = f"rm config/pipeline.yaml; {form}" if "--runner docker" in form else form
                    self.understood(form + " --yes" if form.startswith("cpwx job rm ") else form, Path(folder))

    def test_what_the_old_scripts_did_is_done(self):
        table = README.split("## Moving in from the old scripts\n\n")[1].split("\n\n")[0]
        shown = re.findall(r"`((?:cpwx|python) [^`]*)`", table)
        old = [command for command in shown if command.startswith("python ")]
        new = [command for command in shown if command.startswith("cpwx ")]
        # As pipeline.py took its arguments.
        self.assertLessEqual({command.replace("python pipeline.py", "cpwx run") for command in old}, set(new))
        self.assertEqual(sorted(set(new)), sorted(MOVED))
        with tempfile.TemporaryDirectory() as folder:
            test_manual.keep_example_workspace(Path(folder), self.leave_a_job_that_failed)
            for command, (code, words) in MOVED.items():
                with self.subTest(command):
                    workspace = test_manual.put_example_workspace(Path(folder))
                    (workspace / "in/film.mp4").rename(workspace / "film.mp4")
                    before = {path.name for path in workspace.glob("out/*/*/*/*/*")}
                    line = command.replace("JOB", "latest").replace("WORDS", "sholay")
                    if command == "cpwx migrate undo":
                        line = f"cpwx migrate --from-legacy -q > /dev/null && {line}"
                    environment = {**os.environ, "PATH": f"{Path(CPWX).parent}:{os.environ['PATH']}", "CPWX_WORKSPACE": ""}
                    done = subprocess.run(
                        ["timeout", "--signal=INT", "600", "bash", "-c", line], cwd=workspace, env=environment,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                    said = done.stdout.decode()
                    self.assertEqual(done.returncode, code, said)
                    self.assertRegex(said, words)
                    made = [path for path in workspace.glob("out/*/*/*/*/*") if path.name not in before]
                    if "film.mp4" in command:
                        self.assertEqual([path.parent.name for path in made], ["2" if "2" in command.split() else "1"])

    @staticmethod
    def leave_a_job_that_failed(root):
        """The latest job is one that an earlier night did not get done, and that can be done now."""
        pipeline = (root / "config/pipeline.yaml").read_text()
        (root / "config/pipeline.yaml").write_text(pipeline.replace("['true']", "['false']"))
        film = root / "in/Failed (2002).mkv"
        film.write_text("failed")
        os.utime(film, (1, 1))
        done = subprocess.run([CPWX, "run", "-q", "-C", root, film], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 1, done.stdout.decode()
        (root / "config/pipeline.yaml").write_text(pipeline)

    def test_every_target_is_one_of_the_makefile(self):
        shown = [command for command, _ in commands("make")]
        self.assertGreaterEqual(len(shown), 6)
        for command in shown + re.findall(r"`(make [a-z-]+)`", README):
            with self.subTest(command):
                done = subprocess.run(
                    ["bash", "-c", command.replace("make", "make -n", 1)], cwd=ROOT, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT)
                self.assertEqual(done.returncode, 0, done.stdout.decode())


class Rooms(unittest.TestCase):
    """Every room of the code is in the picture of the README and in CONTRIBUTING's table, and no other."""

    def setUp(self):
        package = (ROOT / "Package.swift").read_text()
        # What tests and measures is no room.
        declared = re.findall(r'\.(systemLibrary|target|executableTarget)\(\s*name: "([^"]+)"', package)
        of_tests = {"TestSupport", "index-bench", "archive-bench", "archive-fuzz"}
        self.system = {name for kind, name in declared if kind == "systemLibrary"}
        self.rooms = {name for kind, name in declared if kind != "systemLibrary"} - of_tests
        self.assertGreater(len(self.system), 4)
        self.assertLessEqual({"Defaults", "Jobs", "Migration", "cpwx", "cpwx-stage"}, self.rooms)

    def test_the_picture_has_them_and_the_system_s_headers(self):
        picture = README.split("The code's rooms", 1)[1].split("\n\n", 1)[1].split("\n\n", 1)[0]
        # The names of lines, the second program beside the first, and those of the last lines' sentence.
        named = set(re.findall(r"(?m)^ {4}[ │├└]*([\w-]+) {2}", picture)) | set(re.findall(r" {2}(cpwx-stage) {2}", picture))
        beside = set(re.findall(r"\b(?:C[A-Z]\w+|TextWidth)\b", picture))
        self.assertEqual(sorted(named | beside), sorted(self.rooms | self.system))

    def test_the_table_has_them(self):
        text = (ROOT / "CONTRIBUTING.md").read_text().split("## Structure", 1)[1].split("\n## ", 1)[0]
        named = [name for row in re.findall(r"(?m)^\| (.*?) \|", text) for name in row.split(", ")]
        self.assertEqual(sorted(named), sorted(self.rooms | {"room"}))


class Recipes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def block(self, heading):
        """The lines under this one."""
        text = re.search(rf"^{heading}.*:\n\n((?:    .*\n)+)", README, re.MULTILINE)[1]
        return [line.split("   ")[0] for line in text.replace("\n    ", "\n").strip().splitlines()]

    def run_line(self, line, place, path=""):
        environment = {**os.environ, "PATH": f"{path}{Path(CPWX).parent}:{os.environ['PATH']}", "CPWX_WORKSPACE": ""}
        done = subprocess.run(
            ["bash", "-c", line], cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=300)
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout.decode()}")
        return done.stdout.decode()

    def test_a_night_in_five_lines(self):
        lines = self.block("A night, in five lines")
        self.assertEqual(len(lines), 5)
        programs, home = self.folder / "programs", self.folder / "srv/cpwx"
        programs.mkdir()
        # What would change the machine does here what it is trusted with: a home, another user, a unit that is there.
        for name, script in OF_THE_MACHINE.items():
            (programs / name).write_text(f"#!/bin/sh\nset -eu\n{script}\n")
            (programs / name).chmod(0o755)
        engines = Path(os.environ.get("CPWX_ENGINES") or Path(
            os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share", "cpwx/engines"))
        self.assertTrue((engines / "venv").exists(), "no engines: make engines")
        for number, line in enumerate(lines):
            if number == 2:
                # 1.4 GB are not fetched again: those that are installed stand there.
                (home / "engines").symlink_to(engines)
            if number == 4:
                self.night(home)
            said = self.run_line(line.replace("/srv/cpwx", str(home)), self.folder, f"{programs}:")
        self.assertRegex(said, r"(?m)^Films +1 done$")

    def night(self, home):
        """What the timer's service does, with stages that do nothing."""
        unit = (ROOT / "config/systemd/cpwx-nights.service").read_text()
        [start] = re.findall(r"^ExecStart=/usr/local/bin/(.*)$", unit, re.MULTILINE)
        (home / "config/pipeline.yaml").write_text(test_manual.EXAMPLE_PIPELINE)
        film = home / "in/Film (2001).mkv"
        film.write_text("film")
        os.utime(film, (1, 1))
        self.run_line(start, home)

    def test_a_restore_in_three(self):
        lines = self.block("A restore, in three")
        self.assertEqual(len(lines), 3)
        workspace = self.folder / "films"
        test_manual.example_workspace(workspace)
        job = workspace / "out/2025/10/30/1/20251030-001"
        before = {path.relative_to(job): path.read_bytes() for path in job.rglob("*") if path.is_file()}
        self.run_line("cpwx archive -q 20251030-001", workspace)
        self.assertFalse(job.exists())
        listed, verified, _ = [self.run_line(line, workspace) for line in lines]
        self.assertIn("20231030-001", listed)
        self.assertIn("20251030-001", verified)
        self.assertTrue(before)
        self.assertEqual({path.relative_to(job): path.read_bytes() for path in job.rglob("*") if path.is_file()}, before)


class Pictures(unittest.TestCase):
    """They are what their script makes of these programs."""

    script = pictures

    def test_the_night_is_one_of_these_programs(self):
        """Of films that play some minutes, each of its own length, by which they differ."""
        with tempfile.TemporaryDirectory() as folder:
            self.script.FOLDER = f"{folder}/films"
            self.script.workspace(CPWX)
            self.script.films({name: minutes for minutes, name in enumerate(self.script.FILMS, 1)})
            done = subprocess.run(
                ["bash", "-c", f"{self.script.COMMAND} --settle 0s"], cwd=self.script.FOLDER, stdin=subprocess.DEVNULL,
                env={**os.environ, "PATH": f"{Path(CPWX).parent}:{os.environ['PATH']}", "CPWX_WORKSPACE": ""},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.stdout.decode()
        self.assertEqual(done.returncode, 1, said)
        picture = (ROOT / "man/pictures/night.svg").read_text()
        self.assertIn(f">{self.script.COMMAND}</text>", picture)
        shown = re.findall(r">([^<]+)</text>", picture)
        films = [text for text in shown if re.search(r" \(\d{4}\)$", text)]
        lines = [text for text in shown if re.search(" started$|^success$|^failed$|^completed$|^after |: no speech in ", text)]
        self.assertGreater(len(films), 2)
        self.assertGreater(len(lines), 10)
        for text in films:
            title, year = text[:-1].split(" (")
            self.assertRegex(said, f"{title} +{year}")
        for text in lines:
            self.assertRegex(said, re.sub(r"\d+(?:\\\.\d+)?", lambda _: r"\d+(?:\.\d+)?", re.escape(text)))

    def test_a_screen_is_drawn_with_its_words_bars_and_colours(self):
        row = "20251030-001: asr failed & more ██░".ljust(self.script.COLUMNS)
        colours = ["red" if 18 <= column < 24 else "default" for column in range(self.script.COLUMNS)]
        drawn = ElementTree.fromstring(self.script.drawn([(row, colours)]))
        texts = {shape.text: shape.get("fill") for shape in drawn.iter("{http://www.w3.org/2000/svg}text")}
        self.assertEqual(texts["failed"], self.script.COLOURS["red"])
        self.assertIn("& more", texts)
        # The ground, what is done and what is not.
        self.assertEqual(len(list(drawn.iter("{http://www.w3.org/2000/svg}rect"))), 3)


# How each new command of that table ends in the example workspace, and what it says.
MOVED = {
    "cpwx init": (0, "is a workspace already; nothing was changed"),
    "cpwx run film.mp4": (0, r"\d{8}-\d{3} +completed +film"),
    "cpwx run film.mp4 config/.env 2": (0, r"\d{8}-\d{3} +completed +film"),
    "cpwx run film.mp4 --config config/.env --user 2": (0, r"\d{8}-\d{3} +completed +film"),
    "cpwx run": (0, r"\d{8}-\d{3} +completed +Failed"),
    "cpwx run --resume JOB": (0, r"\d{8}-\d{3} +completed +Failed"),
    "cpwx run --until 06:00": (0, r"completed +Failed"),
    "cpwx job list status=failed": (0, r"\d{8}-\d{3} +1 +failed +Failed"),
    "cpwx job find WORDS": (0, "20231030-001 +1 +completed +Sholay"),
    "cpwx job list --format json": (0, r'"title": "Anand"'),
    "cpwx job logs JOB -f": (0, "asr: .*exit code 1"),
    "cpwx migrate --from-legacy -n": (0, "Movie_Name_2023"),
    "cpwx migrate --from-legacy": (0, ": 1 done, "),
    "cpwx migrate undo": (0, "1 put back"),
    "cpwx archive --older-than 30d": (0, "20251128-001 +archived"),
}

OF_THE_MACHINE = {
    "sudo": 'exec "$@"',
    "adduser": '[ "$*" = "--system --group --home $4 cpwx" ]; mkdir -p "$4"',
    "runuser": '[ "$1 $2 $3" = "-u cpwx --" ]; shift 3; exec "$@"',
    "systemctl": f'[ "$1 $2" = "enable --now" ]; cd "{ROOT}/config/systemd"; [ -f "$3" ]; [ -f "${{3%.timer}}.service" ]',
}


if __name__ == "__main__":
    unittest.main()
