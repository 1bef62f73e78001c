/// The bytes of a path or name as a URI has them (RFC 3986): all but unreserved ones and those that are kept by their numbers.
public func percentEncoded(_ bytes: some Sequence<UInt8>, keeping kept: StaticString = "/@") -> String {
  let digits = Array("0123456789ABCDEF")
  return bytes.reduce(into: "") { text, byte in
    let isPlain =
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || "-._~".utf8.contains(byte) || kept.withUTF8Buffer { unsafe $0.contains(byte) }
    text += isPlain ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
  }
}

public func percentEncoded(_ text: String) -> String { percentEncoded(text.utf8) }
