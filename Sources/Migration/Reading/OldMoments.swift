internal import Jobs
internal import SystemPackage

/// When an old manifest says that things were.
struct OldMoments: Sendable {
  private let manifest: Manifest?
  /// Of a manifest that cannot be read, what can be.
  private let rest: CutText?
  /// As it stands there.
  let created: JSON?

  init(_ old: OldManifest, in folder: FilePath) {
    manifest = old.manifest
    if case .unreadable = old { rest = CutText(of: folder.appending("manifest.json")) } else { rest = nil }
    if let document = manifest?.document {
      created = [document["created_at"], document["timestamp"]].compactMap { $0 }.first { !$0.isNull }
    } else {
      created = rest.flatMap { $0.first("created_at") ?? $0.first("timestamp") }
    }
  }

  var updated: Timestamp? { Timestamp(recorded: manifest?.document["updated_at"]) }

  /// Of all stages. Only a manifest that does not say when it was made is asked for them: the C library looks at the
  /// zone's file for every local time that it reads.
  var stages: [Timestamp] {
    if let rest { return (rest.all("started_at") + rest.all("completed_at")).compactMap { Timestamp(recorded: $0) } }
    guard let manifest else { return [] }
    let document = manifest.document
    let listed = manifest.recordedStages.map(\.fields)
    let steps = document["pipeline"]?["steps"]?.object?.pairs.map(\.value) ?? []
    return (listed + steps + [document["timing"]].compactMap { $0 }).flatMap { record in
      [record["started_at"], record["completed_at"]].compactMap { Timestamp(recorded: $0) }
    }
  }
}

/// The text of a manifest that was cut short, as far as it goes.
struct CutText {
  private let bytes: [UInt8]

  init(of path: FilePath) {
    let status = try? FileStatus(of: path)
    let isSmall = status.map { $0.isRegular && $0.size <= 1 << 20 } ?? false
    bytes = isSmall ? OldText.utf8((try? DurableFile.read(path)) ?? []) : []
  }

  func first(_ name: String) -> JSON? { values(of: name, limit: 1).first }
  func all(_ name: String) -> [JSON] { values(of: name, limit: .max) }

  /// The strings that stand behind a member's name; whatever else does is left out.
  private func values(of name: String, limit: Int) -> [JSON] {
    let mark = Array("\"\(name)\"".utf8)
    var found: [JSON] = []
    var index = 0
    while found.count < limit, index + mark.count < bytes.count {
      guard bytes[index] == mark[0], bytes[index...].starts(with: mark) else {
        index += 1
        continue
      }
      index += mark.count
      let rest = bytes[index...].drop { " \t\r\n:".utf8.contains($0) }
      guard rest.first == UInt8(ascii: "\"") else { continue }
      var end = rest.startIndex + 1
      while end < rest.endIndex, rest[end] != UInt8(ascii: "\"") { end += rest[end] == UInt8(ascii: "\\") ? 2 : 1 }
      if end < rest.endIndex, let value = try? JSON(parsing: Array(rest[...end])) { found.append(value) }
    }
    return found
  }
}

extension Timestamp {
  /// A moment as any writer recorded it: the documented form, one without seconds, a day alone, the same with slashes or
  /// in digits alone, or the time since 1970 in seconds, thousandths or millionths of one.
  init?(recorded value: JSON?) {
    if let text = value?.string,
      let moment = Timestamp(anyLength: text) ?? Timestamp(anyLength: text.replacing("/", with: "-"))
        ?? Timestamp(inDigits: text)
    {
      self = moment
      return
    }
    guard let number = value?.double ?? value?.string.flatMap({ Double($0) }), number > 0, number < 1e16 else {
      return nil
    }
    let unit = number < 1e11 ? 1e6 : number < 1e14 ? 1e3 : 1
    self.init(microseconds: Int64(number * unit))
  }

  private init?(anyLength text: String) {
    guard let moment = Timestamp(text) ?? Timestamp(text + ":00") ?? Timestamp(text + "T00:00:00") else { return nil }
    self = moment
  }

  /// `20251027_150000`, `20251027T150000Z`, `20251027`.
  private init?(inDigits text: String) {
    guard let parts = text.wholeMatch(of: /(\d{4})(\d\d)(\d\d)(?:[ T_-]?(\d\d):?(\d\d):?(\d\d)(.*))?/)?.output else {
      return nil
    }
    let time = parts.4.map { "T\($0):\(parts.5 ?? ""):\(parts.6 ?? "")\(parts.7 ?? "")" } ?? "T00:00:00"
    self.init("\(parts.1)-\(parts.2)-\(parts.3)\(time)")
  }
}
