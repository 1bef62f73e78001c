internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs
internal import Migration
internal import Pipeline
internal import SystemPackage

/// The values that an argument can have, by its name: read from the workspace, of which nothing is changed and of whose
/// absence nothing is said.
struct CompletionValues {
  typealias Candidate = Completion.Candidate

  private let line: CommandLineSoFar
  private let workspace: Workspace?
  /// As many as a screen shows, and some more.
  private static let most = 200

  init(after line: CommandLineSoFar) {
    self.line = line
    workspace = try? WorkspaceOptions.find(line.given["-C"])
  }

  func of(_ argument: CommandLineSoFar.Argument, typed: String) -> (candidates: [Candidate], files: Completion.Files?) {
    switch argument.names.last ?? argument.valueName {
    case "--user": (users, nil)
    case "--status": (list(ArchiveChoice.knownStatuses.map { Candidate(value: $0) }, typed), nil)
    case "--stages": (list(stages, typed), nil)
    case "--stage", "--from-stage", "stage": (stages, nil)
    case "--workflow": (workflows, nil)
    case "--lane": (lanes, nil)
    case "--columns": (list(JobColumns.names.map { Candidate(value: $0) }, typed), nil)
    case "--sort": (orders.map { Candidate(value: $0) }, nil)
    case "--date-from": (MigrationOptions.dateSources.map { Candidate(value: $0) }, nil)
    case "--halt":
      (
        [
          Candidate(value: "soon,fail=", description: "let running jobs finish"),
          Candidate(value: "now,fail=", description: "stop them"),
        ], nil
      )
    case "job" where line.command == JobCancelCommand.self: (jobs(typed, first: .running), nil)
    case "job" where isOfArchives: (jobs(typed, onlyArchived: true), nil)
    case "job-or-file" where isOfArchives: (jobs(typed, onlyArchived: true), .files(["zst"]))
    case "--resume", "--after", "job": (jobs(typed), nil)
    case "job-or-film": (jobs(typed), .files(MediaFiles.extensions.sorted()))
    case "job-or-file", "old", "new": (jobs(typed), .files(["json"]))
    case "path" where line.given["--attach"] != nil:
      (workspace?.batchesOnCluster.map { Candidate(value: $0) } ?? [], nil)
    case "path": ([], .files(MediaFiles.extensions.sorted()))
    case "filter": (FilterCompletion(typed, users: users, stages: stages).candidates, nil)
    case "batch": (batches, nil)
    case "member": (members(typed), nil)
    case "migration": (migrations, nil)
    case "-C", "--to", "dir": ([], .folders)
    case "--metrics": ([], .files(["prom"]))
    case "--output" where line.command == ReportCommand.self: ([], .files(["html"]))
    case "--pipeline": ([], .files(["yaml", "yml"]))
    case "--config": ([], .files([]))
    default: (argument.allValues.map { Candidate(value: $0) }, nil)
    }
  }

  /// Whether archives are looked into, and none is made.
  private var isOfArchives: Bool {
    line.command != ArchiveCreateCommand.self
      && ArchiveCommand.configuration.subcommands.contains { $0 == line.command }
  }

  /// Of a list with commas, what can follow the last one.
  private func list(_ values: [Candidate], _ typed: String) -> [Candidate] {
    guard let comma = typed.lastIndex(of: ",") else { return values }
    let begun = typed[...comma]
    let named = begun.split(separator: ",").map(String.init)
    return values.filter { !named.contains($0.value) }
      .map { Candidate(value: begun + $0.value, description: $0.description) }
  }

  /// - Parameter first: those that stand so come first, however old they are.
  private func jobs(_ typed: String, onlyArchived: Bool = false, first: PipelineStatus? = nil) -> [Candidate] {
    guard let workspace else { return [] }
    let beginning = "latest".hasPrefix(typed) ? "" : typed
    let index = IndexAsItStands(of: workspace)
    let chosen = first.map { index.jobs(beginning: beginning, limit: Self.most, status: $0) } ?? []
    let others = index.jobs(beginning: beginning, limit: Self.most, onlyArchived: onlyArchived)
    let jobs = (chosen + others.filter { $0.status != first?.rawValue })
      // The index may not have noticed yet that one is gone.
      .filter { job in
        [job.archive, onlyArchived ? nil : job.folder].compactMap { $0 }
          .contains { exists(workspace.resolve(documentPath: $0)) }
      }
    let named = jobs.map { job in
      let year = job.year.map { " (\($0))" } ?? ""
      return Candidate(value: job.jobID, description: "\(job.status)  \(job.title ?? "")\(year)")
    }
    let hasLatest = onlyArchived ? index.jobs(beginning: "", limit: 1).first?.archive != nil : !jobs.isEmpty
    return (hasLatest ? [Candidate(value: "latest", description: "the newest job")] : []) + named
  }

  private var users: [Candidate] {
    guard let workspace else { return [] }
    return IndexAsItStands(of: workspace).users().map {
      Candidate(value: $0.userID, description: $0.jobs == 1 ? "1 job" : "\($0.jobs) jobs")
    }
  }

  private var pipeline: PipelineDefinition? {
    guard let workspace else { return nil }
    let file = line.given["--pipeline"].map { absolute(FilePath($0)) }
    return try? PipelineDefinition.load(for: workspace, file: file)
  }

  private var stages: [Candidate] {
    (pipeline?.stages ?? []).map { Candidate(value: $0.name, description: "stage \($0.number)") }
  }

  private var workflows: [Candidate] {
    guard let pipeline else { return [] }
    // The pipeline's own name is that of all its stages, unless it names a workflow so.
    let all = [pipeline.name: pipeline.stages.map(\.name)].merging(pipeline.workflows) { $1 }
    return all.sorted { $0.key < $1.key }.map {
      Candidate(value: $0.key, description: $0.value.joined(separator: ", "))
    }
  }

  private var lanes: [Candidate] {
    (pipeline?.laneSizes ?? [:]).sorted { $0.key < $1.key }.map {
      Candidate(value: "\($0.key)=", description: "\($0.value) at a time now")
    }
  }

  private var orders: [String] {
    line.command == ArchiveListCommand.self
      ? ArchiveQuery.Order.allCases.map(\.rawValue) : JobQuery.Order.allCases.map(\.rawValue)
  }

  private var batches: [Candidate] {
    guard let workspace else { return [] }
    let records = workspace.batchRecords().suffix(Self.most).reversed()
    let named = records.compactMap(\.stem).map { Candidate(value: $0) }
    return (named.isEmpty ? [] : [Candidate(value: "latest", description: "the last batch")]) + named
  }

  private var migrations: [Candidate] {
    // By their folders alone: the plan of a large one takes long to read.
    let all = workspace.map { names(in: $0.stateFolder.appending("migrations")) } ?? []
    return all.filter { $0.hasPrefix("m") }.reversed().map { Candidate(value: $0) }
  }

  private func members(_ typed: String) -> [Candidate] {
    guard let archive = line.operands.first else { return [] }
    let named = Set(line.operands.dropFirst())
    return ArchiveMembers(of: archive, in: workspace).paths.filter { $0.hasPrefix(typed) && !named.contains($0) }
      .prefix(Self.most).map { Candidate(value: $0) }
  }
}
