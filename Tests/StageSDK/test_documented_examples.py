"""The examples of JOB_ORCHESTRATION.md run as they are written, and each module runs alone."""

import logging
import os
import shutil
import unittest
from pathlib import Path

from support import SDK, WorkspaceTestCase, output_of, python, read_json

JOB_MANAGER_EXAMPLE = """
from job_manager import JobManager

# Initialize
job_mgr = JobManager(
    config_dir=Path("config"),
    output_root=Path("out"),
    log_root=Path("logs")
)

# Create job
job_info = job_mgr.create_job(user_id=1)

# Get paths
output_dir = job_mgr.get_job_output_dir()
log_dir = job_mgr.get_job_log_dir()
env_file = job_mgr.get_job_env_path()

# Cleanup
job_mgr.cleanup_job_env()
"""

STAGE_MANIFEST_EXAMPLE = """
from manifest import StageManifest

# Use as context manager
with StageManifest("asr", movie_dir, logger, job_id, user_id, job_env_file) as manifest:
    # Add inputs
    manifest.add_input("audio", audio_file, "16kHz mono audio")
    
    # Add outputs
    manifest.add_output("transcript", transcript_file, "WhisperX transcript")
    
    # Add metadata
    manifest.add_metadata("model", "large-v3")
    manifest.add_metadata("language", "hi")
    
    # Automatic success on exit
"""


class DocumentedExamples(WorkspaceTestCase):
    def test_they_run_as_written(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.workspace)
        names = {"Path": Path}
        exec(JOB_MANAGER_EXAMPLE, names)
        info, output_dir = names["job_info"], names["output_dir"]
        self.assertEqual(str(output_dir), info["output_dir"])
        self.assertEqual(str(names["log_dir"]), info["log_dir"])
        self.assertEqual(str(names["env_file"]), info["env_file"])
        self.assertFalse(names["env_file"].exists())

        names.update(
            movie_dir=output_dir,
            logger=logging.getLogger("asr"),
            job_id=info["job_id"],
            user_id=info["user_id"],
            job_env_file=info["env_file"],
            audio_file=output_dir / "audio/audio.wav",
            transcript_file=output_dir / "transcription/transcript.json",
        )
        exec(STAGE_MANIFEST_EXAMPLE, names)
        entry = read_json(output_dir / "manifest.json")["stages"]["asr"]
        self.assertEqual(entry["status"], "success")
        self.assertEqual(entry["metadata"], {"model": "large-v3", "language": "hi"})
        self.assertEqual(entry["job_env_file"], info["env_file"])

    def test_each_module_runs_where_the_other_is_not(self):
        for module in ("manifest", "job_manager"):
            alone = self.workspace / module
            alone.mkdir()
            shutil.copy(SDK / f"{module}.py", alone)
            process = python("import sys; sys.path[:0] = [sys.argv[1]]; sys.path.remove(sys.argv[2]);"
                             "print(__import__(sys.argv[3]).__file__)", alone, SDK, module)
            self.assertEqual(output_of(process).strip(), str(alone / f"{module}.py"))


if __name__ == "__main__":
    unittest.main()
