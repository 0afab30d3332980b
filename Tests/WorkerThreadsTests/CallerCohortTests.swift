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
}
