internal import Jobs

extension EntryWork {
  /// What is to be done to a tree that is as a scan found it.
  init(for entry: MigrationEntry, named name: RawPath, _ scan: TreeScan, _ verdicts: StageVerdicts) {
    self.init(name: name)
    rename(scan)
    links = scan.links
    linkOutputs(of: entry.completedStages, scan)
    stagesByFiles = entry.completedStages.filter { verdicts.recorded[$0] == nil }
    let top = scan.filesAndLinks.filter { !$0.bytes.contains(RawPath.slash) }
    keepManifest(top, scan)
    written = ["job.env", "job_info.json"].filter { !top.contains(RawPath($0)) } + ["manifest.json"]
    let touched = Set([RawPath([])] + renames.map(\.folder) + links.map(\.path.folder) + newLinks.map(\.path.folder))
    folders = scan.folders.filter { touched.contains($0.path) }
  }

  /// Names that embed the folder's follow it, but in older runs that lie within.
  private mutating func rename(_ scan: TreeScan) {
    let nested = scan.nestedRuns
    let name = name.bytes
    renames = scan.filesAndLinks.filter { path in
      let file = path.lastBytes
      guard file.count > name.count, file.starts(with: name) else { return false }
      let next = file[file.startIndex + name.count]
      guard next == UInt8(ascii: ".") || next == UInt8(ascii: "_") else { return false }
      return !nested.contains { path.below($0) != nil }
    }.sorted()
  }

  /// Where today's pipeline looks for an output of a stage, a link to where an older one put it.
  private mutating func linkOutputs(of stages: [String], _ scan: TreeScan) {
    for files in StageFiles.all where stages.contains(files.stage) {
      let (place, folder) = (files.documented, files.documented.folder)
      guard !scan.filesAndLinks.contains(place), !scan.filesAndLinks.contains(folder),
        let proof = files.proof(in: scan), proof.bytes.suffix(4).elementsEqual(place.bytes.suffix(4))
      else { continue }
      newLinks.append((place, proof))
      if !folder.isEmpty, !scan.folders.contains(where: { $0.path == folder }), !newFolders.contains(folder) {
        newFolders.append(folder)
      }
    }
  }

  private mutating func keepManifest(_ top: [RawPath], _ scan: TreeScan) {
    guard top.contains(RawPath("manifest.json")) else { return }
    var kept = "manifest.legacy.json"
    var serial = 2
    while top.contains(RawPath(kept)) || scan.folders.contains(where: { $0.path == RawPath(kept) }) {
      kept = "manifest.legacy-\(serial).json"
      serial += 1
    }
    keptManifest = kept
  }
}
