"""A guest as somebody else would write one, from the source document alone: no waiting, no batches, no ids.

Usage: guest.py URL NAME WORDS...   Says each word, polls until it has heard all of them, leaves, prints what it saw.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

base, name, *words = sys.argv[1:]
session = None


def call(method, path, body=None, headers=None):
    headers = dict(headers or {})
    if session is not None:
        headers["session"] = session
    request = urllib.request.Request(base + path, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read()


status, headers, body = call("PUT", "/join/" + urllib.parse.quote(name))
joined = json.loads(body)
session = headers["session"]
taken, _, _ = call("PUT", "/join/" + urllib.parse.quote(name))
_, _, body = call("GET", "/directory")
directory = json.loads(body)

for word in words:
    call("PUT", "/messages", json.dumps(word).encode(), {"type": "MSG", "source": "whoever", "seqnr": "0"})

heard = []
deadline = time.time() + 20
while len([event for event in heard if event[1] == "MSG"]) < len(words) and time.time() < deadline:
    status, headers, body = call("GET", "/events")
    if status == 204:
        time.sleep(0.05)
        continue
    source = urllib.parse.unquote(headers["source"])
    heard.append([int(headers["seqnr"]), headers["type"], source, json.loads(body)])

_, headers, body = call("GET", "/events/1")
first = [int(headers["seqnr"]), headers["type"], json.loads(body)]
_, _, left = call("PUT", "/leave/")
after, _, body = call("GET", "/events")

print(
    json.dumps(
        {
            "joined": joined,
            "taken": taken,
            "directory": directory,
            "heard": heard,
            "first": first,
            "left": json.loads(left),
            "after": [after, json.loads(body)],
        }
    )
)
