internal import Jobs
internal import SystemPackage

/// Slurm's own programs: `sbatch`, `squeue`, `scontrol` and `scancel`, as they are found in PATH.
struct Slurm: Sendable {
  /// A program that was run and did not do what it was asked.
  struct Failure: Error, CustomStringConvertible {
    /// What it said, on one line.
    var description: String

    /// Whether the cluster has no room for more jobs just now, at all or of this user.
    var isOfFullQueue: Bool { description.contains(Slurm.sleeps) || isOfLimit }
    /// Whether the site lets this user have no more jobs at a time. What limit it is stands before what all limits of
    /// accounts are told with, where it is told: `QOSMaxSubmitJobPerUserLimit`.
    var isOfLimit: Bool {
      guard description.contains("violates accounting/QOS policy") else { return false }
      return description.contains("SubmitJob") || !description.contains("Limit")
    }
    /// Whether what was asked for is wrong, whatever state the nodes are in.
    var isOfRequest: Bool { description.lowercased().contains("invalid") }
    /// Whether tasks that were named have ended meanwhile; what was asked of the others is done.
    var isOfEnded: Bool {
      ["Invalid job id", "already completing or completed"].contains { description.contains($0) }
    }
  }

  private let programs: ProgramCall

  /// What sbatch says of a full queue before it waits for minutes, in which nobody would follow what is at work.
  static let sleeps = "sleeping and retrying"

  /// - Parameter folder: where they are run, and with them the tasks.
  /// - Throws: `Errno` when no pipe can be made.
  init(environment: [String: String], folder: FilePath) throws {
    // Long lists of tasks are cut short, else.
    let settings = environment.filter { !Self.isMisleading($0.key) }.merging(["SLURM_BITSTR_LEN": "0"]) { $1 }
    programs = try ProgramCall(environment: settings, folder: folder)
  }

  /// Whether a variable is one by which people narrow what these programs list or end when they call them themselves, or
  /// name, place and cut up what they hand over.
  static func isMisleading(_ variable: String) -> Bool {
    ["SQUEUE_", "SCANCEL_", "SCONTROL_", "SINFO_"].contains { variable.hasPrefix($0) }
      || [
        "SBATCH_ARRAY_INX", "SBATCH_CLUSTERS", "SBATCH_DEPENDENCY", "SBATCH_ERROR", "SBATCH_JOB_NAME", "SBATCH_OUTPUT",
        "SBATCH_WAIT",
      ].contains(variable)
  }

  /// Makes sure that the programs are there and the cluster's controller answers.
  ///
  /// - Throws: ``JobError`` with code `missingEngine` that says what is missing.
  func requireController() throws {
    do {
      // Of a machine that belongs to no cluster not even these answer.
      for program in ["sbatch", "squeue", "scancel"] { _ = try answer([program, "--version"]) }
      _ = try answer(["scontrol", "ping"])
    } catch let failure as Failure {
      throw JobError(
        .missingEngine, "Slurm's controller", "does not answer: \(failure)",
        remedy: "No job was made. See: scontrol ping. Or run the films on this machine: --executor local")
    }
  }

  /// Hands a script to the cluster.
  ///
  /// - Returns: the array's id.
  /// - Throws: ``Failure`` with what sbatch said.
  func submit(_ script: FilePath, _ options: [String]) throws -> String {
    let said = try answer(
      ["sbatch", "--parsable"] + options + [script.string.asOperand], within: 30, until: { $0.contains(Self.sleeps) })
    // Warnings may stand before it, and a cluster's name after it.
    let ids = said.split(whereSeparator: \.isNewline).map { $0.prefix { $0 != ";" } }
    guard let id = ids.last(where: { !$0.isEmpty && $0.allSatisfy(\.isNumber) }) else {
      let text = said.trimmedLines
      throw Failure(description: "sbatch told no id\(text.isEmpty ? "" : ": \(text)")")
    }
    return String(id)
  }

  /// Asks whether the cluster would take a job with these options, and hands over none.
  ///
  /// - Throws: ``Failure`` with what sbatch said.
  func test(_ options: [String]) throws {
    _ = try answer(["sbatch", "--test-only"] + options + ["--wrap", "true"])
  }

  /// The tasks of arrays with these names, as far as the controller still knows them.
  ///
  /// - Throws: ``Failure`` while the controller does not answer.
  func tasks(named names: [String]) throws -> [ClusterTask] {
    let listed = try answer([
      "squeue", "--noheader", "--states=all", "--name=\(names.joined(separator: ","))",
      "--format=%F|%K|%T|%M|%l|%j|%N|%r",
    ])
    return listed.split(whereSeparator: \.isNewline).flatMap { ClusterTask.read($0) }
  }

  /// Takes tasks that wait out of the queue.
  func cancelWaiting(_ arrays: [String]) throws { _ = try answer(["scancel", "--state=PENDING"] + arrays) }

  /// Asks tasks to end with the stage that runs; asked once more, they end it now.
  func signal(_ tasks: [String]) throws { _ = try answer(["scancel", "--signal=TERM", "--batch"] + tasks) }

  /// Has the cluster end what is left of arrays, or tasks.
  func cancel(_ arrays: [String]) throws { _ = try answer(["scancel"] + arrays) }

  /// How large an array may be.
  func largestArray() throws -> ArrayLimits { ArrayLimits(config: try answer(["scontrol", "show", "config"])) }

  /// What the largest of the nodes has that jobs may be placed on; `nil` where the cluster does not say.
  ///
  /// - Parameter place: `--partition` and its like, as `sbatch` takes them.
  func largestNode(_ place: [String], environment: [String: String]) -> TaskRequest.Node? {
    let named = Self.partition(in: place) ?? environment["SBATCH_PARTITION"]?.nonEmpty
    let partition = named.map { ["--partition=\($0)"] } ?? []
    let told = try? answer(["sinfo", "--noheader", "--exact", "--format=%c %m %l %P"] + partition)
    return told.flatMap { TaskRequest.Node(told: $0, isPlaced: !partition.isEmpty) }
  }

  /// The last that options of `sbatch` name, in any of the forms that it takes.
  static func partition(in options: [String]) -> String? {
    var named: String?
    for (index, word) in options.enumerated() {
      if word == "-p" || word == "--partition" {
        named = options.dropFirst(index + 1).first
      } else if word.hasPrefix("--partition=") {
        named = String(word.dropFirst("--partition=".count))
      } else if word.hasPrefix("-p") {
        named = String(word.dropFirst("-p".count))
      }
    }
    return named?.nonEmpty
  }

  /// What a program answers.
  ///
  /// - Throws: ``JobError`` with code `missingEngine` when there is no such program, else ``Failure``.
  private func answer(
    _ arguments: [String], within seconds: Double = 120, until isEnough: ((String) -> Bool)? = nil
  ) throws -> String {
    let program = arguments[0]
    let answer: (end: StageProcess.End, text: String)
    do {
      answer = try programs.answer(arguments, within: seconds, until: isEnough)
    } catch Errno.noSuchFileOrDirectory {
      throw JobError(
        .missingEngine, program, "not found in PATH: this machine cannot speak to a Slurm cluster",
        remedy: "No job was made. Install it: apt-get install slurm-client. Or run the films here: --executor local")
    }
    let text = answer.text
    switch answer.end {
    case .exited(0): return text
    case .timedOut:
      let said = text.isEmpty ? "" : ": \(text.trimmedLines)"
      throw Failure(description: "\(program) had not answered after \(describeDuration(seconds))\(said)")
    default: throw Failure(description: text.isEmpty ? "\(program) failed" : text.trimmedLines)
    }
  }
}

extension String {
  /// The lines that say something, on one.
  fileprivate var trimmedLines: String {
    split(whereSeparator: \.isNewline).filter { $0.contains(where: \.isLetter) && !$0.hasPrefix("*") }.joined(
      separator: "; ")
  }
}

extension TaskRequest.Node {
  /// Reads lines of `sinfo --exact --format="%c %m %l %P"`: of each kind of node the processors and MiB, the longest time and
  /// the partition, with a star at the one that jobs get which name none.
  ///
  /// - Parameter isPlaced: the lines are of partitions that jobs name.
  init?(told text: String, isPlaced: Bool) {
    let all = text.split(whereSeparator: \.isNewline).map { $0.split(separator: " ").map(String.init) }
    let standard = isPlaced ? [] : all.filter { $0.last?.hasSuffix("*") == true }
    let kinds = (standard.isEmpty ? all : standard).compactMap { words -> Self? in
      guard words.count == 4, let cpus = Int(words[0].prefix { $0.isNumber }), cpus > 0,
        let memory = Int(words[1].prefix { $0.isNumber })
      else { return nil }
      // A cluster that counts no memory says 1.
      let bytes = (2..<(1 << 40)).contains(memory) ? memory << 20 : nil
      return Self(cpus: cpus, memory: bytes, minutes: ClusterTask.duration(words[2]).map { Int(min($0, 3e9) / 60) })
    }
    func size(_ kind: Self) -> (Int, Int, Int) { (kind.memory ?? 0, kind.cpus, kind.minutes ?? .max) }
    guard let largest = kinds.max(by: { size($0) < size($1) }) else { return nil }
    self = largest
  }
}
