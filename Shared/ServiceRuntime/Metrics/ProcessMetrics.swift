import Foundation

/// What the kernel says of this process.
enum ProcessMetrics {
    static func exposition() -> String {
        var text = ""
        func add(_ name: String, _ kind: String, _ help: String, _ value: Double?) {
            guard let value else { return }
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n\(name) \(PrometheusText.number(value))\n"
        }
        let stat = statFields()
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        add("process_resident_memory_bytes", "gauge", "Resident memory in bytes.", residentMemory())
        add(
            "process_cpu_seconds_total", "counter", "CPU time in seconds, user and system.",
            stat.map { ($0.user + $0.system) / ticks })
        add(
            "process_start_time_seconds", "gauge", "Start of the process as Unix time in seconds.",
            stat.flatMap { stat in bootTime.map { $0 + stat.start / ticks } })
        add("process_open_fds", "gauge", "Open file descriptors.", openDescriptors())
        add("process_threads", "gauge", "Threads.", stat?.threads)
        return text
    }

    static func residentMemory() -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? Double(fields[1]).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }

    private static func openDescriptors() -> Double? {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { Double($0.count - 1) }
    }

    /// Fields 14, 15, 20 and 22 of /proc/self/stat; the name in field 2 may hold spaces, so count from behind it.
    private static func statFields() -> (user: Double, system: Double, threads: Double, start: Double)? {
        guard let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let user = Double(fields[11]), let system = Double(fields[12]),
            let threads = Double(fields[17]), let start = Double(fields[19])
        else { return nil }
        return (user, system, threads, start)
    }

    private static let bootTime: Double? = {
        guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) }
    }()
}
