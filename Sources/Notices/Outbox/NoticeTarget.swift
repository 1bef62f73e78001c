/// Where a notification goes; each has its own copy of it, and its own troubles.
enum NoticeTarget: String, Sendable, CaseIterable {
  case command
  case webhook
}
