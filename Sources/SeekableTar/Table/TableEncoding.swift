/// The table of contents as bytes. Column by column, for like lies best beside like when it is compressed; all numbers are
/// those of ``PackedBytes``.
extension TableOfContents {
  /// Goes up with every change that an older reader would take wrong: the second has its members in another order.
  private var version: Int { order == .paths ? 1 : 2 }
  /// The annotation with ``hashState``.
  private static let hashStateKey = "sha256_state"

  func encoded() -> [UInt8] {
    var packed = PackedBytes()
    packed.add(version)
    packed.add(zstdVersion.utf8)
    packed.add(isRedacted ? 1 : 0)
    packed.add(tarBytes)
    packed.add(tarDigest)
    packed.add(dataDigest)
    packed.add(excluded.count)
    for glob in excluded { packed.add(glob.pattern.utf8) }
    packed.add(skipped.count)
    for source in skipped {
      packed.add(source.path.bytes)
      packed.add(source.reason.utf8)
    }
    var annotations = annotations
    annotations[Self.hashStateKey] = hashState.map { Digest($0).hex }
    packed.add(annotations.count)
    for (key, value) in annotations.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      packed.add(key.utf8)
      packed.add(value.utf8)
    }
    packed.add(frames.count)
    for frame in frames { packed.add(frame.size) }
    for frame in frames { packed.add(frame.plainSize) }
    for frame in frames { packed.add(frame.level) }
    for frame in frames { packed.add(frame.checksum) }
    encodeMembers(into: &packed)
    return packed.bytes
  }

  private func encodeMembers(into packed: inout PackedBytes) {
    packed.add(members.count + 1)
    var last: [UInt8] = []
    eachMember { member in
      let path = member.path.bytes
      let shared = Self.sharedBytes(last, path)
      packed.add(shared)
      packed.add(path[shared...])
      last = path
    }
    // Most of what follows are hashes.
    packed.reserve(packed.bytes.count + 48 * members.count)
    eachMember { packed.add($0.kind.rawValue) }
    eachMember { packed.add($0.mode) }
    eachMember { if $0.kind == .file { packed.add($0.size) } }
    var before: Int64 = 0
    eachMember { member in
      // Wrapping, and unwrapping when it is read: any two times have a difference then.
      packed.addSigned(member.modified.seconds &- before)
      before = member.modified.seconds
    }
    eachMember { packed.add($0.modified.nanoseconds) }
    eachMember { if $0.kind == .symbolicLink || $0.kind == .hardLink { packed.add($0.target) } }
    var frame = 0
    eachPlace { place in
      packed.add(place.frame - frame)
      frame = place.frame
    }
    eachPlace { packed.add($0.offset / 512) }
    eachPlace { packed.add($0.headerSize / 512) }
    let none = Digest(repeatElement(0, count: 32))
    eachMember { if $0.kind == .file { packed.add($0.digest ?? none) } }
  }

  /// Bytes that both begin with.
  static func sharedBytes(_ left: [UInt8], _ right: [UInt8]) -> Int {
    let limit = min(left.count, right.count)
    var count = 0
    while count < limit, left[count] == right[count] { count += 1 }
    return count
  }

  /// The list of hashes comes last.
  private func eachMember(_ body: (Member) -> Void) {
    members.forEach(body)
    body(manifest)
  }

  private func eachPlace(_ body: (Place) -> Void) {
    places.forEach(body)
    body(manifestPlace)
  }

  /// - Parameter known: what the members should be: paths that are the same are held but once.
  /// - Throws: ``ArchiveError`` with code `damaged` when the bytes are no such table, `refused` when it tells of more than it may.
  init(decoding bytes: [UInt8], _ limits: TableLimits, known: [Member] = []) throws(ArchiveError) {
    var reader = PackedReader(bytes)
    do throws(PackedReader.Flaw) {
      switch try reader.number() {
      case 1: order = .paths
      case 2: order = .names
      default: throw PackedReader.Flaw()
      }
      zstdVersion = try reader.string()
      isRedacted = try reader.number(atMost: 1) == 1
      tarBytes = try reader.number()
      tarDigest = try reader.digest()
      dataDigest = try reader.digest()
      (excluded, skipped, annotations) = ([], [], [:])
      for _ in 0..<(try reader.count(atMost: limits.things)) { excluded.append(Glob(try reader.string())) }
      for _ in 0..<(try reader.count(atMost: limits.things)) {
        skipped.append(
          SkippedSource(path: MemberPath(unchecked: Array(try reader.text())), reason: try reader.string()))
      }
      for _ in 0..<(try reader.count(atMost: limits.things)) {
        annotations[try reader.string()] = try reader.string()
      }
      hashState = annotations.removeValue(forKey: Self.hashStateKey).flatMap { Digest(hex: $0)?.bytes }
      let frameCount = try reader.count(atMost: limits.frames)
      frames = Array(repeating: Frame(plainSize: 0, size: 0, level: 0, checksum: 0), count: frameCount)
      for number in frames.indices { frames[number].size = try reader.number(atMost: UInt64(Frame.largestCompressed)) }
      for number in frames.indices { frames[number].plainSize = try reader.number(atMost: UInt64(Frame.largest)) }
      for number in frames.indices { frames[number].level = try reader.number(atMost: 22) }
      for number in frames.indices {
        frames[number].checksum = UInt32(truncatingIfNeeded: try reader.number(atMost: UInt64(UInt32.max)))
      }
      (members, places) = try Self.decodeMembers(&reader, limits, known)
      guard let manifest = members.popLast(), let place = places.popLast(), reader.isAtEnd else {
        throw PackedReader.Flaw()
      }
      self.manifest = manifest
      manifestPlace = place
    } catch {
      if error.isExcess { throw limits.excess }
      throw ArchiveError(.damaged, "the table of contents holds what no table does")
    }
  }

  private static func decodeMembers(
    _ reader: inout PackedReader, _ limits: TableLimits, _ known: [Member]
  ) throws(PackedReader.Flaw) -> ([Member], [Place]) {
    let count = try reader.count(atMost: limits.things)
    var members: [Member] = []
    // What is told is not believed before it is read.
    members.reserveCapacity(min(count, max(known.count + 1, 1 << 16)))
    var last: [UInt8] = []
    var pathBytes = 0
    for number in 0..<count {
      let shared = try reader.number(atMost: UInt64(last.count))
      let rest = try reader.text()
      var path: [UInt8] = []
      path.reserveCapacity(shared + rest.count)
      path += last[..<shared]
      path += rest
      if number < known.count, known[number].path.bytes == path { path = known[number].path.bytes }
      last = path
      // Each may be all of the one before.
      pathBytes += last.count
      if pathBytes > limits.bytes { throw PackedReader.Flaw(isExcess: true) }
      members.append(
        Member(
          path: MemberPath(unchecked: last), kind: .file, mode: 0,
          modified: ModificationTime(seconds: 0, nanoseconds: 0)))
    }
    for number in members.indices {
      guard let kind = Member.Kind(rawValue: UInt8(try reader.number(atMost: 255))) else { throw PackedReader.Flaw() }
      members[number].kind = kind
    }
    for number in members.indices { members[number].mode = UInt16(try reader.number(atMost: 0o7777)) }
    for number in members.indices where members[number].kind == .file {
      members[number].size = try reader.number(atMost: 1 << 50)
    }
    var seconds: Int64 = 0
    for number in members.indices {
      seconds &+= try reader.signed()
      members[number].modified.seconds = seconds
    }
    for number in members.indices {
      members[number].modified.nanoseconds = Int32(try reader.number(atMost: 999_999_999))
    }
    for number in members.indices where members[number].kind == .symbolicLink || members[number].kind == .hardLink {
      members[number].target = Array(try reader.text())
    }
    var places: [Place] = []
    places.reserveCapacity(members.count)
    var frame = 0
    for _ in members {
      frame += try reader.number(atMost: UInt64(UInt32.max))
      places.append(Place(frame: frame, offset: 0, headerSize: 0))
    }
    for number in places.indices {
      places[number].offset = try reader.number(atMost: UInt64(Frame.packSize / 512)) * 512
    }
    for number in places.indices {
      places[number].headerSize = try reader.number(atMost: UInt64(Frame.packSize / 512)) * 512
    }
    for number in members.indices where members[number].kind == .file { members[number].digest = try reader.digest() }
    return (members, places)
  }
}
