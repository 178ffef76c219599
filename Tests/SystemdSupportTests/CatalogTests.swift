import Glibc
import LinuxIO
import SystemdSupport
import Testing

/// `contrib/systemd/umbel.catalog`: what `journalctl -x` says of the agent's records.
struct CatalogTests {
  /// One entry: its header lines by name, and its text.
  struct Entry {
    let id: String
    var headers: [String: String] = [:]
    var text: [Substring] = []
  }

  static let path = {
    // <root>/Tests/SystemdSupportTests/CatalogTests.swift
    let root = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }
    return root + "/contrib/systemd/umbel.catalog"
  }()

  /// The entries in their order (https://systemd.io/CATALOG).
  static func entries() throws -> [Entry] {
    var entries: [Entry] = []
    var isHeader = false
    for line in try Probe.text(of: path).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("-- ") {
        entries.append(Entry(id: String(line.dropFirst(3))))
        isHeader = true
      } else if line.hasPrefix("#") || entries.isEmpty {
        continue
      } else if line.isEmpty {
        isHeader = false
      } else if isHeader, let colon = line.firstIndex(of: ":") {
        entries[entries.count - 1].headers[String(line[..<colon])] = String(line[line.index(colon, offsetBy: 2)...])
      } else {
        entries[entries.count - 1].text.append(line)
      }
    }
    return entries
  }

  @Test func `every condition has one entry, and there is none for anything else`() throws {
    let ids = try Self.entries().map(\.id)
    #expect(Set(ids).count == ids.count)
    #expect(Set(ids).symmetricDifference(MessageID.allCases.map(\.rawValue)) == [])
  }

  @Test func `every entry has a subject, who defines it, where to read on, and a text that fits a terminal`() throws {
    for entry in try Self.entries() {
      #expect(Set(entry.headers.keys) == ["Subject", "Defined-By", "Support", "Documentation"], "\(entry.id)")
      #expect(entry.headers["Defined-By"] == "Umbel")
      #expect(!entry.text.isEmpty, "\(entry.id)")
      for line in entry.text { #expect(line.count <= 76, "\(line)") }
    }
  }

  @Test func `the fields that an entry names are those that each of its records has`() throws {
    for entry in try Self.entries() {
      guard let id = MessageID(rawValue: entry.id) else { continue }
      let text = (entry.headers.values.map { Substring($0) } + entry.text).joined(separator: "\n")
      let pieces = text.split(separator: "@", omittingEmptySubsequences: false)
      #expect(pieces.count % 2 == 1, "an @ is missing: \(entry.id)")
      for index in stride(from: 1, to: pieces.count, by: 2) {
        let field = try #require(JournalField(String(pieces[index])), "@\(pieces[index])@")
        #expect(id.fields.contains(field), "\(field.name) of \(id)")
      }
    }
  }

  @Test func `the fields of every condition are known ones`() {
    for id in MessageID.allCases { #expect(id.fields.isSubset(of: JournalField.all), "\(id)") }
  }

  private static let hasJournalctl = unsafe access("/usr/bin/journalctl", X_OK) == 0

  @Test(.enabled(if: hasJournalctl, "needs journalctl"))
  func `journalctl takes the catalogue and shows every subject`() throws {
    let probe = try Probe()
    let script = """
      root=$1/root
      trap 'rm -rf "$root"' EXIT
      mkdir -p "$root/usr/lib/systemd/catalog" "$root/var/lib/systemd/catalog"
      cp "$2" "$root/usr/lib/systemd/catalog/umbel.catalog"
      journalctl --root="$root" --update-catalog && journalctl --root="$root" --list-catalog
      """
    let list = try probe.run(["sh", "-ec", script, "sh", probe.directory, Self.path], environment: [])
    for entry in try Self.entries() {
      #expect(list.contains("\(entry.id) Umbel: \(entry.headers["Subject"] ?? "")\n"))
    }
  }
}
