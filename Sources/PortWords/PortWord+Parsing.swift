import Ethernet

extension PortWord {
  /// Whether `text` begins like one of the words, so that it can be nothing else.
  package static func isWord(_ text: String) -> Bool {
    text.contains(",") || Transport(rawValue: text) != nil
  }

  /// Reads a word.
  /// - Parameter before: how many Unicode scalars of the user's word stand before `text`; columns count them.
  package init(parsing text: String, after before: Int = 0) throws(PortWordError) {
    let first = WordField.fields(of: text, named: ["transport"], after: before)[0]
    guard let transport = Transport(rawValue: first.text) else {
      throw first.error(first.text.contains("=") ? .kernelPrefix : .transport(nearest: Self.nearest(to: first.text)))
    }
    let names = transport.fieldNames
    let fields = WordField.fields(of: text, named: names, after: before)
    if fields.count > names.count { throw fields[names.count].error(.trailing(fields: names.count)) }
    self.transport = transport
    self.fields = fields
    func given(_ index: Int) -> WordField? { index < fields.count && !fields[index].text.isEmpty ? fields[index] : nil }
    switch transport {
    case .mcast:
      mac = try given(1)?.mac()
      meaning = .multicast(
        group: try given(2)?.group(otherwise: "\(Self.defaultGroup)"),
        port: try given(3)?.number(in: 1...65_535, otherwise: "\(Self.defaultPort)"),
        ttl: try given(4)?.number(in: 0...255, otherwise: "\(Self.defaultTTL)"))
    case .tuntap, .ethertap:
      let device = try given(1)?.device()
      mac = try given(2)?.mac()
      meaning = .tap(device: device, host: try given(3)?.hostAddress())
    case .daemon:
      mac = try given(1)?.mac()
      if let type = given(2), type.text != "unix" { throw type.error(.socketType) }
      meaning = .daemon(control: try given(3)?.socketPath(), data: try given(4)?.socketPath())
    }
  }

  /// The transport that has the same letters but one or two, or the same beginning; nil when none is near.
  private static func nearest(to text: String) -> String? {
    let letters = Set(text.lowercased())
    return Transport.allCases.map(\.rawValue).first { name in
      text.count > 2 && (name.hasPrefix(text.lowercased()) || letters.symmetricDifference(name).count <= 1)
    }
  }
}

extension WordField {
  /// The address of a NIC.
  func mac() throws(PortWordError) -> MACAddress {
    guard let address = try? MACAddress(parsing: text) else { throw error(.mac) }
    guard !address.isGroup else {
      throw error(.groupMAC(nearest: MACAddress(truncating: address.rawValue & ~0x0100_0000_0000)))
    }
    guard address.rawValue != 0 else { throw error(.zeroMAC) }
    return address
  }
}
