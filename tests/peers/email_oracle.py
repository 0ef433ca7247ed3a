#!/usr/bin/env python3
"""What Python's email package makes of messages: a second reader for tests/differential.rs.

Reads `LENGTH\\n` and as many octets, again and again until the end, and answers each with one line of JSON:
subject, from, to, and every part with its number (as `brevbro parse` counts), type, decoded octets and their sha256, text and
file name. What it cannot do is null; "fault" says that it gave up on the whole message.
"""

import base64
import email
import email.policy
import hashlib
import json
import re
import sys

# A header of many lines, and words of any charset, as the program that is compared with it reads them.
POLICY = email.policy.default


def attempt(action):
    try:
        return action()
    except Exception:  # a fault of the reader is an answer too
        return None


def people(message, name):
    found = []
    for field in message.get_all(name, []):
        for address in field.addresses:
            found.append([address.display_name or None, address.addr_spec])
    return found


def leaf(part):
    octets = attempt(lambda: part.get_payload(decode=True))
    charset = attempt(part.get_content_charset)
    text = None
    if octets is not None and charset and part.get_content_maintype() == "text":
        text = attempt(lambda: octets.decode(charset, "replace"))
    return {
        "sha256": None if octets is None else hashlib.sha256(octets).hexdigest(),
        "size": None if octets is None else len(octets),
        "octets": None if octets is None else base64.b64encode(octets).decode(),
        "charset": charset,
        "text": text,
    }


def parts(message):
    """Depth first, without recursion: a message may be as deep as it likes."""
    found, waiting = [], [("0", message)]
    while waiting:
        number, part = waiting.pop()
        children = part.get_payload() if part.is_multipart() else []
        about = {
            "part": number,
            "type": attempt(part.get_content_type),
            "name": attempt(part.get_filename),
            "container": bool(children),
        }
        if not children:
            about.update(leaf(part))
        # Decoding finds some.
        about["defects"] = [type(defect).__name__ for defect in part.defects]
        found.append(about)
        for index in range(len(children), 0, -1):
            below = str(index) if number == "0" else f"{number}.{index}"
            waiting.append((below, children[index - 1]))
    return found


def read(raw):
    message = email.message_from_bytes(raw, policy=POLICY)
    subject = attempt(lambda: message["subject"])
    return {
        "subject": None if subject is None else str(subject),
        "from": attempt(lambda: people(message, "from")),
        "to": attempt(lambda: people(message, "to")),
        "parts": attempt(lambda: parts(message)),
    }


def main():
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline():
        raw = source.read(int(line))
        answer = attempt(lambda: read(raw)) or {"fault": True}
        # Lone surrogates, Python's way to carry octets that are no text, are not JSON.
        text = re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", json.dumps(answer, ensure_ascii=False))
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        answers.write(text.encode() + b"\n")
        answers.flush()


main()
