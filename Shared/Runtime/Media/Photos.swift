package import Domain
package import FoundationEssentials
package import Hummingbird
package import Media
package import Storage

/// Takes photos: made small by processes apart, kept in a folder, and recorded as somebody's until a report takes them.
package struct Photos: Sendable {
    /// The largest photo that is taken, in bytes.
    package static let mostBytes = 15 * 1_024 * 1_024
    /// Photos that one form may bring, and their bytes together.
    package static let mostInForm = 3
    package static let mostFormBytes = 32 * 1_024 * 1_024
    /// What a form adds to its photos.
    private static let formBytes = HTTPLimits.body
    /// The longest that an upload may be under way: five megabytes by the poorest line.
    private static let uploadTime: Duration = .seconds(300)

    package enum Size: String, Sendable {
        case web, thumb
    }

    private let workers: MediaWorkers
    private let folder: any PhotoStore
    private let store: MediaStore
    private let room: UploadRoom

    package init(workers: MediaWorkers, folder: any PhotoStore, store: MediaStore, room: UploadRoom = UploadRoom()) {
        self.workers = workers
        self.folder = folder
        self.store = store
        self.room = room
    }

    // MARK: Taking

    /// Takes the one file of a `multipart/form-data` body, whatever its part is called.
    ///
    /// - Returns: the upload's id.
    /// - Throws: `ProblemDetails`: 400, 413 and 415 for the body, 422 for the photo, 503 where too many come.
    package func takeFile(
        of request: Request, from client: ClientAddress, by uploader: Uploader, in jurisdiction: JurisdictionCode,
        _ language: Language
    ) async throws -> UUID {
        let limit = Self.mostBytes + Self.formBytes
        return try await room.hold(for: request, upTo: limit, from: client) {
            let form = try await request.collectMultipart(upTo: limit, within: Self.uploadTime)
            let files = form.parts.filter { $0.filename != nil }.map(\.bytes)
            do {
                guard !files.isEmpty else { throw Faults([Fault(.required, at: "/file")]) }
                guard files.count == 1 else { throw Faults([Fault(.tooMany, at: "/file", 1)]) }
                let small = try await shrink(files) { _ in "/file" }
                return try await keep(small[0], by: uploader, in: jurisdiction)
            } catch let faults as Faults {
                throw ProblemDetails.unprocessable(
                    faults.list.map {
                        .init(pointer: $0.pointer, code: $0.code.rawValue, message: $0.message(language))
                    })
            }
        }
    }

    /// Reads a form that may bring photos, and gives `use` its fields and its photos.
    package func withForm<Value>(
        of request: Request, from client: ClientAddress, _ use: (PostedForm) async throws -> Value
    ) async throws -> Value {
        guard request.mediaType == "multipart/form-data" else {
            return try await use(PostedForm(fields: try await request.collectForm(), photos: []))
        }
        let limit = Self.mostFormBytes + Self.formBytes
        return try await room.hold(for: request, upTo: limit, from: client) {
            let body = try await request.collectMultipart(upTo: limit, within: Self.uploadTime)
            return try await use(try PostedForm(body))
        }
    }

    /// Takes a form's photos, all or none.
    ///
    /// - Returns: the uploads' ids.
    /// - Throws: `Faults` with pointers below `/media`, or `ProblemDetails` 503.
    package func take(
        _ photos: [ArraySlice<UInt8>], by uploader: Uploader, in jurisdiction: JurisdictionCode
    ) async throws -> [UUID] {
        guard photos.count <= Self.mostInForm else { throw Faults([Fault(.tooMany, at: "/media", Self.mostInForm)]) }
        var ids: [UUID] = []
        for small in try await shrink(photos, pointer: { "/media/\($0)" }) {
            ids.append(try await keep(small, by: uploader, in: jurisdiction))
        }
        return ids
    }

    /// All of them small, or what is wrong with each.
    private func shrink(
        _ photos: [ArraySlice<UInt8>], pointer: (Int) -> String
    ) async throws -> [WorkerFrame.Photo] {
        var small: [WorkerFrame.Photo] = []
        var faults: [Fault] = []
        for (index, photo) in photos.enumerated() {
            guard photo.count <= Self.mostBytes else {
                faults.append(Fault(.imageTooManyBytes, at: pointer(index), Self.mostBytes >> 20))
                continue
            }
            do throws(MediaWorkers.Refusal) { small.append(try await workers.shrink(Array(photo))) } catch {
                guard case .photo(let fault) = error else { throw ProblemDetails.crowded }
                faults.append(Fault(fault.code, at: pointer(index)))
                // Whoever sends one such photo has not much more of our time.
                if fault == .tooSlow { break }
            }
        }
        if !faults.isEmpty { throw Faults(faults) }
        return small
    }

    /// The bytes first: what a row names is there.
    private func keep(
        _ photo: WorkerFrame.Photo, by uploader: Uploader, in jurisdiction: JurisdictionCode
    ) async throws -> UUID {
        let web = try await folder.keep(photo.web, of: jurisdiction)
        let thumb = try await folder.keep(photo.thumb, of: jurisdiction)
        return try await store.add(
            StoredPhoto(web: web.bytes, thumb: thumb.bytes, width: photo.width, height: photo.height), by: uploader,
            in: jurisdiction)
    }

    // MARK: Showing

    /// One of a report's photos, with whose it is; nil for one that there is not, and for one that is hidden.
    package func photo(
        _ n: Int, of report: UUID, in jurisdiction: JurisdictionCode
    ) async throws -> ReportPhoto? {
        try await store.photo(n, of: report, in: jurisdiction)
    }

    /// Its bytes, as JPEG.
    package func bytes(of photo: ReportPhoto, _ size: Size, in jurisdiction: JurisdictionCode) async throws -> [UInt8]?
    {
        guard let hash = PhotoHash(bytes: size == .web ? photo.web : photo.thumb) else { return nil }
        return try await folder.bytes(of: hash, of: jurisdiction)
    }

    /// Which of these uploads do not wait for their uploader.
    package func missing(of uploads: Uploads, in jurisdiction: JurisdictionCode) async throws -> [UUID] {
        let waiting = try await store.waiting(for: uploads, in: jurisdiction)
        return uploads.ids.filter { !waiting.contains($0) }
    }
}

/// A posted form's fields, and the files that it brought.
package struct PostedForm: Sendable {
    package var fields: FormFields
    package var photos: [ArraySlice<UInt8>]
    /// What the photos' parts are called, one for each.
    package var photoNames: [String]

    package init(fields: FormFields, photos: [ArraySlice<UInt8>], photoNames: [String] = []) {
        self.fields = fields
        self.photos = photos
        self.photoNames = photoNames
    }

    /// Where nothing was chosen, a browser sends an empty file.
    init(_ body: Multipart) throws(ProblemDetails) {
        let texts = body.parts.filter { $0.filename == nil }
        guard texts.reduce(0, { $0 + $1.bytes.count }) <= HTTPLimits.body else {
            throw .contentTooLarge(limit: HTTPLimits.body)
        }
        fields = FormFields(texts.map { (name: $0.name, value: $0.text) })
        let files = body.parts.filter { $0.filename != nil && !$0.bytes.isEmpty }
        photos = files.map(\.bytes)
        photoNames = files.map(\.name)
    }

    /// What tells the same photos sent again, in hexadecimal digits.
    package var photoHashes: [String] { photos.map { PhotoHash(of: Array($0)).text } }
}
