package db

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
	"sync"
	"time"
)

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// last is the newest identifier of this process, as a number.
var last struct {
	sync.Mutex
	hi, lo uint64
}

// NewID returns prefix, "_" and 26 lower-case Crockford base32 characters: 48
// bits of milliseconds, then 80 random bits. The identifiers of one process
// sort in the order in which they were made: within a millisecond, or when the
// clock goes back, each is the one before and a random step of up to 2^40.
func NewID(prefix string) string {
	var b [16]byte
	rand.Read(b[6:]) // never fails
	ms := uint64(time.Now().UnixMilli())
	binary.BigEndian.PutUint16(b[0:], uint16(ms>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(ms))
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	last.Lock()
	if hi < last.hi || hi == last.hi && lo <= last.lo || hi>>16 == last.hi>>16 {
		step := lo&(1<<40-1) | 1
		lo = last.lo + step
		hi = last.hi
		if lo < step {
			hi++
		}
	}
	last.hi, last.lo = hi, lo
	last.Unlock()

	id := make([]byte, len(prefix)+1+26)
	n := copy(id, prefix)
	id[n] = '_'
	for i := len(id) - 1; i > n; i-- {
		id[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(id)
}

// idsAfter has all identifiers made from now on sort after one that NewID made, of
// whatever prefix, in this process or another.
func idsAfter(id string) {
	_, digits, _ := strings.Cut(id, "_")
	var hi, lo uint64
	for _, r := range digits {
		hi, lo = hi<<5|lo>>59, lo<<5|uint64(max(0, strings.IndexRune(crockford, r)))
	}
	last.Lock()
	defer last.Unlock()
	if hi > last.hi || hi == last.hi && lo > last.lo {
		last.hi, last.lo = hi, lo
	}
}
