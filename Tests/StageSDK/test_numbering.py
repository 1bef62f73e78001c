"""Job numbers: distinct and without gaps over processes and users, of the day, never used again."""

import collections
import os
import shutil
import unittest
from datetime import datetime, timedelta
from pathlib import Path

from support import WorkspaceTestCase, output_of, python, read_json

from job_manager import JobManager

DAY = datetime(2025, 1, 2, 15, 44, 30, 123456)
BRANCH = Path("2025/01/02")

CREATE_JOBS = """
import sys
from job_manager import JobManager
workspace, user, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
manager = JobManager(workspace + "/config", workspace + "/out", workspace + "/logs")
for _ in range(count):
    print(manager.create_job(user_id=user)["job_id"])
"""


class Numbering(WorkspaceTestCase):
    def manager(self, day=DAY):
        root = self.workspace
        manager = JobManager(root / "config", root / "out", root / "logs")
        manager.now = lambda: day
        return manager

    def test_eight_processes_of_three_users_get_distinct_gapless_numbers(self):
        processes = [python(CREATE_JOBS, self.workspace, index % 3 + 1, 50) for index in range(8)]
        ids = [job_id for process in processes for job_id in output_of(process).split()]
        numbers = collections.defaultdict(list)
        for job_id in ids:  # the suite may run over midnight
            day, number = job_id.split("-")
            numbers[day].append(int(number))
        self.assertEqual(len(ids), 400)
        for found in numbers.values():
            self.assertEqual(sorted(found), list(range(1, len(found) + 1)))
        self.assertEqual(len(list(self.workspace.glob("out/*/*/*/*/*/job_info.json"))), 400)

    def test_the_first_job_of_a_day_is_001_and_month_and_day_are_padded(self):
        info = self.manager().create_job()
        self.assertEqual(info["job_id"], "20250102-001")
        self.assertTrue((self.workspace / "out/2025/01/02/1/20250102-001").is_dir())
        self.assertEqual((self.workspace / ".cpwx/numbers/20250102").read_bytes(), b"1\n")

    def test_numbers_run_over_all_users_of_a_day_and_start_anew_the_next(self):
        ids = [self.manager().create_job(user)["job_id"] for user in (1, 2, "asha")]
        self.assertEqual(ids, ["20250102-001", "20250102-002", "20250102-003"])
        self.assertEqual(self.manager(DAY + timedelta(days=1)).create_job()["job_id"], "20250103-001")

    def test_a_number_is_not_used_again_after_the_job_is_deleted(self):
        self.manager().create_job()
        for tree in ("out", "logs"):
            shutil.rmtree(self.workspace / tree)
        (self.workspace / "config/.env.job_20250102-001").unlink()
        self.assertEqual(self.manager().create_job()["job_id"], "20250102-002")

    def test_numbers_grow_past_999(self):
        ledger = self.workspace / ".cpwx/numbers/20250102"
        ledger.parent.mkdir(parents=True)
        ledger.write_bytes(b"999\n")
        ids = [self.manager().create_job()["job_id"] for _ in range(2)]
        self.assertEqual(ids, ["20250102-1000", "20250102-1001"])
        self.assertEqual(ledger.read_bytes(), b"1001\n")

    def test_a_number_seen_anywhere_is_not_given_again(self):
        (self.workspace / "config/.env").write_text("ARCHIVE_ROOT='cold store' # spinning\n")
        traces = [
            ("out", "7/20250102-002"),
            ("out", "20250102-004"),
            ("logs", "7/20250102-006"),
            ("logs", "20250102-008"),
            ("cold store", "7/20250102-010.tar.zst"),
            ("cold store", "7/20250102-012.tar.zst.tmp-1"),
            ("out", "7/20250102-014.zip"),
        ]
        for number, (tree, name) in enumerate(traces):
            with self.subTest(tree=tree, name=name):
                path = self.workspace / tree / BRANCH / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch() if path.suffix else path.mkdir()
                self.assertEqual(self.manager().create_job()["job_id"], f"20250102-{2 * number + 3:03d}")
        (self.workspace / "config/.env.job_20250102-1200").touch()
        self.assertEqual(self.manager().create_job()["job_id"], "20250102-1201")

    def test_the_archives_are_looked_for_where_variables_say(self):
        self.setenv("SHELF", str(self.workspace / "shelf"))
        for number, value in enumerate([
            "${SHELF}/a", '"${SHELF}/a"', "${BASE}/a", "${NONE:-shelf}/a", "'${SHELF}'", '"\\${SHELF}"', "${NONE}shelf/a",
        ]):
            with self.subTest(value):
                place = "${SHELF}" if "'" in value or "\\" in value else "shelf/a"
                path = self.workspace / place / BRANCH / f"1/20250102-{2 * number + 2:03d}.tar.zst"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
                (self.workspace / "config/.env").write_text(f"BASE=${{SHELF}}\nARCHIVE_ROOT={value}\n")
                self.assertEqual(self.manager().create_job()["job_id"], f"20250102-{2 * number + 3:03d}")

    def test_names_that_are_no_job_of_the_day_do_not_count(self):
        for name in ("1/20250103-050", "1/20250102-9", "1/x20250102-060", "1/20250102-07.tar", "20250102-9999999999999999"):
            (self.workspace / "out" / BRANCH / name).mkdir(parents=True)
        self.assertEqual(self.manager().create_job()["job_id"], "20250102-001")

    def test_a_damaged_numbering_file_falls_back_to_what_is_there(self):
        self.manager().create_job()
        for content in (b"", b"\0\0\0", b"twelve and a half\n"):
            with self.subTest(content=content):
                before = len(list((self.workspace / "out" / BRANCH / "1").iterdir()))
                (self.workspace / ".cpwx/numbers/20250102").write_bytes(content)
                self.assertEqual(self.manager().create_job()["job_id"], f"20250102-{before + 1:03d}")
                self.assertEqual((self.workspace / ".cpwx/numbers/20250102").read_bytes(), b"%d\n" % (before + 1))

    def test_midnight_passing_before_the_lock_is_taken_moves_to_the_new_day(self):
        clock = [datetime(2025, 1, 2, 23, 59, 59, 999999), datetime(2025, 1, 3)]
        manager = self.manager()
        manager.now = lambda: clock.pop(0) if len(clock) > 1 else clock[0]
        info = manager.create_job()
        self.assertEqual(info["job_id"], "20250103-001")
        self.assertEqual(info["created_at"], "2025-01-03T00:00:00.000000")
        self.assertFalse((self.workspace / "out/2025/01/02").exists())

    def test_a_folder_made_meanwhile_by_another_program_is_left_to_it(self):
        manager, original = self.manager(), JobManager._highest_seen
        foreign = self.workspace / "out" / BRANCH / "1/20250102-001"

        def appears_after_the_look(self, day):
            highest = original(self, day)
            foreign.mkdir(parents=True, exist_ok=True)
            return highest

        JobManager._highest_seen = appears_after_the_look
        self.addCleanup(setattr, JobManager, "_highest_seen", original)
        self.assertEqual(manager.create_job()["job_id"], "20250102-002")
        self.assertEqual(list(foreign.iterdir()), [])

    def test_cpwx_state_moves_the_numbering_file(self):
        self.setenv("CPWX_STATE", str(self.workspace / "state"))
        self.manager().create_job()
        self.assertTrue((self.workspace / "state/numbers/20250102").is_file())
        self.assertFalse((self.workspace / ".cpwx").exists())

    def test_users_that_no_folder_can_bear_are_refused_before_a_number_is_taken(self):
        for user in ("", ".", "..", "a/b", "-1", "two words", "x\n"):
            with self.subTest(user=user), self.assertRaises(ValueError):
                self.manager().create_job(user)
        self.assertEqual(os.listdir(self.workspace), ["config"])

    def test_a_user_given_as_digits_is_recorded_as_a_number(self):
        info = self.manager().create_job("2")
        self.assertEqual(info["user_id"], 2)
        self.assertEqual(read_json(self.workspace / info["output_dir"] / "job_info.json")["user_id"], 2)


if __name__ == "__main__":
    unittest.main()
