"""A stand-in for the WhatsApp Cloud API and the Telegram Bot API, for tests.

Usage: chat_provider.py FOLDER. Makes a certificate in FOLDER, listens on a free port of 127.0.0.1, and writes
`FOLDER/ready.json`: the origin and the certificate's file. Every message that is sent is appended to
`FOLDER/sent.jsonl`, with the status that it was answered with. Photos are the files of `FOLDER/offered`.

Whom a message is for decides the answer, by the last digits of the number: 503 fails twice before it is taken, 429 once
with a wait of one second, 24 takes templates alone, as a day after the person wrote, 403 takes nothing at all.
"""
import json
import os
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder = sys.argv[1]
TOKEN = "token-uji"
writing = threading.Lock()
failures = {}


def fails(person, times):
    with writing:
        failures[person] = failures.get(person, 0) + 1
        return failures[person] <= times


def whatsapp_answer(message):
    person = message.get("to", message.get("recipient", ""))
    if person.endswith("403"):
        return 400, {"error": {"code": 131026, "message": "undeliverable"}}
    if person.endswith("503") and fails(person, 2):
        return 503, {}
    if person.endswith("24") and message["type"] != "template":
        return 400, {"error": {"code": 131047, "message": "re-engagement"}}
    return 200, {"messaging_product": "whatsapp", "messages": [{"id": "wamid.out"}]}


def telegram_answer(message):
    person = str(message["chat_id"])
    if person.endswith("403"):
        return 403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
    if person.endswith("503") and fails(person, 2):
        return 503, {}
    if person.endswith("429") and fails(person, 1):
        return 429, {"ok": False, "error_code": 429, "parameters": {"retry_after": 1}}
    return 200, {"ok": True, "result": {"message_id": 1}}


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if self.path == "/wa/12345/messages":
            if self.headers["Authorization"] != "Bearer " + TOKEN:
                return self.tell(401, {})
            return self.take("whatsapp", body, *whatsapp_answer(body))
        if self.path == f"/tg/bot{TOKEN}/sendMessage":
            return self.take("telegram", body, *telegram_answer(body))
        if self.path == f"/tg/bot{TOKEN}/getFile":
            name = body["file_id"]
            if not os.path.exists(os.path.join(folder, "offered", name)):
                return self.tell(400, {"ok": False, "error_code": 400})
            return self.tell(200, {"ok": True, "result": {"file_id": name, "file_path": f"photos/{name}"}})
        return self.tell(404, {})

    def do_GET(self):
        name = os.path.basename(self.path)
        path = os.path.join(folder, "offered", name)
        if self.path == f"/tg/file/bot{TOKEN}/photos/{name}":
            return self.give(path)
        if self.headers.get("Authorization") != "Bearer " + TOKEN:
            return self.tell(401, {})
        if self.path == f"/wa/{name}":
            if not os.path.exists(path):
                return self.tell(404, {})
            return self.tell(200, {"url": f"{origin}/media/{name}", "mime_type": "image/png", "id": name})
        if self.path == f"/media/{name}":
            # As Meta's host does.
            if not self.headers.get("User-Agent"):
                return self.tell(403, {})
            return self.give(path)
        return self.tell(404, {})

    def take(self, channel, body, status, answer):
        line = {"channel": channel, "status": status, "body": body}
        with writing, open(os.path.join(folder, "sent.jsonl"), "a") as log:
            log.write(json.dumps(line) + "\n")
        self.tell(status, answer)

    def give(self, path):
        try:
            with open(path, "rb") as file:
                self.answer(200, file.read())
        except OSError:
            self.answer(404, b"")

    def tell(self, status, answer):
        self.answer(status, json.dumps(answer).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def make_certificate():
    certificate, key = (os.path.join(folder, name) for name in ("provider.crt", "provider.key"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=chat provider for tests", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
         certificate], check=True, capture_output=True)
    return certificate, key


def end_with_starter():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_starter, daemon=True).start()
certificate, key = make_certificate()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
server.socket = context.wrap_socket(server.socket, server_side=True)
origin = f"https://127.0.0.1:{server.server_port}"
os.makedirs(os.path.join(folder, "offered"), exist_ok=True)
with open(os.path.join(folder, "ready.tmp"), "w") as file:
    json.dump({"origin": origin, "certificate": certificate}, file)
os.rename(os.path.join(folder, "ready.tmp"), os.path.join(folder, "ready.json"))
server.serve_forever()
