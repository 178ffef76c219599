import Glibc

/// The name of this host as uname(2) has it, at most 64 bytes.
package func hostName() -> String {
  var names = utsname()
  guard unsafe uname(&names) == 0 else { return "" }
  return unsafe withUnsafeBytes(of: &names.nodename) { bytes in
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
