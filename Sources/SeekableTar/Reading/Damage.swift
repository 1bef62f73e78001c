/// A member that cannot be had as it was.
public struct DamagedMember: Sendable, Hashable, CustomStringConvertible {
  public var path: MemberPath
  public var reason: String

  public init(path: MemberPath, reason: String) { (self.path, self.reason) = (path, reason) }

  public var description: String { "\(path): \(reason)" }
}

/// Damage that the stages of a reading find.
struct Damage {
  private(set) var members: [Int: String] = [:]

  mutating func add(_ member: Int, _ reason: String) {
    if members[member] == nil { members[member] = reason }
  }

  /// With the hard links to what is damaged, in bytewise order; without the list of hashes.
  func list(_ contents: TableOfContents) -> [DamagedMember] {
    if members.isEmpty { return [] }
    return contents.members.enumerated().compactMap { number, member in
      let file = member.kind == .hardLink ? contents.index(of: MemberPath(unchecked: member.target)) ?? number : number
      return members[file].map { DamagedMember(path: member.path, reason: $0) }
    }
  }
}
