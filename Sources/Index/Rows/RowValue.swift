internal import GRDB
internal import GRDBSQLite

/// A value as SQLite keeps it.
enum RowValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)

  init(_ value: String?) { self = value.map { .text($0) } ?? .null }
  init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
  // SQLite keeps what is no number as NULL.
  init(_ value: Double?) { self = value.flatMap { $0.isNaN ? nil : .real($0) } ?? .null }

  /// A user's number as a number, so that users sort and compare as such.
  static func user(_ name: String) -> RowValue {
    Int64(name).flatMap { String($0) == name ? .integer($0) : nil } ?? .text(name)
  }
}

/// A statement whose values go straight to SQLite and back.
///
/// A job has dozens of rows, of which mostly none has changed: they are compared where they lie, and nothing is made of
/// them.
struct RowStatement {
  private let statement: Statement

  init(_ db: Database, _ sql: String) throws { statement = try db.cachedStatement(sql: sql) }

  private var pointer: SQLiteStatement { statement.sqliteStatement }

  /// Runs it to its end.
  func run(_ values: [RowValue]) throws {
    bind(values)
    defer { sqlite3_reset(pointer) }
    while try step() {}
  }

  /// Runs it, and looks at each row while it lasts.
  func rows(_ values: [RowValue], _ look: (RowStatement) throws -> Void) throws {
    bind(values)
    defer { sqlite3_reset(pointer) }
    while try step() { try look(self) }
  }

  /// Whether the row has this value in that column.
  func holds(_ value: RowValue, at column: Int) -> Bool {
    let column = Int32(column)
    switch (value, sqlite3_column_type(pointer, column)) {
    case (.null, SQLITE_NULL): return true
    case (.integer(let value), SQLITE_INTEGER): return sqlite3_column_int64(pointer, column) == value
    case (.real(let value), SQLITE_FLOAT): return sqlite3_column_double(pointer, column) == value
    case (.text(let value), SQLITE_TEXT):
      let text = text(at: Int(column))
      return text.count == value.utf8.count && value.utf8.elementsEqual(text)
    default: return false
    }
  }

  func holds(_ values: [RowValue]) -> Bool {
    values.indices.allSatisfy { holds(values[$0], at: $0) }
  }

  func integer(at column: Int) -> Int64 { sqlite3_column_int64(pointer, Int32(column)) }

  /// A text as it lies in SQLite's memory until the next row.
  func text(at column: Int) -> UnsafeBufferPointer<UInt8> {
    let start = sqlite3_column_text(pointer, Int32(column))
    return UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, Int32(column))))
  }

  /// `nil` for NULL.
  func optionalInteger(at column: Int) -> Int64? { isNull(at: column) ? nil : integer(at: column) }

  /// `nil` for NULL.
  func optionalReal(at column: Int) -> Double? {
    isNull(at: column) ? nil : sqlite3_column_double(pointer, Int32(column))
  }

  /// `nil` for NULL; of a number its digits.
  func string(at column: Int) -> String? {
    isNull(at: column) ? nil : String(decoding: text(at: column), as: UTF8.self)
  }

  private func isNull(at column: Int) -> Bool { sqlite3_column_type(pointer, Int32(column)) == SQLITE_NULL }

  private func bind(_ values: [RowValue]) {
    // Others run the same statement by other ways, and leave it at its end: it would keep their values.
    sqlite3_reset(pointer)
    for (index, value) in values.enumerated() {
      let place = Int32(index + 1)
      switch value {
      case .null: sqlite3_bind_null(pointer, place)
      case .integer(let value): sqlite3_bind_int64(pointer, place, value)
      case .real(let value): sqlite3_bind_double(pointer, place, value)
      case .text(var value):
        value.withUTF8 { bytes in
          bytes.withMemoryRebound(to: CChar.self) { characters in
            _ = sqlite3_bind_text(pointer, place, characters.baseAddress, Int32(bytes.count), Self.copied)
          }
        }
      }
    }
  }

  private func step() throws -> Bool {
    switch sqlite3_step(pointer) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let message = sqlite3_errmsg(sqlite3_db_handle(pointer)).map { String(cString: $0) }
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: statement.sql)
    }
  }

  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
