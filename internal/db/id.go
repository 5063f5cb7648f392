package db

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// NewID returns prefix, "_" and 26 lower-case Crockford base32 characters: 48
// bits of milliseconds, then 80 random bits. Identifiers made in different
// milliseconds sort by time.
func NewID(prefix string) string {
	var b [16]byte
	rand.Read(b[6:]) // never fails
	ms := uint64(time.Now().UnixMilli())
	binary.BigEndian.PutUint16(b[0:], uint16(ms>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(ms))
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])

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
