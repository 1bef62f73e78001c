"""What a stage leaves in manifest.json, and what it leaves alone."""

import fcntl
import json
import logging
import math
import os
import re
import stat
import unittest
from datetime import datetime
from pathlib import Path
from unittest import mock

from support import WorkspaceTestCase, read_json

from manifest import StageManifest

TIMESTAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$"
ENV_FILE = "config/.env.job_20251030-001"


class StageRecordTestCase(WorkspaceTestCase):
    def setUp(self):
        super().setUp()
        self.job = self.workspace / "out/2025/10/30/1/20251030-001"
        self.job.mkdir(parents=True)
        self.path = self.job / "manifest.json"

    def stage(self, name="asr", **options):
        return StageManifest(name, self.job, **options)

    def write(self, manifest):
        self.path.write_text(json.dumps(manifest))

    def manifest(self):
        return read_json(self.path)


class Record(StageRecordTestCase):
    def test_a_stage_that_its_run_has_told_of_began_then(self):
        began = "2001-01-01T10:00:00.000000"
        for is_run in (True, False):
            with self.subTest(is_run=is_run), open(self.job / ".cpwx.lock", "w") as lock:
                self.write({"stages": {"asr": {"status": "running", "started_at": began, "attempt": 2}}})
                fcntl.flock(lock, fcntl.LOCK_EX if is_run else fcntl.LOCK_UN)
                with self.stage():
                    entry = self.manifest()["stages"]["asr"]
                    self.assertEqual(entry["started_at"] == began, is_run)
                self.assertEqual(self.manifest()["stages"]["asr"]["started_at"], entry["started_at"])
                self.assertEqual(self.manifest()["stages"]["asr"]["attempt"], 2)

    def test_a_success_has_the_documented_fields_in_order(self):
        audio, transcript = self.job / "audio.wav", self.job / "transcript.json"
        audio.write_bytes(b"12345")
        with StageManifest("asr", self.job, None, "20251030-001", 1, ENV_FILE) as manifest:
            manifest.add_input("audio", audio, "16kHz mono audio")
            manifest.add_output("transcript", transcript, "WhisperX transcript")
            manifest.add_metadata("model", "large-v3")
            transcript.write_bytes(b"123")  # after it was announced
        entry = self.manifest()["stages"]["asr"]
        for key in ("started_at", "completed_at"):
            self.assertRegex(entry[key], TIMESTAMP)
            entry[key] = "T"
        self.assertGreaterEqual(entry.pop("duration_seconds"), 0)
        self.assertEqual(
            list(entry.items()),
            [
                ("job_id", "20251030-001"),
                ("user_id", 1),
                ("stage_number", 7),
                ("stage_name", "asr"),
                ("job_env_file", ENV_FILE),
                ("status", "success"),
                ("started_at", "T"),
                ("completed_at", "T"),
                (
                    "input_files",
                    [
                        {
                            "key": "audio",
                            "path": str(audio),
                            "exists": True,
                            "size_bytes": 5,
                            "description": "16kHz mono audio",
                        }
                    ],
                ),
                (
                    "outputs",
                    {
                        "transcript": {
                            "path": str(transcript),
                            "exists": True,
                            "size_bytes": 3,
                            "description": "WhisperX transcript",
                        }
                    },
                ),
                ("metadata", {"model": "large-v3"}),
            ],
        )

    def test_a_manifest_that_was_missing_gets_the_documented_fields(self):
        with self.stage(job_id="20251030-001", user_id=1, job_env_file=Path(ENV_FILE)):
            pass
        manifest = self.manifest()
        self.assertEqual(
            list(manifest),
            "version created_at job_id user_id job_env_file input output_dir stages pipeline timing timezone".split(),
        )
        self.assertEqual((manifest["version"], manifest["job_env_file"]), ("1.0.0", ENV_FILE))
        self.assertEqual(
            manifest["pipeline"],
            {"status": "running", "current_stage": None, "completed_stages": ["asr"], "failed_stages": []},
        )

    def test_a_running_stage_is_on_record_and_does_not_hold_the_lock(self):
        self.write({"stages": {"asr": {"status": "failed", "error": "x", "completed_at": "y", "attempt": 1}}})
        with self.stage():
            with self.stage("mux"):
                pass
            manifest = self.manifest()
            self.assertEqual(manifest["stages"]["asr"]["status"], "running")
            self.assertEqual(manifest["stages"]["asr"]["attempt"], 1)
            self.assertNotIn("completed_at", manifest["stages"]["asr"])
            self.assertNotIn("error", manifest["stages"]["asr"])
        self.assertEqual(self.manifest()["stages"]["mux"]["stage_number"], 10)

    def test_entering_names_the_current_stage(self):
        with self.stage():
            self.assertEqual(self.manifest()["pipeline"]["current_stage"], "asr")
        self.assertIsNone(self.manifest()["pipeline"]["current_stage"])

    def test_flush_shows_what_was_added_so_far(self):
        with self.stage() as stage:
            stage.add_metadata("segments", 12)
            self.assertNotIn("metadata", self.manifest()["stages"]["asr"])
            stage.flush()
            self.assertEqual(self.manifest()["stages"]["asr"]["metadata"], {"segments": 12})
            self.assertEqual(self.manifest()["stages"]["asr"]["status"], "running")

    def test_a_missing_file_is_recorded_as_missing_and_paths_become_absolute(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.job)
        with self.stage() as stage:
            stage.add_output("srt", "subtitles/-हिंदी \"x\".srt")
        record = self.manifest()["stages"]["asr"]["outputs"]["srt"]
        self.assertEqual(record["path"], f"{self.job}/subtitles/-हिंदी \"x\".srt")
        self.assertEqual((record["exists"], record["size_bytes"], record["description"]), (False, 0, ""))

    def test_times_come_from_the_clock_and_the_zone_is_told(self):
        stage = self.stage()
        stage.now = lambda: datetime(2025, 10, 30, 15, 44, 35)
        with stage:
            pass
        self.assertEqual(self.manifest()["stages"]["asr"]["started_at"], "2025-10-30T15:44:35.000000")
        self.assertRegex(self.manifest()["timezone"], r"^([A-Za-z]+ )?[+-]\d\d:\d\d$")

    def test_metadata_that_json_cannot_hold_is_turned_into_what_it_can(self):
        class Scalar:
            def tolist(self):
                return 0.5

        values = {"nan": math.nan, "path": Path("a"), "set": {1}, "tuple": (1, 2), "scalar": Scalar(), "raw": "\udcff"}
        with self.stage() as stage:
            for key, value in values.items():
                stage.add_metadata(key, value)
        expected = {"nan": None, "path": "a", "set": [1], "tuple": [1, 2], "scalar": 0.5, "raw": "?"}
        self.assertEqual(self.manifest()["stages"]["asr"]["metadata"], expected)

    def test_metadata_is_recorded_as_it_was_when_added(self):
        with self.stage() as stage:
            facts = [1]
            stage.add_metadata("facts", facts)
            facts.append(2)
        self.assertEqual(self.manifest()["stages"]["asr"]["metadata"], {"facts": [1]})


class Outcome(StageRecordTestCase):
    def test_an_error_in_the_body_is_recorded_and_raised_on(self):
        with self.assertRaisesRegex(ValueError, "no speech"):
            with self.stage() as stage:
                stage.add_metadata("model", "tiny")
                raise ValueError("no speech")
        entry, pipeline = self.manifest()["stages"]["asr"], self.manifest()["pipeline"]
        self.assertEqual((entry["status"], entry["error"]), ("failed", "ValueError: no speech"))
        self.assertEqual(entry["metadata"], {"model": "tiny"})
        self.assertRegex(entry["completed_at"], TIMESTAMP)
        self.assertEqual((pipeline["failed_stages"], pipeline["completed_stages"]), (["asr"], []))

    def test_exiting_with_a_code_is_a_failure_and_with_zero_a_success(self):
        for code, status in ((3, "failed"), ("no model", "failed"), (0, "success"), (None, "success")):
            with self.subTest(code=code):
                with self.assertRaises(SystemExit):
                    with self.stage():
                        raise SystemExit(code)
                self.assertEqual(self.manifest()["stages"]["asr"]["status"], status)

    def test_a_stage_that_succeeds_after_all_leaves_the_other_lists(self):
        self.write(
            {
                "stages": {},
                "pipeline": {
                    "status": "running",
                    "completed_stages": ["demux"],
                    "failed_stages": ["asr", "tmdb"],
                    "skipped_stages": ["asr"],
                },
            }
        )
        with self.stage():
            pass
        pipeline = self.manifest()["pipeline"]
        self.assertEqual(pipeline["completed_stages"], ["demux", "asr"])
        self.assertEqual((pipeline["failed_stages"], pipeline["skipped_stages"]), (["tmdb"], []))

    def test_a_stage_that_fails_after_success_leaves_the_completed(self):
        with self.stage():
            pass
        with self.assertRaises(OSError), self.stage():
            raise OSError("disk full")
        pipeline = self.manifest()["pipeline"]
        self.assertEqual((pipeline["completed_stages"], pipeline["failed_stages"]), ([], ["asr"]))
        with self.stage():
            pass
        self.assertNotIn("error", self.manifest()["stages"]["asr"])

    def test_a_stage_can_say_that_it_was_skipped(self):
        with self.stage("tmdb") as stage:
            stage.skip("no TMDB_API_KEY")
        self.assertEqual(self.manifest()["stages"]["tmdb"]["status"], "skipped")
        self.assertEqual(self.manifest()["stages"]["tmdb"]["skip_reason"], "no TMDB_API_KEY")
        self.assertEqual(self.manifest()["pipeline"]["skipped_stages"], ["tmdb"])

    def test_a_stage_can_say_that_it_failed(self):
        with self.stage() as stage:
            stage.set_error("nothing transcribed")
        self.assertEqual(self.manifest()["stages"]["asr"]["status"], "failed")
        self.assertEqual(self.manifest()["stages"]["asr"]["error"], "nothing transcribed")

    def test_secrets_are_masked_in_the_error(self):
        secrets = self.workspace / "secrets.json"
        secrets.write_text('{"pyannote_token": "from-secrets-file", "more": {"keys": ["from-a-list"]}}')
        self.setenv("HF_TOKEN", "from-process")
        (self.job / "job.env").write_text(
            f"TMDB_API_KEY='from-job-env' # x\nSECRETS_PATH={secrets}\nA_TOKEN=\"with \\\"signs\\\"\"\n"
        )
        with self.assertRaises(ValueError), self.stage():
            raise ValueError('from-process, from-job-env, from-secrets-file, from-a-list, with "signs", from-nowhere')
        error = self.manifest()["stages"]["asr"]["error"]
        self.assertEqual(error, "ValueError: ********, ********, ********, ********, ********, from-nowhere")

    def test_secrets_that_are_written_with_escapes_or_made_of_others_are_masked_in_the_error(self):
        (self.job / "job.env").write_text(
            "BASE=kestrel\nX_PASSWORD='it\\'s heron'\nY_KEY=\"${BASE}-${NONE:-9341}\"\n"
            "Z_SECRET=\"tab\\there\"\nHF_TOKEN='${BASE}'\n"
        )
        with self.assertRaises(ValueError), self.stage():
            raise ValueError("it's heron, kestrel-9341, tab\there, ${BASE}, kestrel")
        error = self.manifest()["stages"]["asr"]["error"]
        self.assertEqual(error, "ValueError: ********, ********, ********, ********, kestrel")

    def test_a_secret_of_several_lines_is_masked_line_by_line(self):
        secrets = self.workspace / "config" / "secrets.json"
        secrets.parent.mkdir(exist_ok=True)
        secrets.write_text('{"key": "first line\\nsecond line"}')
        (secrets.parent / ".env.job_1").write_text("SECRETS_PATH=config/secrets.json\n")
        self.setenv("CONFIG_PATH", str(secrets.parent / ".env.job_1"))
        with self.assertRaises(ValueError), self.stage():
            raise ValueError("refused: second line")
        self.assertEqual(self.manifest()["stages"]["asr"]["error"], "ValueError: refused: ********")

    def test_a_secret_of_several_lines_in_the_settings_is_masked_and_hides_none_after_it(self):
        (self.job / "job.env").write_bytes(
            b'\xef\xbb\xbfFIRST_KEY=before\r\nSIGNING_KEY="first line\nWORDS=second line"   # two\r\nB_KEY=\'after\'\r\n'
        )
        with self.assertRaises(ValueError), self.stage():
            raise ValueError("before: first line; WORDS=second line, after; second")
        self.assertEqual(
            self.manifest()["stages"]["asr"]["error"], "ValueError: ********: ********; ********, ********; second"
        )

    def test_of_secrets_that_overlap_nothing_is_left(self):
        (self.job / "job.env").write_text("HF_TOKEN=hf_abcd1234\nTMDB_API_KEY=1234wxyz987\nDB_PASSWORD=#hunter22\n")
        with self.assertRaises(ValueError), self.stage():
            raise ValueError("hf_abcd1234wxyz987, hf_abcd1234, #hunter22")
        self.assertEqual(self.manifest()["stages"]["asr"]["error"], "ValueError: ********, ********, ********")

    def test_the_file_of_secrets_may_be_named_by_another_setting(self):
        (self.workspace / "secrets.json").write_text('{"token": "from-secrets-file"}')
        (self.job / "job.env").write_text(f"ROOT={self.workspace}\nSECRETS_PATH=${{ROOT}}/${{NAME:-secrets}}.json\n")
        with self.assertRaises(ValueError), self.stage():
            raise ValueError("from-secrets-file")
        self.assertEqual(self.manifest()["stages"]["asr"]["error"], "ValueError: ********")

    def test_the_password_in_a_url_is_masked_in_the_error(self):
        (self.job / "job.env").write_text("PROXY=http://ada:her%6Fn@proxy:3128\nHOOK=https://bob:pw@hooks\n")
        with self.assertRaises(ValueError), self.stage():
            raise ValueError("http://ada:her%6Fn@proxy:3128, heron, https://bob:pw@hooks, pw, http://host:80/a@b")
        self.assertEqual(
            self.manifest()["stages"]["asr"]["error"],
            "ValueError: http://ada:********@proxy:3128, ********, https://bob:********@hooks, pw, http://host:80/a@b",
        )

    def test_a_failure_that_cannot_be_recorded_does_not_hide_its_cause(self):
        with self.assertLogs("manifest", "WARNING"), self.assertRaises(ValueError):
            with self.stage():
                self.path.unlink()
                self.path.mkdir()
                raise ValueError("the cause")

    def test_a_success_that_cannot_be_recorded_is_an_error(self):
        with self.assertRaises(OSError), self.stage():
            self.path.unlink()
            self.path.mkdir()

    def test_a_manifest_lost_in_between_is_started_again_with_a_whole_entry(self):
        with self.stage():
            self.path.unlink()
        entry = self.manifest()["stages"]["asr"]
        self.assertEqual((entry["stage_name"], entry["status"]), ("asr", "success"))
        self.assertRegex(entry["started_at"], TIMESTAMP)


class ForeignContent(StageRecordTestCase):
    def test_other_fields_entries_and_their_order_stay(self):
        before = {
            "zebra": 1,
            "version": "0.9",
            "stages": {
                "tmdb": {"status": "success", "x": [1]},
                "asr": {"attempt": 2, "runner": "docker", "stage_number": 9, "resources": {"peak": 1}},
                "demux": {"status": "success"},
            },
            "pipeline": {"note": "mine", "status": "running", "next_stage": "mux"},
            "alpha": {"b": 2, "a": 1},
        }
        self.write(before)
        with self.stage():
            pass
        after = self.manifest()
        self.assertEqual(list(after), list(before))
        self.assertEqual(list(after["stages"]), ["tmdb", "asr", "demux"])
        self.assertEqual(list(after["alpha"].items()), [("b", 2), ("a", 1)])
        for key in ("tmdb", "demux"):
            self.assertEqual(after["stages"][key], before["stages"][key])
        entry = after["stages"]["asr"]
        self.assertEqual((entry["attempt"], entry["runner"], entry["resources"]), (2, "docker", {"peak": 1}))
        self.assertEqual(entry["stage_number"], 9, "a declared pipeline has its own numbers")
        self.assertEqual((after["pipeline"]["note"], after["pipeline"]["status"]), ("mine", "running"))

    def test_hyphen_and_underscore_name_the_same_stage(self):
        self.write(
            {
                "stages": {"pre-ner": {"attempt": 1}},
                "pipeline": {"completed_stages": ["demux", "pre-ner", "pre_ner"], "failed_stages": ["pre_ner"]},
            }
        )
        with self.stage("pre_ner"):
            self.assertEqual(self.manifest()["pipeline"]["current_stage"], "pre-ner")
        after = self.manifest()
        self.assertEqual(list(after["stages"]), ["pre-ner"])
        entry = after["stages"]["pre-ner"]
        self.assertEqual((entry["attempt"], entry["stage_number"], entry["stage_name"]), (1, 3, "pre-ner"))
        self.assertEqual(after["pipeline"]["completed_stages"], ["demux", "pre-ner"])
        self.assertEqual(after["pipeline"]["failed_stages"], [])

    def test_an_unknown_stage_has_no_number(self):
        with self.stage("lyrics_detection"):
            pass
        self.assertNotIn("stage_number", self.manifest()["stages"]["lyrics_detection"])

    def test_stages_kept_as_a_list_stay_a_list(self):
        self.write({"stages": [{"name": "demux", "status": "completed"}, {"name": "post-ner", "status": "pending"}]})
        for name in ("post_ner", "mux"):
            with self.stage(name):
                pass
        stages = self.manifest()["stages"]
        self.assertEqual([stage["name"] for stage in stages], ["demux", "post-ner", "mux"])
        self.assertEqual([stage["status"] for stage in stages], ["completed", "success", "success"])

    def test_a_listed_stage_is_known_by_its_other_field_too(self):
        self.write({"stages": [{"stage_name": "post-ner", "attempt": 2}, "mux"]})
        with self.stage("post_ner"):
            pass
        stages = self.manifest()["stages"]
        self.assertEqual((len(stages), stages[0]["attempt"], stages[0]["status"]), (2, 2, "success"))

    def test_what_stands_in_an_entry_s_place_is_kept(self):
        self.write({"stages": {"asr": ["by", "hand"], "mux": None}})
        for name in ("asr", "mux"):
            with self.stage(name):
                pass
        stages = self.manifest()["stages"]
        self.assertEqual((stages["asr"]["replaced"], stages["asr"]["status"]), (["by", "hand"], "success"))
        self.assertNotIn("replaced", stages["mux"])

    def test_a_pipeline_that_is_no_object_is_left_alone(self):
        self.write({"stages": {}, "pipeline": "subtitle-gen"})
        with self.stage():
            pass
        self.assertEqual(self.manifest()["pipeline"], "subtitle-gen")

    def test_numerals_and_bytes_that_are_no_utf8_come_out_as_they_went_in(self):
        numerals = ["1.10", "1e3", "-0", "1E400", "9" * 5000, "12345678901234567890123", "0.1", "37.6655560000000001"]
        values = ", ".join(numerals)
        self.path.write_bytes(b'{"n": [' + values.encode() + b'], "title": "caf\xe9 \\ud83d \xe0\xa4\xb9"}')
        with self.stage():
            pass
        after = self.path.read_bytes()
        written = after[after.index(b"[") + 1 : after.index(b"]")].decode()
        self.assertEqual(re.split(r",\s*", written.strip()), numerals)
        self.assertIn(b'"title": "caf\xe9 \\ud83d \xe0\xa4\xb9"', after)

    def test_the_mode_of_the_file_stays(self):
        self.write({})
        for mode in (0o600, 0o664):
            self.path.chmod(mode)
            with self.stage():
                pass
            self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), mode)

    def test_nothing_but_the_manifest_and_its_lock_is_left_in_the_folder(self):
        old, young = self.job / ".manifest.json.tmp-1-0", self.job / ".manifest.json.tmp-2-0"
        for path in (old, young):
            path.touch()
        os.utime(old, (0, 0))
        with self.stage():
            pass
        self.assertEqual(sorted(os.listdir(self.job)), [young.name, ".manifest.lock", "manifest.json"])


class DamagedManifest(StageRecordTestCase):
    def setUp(self):
        super().setUp()
        patience = mock.patch("manifest._ManifestFile._pauses", (0.01,))
        patience.start()
        self.addCleanup(patience.stop)

    def test_what_cannot_be_read_is_set_aside_and_said(self):
        for content in (b"", b'{"stages": {"demux"', b"not json", b"[]", b'{"stages": 3}'):
            with self.subTest(content=content):
                self.path.write_bytes(content)
                with self.assertLogs("manifest", "WARNING") as said, self.stage():
                    pass
                aside = max(self.job.glob("manifest.json.damaged-*"), key=lambda path: path.stat().st_mtime_ns)
                self.assertRegex(aside.name, r"^manifest\.json\.damaged-\d{8}T\d{6}(-\d+)?$")
                self.assertEqual(aside.read_bytes(), content)
                self.assertIn(aside.name, said.output[0])
                self.assertEqual(self.manifest()["stages"]["asr"]["status"], "success")
        self.assertEqual(len(list(self.job.glob("manifest.json.damaged-*"))), 5)

    def test_the_given_logger_is_told(self):
        self.path.write_bytes(b"{")
        with self.assertLogs("pipeline", "WARNING"), self.stage(logger=logging.getLogger("pipeline")):
            pass


class Defaults(StageRecordTestCase):
    def recorded(self, **options):
        with self.stage(**options):
            pass
        entry = self.manifest()["stages"]["asr"]
        return entry.get("job_id"), entry.get("user_id"), entry.get("job_env_file")

    def test_job_info_tells_what_was_not_given(self):
        (self.job / "job_info.json").write_text(
            json.dumps({"job_id": "20251030-001", "user_id": 2, "env_file": ENV_FILE, "output_dir": "out/x"})
        )
        self.assertEqual(self.recorded(), ("20251030-001", 2, ENV_FILE))
        self.assertEqual(self.manifest()["output_dir"], "out/x")
        self.assertEqual(self.recorded(user_id="3"), ("20251030-001", 3, ENV_FILE))

    def test_config_path_tells_what_job_info_does_not(self):
        config = self.workspace / "config/.env.job_20251030-001"
        config.write_text("JOB_ID=20251030-001   # the job\nexport USER_ID='4'\n")
        self.setenv("CONFIG_PATH", str(config))
        self.assertEqual(self.recorded(), ("20251030-001", 4, str(config)))

    def test_an_empty_setting_with_a_comment_tells_nothing(self):
        config = self.workspace / "config/.env"
        config.write_text("JOB_ID=        # Auto-generated: YYYYMMDD-NNN\n")
        self.setenv("CONFIG_PATH", str(config))
        self.assertEqual(self.recorded(), (None, None, str(config)))

    def test_the_manifest_tells_what_nothing_else_does(self):
        self.write({"job_id": "20251030-001", "user_id": 5, "job_env_file": ENV_FILE})
        self.assertEqual(self.recorded(), ("20251030-001", 5, ENV_FILE))

    def test_the_job_folder_is_made_if_it_is_missing(self):
        with StageManifest("demux", self.job / "new"):
            pass
        self.assertTrue((self.job / "new/manifest.json").exists())


if __name__ == "__main__":
    unittest.main()
