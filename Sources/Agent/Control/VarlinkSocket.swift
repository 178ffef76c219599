import LinuxIO

/// A socket that arrays and optionals can hold; closed with the last reference.
final class VarlinkSocket {
  let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  var number: Int32 { descriptor.number }
}
