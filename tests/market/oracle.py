"""oracle - every formula of docs/market.md in integers, written to be read, not to be fast.

Python's big integers stand for the int64 and 128-bit numbers of the C code, which is not a
translation of this: test_oracle.py compares the two.
Order = dict(id, side 'B'|'S', p, q, owner, zone, seq, rep)
"""
PPM = 1_000_000

def floordiv(a, b):            # mathematical floor, as spec 2.0 demands
    return a // b

# ------------------------------------------------------------------ stage 1, one zone
def eff_price(o, kappa=0):
    """risk-adjusted (effective) limit price: sellers get +h(R)"""
    if o['side'] == 'S':
        h = floordiv(kappa * (PPM - o.get('rep', PPM)), PPM)
        return o['p'] + h
    return o['p']

def clear_single(orders, kappa=0, k_milli=500):
    """Uniform-price call auction of one (zone, interval).
    returns dict(Q, lo, hi, price, fills{id:q})  - exact, integer"""
    S = [(eff_price(o, kappa), o) for o in orders if o['side'] == 'S' and o['q'] > 0]
    B = [(eff_price(o, kappa), o) for o in orders if o['side'] == 'B' and o['q'] > 0]
    # aggregate curve
    sup, dem = {}, {}
    for p, o in S: sup[p] = sup.get(p, 0) + o['q']
    for p, o in B: dem[p] = dem.get(p, 0) + o['q']
    sp = sorted(sup); dp = sorted(dem, reverse=True)
    i = j = 0; Q = 0
    rs = [sup[p] for p in sp]; rd = [dem[p] for p in dp]
    while i < len(dp) and j < len(sp) and dp[i] >= sp[j]:
        x = min(rd[i], rs[j]); Q += x; rd[i] -= x; rs[j] -= x
        if rd[i] == 0: i += 1
        if rs[j] == 0: j += 1
    # accepted totals per level
    accS = {p: sup[p] - rs[n] for n, p in enumerate(sp)}
    accD = {p: dem[p] - rd[n] for n, p in enumerate(dp)}
    # equilibrium interval
    NEG = None
    los = [p for p in sp if accS[p] > 0] + [p for p in dp if accD[p] < dem[p]]
    his = [p for p in dp if accD[p] > 0] + [p for p in sp if accS[p] < sup[p]]
    lo = max(los) if los else None
    hi = min(his) if his else None
    price = None
    if lo is not None and hi is not None:
        price = lo + floordiv((hi - lo) * k_milli, 1000)
    fills = {}
    for side, acc in (('S', accS), ('B', accD)):
        lv = {}
        for o in orders:
            if o['side'] == side and o['q'] > 0:
                lv.setdefault(eff_price(o, kappa), []).append(o)
        for p, os in lv.items():
            fills.update(prorata(acc[p], os))
    return dict(Q=Q, lo=lo, hi=hi, price=price, fills=fills)

def prorata(A, os):
    """largest-remainder (Hamilton) split of A over orders os; ties: rep desc, seq asc, id asc"""
    T = sum(o['q'] for o in os)
    if A >= T: return {o['id']: o['q'] for o in os}
    if A <= 0: return {o['id']: 0 for o in os}
    base, rem = {}, []
    for o in os:
        num = o['q'] * A                       # 128-bit product in C
        base[o['id']] = num // T
        rem.append((-(num % T), -o.get('rep', PPM), o.get('seq', 0), str(o['id']), o['id'], o['q']))
    left = A - sum(base.values())
    for r in sorted(rem):
        if left == 0: break
        if base[r[4]] < r[5]:
            base[r[4]] += 1; left -= 1
    assert left == 0
    return base

# ------------------------------------------------------------------ stage 1, zones
PMAX = 1 << 40                   # price band of the market; every real limit lies inside [PMIN, PMAX]
PMIN = -PMAX
def clear_zonal(zones, lines, orders, kappa=0, with_trace=False):
    """zones: list of ids. lines: list of (u, v, cap_uv, cap_vu, fee) integers (fee >= 0 each way).
    Exact min-cost (= max welfare) by shortest augmenting paths over zones.
    returns prices lo/hi/mid per zone, flow per line (u->v positive), level acceptance"""
    steps = {z: {} for z in zones}
    D = {z: 0 for z in zones}
    for o in orders:
        if o['q'] <= 0: continue
        p = eff_price(o, kappa); z = o['zone']
        a = steps[z].setdefault(p, [0, 0])
        if o['side'] == 'S': a[0] += o['q']
        else: a[1] += o['q']; D[z] += o['q']
    # merged merit list per zone: (price, qty sells + qty buys-as-curtailment)
    lst = {z: [(p, steps[z][p][0] + steps[z][p][1]) for p in sorted(steps[z])] for z in zones}
    used = {z: 0 for z in zones}     # energy generated/curtailed in zone
    cur = {}
    cum = {}
    for z in zones:
        c = [0]
        for p, q in lst[z]: c.append(c[-1] + q)
        cum[z] = c
        used[z] = D[z]               # isolated start: serve own demand at least cost
    import bisect
    def up(z):                       # (price, room) of the next unit, or None
        c = cum[z]; i = bisect.bisect_right(c, used[z]) - 1
        if i >= len(lst[z]): return None
        return lst[z][i][0], c[i + 1] - used[z]
    def down(z):                     # (price, room) of the last unit used
        c = cum[z]; i = bisect.bisect_left(c, used[z]) - 1
        if i < 0: return None
        return lst[z][i][0], used[z] - c[i]
    flow = [0] * len(lines)
    adj = {z: [] for z in zones}
    for n, (u, v, cuv, cvu, fee) in enumerate(lines):
        adj[u].append((v, n, +1)); adj[v].append((u, n, -1))
    def residual(n, s):              # capacity and unit cost of moving one unit along s on line n
        u, v, cuv, cvu, fee = lines[n]
        f = flow[n]
        if s > 0:
            return (cuv - f, fee) if f >= 0 else (-f, -fee)   # cancelling reverse flow refunds the fee
        return (cvu + f, fee) if f <= 0 else (f, -fee)
    INF = 1 << 62
    iters = 0
    while True:
        best = None
        # Bellman-Ford from a virtual source: dist[z] = cheapest cost of one extra unit available AT z
        dist = {z: INF for z in zones}; par = {z: None for z in zones}
        for z in zones:
            u_ = up(z)
            if u_: dist[z] = u_[0]; par[z] = ('src',)
        for _ in range(len(zones)):
            ch = False
            for z in zones:
                if dist[z] >= INF: continue
                for (w, n, s) in adj[z]:
                    room, c = residual(n, s)
                    if room > 0 and dist[z] + c < dist[w]:
                        dist[w] = dist[z] + c; par[w] = (z, n, s); ch = True
            if not ch: break
        for z in zones:
            d_ = down(z)
            if d_ and dist[z] < INF:
                gain = d_[0] - dist[z]
                if gain > 0 and (best is None or gain > best[0]): best = (gain, z)
        if best is None: break
        v = best[1]
        path = []; w = v; room = down(v)[1]
        seen = set()
        while par[w] and par[w][0] != 'src':
            if w in seen: raise RuntimeError('cycle')
            seen.add(w)
            z, n, s = par[w]; path.append((n, s)); room = min(room, residual(n, s)[0]); w = z
        room = min(room, up(w)[1])
        assert room > 0
        used[w] += room; used[v] -= room
        for n, s in path: flow[n] += s * room
        iters += 1
        if iters > 10_000_000: raise RuntimeError('no convergence')
    # dual bounds = difference constraints
    #   pi_z >= down(z), pi_z <= up(z); per line, residual room>0 from u to w  => pi_w <= pi_u + c
    hi = {z: (up(z)[0] if up(z) else PMAX) for z in zones}      # phantom supply at PMAX, phantom demand at PMIN
    lo = {z: (down(z)[0] if down(z) else PMIN) for z in zones}
    for _ in range(len(zones)):
        for z in zones:
            for (w, n, s) in adj[z]:
                room, c = residual(n, s)
                if room > 0:
                    hi[w] = min(hi[w], hi[z] + c)
                    lo[z] = max(lo[z], lo[w] - c)
    for z in zones: assert lo[z] <= hi[z], ('KKT violated', z, lo[z], hi[z])   # optimality certificate
    mid = {z: (lo[z] + hi[z]) // 2 for z in zones}
    acc = {}
    for z in zones:
        rem = used[z]
        for p, q in lst[z]:
            t = min(q, rem); rem -= t
            acc[(z, p)] = t
    return dict(lo=lo, hi=hi, mid=mid, flow=flow, used=used, D=D, iters=iters, acc=acc, steps=steps)

# ------------------------------------------------------------------ matching degree
def md(seller, buyer, fee, W, ctx):
    """W: dict of u16 weights P,Q,T,D,G,R. ctx: smax, lmax, loss(s,b), closeness. returns -1 (veto) or 0..PPM"""
    surplus = buyer['p'] - seller['p'] - fee
    if surplus < 0: return -1, None
    if not (buyer['accept'] >> seller['src']) & 1: return -1, None
    if seller['rep'] < buyer.get('rmin', 0) or buyer['rep'] < seller.get('rmin', 0): return -1, None
    if seller['owner'] == buyer['owner']: return -1, None
    L = ctx['loss'](seller, buyer)
    if L > ctx['lmax']: return -1, None
    s = {}
    s['P'] = PPM if ctx['smax'] == 0 else min(PPM, surplus * PPM // ctx['smax'])
    if ctx.get('closeness') and ctx['smax']: s['P'] = PPM - s['P']
    s['Q'] = min(seller['q'], buyer['q']) * PPM // max(seller['q'], buyer['q'])
    g, c = seller.get('prof', [seller['q']]), buyer.get('prof', [buyer['q']])
    mn = sum(min(a, b) for a, b in zip(g, c)); mx = sum(max(a, b) for a, b in zip(g, c))
    s['T'] = mn * PPM // mx if mx else 0
    s['D'] = PPM - (L * PPM // ctx['lmax'] if ctx['lmax'] else 0)
    s['G'] = PPM if (buyer['prefer'] >> seller['src']) & 1 else PPM // 2
    s['R'] = seller['rep'] * buyer['rep'] // PPM
    tot = sum(W.values())
    return sum(W[k] * s[k] for k in W) // tot, s

# ------------------------------------------------------------------ stage 2 pairing
def greedy_pairs(A, Bq, M):
    """A: {i:qty} accepted sells, Bq: {j:qty} accepted buys, M[(i,j)] = MD (veto -1).
    greedy by (MD desc, i asc, j asc)."""
    A = dict(A); Bq = dict(Bq); x = {}
    for (i, j) in sorted(M, key=lambda t: (-M[t], t[0], t[1])):
        if M[(i, j)] < 0: continue
        t = min(A.get(i, 0), Bq.get(j, 0))
        if t > 0: x[(i, j)] = t; A[i] -= t; Bq[j] -= t
    return x, sum(M[k] * v for k, v in x.items())

def optimal_pairs(A, Bq, M):
    """exact max sum MD*x with full use of marginals when possible: min-cost max-flow, integer SSP"""
    nodes = ['s'] + [('i', i) for i in A] + [('j', j) for j in Bq] + ['t']
    g = []   # edges [u,v,cap,cost]
    adj = {n: [] for n in nodes}
    def add(u, v, c, w):
        adj[u].append(len(g)); g.append([u, v, c, w]); adj[v].append(len(g)); g.append([v, u, 0, -w])
    for i, q in A.items(): add('s', ('i', i), q, 0)
    for j, q in Bq.items(): add(('j', j), 't', q, 0)
    for (i, j), m in M.items():
        if m >= 0 and i in A and j in Bq: add(('i', i), ('j', j), min(A[i], Bq[j]), -m)
    INF = 1 << 62
    while True:
        d = {n: INF for n in nodes}; d['s'] = 0; pe = {}
        ch = True
        while ch:
            ch = False
            for e, (u, v, c, w) in enumerate(g):
                if c > 0 and d[u] < INF and d[u] + w < d[v]: d[v] = d[u] + w; pe[v] = e; ch = True
        if d['t'] >= INF: break
        f = INF; n = 't'
        while n != 's': f = min(f, g[pe[n]][2]); n = g[pe[n]][0]
        n = 't'
        while n != 's': g[pe[n]][2] -= f; g[pe[n] ^ 1][2] += f; n = g[pe[n]][0]
    x = {}
    for e in range(0, len(g), 2):
        u, v, c, w = g[e]
        if isinstance(u, tuple) and isinstance(v, tuple) and u[0] == 'i' and g[e ^ 1][2] > 0:
            x[(u[1], v[1])] = g[e ^ 1][2]
    return x, sum(M[k] * v for k, v in x.items())

# ------------------------------------------------------------------ matching degree first
def md_first(orders, W, ctx):
    """Pairs by degree, then surplus, seller's reputation, sell, buy: each takes all that is left.
    returns {(sell id, buy id): (quantity, price, degree)}"""
    pairs = [(s, b) for s in orders for b in orders
             if s['side'] == 'S' and b['side'] == 'B' and s['zone'] == b['zone']]
    pairs = [(s, b) for s, b in pairs if md(s, b, 0, W, dict(ctx, smax=0))[0] >= 0]
    smax = max((b['p'] - s['p'] for s, b in pairs), default=0)
    degree = lambda s, b: md(s, b, 0, W, dict(ctx, smax=smax))[0]
    ranked = sorted((-degree(s, b), s['p'] - b['p'], -s['rep'], s['seq'], b['seq'], n)
                    for n, (s, b) in enumerate(pairs))
    left, made = {o['id']: o['q'] for o in orders}, {}
    for minus, *_, n in ranked:
        s, b = pairs[n]
        q = min(left[s['id']], left[b['id']])
        if q:
            left[s['id']] -= q; left[b['id']] -= q
            made[s['id'], b['id']] = (q, (s['p'] + b['p']) // 2, -minus)
    return made

# ------------------------------------------------------------------ reputation
def rep_update(R, E, D_excess, P):
    """R ppm; E contracted |Wh|; D_excess = deviation beyond tolerance (Wh>=0)"""
    if E == 0 and D_excess == 0: return R
    base = max(E, P['q_min'])
    perf = PPM - min(D_excess, base) * PPM // base
    a = P['a_up'] if perf >= R else P['a_dn']            # 16.16 fixed point gains
    vol = min(max(E, 1), P['e_ref'])
    step = abs(perf - R) * a * vol // (P['e_ref'] << 16)
    Rn = R + step if perf >= R else R - step
    return max(P['r_floor'], min(PPM, Rn))

# ------------------------------------------------------------------ settlement
def settle(contracts, meter, P, accounts=None):
    """contracts: list of dict(seller,buyer,q,p_s,p_b,fee,gamma,phi) with p_b = p_s + fee (+rent) per Wh.
    P['actuals']: what was contracted and not delivered or drawn goes at the party's average contract price.
    gamma, phi: tariffs for injection (seller's) and use (buyer's), optional.
    meter: {party: net injection Wh}. P: tau_ppm, t_abs, p_long, p_short, pen_ppm, p_ref, only_aggravating.
    returns postings (dr, cr, amount, kind) ; every posting is balanced by construction"""
    post = []
    E = {}
    money = {}
    for c in contracts:
        money[c['seller']] = money.get(c['seller'], 0) + c['p_s'] * c['q']
        money[c['buyer']] = money.get(c['buyer'], 0) - c['p_b'] * c['q']
        E[c['seller']] = E.get(c['seller'], 0) + c['q']
        E[c['buyer']] = E.get(c['buyer'], 0) - c['q']
        post.append((c['buyer'], c['seller'], c['p_s'] * c['q'], 'energy'))
        if c['fee']: post.append((c['buyer'], 'DSO', c['fee'] * c['q'], 'netfee'))
        rent = c['p_b'] - c['p_s'] - c['fee']
        if rent: post.append((c['buyer'], 'RENT', rent * c['q'], 'congestion'))
        if c.get('gamma'): post.append((c['seller'], 'DSO', c['gamma'] * c['q'], 'injection'))
        if c.get('phi'): post.append((c['buyer'], 'DSO', c['phi'] * c['q'], 'use'))
    parties = sorted(set(E) | set(meter))
    D = {n: meter.get(n, 0) - E.get(n, 0) for n in parties}
    sysD = sum(D.values())
    exc = {}
    for n in parties:
        d = D[n]
        pz = P.get('pz', {}).get(n)                    # the party's zone price: no-gain adder (no profit from deviating on purpose)
        e, back, rest = E.get(n, 0), 0, d              # back: what is given back for what was not delivered; rest: what the grid trades
        z = P['p_ref'] if pz is None else pz
        if P.get('actuals') and e > 0 > d:
            s, worst = min(e, -d), P['p_short'] if pz is None else max(pz, P['p_short'])
            back, rest = min(max(-(-money[n] * s // e), z * s, P['p_long'] * s), worst * s), d + s
        elif P.get('actuals') and e < 0 < d:
            s, worst = min(-e, d), P['p_long'] if pz is None else min(pz, P['p_long'])
            back, rest = -max(min(-money[n] * s // -e, z * s, P['p_short'] * s), worst * s), d - s
        if d > 0: post.append(('GRID', n, P['p_long'] * max(rest, 0) - P['p_short'] * max(-rest, 0) - back, 'imbalance'))
        elif d < 0: post.append((n, 'GRID', P['p_short'] * max(-rest, 0) - P['p_long'] * max(rest, 0) + back, 'imbalance'))
        if pz is not None:
            add = max(0, pz - P['p_short']) * -rest if rest < 0 else max(0, P['p_long'] - pz) * rest
            if add: post.append((n, 'FUND', add, 'nogain'))
        T = max(P['t_abs'], abs(E.get(n, 0)) * P['tau_ppm'] // PPM)
        x = max(0, abs(d) - T)
        exc[n] = x
        aggr = (d > 0 and sysD > 0) or (d < 0 and sysD < 0)
        if x and (aggr or not P.get('only_aggravating', False)):
            post.append((n, 'FUND', P['p_ref'] * x * P['pen_ppm'] // PPM, 'penalty'))
    bal = {}
    for dr, cr, a, k in post:
        assert a >= 0 or k in ('energy', 'congestion', 'imbalance')
        bal[dr] = bal.get(dr, 0) - a; bal[cr] = bal.get(cr, 0) + a
    assert sum(bal.values()) == 0
    return dict(post=post, bal=bal, D=D, E=E, excess=exc, sysD=sysD)

# ------------------------------------------------------------------ zonal contracts
def flow_paths(zones, lines, r):
    """Deterministic decomposition of net line flows into paths. r = result of clear_zonal.
    returns list of dict(src, dst, q, fee, lines[(n,s)]) ; zero-gain cycles are cancelled."""
    f = list(r['flow'])
    exp = {z: max(0, r['used'][z] - r['D'][z]) for z in zones}
    imp = {z: max(0, r['D'][z] - r['used'][z]) for z in zones}
    out = []
    def nxt(z):
        for n, (u, v, *_x) in enumerate(lines):
            if u == z and f[n] > 0: return n, +1, v
            if v == z and f[n] < 0: return n, -1, u
        return None
    for z in zones:
        while exp[z] > 0:
            path, pos, w = [], {z: 0}, z
            while True:
                if w != z and imp[w] > 0: break
                n, s, x = nxt(w)
                path.append((n, s))
                if x in pos:                                  # cycle: cancel it, restart from z
                    cyc = path[pos[x]:]
                    a = min(abs(f[k]) for k, _ in cyc)
                    for k, sg in cyc: f[k] -= sg * a
                    path, pos, w = [], {z: 0}, z
                    continue
                w = x; pos[w] = len(path)
            a = min([exp[z], imp[w]] + [abs(f[k]) for k, _ in path])
            for k, sg in path: f[k] -= sg * a
            exp[z] -= a; imp[w] -= a
            out.append(dict(src=z, dst=w, q=a, fee=sum(lines[k][4] for k, _ in path), lines=path))
    return out

def zonal_contracts(zones, lines, orders, r, score):
    """fills by pro-rata at each level, then buckets (local per zone, one per path), then greedy by score inside buckets.
    score(seller, buyer) -> int (veto < 0 is used last). returns fills, contracts"""
    fills = {}
    lv = {}
    for o in orders:
        if o['q'] > 0: lv.setdefault((o['zone'], o['p']), []).append(o)
    for (z, p), os in lv.items():
        acc = r['acc'].get((z, p), 0)
        ss = [o for o in os if o['side'] == 'S']; bs = [o for o in os if o['side'] == 'B']
        tb = sum(o['q'] for o in bs); ts = sum(o['q'] for o in ss)
        # a level shared by sells and buys-as-curtailment: trade the sells first (volume-maximal rule)
        gen = min(acc, ts); cut = acc - gen
        fills.update(prorata(gen, ss)); 
        fills.update(prorata(tb - cut, bs))
    by = {o['id']: o for o in orders}
    A = {i: q for i, q in fills.items() if by[i]['side'] == 'S' and q}
    B = {i: q for i, q in fills.items() if by[i]['side'] == 'B' and q}
    paths = flow_paths(zones, lines, r)
    T = []
    for z in zones:
        sa = sum(q for i, q in A.items() if by[i]['zone'] == z); sb = sum(q for i, q in B.items() if by[i]['zone'] == z)
        t = sa - sum(x['q'] for x in paths if x['src'] == z)
        assert t == sb - sum(x['q'] for x in paths if x['dst'] == z) and t >= 0, (z, t)
        if t: T.append(dict(src=z, dst=z, q=t, fee=0))
    T += paths
    cand = []
    for k, b in enumerate(T):
        for i in A:
            if by[i]['zone'] != b['src']: continue
            for j in B:
                if by[j]['zone'] == b['dst']: cand.append((-max(-1, score(by[i], by[j])), by[i]['seq'], by[j]['seq'], k, i, j))
    left = [b['q'] for b in T]; con = []
    for s, _, _, k, i, j in sorted(cand):
        x = min(A[i], B[j], left[k])
        if x > 0:
            A[i] -= x; B[j] -= x; left[k] -= x
            con.append(dict(seller=i, buyer=j, q=x, p_s=r['mid'][T[k]['src']], p_b=r['mid'][T[k]['dst']], fee=T[k]['fee']))
    assert not any(A.values()) and not any(B.values()) and not any(left)      # completeness lemma
    return fills, con
