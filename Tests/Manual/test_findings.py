"""What `cpwx doctor`, a migration's plan and `cpwx manifest validate` find wrong, as cpwx-errors(7) has it, provoked.

CPWX names the program, by default .build/debug/cpwx.
"""

import fcntl
import json
import os
import shutil
import time
import unittest
from pathlib import Path

from provoking import ErrorCase


class Doctor(ErrorCase):
    def doctor(self, *programs, **environment):
        """What it finds where there are no other programs than these."""
        tools = Path(self.folder, "tools")
        shutil.rmtree(tools, ignore_errors=True)
        tools.mkdir()
        for program in programs:
            (tools / program).symlink_to(shutil.which(program))
        return self.place.cpwx(
            "doctor", "--format", "ndjson",
            environment={"PATH": str(tools), "CPWX_ENGINES": f"{self.folder}/engines", **environment})

    def test_where_programs_are_missing(self):
        outcome = self.doctor()
        self.expect("not found: ...", 1, outcome)
        for lack in ("demux and mux cannot work", "the speech engines cannot be installed", "film metadata cannot be fetched"):
            self.expect(lack, 1, outcome)
        self.expect("no job can be handed to the cluster", 1, self.doctor(EXECUTOR="slurm"))
        self.place.pipeline()
        pipeline = self.place.root / "config/pipeline.yaml"
        pipeline.write_text(pipeline.read_text().replace("'true'", "no-such-program"))
        self.expect("... is not there, or no program that this user may run", 1, self.doctor())

    def test_where_programs_do_not_work(self):
        tools = Path(self.folder, "broken")
        tools.mkdir()
        # A cluster's programs are there, and its controller is not.
        for name, ends in (("ffmpeg", "exit 7"), *((name, "[ $1 != ping ]") for name in ("sbatch", "squeue", "scontrol", "scancel"))):
            (tools / name).write_text(f"#!/bin/sh\n{ends}\n")
            (tools / name).chmod(0o755)
        outcome = self.doctor(PATH=f"{tools}:{os.environ['PATH']}", EXECUTOR="slurm")
        self.expect("fails with exit status N: ...", 1, outcome)
        self.expect("no job can be handed over before it answers", 1, outcome)

    def test_that_nobody_would_be_told_of_failures(self):
        self.expect("sh cannot read it; nobody is told of failures", 1, self.doctor("sh", NOTIFY_COMMAND="echo 'x"))
        self.expect(
            "curl, which posts to it, is not to be had; nobody is told of failures", 1,
            self.doctor(NOTIFY_WEBHOOK="http://127.0.0.1:9/"))

    def test_of_the_workspace(self):
        secrets = self.place.root / "config/secrets.json"
        secrets.write_text("{")
        self.expect("no stage gets its secrets, and none of them is masked", 1, self.doctor())
        out = self.place.root / "out"
        shutil.rmtree(out, ignore_errors=True)
        self.expect("is missing", 1, self.doctor())
        out.mkdir()
        self.mount(["-t", "tmpfs", "-o", "size=1m", "tmpfs"], out)
        self.expect("... GB free for ...", 1, self.doctor())


class Plans(ErrorCase):
    PLAN = ("migrate", "--from-legacy", "-n", "--format", "ndjson")

    def tree(self, name, **manifest):
        tree = self.place.root / "out" / name
        (tree / "audio").mkdir(parents=True)
        (tree / "manifest.json").write_text(json.dumps({"stages": {"demux": {"status": "success"}}, **manifest}))
        return tree

    def test_of_trees_that_cannot_be_moved_or_read(self):
        mounted, closed = self.tree("Film_2001"), self.tree("Other_2002")
        self.mount(["-t", "tmpfs", "-o", "size=1m", "tmpfs"], mounted / "audio")
        self.expect("another file system is mounted in it: unmount that first", 1, self.place.cpwx(*self.PLAN))
        (self.tree("Third_2003") / "job.env").mkdir()
        self.expect("... is a folder: rename it, and migrate again", 1, self.place.cpwx(*self.PLAN))
        closed.chmod(0)
        self.addCleanup(closed.chmod, 0o755)
        self.expect("cannot be read (...); nothing is known of it", 1, self.place.held_to_modes(*self.PLAN))

    def test_in_whose_place_is_something_else(self):
        year = time.strftime("%Y")
        both = self.tree(year)
        self.tree("Film_2001")
        self.expect(
            "belongs into ..., which is a film's directory that stays: migrate that one, too, or rename it", 1,
            self.place.cpwx(*self.PLAN, "--exclude", year))
        (both / f"01/02/1/{year}0102-001").mkdir(parents=True)
        self.expect(
            "holds the days of a year and a film's files: move those to a folder of another name, and migrate again", 1,
            self.place.cpwx(*self.PLAN))

    def test_of_a_job_that_is_to_get_another_user(self):
        self.tree("2024/03/05/1/20240305-001", job_id="20240305-001", pipeline={"status": "completed"})
        editor = Path(self.folder, "editor")
        editor.write_text("#!/bin/sh\nsed -i 's/\"user_id\": *1/\"user_id\": 2/' \"$1\"\n")
        editor.chmod(0o755)
        self.expect(
            "it lies by its day and user already: title and year alone can be changed of it", 1,
            self.place.cpwx("migrate", "--from-legacy", "--edit", "--format", "ndjson", environment={"VISUAL": str(editor)}))

    def test_of_a_job_that_is_being_run(self):
        tree = self.tree("Film_2001")
        with open(tree / ".cpwx.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.expect("it is being run: its lock is held; it is left as it is", 1, self.place.cpwx(*self.PLAN))


class Manifests(ErrorCase):
    WHOLE = {
        "version": "1.0.0", "created_at": "2025-10-30T15:44:30", "job_id": "20251030-001", "user_id": 1,
        "job_env_file": "job.env", "output_dir": "out", "input": {"file": "in/a.mkv", "title": "A", "year": 1999},
        "stages": {"demux": {"status": "success", "outputs": {}}},
        "pipeline": {"status": "completed", "current_stage": None, "completed_stages": ["demux"], "failed_stages": []},
        "timing": {"started_at": None, "completed_at": None, "total_seconds": None}}

    def found(self, message, document, code=65):
        file = Path(self.folder, "manifest.json")
        file.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        self.expect(message, code, self.place.cpwx("manifest", "validate", file, "--format", "table"))

    def test_as_documented(self):
        file = Path(self.folder, "manifest.json")
        file.write_text(json.dumps(self.WHOLE))
        self.assertIn("as documented", self.place.cpwx("manifest", "validate", file, code=0)[1])

    def test_heads(self):
        flaws = {
            "is missing; expected ...": {"job_env_file": ...},
            "is missing; expected an object with ...": {"timing": ...},
            'is ...; expected "1.0.0"': {"version": "2"},
            "is ...; expected ...": {"created_at": "yesterday"},
            "is ...; expected an object": {"input": 1},
            "is ...; expected a number or null": {"input": {"file": None, "year": "1999"}},
            "...: two schemas stand in one file": {"devices": {}},
            "is before started_at": {
                "timing": {"started_at": "2025-10-30T15:44:30", "completed_at": "2025-10-30T13:44:30"}},
        }
        for message, changes in flaws.items():
            with self.subTest(message):
                document = {**self.WHOLE, **changes}
                self.found(message, {key: value for key, value in document.items() if value is not ...})
        self.found("is missing: this is a manifest of stages alone, not of a job", {"stages": {}})

    def test_stages(self):
        flaws = {
            "is ...; expected running, success, failed or skipped": {"status": "done"},
            "is set although the stage says it is running": {"status": "running", "completed_at": "2025-10-30T15:44:30"},
            "is ...; expected an object with ...": {"status": "success", "input_files": [1]},
            "is missing": {"status": "success", "outputs": {"a": {}}},
            "is an older orchestrator's field, and none that is documented": {"status": "success", "next_stage": "tmdb"},
            'is "...", and there is no such file here': {
                "status": "success", "outputs": {"a": {"path": "none", "exists": True, "size_bytes": 1}}},
            "is ..., and the file has ...": {
                "status": "success", "outputs": {"a": {"path": "manifest.json", "exists": True, "size_bytes": 1}}},
        }
        for message, stage in flaws.items():
            with self.subTest(message):
                self.found(message, {**self.WHOLE, "stages": {"demux": stage}})
        self.found("is a list; expected an object with a member a stage", {**self.WHOLE, "stages": []})
        self.found("is the same stage as ...", {
            **self.WHOLE, "stages": {"pre_ner": {"status": "success"}, "pre-ner": {"status": "success"}}})

    def test_what_a_pipeline_tells_of_its_stages(self):
        flaws = {
            "is ...; expected pending, running, completed, failed or interrupted": {"status": "done"},
            "is missing; expected a list of stages": {"failed_stages": ...},
            "is ...; expected a list of stages": {"failed_stages": 1},
            "is ...; expected a stage's name": {"failed_stages": [1]},
            "still names ..., whose status is ...": {"failed_stages": ["demux"]},
            'is "..." although nothing runs; expected null': {"current_stage": "demux"},
        }
        for message, changes in flaws.items():
            with self.subTest(message):
                pipeline = {**self.WHOLE["pipeline"], **changes}
                self.found(message, {
                    **self.WHOLE, "pipeline": {key: value for key, value in pipeline.items() if value is not ...}})
        ten = ("demux", "tmdb", "pre_ner", "silero_vad", "pyannote_vad", "diarization", "asr", "post_ner", "subtitle_gen", "mux")
        self.found('is "failed" although every stage succeeded', {
            **self.WHOLE, "stages": {name: {"status": "success"} for name in ten},
            "pipeline": {"status": "failed", "completed_stages": list(ten), "failed_stages": []}})
        self.found('is "completed" although ... is ...', {
            **self.WHOLE, "stages": {"demux": {"status": "failed"}},
            "pipeline": {"status": "completed", "completed_stages": [], "failed_stages": ["demux"]}})

    def test_texts_that_readers_do_not_agree_about(self):
        whole = json.dumps(self.WHOLE).encode()
        self.found("begins with a byte-order mark, which no JSON does; Python refuses the file", b"\xef\xbb\xbf" + whole)
        self.found("holds bytes that are no UTF-8", whole.replace(b'"A"', b'"\xff"'))
        self.found(
            "holds a control character in the string on line N, as it is; Python refuses the file",
            whole.replace(b'"A"', b'"A\nB"'))
        self.found(
            "holds a backslash that begins no escape of JSON; Python refuses the file", whole.replace(b'"A"', b'"A\\q"'))
        self.found("is ..., more than a number can be", whole.replace(b"1999", b"1e999"))
        self.found("stands there twice; most readers take the last", whole.replace(b'"user_id": 1', b'"user_id": 1, "user_id": 1'))


if __name__ == "__main__":
    unittest.main()
