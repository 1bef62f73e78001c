internal import Glibc

/// For commands that only look: Ctrl-C is how they are meant to end.
enum Interruption {
  /// From now on Ctrl-C and TERM end the program at once, with their documented codes and without a word.
  static func endsQuietly() {
    signal(SIGINT) { _ in _exit(130) }
    signal(SIGTERM) { _ in _exit(143) }
  }
}
