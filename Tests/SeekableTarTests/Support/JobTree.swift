import Foundation
import SeekableTar
import SystemPackage
import TestSupport

/// A tree like a job's, in a folder of its own, and archives of it.
final class JobTree: Sendable {
  static let job = "out/2025/10/30/1/20251030-001"
  static let logs = "logs/2025/10/30/1/20251030-001"

  let folder: TemporaryFolder
  var workspace: String { folder.path("workspace").string }

  /// - Parameter script: Python that makes the tree, from the workspace's folder.
  init(_ script: String = JobTree.small) throws {
    folder = try TemporaryFolder()
    try folder.folder("workspace/\(Self.job)")
    try folder.folder("workspace/\(Self.logs)")
    try change(script)
  }

  // Names may be longer than FileManager can take away.
  deinit { _ = try? output(of: ["rm", "-rf", folder.root.string]) }

  /// Runs Python in the workspace's folder; `job` and `logs` are the two folders.
  func change(_ script: String) throws {
    try python(
      "os.chdir(sys.argv[1])\njob, logs = sys.argv[2:4]\n" + script, [workspace, Self.job, Self.logs])
  }

  /// A few files of each kind that a job has.
  static let small = """
    import random
    random.seed(5)
    def put(path, data, mode=0o644):
      os.makedirs(os.path.dirname(path), exist_ok=True)
      open(path, "wb").write(data)
      os.chmod(path, mode)
    put(job + "/job.env", b"JOB_ID=20251030-001\\nTMDB_API_KEY=s3cr3t-value\\n", 0o600)
    put(job + "/job_info.json", b'{"job_id": "20251030-001"}')
    put(job + "/manifest.json", b'{"pipeline": {"status": "completed"}}')
    put(job + "/audio/audio.wav", b"RIFF....WAVEfmt " + random.randbytes(700000))
    put(job + "/asr/asr.json", b'[{"text": "hello", "start": 1.5}]\\n' * 30000)
    put(job + "/final_output.mp4", b"\\0\\0\\0\\x20ftypisom" + random.randbytes(5000000))
    for number in range(40): put(job + "/frames/%03d.txt" % number, b"frame %d\\n" % number * number)
    put(logs + "/asr.log", b"asr: done\\n" * 100)
    for path, folders, files in os.walk("."):
      for name in folders + files:
        os.utime(os.path.join(path, name), ns=(0, 1761800000123456789))
    """

  var source: ArchiveSource { get throws { try source(at: workspace) } }

  func source(at workspace: String) throws -> ArchiveSource {
    ArchiveSource(
      roots: try [Self.logs, Self.job].map {
        ArchiveSource.Root(try MemberPath(Array($0.utf8)), at: FilePath(workspace).pushing(FilePath($0)))
      })
  }

  /// Writes an archive of the tree beside it.
  @discardableResult
  func archive(_ name: String = "job.tar.zst", _ change: (inout ArchiveSource) -> Void = { _ in }) throws
    -> WrittenArchive
  {
    var source = try source
    change(&source)
    return try source.write(to: folder.path(name))
  }

  func open(_ name: String = "job.tar.zst") throws -> SeekableArchive { try SeekableArchive(folder.path(name)) }

  /// Extracts an archive into a new folder.
  @discardableResult
  func extract(_ name: String = "job.tar.zst", _ options: ExtractionOptions = .init(), to target: String = "restored")
    throws
    -> ExtractionReport
  {
    let archive = try open(name)
    try folder.folder(target)
    return try withFolder(folder.path(target)) { try archive.extract(options, into: $0) }
  }
}

extension ArchiveSource {
  func write(to path: FilePath) throws -> WrittenArchive {
    let file = try FileDescriptor.open(
      path, .readWrite, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
    return try file.closeAfter { try write(to: file) }
  }
}

func withFolder<Result>(_ path: FilePath, _ body: (FileDescriptor) throws -> Result) throws -> Result {
  let folder = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
  return try folder.closeAfter { try body(folder) }
}

extension MemberPath {
  /// A path in the test's job.
  static func job(_ path: String) throws -> MemberPath { try MemberPath(Array("\(JobTree.job)/\(path)".utf8)) }
}

extension SeekableArchive {
  /// A member of the test's job.
  func member(_ path: String) throws -> Member {
    guard let member = contents.member(try .job(path)) else { throw CocoaError(.fileNoSuchFile) }
    return member
  }
}
