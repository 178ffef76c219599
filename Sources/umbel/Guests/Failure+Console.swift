package import ManagementConsole

extension Failure {
  package init(_ error: ConsoleError) {
    let status: ExitStatus =
      switch error {
      case .noGuest: .noInput
      case .notPermitted: .noPermission
      case .silent: .unavailable
      case .otherVersion, .malformed: .badProtocol
      case .requestTooLong: .usage
      case .refused, .system: .osError
      }
    self.init(status, error.description)
  }

  /// - Parameters:
  ///   - guest: its umid.
  ///   - device: what it was asked to add or to remove.
  package init(_ error: ConsoleError, guest: String, device: String) {
    guard case .refused(let reason) = error else {
      self.init(error)
      return
    }
    // The reasons are those of net_kern.c, vector_kern.c and mconsole_kern.c in arch/um/drivers.
    switch reason {
    case "Device is currently open":
      self.init(
        .osError,
        "Guest \(guest) keeps \(device): \(reason). Bring it down inside the guest first: ip link set \(device) down")
    case "Device doesn't exist":
      self.init(.noInput, "Guest \(guest) has no \(device): \(reason). `umbel guest list` shows its devices.")
    case "Device already configured":
      self.init(.cannotCreate, "Guest \(guest) has \(device): \(reason). Choose another, or leave out --device.")
    case "Bad configuration option":
      self.init(
        .osError, "Guest \(guest) knows no device \(device): \(reason). Its kernel was built without that driver.")
    default:
      let words = reason.isEmpty ? "it does not say why" : reason
      self.init(.osError, "Guest \(guest) refuses \(device): \(words). See its kernel's messages (dmesg).")
    }
  }
}
