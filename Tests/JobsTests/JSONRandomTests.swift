import SystemPackage
import TestSupport
import Testing

@testable import Jobs

struct `Random JSON` {
  private static let awkward = Array("\"\\{}[]:,0-.eEu \n".utf8) + [0x00, 0xFF, 0xC3]

  private static func value(_ random: inout SplitMix64, depth: Int) -> JSON {
    switch random.upTo(depth > 0 ? 7 : 5) {
    case 0: .null
    case 1: .bool(random.upTo(1) == 0)
    case 2: .number(random.pick(["0", "-0", "1e400", "0.10", "12345678901234567890", "-1.5E-3"]))
    case 3: .opaque(random.pick([Array(#"\ud800"#.utf8), [0xFF], Array(#"a\qb"#.utf8)]))
    case 4, 5: .string(text(&random))
    case 6: .array((0..<random.upTo(4)).map { _ in value(&random, depth: depth - 1) })
    default: object(&random, depth: depth)
    }
  }

  private static func object(_ random: inout SplitMix64, depth: Int) -> JSON {
    var object = JSON.Object()
    for _ in 0..<random.upTo(4) {
      object.members.append(.init(name: text(&random), literal: nil, value: value(&random, depth: depth - 1)))
    }
    return .object(object)
  }

  private static func text(_ random: inout SplitMix64) -> String {
    (0..<random.upTo(5)).map { _ in random.pick(["a", "\"", "\\", "\n", "\0", "é", "🎬", "\u{301}", "/", "\u{7F}", "k"])
    }.joined()
  }

  @Test func `reads back as it was written`() throws {
    var random = SplitMix64(seed: 4)
    for _ in 0..<3000 {
      let value = Self.value(&random, depth: 4)
      #expect(try JSON(parsing: value.bytes()) == value)
      #expect(try JSON(parsing: value.bytes(.compact)).bytes() == value.bytes())
    }
  }

  @Test func `is truncated wherever it is cut`() throws {
    for text in [Manifests.olderOrchestrator, Manifests.twoSchemas] {
      let bytes = Array(text.utf8)
      for length in 0..<bytes.count {
        let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: bytes[..<length]) }
        #expect(error?.isTruncated == true)
      }
    }
  }

  @Test func `is read or refused when damaged, never worse`() {
    var random = SplitMix64(seed: 5)
    let manifests = [Manifests.documented, Manifests.olderOrchestrator, Manifests.later, Manifests.twoSchemas].map {
      Array($0.utf8)
    }
    for _ in 0..<3000 {
      let bytes = random.damaged(random.pick(manifests), with: Self.awkward)
      guard let value = try? JSON(parsing: bytes) else { continue }
      #expect((try? JSON(parsing: value.bytes())) == value)
      exercise(Manifest(document: value), &random)
    }
  }

  /// Reads all there is to read of a manifest of any shape, and edits it.
  private func exercise(_ manifest: Manifest, _ random: inout SplitMix64) {
    _ = manifest.findings(in: "/nowhere")
    _ = (manifest.status(isRunning: false), manifest.year, manifest.title, manifest.jobID, manifest.kind)
    var edited = manifest
    let stage = random.pick(["demux", "pre_ner", "pre-ner", "new"])
    guard edited.hasRoomForStages else { return }
    edited.changeStage(stage) { $0["status"] = .string("success") }
    edited.note(stage, .success)
    #expect(edited.stage(stage)?.status == .success)
  }

  @Test func `is the same but for what is left out`() throws {
    let omission = JSON.Omission(of: ["completed_at", "status", "outputs", "duration"], inEntriesOf: "stages")
    func withoutThose(_ document: JSON) -> JSON {
      func entry(_ entry: JSON) -> JSON {
        guard var object = entry.object else { return entry }
        object.members.removeAll { ["completed_at", "status", "outputs", "duration"].contains($0.name) }
        return .object(object)
      }
      guard var root = document.object else { return document }
      for index in root.members.indices where root.members[index].name == "stages" {
        switch root.members[index].value {
        case .object(var stages):
          for stage in stages.members.indices { stages.members[stage].value = entry(stages.members[stage].value) }
          root.members[index].value = .object(stages)
        case .array(let stages): root.members[index].value = .array(stages.map(entry))
        default: break
        }
      }
      return .object(root)
    }
    var random = SplitMix64(seed: 6)
    let manifests = [Manifests.documented, Manifests.olderOrchestrator, Manifests.later, Manifests.twoSchemas].map {
      Array($0.utf8)
    }
    var refused = 0
    for turn in 0..<4000 {
      let bytes = turn < 4 ? manifests[turn] : random.damaged(random.pick(manifests), with: Self.awkward)
      let whole = try? JSON(parsing: bytes)
      if whole == nil { refused += 1 }
      #expect((try? JSON(parsing: bytes, leavingOut: omission)) == whole.map(withoutThose))
      if turn < 4 { #expect(whole.map(withoutThose) != whole) }
    }
    #expect((500...3900).contains(refused))
  }
}
