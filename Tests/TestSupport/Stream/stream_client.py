"""A consumer of an agency's stream over ZeroMQ in another's hands than ours: pyzmq.

Usage: stream_client.py PACKAGES CREDENTIALS AGENCY SCENARIO [ARGUMENT...]. Finds pyzmq in PACKAGES, reads the file
CREDENTIALS as ops/run writes it, and prints what it saw as one object of JSON.
"""

import json
import os
import random
import sys
import time

sys.path.insert(0, sys.argv[1])
import zmq  # noqa: E402  (it stands in PACKAGES)

VERSION = b"sasando/1"


class Consumer:
    """A connection of its own, and what has come over it."""

    def __init__(self, door, keys=None):
        self.peer = zmq.Context.instance().socket(zmq.DEALER)
        self.peer.curve_serverkey = door["server_key"].encode()
        self.peer.curve_publickey, self.peer.curve_secretkey = keys or (
            door["public_key"].encode(), door["secret_key"].encode())
        self.peer.linger = 0
        self.peer.connect(door["stream"])

    def say(self, word, argument):
        self.peer.send_multipart([VERSION, word.encode(), str(argument).encode()])

    def hear(self, seconds):
        """The next message but heartbeats, without its version; None when none comes for so long."""
        end = time.monotonic() + seconds
        while self.peer.poll(max(0, int((end - time.monotonic()) * 1000))):
            frames = self.peer.recv_multipart()
            assert frames[0] == VERSION, frames
            if frames[1:] != [b"HEARTBEAT"]:
                return [frames[1].decode()] + frames[2:]
        return None


# What each scenario prints is read by Tests/EndToEndTests/StreamTests.swift.


def collect(door, keys, position, count, credit, quiet):
    """Follows from a position with so much credit, given once, until so many events came or it is quiet for so long."""
    consumer = Consumer(door, keys)
    consumer.say("HELLO", position)
    consumer.say("CREDIT", credit)
    seen = {"welcome": None, "cursors": [], "bodies": [], "error": None}
    while len(seen["cursors"]) < int(count):
        heard = consumer.hear(float(quiet))
        if heard is None:
            break
        if heard[0] == "WELCOME":
            seen["welcome"] = [part.decode() for part in heard[1:]]
        elif heard[0] == "EVENT":
            assert seen["welcome"], "an event before WELCOME"
            seen["cursors"].append(heard[1].decode())
            seen["bodies"].append(heard[2].decode())
        else:
            seen["error"] = json.loads(heard[1])
            break
    return seen


def insist(door, keys, position, count):
    """Follows until so many events came, whatever happens to the other side; who is lost connects again and says where."""
    consumer = None
    cursors, hellos, credit, statuses = [], 0, 0, []
    deadline = time.monotonic() + 90

    def last():
        return cursors[-1] if cursors else position

    def enter():
        nonlocal consumer, hellos, credit
        if consumer:
            # What is still on its way over the old connection is nobody's.
            consumer.peer.close()
        consumer = Consumer(door, keys)
        hellos += 1
        consumer.say("HELLO", last())
        consumer.say("CREDIT", 64)
        credit = 64

    enter()
    print("began", flush=True)
    while len(cursors) < int(count) and time.monotonic() < deadline:
        heard = consumer.hear(0.5)
        if heard is None:
            # Who is not known any more is told so.
            consumer.say("ACK", last())
        elif heard[0] == "EVENT":
            cursors.append(heard[1].decode())
            credit -= 1
            if credit < 32:
                consumer.say("ACK", last())
                consumer.say("CREDIT", 32)
                credit += 32
        elif heard[0] == "ERROR":
            statuses.append(json.loads(heard[1])["status"])
            if statuses[-1] not in (409, 503):
                break
            time.sleep(0.1)
            enter()
    return {"cursors": cursors, "hellos": hellos, "statuses": statuses}


def hold(door, keys, seconds):
    """Follows until something else than events comes: how many events, and what else."""
    consumer = Consumer(door, keys)
    consumer.say("HELLO", "latest")
    consumer.say("CREDIT", 1000)
    print("began", flush=True)
    end, events, other = time.monotonic() + float(seconds), 0, None
    while time.monotonic() < end and other is None:
        heard = consumer.hear(1)
        if heard and heard[0] == "EVENT":
            events += 1
        elif heard and heard[0] == "ERROR":
            other = json.loads(heard[1])
    return {"events": events, "other": other}


def malformed(random_):
    """A message that asks for nothing: what is answered must say that something is wrong."""
    noise = random_.randbytes(random_.randrange(1, 2000))
    shapes = [
        [noise], [b""], [VERSION], [VERSION, b"HELLO"], [VERSION, b"HELLO", noise], [VERSION, noise, b""],
        [VERSION, b"CREDIT", noise], [VERSION, b"CREDIT", b"-5"], [VERSION, b"ACK", b"9" * 300], [b"", VERSION, b"HELLO"],
        [VERSION, b"HELLO", b"latest", b""], [VERSION] * 40, [VERSION, b"CREDIT", b"1e3"], [b"sasando/2", b"HELLO", b""],
    ]
    return shapes[random_.randrange(len(shapes))]


def hostile(door, keys, count, seed):
    """So many malformed messages: how many were answered with a problem; then a good HELLO on the same connection."""
    random_ = random.Random(int(seed))
    consumer, errors, others, sent = Consumer(door, keys), 0, [], 0
    while errors + len(others) < int(count):
        while sent < int(count) and sent - errors - len(others) < 8:
            sent += 1
            consumer.peer.send_multipart(malformed(random_))
        heard = consumer.hear(20)
        if heard is None:
            break
        if heard[0] == "ERROR" and json.loads(heard[1])["status"] in (400, 409):
            errors += 1
        else:
            others.append(str(heard)[:300])
    consumer.say("HELLO", "latest")
    welcome = consumer.hear(20)
    return {"sent": sent, "errors": errors, "others": others[:5], "welcome": (welcome or [None])[0]}


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        doors = json.load(file)["zeromq"]
        kind, _, channel = sys.argv[3].partition("/")
        door = doors["channels"][channel] if kind == "channel" else doors["agencies"][sys.argv[3]]
    words = os.environ.get("SASANDO_TEST_CURVE_KEYS", "").split()
    keys = tuple(word.encode() for word in words) or None
    scenarios = {"collect": collect, "insist": insist, "hold": hold, "hostile": hostile}
    print(json.dumps(scenarios[sys.argv[4]](door, keys, *sys.argv[5:])), flush=True)
    os._exit(0)


main()
