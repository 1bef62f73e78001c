"""The files of a new job: job_info.json, the environment file and its backup."""

import os
import shutil
import stat
import tempfile
import unittest
from datetime import datetime
from pathlib import Path

from support import WorkspaceTestCase, read_json

from job_manager import JobManager

MOMENT = datetime(2025, 10, 30, 15, 44, 30, 123456)
BRANCH = "2025/10/30/1/20251030-001"


class JobFilesTestCase(WorkspaceTestCase):
    def create(self, environment=None, **roots):
        if environment is not None:
            (self.workspace / "config/.env").write_bytes(environment)
        root = self.workspace
        self.manager = JobManager(root / "config", roots.get("out", root / "out"), roots.get("logs", root / "logs"))
        self.manager.now = lambda: MOMENT
        return self.manager.create_job()

    def edited(self, environment, **roots):
        """The job's environment file that comes of `environment` in config/.env."""
        self.create(environment, **roots)
        return (self.workspace / "config/.env.job_20251030-001").read_bytes()


class JobInfo(JobFilesTestCase):
    def test_has_the_documented_fields_in_order_and_the_zone(self):
        info = self.create()
        zone = info.pop("timezone")
        self.assertEqual(
            list(info.items()),
            [
                ("job_id", "20251030-001"),
                ("user_id", 1),
                ("created_at", "2025-10-30T15:44:30.123456"),
                ("output_dir", f"out/{BRANCH}"),
                ("log_dir", f"logs/{BRANCH}"),
                ("env_file", "config/.env.job_20251030-001"),
                ("env_backup", f"out/{BRANCH}/job.env"),
            ],
        )
        self.assertRegex(zone, r"^([A-Za-z]+ )?[+-]\d\d:\d\d$")
        self.assertEqual(read_json(self.workspace / "out" / BRANCH / "job_info.json"), {**info, "timezone": zone})

    def test_roots_outside_the_workspace_are_absolute(self):
        outside = Path(tempfile.mkdtemp(prefix="stage-sdk-")).resolve()
        self.addCleanup(shutil.rmtree, outside)
        info = self.create(out=self.workspace / ".." / outside.name / "out dir")
        self.assertEqual(info["output_dir"], f"{self.workspace.parent}/{outside.name}/out dir/{BRANCH}")
        self.assertEqual(info["log_dir"], f"logs/{BRANCH}")

    def test_the_job_folder_holds_nothing_else_and_the_log_folder_is_there(self):
        self.create(b"A=1\n")
        self.assertEqual(sorted(os.listdir(self.workspace / "out" / BRANCH)), ["job.env", "job_info.json"])
        self.assertEqual(os.listdir(self.workspace / "logs" / BRANCH), [])
        self.assertEqual(sorted(os.listdir(self.workspace / "config")), [".env", ".env.job_20251030-001"])

    def test_environment_files_are_private_whatever_the_umask(self):
        self.addCleanup(os.umask, os.umask(0))
        self.create(b"HF_TOKEN=secret\n")
        for path in (self.manager.get_job_env_path(), self.manager.get_job_output_dir() / "job.env"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_a_relative_job_stays_in_place_when_the_caller_changes_folder(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.workspace)
        manager = JobManager(Path("config"), Path("out"), Path("logs"))
        os.chdir("/")
        info = manager.create_job()
        self.assertTrue((self.workspace / info["env_backup"]).is_file())


class EnvironmentEditing(JobFilesTestCase):
    SET = f"JOB_ID=20251030-001\nUSER_ID=1\nOUTPUT_ROOT=out/{BRANCH}\nLOG_ROOT=logs/{BRANCH}\n".encode()

    def test_no_configuration_gives_the_four_values(self):
        self.assertEqual(self.edited(None), self.SET)

    def test_values_are_set_in_place_and_everything_else_stays(self):
        before = (
            b"# Job Configuration\n"
            b"JOB_ID=                    # Auto-generated: YYYYMMDD-NNN\n"
            b"USER_ID=7                  # User identifier (default: 1)\n"
            b"\n"
            b"  export OUTPUT_ROOT = \"out\"\t# \"quoted\"\n"
            b"#LOG_ROOT=old\n"
            b"LOG_ROOT='logs'\n"
            b"WHISPER_MODEL=large-v3    # Options: tiny, don't\n"
            b"MY_JOB_ID=keep\n"
            b"not an assignment\n"
            b"NAME=\xff\xfe caf\xe9\n"
            b"LAST=1"
        )
        after = (
            b"# Job Configuration\n"
            b"JOB_ID=20251030-001                    # Auto-generated: YYYYMMDD-NNN\n"
            b"USER_ID=1                  # User identifier (default: 1)\n"
            b"\n"
            b"  export OUTPUT_ROOT = \"out/" + BRANCH.encode() + b"\"\t# \"quoted\"\n"
            b"#LOG_ROOT=old\n"
            b"LOG_ROOT='logs/" + BRANCH.encode() + b"'\n"
            b"WHISPER_MODEL=large-v3    # Options: tiny, don't\n"
            b"MY_JOB_ID=keep\n"
            b"not an assignment\n"
            b"NAME=\xff\xfe caf\xe9\n"
            b"LAST=1"
        )
        self.assertEqual(self.edited(before), after)
        self.assertEqual((self.workspace / "out" / BRANCH / "job.env").read_bytes(), after)
        self.assertEqual((self.workspace / "config/.env").read_bytes(), before)

    def test_missing_keys_are_appended_after_an_unfinished_line(self):
        self.assertEqual(self.edited(b"A=1"), b"A=1\n" + self.SET)

    def test_crlf_stays_and_is_used_for_what_is_appended(self):
        before = b"JOB_ID=\r\nA=1 # x\r\nUSER_ID=9\r\n"
        after = self.edited(before)
        self.assertTrue(after.startswith(b"JOB_ID=20251030-001\r\nA=1 # x\r\nUSER_ID=1\r\nOUTPUT_ROOT="))
        self.assertEqual(after.count(b"\n"), after.count(b"\r\n"))

    def test_every_assignment_of_a_key_is_set_for_readers_differ_in_which_counts(self):
        self.assertEqual(self.edited(b"USER_ID=3\nUSER_ID=4\n").count(b"USER_ID=1\n"), 2)

    def test_lines_inside_a_quoted_value_are_no_assignments(self):
        text = b'NOTE="first\nJOB_ID=inside\nlast \\" one" # note\nOTHER=\'a\nUSER_ID=inside\n\'\n'
        self.assertEqual(self.edited(text), text + self.SET)

    def test_an_unclosed_quote_ends_with_its_line(self):
        text = b"TITLE='tis\nJOB_ID=old\nX='a'\n"
        self.assertIn(b"TITLE='tis\nJOB_ID=20251030-001\nX='a'\n", self.edited(text))

    def test_a_hash_without_a_blank_before_it_belongs_to_the_value(self):
        after = self.edited(b"JOB_ID=#1\nUSER_ID=a#b # c\n")
        self.assertTrue(after.startswith(b"JOB_ID=20251030-001\nUSER_ID=1 # c\n"))

    def test_a_byte_order_mark_does_not_hide_the_first_key(self):
        self.assertTrue(self.edited(b"\xef\xbb\xbfJOB_ID=x\n").startswith(b"\xef\xbb\xbfJOB_ID=20251030-001\n"))

    def test_a_configuration_in_utf_16_is_refused_before_a_number_is_taken(self):
        with self.assertRaisesRegex(ValueError, r"config/\.env: .*expected UTF-8"):
            self.create("KNOB=1\n".encode("utf-16"))
        self.assertEqual(self.create(b"KNOB=caf\xe9\n")["job_id"], "20251030-001")
        self.assertTrue((self.workspace / f"out/{BRANCH}/job.env").read_bytes().startswith(b"KNOB=caf\xe9\n"))

    def test_paths_are_quoted_when_they_need_it(self):
        spaced = self.edited(b"OUTPUT_ROOT=out\n", out=self.workspace / "my $out")
        self.assertIn(f"OUTPUT_ROOT='my $out/{BRANCH}'\n".encode(), spaced)

    def test_paths_with_apostrophes_are_quoted_doubly_and_escaped(self):
        quoted = self.edited(b"OUTPUT_ROOT='out'\n", out=self.workspace / "o'ut \"$x\"")
        self.assertIn(f'OUTPUT_ROOT="o\'ut \\"\\$x\\"/{BRANCH}"\n'.encode(), quoted)


class Cleanup(JobFilesTestCase):
    def test_removes_the_environment_file_when_the_backup_holds_the_same(self):
        self.create()
        self.assertTrue(self.manager.cleanup_job_env())
        self.assertFalse(self.manager.get_job_env_path().exists())
        self.assertTrue((self.manager.get_job_output_dir() / "job.env").exists())
        self.assertTrue(self.manager.cleanup_job_env(), "a second time there is nothing to do")

    def test_writes_a_missing_backup_before_it_removes(self):
        self.create(b"A=1\n")
        backup = self.manager.get_job_output_dir() / "job.env"
        environment = backup.read_bytes()
        backup.unlink()
        self.assertTrue(self.manager.cleanup_job_env())
        self.assertEqual(backup.read_bytes(), environment)
        self.assertEqual(stat.S_IMODE(backup.stat().st_mode), 0o600)

    def test_keeps_what_differs_from_the_backup(self):
        self.create(b"A=1\n")
        self.manager.get_job_env_path().write_bytes(b"A=2\n")
        with self.assertLogs("job_manager", "WARNING"):
            self.assertFalse(self.manager.cleanup_job_env())
        self.assertEqual(self.manager.get_job_env_path().read_bytes(), b"A=2\n")

    def test_keeps_the_file_when_the_job_folder_is_gone(self):
        self.create()
        for path in self.manager.get_job_output_dir().iterdir():
            path.unlink()
        self.manager.get_job_output_dir().rmdir()
        with self.assertLogs("job_manager", "WARNING"):
            self.assertFalse(self.manager.cleanup_job_env())
        self.assertTrue(self.manager.get_job_env_path().exists())

    def test_there_is_nothing_to_ask_for_before_a_job_was_created(self):
        manager = JobManager(self.workspace / "config", self.workspace / "out", self.workspace / "logs")
        for ask in (
            manager.get_job_output_dir,
            manager.get_job_log_dir,
            manager.get_job_env_path,
            manager.cleanup_job_env,
        ):
            with self.assertRaises(RuntimeError):
                ask()


if __name__ == "__main__":
    unittest.main()
