import GRDB
import Hashing
import Testing

@testable import Index

@Suite struct `The tables of the index` {
  /// What each migration has made of them. A migration that is released never changes: a new one gets a line of its own here.
  private static let released = [
    ("1 jobs, stages, events, inputs", "553a05fe8484301a138de33a973c105e47fd3e4e1c9df30179dd41f2bdb2226e"),
    ("2 what films and stages come to", "2f5b08f313bf51e13d55b02d0d52bb31bdb5f785428de93f342c73ce9e678756"),
    ("3 what archives hold", "91ec72652f7995a7fe5d559663dd53e06866543f8cb5cb05adfe0018da435a50"),
    ("4 the few that are not completed", "366e6df51d4ea65b62812c00bc60cad81fbc80de1f16f3a9ffbb0cd7780c2d2b"),
    ("5 the moments of jobs and archives", "432f53cc5e6222272a5093c121ffc11e44e8ff0145a06709bc3e3f8fdb122212"),
    ("6 who did what, and when it was archived", "c61d3d8b30c9ad1b9bf3625d69ab92f988b13c6f4446e1784b00f6594540a15d"),
    ("7 the words of pictures", "c61d3d8b30c9ad1b9bf3625d69ab92f988b13c6f4446e1784b00f6594540a15d"),
    ("8 the time that runs took", "c61d3d8b30c9ad1b9bf3625d69ab92f988b13c6f4446e1784b00f6594540a15d"),
    ("9 the moments when jobs were completed", "d36dae23e6ad38577c8567074febbdd87e147374408896546be39c2899327f3d"),
    ("10 who archived what", "9a2e1fad272307946c30e5ce0a8fd7c10457a4e9179ea60fd407020906b63dec"),
    ("11 who ran stages", "9d35171d6e346b7e316d7c31d1023054f040d0841eb4793016b5da78945f6546"),
    ("12 the few by a mark that stays", "203525919f0d64cf693db22d3935748a019424fa1e748c8f594451a929f730ab"),
    ("13 titles in the order of their words", "8c5c53652d8d171c5502552e0e2518754fe7d1b68fa39976c34ed61c007cb30c"),
  ]

  @Test func `are what they were after each migration`() throws {
    #expect(Schema.migrator.migrations == Self.released.map(\.0))
    let queue = try DatabaseQueue()
    for (name, digest) in Self.released {
      try Schema.migrator.migrate(queue, upTo: name)
      let made = SHA256.hex(of: try definitions(queue).utf8)
      #expect(made == digest, "\(name)")
    }
  }

  @Test func `are the same when they are filled loosened`() throws {
    let queue = try DatabaseQueue()
    try Schema.migrator.migrate(queue)
    let whole = try definitions(queue)
    try queue.write { db in
      try Schema.loosen(db)
      try Schema.tighten(db)
    }
    #expect(try definitions(queue) == whole)
  }

  /// What the database holds, but for what SQLite makes by itself.
  private func definitions(_ queue: DatabaseQueue) throws -> String {
    let sql = """
      SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'words\\_%' ESCAPE '\\' ORDER BY type, name
      """
    return try queue.read { try String.fetchAll($0, sql: sql) }.joined(separator: "\n")
  }
}
