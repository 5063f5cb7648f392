package account

import (
	"compress/gzip"
	_ "embed"
	"io"
	"math"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MinPassword is how many characters a person's password has at least, and
// MinShared one that opens a share link, which is told to others and guards one
// file for a few weeks.
const (
	MinPassword = 15
	MinShared   = 8
)

// Weakness says why a password is refused.
type Weakness struct {
	// Reason is "short" (fewer than MinPassword or MinShared characters), "long" (more than
	// 1,024 bytes), "common" (put together from well-known passwords, repeats
	// and sequences) or "personal" (put together from the person's or the
	// workspace's own words).
	Reason string
}

func (w *Weakness) Error() string { return "account: the password is weak: " + w.Reason }

// The block-list: the 30,000 most used passwords of public leaks and the most
// frequent names, most used first, from zxcvbn (MIT, see common.LICENSE). It is
// common.txt, packed by TestCommonPasswords: by the alphabet, in three columns one after
// the other, which compress better apart. First for each word a letter from A on that
// says in which group of ranks it is, then one for how many bytes it has of the word
// before, then the rest of each, a line a word.
//
//go:embed common.txt.gz
var commonText string

// common returns the rank of each listed word, right to half a bit.
var common = sync.OnceValue(func() map[string]int {
	columns := strings.SplitN(unpacked(commonText), "\n", 3)
	groups, shared, rests := columns[0], columns[1], strings.Split(columns[2], "\n")
	var next [64]int // rank of each group
	for _, g := range groups {
		next[g-'A'+1]++
	}
	next[0] = 1
	for g := 1; g < len(next); g++ {
		next[g] += next[g-1]
	}
	ranks := make(map[string]int, len(rests))
	word := ""
	for i, rest := range rests {
		word = word[:shared[i]-'A'] + rest
		ranks[word] = next[groups[i]-'A']
		next[groups[i]-'A']++
	}
	return ranks
})

// unpacked is what a text of ours was compressed from.
func unpacked(packed string) string {
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		panic("account: " + err.Error())
	}
	var all strings.Builder
	if _, err := io.Copy(&all, r); err != nil {
		panic("account: " + err.Error())
	}
	return all.String()
}

const (
	horizon      = 64 // more characters than this are strong, or repeats
	refusedBelow = 27 // bits: about 10^8 guesses
)

// CheckPassword returns why a password is refused, or nil. Context are words an
// attacker would try for this person: name, address, workspace. There is no rule
// about kinds of characters.
func CheckPassword(pw string, context ...string) *Weakness {
	return weakness(pw, MinPassword, context)
}

// CheckShared is CheckPassword for the password of a share link.
func CheckShared(pw string, context ...string) *Weakness { return weakness(pw, MinShared, context) }

func weakness(pw string, least int, context []string) *Weakness {
	if len(pw) > maxPassword {
		return &Weakness{"long"}
	}
	pw = norm.NFC.String(pw)
	if utf8.RuneCountInString(pw) < least {
		return &Weakness{"short"}
	}
	own := ownWords(context)
	switch {
	case bits(pw, nil) < refusedBelow:
		return &Weakness{"common"}
	case bits(pw, own) < refusedBelow:
		return &Weakness{"personal"}
	}
	return nil
}

// Strength rates a password from 0 (guessed at once) to 4 (out of reach), for a
// meter. A password that CheckPassword refuses has at most 1.
func Strength(pw string, context ...string) int {
	if CheckPassword(pw, context...) != nil {
		if utf8.RuneCountInString(pw) < MinPassword/2 {
			return 0
		}
		return 1
	}
	switch b := bits(norm.NFC.String(pw), ownWords(context)); {
	case b < 34:
		return 2
	case b < 50:
		return 3
	default:
		return 4
	}
}

// ownWords splits a person's name, address and so on into the words they are
// made of.
func ownWords(context []string) map[string]bool {
	own := map[string]bool{}
	for _, c := range context {
		c = strings.ToLower(norm.NFC.String(c))
		words := strings.FieldsFunc(c, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		words = append(words, strings.Join(words, ""))
		for _, w := range words {
			if utf8.RuneCountInString(w) >= 3 {
				own[w] = true
			}
		}
	}
	return own
}

// bits estimates how many guesses a password costs somebody who knows the list,
// the person's own words, and how people build passwords: it cuts the password
// into listed words, repeats, sequences, years and single characters in the way
// that costs least.
func bits(pw string, own map[string]bool) float64 {
	plain := []rune(strings.ToLower(pw))
	if len(plain) > horizon {
		plain = plain[:horizon]
	}
	g := guesser{own: own, units: map[string]float64{}}
	return g.bits(plain)
}

type guesser struct {
	own   map[string]bool
	units map[string]float64 // cost of what is repeated
}

func (g *guesser) bits(plain []rune) float64 {
	leet := make([]rune, len(plain))
	for i, r := range plain {
		leet[i] = unleet(r)
	}
	cost := make([]float64, len(plain)+1) // of the first characters
	for end := 1; end <= len(plain); end++ {
		cost[end] = cost[end-1] + singleBits(plain[end-1])
		for start := 0; start <= end-3; start++ {
			// One bit more tells which kind of part it is.
			cost[end] = min(cost[end], cost[start]+g.part(plain[start:end], leet[start:end])+1)
		}
	}
	return cost[len(plain)]
}

// singleBits is what a character costs that is part of nothing known.
func singleBits(r rune) float64 {
	switch {
	case '0' <= r && r <= '9':
		return 3.3
	case r < utf8.RuneSelf:
		return 4.7
	default:
		return 7
	}
}

// part returns the cost of three or more characters that are known as a whole,
// or infinity.
func (g *guesser) part(plain, leet []rune) float64 {
	best := math.Inf(1)
	n := len(plain)
	for i, w := range []string{string(plain), string(leet), reversed(plain)} {
		if rank := common()[w]; rank > 0 {
			best = min(best, math.Log2(float64(rank))+min(float64(i), 1))
		}
		if g.own[w] {
			best = min(best, 2)
		}
	}
	if year(plain) {
		best = min(best, 7)
	}
	if sequence(plain) {
		best = min(best, 4+math.Log2(float64(n)))
	}
	if unit := period(plain); unit > 0 {
		u := string(plain[:unit])
		if _, ok := g.units[u]; !ok {
			g.units[u] = g.bits(plain[:unit])
		}
		best = min(best, g.units[u]+math.Log2(float64(n/unit)))
	}
	return best
}

// year tells whether s is a year that somebody living may remember.
func year(s []rune) bool {
	return len(s) == 4 && (s[0] == '1' && s[1] == '9' || s[0] == '2' && s[1] == '0') &&
		'0' <= s[2] && s[2] <= '9' && '0' <= s[3] && s[3] <= '9'
}

// period returns the length of the unit that s repeats, or 0.
func period(s []rune) int {
	for unit := 1; unit <= len(s)/2; unit++ {
		if len(s)%unit != 0 {
			continue
		}
		same := true
		for i := unit; i < len(s) && same; i++ {
			same = s[i] == s[i-unit]
		}
		if same {
			return unit
		}
	}
	return 0
}

// keyRows are neighbours on a keyboard.
var keyRows = []string{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "1qaz2wsx3edc4rfv5tgb6yhn7ujm"}

// sequence tells whether s counts up or down in even steps, or walks along a
// row of keys.
func sequence(s []rune) bool {
	step := s[1] - s[0]
	even := step != 0 && step >= -2 && step <= 2
	for i := 2; i < len(s) && even; i++ {
		d := s[i] - s[i-1]
		wraps := s[i-1] == '9' && s[i] == '0' || s[i-1] == '0' && s[i] == '9'
		even = d == step || wraps
	}
	if even {
		return true
	}
	text, back := string(s), reversed(s)
	for _, row := range keyRows {
		if strings.Contains(row, text) || strings.Contains(row, back) {
			return true
		}
	}
	return false
}

func reversed(s []rune) string {
	r := make([]rune, len(s))
	for i, c := range s {
		r[len(s)-1-i] = c
	}
	return string(r)
}

// unleet undoes the usual replacements of letters.
func unleet(r rune) rune {
	switch r {
	case '4', '@':
		return 'a'
	case '8':
		return 'b'
	case '3':
		return 'e'
	case '1', '!', '|':
		return 'i'
	case '0':
		return 'o'
	case '5', '$':
		return 's'
	case '7', '+':
		return 't'
	case '2':
		return 'z'
	}
	return r
}
