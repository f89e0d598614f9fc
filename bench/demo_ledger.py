"""demo_ledger - what a day came to, added up from nothing but the events in the ledger."""
import collections
import json

BLOCKS = 400  # read at a time

TECHNICAL = ("grid", "dso", "rent", "fund", "market", "bank")
FIRST_TECHNICAL = 0xfffffff0
FUND = FIRST_TECHNICAL + TECHNICAL.index("fund")
BANK = FIRST_TECHNICAL + TECHNICAL.index("bank")

REBATE = 6  # of enum bb_posting_kind

# Numbers of enum bb_course_state.
FROZEN, SETTLED, FINAL = 4, 9, 11


class Day:
    """Prices, money, reputations and counts of one day, by the ledger's own words."""

    def __init__(self):
        self.events = collections.Counter()
        self.auctions = 0
        self.uncleared = 0  # zones of auctions in which nothing traded
        self.traded_wh = self.auctioned_wh = 0
        self.price = {}  # (quarter, zone): of the last auction
        self.states = {}  # quarter: the last
        self.settled = set()
        self.balance = collections.Counter()  # account
        self.posted = collections.Counter()  # kind of posting: amount
        self.shared = []  # by rebates, to participants
        self.reputation = {}  # participant: (first, last)
        self.traders = set()
        self.substituted = 0
        self.refused = collections.Counter()

    def add(self, event):
        kind = event["event"].lower()
        self.events[kind] += 1
        take = getattr(self, f"_{kind}", None)
        if take is not None:
            take(event)

    def _refused(self, event):
        self.refused[event["result"]] += 1

    def _traded(self, event):
        self.traded_wh += event["quantity_wh"]
        self.traders |= {event["participant"], event["counterparty"]}

    def _shared(self, event):
        self.auctioned_wh += event["quantity_wh"] if event["side"] == "buy" else 0
        self.traders.add(event["participant"])

    def _state(self, event):
        quarter, state = event["product"] & 0xffffff, event["to"]
        self.auctions += state == FROZEN
        self.states[quarter] = state
        if state == SETTLED:
            self.settled.add(quarter)

    def _priced(self, event):
        if "result" in event:
            self.uncleared += 1
        else:
            self.price[event["product"] & 0xffffff, event["product"] >> 24] = event["price"]

    def _metered(self, event):
        self.substituted += "result" in event

    def _transferred(self, event):
        self.balance[BANK] -= event["amount"]
        self.balance[event["participant"]] += event["amount"]

    def _posted(self, event):
        self.posted[event["posting"]] += event["amount"]
        self.balance[event["participant"]] -= event["amount"]
        self.balance[event["counterparty"]] += event["amount"]
        if event["posting"] == REBATE and event["counterparty"] < FIRST_TECHNICAL:
            self.shared.append(event["amount"])

    def _reputed(self, event):
        first = self.reputation.get(event["participant"], (event["before_ppm"],))[0]
        self.reputation[event["participant"]] = (first, event["reputation_ppm"])


def read(venue, height):
    """Adds up all blocks up to height."""
    day = Day()
    for first in range(0, height + 1, BLOCKS):
        shown = json.loads(venue.run("busbarctl", "-C", venue.folder, "-j", "ledger", "show",
                                     "--inputs", f"{first}-{min(first + BLOCKS - 1, height)}"))
        for block in shown["blocks"]:
            for entry in block.get("inputs", ()):
                for event in entry.get("events", ()):
                    day.add(event)
    return day


def money(day):
    """Balances by account; all participants are one, beside the technical ones."""
    named = {name: day.balance[FIRST_TECHNICAL + i] for i, name in enumerate(TECHNICAL)}
    participants = sum(amount for account, amount in day.balance.items()
                       if account < FIRST_TECHNICAL)
    return {"participants": participants, **named}
