"""kill -9 at any moment leaves whole files, and nothing to unlock."""

import json
import os
import random
import re
import time
import unittest

from support import DIES_AT_CALL, WorkspaceTestCase, python, read_json

from job_manager import JobManager
from manifest import StageManifest

WRITE_FOR_EVER = """
import itertools, sys
from manifest import StageManifest
print("ready", flush=True)
for run in itertools.count():
    with StageManifest("asr", sys.argv[1]) as stage:
        stage.add_metadata("run", run)
        stage.flush()
"""

RUN_STAGE_ONCE = DIES_AT_CALL + """
from manifest import StageManifest
dies_at(int(sys.argv[2]))
with StageManifest("asr", sys.argv[1]) as stage:
    stage.add_metadata("new", True)
"""

CREATE_ONCE = DIES_AT_CALL + """
from job_manager import JobManager
workspace = sys.argv[1]
manager = JobManager(workspace + "/config", workspace + "/out", workspace + "/logs")
dies_at(int(sys.argv[2]))
print(manager.create_job()["job_id"])
"""


class Crashes(WorkspaceTestCase):
    def survivors(self):
        manifest = read_json(self.workspace / "manifest.json")
        self.assertEqual(manifest["foreign"], self.foreign)
        self.assertEqual(list(self.workspace.glob("*.damaged-*")), [])
        return manifest

    def start_manifest(self, size):
        self.foreign = ["x" * 100] * size
        (self.workspace / "manifest.json").write_text(json.dumps({"foreign": self.foreign, "stages": {}}))

    def test_a_manifest_killed_at_random_moments_always_parses(self):
        self.start_manifest(2000)
        rng = random.Random(20251030)
        for _ in range(15):
            process = python(WRITE_FOR_EVER, self.workspace)
            process.stdout.readline()
            time.sleep(rng.uniform(0, 0.03))
            process.kill()
            process.communicate()
            self.survivors()
        with StageManifest("asr", self.workspace):
            pass
        self.assertEqual(self.survivors()["stages"]["asr"]["status"], "success")

    def test_a_manifest_killed_before_each_change_of_the_disk_is_the_old_or_the_new(self):
        for fatal in range(100):
            self.start_manifest(1)
            process = python(RUN_STAGE_ONCE, self.workspace, fatal)
            process.communicate()
            entry = self.survivors()["stages"].get("asr", {"status": "absent"})
            self.assertIn(entry["status"], ("absent", "running", "success"))
            if process.returncode == 0:
                break
        self.assertGreater(fatal, 8)
        self.assertEqual((entry["status"], entry["metadata"]), ("success", {"new": True}))

    def test_a_job_killed_before_each_change_of_the_disk_harms_no_other(self):
        given = set()
        for fatal in range(100):
            process = python(CREATE_ONCE, self.workspace, fatal)
            process.communicate()
            root = self.workspace
            job_id = JobManager(root / "config", root / "out", root / "logs").create_job()["job_id"]
            self.assertNotIn(job_id, given)
            given.add(job_id)
            if process.returncode == 0:
                break
        self.assertGreater(fatal, 20)
        for path in self.workspace.glob("out/*/*/*/*/*/job_info.json"):
            self.assertEqual(read_json(path)["job_id"], path.parent.name)
            self.assertIn(path.parent.name.encode(), (path.parent / "job.env").read_bytes())
        for path in (self.workspace / "config").glob(".env.job_*"):
            backups = list(self.workspace.glob(f"out/*/*/*/*/{path.name[9:]}/job.env"))
            self.assertEqual([backup.read_bytes() for backup in backups], [path.read_bytes()])

    def test_a_cleanup_killed_half_way_keeps_one_copy(self):
        cleanup = DIES_AT_CALL + """
from job_manager import JobManager
workspace = sys.argv[1]
manager = JobManager(workspace + "/config", workspace + "/out", workspace + "/logs")
manager.create_job()
os.unlink(manager.get_job_output_dir() / "job.env")
print(manager.get_job_output_dir(), manager.get_job_env_path(), flush=True)
dies_at(int(sys.argv[2]))
manager.cleanup_job_env()
"""
        for fatal in range(20):
            process = python(cleanup, self.workspace, fatal)
            output, _ = process.communicate()
            folder, env_file = output.split()
            copies = [path for path in (f"{folder}/job.env", env_file) if os.path.exists(path)]
            self.assertTrue(copies)
            for path in copies:
                with open(path) as file:
                    self.assertRegex(file.read(), re.escape(f"JOB_ID={os.path.basename(folder)}\n"))
            if process.returncode == 0:
                break
        self.assertEqual(copies, [f"{folder}/job.env"])
        self.assertGreater(fatal, 3)


if __name__ == "__main__":
    unittest.main()
