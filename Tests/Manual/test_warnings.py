"""What goes wrong in a night that goes on, as cpwx-errors(7) has it, provoked: records that are damaged, processes that are
left, disks that fill, clusters that do not answer.

CPWX names the program, by default .build/debug/cpwx.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from provoking import ErrorCase, Place, ended, wait_for

RENAMES = "renameat2,rename,renameat"
GONE = """\
name: errors
stages:
  - {name: one, number: 1, command: [sh, -c, 'echo 1 > "$1/one.txt"', sh, '{job_dir}'], outputs: {a: {path: one.txt}}}
  - {name: two, number: 2, command: ['false']}
"""


class Warnings(ErrorCase):
    def latest(self):
        return Path(self.place.cpwx("job", "path", "latest", code=0)[1].strip())

    def failed_job(self):
        self.place.pipeline("exit 3")
        self.place.cpwx("run", code=1)
        return self.latest()

    def tree(self):
        tree = self.place.root / "out/Film_2001"
        (tree / "audio").mkdir(parents=True)
        (tree / "manifest.json").write_text('{"stages": {"demux": {"status": "success"}}}')
        return tree


class Index(Warnings):
    def test_of_jobs_that_this_user_may_not_read(self):
        job = Path(self.place.job())
        self.place.cpwx("job", "list", code=0)
        for error in ("EACCES", "EIO", "EMFILE"):
            with self.subTest(error):
                os.utime(job / "manifest.json")
                outcome = self.place.broken("openat", error, "job", "list", path=job / "manifest.json")
                self.expect("this user may not read its files; it is told of as it was known before", 0, outcome)
                self.assertIn("completed", outcome[1])
                after = self.place.cpwx("job", "list", code=0)[1]
                self.assertRegex(after, r"\bcompleted\b")
                self.assertNotIn("may not read", after)

    def test_in_whose_way_a_folder_is(self):
        job = Path(self.place.job()).name
        (self.place.root / ".cpwx/index.lock").unlink()
        (self.place.root / ".cpwx/index.lock").mkdir()
        outcome = self.place.cpwx("job", "list")
        self.expect("move it away. The jobs' files are read for this look", 0, outcome)
        self.assertIn(job, outcome[1])

    def test_that_takes_nothing_while_jobs_are_archived_and_trees_migrated(self):
        job = Path(self.place.job()).name
        self.tree()
        self.read_only(self.place.root / ".cpwx/index.lock")
        self.expect(
            "the index could not be written (...); the files are the truth, and the next look finds them", 0,
            self.place.cpwx("archive", job))
        self.expect(
            "the index could not be written (...); the next look at it brings it up to date", 0,
            self.place.cpwx("migrate", "--from-legacy"))


class Runs(Warnings):
    def test_whose_record_finds_no_room(self):
        logs = self.place.root / "logs"
        logs.mkdir(exist_ok=True)
        self.mount(["-t", "tmpfs", "-o", "size=1m", "tmpfs"], logs)
        self.place.pipeline("yes | head -c 3000000")
        outcome = self.place.cpwx("run")
        self.expect("its log could not be written: ...", 1, outcome)
        self.expect("the batch's record could not be ended: ...", 1, outcome)
        self.unmount(logs)
        self.place.cpwx("job", "show", self.latest(), code=0)

    def test_in_which_too_much_fails(self):
        self.place.pipeline("exit 3")
        for number in range(3):
            self.place.film(f"Film {number} (2001).mkv")
        outcome = self.place.cpwx("run", "--jobs", "1", "--halt", "soon,fail=1")
        self.expect("... had failed, and --halt ... ends the batch then", 1, outcome)
        self.assertEqual(len(list(self.place.root.glob("out/*/*/*/*/*"))), 1)

    def test_during_which_a_job_is_cancelled_before_its_turn(self):
        self.place.pipeline("exit 3")
        self.place.film("Anand (1971).mkv")
        self.place.cpwx("run", code=1)
        begun, way = self.place.root / "begun", self.place.root / "way"
        self.place.pipeline(f"touch {begun}; until [ -e {way} ]; do sleep 0.05; done")
        run = self.place.begin("run", "--jobs", "1")
        wait_for(begun.exists)
        [waiting] = [
            job.name for job in self.place.root.glob("out/*/*/*/*/*")
            if "running" not in self.place.cpwx("job", "show", job.name, code=0)[1]]
        self.place.cpwx("job", "cancel", waiting, code=0)
        way.touch()
        self.expect("not begun: ...", 1, ended(run))

    def test_of_a_film_that_was_moved_while_its_record_cannot_be_written(self):
        job = Path(self.place.job())
        (self.place.root / "in/Sholay (1975).mkv").rename(self.place.root / "in/Other (1975).mkv")
        self.expect(
            "its film is now ..., and its record could not be told: ...", 0,
            self.place.broken(RENAMES, "EIO", "run", path=job / "manifest.json"))
        self.assertNotIn("Other", (job / "manifest.json").read_text())
        self.place.cpwx("run", code=0)
        self.assertIn("Other", (job / "manifest.json").read_text())

    def test_over_a_folder_that_cannot_be_looked_through_for_a_while(self):
        films = self.place.root / "in"
        run = self.place.begin("run", "--watch", "--settle", "0s")
        # A job comes to its place with its manifest in it.
        wait_for(lambda: '"completed"' in "".join(
            path.read_text() for path in self.place.root.glob("out/*/*/*/*/2*/manifest.json")))
        self.end_later(subprocess.Popen(
            ["strace", "-qq", "-f", "-o", "/dev/null", "-P", films, "-e", "trace=openat",
             "-e", "inject=openat:error=EIO:when=1", "-p", str(run.pid)]))
        threads = Path(f"/proc/{run.pid}/task")
        wait_for(lambda: all("TracerPid:\t0" not in (thread / "status").read_text() for thread in threads.iterdir()))
        self.place.film("Anand (1971).mkv")
        # It is looked through again.
        wait_for(lambda: len(list(self.place.root.glob("out/*/*/*/*/*"))) == 2)
        run.send_signal(signal.SIGINT)
        outcome = ended(run)
        self.assertIn("Watching for films; Ctrl-C ends it.", outcome[1])
        self.expect("the folders could not be looked through: ...", 130, outcome)

    def test_over_folders_that_cannot_be_read(self):
        films = self.place.root / "in"
        for name, code in (("lost+found", 0), ("closed", 74)):
            (films / name).mkdir()
            (films / name).chmod(0)
            outcome = self.place.held_to_modes("run", "--force")
            self.assertEqual(outcome[0], code, outcome[1])
            self.assertIn("completed", outcome[1])
        self.expect("cannot be read", 74, outcome)
        films.chmod(0)
        self.addCleanup(films.chmod, 0o755)
        for options in ([], ["-n"]):
            self.expect("cannot be read", 74, self.place.held_to_modes("run", *options))

    def test_of_a_stage_that_spoils_its_manifest(self):
        self.place.pipeline('echo "{" > "$1/manifest.json"')
        self.expect(
            "its manifest was no whole one, and is set aside as ...; the job goes on with what was known before", 0,
            self.place.cpwx("run"))
        self.assertEqual(len(list(self.latest().glob("manifest.json.damaged-*"))), 1)
        self.assertIn('"success"', (self.latest() / "manifest.json").read_text())

    def test_of_a_job_without_settings(self):
        (self.failed_job() / "job.env").unlink()
        self.expect(
            "job.env was gone or empty; the job goes on with the settings of ...", 1, self.place.cpwx("run"))
        next(self.place.root.glob("out/*/*/*/*/*/job_info.json")).unlink()
        self.expect(
            "job_info.json was gone or empty, and was made anew from what else the job has", 1, self.place.cpwx("run"))

    def test_of_a_stage_whose_output_is_gone(self):
        (self.place.root / "config/pipeline.yaml").write_text(GONE)
        self.place.cpwx("run", code=1)
        (self.latest() / "one.txt").unlink()
        self.expect("runs again: ...", 1, self.place.cpwx("run"))

    def test_of_which_containers_may_be_left(self):
        settings = self.failed_job() / "job.env"
        settings.write_text(re.sub(r"(?m)^OUTPUT_ROOT=.*", "OUTPUT_ROOT=/app/out/job", settings.read_text()))
        self.expect(
            "whether an earlier run has left containers at work could not be seen: ...", 1,
            self.place.cpwx("run", environment={"DOCKER_HOST": f"unix://{self.folder}/none"}))

    def left_at_work(self):
        """A job whose run was killed, and its stage was not."""
        begun = self.place.root / "begun"
        begun.unlink(missing_ok=True)
        self.place.pipeline(f"touch {begun}; sleep 60")
        run = self.place.begin("run", "--force")
        wait_for(begun.exists)
        run.kill()
        run.communicate()
        return self.latest().name

    def test_that_leave_a_stage_at_work(self):
        self.left_at_work()
        self.expect(
            "ended processes that an earlier run had left behind", 0, self.place.cpwx("run", "--stages", "two"))
        self.expect(
            "ended processes that a run had left behind", 0, self.place.cpwx("job", "rm", "--yes", self.left_at_work()))


class Jobs(Warnings):
    def test_that_are_archived_and_go_on(self):
        job, archive = self.place.archive()
        self.expect("is archived, and restored from ... first", 0, self.place.cpwx("run", "--resume", job))
        self.assertTrue(archive.exists() and self.latest().name == job)

    def test_that_are_done_once_more_without_their_pipeline(self):
        job = Path(self.place.job())
        (job / "pipeline.yaml").unlink()
        self.expect("kept no pipeline file: today's pipeline is used", 0, self.place.cpwx("job", "rerun", job.name))

    def test_that_are_cancelled(self):
        self.place.job()
        self.expect("is completed: there is nothing to cancel", 0, self.place.cpwx("job", "cancel", "latest"))
        begun = self.place.root / "begun"
        self.place.pipeline(f"touch {begun}; sleep 60")
        run = self.place.begin("run", "--force")
        wait_for(begun.exists)
        self.expect("and is asked to stop", 0, self.place.cpwx("job", "cancel", "latest"))
        ended(run)

    def test_that_are_restored_over_others(self):
        self.place.pipeline('touch "$1/left.tmp"')
        job, _ = self.place.archive("--keep", "--exclude", "*.tmp")
        outcome = self.place.cpwx("archive", "restore", "--replace", job)
        self.expect("What was there is now ...", 0, outcome)
        self.expect("Not in the archive, as they were excluded then: ...", 0, outcome)


class Migrations(Warnings):
    def test_that_are_cut_off(self):
        tree, step = self.tree(), 1
        message = "was cut off while its plan was written. Nothing had been done of it; this one takes its place"
        while "finishes it first" not in (planned := self.place.cpwx("migrate", "--from-legacy", "-n", code=0))[1]:
            self.place.cpwx("migrate", "--from-legacy", environment={"CPWX_FAULT_STEP": str(step)}, code=-signal.SIGKILL)
            step += 1
        self.expect("was cut off; this is its plan, and a run finishes it first", 0, planned)
        said = self.place.cpwx("migrate", "--from-legacy", code=0)[1]
        self.assertIn("For what else there is, run this again.", said)
        self.assertIn("To put everything back: cpwx migrate undo m001", said)
        self.assertFalse(tree.exists())
        (self.place.root / ".cpwx/migrations/m002").mkdir()
        self.tree()
        self.expect(message, 0, self.place.cpwx("migrate", "--from-legacy"))


class Clusters(ErrorCase):
    """What programs of a cluster may say, by programs that say it: no controller can be had to."""

    @classmethod
    def setUpClass(cls):
        # It is waited for half a minute.
        folder = tempfile.mkdtemp(prefix="cpwx-errors-")
        cls.addClassCleanup(shutil.rmtree, folder)
        place = Place(folder)
        cls.silent = place.begin("run", "--executor", "slurm", environment=cls.programs(place, "exec sleep 100"))

    @staticmethod
    def programs(place, end):
        for name in ("sbatch", "squeue", "scancel", "scontrol"):
            file = place.root / "bin" / name
            file.parent.mkdir(exist_ok=True)
            does = end if name == "sbatch" else ""
            file.write_text(f'#!/bin/sh\ncase "$*" in *--version*|*--test-only*) exit 0;; esac\n{does}\n')
            file.chmod(0o755)
        return {"PATH": f"{place.root}/bin:{os.environ['PATH']}"}

    def test_that_do_not_say_what_became_of_jobs(self):
        for message, end in (("sbatch told no id: ...", "echo Submitted"), ("sbatch failed", "exit 1")):
            with self.subTest(message):
                environment = self.programs(self.place, end)
                outcome = self.place.cpwx("run", "--executor", "slurm", environment=environment)
                self.expect(message, 78, outcome)
                self.assertNotRegex(outcome[1], r"(?m) $")

    def test_of_which_a_batch_cannot_be_looked_at(self):
        environment = self.programs(self.place, "echo 7")
        self.place.cpwx("run", "--executor", "slurm", "--detach", environment=environment, code=0)
        [record] = self.place.root.glob(".cpwx/cluster/*/batch.json")
        record.write_text("{")
        self.expect(
            "the batch ... is on the cluster, and could not be looked at: ...", 75,
            self.place.cpwx("run", environment=environment))

    def test_that_do_not_answer(self):
        self.expect("had not answered after ...", 78, ended(self.silent))


class Doctor(Warnings):
    """What it finds that is no error, with what to do."""

    def finds(self, *texts, environment=None):
        outcome = self.place.cpwx("doctor", "-C", self.place.root, environment={"CPWX_ENGINES": f"{self.folder}/none", **(environment or {})})
        said = " ".join(outcome[1].split())
        for text in texts:
            with self.subTest(text):
                self.assertIn(text, said)

    def test_settings(self):
        for line in (
                "HF_TOKEN=hf_0815", 'ODD_TITLE="Sholay', "nothing is set here", "NOTIFY_SECRET=abc", "STEP_ONE=true",
                "STEP_OTHER=true"):
            self.place.settings(line)
        self.finds(
            "no engine needs it: models are read from this machine and never fetched while a film runs",
            "Leave it if stages of your own use it.",
            "its value begins with a quote that is not closed, and belongs to the value",
            "Close the quote, or leave it out.",
            "sets nothing: it is neither NAME=value nor a comment",
            "Expected a name of letters, digits and '_', then '=' and the value.",
            "no stage of this pipeline is switched by", "Remove them if nothing needs them.",
            "no stage of this pipeline declares it; stages of your own may still read it",
            "Remove it if nothing needs it.",
            "config NOTIFY_SECRET", "signs what is posted to NOTIFY_WEBHOOK, and that is not set",
            "Set NOTIFY_WEBHOOK, or remove it.",
            "too short to be masked in logs: ", "Take ones of 4 characters or more.")

    def test_files(self):
        job = Path(self.place.job())
        (job / "job.env").chmod(0o644)
        self.finds("Close them: cpwx doctor --fix", "Or: find '", "-type f -perm /077 -exec chmod 600 {} +")
        (self.place.root / "config/.env").unlink()
        (self.place.root / "jobs").mkdir()
        self.finds("is missing; jobs get empty settings", "Make one: cpwx doctor --fix")

    def test_disks(self):
        disk = self.place.root / "out"
        disk.mkdir(exist_ok=True)
        self.mount(["-t", "tmpfs", "-o", "size=5g", "tmpfs"], disk)
        self.finds("A long film may need more; make room.")

    def test_engines(self):
        engines = Path(self.folder, "engines")
        for name in ("venv/bin/python", "adapters/asr_other.py"):
            (engines / name).parent.mkdir(parents=True)
            (engines / name).symlink_to(sys.executable) if "bin" in name else (engines / name).write_text("print('{}')\n")
        self.finds("are not those of this cpwx", environment={"CPWX_ENGINES": str(engines)})


class Plans(Warnings):
    """What the plan of a migration warns of."""

    def test_trees_that_tell_odd_things(self):
        def tree(name, manifest, *files):
            folder = self.place.root / "out" / name
            folder.mkdir(parents=True)
            (folder / "manifest.json").write_text(manifest)
            for file in files:
                (folder / file).mkdir()

        tree("Anand_1971", '{"created_at": "1066-10-14T09:00:00", "stages": {"demux": {"status": "success"}}}')
        tree("Guide_1080", '{"stages": {"demux": {"status": "success"}}}')
        tree("Don_1978", '{"pipeline": {"status": "completed"}, "stages": {"demux": {"status": "success"}}}')
        tree("Early_1960", '{"stages": {"demux": {"status": "success"}}}')
        for path in [*(self.place.root / "out/Early_1960").iterdir(), self.place.root / "out/Early_1960"]:
            os.utime(path, (0, 0))
        said = self.place.cpwx("migrate", "--from-legacy", "-n", "--format", "json", code=0)[1]
        for text in (
                "the manifest says it was made 1066-10-14T09:00:00, which cannot be",
                "1080 in the directory's name is a picture's height, no year",
                "recorded as completed, and mux neither succeeded nor left a film: it counts as interrupted",
                "demux is recorded as a success, and its output is gone; a run makes it again",
                "nothing in it bears a time that can be: it counts as made today"):
            with self.subTest(text):
                self.assertIn(text, said)

    def test_folders_that_cannot_be_read(self):
        tree = self.tree()
        (tree / "audio").chmod(0)
        self.addCleanup((tree / "audio").chmod, 0o755)
        said = self.place.held_to_modes("migrate", "--from-legacy", "-n", "--format", "json")[1]
        self.assertIn("audio cannot be read; it moves along unseen", said)


class Words(Warnings):
    """What commands say to who is there, beside their results."""

    def test_of_jobs(self):
        empty = self.place.cpwx("job", "create", code=0)[1].strip()
        self.assertIn(f"{empty} has no logs.", self.place.cpwx("job", "logs", empty)[1])
        job = Path(self.place.job()).name
        self.assertIn("No difference.", self.place.cpwx("manifest", "diff", job, job, code=0)[1])
        self.assertIn("is done once more as", self.place.cpwx("job", "rerun", "--run", job, code=0)[1])
        self.assertIn("Run it with: cpwx run --resume ", self.place.cpwx("job", "rerun", "--no-run", job, code=0)[1])

    def test_of_a_removal_that_was_cut_off(self):
        job = Path(self.place.job())
        self.place.broken("unlinkat", "EIO", "job", "rm", "--yes", job.name)
        self.assertIn("the removal that was begun is finished.", self.place.cpwx("job", "rm", "--yes", job.name)[1])

    def test_of_work_that_is_stopped(self):
        self.place.pipeline('head -c 300000000 /dev/urandom > "$1/noise"')
        job, _ = self.place.archive("--keep")
        there = Path(self.folder, "there")
        run = self.place.begin("archive", "extract", job, "--to", there)
        wait_for(lambda: set(os.listdir(self.folder)) > {"films"})
        run.send_signal(signal.SIGINT)
        self.assertIn("Stopped. Nothing was extracted.", ended(run)[1])
        run = self.place.begin("archive", "--keep", "--force", job)
        wait_for(lambda: list(self.place.root.glob("archive/**/.*")))
        run.send_signal(signal.SIGINT)
        # One of two that come at once is lost, and a quick machine does not wait for the second.
        while b"Stopping after the jobs at hand" not in (line := run.stdout.readline()):
            self.assertTrue(line, "it ended")
        run.send_signal(signal.SIGINT)
        self.assertIn("Stopping now. The jobs at hand stay as they were.", ended(run)[1])


if __name__ == "__main__":
    unittest.main()
