internal import Jobs
internal import SystemPackage

/// A folder or file of an old tree, before it is looked into.
struct FoundTree: Sendable {
  enum Place: Sendable {
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
  private var folders: [FilePath] = []
  /// The folder that each lies in.
  private var places: [Int32] = []
  private var names = NameSpool()
  /// What most are not: folders in `out/` that may hold films' directories.
  private var kinds: [Int: FoundTree.Place] = [:]
  private var seconds: Set<Int> = []

  var count: Int { places.count }

  /// - Throws: ``JobError`` with code `io`.
  func tree(_ index: Int) throws(JobError) -> FoundTree {
    let name = try names.name(index)
    return FoundTree(
      path: folders[Int(places[index])].appending(name), name: name, place: kinds[index] ?? .folder,
      isSecond: seconds.contains(index))
  }

  /// Hands over the names of those that may be films' directories of the flat layout.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func forEachFlatName(_ body: (RawPath) -> Void) throws(JobError) {
    for index in 0..<count where FoundTree.mayBeFlat(kinds[index] ?? .folder) { body(try names.name(index)) }
  }

  mutating func add(_ name: RawPath, in folder: FilePath, _ place: FoundTree.Place) {
    if folders.last != folder { folders.append(folder) }
    if case .folder = place {} else { kinds[places.count] = place }
    places.append(Int32(folders.count - 1))
    names.append(name)
  }

  /// Notes which jobs of today's layout bear an id that one before them has.
  ///
  /// - Throws: ``JobError`` with code `io`.
  mutating func noteSeconds() throws(JobError) {
    var seen: Set<RawPath> = []
    for index in kinds.keys.sorted() {
      guard case .dated(.today, _, _)? = kinds[index] else { continue }
      if try !seen.insert(names.name(index)).inserted { seconds.insert(index) }
    }
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
    do {
      let top = try FlatFolder(trees.output)
      for name in top.folders { lookAtTop(name) }
      for name in top.files { add(name, in: trees.output, .other(nil)) }
      for name in top.links {
        add(name, in: trees.output, .other("is a symbolic link; what it points to is not followed"))
      }
    } catch {
      throw JobError(.io, trees.output.string, "cannot be read", underlying: error)
    }
    walkJobs()
    try found.noteSeconds()
  }

  private mutating func add(_ name: RawPath, in folder: FilePath, _ place: FoundTree.Place) {
    found.add(name, in: folder, place)
  }

  private mutating func lookAtTop(_ name: RawPath) {
    let path = trees.output.appending(name)
    if name.isNumber(of: 4), let years = months(of: path), !years.isEmpty {
      for month in years { walkMonth(path.appending(month), year: name, month: month) }
    } else if name.bytes.starts(with: ".rm-".utf8) || name.bytes.starts(with: ".new-".utf8) {
      add(name, in: trees.output, .other(nil))
    } else {
      add(name, in: trees.output, .folder)
    }
  }

  /// The months in a folder that bears a year's name; a film may be called so, too.
  private mutating func months(of folder: FilePath) -> [RawPath]? {
    guard let inner = read(folder) else { return nil }
    let months = inner.folders.filter(\.isMonth)
    if months.isEmpty { return months }
    if Self.isOfFilm(inner) {
      add(RawPath(folder).name, in: folder.removingLastComponent(), .mixed)
      return months
    }
    // Somebody may have put a film's directory beside the days of a year.
    for name in inner.folders where !months.contains(name) { add(name, in: folder, .folder) }
    for name in Array(inner.files) + inner.links { add(name, in: folder, .other(nil)) }
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

  private mutating func walkMonth(_ folder: FilePath, year: RawPath, month: RawPath) {
    guard let inner = read(folder) else { return }
    for name in inner.folders {
      guard name.isNumber(of: 2),
        let day = JobDate(digits: (year.text + month.text + name.text)[...])
      else {
        add(name, in: folder, .folder)
        continue
      }
      walkDay(folder.appending(name), day)
    }
    for name in Array(inner.files) + inner.links { add(name, in: folder, .other(nil)) }
  }

  private mutating func walkDay(_ folder: FilePath, _ day: JobDate) {
    guard let inner = read(folder) else { return }
    for name in inner.folders {
      let path = folder.appending(name)
      if isHidden(name) { continue }
      if let id = JobID(name.text), id.date == day {
        add(name, in: folder, .dated(.userless, day, user: nil))
      } else if let inner = read(path) {
        // Somebody may have put a film's directory there.
        if Self.isOfFilm(inner) { add(name, in: folder, .folder) } else { walkUser(path, inner, day) }
      }
    }
    for name in Array(inner.files) + inner.links { add(name, in: folder, .other(nil)) }
  }

  private func isHidden(_ name: RawPath) -> Bool { name.bytes.first == UInt8(ascii: ".") }

  private mutating func walkUser(_ folder: FilePath, _ inner: FlatFolder, _ day: JobDate) {
    let user = RawPath(folder).name
    let isToday = Int(user.text).map { String($0) == user.text && $0 > 0 } ?? false
    for name in inner.folders where !isHidden(name) {
      let path = folder.appending(name)
      let isOlder = exists(path.appending("job.json")) || exists(path.appending(".\(name.text).env"))
      if let id = JobID(name.text), id.date == day {
        let layout: MigrationEntry.Layout = isOlder && !exists(path.appending("job_info.json")) ? .prepared : .today
        add(name, in: folder, .dated(isToday ? layout : .later, day, user: user.text))
      } else {
        add(name, in: folder, .dated(.later, day, user: user.text))
      }
    }
    for name in Array(inner.files) + inner.links { add(name, in: folder, .other(nil)) }
  }

  /// `jobs/Y/M/D/ID`: those that lie in `out/` too are found from there.
  private mutating func walkJobs() {
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
                add(job, in: folder, .dated(.waiting, day, user: nil))
              }
            } else {
              add(job, in: folder, .other(nil))
            }
          }
          for file in inner.files { add(file, in: folder, .other(nil)) }
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
