#!/usr/bin/env python3
"""Writes fuzz/seeds/<target>/: small inputs every field of which is read by some target.

Needs the Python package `cryptography`. Keys are new each time; nothing depends on their values,
but list_examine's machine (seeds/list_examine/root.der) and its list belong together.
"""
import base64
import datetime
import gzip
import io
import json
import pathlib
import struct
import tarfile
import zipfile
import zlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

SEEDS = pathlib.Path(__file__).parent / "seeds"
DER = serialization.Encoding.DER
DAY = datetime.timedelta(days=1)
START = datetime.datetime(2026, 1, 1)
# 1.3.6.1.4.1.311.10.3.9, szOID_ROOT_LIST_SIGNER
ROOT_LIST_SIGNER = ObjectIdentifier("1.3.6.1.4.1.311.10.3.9")


def put(target, name, octets):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(octets)


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def oid(text):
    first, second, *rest = map(int, text.split("."))
    content = bytearray([40 * first + second])
    for arc in rest:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(0x80 | arc & 0x7F)
        content += bytes(reversed(digits))
    return tlv(6, bytes(content))


def name(common_name):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Fuzz, "quoted" + Söhne'),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def certificate(subject, key, issuer, issuer_key, extensions, serial):
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
    builder = builder.public_key(key.public_key()).serial_number(serial)
    builder = builder.not_valid_before(START).not_valid_after(START + 9000 * DAY)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def key_usage(**wanted):
    bits = "digital_signature content_commitment key_encipherment data_encipherment key_agreement"
    bits = f"{bits} key_cert_sign crl_sign encipher_only decipher_only".split()
    return x509.KeyUsage(**{bit: wanted.get(bit, False) for bit in bits})


def uri(text):
    return x509.UniformResourceIdentifier(text)


def trust_list(identifiers):
    """A root list with text, time, usage and withdrawn properties."""
    usages = tlv(0x30, oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.4"))
    properties = {
        11: "Fuzz root\0".encode("utf-16-le"),
        9: usages,
        104: struct.pack("<q", 133000000000000000),
        126: b"",
        127: usages,
    }
    entries = []
    for identifier in identifiers:
        attributes = b"".join(
            tlv(0x30, oid(f"1.3.6.1.4.1.311.10.11.{number}"), tlv(0x31, tlv(4, value)))
            for number, value in properties.items()
        )
        entries.append(tlv(0x30, tlv(4, identifier), tlv(0x31, attributes)))
    return tlv(
        0x30,
        tlv(0x30, oid("1.3.6.1.4.1.311.10.3.9")),
        tlv(4, "AuthRoot\0".encode("utf-16-le")),
        tlv(2, struct.pack(">q", 133000000000000000)),
        tlv(0x17, b"260101000000Z"),
        tlv(0x17, b"270101000000Z"),
        tlv(0x30, oid("1.3.14.3.2.26"), tlv(5)),
        tlv(0x30, *entries),
        tlv(0xA0, tlv(0x30, tlv(0x30, oid("1.2.3.4"), tlv(4, b"\x05\x00")))),
    )


def signed_message(content_type, content, signer, key, certificates):
    """PKCS #7 1.5 SignedData whose content is the value itself, as lists have it."""
    digested = content[2 + (content[1] & 0x7F if content[1] & 0x80 else 0) :]
    digest = hashes.Hash(hashes.SHA256())
    digest.update(digested)
    attributes = [
        tlv(0x30, oid("1.2.840.113549.1.9.3"), tlv(0x31, oid(content_type))),
        tlv(0x30, oid("1.2.840.113549.1.9.4"), tlv(0x31, tlv(4, digest.finalize()))),
    ]
    signature = key.sign(tlv(0x31, *attributes), padding.PKCS1v15(), hashes.SHA256())
    sha256 = tlv(0x30, oid("2.16.840.1.101.3.4.2.1"), tlv(5))
    serial = signer.serial_number
    serial = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
    info = tlv(
        0x30,
        tlv(2, b"\x01"),
        tlv(0x30, signer.issuer.public_bytes(), tlv(2, serial)),
        sha256,
        tlv(0xA0, *attributes),
        tlv(0x30, oid("1.2.840.113549.1.1.1"), tlv(5)),
        tlv(4, signature),
    )
    body = tlv(
        0x30,
        tlv(2, b"\x01"),
        tlv(0x31, sha256),
        tlv(0x30, oid(content_type), tlv(0xA0, content)),
        tlv(0xA0, *[c.public_bytes(DER) for c in certificates]),
        tlv(0x31, info),
    )
    return tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xA0, body))


def cabinet(member, content, compression):
    if compression == 1:  # MSZIP
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = b"CK" + deflate.compress(content) + deflate.flush()
    elif compression & 15 == 3:  # LZX: no E8 translation, one uncompressed block
        header = 3 << 28 | len(content) << 4
        data = struct.pack("<HH", header >> 16, header & 0xFFFF) + struct.pack("<III", 1, 1, 1)
        data += content + bytes(len(content) & 1)
    else:
        data = content
    file_at = 36 + 8
    data_at = file_at + 16 + len(member) + 1
    block = struct.pack("<IHH", 0, len(data), len(content)) + data
    total = data_at + len(block)
    header = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, total, 0, file_at, 0, 3, 1, 1, 1, 0, 7, 0)
    folder = struct.pack("<IHH", data_at, 1, compression)
    file = struct.pack("<IIHHHH", len(content), 0, 0, 0x5A21, 0x6000, 0x20) + member + b"\0"
    return header + folder + file + block


def store(elements):
    octets = struct.pack("<II", 0, 0x54524543)
    for kind, value, properties in elements:
        for number, octets_of in [*properties, (kind, value)]:
            octets += struct.pack("<III", number, 1, len(octets_of)) + octets_of
    return octets + bytes(12)


def compound_file(streams):
    """Version 3, one sector of table, all streams in mini sectors."""
    mini = b"".join(octets.ljust(-len(octets) % 64 + len(octets), b"\0") for _, octets in streams)
    sectors = -(-len(mini) // 512)
    fat = [0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFE, *range(4, 3 + sectors), 0xFFFFFFFE]
    mini_fat, entries, position = [], [], 0
    entry = struct.Struct("<64sHBBIII36xIQ")
    entries.append(("Root Entry", 5, 3, len(mini)))
    for stream, octets in streams:
        count = -(-len(octets) // 64)
        entries.append((stream, 2, position, len(octets)))
        mini_fat += [*range(position + 1, position + count), 0xFFFFFFFE]
        position += count
    directory = b"".join(
        entry.pack(
            label.encode("utf-16-le"), 2 * len(label) + 2, kind, 1,
            0xFFFFFFFF, number + 1 if 0 < number < len(entries) - 1 else 0xFFFFFFFF,
            1 if number == 0 else 0xFFFFFFFF, start, length,
        )
        for number, (label, kind, start, length) in enumerate(entries)
    )
    words = lambda numbers, count: struct.pack(
        f"<{count}I", *numbers, *[0xFFFFFFFF] * (count - len(numbers))
    )
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII", bytes.fromhex("d0cf11e0a1b11ae1"), 62, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, 4096, 2, 1, 0xFFFFFFFE, 0, 0,
    )
    header = header[:76] + words([0], 109)
    return header + words(fat, 128) + directory.ljust(512, b"\0") + words(mini_fat, 128) + mini.ljust(512 * sectors, b"\0")


root_key = rsa.generate_private_key(65537, 2048)
ca_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
list_key = rsa.generate_private_key(65537, 2048)
root_extensions = [
    (x509.BasicConstraints(True, None), True),
    (key_usage(key_cert_sign=True, crl_sign=True), True),
    (x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), False),
]
root = certificate("Fuzz root", root_key, "Fuzz root", root_key, root_extensions, 1)
policy = x509.PolicyInformation(
    ObjectIdentifier("1.2.3.4"), ["http://a/cps", x509.UserNotice(None, "notice")]
)
ca_extensions = [
    (x509.BasicConstraints(True, 0), True),
    (
        x509.NameConstraints(
            [x509.DNSName("example.com"), x509.RFC822Name("example.com")],
            [x509.DirectoryName(name("Denied")), uri("evil.example")],
        ),
        True,
    ),
    (x509.CertificatePolicies([policy]), False),
    (x509.PolicyConstraints(1, 0), False),
    (x509.InhibitAnyPolicy(0), False),
    (x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False),
]
ca = certificate("Fuzz CA", ca_key, "Fuzz root", root_key, ca_extensions, 0x80FF)
leaf_extensions = [
    (x509.SubjectAlternativeName([x509.DNSName("a.example.com"), uri("http://a/b")]), False),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
    (
        x509.CRLDistributionPoints(
            [
                x509.DistributionPoint([uri("http://a/crl")], None, None, None),
                x509.DistributionPoint(
                    None,
                    x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "r")]),
                    frozenset([x509.ReasonFlags.key_compromise]),
                    [x509.DirectoryName(name("Fuzz CA"))],
                ),
            ]
        ),
        False,
    ),
    (
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(x509.AuthorityInformationAccessOID.OCSP, uri("http://a/o")),
                x509.AccessDescription(
                    x509.AuthorityInformationAccessOID.CA_ISSUERS, uri("http://a/c")
                ),
            ]
        ),
        False,
    ),
    (x509.PrecertPoison(), True),
]
leaf = certificate("a.example.com", leaf_key, "Fuzz CA", ca_key, leaf_extensions, 7)
list_extensions = [(x509.ExtendedKeyUsage([ROOT_LIST_SIGNER]), False)]
list_signer = certificate("Fuzz list", list_key, "Fuzz root", root_key, list_extensions, 9)
chain = {"root": root, "ca": ca, "leaf": leaf, "signer": list_signer}
chain = {key: value.public_bytes(DER) for key, value in chain.items()}

for key, octets in chain.items():
    put("certificate", key, octets)
put("name", "plain", name("Fuzz").public_bytes())
multiple = tlv(
    0x30,
    tlv(0x31, *[tlv(0x30, oid("2.5.4.3"), tlv(t, v)) for t, v in [(30, b"\0B\0M"), (20, b"t")]]),
    tlv(0x31, tlv(0x30, oid("1.2.3.4"), tlv(28, b"\0\0\0u"))),
    tlv(0x31, tlv(0x30, oid("2.5.4.10"), tlv(0x24, tlv(4, b"x")))),
)
put("name", "strings", multiple)

crl = x509.CertificateRevocationListBuilder().issuer_name(name("Fuzz CA"))
crl = crl.last_update(START).next_update(START + DAY)
for serial, reason in [(1, x509.ReasonFlags.key_compromise), (0x8000, None)]:
    entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(START)
    if reason:
        entry = entry.add_extension(x509.CRLReason(reason), False)
        issuer = x509.CertificateIssuer([x509.DirectoryName(name("Other"))])
        entry = entry.add_extension(issuer, True)
    crl = crl.add_revoked_certificate(entry.build())
crl = crl.add_extension(x509.CRLNumber(5), False).add_extension(x509.DeltaCRLIndicator(4), True)
point = x509.IssuingDistributionPoint([uri("http://a/crl")], None, True, False, None, True, False)
crl = crl.add_extension(point, True).sign(ca_key, hashes.SHA256()).public_bytes(DER)
put("crl", "full", crl)

answer = ocsp.OCSPResponseBuilder().add_response(
    leaf, ca, hashes.SHA1(), ocsp.OCSPCertStatus.REVOKED, START, START + DAY, START,
    x509.ReasonFlags.superseded,
)
answer = answer.responder_id(ocsp.OCSPResponderEncoding.HASH, ca).certificates([ca])
answer = answer.add_extension(x509.OCSPNonce(b"12345678"), False)
put("ocsp", "revoked", answer.sign(ca_key, hashes.SHA256()).public_bytes(DER))
refusal = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
put("ocsp", "refused", refusal.public_bytes(DER))

listed = trust_list([bytes([n]) * 20 for n in range(2)])
put("trust_list", "root", listed)
message = signed_message("1.3.6.1.4.1.311.10.1", listed, list_signer, list_key, [list_signer])
put("message", "list", message)
cms = pkcs7.PKCS7SignatureBuilder().set_data(b"data").add_signer(leaf, leaf_key, hashes.SHA256())
put("message", "cms", cms.sign(DER, [pkcs7.PKCS7Options.Binary]))
put("list_examine", "list.stl", message)
put("list_examine", "list.cab", cabinet(b"authroot.stl", message, 1))
put("list_examine", "root.der", chain["root"])

for label, compression in [("stored", 0), ("mszip", 1), ("lzx", 0x1503)]:
    put("cabinet", label, cabinet(b"a.stl", listed, compression))
properties = [(11, "n\0".encode("utf-16-le")), (3, bytes(20))]
sst = store([(32, chain["leaf"], properties), (33, crl, []), (34, message, [])])
put("serialized_store", "three", sst)
put("detect_open", "store.sst", sst)
put("detect_open", "list.cab", cabinet(b"a.stl", message, 1))
put("detect_open", "chain.pem", leaf.public_bytes(serialization.Encoding.PEM))
put("detect_open", "bare.b64", base64.b64encode(store([(32, chain["ca"], [])])))
put("detect_open", "message.p7b", message)
put("detect_open", "crl", crl)

text = {key: base64.b64encode(octets).decode() for key, octets in chain.items()}
scenario = {"schema": "chaincheck/scenario-1", "id": "s", "clock": "2026-06-01T00:00:00Z"}
scenario["stores"] = {"ROOT": [{"base64": text["root"], "properties": {}}], "CA": [text["ca"]]}
chain_request = {"chain": {"end": text["leaf"], "usage": {"oids": ["1.3.6.1.5.5.7.3.1"]}}}
put("scenario_json", "chain", json.dumps(scenario | {"request": chain_request}).encode())
encoded = base64.b64encode(message).decode()
listing = {"list": {"object": encoded}}
put("scenario_json", "list", json.dumps(scenario | {"request": listing}).encode())
decoding = {"decode": {"object": text["ca"]}}
put("scenario_json", "decode", json.dumps(scenario | {"request": decoding}).encode())
put("scenario_json", "update", json.dumps(scenario | {"request": {"root_update": {}}}).encode())

put("der", "certificate", chain["ca"])
put("der", "indefinite", bytes.fromhex("308024800401610401620000a080020101000001010000"))
for label, octets in {
    "utc": b"\x17260101000000Z",
    "short": b"\x172601010000+0130",
    "generalized": b"\x1820260101000000.123Z",
    "text": b"T2026-06-01T00:00:00.5+02:00",
    "filetime": b"F" + struct.pack("<q", 133000000000000000),
}.items():
    put("time", label, octets)

encryption = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1)
for label, algorithm in {
    "3des": pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC,
    "aes-256": pkcs12.PBES.PBESv2SHA256AndAES256CBC,
}.items():
    protection = encryption.key_cert_algorithm(algorithm).hmac_hash(hashes.SHA256()).build(b"p")
    put("pfx", label, pkcs12.serialize_key_and_certificates(b"n", leaf_key, leaf, [ca], protection))
put("compound_file", "package", compound_file([("\5DigitalSignature", cms.sign(DER, [])), ("a", b"b")]))
printed = hashes.Hash(hashes.SHA1())
printed.update(chain["ca"])
digest = printed.finalize().hex()
rows = [chain["ca"][at : at + 16].hex(" ") for at in range(0, len(chain["ca"]), 16)]
dump = "".join(f"    {16 * n:04x}  {row}   ...\n" for n, row in enumerate(rows))
certutil = f"""root "Trusted"
================ Certificate 0 ================
Element 0:
Cert Hash(sha1): {digest}
{dump}CertUtil: -store command FAILED: 0x80090011 (NTE_NOT_FOUND)
"""
put("certutil_text", "store", certutil.encode())
chain_text = f"CertContext[0][0]: dwInfoStatus=102 dwErrorStatus=0\n  Cert: {digest}\n"
put("certutil_text", "chain", chain_text.encode("utf-16"))
members = {"../C/Users/bob/a.pem": b"text " * 40, "C%3A/b.bin": b"\0\1"}
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
    for path, octets in members.items():
        zipped.writestr(zipfile.ZipInfo(path), octets, zipfile.ZIP_DEFLATED)
zipped = archive.getvalue()
put("archive", "zip", zipped)
archive = io.BytesIO()
with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tarred:
    for path, octets in (members | {"long/" * 30: zipped}).items():
        entry = tarfile.TarInfo(path.rstrip("/") + "~")
        entry.size = len(octets)
        tarred.addfile(entry, io.BytesIO(octets))
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    tarred.addfile(link)
put("archive", "tar", archive.getvalue()[:6144])
put("archive", "tar.gz", gzip.compress(archive.getvalue(), mtime=0))

url = "http://a.example/list.cab\0".encode("utf-16-le")
etag = '"e1"\0'.encode("utf-16-le")
metadata = struct.pack("<4IQ", 0x70, 0x20020101, 1, len(url), 133000000000000000)
metadata += struct.pack("<4I3Q", 40, 5, 4350, 0, 1, 2, 3) + struct.pack("<2IQ", 16, 0xFFFFFFFF, 4)
metadata += struct.pack("<IHHQ5I", 32, 1, 0x8000, 5, 900, len(etag), 7, 0, 97) + url + etag
put("url_cache", "list", metadata)

# of these the octets only choose: laboratory, file, change; proof, seal, changes; names and keys
for label, octets in {
    "expired": bytes([0, 0, 4]),
    "clock": bytes([2, 4, 2, 0x20, 0]),
    "damaged-hive": bytes([10, 3, 5, 0x10, 0x20, 1, 0x11, 0x40, 0xFF]),
    "lost-list": bytes([7, 5, 3]),
    "disabled": bytes([18, 9, 1]) + b"second copy",
    "page": b"\x13\0\0<html>no</html>",
    "scenario": b"\x13\0\0" + json.dumps(scenario | {"request": {"root_update": {}}}).encode(),
}.items():
    put("evidence", label, octets)
for label, octets in {
    "as-it-was": bytes([0, 0]),
    "clock-sealed": bytes([1, 1, 0, 5, 0x2F, 3, 0x39]),
    "store": bytes([2, 0, 0, 9, 0x10, 1]),
    "answer": bytes([3, 1, 0, 20, 0x00, 0, 30, 0x02]),
    "policy": bytes([4, 1]),
}.items():
    put("proof_replay", label, octets)
for label, octets in {
    "partial": bytes([1, 0, 0x10, 0, 1, 0, 0, 1]),
    "untrusted": bytes([1, 0, 0x10, 3, 1, 1, 0, 0, 2, 2, 0, 3]),
    "expired-usage-host": bytes([1, 1, 9, 0x17, 2, 2, 1, 0, 1, 1, 0, 3]),
    "two": bytes([0, 1, 2, 0x15, 0, 1, 6, 0, 1, 1, 0, 2]),
}.items():
    put("why", label, octets)
for label, octets in {
    "cached": bytes([2, 0, 0, 0, 0, 1, 0]),
    "network": bytes([6, 1, 0, 2, 1, 1, 0, 0x81, 2, 0]),
    "faults": bytes([0, 0, 2, 4, 3, 0, 1, 0, 3, 0, 2, 2, 0]),
    "disabled": bytes([4, 3, 9, 1, 0, 1, 0x90]),
}.items():
    put("scenario_root_update", label, octets)
