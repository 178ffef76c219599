// swift-tools-version: 6.2
// A transport of somebody else: a package of its own that uses nothing of Umbel's but TransportKit.
import PackageDescription

let package = Package(
  name: "outside-swift",
  products: [
    // The file's name is the transport's: libumbel-outside-swift.so.
    .library(name: "umbel-outside-swift", type: .dynamic, targets: ["OutsideSwift"])
  ],
  dependencies: [
    // An author outside the tree names the repository's URL here.
    .package(name: "umbel", path: "../../..")
  ],
  targets: [
    .target(name: "OutsideSwift", dependencies: [.product(name: "TransportKit", package: "umbel")])
  ]
)
