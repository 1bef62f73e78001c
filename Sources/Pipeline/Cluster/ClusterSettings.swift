public import Jobs
public import SystemPackage

/// How jobs are handed to a Slurm cluster: what config/.env, the environment and the command line say of it.
public struct ClusterSettings: Sendable {
  /// cpwx as the nodes find it.
  public var program: FilePath
  /// What every worker's cpwx is told besides its job.
  public var workerArguments: [String]
  /// Hand the jobs over, and leave.
  public var detaches = false
  /// Whose jobs they are and where: `--partition` and its like, as `sbatch` takes them.
  let place: [String]
  let flags: [String]
  /// What a job asks for that has a stage in the lane `gpu`, as in `gpu:1`; `nil`: nothing.
  let gres: String?

  /// - Parameters:
  ///   - program: this very program, for where CPWX_SLURM_PROGRAM names no other.
  ///   - workerArguments: what every worker's cpwx is told besides its job.
  /// - Throws: ``JobError`` with code `configuration` for flags that would take apart what cpwx hands over.
  public init(
    _ workspace: Workspace, environment: [String: String], program: FilePath, workerArguments: [String]
  ) throws {
    let setting = { workspace.setting($0, environment) }
    self.program = setting("CPWX_SLURM_PROGRAM").map { FilePath($0) } ?? program
    self.workerArguments = workerArguments
    let named = [
      ("CPWX_SLURM_PARTITION", "--partition"), ("CPWX_SLURM_ACCOUNT", "--account"), ("CPWX_SLURM_QOS", "--qos"),
    ]
    flags = setting("CPWX_SLURM_FLAGS")?.split(whereSeparator: \.isWhitespace).map(String.init) ?? []
    place = named.compactMap { key, flag in setting(key).map { "\(flag)=\($0)" } }
    gres = setting("CPWX_SLURM_GRES")
    if let taken = flags.first(where: { SubmissionFlags.isTaken($0) }) {
      throw JobError(
        .configuration, "CPWX_SLURM_FLAGS", "\(taken) is for cpwx to say: by it the jobs are found again",
        remedy: "No job was made. Take it out; what else sbatch knows may stand there.")
    }
  }

  /// Whether the flags say themselves what GPUs are asked for.
  var asksForGPUs: Bool { flags.contains { flag in ["--gres", "--gpu", "-G"].contains { flag.hasPrefix($0) } } }

  /// What may have gone wrong with the flags; empty where nothing looks like it.
  var hint: String {
    guard flags.contains(where: { $0.contains { "'\"".contains($0) } }) else { return "" }
    return ". Quotes in CPWX_SLURM_FLAGS keep no words together: its options are parted by blanks, each as it stands"
  }
}

extension Workspace {
  /// What the environment says, else what config/.env says; `nil` where both are empty.
  func setting(_ key: String, _ environment: [String: String]) -> String? {
    environment[key]?.nonEmpty ?? config.values(outer: environment).last { $0.key == key }?.value.nonEmpty
  }

  /// What a setting chooses among a few; `standard` where it is empty.
  ///
  /// - Throws: ``JobError`` with code `configuration` for what is none of them.
  func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ key: String, _ environment: [String: String], else standard: Choice
  ) throws -> Choice {
    guard let text = setting(key, environment) else { return standard }
    if let choice = Choice(rawValue: text.lowercased()) { return choice }
    let known = Choice.allCases.map(\.rawValue).joined(separator: " or ")
    throw JobError(
      .configuration, "\(key)=\(text)", "is none of its values",
      remedy: "Expected \(known), in the environment or in \(configFile).")
  }
}
