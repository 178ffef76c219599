/// One field of a word, the text between two commas.
struct WordField: Hashable, Sendable {
  /// From 1, which is the transport.
  let number: Int
  /// As the HOWTO calls it.
  let name: String
  let text: String
  /// From 1, in Unicode scalars of the whole word, the end excluded; an empty field has an empty range.
  let columns: Range<Int>

  /// Takes a word apart at its commas.
  /// - Parameters:
  ///   - names: of the fields, the transport first; a field beyond them is called `trailing text`.
  ///   - before: how many Unicode scalars of the whole word stand before `text`.
  static func fields(of text: String, named names: [String], after before: Int) -> [WordField] {
    var column = before + 1
    return text.split(separator: ",", omittingEmptySubsequences: false).enumerated().map { index, part in
      let columns = column..<column + part.unicodeScalars.count
      column = columns.upperBound + 1
      let name = index < names.count ? names[index] : "trailing text"
      return WordField(number: index + 1, name: name, text: String(part), columns: columns)
    }
  }

  func error(_ fault: PortWordFault) -> PortWordError {
    PortWordError(field: number, name: name, text: text, columns: columns, fault: fault)
  }
}

// What a field may hold. An empty field takes its default: these are not asked about it.
extension WordField {
  /// A whole number within limits.
  func number(in limits: ClosedRange<Int>, otherwise: String) throws(PortWordError) -> Int {
    guard let number = wholeNumber(text), limits.contains(number) else {
      throw error(.number(limits, otherwise: otherwise))
    }
    return number
  }

  func group(otherwise: String) throws(PortWordError) -> IPv4Address {
    guard let address = IPv4Address(text) else { throw error(.address) }
    guard address.isMulticast else { throw error(.group(otherwise: otherwise)) }
    return address
  }

  func hostAddress() throws(PortWordError) -> IPv4HostAddress {
    guard let host = IPv4HostAddress(text), host.address.isUnicast else { throw error(.hostAddress) }
    return host
  }

  /// A name that the kernel lets a network interface have: `IFNAMSIZ` of `<linux/if.h>` less its NUL, and the
  /// characters that `dev_valid_name` of `net/core/dev.c` allows.
  func device() throws(PortWordError) -> String {
    guard text.utf8.count <= 15 else { throw error(.longDevice) }
    let isAllowed = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f && $0 != "/" && $0 != ":" }
    guard isAllowed, text != ".", text != ".." else { throw error(.device) }
    if IPv4HostAddress(text) != nil { throw error(.addressAsDevice) }
    return text
  }

  /// The path of a socket: `sun_path` of `<linux/un.h>` less its NUL.
  func socketPath() throws(PortWordError) -> String {
    guard text.hasPrefix("/"), text.utf8.count <= 107, !text.utf8.contains(0) else { throw error(.socketPath) }
    return text
  }
}
