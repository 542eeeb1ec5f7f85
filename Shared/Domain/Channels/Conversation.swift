package import FoundationEssentials

/// What is known of a chat with one person: what waits to become a report, and what was reported last.
///
/// It is stored whole between two messages. Times are seconds since 1970.
package struct Conversation: Hashable, Sendable, Codable {
    /// What a report may still lack, in the order in which it is asked for.
    package enum Question: String, Hashable, Sendable, Codable {
        case description, place, landmark, category, subtype
    }

    /// A report that is being put together.
    package struct Draft: Hashable, Sendable, Codable {
        /// What the report's retries will be known by.
        package var key: UUID
        package var lastAt: Int64
        package var texts: [String] = []
        package var location: ChatLocation?
        package var area: AreaCode?
        package var address: String?
        package var landmark: String?
        package var hasAskedLandmark = false
        package var category: CategoryCode?
        package var subtype: SubtypeCode?
        /// Whether there is nothing more to ask: the person does not know.
        package var isCategorySettled = false
        package var isSubtypeSettled = false
        package var photos: [String] = []
        package var asked: Question?
        package var askedAt: Int64 = 0
        /// Answers to the question that is asked which did not help.
        package var misses = 0
        /// Whether it was said that this is urgent.
        package var isWarned = false
    }

    /// A report that is complete and is being filed; its text does not change any more.
    package struct Filing: Hashable, Sendable, Codable {
        package var key: UUID
        /// As of `POST /v1/reports`.
        package var body: String
        package var photos: [String]
        package var category: CategoryCode?
        package var subtype: SubtypeCode?
    }

    package struct Sent: Hashable, Sendable, Codable {
        package var id: UUID
        package var code: String
        package var at: Int64
    }

    /// A photo that is still to be fetched, and the report that it belongs to.
    package struct WaitingPhoto: Hashable, Sendable, Codable {
        package var report: UUID
        package var photo: String
        package var attempts = 0
    }

    /// How long a report that is not complete waits for the rest.
    package static let windowSeconds: Int64 = 2 * 3_600
    /// How long after a report a photo without a word still belongs to it.
    package static let lateSeconds: Int64 = 120
    /// So long the same question is not asked again because of a further photo.
    package static let quietSeconds: Int64 = 60
    package static let photoLimit = AdmissionRules.maximumMedia
    /// Messages that one description is made of.
    static let textLimit = 20
    /// Answers that do not help, after which a question is dropped.
    package static let missLimit = 2
    /// Reports of one person within ``hourSeconds``; what is urgent always passes.
    package static let reportLimit = 10
    package static let hourSeconds: Int64 = 3_600
    /// Attempts to fetch one photo.
    package static let photoAttempts = 6

    package var draft: Draft?
    package var filing: Filing?
    package var last: Sent?
    package var knowsPrivacy = false
    /// When the last reports were filed, the latest last.
    package var filedAt: [Int64] = []
    package var waitingPhotos: [WaitingPhoto] = []

    package init() {}
}

/// What is said to the person, before it is put into words.
package enum ChatReply: Hashable, Sendable {
    case privacy, help, thanks, cancelled, stopped, unsupported
    case askDescription, askPlace, askCategory
    case askLandmark(AreaCode)
    case askSubtype(CategoryCode)
    case outsideCity
    case unknownPlace
    case emergency(CategoryCode)
    case received(Conversation.Sent, CategoryCode?, SubtypeCode?)
    case failed
    case tooMany
    case photoAdded(String)
    case photosLost(Int)
    /// Where a report stands: who answers looks it up.
    case status(TrackingCode)
    case askCode

    /// Whether the phone is to offer its position.
    package var asksPlace: Bool {
        switch self {
        case .askPlace, .askLandmark, .outsideCity, .unknownPlace: true
        default: false
        }
    }
}

/// What a conversation is judged by.
package struct ConversationContext: Sendable {
    package var city: City
    package var places: PlaceIndex
    package var now: Timestamp
    /// Of a report that may begin now.
    package var newKey: UUID

    package init(city: City, places: PlaceIndex, now: Timestamp, newKey: UUID) {
        self.city = city
        self.places = places
        self.now = now
        self.newKey = newKey
    }

    var seconds: Int64 { now.milliseconds / 1_000 }
}
