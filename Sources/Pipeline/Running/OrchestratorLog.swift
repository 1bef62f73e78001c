internal import Jobs
internal import SystemPackage

/// `orchestrator_YYYYMMDD_HHMMSS.log`: what a run did, line by line with its time. A second run in the same second
/// appends to the first one's.
struct OrchestratorLog: ~Copyable {
  private let file: FileDescriptor

  /// - Throws: ``JobError`` with code `io`.
  init(in folder: FilePath, started: Timestamp) throws {
    let path = folder.appending("\(JobLogs.orchestratorPrefix)\(started.format("%Y%m%d_%H%M%S")).log")
    do {
      file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .append, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw JobError(.io, path.string, "the orchestrator's log cannot be opened", underlying: error)
    }
  }

  deinit { try? file.close() }

  /// Appends lines. A log that cannot be written stops no job.
  func write(_ lines: [String]) {
    guard !lines.isEmpty else { return }
    let time = Timestamp.now.text
    _ = try? file.writeAll(lines.map { "\(time) \($0)\n" }.joined().utf8)
  }
}
