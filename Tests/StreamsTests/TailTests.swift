internal import Streams
internal import Testing

struct TailTests {
    private func block(_ range: ClosedRange<Int64>, size: Int = 10) -> TailBlock<String> {
        TailBlock(first: range.lowerBound, last: range.upperBound, size: size, payload: "\(range)")
    }

    private func describe(_ step: Tail<String>.Step) -> String {
        switch step {
        case .blocks(let blocks): blocks.map(\.payload).joined(separator: " ")
        case .behind: "behind"
        case .upToDate: "up to date"
        case .restored: "restored"
        case .closed: "closed"
        }
    }

    @Test func `a consumer is given the block that holds its next event`() {
        let tail = Tail<String>()
        tail.begin(head: 4)
        tail.append(block(5...6))
        tail.append(block(7...9))
        let now = tail.incarnation
        #expect(describe(tail.step(after: 4, incarnation: now)) == "5...6")
        #expect(describe(tail.step(after: 5, incarnation: now)) == "5...6")
        #expect(describe(tail.step(after: 6, incarnation: now)) == "7...9")
        #expect(describe(tail.step(after: 9, incarnation: now)) == "up to date")
        #expect(describe(tail.step(after: 3, incarnation: now)) == "behind")
    }

    @Test func `who has fallen behind is given several blocks, and not more than it can take`() {
        let tail = Tail<String>()
        tail.begin(head: 0)
        for seq in Int64(1)...100 { tail.append(block(seq...seq)) }
        let now = tail.incarnation
        #expect(describe(tail.step(after: 0, incarnation: now, most: 39)) == "1...1 2...2 3...3")
        #expect(describe(tail.step(after: 97, incarnation: now, most: 39)) == "98...98 99...99 100...100")
        #expect(describe(tail.step(after: 99, incarnation: now, most: 39)) == "100...100")
        #expect(describe(tail.step(after: 0, incarnation: now, most: 5)) == "1...1")
        for position in Int64(0)..<100 {
            #expect(describe(tail.step(after: position, incarnation: now)) == "\(position + 1)...\(position + 1)")
        }
    }

    @Test func `after a redaction nobody is given what was read before it`() {
        let tail = Tail<String>()
        tail.begin(head: 4)
        tail.append(block(5...6))
        tail.append(block(7...9), forgetting: true)
        let now = tail.incarnation
        #expect(tail.size == 10)
        #expect(describe(tail.step(after: 4, incarnation: now)) == "behind")
        #expect(describe(tail.step(after: 6, incarnation: now)) == "7...9")
        tail.append(block(10...10))
        #expect(describe(tail.step(after: 7, incarnation: now, most: 100)) == "7...9 10...10")
    }

    @Test func `one who asked the store a moment ago may be ahead of the reader, and waits`() {
        let tail = Tail<String>()
        tail.begin(head: 4)
        #expect(describe(tail.step(after: 6, incarnation: tail.incarnation)) == "up to date")
    }

    @Test func `what was redacted in the store is not handed out from memory`() {
        let tail = Tail<String>()
        tail.begin(head: 0)
        tail.append(block(1...2))
        tail.append(block(3...3), forgetting: true)
        #expect(tail.size == 10)
        #expect(describe(tail.step(after: 0, incarnation: tail.incarnation)) == "behind")
        #expect(describe(tail.step(after: 2, incarnation: tail.incarnation)) == "3...3")
    }

    @Test func `the oldest blocks go at the bound, whether or not everyone has had them`() {
        let tail = Tail<String>(maximumSize: 30, maximumBlocks: 100)
        tail.begin(head: 0)
        for seq in Int64(1)...10 { tail.append(block(seq...seq)) }
        #expect(tail.size == 30)
        #expect(describe(tail.step(after: 0, incarnation: tail.incarnation)) == "behind")
        #expect(describe(tail.step(after: 7, incarnation: tail.incarnation)) == "8...8")
    }

    @Test func `a block that is larger than the bound is kept while it is the newest`() {
        let tail = Tail<String>(maximumSize: 30, maximumBlocks: 100)
        tail.begin(head: 0)
        tail.append(block(1...500, size: 5000))
        #expect(describe(tail.step(after: 0, incarnation: tail.incarnation)) == "1...500")
    }

    @Test func `after a restore nobody goes on from before it`() {
        let tail = Tail<String>()
        tail.begin(head: 4)
        let before = tail.incarnation
        tail.begin(head: 2)
        #expect(describe(tail.step(after: 2, incarnation: before)) == "restored")
        #expect(describe(tail.step(after: 2, incarnation: tail.incarnation)) == "up to date")
    }

    @Test func `closing lets everyone go`() async {
        let tail = Tail<String>()
        tail.begin(head: 0)
        guard case .upToDate(let generation) = tail.step(after: 0, incarnation: tail.incarnation) else {
            return #expect(Bool(false), "not up to date")
        }
        async let waiting: Void = tail.wake.wait(since: generation)
        tail.close()
        await waiting
        #expect(describe(tail.step(after: 0, incarnation: tail.incarnation)) == "closed")
    }
}

struct WakeTests {
    @Test func `a ring between the look and the wait is not missed`() async {
        let wake = Wake()
        let generation = wake.generation
        wake.ring()
        await wake.wait(since: generation)
        #expect(wake.generation == generation + 1)
    }

    @Test func `one ring wakes all who wait`() async {
        let wake = Wake()
        let generation = wake.generation
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { await wake.wait(since: generation) } }
            while wake.waiting < 100 { await Task.yield() }
            wake.ring()
        }
        #expect(wake.waiting == 0)
    }

    @Test func `a cancelled wait ends`() async {
        let wake = Wake()
        let task = Task { await wake.wait(since: wake.generation) }
        while wake.waiting == 0 { await Task.yield() }
        task.cancel()
        await task.value
        #expect(wake.waiting == 0)
    }

    @Test func `the clock's rings are told from others`() async {
        let wake = Wake()
        let start = wake.count
        #expect(!wake.onlyTicked(since: start), "it has not rung")
        let clock = Task { await wake.ring(every: .milliseconds(1)) }
        await wake.wait(since: start.generation)
        clock.cancel()
        await clock.value
        #expect(wake.onlyTicked(since: start))
        wake.ring()
        #expect(!wake.onlyTicked(since: start), "somebody has told of something meanwhile")
    }

    @Test func `a bounded wait ends by itself`() async {
        let wake = Wake()
        let start = ContinuousClock.now
        await wake.wait(since: wake.generation, atMost: .milliseconds(20))
        #expect(ContinuousClock.now - start >= .milliseconds(20))
        #expect(wake.waiting == 0)
    }
}
