/// The files of this folder that the binaries carry, so that a copied binary can make a workspace and its engines.
public enum Defaults {
  /// The ten documented stages, as `config/pipeline.yaml` of a workspace would declare them.
  public static var pipeline: [UInt8] { PackageResources.pipeline_yaml }

  /// The `config/.env` that a new workspace gets.
  public static var env: [UInt8] { PackageResources.env_example }

  /// The compose file that a new workspace gets: a service for each of the ten stages.
  public static var composeFile: [UInt8] { PackageResources.docker_compose_yml }

  /// How the image of those services is built.
  public static var dockerfile: [UInt8] { PackageResources.Dockerfile }

  /// The drop-ins of the documented modules for stages in Python, which lie in `shared/` of a workspace.
  public static var stageSDK: [(name: String, bytes: [UInt8])] {
    [("job_manager.py", PackageResources.job_manager_py), ("manifest.py", PackageResources.manifest_py)]
  }

  /// The folder `engines`: adapters, the modules they share, and what pip is to install. The build flattens the folder
  /// into one name a file, so the names stand here again.
  public static var engines: [(name: String, bytes: [UInt8])] {
    [
      ("asr_faster_whisper.py", PackageResources.asr_faster_whisper_py),
      ("asr_whisperx.py", PackageResources.asr_whisperx_py),
      ("campplus.py", PackageResources.campplus_py),
      ("checkpoint.py", PackageResources.checkpoint_py),
      ("clusters.py", PackageResources.clusters_py),
      ("diarization_campplus.py", PackageResources.diarization_campplus_py),
      ("diarization_ge2e.py", PackageResources.diarization_ge2e_py),
      ("diarization_pyannote.py", PackageResources.diarization_pyannote_py),
      ("diarize_request.py", PackageResources.diarize_request_py),
      ("engine_api.py", PackageResources.engine_api_py),
      ("ge2e.py", PackageResources.ge2e_py),
      ("languages.py", PackageResources.languages_py),
      ("lstm.py", PackageResources.lstm_py),
      ("mel.py", PackageResources.mel_py),
      ("models.txt", PackageResources.models_txt),
      ("ner_spacy.py", PackageResources.ner_spacy_py),
      ("prepare.py", PackageResources.prepare_py),
      ("pyannet.py", PackageResources.pyannet_py),
      ("requirements.txt", PackageResources.requirements_txt),
      ("silero.py", PackageResources.silero_py),
      ("speakers.py", PackageResources.speakers_py),
      ("speech_spans.py", PackageResources.speech_spans_py),
      ("torch_audio.py", PackageResources.torch_audio_py),
      ("vad_pyannote.py", PackageResources.vad_pyannote_py),
      ("vad_pyannote_numpy.py", PackageResources.vad_pyannote_numpy_py),
      ("vad_silero.py", PackageResources.vad_silero_py),
      ("vad_webrtc.py", PackageResources.vad_webrtc_py),
      ("weights.txt", PackageResources.weights_txt),
      ("whisper_doubt.py", PackageResources.whisper_doubt_py),
      ("whisper_models.py", PackageResources.whisper_models_py),
      ("whisper_text.py", PackageResources.whisper_text_py),
    ]
  }
}
