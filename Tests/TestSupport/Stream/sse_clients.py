"""Reads an agency's stream with clients that others wrote: httpx-sse, sseclient-py, and CloudEvents' own library.

    sse_clients.py PACKAGES STREAM COUNT

Prints a line for each thing that is not as it should be, and nothing where all is well.
"""

import json
import os
import sys

packages, stream, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path.insert(0, packages)

import httpx  # noqa: E402
import httpx_sse  # noqa: E402
import sseclient  # noqa: E402
from cloudevents.core.formats.json import JSONFormat  # noqa: E402

headers = {"Authorization": "Bearer " + os.environ["SASANDO_TOKEN"]}
patience = httpx.Timeout(20)


def expect(holds, what):
    if not holds:
        print(what)


def with_httpx_sse(client, last=None):
    """The first events after `last`, as (id, type, data)."""
    asking = {**headers, **({"Last-Event-ID": last} if last else {})}
    events = []
    with httpx_sse.connect_sse(client, "GET", stream, headers=asking) as source:
        for event in source.iter_sse():
            events.append((event.id, event.event, event.data))
            if len(events) == count - (0 if last is None else half):
                return events
    return events


def with_sseclient(client):
    """The same; it is fed bytes as they come."""
    events = []
    with client.stream("GET", stream, headers={**headers, "Accept": "text/event-stream"}) as answer:
        for event in sseclient.SSEClient(answer.iter_bytes()).events():
            events.append((event.id, event.event, event.data))
            if len(events) == count:
                return events
    return events


def by_pulling(client):
    """The same, page by page, in batches of CloudEvents; the cursor is in the link to the next page."""
    events, address = [], httpx.URL(stream).copy_merge_params({"limit": "7"})
    while len(events) < count:
        answer = client.get(address, headers=headers)
        expect(
            answer.headers["content-type"].startswith("application/cloudevents-batch+json"),
            f"pulled: {answer.headers['content-type']}",
        )
        page = answer.json()
        if not page:
            print(f"pulled: the stream ended after {len(events)} events")
            break
        events += page
        address = httpx.URL(stream).join(answer.links["next"]["url"])
    return events[:count]


half = count // 2
with httpx.Client(timeout=patience) as client:
    first = with_httpx_sse(client)
    expect(len(first) == count, f"httpx-sse: {len(first)} of {count} events")
    rest = with_httpx_sse(client, last=first[half - 1][0])
    expect(rest == first[half:], "httpx-sse: after Last-Event-ID there come other events than before")
    second = with_sseclient(client)
    expect(second == first, "sseclient-py: other events than httpx-sse")
    pulled = by_pulling(client)

expect(len({event[0] for event in first}) == count, "an id comes twice")
for (cursor, kind, data), page in zip(first, pulled):
    expect(json.loads(data) == page, f"{cursor}: pulled, it is another event")
    event = JSONFormat().read(None, data)
    expect(event.get_specversion() == "1.0", f"{cursor}: specversion {event.get_specversion()}")
    expect(event.get_type() == kind, f"{cursor}: type {event.get_type()}, and event {kind}")
    expect(event.get_source().endswith("/streams/" + stream.split("/")[-2]), f"{cursor}: source {event.get_source()}")
    expect(event.get_time() is not None and event.get_time().tzinfo is not None, f"{cursor}: time without an offset")
    expect(int(event.get_extension("sequence")) == int(cursor.split("-")[1]), f"{cursor}: sequence is another")
    subject = event.get_subject()
    named = event.get_data().get("report_id") or event.get_data()["report"]["id"]
    expect(subject == named, f"{cursor}: subject {subject}")
