// swift-tools-version: 6.2
// Umbel: the targets mirror the layers of Sources/Agent/Agent.docc/Architecture.md.
import PackageDescription

/// One set of rules for every Swift target of this package.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .strictMemorySafety(),
]

/// A module of the agent, in `Sources/NAME`.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// A transport: the module, which tests may import, and its entry, which holds nothing but the exported symbol.
/// They are apart because all test targets link into one binary, where two entry symbols would collide.
func plugin(_ name: String, _ dependencies: [Target.Dependency] = []) -> [Target] {
  [
    .target(
      name: "\(name)Transport", dependencies: ["TransportKit", "LinuxIO", "CLinux", "CTransport"] + dependencies,
      path: "Plugins/\(name)/\(name)", swiftSettings: strict),
    .target(
      name: "\(name)Entry", dependencies: [.byName(name: "\(name)Transport"), "TransportKit", "CTransport"],
      path: "Plugins/\(name)/Entry", swiftSettings: strict,
      // One symbol leaves a plugin: what else it exported could take the place of another plugin's. The package manager
      // has no setting for a version script; packages that depend on this one by version still build.
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/exported-symbols.map"])
      ]),
  ]
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let http: [Target.Dependency] = [
  .product(name: "HummingbirdCore", package: "hummingbird"), .product(name: "HTTPTypes", package: "swift-http-types"),
]
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
  .product(name: "NIOHTTPTypes", package: "swift-nio-extras"), .product(name: "Logging", package: "swift-log"),
]

let package = Package(
  name: "umbel",
  products: [
    .executable(name: "umbeld", targets: ["umbeld"]),
    .executable(name: "umbel", targets: ["umbel"]),
    .executable(name: "umbel-web", targets: ["umbel-web"]),
    // What an outside author's package depends on; the C header comes with it, for the exported symbol.
    .library(name: "TransportKit", targets: ["TransportKit", "CTransport"]),
    .library(name: "umbel-mcast", type: .dynamic, targets: ["MulticastEntry"]),
    .library(name: "umbel-socket", type: .dynamic, targets: ["SocketEntry"]),
    .library(name: "umbel-tap", type: .dynamic, targets: ["TapEntry"]),
    .library(name: "umbel-vxlan", type: .dynamic, targets: ["VXLANEntry"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // The HTTP server of umbel-web, and what its interface is made of.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
  ],
  targets: [
    // The core: bytes and times in, values out.
    module("Ethernet"),
    module("Switching", ["Ethernet"]),
    module("Hello", ["Ethernet"]),

    // The HOWTO's words for ports and NICs: strings in, values out.
    module("PortWords", ["Ethernet"]),

    // The kernel.
    .target(name: "CLinux"),
    module("LinuxIO", ["CLinux"]),

    // The plugin ABI: the header, the host's side, the plugin's side.
    .target(name: "CTransport"),
    .target(name: "CRecording", dependencies: ["CTransport"]),
    module("TransportKit", ["CTransport"]),
    module("TransportHost", ["CTransport", "LinuxIO"]),

    // Frames that were recorded: the ring they are in, which are wanted, and the file format.
    module("Recording", ["Ethernet", "LinuxIO"]),

    // The service manager and the journal.
    .systemLibrary(
      name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    module("SystemdSupport", ["CSystemd", "LinuxIO"]),

    // The consoles of guests in User Mode Linux.
    module("ManagementConsole", ["LinuxIO"]),

    // The control interface and the programs.
    module(
      "AgentAPI", ["LinuxIO"],
      resources: [.embedInCode("org.umbel.Agent.varlink"), .embedInCode("org.varlink.service.varlink")]),
    module("OpenMetrics", ["AgentAPI"]),
    module(
      "Agent",
      [
        "AgentAPI", "Recording", "ManagementConsole", "SystemdSupport", "Switching", "Ethernet", "Hello", "PortWords",
        "TransportHost", "CTransport", "CRecording", "LinuxIO", "CLinux", yams,
      ]),
    .executableTarget(name: "umbeld", dependencies: ["Agent", argumentParser], swiftSettings: strict),
    .executableTarget(
      name: "umbel",
      dependencies: [
        "AgentAPI", "CLinux", "Ethernet", "LinuxIO", "ManagementConsole", "OpenMetrics", "PortWords", "Recording",
        argumentParser,
      ],
      swiftSettings: strict),

    // The agent on a page and for Prometheus: speaks to the control socket alone.
    module(
      "Web", ["AgentAPI", "OpenMetrics", "LinuxIO"] + http + nio,
      resources: [
        .embedInCode("Page/index.html"), .embedInCode("Page/page.css"), .embedInCode("Page/page.js"),
        .embedInCode("Page/draw.js"),
      ]),
    .executableTarget(
      name: "umbel-web", dependencies: ["Web", "AgentAPI", "LinuxIO", argumentParser], swiftSettings: strict),

    // Measuring, and what the probes of the forwarding path link: see Tests/Benchmarks.
    .target(name: "CBenchmark", path: "Tests/Benchmarks/CBenchmark"),
    .target(name: "AllocationCounter", path: "Tests/Benchmarks/AllocationCounter"),
    .executableTarget(
      name: "allocation-counter-check", dependencies: ["AllocationCounter"],
      path: "Tests/Benchmarks/allocation-counter-check", swiftSettings: strict),
    .executableTarget(name: "bare-switch", path: "Tests/Benchmarks/bare-switch"),
    .executableTarget(name: "bare-tunnel", path: "Tests/Benchmarks/bare-tunnel"),
    .executableTarget(
      name: "forward-probe",
      dependencies: [
        "Agent", "AllocationCounter", "CBenchmark", "CTransport", "Recording", "LinuxIO", "Switching", "TransportHost",
        argumentParser,
      ],
      path: "Tests/Benchmarks/forward-probe", swiftSettings: strict),
    .executableTarget(
      name: "umbel-load", dependencies: ["CBenchmark", "LinuxIO", argumentParser],
      path: "Tests/Benchmarks/umbel-load", swiftSettings: strict),

    // What tests of several modules share.
    .target(name: "TestSupport", dependencies: ["Ethernet"], path: "Tests/Support", swiftSettings: strict),

    .testTarget(name: "EthernetTests", dependencies: ["Ethernet", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "HelloTests", dependencies: ["Hello", "Ethernet"], swiftSettings: strict),
    .testTarget(name: "RecordingTests", dependencies: ["Recording", "Ethernet", "LinuxIO"], swiftSettings: strict),
    .testTarget(name: "PortWordsTests", dependencies: ["PortWords", "Ethernet"], swiftSettings: strict),
    .testTarget(name: "SwitchingTests", dependencies: ["Switching", "Ethernet", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SystemdSupportTests", dependencies: ["SystemdSupport", "SystemdProbe", "LinuxIO"], swiftSettings: strict),
    // Talks to a service manager and a journal that a test prepares for a process of its own.
    .executableTarget(
      name: "SystemdProbe", dependencies: ["SystemdSupport"], path: "Tests/Probes/Systemd", swiftSettings: strict),
    .testTarget(
      name: "TransportHostTests", dependencies: ["TransportHost", "CTransport", "LinuxIO"], swiftSettings: strict),
    .testTarget(
      name: "PluginTests",
      dependencies: [
        "MulticastTransport", "SocketTransport", "TapTransport", "VXLANTransport", "TransportKit", "CTransport",
        "Ethernet", "LinuxIO", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ManagementConsoleTests", dependencies: ["ManagementConsole", "AgentAPI", "umbel", "LinuxIO"],
      swiftSettings: strict),
    .testTarget(
      name: "AgentAPITests", dependencies: ["AgentAPI", "Agent", "umbel", "LinuxIO"], swiftSettings: strict),
    .testTarget(name: "OpenMetricsTests", dependencies: ["OpenMetrics", "AgentAPI", "LinuxIO"], swiftSettings: strict),
    .testTarget(name: "WebTests", dependencies: ["Web", "AgentAPI", "LinuxIO"] + http, swiftSettings: strict),
    .testTarget(
      name: "AgentTests",
      dependencies: [
        "Agent", "AgentAPI", "Recording", "TransportHost", "CTransport", "CRecording", "Switching", "SystemdSupport",
        "Ethernet",
        "Hello", "LinuxIO", "TestSupport",
      ],
      swiftSettings: strict),
    // Runs umbeld with the plugins of Tests/Fixtures, and loads those that the build made; all lie beside the tests.
    .testTarget(
      name: "ConformanceTests", dependencies: ["AgentAPI", "TransportHost", "CTransport", "LinuxIO"],
      swiftSettings: strict),
  ] + plugin("Multicast") + plugin("Socket") + plugin("Tap", ["Ethernet"]) + plugin("VXLAN", ["Ethernet"])
)
