package certificate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// The code on a certificate leads to where it can be checked: read from the paper
// as it is printed, with nothing of what wrote it.
func TestCodeOnThePaper(t *testing.T) {
	m := New(Options{BaseURL: "https://portal.example/"})
	for _, code := range []string{"vt_crt_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", strings.Repeat("long", 20)} {
		address := m.Address(portal.Certificate{Code: code})
		pdf, err := ours(t).Render(record(3), address, "en", at)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "paper")
		if err := os.WriteFile(path+".pdf", pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		program(t, "pdftoppm", "-gray", "-singlefile", "-r", "288", path+".pdf", path)
		picture, err := os.ReadFile(path + ".pgm")
		if err != nil {
			t.Fatal(err)
		}
		if got := readCode(t, picture); got != address || address != "https://portal.example/verify/"+code {
			t.Errorf("the code reads %q and not %q", got, address)
		}
	}
}

// A square of a QR code, by row and column.
type square [2]int

// readCode reads the QR code in the upper right of a page, a picture at 288 to the
// inch. It repairs nothing: each square has to be right.
func readCode(t *testing.T, picture []byte) string {
	t.Helper()
	var wide, high, white int
	if _, err := fmt.Fscanf(bytes.NewReader(picture), "P5\n%d %d\n%d\n", &wide, &high, &white); err != nil {
		t.Fatal(err)
	}
	picture = picture[len(picture)-wide*high:]
	black := func(x, y int) bool { return picture[y*wide+x] < 128 }
	// It is all that is black there.
	const dots = 288 / 72
	left, top, right := wide, high, 0
	for y := int(margin*dots) - 8; y < int((margin+92)*dots)+8; y++ {
		for x := wide - int((margin+92)*dots) - 8; x < wide-int(margin*dots)+8; x++ {
			if black(x, y) {
				left, top, right = min(left, x), min(top, y), max(right, x+1)
			}
		}
	}
	// The corner is seven squares wide.
	seven := 0
	for left+seven < wide && black(left+seven, top) {
		seven++
	}
	n := int(float64(7*(right-left))/float64(seven) + 0.5)
	version := (n - 17) / 4
	if n != 17+4*version || version < 2 {
		t.Fatalf("a code of %d squares", n)
	}
	size := float64(right-left) / float64(n)
	is := func(s square) bool {
		return black(left+int((float64(s[1])+0.5)*size), top+int((float64(s[0])+0.5)*size))
	}
	// How much of it repairs, and which mask lies over it.
	if !is(square{8, 0}) || is(square{8, 1}) {
		t.Fatal("it is not of the level M")
	}
	mask := 0
	for i, flip := range []bool{true, false, true} {
		mask <<= 1
		if is(square{8, 2 + i}) != flip {
			mask |= 1
		}
	}
	// What is not data: corners, the lines between them, and marks to align by.
	centres := map[int][]int{7: {6, 22, 38}, 8: {6, 24, 42}, 9: {6, 26, 46}}[version]
	if version < 7 {
		centres = []int{6, n - 7}
	}
	fixed := func(s square) bool {
		i, j := s[0], s[1]
		if i == 6 || j == 6 || i < 9 && (j < 9 || j >= n-8) || j < 9 && i >= n-8 || version >= 7 && (i < 6 && j >= n-11 || j < 6 && i >= n-11) {
			return true
		}
		for _, a := range centres {
			for _, b := range centres {
				corner := a == 6 && b == 6 || a == 6 && b == n-7 || a == n-7 && b == 6
				if !corner && max(i-a, a-i) <= 2 && max(j-b, b-j) <= 2 {
					return true
				}
			}
		}
		return false
	}
	masked := func(i, j int) bool {
		return []bool{(i+j)%2 == 0, i%2 == 0, j%3 == 0, (i+j)%3 == 0, (i/2+j/3)%2 == 0, i*j%2+i*j%3 == 0, (i*j%2+i*j%3)%2 == 0, ((i+j)%2+i*j%3)%2 == 0}[mask]
	}
	// Two columns at once, up and down, from the right.
	var words []byte
	bits, word := 0, 0
	up := true
	for j := n - 1; j > 0; j -= 2 {
		if j == 6 {
			j--
		}
		for k := range n {
			i := k
			if up {
				i = n - 1 - k
			}
			for _, s := range []square{{i, j}, {i, j - 1}} {
				if fixed(s) {
					continue
				}
				word <<= 1
				if is(s) != masked(s[0], s[1]) {
					word |= 1
				}
				if bits++; bits == 8 {
					words = append(words, byte(word))
					bits, word = 0, 0
				}
			}
		}
		up = !up
	}
	// The data are dealt out to blocks, one byte to each in turn.
	blocks := map[int][]int{4: {32, 32}, 5: {43, 43}, 6: {27, 27, 27, 27}, 7: {31, 31, 31, 31}, 8: {38, 38, 39, 39}, 9: {36, 36, 36, 37, 37}}[version]
	if blocks == nil {
		t.Fatalf("a code of version %d", version)
	}
	dealt := make([][]byte, len(blocks))
	for k := range blocks[len(blocks)-1] {
		for b, many := range blocks {
			if k < many {
				dealt[b], words = append(dealt[b], words[0]), words[1:]
			}
		}
	}
	data := bytes.Join(dealt, nil)
	if data[0]>>4 != 4 { // bytes
		t.Fatalf("the code is of the kind %d", data[0]>>4)
	}
	said := make([]byte, int(data[0]&15)<<4|int(data[1]>>4))
	for i := range said {
		said[i] = data[i+1]<<4 | data[i+2]>>4
	}
	return string(said)
}
