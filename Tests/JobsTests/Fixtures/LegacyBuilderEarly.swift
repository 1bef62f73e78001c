extension Manifests {
  /// Builder 0.1.0: failed in the fourth stage.
  static let builderEarly = #"""
    {
      "timestamp": "2025-10-30T09:00:00.548844",
      "version": "0.1.0",
      "input": {
        "file": "in/What's Up, Doc? 1972.mkv",
        "title": "What's Up, Doc?",
        "year": "1972",
        "duration_seconds": null
      },
      "output": {"directory": "out/What's_Up,_Doc?_1972"},
      "pipeline": {
        "current_stage": null,
        "next_stage": null,
        "completed_stages": ["demux", "tmdb", "pre_ner"],
        "skipped_stages": ["silero_vad"],
        "status": "failed",
        "steps": {
          "demux": {
            "enabled": true,
            "completed": true,
            "next_stage": "tmdb",
            "status": "success",
            "duration": 11.960476875305176,
            "completed_at": "2025-10-30T09:00:12.920954"
          },
          "tmdb": {
            "enabled": true,
            "completed": true,
            "next_stage": "pre_ner",
            "status": "success",
            "duration": 1.1372108459472656,
            "completed_at": "2025-10-30T09:00:14.332587"
          },
          "pre_ner": {
            "enabled": true,
            "completed": true,
            "next_stage": "silero_vad",
            "status": "success",
            "duration": 2.1372108459472656,
            "completed_at": "2025-10-30T09:00:16.744220"
          },
          "silero_vad": {
            "enabled": false,
            "completed": true,
            "next_stage": null,
            "status": "failed",
            "error": "Container execution failed",
            "duration": 39.27442193031311,
            "completed_at": "2025-10-30T09:00:56.293064"
          }
        }
      },
      "devices": {},
      "timing": {"total_seconds": 55.74422, "completed_at": "2025-10-30T09:00:56.430275"}
    }
    """#
}
