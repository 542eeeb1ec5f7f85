extension Fault {
    /// Every fault that is known, in the order in which they are made.
    static let table: [Fault] =
        KillFaults.all + StopFaults.all + StoreFaults.all + NetworkFaults.all + ConsumerFaults.all + CrowdFaults.all
        + IntruderFaults.all + RubbishFaults.all
}
