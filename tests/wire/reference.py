"""reference - docs/wire.md once more, in plain Python and without any library of busbar's.

Slow, short and written from the document: what it and wire/ agree on is what a
participant can rely on.  Arithmetic follows RFC 8032 (Ed25519), RFC 7748 (X25519), RFC 7693
(BLAKE2b, in hashlib) and Aumasson and Bernstein's SipHash with 128 bits.
"""
import hashlib
import struct

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
U64 = 2**64 - 1


def sha512_number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


# Points of the Edwards curve in extended coordinates (x, y, z, t): x/z, y/z, t = xy/z.
def point_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def point_equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def recover_x(y, sign):
    """The x of a point, or None where the curve has none."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P != 0 or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point_compress(p):
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def point_decompress(key):
    number = int.from_bytes(key, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    x = recover_x(y, sign)
    return None if y >= P or x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


class Identity:
    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        number = int.from_bytes(digest[:32], "little")
        self.scalar = number & (1 << 254) - 8 | 1 << 254
        self.prefix = digest[32:]
        self.public_key = point_compress(point_multiply(self.scalar, BASE))

    def sign(self, message):
        r = sha512_number(self.prefix, message) % L
        commitment = point_compress(point_multiply(r, BASE))
        challenge = sha512_number(commitment, self.public_key, message) % L
        return commitment + ((r + challenge * self.scalar) % L).to_bytes(32, "little")


def x25519(scalar, u):
    """RFC 7748, section 5, for a scalar that is clamped already."""
    x2, z2, x3, z3 = 1, 0, u, 1
    for bit in range(254, -1, -1):
        swap = scalar >> bit & 1
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def mac_agree(identity, other_key, ledger_id):
    """The four steps of "The MAC" in docs/wire.md; the scalar is step 1 already."""
    y = int.from_bytes(other_key, "little") & (1 << 255) - 1
    u = (1 + y) * pow(1 - y, P - 2, P) % P
    shared = x25519(identity.scalar, u)
    hashed = hashlib.blake2b(b"busbar-mac-v1\0" + shared, digest_size=32, key=ledger_id)
    return hashed.digest()[:16]


def rotate(value, bits):
    return (value << bits | value >> (64 - bits)) & U64


def sip_rounds(v, count):
    for _ in range(count):
        v[0] = (v[0] + v[1]) & U64
        v[1] = rotate(v[1], 13) ^ v[0]
        v[0] = rotate(v[0], 32)
        v[2] = (v[2] + v[3]) & U64
        v[3] = rotate(v[3], 16) ^ v[2]
        v[0] = (v[0] + v[3]) & U64
        v[3] = rotate(v[3], 21) ^ v[0]
        v[2] = (v[2] + v[1]) & U64
        v[1] = rotate(v[1], 17) ^ v[2]
        v[2] = rotate(v[2], 32)


def siphash128(key, message):
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee,
         k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573]
    padded = message + bytes(7 - len(message) % 8) + bytes([len(message) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        sip_rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xee
    sip_rounds(v, 4)
    low = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xdd
    sip_rounds(v, 4)
    return struct.pack("<QQ", low, v[0] ^ v[1] ^ v[2] ^ v[3])


def packet(kind, participant, venue, sequence, not_after_ns, records, identity, mac_key):
    head = struct.pack("<4sBBHIIQQ", b"BBP1", kind, len(records), 0, participant, venue,
                       sequence, not_after_ns)
    signed = head + b"".join(records)
    signed += identity.sign(signed)
    return signed + siphash128(mac_key, signed)


def order(order_id, product, action, side=0, type=0, source=0, price=0, quantity=0, shown=0,
          accept=0, prefer=0):
    return struct.pack("<QIBBBBiIIHH", order_id, product, action, side, type, source, price,
                       quantity, shown, accept, prefer)


def member_add(participant, zone, roles, orders_max, packets_per_s, burst, key):
    return [struct.pack("<BBHIIII12x", 1, zone, roles, participant, orders_max, packets_per_s,
                        burst), key]


def member_revoke(participant):
    return [struct.pack("<B3xI24x", 2, participant)]


def product_add(product, price_min, price_max, tick, lot, quantity_max):
    return [struct.pack("<B3xIiiIII4x", 3, product, price_min, price_max, tick, lot,
                        quantity_max)]


def plain_operation(op):
    return [struct.pack("<B31x", op)]


def about(op, number):
    """An operation about one participant or product and nothing else."""
    return [struct.pack("<B3xI24x", op, number)]


def param(group, values):
    record = struct.pack("<BxH12i12x", 6, group, *values)
    return [record[:32], record[32:]]


def member_set(participant, source, feeder, cap_in, cap_out, metered_by, order_max,
               reputation_min, escrow):
    return [struct.pack("<BBHIIIIIIB3x", 7, source, feeder, participant, cap_in, cap_out,
                        metered_by, order_max, reputation_min, escrow)]


def transfer(participant, amount):
    return [struct.pack("<B3xIq16x", 10, participant, amount)]


def ruling(uphold, product):
    return [struct.pack("<BB2xI24x", 13, uphold, product)]


def line(number, from_zone, to_zone, first_quarter, quarters, capacity, capacity_back, fee):
    return [struct.pack("<BBBBIH2xIIi8x", 14, number, from_zone, to_zone, first_quarter, quarters,
                        capacity, capacity_back, fee)]


def imbalance(first_quarter, quarters, price_long, price_short, price_reference):
    return [struct.pack("<B3xIIiii8x", 15, first_quarter, quarters, price_long, price_short,
                        price_reference)]


def tariff(zone, first_quarter, quarters, injection, use):
    return [struct.pack("<BB2xIIii12x", 17, zone, first_quarter, quarters, injection, use)]


def restrict(participant, product, quantity):
    return [struct.pack("<B3xIII16x", 16, participant, product, quantity)]


def meter(injected, participant, product, quality=0, correction=0):
    return struct.pack("<qIIBB14x", injected, participant, product, quality, correction)


def report(kind, part, participant, venue, sequence, height, number, time_ns, records, mac_key):
    body = struct.pack("<4sBBHIIQQQQ", b"BBR1", kind, len(records), part, participant, venue,
                       sequence, height, number, time_ns) + b"".join(records)
    return body + siphash128(mac_key, body)


def report_record(order_id, product, event, sell, record, result, price, quantity, remaining,
                  counterparty):
    return struct.pack("<QIBBHiIII", order_id, product, event | sell << 7, record, result, price,
                       quantity, remaining, counterparty)


def mold(venue, sequence, messages, count=None):
    session = b"%08x  " % venue
    count = len(messages) if count is None else count
    return struct.pack(">10sQH", session, sequence, count) + b"".join(
        struct.pack(">H", len(message)) + message for message in messages)


def feed_added(side, product, number, price, quantity, record):
    return struct.pack("<cBHIQiIH6x", b"A", side, 0, product, number, price, quantity, record)


def feed_reduced(side, product, price, taken, remaining):
    return struct.pack("<cBHIiII12x", b"R", side, 0, product, price, taken, remaining)


def feed_trade(side, product, number, price, quantity, time_ns):
    return struct.pack("<cBHIQiIQ", b"T", side, 0, product, number, price, quantity, time_ns)


def feed_product(product, price_min, price_max, tick, lot):
    return struct.pack("<c3xIiiII8x", b"P", product, price_min, price_max, tick, lot)


def feed_state(product, number, before, after, why, time_ns):
    return struct.pack("<c3xIQBBH4xQ", b"S", product, number, before, after, why, time_ns)


def feed_price(there, product, number, price, bought, sold, lowest, highest):
    return struct.pack("<cB2xIQiIIii4x", b"C", there, product, number, price, bought, sold,
                       lowest, highest)


def feed_flow(side, product, number, line_number, quantity, fee):
    return struct.pack("<cB2xIQIIi4x", b"F", side, product, number, line_number, quantity, fee)


def feed_carried(product, number, lines, quantity, fee, from_zone, to_zone):
    return struct.pack("<c3xIQQIiBB6x", b"L", product, number, lines, quantity, fee, from_zone,
                       to_zone)


def feed_block(height, sealed_ns, block_hash, state_root):
    return struct.pack("<c7xQQ", b"B", height, sealed_ns) + block_hash + state_root


# The golden vectors: what tests/wire/golden.h holds, by name.
PARTICIPANT = Identity(bytes(range(0x00, 0x20)))
VENUE = Identity(bytes(range(0x20, 0x40)))
LEDGER_ID = bytes(range(0x40, 0x60))
VENUE_FIELD = struct.unpack("<I", LEDGER_ID[:4])[0]
PRODUCT = 3 << 24 | 1800000000 // 900
NOW_NS = 1799999000123456789


def golden():
    """Every golden vector, in the order of golden.h."""
    mac_key = mac_agree(PARTICIPANT, VENUE.public_key, LEDGER_ID)
    assert mac_key == mac_agree(VENUE, PARTICIPANT.public_key, LEDGER_ID)

    def signed(kind, sequence, not_after_ns, records):
        return packet(kind, 7, VENUE_FIELD, sequence, not_after_ns, records, PARTICIPANT,
                      mac_key)

    yield "participant_key", PARTICIPANT.public_key
    yield "venue_key", VENUE.public_key
    yield "mac_key", mac_key
    yield "bids", signed(1, 42, 1800000000000000000, [
        order(1001, PRODUCT, 1, side=1, source=2, price=85000, quantity=2500),
        order(0x1122334455667788, PRODUCT + 1, 3, side=1, type=1, source=9, price=-120,
              quantity=0xfedcba98, shown=0x01020304, accept=0x0506, prefer=0x0708)])
    yield "query", signed(3, 43, 0, [])
    yield "meter", signed(2, 44, 0, [meter(-1250, 9, PRODUCT), meter(
        0x0102030405060708, 10, PRODUCT + 1, quality=1, correction=1)])
    yield "member_add", signed(4, 45, 0, member_add(
        8, 5, 0x0003, 1000, 200, 50, VENUE.public_key))
    yield "member_revoke", signed(4, 46, 0, member_revoke(8))
    yield "product_add", signed(4, 47, 0, product_add(
        PRODUCT, -500000, 4000000, 10, 100, 4000000))
    yield "halt", signed(4, 48, 0, plain_operation(4))
    yield "resume", signed(4, 49, 0, plain_operation(5))
    yield "param", signed(4, 50, 0, param(6, [-1, 2, -3, 4, -5, 6, -7, 8, -9, 10, -11, 12]))
    yield "member_set", signed(4, 51, 0, member_set(
        8, 2, 0x0103, 11000, 4000, 12, 5000, 250000, 1))
    yield "member_kill", signed(4, 52, 0, about(8, 8))
    yield "member_arm", signed(4, 53, 0, about(9, 8))
    yield "transfer", signed(4, 54, 0, transfer(8, -123456789012345))
    yield "product_halt", signed(4, 55, 0, about(11, PRODUCT))
    yield "product_resume", signed(4, 56, 0, about(12, PRODUCT))
    yield "ruling", signed(4, 57, 0, ruling(1, PRODUCT))
    yield "line", signed(4, 58, 0, line(5, 3, 4, 2000000, 96, 500000, 400000, 1500))
    yield "imbalance", signed(4, 59, 0, imbalance(2000000, 96, -20000, 300000, 120000))
    yield "restrict", signed(4, 60, 0, restrict(8, PRODUCT, 1200))
    yield "orders", signed(1, 61, 0, [
        order(1, PRODUCT, 1, type=2, price=10, quantity=100),
        order(2, PRODUCT, 1, type=4, price=20, quantity=200, shown=1800000000),
        order(3, PRODUCT, 1, side=1, type=5, price=30, quantity=300, shown=100),
        order(4, PRODUCT, 1, type=7, price=40, quantity=400, shown=1),
        order(5, PRODUCT + 1, 1, type=7, price=50, quantity=500),
        order(6, PRODUCT, 6, side=1, price=60, quantity=600),
        order(0, PRODUCT, 7, side=1), order(0, 0, 8), order(0, 0, 9, quantity=30),
        order(0x8877665544332211, PRODUCT, 10)])
    yield "tariff", signed(4, 62, 0, tariff(3, 2000000, 96, 1200, 3400))
    yield "answer", report(1, 0x8000, 7, VENUE_FIELD, 42, 12, 345, NOW_NS, [
        report_record(1001, PRODUCT, 3, 1, 0, 0, 86000, 1500, 1000, 9),
        report_record(1001, PRODUCT, 2, 1, 0, 0, 85000, 2500, 1000, 0),
        report_record(0x1122334455667788, PRODUCT + 1, 1, 0, 1, 26, 0, 0, 0, 0)], mac_key)
    yield "notice", report(2, 0x8001, 7, VENUE_FIELD, 0, 12, 346, NOW_NS, [
        report_record(1001, PRODUCT, 3, 0, 255, 0, -85000, 400, 600, 10)], mac_key)
    yield "refusal", report(3, 0x8000, 7, VENUE_FIELD, 42, 0, 0, NOW_NS, [
        report_record(0, 0, 1, 0, 255, 14, 0, 0, 0, 0)], mac_key)
    yield "status", report(4, 0x8000, 7, VENUE_FIELD, 43, 12, 0, NOW_NS, [
        report_record(42, 0, 0, 0, 255, 0, 0, 3, 0, 0)], mac_key)
    yield "feed", mold(VENUE_FIELD, 1000, [
        feed_product(PRODUCT, -500000, 4000000, 10, 100),
        feed_added(1, PRODUCT, 344, 86000, 1500, 41),
        feed_trade(0, PRODUCT, 345, 86000, 1500, NOW_NS),
        feed_reduced(1, PRODUCT, 86000, 1500, 0),
        feed_state(2000000, 346, 1, 2, 48, NOW_NS),
        feed_price(1, PRODUCT, 346, 85500, 4100, 3900, 85000, 86000),
        feed_flow(1, PRODUCT, 346, 5, 200, 1500),
        feed_carried(2000000, 347, 0x8000000000000021, 200, 3000, 5, 3),
        feed_block(12, NOW_NS, bytes(range(0xa0, 0xc0)), bytes(range(0xc0, 0xe0)))])
    yield "heartbeat", mold(VENUE_FIELD, 1008, [])
    yield "end", mold(VENUE_FIELD, 1008, [], count=0xffff)


def main():
    print("/* golden - packets of fixed identities, made by reference.py: `reference.py > "
          "golden.h`.\n *\n * Participant 7 has the seed 00 01 .. 1f, the venue 20 21 .. 3f, the "
          "ledger id is\n * 40 41 .. 5f.  A change here is a change of the protocol.\n */\n"
          "#ifndef GOLDEN_H\n#define GOLDEN_H\n")
    for name, content in golden():
        lines = [content[i:i + 32].hex() for i in range(0, len(content), 32)]
        print(f"static const char golden_{name}[] =\n\t" +
              "\n\t".join(f'"{line}"' for line in lines) + ";\n")
    print("#endif")


if __name__ == "__main__":
    main()
