import Synchronization

/// The series of a family by their labels.
final class SeriesTable: Sendable {
    private let table = Mutex<[String: any MetricSeries]>([:])

    /// The series with these labels, made if it is new. One that exists as another type (two kinds of metric under
    /// one name) is left alone; the newcomer then counts for nobody.
    func series<Series: MetricSeries>(labels: String, make: () -> Series) -> Series {
        table.withLock { table in
            if let known = table[labels] as? Series { return known }
            let series = make()
            if table[labels] == nil { table[labels] = series }
            return series
        }
    }

    func sorted() -> [(labels: String, series: any MetricSeries)] {
        table.withLock { $0.sorted { $0.key < $1.key } }.map { ($0.key, $0.value) }
    }
}

/// One series: a name with labels and its value.
protocol MetricSeries: Sendable {
    func write(name: String, labels: String, to text: inout String)
}
