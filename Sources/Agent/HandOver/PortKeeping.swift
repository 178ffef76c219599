import TransportHost

/// What the next process would get of a port, as last asked.
struct PortKeeping {
  /// nil: it would be opened anew, or, a guest's, be gone.
  private(set) var heritage: Heritage?
  /// Rises when the same numbers may mean other files.
  private(set) var stamp = 0
  /// The port has to be asked again.
  var isStale = true

  mutating func take(_ new: Heritage?) {
    // What was said while nothing moved does not hold any longer than that.
    isStale = new?.isQuiet ?? false
    // What a port says of itself changes when its descriptors do.
    if let heritage, let new, heritage.state != new.state { stamp += 1 }
    heritage = new
  }
}
