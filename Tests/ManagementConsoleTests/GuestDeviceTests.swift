import ManagementConsole
import Testing

/// What a guest's command line says about its network devices.
struct GuestDeviceTests {
  @Test(arguments: [
    ("eth0=mcast", GuestDevice.Link.group(address: "239.192.168.1", port: 1102)),
    ("eth0=mcast,,,,", .group(address: "239.192.168.1", port: 1102)),
    ("eth1=mcast,fe:fd:0:0:0:1,239.1.2.3,2000,4", .group(address: "239.1.2.3", port: 2000)),
    ("eth0=daemon", .socket(path: "/tmp/uml.ctl")),
    ("eth0=daemon,,unix,/run/umbel/lab/vde/ctl", .socket(path: "/run/umbel/lab/vde/ctl")),
    ("eth0=tuntap,tap0", .other("tuntap")),
    ("vec0:transport=bess,dst=/run/umbel/lab/bess,mac=02:00:00:00:00:01", .socket(path: "/run/umbel/lab/bess")),
    ("vec12:mac=02:00:00:00:00:01,transport=fd,fd=7", .descriptor),
    ("vec0:depth=64", .other("")),
  ])
  func `the words of a device say what it is connected to`(_ example: (word: String, link: GuestDevice.Link)) {
    let device = GuestDevice(word: example.word)
    #expect(device?.link == example.link)
    #expect(device?.words == example.word)
  }

  @Test(arguments: ["eth", "eth0", "ethx=mcast", "eth0:mcast", "vec0=transport=fd", "ubd0=disk", "eth123456=mcast", ""])
  func `other words name no device`(_ word: String) { #expect(GuestDevice(word: word) == nil) }

  @Test func `the first of two devices of one name counts, and none behind two dashes`() {
    let devices = GuestDevice.all(in: ["linux", "mem=64M", "eth0=mcast", "eth0=daemon", "--", "vec0:transport=fd,fd=3"])
    #expect(devices.map(\.words) == ["eth0=mcast"])
  }

  @Test func `the devices that are up have interrupts`() {
    let table = """
                 CPU0
        0:        325   SIGALRM      hr timer
        3:          0     SIGIO      eth0
        5:         39     SIGIO      mconsole
       11:          0     SIGIO      vec0, vec13
      """
    #expect(GuestDevice.namesUp(interrupts: table) == ["eth0", "vec0", "vec13"])
  }

  @Test func `a version has the release, which tells whether there are native transports`() {
    let version = GuestVersion("Linux (none) 6.1.176 #1 Sat Jul  4 15:38:16 UTC 2026 x86_64")
    #expect(version?.host == "(none)")
    #expect(version?.release == "6.1.176")
    #expect(GuestVersion("Darwin x y") == nil)
    let releases = [("2.6.9", true), ("6.15.12", true), ("6.16-rc1", false), ("6.16.0", false), ("7", false)]
    for (release, expected) in releases {
      #expect(GuestVersion("Linux h \(release) x")?.hasNativeTransports == expected)
    }
  }
}
