/// The tar's last member: what `sha256sum -c` reads.
enum HashList {
  /// A line, as coreutils writes it: with a backslash before it when the name has one, or an end of line, in it.
  static func line(_ digest: Digest, _ path: MemberPath) -> [UInt8] {
    var name: [UInt8] = []
    var isEscaped = false
    for byte in path.bytes {
      switch byte {
      case UInt8(ascii: "\\"): name += Array("\\\\".utf8)
      case UInt8(ascii: "\n"): name += Array("\\n".utf8)
      case UInt8(ascii: "\r"): name += Array("\\r".utf8)
      default:
        name.append(byte)
        continue
      }
      isEscaped = true
    }
    return (isEscaped ? [UInt8(ascii: "\\")] : []) + Array("\(digest)  ".utf8) + name + [UInt8(ascii: "\n")]
  }
}
