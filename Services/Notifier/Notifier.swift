internal import Runtime

/// `sasando-notifier`: one agency's live stream, its commands and its desk; or the channels' streams.
@main
enum Notifier {
    static func main() async {
        await ServiceMain.run(
            "notifier", "serves one agency its stream of reports, its commands and its desk; or channels their streams",
            NotifierConfiguration.self
        ) { configuration, process in
            switch configuration.charge {
            case .agency(let agency, let media):
                try await NotifierService(configuration, process, agency: agency, media: media).parts()
            case .channels: try await ChannelsService(configuration, process).parts()
            }
        }
    }
}
