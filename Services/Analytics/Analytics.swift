internal import Runtime

/// `sasando-analytics`: folds the streams into figures, and shows the city's dashboard.
@main
enum Analytics {
    static func main() async {
        await ServiceMain.run("analytics", "counts what happens", AnalyticsConfiguration.self) {
            configuration, process in
            try await AnalyticsService(configuration, process).parts()
        }
    }
}
