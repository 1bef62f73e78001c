extension FilmName {
  /// Reads a file's name and, where that says no year, the name of the folder it lies in: `Film (2010)/film.mkv`,
  /// `Film (2010)/VIDEO_TS/VTS_01_1.VOB`.
  ///
  /// A folder counts that states a year, and only for a file of the same title or of one that says nothing (`movie.mkv`):
  /// a folder of many films is called after none of them.
  ///
  /// - Parameter folders: The names of the folders that the file lies in, from the innermost outwards.
  public init(parsing fileName: String, in folders: some Sequence<String>) {
    let film = FilmName(parsing: fileName)
    let folder = folders.first { !isPartOfDisc($0) }.map { FilmName(parsing: $0) }
    guard film.year == nil, let folder, folder.year != nil,
      saysNothing(film.title) || film.title.comparable == folder.title.comparable
    else {
      self = film
      return
    }
    self = folder
  }
}

/// Whether a folder is one of those that a disc, or one disc of several, consists of.
private func isPartOfDisc(_ folder: String) -> Bool {
  let name = folder.lowercased()
  if ["video_ts", "bdmv", "stream"].contains(name) { return true }
  let letters = name.prefix { $0.isLetter }
  return ["cd", "disc", "disk", "dvd"].contains(letters) && name.dropFirst(letters.count).allSatisfy { !$0.isLetter }
}

/// Whether a title is only what programs call any film: `movie`, `VTS 01 1`, `title t00`, `00001`.
private func saysNothing(_ title: String) -> Bool {
  let words = title.lowercased().split(separator: " ")
  let common: Set<Substring> = ["movie", "film", "video", "main", "feature", "title", "track", "vts", "index"]
  return words.contains { common.contains($0) || $0.count == 5 && $0.isNumber }
    && words.allSatisfy { common.contains($0) || $0.isNumber || $0.first == "t" && $0.dropFirst().isNumber }
}

extension String {
  /// The letters and digits that say whether two titles are one.
  fileprivate var comparable: String {
    String(lowercased().unicodeScalars.filter { $0.properties.isAlphabetic || $0.properties.numericType != nil })
  }
}
