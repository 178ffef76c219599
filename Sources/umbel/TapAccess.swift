import Glibc
import LinuxIO

/// The kernel's TAP devices, with failures that say what to do.
enum TapAccess {
  /// Attaches a device, or makes it.
  static func attach(_ name: String?) throws -> TapDevice {
    do throws(TapDevice.Failure) {
      return try TapDevice(attaching: name)
    } catch {
      throw failure(error, name)
    }
  }

  private static func failure(_ failure: TapDevice.Failure, _ name: String?) -> Failure {
    let shown = name ?? "a TAP device"
    switch failure {
    case .cloneDevice(let error):
      switch error.code {
      case EACCES, EPERM: return Failure(.noPermission, "/dev/net/tun is closed to you. Use sudo.")
      case ENOENT, ENODEV, ENXIO:
        return Failure(.unavailable, "There is no /dev/net/tun. Load its module with `sudo modprobe tun`.")
      default: return Failure(.osError, "/dev/net/tun cannot be opened: \(error).")
      }
    case .device(let error):
      let present = name.flatMap { try? Interfaces.named($0) }
      switch error.code {
      case EPERM where present == nil: return Failure(.noPermission, "Making \(shown) needs CAP_NET_ADMIN. Use sudo.")
      case EPERM: return Failure(.noPermission, "\(shown) is another user's. Use sudo.")
      case EBUSY: return inUse(shown)
      case EINVAL where present?.tap?.hasManyQueues == true:
        return Failure(.cannotCreate, "\(shown) has many queues. Delete it first: `umbel tap delete \(shown)`.")
      case EINVAL where present != nil: return Failure(.cannotCreate, "\(shown) is not a TAP device. Name another.")
      default: return Failure(.osError, "\(shown) cannot be made: \(error).")
      }
    }
  }

  /// Who has a device that is to be changed or deleted.
  static func inUse(_ name: String) -> Failure {
    let holders = (TapHolders.all()[name] ?? []).map { "\($0.command) (process \($0.process))" }
    let who = holders.isEmpty ? "a process that you may not see" : holders.joined(separator: ", ")
    return Failure(.cannotCreate, "\(name) is in use by \(who). End that first.")
  }

  /// Deletes an interface, whoever has it.
  static func delete(_ link: Interface) throws {
    try order("\(link.name) cannot be deleted") { () throws(NetlinkRefusal) in try Interfaces.delete(link.index) }
  }

  /// Orders something of the kernel; `what` begins the sentence of a failure.
  static func order(_ what: String, _ body: () throws(NetlinkRefusal) -> Void) throws {
    do throws(NetlinkRefusal) {
      try body()
    } catch {
      if error.error.code == EPERM { throw Failure(.noPermission, "\(what): that needs CAP_NET_ADMIN. Use sudo.") }
      throw Failure(.osError, "\(what): \(error).")
    }
  }

  /// As `order`, for a system call.
  static func system(_ what: String, _ body: () throws(Errno) -> Void) throws {
    do throws(Errno) { try body() } catch { throw Failure(.osError, "\(what): \(error).") }
  }
}
