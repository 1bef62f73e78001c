public import Jobs
public import SystemPackage
internal import Defaults

/// What is wrong in a pipeline file, all of it at once.
public struct PipelineFileError: Error, Sendable, CustomStringConvertible {
  public struct Mistake: Sendable, Equatable {
    /// Counted from 1.
    public var line: Int
    /// What is there and what was expected.
    public var message: String
  }

  public var file: String
  public var mistakes: [Mistake]

  public var description: String {
    mistakes.map { "\(file):\($0.line): \($0.message)" }.joined(separator: "\n")
  }
}

extension PipelineDefinition {
  /// The pipeline of a workspace: `file` if given, else its config/pipeline.yaml, else the ten documented stages.
  ///
  /// - Parameter runner: what each stage must say how it is run by; `nil`: by any will do.
  /// - Throws: ``PipelineFileError``, or ``JobError`` when the file cannot be read.
  public static func load(
    for workspace: Workspace, file: FilePath? = nil, runner: Runner? = nil
  ) throws -> PipelineDefinition {
    guard let path = file ?? (exists(workspace.pipelineFile) ? workspace.pipelineFile : nil) else {
      return try standard
    }
    let bytes: [UInt8]
    do {
      bytes = try DurableFile.read(path)
    } catch let error as JobError {
      throw JobError(.configuration, path.string, "the pipeline cannot be read", underlying: error.underlying)
    }
    return try PipelineDefinition(parsing: bytes, file: path.string, runner: runner)
  }

  /// The ten documented stages.
  public static var standard: PipelineDefinition {
    get throws {
      try PipelineDefinition(parsing: Defaults.pipeline, file: "the built-in pipeline.yaml")
    }
  }

  /// Reads a pipeline file's text.
  ///
  /// - Parameter runner: what each stage must say how it is run by: by a command, or a service. `nil`: one of both will do.
  /// - Throws: ``PipelineFileError`` with every mistake found.
  public init(yaml: String, file: String, runner: Runner? = nil) throws {
    try self.init(parsing: Array(yaml.utf8), file: file, runner: runner)
  }

  /// The same, of the file's bytes: text in UTF-8, with or without a byte-order mark.
  public init(parsing bytes: [UInt8], file: String, runner: Runner? = nil) throws {
    if let flaw = TextFlaw.any(in: bytes) ?? TextFlaw.noUTF8(in: bytes) {
      var message = flaw.description
      if case .encoding(let name) = flaw { message += ", which this gives: iconv -f \(name) -t UTF-8 \(file)" }
      throw PipelineFileError(file: file, mistakes: [.init(line: flaw.line, message: message)])
    }
    var reader = PipelineReader(runner: runner)
    let definition = reader.read(String(decoding: bytes.withoutByteOrderMark, as: UTF8.self))
    guard reader.mistakes.isEmpty, let definition else {
      throw PipelineFileError(file: file, mistakes: reader.mistakes.sorted { $0.line < $1.line })
    }
    self = definition
    source = bytes
  }
}
