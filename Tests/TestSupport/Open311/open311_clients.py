"""Asks a running Open311 endpoint as others' clients do, and judges every answer by schema, in JSON and in XML.

Usage: open311_clients.py PACKAGES ENDPOINT SCHEMAS, with the key in the environment (SASANDO_API_KEY). Prints what failed;
ends with 0 where nothing did.
"""
import datetime
import json
import os
import sys
import xml.etree.ElementTree as ElementTree

packages, endpoint, schemas_file = sys.argv[1:4]
key = os.environ["SASANDO_API_KEY"]
sys.path.insert(0, packages)

import jsonschema  # noqa: E402
import requests  # noqa: E402

with open(schemas_file, encoding="utf-8") as file:
    schemas = json.load(file)
failures = []
# What an element of each list is called in XML, by the list's name.
items = {
    "services": "service", "attributes": "attribute", "values": "value", "service_requests": "request",
    "endpoints": "endpoint", "formats": "format", "service_request_updates": "request_update", "errors": "error",
    "photos": "photo",
}


def expect(holds, what):
    if not holds:
        failures.append(what)


def plain(element):
    """An element as the JSON that must say the same."""
    if element.tag in items:
        expect(all(child.tag == items[element.tag] for child in element), "%s holds other elements" % element.tag)
        return [plain(child) for child in element]
    if len(element):
        return {child.tag: plain(child) for child in element}
    return element.text or None


def told(value):
    """JSON with every value as XML would write it."""
    if isinstance(value, list):
        return [told(each) for each in value]
    if isinstance(value, dict):
        return {name: told(each) for name, each in value.items()}
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "number %r" % value
    if value is None or value == "":
        return None
    # An XML reader makes one line feed of a line's end, unless it was written as a character reference.
    return str(value)


def numbers(value):
    if isinstance(value, list):
        return [numbers(each) for each in value]
    if isinstance(value, dict):
        return {n: "number %r" % float(v) if n in ("lat", "long") and v else numbers(v) for n, v in value.items()}
    return value


def ask(path, schema, root, status=200, method="GET", **more):
    """One address in both formats; the JSON of it."""
    answers = {}
    for form in ("json", "xml"):
        answer = requests.request(method, "%s/%s.%s" % (endpoint, path, form), timeout=20, **more)
        expect(answer.status_code == status, "%s %s.%s: %d %s" % (method, path, form, answer.status_code, answer.text[:300]))
        kind = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}[form]
        expect(answer.headers.get("Content-Type") == kind, "%s.%s is %s" % (path, form, answer.headers.get("Content-Type")))
        answers[form] = answer
    value = answers["json"].json()
    try:
        jsonschema.validate(value, {**schemas[schema], "$defs": schemas["$defs"]})
    except jsonschema.ValidationError as error:
        failures.append("%s: %s at %s" % (path, error.message[:300], list(error.absolute_path)))
    expect(answers["xml"].content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>'), "%s has no declaration" % path)
    tree = ElementTree.fromstring(answers["xml"].content)
    expect(tree.tag == root, "%s: the root is %s" % (path, tree.tag))
    if method == "GET":
        read, same = numbers(plain(tree)), told(value)
        expect(read == same, "%s differs:\n  %s\n  %s" % (path, str(read)[:600], str(same)[:600]))
    return value


def answers():
    discovery = ask("discovery", "discovery", "discovery")
    expect([e["type"] for e in discovery["endpoints"]][:1] == ["production"], "no production endpoint")
    services = ask("services", "services", "services")
    for service in services:
        code = service["service_code"]
        definition = ask("services/" + code, "service_definition", "service_definition")
        expect(bool(definition["attributes"]) == service["metadata"], "%s: metadata" % code)
    with_subtype = requests.get(endpoint + "/services/lampu_rambu.json", timeout=20).json()["attributes"]
    expect(with_subtype[0]["code"] == "subtype", "lampu_rambu has no sub-types")
    listed = ask("requests", "service_requests", "service_requests", params={"extensions": "true"})
    expect(len(listed) > 0, "no request is listed")
    ask("requests/" + listed[0]["service_request_id"], "service_requests", "service_requests")
    ask("servicerequestupdates", "updates", "service_request_updates",
        params={"start_date": "2020-01-01T00:00:00Z", "end_date": "2099-01-01T00:00:00Z"})


def refusals():
    none = "KPG-00000000001"
    ask("requests/" + none, "errors", "errors", 404)
    ask("requests", "errors", "errors", 404, params={"service_request_id": none})
    ask("services/none", "errors", "errors", 404)
    ask("tokens/none", "errors", "errors", 404)
    ask("anything/else", "errors", "errors", 404)
    ask("services", "errors", "errors", 404, params={"jurisdiction_id": "elsewhere.example"})
    ask("services", "errors", "errors", 405, method="PUT")
    ask("services", "errors", "errors", 403, params={"api_key": "sas_wrong"})
    several = ask("requests", "errors", "errors", 400, params={"page": "x", "status": "y", "start_date": "z"})
    expect(len(several) == 3, "not all errors at once: %s" % several)
    keyless = ask("requests", "errors", "errors", 403, method="POST", data={"lat": "x", "service_code": "none"})
    expect([e["code"] for e in keyless[:1]] == ["403"] and len(keyless) >= 4, "keyless: %s" % keyless)
    ask("requests", "errors", "errors", 403, method="POST", json={})
    ask("requests", "errors", "errors", 400, method="POST", json={}, params={"api_key": key})
    wrong = ask("requests", "errors", "errors", 400, method="POST", data={
        "api_key": key, "service_code": "lampu_rambu", "address_id": "53.71.04.1008", "attribute[jumlah]": "many",
        "attribute[subtype]": "moon"})
    expect(any("attribute[jumlah]" in e["description"] for e in wrong), "jumlah is not named: %s" % wrong)
    expect(any("attribute[subtype]" in e["description"] for e in wrong), "subtype is not named: %s" % wrong)
    ask("requests", "errors", "errors", 400, method="POST", data={
        "api_key": key, "service_code": "sampah", "address_id": "53.71.04.1008", "description": "a\u0007b"})


def hostile():
    text = "<script>alert('x')</script> & ]]> \u202eterbalik\ufffe 🔥 \"kutip\""
    posted = ask("requests", "posted", "service_requests", 201, method="POST", data={
        "api_key": key, "service_code": "iklan_liar", "lat": "-10.1583", "long": "123.6070", "description": text,
        "email": "ani@contoh.id", "first_name": "Ani", "unknown": "1"})
    expect("disimpan" in (posted[0]["service_notice"] or ""), "no word on personal data: %s" % posted)
    found = ask("requests/" + posted[0]["service_request_id"], "service_requests", "service_requests")
    expect(found[0]["description"] == text.replace("\ufffe", "\ufffd"), "the text came back as %r" % found[0]["description"])
    page = requests.get(endpoint + "/requests.xml", timeout=20).content
    expect(b"<script>" not in page and b"ani@contoh.id" not in page, "hostile or personal text came through")


def with_georeport():
    import georeport
    for form in ("json", "xml"):
        client = georeport.GeoReport(endpoint, jurisdiction="kupang", output_format=form)
        expect(len(client.get_service_list()) >= 14, "georeport %s: services" % form)
        expect(client.get_service_definition("sampah")["service_code"] == "sampah", "georeport %s: definition" % form)
        listed = client.get_service_requests(status="open")
        expect(len(listed) > 1, "georeport %s: requests" % form)
        one = client.get_service_request(listed[0]["service_request_id"])
        expect(one["service_request_id"] == listed[0]["service_request_id"], "georeport %s: request" % form)


def with_civicbot():
    from civicbot.http import HttpTransport, RateLimiter
    from civicbot.open311 import Open311Client
    from civicbot.registry import Endpoint
    place = Endpoint(id="kupang", name="Kupang", base_url=endpoint, write=True)
    client = Open311Client(place, HttpTransport(rate_limiter=RateLimiter(min_interval=0)), jurisdiction_id="kupang")
    sent = client.create_request(
        "lampu_rambu", dry_run=False, confirm="SEND", api_key=key, validate_remote=True, lat=-10.1583, lng=123.607,
        description="Lampu jalan mati di depan sekolah", attributes={"subtype": "lampu_jalan", "jumlah": ["3"]})
    number = sent.response[0]["service_request_id"]
    got = client.get_request(number)
    expect(got["service_code"] == "lampu_rambu" and got["lat"] == -10.1583, "civicbot got %s" % got)
    private = client.create_request(
        "orang_hilang", dry_run=False, confirm="SEND", api_key=key, address_id="53.71.04.1008")
    hidden = private.response[0]["service_request_id"]
    numbers_shown = lambda **more: [
        r["service_request_id"]
        for r in requests.get(endpoint + "/requests.json", params={"service_code": "orang_hilang", **more}, timeout=20).json()]
    expect(hidden not in numbers_shown(), "a private request is public")
    expect(hidden in numbers_shown(api_key=key), "the key does not see what it sent")
    ask("requests/" + hidden, "errors", "errors", 404)
    both = client.list_requests(service_request_ids=[number, hidden])
    expect([r["service_request_id"] for r in both] == [number], "civicbot listed %s" % both)


def with_chicagorequests():
    import chicagorequests
    chicagorequests.Downloader.BASE_URL = endpoint + "/requests.json"
    now = datetime.datetime.now(datetime.timezone.utc)
    yesterday, soon = now - datetime.timedelta(days=1), now + datetime.timedelta(minutes=5)
    found = chicagorequests.Downloader(["sampah", "iklan_liar"])((yesterday, soon))
    expect(len(found) > 0 and all("extended_attributes" in r for r in found), "chicagorequests found %d" % len(found))
    expect({r["service_code"] for r in found} <= {"sampah", "iklan_liar"}, "chicagorequests: other services")
    updated = chicagorequests.Downloader(None, yesterday.isoformat(), soon.isoformat())((yesterday, soon))
    expect(len(updated) >= len(found), "chicagorequests: updated %d of %d" % (len(updated), len(found)))


for step in (hostile, answers, refusals, with_georeport, with_civicbot, with_chicagorequests):
    try:
        step()
    except Exception as error:  # what a client throws is a failure like any other
        failures.append("%s: %s: %s" % (step.__name__, type(error).__name__, str(error)[:600]))
for failure in failures:
    print(failure)
sys.exit(1 if failures else 0)
