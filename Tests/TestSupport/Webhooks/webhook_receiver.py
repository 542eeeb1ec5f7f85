"""An agency's receiver of webhooks, in another's hands than ours: `standardwebhooks` verifies what comes.

Usage: webhook_receiver.py PACKAGES FOLDER. Finds standardwebhooks in PACKAGES, listens on a free port of 127.0.0.1 and
writes it to `FOLDER/ready`. `FOLDER/secrets` holds the secrets that it knows, one a line. Every message is appended to
`FOLDER/messages.jsonl`, with the secrets (by their lines) that verify it.

The first part of the path decides the answer, the same for each event: `/ok` 204; `/failing/N` N times 503, then 204;
`/busy/S` once 429 with Retry-After S, then 204; `/busy-until/S` the same with a date; `/gone` 410; `/moved` 307 to
`/ok/moved`; `/slow` once nothing for a minute, then 204; `/lost` takes it, and once hangs up without an answer; `/huge`
200 with more than anyone wants to read; `/refusing` 500 until there is a file `FOLDER/mended`; `/closing` the same, and then 410.
"""
import email.utils
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, sys.argv[1])
from standardwebhooks import Webhook

folder = sys.argv[2]
writing = threading.Lock()
attempts = {}


def verified(body, headers):
    """The lines of the secrets that verify a message, and why the others do not."""
    try:
        with open(os.path.join(folder, "secrets")) as file:
            secrets = file.read().split()
    except OSError:
        secrets = []
    good, faults = [], []
    for line, secret in enumerate(secrets):
        try:
            Webhook(secret).verify(body, headers)
            good.append(line)
        except Exception as error:  # Whatever it is, the test is told.
            faults.append(repr(error))
    return good, faults


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        good, faults = verified(body, headers)
        key = (self.path, headers.get("webhook-id"))
        with writing:
            count = attempts[key] = attempts.get(key, 0) + 1
            message = {
                "path": self.path, "at": time.time(), "attempt": count, "headers": headers, "verified": good,
                "faults": faults, "event": json.loads(body), "body": body.decode(),
            }
            with open(os.path.join(folder, "messages.jsonl"), "a") as log:
                log.write(json.dumps(message) + "\n")
        self.answer(self.path.split("/")[1], count)

    def answer(self, kind, count):
        argument = self.path.split("/")[2]
        if kind == "slow" and count == 1:
            time.sleep(60)
        if kind == "lost" and count == 1:
            self.close_connection = True
            return
        if kind == "failing" and count <= int(argument):
            return self.say(503)
        if kind == "busy" and count == 1:
            return self.say(429, {"Retry-After": argument})
        if kind == "busy-until" and count == 1:
            until = email.utils.formatdate(time.time() + int(argument), usegmt=True)
            return self.say(503, {"Retry-After": until})
        if kind == "refusing" and not os.path.exists(os.path.join(folder, "mended")):
            return self.say(500)
        if kind == "closing" and not os.path.exists(os.path.join(folder, "mended")):
            return self.say(500)
        if kind in ("gone", "closing"):
            return self.say(410)
        if kind == "moved":
            return self.say(307, {"Location": "/ok/moved"})
        if kind == "huge":
            return self.say(200, {}, b"x" * (1 << 20))
        self.say(204)

    def say(self, status, headers={}, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def end_with_starter():
    sys.stdin.read()
    os._exit(0)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Whoever hangs up before the answer does so on purpose."""


def main():
    threading.Thread(target=end_with_starter, daemon=True).start()
    server = Server(("127.0.0.1", 0), Receiver)
    with open(os.path.join(folder, "ready.tmp"), "w") as file:
        file.write(str(server.server_port))
    os.rename(os.path.join(folder, "ready.tmp"), os.path.join(folder, "ready"))
    server.serve_forever()


main()
