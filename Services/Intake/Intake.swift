internal import Runtime

/// `sasando-intake`: takes reports in, and shows citizens what becomes of them.
@main
enum Intake {
    static func main() async {
        await ServiceMain.run("intake", "takes reports in", IntakeConfiguration.self) { configuration, process in
            try await IntakeService(configuration, process).parts()
        }
    }
}
