"""A sender over ZeroMQ in another's hands than ours: pyzmq.

Usage: ingress_client.py PACKAGES CREDENTIALS SCENARIO [ARGUMENT...]. Finds pyzmq in PACKAGES, reads the file CREDENTIALS
as ops/run writes it, and prints what it saw as one object of JSON.
"""

import base64
import json
import os
import random
import socket
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])
import zmq  # noqa: E402  (it stands in PACKAGES)

VERSION = b"sasando/1"


class Ingress:
    """The door, and who knocks at it."""

    def __init__(self, credentials, public=None, secret=None):
        self.endpoint = credentials["ingress"]
        self.server = credentials["ingress_server_key"].encode()
        self.public = (public or credentials["integrator_public_key"]).encode()
        self.secret = (secret or credentials["integrator_secret_key"]).encode()
        self.context = zmq.Context()

    def open(self, kind=zmq.DEALER, keys=None):
        peer = self.context.socket(kind)
        peer.curve_serverkey = self.server
        peer.curve_publickey, peer.curve_secretkey = keys or (self.public, self.secret)
        peer.linger = 0
        peer.connect(self.endpoint)
        return peer

    def address(self):
        host, port = self.endpoint.removeprefix("tcp://").rsplit(":", 1)
        return host, int(port)


def report(text, **more):
    body = {"category": "sampah", "description": text, "location": {"lat": -10.1583, "lon": 123.6070}}
    body.update(more)
    return json.dumps(body).encode()


def replies(peer, count, seconds):
    """Up to so many replies; fewer when nothing comes for so long."""
    found = []
    while len(found) < count and peer.poll(int(seconds * 1000)):
        found.append(peer.recv_multipart())
    return found


# What each scenario prints is read by Tests/EndToEndTests/IngressTests.swift.


def exchange(ingress, kind, file, seconds):
    """Sends a file's messages, of frames in base64, and gives the replies in the order in which they come."""
    peer = ingress.open(getattr(zmq, kind))
    with open(file, encoding="utf-8") as messages:
        sent = [[base64.b64decode(frame) for frame in message] for message in json.load(messages)]
    found = []
    if kind == "REQ":
        for message in sent:
            peer.send_multipart(message)
            found += replies(peer, 1, float(seconds))
    else:
        for message in sent:
            peer.send_multipart(message)
        found = replies(peer, len(sent), float(seconds))
    return {"replies": [[base64.b64encode(frame).decode() for frame in reply] for reply in found]}


def hold(ingress, seconds):
    """Sends a report every tenth of a second over one connection: how many were taken, and what else was answered."""
    peer = ingress.open()
    end = time.monotonic() + float(seconds)
    taken, other = 0, []
    print("began", flush=True)
    while time.monotonic() < end:
        peer.send_multipart([VERSION, b"h", b"report", report("Sampah di tepi jalan")])
        found = replies(peer, 1, 10)
        if found and found[0][2] == b"ok":
            taken += 1
        else:
            other.append(json.loads(found[0][3]) if found else None)
            break
        time.sleep(0.1)
    return {"taken": taken, "other": other, "left_s": max(0.0, end - time.monotonic())}


def insist(ingress, prefix, count):
    """Sends reports with an external_id each until all are answered, whatever happens to the other side."""
    wanted = set(range(int(count)))
    answers, repeats, reconnects = {}, 0, 0
    deadline = time.monotonic() + 120
    print("began", flush=True)
    while wanted and time.monotonic() < deadline:
        peer = ingress.open()
        reconnects += 1
        queue = sorted(wanted)
        window = set()
        while queue or window:
            while queue and len(window) < 64:
                number = queue.pop(0)
                window.add(number)
                body = report(f"Laporan {number}", external_id=f"{prefix}-{number}")
                peer.send_multipart([VERSION, str(number).encode(), b"report", body])
            found = replies(peer, 1, 2)
            if not found:
                break
            number = int(found[0][1])
            window.discard(number)
            if found[0][2] == b"ok":
                identity = json.loads(found[0][3])["id"]
                repeats += 1 if number in answers else 0
                assert answers.setdefault(number, identity) == identity, "two reports of one external_id"
                wanted.discard(number)
        peer.close()
    return {"answers": {str(n): identity for n, identity in answers.items()}, "sockets": reconnects}


def malformed(random_, number):
    """A message that asks for nothing: what the reply must say is that something is wrong."""
    identity = str(number).encode()
    body = report("Tidak sah")
    kinds = [
        lambda: [b""],
        lambda: [identity],
        lambda: [VERSION],
        lambda: [VERSION, identity],
        lambda: [VERSION, identity, b"report"],
        lambda: [VERSION, identity, b"report", body, b"more"],
        lambda: [VERSION, identity] + [b"x"] * random_.randint(3, 300),
        lambda: [b"sasando/2", identity, b"report", body],
        lambda: [b"\xff\xfe\x00", identity, b"report", body],
        lambda: [VERSION, identity, b"reprot", body],
        lambda: [VERSION, identity, b"\xc3\x28", body],
        lambda: [VERSION, b"i" * 256, b"report", body],
        lambda: [VERSION, identity, b"report", b""],
        lambda: [VERSION, identity, b"report", b"\xff" * random_.randint(1, 2000)],
        lambda: [VERSION, identity, b"report", body[:-1]],
        lambda: [VERSION, identity, b"report", b"[" * 5000],
        lambda: [VERSION, identity, b"report", b"{}"],
        lambda: [VERSION, identity, b"report", b"x" * ((64 << 10) + 1)],
        lambda: [VERSION, identity, b"reports", b"\n \n"],
        lambda: [VERSION, identity, b"reports", b"{}\n" * 1001],
        lambda: [b"", b"", VERSION, identity, b"report", body],
        lambda: [random_.randbytes(random_.randint(0, 50)) for _ in range(random_.randint(1, 9))],
    ]
    if number % 500 == 0:
        return [VERSION, identity, b"reports", b"x" * ((1 << 20) + 1)]
    return random_.choice(kinds)()


def half_open(ingress, random_, stop, count):
    """Connections of TCP that stop in the middle of ZMTP's greeting, or send what is none; each is kept for a while."""
    greeting = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x01" + b"CURVE".ljust(20, b"\0") + bytes(32)
    kept = []
    while not stop.is_set():
        try:
            peer = socket.create_connection(ingress.address(), timeout=5)
            cut = random_.choice([0, 1, 9, 10, 11, 12, 33, 63, 64, 64])
            peer.sendall(greeting[:cut] if random_.random() < 0.8 else random_.randbytes(random_.randint(1, 300)))
            if cut == 64 and random_.random() < 0.5:
                peer.sendall(b"\x04\xc8\x05HELLO" + random_.randbytes(random_.randint(0, 193)))
            kept.append(peer)
            count[0] += 1
        except OSError:
            pass
        if len(kept) > 50:
            kept.pop(0).close()
        time.sleep(0.01)
    for peer in kept:
        peer.close()


def strangers(ingress, stop, count):
    """Whose keys nobody knows, and who take us for another."""
    while not stop.is_set():
        keys = zmq.curve_keypair()
        peer = ingress.open(keys=keys)
        if count[0] % 3 == 0:
            peer.disconnect(ingress.endpoint)
            peer.curve_serverkey = keys[0]
            peer.connect(ingress.endpoint)
        peer.send_multipart([VERSION, b"s", b"report", report("Tidak dikenal")])
        count[0] += 1
        if peer.poll(300):
            count[1] += 1
        peer.close()


def valid(ingress, stop, seen):
    """One report after the other: each must be answered, and taken."""
    peer = ingress.open()
    while not stop.is_set() or not seen["sent"]:
        seen["sent"] += 1
        identity = f"v{seen['sent']}".encode()
        peer.send_multipart([VERSION, identity, b"report", report("Sampah menumpuk", external_id=f"sah-{seen['sent']}")])
        found = replies(peer, 1, 30)
        if found and found[0][1] == identity and found[0][2] == b"ok":
            seen["taken"] += 1
        else:
            seen["faults"].append(str(found)[:300])


def hostile(ingress, count, seed):
    """So many malformed messages, half-open connections and strangers beside them, and valid reports all the while."""
    count, random_ = int(count), random.Random(int(seed))
    stop = threading.Event()
    raw, unknown, seen = [0], [0, 0], {"sent": 0, "taken": 0, "faults": []}
    threads = [
        threading.Thread(target=half_open, args=(ingress, random.Random(int(seed) + 1), stop, raw)),
        threading.Thread(target=strangers, args=(ingress, stop, unknown)),
        threading.Thread(target=valid, args=(ingress, stop, seen)),
    ]
    for thread in threads:
        thread.start()
    peer = ingress.open()
    peer.sndhwm = peer.rcvhwm = 1000
    errors, others = 0, []
    sent = 0
    while errors + len(others) < count:
        while sent < count and sent - errors - len(others) < 200:
            sent += 1
            peer.send_multipart(malformed(random_, sent))
        found = replies(peer, 1, 30)
        if not found:
            break
        parts = found[0]
        if parts[:1] == [b""]:
            parts = parts[1:]
        is_problem = len(parts) == 4 and parts[0] == VERSION and parts[2] == b"error"
        if is_problem and json.loads(parts[3])["status"] in (400, 413, 422):
            errors += 1
        else:
            others.append(str(found[0])[:300])
    stop.set()
    for thread in threads:
        thread.join()
    return {
        "sent": sent, "errors": errors, "others": others[:5], "half_open": raw[0], "strangers": unknown[0],
        "strangers_answered": unknown[1], "valid": seen["sent"], "taken": seen["taken"], "faults": seen["faults"][:5],
    }


def burst(ingress, count):
    """Sends reports without waiting for any answer, and gives the ids of all that were answered until it is quiet."""
    peer = ingress.open()
    found = []
    for number in range(int(count)):
        peer.send_multipart([VERSION, b"b", b"report", report(f"Laporan {number}")])
        while peer.poll(0):
            found.append(peer.recv_multipart())
    found += replies(peer, int(count) - len(found), 6)
    bodies = [(reply[2], json.loads(reply[3])) for reply in found]
    return {"taken": [body["id"] for outcome, body in bodies if outcome == b"ok"],
            "refused": sorted({body["status"] for outcome, body in bodies if outcome != b"ok"})}


def leave(ingress, count):
    """Sends reports and goes away at once, again and again."""
    for number in range(int(count)):
        peer = ingress.open()
        for _ in range(20):
            peer.send_multipart([VERSION, b"l", b"report", report(f"Laporan {number}")])
        replies(peer, 1, 5)
        peer.close()
    return {"left": int(count)}


def pipeline(ingress, count):
    """Sends so many malformed messages and one good report, reads no reply before, and then all: which ones came."""
    peer = ingress.open()
    # The system keeps little of them, as over a line that is far.
    peer.disconnect(ingress.endpoint)
    peer.rcvbuf = 64 << 10
    peer.connect(ingress.endpoint)
    for number in range(int(count)):
        peer.send_multipart([VERSION, str(number).encode().rjust(250, b"0"), b"salah", b""])
    peer.send_multipart([VERSION, b"baik", b"report", report("Sampah di tepi jalan")])
    found = replies(peer, int(count) + 1, 10)
    return {"replies": len(found), "ids": len({reply[1] for reply in found}),
            "taken": [reply[1].decode() for reply in found if reply[2] == b"ok"]}


def unread(ingress, count):
    """Sends many requests and reads no reply, until nothing more is taken for a second: how many were."""
    peer = ingress.open()
    sent = 0
    while sent < int(count) and peer.poll(1000, zmq.POLLOUT):
        peer.send_multipart([VERSION, b"u", b"report", b"{}"])
        sent += 1
    return {"sent": sent}


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        credentials = json.load(file)["zeromq"]
    arguments = sys.argv[4:]
    keys = os.environ.get("SASANDO_TEST_CURVE_KEYS", "").split()
    ingress = Ingress(credentials, *keys)
    scenarios = {
        "exchange": exchange, "hold": hold, "insist": insist, "hostile": hostile, "unread": unread, "burst": burst,
        "leave": leave, "pipeline": pipeline,
    }
    print(json.dumps(scenarios[sys.argv[3]](ingress, *arguments)), flush=True)
    os._exit(0)


main()
