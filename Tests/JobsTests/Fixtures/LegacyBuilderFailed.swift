extension Manifests {
  /// Builder 0.1.0: the last stage failed, and stands among the skipped.
  static let builderFailed = #"""
    {
      "timestamp": "2025-10-29T08:00:00.548844",
      "version": "0.1.0",
      "input": {
        "file": "in/Dil Chahta Hai (2001).mp4",
        "title": "Dil Chahta Hai",
        "year": "2001",
        "duration_seconds": null
      },
      "output": {"directory": "out/Dil_Chahta_Hai_2001"},
      "pipeline": {
        "current_stage": null,
        "next_stage": null,
        "completed_stages": [
          "demux",
          "tmdb",
          "pre_ner",
          "silero_vad",
          "pyannote_vad",
          "diarization",
          "asr",
          "post_ner",
          "subtitle_gen"
        ],
        "skipped_stages": ["mux"],
        "status": "failed",
        "steps": {
          "demux": {
            "enabled": true,
            "completed": true,
            "next_stage": "tmdb",
            "status": "success",
            "duration": 11.960476875305176,
            "completed_at": "2025-10-29T08:00:12.920954"
          },
          "tmdb": {
            "enabled": true,
            "completed": true,
            "next_stage": "pre_ner",
            "status": "success",
            "duration": 1.1372108459472656,
            "completed_at": "2025-10-29T08:00:14.332587"
          },
          "pre_ner": {
            "enabled": true,
            "completed": true,
            "next_stage": "silero_vad",
            "status": "success",
            "duration": 2.1372108459472656,
            "completed_at": "2025-10-29T08:00:16.744220"
          },
          "silero_vad": {
            "enabled": true,
            "completed": true,
            "next_stage": "pyannote_vad",
            "status": "success",
            "duration": 39.137210845947266,
            "completed_at": "2025-10-29T08:00:56.155853"
          },
          "pyannote_vad": {
            "enabled": true,
            "completed": true,
            "next_stage": "diarization",
            "status": "success",
            "duration": 210.13721084594727,
            "completed_at": "2025-10-29T08:04:26.567486"
          },
          "diarization": {
            "enabled": true,
            "completed": true,
            "next_stage": "asr",
            "status": "success",
            "duration": 640.1372110843658,
            "completed_at": "2025-10-29T08:15:06.979119"
          },
          "asr": {
            "enabled": true,
            "completed": true,
            "next_stage": "post_ner",
            "status": "success",
            "duration": 1452.1372110843658,
            "completed_at": "2025-10-29T08:39:19.390752"
          },
          "post_ner": {
            "enabled": true,
            "completed": true,
            "next_stage": "subtitle_gen",
            "status": "success",
            "duration": 3.1372110843658447,
            "completed_at": "2025-10-29T08:39:22.802385"
          },
          "subtitle_gen": {
            "enabled": true,
            "completed": true,
            "next_stage": "mux",
            "status": "success",
            "duration": 1.1372110843658447,
            "completed_at": "2025-10-29T08:39:24.214018"
          },
          "mux": {
            "enabled": false,
            "completed": true,
            "next_stage": null,
            "status": "failed",
            "error": "Container execution failed",
            "duration": 5.27442193031311,
            "completed_at": "2025-10-29T08:39:29.762862"
          }
        }
      },
      "devices": {},
      "timing": {"total_seconds": 2369.214018, "completed_at": "2025-10-29T08:39:29.900073"}
    }
    """#
}
