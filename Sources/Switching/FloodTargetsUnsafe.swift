/// The ports that a frame is flooded to, one after the other: each once, never the one it came in by, no trunk if it came
/// in by a trunk. Valid until a port is added, removed, or goes up or down.
@safe package struct FloodTargets {
  private var ports: UnsafePointer<PortIndex>
  private var left: Int
  private let trunks: UnsafePointer<PortIndex>
  private var trunksLeft: Int
  private let ingress: PortIndex

  init(
    guests: UnsafePointer<PortIndex>, guestCount: Int, trunks: UnsafePointer<PortIndex>, trunkCount: Int,
    ingress: PortIndex
  ) {
    unsafe ports = unsafe guests
    left = guestCount
    unsafe self.trunks = unsafe trunks
    trunksLeft = trunkCount
    self.ingress = ingress
  }

  /// The next port; nil after the last.
  package mutating func next() -> PortIndex? {
    while true {
      while left > 0 {
        let port = unsafe ports.pointee
        unsafe ports += 1
        left &-= 1
        if port != ingress { return port }
      }
      if trunksLeft == 0 { return nil }
      unsafe ports = unsafe trunks
      left = trunksLeft
      trunksLeft = 0
    }
  }
}
