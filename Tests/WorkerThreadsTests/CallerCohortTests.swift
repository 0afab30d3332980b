import Testing
import WorkerThreads

/// For whom a batch waits a moment.
struct CallerCohortTests {
    @Test func `a lone caller and a few wait for nobody`() {
        var cohort = CallerCohort()
        #expect(cohort.isThere(waiting: 0))
        cohort.batchEnded(answered: 1, waiting: 0)
        #expect(cohort.isThere(waiting: 1))
        cohort.batchEnded(answered: 3, waiting: CallerCohort.few - 4)
        #expect(cohort.isThere(waiting: 1))
    }

    @Test func `half of those who were answered or queued are waited for`() {
        var cohort = CallerCohort()
        cohort.batchEnded(answered: 40, waiting: 24)
        #expect(!cohort.isThere(waiting: 24))
        #expect(!cohort.isThere(waiting: 31))
        #expect(cohort.isThere(waiting: 32))
    }

    @Test func `who stays away is not expected again`() {
        var cohort = CallerCohort()
        cohort.batchEnded(answered: 60, waiting: 4)
        cohort.batchEnded(answered: 4, waiting: 0)
        #expect(cohort.isThere(waiting: 1))
    }

    @Test func `a batch that waits is rung for once, when half have come`() {
        var cohort = CallerCohort()
        cohort.batchEnded(answered: 20, waiting: 0)
        let waits = cohort.batchBegins(waiting: 1)
        let rings = [9, 10, 11].map { cohort.callerCame(waiting: $0) }
        #expect(waits && rings == [0, 1, 0])
        let mayGiveUp = cohort.batchGivesUp()
        #expect(!mayGiveUp, "it must take the ring")
        let waitsAgain = cohort.batchBegins(waiting: 11)
        #expect(!waitsAgain)
    }

    @Test func `a batch that gives up is not rung for`() {
        var cohort = CallerCohort()
        cohort.batchEnded(answered: 20, waiting: 0)
        let waits = cohort.batchBegins(waiting: 1)
        let mayGiveUp = cohort.batchGivesUp()
        let rings = cohort.callerCame(waiting: 10)
        #expect(waits && mayGiveUp && rings == 0)
    }

    @Test func `the bell wakes a thread that sleeps, and patience one that nobody wakes`() {
        let bell = CohortBell()
        bell.ring(1)
        bell.wait { Bool.random() }
        let begin = ContinuousClock.now
        bell.wait { true }
        #expect(begin.duration(to: .now) >= CallerCohort.patience)
    }
}
