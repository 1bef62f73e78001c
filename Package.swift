// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is compiled alike: Swift 6 mode, the upcoming features, no warnings left standing.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// Whether `make fuzz` builds its program, which has an input's way in common with the tests.
let isFuzzing = Context.environment["CPWX_FUZZ"] != nil

/// For targets that call C or hold memory by pointers: each place that the compiler cannot answer for is marked.
let safe = strict + [.strictMemorySafety()]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

// Arrows point down only; a target can see no more than what it lists here.
let package = Package(
  name: "cpwx",
  products: [
    .executable(name: "cpwx", targets: ["cpwx"]),
    .executable(name: "cpwx-stage", targets: ["cpwx-stage"]),
    .library(name: "Jobs", targets: ["Jobs"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CFiles"),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "Hashing", dependencies: ["CCrypto", system], swiftSettings: safe),
    .target(
      name: "SeekableTar", dependencies: ["CLinux", "CLibArchive", "CZstd", "Hashing", system],
      swiftSettings: safe),
    .target(name: "Titles", swiftSettings: strict),
    .target(name: "TextWidth", swiftSettings: strict),
    .target(name: "Jobs", dependencies: ["CFiles", system], swiftSettings: safe),
    .target(
      name: "Index",
      dependencies: [
        "CSQLite", "Jobs", "SeekableTar", "Titles", system, .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: safe),
    .target(
      name: "Defaults",
      path: "config",
      exclude: ["debian", "samples", "schemas", "systemd"],
      sources: ["Defaults.swift"],
      resources: [
        .embedInCode("pipeline.yaml"), .embedInCode("env.example"), .embedInCode("docker-compose.yml"),
        .embedInCode("Dockerfile"), .embedInCode("engines"), .embedInCode("sdk/job_manager.py"),
        .embedInCode("sdk/manifest.py"),
      ],
      swiftSettings: strict),
    .target(
      name: "Pipeline",
      dependencies: ["CLinux", "TextWidth", "Jobs", "Index", "Titles", "Hashing", "Defaults", "Yams", system],
      swiftSettings: safe),
    .target(
      name: "Migration", dependencies: ["CLinux", "Jobs", "Index", "Titles", "Hashing", system], swiftSettings: safe),
    .target(
      name: "Notices", dependencies: ["CLinux", "Jobs", "Hashing", system], swiftSettings: safe),
    .target(
      name: "Archive", dependencies: ["Jobs", "Index", "SeekableTar", "Hashing", system], swiftSettings: safe),
    .target(name: "Engines", dependencies: ["Jobs", "Defaults", subprocess, system], swiftSettings: safe),
    .target(
      name: "Setup", dependencies: ["Jobs", "Pipeline", "Notices", "Engines", "Defaults", system],
      swiftSettings: safe),
    .target(
      name: "Report",
      dependencies: [
        "TextWidth", "Jobs", "Index", "Hashing", .product(name: "Mustache", package: "swift-mustache"), system,
      ],
      resources: [.embedInCode("Templates")],
      swiftSettings: safe),
    .executableTarget(
      name: "cpwx",
      dependencies: [
        "TextWidth", "Jobs", "Index", "Pipeline", "Engines", "Setup", "Report", "Notices", "Archive", "SeekableTar",
        "Migration", argumentParser, system,
      ],
      swiftSettings: safe),
    .executableTarget(
      name: "cpwx-stage",
      dependencies: ["TextWidth", "Jobs", "Engines", argumentParser, system],
      swiftSettings: safe),
    .executableTarget(
      name: "index-bench", dependencies: ["Index", "Jobs", system], path: "Tests/Benchmarks/Index",
      swiftSettings: strict),
    .executableTarget(
      name: "archive-bench", dependencies: ["SeekableTar", system], path: "Tests/Benchmarks/Archive",
      swiftSettings: strict),
    .target(name: "TestSupport", dependencies: ["Jobs", system], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "HashingTests", dependencies: ["Hashing", "TestSupport", system], swiftSettings: strict),
    .testTarget(
      name: "SeekableTarTests", dependencies: ["SeekableTar", "Hashing", "TestSupport", system],
      exclude: isFuzzing ? ["Fuzz"] : [], swiftSettings: strict),
    .testTarget(name: "TextWidthTests", dependencies: ["TextWidth", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "JobsTests", dependencies: ["Jobs", "TestSupport", system], swiftSettings: strict),
    .testTarget(
      name: "IndexTests",
      dependencies: ["Index", "Jobs", "Hashing", "TestSupport", system, .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .testTarget(
      name: "ArchiveTests",
      dependencies: [
        "Archive", "SeekableTar", "Index", "Jobs", "TestSupport", system, .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PipelineTests", dependencies: ["Pipeline", "Index", "Jobs", "TestSupport", system], swiftSettings: strict),
    .testTarget(
      name: "MigrationTests", dependencies: ["Migration", "Jobs", "TestSupport", system],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "NoticesTests", dependencies: ["Notices", "Hashing", "Jobs", "TestSupport", system],
      swiftSettings: strict),
    .testTarget(
      name: "EnginesTests", dependencies: ["Engines", "Jobs", "Defaults", "TestSupport", system],
      swiftSettings: strict),
    .testTarget(
      name: "SetupTests", dependencies: ["Setup", "Engines", "Jobs", "Defaults", "TestSupport", system],
      swiftSettings: strict),
    .testTarget(name: "ReportTests", dependencies: ["Report", "Jobs", "TestSupport", system], swiftSettings: strict),
    .testTarget(
      name: "StageTests", dependencies: ["TextWidth", "cpwx-stage", "Engines", "Jobs", "TestSupport", system],
      swiftSettings: strict),
    .testTarget(
      name: "AcceptanceTests",
      dependencies: [
        "CLinux", "cpwx", "cpwx-stage", "Index", "Jobs", "Pipeline", "TextWidth", "TestSupport", system,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "TitlesTests", dependencies: ["Titles", "TestSupport"], resources: [.copy("Fixtures")],
      swiftSettings: strict),
  ]
)

// Only with the fuzzer's own main can this be linked: see `make fuzz`.
if isFuzzing {
  package.targets.append(
    .executableTarget(
      name: "archive-fuzz", dependencies: ["SeekableTar", system], path: "Tests/SeekableTarTests/Fuzz",
      swiftSettings: safe + [.unsafeFlags(["-parse-as-library"])]))
}
