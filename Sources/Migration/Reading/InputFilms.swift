internal import Jobs
internal import SystemPackage
internal import Titles

/// The films that still lie in `in/`, found by the names that old directories have.
struct InputFilms: Sendable {
  struct Film: Sendable {
    let path: FilePath
    let title: String
    let year: Int?
  }

  let root: FilePath
  /// The links in it, by their paths from there.
  private(set) var links: [TreeScan.Link] = []
  private var films: [Film] = []
  private var byFile: [String: Int] = [:]
  private var byName: [String: Set<Int>] = [:]
  private var byTitle: [String: Set<Int>] = [:]
  private var byBareName: [String: Set<Int>] = [:]
  private var byBeginning: [String: Set<Int>] = [:]

  static func isFilm(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex, !name.hasPrefix(".") else { return false }
    return FilmName.fileEndings.contains(name[name.index(after: dot)...].lowercased())
  }

  init(in root: FilePath) {
    self.root = root
    guard let scan = try? TreeScan(root) else { return }
    links = scan.links
    for file in (scan.files + scan.links.map(\.path)).sorted() where Self.isFilm(file.name.text) {
      add(root.appending(file), file.name.text)
    }
  }

  private mutating func add(_ path: FilePath, _ name: String) {
    let film = FilmName(parsing: name)
    let number = films.count
    films.append(Film(path: path, title: film.title, year: film.year))
    if byFile[name] == nil { byFile[name] = number }
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    var names = [stem]
    if let year = film.year { names.append("\(film.title) \(year)") }
    for digits in FilmKeys.fourDigits(in: stem) { names.append("\(film.title) \(digits)") }
    for name in names {
      byName[FilmKeys.key(name), default: []].insert(number)
      byBareName[FilmKeys.bareKey(name), default: []].insert(number)
    }
    byTitle[FilmKeys.key(film.title), default: []].insert(number)
    for beginning in FilmKeys.beginnings(of: stem) {
      byBeginning[FilmKeys.bareKey(beginning), default: []].insert(number)
    }
  }

  /// The film that a directory of this name was made of; `nil` where none or several may be.
  func film(of directory: String) -> Film? {
    if films.isEmpty { return nil }
    let key = FilmKeys.key(directory)
    guard !key.isEmpty else { return nil }
    return one(byName[key]) ?? one(byTitle[key]) ?? one(byBareName[FilmKeys.bareKey(directory)])
      ?? transposed(directory) ?? one(byBeginning[FilmKeys.bareKey(directory)])
  }

  /// The film whose year has the same digits as the one behind a directory's name, which is still to come.
  private func transposed(_ directory: String) -> Film? {
    let digits = directory.suffix(4)
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let year = Int(digits),
      year > FilmName.latestPlausibleYear, let film = one(byTitle[FilmKeys.key(String(directory.dropLast(4)))]),
      let right = film.year, digits.sorted() == String(right).sorted()
    else { return nil }
    return film
  }

  /// Where a film of this file name lies now.
  func file(named name: String) -> FilePath? { byFile[name].map { films[$0].path } }

  /// Several files of one film count as one.
  private func one(_ numbers: Set<Int>?) -> Film? {
    guard let numbers, let first = numbers.min() else { return nil }
    let film = films[first]
    let isOne = numbers.allSatisfy {
      films[$0].year == film.year && FilmKeys.key(films[$0].title) == FilmKeys.key(film.title)
    }
    return isOne ? film : nil
  }
}
