import CLinux
import Glibc
import LinuxIO

/// Makes a TCP connection send at once what it is given, and notice a peer that has gone without a word within half a
/// minute, whether something waits to be acknowledged or not. Other sockets are left alone.
func tuneConnection(_ socket: Int32) {
  let domain = try? socketOption(socket, SOL_SOCKET, SO_DOMAIN)
  guard domain == AF_INET || domain == AF_INET6 else { return }
  let tcp = Int32(IPPROTO_TCP)
  // None of these is worth a connection.
  try? setSocketOption(socket, tcp, TCP_NODELAY, 1)
  try? setSocketOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
  try? setSocketOption(socket, tcp, TCP_KEEPIDLE, 10)
  try? setSocketOption(socket, tcp, TCP_KEEPINTVL, 5)
  try? setSocketOption(socket, tcp, TCP_KEEPCNT, 4)
  try? setSocketOption(socket, tcp, TCP_USER_TIMEOUT, 30_000)
}
