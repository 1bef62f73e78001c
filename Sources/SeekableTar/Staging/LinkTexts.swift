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
    for (path, text) in texts.sorted(by: { $0.key < $1.key }) {
      let names = text.split(separator: UInt8(ascii: "/"))
      // What goes up no more leads to nothing above.
      guard let last = names.lastIndex(where: { $0.elementsEqual("..".utf8) }) else { continue }
      var place = path.parent
      var isBehindLink = false
      for name in names[...last] where !name.elementsEqual(".".utf8) {
        if name.elementsEqual("..".utf8) {
          if isBehindLink { throw ArchiveError(.refused, path, "a symbolic link that goes up behind another link") }
          place = place?.parent
        } else {
          let next = place?.appending(name) ?? MemberPath(unchecked: Array(name))
          isBehindLink = isBehindLink || texts[next] != nil
          place = next
        }
      }
    }
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
