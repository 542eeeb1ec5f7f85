internal import Runtime

/// `sasando-notifier`: one agency's live stream, its commands and its desk.
@main
enum Notifier {
    static func main() async {
        await ServiceMain.run(
            "notifier", "serves one agency its stream of reports, its commands and its desk",
            NotifierConfiguration.self
        ) { configuration, process in
            try await NotifierService(configuration, process).parts()
        }
    }
}
