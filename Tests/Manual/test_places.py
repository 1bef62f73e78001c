"""The texts that stand for many places, provoked in those places: what a broken disk, a closed folder or something in the way
makes of each command, and that it names the right file."""

import fcntl
import re
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from provoking import CPWX, SILENCE, ErrorCase, ended, pattern, wait_for

RENAMES = "renameat2,rename,renameat"


class PlaceCase(ErrorCase):
    def refuses(self, subject, message, outcome, code=74):
        """The documented message, about what the subject ends with."""
        with self.subTest(subject, message=message):
            self.expect(message, code, outcome)
            self.assertRegex(outcome[1], rf"{re.escape(str(subject))}'?: {pattern(message)}")


class FilesOfJobs(PlaceCase):
    def setUp(self):
        super().setUp()
        self.job = Path(self.place.job())
        self.logs = next(self.place.root.glob(f"logs/*/*/*/*/{self.job.name}"))

    def test_that_cannot_be_read(self):
        place, job, log = self.place, self.job, next(self.logs.glob("*one*.log"))
        settings = job / "job.env"
        self.refuses(job.parent, "cannot be read", place.broken("openat", "EIO", "job", "create", path=job.parent))
        self.refuses(log, "cannot be read", place.broken("openat", "EIO", "job", "logs", job.name, path=log))
        self.refuses(log, "cannot be read", place.broken("pread64", "EIO", "job", "logs", job.name, path=log))
        self.refuses(
            job / "one.txt", "cannot be read", place.broken("openat", "EIO", "manifest", "export", job, path=job / "one.txt"))
        self.refuses(settings, "cannot be read", place.broken("openat", "EIO", "job", "env", job.name, path=settings))
        other = place.cpwx("job", "rerun", "--run", job.name, code=0)
        other = Path(place.cpwx("job", "path", "latest", code=0)[1].strip())
        self.assertNotEqual(other, job, other)
        self.refuses(
            job / "one.txt", "cannot be read",
            place.broken("openat", "EIO", "manifest", "diff", job.name, other.name, path=job / "one.txt"))

    def test_that_cannot_be_written(self):
        place = self.place
        [number] = place.root.glob(".cpwx/numbers/*")
        self.refuses(number, "cannot be written", place.broken("write,pwrite64", "EIO", "job", "create", path=number))
        # One of the files of the job that is being made, or its folder.
        self.assertRegex(place.broken("fsync", "EIO", "job", "create")[1], r"/\.new-\S+: cannot be written")
        self.refuses(place.root / ".cpwx", "cannot be written", place.broken("flock", "EIO", "job", "reindex"))
        self.refuses(self.job, "cannot be removed", place.broken(RENAMES, "EIO", "job", "rm", "--yes", self.job.name))
        self.assertTrue(self.job.exists())

    def test_of_which_the_folder_of_one_that_is_made_cannot_be_opened(self):
        day, number = self.job.name.split("-")
        unfinished = self.job.with_name(f".new-{day}-{int(number) + 1:03}")
        outcome = self.place.broken("openat", "EIO", "job", "create", path=unfinished, when="1")
        self.refuses(unfinished, "cannot be opened", outcome)
        self.assertFalse(unfinished.exists())

    def test_of_which_a_log_cannot_be_read_on(self):
        """While it is followed, what was read last is compared, and then what is new is read."""
        [log] = self.logs.glob("orchestrator_*.log")
        told = Path(self.folder, "trace")
        with open(self.job / ".cpwx.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            run = subprocess.Popen(
                ["strace", "-f", "-o", told, "-P", log, "-e", "trace=pread64", "-e", "inject=pread64:error=EIO:when=3+",
                 CPWX, "job", "logs", "-f", self.job.name], cwd=self.place.root, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            # Its end was reached.
            wait_for(lambda: told.exists() and " = 0\n" in told.read_text())
            with open(log, "a") as file:
                file.write("more\n")
            outcome = ended(run)
        self.refuses(log, "cannot be read", outcome)
        self.assertIn(log.read_text().splitlines()[0], outcome[1])

    def test_whose_logs_are_closed(self):
        self.place.pipeline("exit 3")
        self.place.cpwx("run", "--force", code=1)
        job = Path(self.place.cpwx("job", "path", "latest", code=0)[1].strip())
        self.read_only(next(self.place.root.glob(f"logs/*/*/*/*/{job.name}")))
        outcome = self.place.cpwx("run", "--resume", job.name)
        self.assertIn("the orchestrator's log cannot be opened", outcome[1])
        self.expect("cannot be opened", 74, outcome)

    def test_of_which_the_log_of_a_stage_cannot_be_opened(self):
        self.place.pipeline("exit 3")
        self.place.cpwx("run", "--force", code=1)
        job = Path(self.place.cpwx("job", "path", "latest", code=0)[1].strip())
        [log] = self.place.root.glob(f"logs/*/*/*/*/{job.name}/one.log")
        outcome = self.place.broken("openat", "EIO", "run", "--resume", job.name, path=log)
        self.assertIn(f"{log}: the stage's log cannot be opened", outcome[1])
        self.expect("cannot be opened", 74, outcome)

    def test_of_which_one_says_that_the_job_is_cancelled(self):
        self.place.pipeline("exit 3")
        self.place.cpwx("run", "--force", code=1)
        job = Path(self.place.cpwx("job", "path", "latest", code=0)[1].strip())
        self.place.cpwx("job", "cancel", job.name, code=0)
        cancellation = job / ".cpwx.cancelled"
        outcome = self.place.broken("unlink,unlinkat", "EIO", "run", "--resume", job.name, path=cancellation)
        self.expect_told("cannot be removed: the job stays cancelled", outcome)
        self.assertTrue(cancellation.exists())


class Archives(PlaceCase):
    def setUp(self):
        super().setUp()
        self.place.pipeline('echo a > "$1/d"; ln -s d "$1/link"')
        self.job, self.archive = self.place.archive("--keep")
        self.folder_of_job = Path(self.place.cpwx("job", "path", self.job, code=0)[1].strip())

    def test_that_cannot_be_read(self):
        place, archive = self.place, self.archive
        verify = "archive", "verify", self.job
        self.refuses(archive.name, "cannot be opened", place.broken("openat", "EIO", *verify, path=archive))
        self.refuses(archive.name, "cannot be read", place.broken("pread64", "EIO", *verify, path=archive))
        loop = Path(self.folder, "loop")
        loop.symlink_to(loop)
        self.refuses(loop / "a.tar.zst", "cannot be read", place.cpwx("archive", "show", loop / "a.tar.zst"))
        foreign = Path(self.folder, "foreign.tar.zst")
        subprocess.run(["tar", "--zstd", "-cf", foreign, "-C", place.root, "config"], check=True)
        # Its end, where the tables of others are, is read first.
        outcome = place.broken("pread64", "EIO", "archive", "verify", foreign, path=foreign, when="2+")
        self.refuses(foreign, "cannot be read", outcome)

    def test_of_jobs_that_cannot_be_read(self):
        archiving = "archive", "--keep", "--force", self.job
        self.expect("cannot be read", 74, self.place.broken("openat2", "EIO", *archiving))
        logs = next(self.place.root.glob("logs/*/*/*/*"))
        shutil.rmtree(logs)
        logs.symlink_to(logs)
        self.refuses(f"{logs.relative_to(self.place.root)}/{self.job}", "cannot be read", self.place.cpwx(*archiving))

    def test_that_cannot_be_written(self):
        self.read_only(self.archive.parent)
        outcome = self.place.cpwx("archive", "--keep", "--force", self.job)
        self.assertRegex(outcome[1], r"\.tar\.zst\.tmp-\S+: cannot be written")
        self.expect("cannot be written", 74, outcome)

    def test_whose_jobs_cannot_be_written(self):
        place, there = self.place, Path(self.folder, "there")
        extract = "archive", "extract", self.job, "--to", there
        for call in ("symlinkat", "mkdirat", "pwrite64"):
            with self.subTest(call):
                self.expect("cannot be written", 74, place.broken(call, "EIO", *extract))
                self.assertFalse(there.exists())
        there.mkdir()
        (there / "out").write_text("in the way")
        self.refuses(there / "out", "is there already", place.cpwx(*extract))
        self.expect(
            "cannot be written", 74, place.broken(RENAMES, "EIO", "archive", "restore", "--replace", self.job, when="1"))
        self.assertTrue((self.folder_of_job / "d").exists())

    def test_whose_job_has_no_folder_to_be_restored_to(self):
        self.place.cpwx("job", "rm", "--yes", self.job, code=0)
        partial = self.folder_of_job.with_name(f".restore-{self.job}.partial")
        outcome = self.place.broken("openat", "EIO", "archive", "restore", self.job, path=partial, when="1")
        self.expect("cannot be opened", 74, outcome)
        self.assertIn(f"{partial}: the folder cannot be opened", outcome[1])
        self.assertFalse(partial.exists() or self.folder_of_job.exists())


class Stages(PlaceCase):
    def test_whose_files_cannot_be_used(self):
        place, job = self.place, Path(self.place.job())
        settings = {"CONFIG_PATH": f"{job}/job.env"}
        self.refuses("in/none.mkv", "cannot be opened", place.stage("demux", "in/none.mkv", job, environment=settings))
        film = place.root / "in/Sound.wav"
        subprocess.run([*SILENCE, film], check=True)
        self.refuses(
            f"{job.name}/audio/audio.wav", "cannot be written",
            place.broken(
                "fsync", "EIO", "demux", film, job, environment=settings, program=CPWX + "-stage", path=job / "audio/.audio.wav.part"))


class Migrations(PlaceCase):
    MIGRATE = ("migrate", "--from-legacy")

    def setUp(self):
        super().setUp()
        self.out = self.place.root / "out"
        self.tree = self.out / "Film_2001"
        (self.tree / "audio").mkdir(parents=True)
        (self.tree / "manifest.json").write_text('{"stages": {"demux": {"status": "success"}}}')
        (self.tree / "audio/audio.wav").write_text("sound")
        (self.tree / "link").symlink_to(self.tree / "audio/audio.wav")
        self.plan = self.place.root / ".cpwx/migrations/m001/plan.ndjson"
        self.journal = self.plan.with_name("journal.ndjson")

    def stays(self, subject, message, outcome):
        """The tree does, for that reason, and is put back, whatever had been done of it."""
        with self.subTest(subject, message=message):
            self.expect_told(message, outcome)
            self.assertRegex(outcome[1], rf"out/Film_2001: stays where it is\. \S*{re.escape(str(subject))}: {pattern(message)}")
            self.assertEqual(sorted(path.name for path in self.tree.iterdir()), ["audio", "link", "manifest.json"])
            shutil.rmtree(self.plan.parent)

    def test_on_disks_that_cannot_be_written(self):
        place, day = self.place, self.out / time.strftime("%Y")
        self.stays("/.link.migrating", "cannot be written", place.broken("symlink,symlinkat", "EIO", *self.MIGRATE))
        self.stays(day, "the folder cannot be made", place.broken("mkdir", "EIO", *self.MIGRATE, path=day))
        settings = self.tree / ".job.env.migrating"
        self.stays("Film_2001/job.env", "cannot be written", place.broken("write", "EIO", *self.MIGRATE, path=settings))
        self.stays(self.tree, "cannot be read", place.broken("openat", "EIO", *self.MIGRATE, path=self.tree, when="4"))
        for what, call, when in (("opened", "openat", "2"), ("written", "write", "1+")):
            outcome = place.broken(call, "EIO", *self.MIGRATE, path=self.journal, when=when)
            self.expect(f"cannot be {what}", 74, outcome)
            self.assertIn(f"{self.journal}: the journal cannot be {what}", outcome[1])

    def test_that_are_to_be_copied_and_cannot_be_read(self):
        """Their folders were read before: which time of opening one it is that a copy begins with is tried out."""
        for when in range(1, 12):
            self.setUp()
            # As when it is on another disk.
            place = time.strftime(f"{self.out}/%Y/%m/%d/1/%Y%m%d-001")
            outcome = self.place.broken(
                "openat", "EIO", *self.MIGRATE, path=self.tree / "audio", when=when,
                also=["-P", place, "-e", f"trace=openat,{RENAMES}", "-e", f"inject={RENAMES}:error=EXDEV"])
            if f"{self.tree}: cannot be read" in outcome[1]:
                break
            self.assertTrue((self.tree / "audio/audio.wav").exists())
        self.stays(self.tree, "cannot be read", outcome)

    def test_on_disks_that_cannot_be_read(self):
        self.refuses(self.out, "cannot be read", self.place.broken("openat", "EIO", *self.MIGRATE, "-n", path=self.out))
        self.place.cpwx(*self.MIGRATE, code=0)
        for file in (self.plan, self.journal):
            for call in ("openat", "read,pread64"):
                self.refuses(file, "cannot be read", self.place.broken(call, "EIO", "migrate", "undo", path=file))

    def cut_off(self, reached):
        """A migration that was killed as soon as that was so."""
        step = 1
        while not reached():
            self.place.cpwx(*self.MIGRATE, environment={"CPWX_FAULT_STEP": str(step)})
            step += 1
        self.assertTrue(self.tree.exists())

    def test_whose_place_something_else_has_when_they_go_on(self):
        self.cut_off(self.journal.exists)
        place = self.out / re.search(r"out/(20\d\d/\d\d/\d\d/1/\d{8}-\d+)", self.plan.read_text())[1]
        place.mkdir(parents=True)
        (place / "other").touch()
        outcome = self.place.cpwx(*self.MIGRATE)
        self.expect_told("is there already: ... stays where it is", outcome)
        self.assertIn(f"{place}: is there already", outcome[1])
        self.assertTrue((self.tree / "audio/audio.wav").exists() and (place / "other").exists())

    def test_of_which_somebody_changes_what_they_wrote(self):
        settings = self.tree / "job.env"
        self.cut_off(settings.exists)
        settings.write_text("OTHER=1\n")
        outcome = self.place.cpwx(*self.MIGRATE)
        self.expect_told("is there already, and is not what the migration wrote", outcome)
        self.assertIn(f"{settings}: is there already", outcome[1])
        self.assertEqual(settings.read_text(), "OTHER=1\n")


if __name__ == "__main__":
    unittest.main()
