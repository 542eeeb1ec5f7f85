/// The assets, each listed once, and how the scripts come to import each other by hashed paths.
enum AssetFiles {
    static let files: [(name: String, bytes: [UInt8])] = [
        ("sasando.css", PackageResources.sasando_css),
        ("parts.css", PackageResources.parts_css),
        ("controls.css", PackageResources.controls_css),
        ("citizen.css", PackageResources.citizen_css),
        ("app.css", PackageResources.app_css),
        ("follow.css", PackageResources.follow_css),
        ("public.css", PackageResources.public_css),
        ("photos.css", PackageResources.photos_css),
        ("staff.css", PackageResources.staff_css),
        ("desk.css", PackageResources.desk_css),
        ("print.css", PackageResources.print_css),
        ("dashboard.css", PackageResources.dashboard_css),
        ("performance.css", PackageResources.performance_css),
        ("notices.css", PackageResources.notices_css),
        ("operator.css", PackageResources.operator_css),
        ("icons.svg", PackageResources.icons_svg),
        ("favicon.svg", PackageResources.favicon_svg),
        ("icon.svg", PackageResources.icon_svg),
        ("maskable.svg", PackageResources.maskable_svg),
        ("words.js", PackageResources.words_js),
        ("time.js", PackageResources.time_js),
        ("offline.js", PackageResources.offline_js),
        ("app.js", PackageResources.app_js),
        ("wake.js", PackageResources.wake_js),
        ("drain.js", PackageResources.drain_js),
        ("attempt.js", PackageResources.attempt_js),
        ("outbox.js", PackageResources.outbox_js),
        ("keep.js", PackageResources.keep_js),
        ("worker.js", PackageResources.worker_js),
        ("mine.js", PackageResources.mine_js),
        ("copy.js", PackageResources.copy_js),
        ("live.js", PackageResources.live_js),
        ("map.js", PackageResources.map_js),
        ("areas.js", PackageResources.areas_js),
        ("report.js", PackageResources.report_js),
        ("photos.js", PackageResources.photos_js),
        ("pictures.js", PackageResources.pictures_js),
        ("shrink.js", PackageResources.shrink_js),
        ("upload.js", PackageResources.upload_js),
        ("lighten.js", PackageResources.lighten_js),
        ("faults.js", PackageResources.faults_js),
        ("fields.js", PackageResources.fields_js),
        ("draft.js", PackageResources.draft_js),
        ("restore.js", PackageResources.restore_js),
        ("submit.js", PackageResources.submit_js),
        ("place.js", PackageResources.place_js),
        ("pin.js", PackageResources.pin_js),
        ("known.js", PackageResources.known_js),
        ("similar.js", PackageResources.similar_js),
        ("nearby.js", PackageResources.nearby_js),
        ("points.js", PackageResources.points_js),
        ("sent.js", PackageResources.sent_js),
        ("tracking.js", PackageResources.tracking_js),
        ("told.js", PackageResources.told_js),
        ("notice.js", PackageResources.notice_js),
        ("news.js", PackageResources.news_js),
        ("desk.js", PackageResources.desk_js),
        ("filter.js", PackageResources.filter_js),
        ("sound.js", PackageResources.sound_js),
        ("card.js", PackageResources.card_js),
        ("stream.js", PackageResources.stream_js),
        ("panel.js", PackageResources.panel_js),
        ("commands.js", PackageResources.commands_js),
        ("where.js", PackageResources.where_js),
        ("dashboard.js", PackageResources.dashboard_js),
        ("choropleth.js", PackageResources.choropleth_js),
        ("sort.js", PackageResources.sort_js),
        ("print.js", PackageResources.print_js),
    ]

    /// Every file with its hash. A module's imports (`"./name.js"`) become hashed names first, so that its own
    /// hash changes with what it imports.
    static func resolved() -> [String: Asset] {
        var sources = Dictionary(uniqueKeysWithValues: files.map { ($0.name, SlimText.slim($0.bytes, of: $0.name)) })
        var done: [String: Asset] = [:]
        func resolve(_ name: String) -> Asset? {
            if let asset = done[name] { return asset }
            // Taken out while it is resolved, so that modules that import each other in a circle are found.
            guard var bytes = sources.removeValue(forKey: name) else { return nil }
            var imports: [String] = []
            if name.hasSuffix(".js") {
                (bytes, imports) = withHashedImports(String(decoding: bytes, as: UTF8.self), resolve)
            }
            let asset = Asset(name: name, bytes: bytes, hash: fingerprint(bytes), imports: imports)
            done[name] = asset
            return asset
        }
        for file in files { _ = resolve(file.name) }
        return done
    }

    /// The module's bytes, and the paths of what it imports before it runs, its imports' imports included.
    private static func withHashedImports(
        _ source: String, _ resolve: (String) -> Asset?
    ) -> (bytes: [UInt8], imports: [String]) {
        let marker = "\"./"
        var rest = source[...]
        var result = ""
        var imports: [String] = []
        while let start = rest.firstRange(of: marker) {
            let isLater = rest[..<start.lowerBound].last == "("
            result += rest[..<start.upperBound]
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "\"") else { break }
            let name = String(rest[..<end])
            guard let asset = resolve(name) else {
                preconditionFailure("a script imports \(name), which is not listed or imports it in turn")
            }
            result += asset.path.dropFirst("/assets/".count)
            if !isLater {
                for path in [asset.path] + asset.imports where !imports.contains(path) { imports.append(path) }
            }
            rest = rest[end...]
        }
        return (Array((result + rest).utf8), imports)
    }

    /// FNV-1a, 64 bits (draft-eastlake-fnv): tells versions of our own files apart; it is not a signature.
    static func fingerprint(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
