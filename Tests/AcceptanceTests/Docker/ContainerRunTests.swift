import Foundation
import Jobs
import Testing

/// Stages as containers: what they are started with, what they see, and what is recorded of them.
struct ContainerRunTests {
  @Test func `a stage is what compose run makes of its service, and nothing of a secret stands on its command line`()
    throws
  {
    let stage = ContainerStage.gate(["cpus: 0.5", "memory: 64M"])
    try TestWorkspace.withContainers([stage], config: ["TMDB_API_KEY=not-to-be-seen"]) { workspace, daemon in
      try workspace.film()
      let run = try daemon.startCPWX("run")
      #expect(workspace.jobHolds("begun"))
      let id = try workspace.jobID()
      let name = "cpwx_\(id)_gate"
      let client = try #require(try workspace.composeClients().first).arguments
      let beginning = try #require(client.firstIndex(of: "run"))
      #expect(client[..<beginning].contains("--project-directory"))
      let expected = ["run", "--rm", "--no-deps", "--name", name, "-e", "CONFIG_PATH=/app/config/.env.job_\(id)"]
      #expect(Array(client[beginning...].prefix(7)) == expected)
      let place = "/app" + (try workspace.job().dropFirst(workspace.root.count))
      #expect(client.suffix(3) == ["sh", "/app/in/Film (2001).mp4", place])
      #expect(client.contains("tool"))
      #expect(!client.contains { $0.contains("not-to-be-seen") })

      let container = try daemon.inspect(name)
      #expect(container["HostConfig"]?["NanoCpus"]?.int == 500_000_000)
      #expect(container["HostConfig"]?["Memory"]?.int == 64_000_000)
      #expect(container["Config"]?["User"]?.string == "\(geteuid()):\(getegid())")
      let variables = container["Config"]?["Env"]?.array?.compactMap(\.string) ?? []
      #expect(variables.contains("HOME=/tmp"))
      #expect(!variables.contains { $0.contains("not-to-be-seen") })

      try workspace.expectAsDocumented([workspace.json("status")], "status")
      try workspace.write(try workspace.job() + "/open", "")
      let outcome = try run.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.record("gate")["runner"]?.string == "docker")
      #expect(try daemon.containers() == [])
      try workspace.expectAsDocumented([workspace.manifest()], "manifest")
      try workspace.expectAsDocumented([workspace.json("job", "show", id)], "job-show")
      try workspace.expectAsDocumented([workspace.json("report")], "report")
      let records = workspace.tree("logs/batches").filter { $0.hasSuffix(".json") }
      try workspace.expectAsDocumented(
        records.map { try JSON(parsing: workspace.bytes("logs/batches/" + $0)) }, "batch-record")
    }
  }

  /// Tells in the manifest what it read and wrote, as stages in containers do.
  private static let telling = ContainerStage(
    name: "telling",
    script: """
      cat "$CONFIG_PATH" > "$2/seen.env"
      cat "$1" > "$2/copy"
      until grep -q '"outputs": {}' "$2/manifest.json"; do sleep 0.05; done
      sed -i -e 's|"input_files": \\[\\]|"input_files": [{"key": "video", "path": "'"$1"'"}]|' \
        -e 's|"outputs": {}|"outputs": {"copy": {"path": "'"$2/copy"'"}, "own": {"path": "/opt/model"}}|' "$2/manifest.json"
      """,
    outputs: ["copy"])

  @Test func `a job's env file names its folders as containers do, its records as this machine does`() throws {
    let config = ["SECRETS_PATH=./config/secrets.json", "EXTRA="]
    try TestWorkspace.withContainers([Self.telling], config: config) { workspace, daemon in
      let absolute = workspace.path("config/extra.json")
      try workspace.write("config/.env", "RUNNER=docker\nTMDB_API_KEY='to be masked'\nEXTRA=\(absolute)\n")
      let film = try workspace.film()
      let outcome = try daemon.cpwx("run")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let job = try workspace.job()
      let place = "/app" + job.dropFirst(workspace.root.count)
      let settings = EnvFile(try workspace.read(job + "/job.env"))
      #expect(settings["OUTPUT_ROOT"] == place)
      #expect(settings["LOG_ROOT"] == "/app/logs" + place.dropFirst("/app/out".count))
      #expect(settings["EXTRA"] == "/app/config/extra.json")
      #expect(try workspace.read(job + "/seen.env") == workspace.read(job + "/job.env"))
      #expect(!workspace.exists("config/.env.job_" + (try workspace.jobID())))

      let record = try workspace.record("telling")
      #expect(record["input_files"]?.array?.first?["path"]?.string == film)
      #expect(record["outputs"]?["copy"]?["path"]?.string == job + "/copy")
      #expect(record["outputs"]?["copy"]?["size_bytes"]?.int == 15)
      #expect(record["outputs"]?["own"]?["path"]?.string == "/opt/model")
      let info = try JSON(parsing: workspace.bytes(job + "/job_info.json"))
      #expect(info["output_dir"]?.string == String(job.dropFirst(workspace.root.count + 1)))

      // What decides about running again is the same for both runners.
      let again = try daemon.cpwx("run", "--resume", try workspace.jobID(), "--format", "json")
      #expect(again.output.contains("completed"), "\(again.output)")
      #expect(try workspace.record("telling")["attempt"]?.int == 1)
    }
  }

  @Test func `films elsewhere, behind links and with any name are found in the container by their own name`() throws {
    let stage = ContainerStage(name: "copy", script: "cat \"$1\" > \"$2/copy\"; echo \"${1##*/}\" > \"$2/name\"")
    try TestWorkspace.withContainers([stage], named: "फ़िल्में $: '") { workspace, daemon in
      let films = ["in/शोले $x (1975).mp4", "in/deep er/a:b\"c' (1976).mp4", "far away: $y/-d (1977).mp4"]
      for film in films {
        try workspace.write(film, film)
        try workspace.age(workspace.path(film), by: 3600)
      }
      try workspace.write("store/real.mp4", "behind a link")
      try workspace.age(workspace.path("store/real.mp4"), by: 3600)
      try FileManager.default.createSymbolicLink(
        atPath: workspace.path("in/link (1978).mp4"), withDestinationPath: workspace.path("store/real.mp4"))
      let outcome = try daemon.cpwx("run", "in", "far away: $y")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let seen = try workspace.jobs.map { try [workspace.read($0 + "/name"), workspace.read($0 + "/copy")] }
      var expected = films.map { [($0 as NSString).lastPathComponent + "\n", $0] }
      expected.append(["link (1978).mp4\n", "behind a link"])
      #expect(Set(seen) == Set(expected))
      #expect(workspace.tree("out").filter { $0.contains("compose") } == [])
      // Compose names what it makes after the folder, by either of its names.
      let link = (workspace.root as NSString).deletingLastPathComponent + "/plain"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: workspace.root)
      let linked = try daemon.cpwx("run", "-C", link, "--force", workspace.path("in/link (1978).mp4"))
      #expect(linked.code == 0, "\(linked.errors)")
    }
  }

  @Test func `what a stage reads beside a film is in the container too, wherever the film is`() throws {
    let input = "inputs: [{key: nfo, path: '{input_dir}/{input_stem}.nfo', optional: true}]"
    let stage = ContainerStage(
      name: "copy", script: "cat \"${1%.mp4}.nfo\" > \"$2/copy\"", outputs: ["copy"], fields: [input])
    try TestWorkspace.withContainers([stage]) { workspace, daemon in
      for (film, linked) in [("far/Film (2001).mp4", nil), ("store/real.mp4", "in/Link (2002).mp4")] {
        try workspace.write(film, film)
        try workspace.age(workspace.path(film), by: 3600)
        let name = linked ?? film
        if linked != nil {
          try FileManager.default.createSymbolicLink(
            atPath: workspace.path(name), withDestinationPath: workspace.path(film))
        }
        try workspace.write(name.replacing(".mp4", with: ".nfo"), "of \(name)")
      }
      let outcome = try daemon.cpwx("run", "far", "in")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let read = try workspace.jobs.map { try workspace.read($0 + "/copy") }
      #expect(Set(read) == ["of far/Film (2001).mp4", "of in/Link (2002).mp4"])
    }
  }

  @Test func `folders that the workspace has elsewhere are where containers look for them`() throws {
    let stage = ContainerStage(name: "copy", script: "cat \"$1\" > \"$2/copy\"", outputs: ["copy"])
    try TestWorkspace.withContainers([stage], config: ["OUTPUT_ROOT=results", "IN_ROOT=films"]) { workspace, daemon in
      try workspace.write("films/Film (2001).mp4", "moving pictures")
      try workspace.age(workspace.path("films/Film (2001).mp4"), by: 3600)
      let outcome = try daemon.cpwx("run")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let copies = workspace.tree("results").filter { $0.hasSuffix("/copy") }
      #expect(try copies.map { try workspace.read("results/" + $0) } == ["moving pictures"])
    }
  }

  @Test func `what a container took is recorded, whatever small programs it was made of`() throws {
    let stage = ContainerStage(
      name: "busy",
      script: """
        words=$(head -c 30000000 /dev/zero | tr '\\0' a)
        job=$2
        until set -- $(cut -d' ' -f16,17 /proc/$$/stat); [ $(($1 + $2)) -ge 100 ]; do :; done
        touch "$job/busy"
        until [ -e "$job/open" ]; do sleep 0.05; done
        """)
    try TestWorkspace.withContainers([stage]) { workspace, daemon in
      try workspace.film()
      // What is over before it is looked at is not counted.
      let run = try daemon.startCPWX("run", environment: try workspace.notingLooks())
      #expect(workspace.jobHolds("busy") && workspace.hasSeen(1))
      try workspace.write(try workspace.job() + "/open", "")
      #expect(try run.wait().code == 0)
      let used = try workspace.record("busy")["resources"]
      // Not the client's, which is no smaller than 20 MB, and takes no second of a processor.
      #expect(try #require(used?["peak_memory_bytes"]?.int) > 30_000_000)
      #expect(try #require(used?["peak_memory_bytes"]?.int) < 200_000_000)
      #expect(try #require(used?["cpu_seconds"]?.double) > 0.3)
    }
  }

  @Test(arguments: [(nil, 2, nil), ("1,3,4", 0, ["1", "3"])] as [(String?, Int, [String]?)])
  func `GPUs are asked of the daemon as the stage says, and in a cluster's task those that this was given`(
    granted: String?, count: Int, named: [String]?
  ) throws {
    let stage = ContainerStage(name: "heard", script: "true", fields: ["gpus: 2"])
    try TestWorkspace.withContainers([stage]) { workspace, daemon in
      let docker = try workspace.start(["sh", "-c", "command -v docker"]).wait().lines[0]
      // A machine without a GPU refuses to start the container; it is looked at before it is gone.
      try workspace.write(
        "bin/docker",
        """
        #!/bin/sh
        case "$*" in *" run --rm "*)
          for word; do
            shift
            [ "$last" != --name ] || name=$word
            last=$word
            [ "$word" = --rm ] || set -- "$@" "$word"
          done
          '\(docker)' "$@"
          code=$?
          '\(docker)' inspect "$name" > inspected
          exit $code;;
        esac
        exec '\(docker)' "$@"

        """)
      chmod(workspace.path("bin/docker"), 0o755)
      try workspace.film()
      var settings = granted.map { ["SLURM_JOB_GPUS": $0] } ?? [:]
      settings["PATH"] = workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
      _ = try daemon.cpwx("run", environment: settings)
      let container = try #require(try JSON(parsing: workspace.bytes("inspected")).array?.first)
      let requests = container["HostConfig"]?["DeviceRequests"]?.array ?? []
      #expect(requests.count == 1)
      #expect(requests.first?["Driver"]?.string == "nvidia")
      #expect(requests.first?["Count"]?.int == count)
      #expect(requests.first?["DeviceIDs"]?.array?.compactMap(\.string) == named)
      #expect(requests.first?["Capabilities"]?.array?.first?.array?.compactMap(\.string) == ["gpu"])
      #expect(try daemon.containers() == [])
    }
  }

  @Test func `what a container makes belongs to whoever runs cpwx`() throws {
    let stage = ContainerStage(
      name: "make", script: "mkdir \"$2/made\" && echo here > \"$2/made/file\"; [ \"$HOME\" = /tmp ]")
    try TestWorkspace.withContainers([stage]) { workspace, daemon in
      try workspace.film()
      workspace.returnAtEnd()
      _ = try workspace.startAsRoot(["chown", "-R", "1234:\(getegid())", workspace.root]).wait()
      let variables = daemon.environment.map { "\($0.key)=\($0.value)" }
      let run = try workspace.startAsRoot(
        ["setpriv", "--reuid=1234", "--regid=\(getegid())", "--clear-groups", "env"] + variables + [CPWX.path, "run"])
      let outcome = try run.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      let owner = try workspace.startAsRoot(["stat", "-c", "%u", try workspace.job() + "/made/file"]).wait()
      #expect(owner.output == "1234\n")
    }
  }

  @Test(arguments: [("local", "docker"), ("docker", "local")])
  func `what one runner has done stands for the other, which goes on from there`(first: String, second: String) throws {
    // Settings that are folders have their names changed with the runner.
    let env = "env: [OUTPUT_ROOT, EXTRA]"
    let one = ContainerStage(name: "one", script: "echo docker > \"$2/one.out\"", outputs: ["one.out"], fields: [env])
    let two = ContainerStage(name: "two", script: "test -e \"$2/open\"", fields: [env])
    let commands = [
      "    command: [sh, -c, 'echo local > \"$1/one.out\"', sh, '{job_dir}']\n",
      "    command: [test, -e, '{job_dir}/open']\n",
    ]
    let stages = ContainerStage.yaml([one, two]).replacingOccurrences(of: env + "\n", with: env + "\n" + commands[0])
    try TestWorkspace.withContainers([one]) { workspace, daemon in
      try workspace.write("config/pipeline.yaml", stages.dropLast(commands[0].count) + commands[1])
      try workspace.write("config/.env", "EXTRA=\(workspace.path("config/extra.json"))\n")
      let film = try workspace.film()
      let failed = try daemon.cpwx("run", "--runner", first)
      #expect(failed.code == 1, "\(failed.errors)")
      let job = try workspace.job()
      #expect(try workspace.read(job + "/one.out") == first + "\n")
      #expect(try workspace.read(job + "/job.env").contains("=/app/") == (first == "docker"))
      try workspace.write(job + "/open", "")
      let outcome = try daemon.cpwx("run", "--runner", second)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.read(job + "/one.out") == first + "\n")
      #expect(try workspace.record("one")["attempt"]?.int == 1)
      #expect(try workspace.record("two")["runner"]?.string == second)
      #expect(try workspace.read(job + "/job.env").contains("=/app/") == (second == "docker"))
      for runner in [first, second] {
        let done = try daemon.cpwx("run", "--runner", runner, film, "--format", "json")
        #expect(done.output.contains("\"skip\""), "\(done.output)")
      }
    }
  }
}
