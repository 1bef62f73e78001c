extension Manifests {
  /// Job 1.0.0, with what the older orchestrator added.
  static let olderOrchestrator = #"""
    {
      "version": "1.0.0", "created_at": "2025-10-30T15:44:30.123456", "updated_at": "2025-10-30T15:50:00",
      "job_id": "20251030-001", "user_id": 1, "job_env_file": "config/.env.job_20251030-001",
      "input": {"file": "in/movie.mp4", "title": "Movie", "year": "2023"},
      "output_dir": "out/2025/10/30/1/20251030-001",
      "stages": {
        "demux": {
          "status": "success", "started_at": "2025-10-30T15:44:35.123456", "completed_at": "2025-10-30T15:45:12.789012",
          "duration": 37.66, "completed": true, "next_stage": "tmdb", "success": true
        },
        "tmdb": {
          "status": "running", "started_at": "2025-10-30T15:45:13.000000", "completed_at": "2025-10-30T15:45:13.000001"
        }
      },
      "pipeline": {
        "status": "running", "current_stage": null, "completed_stages": ["demux"], "failed_stages": []
      },
      "timing": {"started_at": "2025-10-30T15:44:30.123456", "completed_at": null, "total_seconds": null}
    }
    """#

  /// The later kind: a list of stages.
  static let later = #"""
    {
      "version": "2", "created_at": "2025-11-01T10:00:00", "job_id": "job-20251101-alice-0001", "status": "prepared",
      "stages": [{"name": "demux", "status": "completed"}, {"name": "asr", "status": "pending"}]
    }
    """#

  /// A builder's file that a stage then wrote its own record into.
  static let twoSchemas = #"""
    {
      "timestamp": "2025-10-29T08:00:00.548844", "version": "1.0.0", "created_at": "2025-10-29T08:00:00.548844",
      "input": {"file": "in/Movie.mp4", "title": "Movie", "year": "2001"}, "output": {"directory": "out/Movie_2001"},
      "pipeline": {
        "status": "failed", "current_stage": null, "completed_stages": ["demux", "asr"], "skipped_stages": ["tmdb"],
        "failed_stages": [],
        "steps": {"demux": {"status": "success"}, "tmdb": {"status": "failed", "error": "no key"}, "asr": {"status": "success"}}
      },
      "stages": {"pre-ner": {"status": "success"}, "pre_ner": {"status": "failed"}}
    }
    """#

  /// Cut short by a kill in the middle of a write.
  static let truncated = String(stickyFailure.utf8.prefix(760))!
}
