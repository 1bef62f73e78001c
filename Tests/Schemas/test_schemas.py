"""What cpwx writes for programs is as config/schemas says, key for key.

CPWX names the program, by default .build/debug/cpwx.
"""

import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from jsonschema import Draft202012Validator

from schemas import FOLDER, Schema

CPWX = os.environ.get("CPWX") or str(Path(__file__).resolve().parents[2] / ".build" / "debug" / "cpwx")

PIPELINE = """
name: small
workflows: {only-text: [text]}
lanes: {cpu: 1, gpu: 1}
stages:
  - name: text
    number: 1
    command: [sh, -c, 'echo "cpwx:progress 0.5 half of it"; sleep 0.2; echo some text > "$0/text.txt"', "{job_dir}"]
    inputs: [{key: film, path: "{input}", description: The film}]
    outputs: {text: {path: text.txt, description: Some text}}
  - name: extra
    number: 2
    command: [sh, -c, 'echo nothing to be found >&2; exit 4']
    critical: false
  - name: left-out
    number: 3
    command: ["true"]
    enabled: STEP_LEFT_OUT
  - name: notes
    number: 4
    lane: gpu
    command: [python3, "{workspace}/notes.py", "{job_dir}"]
  - name: end
    number: 5
    retries: 1
    backoff: 0.1s
    command: [sh, -c, 'case "$0" in *Bad*) echo cannot end Bad >&2; exit 3;; esac', "{input_name}"]
"""

NOTES = """
import sys
from pathlib import Path
from manifest import StageManifest
with StageManifest("notes", Path(sys.argv[1])) as manifest:
    manifest.add_metadata("notes", ["a note"])
    manifest.add_metadata("of its own", {"any": [1, None]})
"""

SDK = FOLDER.parent / "sdk"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what is posted, and keeps it."""

    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class SchemaTestCase(unittest.TestCase):
    """A workspace of its own, in which one film is done, one fails, and one is still being copied."""

    @classmethod
    def setUpClass(cls):
        cls.root = Path(tempfile.mkdtemp(prefix="cpwx-schemas-"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        cls.server.bodies = []
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        subprocess.run([CPWX, "init", cls.root], check=True, stdout=subprocess.DEVNULL)
        (cls.root / "config/pipeline.yaml").write_text(PIPELINE)
        (cls.root / "notes.py").write_text(NOTES)
        with open(cls.root / "config/.env", "a") as env:
            env.write("\nSTEP_LEFT_OUT=false\nSOME_TOKEN=of-great-secrecy\n")
            env.write(f"NOTIFY_WEBHOOK=http://127.0.0.1:{cls.server.server_port}/\n")
        for name in ("Good.2001.mkv", "Bad.mp4"):
            (cls.root / "in" / name).write_bytes(name.encode() * 100)
        cls.plan = cls.output("run", "--dry-run")
        # As young as they can be: they are to settle.
        for name in ("Good.2001.mkv", "Bad.mp4"):
            os.utime(cls.root / "in" / name)
        cls.events = cls.lines("run", "--settle", "8s", "--workflow", "small", "--format", "ndjson")
        (cls.root / "in/Late.mp4.part").write_bytes(b"half")
        cls.results = cls.output("run", "--settle", "0s")
        cls.more_events = cls.lines("run", "--from-stage", "end", "--format", "ndjson", "in/Good.2001.mkv")
        cls.jobs = {job["title"]: job for job in cls.output("job", "list")}

    @classmethod
    def run_cpwx(cls, *arguments):
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("CPWX_", "NOTIFY_", "STEP_"))
        }
        environment["PYTHONPATH"] = str(SDK)
        environment["CPWX_ENGINES"] = str(cls.root / "engines")
        done = subprocess.run(
            [CPWX, *arguments], cwd=cls.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode not in (0, 1, 65):
            raise AssertionError(f"{arguments}: exit code {done.returncode}\n{done.stderr.decode()}")
        return done.stdout

    @classmethod
    def output(cls, *arguments):
        return json.loads(cls.run_cpwx(*arguments, "--format", "json"))

    @classmethod
    def lines(cls, *arguments):
        return [json.loads(line) for line in cls.run_cpwx(*arguments).splitlines()]

    def assertAsDocumented(self, instance, name):
        problems = Schema(name).problems(instance)
        self.assertEqual(problems, [], f"{name}: {json.dumps(instance)[:2000]}")

    def job(self, title):
        return self.jobs[title]["job_id"]

    def folder(self, title):
        return self.root / self.jobs[title]["output_dir"]


class Schemas(unittest.TestCase):
    def test_each_schema_is_one(self):
        for path in sorted(FOLDER.glob("*.schema.json")):
            with self.subTest(path.name):
                Draft202012Validator.check_schema(json.loads(path.read_bytes()))

    def test_their_examples_are_as_they_say(self):
        found = 0
        for path in sorted(FOLDER.glob("*.schema.json")):
            name = path.name[: -len(".schema.json")]
            for example in json.loads(path.read_bytes()).get("examples", []):
                found += 1
                with self.subTest(name):
                    self.assertEqual(Schema(name).problems(example), [])
        self.assertGreater(found, 0)

    def test_every_property_is_described(self):
        for path in sorted(FOLDER.glob("*.schema.json")):
            for place, schema in properties(json.loads(path.read_bytes()), path.name):
                if "const" not in schema and "$ref" not in schema:
                    self.assertIn("description", schema, place)


def properties(schema, place):
    """Every property that a schema declares at any depth."""
    if isinstance(schema, dict):
        for name, part in schema.get("properties", {}).items():
            if isinstance(part, dict):
                yield f"{place} {name}", part
        for name, part in schema.items():
            yield from properties(part, f"{place}/{name}")
    elif isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from properties(part, f"{place}/{number}")


class Checks(unittest.TestCase):
    """That the check itself finds what it is to find."""

    def setUp(self):
        self.record = {
            "stage_name": "demux", "key": "audio", "path": "audio.wav", "exists": True, "size_bytes": 1,
            "description": "sound",
        }

    def test_what_every_command_prints_is_looked_at(self):
        here = Path(__file__).read_text()
        pages = [page for page in (FOLDER.parents[1] / "man").glob("cpwx-*.1") if "Fl -format" in page.read_text()]
        self.assertGreater(len(pages), 25)
        for page in pages:
            command = page.stem.split("-")[1:]
            # What archive and migrate do when they are given no other; and a crate is no document of cpwx's own.
            if command[-1] in ("create", "run") and len(command) > 1 and command[0] != "job":
                command = command[:1]
            if command == ["manifest", "export"]:
                continue
            with self.subTest(" ".join(command)):
                self.assertIn("output(" + ", ".join(f'"{word}"' for word in command), here)

    def test_a_key_that_no_schema_declares_is_found(self):
        self.assertEqual(Schema("manifest-outputs").problems([self.record]), [])
        self.record["surprise"] = 1
        self.assertRegex(Schema("manifest-outputs").problems([self.record])[0], "/0/surprise")

    def test_a_key_that_is_missing_is_found(self):
        del self.record["exists"]
        self.assertRegex(Schema("manifest-outputs").problems([self.record])[0], "exists")

    def test_it_looks_through_references_and_combinations(self):
        event = {"event": "job_ended", "at": "2025-10-30T03:12:44.120000", "job_id": "20251030-001",
                 "status": "failed", "duration_seconds": 1.5, "reason": None}
        self.assertEqual(Schema("run-event").problems(event), [])
        self.assertEqual(len(Schema("run-event").problems({**event, "more": 1})), 1)
        self.assertEqual(len(Schema("run-event").problems({**event, "status": "odd"})), 1)


# The events of a batch that watches, and is told to end.
OF_WATCHING = {"films_added", "batch_stopping"}


class Runs(SchemaTestCase):
    def test_the_plan_of_a_run(self):
        self.assertEqual({film["decision"] for film in self.plan}, {"new"})
        self.assertAsDocumented(self.plan, "run-plan")

    def test_the_results_of_a_run(self):
        self.assertEqual({film["decision"] for film in self.results}, {"skip", "retry", "pending"})
        self.assertAsDocumented(self.results, "run-result")

    def test_every_event_of_a_run(self):
        for event in self.events + self.more_events:
            self.assertAsDocumented(event, "run-event")
        kinds = {event["event"] for event in self.events + self.more_events}
        expected = {
            "batch_started", "film_settles", "job_started", "stage_waiting", "stage_started", "stage_command", "stage_progress", "stage_ended",
            "stage_said", "stage_noted", "stage_retrying", "stage_kept", "job_resuming", "job_ended", "batch_ended",
        }
        self.assertEqual(expected - kinds, set())

    def test_the_events_of_a_run_after_one_that_was_killed(self):
        """A run that finds a stage at work and a job's file gone; with the others' every kind of event has been seen."""
        pipeline, folder, begun = self.root / "killed.yaml", self.root / "in/killed", self.root / "begun"
        pipeline.write_text(f"stages: [{{name: slow, number: 1, command: [sh, -c, 'touch {begun}; sleep 300']}}]")
        folder.mkdir()
        (folder / "Killed.avi").write_bytes(b"killed")
        run = subprocess.Popen(
            [CPWX, "run", "--settle", "0s", "--pipeline", pipeline, "-q", folder], cwd=self.root, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(run.kill)
        # A stage begins a moment before its record says so.
        while not (begun.exists() and any('"slow"' in record.read_text() for record in self.root.glob("out/*/*/*/*/*/manifest.json"))):
            self.assertIsNone(run.poll())
            time.sleep(0.05)
        run.kill()
        run.wait()
        pipeline.write_text("stages: [{name: slow, number: 1, command: ['true']}]")
        [job] = [job for job in self.output("job", "list") if job["title"] == "Killed"]
        (self.root / job["output_dir"] / "job_info.json").unlink()
        events = self.lines("run", "--settle", "0s", "--pipeline", pipeline, "--format", "ndjson", folder)
        for event in events:
            self.assertAsDocumented(event, "run-event")
        kinds = {event["event"] for event in events}
        self.assertLessEqual({"orphans_ended", "warning", "job_resuming", "batch_ended"}, kinds)
        kinds |= {event["event"] for event in self.events + self.more_events} | OF_WATCHING
        schema = json.loads((FOLDER / "run-event.schema.json").read_bytes())
        documented = {part["const"] for place, part in properties(schema, "") if place.endswith(" event") and "const" in part}
        self.assertGreater(len(documented), 18)
        self.assertEqual(kinds, documented)

    def test_the_record_of_a_batch(self):
        records = list((self.root / "logs/batches").glob("*.json"))
        self.assertGreaterEqual(len(records), 2)
        for record in records:
            self.assertAsDocumented(json.loads(record.read_bytes()), "batch-record")

    def test_the_report_of_each_batch(self):
        for record in (self.root / "logs/batches").glob("*.json"):
            self.assertAsDocumented(self.output("report", record.stem), "report")

    def test_notifications(self):
        events = [json.loads(body) for body in self.server.bodies]
        self.assertEqual({event["event"] for event in events}, {"job.failed", "batch.completed"})
        for event in events:
            self.assertAsDocumented(event, "notification")

    def test_the_status_and_events_of_a_batch_that_watches(self):
        pipeline = self.root / "slow.yaml"
        pipeline.write_text("stages: [{name: slow, number: 1, command: [sleep, '600']}]")
        folder = self.root / "in/later"
        folder.mkdir()
        with open(self.root / "events.ndjson", "wb") as events:
            run = subprocess.Popen(
                [CPWX, "run", "--watch", "--settle", "0s", "--pipeline", pipeline, "--format", "ndjson", folder],
                cwd=self.root, stdout=events, stderr=subprocess.DEVNULL)
        try:
            while b"batch_started" not in (self.root / "events.ndjson").read_bytes():
                self.assertIsNone(run.poll())
                time.sleep(0.05)
            (folder / "Slow.avi").write_bytes(b"slow")
            batches = []
            while not any(job["stage"] for batch in batches for job in batch["running"]):
                self.assertIsNone(run.poll())
                batches = self.output("status")
                self.assertAsDocumented(batches, "status")
            self.assertAsDocumented(self.output("report"), "report")
            run.terminate()
            while b"batch_stopping" not in (self.root / "events.ndjson").read_bytes():
                self.assertIsNone(run.poll())
                time.sleep(0.05)
            while not (batches := self.output("status"))[0]["stops"]:
                self.assertIsNone(run.poll())
            self.assertEqual([batch["stops"] for batch in batches], ["after running stages"])
            self.assertAsDocumented(batches, "status")
        finally:
            while run.poll() is None:
                run.terminate()
                time.sleep(0.2)
        events = [json.loads(line) for line in (self.root / "events.ndjson").read_bytes().splitlines()]
        self.assertLessEqual({*OF_WATCHING, "batch_ended"}, {event["event"] for event in events})
        for event in events:
            self.assertAsDocumented(event, "run-event")


class Jobs(SchemaTestCase):
    def test_the_list_of_jobs(self):
        jobs = self.output("job", "list", "user=1")
        self.assertLessEqual({"completed", "failed"}, {job["status"] for job in jobs})
        self.assertAsDocumented(jobs, "job-list")
        for line in self.lines("job", "list", "--format", "ndjson"):
            self.assertAsDocumented(line, "job")

    def test_the_jobs_that_were_found(self):
        jobs = self.output("job", "find", "good")
        self.assertEqual(len(jobs), 1)
        self.assertAsDocumented(jobs, "job-list")

    def test_a_job(self):
        for title in self.jobs:
            shown = self.output("job", "show", self.job(title))
            self.assertEqual(len(shown["stages"]), 5)
            self.assertAsDocumented(shown, "job-show")

    def test_a_job_that_is_made_and_removed(self):
        made = self.output("job", "create", "--user", "2")
        self.assertAsDocumented(made, "job-info")
        self.assertAsDocumented(self.output("job", "show", made["job_id"]), "job-show")
        results = [self.output("job", "cancel", *words, made["job_id"], self.job("Good")) for words in (["-n"], [], [])]
        for result in results:
            self.assertAsDocumented(result, "job-cancel")
        self.assertEqual([[job["result"] for job in result] for result in results], [
            ["would not be begun", "completed"], ["cancelled", "completed"], ["cancelled before", "completed"]])
        self.assertAsDocumented(json.loads((self.root / made["output_dir"] / "manifest.json").read_bytes()), "manifest")
        self.assertAsDocumented(self.output("job", "show", made["job_id"]), "job-show")
        self.assertAsDocumented(self.output("job", "rm", "--dry-run", made["job_id"]), "job-rm")
        self.assertAsDocumented(self.output("job", "rm", "--yes", made["job_id"]), "job-rm")

    def test_the_job_info_of_a_film(self):
        self.assertAsDocumented(json.loads((self.folder("Good") / "job_info.json").read_bytes()), "job-info")

    def test_the_account_of_a_job_and_of_a_film(self):
        for subject in (self.job("Bad"), "in/Good.2001.mkv"):
            self.assertAsDocumented(self.output("job", "why", subject), "job-why")

    def test_statistics(self):
        self.assertAsDocumented(self.output("job", "stats"), "job-stats")
        nothing = self.output("job", "stats", "user=99")
        self.assertEqual(nothing["jobs"], 0)
        self.assertAsDocumented(nothing, "job-stats")

    def test_the_logs_of_a_job(self):
        lines = self.output("job", "logs", self.job("Bad"))
        self.assertAsDocumented(lines, "job-logs")
        self.assertEqual(lines, self.lines("job", "logs", self.job("Bad"), "--format", "ndjson"))
        self.assertIn(("end", "cannot end Bad"), {(line["stage_name"], line["line"]) for line in lines})
        self.assertIsNone(lines[0]["stage_name"])

    def test_the_settings_of_a_job(self):
        settings = self.output("job", "env", self.job("Good"))
        self.assertEqual(settings["SOME_TOKEN"], "********")
        self.assertAsDocumented(settings, "job-env")


class Manifests(SchemaTestCase):
    def test_the_manifest_of_each_job(self):
        for title in self.jobs:
            manifest = json.loads((self.folder(title) / "manifest.json").read_bytes())
            self.assertEqual(
                set(manifest["stages"]), {"text", "extra", "left-out", "notes", "end"}, json.dumps(manifest))
            self.assertAsDocumented(manifest, "manifest")
            self.assertAsDocumented(self.output("manifest", "show", self.job(title)), "manifest")

    def test_a_stage_that_is_recorded_without_its_number(self):
        job = self.output("job", "create")
        self.run_cpwx("manifest", "record", job["job_id"], "translate", "--", "true")
        manifest = json.loads((self.root / job["output_dir"] / "manifest.json").read_bytes())
        self.assertNotIn("stage_number", manifest["stages"]["translate"])
        self.assertAsDocumented(manifest, "manifest")

    def test_the_outputs_of_a_job(self):
        outputs = self.output("manifest", "outputs", self.job("Good"))
        self.assertEqual([output["key"] for output in outputs], ["text"])
        self.assertAsDocumented(outputs, "manifest-outputs")

    def test_what_is_wrong_with_a_manifest(self):
        manifest = self.root / "odd.json"
        manifest.write_text('{"stages": {"demux": {"status": "great"}}, "pipeline": 1}')
        findings = self.output("manifest", "validate", manifest)
        self.assertNotEqual(findings, [])
        self.assertAsDocumented(findings, "manifest-validate")


class Archives(SchemaTestCase):
    def test_what_becomes_of_archived_jobs(self):
        good, bad = self.job("Good"), self.job("Bad")
        plan = self.output("archive", "--dry-run", good, bad)
        self.assertEqual(plan[0]["status"], "planned")
        self.assertAsDocumented(plan, "archive")
        self.assertAsDocumented(self.output("archive", "--keep", "--force", bad), "archive")
        [done] = self.output("archive", good)
        self.assertEqual(done["status"], "archived")
        self.assertAsDocumented([done], "archive")
        self.assertAsDocumented(self.output("job", "list"), "job-list")
        listed = self.output("archive", "list")
        self.assertEqual({archive["status"] for archive in listed}, {"archived", "restored"})
        self.assertAsDocumented(listed, "archive-list")
        for subject in (good, self.root / done["archive"]):
            self.assertAsDocumented(self.output("archive", "show", subject), "archive-show")
        self.assertAsDocumented(self.output("archive", "verify", "--all"), "archive-verify")
        self.assertAsDocumented(self.output("archive", "prune", "--keep-last", "1"), "archive-prune")
        self.assertNotEqual(self.output("manifest", "diff", good, bad), [])
        self.assertAsDocumented(self.output("manifest", "diff", good, bad), "manifest-diff")
        self.assertAsDocumented(self.output("archive", "restore", good), "archive-restore")
        self.assertAsDocumented(self.output("job", "rerun", good), "run-result")
        self.assertAsDocumented(self.output("job", "rerun", "--no-run", good), "job-info")

    def test_a_damaged_archive(self):
        [done] = self.output("archive", "--keep", "--force", self.job("Bad"))
        archive = self.root / done["archive"]
        content = bytearray(archive.read_bytes())
        content[100] ^= 1
        archive.write_bytes(content)
        verified = self.output("archive", "verify", archive)
        self.assertEqual([one["status"] for one in verified], ["damaged"])
        self.assertAsDocumented(verified, "archive-verify")


class Workspaces(SchemaTestCase):
    def test_a_migration_its_plan_and_how_far_it_has_come(self):
        self.assertAsDocumented(self.output("migrate", "status"), "migrate-status")
        for name in ("Movie_Name_2023", "Movie_Name", "no_job"):
            (self.root / "out" / name).mkdir()
        for name in ("Movie_Name_2023", "Movie_Name"):
            (self.root / "out" / name / "manifest.json").write_text(
                json.dumps({"stages": {"demux": {"status": "success"}, "asr": {"status": "failed"}}}))
        (self.root / "out/Files_Alone_1999").mkdir()
        (self.root / "out/Files_Alone_1999/final_output.mp4").write_bytes(b"video")
        plan = self.output("migrate", "--from-legacy", "--dry-run")
        self.assertIsNone(plan["migration_id"])
        self.assertLessEqual({"movie", "other"}, {entry["kind"] for entry in plan["entries"]})
        self.assertAsDocumented(plan, "migrate")
        done = self.output("migrate", "--from-legacy")
        self.assertEqual(done["migration_id"], "m001")
        self.assertAsDocumented(done, "migrate")
        self.assertAsDocumented(self.output("migrate", "--from-legacy"), "migrate")
        # Of one of them only a file tells what ran.
        moved = [entry for entry in done["entries"] if entry["kind"] == "movie"]
        self.assertEqual(len(moved), 3)
        for entry in moved:
            for name, schema in (("manifest.json", "manifest"), ("job_info.json", "job-info")):
                document = json.loads((self.root / entry["output_dir"] / name).read_bytes())
                self.assertIn("migrated_from", document)
                self.assertAsDocumented(document, schema)
        states = self.output("migrate", "status")
        self.assertEqual([one["state"] for one in states], ["finished"])
        self.assertIsNotNone(states[0]["planned_at"])
        self.assertAsDocumented(states, "migrate-status")
        self.run_cpwx("migrate", "undo")
        self.assertAsDocumented(self.output("migrate", "status"), "migrate-status")

    def test_the_checkup(self):
        results = self.output("doctor")
        self.assertEqual({result["status"] for result in results} - {"ok", "warning", "error"}, set())
        self.assertAsDocumented(results, "doctor")


if __name__ == "__main__":
    unittest.main()
