/// Manifests as they are about.
enum Manifests {
  /// The documented example.
  static let documented = #"""
    {
      "version": "1.0.0",
      "created_at": "2025-10-30T15:44:30.123456",
      "job_id": "20251030-001",
      "user_id": 1,
      "job_env_file": "config/.env.job_20251030-001",
      "input": {
        "file": "in/movie.mp4",
        "title": "Movie Name",
        "year": 2023
      },
      "output_dir": "out/2025/10/30/1/20251030-001",
      "stages": {
        "demux": {
          "job_id": "20251030-001",
          "user_id": 1,
          "stage_number": 1,
          "stage_name": "demux",
          "job_env_file": "config/.env.job_20251030-001",
          "status": "success",
          "started_at": "2025-10-30T15:44:35.123456",
          "completed_at": "2025-10-30T15:45:12.789012",
          "duration_seconds": 37.665556,
          "input_files": [
            {
              "key": "video",
              "path": "/absolute/path/to/in/movie.mp4",
              "exists": true,
              "size_bytes": 1234567890,
              "description": "Input video file"
            }
          ],
          "outputs": {
            "audio": {
              "path": "/absolute/path/to/out/2025/10/30/1/20251030-001/audio/audio.wav",
              "exists": true,
              "size_bytes": 123456789,
              "description": "Extracted 16kHz mono audio"
            }
          },
          "metadata": {
            "sample_rate": 16000,
            "channels": 1,
            "duration": 3600.5
          }
        }
      },
      "pipeline": {
        "status": "completed",
        "current_stage": null,
        "completed_stages": ["demux", "tmdb", "pre_ner", "silero_vad", "pyannote_vad", "diarization", "asr", "post_ner", "subtitle_gen", "mux"],
        "failed_stages": []
      },
      "timing": {
        "started_at": "2025-10-30T15:44:30.123456",
        "completed_at": "2025-10-30T17:30:45.678901",
        "total_seconds": 6375.555445
      }
    }
    """#
}
