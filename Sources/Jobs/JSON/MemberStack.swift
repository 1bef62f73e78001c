/// The members of all objects and lists that have begun and not ended, the innermost's last.
///
/// They are moved into their object when it ends: a document has hundreds, and none is copied or counted on the way.
@safe
struct MemberStack: ~Copyable {
  private(set) var count = 0
  private var capacity = 64
  private var base: UnsafeMutablePointer<JSON.Object.Member>

  init() { unsafe base = .allocate(capacity: capacity) }

  deinit {
    unsafe base.deinitialize(count: count)
    unsafe base.deallocate()
  }

  mutating func push(_ member: consuming JSON.Object.Member) {
    if count == capacity { grow() }
    unsafe (base + count).initialize(to: member)
    count += 1
  }

  mutating func pop() {
    count -= 1
    unsafe (base + count).deinitialize(count: 1)
  }

  /// Sets the value of the last member.
  mutating func setLast(_ value: consuming JSON) { unsafe base[count - 1].value = value }

  func name(at index: Int) -> String { unsafe base[index].name }

  /// Takes the members from `start` on.
  mutating func take(from start: Int) -> [JSON.Object.Member] {
    let length = count - start
    count = start
    let first = unsafe base + start
    return unsafe Array(unsafeUninitializedCapacity: length) { members, initialized in
      unsafe members.baseAddress?.moveInitialize(from: first, count: length)
      initialized = length
    }
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<JSON.Object.Member>.allocate(capacity: capacity * 2)
    unsafe larger.moveInitialize(from: base, count: count)
    unsafe base.deallocate()
    unsafe (base, capacity) = unsafe (larger, capacity * 2)
  }
}
