-- busbar.lua - Wireshark and tshark decode what busbar sends and receives.
--
--	tshark -X lua_script:busbar.lua -r capture.pcap
--	cp busbar.lua ~/.local/lib/wireshark/plugins/
--
-- busbar        bid packets (BBP1) and reports (BBR1) on UDP port 7600, or any other port: the
--               magic is looked for everywhere
-- busbar_feed   the public feed, MoldUDP64 with busbar's messages, on UDP port 7601
--
-- Both ports are preferences (-o busbar.port:9000, -o busbar_feed.port:9001).  Written from
-- docs/wire.md, not from busbar's code, so that each can prove the other wrong.  What the
-- appliance would refuse is marked with the name of the result (busbar.malformed); signatures
-- and MACs are shown, not checked.

local busbar = Proto("busbar", "busbar")
local busbar_feed = Proto("busbar_feed", "busbar public feed")

busbar.prefs.port = Pref.uint("UDP port", 7600, "Bid packets and reports")
busbar_feed.prefs.port = Pref.uint("UDP port", 7601, "The public feed")

local packet_kinds = { [1] = "bids", [2] = "meter readings", [3] = "query",
	[4] = "operator or grid" }
local report_kinds = { [1] = "answer", [2] = "notice", [3] = "refusal", [4] = "status" }
local actions = { [1] = "new", [2] = "cancel", [3] = "replace", [4] = "cancel product",
	[5] = "cancel all", [6] = "quote", [7] = "cancel side", [8] = "kill", [9] = "silence",
	[10] = "dispute" }
local operations = { [1] = "member add", [2] = "member revoke", [3] = "product add",
	[4] = "halt", [5] = "resume", [6] = "param", [7] = "member set", [8] = "member kill",
	[9] = "member arm", [10] = "transfer", [11] = "product halt", [12] = "product resume",
	[13] = "ruling", [14] = "line", [15] = "imbalance", [16] = "restrict",
	[17] = "tariff" }
local sides = { [0] = "buy", [1] = "sell" }
local order_types = { [0] = "limit GTC", [1] = "limit IOC", [2] = "limit FOK",
	[3] = "limit AON", [4] = "limit GTD", [5] = "iceberg", [6] = "market to limit",
	[7] = "basket leg" }
local qualities = { [0] = "measured", [1] = "estimated" }
local events = { [0] = "none", [1] = "refused", [2] = "accepted", [3] = "traded",
	[4] = "cancelled", [5] = "replaced", [6] = "member added", [7] = "member revoked",
	[8] = "product added", [9] = "halted", [10] = "resumed", [11] = "state",
	[12] = "priced", [13] = "flowed", [14] = "shared", [15] = "contracted",
	[16] = "metered", [17] = "posted", [18] = "reputed", [19] = "disputed", [20] = "ruled",
	[21] = "param set", [22] = "member set", [23] = "line set", [24] = "imbalance set",
	[25] = "restricted", [26] = "transferred", [27] = "killed", [28] = "armed",
	[29] = "ticked", [30] = "shown", [31] = "rebated",
	[32] = "carried", [33] = "tariff set" }
local message_types = { A = "order added", R = "order reduced", T = "trade", P = "product added",
	S = "product state", C = "auction price", F = "auction flow",
	L = "carried over lines", B = "block sealed" }
local results = {
	[0] = "OK",
	[1] = "ERR_FRAME",
	[2] = "ERR_LENGTH",
	[3] = "ERR_MAGIC",
	[4] = "ERR_KIND",
	[5] = "ERR_RECORDS",
	[6] = "ERR_RESERVED",
	[7] = "ERR_VENUE",
	[8] = "ERR_PARTICIPANT",
	[9] = "ERR_SUSPENDED",
	[10] = "ERR_ROLE",
	[11] = "ERR_SEQUENCE_OLD",
	[12] = "ERR_DUPLICATE",
	[13] = "ERR_MAC",
	[14] = "ERR_RATE",
	[15] = "ERR_SIGNATURE",
	[16] = "ERR_BUSY",
	[17] = "ERR_EXPIRED",
	[18] = "ERR_HALTED",
	[19] = "ERR_RECORD",
	[20] = "ERR_PRODUCT",
	[21] = "ERR_PRICE",
	[22] = "ERR_TICK",
	[23] = "ERR_QUANTITY",
	[24] = "ERR_LOT",
	[25] = "ERR_ORDER_EXISTS",
	[26] = "ERR_ORDER_UNKNOWN",
	[27] = "ERR_ORDERS",
	[28] = "ERR_BOOK_FULL",
	[29] = "ERR_SELF_TRADE",
	[30] = "ERR_POSITION",
	[31] = "ERR_UNSUPPORTED",
	[32] = "ERR_PARTICIPANT_EXISTS",
	[33] = "ERR_KEY",
	[34] = "ERR_PRODUCT_EXISTS",
	[35] = "ERR_BAND",
	[36] = "ERR_FULL",
	[64] = "ERR_STATE",
	[65] = "ERR_ESCROW",
	[66] = "ERR_KILLED",
	[67] = "ERR_UNFILLED",
	[68] = "ERR_BASKET",
	[69] = "ERR_EXPIRY",
	[70] = "ERR_PARAM",
	[71] = "ERR_LINE",
	[72] = "ERR_METERED",
	[73] = "ERR_METER",
	[74] = "ERR_DYNAMIC_BAND",
	[75] = "ERR_BALANCE",
	[40] = "BY_PARTICIPANT",
	[41] = "BY_IOC",
	[42] = "BY_REVOKE",
	[43] = "BY_FOK",
	[44] = "BY_EXPIRY",
	[45] = "BY_CLOSURE",
	[46] = "BY_KILL",
	[47] = "BY_SILENCE",
	[48] = "BY_TICK",
	[49] = "BY_BREAKER",
	[76] = "BY_SUBSTITUTE",
	[77] = "BY_REVERSAL",
	[78] = "BY_OPERATOR",
	[79] = "BY_CLEARING",
	[50] = "ERR_IO",
	[51] = "ERR_TRUNCATED",
	[52] = "ERR_FORMAT",
	[53] = "ERR_HASH",
	[54] = "ERR_CHAIN",
	[55] = "ERR_BLOCK_SIGNATURE",
	[56] = "ERR_CORRUPT",
	[57] = "ERR_REPLAY",
	[58] = "ERR_NOT_FOUND",
	[59] = "ERR_EXISTS",
	[60] = "ERR_LOCKED",
	[61] = "ERR_NO_SPACE",
	[62] = "ERR_PERMISSION",
	[63] = "ERR_MODE",
	[80] = "ERR_FILESYSTEM",
}

local f = {
	magic = ProtoField.string("busbar.magic", "Magic"),
	kind = ProtoField.uint8("busbar.kind", "Kind", base.DEC, packet_kinds),
	records = ProtoField.uint8("busbar.records", "Records"),
	reserved = ProtoField.bytes("busbar.reserved", "Reserved, zero"),
	participant = ProtoField.uint32("busbar.participant", "Participant"),
	venue = ProtoField.uint32("busbar.venue", "Venue", base.HEX),
	sequence = ProtoField.uint64("busbar.sequence", "Sequence"),
	not_after_ns = ProtoField.uint64("busbar.not_after_ns", "Not after (ns)"),
	signature = ProtoField.bytes("busbar.signature", "Ed25519 signature"),
	mac = ProtoField.bytes("busbar.mac", "MAC"),
	malformed = ProtoField.string("busbar.malformed", "Would be refused with"),

	order_id = ProtoField.uint64("busbar.order_id", "Order id"),
	product = ProtoField.uint32("busbar.product", "Product", base.HEX),
	zone = ProtoField.uint8("busbar.product.zone", "Delivery zone"),
	start = ProtoField.uint24("busbar.product.start", "Delivery start, 900 s since 1970"),
	side = ProtoField.uint8("busbar.side", "Side", base.DEC, sides),
	price = ProtoField.int32("busbar.price", "Price (nano-currency per Wh)"),
	quantity_wh = ProtoField.uint32("busbar.quantity_wh", "Quantity (Wh)"),
	remaining_wh = ProtoField.uint32("busbar.remaining_wh", "Remaining (Wh)"),

	order = ProtoField.none("busbar.order", "Order"),
	action = ProtoField.uint8("busbar.order.action", "Action", base.DEC, actions),
	order_type = ProtoField.uint8("busbar.order.type", "Type", base.DEC, order_types),
	source = ProtoField.uint8("busbar.order.source", "Energy source"),
	shown_wh = ProtoField.uint32("busbar.order.shown_wh", "Shown (Wh), expiry (s) or legs that follow"),
	accept_sources = ProtoField.uint16("busbar.order.accept_sources", "Accepted sources",
		base.HEX),
	prefer_sources = ProtoField.uint16("busbar.order.prefer_sources", "Preferred sources",
		base.HEX),

	meter = ProtoField.none("busbar.meter", "Meter reading"),
	injected_wh = ProtoField.int64("busbar.meter.injected_wh", "Net injection (Wh)"),
	metered = ProtoField.uint32("busbar.meter.participant", "Metered participant"),
	quality = ProtoField.uint8("busbar.meter.quality", "Quality", base.DEC, qualities),
	correction = ProtoField.uint8("busbar.meter.correction", "Correction"),

	operation = ProtoField.uint8("busbar.operation", "Operation", base.DEC, operations),
	member = ProtoField.uint32("busbar.member.participant", "Member"),
	member_zone = ProtoField.uint8("busbar.member.zone", "Zone"),
	roles = ProtoField.uint16("busbar.member.roles", "Roles", base.HEX),
	orders_max = ProtoField.uint32("busbar.member.orders_max", "Live orders, at most"),
	packets_per_s = ProtoField.uint32("busbar.member.packets_per_s", "Packets a second"),
	burst = ProtoField.uint32("busbar.member.burst", "Packets at once"),
	key = ProtoField.bytes("busbar.member.key", "Public key"),
	member_source = ProtoField.uint8("busbar.member.source", "Energy source"),
	feeder = ProtoField.uint16("busbar.member.feeder", "Feeder"),
	cap_in_wh = ProtoField.uint32("busbar.member.cap_in_wh", "Largest net purchase (Wh)"),
	cap_out_wh = ProtoField.uint32("busbar.member.cap_out_wh", "Largest net sale (Wh)"),
	metered_by = ProtoField.uint32("busbar.member.metered_by", "Metered by"),
	order_wh_max = ProtoField.uint32("busbar.member.order_wh_max", "Largest order (Wh)"),
	reputation_min = ProtoField.uint32("busbar.member.reputation_min",
		"Least reputation of a counterparty (ppm)"),
	escrow = ProtoField.uint8("busbar.member.escrow", "Escrow"),
	group = ProtoField.uint16("busbar.param.group", "Group"),
	value = ProtoField.int32("busbar.param.value", "Value"),
	amount = ProtoField.int64("busbar.transfer.amount", "Amount (nano-currency)"),
	uphold = ProtoField.uint8("busbar.ruling.uphold", "Upheld"),
	line = ProtoField.uint32("busbar.line", "Line"),
	from_zone = ProtoField.uint8("busbar.line.from", "From zone"),
	to_zone = ProtoField.uint8("busbar.line.to", "To zone"),
	first_quarter = ProtoField.uint32("busbar.first_quarter",
		"First delivery interval, 900 s since 1970"),
	quarters = ProtoField.uint32("busbar.quarters", "Delivery intervals"),
	capacity_wh = ProtoField.uint32("busbar.line.capacity_wh", "Capacity (Wh)"),
	capacity_reverse_wh = ProtoField.uint32("busbar.line.capacity_reverse_wh",
		"Capacity the other way (Wh)"),
	fee = ProtoField.int32("busbar.line.fee", "Fee (nano-currency per Wh)"),
	price_long = ProtoField.int32("busbar.imbalance.long", "Price of a surplus"),
	price_short = ProtoField.int32("busbar.imbalance.short", "Price of a deficit"),
	price_reference = ProtoField.int32("busbar.imbalance.reference", "Price of penalties"),
	injection = ProtoField.int32("busbar.tariff.injection", "Tariff for injection"),
	use = ProtoField.int32("busbar.tariff.use", "Tariff for use"),
	price_min = ProtoField.int32("busbar.terms.price_min", "Lowest price"),
	price_max = ProtoField.int32("busbar.terms.price_max", "Highest price"),
	tick = ProtoField.uint32("busbar.terms.tick", "Tick"),
	lot_wh = ProtoField.uint32("busbar.terms.lot_wh", "Lot (Wh)"),
	quantity_max_wh = ProtoField.uint32("busbar.terms.quantity_max_wh", "Largest order (Wh)"),

	report_kind = ProtoField.uint8("busbar.report.kind", "Kind", base.DEC, report_kinds),
	part = ProtoField.uint16("busbar.report.part", "Part", base.DEC, nil, 0x7fff),
	last = ProtoField.bool("busbar.report.last", "Last part", 16, nil, 0x8000),
	height = ProtoField.uint64("busbar.height", "Block height"),
	number = ProtoField.uint64("busbar.number", "Number of the input"),
	time_ns = ProtoField.uint64("busbar.time_ns", "Time (ns)"),
	event = ProtoField.uint8("busbar.event", "Event", base.DEC, events, 0x7f),
	event_side = ProtoField.uint8("busbar.event.side", "Side", base.DEC, sides, 0x80),
	record = ProtoField.uint8("busbar.event.record", "Record (255: whole packet)"),
	result = ProtoField.uint16("busbar.event.result", "Result", base.DEC, results),
	counterparty = ProtoField.uint32("busbar.event.counterparty", "Counterparty"),

	session = ProtoField.string("busbar.feed.session", "Session"),
	feed_sequence = ProtoField.uint64("busbar.feed.sequence", "Sequence"),
	count = ProtoField.uint16("busbar.feed.count", "Messages"),
	message_size = ProtoField.uint16("busbar.feed.length", "Length"),
	message_sequence = ProtoField.uint64("busbar.feed.message_sequence", "Sequence"),
	message_type = ProtoField.string("busbar.feed.type", "Type"),
	feed_record = ProtoField.uint16("busbar.feed.record", "Record of the input"),
	taken_wh = ProtoField.uint32("busbar.feed.taken_wh", "Taken off (Wh)"),
	traded = ProtoField.uint8("busbar.feed.traded", "There is a price"),
	bought_wh = ProtoField.uint32("busbar.feed.bought_wh", "Bought (Wh)"),
	sold_wh = ProtoField.uint32("busbar.feed.sold_wh", "Sold (Wh)"),
	lowest = ProtoField.int32("busbar.feed.lowest", "Lowest price that clears"),
	highest = ProtoField.int32("busbar.feed.highest", "Highest price that clears"),
	state_before = ProtoField.uint8("busbar.feed.state_before", "State before"),
	state_now = ProtoField.uint8("busbar.feed.state_now", "State now"),
	lines = ProtoField.uint64("busbar.feed.lines", "Lines (bits)", base.HEX),
	feed_from = ProtoField.uint8("busbar.feed.from", "From zone"),
	feed_to = ProtoField.uint8("busbar.feed.to", "To zone"),
	block_hash = ProtoField.bytes("busbar.feed.block_hash", "Block hash"),
	state_root = ProtoField.bytes("busbar.feed.state_root", "State root"),
}

busbar.fields = {}
for _, field in pairs(f) do
	table.insert(busbar.fields, field)
end

local expert_malformed = ProtoExpert.new("busbar.malformed.expert", "would be refused",
	expert.group.MALFORMED, expert.severity.ERROR)
local expert_cut = ProtoExpert.new("busbar.cut", "the capture does not hold all of it",
	expert.group.UNDECODED, expert.severity.WARN)
busbar.experts = { expert_malformed, expert_cut }

-- Layouts, as in docs/wire.md: offset, size, field, and what a reader would like to see too.

local function show_time(item, range)
	local ns = range:le_uint64()
	if ns == UInt64(0) then
		return
	end
	local seconds = (ns / 1000000000):tonumber()
	item:append_text(string.format(" (%s.%09d UTC)", os.date("!%Y-%m-%d %H:%M:%S", seconds),
		(ns % 1000000000):tonumber()))
end

local function show_price(item, range)
	item:append_text(string.format(" (%.3f a MWh)", range:le_int() / 1000))
end

local function show_product(item, range)
	item:add(f.zone, range(3, 1))
	local start = item:add_le(f.start, range(0, 3))
	start:append_text(os.date("!, %Y-%m-%d %H:%M UTC", range(0, 3):le_uint() * 900))
end

local function show_zero(item, range)
	for i = 0, range:len() - 1 do
		if range(i, 1):uint() ~= 0 then
			item:append_text(" (not zero)")
			return
		end
	end
end

local packet_layout = {
	{ 0, 4, f.magic }, { 4, 1, f.kind }, { 5, 1, f.records }, { 6, 2, f.reserved, show_zero },
	{ 8, 4, f.participant }, { 12, 4, f.venue }, { 16, 8, f.sequence },
	{ 24, 8, f.not_after_ns, show_time },
}
local order_layout = {
	{ 0, 8, f.order_id }, { 8, 4, f.product, show_product }, { 12, 1, f.action },
	{ 13, 1, f.side }, { 14, 1, f.order_type }, { 15, 1, f.source },
	{ 16, 4, f.price, show_price }, { 20, 4, f.quantity_wh }, { 24, 4, f.shown_wh },
	{ 28, 2, f.accept_sources }, { 30, 2, f.prefer_sources },
}
local meter_layout = {
	{ 0, 8, f.injected_wh }, { 8, 4, f.metered }, { 12, 4, f.product, show_product },
	{ 16, 1, f.quality, flag = true }, { 17, 1, f.correction, flag = true },
	{ 18, 14, f.reserved, show_zero },
}

-- operation returns the layout of an operation: its fields, and all bytes between them, which are
-- reserved.
local function operation(records, fields)
	local layout, at = { records = records, { 0, 1, f.operation } }, 1
	table.insert(fields, { 32 * records, 0 })
	for _, row in ipairs(fields) do
		if row[1] > at then
			table.insert(layout, { at, row[1] - at, f.reserved, show_zero })
		end
		if row[2] > 0 then
			table.insert(layout, row)
		end
		at = row[1] + row[2]
	end
	return layout
end

local function about_member()
	return operation(1, { { 4, 4, f.member } })
end

local function about_product()
	return operation(1, { { 4, 4, f.product, show_product } })
end

local param_fields = { { 2, 2, f.group } }
for i = 0, 11 do
	table.insert(param_fields, { 4 + 4 * i, 4, f.value })
end

local operation_layouts = {
	[1] = operation(2, { { 1, 1, f.member_zone }, { 2, 2, f.roles }, { 4, 4, f.member },
		{ 8, 4, f.orders_max }, { 12, 4, f.packets_per_s }, { 16, 4, f.burst },
		{ 32, 32, f.key } }),
	[2] = about_member(),
	[3] = operation(1, { { 4, 4, f.product, show_product }, { 8, 4, f.price_min, show_price },
		{ 12, 4, f.price_max, show_price }, { 16, 4, f.tick }, { 20, 4, f.lot_wh },
		{ 24, 4, f.quantity_max_wh } }),
	[4] = operation(1, {}),
	[5] = operation(1, {}),
	[6] = operation(2, param_fields),
	[7] = operation(1, { { 1, 1, f.member_source }, { 2, 2, f.feeder }, { 4, 4, f.member },
		{ 8, 4, f.cap_in_wh }, { 12, 4, f.cap_out_wh }, { 16, 4, f.metered_by },
		{ 20, 4, f.order_wh_max }, { 24, 4, f.reputation_min },
		{ 28, 1, f.escrow, flag = true } }),
	[8] = about_member(),
	[9] = about_member(),
	[10] = operation(1, { { 4, 4, f.member }, { 8, 8, f.amount } }),
	[11] = about_product(),
	[12] = about_product(),
	[13] = operation(1, { { 1, 1, f.uphold, flag = true }, { 4, 4, f.product, show_product } }),
	[14] = operation(1, { { 1, 1, f.line }, { 2, 1, f.from_zone }, { 3, 1, f.to_zone },
		{ 4, 4, f.first_quarter }, { 8, 2, f.quarters }, { 12, 4, f.capacity_wh },
		{ 16, 4, f.capacity_reverse_wh }, { 20, 4, f.fee, show_price } }),
	[15] = operation(1, { { 4, 4, f.first_quarter }, { 8, 4, f.quarters },
		{ 12, 4, f.price_long, show_price }, { 16, 4, f.price_short, show_price },
		{ 20, 4, f.price_reference, show_price } }),
	[16] = operation(1, { { 4, 4, f.member }, { 8, 4, f.product, show_product },
		{ 12, 4, f.quantity_wh } }),
	[17] = operation(1, { { 1, 1, f.member_zone }, { 4, 4, f.first_quarter },
		{ 8, 4, f.quarters }, { 12, 4, f.injection, show_price },
		{ 16, 4, f.use, show_price } }),
}
local report_layout = {
	{ 0, 4, f.magic }, { 4, 1, f.report_kind }, { 5, 1, f.records }, { 6, 2, f.part },
	{ 6, 2, f.last }, { 8, 4, f.participant }, { 12, 4, f.venue }, { 16, 8, f.sequence },
	{ 24, 8, f.height }, { 32, 8, f.number }, { 40, 8, f.time_ns, show_time },
}
local event_layout = {
	{ 0, 8, f.order_id }, { 8, 4, f.product, show_product }, { 12, 1, f.event },
	{ 12, 1, f.event_side }, { 13, 1, f.record }, { 14, 2, f.result },
	{ 16, 4, f.price, show_price }, { 20, 4, f.quantity_wh }, { 24, 4, f.remaining_wh },
	{ 28, 4, f.counterparty },
}
local message_layouts = {
	A = { size = 32, sided = true, { 0, 1, f.message_type }, { 1, 1, f.side },
		{ 2, 2, f.reserved, show_zero }, { 4, 4, f.product, show_product },
		{ 8, 8, f.number }, { 16, 4, f.price, show_price }, { 20, 4, f.quantity_wh },
		{ 24, 2, f.feed_record }, { 26, 6, f.reserved, show_zero } },
	R = { size = 32, sided = true, { 0, 1, f.message_type }, { 1, 1, f.side },
		{ 2, 2, f.reserved, show_zero }, { 4, 4, f.product, show_product },
		{ 8, 4, f.price, show_price }, { 12, 4, f.taken_wh }, { 16, 4, f.remaining_wh },
		{ 20, 12, f.reserved, show_zero } },
	T = { size = 32, sided = true, { 0, 1, f.message_type }, { 1, 1, f.side },
		{ 2, 2, f.reserved, show_zero }, { 4, 4, f.product, show_product },
		{ 8, 8, f.number }, { 16, 4, f.price, show_price }, { 20, 4, f.quantity_wh },
		{ 24, 8, f.time_ns, show_time } },
	P = { size = 32, { 0, 1, f.message_type }, { 1, 3, f.reserved, show_zero },
		{ 4, 4, f.product, show_product }, { 8, 4, f.price_min, show_price },
		{ 12, 4, f.price_max, show_price }, { 16, 4, f.tick }, { 20, 4, f.lot_wh },
		{ 24, 8, f.reserved, show_zero } },
	S = { size = 32, { 0, 1, f.message_type }, { 1, 3, f.reserved, show_zero },
		{ 4, 4, f.product, show_product }, { 8, 8, f.number }, { 16, 1, f.state_before },
		{ 17, 1, f.state_now }, { 18, 2, f.result }, { 20, 4, f.reserved, show_zero },
		{ 24, 8, f.time_ns, show_time } },
	C = { size = 40, sided = true, { 0, 1, f.message_type }, { 1, 1, f.traded },
		{ 2, 2, f.reserved, show_zero }, { 4, 4, f.product, show_product },
		{ 8, 8, f.number }, { 16, 4, f.price, show_price }, { 20, 4, f.bought_wh },
		{ 24, 4, f.sold_wh }, { 28, 4, f.lowest, show_price },
		{ 32, 4, f.highest, show_price }, { 36, 4, f.reserved, show_zero } },
	F = { size = 32, sided = true, { 0, 1, f.message_type }, { 1, 1, f.side },
		{ 2, 2, f.reserved, show_zero }, { 4, 4, f.product, show_product },
		{ 8, 8, f.number }, { 16, 4, f.line }, { 20, 4, f.quantity_wh },
		{ 24, 4, f.fee, show_price }, { 28, 4, f.reserved, show_zero } },
	L = { size = 40, { 0, 1, f.message_type }, { 1, 3, f.reserved, show_zero },
		{ 4, 4, f.product, show_product }, { 8, 8, f.number }, { 16, 8, f.lines },
		{ 24, 4, f.quantity_wh }, { 28, 4, f.fee, show_price }, { 32, 1, f.feed_from },
		{ 33, 1, f.feed_to }, { 34, 6, f.reserved, show_zero } },
	B = { size = 88, { 0, 1, f.message_type }, { 1, 7, f.reserved, show_zero },
		{ 8, 8, f.height }, { 16, 8, f.time_ns, show_time }, { 24, 32, f.block_hash },
		{ 56, 32, f.state_root } },
}

local function add_layout(tree, range, layout)
	for _, row in ipairs(layout) do
		local part = range(row[1], row[2])
		local item = tree:add_le(row[3], part)
		if row[4] then
			row[4](item, part)
		end
	end
end

-- flags_are_valid returns whether every flag of a layout is 0 or 1.
local function flags_are_valid(range, layout)
	for _, row in ipairs(layout) do
		if row.flag and range(row[1], 1):uint() > 1 then
			return false
		end
	end
	return true
end

-- reserved_is_zero returns whether every reserved byte of a layout is zero.
local function reserved_is_zero(range, layout)
	for _, row in ipairs(layout) do
		if row[3] == f.reserved then
			for i = row[1], row[1] + row[2] - 1 do
				if range(i, 1):uint() ~= 0 then
					return false
				end
			end
		end
	end
	return true
end

local function mark_malformed(tree, range, reason)
	local item = tree:add(f.malformed, range, reason)
	item:set_generated()
	item:add_proto_expert_info(expert_malformed, "would be refused with " .. reason)
end

-- Bid packets.

local function packet_fault(tvb)
	local size = tvb:len()
	if size < 112 or size ~= 112 + 32 * tvb(5, 1):uint() then
		return "ERR_LENGTH"
	end
	if tvb(0, 4):string() ~= "BBP1" then
		return "ERR_MAGIC"
	end
	local kind, records = tvb(4, 1):uint(), tvb(5, 1):uint()
	if not packet_kinds[kind] then
		return "ERR_KIND"
	end
	if kind == 3 and records ~= 0 or kind ~= 3 and (records < 1 or records > 42) then
		return "ERR_RECORDS"
	end
	return not reserved_is_zero(tvb(0, 32), packet_layout) and "ERR_RESERVED" or nil
end

local function add_orders(tvb, tree)
	for i = 0, tvb(5, 1):uint() - 1 do
		local range = tvb(32 + 32 * i, 32)
		local item = tree:add(f.order, range)
		local action = range(12, 1):uint()
		item:set_text(string.format("Order %d: %s", i, actions[action] or "unknown action"))
		add_layout(item, range, order_layout)
		if not actions[action] or not sides[range(13, 1):uint()] then
			mark_malformed(item, range, "ERR_RECORD")
		end
	end
end

local function add_operation(tvb, tree)
	local records = tvb(5, 1):uint()
	local range = tvb(32, 32 * records)
	local layout = operation_layouts[range(0, 1):uint()]
	if not layout or layout.records ~= records then
		tree:add_le(f.operation, range(0, 1))
		mark_malformed(tree, range, "ERR_RECORD")
		return
	end
	add_layout(tree, range, layout)
	if not reserved_is_zero(range, layout) or not flags_are_valid(range, layout) then
		mark_malformed(tree, range, "ERR_RECORD")
	end
end

local function add_meters(tvb, tree)
	for i = 0, tvb(5, 1):uint() - 1 do
		local range = tvb(32 + 32 * i, 32)
		local item = tree:add(f.meter, range)
		item:set_text(string.format("Reading %d", i))
		add_layout(item, range, meter_layout)
		if not reserved_is_zero(range, meter_layout) or
			not flags_are_valid(range, meter_layout) then
			mark_malformed(item, range, "ERR_RECORD")
		end
	end
end

local function dissect_packet(tvb, pinfo, tree)
	local fault = packet_fault(tvb)
	if tvb:len() >= 32 then
		add_layout(tree, tvb(0, 32), packet_layout)
	end
	if fault then
		mark_malformed(tree, tvb(), fault)
		pinfo.cols.info = "Bid packet, malformed: " .. fault
		return
	end
	local kind, records = tvb(4, 1):uint(), tvb(5, 1):uint()
	if kind == 1 then
		add_orders(tvb, tree)
	elseif kind == 2 then
		add_meters(tvb, tree)
	elseif kind == 4 then
		add_operation(tvb, tree)
	end
	tree:add(f.signature, tvb(32 + 32 * records, 64))
	tree:add(f.mac, tvb(96 + 32 * records, 16))
	pinfo.cols.info = string.format("Bid packet: %s, participant %d, sequence %s, records %d",
		packet_kinds[kind], tvb(8, 4):le_uint(), tostring(tvb(16, 8):le_uint64()), records)
end

-- Reports.

local function report_fault(tvb)
	local size = tvb:len()
	if size < 64 or size ~= 64 + 32 * tvb(5, 1):uint() then
		return "ERR_LENGTH"
	end
	local kind, records = tvb(4, 1):uint(), tvb(5, 1):uint()
	if not report_kinds[kind] then
		return "ERR_KIND"
	end
	if records > 42 or kind >= 3 and records ~= 1 then
		return "ERR_RECORDS"
	end
	return nil
end

local function dissect_report(tvb, pinfo, tree)
	local fault = report_fault(tvb)
	if tvb:len() >= 48 then
		add_layout(tree, tvb(0, 48), report_layout)
	end
	if fault then
		mark_malformed(tree, tvb(), fault)
		pinfo.cols.info = "Report, malformed: " .. fault
		return
	end
	local kind, records = tvb(4, 1):uint(), tvb(5, 1):uint()
	for i = 0, records - 1 do
		local range = tvb(48 + 32 * i, 32)
		local event = range(12, 1):uint() % 128
		local item = tree:add(busbar, range, string.format("Record %d: %s", i,
			events[event] or "unknown event"))
		add_layout(item, range, event_layout)
	end
	tree:add(f.mac, tvb(48 + 32 * records, 16))
	pinfo.cols.info = string.format("Report: %s, participant %d, sequence %s, records %d",
		report_kinds[kind], tvb(8, 4):le_uint(), tostring(tvb(16, 8):le_uint64()), records)
end

-- whole returns whether the capture holds all of a datagram, and says so if not.
local function whole(tvb, tree)
	if tvb:captured_len() == tvb:reported_len() then
		return true
	end
	tree:add_proto_expert_info(expert_cut)
	return false
end

function busbar.dissector(tvb, pinfo, tree)
	local subtree = tree:add(busbar, tvb())
	pinfo.cols.protocol = "busbar"
	if not whole(tvb, subtree) then
		return tvb:captured_len()
	end
	if tvb:len() >= 4 and tvb(0, 4):string() == "BBR1" then
		dissect_report(tvb, pinfo, subtree)
	else
		dissect_packet(tvb, pinfo, subtree)
	end
	return tvb:len()
end

busbar:register_heuristic("udp", function(tvb, pinfo, tree)
	if tvb:captured_len() < 64 then
		return false
	end
	local magic = tvb(0, 4):string()
	if magic ~= "BBP1" and magic ~= "BBR1" then
		return false
	end
	busbar.dissector(tvb, pinfo, tree)
	return true
end)

-- The feed.

local function add_message(range, tree, sequence)
	local size = range:len()
	local kind = size > 0 and range(0, 1):string() or ""
	local item = tree:add(busbar_feed, range, "Message: " .. (message_types[kind] or "unknown"))
	item:add(f.message_sequence, sequence):set_generated()
	local layout = message_layouts[kind]
	if not layout or layout.size ~= size then
		mark_malformed(item, range, "ERR_FORMAT")
		return
	end
	add_layout(item, range, layout)
	if not reserved_is_zero(range, layout) or layout.sided and not sides[range(1, 1):uint()] then
		mark_malformed(item, range, "ERR_FORMAT")
	end
end

-- add_messages returns whether the messages fill the packet exactly.
local function add_messages(tvb, tree, sequence, count)
	local offset = 20
	for _ = 1, count do
		if tvb:len() - offset < 2 then
			return false
		end
		local size = tvb(offset, 2):uint()
		tree:add(f.message_size, tvb(offset, 2))
		if tvb:len() - offset - 2 < size then
			return false
		end
		if size > 0 then
			add_message(tvb(offset + 2, size), tree, sequence)
		end
		offset = offset + 2 + size
		sequence = sequence + 1
	end
	return offset == tvb:len()
end

function busbar_feed.dissector(tvb, pinfo, tree)
	local subtree = tree:add(busbar_feed, tvb())
	pinfo.cols.protocol = "busbar feed"
	if not whole(tvb, subtree) then
		return tvb:captured_len()
	end
	if tvb:len() < 20 then
		mark_malformed(subtree, tvb(), "ERR_LENGTH")
		return tvb:len()
	end
	local count, sequence = tvb(18, 2):uint(), tvb(10, 8):uint64()
	subtree:add(f.session, tvb(0, 10))
	subtree:add(f.feed_sequence, tvb(10, 8))
	subtree:add(f.count, tvb(18, 2))
	pinfo.cols.info = count == 0 and "Heartbeat" or count == 0xffff and "End of session" or
		string.format("Feed: sequence %s, messages %d", tostring(sequence), count)
	if not add_messages(tvb, subtree, sequence, count == 0xffff and 0 or count) then
		mark_malformed(subtree, tvb(), "ERR_LENGTH")
	end
	return tvb:len()
end

-- Ports, which follow their preferences.

local udp = DissectorTable.get("udp.port")

local function follow_port(proto)
	local port = proto.prefs.port
	udp:add(port, proto)
	function proto.prefs_changed()
		if proto.prefs.port ~= port then
			udp:remove(port, proto)
			port = proto.prefs.port
			udp:add(port, proto)
		end
	end
end

follow_port(busbar)
follow_port(busbar_feed)
