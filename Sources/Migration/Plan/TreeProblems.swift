internal import Jobs
internal import SystemPackage

extension TreeReader {
  private static let locks = [RawPath(".cpwx.lock"), RawPath(".manifest.lock")]

  /// Notes what an admin should know of the tree.
  func judge(
    _ entry: inout MigrationEntry, _ scan: TreeScan, _ outputs: StageOutputs, _ old: OldManifest,
    _ verdicts: StageVerdicts
  ) {
    switch old {
    case .unreadable(let why):
      entry.problems.append(
        .warning("manifest.json \(why): the files alone tell of the stages; it is kept beside the new one"))
    case .none where entry.kind == .movie:
      entry.problems.append(.info("there is no manifest: the files alone tell of the stages"))
    case .foreign: entry.problems.append(.info("manifest.json is none of a job's; it is kept"))
    case .none, .read: break
    }
    // A pipeline of another kind may have stages of the same names.
    let isChecked = entry.layout != .today || entry.work != nil
    for (number, name) in StageFiles.names.enumerated() where isChecked && verdicts.recorded[name] == .success {
      if !outputs.hasFile(ofStage: number) {
        entry.problems.append(
          .warning("\(name) is recorded as a success, and its output is gone; a run makes it again"))
      } else if let cut = outputs.cutOutput(ofStage: number) {
        entry.problems.append(
          .warning(
            "\(name) is recorded as a success, and \(cut.text) is empty or cut short; "
              + "cpwx run --resume JOB --from-stage \(name) makes it again"))
      }
    }
    if verdicts.recorded.contains(.running), entry.status != .completed {
      entry.problems.append(.info("a stage is recorded as running, and nobody runs it: interrupted"))
    }
    for nested in scan.nestedRuns {
      entry.problems.append(
        .info("\(nested.text) holds an older run with a manifest of its own; it stays as it is, within"))
    }
    for link in scan.links where scan.status(of: link.path) == nil {
      entry.problems.append(.info("\(link.path.text) points to nothing: \(link.target.text)"))
    }
    for link in scan.links where entry.work != nil && link.goesAround && scan.status(of: link.path) != nil {
      entry.problems.append(.around(link))
    }
    if entry.year == nil, entry.kind == .movie { entry.problems.append(.info("nothing tells the film's year")) }
    if !scan.special.isEmpty {
      entry.problems.append(.info("\(scan.special[0].text) is neither a file nor a folder nor a link"))
    }
    for path in scan.unreadable {
      entry.problems.append(.warning("\(path.text) cannot be read; it moves along unseen"))
    }
    if let top = scan.folders.first, scan.folders.contains(where: { $0.device != top.device }) {
      entry.problems.append(.error("another file system is mounted in it: unmount that first"))
    }
    let isFolder = { (name: String) in scan.folders.contains { $0.path.bytes.elementsEqual(name.utf8) } }
    if let name = entry.work?.written.first(where: isFolder) {
      entry.problems.append(.error("\(name) is a folder: rename it, and migrate again"))
    }
    for lock in Self.locks where scan.files.contains(lock) {
      if FileLock.isHeld(scan.root.appending(lock).path), isChecked {
        entry.problems.append(.error("it is being run: its lock is held; it is left as it is"))
        break
      }
    }
  }
}
