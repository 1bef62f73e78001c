extension Manifests {
  /// Stage 1.0.0: every stage succeeded, asr on its second try, and the verdict is still that of the first.
  static let stickyFailure = #"""
    {
      "version": "1.0.0",
      "created_at": "2025-10-28T12:00:00.274422",
      "movie_dir": "out/Lagaan_2001",
      "stages": {
        "demux": {
          "status": "success",
          "started_at": "2025-10-28T15:00:00.137211",
          "completed_at": "2025-10-28T15:00:11.548844",
          "duration_seconds": 11.411633,
          "outputs": {
            "audio": {
              "path": "/srv/app/out/Lagaan_2001/audio/audio.wav",
              "exists": true,
              "size_bytes": 172,
              "description": "16kHz mono audio"
            }
          },
          "metadata": {}
        },
        "tmdb": {
          "status": "success",
          "started_at": "2025-10-28T15:00:11.823266",
          "completed_at": "2025-10-28T15:00:13.234899",
          "duration_seconds": 1.411633,
          "outputs": {
            "tmdb_data": {
              "path": "/srv/app/out/Lagaan_2001/metadata/tmdb_data.json",
              "exists": true,
              "size_bytes": 232,
              "description": "TMDB movie data"
            }
          },
          "metadata": {"title": "Lagaan: Once Upon a Time in India", "year": "2001"}
        },
        "pre-ner": {
          "status": "success",
          "started_at": "2025-10-28T15:00:13.509321",
          "completed_at": "2025-10-28T15:00:15.920954",
          "duration_seconds": 2.411633,
          "outputs": {
            "entities": {
              "path": "/srv/app/out/Lagaan_2001/entities/pre_ner.json",
              "exists": true,
              "size_bytes": 31,
              "description": "Pre-ASR entities"
            }
          },
          "metadata": {}
        },
        "silero-vad": {
          "status": "success",
          "started_at": "2025-10-28T15:00:16.195376",
          "completed_at": "2025-10-28T15:00:55.607009",
          "duration_seconds": 39.411633,
          "outputs": {
            "segments": {
              "path": "/srv/app/out/Lagaan_2001/vad/silero_segments.json",
              "exists": true,
              "size_bytes": 45,
              "description": "Silero VAD segments"
            }
          },
          "metadata": {}
        },
        "pyannote-vad": {
          "status": "success",
          "started_at": "2025-10-28T15:00:55.881431",
          "completed_at": "2025-10-28T15:04:26.293064",
          "duration_seconds": 210.411633,
          "outputs": {
            "segments": {
              "path": "/srv/app/out/Lagaan_2001/vad/pyannote_segments.json",
              "exists": true,
              "size_bytes": 45,
              "description": "Pyannote VAD refined segments"
            }
          },
          "metadata": {}
        },
        "diarization": {
          "status": "success",
          "started_at": "2025-10-28T15:04:26.567486",
          "completed_at": "2025-10-28T15:15:06.979119",
          "duration_seconds": 640.411633,
          "outputs": {
            "speakers": {
              "path": "/srv/app/out/Lagaan_2001/diarization/speaker_segments.json",
              "exists": true,
              "size_bytes": 227,
              "description": "Speaker-labeled segments"
            }
          },
          "metadata": {}
        },
        "asr": {
          "status": "success",
          "started_at": "2025-10-28T15:15:07.253541",
          "completed_at": "2025-10-28T15:39:19.665174",
          "duration_seconds": 1452.411633,
          "outputs": {
            "transcript": {
              "path": "/srv/app/out/Lagaan_2001/transcription/transcript.json",
              "exists": true,
              "size_bytes": 271,
              "description": "Full transcript with timestamps"
            }
          },
          "metadata": {}
        },
        "post-ner": {
          "status": "success",
          "started_at": "2025-10-28T15:39:19.939596",
          "completed_at": "2025-10-28T15:39:23.351229",
          "duration_seconds": 3.411633,
          "outputs": {
            "corrected_transcript": {
              "path": "/srv/app/out/Lagaan_2001/transcription/transcript_corrected.json",
              "exists": true,
              "size_bytes": 271,
              "description": "Transcript with corrected entities"
            }
          },
          "metadata": {}
        },
        "subtitle-gen": {
          "status": "success",
          "started_at": "2025-10-28T15:39:23.625651",
          "completed_at": "2025-10-28T15:39:25.037284",
          "duration_seconds": 1.411633,
          "outputs": {
            "subtitles": {
              "path": "/srv/app/out/Lagaan_2001/subtitles/Lagaan_2001.srt",
              "exists": true,
              "size_bytes": 122,
              "description": "SRT subtitle file"
            }
          },
          "metadata": {}
        },
        "mux": {
          "status": "success",
          "started_at": "2025-10-28T15:39:25.311706",
          "completed_at": "2025-10-28T15:39:30.723339",
          "duration_seconds": 5.411633,
          "outputs": {
            "final_video": {
              "path": "/srv/app/out/Lagaan_2001/Lagaan_2001_subtitled.mp4",
              "exists": true,
              "size_bytes": 49,
              "description": "Final video with subtitles"
            }
          },
          "metadata": {}
        }
      },
      "pipeline": {
        "status": "failed",
        "current_stage": null,
        "completed_stages": [
          "demux",
          "tmdb",
          "pre-ner",
          "silero-vad",
          "pyannote-vad",
          "diarization",
          "asr",
          "post-ner",
          "subtitle-gen",
          "mux"
        ],
        "failed_stages": ["asr"]
      },
      "updated_at": "2025-10-28T15:39:30.860550"
    }
    """#
}
