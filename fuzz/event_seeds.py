#!/usr/bin/env python3
"""Writes fuzz/seeds/event_log/ and fuzz/seeds/event_xml/: small logs in every form that is read."""
import json
import pathlib
import struct
import zlib

SEEDS = pathlib.Path(__file__).parent / "seeds"
PROVIDER = "Microsoft-Windows-CAPI2"
OPERATIONAL = "Microsoft-Windows-CAPI2/Operational"
URL = "http://x.example/authrootstl.cab"
TEXT = "The data is invalid.\r\n"
DATA = (
    '<URL scheme="http">http://x.example/a.crl</URL><Object type="CONTEXT_OID_CRL" constant="2"/>'
    "<AdditionalInfo><Action name='NoProxy'><Error value='2F94'>&amp;</Error></Action>"
    "<HTTPResponseHeadersInfo><Header>HTTP/1.1 200 OK</Header>"
    "<Header>Date: Fri, 19 May 2017 16:27:14 GMT</Header></HTTPResponseHeadersInfo></AdditionalInfo>"
    '<RetrievedObjects><CertificateRevocationList fileRef="CFA5.crl" issuerName="n"/></RetrievedObjects>'
    '<EventAuxInfo ProcessName="p"/><CorrelationAuxInfo TaskId="{T}" SeqNumber="1"/><Result value="0"/>'
)


def put(target, name, octets):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(octets)


def system(event_id, channel):
    return (
        f'<System><Provider Name="{PROVIDER}"/><EventID>{event_id}</EventID>'
        '<TimeCreated SystemTime="2017-05-19T02:02:36.5Z"/><EventRecordID>1</EventRecordID>'
        f"<Channel>{channel}</Channel></System>"
    )


def event(event_id, channel, body):
    schema = "http://schemas.microsoft.com/win/2004/08/events/event"
    return f'<Event xmlns="{schema}">{system(event_id, channel)}{body}</Event>'


def wide(text):
    return text.encode("utf-16-le")


class Chunk:
    """A chunk of an .evtx file with one record."""

    def __init__(self):
        self.octets = bytearray(b"ElfChnk\0".ljust(512, b"\0"))

    def put(self, *parts):
        for part in parts:
            self.octets += part

    def text(self, text):
        self.put(struct.pack("<H", len(text)), wide(text))

    def name(self, name):
        self.put(struct.pack("<I", len(self.octets) + 4), bytes(6))
        self.text(name)
        self.put(bytes(2))

    def open(self, name, dependency=False, attribute=None):
        self.put(bytes([0x41 if attribute else 0x01]), b"\xff\xff" if dependency else b"", bytes(4))
        self.name(name)
        if attribute:
            self.put(bytes(4), b"\x06")
            self.name(attribute[0])
            self.put(b"\x05\x01")
            self.text(attribute[1])

    def simple(self, name, text):
        self.open(name)
        self.put(b"\x02\x05\x01")
        self.text(text)
        self.put(b"\x04")

    def record(self):
        start = len(self.octets)
        self.put(b"\x2a\x2a\0\0", bytes(4), struct.pack("<QQ", 7, 131396329560000000))
        self.put(b"\x0f\x01\x01\0")
        self.open("Event")
        self.put(b"\x02")
        self.open("System")
        self.put(b"\x02")
        self.open("Provider", attribute=("Name", PROVIDER))
        self.put(b"\x03")
        self.simple("EventID", "4107")
        self.simple("Channel", "Application")
        self.put(b"\x04\x0c\x01", bytes(4))
        self.put(struct.pack("<I", len(self.octets) + 4), bytes(20))
        length_at = len(self.octets)
        self.put(bytes(4))
        self.put(b"\x0f\x01\x01\0")
        self.open("EventData", dependency=True)
        self.put(b"\x02")
        self.open("Data", dependency=True)
        self.put(b"\x02\x0d\0\0\x81\x04\x04\0")
        struct.pack_into("<I", self.octets, length_at, len(self.octets) - length_at - 4)
        values = wide(URL + "\0" + TEXT + "\0")
        self.put(struct.pack("<IHBB", 1, len(values), 0x81, 0), values, b"\x04\0")
        length = len(self.octets) - start + 4
        self.put(struct.pack("<I", length))
        struct.pack_into("<I", self.octets, start + 4, length)

    def file(self):
        chunk = self.octets
        struct.pack_into("<I", chunk, 48, len(chunk))
        struct.pack_into("<I", chunk, 52, zlib.crc32(chunk[512:]))
        struct.pack_into("<I", chunk, 124, zlib.crc32(chunk[:120] + chunk[128:512]))
        header = bytearray(b"ElfFile\0".ljust(4096, b"\0"))
        struct.pack_into("<H", header, 40, 4096)
        struct.pack_into("<I", header, 124, zlib.crc32(header[:120]))
        return bytes(header + chunk)


def legacy():
    names = wide("crypt32\0pc\0")
    strings = wide(URL + "\0" + TEXT + "\0")
    at = 56 + len(names)
    length = (at + len(strings) + 3) // 4 * 4 + 4
    record = struct.pack("<I4sIIII", length, b"LfLe", 1, 1280280490, 1280280491, 11)
    record += struct.pack("<HHHHIIIIII", 1, 2, 0, 0, 0, at, 0, at, 0, at) + names + strings
    record = record.ljust(length - 4, b"\0") + struct.pack("<I", length)
    return struct.pack("<I4s40x", 0x30, b"LfLe") + record


retrieved = f"<CryptRetrieveObjectByUrlWire>{DATA}</CryptRetrieveObjectByUrlWire>"
operational = event(53, OPERATIONAL, f"<UserData>{retrieved}</UserData>")
arguments = f"<Data>{URL}</Data><Data>{TEXT}</Data>"
application = event(4107, "Application", f"<EventData>{arguments}</EventData>")

put("event_log", "one.xml", operational.encode())
put("event_log", "two.xml", f"<Events>{application}{operational}</Events>".encode("utf-16"))
put("event_log", "list.txt", f"Id  : 53\nXml : {retrieved}\n".replace(" name", "\n      name").encode())
head = f"Log Name: {OPERATIONAL}\nSource: {PROVIDER}\nEvent ID: 11\n[...]\n"
piece = '<ChainElement><TrustStatus><ErrorStatus value="20"/></TrustStatus></ChainElement>'
put("event_log", "excerpt.txt", (head + piece + '</CertificateChain><Result value="800B0109"/>').encode())
head = f"Log Name: Application\nSource: {PROVIDER}\nEvent ID: 4107\nDescription:\n"
put("event_log", "copied.txt", (head + f"at: <{URL}> with error: {TEXT}").encode())
provider = {"#attributes": {"Name": PROVIDER}}
as_json = {"System": {"Provider": provider, "EventID": 4107, "Channel": "Application"}}
as_json["EventData"] = {"Data": {"#text": [URL, TEXT]}}
put("event_log", "one.json", json.dumps({"Event": as_json}).encode())
chunk = Chunk()
chunk.record()
put("event_log", "one.evtx", chunk.file())
put("event_log", "one.evt", legacy())
put("event_xml", "retrieved", DATA.encode())
certificate = '<Certificate fileRef="A.cer"><Subject><CN>x</CN></Subject><Extensions>'
certificate += '<KeyUsage value="06" A="true"/></Extensions></Certificate>'
put("event_xml", "objects", certificate.encode())
