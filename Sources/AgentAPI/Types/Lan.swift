/// One broadcast domain.
package struct Lan: Codable, Hashable, Sendable {
  /// Unique in the agent.
  package var name: String
  /// Its ways in.
  package var doors: [Door]
  /// How many it has.
  package var ports: Int
  /// Entries of the FDB.
  package var stations: Int
  /// The most entries there may be.
  package var stationLimit: Int
  /// After so long a silent station is forgotten.
  package var ageingSeconds: Int
  /// Bytes of its flight recorder; 0: it has none.
  package var recordBytes: Int
  /// Index of the thread that runs it.
  package var forwardingThread: Int
  /// False: that thread did not answer in time, and `stations` is the last number known.
  package var fresh: Bool

  package init(
    name: String, doors: [Door], ports: Int, stations: Int, stationLimit: Int, ageingSeconds: Int,
    recordBytes: Int = 0, forwardingThread: Int, fresh: Bool
  ) {
    self.name = name
    self.doors = doors
    self.ports = ports
    self.stations = stations
    self.stationLimit = stationLimit
    self.ageingSeconds = ageingSeconds
    self.recordBytes = recordBytes
    self.forwardingThread = forwardingThread
    self.fresh = fresh
  }
}
