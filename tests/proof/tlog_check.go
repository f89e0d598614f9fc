// tlog_check - a stranger's view of our log: the reference code of Go's checksum database,
// golang.org/x/mod/sumdb, as Debian packages it, reads an export over HTTP.
//
//	tlog_check URL VKEY RECEIPT CONSISTENCY OLD_CHECKPOINT
//
// It must accept all of it: the checkpoint, every tile that its proofs need, every leaf, the
// receipt's inclusion path, and the consistency proof from the old checkpoint.  Then it must
// refuse each of a list of changed ones.  Nothing here is busbar's: not the tree, not the
// notes, not the tiles.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// evidence is everything that is checked; a tampering changes a copy of it.
type evidence struct {
	url         string
	vkey        string
	checkpoint  []byte
	old         []byte
	receipt     receipt
	consistency consistency
	fetched     func(path string, data []byte) []byte // what the server is said to answer
}

type receipt struct {
	Record, Results, Leaf []byte
	Index                 int64
	Path                  [][]byte
	Checkpoint            string
}

type consistency struct {
	From, To int64
	RootFrom []byte `json:"root_from"`
	RootTo   []byte `json:"root_to"`
	Path     [][]byte
}

// openCheckpoint is note.Open, and C2SP tlog-checkpoint by the letter.
func openCheckpoint(vkey string, data []byte) (tree tlog.Tree, err error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return tree, errors.New("checkpoint: not origin, size and root")
	}
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(tree.N, 10) != lines[1] {
		return tree, errors.New("checkpoint: size")
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// tilePath is Go's path without the height, and with C2SP's name for data.
func tilePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tile.H))
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

func (e *evidence) fetch(path string) ([]byte, error) {
	answer, err := http.Get(e.url + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, answer.Status)
	}
	if e.fetched != nil {
		data = e.fetched(path, data)
	}
	return data, err
}

// reader is a tlog.TileReader over HTTP.
type reader struct{ evidence *evidence }

func (r reader) Height() int { return height }

func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r reader) ReadTiles(tiles []tlog.Tile) (all [][]byte, err error) {
	for _, tile := range tiles {
		data, err := r.evidence.fetch(tilePath(tile))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// entries takes a bundle apart: big-endian sizes, and nothing left over.
func entries(data []byte, count int) (leaves [][]byte, err error) {
	for len(data) >= 2 {
		size := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+size {
			return nil, errors.New("bundle: an entry is cut")
		}
		leaves = append(leaves, data[2:2+size])
		data = data[2+size:]
	}
	if len(data) != 0 || len(leaves) != count {
		return nil, errors.New("bundle: not as many entries as it should have")
	}
	return leaves, nil
}

// checkLeaves proves every leaf of every bundle to be in the tree.
func (e *evidence) checkLeaves(tree tlog.Tree, hashes tlog.HashReader) error {
	for first := int64(0); first < tree.N; first += 1 << height {
		width := tree.N - first
		if width > 1<<height {
			width = 1 << height
		}
		tile := tlog.Tile{H: height, L: -1, N: first >> height, W: int(width)}
		data, err := e.fetch(tilePath(tile))
		if err != nil {
			return err
		}
		leaves, err := entries(data, int(width))
		if err != nil {
			return err
		}
		var indexes []int64
		for i := range leaves {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(i)))
		}
		want, err := hashes.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, leaf := range leaves {
			if tlog.RecordHash(leaf) != want[i] {
				return fmt.Errorf("leaf %d is not in the tree", first+int64(i))
			}
			if binary.LittleEndian.Uint64(leaf) != uint64(first)+uint64(i) {
				return fmt.Errorf("leaf %d has another number", first+int64(i))
			}
		}
	}
	return nil
}

func proofOf(path [][]byte) (proof []tlog.Hash, err error) {
	for _, data := range path {
		var hash tlog.Hash
		if copy(hash[:], data) != len(hash) || len(data) != len(hash) {
			return nil, errors.New("path: not a hash")
		}
		proof = append(proof, hash)
	}
	return proof, nil
}

// checkReceipt checks ours, and that it is what the tiles lead to.
func (e *evidence) checkReceipt(tree tlog.Tree, hashes tlog.HashReader) error {
	r := &e.receipt
	record, results := sha256.Sum256(r.Record), sha256.Sum256(r.Results)
	if len(r.Leaf) != 80 || !bytes.Equal(r.Leaf[16:48], record[:]) ||
		!bytes.Equal(r.Leaf[48:], results[:]) {
		return errors.New("receipt: the leaf says other records")
	}
	signed, err := openCheckpoint(e.vkey, []byte(r.Checkpoint))
	if err != nil {
		return err
	}
	proof, err := proofOf(r.Path)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, signed.N, signed.Hash, r.Index,
		tlog.RecordHash(r.Leaf)); err != nil {
		return err
	}
	if signed != tree {
		return nil // of another moment
	}
	ours, err := tlog.ProveRecord(tree.N, r.Index, hashes)
	if err == nil && fmt.Sprint(ours) != fmt.Sprint(tlog.RecordProof(proof)) {
		err = errors.New("receipt: the reference code has another path")
	}
	return err
}

// checkConsistency checks ours between the two checkpoints, and that the tiles lead to it.
func (e *evidence) checkConsistency(tree tlog.Tree, hashes tlog.HashReader) error {
	c := &e.consistency
	old, err := openCheckpoint(e.vkey, e.old)
	if err != nil {
		return err
	}
	if c.From != old.N || c.To != tree.N || !bytes.Equal(c.RootFrom, old.Hash[:]) ||
		!bytes.Equal(c.RootTo, tree.Hash[:]) {
		return errors.New("consistency: not between the two checkpoints")
	}
	proof, err := proofOf(c.Path)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return err
	}
	ours, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err == nil && fmt.Sprint(ours) != fmt.Sprint(tlog.TreeProof(proof)) {
		err = errors.New("consistency: the reference code has another path")
	}
	return err
}

func (e *evidence) check() error {
	tree, err := openCheckpoint(e.vkey, e.checkpoint)
	if err != nil {
		return err
	}
	// TileHashReader checks every tile against the root before it uses a hash of it.
	hashes := tlog.TileHashReader(tree, reader{e})
	root, err := tlog.TreeHash(tree.N, hashes)
	if err == nil && root != tree.Hash {
		err = errors.New("the tiles have another root")
	}
	if err == nil {
		err = e.checkLeaves(tree, hashes)
	}
	if err == nil {
		err = e.checkReceipt(tree, hashes)
	}
	if err == nil {
		err = e.checkConsistency(tree, hashes)
	}
	return err
}

// flip returns a copy with one bit changed.
func flip(data []byte, at int) []byte {
	data = append([]byte(nil), data...)
	data[at] ^= 1
	return data
}

func flipHash(path [][]byte, at int) [][]byte {
	path = append([][]byte(nil), path...)
	path[at] = flip(path[at], 7)
	return path
}

// signatureOf splits a note into what is before the signature, and the signature's bytes.
func signatureOf(data []byte) (before string, signature []byte) {
	at := bytes.LastIndexByte(bytes.TrimRight(data, "\n"), ' ') + 1
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(data[at:])))
	if err != nil {
		panic(err)
	}
	return string(data[:at]), signature
}

func withSignature(data []byte, at int) []byte {
	before, signature := signatureOf(data)
	return []byte(before + base64.StdEncoding.EncodeToString(flip(signature, at)) + "\n")
}

// line changes the n-th line of a note.
func line(data []byte, n int, change func(string) string) []byte {
	lines := strings.Split(string(data), "\n")
	lines[n] = change(lines[n])
	return []byte(strings.Join(lines, "\n"))
}

// answer makes the server lie about what contains this in its path.
func answer(e *evidence, part string, change func([]byte) []byte) {
	e.fetched = func(path string, data []byte) []byte {
		if strings.Contains(path, part) && len(data) > 0 {
			return change(data)
		}
		return data
	}
}

var tamperings = []struct {
	name   string
	change func(e *evidence)
}{
	{"another origin", func(e *evidence) {
		e.checkpoint = bytes.ReplaceAll(e.checkpoint, []byte("busbar/"), []byte("busbaz/"))
	}},
	{"an origin that its signer does not name", func(e *evidence) {
		e.checkpoint = line(e.checkpoint, 0, func(s string) string { return s + "x" })
	}},
	{"another size", func(e *evidence) {
		e.checkpoint = line(e.checkpoint, 1, func(s string) string { return s + "0" })
	}},
	{"another root", func(e *evidence) {
		e.checkpoint = line(e.checkpoint, 2, func(s string) string {
			root, _ := base64.StdEncoding.DecodeString(s)
			return base64.StdEncoding.EncodeToString(flip(root, 3))
		})
	}},
	{"a line more", func(e *evidence) {
		e.checkpoint = line(e.checkpoint, 2, func(s string) string { return s + "\nmore" })
	}},
	{"another signature", func(e *evidence) { e.checkpoint = withSignature(e.checkpoint, 40) }},
	{"another key id", func(e *evidence) { e.checkpoint = withSignature(e.checkpoint, 0) }},
	{"a note that is cut", func(e *evidence) { e.checkpoint = e.checkpoint[:len(e.checkpoint)-9] }},
	{"another leaf in a bundle", func(e *evidence) {
		answer(e, "tile/entries/", func(data []byte) []byte { return flip(data, 2+30) })
	}},
	{"a truncated bundle", func(e *evidence) {
		answer(e, "tile/entries/", func(data []byte) []byte { return data[:len(data)-1] })
	}},
	{"a bundle without its last entry", func(e *evidence) {
		answer(e, "tile/entries/", func(data []byte) []byte { return data[:len(data)-82] })
	}},
	{"another hash in a tile of leaves", func(e *evidence) {
		answer(e, "tile/0/", func(data []byte) []byte { return flip(data, len(data)-1) })
	}},
	{"another hash in the tile above", func(e *evidence) {
		answer(e, "tile/1/", func(data []byte) []byte { return flip(data, 5) })
	}},
	{"a truncated tile", func(e *evidence) {
		answer(e, "tile/0/", func(data []byte) []byte { return data[:len(data)-32] })
	}},
	{"another element of the receipt's path", func(e *evidence) {
		e.receipt.Path = flipHash(e.receipt.Path, len(e.receipt.Path)/2)
	}},
	{"a receipt's path without its end", func(e *evidence) {
		e.receipt.Path = e.receipt.Path[:len(e.receipt.Path)-1]
	}},
	{"a receipt of another index", func(e *evidence) { e.receipt.Index ^= 1 }},
	{"a receipt of another leaf", func(e *evidence) { e.receipt.Leaf = flip(e.receipt.Leaf, 9) }},
	{"a receipt of another input", func(e *evidence) {
		e.receipt.Record = flip(e.receipt.Record, 30)
	}},
	{"a receipt of another outcome", func(e *evidence) {
		e.receipt.Results = flip(e.receipt.Results, 50)
	}},
	{"a receipt with another signature", func(e *evidence) {
		e.receipt.Checkpoint = string(withSignature([]byte(e.receipt.Checkpoint), 60))
	}},
	{"another element of the consistency proof", func(e *evidence) {
		e.consistency.Path = flipHash(e.consistency.Path, 0)
	}},
	{"a consistency proof with an element more", func(e *evidence) {
		e.consistency.Path = append(append([][]byte(nil), e.consistency.Path...),
			e.consistency.Path[0])
	}},
	{"an old root that was never there", func(e *evidence) {
		e.consistency.RootFrom = flip(e.consistency.RootFrom, 0)
	}},
	{"an old checkpoint of another size", func(e *evidence) {
		e.old = line(e.old, 1, func(s string) string { return "1" + s })
	}},
	{"another key", func(e *evidence) {
		at := len(e.vkey) - 5
		e.vkey = e.vkey[:at] + string(e.vkey[at]^1) + e.vkey[at+1:]
	}},
}

func read(path string, into interface{}) {
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
}

func main() {
	if len(os.Args) != 6 {
		fmt.Println("usage: tlog_check URL VKEY RECEIPT CONSISTENCY OLD_CHECKPOINT")
		os.Exit(2)
	}
	good := evidence{url: os.Args[1], vkey: os.Args[2]}
	read(os.Args[3], &good.receipt)
	read(os.Args[4], &good.consistency)
	var err error
	if good.old, err = os.ReadFile(os.Args[5]); err == nil {
		good.checkpoint, err = good.fetch("checkpoint")
	}
	if err == nil {
		err = good.check()
	}
	if err != nil {
		fmt.Println("REFUSED what is right:", err)
		os.Exit(1)
	}
	fmt.Println("accepted: checkpoint, tiles, leaves, receipt, consistency")
	failed := 0
	for _, tampering := range tamperings {
		changed := good
		tampering.change(&changed)
		if err := changed.check(); err == nil {
			failed++
			fmt.Println("ACCEPTED", tampering.name)
		} else {
			fmt.Printf("refused %s: %v\n", tampering.name, err)
		}
	}
	fmt.Printf("%d of %d tampered ones refused\n", len(tamperings)-failed, len(tamperings))
	if failed > 0 {
		os.Exit(1)
	}
}
