"""Notices of cpwx-errors(7), behind which the work goes on, provoked.

CPWX names the program, by default .build/debug/cpwx.
"""

import fcntl
import http.server
import os
import re
import select
import shutil
import threading
import unittest
from pathlib import Path

from provoking import PROVOKED, DOCUMENTED, ErrorCase, ended, pattern


class Notices(ErrorCase):
    def expect_noticed(self, message, outcome, code=0):
        self.assertEqual(DOCUMENTED.get(message), {None}, f"{message} is documented as a notice")
        self.assertEqual(outcome[0], code, outcome[1])
        self.assertRegex(outcome[1], pattern(message))
        PROVOKED.add(message)

    def test_an_index_that_is_no_index(self):
        job = Path(self.place.job()).name
        (self.place.root / ".cpwx/index.sqlite").write_text("no database")
        outcome = self.place.cpwx("job", "list")
        self.expect_noticed("it is made anew from the jobs' files", outcome)
        self.expect_noticed("the old index is kept as ...", outcome)
        self.assertIn(job, outcome[1])
        self.assertNotIn("made anew", self.place.cpwx("job", "list")[1])

    def test_an_index_that_cannot_be_made(self):
        job = Path(self.place.job()).name
        (self.place.root / ".cpwx/index.sqlite").unlink()
        self.read_only(self.place.root / ".cpwx")
        outcome = self.place.cpwx("job", "list")
        self.expect_noticed("the jobs' files are read for this look", outcome)
        self.assertIn(job, outcome[1])

    def test_an_index_that_takes_nothing_while_a_job_runs(self):
        self.place.job()
        index = self.place.root / ".cpwx/index.lock"
        self.read_only(index)
        outcome = self.place.cpwx("run", "--force")
        self.expect_noticed(
            "the index could not be written (...); the jobs go on, and the next look at it brings it up to date", outcome)
        self.unmount(index)
        self.assertEqual(self.place.cpwx("job", "list", "--columns", "status")[1].split(), ["STATUS", "completed", "completed"])

    def test_an_index_that_another_process_makes(self):
        self.place.job()
        with open(self.place.root / ".cpwx/index.maker", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            making = self.place.begin("job", "reindex")
            said = b""
            while b"waiting for it" not in said:
                self.assertTrue(select.select([making.stdout], [], [], 300)[0], "it says nothing")
                piece = os.read(making.stdout.fileno(), 65536)
                self.assertTrue(piece, said)
                said += piece
        code, rest = ended(making)
        self.expect_noticed("another process makes the index of jobs anew; waiting for it", (code, said.decode() + rest))

    def test_a_record_of_a_batch_that_cannot_be_written(self):
        (self.place.root / "logs/batches").write_text("in the way")
        self.expect_noticed("the batch goes on without a record: ...", self.place.cpwx("run"))

    def test_a_film_that_is_renamed(self):
        self.place.film("Zanjeer (1973).mkv")
        self.place.pipeline("mv in/Zanjeer* out/")
        self.expect_noticed(
            "the film is gone; under another name, or once it is back, a run takes it up", self.place.cpwx("run", "--jobs", "1"))

    def test_a_notification_that_nobody_takes(self):
        self.place.settings("NOTIFY_COMMAND=false")
        self.place.pipeline("exit 3")
        self.expect_noticed("did not take them (...)", self.place.cpwx("run"), 1)

    def test_notifications_that_no_disk_keeps(self):
        self.place.settings("NOTIFY_COMMAND=false\nNOTIFY_TIMEOUT=1s")
        self.place.pipeline("exit 3")
        (self.place.root / ".cpwx").mkdir(exist_ok=True)
        (self.place.root / ".cpwx/outbox").write_text("in the way")
        outcome = self.place.cpwx("run")
        self.expect_noticed(
            "a notification could not be kept on the disk, and is lost if it cannot be delivered now: ...", outcome, 1)
        self.assertIn("2 notifications are lost: the command did not take them", outcome[1])
        self.assertNotIn("for the next run:", outcome[1])

    def test_notifications_of_long_ago(self):
        self.place.settings("NOTIFY_COMMAND=false\nNOTIFY_TIMEOUT=1s")
        self.place.pipeline("exit 3")
        self.place.cpwx("run", code=1)
        for parcel in self.place.root.glob(".cpwx/outbox/*.command.json"):
            made = re.sub(r'(?<="created_microseconds": )\d+', lambda time: str(int(time[0]) - 31 * 86400 * 10**6), parcel.read_text())
            parcel.write_text(made)
        self.expect_noticed("not delivered within 30 days, and gone: ...", self.place.cpwx("run"), 1)

    def test_notifications_that_are_not_wanted(self):
        class Refusal(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(400)
                self.end_headers()

            def log_message(self, *words):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Refusal) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.addCleanup(server.shutdown)
            self.place.settings(f"NOTIFY_WEBHOOK=http://127.0.0.1:{server.server_port}/\nNOTIFY_ON=failure\nNOTIFY_TIMEOUT=10m")
            self.place.pipeline("exit 3")
            self.expect_noticed("refused a notification N times (...)", self.place.cpwx("run"), 1)
            self.assertEqual(len(list(self.place.root.glob(".cpwx/outbox/undelivered/*.json"))), 1)

    def test_migrations_of_nothing(self):
        tree = self.place.root / "out/Film_2001"
        (tree / "audio").mkdir(parents=True)
        (tree / "manifest.json").write_text('{"stages": {"demux": {"status": "success"}}}')
        migrate = ["migrate", "--from-legacy"]
        self.expect_noticed(
            "nothing is left that --exclude does not fit", self.place.cpwx(*migrate, "-n", "--exclude", "*"))
        self.place.cpwx(*migrate, code=0)
        self.expect_noticed("what --only fits has been migrated already", self.place.cpwx(*migrate, "--only", "Film_2001"))

    def tree(self, name="Film_2001"):
        tree = self.place.root / "out" / name
        (tree / "audio").mkdir(parents=True)
        (tree / "audio/audio.wav").write_text("sound")
        (tree / "manifest.json").write_text('{"stages": {"demux": {"status": "success"}}}')
        return tree

    def test_numbers_that_others_got_since_a_plan_was_made(self):
        self.tree()
        self.tree("Other_2002")
        outcome = self.place.interrupted(
            lambda: self.place.cpwx("job", "create", code=0), "mkdir", self.place.root / ".cpwx/numbers",
            "migrate", "--from-legacy")
        self.expect_noticed("N trees get other numbers", outcome)
        self.assertIn("2 trees get other numbers: jobs were made while the plan was", outcome[1])

    def test_what_another_disk_does_not_keep(self):
        tree = self.tree()
        os.chown(tree / "audio/audio.wav", 12345, 12345)
        renames = "rename,renameat,renameat2"
        self.expect_noticed("the disk that it moves to does not keep the ... of ...", self.place.broken(
            renames, "EXDEV", "migrate", "--from-legacy", when="5", also=[
                "-e", f"trace={renames},lchown,fchownat", "-e", "inject=lchown,fchownat:error=EPERM"]))

    def test_links_that_cannot_follow(self):
        self.tree()
        (self.place.root / "out/mine").symlink_to("Film_2001/audio")
        self.expect("points to what has moved. ...", 1, self.place.broken(
            "symlink,symlinkat", "EACCES", "migrate", "--from-legacy"))

    def test_a_tree_that_is_half_done_and_in_use(self):
        step, tree = 1, self.tree()
        while not (tree / "manifest.legacy.json").exists():
            shutil.rmtree(self.place.root / ".cpwx/migrations", ignore_errors=True)
            self.place.cpwx("migrate", "--from-legacy", environment={"CPWX_FAULT_STEP": str(step)})
            step += 1
        with open(tree / ".cpwx.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.expect("could not be finished, nor put back", 1, self.place.cpwx("migrate", "--from-legacy"))
        self.place.cpwx("migrate", "undo", code=0)
        self.assertFalse((tree / "manifest.legacy.json").exists())

    def test_a_tree_that_is_not_put_back(self):
        tree = self.tree()
        self.place.cpwx("migrate", "--from-legacy", code=0)
        manifest = next(self.place.root.glob("out/*/*/*/*/*/manifest.json"))
        kept = manifest.read_text()
        manifest.write_text(kept.replace("{", "{ ", 1))
        outcome = self.place.cpwx("migrate", "undo")
        for message in ("was not put back: ...", "it has been run, or its manifest has been changed, since it was migrated"):
            self.expect(message, 1, outcome)
        manifest.write_text(kept)
        settings = manifest.with_name("job.env")
        kept = settings.read_text()
        settings.write_text(kept + "A=1\n")
        self.expect("its ... has been changed since it was migrated", 1, self.place.cpwx("migrate", "undo"))
        settings.write_text(kept)
        tree.mkdir()
        self.expect("... is there again", 1, self.place.cpwx("migrate", "undo"))
        tree.rmdir()
        self.place.cpwx("archive", "--keep", "--force", manifest.parent.name, code=0)
        self.expect("it has been archived since: ...", 1, self.place.cpwx("migrate", "undo"))
        self.place.cpwx("job", "rm", "--yes", manifest.parent.name, code=0)
        self.expect(
            "it is gone from ...: it was archived or removed since", 1, self.place.cpwx("migrate", "undo"))


if __name__ == "__main__":
    unittest.main()
