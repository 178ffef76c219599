extension MessageID {
  /// The fields that every record of this condition has, and that its text in the catalogue may therefore name; a record
  /// may have more.
  package var fields: Set<JournalField> {
    switch self {
    case .lanUp, .lanDown, .recorderFailed: [.lan]
    case .trunkWaiting, .trunkJoined, .trunkLost, .guestAttached, .guestLeft, .ownUnderlay, .storm, .loopFound,
      .loopGone, .secondPath, .sharedNetwork, .bufferShortfall, .setupNeeded, .transportWarning, .portFailed,
      .pluginMisbehaves:
      [.lan, .port, .transport]
    case .foreignSender: [.lan, .port, .transport, .peer]
    case .stationFlapping: [.lan, .port, .transport, .station]
    case .guestRefused: [.lan, .door, .peer]
    case .guestsWaiting, .doorWaiting, .doorListens, .socketUnused: [.lan, .door]
    case .configurationRefused: [.file]
    case .pluginRefused: [.transport]
    case .threadStuck, .threadResumed, .reportsLost: [.thread]
    case .guestTrouble, .guestWords, .handedOver, .takeOverFailed: [.peer]
    case .startFailed, .reloaded, .reloadIncomplete, .adopted, .adoptionFailed, .handOverIncomplete,
      .announcementRefused:
      []
    }
  }
}
