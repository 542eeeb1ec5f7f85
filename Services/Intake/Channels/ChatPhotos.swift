internal import Crypto
internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// Photos from chats: fetched from their provider once the report is stored, and made its own as if the reporter had
/// sent them after it. None ever holds a report back.
struct ChatPhotos: Sendable {
    let photos: Photos
    let runner: ReporterRunner

    /// Safe to repeat: the photo's name is the key of the command.
    func attach(
        _ photo: String, to report: UUID, from provider: any ChatProvider, in loaded: LoadedCity
    ) async throws -> Conversation.PhotoOutcome {
        switch await provider.fetch(photo) {
        case .none: return .lost
        case .later: return .again
        case .bytes(let bytes):
            let ids: [UUID]
            do {
                ids = try await photos.take([bytes[...]], by: .report(report), in: loaded.city.code)
            } catch is Faults {
                return .lost
            }
            let digest = Array(SHA256.hash(data: Array(photo.utf8)))
            let key = CommandKey(text: "chat:" + Base64URL.encode(digest.prefix(24)), requestHash: digest)
            let result = try await runner.run(
                CommandRequest(.comment, media: ids), on: report, by: .reporter, key: key, in: loaded,
                photosArePublic: true)
            switch result {
            case .done, .repeated, .keyReused: return .added
            // A moment after it was stored a report is not with its agency yet.
            case .refused(.notRouted): return .again
            case .refused, .unknownReport: return .lost
            }
        }
    }
}
