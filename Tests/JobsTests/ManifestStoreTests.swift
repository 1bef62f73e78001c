import Foundation
import SystemPackage
import Testing

@testable import Jobs

struct `The manifest store` {
  private static let empty = Manifest(document: ["stages": .object(.init())])

  @Test func `loses nothing of many threads and of stages in Python`() throws {
    let site = try TemporaryWorkspace()
    let store = ManifestStore(jobFolder: site.root)
    let script = """
      import sys
      from manifest import StageManifest
      for count in range(10):
          with StageManifest(f"{sys.argv[2]}_{count}", sys.argv[1]) as manifest:
              manifest.add_metadata("count", count)
      """
    let others = try (0..<3).map { try Python(script, site.root.string, "python\($0)") }
    onThreads(4) { thread in
      for count in 0..<10 {
        _ = try? store.update(orElse: Self.empty) { manifest in
          manifest.changeStage("swift\(thread)_\(count)") { $0["status"] = .string("success") }
          manifest.note("swift\(thread)_\(count)", .success)
        }
      }
    }
    for other in others { #expect(other.finish()) }
    let manifest = try Manifest(reading: store.path)
    #expect(manifest.stages.count == 70)
    #expect(manifest.stages.allSatisfy { $0.status == .success })
    #expect(manifest.document["pipeline"]?["completed_stages"]?.array?.count == 70)
    #expect(names(in: site.root) == [".manifest.lock", "config", "manifest.json"])
  }

  /// One that waits for other writers for as long as it takes them, and not for a second: so long may a disk keep a writer.
  private func patient(_ path: FilePath) -> ManifestStore {
    var store = ManifestStore(path)
    store.pauses = Array(repeating: 20_000, count: 30_000)
    return store
  }

  @Test func `looks for a second whether a writer that does not lock comes to its end`() {
    let store = ManifestStore("manifest.json")
    #expect(store.pauses.first == 0 && store.pauses.reduce(0, +) == 1_000_000)
  }

  @Test func `waits for a writer that does not lock and is in the middle`() throws {
    let site = try TemporaryWorkspace()
    let path = try site.file("manifest.json", #"{"stages": {}, "foreign": 1, "la"#)
    let store = patient(path)
    onThreads(2) { thread in
      if thread == 0 {
        _ = try? store.update(orElse: Self.empty) { $0.changeStage("asr") { _ in } }
      } else {
        usleep(150_000)
        // In place, as Python's open(…, "w") does it.
        try? Data(#"{"stages": {}, "foreign": 1, "last": 2}"#.utf8).write(to: URL(fileURLWithPath: path.string))
      }
    }
    #expect(try Manifest(reading: path).document.text(.compact) == #"{"stages":{"asr":{}},"foreign":1,"last":2}"#)
    #expect(names(in: site.root).filter { $0.contains("damaged") } == [])
  }

  /// What a program that knows of no lock does: reads, and writes in place; the second half when it feels like it.
  private static let foreign = """
    import json, sys, time
    path, pause = sys.argv[1], float(sys.argv[2])
    document = json.load(open(path))
    document["foreign"] += 1
    text = json.dumps(document)
    with open(path, "w") as file:
        file.write(text[:20])
        file.flush()
        print("half", end="", flush=True)
        time.sleep(pause)
        file.write(text[20:])
    """

  @Test func `keeps what a writer that does not lock wrote in place since it was read`() throws {
    let site = try TemporaryWorkspace()
    // What it writes has the same size.
    let path = try site.file("manifest.json", #"{"stages": {}, "foreign": 1}"#)
    var other: Python?
    let written = try ManifestStore(path).update(
      orElse: Self.empty,
      meanwhile: {
        other = try Python(Self.foreign, path.string, "0")
        #expect(other?.finish() == true)
      },
      { $0.changeStage("asr") { $0["status"] = .string("running") } })
    let both = #"{"stages":{"asr":{"status":"running"}},"foreign":2}"#
    #expect(try Manifest(reading: path).document.text(.compact) == both)
    #expect(written.document.text(.compact) == both)
    #expect(names(in: site.root) == [".manifest.lock", "config", "manifest.json"])
  }

  @Test func `keeps what a writer that does not lock has written to the half`() throws {
    let site = try TemporaryWorkspace()
    let path = try site.file("manifest.json", #"{"stages": {}, "foreign": 1}"#)
    var other: Python?
    try patient(path).update(
      orElse: Self.empty,
      meanwhile: {
        other = try Python(Self.foreign, path.string, "0.2")
        #expect(other?.firstOutput() == "half")
      },
      { $0.changeStage("asr") { $0["status"] = .string("running") } })
    #expect(other?.finish() == true)
    #expect(
      try Manifest(reading: path).document.text(.compact) == #"{"stages":{"asr":{"status":"running"}},"foreign":2}"#)
    #expect(names(in: site.root) == [".manifest.lock", "config", "manifest.json"])
  }

  @Test(arguments: ["", #"{"stages": "none"}"#])
  func `sets a damaged file aside and begins anew`(content: String) throws {
    let site = try TemporaryWorkspace()
    let path = try site.file("manifest.json", content)
    try ManifestStore(path).update(orElse: Self.empty) { $0.document["new"] = .bool(true) }
    #expect(try Manifest(reading: path).document.text(.compact) == #"{"stages":{},"new":true}"#)
    let aside = names(in: site.root).filter { $0.hasPrefix("manifest.json.damaged-") }
    #expect(try aside.map { try site.text($0) } == [content])
  }

  @Test func `changes nothing when the change fails`() throws {
    let site = try TemporaryWorkspace()
    let path = try site.file("manifest.json", "{}")
    #expect(throws: CancellationError.self) {
      try ManifestStore(path).update(orElse: Self.empty) { manifest in
        manifest.document["x"] = .null
        throw CancellationError()
      }
    }
    #expect(throws: CancellationError.self) {
      try ManifestStore(path).update(orElse: Self.empty, meanwhile: { throw CancellationError() }) {
        $0.document["x"] = .null
      }
    }
    #expect(try site.text("manifest.json") == "{}")
    #expect(names(in: site.root).filter { $0.contains("tmp") } == [])
  }
}
