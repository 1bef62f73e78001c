/// What some editors put before a file's text in UTF-8, and is no part of it.
package let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
