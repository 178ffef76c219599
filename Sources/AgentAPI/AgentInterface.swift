// The control interface `org.umbel.Agent`.
//
// `org.umbel.Agent.varlink` is its definition: the agent serves that text, and a test compares it with the types of this
// module, field by field. `Types` are its types, `Methods` its methods with what they take and return, `Wire` the messages
// and errors (https://varlink.org), `Client` the blocking client that `umbel` uses.

/// The interface's names and text.
package enum AgentInterface {
  package static let name = "org.umbel.Agent"

  /// The definition, in the language of https://varlink.org/Interface-Definition.
  package static var definition: String {
    String(decoding: PackageResources.org_umbel_Agent_varlink, as: UTF8.self)
  }
}

/// The interface that every Varlink service has.
package enum ServiceInterface {
  package static let name = "org.varlink.service"

  /// The definition, in the language of https://varlink.org/Interface-Definition.
  package static var definition: String {
    String(decoding: PackageResources.org_varlink_service_varlink, as: UTF8.self)
  }
}
