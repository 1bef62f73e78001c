"""The hand-written man pages are well-formed, and say what the code has.

CPWX names the program, by default .build/debug/cpwx.
"""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAN = ROOT / "man"
CPWX = os.environ.get("CPWX") or str(ROOT / ".build" / "debug" / "cpwx")

# Of the environment of programs that are started, and of languages: no settings of anybody.
_NOT_SETTINGS = {"OUT_DIR", "WORK_OF_ART", "CPWX_PROBE_OF", "CPWX_FAULT_STEP"}


def page(name):
    """A page's source without its escapes."""
    return (MAN / name).read_text().replace("\\&", "").replace("\\e", "\\")


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
                    ["mandoc", "-Tlint", "-Wwarning", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(lint.stdout.decode(), "")

    def test_pages_that_are_named_are_there(self):
        for path in MAN.glob("cpwx*.[57]"):
            for name, section in re.findall(r"^\.Xr (cpwx\S*) ([57])", path.read_text(), re.MULTILINE):
                self.assertTrue((MAN / f"{name}.{section}").exists(), f"{path.name}: {name}({section})")

    def test_schemas_that_are_named_are_there(self):
        for path in MAN.glob("cpwx*.[57]"):
            for name in re.findall(r"config/schemas/\S+\.json", path.read_text()):
                self.assertTrue((ROOT / name).exists(), f"{path.name}: {name}")


class Settings(unittest.TestCase):
    def setUp(self):
        self.documented = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", page("cpwx-env.5") + page("cpwx.yaml.5")))

    def test_every_setting_of_a_new_workspace_is_documented(self):
        keys = set(re.findall(r"^([A-Z_]+)=", (ROOT / "config/env.example").read_text(), re.MULTILINE))
        self.assertGreater(len(keys), 40)
        self.assertEqual(keys - self.documented, set())

    def test_every_setting_that_the_programs_read_is_documented(self):
        pattern = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"')
        keys = {key for text in sources("Sources") for key in pattern.findall(text)} - _NOT_SETTINGS
        self.assertGreater(len(keys), 30)
        self.assertEqual(keys - self.documented, set())

    def test_every_setting_that_engines_read_is_documented(self):
        pattern = re.compile(r'environ(?:\.get\(|\.setdefault\(|\[)"([A-Z_]+)"')
        keys = {key for text in sources("config/engines", ending=".py") for key in pattern.findall(text)}
        self.assertIn("HF_HOME", keys)
        self.assertEqual(keys - self.documented - {"PYANNOTE_METRICS_ENABLED"}, set())

    def test_every_setting_of_the_pipeline_is_documented(self):
        pipeline = (ROOT / "config/pipeline.yaml").read_text()
        keys = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", pipeline))
        self.assertEqual(keys - self.documented, set())

    def test_no_setting_is_documented_that_nothing_reads(self):
        everything = "\n".join(
            [*sources("Sources"), *sources("config", ending=".py"), *sources("config", ending=".yaml"), *sources("config", ending=".example")])
        listed = set(re.findall(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", "\n".join(
            line for line in page("cpwx-env.5").splitlines() if line.startswith(".It Ev"))))
        unheard = {key for key in listed if key not in everything and not key.startswith("ENGINE_")}
        self.assertEqual(unheard, set())


class PipelineFile(unittest.TestCase):
    def test_every_key_and_placeholder_is_documented(self):
        reader = (ROOT / "Sources/Pipeline/Definition/PipelineFile.swift").read_text()
        listed = re.search(r"stageKeys = \[(.*?)\]", reader, re.DOTALL).group(1)
        keys = set(re.findall(r'"(\w+)"', listed)) | {"name", "workflows", "lanes", "stages", "optional"}
        text = page("cpwx.yaml.5")
        self.assertEqual({key for key in keys if not re.search(rf"\bCm .*\b{key}\b", text)}, set())
        placeholders = (ROOT / "Sources/Pipeline/Definition/Placeholders.swift").read_text()
        listed = re.search(r"names: Set<String> = \[(.*?)\]", placeholders, re.DOTALL).group(1)
        names = re.findall(r'"(\w+)"', listed)
        self.assertEqual({name for name in names if f"{{{name}}}" not in text}, set())

    def test_the_example_is_a_pipeline(self):
        [example] = [text for text in literals("cpwx.yaml.5") if text.startswith("name:")]
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([CPWX, "init", folder], check=True, stdout=subprocess.DEVNULL)
            pipeline = Path(folder) / "sound.yaml"
            pipeline.write_text(example)
            done = subprocess.run(
                [CPWX, "run", "-C", folder, "--pipeline", pipeline, "--dry-run"], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))


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
        self.assertLessEqual({"1", "64", "65", "69", "74", "75", "78"}, codes)
        listed = set(re.findall(r"^\.It ([\d , ]+)$", page("cpwx-errors.7"), re.MULTILINE))
        self.assertEqual(codes - listed - {"130", "143"}, set())
        self.assertLessEqual({"0", "130", "143"}, listed)

    def test_messages_that_are_documented_are_in_the_code(self):
        code = re.sub(r"\s+", " ", "\n".join(sources("Sources")))
        messages = re.findall(r"^\.It Qq (.*)$", page("cpwx-errors.7"), re.MULTILINE)
        self.assertGreater(len(messages), 50)
        # What stands for a part that differs is left out.
        parts = [part.strip(' :;,"') for line in messages for part in re.split(r"\.\.\.|\bN\b|[A-Z]+[:=][A-Z]+[:,]?", line)]
        self.assertEqual([part for part in parts if len(part) > 3 and part not in code], [])


if __name__ == "__main__":
    unittest.main()
