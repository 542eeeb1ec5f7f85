"""A push service for tests (RFC 8030), and the browser behind it (RFC 8291), in another's hands than ours.

Usage: push_service.py PACKAGES FOLDER. Finds http_ece in PACKAGES, makes a certificate in FOLDER, listens on a free port of 127.0.0.1, and writes
`FOLDER/ready.json`: the origin, the certificate's file, and a subscription's keys. Every message that comes in is
decrypted, its signature is verified, and what was found is appended to `FOLDER/messages.jsonl`.

The path decides the answer: `/ok/…` 201, `/gone/…` 410, `/missing/…` 404, `/busy/…` 429 with Retry-After 120,
`/failing/…` 503, `/refusing/…` 400, `/moved/…` 307 to `/ok/moved`, `/slow/…` none for a minute, `/huge/…` 201 with
more than anyone wants to read.
"""
import base64
import datetime
import ipaddress
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, sys.argv[1])
import http_ece
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID

folder = sys.argv[2]
browser = ec.generate_private_key(ec.SECP256R1())
secret = os.urandom(16)
writing = threading.Lock()


def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key):
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def read_token(header):
    """The claims of `vapid t=…, k=…` (RFC 8292), if the key that it names has signed them."""
    assert header.startswith("vapid "), header
    fields = dict(part.strip().split("=", 1) for part in header[len("vapid "):].split(","))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(fields["k"]))
    signed, signature = fields["t"].rsplit(".", 1)
    raw = decode(signature)
    assert len(raw) == 64
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    head, claims = (json.loads(decode(part)) for part in signed.split("."))
    return {"key": fields["k"], "head": head, "claims": claims}


def read_message(path, headers, body):
    message = {"path": path, "at": time.time(), "bytes": len(body), "headers": {k.lower(): v for k, v in headers.items()}}
    try:
        message["token"] = read_token(headers["Authorization"])
        text = http_ece.decrypt(body, private_key=browser, auth_secret=secret, version="aes128gcm")
        message["text"] = json.loads(text)
    except Exception as error:  # Whatever it is, the test is told.
        message["error"] = repr(error)
    return message


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        message = read_message(self.path, dict(self.headers), body)
        with writing, open(os.path.join(folder, "messages.jsonl"), "a") as log:
            log.write(json.dumps(message) + "\n")
        kind = self.path.split("/")[1]
        if kind == "slow":
            time.sleep(60)
        status = {"gone": 410, "missing": 404, "busy": 429, "failing": 503, "refusing": 400, "moved": 307}.get(kind, 201)
        answer = b"x" * (1 << 20) if kind == "huge" else b""
        self.send_response(status)
        if kind == "busy":
            self.send_header("Retry-After", "120")
        if kind == "moved":
            self.send_header("Location", "/ok/moved")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self):
        """What a test has put into the folder `offered`."""
        try:
            with open(os.path.join(folder, "offered", os.path.basename(self.path)), "rb") as file:
                status, answer = 200, file.read()
        except OSError:
            status, answer = 404, b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def make_certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "push service for tests")])
    now = datetime.datetime.utcnow()
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = [os.path.join(folder, file) for file in ("service.crt", "service.key")]
    with open(paths[0], "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    with open(paths[1], "wb") as file:
        file.write(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return paths


def end_with_starter():
    sys.stdin.read()
    os._exit(0)


def main():
    threading.Thread(target=end_with_starter, daemon=True).start()
    certificate, key = make_certificate()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    told = {
        "origin": f"https://127.0.0.1:{server.server_port}", "port": server.server_port, "certificate": certificate,
        "p256dh": encode(point(browser.public_key())), "auth": encode(secret),
    }
    with open(os.path.join(folder, "ready.tmp"), "w") as file:
        json.dump(told, file)
    os.rename(os.path.join(folder, "ready.tmp"), os.path.join(folder, "ready.json"))
    server.serve_forever()


main()
