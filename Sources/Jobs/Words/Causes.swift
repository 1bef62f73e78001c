/// An error's text without what differs from job to job: numbers become `#`, paths their last part.
public func cause(of text: String) -> String {
  let words = text.split(separator: " ").map { word in
    let last = word.contains("/") ? word.split(separator: "/").last ?? word : word
    var result = ""
    for character in last {
      if character.isNumber {
        if result.last != "#" { result.append("#") }
      } else {
        result.append(character)
      }
    }
    return result
  }
  return words.joined(separator: " ")
}
