internal import Domain
internal import Telemetry
internal import Storage

extension Diagnosis {
    static func streams(_ streams: [DoctorFindings.Stream]) -> [Check] {
        let broken = streams.compactMap(gap)
        let torn = streams.filter { $0.openedEpoch != $0.epoch }
        let counted = streams.filter { $0.uncopied == nil }
        let behind = counted.compactMap(lag)
        let longest = counted.map { max(0, $0.head - ($0.folded ?? 0)) }.max() ?? 0
        let copies = streams.filter { $0.uncopied != nil }
        let uncopied = copies.filter { $0.uncopied ?? 0 > mostUnfolded }
        return [
            Check(
                "streams", broken.isEmpty && !streams.isEmpty,
                streams.isEmpty
                    ? "there are none"
                    : broken.isEmpty
                        ? "\(streams.count), \(streams.reduce(0) { $0 + $1.events }) events without a gap"
                        : broken.joined(separator: "; "),
                else: streams.isEmpty
                    ? "load a city: sasandoctl jurisdiction load"
                    : "events were lost or added by hand: restore, then sasandoctl stream new-epoch, so that consumers know"
            ),
            Check(
                "epochs", torn.isEmpty,
                torn.isEmpty
                    ? "each is the one that was opened last"
                    : torn.map {
                        "\($0.name) is in \($0.epoch), opened was \($0.openedEpoch.map(String.init) ?? "none")"
                    }
                    .joined(separator: "; "),
                else: "open a new one, so that no cursor means two things: sasandoctl stream new-epoch"),
            Check(
                "figures", behind.isEmpty,
                behind.isEmpty ? "at most \(longest) events behind" : behind.joined(separator: "; "),
                else: "analytics is down or too slow: look at its log; after a restore, sasandoctl analytics rebuild"),
            Check(
                "channels", uncopied.isEmpty,
                uncopied.isEmpty
                    ? "\(copies.count) have a stream, at most \(copies.compactMap(\.uncopied).max() ?? 0) events behind"
                    : uncopied.map { "\($0.name) is \($0.uncopied ?? 0) events behind" }.joined(separator: "; "),
                else: "the notifier for channels is down or too slow: start it (SASANDO_CHANNELS=true), look at its log"
            ),
        ]
    }

    /// What of a stream's numbers does not fit together; nil where all does.
    private static func gap(_ stream: DoctorFindings.Stream) -> String? {
        let expected = stream.head - stream.firstKept + 1
        if stream.events != expected {
            return "\(stream.name) holds \(stream.events) events for the numbers \(stream.firstKept) to \(stream.head)"
        }
        guard expected > 0 else { return nil }
        return stream.firstEvent == stream.firstKept && stream.lastEvent == stream.head
            ? nil : "\(stream.name) reaches from \(stream.firstEvent ?? 0) to \(stream.lastEvent ?? 0), not to its head"
    }

    /// How analytics is behind a stream, or ahead of it; nil where it keeps up.
    private static func lag(_ stream: DoctorFindings.Stream) -> String? {
        guard let folded = stream.folded else { return "\(stream.name) is not counted" }
        if folded > stream.head { return "\(stream.name) is counted to \(folded), beyond its head \(stream.head)" }
        if stream.foldedEpoch != stream.epoch, stream.head > folded {
            return "\(stream.name) is counted in epoch \(stream.foldedEpoch ?? 0), and is in \(stream.epoch)"
        }
        return stream.head - folded > mostUnfolded ? "\(stream.name) is \(stream.head - folded) events behind" : nil
    }

    static func webhooks(_ disabled: [DoctorFindings.DisabledWebhook]) -> Check {
        Check(
            "webhooks", disabled.isEmpty,
            disabled.isEmpty
                ? "none is disabled but by request"
                : disabled.map { "\($0.id) of \($0.stream) (\($0.reason), \($0.behind) events behind)" }
                    .joined(separator: "; "),
            else: "ask the agency whether its receiver works again; then sasandoctl webhook enable ID, or remove ID")
    }

    static func peers(_ found: DoctorFindings) -> [Check] {
        let standing = found.peers.filter(\.stands)
        let running = services.map { service in
            let count = standing.count { $0.service == service }
            return Check(service, count > 0, "\(count) running", else: "start sasando-\(service)")
        }
        let alone = found.notifiers.filter { $0.value == 0 }.map(\.key).sorted()
        return running + [
            Check(
                "agencies", alone.isEmpty,
                alone.isEmpty ? "each has its notifier" : "nobody serves \(alone.joined(separator: ", "))",
                else: "start sasando-notifier for it: its reports wait, and nothing is lost"),
            versions(standing), clocks(standing), stale(found.peers), doubled(standing),
        ]
    }

    private static func versions(_ standing: [DoctorFindings.Peer]) -> Check {
        let own = ProductVersion.current
        let others = standing.filter { $0.version != own }
            .map { "\($0.service) \($0.version ?? "of before versions were told")" }
        return Check(
            "versions", others.isEmpty,
            others.isEmpty ? "all \(own)" : "\(Set(others).sorted().joined(separator: ", ")); this is \(own)",
            else: "replace them: services of several versions are meant to run together only while they are replaced")
    }

    private static func clocks(_ standing: [DoctorFindings.Peer]) -> Check {
        let wrong = standing.filter { abs($0.clockAheadSeconds ?? 0) >= clockTolerance_s }
        let most = standing.map { abs($0.clockAheadSeconds ?? 0) }.max() ?? 0
        return Check(
            "services' clocks", wrong.isEmpty,
            wrong.isEmpty
                ? "at most \(Int(most * 1000)) ms from the store's"
                : wrong.map { "\($0.service) \(seconds($0.clockAheadSeconds ?? 0))" }.joined(separator: "; "),
            else: "set the clocks of their machines by NTP")
    }

    private static func seconds(_ ahead: Double) -> String {
        "\(Int(abs(ahead).rounded())) s \(ahead < 0 ? "behind" : "ahead")"
    }

    /// Rows that nobody renews and nobody removed: those of a crash go within a minute, if one of the kind runs.
    private static func stale(_ peers: [DoctorFindings.Peer]) -> Check {
        let stale = peers.filter { $0.expiredSeconds > 120 }
        return Check(
            "ended peers", stale.isEmpty,
            stale.isEmpty
                ? "none is left over"
                : stale.map { "\($0.service) \(Int($0.expiredSeconds)) s ago" }
                    .joined(separator: "; "),
            else: "they ended without saying so, and none of their kind has come since: start it, and the rows go")
    }

    private static func doubled(_ standing: [DoctorFindings.Peer]) -> Check {
        let endpoints = Dictionary(grouping: standing.filter { !$0.endpoint.isEmpty }, by: \.endpoint)
        let keys = Dictionary(grouping: standing, by: \.publicKey)
        let doubled =
            (endpoints.filter { $0.value.count > 1 }.keys.sorted())
            + keys.values.filter { $0.count > 1 }.compactMap { $0.first.map { "a key of \($0.service)" } }.sorted()
        return Check(
            "doubled peers", doubled.isEmpty, doubled.isEmpty ? "none" : doubled.joined(separator: ", "),
            else: "two instances cannot be at one address: one was copied while it ran; stop both, and start them again"
        )
    }
}
