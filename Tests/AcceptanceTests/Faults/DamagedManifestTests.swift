import Jobs
import Testing

/// A manifest that was cut short or overwritten does not lose the job.
struct DamagedManifestTests {
  enum Damage: String, CaseIterable {
    case emptied, cutShort, otherKind, zeroed

    func of(_ text: String) -> String {
      switch self {
      case .emptied: ""
      case .cutShort: String(text.prefix(text.count / 2))
      case .otherKind: "[]"
      case .zeroed: String(repeating: "\u{0}", count: text.count)
      }
    }
  }

  @Test(arguments: Damage.allCases)
  func `a damaged manifest is set aside, and its job goes on`(damage: Damage) throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let job = try workspace.job()
      let content = damage.of(try workspace.read(job + "/manifest.json"))
      try workspace.write(job + "/manifest.json", content)
      try workspace.write("open", "")
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      #expect(workspace.jobs == [job])
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "completed")
      let aside = workspace.tree("out").filter { $0.contains("/manifest.json.damaged-") }
      #expect(try aside.map { try workspace.read("out/" + $0) } == [content])
    }
  }

  @Test func `a job whose manifest is gone goes on`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      try workspace.remove(try workspace.job() + "/manifest.json")
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try workspace.manifest(of: try workspace.job())["pipeline"]?["status"]?.string == "completed")
    }
  }

  @Test func `a manifest that a stage overwrites with half of one is made whole again`() throws {
    let vandal = Stage(
      "vandal", outputs: ["v"],
      script: Stage.untilFollowed + "echo '{\"stages\": {' > \"$1/manifest.json\"; touch \"$1/v\"")
    try TestWorkspace.with([.making("one"), vandal, .making("two")]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      #expect(run.errors.contains("is set aside as "), "\(run.errors)")
      let log = try #require(workspace.tree("logs").first { $0.contains("/orchestrator_") })
      #expect(try workspace.read("logs/" + log).contains("is set aside as "))
      let stages = try workspace.manifest()["stages"]?.object
      #expect(stages?.names == ["one", "vandal", "two"])
      #expect(stages?.members.allSatisfy { $0.value["status"]?.string == "success" } == true)
    }
  }
}
