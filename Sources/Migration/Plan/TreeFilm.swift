internal import Jobs
internal import SystemPackage

extension TreeReader {
  /// What film the tree is of, by all that tells of it.
  ///
  /// - Parameters:
  ///   - job: the job.json beside the manifest.
  ///   - media: where a copy of the film may lie.
  func tellFilm(
    _ entry: inout MigrationEntry, _ tree: FoundTree, _ scan: TreeScan, _ manifest: Manifest?, job: JSON? = nil,
    media: FilePath? = nil
  ) {
    let file = recordedFile(scan, manifest, job) ?? media.flatMap { filmIn($0) }.map { workspace.documentPath($0) }
    let isFlat = entry.layout == .flat
    let (title, year) = (manifest?.title ?? job?["title"]?.string, manifest?.year ?? job?["year"]?.int)
    if !isFlat, file == nil {
      // The folder's name is an id and tells of no film.
      (entry.title, entry.year) = (title, year)
      entry.titleSource = title == nil ? nil : "manifest"
      entry.yearSource = year == nil ? nil : "manifest"
      return
    }
    let guess = FilmGuess(
      FilmGuess.Evidence(
        directory: isFlat ? tree.name.text : "", manifestTitle: title, manifestYear: year, recordedFile: file,
        inputFilm: isFlat ? inputs.film(of: tree.name.text) : nil,
        databaseTitle: { document("metadata/tmdb_data.json", in: scan)?["title"]?.string }))
    (entry.title, entry.year) = (guess.title.isEmpty ? nil : guess.title, guess.year)
    (entry.titleSource, entry.yearSource, entry.inputFile) = (guess.titleSource, guess.yearSource, guess.inputFile)
    entry.problems += guess.problems
  }

  /// The film's file, as any of the tree's documents names it.
  private func recordedFile(_ scan: TreeScan, _ manifest: Manifest?, _ job: JSON?) -> String? {
    let told: [() -> String?] = [
      { manifest?.inputFile },
      { job?["input"]?["file"]?.string ?? job?["input"]?.string ?? job?["input_media"]?.string },
      { job?["input_file"]?.string ?? job?["media"]?.string },
      { manifest?.stage("demux")?.fields["input_files"]?.array?.first?["path"]?.string },
      {
        let demux = document("audio/audio_demux_metadata.json", in: scan)
        return demux?["input_file"]?.string ?? demux?["input"]?.string
      },
    ]
    return told.lazy.compactMap { $0() }.first { !$0.isEmpty }
  }

  private func document(_ name: String, in scan: TreeScan) -> JSON? {
    guard scan.files.contains(RawPath(name)) else { return nil }
    return (try? DurableFile.read(scan.root.appending(name).path)).flatMap { try? JSON(parsing: $0) }
  }

  /// The copy of the film that was prepared with a job.
  private func filmIn(_ folder: FilePath) -> FilePath? {
    let names = (try? FlatFolder(folder))?.files ?? []
    let made = ["final_output", "_with_subs", "_subtitled"]
    return names.first { name in
      InputFilms.isFilm(name.text) && !made.contains { name.text.contains($0) }
    }.map { folder.appending($0) }
  }
}
