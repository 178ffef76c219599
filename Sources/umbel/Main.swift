import AgentAPI
import ArgumentParser
import ManagementConsole

/// Where `umbel` begins. Commands throw; here it becomes a sentence and an exit status.
@main enum Main {
  static func main() {
    do {
      var command = try Umbel.parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      end(failure)
    } catch let error as ClientError {
      end(Failure(error))
    } catch let error as ConsoleError {
      end(Failure(error))
    } catch {
      // Help, versions, scripts and wrong arguments; those end with 64.
      Umbel.exit(withError: error)
    }
  }

  private static func end(_ failure: Failure) -> Never {
    Output.complain(failure.text)
    Umbel.exit(withError: ExitCode(failure.status.rawValue))
  }
}
