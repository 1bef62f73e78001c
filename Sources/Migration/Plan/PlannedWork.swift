internal import Jobs
internal import SystemPackage

extension EntryWork {
  /// What is to be done to a tree that is as a scan found it.
  ///
  /// - Parameters:
  ///   - name: of the folder, as names of files in it embed it.
  ///   - isReplacing: whether its job.env and job_info.json tell of another place or id.
  ///   - isInfoDamaged: whether its job_info.json tells nothing.
  ///   - isShownOnly: whether nobody will do it; links to outputs, which no table shows, are not looked for then.
  init(
    for entry: MigrationEntry, named name: RawPath, _ scan: TreeScan, _ outputs: StageOutputs,
    _ verdicts: StageVerdicts, isReplacing: Bool, isInfoDamaged: Bool = false, isShownOnly: Bool
  ) {
    self.init(name: name)
    rename(scan)
    links = scan.links
    if !isShownOnly { linkOutputs(of: entry.completedStages, scan, outputs) }
    stagesByFiles = entry.completedStages.filter { verdicts.recorded[$0] == nil }
    let top = scan.filesAndLinks.filter { !$0.bytes.contains(RawPath.slash) }
    keptManifest = Self.freeName("manifest.json", top, scan)
    keptOthers = Self.others.filter { isReplacing || isInfoDamaged && $0 == "job_info.json" }
      .compactMap { name in Self.freeName(name, top, scan).map { (name, $0) } }
    written = Self.others.filter { !top.contains(RawPath($0)) || kept($0) != nil } + ["manifest.json"]
    if !isShownOnly {
      keepWhatIsSaid(by: scan)
      ends = LinkEnd.all(in: scan)
    }
    let touched = [RawPath([])] + renames.map(\.folder) + links.map(\.path.folder) + newLinks.map(\.path.folder)
    folders = scan.folders.filter { touched.contains($0.path) }
  }

  private mutating func keepWhatIsSaid(by scan: TreeScan) {
    if isLink("manifest.json"), let manifest = OldManifest(in: scan, whole: true).manifest {
      said.append(("manifest.json", manifest.document))
    }
    let place = scan.root.path.appending("job_info.json")
    guard kept("job_info.json") != nil, isLink("job_info.json"), let status = try? FileStatus(of: place) else { return }
    if status.isRegular, status.size <= OldManifest.largest, let info = try? JobInfo(reading: place) {
      said.append(("job_info.json", info.document))
    }
  }

  private static let others = ["job.env", "job_info.json"]

  /// Files whose names embed no folder's, whatever that is called.
  static let fixed = Set(
    StageFiles.all.map(\.documented) + (["manifest.json", "job.json"] + others).map { RawPath($0) })

  /// Names that embed the folder's follow it, but in older runs that lie within.
  private mutating func rename(_ scan: TreeScan) {
    let nested = scan.nestedRuns
    let name = name.bytes
    renames = scan.filesAndLinks.filter { path in
      let file = path.lastBytes
      guard file.count > name.count, file.starts(with: name), !Self.fixed.contains(path) else { return false }
      let next = file[file.startIndex + name.count]
      guard next == UInt8(ascii: ".") || next == UInt8(ascii: "_") else { return false }
      return !nested.contains { path.below($0) != nil }
    }.sorted()
  }

  /// Where today's pipeline looks for an output of a stage, a link to where an older one put it.
  private mutating func linkOutputs(of stages: [String], _ scan: TreeScan, _ outputs: StageOutputs) {
    for (number, files) in StageFiles.all.enumerated() where stages.contains(files.stage) {
      let (place, folder) = (files.documented, files.documented.folder)
      guard !scan.filesAndLinks.contains(place), !scan.filesAndLinks.contains(folder),
        let proof = outputs.proof(ofStage: number, named: name),
        proof.bytes.suffix(4).elementsEqual(place.bytes.suffix(4))
      else { continue }
      newLinks.append((place, proof))
      if !folder.isEmpty, !scan.folders.contains(where: { $0.path == folder }), !newFolders.contains(folder) {
        newFolders.append(folder)
      }
    }
  }

  /// What a document is called from now on, `manifest.legacy.json`; `nil` for one that is not there.
  private static func freeName(_ name: String, _ top: [RawPath], _ scan: TreeScan) -> String? {
    guard top.contains(RawPath(name)), let dot = name.lastIndex(of: ".") else { return nil }
    let (stem, ending) = (name[..<dot], name[dot...])
    var kept = "\(stem).legacy\(ending)"
    var serial = 2
    while top.contains(RawPath(kept)) || scan.folders.contains(where: { $0.path == RawPath(kept) }) {
      kept = "\(stem).legacy-\(serial)\(ending)"
      serial += 1
    }
    return kept
  }
}
