/// The last component of a path, without the extension when it really is one.
///
/// Release names are full of dots, so only endings that name a kind of file are dropped. No file system
/// takes names as long as the 1024 scalars kept here; they bound the work on what is no name at all.
func fileStem(of path: String) -> Substring {
  let name = Substring(lastComponent(of: path).unicodeScalars.prefix(1024))
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

private func lastComponent(of path: String) -> Substring {
  let scalars = path.unicodeScalars
  let end = scalars.lastIndex { !$0.isSlash }.map { scalars.index(after: $0) } ?? scalars.startIndex
  var depth = 0
  for index in scalars[..<end].indices.reversed() {
    switch scalars[index] {
    case ")", "]", "}": depth += 1
    case "(", "[", "{": depth = max(0, depth - 1)
    case let scalar where scalar.isSlash && depth == 0 && !isSpaced(index, in: scalars):
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

extension Unicode.Scalar {
  fileprivate var isSlash: Bool { self == "/" || self == "\\" }
}

extension Substring {
  /// This name without what follows its last dot, or `nil` when that is not an ending asked for.
  fileprivate func droppingEnding(where isKnown: (String) -> Bool) -> Substring? {
    guard let dot = unicodeScalars.lastIndex(of: "."), dot > startIndex else { return nil }
    let ending = self[unicodeScalars.index(after: dot)...]
    let lowered = ending.lowercased()
    guard isKnown(lowered) else { return nil }
    return FileEndings.words.contains(lowered) && ending != lowered ? nil : self[..<dot]
  }
}

private func isRarVolume(_ ending: String) -> Bool {
  ending.utf8.count == 3 && ending.hasPrefix("r") && ending.dropFirst().isNumber
}
