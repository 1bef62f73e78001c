internal import Jobs
internal import TextWidth

/// Makes texts that jobs wrote fit to be shown: secret values masked, escapes and controls of terminals taken out.
struct ShownText: Sendable {
  /// Longest first.
  let secrets: [String]

  func callAsFunction(_ text: String) -> String { masked(text).withoutControls }

  /// Masks alone, for names and paths that must stay exact.
  func masked(_ text: String) -> String { mayHoldSecret(text) ? Secrets.masked(text, secrets) : text }

  func masked(_ text: String?) -> String? { text.map { masked($0) } }

  /// Most texts hold none, and looking is much cheaper than replacing.
  private func mayHoldSecret(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      bytes.holds("://") || secrets.contains { bytes.holds($0) }
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  fileprivate func holds(_ part: String) -> Bool {
    var part = part
    return part.withUTF8 { part in
      guard let first = part.first else { return false }
      var start = 0
      while start + part.count <= count {
        var length = self[start] == first ? 1 : 0
        while length > 0, length < part.count, self[start + length] == part[length] { length += 1 }
        if length == part.count { return true }
        start += 1
      }
      return false
    }
  }
}
