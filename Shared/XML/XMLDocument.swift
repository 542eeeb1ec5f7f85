internal import CXML2

/// Writes an XML 1.0 document in UTF-8, by libxml2's writer, which does the escaping.
///
/// What XML 1.0 cannot carry at all (most control characters, U+FFFE, U+FFFF) becomes U+FFFD.
@safe package struct XMLDocument: ~Copyable {
    private let buffer: xmlBufferPtr
    private let writer: xmlTextWriterPtr

    /// The library's own tables are made once, before any thread uses them.
    private static let isReady: Bool = {
        xmlInitParser()
        return true
    }()

    /// An empty document with its declaration. There is always one: libxml2 refuses only where memory has run out.
    package init() {
        precondition(Self.isReady)
        guard let buffer = unsafe xmlBufferCreate(), let writer = unsafe xmlNewTextWriterMemory(buffer, 0) else {
            preconditionFailure("no memory for an XML document")
        }
        unsafe self.buffer = unsafe buffer
        unsafe self.writer = unsafe writer
        unsafe xmlTextWriterStartDocument(writer, "1.0", "UTF-8", nil)
    }

    deinit {
        unsafe xmlFreeTextWriter(writer)
        unsafe xmlBufferFree(buffer)
    }

    /// Begins an element; ``close()`` ends it.
    ///
    /// - Parameter name: an XML name; it is the program's own and never a stranger's.
    package borrowing func open(_ name: String) {
        unsafe Self.withCharacters(name) { unsafe xmlTextWriterStartElement(writer, $0) }
    }

    /// Ends the element that was begun last.
    package borrowing func close() { unsafe xmlTextWriterEndElement(writer) }

    /// An element that holds `text` alone; empty for an empty text.
    package borrowing func element(_ name: String, text: String) {
        open(name)
        if !text.isEmpty {
            unsafe Self.withCharacters(Self.legal(text)) { unsafe xmlTextWriterWriteString(writer, $0) }
        }
        close()
    }

    /// The whole document, once everything is written.
    package consuming func bytes() -> [UInt8] {
        unsafe xmlTextWriterEndDocument(writer)
        unsafe xmlTextWriterFlush(writer)
        guard let content = unsafe xmlBufferContent(buffer) else { return [] }
        return unsafe Array(UnsafeBufferPointer(start: content, count: Int(xmlBufferLength(buffer))))
    }

    /// The text with U+FFFD for each character that is no `Char` of XML 1.0 (section 2.2).
    package static func legal(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { !isLegal($0) }) else { return text }
        var legal = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { legal.append(isLegal(scalar) ? scalar : "\u{FFFD}") }
        return String(legal)
    }

    private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: true
        case 0..<0x20, 0xFFFE, 0xFFFF: false
        default: true
        }
    }

    @discardableResult
    private static func withCharacters(_ text: String, _ use: (UnsafePointer<xmlChar>) -> CInt) -> CInt {
        unsafe text.withCString { characters in
            unsafe characters.withMemoryRebound(to: xmlChar.self, capacity: text.utf8.count + 1) { unsafe use($0) }
        }
    }
}
