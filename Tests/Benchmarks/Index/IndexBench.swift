internal import Glibc
internal import Jobs
internal import SystemPackage

/// Makes large workspaces and measures the index over them; `make bench-index` runs it.
@main
enum IndexBench {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch (arguments.first, arguments.count) {
    case ("generate", 3):
      guard let count = Int(arguments.last!), count >= 0 else { fallthrough }
      try SyntheticWorkspace(FilePath(arguments[2])).grow(to: count)
    case ("reindex", 2):
      let workspace = try Workspace(at: FilePath(arguments[2]), environment: [:])
      print(try Measurement(of: workspace).reindexing().text(.compact))
    case ("ask", 2):
      let workspace = try Workspace(at: FilePath(arguments[2]), environment: [:])
      print(try Measurement(of: workspace).answers().text(.compact))
    case ("change", 3):
      let (workspace, empty) = (
        try Workspace(at: FilePath(arguments[2]), environment: [:]),
        try Workspace(at: FilePath(arguments[3]), environment: [:])
      )
      print(try Measurement(of: workspace).changes(besides: empty).text(.compact))
    case ("measure", 2):
      let workspace = try Workspace(at: FilePath(arguments[2]), environment: [:])
      print(try Measurement(of: workspace).figures().text(.compact))
    default:
      say(
        "usage: index-bench generate DIR COUNT | index-bench reindex|ask|measure DIR | index-bench change DIR EMPTY-DIR"
      )
      exit(2)
    }
  }
}

/// Tells the reader of the terminal, beside the figures.
func say(_ text: String) { _ = try? FileDescriptor.standardError.writeAll((text + "\n").utf8) }
