internal import Jobs
internal import SystemPackage
internal import Titles

extension TreeReader {
  /// What film the tree is of, by all that tells of it.
  ///
  /// - Parameters:
  ///   - name: of the folder, as names of files in it embed it.
  ///   - job: the job.json beside the manifest.
  ///   - media: where a copy of the film may lie.
  func tellFilm(
    _ entry: inout MigrationEntry, _ tree: FoundTree, named name: RawPath, _ scan: TreeScan, _ manifest: Manifest?,
    job: JSON? = nil, media: FilePath? = nil
  ) {
    let isFlat = entry.layout == .flat
    let (title, year) = (manifest?.title ?? jobTitle(job), manifest?.year ?? jobYear(job))
    let (directory, directoryFilm) = isFlat ? directoryName(tree, embedded: name, manifest) : ("", nil)
    let inputFilm = isFlat ? inputs.film(of: directory) : nil
    var file = recordedFile(tree, scan, manifest, job)
    if let recorded = file {
      file = copy(of: recorded, in: media).map { workspace.documentPath($0) } ?? recorded
    } else if let media, inputFilm == nil {
      file = filmIn(media, of: isFlat ? directory : nil, scan).map { workspace.documentPath($0) }
    }
    if !isFlat, file == nil {
      // The folder's name is an id and tells of no film.
      if title == nil, year == nil, let film = filmNamed(by: tree.name, entry.layout) {
        (entry.title, entry.year) = (film.title, film.year)
        (entry.titleSource, entry.yearSource) = ("directory", "directory")
        return
      }
      (entry.title, entry.year) = (title, year)
      entry.titleSource = title == nil ? nil : "manifest"
      entry.yearSource = year == nil ? nil : "manifest"
      return
    }
    let guess = FilmGuess(
      FilmGuess.Evidence(
        directory: directory, directoryFilm: directoryFilm, manifestTitle: title, manifestYear: year,
        recordedFile: file, inputFilm: inputFilm, database: { database(scan) }))
    (entry.title, entry.year) = (guess.title.isEmpty ? nil : guess.title, guess.year)
    (entry.titleSource, entry.yearSource, entry.inputFile) = (guess.titleSource, guess.yearSource, guess.inputFile)
    entry.problems += guess.problems
  }

  /// What the folder was called when its files got their names; its own name where they do not say.
  func embeddedName(_ tree: FoundTree, _ outputs: StageOutputs, _ manifest: Manifest?) -> RawPath {
    let names = outputs.embeddedNames
    if names.isEmpty || names.contains(tree.name) { return tree.name }
    if names.count == 1, let only = names.first { return only }
    return recordedFolder(manifest).flatMap { names.contains($0) ? $0 : nil } ?? tree.name
  }

  /// The folder's name that tells most of the film, and what it reads as: its own, or where that has no year, one that
  /// it had.
  private func directoryName(
    _ tree: FoundTree, embedded: RawPath, _ manifest: Manifest?
  ) -> (name: String, film: FilmName?) {
    func film(of name: RawPath) -> (name: String, film: FilmName?)? {
      let film = FilmName(parsing: name.text)
      return film.year == nil ? nil : (name.text, film)
    }
    return film(of: tree.name) ?? film(of: embedded) ?? recordedFolder(manifest).flatMap(film) ?? (embedded.text, nil)
  }

  /// The film that a folder among a day's jobs is called after by somebody who put it there.
  private func filmNamed(by name: RawPath, _ layout: MigrationEntry.Layout?) -> FilmName? {
    let isCounted = name.text.hasPrefix("job-") || !name.text.contains(where: \.isLetter)
    guard layout == .later, !isCounted else { return nil }
    let film = FilmName(parsing: name.text)
    return film.year == nil ? nil : film
  }

  private func recordedFolder(_ manifest: Manifest?) -> RawPath? {
    let document = manifest?.document
    let path = document?["movie_dir"]?.string ?? document?["output"]?["directory"]?.string
    return path.map { RawPath(FilmGuess.lastComponent($0)) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  private func jobTitle(_ job: JSON?) -> String? { (job?["title"] ?? job?["input"]?["title"])?.string }

  private func jobYear(_ job: JSON?) -> Int? {
    (job?["year"] ?? job?["input"]?["year"]).flatMap { $0.int ?? $0.string.flatMap { Int($0) } }
  }

  /// The copy that was prepared with a job, of a film that is gone from where it is recorded to be.
  private func copy(of recorded: String, in media: FilePath?) -> FilePath? {
    guard let media, let name = FilePath.Component(FilmGuess.lastComponent(recorded)),
      inputs.film(recordedAs: recorded, in: workspace) == nil
    else { return nil }
    let copy = media.appending(name)
    return exists(copy) ? copy : nil
  }

  private func database(_ scan: TreeScan) -> (title: String, year: Int?)? {
    guard let film = document(Self.filmFacts, in: scan), let title = film["title"]?.string else {
      return nil
    }
    let year = film["release_date"]?.string.flatMap { Int($0.prefix(4)) }
    return (title, year ?? film["year"]?.int ?? film["year"]?.string.flatMap { Int($0) })
  }

  /// The film's file, as any of the tree's documents names it.
  private func recordedFile(_ tree: FoundTree, _ scan: TreeScan, _ manifest: Manifest?, _ job: JSON?) -> String? {
    func named(_ file: String?) -> String? { file.flatMap { $0.isEmpty || $0.hasSuffix("/") ? nil : $0 } }
    if let file = named(manifest == nil ? salvagedFile(tree) : manifest?.inputFile) { return file }
    if let job {
      let input = job["input"]
      if let file = named(input?["file"]?.string ?? input?.string ?? job["input_media"]?.string) { return file }
      if let file = named(job["input_file"]?.string ?? job["media"]?.string) { return file }
    }
    if let inputs = manifest?.stage("demux")?.fields["input_files"],
      let file = named(inputs.array?.first?["path"]?.string)
    {
      return file
    }
    let demux = document(Self.demuxFacts, in: scan)
    return named(demux?["input_file"]?.string ?? demux?["input"]?.string)
  }

  /// Of a manifest that was cut short.
  private func salvagedFile(_ tree: FoundTree) -> String? {
    CutText(of: tree.path.appending("manifest.json")).first("file")?.string.flatMap { file in
      InputFilms.isFilm(FilmGuess.lastComponent(file)) ? file : nil
    }
  }

  private static let filmFacts = RawPath("metadata/tmdb_data.json")
  private static let demuxFacts = RawPath("audio/audio_demux_metadata.json")

  func document(_ name: RawPath, in scan: TreeScan) -> JSON? {
    guard scan.isPlainFile(name) else { return nil }
    return (try? scan.read(name)).flatMap { try? JSON(parsing: $0) }
  }

  /// The copy of the film that lies with a job.
  ///
  /// - Parameter directory: the folder's name, where what lies there must be of that film.
  private func filmIn(_ folder: FilePath, of directory: String?, _ scan: TreeScan) -> FilePath? {
    let isScanned = RawPath(folder) == scan.root
    let names = isScanned ? scan.topFiles.sorted() : (try? FlatFolder(folder)).map { Array($0.files) } ?? []
    let made = ["final_output", "_with_subs", "_subtitled"]
    return names.first { name in
      guard InputFilms.isFilm(name.text), !made.contains(where: { name.text.contains($0) }) else { return false }
      guard let directory else { return true }
      return !name.text.hasPrefix(directory)
        && FilmKeys.bareKey(FilmName(parsing: name.text).title) == FilmKeys.bareKey(FilmName(parsing: directory).title)
    }.map { folder.appending($0) }
  }
}
