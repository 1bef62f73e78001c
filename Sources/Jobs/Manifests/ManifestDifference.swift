/// Something in which two manifests differ that is of the work: what was done, how, with what result. Times and places are
/// not.
public struct ManifestDifference: Sendable, Equatable {
  /// With underscores; `nil` for what is of the whole job.
  public var stage: String?
  /// What it is, by names with dots between: `outputs.audio.size_bytes`.
  public var key: String
  /// `nil` where the manifest does not say it.
  public var old: JSON?
  public var new: JSON?

  public init(stage: String?, key: String, old: JSON?, new: JSON?) {
    (self.stage, self.key, self.old, self.new) = (stage, key, old, new)
  }
}

extension Manifest {
  /// What is different in `newer`: of the job first, then stage by stage in the order of their numbers.
  ///
  /// - Parameter outputs: what else is different, in the stages' outputs themselves.
  public func differences(to newer: Manifest, outputs: [ManifestDifference] = []) -> [ManifestDifference] {
    var found = Self.compare(jobFacts, newer.jobFacts, stage: nil)
    let (old, new) = (stageFacts, newer.stageFacts)
    var seen: Set<String> = []
    let names = (old + new).map(\.name).filter { seen.insert($0).inserted }
    for name in names {
      let (before, after) = (old.last { $0.name == name }, new.last { $0.name == name })
      let recorded = Self.compare(before?.facts ?? [], after?.facts ?? [], stage: name)
      found += recorded
      found += outputs.filter { one in one.stage == name && !recorded.contains { $0.key == one.key } }
    }
    return found
  }

  private typealias Fact = (key: String, value: JSON)

  private static func compare(_ old: [Fact], _ new: [Fact], stage: String?) -> [ManifestDifference] {
    let after = Dictionary(new.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    let before = Dictionary(old.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    let keys = old.map(\.key) + new.map(\.key).filter { before[$0] == nil }
    return keys.filter { before[$0] != after[$0] }.map {
      ManifestDifference(stage: stage, key: $0, old: before[$0], new: after[$0])
    }
  }

  /// Facts of the film and of how the job ended.
  private var jobFacts: [Fact] {
    var facts: [Fact] = []
    for key in ["title", "year", "sha256", "size_bytes", "duration_seconds"] {
      if let value = document["input"]?[key], !value.isNull { facts.append(("input.\(key)", value)) }
    }
    for key in ["status", "workflow", "error"] {
      if let value = document["pipeline"]?[key], !value.isNull { facts.append(("pipeline.\(key)", plain(value))) }
    }
    return facts
  }

  private var stageFacts: [(name: String, facts: [Fact])] {
    let numbered = stages.enumerated().sorted { left, right in
      let (first, second) = (left.element.fields["stage_number"]?.int, right.element.fields["stage_number"]?.int)
      return (first ?? .max, left.offset) < (second ?? .max, right.offset)
    }
    return numbered.map { _, record in
      var facts: [Fact] = []
      if let status = record.status { facts.append(("status", .string(status.rawValue))) }
      for key in ["exit_code", "runner", "error", "reason", "fingerprint", "metadata"] {
        if let value = record.fields[key], !value.isNull { flatten(value, key, &facts) }
      }
      for (key, file) in record.outputs {
        if let path = file.path { facts.append(("outputs.\(key).path", plain(.string(path)))) }
        if let exists = file.exists { facts.append(("outputs.\(key).exists", .bool(exists))) }
        if let size = file.size { facts.append(("outputs.\(key).size_bytes", .int(size))) }
      }
      return (StageName(record.name).description, facts)
    }
  }

  private func flatten(_ value: JSON, _ key: String, _ facts: inout [Fact]) {
    guard let members = value.object?.members, !members.isEmpty else { return facts.append((key, plain(value))) }
    for member in members { flatten(member.value, "\(key).\(member.name)", &facts) }
  }

  /// A value without what names the job: of two jobs that did the same these differ.
  private func plain(_ value: JSON) -> JSON {
    switch value {
    case .string(var text):
      for path in [document["output_dir"]?.string, jobID].compactMap({ $0 }) where !path.isEmpty {
        text = text.replacing(path, with: "JOB")
      }
      // Of a path in the job's folder, whatever lies above it.
      if let place = text.firstRange(of: "/JOB/") { text = String(text[text.index(after: place.lowerBound)...]) }
      return .string(text)
    case .array(let elements): return .array(elements.map(plain))
    case .object(var object):
      for index in object.members.indices { object.members[index].value = plain(object.members[index].value) }
      return .object(object)
    default: return value
    }
  }
}
