/// The methods of `org.umbel.Agent`, by their names in the interface.
package enum MethodName: String, CaseIterable, Sendable {
  case status = "Status"
  case listLans = "ListLans"
  case addLan = "AddLan"
  case removeLan = "RemoveLan"
  case listPorts = "ListPorts"
  case addPort = "AddPort"
  case removePort = "RemovePort"
  case listMirrors = "ListMirrors"
  case addMirror = "AddMirror"
  case removeMirror = "RemoveMirror"
  case listStations = "ListStations"
  case listPeers = "ListPeers"
  case measurePeers = "MeasurePeers"
  case listTransports = "ListTransports"
  case attach = "Attach"
  case listGuests = "ListGuests"
  case capture = "Capture"
  case openRecorder = "OpenRecorder"
  case takeOver = "TakeOver"
  case finishTakeOver = "FinishTakeOver"
  case reload = "Reload"

  /// With the interface's name before it, as requests have it.
  package var qualified: String { "\(AgentInterface.name).\(rawValue)" }
}
