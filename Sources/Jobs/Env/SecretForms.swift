extension Secrets {
  /// A secret as it may stand in what programs say: as it is, in a URL, in JSON, in a literal of Python; of one whose bytes are no
  /// text, the pieces that are.
  static func forms(of secret: String) -> Set<String> {
    if secret.hasLostBytes {
      return Set([secret] + secret.split(separator: "\u{FFFD}").map(String.init))
    }
    // Most are letters and digits, which nothing escapes.
    let inURL = percentEncoded(secret.utf8, keeping: "")
    guard inURL != secret else { return [secret] }
    return [
      secret, inURL, inURL.replacing("%20", with: "+"), percentEncoded(secret.utf8, keeping: "/"),
      escaped(secret, "\"\\"), escaped(secret, "\"\\", isASCII: true), escaped(secret, "\\"),
    ]
  }

  /// With a backslash before each of some characters; where all is to be ASCII, the others by their numbers, as JSON has them.
  private static func escaped(_ text: String, _ marked: String, isASCII: Bool = false) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      if marked.unicodeScalars.contains(scalar) {
        result += "\\"
      } else if isASCII, !scalar.isASCII {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        return
      }
      result.unicodeScalars.append(scalar)
    }
  }
}
