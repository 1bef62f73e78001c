internal import Jobs
internal import SystemPackage
internal import Titles

/// The films that still lie in `in/`, found by the names that old directories have.
struct InputFilms: Sendable {
  struct Film: Sendable {
    /// `nil` where it is one of several, and nothing tells which.
    let path: FilePath?
    let title: String
    let year: Int?
  }

  let root: FilePath
  /// The links in it, by their paths from there.
  private(set) var links: [TreeScan.Link] = []
  private var films: [(path: FilePath, title: String, year: Int?)] = []
  private var byFile: [String: [Int]] = [:]
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
    films.append((path, film.title, film.year))
    byFile[name, default: []].append(number)
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
    let bareKey = FilmKeys.bareKey(directory)
    return one(byName[key], bareKey) ?? one(byTitle[key], bareKey) ?? one(byBareName[bareKey], bareKey)
      ?? transposed(directory) ?? one(byBeginning[bareKey], bareKey)
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

  /// Where a film lies that is recorded as one in `in/`, or in a container's; `nil` of what is not there.
  func film(at recorded: String) -> FilePath? {
    guard let inner = RawPath(Workspace.outsideContainer(recorded)).below(RawPath("in")), !inner.isEmpty,
      inner.bytes.first != RawPath.slash
    else { return nil }
    let film = root.appending(inner)
    return exists(film) ? film : nil
  }

  /// Where a recorded film is: there, or elsewhere in `in/`; `nil` where it is gone.
  func film(recordedAs recorded: String, in workspace: Workspace) -> FilePath? {
    if let film = film(at: recorded) { return film }
    let place = workspace.resolve(documentPath: recorded)
    return exists(place) ? place : file(recordedAs: recorded)
  }

  /// Where a film of the recorded file's name lies now: of several, the one whose folders are most like the recorded
  /// ones. `nil` where no one is.
  func file(recordedAs recorded: String) -> FilePath? {
    guard let numbers = byFile[FilmGuess.lastComponent(recorded)] else { return nil }
    let folders = RawPath(recorded).components.dropLast().reversed()
    let likeness = numbers.map { number in
      let own = RawPath(films[number].path).components.dropLast().reversed()
      return zip(folders, own).prefix { $0 == $1 }.count
    }
    let most = likeness.max()
    let best = zip(numbers, likeness).filter { $1 == most }
    return best.count == 1 ? films[best[0].0].path : nil
  }

  /// Several files of one title count as one film, and its file is the one that bears the directory's whole name: the
  /// others may be episodes, parts, or a trailer.
  ///
  /// - Parameter directory: the bare key of its name.
  private func one(_ numbers: Set<Int>?, _ directory: String = "") -> Film? {
    guard let numbers, let first = numbers.min() else { return nil }
    let film = films[first]
    let isOne = numbers.allSatisfy {
      films[$0].year == film.year && FilmKeys.key(films[$0].title) == FilmKeys.key(film.title)
    }
    guard isOne else { return nil }
    func isNamed(_ number: Int) -> Bool { FilmKeys.bareKey(films[number].path.stem ?? "") == directory }
    let named = numbers.count == 1 ? numbers : numbers.filter(isNamed)
    let only = named.count == 1 ? named.first : nil
    return Film(path: only.map { films[$0].path }, title: film.title, year: film.year)
  }
}
