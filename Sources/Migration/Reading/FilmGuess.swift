internal import Jobs
internal import SystemPackage
internal import Titles

/// What film an old tree is of, weighed from all that tells of it, and who won.
///
/// The name of the film's own file counts most: what the application wrote beside it is often wrong. Then the film in
/// `in/` that the directory's name stands for, then the directory's name itself, in the spelling of the manifest or of
/// the film database where they mean the same.
struct FilmGuess: Sendable {
  private(set) var title: String
  private(set) var year: Int?
  private(set) var titleSource: String
  private(set) var yearSource: String?
  /// As the tree records it.
  private(set) var inputFile: String?
  private(set) var problems: [Problem] = []

  /// What tells of the film.
  struct Evidence {
    var directory: String
    /// What the directory's name reads as, if it has been read.
    var directoryFilm: FilmName?
    var manifestTitle: String?
    var manifestYear: Int?
    /// The film's file, as the tree records it.
    var recordedFile: String?
    /// The film among those still in `in/`.
    var inputFilm: InputFilms.Film?
    /// What the film database said.
    var database: () -> (title: String, year: Int?)?
  }

  /// Heights of pictures that one of the application's readers took for years.
  private static let heights: Set<String> = ["1080", "1440", "2160", "4320"]

  init(_ evidence: Evidence) {
    inputFile = evidence.recordedFile ?? evidence.inputFilm?.path?.string
    if inputFile == nil, evidence.inputFilm != nil {
      problems.append(.warning("several files in in/ may be its film: none is recorded as its input"))
    }
    let directory = Self.directoryName(evidence.directory)
    let known = directory.name == evidence.directory ? evidence.directoryFilm : nil
    let fromDirectory = known ?? FilmName(parsing: directory.name)
    if let height = directory.height {
      problems.append(.warning("\(height) in the directory's name is a picture's height, no year"))
    }
    var fileName = evidence.recordedFile.map { Self.lastComponent($0) } ?? ""
    let isAgreed = evidence.manifestTitle.map {
      evidence.directory.isEmpty || FilmKeys.bareKey($0) == FilmKeys.bareKey(fromDirectory.title)
    }
    if isAgreed == true && Self.isSerial(fileName) || isAgreed != false && Self.isAnyFilms(fileName) {
      problems.append(.info("\(fileName) is no film's name"))
      fileName = ""
    }
    let database = evidence.database
    if !fileName.isEmpty {
      let film = FilmName(parsing: fileName)
      (title, year, titleSource) = (film.title, film.year, "input_file")
    } else if let film = evidence.inputFilm {
      (title, year, titleSource) = (film.title, film.year, "in_folder")
    } else {
      (title, year, titleSource) = (fromDirectory.title, fromDirectory.year, "directory")
      spell(as: evidence.manifestTitle, "manifest")
      if titleSource == "directory", let told = database()?.title {
        spell(as: told, "tmdb")
        // A word of the name may have been taken for a release's.
        let whole = year == nil ? directory.name : String(directory.name.dropLast(4))
        if FilmKeys.bareKey(told) == FilmKeys.bareKey(whole) { (title, titleSource) = (told, "tmdb") }
      }
      if evidence.directory.isEmpty, title.isEmpty, let told = evidence.manifestTitle {
        (title, titleSource) = (told, "manifest")
      }
    }
    yearSource = year == nil ? nil : (titleSource == "manifest" || titleSource == "tmdb" ? "directory" : titleSource)
    if year == nil { takeYear(evidence, fromDirectory, fileName: fileName.isEmpty ? directory.name : fileName) }
    noteDifferences(evidence, fromDirectory)
  }

  /// Takes over a spelling of the same words, with the punctuation and the vowel signs that the directory's lacks.
  private mutating func spell(as other: String?, _ source: String) {
    guard let other, !other.isEmpty, other != title, FilmKeys.bareKey(other) == FilmKeys.bareKey(title) else { return }
    (title, titleSource) = (other, source)
  }

  /// The year that others know, unless the file's name holds the number and means something else by it.
  private mutating func takeYear(_ evidence: Evidence, _ fromDirectory: FilmName, fileName: String) {
    let taken = Set(FilmKeys.fourDigits(in: fileName))
    let candidates: [(year: Int?, source: String, title: String?)] = [
      (evidence.inputFilm?.year, "in_folder", evidence.inputFilm?.title),
      (fromDirectory.year, "directory", fromDirectory.title),
      (evidence.manifestYear, "manifest", evidence.manifestTitle),
    ]
    for candidate in candidates + [evidence.database().map { ($0.year, "tmdb", $0.title) } ?? (nil, "tmdb", nil)] {
      guard let found = candidate.year, (1888...FilmName.latestPlausibleYear).contains(found),
        !taken.contains(String(found)), let other = candidate.title,
        FilmKeys.bareKey(other) == FilmKeys.bareKey(title)
      else { continue }
      (year, yearSource) = (found, candidate.source)
      return
    }
  }

  private mutating func noteDifferences(_ evidence: Evidence, _ fromDirectory: FilmName) {
    if let other = evidence.manifestTitle, FilmKeys.bareKey(other) != FilmKeys.bareKey(title) {
      problems.append(.info("the manifest calls the film \"\(other)\"; \(Self.told(titleSource)) counts"))
    }
    if let other = evidence.manifestYear, other != year {
      problems.append(
        .info(
          "the manifest says the year \(other)"
            + (yearSource.map { "; \(Self.told($0)) counts" } ?? ", which nothing bears out")))
    }
    if !evidence.directory.isEmpty, ["input_file", "in_folder"].contains(titleSource),
      FilmKeys.bareKey(fromDirectory.title) != FilmKeys.bareKey(title)
    {
      problems.append(
        .info("the directory's name reads as \"\(fromDirectory.title)\"; \(Self.told(titleSource)) counts"))
    }
  }

  /// Whether a file bears what a camera or a recorder counts, and no film's name: `AV01234.mp4`.
  private static func isSerial(_ fileName: String) -> Bool {
    let stem = fileName.prefix(upTo: fileName.lastIndex(of: ".") ?? fileName.endIndex)
    let digits = stem.drop { $0.isASCII && ($0.isLetter || $0 == "_" || $0 == "-") }
    return stem.count - digits.count <= 5 && digits.count >= (stem.count == digits.count ? 5 : 3)
      && digits.allSatisfy { $0.isASCII && $0.isNumber }
      && !(digits.count == 4 && FilmName(parsing: fileName).year != nil)
  }

  /// Whether a file bears a name that any film's could, being in a folder that tells which: `movie.mp4`.
  private static func isAnyFilms(_ fileName: String) -> Bool {
    let stem = fileName.prefix(upTo: fileName.lastIndex(of: ".") ?? fileName.endIndex).lowercased()
    return stem.count == 1 || anyFilms.contains(stem)
  }

  private static let anyFilms: Set<String> = [
    "clip", "feature", "film", "full movie", "full_movie", "input", "main", "media", "movie", "output", "sample",
    "source",
    "stream", "test", "title", "unknown", "unknown movie", "unknown_movie", "untitled", "video",
  ]

  private static func told(_ source: String) -> String {
    switch source {
    case "input_file": "the name of the film's file"
    case "in_folder": "the film in in/"
    case "directory": "the directory's name"
    case "tmdb": "the film database"
    default: "the manifest"
    }
  }

  /// The directory's name without a height at its end that stands where a year would, or the year a second time.
  private static func directoryName(_ name: String) -> (name: String, height: String?) {
    guard let gap = name.utf8.lastIndex(where: { gaps.contains($0) }), gap > name.startIndex else { return (name, nil) }
    let (before, last) = (name[..<gap], name[name.index(after: gap)...])
    if heights.contains(String(last)) { return (String(before), String(last)) }
    let isTwice =
      Int(last) != nil && before.hasSuffix("_" + last) && FilmName(parsing: String(before)).year == Int(last)
    return (isTwice ? String(before) : name, nil)
  }

  private static let gaps = Array("_ .-".utf8)

  /// Of a path of whatever system: one of Windows has backslashes, too.
  static func lastComponent(_ path: String) -> String {
    let isWindows = path.hasPrefix(#"\\"#) || path.utf8.dropFirst().starts(with: #":\"#.utf8)
    return path.utf8.split { $0 == UInt8(ascii: "/") || isWindows && $0 == UInt8(ascii: "\\") }
      .last.flatMap { String($0) } ?? ""
  }
}
