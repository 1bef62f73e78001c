internal import Jobs
internal import SystemPackage

/// The files beside a film that tell of it: `FILM.nfo`, `movie.nfo`, `FILM.json`.
struct FilmNeighbours: Sendable {
  let film: FilePath

  /// What the files tell.
  struct Found: Sendable {
    /// The facts in the first of the files that holds any, and that file; `nil` when none does.
    var facts: (facts: FilmFacts, path: FilePath)?
    /// Which files were passed over before it, and why.
    var notes: [String] = []
  }

  /// - Parameter title: that of the film, as its name has it.
  func find(title: String) -> Found {
    var found = Found()
    for path in candidates {
      guard let bytes = try? DurableFile.read(path) else { continue }
      let isJSON = path.extension == "json"
      if let facts = isJSON ? Self.json(bytes) : NFO.facts(bytes, of: title) {
        let isOwn = path.stem != "movie" || film.stem == "movie" || isAlone
        if isOwn || TMDBMatch.folded(facts.title) == TMDBMatch.folded(title) {
          found.facts = (facts, path)
          break
        }
        found.notes.append("\(path) was passed over: it tells of \(facts.title), and more than one film is here")
        continue
      }
      found.notes.append("\(path) was passed over: \(isJSON ? NFO.noTitle : NFO.flaw(bytes, of: title))")
    }
    return found
  }

  private var candidates: [FilePath] {
    let folder = film.removingLastComponent()
    let stem = film.lastComponent?.stem ?? ""
    return ["\(stem).nfo", "\(stem).NFO", "movie.nfo", "movie.NFO", "\(stem).json"].map { folder.appending($0) }
  }

  /// Whether the folder has no other film of this one's kind, but for what goes with it, such as its trailer or a sample,
  /// and hidden files.
  private var isAlone: Bool {
    guard let stem = film.stem, let ending = film.extension else { return true }
    return names(in: film.removingLastComponent()).map { FilePath($0) }.allSatisfy { other in
      guard other.extension?.lowercased() == ending.lowercased(), let name = other.stem else { return true }
      return name.hasPrefix(stem) || name.hasPrefix(".") || name.lowercased().hasPrefix("sample")
    }
  }

  private static func json(_ bytes: [UInt8]) -> FilmFacts? {
    FileText.decoded(bytes).flatMap { try? JSON(parsing: $0.utf8) }.flatMap { FilmFacts($0, source: "json") }
  }
}

extension StageContext {
  /// The film of this job: from its manifest, where its path may start at the workspace.
  var film: FilePath? {
    guard let document = try? Manifest(reading: path("manifest.json")) else { return nil }
    if let file = document.inputFile, !file.isEmpty {
      // An absolute path needs no folder to start at.
      let roots = [settings.workspace, workspaceOfJob, file.hasPrefix("/") ? job : nil]
      let places = roots.compactMap { $0 }.map { resolve(file, against: $0) }
      // In a container a film from elsewhere has another place than its job says.
      let mounted = FilePath(ContainerPlaces.ownPlace(of: FilePath(file)))
      if let found = (places + [mounted]).first(where: { exists($0) }) { return found }
    }
    let demuxed = document.stage("demux")?.fields["input_files"]?.array?.first?["path"]?.string
    return demuxed.map { FilePath($0) }
  }

  /// The folder that the job's own `output_dir` starts at.
  private var workspaceOfJob: FilePath? {
    guard let info = try? JobInfo(reading: path("job_info.json")),
      let place = info.document["output_dir"]?.string.map({ FilePath($0) }), place.isRelative
    else { return nil }
    var root = job
    for component in place.components.reversed() {
      guard root.lastComponent == component else { return nil }
      root.removeLastComponent()
    }
    return root
  }
}
