internal import GRDB
internal import GRDBSQLite

/// A statement whose values go straight to SQLite and back.
///
/// A job has dozens of rows, of which mostly none has changed: they are compared where they lie, and nothing is made of
/// them.
struct RowStatement {
  private let statement: Statement

  init(_ db: Database, _ sql: String) throws { statement = try db.cachedStatement(sql: sql) }

  private var pointer: SQLiteStatement { unsafe statement.sqliteStatement }

  /// Runs it to its end.
  func run(_ values: [RowValue]) throws {
    let buffer = RowBuffer(values)
    try run(buffer, values.indices)
  }

  /// Runs it to its end with a row of a buffer.
  func run(_ buffer: RowBuffer, _ row: Range<Int>) throws { try rows(buffer, row) { _ in } }

  /// Runs it, and looks at each row while it lasts.
  func rows(_ values: [RowValue], _ look: (RowStatement) throws -> Void) throws {
    try rows(RowBuffer(values), values.indices, look)
  }

  private func rows(_ buffer: RowBuffer, _ row: Range<Int>, _ look: (RowStatement) throws -> Void) throws {
    // The texts stay where they are as long as the statement runs, so SQLite need not copy them.
    try unsafe buffer.texts.withUnsafeBytes { texts in
      unsafe bind(buffer.values[row], texts)
      defer { unsafe sqlite3_reset(pointer) }
      while try step() { try look(self) }
    }
  }

  /// Whether the row has this value in that column.
  func holds(_ value: RowBuffer.Value, of buffer: RowBuffer, at column: Int) -> Bool {
    let place = Int32(column)
    switch unsafe (value, sqlite3_column_type(pointer, place)) {
    case (.null, SQLITE_NULL): return true
    case (.integer(let value), SQLITE_INTEGER): return unsafe sqlite3_column_int64(pointer, place) == value
    case (.real(let value), SQLITE_FLOAT): return unsafe sqlite3_column_double(pointer, place) == value
    case (.text(let start, let count), SQLITE_TEXT):
      let text = unsafe text(at: column)
      return unsafe text.count == count && text.elementsEqual(buffer.texts[Int(start)..<Int(start) + Int(count)])
    default: return false
    }
  }

  /// Whether the row is that of a buffer.
  func holds(_ buffer: RowBuffer, _ row: Range<Int>) -> Bool {
    row.allSatisfy { holds(buffer.values[$0], of: buffer, at: $0 - row.lowerBound) }
  }

  func integer(at column: Int) -> Int64 { unsafe sqlite3_column_int64(pointer, Int32(column)) }

  /// `nil` for NULL.
  func optionalInteger(at column: Int) -> Int64? { isNull(at: column) ? nil : integer(at: column) }

  /// `nil` for NULL.
  func optionalReal(at column: Int) -> Double? {
    isNull(at: column) ? nil : real(at: column)
  }

  func real(at column: Int) -> Double { unsafe sqlite3_column_double(pointer, Int32(column)) }

  /// `nil` for NULL; of a number its digits.
  func string(at column: Int) -> String? {
    unsafe isNull(at: column) ? nil : String(decoding: text(at: column), as: UTF8.self)
  }

  func isNull(at column: Int) -> Bool { unsafe sqlite3_column_type(pointer, Int32(column)) == SQLITE_NULL }

  /// A text as it lies in SQLite's memory until the next row; empty for NULL.
  func text(at column: Int) -> UnsafeBufferPointer<UInt8> {
    let start = unsafe sqlite3_column_text(pointer, Int32(column))
    return unsafe UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, Int32(column))))
  }

  private func bind(_ values: ArraySlice<RowBuffer.Value>, _ texts: UnsafeRawBufferPointer) {
    // Others run the same statement by other ways, and leave it at its end: it would keep their values.
    unsafe sqlite3_reset(pointer)
    var place: Int32 = 0
    for value in values {
      place += 1
      switch value {
      case .null: unsafe sqlite3_bind_null(pointer, place)
      case .integer(let value): unsafe sqlite3_bind_int64(pointer, place, value)
      case .real(let value): unsafe sqlite3_bind_double(pointer, place, value)
      case .text(let start, let count):
        // An empty text has an address too: without one it would be NULL.
        let address =
          unsafe texts.baseAddress.map { unsafe $0 + Int(start) } ?? UnsafeRawPointer(Self.nothing.utf8Start)
        _ = unsafe sqlite3_bind_text(pointer, place, address.assumingMemoryBound(to: CChar.self), Int32(count), nil)
      }
    }
  }

  private static let nothing: StaticString = ""

  private func step() throws -> Bool {
    switch unsafe sqlite3_step(pointer) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let message = unsafe sqlite3_errmsg(sqlite3_db_handle(pointer)).map { unsafe String(cString: $0) }
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: statement.sql)
    }
  }
}
