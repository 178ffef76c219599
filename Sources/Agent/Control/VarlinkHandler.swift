/// Carries out the calls that the control interface receives, on the control thread.
package protocol VarlinkHandler: AnyObject {
  /// Carries out `call`: answers it by `reply`, `stream` or `fail`, now or later.
  func handle(_ call: VarlinkCall)
}
