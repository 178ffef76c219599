import AgentAPI
import ArgumentParser
import Glibc
import LinuxIO

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a command with a port of a LAN.",
    discussion: """
      The command gets a socket, and {fd} in its words becomes that descriptor's number:

        umbel run lab -- vmlinux vec0:transport=fd,fd={fd} …
        umbel run lab --as dgram -- qemu-system-x86_64 -netdev dgram,id=n,local.type=fd,local.str={fd} …

      With --fd the number is yours to choose, and the command need not name it. The port ends when the command does.
      """)

  @OptionGroup var connection: Connection

  @Option(name: .customLong("as"), help: "The kind of socket: seqpacket and dgram carry a frame a message.")
  var kind = AttachKind.seqpacket

  @Option(name: .long, help: "The port's name; otherwise the agent finds one.")
  var name: String?

  @Option(name: .long, help: "The descriptor's number.")
  var fd: Int32?

  @Argument(help: "The LAN.")
  var lan: String

  @Argument(parsing: .postTerminator, help: .init("The command and its arguments.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    if command.isEmpty { throw ValidationError("Name a command after --, such as: umbel run \(lan) -- COMMAND {fd}") }
    if let fd, fd < 0 || fd > 1_023 { throw ValidationError("--fd takes 0 to 1023.") }
    if fd == nil, !CommandWords.hasPlaceholder(command) {
      throw ValidationError(
        "The command has no {fd}, so it cannot know its socket. Write {fd} where it takes a descriptor's number, as in "
          + "vec0:transport=fd,fd={fd}, or choose the number with --fd.")
    }
  }

  func run() throws {
    var descriptors = Descriptors()
    let reply = try connection.open().call(
      Attach.self, .init(lan: lan, name: name, kind: kind, endWithCaller: true), descriptors: &descriptors)
    guard let socket = descriptors.take(reply.descriptor) else {
      throw ClientError.malformed("no descriptor \(reply.descriptor)")
    }
    let number = try handOver(socket)
    let error = CommandWords.execute(CommandWords.filled(command, descriptor: number))
    let status = error.code == ENOENT ? ExitStatus.commandNotFound : .commandNotRunnable
    throw Failure(status, "\(command[0]): \(error). Name a program that is in PATH, or its path.")
  }

  /// Leaves one copy of the socket, at the number asked for, which stays open when the command begins.
  private func handOver(_ socket: consuming Descriptor) throws -> Int32 {
    let number = socket.number
    if let fd, fd != number {
      _ = try retrying { dup2(number, fd) }
      return fd
    }
    _ = try retrying { fcntl(number, F_SETFD, 0) }
    return socket.release()
  }
}

extension AttachKind: ExpressibleByArgument {}
