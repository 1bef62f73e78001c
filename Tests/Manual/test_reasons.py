"""Why stages fail and jobs stay, as cpwx-errors(7) has it, provoked.

CPWX names the program, by default .build/debug/cpwx.
"""

import json
import shutil
import signal
import unittest
from pathlib import Path

from provoking import ErrorCase, Place, ended, wait_for

RENAMES = "renameat2,rename,renameat"


class Stages(ErrorCase):
    def run_of(self, script, fields="", code=1):
        self.place.pipeline(script, fields)
        outcome = self.place.cpwx("run", "--force", "--settle", "0s")
        self.assertEqual(outcome[0], code, outcome[1])
        record = Path(self.place.cpwx("job", "path", "latest", code=0)[1].strip(), "manifest.json").read_text()
        return 1, outcome[1] + record

    def test_that_end_badly(self):
        self.expect("it ended well but did not make ...", 1, self.run_of('rm "$1/one.txt"'))
        self.expect("ended by signal N", 1, self.run_of("kill -9 $$"))
        self.expect(
            "what it had begun was killed, perhaps for want of memory (exit code 137)", 1,
            self.run_of('sh -c "kill -9 \\$\\$"; exit $?'))
        self.expect("it took longer than ... and was ended", 1, self.run_of("sleep 60", "timeout: 1s"))

    def test_that_tell_themselves(self):
        tells = "import json, sys; p = sys.argv[1] + '/manifest.json'; d = json.load(open(p)); d['stages']['one']['status'] = 'SAID'; json.dump(d, open(p, 'w'))"
        script = Path(self.folder, "tell.py")
        for said, message, code in (
                ("failed", "the stage says itself that it failed", 1), ("skipped", "skipped by the stage itself", 0)):
            with self.subTest(message):
                script.write_text(tells.replace("SAID", said))
                self.expect(message, 1, self.run_of(f'python3 {script} "$1"', code=code))

    def test_of_which_some_were_asked_for(self):
        said = self.place.cpwx("run", "--stages", "one", code=0)[1]
        why = self.place.cpwx("job", "why", "latest")[1] + self.place.cpwx("manifest", "show", "latest", "--format", "json")[1]
        self.expect("only what was asked for; still to do: ...", 1, (1, said + why))
        self.place.pipeline("exit 3", "critical: true")
        self.place.cpwx("run", "--force")
        said = self.place.cpwx("run", "--resume", "latest", "--stages", "two")[1]
        why = self.place.cpwx("job", "why", "latest")[1]
        record = Path(self.place.cpwx("job", "path", "latest", code=0)[1].strip(), "manifest.json").read_text()
        self.expect("only what was asked for: ... failed earlier", 1, (1, said + why + record))

    def test_that_need_what_is_switched_off(self):
        (self.place.root / "config/pipeline.yaml").write_text(
            "name: switched\nstages:\n"
            "  - {name: one, number: 1, command: [touch, '{job_dir}/one.txt'], enabled: STEP_ONE, outputs: {a: {path: one.txt}}}\n"
            "  - {name: two, number: 2, command: ['true'], inputs: [{key: a, path: one.txt}]}\n")
        (self.place.root / "config/.env").write_text("STEP_ONE=false\n")
        code, said = self.place.cpwx("run")
        self.expect("needs ... of ..., which ... in job.env leaves out", 1, (code, said))
        self.assertIn("two: needs one.txt of one, which STEP_ONE=false in job.env leaves out", said)

    def test_before_which_a_run_ends(self):
        begun, way = self.place.root / "begun", self.place.root / "way"
        self.place.pipeline(f"touch {begun}; until test -e {way}; do sleep 0.02; done")
        run = self.place.begin("run")
        wait_for(begun.exists)
        run.send_signal(signal.SIGINT)
        wait_for(lambda: any(batch["stops"] for batch in json.loads(self.place.cpwx("status", "--format", "json")[1])))
        way.touch()
        self.expect("stopped at ...; the next run goes on from there", 1, (1, ended(run)[1]))

    def test_of_a_run_that_dies(self):
        begun = self.place.root / "begun"
        self.place.pipeline(f"touch {begun}; sleep 60")
        run = self.place.begin("run")
        # The stage begins while its record is still on its way to the disk.
        wait_for(lambda: begun.exists() and any(
            '"running"' in path.read_text() for path in self.place.root.glob("out/*/*/*/*/*/manifest.json")))
        run.kill()
        run.communicate()
        self.expect("the run ended without a word", 1, (1, self.place.cpwx("job", "why", "latest")[1]))
        self.place.pipeline()
        self.place.cpwx("run", "-q", code=0)


class Jobs(ErrorCase):
    def kept(self, message, *arguments, code=1):
        outcome = self.place.cpwx("archive", *arguments)
        self.assertEqual(outcome[0], code, outcome[1])
        self.expect(message, 1, (1, outcome[1]))

    def test_that_are_not_done(self):
        job = self.place.cpwx("job", "create", code=0)[1].strip()
        self.kept("it has not begun, and can be run; name it with --force to archive it all the same", job)
        self.place.cpwx("run", "-q", "--stages", "one", code=0)
        self.kept("it can be resumed; name it with --force to archive it all the same", "latest")
        self.place.pipeline("exit 3")
        self.place.cpwx("run", "-q", "--force")
        self.kept("it failed, and can be resumed; name it with --force to archive it all the same", "latest")
        begun = self.place.root / "begun"
        self.place.pipeline(f"touch {begun}; sleep 60")
        run = self.place.begin("run", "--force")
        wait_for(begun.exists)
        self.kept("it is running", "latest")
        run.terminate()
        run.terminate()
        self.place.cpwx("job", "cancel", "latest")
        run.communicate(timeout=300)

    def test_that_have_an_archive(self):
        job, archive = self.place.archive("--keep")
        folder = Path(self.place.cpwx("job", "path", job, code=0)[1].strip())
        self.kept(
            "it was archived in ... with other exclusions; --force archives it with those of now", "--exclude", "*.log", job)
        (folder / "edited.txt").write_text("more")
        self.kept("it has changed since it was archived in ...; --force archives it as it is now", job)
        archive.write_bytes(archive.read_bytes()[:-100])
        self.kept("there is a damaged archive of it, ...; --force puts another in its place", job)
        archive.unlink()
        self.place.cpwx("archive", "-q", job, code=0)
        self.kept("it is archived already", job, code=0)
        self.kept("only its archive is there; restore it first: cpwx archive restore ...", "--redact", job)
        other = Place(Path(self.folder, "other"))
        theirs = other.archive()[1]
        restored = self.place.cpwx("archive", "restore", job, code=0)
        self.assertTrue(folder.exists(), restored)
        self.kept("it was restored on ..., after its archive was made; name it with --force to archive it all the same", job)
        if theirs.name == archive.name:
            shutil.copy(theirs, archive)
            self.kept(
                "... is the archive of another job of this name, ...: give each workspace an ARCHIVE_ROOT of its own", "--force", job)

    def test_whose_place_another_archive_has(self):
        other = Path(self.place.job()).name
        self.place.film("Another Film (2011).mp4")
        job = Path(self.place.job()).name
        self.place.cpwx("archive", "-q", other, code=0)
        archive = next(self.place.root.glob("archive/*/*/*/*/*.tar.zst"))
        archive.rename(archive.with_name(f"{job}.tar.zst"))
        self.kept(
            "... has its name, and ...: give that file the name of its own job; --force sets it aside", job)

    def test_whose_logs_are_elsewhere(self):
        folder = Path(self.place.job())
        logs = next(path for path in self.place.root.glob("logs/*/*/*/*/*") if path.name == folder.name)
        self.place.settings("LOG_ROOT=other")
        self.kept("its logs lie in ..., and LOG_ROOT leads to ...: move them there", folder.name)
        text = (self.place.root / "config/.env").read_text()
        (self.place.root / "config/.env").write_text(text.replace("LOG_ROOT=other\n", ""))
        shutil.rmtree(logs)
        logs.write_text("a file")
        self.kept("... is ... where the folder of its logs should be", folder.name)

    def test_that_another_process_takes_first(self):
        job = Path(self.place.job())
        code, said = self.place.interrupted(
            lambda: self.place.cpwx("archive", "-q", job.name, code=0), "readlink", job, "archive", job.name)
        self.assertEqual(code, 0, said)
        self.expect("another process has archived it just now", 1, (1, said))
        self.assertEqual(len(list(self.place.root.glob("archive/*/*/*/*/*"))), 1)

    def test_that_do_not_keep_still(self):
        job = Path(self.place.job())
        archive = self.place.root / "archive" / job.relative_to(self.place.root / "out").with_suffix(".tar.zst")
        names = iter("abc")
        outcome = self.place.interrupted(
            lambda: (job / next(names)).touch(), RENAMES, archive, "archive", job.name, times=3)
        self.expect("it keeps changing: ... ...; its archive is of a moment, and the job stays", 1, outcome)
        self.expect("its archive ... was taken away or replaced meanwhile; the job stays", 1, self.place.interrupted(
            archive.unlink, RENAMES, archive, "archive", "--force", job.name))
        self.expect("... has changed while it was archived", 1, self.place.interrupted(
            lambda: (job / "job.env").write_text("A=1\n"), "fsync,fdatasync", None, "archive", "--force", job.name))
        self.assertTrue((job / "manifest.json").exists())

    def test_whose_records_are_links(self):
        job = Path(self.place.job())
        (job / "manifest.json").rename(job / "manifest.v2.json")
        (job / "manifest.json").symlink_to("manifest.v2.json")
        self.kept("... is a link, and the archive could not tell of the job: put the file in its place", job.name)

    def test_of_an_older_tree(self):
        job = Path(self.place.job())
        older = self.place.root / "jobs" / job.relative_to(self.place.root / "out")
        older.parent.mkdir(parents=True)
        job.rename(older)
        self.kept("it lies in ..., outside of the dated tree of ...", job.name)
        self.assertTrue((older / "manifest.json").exists())

    def test_on_a_disk_that_has_room(self):
        self.place.job()
        self.kept("not needed: the disk ... ... % full", "--over", "99.9%", code=0)


if __name__ == "__main__":
    unittest.main()
