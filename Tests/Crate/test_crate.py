"""What `cpwx manifest export --format ro-crate` writes, before the public validator.

CPWX names the program, by default .build/debug/cpwx; the validator comes from PyPI into .build/test-tools (make
test-tools). It reads the JSON-LD context from its cache, into which the copy is put that the package rocrate brings:
no network is needed.
"""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CPWX = os.environ.get("CPWX") or str(ROOT / ".build/debug/cpwx")
TOOLS = Path(os.environ.get("TEST_TOOLS") or ROOT / ".build/test-tools")
PIPELINE = """\
name: crates
stages:
  - {name: subtitles, number: 1, command: [sh, -c, 'echo 1 > "$1/a b%c.srt"; echo tok-99812 > "$1/notes.txt"', sh, '{job_dir}'], outputs: {srt: {path: 'a b%c.srt'}, notes: {path: notes.txt}}}
  - {name: extra, number: 2, critical: false, command: [sh, -c, 'echo the token tok-99812 is wrong; exit 3']}
"""
WARM = """
import io, sys
from requests.adapters import BaseAdapter, HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse
import rocrate, pathlib

class Local(BaseAdapter):
    def send(self, request, **_):
        context = pathlib.Path(rocrate.__file__).with_name("data") / "ro-crate.jsonld"
        raw = HTTPResponse(
            body=io.BytesIO(context.read_bytes()), status=200, headers={"Content-Type": "application/ld+json"},
            preload_content=False)
        return HTTPAdapter().build_response(request, raw)
    def close(self):
        pass

session = CachedSession(cache_name=sys.argv[1], backend="sqlite", allowable_methods=("GET",), expire_after=-1)
session.mount("https://w3id.org/", Local())
assert session.get("https://w3id.org/ro/crate/1.1/context").status_code == 200
"""


class Crate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.films = self.folder / "films"
        self.cpwx("init", self.films)
        (self.films / "config/pipeline.yaml").write_text(PIPELINE)
        with open(self.films / "config/.env", "a") as file:
            file.write("HF_TOKEN=tok-99812\n")
        (self.films / "in/Sholay (1975).mkv").write_text("moving pictures")
        os.utime(self.films / "in/Sholay (1975).mkv", (1, 1))
        self.cpwx("run", "-q", "-C", self.films)
        self.job = Path(self.cpwx("job", "path", "latest", "-C", self.films).strip())

    def cpwx(self, *arguments, code=0):
        done = subprocess.run([CPWX, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return done.stdout.decode() + (done.stderr.decode() if code else "")

    def test_the_validator_finds_no_fault(self):
        written = self.export("latest")
        self.assertEqual(written, self.job / "ro-crate-metadata.json")
        self.validate(self.job, "ro-crate-1.1")
        self.validate(self.job)

    def test_nor_of_a_job_that_was_migrated(self):
        tree = self.films / "out/Guide_1965"
        tree.mkdir()
        for path in self.job.iterdir():
            if path.name in ("manifest.json", "notes.txt", "a b%c.srt"):
                (tree / path.name).write_bytes(path.read_bytes())
        self.cpwx("migrate", "--from-legacy", "-q", "-C", self.films)
        [legacy] = self.films.glob("out/*/*/*/*/*/manifest.legacy.json")
        self.export(legacy.parent.name)
        self.validate(legacy.parent)

    def test_nor_where_an_archive_holds_it(self):
        self.export("latest")
        self.cpwx("archive", "-q", self.job.name, "-C", self.films)
        self.assertFalse(self.job.exists())
        self.cpwx("archive", "extract", self.job.name, "--to", self.folder / "there", "-C", self.films)
        self.validate(self.folder / "there" / self.job.relative_to(self.films))

    def test_nor_of_names_in_other_scripts(self):
        for name in ("花樣年華 (2000).mkv", "शोले (1975) #1.mkv"):
            film = self.films / "in" / name
            film.write_text(name)
            os.utime(film, (1, 1))
            self.cpwx("run", "-q", film, "-C", self.films)
            job = self.export("latest").parent
            graph = json.loads((job / "ro-crate-metadata.json").read_text())["@graph"]
            [root] = [entity for entity in graph if entity["@id"] == "./"]
            self.assertIn(name.split()[0], root["name"])
            self.validate(job)

    def export(self, job):
        """Where the description of this job is."""
        return Path(self.cpwx("manifest", "export", "--format", "ro-crate", job, "--write", "-C", self.films).strip())

    def validate(self, crate, profile="process-run-crate-0.5"):
        """The profile's demands are those of RO-Crate, too."""
        cache = self.folder / "cache"
        if not cache.exists():
            cache.mkdir()
            subprocess.run([TOOLS / "bin/python", "-c", WARM, cache / "http"], check=True)
        checked = subprocess.run(
            [TOOLS / "bin/rocrate-validator", "-y", "--disable-color", "validate", "--offline", "--cache-path",
             cache / "http", "-p", profile, "-l", "REQUIRED", "--no-paging", crate],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "HOME": str(self.folder)})
        self.assertEqual(checked.returncode, 0, checked.stdout.decode())

    def test_it_tells_of_the_film_the_stages_and_the_files(self):
        text = self.cpwx("manifest", "export", "latest", "-C", self.films)
        self.assertNotIn("tok-99812", text)
        graph = {entity["@id"]: entity for entity in json.loads(text)["@graph"]}
        self.assertEqual(graph["./"]["identifier"], self.job.name)
        self.assertEqual(
            sorted(part["@id"] for part in graph["./"]["hasPart"]),
            ["a%20b%25c.srt", "job_info.json", "manifest.json", "notes.txt"])
        self.assertEqual(graph["a%20b%25c.srt"]["contentSize"], "2")
        self.assertEqual(graph["#subtitles-1"]["actionStatus"], "http://schema.org/CompletedActionStatus")
        self.assertIn("subtitles", graph["#subtitles-1"]["description"])
        # It was optional, and failed.
        self.assertEqual(graph["#extra-1"]["actionStatus"], "http://schema.org/FailedActionStatus")
        self.assertIn("the token ******** is wrong", graph["#extra-1"]["error"])
        for entity in graph.values():
            self.assertNotIn("job.env", entity["@id"])
        self.assertFalse((self.job / "ro-crate-metadata.json").exists())

    def test_what_another_program_wrote_is_not_written_over(self):
        other = self.job / "ro-crate-metadata.json"
        other.write_text('{"@graph": []}')
        said = self.cpwx("manifest", "export", "--format", "ro-crate", "latest", "--write", "-C", self.films, code=74)
        self.assertIn("is none of cpwx's", said)
        self.assertEqual(other.read_text(), '{"@graph": []}')
        other.unlink()
        self.cpwx("manifest", "export", "--format", "ro-crate", "latest", "--write", "-C", self.films)
        self.cpwx("manifest", "export", "--format", "ro-crate", "latest", "--write", "-C", self.films)


if __name__ == "__main__":
    unittest.main()
