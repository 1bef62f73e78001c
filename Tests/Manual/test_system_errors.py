"""Errors of a system that refuses, provoked: calls fail as on a broken disk, processes stop where another comes between."""

import fcntl
import os
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from provoking import AS_ROOT, CPWX, ErrorCase

RENAMES = "renameat2,rename,renameat"


class ArchivesOnBrokenDisks(ErrorCase):
    def setUp(self):
        super().setUp()
        self.place.pipeline('echo a > "$1/d"; ln -s d "$1/link"')
        self.job, self.archive = self.place.archive("--keep")

    def archiving(self, *options):
        return "archive", "--keep", "--force", *options, self.job

    def test_archiving(self):
        place = self.place
        self.expect("the archive cannot be written", 74, place.broken("pwrite64", "EIO", *self.archiving()))
        self.expect("cannot be put in place", 74, place.broken(RENAMES, "EIO", *self.archiving()))
        self.expect("the system has no thread to spare", 74, place.broken("clone3", "EAGAIN", *self.archiving(), when="1"))

    def test_what_goes_before_it_is_read(self):
        self.expect_told("was gone when it was to be read", self.place.broken("openat2", "ENOENT", *self.archiving()))

    def test_files_that_no_archive_keeps(self):
        job = Path(self.place.cpwx("job", "path", self.job)[1].strip())
        (job / "d").chmod(0o4755)
        outcome = self.place.cpwx(*self.archiving())
        self.assertEqual(outcome[0], 1)
        self.expect(
            "runs with another's rights (set-uid or set-gid), and no archive keeps that", 65, (65, outcome[1]))

    def test_restoring_to_a_place_that_cannot_be_given(self):
        place, restoring = self.place, ("archive", "restore", "--replace", self.job)
        self.expect("cannot be brought to the disk", 74, place.broken("syncfs", "EIO", *restoring))
        self.expect("cannot be set aside as ...", 74, place.broken(RENAMES, "EIO", *restoring, when="2+"))

    def test_what_comes_between_an_extraction(self):
        for message, error in (
                ("is there already; it was not written over", "EEXIST"),
                ("leads through what is no folder, or out of the one it is to be written in", "ELOOP")):
            with self.subTest(message):
                self.expect(message, 65, self.place.broken(
                    "symlinkat", error, "archive", "extract", self.job, "--to", self.folder + "/there"))

    def test_a_reader_whose_disk_is_full(self):
        done = subprocess.run(
            ["sh", "-c", f"exec {CPWX} archive extract {self.job} d -O > /dev/full"], cwd=self.place.root,
            stderr=subprocess.PIPE)
        self.expect("cannot be written out", 74, (done.returncode, done.stderr.decode()))


class JobsOnBrokenDisks(ErrorCase):
    def test_jobs_that_cannot_be_made_or_removed(self):
        place = self.place
        self.expect("the job cannot be made", 74, place.broken(RENAMES, "EIO", "job", "create"))
        job = Path(place.job())
        self.expect("is no job any more, but something of it stays: ...", 74, place.broken(
            "unlinkat", "EIO", "job", "rm", "--yes", job.name))

    def test_a_day_whose_numbers_another_user_counts(self):
        self.place.cpwx("job", "create", code=0)
        day = next((self.place.root / ".cpwx/numbers").iterdir())
        day.chmod(0o444)
        outcome = self.place.held_to_modes("job", "create")
        self.expect("cannot be written", 74, outcome)
        self.assertIn("(Permission denied)", outcome[1])
        self.assertNotIn("room", outcome[1])

    def test_a_job_that_another_removes_first(self):
        job = Path(self.place.job())
        self.expect("was archived or removed by another process just now", 75, self.place.interrupted(
            lambda: shutil.rmtree(job), "readlink", job, "job", "rm", "--yes", job.name))

    def test_a_damaged_manifest_that_cannot_be_set_aside(self):
        job = Path(self.place.job())
        (job / "manifest.json").write_text("{")
        self.expect("cannot be set aside as ...", 74, self.place.broken(
            RENAMES, "EIO", "run", "--resume", job.name, path=job / "manifest.json"))

    def test_locks_that_cannot_be_taken(self):
        self.expect("cannot be locked", 74, self.place.broken("flock", "EIO", "run"))
        self.expect("the folder cannot be made", 74, self.place.broken("mkdir,mkdirat", "EIO", "job", "create"))
        (self.place.root / ".cpwx").mkdir(exist_ok=True)
        job = Path(self.place.job())
        self.expect("cannot be opened", 74, self.place.broken(
            "openat", "EIO", "job", "rm", "--yes", job.name, path=job / ".cpwx.lock"))

    def test_no_room_in_memory_for_what_a_program_reads(self):
        job = self.place.job()
        film = self.place.root / "in/Sholay (1975).mkv"
        said = subprocess.run(
            [*AS_ROOT, "unshare", "-m", "sh", "-c",
             'mount -t tmpfs -o nr_inodes=1 tmpfs /dev/shm && exec "$@"', "sh", f"{CPWX}-stage", "demux", film, job],
            env={**os.environ, "CONFIG_PATH": f"{job}/job.env"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.expect("no room for a program's input", 74, (said.returncode, said.stdout.decode()))


class JobsInOtherHands(ErrorCase):
    def test_a_job_that_is_to_be_cancelled_and_cannot_be_waited_for(self):
        job = Path(self.place.job())
        with open(job / ".cpwx.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.expect("cannot be cancelled", 74, self.place.broken("pipe2", "EMFILE", "job", "cancel", job))

    def test_a_job_that_is_removed_while_it_is_to_be_restored(self):
        job, _ = self.place.archive("--keep")
        outcome = []
        self.place.interrupted(
            lambda: outcome.append(self.place.cpwx("archive", "restore", job)), "unlinkat", None, "job", "rm", "--yes", job)
        self.expect("is being archived or removed by another process", 75, outcome[0])

    def test_a_job_that_is_run_while_it_is_to_be_replaced(self):
        job, _ = self.place.archive("--keep")
        folder = Path(self.place.cpwx("job", "path", job)[1].strip())
        self.place.broken(RENAMES, "EIO", "archive", "restore", "--replace", job, when="3+")
        folder.mkdir(exist_ok=True)
        with open(folder / ".cpwx.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            said = self.place.cpwx("archive", "prune", "--yes", "--keep-last", "9")[1]
        self.expect("is in use, and was to be replaced by what waits in ...", 74, (74, said))

    def test_trees_that_cannot_be_migrated_now(self):
        tree = self.place.root / "out/Film_2001"
        (tree / "audio").mkdir(parents=True)
        (tree / "manifest.json").write_text('{"stages": {"demux": {"status": "success"}}}')
        with open(tree / ".cpwx.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.expect_told("is being run: its lock is held", self.place.cpwx("migrate", "--from-legacy"))
        self.expect_told("is gone", self.place.broken(RENAMES, "ENOENT", "migrate", "--from-legacy", when="1"))
        self.place.cpwx("migrate", "--from-legacy", code=0)
        self.place.cpwx("migrate", "undo", environment={"CPWX_FAULT_STEP": "6"})
        self.expect("the undoing of this migration was cut off", 75, self.place.cpwx("migrate", "--from-legacy"))
        undone = self.place.cpwx("migrate", "undo", code=0)[1].split(":")[0]
        self.expect("is undone already", 64, self.place.cpwx("migrate", "undo", undone))


class Migrations(ErrorCase):
    MIGRATE = ("migrate", "--from-legacy")

    def tree(self, name="Film_2001"):
        tree = self.place.root / "out" / name
        (tree / "audio").mkdir(parents=True)
        (tree / "manifest.json").write_text('{"stages": {"demux": {"status": "success"}}}')
        (tree / "audio/audio.wav").write_text("sound")
        (tree / "link").symlink_to("audio")
        return tree

    def test_on_broken_disks(self):
        self.tree()
        # What a plan of few trees and logs knows has room in memory.
        logs = [self.place.root / f"logs/asr_Film_2001_{20010101 + day}_{hour:02}{minute:02}00.log"
                for day in range(12) for hour in range(24) for minute in range(60)]
        for log in logs:
            log.touch()
        self.expect("no room for a plan", 74, self.place.cpwx(*self.MIGRATE, environment={"TMPDIR": "/proc/none"}))
        for log in logs:
            log.unlink()
        self.expect("the plan cannot be read back", 74, self.place.broken(
            "openat", "EIO", *self.MIGRATE, path=self.place.root / ".cpwx/migrations/m001/plan.ndjson", when="2"))

    def test_into_a_year_whose_folder_is_a_film_that_stays(self):
        year, logs = time.strftime("%Y"), self.place.root / "logs"
        self.tree()
        self.tree(year)
        (logs / year / "01").mkdir(parents=True)
        (logs / f"demux_{year}_{year}0102_100000.log").touch()
        (logs / year / "01/02").touch()
        self.expect_told(
            "belongs into ..., which is a film's directory that could not make way", self.place.cpwx(*self.MIGRATE))

    def test_on_disks_that_fail_meanwhile(self):
        tree = self.tree()
        # A disk that cannot read one tree stops none of the others; a full one stops all.
        self.expect_told("cannot be moved to ...", self.place.broken(RENAMES, "EIO", *self.MIGRATE, when="5"))
        self.assertTrue((tree / "audio/audio.wav").exists())
        self.expect("cannot be moved to ...", 74, self.place.broken(RENAMES, "ENOSPC", *self.MIGRATE, when="5"))

    def test_over_disks_that_fail(self):
        # As when the new place is on another disk.
        for message, when in (("cannot be copied to ...", "5+"), ("is copied, and cannot be removed", "5..7+2")):
            with self.subTest(message):
                tree = self.tree()
                self.expect_told(message, self.place.broken(RENAMES, "EXDEV", *self.MIGRATE, when=when))
                self.assertTrue((tree / "audio/audio.wav").exists())
                shutil.rmtree(tree)

    def test_over_disks_that_spoil_what_is_written(self):
        def spoil():
            with open(next(self.place.root.glob("out/*/*/*/*/.migrating-*/audio/audio.wav")), "a") as sound:
                sound.write("more")

        self.tree()
        self.expect_told("is not what was copied: the disk may be failing", self.place.interrupted(
            spoil, "syncfs", None, *self.MIGRATE, nth=3, also=["-e", f"trace=syncfs,{RENAMES}", "-e", f"inject={RENAMES}:error=EXDEV:when=5"]))

    def test_of_trees_that_somebody_writes_to_while_they_are_copied(self):
        tree = self.tree()

        def write():
            with open(tree / "audio/audio.wav", "a") as sound:
                sound.write(" and more")

        said = self.place.interrupted(
            write, "syncfs", None, *self.MIGRATE, nth=3, also=["-e", f"trace=syncfs,{RENAMES}", "-e", f"inject={RENAMES}:error=EXDEV:when=5"])
        self.expect_told("was written to while it was copied", said)
        self.assertEqual((tree / "audio/audio.wav").read_text(), "sound and more")
        self.assertEqual([path.name for path in self.place.root.rglob(".migrat*")], [])

    def test_edited_so_that_it_cannot_be(self):
        self.tree()
        for message, change in (
                ("the year is no number", '.["entries"][0]["year"] = "x"'),
                ("user_id is no number from 1", '.["entries"][0]["user_id"] = 0'),
                ("created_at is no local time like 2025-10-30T15:44:30", '.["entries"][0]["created_at"] = "x"'),
                ("is none of the plan's", '.["entries"][0]["path"] = "x"'),
                ("is no JSON with entries any more", ' = []')):
            with self.subTest(message):
                editor = Path(self.folder, "editor")
                editor.write_text(
                    "#!/usr/bin/env python3\nimport json, sys\nplan = json.load(open(sys.argv[1]))\n"
                    + "plan" + change.lstrip(".") + "\njson.dump(plan, open(sys.argv[1], 'w'))\n")
                editor.chmod(0o755)
                self.expect(message, 64, self.place.cpwx(*self.MIGRATE, "--edit", environment={"VISUAL": str(editor)}))

    def test_of_workspaces_that_are_copied_or_moved(self):
        message = "was made in ..., and not in this workspace"
        tree = self.tree()
        self.place.cpwx(*self.MIGRATE, "-q", code=0)
        copy, moved = Path(self.folder, "copy"), Path(self.folder, "moved")
        shutil.copytree(self.place.root, copy, symlinks=True)
        self.expect(message, 64, self.place.cpwx("migrate", "undo", "-C", copy))
        self.assertFalse(tree.exists())
        root = self.place.root.rename(moved)
        self.expect(message, 64, self.place.cpwx("migrate", "undo", "-C", root))
        self.place.root.symlink_to(root)
        self.place.cpwx("migrate", "undo", "-C", root, code=0)
        self.assertEqual((root / "out/Film_2001/audio/audio.wav").read_text(), "sound")

    def test_of_journals_that_are_damaged(self):
        self.tree()
        self.place.cpwx(*self.MIGRATE, "-q", code=0)
        folder = self.place.root / ".cpwx/migrations/m001"
        plan, journal = folder / "plan.ndjson", folder / "journal.ndjson"
        whole = plan.read_bytes()
        for message, file, content, code in (
                ("an entry of the plan cannot be read", plan, whole.replace(b'"path":"out', b'"htap":"out'), 65),
                ("its plan lost its end, and trees were moved by it", plan, whole[:-9], 65),
                ("a line of the journal cannot be read", journal, b"{nothing\n", 65)):
            with self.subTest(message):
                file.write_bytes(content)
                self.expect(message, code, self.place.cpwx("migrate", "undo"))
                plan.write_bytes(whole)


if __name__ == "__main__":
    unittest.main()
