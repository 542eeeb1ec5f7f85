/// Where photos are kept, and what decodes them.
package struct MediaSettings: Sendable {
    /// The folder of photos.
    package let folder: String
    /// The program that decodes them.
    package let worker: String

    package init(_ keys: inout ConfigurationKeys) {
        folder = keys.string("SASANDO_MEDIA", shape: "folder", "Where photos are kept; the services share it.")
        worker = keys.string(
            "SASANDO_MEDIA_WORKER", default: Self.workerBesides(CommandLine.arguments[0]), shape: "file",
            "The program that decodes photos.")
    }

    /// `sasando-media` in the folder of this program.
    private static func workerBesides(_ program: String) -> String {
        guard let slash = program.lastIndex(of: "/") else { return "/usr/local/bin/sasando-media" }
        return program[...slash] + "sasando-media"
    }
}
