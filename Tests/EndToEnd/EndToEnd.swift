import TestSupport
import Testing

/// Everything that drives the executables from outside; one test at a time, as some of them take stores down.
@Suite(.serialized, .enabled(if: TestEnvironment.hasExecutables, "needs make test: stores and executables"))
enum EndToEnd {}
