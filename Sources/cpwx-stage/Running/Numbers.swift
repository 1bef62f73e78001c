internal import Jobs

extension JSON {
  /// A time or a probability, to three decimals.
  static func seconds(_ value: Double) -> JSON { .double((value * 1000).rounded() / 1000) }

  static func seconds(_ value: Double?) -> JSON { value.map { .seconds($0) } ?? .null }
}
