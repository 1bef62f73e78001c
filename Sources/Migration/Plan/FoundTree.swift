internal import Jobs
internal import SystemPackage

/// A folder or file of an old tree, before it is looked into.
struct FoundTree: Sendable {
  enum Place: Sendable, Equatable {
    /// Directly in `out/`, or in a folder of films there.
    case flat
    case dated(MigrationEntry.Layout, JobDate, user: String?)
    /// Known to be no job, for this reason.
    case other(String?)
    /// The days of a year, and beside them what makes a film's directory.
    case mixed
    /// A folder in `out/` that may hold films' directories.
    case folder
  }

  var path: FilePath
  var name: RawPath
  var place: Place
  /// Whether another user's job bears its id, too, and keeps it.
  var isSecond = false

  /// Whether it may be a film's directory of the flat layout.
  static func mayBeFlat(_ place: Place) -> Bool {
    switch place {
    case .flat, .folder, .mixed: true
    case .dated, .other: false
    }
  }
}

/// All that were found, in little memory: there may be a hundred thousand.
struct FoundTrees: Sendable {
  /// The folders that they lie in, with what those one behind the other in it are.
  private var spots: [(folder: FilePath, place: FoundTree.Place)] = []
  /// The spot of each.
  private var spotOf = Spooled<Int32>()
  private var names = SpooledBytes()
  private var seconds: Set<Int> = []

  var count: Int { spotOf.count }

  /// - Throws: ``JobError`` with code `io`.
  func tree(_ index: Int) throws(JobError) -> FoundTree {
    let (name, spot) = (RawPath(try names[index]), spots[Int(try spotOf[index])])
    return FoundTree(
      path: spot.folder.appending(name), name: name, place: spot.place, isSecond: seconds.contains(index))
  }

  /// Hands over the names of those that may be films' directories of the flat layout.
  ///
  /// - Throws: ``JobError`` with code `io`, and what `body` throws.
  func forEachFlatName(_ body: (RawPath) throws -> Void) throws {
    try forEach { index, place in if FoundTree.mayBeFlat(place) { try body(RawPath(try names[index])) } }
  }

  private func forEach(_ body: (Int, FoundTree.Place) throws -> Void) throws {
    try spotOf.forEach { index, spot in try body(index, spots[Int(spot)].place) }
  }

  /// - Throws: ``JobError`` with code `io`.
  mutating func add(_ name: RawPath, in folder: FilePath, _ place: FoundTree.Place) throws(JobError) {
    if spots.last?.folder != folder || spots.last?.place != place { spots.append((folder, place)) }
    try spotOf.append(Int32(spots.count - 1))
    try names.append(name.bytes)
  }

  /// Notes which jobs of today's layout bear an id that one before them has.
  ///
  /// - Throws: ``JobError`` with code `io`.
  mutating func noteSeconds() throws {
    var byName = KeyedNumbers()
    try forEach { index, place in
      if case .dated(.today, _, _) = place { try byName.add(index, under: names[index].fnv) }
    }
    try byName.sort()
    var seconds: Set<Int> = []
    try byName.forEach { _, indices in
      var seen: Set<RawPath> = []
      if indices.count == 1 { return }
      for index in indices where !seen.insert(RawPath(try names[index])).inserted { seconds.insert(index) }
    }
    self.seconds = seconds
  }
}

/// Finds what lies in the old trees. Nothing but names is read, but for folders that might be a job of either kind.
struct TreeWalk {
  let trees: OldTrees
  private(set) var found = FoundTrees()
  /// Folders that could not be read.
  private(set) var problems: [(path: FilePath, reason: String)] = []

  init(_ trees: OldTrees) throws {
    self.trees = trees
    let top: FlatFolder
    do {
      top = try FlatFolder(trees.output)
    } catch {
      throw JobError(.io, trees.output.string, "cannot be read", underlying: error)
    }
    for name in top.folders { try lookAtTop(name) }
    for name in top.files { try add(name, in: trees.output, .other(nil)) }
    for name in top.links {
      try add(name, in: trees.output, .other("is a symbolic link; what it points to is not followed"))
    }
    try walkJobs()
    try found.noteSeconds()
  }

  private mutating func add(_ name: RawPath, in folder: FilePath, _ place: FoundTree.Place) throws {
    try found.add(name, in: folder, place)
  }

  private mutating func lookAtTop(_ name: RawPath) throws {
    let path = trees.output.appending(name)
    if name.isNumber(of: 4), let years = try months(of: path), !years.isEmpty {
      for month in years { try walkMonth(path.appending(month), year: name, month: month) }
    } else if name.bytes.starts(with: ".rm-".utf8) || name.bytes.starts(with: ".new-".utf8) {
      try add(name, in: trees.output, .other(nil))
    } else {
      try add(name, in: trees.output, .folder)
    }
  }

  /// The months in a folder that bears a year's name; a film may be called so, too.
  private mutating func months(of folder: FilePath) throws -> [RawPath]? {
    guard let inner = read(folder) else { return nil }
    let months = inner.folders.filter(\.isMonth)
    if months.isEmpty { return months }
    if Self.isOfFilm(inner) {
      try add(RawPath(folder).name, in: folder.removingLastComponent(), .mixed)
      return months
    }
    // Somebody may have put a film's directory beside the days of a year.
    for name in inner.folders where !months.contains(name) { try add(name, in: folder, .folder) }
    for name in Array(inner.files) + inner.links { try add(name, in: folder, .other(nil)) }
    return months
  }

  /// Whether a folder looks like a film's directory, by the names in it.
  private static func isOfFilm(_ inner: FlatFolder) -> Bool {
    inner.files.contains(RawPath("manifest.json")) || inner.folders.contains { stages.contains($0.text) }
  }

  private static let stages = StageFiles.telling.union(StageFiles.common)

  private mutating func read(_ folder: FilePath) -> FlatFolder? {
    do {
      return try FlatFolder(folder)
    } catch {
      problems.append((folder, "cannot be read (\(error))"))
      return nil
    }
  }

  private mutating func walkMonth(_ folder: FilePath, year: RawPath, month: RawPath) throws {
    guard let inner = read(folder) else { return }
    for name in inner.folders {
      guard name.isNumber(of: 2),
        let day = JobDate(digits: (year.text + month.text + name.text)[...])
      else {
        try add(name, in: folder, .folder)
        continue
      }
      try walkDay(folder.appending(name), day)
    }
    for name in Array(inner.files) + inner.links { try add(name, in: folder, .other(nil)) }
  }

  private mutating func walkDay(_ folder: FilePath, _ day: JobDate) throws {
    guard let inner = read(folder) else { return }
    for name in inner.folders {
      let path = folder.appending(name)
      if isHidden(name) { continue }
      if let id = JobID(name.text), id.date == day {
        try add(name, in: folder, .dated(.userless, day, user: nil))
      } else if let inner = read(path) {
        // Somebody may have put a film's directory there.
        if Self.isOfFilm(inner) { try add(name, in: folder, .folder) } else { try walkUser(path, inner, day) }
      }
    }
    for name in Array(inner.files) + inner.links { try add(name, in: folder, .other(nil)) }
  }

  private func isHidden(_ name: RawPath) -> Bool { name.bytes.first == UInt8(ascii: ".") }

  private mutating func walkUser(_ folder: FilePath, _ inner: FlatFolder, _ day: JobDate) throws {
    let user = RawPath(folder).name
    let isToday = Int(user.text).map { String($0) == user.text && $0 > 0 } ?? false
    for name in inner.folders where !isHidden(name) {
      let path = folder.appending(name)
      let isOlder = exists(path.appending("job.json")) || exists(path.appending(".\(name.text).env"))
      if let id = JobID(name.text), id.date == day {
        let layout: MigrationEntry.Layout = isOlder && !exists(path.appending("job_info.json")) ? .prepared : .today
        try add(name, in: folder, .dated(isToday ? layout : .later, day, user: user.text))
      } else {
        try add(name, in: folder, .dated(.later, day, user: user.text))
      }
    }
    for name in Array(inner.files) + inner.links { try add(name, in: folder, .other(nil)) }
  }

  /// `jobs/Y/M/D/ID`: those that lie in `out/` too are found from there.
  private mutating func walkJobs() throws {
    for year in read(trees.jobs)?.folders ?? NameList() where year.isNumber(of: 4) {
      let yearFolder = trees.jobs.appending(year)
      for month in read(yearFolder)?.folders ?? NameList() where month.isNumber(of: 2) {
        for name in read(yearFolder.appending(month))?.folders ?? NameList() {
          guard let day = JobDate(digits: (year.text + month.text + name.text)[...]) else { continue }
          let folder = yearFolder.appending(month).appending(name)
          guard let inner = read(folder) else { continue }
          for job in inner.folders where !isHidden(job) {
            let place = RawPath("\(year.text)/\(month.text)/\(name.text)").appending(job)
            if JobID(job.text)?.date == day {
              if !isDirectory(trees.output.appending(place)) {
                try add(job, in: folder, .dated(.waiting, day, user: nil))
              }
            } else {
              try add(job, in: folder, .other(nil))
            }
          }
          for file in inner.files { try add(file, in: folder, .other(nil)) }
        }
      }
    }
  }
}

extension RawPath {
  func isNumber(of digits: Int) -> Bool { bytes.count == digits && bytes.allSatisfy { (0x30...0x39).contains($0) } }

  /// Whether it ends as the folders of days do: `2025/10/30`.
  var isDay: Bool {
    let parts = components.suffix(3)
    guard parts.count == 3, let year = parts.first, let day = parts.last else { return false }
    return year.isNumber(of: 4) && parts.dropFirst().first?.isMonth == true && day.isNumber(of: 2)
  }

  /// Whether a folder bears a month's name, as those of today's layout do.
  var isMonth: Bool { isNumber(of: 2) && (1...12).contains(Int(text) ?? 0) }
}
