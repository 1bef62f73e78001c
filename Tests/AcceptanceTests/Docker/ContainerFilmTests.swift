import Foundation
import Jobs
import Testing

/// The stages that ship, in the containers of the compose file that ships.
struct ContainerFilmTests {
  @Test func `the same film gives the same subtitles under both runners`() throws {
    try TestWorkspace.with { workspace in
      let daemon = try DockerDaemon(workspace)
      try daemon.buildStages()
      let engines = try #require(Self.engines, "no speech engines: run make setup")
      try makeFilm(in: workspace)
      for runner in ["local", "docker"] {
        let place = workspace.path(runner)
        let made = try workspace.start([CPWX.path, "init", place]).wait()
        #expect(made.code == 0, "\(made.errors)")
        try workspace.replace("SRC_LANG=hi ", by: "SRC_LANG=en ", in: "\(runner)/config/.env")
        try workspace.replace("WHISPER_MODEL=large-v3 ", by: "WHISPER_MODEL=tiny.en ", in: "\(runner)/config/.env")
        try workspace.replace("RUNNER= ", by: "RUNNER=\(runner) ", in: "\(runner)/config/.env")
        // As its comments say; and no network, which would have to be made first.
        let compose = "\(runner)/config/docker-compose.yml"
        try workspace.replace("# - ${CPWX_ENGINES", by: "- ${CPWX_ENGINES", in: compose)
        try workspace.replace("x-stage: &stage\n", by: "x-stage: &stage\n  network_mode: none\n", in: compose)
        try FileManager.default.copyItem(atPath: workspace.path("film.mp4"), toPath: place + "/in/Company (2018).mp4")
        let run = try daemon.cpwx("run", "-C", place, "--settle", "0", environment: ["CPWX_ENGINES": engines])
        #expect(run.code == 0, "\(run.output)\n\(run.errors)")
      }
      let (local, docker) = (try job(of: "local", workspace), try job(of: "docker", workspace))
      let subtitles = try workspace.bytes(local + "/subtitles/subtitles.srt")
      #expect(String(decoding: subtitles, as: UTF8.self).lowercased().contains("company"))
      #expect(try workspace.bytes(docker + "/subtitles/subtitles.srt") == subtitles)
      let probe = [
        "ffprobe", "-v", "error", "-select_streams", "s", "-show_entries", "stream=codec_name", "-of", "csv",
      ]
      #expect(try workspace.start(probe + [docker + "/final_output.mp4"]).wait().output == "stream,mov_text\n")
      let stages = try #require(try workspace.manifest(of: docker)["stages"]?.object)
      #expect(stages.names.count == 10)
      for name in stages.names {
        #expect(stages[name]?["status"]?.string == "success", "\(name)")
        #expect(stages[name]?["runner"]?.string == "docker", "\(name)")
      }
      #expect(try daemon.containers() == [])
    }
  }

  @Test
  func
    `a stage's own StageManifest writes from inside its container, and the manifest has it with this machine's paths`()
    throws
  {
    let stage = ContainerStage(
      name: "tagger", script: "exec python3 /app/shared/tagger.py \"$2\"", outputs: ["tags.json"], service: "tagger")
    let service = """
        tagger:
          image: \(DockerDaemon.toolsImage)
          network_mode: none
          volumes: [./out:/app/out, ./config:/app/config:ro, ./shared:/app/shared:ro]

      """
    try TestWorkspace.withContainers([stage], compose: service) { workspace, daemon in
      try daemon.importTools()
      try workspace.write("shared/tagger.py", Self.tagger)
      for file in ["manifest.py", "job_manager.py"] {
        try FileManager.default.copyItem(
          atPath: CPWX.package + "/config/sdk/" + file, toPath: workspace.path("shared/" + file))
      }
      try workspace.film()
      let run = try daemon.cpwx("run")
      #expect(run.code == 0, "\(run.output)\n\(run.errors)")
      let (job, record) = (try workspace.job(), try workspace.record("tagger"))
      #expect(record["status"]?.string == "success")
      #expect(record["metadata"]?["model"]?.string == "small")
      #expect(record["input_files"]?.array?.map { $0["path"]?.string } == [job + "/job.env"])
      #expect(record["outputs"]?["tags"]?["path"]?.string == job + "/tags.json")
      #expect(record["outputs"]?["tags"]?["size_bytes"]?.int == 2)
      #expect(record["runner"]?.string == "docker")
      #expect(record["exit_code"]?.int == 0)
    }
  }

  private static let tagger = """
    import sys
    from pathlib import Path

    sys.path.insert(0, "/app/shared")
    from manifest import StageManifest

    job = Path(sys.argv[1])
    with StageManifest("tagger", job, None) as manifest:
        manifest.add_input("settings", job / "job.env", "what it is told")
        (job / "tags.json").write_text("{}")
        manifest.add_output("tags", job / "tags.json", "tags of the film")
        manifest.add_metadata("model", "small")

    """

  /// The engines that the stages of this machine use.
  private static var engines: String? {
    let environment = ProcessInfo.processInfo.environment
    let data = environment["XDG_DATA_HOME"] ?? (environment["HOME"] ?? "") + "/.local/share"
    let place = environment["CPWX_ENGINES"] ?? data + "/cpwx/engines"
    return FileManager.default.fileExists(atPath: place + "/venv") ? place : nil
  }

  /// The beginning of the sample film.
  private func makeFilm(in workspace: TestWorkspace) throws {
    let sample = CPWX.package + "/config/samples/super_awesome_company_2018.mp4"
    let cut = try workspace.start(
      ["ffmpeg", "-v", "error", "-nostdin", "-t", "8", "-i", sample, "-c", "copy", workspace.path("film.mp4")]
    ).wait()
    try #require(cut.code == 0, "\(cut.errors)")
  }

  private func job(of folder: String, _ workspace: TestWorkspace) throws -> String {
    let jobs = workspace.tree(folder + "/out").filter { $0.split(separator: "/").count == 5 }
    try #require(jobs.count == 1, "\(jobs)")
    return workspace.path("\(folder)/out/\(jobs[0])")
  }
}

extension TestWorkspace {
  fileprivate func replace(_ text: String, by other: String, in file: String) throws {
    let old = try read(file)
    try #require(old.contains(text), "\(file) has no \(text)")
    try write(file, old.replacingOccurrences(of: text, with: other))
  }
}
