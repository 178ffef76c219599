import AgentAPI
import ArgumentParser
import Glibc
import LinuxIO
import PortWords

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a guest, or any command, with ports of a LAN.",
    discussion: """
      User Mode Linux: the words eth0=mcast, eth0=daemon, eth0=tuntap and eth0=ethertap are understood, with all their \
      fields. The guest gets a socket and the word becomes vec0:transport=fd,…, which kernels without eth0=mcast have, \
      too (Linux 6.16 and later). Inside the guest the NIC is called vec0. A word that names a group, a switch or a TAP \
      joins the LAN that has it:

        umbel run lab -- linux ubd0=root.img eth0=mcast
        umbel run lab -- linux ubd0=root.img eth0=tuntap,,,192.168.0.254

      QEMU and other programs: each {fd} in the command's words becomes the number of a socket of its own, of the kind \
      that --as says; {fd:dgram}, {fd:stream} and {fd:seqpacket} say it on the spot:

        umbel run lab -- qemu-system-x86_64 -netdev dgram,id=n,local.type=fd,local.str={fd:dgram} …
        umbel run lab -- linux vec0:transport=fd,fd={fd} …

      With --fd the number is yours to choose, and the command need not name it. The ports end when the command does.
      """)

  @OptionGroup var connection: Connection

  @Option(name: .customLong("as"), help: "The kind of socket {fd} is: seqpacket and dgram carry a frame a message.")
  var kind = AttachKind.seqpacket

  @Option(name: .long, help: "The port's name; otherwise the agent finds one.")
  var name: String?

  @Option(name: .long, help: "The descriptor's number.")
  var fd: Int32?

  @Flag(name: .long, help: "Leave words such as eth0=mcast to the guest's kernel; they must name what a LAN has.")
  var native = false

  @Flag(name: .long, help: "Print the command that would run, and do nothing.")
  var dryRun = false

  @Argument(help: "The LAN.")
  var lan: String

  @Argument(parsing: .postTerminator, help: .init("The command and its arguments.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    if command.isEmpty {
      throw ValidationError("Name a command after --, such as: umbel run \(lan) -- linux eth0=mcast")
    }
    if let fd, fd < 0 || fd > 1_023 { throw ValidationError("--fd takes 0 to 1023.") }
    if fd == nil, !CommandTemplate.hasPlaces(command), !KernelCommand.namesNICs(command) {
      throw ValidationError(
        "The command has no {fd}, so it cannot know its socket. Write {fd} where it takes a descriptor's number, as in "
          + "vec0:transport=fd,fd={fd}, give a guest of User Mode Linux eth0=mcast, or choose the number with --fd.")
    }
  }

  func run() throws {
    let client = try connection.open()
    let plan = try plan(client)
    for note in plan.notes { Output.complain(note) }
    if dryRun {
      for tap in plan.taps { Output.complain(wouldBe(tap)) }
      let words = plan.template.filled(try numbers(wouldBe: plan.template.sockets.count))
      return try Output.write(ShellWords.quoted(words) + "\n")
    }
    var sockets: [Int32] = []
    for socket in plan.template.sockets { sockets.append(try attach(socket, client)) }
    for tap in plan.taps { Output.complain(try add(tap, client)) }
    let error = CommandWords.execute(plan.template.filled(try handOver(sockets)))
    let status = error.code == ENOENT ? ExitStatus.commandNotFound : .commandNotRunnable
    throw Failure(status, "\(command[0]): \(error). Name a program that is in PATH, or its path.")
  }

  private func plan(_ client: AgentClient) throws -> RunPlan {
    let request = RunPlan.Request(
      command: command, lan: lan, kind: kind, isNative: native, hasNumber: fd != nil)
    let plan = try RunPlan(request) { try known(client) }
    // What would come of it is told by asking for the ports; here is nothing but the question whether there is the LAN.
    if dryRun { _ = try known(client) }
    let count = plan.template.sockets.count
    if count > 1, fd != nil || name != nil {
      let option = fd != nil ? "--fd" : "--name"
      throw Failure(.usage, "\(option) is for one port, and the command takes \(count). Leave it out.")
    }
    return plan
  }

  /// The LANs and their ports.
  /// - Throws: among others, that the one which the command line names is not there.
  private func known(_ client: AgentClient) throws -> KnownLANs {
    let lans = try client.call(ListLans.self, Nothing()).lans
    guard lans.contains(where: { $0.name == lan }) else {
      throw Failure(AgentError.noSuchLan(lan, existing: lans.map(\.name)))
    }
    return KnownLANs(lans: lans, ports: try client.ports(of: nil))
  }

  /// Makes a port.
  /// - Returns: the number of its descriptor, which is closed when the program becomes another.
  private func attach(_ socket: CommandTemplate.Socket, _ client: AgentClient) throws -> Int32 {
    var descriptors = Descriptors()
    let reply = try client.call(
      Attach.self, .init(lan: socket.lan, name: name, kind: socket.kind, endWithCaller: true),
      descriptors: &descriptors)
    guard let descriptor = descriptors.take(reply.descriptor) else {
      throw ClientError.malformed("no descriptor \(reply.descriptor)")
    }
    return descriptor.release()
  }

  private func wouldBe(_ tap: AddPort.Parameters) -> String {
    let options = (tap.options ?? [:]).sorted { $0.key < $1.key }
      .map { " \($0.key)=\($0.value.joined(separator: ","))" }
    return "A port tap\(options.joined()) of LAN \(tap.lan) would be made; it ends with the command."
  }

  /// Makes a TAP port that ends with the command.
  /// - Returns: a sentence about it.
  private func add(_ tap: AddPort.Parameters, _ client: AgentClient) throws -> String {
    let port = try client.call(AddPort.self, tap).port
    return "Port \(port.name) of LAN \(port.lan) is \(port.stateCell.text); it ends with the command."
  }

  /// Leaves the sockets open when the command begins, a single one at the number that was asked for.
  private func handOver(_ sockets: [Int32]) throws -> [Int32] {
    if let fd, let number = sockets.first, fd != number {
      _ = try retrying { dup2(number, fd) }
      return [fd]
    }
    for number in sockets { _ = try retrying { fcntl(number, F_SETFD, 0) } }
    return sockets
  }

  /// The numbers that descriptors would have: the lowest that are free, as the kernel gives them.
  private func numbers(wouldBe count: Int) throws -> [Int32] {
    if let fd { return [fd] }
    var taken: [Int32] = []
    defer { for number in taken { _ = close(number) } }
    for _ in 0..<count { taken.append(try retrying { fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0) }) }
    return taken
  }
}

extension AttachKind: ExpressibleByArgument {}
