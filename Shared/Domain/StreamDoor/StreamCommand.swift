/// What a consumer of a stream asks for over ZeroMQ, read frame by frame; pure.
///
/// `["sasando/1", "HELLO", cursor | "" | "latest"]`, `["sasando/1", "CREDIT", number]`, `["sasando/1", "ACK", cursor]`.
package enum StreamCommand: Hashable, Sendable {
    /// Begin, or begin anew, from there.
    case hello(StreamPosition)
    /// So many events more may be sent.
    case credit(Int)
    /// The consumer has dealt with the events up to this one.
    case acknowledge(Cursor)

    /// Names the protocol and its version, as it does of reports.
    package static let version = IngressMessage.version

    private enum Word {
        static let hello = Array("HELLO".utf8)
        static let credit = Array("CREDIT".utf8)
        static let acknowledge = Array("ACK".utf8)
    }

    /// Frames worth receiving; what a longer message holds beyond them does not matter.
    package static let maximumFrames = 4
    /// Of an argument, in bytes: two numbers and the hyphen between them.
    private static let maximumArgument = 40

    /// - Parameters:
    ///   - frames: without the one that a ROUTER puts before them.
    ///   - isCut: whether there were more.
    package init(_ frames: some RandomAccessCollection<[UInt8]>, isCut: Bool = false) throws(StreamFault) {
        let frames = Array(frames)
        guard frames.first == Self.version else { throw .version }
        guard frames.count == 3, !isCut else { throw .frames }
        let argument = frames[2].count <= Self.maximumArgument ? String(validating: frames[2], as: UTF8.self) : nil
        switch frames[1] {
        case Word.hello:
            guard let position = argument.flatMap({ StreamPosition(text: $0) }) else { throw .cursor }
            self = .hello(position)
        case Word.credit:
            guard let count = argument.flatMap(Self.number) else { throw .credit }
            self = .credit(count)
        case Word.acknowledge:
            guard let cursor = argument.flatMap({ Cursor(text: $0) }) else { throw .cursor }
            self = .acknowledge(cursor)
        default: throw .command
        }
    }

    /// Decimal digits only, from 1 up to the most credit that there can be.
    private static func number(_ digits: String) -> Int? {
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int(digits), (1...StreamSession.maximumCredit).contains(number)
        else { return nil }
        return number
    }
}

/// What is sent to a consumer over ZeroMQ, beside events.
package enum StreamReply: Hashable, Sendable {
    /// The consumer's position is good. `head` is where the stream ends now.
    case welcome(head: Cursor)
    /// The connection lives, and there is nothing to send.
    case heartbeat
    /// A problem (RFC 9457), as JSON.
    case error([UInt8])

    /// The frames of an event before its cursor and its text.
    package static let event = [StreamCommand.version, Array("EVENT".utf8)]

    private enum Word {
        static let welcome = Array("WELCOME".utf8)
        static let heartbeat = Array("HEARTBEAT".utf8)
        static let error = Array("ERROR".utf8)
    }

    /// Without the one by which a ROUTER finds the peer.
    package var frames: [[UInt8]] {
        switch self {
        case .welcome(let head):
            [StreamCommand.version, Word.welcome, Array("\(head.epoch)".utf8), Array("\(head.seq)".utf8)]
        case .heartbeat: [StreamCommand.version, Word.heartbeat]
        case .error(let problem): [StreamCommand.version, Word.error, problem]
        }
    }
}

/// Why a consumer's message over ZeroMQ asks for nothing that can be given.
package enum StreamFault: Error, Hashable, Sendable, CaseIterable {
    /// The first frame names no version that is spoken here.
    case version
    /// There are more or fewer than three.
    case frames
    case command
    /// The third frame is no cursor.
    case cursor
    /// The third frame is no number of events.
    case credit
    /// With what is left of earlier credit it is more than there can be.
    case tooMuchCredit
    /// Something else came before HELLO.
    case noHello
    /// The consumer says that it has dealt with what it was not sent.
    case ahead

    /// For programs.
    package var code: String {
        switch self {
        case .version: "unknown_version"
        case .frames: "wrong_frame_count"
        case .command: "unknown_command"
        case .cursor: "bad_cursor"
        case .credit: "bad_credit"
        case .tooMuchCredit: "too_much_credit"
        case .noHello: "no_hello"
        case .ahead: "not_sent"
        }
    }

    /// For who writes the program.
    package var message: String {
        let most = StreamSession.maximumCredit
        return switch self {
        case .version: "The first frame must be sasando/1; nothing else is spoken here."
        case .frames: "A message has three frames: sasando/1, HELLO, CREDIT or ACK, and what it is about."
        case .command: "The second frame must be HELLO, CREDIT or ACK."
        case .cursor: "The third frame is no cursor: send one that this stream gave, as in 1-42."
        case .credit: "CREDIT takes a number of events from 1 to \(most)."
        case .tooMuchCredit: "No more than \(most) events can be asked for ahead; this credit was not added."
        case .noHello: "HELLO comes first: say from where the stream is to be sent."
        case .ahead: "ACK takes the cursor of an event that was sent since HELLO."
        }
    }

    /// Whether the message is good, and comes at the wrong time.
    package var isConflict: Bool { self == .noHello || self == .ahead }
}
