public import Jobs
public import SystemPackage

extension Workspace {
  /// The record of the batch that a person names: its id, a beginning that only one has, `latest`, or `latest~2` (the
  /// second before the latest).
  ///
  /// - Throws: ``JobError`` with code `usage` when none or several fit; then it names those that do.
  public func batchRecord(named name: String) throws -> FilePath {
    let records = batchRecords()
    func id(_ path: FilePath) -> String { path.stem ?? "" }
    if let back = Self.stepsBack(name) {
      if back < records.count { return records[records.count - 1 - back] }
      throw JobError(
        .usage, name, records.isEmpty ? "there is no batch yet" : "is further back than the oldest batch",
        remedy: records.isEmpty ? "Make one with: cpwx run" : "The oldest is \(id(records[0])).")
    }
    if let exact = records.first(where: { id($0) == name }) { return exact }
    let fitting = name.isEmpty ? [] : records.filter { id($0).hasPrefix(name) }
    if fitting.count == 1 { return fitting[0] }
    let few = (fitting.isEmpty ? records : fitting).suffix(5).reversed().map(id).joined(separator: ", ")
    let earlier = fitting.count > 5 ? " and \(fitting.count - 5) before them" : ""
    throw JobError(
      .usage, name,
      fitting.isEmpty ? "no such batch in \(batchFolder)" : "fits \(fitting.count) batches: \(few)\(earlier)",
      remedy: fitting.isEmpty
        ? (few.isEmpty ? "Make one with: cpwx run" : "The last ones: \(few)") : "Give more of the id.")
  }

  /// `latest` is 0 back, `latest~3` is 3.
  private static func stepsBack(_ name: String) -> Int? {
    if name == "latest" { return 0 }
    guard name.hasPrefix("latest~"), let steps = Int(name.dropFirst(7)), steps >= 0 else { return nil }
    return steps
  }
}
