import Glibc
import LinuxIO

/// Why frames cannot pass now.
struct TapObstacle: Error {
  /// A sentence with the remedy.
  let text: String
  var code: Int32 = 0
  /// The option that cannot be as it is; nil: it may pass by itself.
  var faultyOption: String?

  /// Why a device was not attached.
  /// - Parameters:
  ///   - name: the device asked for, nil: any.
  ///   - present: what has that name.
  init(_ failure: TapDevice.Failure, name: String?, present: Interface?) {
    switch failure {
    case .cloneDevice(let error):
      code = error.code
      text =
        switch error.code {
        case ENOENT, ENODEV, ENXIO: "there is no /dev/net/tun: run sudo modprobe tun"
        case EACCES, EPERM: "/dev/net/tun is closed to this agent: run sudo chmod 666 /dev/net/tun"
        default: "/dev/net/tun cannot be opened: \(error)"
        }
    case .device(let error):
      code = error.code
      let shown = name ?? "a TAP device"
      let create = "sudo umbel tap create \(name ?? "tap0") --user \(geteuid())"
      switch error.code {
      case EBUSY: text = "\(shown) is in use by another port or program: end that, umbel tap list shows it"
      case EPERM where present == nil: text = "making \(shown) needs CAP_NET_ADMIN: run \(create)"
      case EPERM: text = "\(shown) is not this agent's: run \(create)"
      case EINVAL where present?.tap?.hasManyQueues == true:
        text = "\(shown) was made for many queues: run sudo umbel tap delete \(shown)"
      case EINVAL where present != nil:
        text = "\(shown) is not a TAP device: name another, or one that does not exist"
        faultyOption = "device"
      default: text = "\(shown) cannot be attached: \(error)"
      }
    }
  }

  init(_ text: String, code: Int32 = 0, faultyOption: String? = nil) {
    self.text = text
    self.code = code
    self.faultyOption = faultyOption
  }
}
