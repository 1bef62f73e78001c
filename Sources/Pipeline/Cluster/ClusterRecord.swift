public import Jobs
internal import SystemPackage

/// Jobs that were handed to the cluster together.
struct ClusterArray: Sendable {
  /// A job of it: its task has its place in the list.
  struct Entry: Sendable {
    /// The job's folder, as documents write it.
    var folder: String
    var input: String
    var title: String
    var year: Int?
    var decision: String
    var reason: String
    /// How many runs of the job had begun before.
    var runs: Int
  }

  /// Its name in the cluster's queue: of this batch alone.
  var name: String
  /// As the cluster told it; `nil` until it has.
  var id: String?
  var entries: [Entry]
}

/// What of a batch is on the cluster: `.cpwx/cluster/BATCH/`, an array a file.
///
/// An array is recorded before it is handed over and again when the cluster has told its id: whoever finds none looks for
/// the array by its name, and hands nothing over twice. The folder goes when the batch has ended.
struct ClusterRecord: Sendable {
  let batch: String
  let folder: FilePath

  init(of batch: String, in workspace: Workspace) {
    (self.batch, folder) = (batch, workspace.clusterFolder.appending(batch))
  }

  /// Keeps which stages are asked for, and of which pipeline.
  func begin(_ selection: StageSelection) throws {
    Self.sweep(folder.removingLastComponent())
    try makeFolder(folder)
    try DurableFile.syncFolder(of: folder)
    try DurableFile.write(selection.source, to: pipeline, mode: [.ownerReadWrite])
    let document: JSON = ["stages": .strings(selection.wanted.map(\.name))]
    try DurableFile.write(document.bytes(), to: folder.appending("batch.json"))
  }

  /// Removes records that were not begun, or not removed, to their ends, by processes that are gone.
  private static func sweep(_ all: FilePath) {
    for name in names(in: all) where !exists(all.appending(name).appending("batch.json")) {
      guard let pid = name.split(separator: "-").last.flatMap({ Int($0) }), !exists(FilePath("/proc/\(pid)")) else {
        continue
      }
      removeFolder(all.appending(name))
    }
  }

  /// What was asked for, as far as it is needed to tell what became of it.
  ///
  /// - Throws: ``JobError`` or ``PipelineFileError``.
  func selection() throws -> StageSelection {
    let names = (try JSON(parsing: DurableFile.read(folder.appending("batch.json")))["stages"]?.array ?? []).compactMap(
      \.string)
    let definition = try PipelineDefinition(parsing: DurableFile.read(pipeline), file: pipeline.string)
    return try StageSelection(of: definition, named: names)
  }

  private var pipeline: FilePath { folder.appending("pipeline.yaml") }

  /// The name of the batch's array of some number, from 1.
  func name(of number: Int) -> String { "cpwx-\(batch)-\(number)" }

  /// The script of an array.
  func script(of array: ClusterArray) -> FilePath { folder.appending("\(array.name).sh") }

  /// Writes what is known of an array, durably.
  func write(_ array: ClusterArray) throws {
    let document: JSON = [
      "name": .string(array.name), "array_id": .string(array.id),
      "jobs": .array(
        array.entries.map {
          [
            "output_dir": .string($0.folder), "input": .string($0.input), "title": .string($0.title),
            "year": .int($0.year), "decision": .string($0.decision), "reason": .string($0.reason),
            "runs": .int($0.runs),
          ]
        }),
    ]
    try DurableFile.write(document.bytes(.compact), to: folder.appending("\(array.name).json"))
  }

  /// The arrays in the order in which they were handed over.
  ///
  /// - Throws: ``JobError`` with code `damaged` or `io`.
  func arrays() throws -> [ClusterArray] {
    try names(in: folder).filter { $0.hasPrefix("cpwx-") && $0.hasSuffix(".json") }.map { name in
      let document = try JSON(parsing: DurableFile.read(folder.appending(name)))
      return ClusterArray(
        name: document["name"]?.string ?? "", id: document["array_id"]?.string,
        entries: (document["jobs"]?.array ?? []).map {
          ClusterArray.Entry(
            folder: $0["output_dir"]?.string ?? "", input: $0["input"]?.string ?? "", title: $0["title"]?.string ?? "",
            year: $0["year"]?.int, decision: $0["decision"]?.string ?? "", reason: $0["reason"]?.string ?? "",
            runs: $0["runs"]?.int ?? 0)
        })
    }.sorted { ($0.name.utf8.count, $0.name) < ($1.name.utf8.count, $1.name) }
  }

  /// An array that was not taken is as if it had never been.
  func forget(_ name: String) {
    for ending in ["sh", "json"] { unlink(folder.appending("\(name).\(ending)")) }
  }

  /// The batch has ended, and its record says so.
  func remove(from workspace: Workspace) {
    workspace.removeEmptyTaskLogs(of: batch)
    // Last what makes it a record, should the power go meanwhile.
    for name in names(in: folder) where name != "batch.json" { unlink(folder.appending(name)) }
    unlink(folder.appending("batch.json"))
    removeEmptyFolder(folder)
  }
}

extension Workspace {
  /// The ids of the batches that are on a cluster, oldest first.
  public var batchesOnCluster: [String] { clusterBatches().map(\.batch) }

  /// The jobs that are on the cluster, and the batches that they are of.
  func entriesOnCluster() throws -> [(batch: String, entry: ClusterArray.Entry)] {
    try clusterBatches().flatMap { record in
      try record.arrays().flatMap(\.entries).map { (record.batch, $0) }
    }
  }

  /// The array that a job is in, and the place of its task there; `nil` for a job that is on no cluster.
  func task(of job: JobPaths) throws -> (array: ClusterArray, index: Int)? {
    let folder = documentPath(job.output)
    return try clusterBatches().flatMap { try $0.arrays() }.compactMap { array in
      array.entries.firstIndex { $0.folder == folder }.map { (array, $0) }
    }.last
  }

  /// Makes sure that no cluster has a job in its queue, or at work. One whose task has ended it is nobody's any more, though
  /// its batch go on.
  ///
  /// - Throws: ``JobError`` with code `locked`.
  public func requireOffCluster(_ job: JobPaths) throws {
    let folder = documentPath(job.output)
    guard let (batch, entry) = try entriesOnCluster().last(where: { $0.entry.folder == folder }) else { return }
    let manifest = try? Manifest(reading: job.manifest)
    let status = manifest?.recordedStatus
    if let manifest, manifest.runs > entry.runs, status == .completed || status == .failed { return }
    throw JobError(
      .locked, job.id.description, "is on the cluster, in the batch \(batch); cpwx run --attach \(batch) follows it",
      remedy: "Nothing was changed. Once the batch has ended, run this again.")
  }

  var clusterFolder: FilePath { stateFolder.appending("cluster") }

  /// The batches that are on the cluster, oldest first.
  func clusterBatches() -> [ClusterRecord] {
    names(in: clusterFolder).map { ClusterRecord(of: $0, in: self) }.filter {
      exists($0.folder.appending("batch.json"))
    }
  }
}
