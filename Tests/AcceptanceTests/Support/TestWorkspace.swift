import Foundation
import Jobs
import TestSupport
import Testing

/// A workspace of one test, under a temporary folder that goes when the test ends.
final class TestWorkspace {
  /// The workspace's folder.
  let root: String
  private let folder: String
  private var cleanups: [() -> Void] = []
  private var programs = 0

  /// Gives `body` a new workspace.
  ///
  /// - Parameters:
  ///   - name: the folder's name.
  ///   - stages: what its pipeline.yaml declares; without any there is no such file.
  ///   - config: lines of config/.env.
  ///   - inMemory: for what must be done within seconds: nothing there waits for a disk, which may stand still for a minute.
  static func with<Result>(
    _ stages: [Stage] = [], config: [String] = [], named name: String = "films", inMemory: Bool = false,
    _ body: (TestWorkspace) throws -> Result
  ) throws -> Result {
    let workspace = try TestWorkspace(named: name, inMemory: inMemory)
    defer { workspace.cleanUp() }
    try workspace.write("config/.env", config.map { $0 + "\n" }.joined())
    if !stages.isEmpty { try workspace.declare(stages) }
    return try body(workspace)
  }

  private init(named name: String, inMemory: Bool) throws {
    folder = (inMemory ? "/dev/shm/" : NSTemporaryDirectory()) + "cpwx-test-" + UUID().uuidString
    root = folder + "/" + name
    try FileManager.default.createDirectory(atPath: root + "/in", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: root + "/config", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: folder + "/home", withIntermediateDirectories: true)
    atEnd { [folder] in try? FileManager.default.removeItem(atPath: folder) }
    atEnd { [weak self] in for pid in self?.stageProcesses() ?? [] { kill(pid, SIGKILL) } }
  }

  /// Has `action` done when the test ends, before everything that was asked for earlier.
  func atEnd(_ action: @escaping () -> Void) { cleanups.append(action) }

  private func cleanUp() {
    while let action = cleanups.popLast() { action() }
  }

  // MARK: - Programs

  /// Runs cpwx to its end.
  @discardableResult
  func cpwx(
    _ arguments: String..., in place: String? = nil, environment: [String: String] = [:],
    within limit: Double = 580
  ) throws -> Outcome {
    try start([CPWX.path] + arguments, in: place, environment: environment).wait(atMost: limit)
  }

  /// Starts cpwx.
  func startCPWX(_ arguments: String..., environment: [String: String] = [:]) throws -> Program {
    try start([CPWX.path] + arguments, environment: environment)
  }

  /// Starts any program, in the workspace's folder by default.
  func start(_ arguments: [String], in place: String? = nil, environment: [String: String] = [:]) throws
    -> Program
  {
    programs += 1
    return try Program(
      arguments, in: place ?? root, environment: CPWX.environment(home: folder + "/home", environment),
      capture: folder + "/program-\(programs)")
  }

  /// The living processes of this workspace's stages.
  func stageProcesses() -> [pid_t] {
    let marker = Data("CPWX_JOB_DIR=\(root)/".utf8)
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { pid_t($0) }.filter { pid in
      FileManager.default.contents(atPath: "/proc/\(pid)/environ")?.range(of: marker) != nil
    }
  }

  // MARK: - Files

  /// The absolute path of what is at `path` in the workspace.
  func path(_ path: String) -> String { path.hasPrefix("/") ? path : root + "/" + path }

  func write(_ path: String, _ text: String) throws { try write(path, Data(text.utf8)) }

  func write(_ path: String, _ bytes: Data) throws {
    let file = self.path(path)
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try write(bytes, to: file, O_CREAT | O_TRUNC)
  }

  /// Adds to a file that is there.
  func append(_ path: String, _ text: String) throws { try write(Data(text.utf8), to: self.path(path), O_APPEND) }

  private func write(_ bytes: Data, to file: String, _ options: Int32) throws {
    // Closed in the programs that other tests start meanwhile: a film that one of them could write is not whole.
    let descriptor = open(file, O_WRONLY | O_CLOEXEC | options, 0o644)
    try #require(descriptor >= 0, "\(file) cannot be written: \(String(cString: strerror(errno)))")
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try handle.write(contentsOf: bytes)
    try handle.close()
    ProgramStart.waitForThoseUnderWay()
  }

  /// Makes a film below in/, which has been there for an hour, and gives its path.
  @discardableResult
  func film(_ name: String = "Film (2001).mp4", holding content: String = "moving pictures") throws -> String {
    try write("in/" + name, content)
    try age(path("in/" + name), by: 3600)
    return path("in/" + name)
  }

  /// Has a file be that many seconds old.
  func age(_ path: String, by seconds: Double) throws {
    // In whole seconds: of a fraction that rounds to one, Foundation makes microseconds that the kernel refuses.
    let time = Date(
      timeIntervalSinceReferenceDate: Date(timeIntervalSinceNow: -seconds).timeIntervalSinceReferenceDate.rounded())
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
  }

  func declare(_ stages: [Stage], workflows: [String: [String]] = [:]) throws {
    try write("config/pipeline.yaml", Stage.yaml(stages, workflows: workflows))
  }

  func read(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

  func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: self.path(path))) }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: self.path(path)) }

  func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: self.path(path)) }

  func move(_ path: String, to other: String) throws {
    try FileManager.default.moveItem(atPath: self.path(path), toPath: self.path(other))
  }

  /// The permission bits of a file.
  func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: self.path(path))
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
  }

  /// Every file and folder below `folder`, sorted, as paths from there.
  func tree(_ folder: String = "") -> [String] {
    (FileManager.default.enumerator(atPath: path(folder))?.allObjects as? [String] ?? []).sorted()
  }

  // MARK: - Jobs

  /// The folders of all jobs, oldest first.
  var jobs: [String] {
    let found = tree("out").filter { $0.split(separator: "/").count == 5 }
    return found.sorted { $0.split(separator: "/")[4] < $1.split(separator: "/")[4] }.map {
      path("out/" + $0)
    }
  }

  /// The folder of the only job.
  func job() throws -> String {
    try #require(jobs.count == 1, "expected one job, found \(jobs)")
    return jobs[0]
  }

  func manifest(of job: String? = nil) throws -> JSON {
    try JSON(parsing: try bytes((try job ?? self.job()) + "/manifest.json"))
  }

  /// A stage's record in the only job's manifest.
  func record(_ stage: String) throws -> JSON { try #require(try manifest()["stages"]?[stage]) }

  /// A stage's log of the only job.
  func log(_ stage: String) throws -> String { try read(try logFolder() + "/\(stage).log") }

  func logFolder() throws -> String {
    let job = try job()
    return path("logs") + job.dropFirst(path("out").count)
  }

  /// The stages that have run, in order: each notes itself in the file `runs`.
  var runs: [String] { ((try? read("runs")) ?? "").split(separator: "\n").map(String.init) }
}
