"""The man pages are well-formed, and say what the code has; the commands' help shows how to go on.

CPWX names the program, by default .build/debug/cpwx; cpwx-stage lies beside it.
"""

import json
import os
import re
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path

import generate
from sources import python_texts

ROOT = Path(__file__).resolve().parents[2]
MAN = ROOT / "man"
# Where the clock is not the machine's: a static program would not know of it.
BESIDE_TESTS = str(ROOT / ".build" / "debug" / "cpwx")
CPWX = os.environ.get("CPWX") or BESIDE_TESTS
COMMANDS = dict(generate.walk(generate.dump(CPWX)))

# Of the environment of programs that are started, and of languages: no settings of anybody.
_NOT_SETTINGS = {
    "OUT_DIR", "WORK_OF_ART", "CPWX_PROBE_OF", "CPWX_FAULT_STEP", "SLURM_BITSTR_LEN", "BOOT_FAIL", "NODE_FAIL",
    "OUT_OF_MEMORY", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT", "COMPOSE_ANSI", "COMPOSE_IGNORE_ORPHANS", "COMPOSE_PROGRESS", "COMPOSE_PROJECT_NAME",
    "DOCKER_CLI_HINTS", "DOCKER_HOST", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "PWD"}


def page(name):
    """A page's source without its escapes."""
    return (MAN / name).read_text().replace("\\&", "").replace("\\(dq", '"').replace("\\e", "\\")


def literals(name):
    """The displays of a page, each as its text."""
    return re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", page(name), re.DOTALL | re.MULTILINE)


def sources(*folders, ending=".swift"):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*" + ending)):
            yield path.read_text()


class Pages(unittest.TestCase):
    def test_mandoc_finds_no_fault(self):
        for path in sorted(MAN.glob("*.[1-9]")):
            with self.subTest(path.name):
                lint = subprocess.run(
                    ["mandoc", "-Tlint", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                faults = lint.stdout.decode().splitlines()
                # Which other pages a machine has, and whether it has listed them, is nobody's fault.
                unseen = ("referenced manual not found", "outdated mandoc.db")
                self.assertEqual([fault for fault in faults if not any(words in fault for words in unseen)], [])

    def test_no_macro_is_printed_as_a_word(self):
        """Words like In and Pa are macros where a line of macros has them, and words where it has not."""
        macros = "|".join("Ao Ar Bd Bl Bo Bq Brq Cm Dl Dq Ed El Em Er Ev Fa Fl Ic Li Lk Nd Nm Ns Pa Pf Pp Pq Ql Qq Sc Sq Ss Sy Ta Va Xr".split())
        for path in sorted(MAN.glob("*.[1-9]")):
            with self.subTest(path.name):
                shown = subprocess.run(["mandoc", "-Tascii", path], stdout=subprocess.PIPE, check=True).stdout.decode()
                shown = re.sub(".\b", "", shown)
                self.assertEqual(re.findall(rf".*(?<![\w'$\"])\.?(?:{macros})(?![\w'.]).*|.*<the>.*", shown), [])
                sections = re.findall(r"^\.S[hs] (?:\\&)?\"?(.*?)\"?$", path.read_text(), re.MULTILINE)
                self.assertEqual([name for name in sections if not re.search(rf"^ {{0,3}}{re.escape(name)}$", shown, re.MULTILINE)], [])

    def test_pages_that_are_named_are_there(self):
        for path in MAN.glob("cpwx*.[157]"):
            for name, section in re.findall(r"^\.(?:It )?Xr (cpwx\S*) ([157])", path.read_text(), re.MULTILINE):
                self.assertTrue((MAN / f"{name}.{section}").exists(), f"{path.name}: {name}({section})")

    def test_schemas_that_are_named_are_there(self):
        for path in MAN.glob("cpwx*.[57]"):
            for name in re.findall(r"config/schemas/\S+\.json", path.read_text()):
                self.assertTrue((ROOT / name).exists(), f"{path.name}: {name}")


class Commands(unittest.TestCase):
    def test_their_pages_and_help_are_as_the_programs_tell(self):
        """What differs is what an admin will read otherwise: look at it, then run make manual."""
        with tempfile.TemporaryDirectory() as folder:
            generate.main(CPWX, CPWX + "-stage", folder)
            made = {path.name: path.read_text() for path in Path(folder).iterdir()}
        self.assertEqual(sorted(made), sorted(path.name for path in MAN.glob("*.1")))
        for name, text in made.items():
            with self.subTest(name):
                self.assertEqual((MAN / name).read_text(), text)

    def test_every_help_is_as_it_was_looked_at(self):
        self.assertEqual((ROOT / "Tests/Manual/help.txt").read_text(), generate.help_of_all(CPWX, CPWX + "-stage", COMMANDS))

    def test_what_help_tells_of_a_word_stays_in_its_column(self):
        for call in [["help", *path[1:]] for path in COMMANDS]:
            with self.subTest(call):
                shown = subprocess.run([CPWX, *call], stdout=subprocess.PIPE, check=True).stdout.decode()
                # What is listed below its headings in capitals, up to the next blank line.
                told = re.findall(r"(?m)^[A-Z]+:\n((?:  .*\n)+)", shown)
                self.assertGreater(len(told), 0)
                lines = [line for part in told for line in part.splitlines()]
                self.assertEqual([line for line in lines if not re.match(r"  \S| {26}\S", line)], [])

    def test_every_help_has_two_examples_and_names_the_next_command(self):
        stages = dict(generate.walk(generate.dump(CPWX + "-stage")))
        self.assertEqual(len(stages), 11)
        for path, command in {**COMMANDS, **stages}.items():
            with self.subTest(" ".join(path)):
                blocks = list(generate.blocks(command.get("discussion", "")))
                examples = [line for heading, part in blocks if heading == "EXAMPLES" for line in part]
                self.assertGreaterEqual(len(examples), 2)
                # One is to be copied where a terminal has 80 columns, and so is not broken.
                self.assertEqual([line for line in examples if len(re.split(r"\s{3,}", line.strip())[0]) > 78], [])
                [following] = [part[0] for heading, part in blocks if not heading and part[0].startswith("Then see: cpwx ")]
                for mention in re.findall(r"cpwx ([a-z]+(?: [a-z]+)?)", following.replace("cpwx help", "cpwx")):
                    words = ("cpwx", *mention.split())
                    self.assertTrue(words in COMMANDS or words[:2] in COMMANDS, mention)

    def test_every_command_takes_what_all_have_in_common(self):
        for path, command in COMMANDS.items():
            if [sub for sub in command.get("subcommands", []) if sub["commandName"] != "help"]:
                continue
            with self.subTest(" ".join(path)):
                names = {name["name"] for argument in command["arguments"] for name in argument.get("names", [])}
                common = {"q", "quiet", "v", "verbose", "version"} | ({"C"} if path != ("cpwx", "init") else set())
                self.assertEqual(common - names, set())

    def test_every_example_is_understood(self):
        """They are run in a workspace that has what they name, and end as it is told here."""
        with tempfile.TemporaryDirectory() as folder:
            keep_example_workspace(Path(folder))
            for path, command in COMMANDS.items():
                for heading, part in generate.blocks(command.get("discussion", "")):
                    for line in part if heading == "EXAMPLES" else []:
                        with self.subTest(line.strip()):
                            example = re.split(r"\s{3,}", line.strip())[0]
                            self.understood(example, Path(folder), self.ends(example))

    @staticmethod
    def ends(example):
        """The exit codes of which it has one."""
        return next((codes for pattern, codes in ENDS.items() if re.fullmatch(pattern, example)), (0,))

    def understood(self, line, folder, codes=(0, 1, 65, 69, 74)):
        workspace = put_example_workspace(folder)
        # Places outside of a workspace are those of the test.
        line = re.sub(r"/(srv|mnt|tmp)/", rf"{folder}/films/\1/", line)
        environment = {**os.environ, "PATH": f"{Path(CPWX).parent}:{os.environ['PATH']}", "CPWX_WORKSPACE": ""}
        done = subprocess.run(
            ["timeout", "--signal=INT", "2" if "--watch" in line else "600", "bash", "-c", f"set -o pipefail; {line}"],
            cwd=workspace, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.stdout.decode(errors="replace")
        # What is watched has no end: it is stopped here.
        self.assertIn(done.returncode, (124,) if "--watch" in line else codes, said)
        self.assertNotRegex(said, "Usage:|Fatal error")


# Examples that do not end with 0 in that workspace, and why.
ENDS = {
    # What a machine lacks is an error.
    "cpwx doctor.*": (0, 1),
    # It belongs to no cluster.
    "cpwx run --executor slurm.*": (69,),
    # It was put back by the example before.
    "cpwx archive 20251030-001": (1,),
    # No job is of that film.
    'cpwx job find "[$][(]sha256sum.*': (1,),
    # As diff does where two differ.
    "cpwx manifest diff 2.*": (1,),
    # There are no such programs.
    "cpwx manifest record latest .* -- (whisper film.wav|nllb)": (69,),
    # The job is there.
    "cpwx archive restore (--salvage )?[0-9-]+": (74,),
}


def keep_example_workspace(folder, add=lambda root: None):
    """That workspace, and what is added to it, as pristine, to be put where it was made again and again: records name it there."""
    example_workspace(folder / "films")
    add(folder / "films")
    (folder / "films").rename(folder / "pristine")


def put_example_workspace(folder):
    """It, as it was."""
    workspace = folder / "films"
    subprocess.run(["rm", "-rf", workspace], check=True)
    subprocess.run(["cp", "-a", folder / "pristine", workspace], check=True)
    return workspace


def example_workspace(root):
    """A workspace with the jobs, films and archives that examples name."""
    subprocess.run([CPWX, "init", root], check=True, stdout=subprocess.DEVNULL)
    (root / "config/pipeline.yaml").write_text(EXAMPLE_PIPELINE)
    days = {
        "2023-10-30": ["Sholay (1975).mp4", "Don (1978).mp4"], "2025-10-30": ["Anand (1971).mkv", "Guide (1965).mkv"],
        "2025-11-28": ["Devdas (1955).mkv"]}
    for day, films in days.items():
        for film in films:
            (root / "in" / film).write_text(film)
            os.utime(root / "in" / film, (1, 1))
            subprocess.run(
                ["faketime", "-f", f"@{day} 12:00:00", BESIDE_TESTS, "run", "-q", "-C", root, root / "in" / film], check=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for film in ("film.mp4", "film.mkv"):
        (root / "in" / film).write_text(film)
        os.utime(root / "in" / film, (1, 1))
    # What that clock made of the index is forgotten.
    for index in root.glob(".cpwx/index*"):
        index.unlink()
    for job in ("20231030-001", "20231030-002", "20251030-001", "20251030-002"):
        subprocess.run([CPWX, "archive", "-q", "--keep", job, "-C", root], check=True, stdout=subprocess.DEVNULL)
    copies = root / "mnt/copy"
    copies.mkdir(parents=True)
    for archive in root.glob("archive/*/*/*/*/*.tar.zst"):
        subprocess.run(["cp", archive, copies], check=True)
    subprocess.run(["cp", next(copies.iterdir()), copies / "film.tar.zst"], check=True)
    subprocess.run([CPWX, "init", root / "srv/films"], check=True, stdout=subprocess.DEVNULL)
    for name in ("old", "new"):
        (root / name).mkdir()
        subprocess.run(["cp", next(root.glob("out/*/*/*/*/*/manifest.json")), root / name], check=True)
    for name in ("out/First_1971", "out/Second_1972", "out/Movie_Name_2023", "srv/old/out/Third_1973"):
        (root / name).mkdir(parents=True)
        subprocess.run(["cp", root / "old/manifest.json", root / name], check=True)
        if name in ("out/First_1971", "out/Second_1972"):
            subprocess.run(
                [CPWX, "migrate", "--from-legacy", "-q", "-C", root], check=True, stdout=subprocess.DEVNULL)


EXAMPLE_PIPELINE = """\
name: examples
workflows: {transcribe: [demux, asr]}
stages:
  - {name: demux, number: 1, command: [sh, -c, 'mkdir -p "$1/subtitles" "$1/transcription"; echo 1 | tee "$1/subtitles/subtitles.srt" > "$1/transcription/words.txt"', sh, '{job_dir}']}
  - {name: asr, number: 2, command: ['true']}
"""


class Settings(unittest.TestCase):
    def setUp(self):
        self.documented = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", page("cpwx-env.5") + page("cpwx.yaml.5")))
        self.documented |= {
            word for line in page("cpwx-env.5").splitlines() if line.startswith(".It Ev ") for word in line.split()[2:]}

    def test_every_setting_of_a_new_workspace_is_documented(self):
        keys = set(re.findall(r"^([A-Z_]+)=", (ROOT / "config/env.example").read_text(), re.MULTILINE))
        self.assertGreater(len(keys), 40)
        self.assertEqual(keys - self.documented, set())

    def test_every_setting_that_the_programs_read_is_documented(self):
        pattern = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"')
        short = re.compile(r'(?:environmentVariable\(|environment\[)"([A-Z]+)"')
        keys = {key for text in sources("Sources") for one in (pattern, short) for key in one.findall(text)} - _NOT_SETTINGS
        self.assertGreater(len(keys), 30)
        self.assertIn("EDITOR", keys)
        self.assertEqual(keys - self.documented, set())

    def test_every_setting_that_engines_read_is_documented(self):
        pattern = re.compile(r'environ(?:\.get\(|\.setdefault\(|\[)"([A-Z_]+)"')
        keys = {key for text in sources("config/engines", ending=".py") for key in pattern.findall(text)}
        self.assertIn("HF_HOME", keys)
        self.assertEqual(keys - self.documented - {"PYANNOTE_METRICS_ENABLED"}, set())

    def test_every_setting_of_the_pipeline_is_documented(self):
        files = [(ROOT / "config" / name).read_text() for name in ("pipeline.yaml", "docker-compose.yml")]
        keys = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", "\n".join(files)))
        self.assertEqual(keys - self.documented, set())

    def test_no_setting_is_documented_that_nothing_reads(self):
        everything = "\n".join(
            [*sources("Sources"), *sources("config", ending=".py"), *sources("config", ending=".yaml"), *sources("config", ending=".yml"), *sources("config", ending=".example")])
        listed = set(re.findall(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", "\n".join(
            line for line in page("cpwx-env.5").splitlines() if line.startswith(".It Ev"))))
        unheard = {key for key in listed if key not in everything and not key.startswith("ENGINE_")}
        self.assertEqual(unheard, set())


class PipelineFile(unittest.TestCase):
    def test_every_key_and_placeholder_is_documented(self):
        reader = (ROOT / "Sources/Pipeline/Definition/StageReading.swift").read_text()
        listed = re.search(r"stageKeys = \[(.*?)\]", reader, re.DOTALL).group(1)
        keys = set(re.findall(r'"(\w+)"', listed)) | {"name", "workflows", "lanes", "stages", "optional"}
        text = page("cpwx.yaml.5")
        self.assertEqual({key for key in keys if not re.search(rf"\bCm .*\b{key}\b", text)}, set())
        placeholders = (ROOT / "Sources/Pipeline/Definition/Placeholders.swift").read_text()
        listed = re.search(r"names: Set<String> = \[(.*?)\]", placeholders, re.DOTALL).group(1)
        names = re.findall(r'"(\w+)"', listed)
        self.assertEqual({name for name in names if f"{{{name}}}" not in text}, set())

    def test_the_examples_are_pipelines(self):
        [example] = [text for text in literals("cpwx.yaml.5") if text.startswith("name:")]
        readme = re.search(r"^    name: .*\n(?:    .*\n)+", (ROOT / "README.md").read_text(), re.MULTILINE)[0]
        for text in (example, textwrap.dedent(readme)):
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run([CPWX, "init", folder], check=True, stdout=subprocess.DEVNULL)
                pipeline = Path(folder) / "example.yaml"
                pipeline.write_text(text)
                (Path(folder) / "in/Film (2001).mkv").write_bytes(b"film")
                workflow = re.search(r"^workflows: {(\w+):", text, re.MULTILINE)
                done = subprocess.run(
                    [CPWX, "run", "-C", folder, "--pipeline", pipeline, "--dry-run", *(["--workflow", workflow[1]] if workflow else [])],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))


class PagesOfWork(unittest.TestCase):
    """The commands that pages of section 7 show are run, in a workspace that has what they name."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.workspace = Path(folder.name, "films")
        example_workspace(cls.workspace)
        cls.broken = EXAMPLE_PIPELINE.replace("['true']", "[sh, -c, 'echo no sound >&2; exit 3']")

    def shown(self, script, code=0):
        environment = {**os.environ, "PATH": f"{Path(CPWX).parent}:{os.environ['PATH']}", "CPWX_WORKSPACE": ""}
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.workspace, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=300)
        self.assertEqual(done.returncode, code, done.stdout.decode())
        return done.stdout.decode()

    def example(self, name, beginning):
        """What stands behind $ in a display, as a script."""
        text = page(name)
        shown = literals(name) + re.findall(r"^\.Dl (.*\n)", text, re.MULTILINE)
        [found] = [part for part in shown if part.startswith(beginning)]
        RUN.add((name, found))
        return re.sub(r"^\$ ", "", found, flags=re.MULTILINE)

    def test_the_disk_and_the_index_are_asked(self):
        self.assertRegex(self.shown(self.example("cpwx-layout.7", "$ du ")), r"out/2025/10/30/1/20251030-001\n")
        asked = self.example("cpwx-layout.7", "$ sqlite3 ")
        self.assertEqual(self.shown("cpwx job list > /dev/null; " + asked), "")
        done = asked.replace("'failed'", "'completed'")
        self.assertEqual(self.shown(done).splitlines(), ["20251030-001|Anand", "20251030-002|Guide"])

    def test_a_night_by_hand_and_a_script_that_looks_at_its_code(self):
        before = (self.workspace / "config/pipeline.yaml").read_text()
        (self.workspace / "config/pipeline.yaml").write_text(self.broken)
        try:
            by_hand = self.example("cpwx-nights.7", "$ cpwx run --until 06:00 --format")
            self.assertRegex(self.shown(by_hand), r"(?m)^\d+-001\tasr: no sound$")
            for line in self.example("cpwx-nights.7", "$ cpwx report").splitlines():
                command = line.split("   ")[0].replace("JOB", "latest")
                # The film fails once more.
                said = self.shown(command, code=1 if "--retry-failed" in command else 0)
                self.assertNotIn("cpwx: ", said, command)
            self.assertIn("no sound", self.shown(self.example("cpwx-errors.7", "cpwx run --quiet")))
        finally:
            (self.workspace / "config/pipeline.yaml").write_text(before)


    def test_nights_as_they_are_begun(self):
        for page_name, beginning in (("cpwx-nights.7", "$ cpwx run -n "), ("cpwx-nights.7", "$ cpwx run --halt")):
            for line in self.example(page_name, beginning).splitlines():
                self.shown(line.split("   ")[0])
        # The command of the line for cron, behind six fields and a user.
        environment, line = self.example("cpwx-nights.7", "CPWX_ENGINES=").splitlines()
        command = line.split(maxsplit=6)[6].replace("/usr/local/bin/", "").replace("/srv/cpwx", str(self.workspace))
        self.assertRegex(line, r"^(?:\S+ ){5}cpwx ")
        self.shown(f"{environment} {command}")
        unit = self.example("cpwx-nights.7", "[Service]").replace("/usr/local/bin/cpwx", CPWX)
        [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=/")]
        self.shown(start.removeprefix("ExecStart=") + " -n")

    def test_a_pipeline_is_tried(self):
        (self.workspace / "sound.yaml").write_text(self.example("cpwx.yaml.5", "name: sound"))
        said = self.shown(self.example("cpwx.yaml.5", "$ cpwx run --pipeline"))
        self.assertIn("film.mkv", said)

    def test_the_hashes_and_the_frames_of_an_archive_are_asked(self):
        archive = next(self.workspace.glob("archive/*/*/*/*/20251030-001.tar.zst"))
        for number, beginning in enumerate(("$ tar --zstd", "$ tail -c 9")):
            there = self.workspace / f"asked-{number}"
            there.mkdir()
            said = self.shown(
                f"cd {there} && cp {archive} . && " + self.example("cpwx-archive.5", beginning).strip().replace("\n", " && "))
            self.assertRegex(said, r"^\s*[1-9]\d*\n$" if number else r"^$")

    def test_settings_that_are_shown_are_such(self):
        for beginning in ("SRC_LANG=", "NOTIFY_ON=", "ARCHIVE_EXCLUDE="):
            text = self.example("cpwx-env.5", beginning)
            file = self.workspace / "config/.env"
            before = file.read_text()
            file.write_text(before + text)
            try:
                # What engines the machine has is not asked here.
                checks = self.shown("cpwx doctor --format json || [ $? = 1 ]")
            finally:
                file.write_text(before)
            keys = re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)
            wrong = [
                check for check in json.loads(checks) if check["status"] == "error" and any(key in check["check"] for key in keys)]
            self.assertEqual(wrong, [], beginning)


class WhatIsShown(unittest.TestCase):
    def test_every_example_is_run_or_it_is_said_why_not(self):
        """The displays of sections 5 and 7 that are commands."""
        if not RUN:
            # It has been asked for alone; else the tests have run before.
            unittest.defaultTestLoader.loadTestsFromTestCase(PagesOfWork).run(unittest.TestResult())
        counted = set()
        for path in sorted(MAN.glob("*.[57]")):
            shown = literals(path.name) + re.findall(r"^\.Dl (.*\n)", page(path.name), re.MULTILINE)
            for part in shown:
                if not re.match(r"[$#] |\[|cpwx |[A-Z_]+=", part):
                    continue
                with self.subTest(f"{path.name}: {part.splitlines()[0]}"):
                    reasons = [words for words in NOT_RUN if part.startswith(words)]
                    counted.update(reasons)
                    # One or the other: what is run needs no reason.
                    self.assertEqual(len(reasons), 0 if (path.name, part) in RUN else 1, part)
        self.assertEqual(counted, set(NOT_RUN))


# The displays that tests have run, with their pages.
RUN = set()
# Examples of sections 5 and 7 that no test runs, and why.
NOT_RUN = {
    "# adduser": "it makes a user of the machine",
    "$ docker build": "it needs a daemon, and a network: Tests/AcceptanceTests/Docker builds with BASE= and ENGINES=none, and runs the others",
    "$ cpwx doctor                           is the": "it needs a cluster; Tests/AcceptanceTests/Cluster runs these",
    "$ cd ~/.local/share": "it fetches 3 GB",
}


class Contributing(unittest.TestCase):
    def test_what_it_names_is_there(self):
        text = (ROOT / "CONTRIBUTING.md").read_text()
        code = "\n".join([*sources("Sources"), *sources("Sources", "config", ending=".py"), (ROOT / "Makefile").read_text()])
        files = {path.stem for path in (ROOT / "Sources").rglob("*.swift")} | {
            path.stem for path in (ROOT / "Tests").rglob("*.swift")} | {path.name for path in (ROOT / "Sources").iterdir()}
        for name in set(re.findall(r"`([^`]+)`", text)):
            with self.subTest(name):
                if re.fullmatch(r"[\w./-]+/[\w./-]+", name):
                    self.assertTrue((ROOT / name).exists(), "no such file")
                elif re.fullmatch(r"[A-Z]\w+(?:\.\w+)?", name):
                    for word in name.split("."):
                        self.assertTrue(word in files or re.search(rf"\b{word}\b", code) or (ROOT / name).exists(), word)


class StagesByHand(unittest.TestCase):
    def test_the_examples_are_done(self):
        """Each display of cpwx-stage(1), with a film that is one."""
        shown = [text for text in literals("cpwx-stage.1") if "cpwx-stage " in text]
        self.assertEqual(len(shown), 1)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder, "films")
            subprocess.run([CPWX, "init", root], check=True, stdout=subprocess.DEVNULL)
            subprocess.run(
                ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=r=5", "-f", "lavfi", "-i", "sine=r=16000", "-t", "2",
                 root / "in/film.mp4"], check=True)
            environment = {**os.environ, "PATH": f"{Path(CPWX).parent}:{os.environ['PATH']}", "CPWX_WORKSPACE": ""}
            (root / "config/pipeline.yaml").write_text(EXAMPLE_PIPELINE)
            script = "cpwx run -q in/film.mp4 >/dev/null\n" + shown[0]
            done = subprocess.run(
                ["bash", "-ec", script], cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout.decode())
            [sound] = root.glob("out/*/*/*/*/*/audio/audio.wav")
            self.assertGreater(sound.stat().st_size, 60_000)
            self.assertIn("Sholay", (sound.parents[1] / "metadata/tmdb_data.json").read_text())
            (root / "film.srt").write_text("1\n00:00:00,100 --> 00:00:01,000\nwords\n")
            stages = {path[-1]: command for path, command in generate.walk(generate.dump(CPWX + "-stage"))}
            for name, made in (("demux", "audio/audio.wav"), ("tmdb", "metadata/tmdb_data.json"), ("mux", "final_output.mp4")):
                with self.subTest(name):
                    (sound.parents[1] / made).unlink(missing_ok=True)
                    [examples] = [part for heading, part in generate.blocks(stages[name]["discussion"]) if heading == "EXAMPLES"]
                    script = "\n".join(examples[:2])
                    done = subprocess.run(
                        ["bash", "-ec", script], cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT)
                    self.assertEqual(done.returncode, 0, done.stdout.decode())
                    self.assertTrue((sound.parents[1] / made).exists())


class ArchiveFormat(unittest.TestCase):
    def test_the_reader_reads_an_archive(self):
        [reader] = [text for text in literals("cpwx-archive.5") if text.startswith("import ")]
        with tempfile.TemporaryDirectory() as folder:
            def cpwx(*arguments):
                return subprocess.run(
                    [CPWX, *arguments, "-C", folder], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
                ).stdout.decode()

            subprocess.run([CPWX, "init", folder], check=True, stdout=subprocess.DEVNULL)
            job = cpwx("job", "create").strip()
            output = Path(cpwx("job", "path", job).strip())
            (output / "sound.wav").write_bytes(b"RIFF    WAVE" + bytes(6_000_000))
            (output / "words.txt").write_text("some words\n" * 5)
            (output / "again.txt").hardlink_to(output / "words.txt")
            (output / "link").symlink_to("words.txt")
            cpwx("archive", "--keep", "--force", job)
            [archive] = Path(folder).glob("archive/*/*/*/*/*.tar.zst")
            read = subprocess.run(["/usr/bin/python3", "-c", reader, archive], stdout=subprocess.PIPE, check=True)
            listed = subprocess.run(["tar", "--zstd", "-tf", archive], stdout=subprocess.PIPE, check=True)
            lines = [line.split(maxsplit=2) for line in read.stdout.decode().splitlines()]
            self.assertEqual([path for _, _, path in lines], [
                path.rstrip("/") for path in listed.stdout.decode().splitlines()])
            self.assertIn(["0644", "6000012", str(output.relative_to(folder) / "sound.wav")], lines)


class Errors(unittest.TestCase):
    def test_every_exit_code_is_documented(self):
        codes = set(re.findall(r"ExitStatus\(rawValue: (\d+)\)", "\n".join(sources("Sources/cpwx"))))
        codes |= set(re.findall(r"case (?:\.\w+(?:, )?)+: (\d+)$", (ROOT / "Sources/Jobs/JobError.swift").read_text(), re.MULTILINE))
        self.assertLessEqual({"1", "64", "65", "69", "74", "75", "78"}, codes)
        listed = set(re.findall(r"^\.It ([\d , ]+)$", page("cpwx-errors.7"), re.MULTILINE))
        self.assertEqual(codes - listed - {"130", "143"}, set())
        self.assertLessEqual({"0", "130", "143"}, listed)

    def test_messages_that_are_documented_are_in_the_code(self):
        raised = [text for text, _ in python_texts()]
        code = re.sub(r"\s+", " ", "\n".join([*sources("Sources"), *raised]))
        messages = re.findall(r"^\.It Qq (.*)$", page("cpwx-errors.7"), re.MULTILINE)
        self.assertGreater(len(messages), 50)
        # What stands for a part that differs is left out.
        parts = [part.strip(' :;,"') for line in messages for part in re.split(r"\.\.\.|\bN\b|[A-Z]+[:=][A-Z]+[:,]?", line)]
        of_the_parser = {"Missing expected argument", "Missing value for", "Unexpected argument", "The value", "is invalid for"}
        self.assertEqual([part for part in parts if len(part) > 3 and part not in code and part not in of_the_parser], [])


if __name__ == "__main__":
    unittest.main()
