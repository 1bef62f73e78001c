extension Manifests {
  /// Stage 1.0.0: one stage, then nothing more.
  static let partial = #"""
    {
      "version": "1.0.0",
      "created_at": "2025-10-30T09:00:12.097688",
      "movie_dir": "out/Whats_Up_Doc_1972",
      "stages": {
        "demux": {
          "status": "success",
          "started_at": "2025-10-30T09:00:11.960477",
          "completed_at": "2025-10-30T09:00:12.509321",
          "duration_seconds": 0.548844,
          "outputs": {
            "audio": {
              "path": "/srv/app/out/Whats_Up_Doc_1972/audio/audio.wav",
              "exists": true,
              "size_bytes": 172,
              "description": "16kHz mono audio"
            }
          },
          "metadata": {"sample_rate": 16000, "channels": 1, "format": "wav", "codec": "pcm_s16le"}
        }
      },
      "pipeline": {"status": "running", "current_stage": null, "completed_stages": ["demux"], "failed_stages": []},
      "updated_at": "2025-10-30T09:00:12.646532"
    }
    """#
}
