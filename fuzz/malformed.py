#!/usr/bin/env python3
"""Sends every file of an archive of hostile files through chaincheck, one process a file and command.

    fuzz/malformed.py [--archive FILE] [--binary FILE] [--sample N] [--report FILE]

Fails if a process ends by a signal, with a status that is none of chaincheck's, after more than a
second, with more than 256 MiB of memory, or with JSON that is none. With --report, whether each
certificate, CRL and message is read is set beside what OpenSSL says of it, and the differences are
put into classes. The archive is data/malformed.tar.xz of the shared data unless said otherwise.
"""

import argparse
import collections
import ctypes
import ctypes.util
import json
import os
import re
import sys
import tarfile
import tempfile
import time

CLOCK = "2026-06-01T00:00:00Z"
COMMANDS = {
    "dump": ["dump", "--format", "json"],
    "verify": ["verify", "--clock", CLOCK, "--format", "json"],
    "list": ["list", "--clock", CLOCK, "--format", "json"],
    "diagnose": ["diagnose", "--clock", CLOCK, "--format", "json"],
}
SECONDS = 1.0
MEBIBYTES = 256
KILL_AFTER = 10.0

# The functions of libcrypto that read the files in each folder.
OPENSSL = {"x509": "d2i_X509", "crl": "d2i_X509_CRL", "pkcs7": "d2i_PKCS7"}

# What dump calls the files in each folder.
KIND = {"x509": "certificate", "crl": "crl", "pkcs7": "signed"}

# Why we read what OpenSSL refuses, by the structure in which OpenSSL stops.
LENIENT = [
    (r"X509_REVOKED", "an entry of a CRL revokes by its serial number, even if its extensions cannot be read or octets "
     "stand behind them"),
    # a name's RelativeDistinguishedNames that are no SETs: OpenSSL names the structure around the name
    (r"_NAME_ENTRY|ASN1_PRINTABLE|in X509_NAME|(wrong tag|header too long) in X509_CINF", "names are octets until they are shown or compared, as CAPI2 keeps "
     "them; an attribute that cannot be decoded is shown as such"),
    (r"X509_ALGOR", "an algorithm's parameters are read when the algorithm is used: the signature is then bad"),
    (r"X509_EXTENSION", "an extension is read when a rule asks for it: then INVALID_EXTENSION on its element"),
    (r"utf8string|illegal characters|wrong length|bits left", "the contents of a string that no rule reads"),
    (r"illegal padding|too small|too large", "INTEGERs in more octets than needed are read (BER)"),
    (r"PKCS7|CRL|DIST_POINT|KEYID|GENERAL_NAME|OTHERNAME|EDIPARTY", "a part of a message: what can be read is listed, "
     "the rest is noted; a signature over it is judged apart"),
]

# What dump's status says: a part may be an extension, a name, or a certificate of a message.
READ = ["reads", "reads in part", "reads as something else", "refuses"]

LIBCRYPTO = ctypes.CDLL(ctypes.util.find_library("crypto"))


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(options.archive) as archive:
            archive.extractall(folder, filter="data")
        files = sorted(found(folder))
        if options.sample:
            files = files[:: max(1, len(files) // options.sample)]
        results, broken, worst = run_all(files, folder, options.binary)
        differences = compare(files, folder, results) if options.report else None
    total = len(results)
    print(f"{total} processes over {len(files)} files; slowest {worst['seconds']:.3f} s "
          f"({worst['slowest']}), most memory {worst['mebibytes']} MiB ({worst['largest']})")
    for line in broken:
        print("BROKEN", line)
    if options.report:
        with open(options.report, "w") as report:
            report.write(text(files, total, worst, broken, differences, results))
    sys.exit(1 if broken else 0)


def arguments():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    shared = os.environ.get("CHAINCHECK_SHARED", os.path.join(root, "../shared"))
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--archive", default=os.path.join(shared, "data/malformed.tar.xz"))
    parser.add_argument("--binary", default=os.path.join(target, "release/chaincheck"))
    parser.add_argument("--sample", type=int, help="about this many files only")
    parser.add_argument("--report", help="write the comparison here")
    return parser.parse_args()


def found(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(".json"):
                yield os.path.join(parent, name)


def run_all(files, folder, binary):
    results, broken = {}, []
    worst = {"seconds": 0.0, "slowest": "", "mebibytes": 0, "largest": ""}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        for path in files:
            name = os.path.relpath(path, folder)
            for command, start in COMMANDS.items():
                result = run([binary, *start, path], output, errors)
                results[name, command] = result
                broken += [f"{command} {name}: {why}" for why in wrong(result)]
                if result["seconds"] > worst["seconds"]:
                    worst.update(seconds=result["seconds"], slowest=f"{command} {name}")
                if result["mebibytes"] > worst["mebibytes"]:
                    worst.update(mebibytes=result["mebibytes"], largest=f"{command} {name}")
                result["kind"], result["note"] = summary(result.pop("output"))
    return results, broken, worst


def run(command, output, errors):
    """Runs a process to its end. Its memory is the kernel's ru_maxrss, which begins at ours."""
    for file in (output, errors):
        file.seek(0)
        file.truncate()
    null = os.open(os.devnull, os.O_RDWR)
    begin = time.monotonic()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_DUP2, null, 0),
        (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
        (os.POSIX_SPAWN_DUP2, errors.fileno(), 2),
    ])
    os.close(null)
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() - begin > KILL_AFTER:
            os.kill(child, 9)
        time.sleep(0.0005)
    seconds = time.monotonic() - begin
    output.seek(0)
    errors.seek(0)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "mebibytes": usage.ru_maxrss >> 10,
        "message": errors.read().decode(errors="replace"),
        "output": output.read(),
        "verify": command[1] == "verify",
    }


def wrong(result):
    if result["status"] < 0:
        yield f"ended by signal {-result['status']}: {result['message'][:200]}"
    elif result["status"] not in (0, 1, 2):
        yield f"status {result['status']}"
    elif result["status"] < 2:
        try:
            # verify writes a document a line
            for line in result["output"].splitlines() if result["verify"] else [result["output"]]:
                json.loads(line)
        except ValueError as error:
            yield f"its JSON is none: {error}"
    if "panicked" in result["message"]:
        yield f"panicked: {result['message'][:200]}"
    if result["seconds"] > SECONDS:
        yield f"took {result['seconds']:.2f} s"
    if result["mebibytes"] > MEBIBYTES:
        yield f"took {result['mebibytes']} MiB"


def summary(output):
    """The kind of the file in dump's JSON, and the first thing that could not be read."""
    try:
        document = json.loads(output)
        document = document[0] if isinstance(document, list) else document
        return str(document.get("kind", "")), first_note(document)
    except (ValueError, AttributeError, IndexError):
        return "", ""


def first_note(value, under=""):
    if isinstance(value, dict):
        found = (first_note(inner, key) for key, inner in value.items())
    elif isinstance(value, list):
        found = (first_note(inner, under) for inner in value)
    else:
        return value if isinstance(value, str) and under in ("error", "note", "notes", "problem") else ""
    return next(filter(None, found), "")


def compare(files, folder, results):
    """Of each kind: the four counts, and the differences by their reason."""
    kinds = {}
    for path in files:
        name = os.path.relpath(path, folder)
        kind = name.split(os.sep)[0]
        if kind not in OPENSSL:
            continue
        refusal = openssl(OPENSSL[kind], path)
        theirs = refusal is None
        ours = reading(results[name, "dump"], KIND[kind])
        found = kinds.setdefault(kind, {"counts": collections.Counter(),
                                        "lenient": collections.Counter(),
                                        "strict": collections.Counter()})
        found["counts"][ours, theirs] += 1
        if ours == "reads" and not theirs:
            found["lenient"][refusal] += 1
        elif theirs and ours != "reads":
            result = results[name, "dump"]
            found["strict"][ours, reason_of_ours(result["message"] or result["note"])] += 1
    return kinds


def reading(result, kind):
    """How dump reads a file of this kind: one of READ."""
    if result["status"] == 2:
        return "refuses"
    if kind not in result["kind"].lower():
        return "reads as something else"
    return READ[result["status"]]


def openssl(function, path):
    """Why libcrypto does not read the file; None if it does, whatever stands behind the object."""
    with open(path, "rb") as file:
        octets = file.read()
    place = ctypes.c_char_p(octets)
    read = LIBCRYPTO[function]
    read.restype = ctypes.c_void_p
    LIBCRYPTO.ERR_clear_error()
    if read(None, ctypes.byref(place), ctypes.c_long(len(octets))):
        return None
    LIBCRYPTO.ERR_get_error_all.restype = ctypes.c_ulong
    LIBCRYPTO.ERR_reason_error_string.restype = ctypes.c_char_p
    first, places = "no reason given", []
    data, flags = ctypes.c_char_p(), ctypes.c_int()
    while code := LIBCRYPTO.ERR_get_error_all(None, None, None, ctypes.byref(data),
                                              ctypes.byref(flags)):
        reason = (LIBCRYPTO.ERR_reason_error_string(ctypes.c_ulong(code)) or b"").decode()
        first = reason if first == "no reason given" else first
        places += re.findall(r"Type=(\w+)", (data.value or b"").decode())
    return f"{first} in {places[0]}" if places else first


def reason_of_ours(message):
    message = re.sub(r"^chaincheck: *", "", " ".join(message.split()))
    message = re.sub(r"\S*/\S+: *", "", message)
    return re.sub(r" at offset \d+", "", message)[:120] or "no reason given"


def classes(reasons):
    """The reasons put together by what they are about."""
    totals, said = collections.Counter(), collections.defaultdict(list)
    for reason, count in reasons.most_common():
        why = next((why for pattern, why in LENIENT if re.search(pattern, reason)), "other")
        totals[why] += count
        said[why].append(f"{reason} ({count})")
    for why, count in totals.most_common():
        more = "" if len(said[why]) <= 4 else f", and {len(said[why]) - 4} more"
        yield f"| {count} | {why} | {', '.join(said[why][:4])}{more} |"


def text(files, total, worst, broken, differences, results):
    lines = [
        "# Hostile files",
        "",
        "Written by `fuzz/malformed.py --report docs/malformed.md`; run it again after a change to a",
        "reader or a command.",
        "",
        f"{len(files)} files, each through `{'`, `'.join(COMMANDS)}` in a process of its own: "
        f"{total} processes.",
        f"Ended by a signal, panicked, with another status than 0, 1 or 2, with JSON that is none, "
        f"over {SECONDS:.0f} s or over {MEBIBYTES} MiB: **{len(broken)}**.",
        f"Slowest: {worst['seconds']:.3f} s. Most memory: {worst['mebibytes']} MiB (the harness's "
        "own counts in it).",
        "",
        "Where OpenSSL reads and chaincheck does not: OpenSSL keeps a date as text and takes values of",
        "no octets at all, so that nothing tells what such a file is; chaincheck, as CAPI2, needs the",
        "dates as numbers, and says which part it could not read.",
        "",
        "| command | status 0 | 1 | 2 |",
        "|---|---|---|---|",
    ]
    for command in COMMANDS:
        counts = collections.Counter(
            result["status"] for (_, name), result in results.items() if name == command)
        lines.append(f"| {command} | {counts[0]} | {counts[1]} | {counts[2]} |")
    LIBCRYPTO.OpenSSL_version.restype = ctypes.c_char_p
    version = " ".join(LIBCRYPTO.OpenSSL_version(0).decode().split()[:2])
    for kind, found in sorted((differences or {}).items()):
        counts = found["counts"]
        lines += [
            "",
            f"## {kind}: read or not, beside {version}",
            "",
            "| | OpenSSL reads | OpenSSL refuses |",
            "|---|---|---|",
        ]
        lines += [f"| chaincheck {ours} | {counts[ours, True]} | {counts[ours, False]} |"
                  for ours in READ]
        if found["lenient"]:
            lines += ["", "Read here, refused by OpenSSL:", "",
                      "| files | what it is | OpenSSL says |", "|---|---|---|"]
            lines += classes(found["lenient"])
        if found["strict"]:
            lines += ["", "Read by OpenSSL, and not or not wholly here:", "",
                      "| files | chaincheck says |", "|---|---|"]
            lines += [f"| {count} | {ours}: {reason} |"
                      for (ours, reason), count in found["strict"].most_common()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
