internal import ArgumentParser

/// The operator's command; each subcommand is a file of its own.
///
/// Exit status: 0 done, 1 refused or failed, 64 wrong usage.
@main
struct Admin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sasandoctl", abstract: "Run and look after Sasando.",
        subcommands: [
            MigrateCommand.self, LoginCommand.self, JurisdictionCommand.self, AreasCommand.self, KeyCommand.self,
            StreamCommand.self, WebhookCommand.self, ReportCommand.self, SamplesCommand.self, SimulateCommand.self,
            AnalyticsCommand.self, PrivacyCommand.self, ImportCommand.self, DoctorCommand.self,
        ])
}
