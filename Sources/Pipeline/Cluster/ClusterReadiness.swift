internal import Index
public import Jobs
internal import SystemPackage

/// What stages that are done on a GPU find on a cluster, asked of its controller before a night.
public struct ClusterReadiness {
  public struct Finding: Sendable {
    public enum Severity: Sendable {
      case none
      /// Jobs would be done, and otherwise than was meant.
      case doubt
      /// The cluster would take no job.
      case refusal
    }

    public var severity: Severity
    public var message: String
    public var remedy = ""
  }

  private let workspace: Workspace
  private let environment: [String: String]
  private let settings: ClusterSettings
  private let slurm: Slurm

  /// - Throws: ``JobError`` with code `configuration` for settings with which nothing can be handed over; `Errno` when no
  ///   pipe can be made.
  public init(_ workspace: Workspace, environment: [String: String]) throws {
    (self.workspace, self.environment) = (workspace, environment)
    settings = try ClusterSettings(workspace, environment: environment, program: "cpwx", workerArguments: [])
    slurm = try Slurm(environment: environment, folder: workspace.root)
  }

  /// Whether the GPUs that stages are meant to be done on are asked for, and there.
  ///
  /// - Returns: `nil` where no stage is meant to be, or the controller takes no job at all.
  public func gpus(for stages: [StageDefinition]) -> Finding? {
    let request = TaskRequest(stages, WorkHistory(), expected: nil, gres: settings.gres)
    if let gres = request.gres { return asked(gres, by: stages) }
    if settings.asksForGPUs { return nil }
    let (unheard, why) = untold(among: stages)
    guard !unheard.isEmpty else { return nil }
    let place = "Put \(unheard.count == 1 ? "it" : "them") in the lane gpu, and set"
    let setting = why == .lane ? "Set" : place
    let hasThem = isTaken("gpu:1")
    return Finding(
      severity: .doubt,
      message: "\(names(unheard)) \(why.words(unheard.count)), and the cluster is asked for no GPU"
        + (hasThem ? "" : "; it has none to give: there is no gres gpu"),
      remedy: hasThem
        ? "\(setting) CPWX_SLURM_GRES=gpu:1, or give the stage 'gpus: 1' in the pipeline file."
        : "Where its nodes have GPUs: GresTypes=gpu in slurm.conf and gres.conf, then CPWX_SLURM_GRES=gpu:1. Else put the stage in another lane, such as cpu."
    )
  }

  /// What is asked for: the cluster has it, or takes no job.
  private func asked(_ gres: String, by stages: [StageDefinition]) -> Finding? {
    let declared = stages.filter { ($0.gpus ?? 0) > 0 }
    let asking = declared.isEmpty ? stages.filter { $0.lane == "gpu" } : declared
    if isTaken(gres) { return Finding(severity: .none, message: "\(gres) for \(names(asking))") }
    // Whatever else is wrong with it is not the GPU's.
    guard isTaken(nil) else { return nil }
    return Finding(
      severity: .refusal,
      message: "the cluster has no gres \(gres), which \(names(asking)) would ask for: it takes no job",
      remedy: declared.isEmpty
        ? "Mend CPWX_SLURM_GRES; what there is: sinfo -o '%P %G'. Or put the stage in another lane, such as cpu."
        : "Mend 'gpus' of the stage, or name a partition that has it: CPWX_SLURM_PARTITION. What there is: sinfo -o '%P %G'."
    )
  }

  private enum Want {
    case lane
    case service

    func words(_ count: Int) -> String {
      switch self {
      case .lane: count == 1 ? "is in the lane gpu" : "are in the lane gpu"
      case .service: count == 1 ? "has a service that asks for a GPU" : "have services that ask for a GPU"
      }
    }
  }

  /// Stages that are meant to be done on a GPU, by their lane, else by their service, and say no number of them.
  private func untold(among stages: [StageDefinition]) -> ([StageDefinition], Want) {
    let open = stages.filter { $0.gpus == nil }
    let inLane = open.filter { $0.lane == "gpu" }
    if !inLane.isEmpty { return (inLane, .lane) }
    guard (try? Runner(of: workspace, environment: environment)) == .docker,
      let file = ComposeFile.place(below: workspace.root),
      let docker = try? Docker(environment: environment, folder: workspace.root),
      // What is wrong with the file has a check of its own.
      let project = try? ComposeCheck.project(of: file, in: workspace, docker)
    else { return ([], .service) }
    return (open.filter { $0.service.map { project["services"]?[$0]?.asksForGPU == true } == true }, .service)
  }

  private func names(_ stages: [StageDefinition]) -> String { stages.map(\.name).joined(separator: ", ") }

  private func isTaken(_ gres: String?) -> Bool {
    (try? slurm.test((gres.map { ["--gres=\($0)"] } ?? []) + settings.place + settings.flags)) != nil
  }
}

extension JSON {
  /// Whether a service of a compose file wants a GPU, in any of the ways in which these say so.
  fileprivate var asksForGPU: Bool {
    let devices = self["deploy"]?["resources"]?["reservations"]?["devices"]?.array ?? []
    let capabilities = devices.flatMap { $0["capabilities"]?.array ?? [] }.compactMap(\.string)
    return capabilities.contains("gpu") || self["gpus"] != nil || self["runtime"]?.string == "nvidia"
  }
}
