internal import Glibc
internal import Jobs
public import SystemPackage

/// Measurements in Prometheus' text form, for the textfile collector of its node exporter.
///
/// Source of the format: Prometheus' "Exposition formats", version 0.0.4.
public struct Metrics: Sendable, Equatable {
  private struct Family: Sendable, Equatable {
    var name: String
    var kind: String
    var help: String
    var samples: [String]
  }

  private var families: [Family] = []

  public init() {}

  /// Adds a value that goes up and down.
  ///
  /// - Parameters:
  ///   - name: by Prometheus' conventions, with the unit: `cpwx_free_bytes`.
  ///   - help: the same for all samples of one name; the first one counts.
  ///   - labels: in the order in which they are written.
  public mutating func gauge(_ name: String, _ help: String, _ value: Double, labels: [(String, String)] = []) {
    add(name, "gauge", help, [Self.sample(name, labels, value)])
  }

  /// Adds how many things were measured and what they come to together: `NAME_sum` and `NAME_count`.
  public mutating func summary(
    _ name: String, _ help: String, sum: Double, count: Int, labels: [(String, String)] = []
  ) {
    add(
      name, "summary", help,
      [Self.sample(name + "_sum", labels, sum), Self.sample(name + "_count", labels, Double(count))])
  }

  /// All of them, the samples of one name together, as the format demands.
  public var text: String {
    families.map { family in
      """
      # HELP \(family.name) \(Self.escaped(family.help, quotes: false))
      # TYPE \(family.name) \(family.kind)
      \(family.samples.joined(separator: "\n"))

      """
    }.joined()
  }

  /// The file that `name` is, when metrics can be written there: a night is long, and ends with them.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public static func place(_ name: String) throws -> FilePath {
    let path = absolute(FilePath(name))
    let folder = (realPath(path) ?? path).removingLastComponent()
    let mayWrite = unsafe folder.withPlatformString { unsafe faccessat(AT_FDCWD, $0, W_OK, AT_EACCESS) } == 0
    // A device or a pipe is written to as it is.
    let isOther = (try? FileStatus(of: path)).map { !$0.isRegular && !$0.isDirectory } ?? false
    if isOther ? mayAccess(path, W_OK) : mayWrite && isDirectory(folder) && !isDirectory(path) { return path }
    throw JobError(
      .io, path.string, "the metrics cannot be written there",
      remedy: "Nothing was begun. Name a file in a folder of yours.")
  }

  /// Replaces the file at `path`, readable by all: the collector never sees a half of it.
  ///
  /// - Parameter path: it must end in `.prom` for the collector to take it.
  /// - Throws: ``JobError`` with code `io`.
  public func write(to path: FilePath) throws {
    try DurableFile.write(Array(text.utf8), toNamed: path, mode: [.ownerReadWrite, .groupRead, .otherRead])
  }

  private mutating func add(_ name: String, _ kind: String, _ help: String, _ samples: [String]) {
    if let known = families.firstIndex(where: { $0.name == name }) {
      families[known].samples += samples
    } else {
      families.append(Family(name: name, kind: kind, help: help, samples: samples))
    }
  }

  private static func sample(_ name: String, _ labels: [(String, String)], _ value: Double) -> String {
    let pairs = labels.map { "\($0)=\"\(escaped($1, quotes: true))\"" }.joined(separator: ",")
    return "\(name)\(pairs.isEmpty ? "" : "{\(pairs)}") \(number(value))"
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: value).map { String($0) } ?? "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    // By scalars: a carriage return and a newline are one character.
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
