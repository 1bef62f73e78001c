internal import CCrypto

/// Message authentication by a shared key: HMAC (RFC 2104) with SHA-256, over libcrypto.
public enum HMACSHA256 {
  /// The code of `message` under `key`, 32 bytes. A key may have any length.
  public static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
      unsafe HMAC(
        EVP_sha256(), key, CInt(key.count), message, message.count, buffer.baseAddress, nil)
      count = SHA256.byteCount
    }
  }

  /// The code as 64 lower-case hexadecimal digits.
  public static func hex(of message: [UInt8], key: [UInt8]) -> String { code(of: message, key: key).hexadecimal }
}
