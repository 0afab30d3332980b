/// All series of one name.
final class MetricFamily: Sendable {
    enum Kind: String {
        case counter, gauge, histogram
    }

    let name: String
    private let kind: Kind
    private let table = SeriesTable()

    init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    func series<Series: MetricSeries>(labels: String, make: () -> Series) -> Series {
        table.series(labels: labels, make: make)
    }

    func write(to text: inout String) {
        text += "# HELP \(name) \(PrometheusText.help(name))\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, series) in table.sorted() { series.write(name: name, labels: labels, to: &text) }
    }
}
