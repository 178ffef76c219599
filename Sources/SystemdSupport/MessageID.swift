/// The conditions that an administrator acts on, each with the 128-bit id that its records carry as MESSAGE_ID: by it
/// `journalctl` finds them, and explains them from the message catalogue, `contrib/systemd/umbel.catalog`. An id never
/// changes its meaning and is never used again. A new one is made by `systemd-id128 new`.
package enum MessageID: String, Sendable, CaseIterable {
  /// A LAN has its doors and its ports.
  case lanUp = "bcc7e68367914360ac97828b11b2adde"
  /// A LAN was removed.
  case lanDown = "4f3d660671c04cf2a7080a64a91edf58"
  /// A trunk waits for something that may come by itself.
  case trunkWaiting = "a4d058822ec74fe0833ffc9d98bf1b57"
  /// A trunk carries frames.
  case trunkJoined = "7acc6a43bb044af2ae5f3bbd645e48c2"
  /// A trunk that was up is no longer.
  case trunkLost = "a1c6caa57b4841ee8ad146765bfbf926"
  /// A guest has a port.
  case guestAttached = "c97047bcecba4efdb5ccfc20dc7675b4"
  /// A guest's port has ended.
  case guestLeft = "465e331926d94e588da6d8b785493840"
  /// A guest was turned away.
  case guestRefused = "78964b3b63534489b2ed9db56e881efd"
  /// Guests have to wait outside a door, as there is no room for more.
  case guestsWaiting = "a5df8384f7544c8897c477a20cb5dca5"
  /// A door cannot listen where it should.
  case doorWaiting = "13ddf7a3f5e84d6ab5f71c0716115012"
  /// A door that could not listen does.
  case doorListens = "ae61e2ea7d194acbba924a156c3f1749"
  /// An Ethernet address moves between ports again and again.
  case stationFlapping = "d1801d1d36814310a77f7ff66908c171"
  /// A LAN cannot have the flight recorder that it should.
  case recorderFailed = "861e36e6e92244918dbaa61125edd6d3"
  /// A datagram of a trunk came in by a guest port, and was dropped.
  case ownUnderlay = "e27a20eb0aa347f781e1d5debc0795ab"
  /// A port brings in more frames to all ports than it may.
  case storm = "9ac3419e57254ad999cf879cf349886f"
  /// Two ports of a LAN are joined outside of it, and one is shut.
  case loopFound = "6ac2a54ca4a04387a1fde6fc6b34e569"
  /// A port that was shut because of a loop is open again.
  case loopGone = "8c21dedbcb65487f83ec1eb25339bc49"
  /// An agent is heard by two trunks of one LAN.
  case secondPath = "f37bd4b132984daebac016af79ad6f47"
  /// Two LANs of this agent share a network.
  case sharedNetwork = "2e3deeef08a845ba9b0e48bd8a888a69"
  /// Somebody who should not sends to a port.
  case foreignSender = "5f584a43b5f94eb9bd416a23c8e4aaf6"
  /// A configuration is wrong and nothing of it was taken.
  case configurationRefused = "c56ba48db9e4482aafc968aeae5b9943"
  /// A transport was not loaded.
  case pluginRefused = "da8548e3a16f4d7db0c406a99d7b506f"
  /// The kernel grants a socket less buffer than was asked for.
  case bufferShortfall = "ac2a36c484d84ace9564641aaa20afcd"
  /// Something has to be set up on this host for a port, by a command that the record names.
  case setupNeeded = "a08e201ad2c44ea09a1fbf69350e3ee1"
  /// A transport says, in words of its own, that something is not as it should be.
  case transportWarning = "5797551484f84f4396274b352f0e981e"
  /// A port cannot go on.
  case portFailed = "4b8747884d8b45c0a619187101eec512"
  /// A plugin broke a rule of the ABI, and goes on.
  case pluginMisbehaves = "10114c1e52dc4b1795d09e0a0d5cc966"
  /// A forwarding thread has shown no progress.
  case threadStuck = "0b42d958c45b49139e57d895aeff18f8"
  /// A forwarding thread that was stuck goes on.
  case threadResumed = "d68d812ec0a749d1ab4abee33d7110d1"
  /// A forwarding thread had more to report than there was room for.
  case reportsLost = "6d952c39269e4f3c82b43a0201fb0e3c"
  /// The agent cannot start.
  case startFailed = "88995eccd58b43fc95e817b2b04cd4f2"
  /// A new configuration is in force.
  case reloaded = "ad3e5c494aa849a5a1db0da7a6ee086a"
  /// A part of a new configuration is not in force.
  case reloadIncomplete = "84de75704f9b495cb81a66e0882144a3"
  /// Ports were taken over from the process before.
  case adopted = "5a679378d45b421fa613b5d8e4b4ee33"
  /// What the process before left could not be used, and the agent has started clean.
  case adoptionFailed = "5e5616bfca3d472c8d7de84756141e0a"
  /// Another process wanted to take over, and did not.
  case takeOverFailed = "3b5daf0195bb469eb537b33bc767822a"
  /// A restart may not keep all that there is.
  case handOverIncomplete = "40bbf34a57044f0b8d265106af218583"
  /// A socket that the service manager made is not used.
  case socketUnused = "a313e97c1b93471ab14c7cfd5c68c0b0"
  /// Another process has taken over the ports of this one.
  case handedOver = "9d7aafd6dedb43cd9eb8a946c4975647"
  /// A guest told the agent of its panic, or that it hangs.
  case guestTrouble = "55838f2bcc774bfab591abdace80eeb3"
  /// A user of a guest wrote to the guest's /proc/mconsole.
  case guestWords = "dca51babd4c546e6910b2e61979182a7"
  /// What came to the socket where guests announce themselves was not taken.
  case announcementRefused = "c5d55cf4f1994b708ffab1c5e7886e81"
}
