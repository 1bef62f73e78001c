/// The records of a comma-separated text as RFC 4180 writes them, each keyed by the header's names.
func csvRecords(_ text: String) -> [[String: String]] {
  var rows = csvRows(text)
  guard !rows.isEmpty else { return [] }
  let header = rows.removeFirst()
  return rows.map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
}

private func csvRows(_ text: String) -> [[String]] {
  var rows: [[String]] = []
  var row: [String] = []
  var field = String.UnicodeScalarView()
  var isQuoted = false
  var wasQuote = false
  func endField() {
    row.append(String(field))
    field = String.UnicodeScalarView()
    wasQuote = false
  }
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"":
      // Two quotes in a row inside quotes stand for one.
      if wasQuote { field.append(scalar) }
      wasQuote = isQuoted
      isQuoted.toggle()
    case "," where !isQuoted:
      endField()
    case "\n" where !isQuoted:
      endField()
      rows.append(row)
      row = []
    case "\r" where !isQuoted:
      break
    default:
      wasQuote = false
      field.append(scalar)
    }
  }
  if !field.isEmpty || !row.isEmpty {
    endField()
    rows.append(row)
  }
  return rows
}
