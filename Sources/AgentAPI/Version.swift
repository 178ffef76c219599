/// The version of the agent and of everything that is built with it: semver.org.
package let umbelVersion = "0.1.0"
