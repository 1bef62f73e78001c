/// What a symbolic link says.
enum LinkText {
  /// Why a link with that text, at that place, leads out of the tree; `nil` when it does not.
  static func flaw(_ text: [UInt8], at path: MemberPath) -> String? {
    if text.first == UInt8(ascii: "/") { return "a symbolic link to an absolute path" }
    var depth = path.bytes.count { $0 == UInt8(ascii: "/") }
    for name in text.split(separator: UInt8(ascii: "/")) {
      if name.elementsEqual("..".utf8) { depth -= 1 } else if !name.elementsEqual(".".utf8) { depth += 1 }
      if depth < 0 { return "a symbolic link that leads out" }
    }
    return nil
  }
}
