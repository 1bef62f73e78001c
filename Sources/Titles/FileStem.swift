/// The last component of a path, without the extension when it really is one.
///
/// Release names are full of dots, so only endings that name a kind of file are dropped. No file system
/// takes names as long as the 1024 scalars kept here; they bound the work on what is no name at all.
func fileStem(of path: String) -> Substring {
  let component = unescaped(lastComponent(of: path))
  let name = component.utf8.count <= 1024 ? component : Substring(component.unicodeScalars.prefix(1024))
  let whole = name.droppingEnding { FileEndings.partialDownloads.contains($0) } ?? name
  if let subtitles = whole.droppingEnding(where: { FileEndings.subtitles.contains($0) }) {
    var stem = subtitles
    while let shorter = stem.droppingEnding(where: { FileEndings.subtitleMarkers.contains($0) }) {
      stem = shorter
    }
    return stem
  }
  return whole.droppingEnding { FileEndings.others.contains($0) || isRarVolume($0) } ?? whole
}

/// A name as it was before somebody made a link of it, when its blanks are `%20`.
private func unescaped(_ name: Substring) -> Substring {
  guard name.utf8.contains(UInt8(ascii: "%")), name.contains("%20"), !name.contains(" ") else { return name }
  var bytes: [UInt8] = []
  var rest = name.utf8[...]
  while let byte = rest.popFirst() {
    let digits = rest.prefix(2)
    let value =
      byte == UInt8(ascii: "%") && !digits.contains(UInt8(ascii: "+")) ? UInt8(String(digits) ?? "", radix: 16) : nil
    bytes.append(digits.count == 2 ? value ?? byte : byte)
    if digits.count == 2, value != nil { rest = rest.dropFirst(2) }
  }
  return String(validating: bytes, as: UTF8.self).map { $0[...] } ?? name
}

private func lastComponent(of path: String) -> Substring {
  if !path.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) { return path[...] }
  let scalars = path.unicodeScalars
  // Anywhere else a backslash is a character of the name.
  let isWindows = path.hasPrefix(#"\\"#) || scalars.dropFirst().starts(with: #":\"#.unicodeScalars)
  func isSlash(_ scalar: Unicode.Scalar) -> Bool { scalar == "/" || isWindows && scalar == "\\" }
  let end = scalars.lastIndex { !isSlash($0) }.map { scalars.index(after: $0) } ?? scalars.startIndex
  var depth = 0
  for index in scalars[..<end].indices.reversed() {
    switch scalars[index] {
    case ")", "]", "}": depth += 1
    case "(", "[", "{": depth = max(0, depth - 1)
    case let scalar where isSlash(scalar) && depth == 0 && !isSpaced(index, in: scalars):
      return Substring(scalars[scalars.index(after: index)..<end])
    default: break
    }
  }
  return Substring(scalars[..<end])
}

private func isSpaced(_ index: String.Index, in scalars: String.UnicodeScalarView) -> Bool {
  guard index > scalars.startIndex else { return false }
  return scalars[scalars.index(before: index)].isBlank && scalars[scalars.index(after: index)].isBlank
}

extension Substring {
  /// This name without what follows its last dot, or `nil` when that is not an ending asked for.
  fileprivate func droppingEnding(where isKnown: (String) -> Bool) -> Substring? {
    guard let dot = utf8.lastIndex(of: UInt8(ascii: ".")), dot > startIndex else { return nil }
    let ending = self[utf8.index(after: dot)...]
    let lowered = ending.lowercased()
    guard isKnown(lowered) else { return nil }
    return FileEndings.words.contains(lowered) && ending != lowered ? nil : self[..<dot]
  }
}

private func isRarVolume(_ ending: String) -> Bool {
  ending.utf8.count == 3 && ending.hasPrefix("r") && ending.dropFirst().isNumber
}
