import Foundation
import Jobs
import Testing

/// The stages that ship, in the containers of the compose file that ships.
struct ContainerFilmTests {
  @Test func `the same film gives the same subtitles under both runners`() throws {
    try TestWorkspace.with { workspace in
      let daemon = try DockerDaemon(workspace)
      try daemon.buildStages()
      let engines = try installedEngines()
      for runner in ["local", "docker"] {
        let place = workspace.path(runner)
        try workspace.makeSite(runner)
        // Engines have another place in containers than on this machine.
        try workspace.replace(
          "RUNNER= ", by: "CPWX_ENGINES=\(engines)\nRUNNER=\(runner) ", in: "\(runner)/config/.env")
        // As its comments say; and no network, which would have to be made first.
        let compose = "\(runner)/config/docker-compose.yml"
        try workspace.replace("# - ${CPWX_ENGINES", by: "- ${CPWX_ENGINES", in: compose)
        try workspace.replace("x-stage: &stage\n", by: "x-stage: &stage\n  network_mode: none\n", in: compose)
        let run = try daemon.cpwx("run", "-C", place, "--settle", "0", environment: ["CPWX_ENGINES": engines])
        #expect(run.code == 0, "\(run.output)\n\(run.errors)")
      }
      let (local, docker) = (try workspace.job(in: "local"), try workspace.job(in: "docker"))
      let subtitles = try workspace.bytes(local + "/subtitles/subtitles.srt")
      #expect(String(decoding: subtitles, as: UTF8.self).lowercased().contains("company"))
      #expect(try workspace.bytes(docker + "/subtitles/subtitles.srt") == subtitles)
      #expect(try workspace.subtitleStreams(of: docker + "/final_output.mp4") == ["mov_text eng"])
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
}
