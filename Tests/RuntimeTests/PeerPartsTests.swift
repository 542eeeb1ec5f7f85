import Foundation
import Storage
import Testing

@testable import Runtime

@Suite struct HintQueueTests {
    private func hint(_ topic: String, _ payload: Int) -> Hint { Hint(topic: topic, payload: "\(payload)") }

    @Test func `Of each topic the newest hint is read, in the order in which topics came`() async {
        let queue = HintQueue(limit: 10)
        #expect(queue.put(hint("a", 1)) == .queued)
        #expect(queue.put(hint("b", 2)) == .queued)
        #expect(queue.put(hint("a", 3)) == .coalesced)
        queue.finish()
        var read: [Hint] = []
        for await hint in queue { read.append(hint) }
        #expect(read == [hint("a", 3), hint("b", 2)])
        #expect(queue.put(hint("c", 1)) == .dropped)
    }

    @Test func `A reader that waits is given the hint at once`() async {
        let queue = HintQueue(limit: 10)
        async let first = queue.next()
        queue.put(hint("a", 1))
        #expect(await first == hint("a", 1))
        async let end = queue.next()
        queue.finish()
        #expect(await end == nil)
    }

    @Test func `It holds a bounded number of topics, and takes known ones still`() async {
        let queue = HintQueue(limit: 3)
        for index in 0..<100 { queue.put(hint("\(index)", 0)) }
        #expect(queue.put(hint("2", 9)) == .coalesced)
        queue.finish()
        var read: [Hint] = []
        for await hint in queue { read.append(hint) }
        #expect(read == [hint("0", 0), hint("1", 0), hint("2", 9)])
    }

    @Test func `A cancelled reader ends, and the next one reads on`() async {
        let queue = HintQueue(limit: 3)
        let reader = Task { await queue.next() }
        reader.cancel()
        #expect(await reader.value == nil)
        queue.put(hint("a", 1))
        #expect(await queue.next() == hint("a", 1))
    }

    @Test func `What is put by many is read without loss of topics`() async {
        let queue = HintQueue(limit: 10_000)
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask { for index in 0..<2000 { queue.put(Hint(topic: "\(worker)/\(index)", payload: "")) } }
            }
            var topics: Set<String> = []
            while topics.count < 8000, let hint = await queue.next() { topics.insert(hint.topic) }
            #expect(topics.count == 8000)
        }
    }
}

@Suite struct PeerLinksTests {
    private let own = UUID()

    private func peer(
        _ service: String = "routing", _ instance: UUID = UUID(), at endpoint: String = "tcp://a:1", key: String = "k"
    ) -> PeerStore.Peer {
        PeerStore.Peer(service: service, instance: instance, endpoint: endpoint, publicKey: key)
    }

    @Test func `Instances of wanted services are connected once, and dropped when they are gone`() {
        var links = PeerLinks(following: [.routing], except: own)
        let one = peer(at: "tcp://a:1"), two = peer(at: "tcp://b:1")
        #expect(links.follow([one, peer("intake"), peer("routing", own)]) == [.connect(one)])
        #expect(links.follow([one]).isEmpty)
        #expect(links.follow([two, one]) == [.connect(two)])
        #expect(links.follow([two]) == [.disconnect(one)])
        #expect(links.follow([]) == [.disconnect(two)])
        #expect(links.count == 0)
    }

    @Test func `A new instance at an old one's endpoint is connected after the old one is dropped`() {
        var links = PeerLinks(following: [.routing], except: own)
        let old = peer(key: "k1"), new = peer(key: "k2")
        _ = links.follow([old])
        #expect(links.follow([new]) == [.disconnect(old), .connect(new)])
    }

    @Test func `An instance that publishes nothing is not connected`() {
        var links = PeerLinks(following: [.routing], except: own)
        #expect(links.follow([peer(at: "")]).isEmpty)
    }
}

@Suite struct StandingKeysTests {
    @Test func `A known key is admitted at once, an unknown one after a reading`() async {
        let (rings, ring) = AsyncStream.makeStream(of: Void.self)
        let keys = StandingKeys<Int>(ring: { ring.yield() })
        keys.finish(keys.reading(), found: ["known": 1])
        #expect(await keys.admits("known"))

        async let new = keys.admits("new")
        async let strange = keys.admits("strange")
        var iterator = rings.makeAsyncIterator()
        for _ in 0..<2 { await iterator.next() }
        keys.finish(keys.reading(), found: ["known": 1, "new": 2])
        let answers = await (new, strange)
        #expect(answers == (true, false))
        #expect(keys.holder(of: "new") == 2 && keys.holder(of: "strange") == nil)
    }

    @Test func `A question that comes during a reading waits for the next one`() async {
        let (rings, ring) = AsyncStream.makeStream(of: Void.self)
        let keys = StandingKeys<Int>(ring: { ring.yield() })
        let early = keys.reading()
        async let answer = keys.admits("late")
        var iterator = rings.makeAsyncIterator()
        await iterator.next()
        // This reading began before the question: it may not have seen the row.
        keys.finish(early, found: [:])
        keys.finish(keys.reading(), found: ["late": 3])
        #expect(await answer)
    }

    @Test func `While the store is away, who was admitted still is, and nobody else`() async {
        let (rings, ring) = AsyncStream.makeStream(of: Void.self)
        let keys = StandingKeys<Int>(ring: { ring.yield() })
        keys.finish(keys.reading(), found: ["known": 1])
        async let new = keys.admits("new")
        var iterator = rings.makeAsyncIterator()
        await iterator.next()
        keys.finish(keys.reading(), found: nil)
        #expect(!(await new))
        #expect(await keys.admits("known"))
    }

    @Test func `A key that no longer stands is refused`() async {
        let (rings, ring) = AsyncStream.makeStream(of: Void.self)
        let keys = StandingKeys<Int>(ring: { ring.yield() })
        keys.finish(keys.reading(), found: ["k": 4])
        keys.finish(keys.reading(), found: [:])
        async let answer = keys.admits("k")
        var iterator = rings.makeAsyncIterator()
        await iterator.next()
        keys.close()
        #expect(!(await answer))
        #expect(!(await keys.admits("k")))
    }

    @Test func `A stop answers whoever asked after the last reading, and at once whoever asks later`() async {
        let (rings, ring) = AsyncStream.makeStream(of: Void.self)
        let keys = StandingKeys<Int>(ring: { ring.yield() })
        keys.finish(keys.reading(), found: ["known": 1])
        let last = keys.reading()
        async let one = keys.admits("one")
        async let two = keys.admits("two")
        var iterator = rings.makeAsyncIterator()
        for _ in 0..<2 { await iterator.next() }
        keys.close()
        let answers = await (one, two)
        #expect(answers == (false, false))
        // The reading that was under way ends after the stop.
        keys.finish(last, found: ["known": 1, "late": 3])
        #expect(!(await keys.admits("late")))
        #expect(!(await keys.admits("known")))
    }
}
