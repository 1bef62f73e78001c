/// What some editors put before a file's text in UTF-8, and is no part of it.
package let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

extension [UInt8] {
  /// The text after the mark, where there is one.
  package var withoutByteOrderMark: ArraySlice<UInt8> {
    starts(with: byteOrderMark) ? dropFirst(byteOrderMark.count) : self[...]
  }
}
