import Jobs
import TestSupport
import Testing

@testable import Pipeline

/// What a container is given besides what the compose file says.
struct ComposeOverrideTests {
  @Test func `a stage's limits and GPUs are written as compose reads them`() throws {
    let yaml = "name: p\nstages: [{name: asr, number: 1, service: asr, cpus: 2, memory: 1Gi, gpus: 3}]\n"
    let stage = try PipelineDefinition(yaml: yaml, file: "p.yaml").stages[0]
    let folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    let film = try folder.file("in/a.mp4")
    let text = ComposeOverride(stage, ContainerFiles(workspace, film: film)).bytes(for: "a$b")
    let service = try JSON(parsing: text)["services"]?["a$$b"]
    #expect(service?["cpus"]?.double == 2)
    #expect(service?["mem_limit"]?.int == 1 << 30)
    #expect(service?["memswap_limit"]?.int == 1 << 30)
    let resources = service?["deploy"]?["resources"]
    #expect(resources?["limits"]?["memory"]?.string == "\(1 << 30)")
    let device = resources?["reservations"]?["devices"]?.array?.first
    #expect(device?["driver"]?.string == "nvidia")
    #expect(device?["count"]?.int == 3)
    #expect(device?["capabilities"]?.array?.compactMap(\.string) == ["gpu"])
  }

  /// Of those that it was given a stage gets as many as it asks for; of fewer than that it asks as on any machine.
  @Test(
    arguments: [
      (["4", "5", "6", "7"], ["4", "5", "6"]), (["4", "5"], nil), ([], nil),
    ] as [([String], [String]?)])
  func `the GPUs of a cluster's task are named, as many as the stage asks for`(
    granted: [String], named: [String]?
  ) throws {
    let yaml = "name: p\nstages: [{name: asr, number: 1, service: asr, gpus: 3}]\n"
    let stage = try PipelineDefinition(yaml: yaml, file: "p.yaml").stages[0]
    let folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    let files = ContainerFiles(workspace, film: try folder.file("in/a.mp4"))
    let text = ComposeOverride(stage, files, granted: granted).bytes(for: "asr")
    let resources = try JSON(parsing: text)["services"]?["asr"]?["deploy"]?["resources"]
    let device = resources?["reservations"]?["devices"]?.array?.first
    #expect(device?["device_ids"]?.array?.compactMap(\.string) == named)
    #expect(device?["count"]?.int == (named == nil ? 3 : nil))
  }
}

/// Where a daemon is, for whoever is on another machine.
struct ContainerNoteTests {
  @Test(arguments: [
    ("tcp://films:2376", true), ("ssh://asha@films", true), ("https://10.0.0.7/docker", true),
    ("unix:///var/run/docker.sock", false), ("npipe:////./pipe/docker", false), ("tcp://127.0.0.1:2375", false),
    ("tcp://localhost", false), ("ssh://asha@localhost:22", false), ("tcp://[::1]:2375", false), ("films", false),
  ])
  func `an address means the same everywhere, or on its own machine alone`(address: String, isOnNetwork: Bool) {
    #expect(ContainerNote.isOnNetwork(address) == isOnNetwork)
  }
}
