import AgentAPI
import ManagementConsole

extension Diagnosis {
  /// Guests that use a group of the LAN without the agent. One that never came so far as to open it is no port, and no
  /// station: only its process shows that it is there.
  mutating func checkNativeGuests(of lan: Lan) {
    let groups = agent.groups.filter { $0.lan == lan.name }
    for guest in host.nativeGuests
    where groups.contains(where: { $0.address == guest.group && $0.udpPort == guest.udpPort }) {
      check(guest, lan)
    }
    let processes = Set(agent.ports.filter { $0.lan == lan.name }.compactMap { $0.peer?.processId })
    for guest in agent.guests where !guest.trouble.isEmpty && processes.contains(guest.processId) {
      add(
        .guest, .fault, lan: lan.name,
        "guest \(guest.name) (process \(guest.processId)) is in trouble: \(guest.trouble)",
        "umbel guest list")
    }
  }

  private mutating func check(_ guest: NativeGuest, _ lan: Lan) {
    let name = "guest \(guest.name) (process \(guest.process))"
    if let release = guest.release, GuestVersion("Linux guest \(release)")?.hasNativeTransports == false {
      add(
        .guestKernel, .fault, lan: lan.name,
        "\(name) has no \(guest.device): its kernel \(release) does not know \(guest.device)=mcast, which ended with 6.15",
        "umbel run \(lan.name) -- linux … \(guest.device)=mcast")
      return
    }
    switch guest.hasSocket {
    case true?:
      add(.guest, .ok, lan: lan.name, "\(name) has \(guest.device) up in group \(guest.group)")
    case nil:
      add(
        .guest, .skipped, lan: lan.name, "whether \(name) has \(guest.device) up is not known to you",
        asRoot)
    case false?:
      let kernel =
        guest.release == nil ? ", or its kernel is 6.16 or later and does not know \(guest.device)=mcast" : ""
      add(
        .guest, .warning, lan: lan.name,
        "\(name) is not in group \(guest.group): \(guest.device) is down in it\(kernel)",
        "in the guest: ip link set \(guest.device) up")
    }
  }
}
