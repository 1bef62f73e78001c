import Foundation
@testable import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// Version 0.1.0 made archives whose folders lay apart from what is in them where a name between goes on with a byte below `/`.
struct `An archive of the first version` {
  @Test func `is read, verified and restored, and a standing tree is compared with it`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("first.tar.zst")
    try #require(Data(base64Encoded: Self.archive, options: .ignoreUnknownCharacters)).write(
      to: URL(filePath: path.string))
    let archive = try SeekableArchive(path)
    let contents = archive.contents
    #expect(
      contents.members.map(\.path.description) == [
        "out", "out/subs", "out/subs-x", "out/subs.d", "out/subs.d/d", "out/subs.txt", "out/subs/a.srt",
        "out/subs/link", "out/subs/z",
      ])
    for member in contents.members { #expect(contents.member(member.path) == member) }
    #expect(contents.member(try MemberPath(Array("out/subs.".utf8))) == nil)
    #expect(try archive.verify().isGood)

    try folder.folder("restored")
    _ = try withFolder(folder.path("restored")) { try archive.extract(into: $0) }
    let root = ArchiveSource.Root(try MemberPath(Array("out".utf8)), at: folder.path("restored/out"))
    let none = try MemberPath(Array("none".utf8))
    #expect(try ArchiveSource(roots: [root]).lack(of: contents, but: none) == nil)
    try output(of: ["rm", folder.path("restored/out/subs/z").string])
    #expect(try ArchiveSource(roots: [root]).lack(of: contents, but: none)?.description == "out/subs/z is gone")
  }

  /// As that version made it.
  private static let archive = """
    KLUv/WQAMQ0MABJOJx1wp20D3IxihgLFuU906K2sTyRsd3fvTEoLVUUOks/z4hMQsmN+3TVAOBwYiZu2C0mQYcBLfK5lqVPolEJ7e1KowMec/nci9dPOrmb4
    u4/p2VBt/FFD1AUg7dupEFCsJp4d2YVesZsXOBCHhTi+5ZjzGlrX9ExiUJKEHMo4BhaDIC0lYWMbxFiJYvKYm30f23521vuxfTLXtklLSQRUqNEphDNhUlAn
    jQEQIwlFitsSoIEEEYNhBAyDQQQ/RNAQNARHDMYRKTPqA/wBmClBhQFQ4m1AUJKqnn/BtlCBcYhPAzLKgCEPhgGqhA0OCOEBYuXgAaQK5OClgDemE+fz76wl
    VAPwe6cEwG7+hACMY4NUnj8M29gxgOp7gWkDevGfAzApc4tc5+e0zQAG5LcNSpUC7A6Q7NmVGYCLTKE4HZgxAIubvQOw2T//MvTA94uTOTLvg4MTdQO2fAnZ
    2fnVBzCZgjhTwSTaB8mAFPoPCTDo0Z0h9oOTEYDeAPH2nQHueKKgKLUv/WQAC50KAIaYQh1wSdoBEIaIN6JsKFpqq67WkSwrm+xOZl2qrhDODz8AOQA1AGy3
    mHh8AY8oWIgC0cyQ8IUkJIVBy+5ZgZyGymZ6BaOZWWHGZmZYyTJ40QkQgIW8KjBwxJH45C+Q+MCRKCAgI5rlE7m5QwKAnATkWAkHRcFIvS/6+TKWbu08xdRo
    6NmZ62sMb+5ZhX4Z34ttexrCVN4KQyLnHR/WCF7SOUbzzr3ystI2ma69nWZ85hM/D+lIhr5RqjTblCtL06icurwqv1PzHeNmq+y3W2Rt+ExlC8dKIIYf/8rX
    lGKmD5ZXVPSMUs+meFKUEr3zXCJy5Sidc47wzpR2dFjJSm2GetP7f5aDXBFqMsYsGACKQAXQ7UoV4+ihAgDgDWYKKWJkQAGWYUA1oJsAgsgvJgyQB+gCFTiM
    DNWJHAVOQwAbBEAIQPUweMLcgzSAixXLsBJ4AqFY/QdcKk0YQwIAAGNwd3hUT0MxMgIAAAAAAAC/C9eNcvh02TXz462mDJ0uwXAfchGN/Fy3xBsudgFfBii1
    L/1kMgEtEAAUHgEFMS41LjQAgHy0eh1EVzwVQ+MFWb2HQLvj+qu6gj/W8C4/wEmQFnCtBnc4Okld5SKH+hI7+TE+8bRhz+BwMpaIYjh4DfSQeRYdAAABDHNo
    YTI1Nl9zdGF0ZUA2ZWZhNmZiMWU3OTI4YmE2OWU4NDFjOTMyMjI3MzMxNWIzNWM0ODY4ZDBiMzRjNGI5ZjVjOGI4ZWFhZWECjwPhAoBkgBgDA+7xiYUKobH1
    PwoAA291dAMFL3N1YnMIAi14CAIuZAoCL2QJA3R4dAgGL2Euc3J0CQRsaW5rCQF6ABkuY3B3eC9tYW5pZmVzdC0udHh0AQEAAQAAAAIDAO0D7QOk/wOkA4AD
    AQEBAYkDgMrp4Av/xQrk//Eg47nnIOS55yAAlZrvOoDKte4BAAsuLgxvdXQAAQABBAgJDREVFgABAwMBAy59LAOpUHriZez1tTVohaUzk6ICnSQTlJlyZaGi
    Wu/GGKw+c0PwFokMUQ6T+TUmEWnZ4/VlQ2Qpgw+vCTT0+OQ+I+gWADlZSjOJT2Vk4bE0i716AIjULErLc+6u1ZwAncqXgRLKG73K+sIxs5oj3E2nhu/4FHxO
    crmAd4Wv7ki7SgJ/kFS40Nz4Dz2Jo3ASwKJQQNgNcSiiZqj9TReyptANAHZiceTCFMUYQPXuzDSAsiCloeDkcwHuN4wkMxHRoEgBPDhJy14qTRghAAAAjwEA
    AAAyAADueKKgYQEAAAAMAAChWP0HAgAAAICx6pKP
    """
}
