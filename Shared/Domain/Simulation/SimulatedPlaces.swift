#if canImport(Glibc)
    internal import func Glibc.cos
    internal import func Glibc.sin
#elseif canImport(Darwin)
    internal import func Darwin.cos
    internal import func Darwin.sin
#endif

/// Where reports come from: more from where more people live.
///
/// How many live in each area is not part of a city's files. An area that lies wide apart from the next ones is larger
/// and has more people, but far from in proportion: its weight is its width, and not its surface.
struct SimulatedPlaces: Sendable {
    /// A width beyond this is empty land, in metres.
    static let widest = 4_000.0
    private static let metresPerDegree = 111_195.0

    private let areas: [Area]
    /// The distance to the nearest other centre, in metres.
    private let nearest: [Double]
    private let choice: WeightedChoice

    init(city: City) {
        let areas = city.areas
        self.areas = areas
        let distances = areas.map { area in
            areas.filter { $0.code != area.code }.map { area.centre.metres(to: $0.centre) }.sorted()
        }
        nearest = distances.map { min($0.first ?? Self.widest, Self.widest) }
        choice = WeightedChoice(
            distances.map { distances in
                let neighbours = distances.prefix(3)
                let mean = neighbours.isEmpty ? Self.widest : neighbours.reduce(0, +) / Double(neighbours.count)
                return min(max(mean, 1), Self.widest)
            })
    }

    /// The share of all reports that each area has, in the order of the city's areas.
    var shares: [Double] { choice.weights.map { $0 / choice.total } }

    /// A place as a report gives it.
    func next(_ random: inout SeededRandom) -> (area: Area, place: AdmissionRules.Place) {
        let index = choice.place(at: random.share()).index
        let area = areas[index]
        let source = random.share()
        if source < 0.1 {
            let place = AdmissionRules.Place(
                point: area.centre, source: .area, area: ReportArea(area, isApproximate: false))
            return (area, place)
        }
        // Nearer than half the way to the next centre, so that this one stays the nearest.
        let metres = 0.48 * nearest[index] * random.share().squareRoot()
        let angle = 2 * .pi * random.share()
        let point = Coordinate(
            lat: Self.rounded(area.lat + metres * sin(angle) / Self.metresPerDegree),
            lon: Self.rounded(
                area.lng + metres * cos(angle) / (Self.metresPerDegree * cos(area.lat * .pi / 180))))
        return (
            area,
            AdmissionRules.Place(
                point: point, source: source < 0.75 ? .gps : .pin, area: ReportArea(area, isApproximate: true))
        )
    }

    /// To six digits, as telephones give them.
    private static func rounded(_ degrees: Double) -> Double { (degrees * 1e6).rounded() / 1e6 }
}
