internal import ArgumentParser
internal import Engines
internal import Jobs
internal import Pipeline
internal import SystemPackage

/// What a `cpwx run` asks for, its options brought together.
struct RunRequest {
  let workspace: Workspace
  let batch: FilmBatch
  private let inputs: [FilePath]
  private let resumed: [String]

  init(_ command: RunCommand) throws {
    var (paths, config, user) = (command.paths, command.config, command.user)
    if let old = OldForm(paths) {
      paths = [paths[0]]
      config = config ?? old.config
      user = user ?? old.user
    }
    workspace = try command.workspaceOptions.open(config: config)
    let configuredUser = workspace.config["USER_ID"].flatMap { Int($0) }
    let pipeline = try PipelineDefinition.load(for: workspace, file: command.pipeline.map { absolute(FilePath($0)) })
    let selection = try StageSelection(
      of: pipeline, workflow: command.workflow,
      only: command.stages?.split(separator: ",").map { $0.trimmed } ?? [], from: command.fromStage)
    let environment = processEnvironment()
    batch = FilmBatch(
      workspace: workspace, user: user ?? configuredUser ?? 1, selection: selection, workflow: command.workflow,
      again: command.force, renewsConfig: config != nil, environment: environment,
      toolFolders: [runningProgramFolder(), try? EngineHome(environment: environment).programs].compactMap { $0 })
    resumed = command.resume
    let standard = command.resume.isEmpty ? [workspace.inputRoot] : []
    inputs = paths.isEmpty ? standard : paths.map { absolute(FilePath($0)) }
  }

  func films() throws -> FilmBatch.Plan { try batch.plan(inputs: inputs, resumed: resumed) }
}

/// `FILE CONFIG [USER]`, as pipeline.py took its arguments.
private struct OldForm {
  var config: String
  var user: Int?

  init?(_ arguments: [String]) {
    guard (2...3).contains(arguments.count) else { return nil }
    let name = FilePath(arguments[1]).lastComponent?.string ?? ""
    let status = try? FileStatus(of: FilePath(arguments[1]))
    guard status?.isRegular == true, name.hasPrefix(".env") || name.hasSuffix(".env") else { return nil }
    config = arguments[1]
    guard arguments.count == 3 else { return }
    guard let user = Int(arguments[2]) else { return nil }
    self.user = user
  }
}

extension Substring {
  fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
