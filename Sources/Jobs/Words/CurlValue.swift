/// A value as curl's configuration takes it literally.
public func curlQuoted(_ text: String) -> String {
  let escapes: [Character: String] = ["\\": "\\\\", "\"": "\\\"", "\n": "\\n", "\r": "\\r", "\t": "\\t"]
  return "\"" + text.map { escapes[$0] ?? String($0) }.joined() + "\""
}
