"""Several processes write one manifest at once, and nothing of any is lost."""

import fcntl
import json
import os
import threading
import time
import unittest
from unittest import mock

from support import WorkspaceTestCase, output_of, python, read_json

import manifest
from manifest import StageManifest

RUN_STAGE = """
import sys
from manifest import StageManifest
folder, name, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
for run in range(runs):
    with StageManifest(f"{name}{run}", folder) as stage:
        stage.add_metadata("run", run)
"""

COUNT_UP = """
import fcntl, json, os, sys
folder, rounds = sys.argv[1], int(sys.argv[2])
path = os.path.join(folder, "manifest.json")
for _ in range(rounds):
    with open(os.path.join(folder, ".manifest.lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(path) as file:
            manifest = json.load(file)
        manifest["foreign"] += 1
        with open(path + ".foreign", "w") as file:
            json.dump(manifest, file)
        os.replace(path + ".foreign", path)
"""


class ConcurrentWriters(WorkspaceTestCase):
    def setUp(self):
        super().setUp()
        self.path = self.workspace / "manifest.json"
        self.path.write_text('{"foreign": 0, "stages": {"mux": {"attempt": 1}}}')

    def test_two_stages_and_an_orchestrator_keep_each_others_writes(self):
        processes = [python(RUN_STAGE, self.workspace, name, 30) for name in ("a", "b")]
        processes.append(python(COUNT_UP, self.workspace, 100))
        for process in processes:
            output_of(process)
        manifest = read_json(self.path)
        self.assertEqual(manifest["foreign"], 100)
        self.assertEqual(manifest["stages"].pop("mux"), {"attempt": 1})
        self.assertEqual(len(manifest["stages"]), 60)
        for name, entry in manifest["stages"].items():
            self.assertEqual((entry["status"], entry["metadata"]), ("success", {"run": int(name[1:])}))
        self.assertEqual(len(manifest["pipeline"]["completed_stages"]), 60)

    def test_threads_of_one_process_exclude_each_other_too(self):
        def run(name):
            for _ in range(10):
                with StageManifest(name, self.workspace):
                    pass

        threads = [threading.Thread(target=run, args=(f"stage{index}",)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(read_json(self.path)["pipeline"]["completed_stages"]), 4)

    def test_a_write_waits_for_the_lock(self):
        lock = os.open(self.workspace / ".manifest.lock", os.O_RDWR | os.O_CREAT)
        self.addCleanup(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = python(RUN_STAGE, self.workspace, "a", 1)
        time.sleep(0.4)
        self.assertIsNone(process.poll())
        self.assertNotIn("a0", read_json(self.path)["stages"])
        fcntl.flock(lock, fcntl.LOCK_UN)
        output_of(process)
        self.assertIn("a0", read_json(self.path)["stages"])

    def test_a_writer_without_a_lock_caught_half_way_is_waited_for(self):
        self.assertAlmostEqual(sum(manifest._ManifestFile._pauses), 1)
        # A disk may take longer than that with what the writer writes.
        patience = mock.patch.object(manifest._ManifestFile, "_pauses", [0.05] * 6000)
        patience.start()
        self.addCleanup(patience.stop)
        whole = json.dumps({"stages": {"demux": {"status": "success"}}, "foreign": 1})
        self.path.write_text(whole[:20])
        threading.Timer(0.3, self.path.write_text, (whole,)).start()
        with StageManifest("asr", self.workspace):
            pass
        self.assertEqual(list(read_json(self.path)["stages"]), ["demux", "asr"])
        self.assertEqual(list(self.workspace.glob("*.damaged-*")), [])


if __name__ == "__main__":
    unittest.main()
