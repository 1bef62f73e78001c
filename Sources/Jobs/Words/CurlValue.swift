/// A value as curl's configuration takes it literally.
public func curlQuoted(_ text: String) -> String {
  // By code points: with an accent after it a quote is another character.
  let escapes: [Unicode.Scalar: String] = ["\\": "\\\\", "\"": "\\\"", "\n": "\\n", "\r": "\\r", "\t": "\\t"]
  return "\"" + text.unicodeScalars.map { escapes[$0] ?? String($0) }.joined() + "\""
}
