import Jobs
import SystemPackage
import Testing

@Suite struct `What a disk says of its room` {
  @Test func `is nothing where it has no size`() { #expect(DiskSpace(of: "/proc/self") == nil) }

  @Test func `is that of the next folder above what is not there yet`() throws {
    let (disk, inner) = (try #require(DiskSpace(of: "/tmp")), try #require(DiskSpace(of: "/tmp/none/of/these")))
    #expect(disk.all == inner.all && disk.all >= disk.unused && disk.unused >= disk.available)
    #expect(standing("/tmp/none/of/these") == "/tmp")
  }
}
