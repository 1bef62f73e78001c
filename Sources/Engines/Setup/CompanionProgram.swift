internal import Jobs
public import SystemPackage
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension EngineHome {
  /// Copies `cpwx-stage` from beside the running program into ``programs``, so that a lone copy of that program
  /// elsewhere finds it.
  ///
  /// - Returns: where it now lies; `nil` when there is none to copy.
  /// - Throws: ``JobError`` with code `io`.
  @discardableResult
  public func keepStageProgram(beside folder: FilePath? = runningProgramFolder()) throws -> FilePath? {
    guard let folder else { return nil }
    let source = folder.appending("cpwx-stage")
    let target = programs.appending("cpwx-stage")
    guard source != target, let status = try? FileStatus(of: source), status.isRegular else { return nil }
    let bytes = try DurableFile.read(source)
    if (try? FileStatus(of: target).size) == status.size, (try? DurableFile.read(target)) == bytes { return target }
    try makeFolder(programs)
    try DurableFile.write(
      bytes, to: target, mode: [.ownerReadWriteExecute, .groupReadExecute, .otherReadExecute])
    return target
  }
}

/// Where the programs of stages are looked for before PATH: beside cpwx, then among the engines.
public func stageProgramFolders(
  beside folder: FilePath? = runningProgramFolder(), environment: [String: String]
) -> [FilePath] {
  [folder, try? EngineHome(environment: environment).programs].compactMap { $0 }
}

/// The folder of the program that runs, links resolved.
public func runningProgramFolder() -> FilePath? { runningProgram()?.removingLastComponent() }

/// The program that runs, wherever it was called from.
public func runningProgram() -> FilePath? { realPath("/proc/self/exe") }

var processID: Int32 { getpid() }
