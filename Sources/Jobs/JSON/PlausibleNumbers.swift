/// Numbers in documents that other programs write, and people edit: what cannot be is as good as nothing, and what is
/// taken can be reckoned with.
extension JSON {
  /// Seconds that something lasted, of three hundred years at most.
  public var seconds: Double? { double.flatMap { (0...1e10).contains($0) ? $0 : nil } }

  /// A part of a whole.
  public var fraction: Double? { double.flatMap { (0...1).contains($0) ? $0 : nil } }

  /// Bytes of files, 70 TB at most: a hundred thousand such can be added up.
  public var byteCount: Int? { int.flatMap { (0...1 << 46).contains($0) ? $0 : nil } }

  /// How often something was done, or which in a row it is.
  public var ordinal: Int? { int.flatMap { (0...1_000_000).contains($0) ? $0 : nil } }
}
