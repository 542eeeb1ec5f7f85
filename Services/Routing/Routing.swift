internal import Runtime

/// `sasando-routing`: decides whose each report is, and runs the durable timers.
@main
enum Routing {
    static func main() async {
        await ServiceMain.run("routing", "passes reports on", RoutingConfiguration.self) { configuration, process in
            try await RoutingService(configuration, process).parts()
        }
    }
}
