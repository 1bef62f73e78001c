internal import GRDB

/// A value as SQLite keeps it.
enum RowValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)

  init(_ value: String?) { self = value.map { .text($0) } ?? .null }
  init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
  init(_ value: Int64?) { self = value.map { .integer($0) } ?? .null }
  // SQLite keeps what is no number as NULL.
  init(_ value: Double?) { self = value.flatMap { $0.isNaN ? nil : .real($0) } ?? .null }

  /// A user's number as a number, so that users sort and compare as such.
  static func user(_ name: String) -> RowValue {
    Int64(name).flatMap { String($0) == name ? .integer($0) : nil } ?? .text(name)
  }
}

extension RowValue: DatabaseValueConvertible {
  var databaseValue: DatabaseValue {
    switch self {
    case .null: .null
    case .integer(let value): value.databaseValue
    case .real(let value): value.databaseValue
    case .text(let value): value.databaseValue
    }
  }

  static func fromDatabaseValue(_ value: DatabaseValue) -> RowValue? {
    switch value.storage {
    case .null: .null
    case .int64(let value): .integer(value)
    case .double(let value): .real(value)
    case .string(let value): .text(value)
    case .blob: nil
    }
  }
}
