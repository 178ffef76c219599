/// The errors of `org.varlink.service`: a call that did not reach a method.
package enum ServiceError: WireError, Hashable {
  /// No such interface here.
  case interfaceNotFound(String)
  /// No such method in the interface.
  case methodNotFound(String)
  /// A method of the interface that this agent does not have.
  case methodNotImplemented(String)
  /// The parameter is missing, of another type, or not one of the method's.
  case invalidParameter(String)
  /// The caller may not.
  case permissionDenied

  /// Reads what a reply carries; nil when `name` is another error.
  package init?(name: String, bytes: [UInt8]) {
    func text(_ key: Key) -> String { (try? Message.parameters(Text.self, from: bytes))?.texts[key] ?? "" }
    switch name {
    case "org.varlink.service.InterfaceNotFound": self = .interfaceNotFound(text(.interface))
    case "org.varlink.service.MethodNotFound": self = .methodNotFound(text(.method))
    case "org.varlink.service.MethodNotImplemented": self = .methodNotImplemented(text(.method))
    case "org.varlink.service.InvalidParameter": self = .invalidParameter(text(.parameter))
    case "org.varlink.service.PermissionDenied": self = .permissionDenied
    default: return nil
    }
  }

  package var name: String {
    switch self {
    case .interfaceNotFound: "org.varlink.service.InterfaceNotFound"
    case .methodNotFound: "org.varlink.service.MethodNotFound"
    case .methodNotImplemented: "org.varlink.service.MethodNotImplemented"
    case .invalidParameter: "org.varlink.service.InvalidParameter"
    case .permissionDenied: "org.varlink.service.PermissionDenied"
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .interfaceNotFound(let interface): try container.encode(interface, forKey: .interface)
    case .methodNotFound(let method), .methodNotImplemented(let method): try container.encode(method, forKey: .method)
    case .invalidParameter(let parameter): try container.encode(parameter, forKey: .parameter)
    case .permissionDenied: break
    }
  }

  private enum Key: String, CodingKey, CaseIterable { case interface, method, parameter }

  private struct Text: Decodable {
    var texts: [Key: String] = [:]

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      for key in Key.allCases { texts[key] = try container.decodeIfPresent(String.self, forKey: key) }
    }
  }
}
