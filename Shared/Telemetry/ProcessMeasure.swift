internal import Glibc

/// What the kernel says about this process, read when it is asked for.
struct ProcessMeasure {
    let name: String
    let kind: MetricKind
    let help: String
    let value: Double

    /// The measures, under the names that Prometheus' client libraries share.
    static func all() -> [ProcessMeasure] {
        var measures: [ProcessMeasure] = []
        if let memory = contents(of: "/proc/self/statm")?.split(separator: " "), memory.count > 1 {
            let page = Double(sysconf(Int32(_SC_PAGESIZE)))
            measures.append(
                .init(
                    name: "process_resident_memory_bytes", kind: .gauge, help: "Resident memory size in bytes.",
                    value: (Double(memory[1]) ?? 0) * page))
            measures.append(
                .init(
                    name: "process_virtual_memory_bytes", kind: .gauge, help: "Virtual memory size in bytes.",
                    value: (Double(memory[0]) ?? 0) * page))
        }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        measures.append(
            .init(
                name: "process_cpu_seconds_total", kind: .counter, help: "Processor time used, user and system.",
                value: seconds(usage.ru_utime) + seconds(usage.ru_stime)))
        if let count = openDescriptors() {
            measures.append(
                .init(
                    name: "process_open_fds", kind: .gauge, help: "Open file descriptors.", value: Double(count)))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            measures.append(
                .init(
                    name: "process_max_fds", kind: .gauge, help: "Most file descriptors that may be open.",
                    value: Double(limit.rlim_cur)))
        }
        measures.append(
            .init(
                name: "process_start_time_seconds", kind: .gauge, help: "Start of the process, Unix time in seconds.",
                value: startTime))
        measures.append(
            .init(
                name: MetricName.logRecordsDropped.rawValue, kind: .counter, help: MetricName.logRecordsDropped.help,
                value: Double(LogOutput.standardError.droppedRecords)))
        return measures
    }

    private static let startTime = readStartTime()

    /// Field 22 of `/proc/self/stat`, proc(5): clock ticks after boot.
    private static func readStartTime() -> Double {
        let now = Double(WallClock.now()) / 1_000_000
        guard let status = contents(of: "/proc/self/stat"), let name = status.lastIndex(of: ")") else { return now }
        let fields = status[name...].split(separator: " ")
        guard fields.count > 20, let ticks = Double(fields[20]) else { return now }
        var boot = timespec()
        clock_gettime(CLOCK_BOOTTIME, &boot)
        let uptime = Double(boot.tv_sec) + Double(boot.tv_nsec) / 1e9
        return now - uptime + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    private static func openDescriptors() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // ".", ".." and the directory's own descriptor.
        return max(0, count - 3)
    }

    private static func contents(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
