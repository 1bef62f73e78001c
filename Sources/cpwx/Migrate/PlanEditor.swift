internal import Glibc
internal import Jobs
internal import Migration
internal import SystemPackage

/// Has a person change a plan before it runs: what is to be migrated, and of each entry title, year, user and time.
struct PlanEditor {
  /// - Returns: what is to be migrated, by the paths of the entries.
  /// - Throws: ``JobError`` with code `usage` when the editor fails or what it leaves is no plan; nothing is then done.
  func edit(_ plan: MigrationPlan) throws -> [String: PlanEdit] {
    var entries: [JSON] = []
    try plan.forEach { entry in
      guard entry.isMigrated else { return }
      let document = entry.document
      var shown = JSON.object(.init())
      for key in ["path", "title", "year", "user_id", "created_at", "status", "twins", "problems"] {
        shown[key] = document[key]
      }
      entries.append(shown)
    }
    let file = temporaryFolder.appending("cpwx-plan-\(getpid()).json")
    let help =
      "Remove an entry, and it stays as it is. title, year, user_id and created_at may be changed; ids follow from them."
    let document: JSON = ["help": .string(help), "entries": .array(entries)]
    try DurableFile.create(document.bytes(), at: file, mode: [.ownerReadWrite])
    defer { unlink(file) }
    try open(file)
    guard let edited = try? JSON(parsing: DurableFile.read(file)), let list = edited["entries"]?.array else {
      throw JobError(.usage, "the plan", "is no JSON with entries any more", remedy: "Nothing was changed.")
    }
    let known = Set(entries.compactMap { $0["path"]?.string })
    var edits: [String: PlanEdit] = [:]
    for entry in list {
      guard let path = entry["path"]?.string, known.contains(path) else {
        throw JobError(
          .usage, entry["path"]?.string ?? "an entry", "is none of the plan's", remedy: "Nothing was changed.")
      }
      edits[path] = try PlanEdit(entry)
    }
    return edits
  }

  private func open(_ file: FilePath) throws {
    let editor = environmentVariable("VISUAL")?.nonEmpty ?? environmentVariable("EDITOR")?.nonEmpty ?? "vi"
    // As git does it: the setting may hold options, and the file's name is no part of it.
    let words = ["sh", "-c", "\(editor) \"$1\"", editor, file.string]
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let code = unsafe posix_spawnp(&child, "sh", nil, nil, &arguments, environ)
    var status: CInt = 0
    guard code == 0, unsafe waitpid(child, &status, 0) == child, status == 0 else {
      throw JobError(.usage, editor, "the editor did not end well", remedy: "Nothing was changed.")
    }
  }
}
