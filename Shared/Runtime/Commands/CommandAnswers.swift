package import Domain
internal import FoundationEssentials
internal import HTTPTypes
package import Hummingbird
package import Storage

extension Response {
    /// What became of a command, for who gave it.
    ///
    /// - Parameters:
    ///   - offset: of the city's time from UTC, in seconds.
    ///   - unknown: what is said of a report that there is not.
    package init(
        _ result: CommandResult, _ language: Language, offset: Int, unknown: ProblemDetails
    ) throws(ProblemDetails) {
        switch result {
        case .done(let answer, let version, _, _):
            self = .json(answer.utf8, headers: [.eTag: "\"\(version)\""])
        case .repeated(let answer):
            var headers: HTTPFields = [.idempotencyReplayed: "true"]
            if case .int(let version)? = (try? JSONReader.read(Array(answer.utf8)))?.value["version"] {
                headers[.eTag] = "\"\(version)\""
            }
            self = .json(answer.utf8, headers: headers)
        case .keyReused:
            throw .unprocessable([], detail: "This Idempotency-Key was used for another command. Take a new one.")
        case .refused(let refusal):
            throw ProblemDetails(refusal, language, offset: offset)
        case .unknownReport:
            throw unknown
        }
    }
}

extension ProblemDetails {
    /// 422 with every fault.
    package init(_ faults: Faults, _ language: Language) {
        self = .unprocessable(
            faults.list.map { fault in
                Entry(pointer: fault.pointer, code: fault.code.rawValue, message: fault.message(language))
            })
    }

    /// 412 where somebody was faster, 422 for what the command itself got wrong, else 409 with the reason.
    package init(_ refusal: Refusal, _ language: Language, offset: Int) {
        let message = refusal.message(language, offsetSeconds: offset)
        switch refusal {
        case .staleVersion(let current):
            self = .preconditionFailed(message)
            headers[.eTag] = "\"\(current)\""
        case .notRouted: self = .conflict(message, retryAfter_s: 1)
        case .unknownAgency, .sameAgency: self = Self.wrong("/to", refusal, message)
        case .duplicateOfItself, .unknownOriginal: self = Self.wrong("/of", refusal, message)
        case .unknownMedia: self = Self.wrong("/media", refusal, message)
        case .unknownSubtype, .subtypeWithoutCategory: self = Self.wrong("/subtype", refusal, message)
        case .contactNotAllowed: self = .forbidden(message)
        case .notHolder, .wrongStatus, .tooLate, .ratedAlready, .appealedAlready, .nothingDue, .tooManyMedia:
            self = .conflict(message)
        }
        members.append(("code", .string(refusal.code)))
        switch refusal {
        case .staleVersion(let current): members.append(("version", .int(Int64(current))))
        case .notHolder(let agency): members.append(("agency", .string(agency.rawValue)))
        case .wrongStatus(let status, let allowed):
            members.append(("report_status", .string(status.rawValue)))
            members.append(("allowed", .array(allowed.map { .string($0.rawValue) })))
        default: break
        }
    }

    private static func wrong(_ pointer: String, _ refusal: Refusal, _ message: String) -> ProblemDetails {
        .unprocessable([Entry(pointer: pointer, code: refusal.code, message: message)])
    }
}
