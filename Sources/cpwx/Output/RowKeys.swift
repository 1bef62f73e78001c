/// The keys of each list's rows: an empty list has its heading in CSV all the same, as who reads it takes the columns from
/// there.
enum RowKeys {
  static let job = [
    "job_id", "user_id", "title", "year", "status", "stage", "input", "created_at", "completed_at", "output_dir",
    "timezone", "archive", "archive_state", "total_seconds", "error",
  ]
  /// Of `cpwx run -n`.
  static let plannedFilm = [
    "input", "title", "year", "decision", "reason", "job_id", "estimated_seconds", "estimated_bytes",
  ]
  /// Of `cpwx run`.
  static let film = ["input", "title", "year", "decision", "reason", "job_id", "status", "output_dir"]
  /// Of `cpwx report`.
  static let reportedFilm = [
    "job_id", "user_id", "title", "year", "input", "decision", "outcome", "reason", "cause", "output_dir", "problem",
    "start_seconds", "end_seconds", "duration_seconds", "waited_seconds", "output_bytes", "kept_stages", "stages",
  ]
  /// Of `cpwx job stats`.
  static let stage = [
    "stage_name", "succeeded", "failed", "median_seconds", "p95_seconds", "longest_seconds", "longest_job",
  ]
  static let batch = [
    "batch_id", "started_at", "films", "completed", "failed", "fraction", "stops", "seconds_left", "at", "lanes",
    "running", "failures", "timezone", "who", "inputs",
  ]
  static let output = ["stage_name", "key", "path", "exists", "size_bytes", "description"]
  static let difference = ["stage_name", "key", "old", "new"]
  static let finding = ["path", "severity", "message"]
  /// Of `cpwx archive`.
  static let archivedJob = [
    "job_id", "archive", "members", "bytes", "archive_bytes", "sha256", "status", "reason", "user_id", "title",
    "saved_bytes", "left_out", "excluded_files", "excluded_bytes",
  ]
  static let archive = [
    "job_id", "archive", "members", "bytes", "archive_bytes", "sha256", "status", "reason", "user_id", "title", "year",
    "date", "output_dir", "tar_sha256",
  ]
  static let prunedArchive = archive + ["only_copy"]
  static let verifiedArchive = [
    "job_id", "archive", "members", "bytes", "archive_bytes", "sha256", "status", "reason", "damaged", "good_members",
    "good",
  ]
  static let member = ["path", "size", "sha256", "mode", "mtime", "kind", "target"]
  /// Of `cpwx doctor`.
  static let check = ["check", "status", "message", "remedy"]
  static let migration = ["migration_id", "state", "entries", "to_do", "done", "failed", "undone", "planned_at"]
  static let migratedTree = [
    "path", "kind", "title", "year", "status", "completed_stages", "failed_stages", "job_id", "output_dir", "date",
    "date_source", "twins", "problems", "user_id", "created_at", "layout", "title_source", "year_source", "old_job_id",
    "action", "renames", "logs", "writes",
  ]
}
