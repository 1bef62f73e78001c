internal import Glibc
internal import Jobs
internal import SystemPackage

/// What of a tree's files are outputs of stages, told once.
struct StageOutputs: Sendable {
  private let scan: TreeScan
  /// Of each documented stage the files that may prove its success, the documented one first.
  private let candidates: [[RawPath]]
  /// The names of the folder that those of its files hold.
  let embeddedNames: Set<RawPath>

  /// Files whose names hold the name that the job's folder had.
  private static let named = [
    "asr/*.asr.json", "diarization/*.speaker_segments.json", "post_ner/*.corrected.json", "en_merged/*.merged.srt",
    "*_with_subs.mp4", "*_with_subs.mkv", "*_subtitled.mp4", "*_subtitled.mkv",
  ].map { StageFiles.Pattern($0) }

  init(in scan: TreeScan) {
    self.scan = scan
    let files = scan.filesAndLinks
    candidates = StageFiles.all.map { stage in
      let isBelowLink = scan.links.contains { stage.documented.below($0.path)?.isEmpty == false }
      let isThere = files.contains(stage.documented) || isBelowLink && scan.status(of: stage.documented) != nil
      var found = isThere ? [stage.documented] : []
      for pattern in stage.older {
        let fitting = files.filter { pattern.fits($0) }
        found += fitting.count > 1 ? fitting.sorted() : fitting
      }
      return found
    }
    embeddedNames = files.reduce(into: []) { names, file in
      if let name = Self.named.lazy.compactMap({ $0.stem(of: file) }).first { names.insert(name) }
    }
  }

  /// Whether any file of a stage is there, by its place among the documented ones, whatever is in it.
  func hasFile(ofStage stage: Int) -> Bool { !candidates[stage].isEmpty }

  var isEmpty: Bool { candidates.allSatisfy(\.isEmpty) }

  /// The file that proves a stage's success; `nil` when there is none.
  ///
  /// Later stages read the documented one: beside that, cut short, an older one proves nothing. A film is one, whatever
  /// its name.
  func proof(ofStage stage: Int) -> RawPath? {
    if StageFiles.all[stage].stage != "mux", cutOutput(ofStage: stage) != nil { return nil }
    return candidates[stage].first { isWhole($0) }
  }

  /// The same, where several runs left one: that of the folder's name is the last one's.
  func proof(ofStage stage: Int, named name: RawPath) -> RawPath? {
    let own = candidates[stage].first { file in
      StageFiles.all[stage].older.contains { $0.stem(of: file) == name } && isWhole(file)
    }
    return own ?? proof(ofStage: stage)
  }

  /// The documented output of a stage, where that is a file that is empty or cut short.
  func cutOutput(ofStage stage: Int) -> RawPath? {
    let documented = StageFiles.all[stage].documented
    guard candidates[stage].first == documented, !isWhole(documented), let status = scan.status(of: documented) else {
      return nil
    }
    return status.st_mode & S_IFMT == S_IFREG ? documented : nil
  }

  /// Whether a file looks finished: it is not empty, and JSON has its end.
  private func isWhole(_ file: RawPath) -> Bool {
    let isJSON = file.isJSON
    // Of JSON in a plain file the reading tells all.
    if !isJSON || !scan.isPlainFile(file) {
      guard let status = scan.status(of: file), status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
        return false
      }
      if !isJSON { return true }
    }
    guard let handle = try? scan.open(file) else { return (scan.status(of: file)?.st_size ?? 0) > 0 }
    defer { try? handle.close() }
    return handle.endsAsJSON
  }
}
