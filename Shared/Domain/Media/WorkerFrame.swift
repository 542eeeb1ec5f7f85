/// What a service and the process that decodes its photos say to each other over two pipes.
///
/// A request is the count of a photo's bytes and the bytes. An answer is one byte: 0, then width, height, and both
/// sizes with their counts; or 1, then the fault's count and name. All numbers are four bytes, big-endian.
package enum WorkerFrame {
    /// No photo is larger, nor any answer.
    package static let mostBytes = 16 * 1_024 * 1_024

    /// A photo made small.
    package struct Photo: Sendable, Equatable {
        /// As JPEG, with a longer side of at most 1,280 pixels.
        package var web: [UInt8]
        /// As JPEG, with a longer side of at most 320 pixels.
        package var thumb: [UInt8]
        /// Of the web size.
        package var width: Int
        package var height: Int

        package init(web: [UInt8], thumb: [UInt8], width: Int, height: Int) {
            self.web = web
            self.thumb = thumb
            self.width = width
            self.height = height
        }
    }

    package typealias Answer = Result<Photo, ImageFault>

    package static func request(_ photo: [UInt8]) -> [UInt8] { number(photo.count) + photo }

    package static func answer(_ answer: Answer) -> [UInt8] {
        switch answer {
        case .success(let photo):
            [0] + number(photo.width) + number(photo.height) + number(photo.web.count) + photo.web
                + number(photo.thumb.count) + photo.thumb
        case .failure(let fault): [1] + number(fault.rawValue.utf8.count) + Array(fault.rawValue.utf8)
        }
    }

    /// Reads an answer from the front of what has come so far.
    ///
    /// - Returns: nil where more must come. What no worker says is a damaged photo: whoever says it has lost its wits.
    package static func answer(in bytes: inout [UInt8]) -> Answer? {
        var reader = Reader(bytes: bytes)
        guard let kind = reader.byte() else { return nil }
        let answer: Answer
        switch kind {
        case 0:
            guard let width = reader.number(), let height = reader.number(), let web = reader.part(),
                let thumb = reader.part()
            else { return reader.isBroken ? .failure(.damaged) : nil }
            answer = .success(Photo(web: web, thumb: thumb, width: width, height: height))
        case 1:
            guard let name = reader.part() else { return reader.isBroken ? .failure(.damaged) : nil }
            answer = .failure(ImageFault(rawValue: String(decoding: name, as: UTF8.self)) ?? .damaged)
        default: return .failure(.damaged)
        }
        bytes.removeFirst(reader.place)
        return answer
    }

    private static func number(_ number: Int) -> [UInt8] {
        (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private struct Reader {
        let bytes: [UInt8]
        var place = 0
        /// A count that no worker gives.
        var isBroken = false

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func byte() -> UInt8? {
            guard place < bytes.count else { return nil }
            defer { place += 1 }
            return bytes[place]
        }

        mutating func number() -> Int? {
            guard place + 4 <= bytes.count else { return nil }
            defer { place += 4 }
            return bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
        }

        mutating func part() -> [UInt8]? {
            guard let count = number() else { return nil }
            guard count <= WorkerFrame.mostBytes else {
                isBroken = true
                return nil
            }
            guard place + count <= bytes.count else { return nil }
            defer { place += count }
            return Array(bytes[place..<place + count])
        }
    }
}
