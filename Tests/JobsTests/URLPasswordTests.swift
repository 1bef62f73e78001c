import Testing

@testable import Jobs

struct `The password in a URL` {
  @Test(arguments: [
    ("https://u:heron@h/x?y=1#z", "https://u:********@h/x?y=1#z"),
    ("redis://:heron@h", "redis://:********@h"),
    ("http://u:he@ro:n@h", "http://u:********@h"),
    ("http://u:h/e#r?n@h/x", "http://u:********@h/x"),
    ("jdbc:postgresql://u:heron@[::1]:5432/db", "jdbc:postgresql://u:********@[::1]:5432/db"),
    ("a http://a:heron@b, <http://c:d@e>", "a http://a:********@b, <http://c:********@e>"),
    ("\"ftp://a:b@c\": x@y", "\"ftp://a:********@c\": x@y"),
    ("http://a:heron@b,http://c:egret@d", "http://a:********@b,http://c:********@d"),
    ("नाम http://u:सारस@h नाम", "नाम http://u:********@h नाम"),
    ("http://u:********@h", "http://u:********@h"),
  ])
  func `is masked, and nothing else of it`(text: String, shown: String) { #expect(Secrets.maskedURLs(text) == shown) }

  @Test(arguments: [
    "", "://", "http://", "http://@", "http://:@h", "http://u:@h", "https://token@h", "http://h:8080/a@b",
    "http://h:/a@b", "http://[::1]:80/a@b", "http://h/x:y@z", "http://h?x:y@z", "u:heron@h", "a@b http://h:80 c:d@e",
    "mailto:a@b", "http://h:x y@z", "file:///a:b@c",
  ])
  func `is not seen where there is none`(text: String) {
    #expect(Secrets.maskedURLs(text) == text)
    #expect(URLPassword.all(in: text).isEmpty)
  }

  @Test(arguments: [
    ("http://u:h%65ron@h", ["h%65ron", "heron"]), ("http://u:her%on@h", ["her%on", "her%on"]),
    ("http://u:heron%FF@h", ["heron%FF"]), ("http://u:heron%+1@h", ["heron%+1", "heron%+1"]),
    ("http://u:%41b@h", ["%41b", "//u:Ab@"]), ("http://:p@h", ["//:p@", "//:p@"]),
  ])
  func `is searched for as it is written and as it is sent`(text: String, searched: [String]) {
    #expect(URLPassword.all(in: text).flatMap(\.searched) == searched)
  }
}
