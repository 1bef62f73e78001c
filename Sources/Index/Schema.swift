internal import GRDB

/// The tables of `.cpwx/index.sqlite`. A migration, once released, never changes; a new one follows it.
///
/// Everything here can be made again from the jobs' files. Read it with `sqlite3 -readonly`.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 jobs, stages, events, inputs") { db in
      for statement in tables + firstIndexes + counting { try db.execute(sql: statement) }
    }
    migrator.registerMigration("2 what films and stages come to") { db in
      for statement in laterColumns + laterIndexes { try db.execute(sql: statement) }
    }
    migrator.registerMigration("3 what archives hold") { db in
      for statement in archiveColumns + archiveIndexes { try db.execute(sql: statement) }
    }
    migrator.registerMigration("4 the few that are not completed") { db in
      for statement in replacedIndexes.map({ "DROP INDEX \($0)" }) + fewIndexes { try db.execute(sql: statement) }
    }
    migrator.registerMigration("5 the moments of jobs and archives") { db in
      for statement in momentColumns { try db.execute(sql: statement) }
    }
    // An index without it is made anew: words are folded and keys given otherwise, too.
    migrator.registerMigration("6 who did what, and when it was archived") { db in
      try db.execute(sql: "DROP VIEW events")
      for statement in [events(archivedBy: "NULL")] + batchIndexes { try db.execute(sql: statement) }
    }
    // An index without it is made anew: it has no words for the pictures in titles, and other stamps.
    migrator.registerMigration("7 the words of pictures") { _ in }
    // An index without it is made anew: times of jobs counted the days between runs.
    migrator.registerMigration("8 the time that runs took") { _ in }
    // An index without it is made anew: the moments are read from the jobs' files.
    migrator.registerMigration("9 the moments when jobs were completed") { db in
      let changes = completionColumns + textIndexes.map { "DROP INDEX \($0)" } + completionIndexes
      for statement in changes { try db.execute(sql: statement) }
    }
    // An index without it is made anew: whose the archives are is read from their files.
    migrator.registerMigration("10 who archived what") { db in
      for statement in ["DROP VIEW events"] + ownerColumns + [events(archivedBy: "archives.who")] {
        try db.execute(sql: statement)
      }
    }
    // An index without it is made anew: who ran stages, and why jobs were interrupted, is read
    // from the jobs' files.
    migrator.registerMigration("11 who ran stages") { db in
      let view = events(archivedBy: "archives.who", of: ranBy)
      for statement in ["DROP VIEW events"] + runnerColumns + [view] { try db.execute(sql: statement) }
    }
    // An index without it is made anew: it does not tell which jobs are completed but by their status.
    migrator.registerMigration("12 the few by a mark that stays") { db in
      let changes = markColumns + remadeIndexes.map { "DROP INDEX \($0)" } + markedIndexes
      for statement in changes { try db.execute(sql: statement) }
    }
    // An index without it is made anew: titles are folded by cpwx.
    migrator.registerMigration("13 titles in the order of their words") { db in
      for statement in titleColumns + ["DROP INDEX jobs_by_title"] + titleIndexes { try db.execute(sql: statement) }
    }
    return migrator
  }

  /// Takes away what only slows the filling of empty tables down.
  static func loosen(_ db: Database) throws {
    for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
      try db.execute(sql: "DROP TRIGGER \(name)")
    }
    let names = try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    for name in names { try db.execute(sql: "DROP INDEX \(name)") }
    // Words in larger pieces, of which fewer are merged.
    try db.execute(sql: "INSERT INTO words (words, rank) VALUES ('hashsize', \(8 << 20))")
  }

  /// Puts it back, once the tables are full.
  static func tighten(_ db: Database) throws {
    // As SQLite has it by itself.
    try db.execute(sql: "INSERT INTO words (words, rank) VALUES ('hashsize', \(1 << 20))")
    for statement in indexes { try db.execute(sql: statement) }
    try db.execute(sql: "INSERT INTO counts SELECT user_id, status, count(*) FROM jobs GROUP BY user_id, status")
    for statement in counting { try db.execute(sql: statement) }
  }

  private static let tables = [
    """
    CREATE TABLE jobs (
      key INTEGER PRIMARY KEY,      -- day, number, place: YYYYMMDDNNNNNNNPPP
      folder TEXT NOT NULL, logs TEXT, job_id TEXT NOT NULL, user_id NOT NULL,
      title TEXT, year INTEGER, status TEXT NOT NULL, stage TEXT, input TEXT, error TEXT,
      created_at TEXT, completed_at TEXT, total_seconds REAL,
      inode INTEGER NOT NULL, size_bytes INTEGER NOT NULL, modified INTEGER NOT NULL)
    """,
    """
    CREATE TABLE stages (
      job INTEGER NOT NULL, position INTEGER NOT NULL, stage_name TEXT NOT NULL, stage_number INTEGER, status TEXT,
      attempt INTEGER, started_at TEXT, completed_at TEXT, duration_seconds REAL, exit_code INTEGER, error TEXT,
      peak_memory_bytes INTEGER, cpu_seconds REAL, because TEXT, PRIMARY KEY (job, position)) WITHOUT ROWID
    """,
    """
    CREATE TABLE history (
      job INTEGER NOT NULL, position INTEGER NOT NULL, at TEXT NOT NULL, who TEXT, event TEXT NOT NULL, stage TEXT,
      attempt INTEGER, reason TEXT, PRIMARY KEY (job, position)) WITHOUT ROWID
    """,
    """
    CREATE VIEW events AS
      SELECT job, at, who, event, stage, attempt, reason FROM history
      UNION ALL SELECT job, started_at, NULL, 'stage_started', stage_name, attempt, because FROM stages
        WHERE started_at IS NOT NULL
      UNION ALL SELECT job, completed_at, NULL,
        CASE status WHEN 'success' THEN 'stage_succeeded' WHEN 'failed' THEN 'stage_failed' ELSE 'stage_skipped' END,
        stage_name, attempt, error FROM stages
        WHERE completed_at IS NOT NULL AND status IN ('success', 'failed', 'skipped')
    """,
    "CREATE TABLE inputs (job INTEGER PRIMARY KEY, file TEXT, sha256 TEXT)",
    // Folded words, so that any script is found however it is typed; as the tokenizer takes letters and marks whole.
    """
    CREATE VIRTUAL TABLE words USING fts5 (
      title, file, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'", prefix = '1 2 3')
    """,
    "CREATE TABLE folders (path TEXT PRIMARY KEY, inode INTEGER NOT NULL, modified INTEGER NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE batches (
      batch_id TEXT PRIMARY KEY, who TEXT, folder TEXT, started_at TEXT, completed_at TEXT, status TEXT NOT NULL)
    """,
    """
    CREATE TABLE archives (
      path TEXT PRIMARY KEY, job_id TEXT NOT NULL, user_id NOT NULL, bytes INTEGER, archive_bytes INTEGER,
      sha256 TEXT, status TEXT NOT NULL)
    """,
    """
    CREATE TABLE counts (
      user_id NOT NULL, status TEXT NOT NULL, jobs INTEGER NOT NULL, PRIMARY KEY (user_id, status))
    """,
  ]

  /// New ones at the end, as rows are written in the order of their columns.
  private static let laterColumns = [
    "ALTER TABLE inputs ADD COLUMN size_bytes INTEGER", "ALTER TABLE inputs ADD COLUMN modified INTEGER",
    "ALTER TABLE inputs ADD COLUMN inode INTEGER", "ALTER TABLE inputs ADD COLUMN duration_seconds REAL",
    "ALTER TABLE stages ADD COLUMN output_bytes INTEGER",
  ]

  private static let laterIndexes = [
    "CREATE INDEX jobs_by_status_and_completion ON jobs (status, completed_at, key)",
    "CREATE INDEX jobs_by_status_and_duration ON jobs (status, total_seconds, key)",
    "CREATE INDEX inputs_by_size ON inputs (size_bytes) WHERE size_bytes IS NOT NULL",
  ]

  private static let archiveColumns = [
    "ALTER TABLE archives ADD COLUMN folder TEXT", "ALTER TABLE archives ADD COLUMN title TEXT",
    "ALTER TABLE archives ADD COLUMN year INTEGER", "ALTER TABLE archives ADD COLUMN date TEXT",
    "ALTER TABLE archives ADD COLUMN members INTEGER", "ALTER TABLE archives ADD COLUMN tar_sha256 TEXT",
    "ALTER TABLE archives ADD COLUMN modified INTEGER", "ALTER TABLE archives ADD COLUMN inode INTEGER",
    "ALTER TABLE archives ADD COLUMN key INTEGER",
  ]

  private static let archiveIndexes = [
    "CREATE INDEX archives_by_folder ON archives (folder)", "CREATE INDEX archives_by_key ON archives (key)",
  ]

  /// The documents' times are local to whoever wrote them: moments are compared by these, in microseconds since 1970.
  private static let momentColumns = [
    "ALTER TABLE jobs ADD COLUMN timezone TEXT", "ALTER TABLE jobs ADD COLUMN created INTEGER",
    "ALTER TABLE archives ADD COLUMN moment INTEGER",
  ]

  private static let completionColumns = ["ALTER TABLE jobs ADD COLUMN completed INTEGER"]

  private static let ownerColumns = ["ALTER TABLE archives ADD COLUMN who TEXT"]

  /// Only where it is another than the history tells by its times, of which the clock may show one twice.
  private static let runnerColumns = ["ALTER TABLE stages ADD COLUMN who TEXT"]

  /// Those that had the jobs in the order of their local times.
  private static let textIndexes = ["jobs_by_completion", "few_by_completion"]

  private static let completionIndexes = [
    "CREATE INDEX jobs_by_completed ON jobs (completed, key)",
    "CREATE INDEX few_by_completed ON jobs (status, completed, key) WHERE status <> 'completed'",
  ]

  /// `1` of a job that is completed.
  private static let markColumns = ["ALTER TABLE jobs ADD COLUMN is_completed INTEGER NOT NULL DEFAULT 0"]

  /// As people look for them: `amélie` stands beside `Amelie`, and not behind `Zorro`.
  private static let titleColumns = ["ALTER TABLE jobs ADD COLUMN title_words TEXT"]

  private static let titleIndexes = ["CREATE INDEX jobs_by_title_words ON jobs (title_words, key)"]

  /// Those that asked the status which jobs are few.
  private static let remadeIndexes = ["few_by_user", "few_by_completed", "few_by_duration"]

  private static let replacedIndexes = [
    "jobs_by_user", "jobs_by_status_and_completion", "jobs_by_status_and_duration",
  ]

  /// Most jobs are completed: those that are not make small indexes, which a job that moves costs little. A question uses
  /// them that says of the status what they say.
  private static let fewIndexes = [
    "CREATE INDEX few_by_user ON jobs (user_id, status, key) WHERE status <> 'completed'",
    "CREATE INDEX few_by_completion ON jobs (status, completed_at, key) WHERE status <> 'completed'",
    "CREATE INDEX few_by_duration ON jobs (status, total_seconds, key) WHERE status <> 'completed'",
  ]

  /// The few again. A status changes often, and with it every index that names it; whether a job is completed changes once. So the
  /// order of durations, in which neighbours are nothing to each other, is written where a duration changes.
  private static let markedIndexes = [
    "CREATE INDEX few_by_user ON jobs (user_id, status, key) WHERE is_completed = 0",
    "CREATE INDEX few_by_completed ON jobs (status, completed, key) WHERE is_completed = 0",
    "CREATE INDEX few_by_duration ON jobs (total_seconds, key) WHERE is_completed = 0",
    // Those that have no duration would be gone through for one that has this status: most that wait have none.
    "CREATE INDEX few_without_duration ON jobs (status, key) WHERE is_completed = 0 AND total_seconds IS NULL",
  ]

  private static let batchIndexes = ["CREATE INDEX batches_running ON batches (status) WHERE status = 'running'"]

  /// Every state change: what stages' records tell of their last attempts, the history of all else, and the archives. A
  /// stage's changes are by whoever ran the job then.
  ///
  /// - Parameters:
  ///   - who: in SQL, whose an archive is.
  ///   - stages: in SQL, who ran a stage that began, and one that ended.
  private static func events(
    archivedBy who: String,
    of stages: (began: String, ended: String) = (
      runner(of: "stages.job", at: "stages.started_at"), runner(of: "stages.job", at: "stages.completed_at")
    )
  ) -> String {
    """
    CREATE VIEW events AS
      SELECT job, at, coalesce(who, \(runner(of: "history.job", at: "history.at"))) AS who, event, stage, attempt, reason
        FROM history
      UNION ALL SELECT job, started_at, \(stages.began), 'stage_started',
        stage_name, attempt, because FROM stages
        WHERE started_at IS NOT NULL
      UNION ALL SELECT job, completed_at, \(stages.ended),
        CASE status WHEN 'success' THEN 'stage_succeeded' WHEN 'failed' THEN 'stage_failed' ELSE 'stage_skipped' END,
        stage_name, attempt, error FROM stages
        WHERE completed_at IS NOT NULL AND status IN ('success', 'failed', 'skipped')
      UNION ALL SELECT jobs.key, strftime('%Y-%m-%dT%H:%M:%f000', archives.modified / 1e9, 'unixepoch', 'localtime'), \
    \(who),
        'archived', NULL, NULL, archives.path FROM archives JOIN jobs ON jobs.folder = archives.folder
        WHERE archives.status <> 'redacted'
    """
  }

  /// In SQL, who ran a stage, by its own record where the times do not tell: at its end it was who it was at its beginning.
  private static var ranBy: (began: String, ended: String) {
    let began = runner(of: "stages.job", at: "coalesce(stages.started_at, stages.completed_at)")
    let who = "coalesce(stages.who, \(began))"
    return (who, who)
  }

  /// In SQL, who had begun to run a job last at a time.
  private static func runner(of job: String, at time: String) -> String {
    """
    (SELECT run.who FROM history AS run WHERE run.job = \(job) AND run.event = 'started' AND run.at <= \(time) \
    ORDER BY run.position DESC LIMIT 1)
    """
  }

  private static var indexes: [String] {
    (firstIndexes + laterIndexes + archiveIndexes + batchIndexes + fewIndexes + completionIndexes).filter { statement in
      !(replacedIndexes + textIndexes + remadeIndexes + ["jobs_by_title"]).contains {
        statement.hasPrefix("CREATE INDEX \($0) ")
      }
    } + markedIndexes + titleIndexes
  }

  private static let firstIndexes = [
    "CREATE UNIQUE INDEX jobs_by_folder ON jobs (folder)",
    "CREATE INDEX jobs_by_id ON jobs (job_id)",
    "CREATE INDEX jobs_by_status ON jobs (status, key)",
    // What drift is looked for in at every look, with all that it takes.
    """
    CREATE INDEX jobs_open ON jobs (key, folder, status, inode, size_bytes, modified)
      WHERE status IN ('running', 'pending', 'interrupted')
    """,
    "CREATE INDEX jobs_by_user ON jobs (user_id, status, key)",
    "CREATE INDEX jobs_by_user_only ON jobs (user_id, key)",
    "CREATE INDEX jobs_by_stage ON jobs (stage, key) WHERE stage IS NOT NULL",
    "CREATE INDEX jobs_by_title ON jobs (title, key)",
    "CREATE INDEX jobs_by_year ON jobs (year, key)",
    "CREATE INDEX jobs_by_completion ON jobs (completed_at, key)",
    "CREATE INDEX jobs_by_duration ON jobs (total_seconds, key)",
    "CREATE INDEX inputs_by_hash ON inputs (sha256) WHERE sha256 IS NOT NULL",
    "CREATE INDEX inputs_by_file ON inputs (file)",
  ]

  private static let counting = [
    """
    CREATE TRIGGER count_new AFTER INSERT ON jobs BEGIN
      INSERT INTO counts VALUES (new.user_id, new.status, 1)
        ON CONFLICT (user_id, status) DO UPDATE SET jobs = jobs + 1;
    END
    """,
    """
    CREATE TRIGGER count_changed AFTER UPDATE OF user_id, status ON jobs
    WHEN old.status <> new.status OR old.user_id <> new.user_id BEGIN
      UPDATE counts SET jobs = jobs - 1 WHERE user_id = old.user_id AND status = old.status;
      INSERT INTO counts VALUES (new.user_id, new.status, 1)
        ON CONFLICT (user_id, status) DO UPDATE SET jobs = jobs + 1;
      DELETE FROM counts WHERE user_id = old.user_id AND status = old.status AND jobs = 0;
    END
    """,
    """
    CREATE TRIGGER count_gone AFTER DELETE ON jobs BEGIN
      UPDATE counts SET jobs = jobs - 1 WHERE user_id = old.user_id AND status = old.status;
      DELETE FROM counts WHERE user_id = old.user_id AND status = old.status AND jobs = 0;
    END
    """,
  ]
}
