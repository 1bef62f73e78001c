/// What the symbolic links of an archive of unknown origin say: none may lead out, neither alone nor through the others.
struct LinkTexts {
  private var texts: [MemberPath: [UInt8]] = [:]

  /// - Throws: ``ArchiveError``, `refused`, for a link that leads out by itself.
  mutating func add(_ text: [UInt8], at path: MemberPath) throws(ArchiveError) {
    if let flaw = Self.flaw(text, at: path) { throw ArchiveError(.refused, path, flaw) }
    texts[path] = text
  }

  /// Once all are known: where a `..` follows the name of another link, it goes up from where that leads to.
  ///
  /// - Throws: ``ArchiveError``, `refused`, naming the first such link.
  func check() throws(ArchiveError) {
    let goingUp = texts.filter { Self.goesUpBehindName($0.value) }
    if goingUp.isEmpty { return }
    let places = LinkPlaces(of: texts.keys)
    for (path, text) in goingUp.sorted(by: { $0.key < $1.key }) {
      let names = text.split(separator: UInt8(ascii: "/"))
      // What goes up no more leads to nothing above.
      guard let last = names.lastIndex(where: { $0.elementsEqual("..".utf8) }) else { continue }
      var way = places.way(above: path)
      var isBehindLink = false
      for name in names[...last] where !name.elementsEqual(".".utf8) {
        if name.elementsEqual("..".utf8) {
          if isBehindLink { throw ArchiveError(.refused, path, "a symbolic link that goes up behind another link") }
          if way.count > 1 { way.removeLast() }
        } else {
          let next = places.place(name, in: way[way.count - 1])
          isBehindLink = isBehindLink || places.isLink(next)
          way.append(next)
        }
      }
    }
  }

  /// Whether a `..` follows any name: others go up from their own folder, and through no link.
  private static func goesUpBehindName(_ text: [UInt8]) -> Bool {
    var isBehindName = false
    for name in text.split(separator: UInt8(ascii: "/")) where !name.elementsEqual(".".utf8) {
      if !name.elementsEqual("..".utf8) { isBehindName = true } else if isBehindName { return true }
    }
    return false
  }

  /// Why a link with that text, at that place, leads out of the tree; `nil` when it does not.
  private static func flaw(_ text: [UInt8], at path: MemberPath) -> String? {
    if text.first == UInt8(ascii: "/") { return "a symbolic link to an absolute path" }
    var depth = path.bytes.count { $0 == UInt8(ascii: "/") }
    for name in text.split(separator: UInt8(ascii: "/")) {
      if name.elementsEqual("..".utf8) { depth -= 1 } else if !name.elementsEqual(".".utf8) { depth += 1 }
      if depth < 0 { return "a symbolic link that leads out" }
    }
    return nil
  }
}

/// The places of links, and of the folders above them. From each to the next is a step of one name: paths would be looked up with all that
/// is before it, and a text of 4095 bytes have thousands.
private struct LinkPlaces {
  private struct Step: Hashable {
    var folder: Int
    var name: ArraySlice<UInt8>
  }

  private static let top = 0
  private var places: [Step: Int] = [:]
  private var links: Set<Int> = []

  init(of paths: some Sequence<MemberPath>) {
    for path in paths {
      var place = Self.top
      for name in path.bytes.split(separator: UInt8(ascii: "/")) {
        let step = Step(folder: place, name: name)
        if let known = places[step] {
          place = known
        } else {
          place = places.count + 1
          places[step] = place
        }
      }
      links.insert(place)
    }
  }

  /// - Returns: `nil` where no link is, nor anything below.
  func place(_ name: ArraySlice<UInt8>, in folder: Int?) -> Int? {
    folder.flatMap { places[Step(folder: $0, name: name)] }
  }

  func isLink(_ place: Int?) -> Bool { place.map { links.contains($0) } ?? false }

  /// The folders from the top to the one that a link is in.
  func way(above path: MemberPath) -> [Int?] {
    var way: [Int?] = [Self.top]
    for name in path.bytes.split(separator: UInt8(ascii: "/")).dropLast() {
      way.append(place(name, in: way[way.count - 1]))
    }
    return way
  }
}

extension TableOfContents {
  /// Looks whether symbolic links lead out of the folder that the archive is extracted into.
  ///
  /// - Throws: ``ArchiveError``, `refused`, naming the first that does.
  public func checkLinks() throws(ArchiveError) { try checkLinks(of: members) }

  func checkLinks(of members: some Sequence<Member>) throws(ArchiveError) {
    var links = LinkTexts()
    for member in members where member.kind == .symbolicLink { try links.add(member.target, at: member.path) }
    try links.check()
  }
}
