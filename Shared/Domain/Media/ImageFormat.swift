/// What a photo may be that somebody uploads, as its own bytes tell: what it is called counts for nothing.
package enum ImageFormat: String, Hashable, Sendable, CaseIterable {
    case jpeg, png, webp, heic

    /// Reads the kind from the first bytes and finds the photo's end.
    ///
    /// - Throws: `ImageFault` for another kind, for a file that ends too early, and for one that is something else too.
    package static func read(_ bytes: [UInt8]) throws(ImageFault) -> ImageFormat {
        guard let format = format(of: bytes) else { throw .unknownFormat }
        let end: Int
        switch format {
        case .jpeg: end = try JPEGLayout.end(of: bytes)
        case .png: end = try PNGLayout.end(of: bytes)
        case .webp: end = try WebPLayout.end(of: bytes)
        case .heic: end = try BoxLayout.end(of: bytes)
        }
        guard Trailer.isHarmless(bytes[end...], after: format), !Trailer.isArchive(bytes) else {
            throw .somethingElseToo
        }
        return format
    }

    private static func format(of bytes: [UInt8]) -> ImageFormat? {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) { return .webp }
        return BoxLayout.isHEIC(bytes) ? .heic : nil
    }
}

/// Why a file is not taken as a photo; the raw value is what the process that decodes says.
package enum ImageFault: String, Error, Hashable, Sendable, CaseIterable {
    case unknownFormat = "unknown_image_format"
    case truncated = "image_truncated"
    /// An archive, a program or a page hides in it.
    case somethingElseToo = "image_with_something_else"
    case tooManyPixels = "image_too_large"
    case damaged = "image_damaged"
    /// Decoding it took longer than any photo takes.
    case tooSlow = "image_too_slow"
}

// MARK: - Where each format ends

extension [UInt8] {
    /// The big-endian number of `count` bytes; nil where they are not all there.
    fileprivate func number(at place: Int, _ count: Int = 4) -> Int? {
        guard place >= 0, place <= self.count - count else { return nil }
        return self[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
    }

    fileprivate func holds(_ text: String, at place: Int) -> Bool {
        place >= 0 && place <= count && self[place...].starts(with: text.utf8)
    }
}

/// Segments up to the scans, then entropy-coded data up to the end marker (ITU-T T.81, annex B).
private enum JPEGLayout {
    static func end(of bytes: [UInt8]) throws(ImageFault) -> Int {
        var place = 2
        while true {
            guard place < bytes.count else { throw .truncated }
            guard bytes[place] == 0xFF else { throw .damaged }
            while place < bytes.count, bytes[place] == 0xFF { place += 1 }
            guard place < bytes.count else { throw .truncated }
            let marker = bytes[place]
            place += 1
            switch marker {
            case 0xD9: return place
            case 0x01, 0xD0...0xD7: continue
            default:
                guard let length = bytes.number(at: place, 2) else { throw .truncated }
                guard length >= 2 else { throw .damaged }
                place += length
                if marker == 0xDA { place = scan(bytes, from: place) }
            }
        }
    }

    /// Past the coded data: to the next marker that is neither a stuffed zero nor a restart.
    private static func scan(_ bytes: [UInt8], from start: Int) -> Int {
        var place = start
        while place + 1 < bytes.count {
            if bytes[place] == 0xFF, bytes[place + 1] != 0, !(0xD0...0xD7).contains(bytes[place + 1]) { return place }
            place += 1
        }
        return bytes.count
    }
}

/// Chunks up to `IEND` (W3C PNG, section 5).
private enum PNGLayout {
    static func end(of bytes: [UInt8]) throws(ImageFault) -> Int {
        var place = 8
        while true {
            guard let length = bytes.number(at: place) else { throw .truncated }
            let next = place + 12 + length
            guard next <= bytes.count else { throw .truncated }
            if bytes.holds("IEND", at: place + 4) { return next }
            place = next
        }
    }
}

/// One RIFF chunk whose length stands in front (RFC 9649, section 2).
private enum WebPLayout {
    static func end(of bytes: [UInt8]) throws(ImageFault) -> Int {
        guard bytes.count >= 12 else { throw .truncated }
        let length = bytes[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let end = 8 + length + length % 2
        guard end <= bytes.count else { throw .truncated }
        return end
    }
}

/// Boxes side by side (ISO/IEC 14496-12, section 4.2).
private enum BoxLayout {
    private static let brands: Set<String> = ["heic", "heix", "heim", "heis"]

    static func isHEIC(_ bytes: [UInt8]) -> Bool {
        guard let length = bytes.number(at: 0), bytes.holds("ftyp", at: 4), (16...1_024).contains(length),
            length <= bytes.count
        else { return false }
        // The major brand, then (past the version) those that it is compatible with.
        return ([8] + stride(from: 16, through: length - 4, by: 4)).contains { place in
            brands.contains(String(decoding: bytes[place..<place + 4], as: UTF8.self))
        }
    }

    static func end(of bytes: [UInt8]) throws(ImageFault) -> Int {
        var place = 0
        var hasData = false
        while place < bytes.count {
            guard var length = bytes.number(at: place), let type = name(bytes, at: place + 4) else {
                if hasData { return place }
                throw .truncated
            }
            if length == 1 {
                guard let long = bytes.number(at: place + 8, 8) else { throw .truncated }
                length = long
            } else if length == 0 {
                length = bytes.count - place
            }
            guard length >= 8 else { throw .damaged }
            guard length <= bytes.count - place else { throw .truncated }
            if type == "mdat" { hasData = true }
            place += length
        }
        guard hasData else { throw .truncated }
        return place
    }

    private static func name(_ bytes: [UInt8], at place: Int) -> String? {
        guard place + 4 <= bytes.count else { return nil }
        let letters = bytes[place..<place + 4]
        return letters.allSatisfy { (0x20...0x7E).contains($0) } ? String(decoding: letters, as: UTF8.self) : nil
    }
}

// MARK: - What may follow

/// What stands after a photo's end. Cameras put more of their own there (a preview, a short film), which is dropped
/// with everything else that is not the photo; anything else is refused.
private enum Trailer {
    static func isHarmless(_ rest: ArraySlice<UInt8>, after format: ImageFormat) -> Bool {
        if rest.allSatisfy({ $0 == 0 }) { return true }
        guard format == .jpeg else { return false }
        let rest = rest.drop { $0 == 0 }
        // Further photos (CIPA DC-007), a film (Google's motion photo), a maker's list of such (Samsung).
        return rest.starts(with: [0xFF, 0xD8, 0xFF])
            || (1...4).contains { rest.dropFirst($0).starts(with: Array("ftyp".utf8)) }
            || rest.suffix(4).elementsEqual(Array("SEFT".utf8))
    }

    /// Whether a program that opens archives would open it: a ZIP is read from its end, within the last 65,557 bytes.
    static func isArchive(_ bytes: [UInt8]) -> Bool {
        let end: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
        let tail = bytes.suffix(65_557)
        guard tail.count >= 22 else { return false }
        return (tail.startIndex...tail.endIndex - 22).contains { tail[$0] == 0x50 && tail[$0...].starts(with: end) }
    }
}
