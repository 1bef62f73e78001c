extension Manifests {
  /// Builder 0.1.0: resumed to the end; the skipped stages still name what then succeeded.
  static let builderResumed = #"""
    {
      "timestamp": "2025-10-29T13:00:00.548844",
      "version": "0.1.0",
      "input": {
        "file": "in/Rang De Basanti 2006.mp4",
        "title": "Rang De Basanti",
        "year": "2006",
        "duration_seconds": null
      },
      "output": {"directory": "out/Rang_De_Basanti_2006"},
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
          "subtitle_gen",
          "mux"
        ],
        "skipped_stages": ["mux"],
        "status": "completed",
        "steps": {
          "demux": {
            "enabled": true,
            "completed": true,
            "next_stage": "tmdb",
            "status": "success",
            "duration": 11.960476875305176,
            "completed_at": "2025-10-29T13:00:12.920954"
          },
          "tmdb": {
            "enabled": true,
            "completed": true,
            "next_stage": "pre_ner",
            "status": "success",
            "duration": 1.1372108459472656,
            "completed_at": "2025-10-29T13:00:14.332587"
          },
          "pre_ner": {
            "enabled": true,
            "completed": true,
            "next_stage": "silero_vad",
            "status": "success",
            "duration": 2.1372108459472656,
            "completed_at": "2025-10-29T13:00:16.744220"
          },
          "silero_vad": {
            "enabled": true,
            "completed": true,
            "next_stage": "pyannote_vad",
            "status": "success",
            "duration": 39.137210845947266,
            "completed_at": "2025-10-29T13:00:56.155853"
          },
          "pyannote_vad": {
            "enabled": true,
            "completed": true,
            "next_stage": "diarization",
            "status": "success",
            "duration": 210.13721084594727,
            "completed_at": "2025-10-29T13:04:26.567486"
          },
          "diarization": {
            "enabled": true,
            "completed": true,
            "next_stage": "asr",
            "status": "success",
            "duration": 640.1372110843658,
            "completed_at": "2025-10-29T13:15:06.979119"
          },
          "asr": {
            "enabled": true,
            "completed": true,
            "next_stage": "post_ner",
            "status": "success",
            "duration": 1452.1372110843658,
            "completed_at": "2025-10-29T13:39:19.390752"
          },
          "post_ner": {
            "enabled": true,
            "completed": true,
            "next_stage": "subtitle_gen",
            "status": "success",
            "duration": 3.1372110843658447,
            "completed_at": "2025-10-29T13:39:22.802385"
          },
          "subtitle_gen": {
            "enabled": true,
            "completed": true,
            "next_stage": "mux",
            "status": "success",
            "duration": 1.1372110843658447,
            "completed_at": "2025-10-29T13:39:24.214018"
          },
          "mux": {
            "enabled": true,
            "completed": true,
            "next_stage": null,
            "status": "success",
            "duration": 5.137210845947266,
            "completed_at": "2025-10-30T07:30:06.234899"
          }
        }
      },
      "devices": {},
      "timing": {"total_seconds": 5.823266, "completed_at": "2025-10-30T07:30:06.509321"},
      "resumed_at": "2025-10-30T07:30:00.823266"
    }
    """#
}
