"""Errors of jobs, runs and stages, provoked.

CPWX names the program, by default .build/debug/cpwx; cpwx-stage lies beside it.
"""

import contextlib
import hashlib
import http.server
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import threading
import time
import unittest
from pathlib import Path

from provoking import BESIDE_TESTS, CPWX, PROVOKED, SILENCE, ErrorCase, Place, ended, through, wait_for


@contextlib.contextmanager
def refusing_service():
    """A service that takes no key, as its address."""
    class Refusal(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(401)
            self.end_headers()
            self.wfile.write(b'{"status_message": "Invalid API key"}')

        def log_message(self, *words):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Provoked(ErrorCase):
    @classmethod
    def setUpClass(cls):
        # An engine is waited for so long that the other tests are done meanwhile.
        folder = tempfile.mkdtemp(prefix="cpwx-errors-")
        cls.addClassCleanup(shutil.rmtree, folder)
        engines = Path(folder, "engines")
        for name, link in (("venv/bin/python", sys.executable), ("adapters/asr_hanging.py", None)):
            (engines / name).parent.mkdir(parents=True)
            (engines / name).symlink_to(link) if link else (engines / name).write_text("import time; time.sleep(600)")
        job = Path(Place(folder).job())
        (job / "audio").mkdir()
        subprocess.run([*SILENCE, job / "audio/audio.wav"], check=True)
        cls.hanging = subprocess.Popen(
            [CPWX + "-stage", "asr", job], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "CONFIG_PATH": f"{job}/job.env", "CPWX_ENGINES": str(engines)})
        cls.addClassCleanup(cls.hanging.wait)
        cls.addClassCleanup(cls.hanging.terminate)

    # MARK: 1

    def test_stages_that_fail(self):
        self.place.pipeline("exit 3")
        self.expect("exit code N", 1, self.place.cpwx("run"))

    def test_an_optional_stage_that_fails(self):
        self.place.pipeline("exit 3", "critical: false")
        code, said = self.place.cpwx("run", "--format", "ndjson")
        record = next(self.place.root.glob("out/*/*/*/*/*/manifest.json")).read_text()
        self.assertEqual(code, 0)
        self.expect("optional, and failed: ...", 1, (1, record + said))

    def test_a_run_that_is_stopped_and_one_that_dies(self):
        for message, ending in (
                ("stopped on request", signal.SIGINT),
                ("the run was interrupted while the stage was at work", signal.SIGKILL)):
            begun = self.place.root / "begun"
            self.place.pipeline(f"touch {begun}; sleep 60")
            run = subprocess.Popen([CPWX, "run", "-q", "--force"], cwd=self.place.root, stdout=subprocess.DEVNULL)
            # The stage begins while its record is still on its way to the disk.
            while not begun.exists() or '"running"' not in max(self.place.root.glob("out/*/*/*/*/*/manifest.json")).read_text():
                time.sleep(0.02)
            begun.unlink()
            # The second that comes of the first stops it at once; of two that come at once, one is lost.
            while run.poll() is None:
                run.send_signal(ending)
                time.sleep(0.3)
            self.place.pipeline("true")
            # The stage's own record stands as long as it is not done again.
            self.place.cpwx("run", "-q", "--resume", "latest", "--stages", "two")
            record = Path(self.place.cpwx("job", "path", "latest")[1].strip(), "manifest.json").read_text()
            self.expect(message, 1, (1, record + self.place.cpwx("job", "why", "latest")[1]))

    def test_a_job_that_is_cancelled(self):
        begun = self.place.root / "begun"
        self.place.pipeline(f"touch {begun}; sleep 60")
        run = self.place.begin("run")
        wait_for(begun.exists)
        self.place.cpwx("job", "cancel", "latest", code=0)
        self.expect("cancelled by ...", 1, ended(run))

    # MARK: 64

    def test_jobs_that_are_not_there(self):
        self.expect("there is no job yet", 64, self.place.cpwx("job", "show", "latest"))
        self.expect("no such job in ...", 64, self.place.cpwx("job", "show", "20000101-001"))
        self.expect("no such batch in ...", 64, self.place.cpwx("report", "20000101"))
        job = Path(self.place.job())
        self.expect("has no archive", 64, self.place.cpwx("archive", "show", job.name))
        self.expect("has no log of this stage", 64, self.place.cpwx("job", "logs", job.name, "--stage", "asr"))
        self.expect("there is no terminal to ask at", 64, self.place.cpwx("job", "rm", job.name))
        self.place.film("Don (1978).mkv")
        self.place.job()
        self.expect("fits several jobs: ...", 64, self.place.cpwx("job", "show", job.name[:8]))
        twin = job.parent.parent / "7" / job.name
        shutil.copytree(job, twin)
        self.expect("is a job of several users: ...", 64, self.place.cpwx("job", "show", job.name))
        shutil.rmtree(twin)
        shutil.copytree(job, job.parents[4] / "2000/01/01/1" / job.name)
        self.place.cpwx("job", "list", code=0)
        self.expect("is the name of several jobs", 64, self.place.cpwx("job", "show", job.name))

    def test_a_page_behind_a_job_that_goes(self):
        job = Path(self.place.job())
        self.expect("the page is to follow this job, and it is gone", 64, self.place.interrupted(
            lambda: shutil.rmtree(job), "openat", job / "manifest.json", "job", "list", "--after", job.name))

    def test_requests_that_cannot_be_meant(self):
        cases = {
            "no such stage": ["run", "--stages", "nine"],
            "is not among the stages that were asked for": ["run", "--stages", "one", "--from-stage", "two"],
            "names no stage": ["run", "--stages", ","],
            "is no user": ["run", "in", "config/.env", "bob"],
            "says otherwise than ..., after the configuration": ["run", "in", "config/.env", "2", "--user", "3"],
            "says otherwise than ..., after the film": ["run", "in", "config/.env", "--config", "config/pipeline.yaml"],
            "is for films: a job of --resume goes on as it is, for its own user": [
                "run", "--resume", "latest", "--force"],
            "no such file or folder": ["run", "in/none.mkv"],
            "an empty path names no folder": ["init", ""],
            "is no filter: expected KEY=VALUE, KEY!=VALUE, KEY~WORDS, KEY>=VALUE or KEY<=VALUE": ["job", "list", "failed"],
            "is no rule to halt by": ["run", "--halt", "soon,fail=often"],
            "is no size of a lane": ["run", "--lane", "gpu"],
            "expected ...": ["run", "--settle", "soon"],
            "expected a duration, as in: 10s": ["run", "--settle", "soon"],
            "expected a size, as in: 20G": ["run", "--min-free", "much"],
            "expected a time of day, a date and time, or a duration: 06:00, 8h": ["run", "--until", "soon"],
            "a user id is a number from 1 to 2147483647": ["job", "create", "--user", "2147483648"],
            "no batch is on a cluster": ["run", "--attach"],
            "does jobs that are made already; name them with --resume, and no films": ["run", "--no-index"],
            "follows a batch that was handed over, and hands nothing over itself": ["run", "--attach", "--detach"],
            "leaves a cluster to its work: --executor slurm": ["run", "--detach"],
            "is no age and no date": ["archive", "--older-than", "soon"],
            "is no film, by its name": ["run", "config/.env"],
            "is neither a film, by its name, nor a configuration: no line of it is KEY=value": [
                "run", "in", "config/pipeline.yaml"],
            "is further back than the oldest job": ["job", "show", "latest~9"],
            "no stage is in such a lane": ["run", "--lane", "gpus=1"],
            "an empty path names no film": ["run", ""],
            "Unknown option ...": ["manifest", "diff", "--formt", "json"],
            "there is no such command: ...": ["help", "jbo"],
            "no such migration": ["migrate", "undo", "m009"],
            "there is no migration that could be undone": ["migrate", "undo"],
        }
        self.place.job()
        self.place.cpwx("run", "-q", "--force", code=0)
        for message, arguments in cases.items():
            with self.subTest(message):
                self.expect(message, 64, self.place.cpwx(*arguments))

    def test_folders_of_days(self):
        user = Path(self.place.job()).parent
        for folder in (user, user.parent, user.parents[2]):
            self.expect(
                "is one of the folders of days that jobs lie in", 64,
                self.place.cpwx("migrate", "--from-legacy", "-n", str(folder)))

    def test_requests_that_go_with_no_others(self):
        cases = {
            "Missing expected argument ...": ["job", "show"],
            "Missing value for ...": ["run", "--user"],
            "Unexpected argument ...": ["init", "a", "b"],
            "The value ... is invalid for ...": ["run", "--user", "x"],
            "fits N batches": ["report", "2"],
            "is further back than the oldest batch": ["report", "latest~9"],
            "no such workflow": ["run", "--workflow", "x"],
            "is neither a file nor a folder": ["run", "/dev/null"],
            "is no folder": ["migrate", "--from-legacy", "in/Sholay (1975).mkv"],
            "is no key to filter by": ["job", "list", "foo=1"],
            "names no value for ...": ["job", "list", "title="],
            "is no status": ["job", "list", "status=odd"],
            "is no state of an archive": ["job", "list", "archive=odd"],
            "is no beginning of a SHA-256, which has the digits 0 to 9 and a to f": ["job", "list", "sha256=xyz"],
            "is for year and id": ["job", "list", "user>=1"],
            "takes one value": ["job", "list", "year>=1,2"],
            "expected archive= or archive!=": ["job", "list", "archive>=none"],
            "expected ...= and a date (2025-10-30), today, yesterday, or a duration (7d, 12h)": ["job", "list", "since=soon"],
            "expected an id (20251030-001) or a day (20251030) after ...": ["job", "list", "id>=soon"],
            "is no year": ["job", "list", "year=x"],
            "is nothing to sort by": ["job", "list", "--sort", "x"],
            "is no column": ["job", "list", "--columns", "foo"],
            "--columns names none": ["job", "list", "--columns", ","],
            "is nothing that ... takes": ["run", "--runner", "podman"],
            "Name jobs, or choose some: --older-than 30d, --over 80%, --status completed, --user 2": ["archive"],
            "Jobs that are named are chosen already": ["archive", "--older-than", "1d", "latest"],
            "--force is for jobs that are named, or chosen by --status": ["archive", "--force", "--older-than", "1d"],
            "Give a rule, as in --keep-last 100": ["archive", "prune"],
            "Name archives by their jobs or paths, or take --all": ["archive", "verify"],
            "Name members, or with --to DIR take all": ["archive", "extract", "latest"],
            "--to takes a folder": ["archive", "restore", "latest", "--to", ""],
            "--exclude takes a name or a pattern of files": ["archive", "latest", "--exclude", ""],
            "Either -O or --to": ["archive", "extract", "latest", "-O", "--to", "there"],
            "Say --from-legacy, or -n with it": ["migrate"],
            "--edit opens a plan that is then run: leave out -n, or --edit to see the plan alone": ["migrate", "--from-legacy", "--edit", "-n"],
            "What is followed has no end: leave out -f, or take --format ndjson": ["job", "logs", "latest", "-f", "--format", "json"],
            "fits nothing that is there": ["migrate", "--from-legacy", "-n", "--only", "no-such-*"],
            "Say what is to be run": ["manifest", "record", "latest", "asr"],
            "The stage has no name. Is it a variable that is not set?": ["manifest", "record", "latest", "", "--", "true"],
            "A page has no --format: leave out either that or --html and -o": ["report", "--html", "--format", "json"],
            "is nothing to look at": ["archive", "verify", "--all", "--sample", "0%"],
            "tells no date": ["migrate", "--from-legacy", "--date-from", "x"],
            "is neither a film, by its ending, nor in a job": ["job", "why", "config/.env"],
            "no such file, and no job's film": ["job", "why", "none.mkv"],
            "is no part of a whole": ["archive", "--over", "x"],
            "no such batch is on a cluster": ["run", "--attach", "2000"],
            "is for a task of a cluster, which neither makes jobs nor hands them over": [
                "run", "--no-index", "--resume", "latest", "--force"],
            "ends what runs of a cluster's tasks have left: with --no-index and --resume JOB": [
                "run", "--clean-up", "--resume", "latest"],
            "follows one batch: name no more than one": ["run", "--attach", "a", "b"],
            "cannot watch: who leaves sees no films come": ["run", "--detach", "--watch", "--executor", "slurm"],
        }
        self.expect("there is no batch yet", 64, self.place.cpwx("report"))
        self.place.job()
        self.place.cpwx("run", "-q", "--force", code=0)
        for message, arguments in cases.items():
            with self.subTest(message):
                self.expect(message, 64, self.place.cpwx(*arguments))
        self.expect(
            "is no format; expected table, plain, json, ndjson or csv", 64,
            self.place.cpwx("job", "list", environment={"CPWX_FORMAT": "xml"}))
        self.expect("takes ..., not N words", 64, self.place.stage("demux"))
        self.expect("is no year of a film", 64, self.place.stage("tmdb", self.place.job(), "Sholay", "x"))
        self.expect("there is no such job folder", 64, self.place.stage("demux", "in/none.mkv", "none"))

    def test_numbers_that_cannot_be_meant(self):
        """Of each option that takes one."""
        for option, arguments in (
                ("--jobs", ["run", "--jobs", "0"]), ("--max-jobs", ["run", "--max-jobs", "0"]),
                ("--attempts", ["run", "--attempts", "0"])):
            with self.subTest(option):
                outcome = self.place.cpwx(*arguments)
                self.expect("expected a number from 1", 64, outcome)
                self.assertIn(f"{option} 0: ", outcome[1])
        for option, arguments in (
                ("--limit", ["job", "list", "--limit=-1"]), ("--limit", ["job", "find", "x", "--limit=-1"]),
                ("--lines", ["job", "logs", "latest", "--lines=-1"]), ("--parallel", ["archive", "latest", "--parallel", "0"]),
                ("What is kept", ["archive", "prune", "--keep-last=-1"]), ("--user", ["migrate", "--from-legacy", "--user", "0"]),
                ("--number", ["manifest", "record", "latest", "asr", "--number", "0", "--", "true"])):
            with self.subTest(arguments):
                outcome = self.place.cpwx(*arguments)
                self.expect("is a number from N", 64, outcome)
                self.assertIn(f"{option} is a number from ", outcome[1])

    def test_a_film_that_is_gone_and_a_plan_that_nobody_could_edit(self):
        job = Path(self.place.job()).name
        next(self.place.root.glob("in/*.mkv")).unlink()
        self.expect("is not there, and no file below ... has its content", 64, self.place.cpwx("job", "rerun", job))
        (self.place.root / "out/Film_2001/audio").mkdir(parents=True)
        (self.place.root / "out/Film_2001/manifest.json").write_text('{"stages": {"demux": {"status": "success"}}}')
        self.expect("the editor did not end well", 64, self.place.cpwx(
            "migrate", "--from-legacy", "--edit", environment={"VISUAL": "false"}))
        self.assertTrue((self.place.root / "out/Film_2001/manifest.json").exists())

    def test_archives_that_are_asked_wrongly(self):
        self.expect(
            "would leave out ..., without which an archive is of no job", 64,
            self.place.cpwx("archive", "--exclude", "manifest.json", Path(self.place.job()).name))
        Path(self.place.job(), "link").symlink_to("one.txt")
        job, archive = self.place.archive()
        self.expect("is archived: its files are in ...", 64, self.place.cpwx("job", "logs", job))
        self.expect(
            "is archived; nothing of it is left to remove but ...", 64, self.place.cpwx("job", "rm", "--yes", job))
        foreign = Path(self.folder, "foreign.tar.zst")
        foreign.write_bytes(archive.read_bytes())
        other = Path(self.folder, "other.tar.zst")
        subprocess.run(["tar", "--zstd", "-cf", other, "-C", self.folder, "films/config"], check=True)
        self.expect("is no job's archive", 64, self.place.cpwx("archive", "restore", other))
        self.expect("is an archive already", 64, self.place.cpwx("archive", archive))
        self.expect("nothing in ... is called so", 64, self.place.cpwx("archive", "extract", job, "none.txt", "-O"))
        self.expect("is no file, and has no content to write", 64, self.place.cpwx("archive", "extract", job, "link", "-O"))
        self.expect(
            "is archived, and a part of it in ... would pass for the job", 64,
            self.place.cpwx("archive", "extract", job, "link"))

    # MARK: 65

    def test_manifests_that_are_damaged(self):
        job = Path(self.place.job())
        whole = (job / "manifest.json").read_text()
        (job / "manifest.json").write_text("[]")
        self.expect("holds ... where an object was expected", 65, self.place.cpwx("manifest", "show", job / "manifest.json"))
        (job / "manifest.json").write_text(re.sub(r'"(created|completed)_at": "[^"]*"', r'"\1_at": null', whole))
        self.expect("the manifest tells no time, without which there is no crate", 65, self.place.cpwx("manifest", "export", job))
        (job / "manifest.json").write_text(whole)
        (job / "ro-crate-metadata.json").write_text("{}")
        self.expect("is there already, and is none of cpwx's", 74, self.place.cpwx("manifest", "export", "--write", job))
        (job / "manifest.json").write_text("{nothing}")
        self.expect("is no valid JSON", 65, self.place.cpwx("manifest", "show", job / "manifest.json"))
        (job / "manifest.json").write_text('{"job_id": "x", "stages": {')
        self.expect("is cut short", 65, self.place.cpwx("manifest", "show", job / "manifest.json"))
        job = self.place.cpwx("job", "create", code=0)[1].strip()
        for command in [("show", job), ("validate", job), ("outputs", job), ("export", job), ("diff", job, job)]:
            self.expect("has not run: it has no manifest yet", 64, self.place.cpwx("manifest", *command))
        self.expect("names no film to go on with", 65, self.place.cpwx("run", "--resume", job))

    def test_films_that_are_none(self):
        job = self.place.job()
        (self.place.root / "in/Zero.mkv").touch()
        self.expect(
            "the file is empty: a copy that has just begun, or failed", 65, self.place.cpwx("run", "in/Zero.mkv"))
        self.expect(
            "is no film that ffmpeg can read: ...", 65,
            self.place.stage("demux", "in/Sholay (1975).mkv", job, environment={"CONFIG_PATH": f"{job}/job.env"}))

    def test_a_video_that_comes_out_short(self):
        job = Path(self.place.job())
        whole = self.place.root / "whole.mkv"
        subprocess.run([
            "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=r=5", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono",
            "-t", "60", whole], check=True)
        film = self.place.root / "in/Sholay (1975).mkv"
        content = whole.read_bytes()
        film.write_bytes(content[:len(content) // 2])
        (job / "subs.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
        self.expect("the video with subtitles came out wrong: ...", 65, self.place.stage(
            "mux", film, job / "subs.srt", job / "final_output.mp4", environment={"CONFIG_PATH": f"{job}/job.env"}))
        self.assertEqual(list(job.glob("*.mp4")), [])

    def test_archives_that_are_damaged(self):
        self.place.pipeline('head -c 300000 /dev/urandom > "$1/noise"')
        job, archive = self.place.archive()
        whole = archive.read_bytes()
        archive.write_bytes(whole[:150_000] + bytes([whole[150_000] ^ 1]) + whole[150_001:])
        code, said = self.place.cpwx("archive", "verify", job)
        self.assertEqual(code, 65)
        self.assertIn("noise: is damaged: ", said)
        archive.write_bytes(whole[:-3000])
        self.expect(
            "has no table of contents at its end: another program made it, or its end is lost", 65,
            self.place.cpwx("archive", "restore", job))

    def test_an_archive_whose_hash_is_another(self):
        job, archive = self.place.archive()
        whole = archive.read_bytes()
        # As cpwx-archive(5) has it; the hashes are the last of the table.
        seek = len(whole) - 12 * struct.unpack("<I", whole[-9:-5])[0] - 17
        place = whole.rindex(b"cpwxTOC1", 0, seek) - 8
        table = bytearray(through(["zstd", "-dc"], whole[place + 56:seek]))
        table[-1] ^= 1
        packed = through(["zstd", "-c", f"--stream-size={len(table)}"], bytes(table))
        head = struct.pack("<IIQQ", 0x184D2A5C, 48 + len(packed), int.from_bytes(b"cpwxTOC1", "little"), len(table))
        archive.write_bytes(whole[:place] + head + hashlib.sha256(packed).digest() + packed + whole[seek:])
        self.expect("has other bytes than its hash tells", 65, self.place.cpwx("archive", "verify", job))

    def test_an_archive_that_the_disk_spoils(self):
        self.place.pipeline('head -c 300000 /dev/urandom > "$1/noise"')
        job = self.place.job()

        def spoil():
            with open(next(self.place.root.glob("archive/*/*/*/*/.*.tar.zst.tmp-*")), "r+b") as file:
                file.seek(150_000)
                byte = file.read(1)[0]
                file.seek(150_000)
                file.write(bytes([byte ^ 1]))

        # What is written is to be read from the disk, and no more from memory.
        outcome = self.place.interrupted(spoil, "fadvise64", None, "archive", Path(job).name)
        self.assertTrue(Path(job, "noise").exists())
        self.expect("came back from the disk damaged: ...", 65, (65, outcome[1]))

    def test_archives_that_are_made_to_do_harm(self):
        plain = self.place.root / "bad.tar"
        with tarfile.open(plain, "w") as tar:
            tar.addfile(tarfile.TarInfo("/etc/cron.d/evil"))
        subprocess.run(["zstd", "-q", plain], check=True)
        self.expect("an absolute path", 65, self.place.cpwx("archive", "extract", f"{plain}.zst", "--to", "there"))

    # MARK: 69

    def service(self):
        file = Path(self.folder, "service.yaml")
        file.write_text("stages: [{name: a, number: 1, service: a}]\n")
        return str(file)

    def test_engines_that_are_missing(self):
        job = self.place.job()
        Path(job, "audio").mkdir()
        bare = {"CONFIG_PATH": f"{job}/job.env", "CPWX_ENGINES": f"{self.folder}/none"}
        self.expect(
            "not found in PATH: this machine cannot speak to a Slurm cluster", 69,
            self.place.cpwx("run", "--force", "--executor", "slurm", environment={"PATH": "/none"}))
        (self.place.root / "config/docker-compose.yml").write_text("services: {}\n")
        self.expect(
            "the program docker is not found in PATH", 69,
            self.place.cpwx("run", "--force", "--pipeline", self.service(), "--runner", "docker", environment={"PATH": "/none"}))
        self.expect("no speech engines are there", 69, self.place.stage("silero_vad", job, environment=bare))
        (self.place.root / "config/pipeline.yaml").write_text("stages: [{name: a, number: 1, command: [no-such-program]}]\n")
        self.expect("cannot be started", 69, self.place.cpwx("run", "--force"))
        self.expect(
            "is not installed", 69,
            self.place.stage("demux", "in/Sholay (1975).mkv", job, environment={**bare, "PATH": "/none"}))
        broken = Path(self.folder, "engines")
        broken.mkdir()
        (broken / "venv").write_text("")
        self.expect(
            "could not make a Python environment: ...", 69,
            self.place.cpwx("doctor", "--fix", environment={"CPWX_ENGINES": str(broken)}))

    def test_what_takes_its_time(self):
        said = self.hanging.communicate(timeout=600)[0].decode()
        code = self.hanging.returncode
        self.expect("no engine is installed for this stage", 69, (code, said))
        self.expect("gave no answer within N s", 74, (74, said))

    def test_engines_that_cannot_what_is_asked(self):
        job = Path(self.place.job())
        (job / "audio").mkdir()
        subprocess.run([*SILENCE, job / "audio/audio.wav"], check=True)
        settings = Path(self.folder, "asr.env")
        for message, code, text in (
                ("there is no such engine for the stage ...", 78, "ENGINE_ASR=nosuch\nSRC_LANG=en\n"),
                ("cannot ...; it knows ...", 69, "ENGINE_ASR=faster_whisper\nSRC_LANG=tlh\n"),
                ("no installed engine translates ... into ...", 69, "SRC_LANG=hi\nTGT_LANG=fr\n")):
            with self.subTest(message):
                settings.write_text(text)
                self.expect(message, code, self.place.stage("asr", job, environment={"CONFIG_PATH": str(settings)}))
        self.expect(
            "no folder for the speech engines is known: HOME is not set either", 78,
            self.place.stage("silero_vad", job, environment={
                "CONFIG_PATH": f"{job}/job.env", "HOME": None, "XDG_DATA_HOME": None, "CPWX_ENGINES": None}))

    # MARK: 74

    def test_files_that_cannot_be_used(self):
        job = Path(self.place.job())
        done = subprocess.run(
            ["sh", "-c", f"exec {CPWX} job list > /dev/full"], cwd=self.place.root, stderr=subprocess.PIPE)
        self.expect("the result cannot be written", 74, (done.returncode, done.stderr.decode()))
        self.expect("cannot be written", 74, self.place.cpwx("report", "-o", "/proc/none/night.html"))
        self.expect("the metrics cannot be written there", 74, self.place.cpwx("run", "--metrics", "/proc/none/x.prom"))
        (self.place.root / "in/Bad.mkv").symlink_to("/proc/self/mem")
        self.expect("the film cannot be read", 74, self.place.cpwx("run", "in/Bad.mkv"))
        (job / "job.env").unlink()
        (job / "job.env").mkdir()
        self.expect("cannot be read", 74, self.place.cpwx("job", "env", job.name))

    def test_a_folder_for_jobs_that_can_be_made_nowhere(self):
        self.place.settings("OUTPUT_ROOT=/proc/none/out")
        self.expect("the folder for jobs cannot be made", 74, self.place.cpwx("run"))

    def test_an_index_that_can_be_made_nowhere(self):
        state = Path(self.folder, "state")
        state.mkdir()
        self.mount(["-t", "tmpfs", "-o", "size=16k", "tmpfs"], state)
        self.expect("the index cannot be made", 74, self.place.cpwx(
            "job", "reindex", environment={"CPWX_STATE": str(state)}))

    def test_a_folder_in_the_place_of_a_lock(self):
        (self.place.root / ".cpwx/index.maker").mkdir(parents=True)
        self.expect("is a folder, where cpwx keeps a file of its own", 74, self.place.cpwx("job", "reindex"))

    def test_a_file_that_another_made_meanwhile(self):
        made = Path(self.folder, "made")
        settings = made / "config/.env"
        outcome = self.place.interrupted(
            lambda: settings.write_text("of another"), "%%stat", settings, "init", made)
        self.expect("is there already; it was not touched", 74, outcome)
        self.assertEqual(settings.read_text(), "of another")

    def test_a_folder_that_is_closed(self):
        job, _ = self.place.archive()
        made = Path(self.folder, "made/out")
        made.mkdir(parents=True)
        made.chmod(0o555)
        outcome = self.place.held_to_modes("archive", "extract", job, "--to", made.parent)
        self.expect("is closed, and nothing can be put into it", 74, outcome)
        self.assertEqual(list(made.iterdir()), [])

    def test_a_film_that_goes(self):
        gone = self.place.film("Zanjeer (1973).mkv")
        self.place.pipeline('rm -f in/Zanjeer*')
        self.expect("the film is gone", 74, self.place.cpwx("run", "--jobs", "1", "in/Sholay (1975).mkv", gone))

    def test_a_disk_that_is_full(self):
        job = Path(self.place.job())
        (job / "audio").mkdir()
        self.mount(["-t", "tmpfs", "-o", "size=64k,mode=0777", "tmpfs"], job / "audio")
        film = self.place.root / "in/Long.wav"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anoisesrc", "-t", "20", film], check=True)
        self.expect("the disk is full: ...", 74, self.place.stage(
            "demux", film, job, environment={"CONFIG_PATH": f"{job}/job.env"}))

    def test_an_archive_of_what_changes(self):
        job = Path(self.place.job()).name
        # A clock that runs away makes every file look changed.
        outcome = subprocess.run(
            ["faketime", "-f", "@2025-10-30 12:00:00", BESIDE_TESTS, "archive", job], cwd=self.place.root, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.assertEqual(outcome.returncode, 1)
        self.expect("... while it was read", 74, (74, outcome.stdout.decode()))

    def test_what_is_there_is_not_written_over(self):
        job, archive = self.place.archive("--keep")
        self.expect("is there already", 74, self.place.cpwx("archive", "restore", job))

    def test_jobs_that_cannot_be_removed(self):
        job = Path(self.place.job())
        numbers = self.place.root / ".cpwx/numbers"
        numbers.rename(self.place.root / "numbers")
        numbers.write_text("")
        self.expect(
            "the number of ... cannot be kept from being given again", 74,
            self.place.cpwx("job", "rm", "--yes", job.name))
        numbers.unlink()
        self.mount(["-t", "tmpfs", "tmpfs"], job)
        self.expect("another file system is mounted at ...", 74, self.place.cpwx("job", "rm", "--yes", job.name))
        self.expect("another file system is mounted at ...", 74, self.place.cpwx("archive", "-n", "--force", job.name))
        self.unmount(job)
        job.rename(self.place.root / "elsewhere")
        job.symlink_to(self.place.root / "elsewhere")
        self.expect("is a symbolic link to ...", 74, self.place.cpwx("job", "rm", "--yes", job))
        # Else the link would be all that the archive holds of the job.
        for options in [["-n"], [], ["--keep"], ["--redact"]]:
            self.expect("is a symbolic link to ...", 74, self.place.cpwx("archive", "--force", *options, job.name))

    def test_folders_that_cannot_be_written_to(self):
        job, archive = self.place.archive("--keep")
        self.read_only(archive.parent)
        self.expect("cannot be removed", 74, self.place.cpwx("archive", "prune", "--yes", "--keep-last", "0", job))

    # MARK: 75

    def test_folders_in_the_hands_of_another(self):
        self.place.pipeline("sleep 60")
        run = subprocess.Popen([CPWX, "run", "-q"], cwd=self.place.root, stdout=subprocess.DEVNULL)
        self.end_later(run)
        while not list(self.place.root.glob("out/*/*/*/*/*/manifest.json")):
            time.sleep(0.02)
        self.expect("is in the hands of ...", 75, self.place.cpwx("run"))

    def test_films_without_room(self):
        self.expect("no room: it needs ...", 75, self.place.cpwx("run", "--min-free", "9000T"))

    def test_a_film_that_two_runs_have_before_them(self):
        place = self.place
        for name in ("mine", "yours"):
            (place.root / "in" / name).mkdir()
            place.film(f"{name}/Zanjeer (1973).mkv")
        place.film("yours/Zanjeer (1973).mkv", "mine/Zanjeer (1973).mkv")
        place.film("mine/Anand (1971).mkv")
        begun, go_on = place.root / "begun", place.root / "go-on"
        place.pipeline(f"touch {begun}; until test -e {go_on}; do sleep 0.02; done")
        first = place.begin("run", "--jobs", "1", "in/mine")
        wait_for(begun.exists)
        place.pipeline()
        place.cpwx("run", "in/yours", code=0)
        go_on.touch()
        self.expect("another run has just made ... of this film", 75, ended(first))

    # MARK: clusters

    def test_clusters(self):
        name = socket.gethostname().split(".")[0]
        place, folder = self.place, Path(self.folder, "cluster")
        folder.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = folder / "slurm.conf"
        lines = f"""\
            ClusterName=t{port}
            SlurmctldHost={name}(127.0.0.1)
            SlurmUser={pwd.getpwuid(os.geteuid()).pw_name}
            AuthType=auth/none
            CredType=cred/none
            SlurmctldPort={port}
            CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
            StateSaveLocation={folder}
            SlurmctldPidFile={folder}/pid
            SlurmctldLogFile={folder}/log
            ProctrackType=proctrack/linuxproc
            SelectType=select/cons_tres
            NodeName=n1 NodeHostname={name} NodeAddr=127.0.0.1 Port=9 CPUs=2 RealMemory=2000
            PartitionName=main Nodes=ALL Default=YES
            """
        settings.write_text(textwrap.dedent(lines))
        slurm = {"SLURM_CONF": str(settings), "EXECUTOR": "slurm"}
        self.expect("does not answer: ...", 69, place.cpwx("run", environment=slurm))
        self.expect("is for cpwx to say: by it the jobs are found again", 78, place.cpwx(
            "run", environment={**slurm, "CPWX_SLURM_FLAGS": "--array=1"}))
        settings_file = (place.root / "config/.env").read_text()
        place.settings("LOG_ROOT=lo\\\\gs")
        self.expect("has a backslash in its path: Slurm can write no log there", 78, place.cpwx("run", environment=slurm))
        (place.root / "config/.env").write_text(settings_file)
        controller = subprocess.Popen(["slurmctld", "-D", "-i", "-f", settings], stderr=subprocess.DEVNULL)
        self.end_later(controller)
        asked = {**os.environ, **slurm}
        wait_for(lambda: subprocess.run(["squeue"], env=asked, capture_output=True).returncode == 0)
        self.expect("would not take the jobs: ...", 78, place.cpwx(
            "run", environment={**slurm, "CPWX_SLURM_PARTITION": "nowhere"}))
        self.assertEqual(list(place.root.glob("out/*/*/*/*/*")), [])
        # The real sbatch, asked for what there is not once the test was passed.
        programs = folder / "bin"
        programs.mkdir()
        (programs / "sbatch").write_text(textwrap.dedent(f"""\
            #!/bin/sh
            case "$*" in *--version*|*--test-only*) exec {shutil.which('sbatch')} "$@";; esac
            exec {shutil.which('sbatch')} --partition=nowhere "$@"
            """))
        (programs / "sbatch").chmod(0o755)
        self.expect("did not take the jobs: ...", 78, place.cpwx(
            "run", environment={**slurm, "PATH": f"{programs}:{os.environ['PATH']}"}))
        place.cpwx("run", "--detach", environment=slurm, code=0)
        self.expect("... is on the cluster, in the batch ...", 75, place.cpwx("run", environment=slurm))
        following = place.begin("run", "--attach", environment=slurm)
        waiting = subprocess.run(["squeue", "-h", "-r", "-o", "%i"], env=asked, check=True, stdout=subprocess.PIPE, text=True)
        subprocess.run(["scancel", waiting.stdout.strip()], env=asked, check=True)
        self.expect("the cluster ended it: ...", 1, ended(following))
        place.film("Anand (1971).mkv")
        place.cpwx("run", "--detach", environment=slurm, code=0)
        shutil.rmtree(place.cpwx("job", "path", "latest", code=0)[1].strip())
        following = place.begin("run", "--attach", environment=slurm)
        waiting = subprocess.run(["squeue", "-h", "-r", "-o", "%i"], env=asked, check=True, stdout=subprocess.PIPE, text=True)
        subprocess.run(["scancel", *waiting.stdout.split()], env=asked, check=True)
        self.expect("its folder is gone: ...", 74, (74, ended(following)[1]))

    # MARK: 78

    def with_settings(self, line):
        """A run by other settings, which do not stay."""
        file = self.place.root / "config/.env"
        whole = file.read_text()
        self.place.settings(line)
        outcome = self.place.cpwx("run")
        file.write_text(whole)
        return outcome

    def test_configurations_that_are_wrong(self):
        place = self.place
        self.expect(
            "no workspace here or above: no folder with config/.env", 78, place.cpwx("job", "list", folder=self.folder))
        empty = Path(self.folder, "empty")
        empty.mkdir()
        self.expect("is no workspace: it has neither config/.env nor jobs", 78, place.cpwx("job", "list", "-C", empty))
        self.expect("is no folder", 78, place.cpwx("job", "list", "-C", "/dev/null"))
        self.expect(
            "is ..., and no shell is there to tell whose folder '~' is", 78, self.with_settings("ARCHIVE_ROOT=~/archive"))
        self.expect("is no UTF-8, in which jobs are recorded", 78, place.cpwx("run", environment={"CPWX_STATE": "caf\udce9"}))
        self.expect("is the folder of ..., where no archive can be told from what else is there", 78, self.with_settings("ARCHIVE_ROOT=out"))
        self.expect("SECRETS_PATH names ..., which is no JSON", 78, self.with_settings("SECRETS_PATH=config/pipeline.yaml"))
        self.expect("is none of its values", 78, place.cpwx("run", environment={"RUNNER": "podman"}))
        (place.root / "config/docker-compose.yml").unlink(missing_ok=True)
        self.expect(
            "there is no compose file, and the runner is docker", 78,
            place.cpwx("run", "--pipeline", self.service(), "--runner", "docker"))
        self.expect("is none of its values", 78, place.cpwx("run", environment={"EXECUTOR": "nowhere"}))
        self.expect("the configuration cannot be read", 78, place.cpwx("run", "--config", "none.env"))
        self.expect(
            "is no configuration: no line of it is KEY=value", 78, place.cpwx("run", "--config", "config/pipeline.yaml"))
        (place.root / "wide.env").write_bytes("KNOB=1\n".encode("utf-16"))
        self.expect("it is text in ...; expected UTF-8", 78, place.cpwx("run", "--config", "wide.env"))
        (place.root / "zero.env").write_bytes(b"KNOB=\0\n")
        self.expect("it holds a byte 0; expected text in UTF-8", 78, place.cpwx("run", "--config", "zero.env"))
        beside = place.root / "in/Sholay (1975).mkv.env"
        beside.write_bytes("KNOB=1\n".encode("utf-16"))
        self.expect("the settings cannot be read", 78, place.cpwx("run"))
        beside.unlink()
        self.expect("the pipeline cannot be read", 78, place.cpwx("run", "--pipeline", "none.yaml"))
        (place.root / "config/bad.yaml").write_text("stages:\n  - {name: a, number: one, command: [a]}\n")
        code, said = place.cpwx("run", "--pipeline", "config/bad.yaml")
        self.assertRegex(said, r"config/bad\.yaml:2: ")
        PROVOKED.add("FILE:LINE: ...")
        self.assertEqual(code, 78)
        place.pipeline("true", "enabled: STEP_ONE")
        place.settings("STEP_ONE=perhaps")
        code, said = place.cpwx("run", "--config", "config/.env")
        self.assertRegex(said, 'STEP_ONE is "perhaps"')
        PROVOKED.add("STEP_... is ...")
        self.assertEqual(code, 78)
        place.settings("USER_ID=none")
        self.expect("USER_ID is ...", 78, place.cpwx("run"))

    def test_stages_that_are_set_wrongly(self):
        job = self.place.job()
        settings = Path(self.folder, "stage.env")
        def stage(*arguments, **environment):
            return self.place.stage(*arguments, environment={"CONFIG_PATH": str(settings), **environment})

        settings.write_text("AUDIO_SAMPLE_RATE=often\n")
        code, said = stage("demux", "in/Sholay (1975).mkv", job)
        self.assertRegex(said, "AUDIO_SAMPLE_RATE=often: is no whole number from .* to ")
        self.assertEqual(code, 78)
        PROVOKED.add("is no whole number from ... to ...")
        self.expect(
            "the settings that CONFIG_PATH names cannot be read", 78, stage("demux", "x", job, CONFIG_PATH="/none.env"))
        with refusing_service() as address:
            settings.write_text(f"TMDB_API_KEY=withdrawn\nTMDB_BASE_URL={address}\n")
            self.expect("TMDB refuses the key: ...", 78, stage("tmdb", job, "Sholay"))
        secrets = Path(self.folder, "secrets.json")
        secrets.write_text("no JSON")
        settings.write_text(f"SECRETS_PATH={secrets}\n")
        self.expect("the secrets cannot be read, or are no JSON", 78, stage("tmdb", job, "Sholay"))


if __name__ == "__main__":
    unittest.main()
